"""The score: one table of weights over the features of a pair, and what to call a twin.

Weights are a logistic regression (L2, C = 0.1) over all pairs of two sets of real and written reports, each set with the
same total weight; `docs/duplicates.md` has the measurement, `benchmarks/duplicates.py` repeats it.
"""

from __future__ import annotations

import math

from .features import Corpus, dot, features
from .lexicon import FAULTS, THINGS
from .report import Match, Report, Trait

WEIGHTS: dict[str, float] = {
    "bias": -2.06,
    "ratio": 0.25,
    "partial": 0.21,
    "bigrams": 0.4,
    "rarest": 0.57,
    "shared": 0.62,
    "things": 0.45,
    "faults": 0.22,
    "no_thing": -0.43,
    "other_thing": -1.48,
    "same_estate": 1.28,
    "other_estate": -1.91,
    "same_building": 0.33,
    "other_building": -1.61,
    "told_other_building": -0.5,
    "same_unit": 0.68,
    "other_unit": -0.98,
    "told_other_unit": -0.47,
    "no_building": -0.79,
    "same_kind": -0.48,
    "other_kind": -1.58,
    "vague_kind": 0.24,
    "days": -1.86,
    "half_year": -0.18,
    "things_here": -0.14,
    "bigrams_here": 0.41,
    "things_estate": 0.99,
    "kind_thing": -0.36,
    "long": -1.05,
    "long_bigrams": 0.21,
    "long_shared": 0.38,
    "long_estate": 1.16,
    "long_things": 0.3,
    "long_days": -0.83,
    "subject": 0.66,
    "subject_partial": 0.41,
    "subject_bigrams": 0.74,
    "long_subject": 0.56,
    "long_faults": -0.21,
    "kind_estate": 0.93,
    "kind_building": 0.19,
    "here": -0.04,
}

LIKELY = 0.25
"""From here on a pair is suggested as twins."""
SURE = 0.7
"""From here on more than nine of ten pairs are."""
ELSEWHERE = 0.2
"""What is left of the score where both places are known for sure and differ."""
_EMPTY = Corpus()


def score(one: Report, other: Report, corpus: Corpus = _EMPTY) -> float:
    """How likely it is that two reports tell of the same trouble at the same place; symmetric, between 0 and 1."""
    if not one.read.core or not other.read.core:
        return 0.0
    likely = 1 / (1 + math.exp(-dot(WEIGHTS, features(one, other, corpus))))
    return likely * ELSEWHERE if elsewhere(one, other) else likely


def elsewhere(one: Report, other: Report) -> bool:
    """Whether two takers named different estates, buildings or stairwells as the place of the trouble."""
    if not (one.exact and other.exact):
        return False
    pairs = ((one.estate, other.estate), (one.building, other.building), (one.unit, other.unit))
    return any(mine and theirs and mine != theirs for mine, theirs in pairs)


def compare(one: Report, other: Report, corpus: Corpus = _EMPTY) -> Match:
    """Score a pair and say in what it agrees and differs; the match bears `other`'s id."""
    agree, differ = _traits(one, other)
    return Match(other.id, score(one, other, corpus), agree, differ)


def _traits(one: Report, other: Report) -> tuple[tuple[Trait, ...], tuple[Trait, ...]]:
    a, b = one.read, other.read
    agree = [Trait("thing", THINGS[number][0]) for number in sorted(a.things & b.things)[:2]]
    agree += [Trait("fault", FAULTS[number][0]) for number in sorted(a.faults & b.faults)[:2]]
    differ: list[Trait] = []
    if not a.things & b.things:
        differ += [Trait("thing", THINGS[number][0]) for number in sorted(b.things)[:1]]
    for kind, mine, theirs in (
        ("estate", {a.estate} - {""}, {b.estate} - {""}),
        ("building", a.buildings, b.buildings),
        ("unit", a.units, b.units),
    ):
        if mine & theirs:
            agree.append(Trait(kind, min(mine & theirs)))
        elif mine and theirs:
            differ.append(Trait(kind, min(theirs)))
    if one.on is not None and other.on is not None:
        apart = abs((one.on - other.on).days)
        (agree if apart <= 31 else differ).append(Trait("days", str(apart)))
    return tuple(agree), tuple(differ)
