"""The index: likely twins of a report among thousands, while it is typed."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator

from .report import Match, Report
from .score import compare, score

CANDIDATES = 60
"""Reports that go on to the score: those that share most, rare things first."""
COMMON = 400
"""A key that more reports share tells little and is followed only where a report has no rarer one."""
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
        scored = [(score(report, self._reports[name]), name) for name in self.candidates(report, CANDIDATES)]
        best = sorted(scored, key=lambda item: (-item[0], item[1]))[:limit]
        return [compare(report, self._reports[name]) for _score, name in best]

    def candidates(self, report: Report, limit: int) -> list[str]:
        """Ids of the reports that share most with a report, the most first."""
        votes: Counter[str] = Counter()
        common: list[Key] = []
        for key, worth in _keys(report):
            holders = self._holders.get(key)
            if not holders:
                continue
            if len(holders) > COMMON:
                common.append(key)
                continue
            value = worth / (10 + len(holders))
            for name in holders:
                votes[name] += value  # type: ignore[assignment]  # a Counter of fractions
        votes.pop(report.id, None)
        if len(votes) < limit:
            for key in common[:3]:
                votes.update(self._holders[key].keys() - {report.id})
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
