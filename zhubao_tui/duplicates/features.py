"""Features of a pair: how the words, the things and faults meant, the places, the kinds and the days compare."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rapidfuzz import fuzz

from .report import Read, Report

Key = str | tuple[str, int]
UNSEEN = 60
"""Reports that a pair of characters is counted against where there is no corpus."""


class Corpus:
    """How common pairs of characters, things and faults are among the reports at hand."""

    def __init__(self, reports: Iterable[Report] = ()) -> None:
        self.size = 0
        self._counts: Counter[Key] = Counter()
        for report in reports:
            self.add(report)

    def add(self, report: Report, times: int = 1) -> None:
        """Count a report in, or out with `times=-1`."""
        self.size += times
        read = report.read
        keys: set[Key] = {*read.bigrams, *_keys("t", read.things), *_keys("f", read.faults)}
        for key in keys:
            self._counts[key] += times

    def weight(self, key: Key) -> float:
        """Rarity of a key: ln((n + 1) / (count + 0.5)), n at least `UNSEEN`; never below 0.1."""
        size = max(self.size, UNSEEN)
        return max(0.1, math.log((size + 1) / (self._counts[key] + 0.5)))


def features(one: Report, other: Report, corpus: Corpus) -> dict[str, float]:
    """All features of a pair, by the names that the table of weights has; symmetric."""
    a, b = one.read, other.read
    found = {
        "bias": 1.0,
        "ratio": fuzz.ratio(a.core, b.core) / 100,
        "partial": fuzz.partial_ratio(a.core, b.core) / 100 if min(len(a.core), len(b.core)) > 3 else 0.0,
        "bigrams": _cosine(a.bigrams, b.bigrams, corpus),
        "rarest": max((corpus.weight(pair) for pair in a.bigrams & b.bigrams), default=0.0) / 6,
        "shared": math.log1p(sum(corpus.weight(pair) for pair in a.bigrams & b.bigrams)) / 5,
        "things": _cosine(_keys("t", a.things), _keys("t", b.things), corpus),
        "faults": _cosine(_keys("f", a.faults), _keys("f", b.faults), corpus),
        "no_thing": float(not a.things or not b.things),
        "other_thing": float(bool(a.things and b.things) and not a.things & b.things),
    }
    found |= _places(a, b)
    found |= _kinds(one, other)
    found |= _days(one, other)
    found["things_here"] = found["things"] * found["same_building"]
    found["bigrams_here"] = found["bigrams"] * found["same_estate"]
    found["things_estate"] = found["things"] * found["same_estate"]
    found["kind_thing"] = found["same_kind"] * found["things"]
    found["long"] = float(min(len(a.core), len(b.core)) > 45)
    found["long_bigrams"] = found["long"] * found["bigrams"]
    found["long_shared"] = found["long"] * found["shared"]
    found["long_estate"] = found["long"] * found["same_estate"]
    found["long_things"] = found["long"] * found["things"]
    found["long_days"] = found["long"] * found["days"]
    found["subject"] = fuzz.ratio(a.subject, b.subject) / 100
    found["subject_partial"] = fuzz.partial_ratio(a.subject, b.subject) / 100
    found["subject_bigrams"] = _cosine(a.subject_bigrams, b.subject_bigrams, corpus)
    found["long_subject"] = found["long"] * found["subject_bigrams"]
    found["long_faults"] = found["long"] * found["faults"]
    found["kind_estate"] = found["same_kind"] * found["same_estate"]
    found["kind_building"] = found["same_kind"] * found["same_building"]
    found["here"] = found["same_building"] * (found["bigrams"] + found["things"])
    return found


def _keys(kind: str, numbers: Collection[int]) -> frozenset[tuple[str, int]]:
    return frozenset((kind, number) for number in numbers)


def _cosine(one: frozenset[str] | frozenset[tuple[str, int]], other: frozenset[Any], corpus: Corpus) -> float:
    if not one or not other:
        return 0.0
    both = sum(corpus.weight(key) ** 2 for key in one & other)
    if not both:
        return 0.0
    lengths = sum(corpus.weight(key) ** 2 for key in one) * sum(corpus.weight(key) ** 2 for key in other)
    return both / math.sqrt(lengths)


def _places(a: Read, b: Read) -> dict[str, float]:
    return {
        "same_estate": float(bool(a.estate) and a.estate == b.estate),
        "other_estate": float(bool(a.estate and b.estate) and a.estate != b.estate and not _named(a, b)),
        "same_building": float(bool(a.buildings & b.buildings)),
        "other_building": float(bool(a.buildings and b.buildings) and not a.buildings & b.buildings),
        "told_other_building": float(
            bool(a.normal.buildings and b.normal.buildings) and not a.normal.buildings & b.normal.buildings
        ),
        "same_unit": float(bool(a.units & b.units) and bool(a.buildings & b.buildings)),
        "other_unit": float(bool(a.units and b.units) and not a.units & b.units and bool(a.buildings & b.buildings)),
        "told_other_unit": float(bool(a.normal.units and b.normal.units) and not a.normal.units & b.normal.units),
        "no_building": float(not a.buildings or not b.buildings),
    }


def _named(a: Read, b: Read) -> bool:
    """Whether one report's words name the other's estate."""
    return a.estate in b.normal.text or b.estate in a.normal.text


def _kinds(one: Report, other: Report) -> dict[str, float]:
    known = bool(one.category and other.category) and "unknown" not in (one.category, other.category)
    same = known and one.category == other.category
    near = known and not same and one.category.partition("_")[0] == other.category.partition("_")[0]
    return {
        "same_kind": float(same),
        "other_kind": 0.5 if near else float(known and not same),
        "vague_kind": float(same and one.category in ("其他", "help_other")),
    }


def _days(one: Report, other: Report) -> dict[str, float]:
    if one.on is None or other.on is None:
        return {"days": 0.3, "half_year": 0.0}
    apart = abs((one.on - other.on).days)
    return {"days": math.log1p(apart) / 6, "half_year": float(apart > 120)}


def dot(weights: Mapping[str, float], found: Mapping[str, float]) -> float:
    """Weighted sum."""
    return sum(weight * found[name] for name, weight in weights.items())
