"""Features of a pair: how words, things, faults, places, kinds and days compare. Each lies between 0 and about 1."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from datetime import date

from .lexicon import FAULT, THING, Lexicon
from .reading import Read, reach

LONG = 45
"""From so many characters on, a text is a letter rather than a remark at the door."""


def features(a: Read, b: Read, a_on: date | None, b_on: date | None) -> dict[str, float]:
    """All features of a pair, by the names that the table of weights has; symmetric."""
    found = {"bias": 1.0} | _words(a, b) | _meaning(a, b) | _place(a, b) | _kinds(a, b)
    near, long = _near(a_on, b_on) * found.pop("same_estate"), found.pop("long")
    return found | {
        "near_estate": near,
        "near_kind": near * found["same_kind"],
        "long_shared": long * found["shared"],
        "long_kind": long * found["same_kind"],
    }


def _words(a: Read, b: Read) -> dict[str, float]:
    return {
        "shared": math.log1p(_common(a.pairs, b.pairs, power=1)) / 3,
        "subject": _common(a.subject_pairs, b.subject_pairs, power=2) / (a.subject_length * b.subject_length or 1.0),
        "long": float(min(len(a.core), len(b.core)) > LONG),
    }


def _common(a: dict[str, float], b: dict[str, float], power: int) -> float:
    """Weight that two weighted sets share, each member's raised to a power."""
    return math.fsum([a[pair] ** power for pair in a.keys() & b.keys()])


def _likeness(a: AbstractSet[int], b: AbstractSet[int], lexicon: Lexicon) -> float:
    """Cosine of two sets of concepts by what they tell."""
    common = a & b
    return lexicon.told(common) / math.sqrt(lexicon.told(a) * lexicon.told(b)) if common else 0.0


def _meaning(a: Read, b: Read) -> dict[str, float]:
    one, other = a.parts, b.parts
    return {
        "other_thing": float(bool(a.things and b.things) and a.things.isdisjoint(b.things)),
        "things_faults": _likeness(a.things, b.things, THING) * _likeness(a.faults, b.faults, FAULT),
        "spec": len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0,
        "other_spec": float(bool(one and other) and one.isdisjoint(other)),
    }


def _local(a: Read, b: Read) -> float:
    """How near to one stairwell the trouble is by the things named: 1 a stairwell, 0 the estate; 0.5 unknown."""
    common = reach(a.things & b.things)
    if common is not None:
        return common
    return ((0.5 if a.reach is None else a.reach) + (0.5 if b.reach is None else b.reach)) / 2


def _place(a: Read, b: Read) -> dict[str, float]:
    local = _local(a, b)
    same_building, other_building = _relation(a.buildings, b.buildings)
    _same_unit, other_unit = _relation(a.units, b.units)
    _told_unit, told_other_unit = _relation(a.place.units, b.place.units)
    return _estates(a, b) | {
        "same_building": same_building,
        "local_other_building": local * other_building,
        "local_other_unit": local * other_unit * same_building,
        "told_other_unit": told_other_unit,
        "other_code": _other_code(a, b),
    }


def elsewhere(a: Read, b: Read) -> bool:
    """Whether both tell of a building, or of a stairwell of one building, and not of the same."""
    same_building, other_building = _relation(a.buildings, b.buildings)
    _same_unit, other_unit = _relation(a.units, b.units)
    return bool(other_building or (same_building and other_unit))


def _estates(a: Read, b: Read) -> dict[str, float]:
    """Same, another, or untold; a report without the column may name the estate in its words."""
    names = a.estate_short, b.estate_short
    named = any(name and name in side.text for name, side in zip(names, (b, a), strict=True))
    if not all(names):
        return {"same_estate": float(named), "other_estate": 0.0, "estate_untold": float(not named)}
    same = names[0] in b.estate or names[1] in a.estate
    return {"same_estate": float(same), "other_estate": float(not same and not named), "estate_untold": 0.0}


def _relation(a: AbstractSet[str], b: AbstractSet[str]) -> tuple[float, float]:
    """Whether two sets meet, and whether both are told and do not."""
    if not a or not b:
        return 0.0, 0.0
    return (1.0, 0.0) if a & b else (0.0, 1.0)


def _other_code(a: Read, b: Read) -> float:
    """Whether one sort of numbered thing (bus route, line, group) bears different numbers."""
    if not a.place.codes or not b.place.codes:
        return 0.0
    same = {sort for sort, _number in a.place.codes & b.place.codes}
    return float(bool({s for s, _n in a.place.codes} & {s for s, _n in b.place.codes} - same))


def _kinds(a: Read, b: Read) -> dict[str, float]:
    """Two codes of ours in one family are neither the same kind nor another: 垃圾清运 is not 小广告."""
    told = bool(a.kind and b.kind)
    same = told and a.kind == b.kind and (a.code == b.code or not a.code or not b.code)
    return {"same_kind": float(same), "other_kind": float(told and a.kind != b.kind)}


def _near(a: date | None, b: date | None) -> float:
    """Nearness in time: 1 the same day, 0.4 a month, 0 more than a year; 0.6 where a day is missing."""
    return 0.6 if a is None or b is None else max(0.0, 1 - math.log1p(abs((a - b).days)) / 6)
