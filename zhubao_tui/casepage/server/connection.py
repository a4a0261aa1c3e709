"""One connection: a deadline for its head, one for all of it, and a place in the crowd."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .limits import Crowd, Limits


def client_name(peer: tuple[str, int] | None) -> str:
    """Whom an allowance is for: an IPv4 address, or the /64 of an IPv6 one, of which a single client has as many as it likes."""
    try:
        address = ipaddress.ip_address((peer or ("", 0))[0].partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Connection(H11Protocol):
    """As uvicorn's own, which waits for a head for ever: a few who send a byte a minute would keep everybody out."""

    def __init__(self, limits: Limits, crowd: Crowd, **given: Any) -> None:
        super().__init__(**given)
        self._crowd = crowd
        self._head, self._whole = (
            self.loop.call_later(s, self._cut) for s in (limits.head_seconds, limits.whole_seconds)
        )
        self._who = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        who = client_name(self.client)
        if not self._crowd.enter(who):
            transport.abort()
            return
        self._who = who

    def _cut(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # its head is whole
            self._head.cancel()

    def send_400_response(self, msg: str) -> None:
        """What follows a whole request may be no request while that is still being answered: then there is no saying so."""
        if self.conn.our_state is h11.IDLE:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.cancel()
        self._whole.cancel()
        if self._who:
            self._crowd.leave(self._who)
        super().connection_lost(exc)
