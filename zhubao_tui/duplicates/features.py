"""Features of a pair: how words, things, faults, places, kinds and days compare. Each lies between 0 and about 1."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from datetime import date

from rapidfuzz import fuzz

from .lexicon import FAULT, THING, Lexicon
from .reading import Read

LONG = 45
"""From so many characters on, a text is a letter rather than a remark at the door."""
_LOCAL = {"u": 1.0, "b": 0.7, "e": 0.0}


def features(a: Read, b: Read, a_on: date | None, b_on: date | None) -> dict[str, float]:
    """All features of a pair, by the names that the table of weights has; symmetric."""
    found = {"bias": 1.0}
    found |= _words(a, b)
    found |= _meaning(a, b)
    found |= _place(a, b, found["local"])
    found |= _kinds(a, b)
    found |= _days(a_on, b_on)
    return found | _joint(found)


def _cosine(a: dict[str, float], b: dict[str, float], lengths: float) -> tuple[float, float, float]:
    """Cosine of two weighted sets, the weight they share, and the largest shared."""
    if len(b) < len(a):
        a, b = b, a
    shared = [weight for pair, weight in a.items() if pair in b]
    if not shared:
        return 0.0, 0.0, 0.0
    return sum(weight * weight for weight in shared) / lengths, sum(shared), max(shared)


def _words(a: Read, b: Read) -> dict[str, float]:
    cosine, shared, rarest = _cosine(a.pairs, b.pairs, a.length * b.length or 1.0)
    subject, _shared, _rarest = _cosine(a.subject_pairs, b.subject_pairs, a.subject_length * b.subject_length or 1.0)
    short = min(len(a.core), len(b.core))
    return {
        "pairs": cosine,
        "shared": math.log1p(shared) / 3,
        "rarest": rarest,
        "subject": subject,
        "subject_ratio": fuzz.ratio(a.subject, b.subject) / 100,
        "partial": fuzz.partial_ratio(a.core, b.core) / 100 if short > 3 else 0.0,
        "long": float(short > LONG),
    }


def _set_likeness(a: AbstractSet[int], b: AbstractSet[int], lexicon: Lexicon) -> tuple[float, float, float]:
    """Cosine, share of the smaller set, and how much both have that the other lacks."""
    if not a or not b:
        return 0.0, 0.0, 0.0
    weight = lexicon.weights
    both = sum(weight[number] for number in a & b)
    mine, theirs = sum(weight[number] for number in a), sum(weight[number] for number in b)
    return both / math.sqrt(mine * theirs), both / min(mine, theirs), min(1.0, (min(mine, theirs) - both) / 2)


def _meaning(a: Read, b: Read) -> dict[str, float]:
    things, things_part, things_left = _set_likeness(a.things, b.things, THING)
    faults, faults_part, _faults_left = _set_likeness(a.faults, b.faults, FAULT)
    return {
        "things": things,
        "things_part": things_part,
        "things_left": things_left,
        "other_thing": float(bool(a.things and b.things) and not a.things & b.things),
        "faults": faults,
        "faults_part": faults_part,
        "other_fault": float(bool(a.faults and b.faults) and not a.faults & b.faults),
        "spots": min(1.0, len(a.spots & b.spots) / 2),
        "other_spot": float(bool(a.spots and b.spots) and not a.spots & b.spots),
        "local": _local(a, b),
    }


def _local(a: Read, b: Read) -> float:
    """How near to one stairwell the trouble is by the things named: 1 a stairwell, 0 the estate; 0.5 unknown."""
    common = a.things & b.things
    known = [_LOCAL[THING.concepts[n].reach] for n in common if THING.concepts[n].reach in _LOCAL]
    if known:
        return sum(known) / len(known)
    sides = []
    for side in (a.things, b.things):
        reach = [_LOCAL[THING.concepts[n].reach] for n in side if THING.concepts[n].reach in _LOCAL]
        sides.append(sum(reach) / len(reach) if reach else 0.5)
    return sum(sides) / 2


def _relation(a: AbstractSet[object], b: AbstractSet[object]) -> tuple[float, float]:
    """Whether two sets meet, and whether both are told and do not."""
    if not a or not b:
        return 0.0, 0.0
    return (1.0, 0.0) if a & b else (0.0, 1.0)


def _estates(a: Read, b: Read) -> dict[str, float]:
    names = a.estate_short, b.estate_short
    if all(names):
        same = names[0] in b.estate or names[1] in a.estate
        named = names[0] in b.text or names[1] in a.text
        return {
            "same_estate": float(same),
            "other_estate": float(not same and not named),
            "estate_named": float(not same and named),
            "estate_untold": 0.0,
        }
    told = any(name and name in other.text for name, other in zip(names, (b, a), strict=True))
    return {"same_estate": float(told), "other_estate": 0.0, "estate_named": 0.0, "estate_untold": float(not told)}


def _place(a: Read, b: Read, local: float) -> dict[str, float]:
    same_building, other_building = _relation(a.buildings, b.buildings)
    told_building, told_other_building = _relation(a.place.buildings, b.place.buildings)
    same_unit, other_unit = _relation(a.units, b.units)
    _told_unit, told_other_unit = _relation(a.place.units, b.place.units)
    same_code, other_code = _codes(a, b)
    same_room, other_room = _relation(a.place.rooms, b.place.rooms)
    same_floor, other_floor = _relation(a.place.floors, b.place.floors)
    same_gate, other_gate = _relation(a.place.gates, b.place.gates)
    return _estates(a, b) | {
        "same_building": same_building,
        "other_building": other_building,
        "told_building": told_building,
        "told_other_building": told_other_building,
        "same_unit": same_unit * same_building,
        "other_unit": other_unit * same_building,
        "told_other_unit": told_other_unit,
        "no_building": float(not a.buildings or not b.buildings),
        "local_same_building": local * same_building,
        "local_other_building": local * other_building,
        "local_same_unit": local * same_unit * same_building,
        "local_other_unit": local * other_unit * same_building,
        "local_no_building": local * float(not a.buildings or not b.buildings),
        "same_code": same_code,
        "other_code": other_code,
        "same_room": same_room,
        "other_room": other_room,
        "same_floor": same_floor,
        "other_floor": other_floor,
        "same_gate": same_gate,
        "other_gate": other_gate,
    }


def _codes(a: Read, b: Read) -> tuple[float, float]:
    """Whether a numbered thing is the same, and whether one sort of them is numbered differently."""
    same = a.place.codes & b.place.codes
    sorts = {sort for sort, _number in a.place.codes} & {sort for sort, _number in b.place.codes}
    return float(bool(same)), float(bool(sorts - {sort for sort, _number in same}))


def _kinds(a: Read, b: Read) -> dict[str, float]:
    same, other = float(bool(a.kind) and a.kind == b.kind), float(bool(a.kind and b.kind) and a.kind != b.kind)
    return {"same_kind": same, "other_kind": other}


def _days(a: date | None, b: date | None) -> dict[str, float]:
    if a is None or b is None:
        return {"days": 0.4, "months": 0.0}
    apart = abs((a - b).days)
    return {"days": min(1.0, math.log1p(apart) / 6), "months": min(1.0, max(0.0, (apart - 60) / 120))}


def _joint(f: dict[str, float]) -> dict[str, float]:
    """Products: what counts for more, or less, where something else holds."""
    long, estate = f["long"], f["same_estate"]
    return {
        "estate_pairs": estate * f["pairs"],
        "estate_things": estate * f["things"],
        "estate_faults": estate * f["faults"],
        "building_things": f["same_building"] * f["things"],
        "kind_things": f["same_kind"] * f["things"],
        "kind_estate": f["same_kind"] * estate,
        "kind_building": f["same_kind"] * f["same_building"],
        "kind_unit": f["same_kind"] * f["same_unit"],
        "things_faults": f["things"] * f["faults"],
        "things_pairs": f["things"] * f["pairs"],
        "long_estate": long * estate,
        "long_pairs": long * f["pairs"],
        "long_shared": long * f["shared"],
        "long_things": long * f["things"],
        "long_days": long * f["days"],
        "long_months": long * f["months"],
        "long_subject": long * f["subject"],
        "long_kind": long * f["same_kind"],
    }
