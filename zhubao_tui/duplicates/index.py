"""The index: likely twins of a report among thousands, while it is typed."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from operator import attrgetter

from .features import Corpus
from .report import Match, Report
from .score import compare, score

CANDIDATES = 60
"""Reports that go on to the score: those that share most, rare things first."""
COMMON = 1500
"""A key that more reports share tells nothing and is not followed, unless with the building."""


class TwinIndex:
    """Reports by rare pairs of characters, by the things they speak of, and by their places."""

    def __init__(self) -> None:
        self._reports: dict[str, Report] = {}
        self._holders: defaultdict[object, set[str]] = defaultdict(set)
        self._corpus = Corpus()

    def __len__(self) -> int:
        return len(self._reports)

    def add(self, report: Report) -> None:
        """Take a report in; one of the same id is replaced."""
        self.discard(report.id)
        self._reports[report.id] = report
        self._corpus.add(report)
        for key in _keys(report):
            self._holders[key].add(report.id)

    def discard(self, name: str) -> None:
        """Take a report out, if it is in."""
        report = self._reports.pop(name, None)
        if report is None:
            return
        self._corpus.add(report, -1)
        for key in _keys(report):
            self._holders[key].discard(name)

    def suggest(self, report: Report, limit: int = 5) -> list[Match]:
        """The likeliest twins among the reports that are in, best first; the report itself is left out."""
        votes: Counter[str] = Counter()
        for key in _keys(report):
            holders = self._holders.get(key, ())
            if len(holders) <= COMMON or isinstance(key, tuple):
                weight = _worth(key, len(holders))
                for name in holders:
                    votes[name] += weight
        votes.pop(report.id, None)
        best = heapq.nlargest(CANDIDATES, votes.items(), key=lambda item: (item[1], item[0]))
        scored = [(score(report, self._reports[name], self._corpus), name) for name, _votes in best]
        chosen = heapq.nlargest(limit, scored)
        matches = [compare(report, self._reports[name], self._corpus) for _score, name in chosen]
        return sorted(matches, key=attrgetter("score"), reverse=True)


def _worth(key: object, holders: int) -> int:
    """How much sharing a key speaks for a pair, in thousandths of a vote; rare keys more, a place with a thing most."""
    base = {2: 1, 3: 3, 4: 4}.get(len(key), 1) if isinstance(key, tuple) else 1
    return 1000 * base // (3 + holders) + (30 * base if isinstance(key, tuple) else 0)


def _keys(report: Report) -> set[object]:
    read = report.read
    keys: set[object] = set(read.bigrams)
    keys |= {("thing", number) for number in read.things}
    keys |= {("thing", number, read.estate) for number in read.things if read.estate}
    for building in read.buildings:
        keys |= {("thing", number, read.estate, building) for number in read.things}
        keys.add(("at", read.estate, building))
    if read.estate and report.category not in ("", "unknown"):
        keys.add(("kind", read.estate, report.category))
    return keys
