"""A server beside a test: on loopback, in a thread of its own, asked in bytes."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from zhubao_tui.casepage.server.limits import USUAL, Limits
from zhubao_tui.casepage.server.running import Server
from zhubao_tui.workspace.serving import Serving
from zhubao_tui.workspace.workspace import Workspace


class Ticking:
    """Seconds as they go by, and as many more as a test says."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Served:
    """A server that runs, and what stands behind it."""

    server: Server
    desk: Serving
    clock: Ticking
    thread: threading.Thread
    failure: list[BaseException] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.address.port

    def raw(self, data: bytes, source: str = "127.0.0.1") -> bytes:
        """Send bytes, read until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(source, 0)) as one:
            one.sendall(data)
            got = b""
            try:
                while piece := one.recv(65536):
                    got += piece
            except ConnectionResetError:
                pass
            return got

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", *, source: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """One request; header names with `_` for `-`."""
        named = {"Host": f"127.0.0.1:{self.port}"} | ({"Content-Length": str(len(body))} if method == "POST" else {})
        named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        return answer(self.raw(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body, source))

    def send(self, token: str, source: str = "127.0.0.1", origin: str = "null", **fields: str) -> Answer:
        """Send a form of a page."""
        form = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
        return self.ask(f"/{token}", "POST", body, content_type=form, origin=origin, source=source)

    def tickets(self, token: str) -> dict[str, list[str]]:
        """What the forms of a page bring along, by what they say: `yes`, `more`."""
        page = self.ask(f"/{token}").text.partition('<main id="zh"')[2]
        found: dict[str, list[str]] = {"yes": [], "more": []}
        for ticket, rest in re.findall(r'name="ticket" value="(\w+)"(.*?)</form>', page, re.S):
            found["yes" if 'value="yes"' in rest else "more"].append(ticket)
        return found


def answer(raw: bytes) -> Answer:
    head, _blank, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]) if first else 0, {k.lower(): v for k, v in headers.items()}, body)


@contextmanager
def serving(workspace: Workspace, limits: Limits = USUAL, seconds: float = 600, **more: Any) -> Iterator[Served]:
    """Serve a workspace's pages while the block runs."""
    clock = Ticking()
    desk = Serving(workspace, clock=clock, **more)
    server = Server(desk, "127.0.0.1", 0, seconds, limits, clock)
    failure: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(server.until_stopped())
        except Exception as error:  # noqa: BLE001 - told to whoever looks
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield Served(server, desk, clock, thread, failure)
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
