"""`zhubao serve` under 200 clients at once, a share of them slow or broken; and whether a token can be found by timing.

Run: `python benchmarks/serve.py [HOUSEHOLDS] [REQUESTS]`. Only 127.0.0.0/8 is spoken to; every loop ends by its count or after
`LONGEST` seconds.

Load: 160 well-behaved clients (each from an address of its own) ask for pages one after the other, a connection each, while
20 slow ones send a head of a byte every half second and 20 broken ones send garbage, half a form, or hang up. The reference, in
the same run with the same clients: bare uvicorn and Starlette that answer `hello` padded to a page's size, also a
connection each. Rates are lifted (else most answers were «wait a moment»); deadlines and limits of connections are as usual.
A last run has the usual rates.

Timing: pages of four kinds of wrong tokens in random turns: at random; a living one with its last, with its first letter changed;
one that was renewed. Welch's t of each kind against the random ones, without the slowest twentieth; side-channel tests begin
to see something at 4.5.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

CLIENTS, SLOW, BROKEN = 200, 20, 20
LONGEST = 60.0
GUESSES = 3000
"""Of each kind."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


# -- the servers, each in a process of its own


def serve(folder: str, rates: str) -> None:
    from zhubao_tui.casepage.server.limits import USUAL
    from zhubao_tui.casepage.server.running import Server
    from zhubao_tui.workspace.serving import Serving
    from zhubao_tui.workspace.workspace import Workspace

    lifted = replace(USUAL, rate=1e9, burst=1e9, rate_each=1e9, burst_each=1e9, misses_each=10**9)
    with Workspace.open(Path(folder)) as workspace:
        server = Server(
            Serving(workspace, workspace.refresh), "127.0.0.1", 0, 600, lifted if rates == "lifted" else USUAL
        )
        print(server.address.port, flush=True)
        asyncio.run(server.until_stopped())


def bare() -> None:
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    body = b"hello".ljust(16_384)

    async def hello(_request: Request) -> HTMLResponse:
        return HTMLResponse(body, headers={"Connection": "close"})

    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        Starlette(routes=[Route("/{rest:path}", hello)]), log_level="critical", access_log=False, http="h11"
    )
    asyncio.run(uvicorn.Server(config).serve([listening]))


# -- the clients


class Load:
    """What came of a run."""

    def __init__(self, port: int, tokens: list[str], requests: int) -> None:
        self.port, self.tokens, self.requests = port, tokens, requests
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.cut: Counter[str] = Counter()
        self.end = time.monotonic() + LONGEST
        self.running = True

    async def run(self) -> float:
        polite = [self.polite(number) for number in range(CLIENTS - SLOW - BROKEN)]
        rude = [self.slow(number) for number in range(SLOW)] + [self.broken(number) for number in range(BROKEN)]
        others = [asyncio.create_task(one) for one in rude]
        begun = time.perf_counter()
        await asyncio.gather(*polite)
        took = time.perf_counter() - begun
        self.running = False
        await asyncio.gather(*others)
        return took

    async def connected(self, group: int, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        source = (f"127.0.{group}.{number + 1}", 0)
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=source)

    async def polite(self, number: int) -> None:
        chance = random.Random(number)
        for _ in range(self.requests):
            if time.monotonic() > self.end:
                return
            begun = time.perf_counter()
            try:
                reader, writer = await self.connected(1, number)
                path = f"/{chance.choice(self.tokens)}"
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
                answer = await reader.read(-1)
                writer.close()
                self.statuses[int(answer[9:12]) if answer else 0] += 1
            except (OSError, ValueError):
                self.statuses[0] += 1
            self.times.append(time.perf_counter() - begun)

    async def slow(self, number: int) -> None:
        while self.running and time.monotonic() < self.end:
            try:
                _reader, writer = await self.connected(2, number)
                begun = time.monotonic()
                for char in f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX: {'x' * 200}":
                    writer.write(char.encode())
                    await writer.drain()
                    await asyncio.sleep(0.5)
                    if not self.running or time.monotonic() > self.end:
                        break
                writer.close()
            except OSError:
                self.cut[f"after {time.monotonic() - begun:.0f} s"] += 1

    async def broken(self, number: int) -> None:
        chance = random.Random(number)
        while self.running and time.monotonic() < self.end:
            try:
                reader, writer = await self.connected(3, number)
                form = f"POST /{'A' * 26} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: 99\r\n"
                form += "Content-Type: application/x-www-form-urlencoded\r\n\r\nsay="
                writer.write(
                    chance.choice([chance.randbytes(300), b"GET / HT", form.encode(), b"\0" * 70_000, b"\r\n" * 50])
                )
                await writer.drain()
                if chance.random() < 0.5:
                    await asyncio.wait_for(reader.read(-1), 0.2)
                writer.transport.abort()
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(0.05)


def percentile(times: list[float], share: float) -> float:
    return 1000 * sorted(times)[min(len(times) - 1, int(len(times) * share))]


def started(*arguments: str) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def measured(name: str, tokens: list[str], requests: int, *arguments: str) -> tuple[float, float]:
    process, port = started(*arguments)
    try:
        load = Load(port, tokens, requests)
        took = asyncio.run(load.run())
    finally:
        process.terminate()
        process.wait(10)
    rate, tail = len(load.times) / took, percentile(load.times, 0.99)
    print(
        f"{name}: {len(load.times)} answers in {took:.1f} s, {rate:.0f}/s; p50 {percentile(load.times, 0.5):.0f} ms, p95 "
        f"{percentile(load.times, 0.95):.0f} ms, p99 {tail:.0f} ms; statuses {dict(load.statuses)}; slow ones cut {dict(load.cut)}"
    )
    return rate, tail


# -- timing


def timed(port: int, kinds: dict[str, list[str]]) -> dict[str, list[float]]:
    import socket

    turns = [(kind, token) for kind, tokens in kinds.items() for token in tokens]
    random.Random(5).shuffle(turns)
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    end = time.monotonic() + 3 * LONGEST
    for kind, token in turns:
        if time.monotonic() > end:
            break
        with socket.create_connection(("127.0.0.1", port)) as one:
            request = f"GET /{token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
            begun = time.perf_counter_ns()
            one.sendall(request)
            first = one.recv(65536)
            times[kind].append((time.perf_counter_ns() - begun) / 1000)
            assert first.startswith(b"HTTP/1.1 404"), first[:20]
            while one.recv(65536):
                pass
    return times


def welch(one: list[float], other: list[float]) -> float:
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5


def without_tail(times: list[float]) -> list[float]:
    """Without the slowest twentieth: the machine's other work, not ours."""
    return sorted(times)[: len(times) * 19 // 20]


def timing(folder: str, living: list[str], spent: list[str]) -> None:
    chance = random.Random(7)

    def other(letter: str) -> str:
        return chance.choice([one for one in LETTERS if one != letter])

    some = [chance.choice(living) for _ in range(GUESSES)]
    kinds = {
        "random": ["".join(chance.choices(LETTERS, k=26)) for _ in range(GUESSES)],
        "last letter": [token[:-1] + other(token[-1]) for token in some],
        "first letter": [other(token[0]) + token[1:] for token in some],
        "renewed": [chance.choice(spent) for _ in range(GUESSES)],
    }
    process, port = started("serve", folder, "lifted")
    try:
        times = timed(port, kinds)
    finally:
        process.terminate()
        process.wait(10)
    for kind, found in times.items():
        kept = without_tail(found)
        t = welch(kept, without_tail(times["random"])) if kind != "random" else 0.0
        print(f"timing, {kind}: {len(found)} requests, median {statistics.median(found):.0f} µs, mean without the slowest "
              f"twentieth {statistics.fmean(kept):.1f} µs, t {t:+.2f}")  # fmt: skip


def main(households: int, requests: int) -> None:
    from publish import community

    from zhubao_tui.casepage import new_token

    with tempfile.TemporaryDirectory() as place:
        folder = str(Path(place) / "workspace")
        with community(Path(folder), households, [datetime.now(UTC)]) as workspace:
            homes = [dwelling.household for dwelling in workspace.community.dwellings.values()]
            spent = [home.token for home in homes[: len(homes) // 10]]
            for home in homes[: len(homes) // 10]:
                workspace.write("token", {"household": home.id, "token": new_token(), "replaces": [home.token]})
            living = [dwelling.household.token for dwelling in workspace.community.dwellings.values()]
            begun = time.perf_counter()
            workspace_pages(workspace)
            print(f"{len(living)} pages known in {1000 * (time.perf_counter() - begun):.0f} ms")
        reference = measured("bare uvicorn + Starlette", living, requests, "bare")
        ours = measured("zhubao serve, rates lifted", living, requests, "serve", folder, "lifted")
        print(f"ratio of answers a second 1 : {reference[0] / ours[0]:.2f}; of p99 {ours[1] / reference[1]:.2f}")
        measured("zhubao serve, usual rates", living, min(requests, 10), "serve", folder, "usual")
        timing(folder, living, spent)


def workspace_pages(workspace: object) -> None:
    from zhubao_tui.workspace.serving import Serving

    Serving(workspace).page("A" * 26)  # type: ignore[arg-type]  # a workspace


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    elif sys.argv[1:2] == ["bare"]:
        bare()
    else:
        given = [int(argument) for argument in sys.argv[1:]]
        main(*(given + [2000, 120][len(given) :]))
