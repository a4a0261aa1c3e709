"""What is let through to the desk, and what everybody gets who asks for anything else: one answer, without a hint."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from zhubao_tui.casepage.render import gone_page, index_page, policy, served_notice

from .connection import client_name
from .desk import Desk, Taken
from .limits import Allowance, Clock, Limits

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_PAGE = re.compile(rb"/([A-Z2-7]{26})/?")
"""Looked for in the path as it came, before anything is decoded: no dot and no percent sign gets any further."""
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORM = "application/x-www-form-urlencoded"
FIELDS = 8
NO_ROBOTS = b"User-agent: *\nDisallow: /\n"
HEADERS = {
    "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin", "Connection": "close",
}  # fmt: skip
"""As `casepage.server_files` gives them to a web server."""


_STATUS = {Taken.STALE: 409, Taken.TOO_SOON: 429, Taken.BAD_WORDS: 400, Taken.UNSAVED: 503}


class Front:
    """The ASGI application."""

    def __init__(
        self, desk: Desk, limits: Limits, hosts: frozenset[str] = frozenset(), clock: Clock = monotonic
    ) -> None:
        """Serve a desk; `hosts` are names that it goes by besides the address that somebody has connected to."""
        self._desk, self._limits, self._hosts = desk, limits, hosts
        self._all = Allowance(limits.rate, limits.burst, 1, clock)
        self._each = Allowance(limits.rate_each, limits.burst_each, limits.clients, clock)
        self._misses = Allowance(1 / limits.miss_seconds, limits.misses_each, limits.clients, clock)
        self._policy = f"{policy(form=True)}; frame-ancestors 'none'"
        self.visits = 0
        """Pages that were shown."""
        self.fault: Exception | None = None
        """What went wrong here and must not go on: the server stops, and whoever started it is told."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        except Exception as error:
            self.fault = error
            raise
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        who = client_name(request.scope["client"])
        if (
            sum(map(len, sum(request.headers.raw, ()))) > self._limits.head
        ):  # in a single piece it was never «incomplete»
            return self._refused(431)
        if not self._is_ours(request):
            return self._refused(400)
        if not self._each.take(who) or not self._all.take(""):
            return self._refused(429)
        if request.method not in ("GET", "HEAD", "POST"):
            return self._refused(405)
        path = request.scope["raw_path"]
        named = _PAGE.fullmatch(path)
        if named is not None:
            return await self._named(request, named[1].decode(), who)
        if path == b"/" and request.method != "POST":
            return self._html(index_page(self._desk.phone))
        if path == b"/board/" and request.method != "POST" and (board := self._desk.board()) is not None:
            return self._html(board)
        if path == b"/robots.txt" and request.method != "POST":
            return self._response(NO_ROBOTS, 200, "text/plain")
        return self._nothing()

    async def _named(self, request: Request, token: str, who: str) -> Response:
        if not self._misses.has(who):  # before anything is looked up: guessing on tells nothing
            return self._refused(429)
        if request.method == "POST":
            return await self._sent(request, token, who)
        page = self._desk.page(token)
        if page is None:
            self._misses.take(who)
            return self._nothing()
        self.visits += request.method == "GET"
        return self._html(page)

    async def _sent(self, request: Request, token: str, who: str) -> Response:
        if (
            not self._is_from_here(request)
            or request.headers.get("content-type", "").partition(";")[0].strip() != _FORM
        ):
            return self._refused(403)
        length = request.headers.get("content-length", "")
        if "transfer-encoding" in request.headers:  # goes before any length beside it, and has no bound
            return self._refused(413)
        if not (length.isascii() and length.isdecimal() and len(length) < 9 and int(length) <= self._limits.body):
            return self._refused(413)
        fields = _fields(await request.body())
        taken = self._desk.take(token, fields) if fields is not None else Taken.BAD_WORDS
        if taken is Taken.UNKNOWN:
            self._misses.take(who)
            return self._nothing()
        if taken is Taken.DONE:
            response = self._response(b"", 303, "text/plain")
            response.headers["Location"] = f"/{token}"
            return response
        return self._html(served_notice(taken, self._desk.phone, f"/{token}", fields or {}), _STATUS[taken])

    def _is_ours(self, request: Request) -> bool:
        """Whether the request names the address that it came to; a page elsewhere can't have its own name point here."""
        named = request.headers.getlist("host")
        if len(named) != 1:
            return False
        address, port = request.scope["server"]
        plain = address.removeprefix("::ffff:").partition("%")[0]
        names = {*self._hosts, f"[{plain}]" if ":" in plain else plain, *(("localhost",) if plain in _LOOPBACK else ())}
        host = named[0].casefold()
        return host in {f"{name}:{port}" for name in names} or (port == 80 and host in names)

    def _is_from_here(self, request: Request) -> bool:
        """Whether a form was sent from a page of ours; a browser that keeps that to itself is judged by its ticket."""
        origin = request.headers.get("origin", "null")
        site = request.headers.get("sec-fetch-site", "same-origin")
        here = f"http://{request.headers['host']}"
        return origin.casefold() in ("null", here.casefold()) and site in ("same-origin", "none")

    def _nothing(self) -> Response:
        return self._html(gone_page(self._desk.phone), 404)

    def _refused(self, status: int) -> Response:
        response = self._response(_REFUSALS.get(status, "").encode(), status, "text/plain")
        if status == 429:
            response.headers["Retry-After"] = str(int(self._limits.miss_seconds) + 1)
        return response

    def _html(self, page: bytes, status: int = 200) -> Response:
        return self._response(page, status, "text/html")

    def _response(self, body: bytes, status: int, kind: str) -> Response:
        response = Response(body, status, HEADERS | {"Content-Security-Policy": self._policy})
        response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        return response


_REFUSALS = {429: "请过一会儿再看。\nPlease wait a moment and try again.\n"}


def _fields(body: bytes) -> dict[str, str] | None:
    """A form's fields; `None` of what is no form, or no text."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=FIELDS
        )
    except ValueError:
        return None
    return dict(pairs) if len(dict(pairs)) == len(pairs) else None
