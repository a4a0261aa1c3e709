"""The score: one table of weights over the features of a pair, and what to call a twin.

Weights are a logistic regression (L2) over all pairs of two sets of real and written reports, each set with the same total
weight; `docs/duplicates.md` has the measurement, `benchmarks/duplicates.py` repeats it.
"""

from __future__ import annotations

import math

from .features import elsewhere, features
from .report import Match, Report
from .traits import traits

WEIGHTS: dict[str, float] = {
    "bias": -3.60,
    "shared": 1.24,
    "subject": 4.23,
    "other_thing": -2.85,
    "things_faults": 2.08,
    "spec": 1.59,
    "other_spec": -0.33,
    "same_building": 1.50,
    "local_other_building": -3.85,
    "local_other_unit": -3.43,
    "told_other_unit": -1.73,
    "other_code": -2.55,
    "other_estate": -5.16,
    "estate_untold": -2.46,
    "same_kind": 1.03,
    "other_kind": -1.18,
    "near_estate": 2.38,
    "near_kind": 0.84,
    "long_shared": 1.99,
    "long_kind": -2.03,
}
ELSEWHERE = 12.0
"""Taken off where both places are exact and differ: the same fault in the next stairwell is another. By rule, not fitted:
in the sets the columns say where people live, so there a difference tells less."""
LIKELY = 0.4
"""From here on a pair is suggested as twins."""
LISTED = 0.02
"""From here on a report is worth showing to somebody who is typing: 99 of 100 twins are, and few others."""
SURE = 0.8
"""From here on more than nine of ten pairs are."""


def score(one: Report, other: Report) -> float:
    """How likely it is that two reports tell of the same trouble at the same place; symmetric, between 0 and 1."""
    a, b = one.read, other.read
    if not (a.pairs.keys() & b.pairs.keys() or a.things & b.things or a.faults & b.faults):
        return 0.0  # nothing said in common: the same place alone makes no twins
    found = features(one.read, other.read, one.on, other.on)
    total = math.fsum(weight * found[name] for name, weight in WEIGHTS.items())
    if one.exact and other.exact and elsewhere(one.read, other.read):
        total -= ELSEWHERE
    return 1 / (1 + math.exp(-total))


def compare(one: Report, other: Report) -> Match:
    """Score a pair and say in what it agrees and differs; the match bears `other`'s id."""
    agree, differ = traits(one, other)
    return Match(other.id, score(one, other), agree, differ)
