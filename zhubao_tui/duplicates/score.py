"""The score: one table of weights over the features of a pair, and what to call a twin.

Weights are a logistic regression (L2) over all pairs of two sets of real and written reports, each set with the same total
weight; `docs/duplicates.md` has the measurement, `benchmarks/duplicates.py` repeats it.
"""

from __future__ import annotations

import math

from .features import features
from .report import Match, Report
from .traits import traits

WEIGHTS: dict[str, float] = {
    "bias": -2.02,
    "pairs": 0.3,
    "shared": 0.65,
    "rarest": 0.67,
    "subject": 0.77,
    "subject_ratio": 0.37,
    "partial": -0.16,
    "long": -0.7,
    "things": 0.85,
    "things_part": 0.58,
    "things_left": -0.9,
    "other_thing": -2.08,
    "faults": -0.0,
    "faults_part": -0.1,
    "other_fault": -0.91,
    "spots": 0.1,
    "other_spot": 0.01,
    "local": -1.11,
    "same_estate": 1.48,
    "other_estate": -2.46,
    "estate_named": -0.0,
    "estate_untold": -1.05,
    "same_building": 0.23,
    "other_building": -1.44,
    "told_building": 0.31,
    "told_other_building": -0.46,
    "same_unit": 0.36,
    "other_unit": -0.81,
    "told_other_unit": -0.46,
    "no_building": -0.81,
    "local_same_building": -0.07,
    "local_other_building": -1.23,
    "local_same_unit": 0.34,
    "local_other_unit": -0.77,
    "local_no_building": 0.19,
    "same_code": 0.06,
    "other_code": -0.83,
    "same_room": 0.0,
    "other_room": 0.04,
    "same_floor": 0.08,
    "other_floor": -0.0,
    "same_gate": 0.03,
    "other_gate": -0.11,
    "same_kind": -0.29,
    "other_kind": -0.96,
    "days": -1.78,
    "months": -0.44,
    "estate_pairs": 0.31,
    "estate_things": 1.5,
    "estate_faults": 0.68,
    "building_things": 0.31,
    "kind_things": -0.0,
    "kind_estate": 0.65,
    "kind_building": 0.22,
    "kind_unit": 0.34,
    "things_faults": 0.23,
    "things_pairs": 0.26,
    "long_estate": 1.49,
    "long_pairs": 0.15,
    "long_shared": 0.57,
    "long_things": 0.12,
    "long_days": -0.58,
    "long_months": -0.28,
    "long_subject": 0.66,
    "long_kind": -0.93,
}
LIKELY = 0.43
"""From here on a pair is suggested as twins."""
SURE = 0.8
"""From here on more than nine of ten pairs are."""


def score(one: Report, other: Report) -> float:
    """How likely it is that two reports tell of the same trouble at the same place; symmetric, between 0 and 1."""
    if not one.read.core or not other.read.core:
        return 0.0
    found = features(one.read, other.read, one.on, other.on)
    total = math.fsum(weight * found[name] for name, weight in WEIGHTS.items())
    return 1 / (1 + math.exp(-total))


def compare(one: Report, other: Report) -> Match:
    """Score a pair and say in what it agrees and differs; the match bears `other`'s id."""
    agree, differ = traits(one, other)
    return Match(other.id, score(one, other), agree, differ)
