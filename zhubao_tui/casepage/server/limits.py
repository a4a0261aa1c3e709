"""How much the server takes from whom, and for how long: what a crowd in a hall needs, and not much more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

Clock = Callable[[], float]
"""Seconds that only go forward."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds; a rate is a number a second."""

    head_seconds: float = 5
    """Until a request's head is whole. Uvicorn has no such limit."""
    whole_seconds: float = 20
    """Until an answer has been fetched; then the connection is cut, whatever it is at."""
    connections: int = 256
    connections_each: int = 16
    rate: float = 100
    burst: int = 300
    rate_each: float = 5
    burst_each: int = 40
    misses_each: int = 10
    """Wrong addresses that one client may try at once; after that it gets one more every `miss_seconds`."""
    miss_seconds: float = 6
    clients: int = 4096
    """That are told apart; those beyond share one allowance."""
    body: int = 8192
    head: int = 8192
    """Bytes."""


USUAL = Limits()


class Allowance:
    """A bucket for everybody who comes, refilled as time goes by."""

    def __init__(self, rate: float, burst: float, most: int, clock: Clock = monotonic) -> None:
        self._rate, self._burst, self._most, self._clock = rate, burst, most, clock
        self._left: dict[str, tuple[float, float]] = {}

    def has(self, who: str) -> bool:
        """Whether something is left, without taking it."""
        return self._of(who)[1] >= 1

    def take(self, who: str) -> bool:
        """Take one, if there is one."""
        name, left = self._of(who)
        if left < 1:
            return False
        self._left[name] = (left - 1, self._clock())
        return True

    def _of(self, who: str) -> tuple[str, float]:
        if who not in self._left and len(self._left) >= self._most:
            self._forget_rested()
            if len(self._left) >= self._most:
                who = ""
        left, since = self._left.get(who, (self._burst, self._clock()))
        return who, min(self._burst, left + (self._clock() - since) * self._rate)

    def _forget_rested(self) -> None:
        now = self._clock()
        rested = [who for who, (left, since) in self._left.items() if left + (now - since) * self._rate >= self._burst]
        for who in rested:
            del self._left[who]


class Crowd:
    """Who is connected."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._here: Counter[str] = Counter()
        self.turned_away = 0

    def enter(self, who: str) -> bool:
        """Whether there is room for one more connection of this client; if so, it is taken."""
        full = self._here.total() >= self._limits.connections or self._here[who] >= self._limits.connections_each
        if full:
            self.turned_away += 1
            return False
        self._here[who] += 1
        return True

    def leave(self, who: str) -> None:
        """One that had entered is gone."""
        self._here[who] -= 1
        if self._here[who] <= 0:
            del self._here[who]
