"""What whoever runs the web server is given: ready configurations for nginx and Caddy, and a page of ten lines."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .render import environment, policy
from .tokens import case_url, new_token

ANYWHERE = "http://zhubao.example"
"""Stands for an address that nobody has set yet."""
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*)*")


def base_address(base: str) -> str:
    """A base address as it is kept and served: a host in other letters is spelled as name servers know it (punycode).

    Raises:
        ValueError: No web server's configuration, or no QR code, can hold it.
    """
    parts = urlsplit(base.strip())
    if "@" in parts.netloc:
        raise ValueError("a base address has no user")
    host = (parts.hostname or "").encode("idna").decode()
    made = parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}").geturl()
    case_url(made, new_token())
    server_files(made, "")
    return made


def server_files(base: str, phone: str) -> dict[str, bytes]:
    """The files by name.

    Args:
        base: Where the pages will be found, `https://host/path`; may be empty.
        phone: The community office's; may be empty.

    Raises:
        ValueError: The base holds what has no place in a configuration.
    """
    parts = urlsplit(base or ANYWHERE)
    prefix = parts.path.rstrip("/")
    if not _PLAIN_HOST.fullmatch(parts.netloc) or not _PLAIN_PATH.fullmatch(prefix):
        raise ValueError("a base address is https://host/path of plain letters, digits and hyphens")
    fields = {
        "host": (parts.hostname or "_") if base else "_", "prefix": prefix, "pattern": prefix.replace(".", r"\."), "site": f"{parts.scheme}://{parts.netloc.lower()}",
        "base": base or ANYWHERE, "phone": phone, "policy": policy(), "title": "nginx · Caddy",
    }  # fmt: skip
    pages = environment()
    plain = pages.overlay(autoescape=False)
    made = {name: plain.get_template(name).render(fields).encode() for name in ("nginx.conf", "caddyfile")}
    return made | {"readme.html": pages.get_template("keeper.html").render(fields).encode()}
