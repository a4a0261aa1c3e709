"""Tokens and addresses of case pages (办件页): 128 random bits, spelled so that a QR code stays small."""

from __future__ import annotations

import base64
import re
import secrets
from urllib.parse import urlsplit

_TOKEN = re.compile(r"[A-Z2-7]{26}")


def new_token() -> str:
    """128 random bits in base32: 26 capitals and digits, which a QR code's alphanumeric mode takes."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def is_token(text: str) -> bool:
    """Whether a text has a token's shape."""
    return _TOKEN.fullmatch(text) is not None


def case_url(base: str, token: str) -> str:
    """The address behind a household's QR code.

    Args:
        base: Where pages are hosted, `https://host/path`; scheme and host are written in capitals (they don't care),
            the server's own path stays as it is served.
        token: See `new_token`.

    Raises:
        ValueError: The base is no plain http(s) address, or the token none of ours.
    """
    parts = urlsplit(base.strip())
    plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    if not plain or "@" in parts.netloc or any(char.isspace() for char in base.strip()):
        raise ValueError("a base address is https://host/path, without user, query or fragment")
    if not is_token(token):
        raise ValueError("not a token")
    return f"{parts.scheme.upper()}://{parts.netloc.upper()}{parts.path.rstrip('/')}/{token}"
