"""The index: likely twins of a report among thousands, while it is typed."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator

from .report import Match, Report
from .score import compare, score

CANDIDATES = 40
"""Reports that go on to the score: those that share most, rare things first."""
FOLLOWED = 3000
"""Reports behind a report's keys that are counted at most, the rarest keys first: bounds the time, not the memory."""
Key = tuple[str, ...]


class TwinIndex:
    """Reports by pairs of characters, by the things they speak of, and by their places."""

    def __init__(self) -> None:
        self._reports: dict[str, Report] = {}
        self._holders: defaultdict[Key, dict[str, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._reports)

    def add(self, report: Report) -> None:
        """Take a report in; one of the same id is replaced."""
        self.discard(report.id)
        self._reports[report.id] = report
        for key, _worth in _keys(report):
            self._holders[key][report.id] = None

    def discard(self, id: str) -> None:  # noqa: A002 - the name that the caller's records have
        """Take a report out, if it is in."""
        report = self._reports.pop(id, None)
        if report is None:
            return
        for key, _worth in _keys(report):
            self._holders[key].pop(id, None)

    def suggest(self, report: Report, limit: int = 5) -> list[Match]:
        """The likeliest twins among the reports that are in, best first; the report itself is left out."""
        return [compare(report, self._reports[name]) for _score, name in self.scored(report, limit)]

    def scored(self, report: Report, limit: int) -> list[tuple[float, str]]:
        """The likeliest twins with their scores, best first, without what they agree in."""
        likely = [(score(report, self._reports[name]), name) for name in self.candidates(report, CANDIDATES)]
        return sorted(likely, key=lambda item: (-item[0], item[1]))[:limit]

    def candidates(self, report: Report, limit: int) -> list[str]:
        """Ids of the reports that share most with a report, the most first."""
        keys = ((self._holders.get(key), worth) for key, worth in _keys(report))
        held = [(len(holders), worth, holders) for holders, worth in keys if holders]
        votes: defaultdict[str, float] = defaultdict(float)
        followed = 0
        for count, worth, holders in sorted(held, key=lambda item: item[0]):
            followed += count
            if followed > FOLLOWED and len(votes) >= limit:
                break
            value = worth / (10 + count)
            for name in holders:
                votes[name] += value
        votes.pop(report.id, None)
        return [name for name, _votes in heapq.nsmallest(limit, votes.items(), key=lambda item: (-item[1], item[0]))]


def _keys(report: Report) -> Iterator[tuple[Key, float]]:
    read = report.read
    for pair, weight in read.pairs.items():
        yield (pair,), weight
    for number in sorted(read.things):
        yield ("thing", str(number)), 1.0
        if read.estate_short:
            yield ("thing", str(number), read.estate_short), 3.0
            for building in sorted(read.buildings):
                yield ("thing", str(number), read.estate_short, building), 4.0
    if read.estate_short and read.kind:
        yield ("kind", read.kind, read.estate_short), 1.5
        for building in sorted(read.buildings):
            yield ("kind", read.kind, read.estate_short, building), 2.0
