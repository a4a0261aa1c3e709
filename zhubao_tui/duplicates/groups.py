"""Groups of likely twins for the lead's desk: every member is likely a twin of the others on average, not by a chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from .index import TwinIndex
from .report import Match, Report
from .score import LIKELY, compare, score

LINKED = 0.3
"""Average that clusters of three and more must keep: a lead reads a group as one trouble."""
CONTRADICTED = 0.01
"""A pair less likely than this is in no group, whatever its neighbours are."""
NEIGHBOURS = 12
"""Likely twins that are looked at for each report."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that are likely one."""

    ids: tuple[str, ...]
    """Two or more, in the order in which they were given."""
    score: float
    """Average over the pairs."""
    matches: tuple[Match, ...]
    """Each other member against the first."""


def groups(
    reports: Iterable[Report], apart: Collection[frozenset[str]] = (), progress: Progress | None = None
) -> list[Group]:
    """Group likely twins by average linkage.

    Args:
        reports: Each once.
        apart: Pairs of ids that are never in one group.
        progress: Told after every hundredth report.
    """
    listed = list(reports)
    index = TwinIndex()
    for report in listed:
        index.add(report)
    pairs: dict[frozenset[str], float] = {}
    for number, report in enumerate(listed, start=1):
        for likely, name in index.scored(report, NEIGHBOURS):
            pairs[frozenset((report.id, name))] = likely
        if progress and number % 100 == 0:
            progress(number, len(listed), "")
    clusters = _linked(pairs, {report.id: report for report in listed}, frozenset(apart))
    place = {report.id: number for number, report in enumerate(listed)}
    made = [_group([listed[n] for n in sorted(place[name] for name in members)]) for members in clusters]
    return sorted(made, key=lambda group: (-group.score, place[group.ids[0]]))


def _linked(
    pairs: dict[frozenset[str], float], reports: Mapping[str, Report], apart: frozenset[frozenset[str]]
) -> list[set[str]]:
    """Join the likeliest pairs first; two clusters are joined while their average stays likely and nothing contradicts."""
    cluster: dict[str, set[str]] = {}
    forbidden: defaultdict[str, set[str]] = defaultdict(set)
    for pair in apart:
        for name in pair:
            forbidden[name] |= pair - {name}
    for pair, likely in sorted(pairs.items(), key=lambda item: (-item[1], sorted(item[0]))):
        if likely < LIKELY:
            break
        one, other = (cluster.get(name, {name}) for name in sorted(pair))
        if one is other or any(forbidden[name] & other for name in one):
            continue
        between = [_known(frozenset((a, b)), pairs, reports) for a in sorted(one) for b in sorted(other)]
        if min(between) >= CONTRADICTED and sum(between) / len(between) >= (LIKELY if len(between) == 1 else LINKED):
            joined = one | other
            for name in joined:
                cluster[name] = joined
    unique = {id(members): members for members in cluster.values()}
    return list(unique.values())


def _known(pair: frozenset[str], pairs: dict[frozenset[str], float], reports: Mapping[str, Report]) -> float:
    """Score of a pair, also of one that was no candidate; kept in `pairs`."""
    if pair not in pairs:
        one, other = pair
        pairs[pair] = score(reports[one], reports[other])
    return pairs[pair]


def _group(members: list[Report]) -> Group:
    scores = [score(one, other) for one, other in combinations(members, 2)]
    first, *others = members
    matches = tuple(compare(first, other) for other in others)
    return Group(tuple(member.id for member in members), sum(scores) / len(scores), matches)
