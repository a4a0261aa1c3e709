"""Start and stop: uvicorn on a socket of our own, until a time or until somebody says so."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic

import uvicorn

from .connection import Connection
from .desk import Desk
from .front import Front
from .limits import USUAL, Clock, Crowd, Limits

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened at
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of no one (RFC 5737, RFC 3849): asked only which way out would be taken; nothing is sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the pages are found."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """`http://host:port`."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_for_others(self) -> bool:
        """Whether other machines find it, too."""
        with suppress(ValueError):
            return not ipaddress.ip_address(self.host).is_loopback
        return self.host != "localhost"


class Server(uvicorn.Server):
    """A desk's server, bound already: what is asked before it runs waits."""

    def __init__(
        self, desk: Desk, host: str, port: int, seconds: float, limits: Limits = USUAL, clock: Clock = monotonic
    ) -> None:
        """Take an address.

        Args:
            desk: Who knows the pages.
            host: To listen at; `0.0.0.0` or `::`: wherever this laptop can be reached.
            port: 0: any that is free.
            seconds: After which the server stops by itself.
            limits: See there.
            clock: To measure them with.

        Raises:
            OSError: The address can't be had.
        """
        self._socket = _listening(host, port)
        self.address = Address(_reachable(host, self._socket), int(self._socket.getsockname()[1]))
        self.crowd = Crowd(limits)
        names = frozenset() if _is_number(host) else frozenset({host.casefold()})
        self.front = Front(desk, limits, names, clock)
        self._clock, self._until = clock, clock() + seconds
        connection = partial(Connection, limits, self.crowd)
        super().__init__(uvicorn.Config(
            self.front, http=connection, ws="none", loop="asyncio", lifespan="off", access_log=False, log_config=None,  # type: ignore[arg-type]  # called like the class that it wants
            log_level=logging.CRITICAL, server_header=False, date_header=False, proxy_headers=False, backlog=128,
            h11_max_incomplete_event_size=limits.head, timeout_graceful_shutdown=3,
        ))  # fmt: skip

    async def until_stopped(self) -> None:
        """Serve until the time is up or `stop` is called; raises what went wrong at the desk."""
        try:
            await self.serve(sockets=[self._socket])
        except asyncio.CancelledError:
            await self.shutdown(sockets=[self._socket])
            raise
        finally:
            self._socket.close()
        if self.front.fault is not None:
            raise self.front.fault

    def stop(self) -> None:
        """Stop: what is being answered is answered, nothing new is taken."""
        self.should_exit = True

    @property
    def seconds_left(self) -> float:
        """Until it stops by itself."""
        return max(0.0, self._until - self._clock())

    async def on_tick(self, counter: int) -> bool:
        stop = await super().on_tick(counter)
        return stop or self.front.fault is not None or self._clock() >= self._until

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs this: the app has its own, a command says how it ended."""
        yield


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _listening(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _kind, _protocol, _name, address = found[0]
    return socket.create_server((str(address[0]), port), family=family, backlog=128)


def _reachable(host: str, bound: socket.socket) -> str:
    """The address to tell people: the one asked for, or the one by which this laptop would leave its network."""
    if host not in EVERYWHERE:
        return host
    with socket.socket(bound.family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_ELSEWHERE[socket.AddressFamily(bound.family)], 9))
        except OSError:
            return "127.0.0.1" if bound.family == socket.AF_INET else "::1"
        return str(probe.getsockname()[0])
