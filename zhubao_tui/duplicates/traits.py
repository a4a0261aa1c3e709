"""What two reports agree and differ in, to be shown beside a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from .lexicon import FAULT, THING, Lexicon
from .reading import Read
from .report import Report, Trait

SHOWN = 2
"""Things, and faults, that are shown at most."""
NEAR = 31
"""Days apart that still agree."""


def traits(one: Report, other: Report) -> tuple[tuple[Trait, ...], tuple[Trait, ...]]:
    """What agrees, and what the other has differently; the telling first."""
    agree: list[Trait] = []
    differ: list[Trait] = []
    for alike, trait in _traits(one, other):
        (agree if alike else differ).append(trait)
    return tuple(agree), tuple(differ)


def _traits(one: Report, other: Report) -> Iterator[tuple[bool, Trait]]:
    a, b = one.read, other.read
    yield from _concepts("thing", THING, a.things, b.things)
    yield from _concepts("fault", FAULT, a.faults, b.faults)
    yield from _words(a, b)
    for kind, mine, theirs in (
        ("place_building", a.buildings, b.buildings),
        ("place_unit", a.units if a.buildings & b.buildings else frozenset(), b.units),
    ):
        if mine and theirs:
            yield bool(mine & theirs), Trait(kind, min(mine & theirs or theirs).upper())
    if a.estate and b.estate:
        same = a.estate_short in b.estate or b.estate_short in a.estate
        yield same, Trait("place_estate", other.estate.strip())
    if a.kind and b.kind:
        yield a.kind == b.kind, Trait("category", b.kind)
    if one.on is not None and other.on is not None:
        apart = abs((one.on - other.on).days)
        yield apart <= NEAR, Trait("days", str(apart))


def _concepts(kind: str, lexicon: Lexicon, a: AbstractSet[int], b: AbstractSet[int]) -> Iterator[tuple[bool, Trait]]:
    for number in _telling(lexicon, a & b)[:SHOWN]:
        yield True, Trait(kind, lexicon.concepts[number].name)
    if a and b and not a & b:
        for number in _telling(lexicon, b)[:1]:
            yield False, Trait(kind, lexicon.concepts[number].name)


def _telling(lexicon: Lexicon, numbers: AbstractSet[int]) -> list[int]:
    return sorted(numbers, key=lambda number: (-lexicon.weights[number], number))


def _words(a: Read, b: Read) -> Iterator[tuple[bool, Trait]]:
    """The longest run of characters that both have, where neither thing nor fault says more."""
    if a.things & b.things or a.faults & b.faults:
        return
    shared = [pair for pair, weight in a.pairs.items() if weight == 1.0 and pair in b.pairs]
    if shared:
        yield True, Trait("words", min(shared, key=a.core.index))
