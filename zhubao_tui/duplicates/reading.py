"""A report made comparable: its words without politeness and place names, what it speaks of, and where that is."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from .asides import without_asides
from .kinds import family
from .lexicon import FAULT, THING
from .normal import clauses, fold_sounds, normal
from .places import column, place, short
from .rarity import length, weights

SUBJECT = 40
"""Characters of the first sentence that are its subject at most."""
_NUMBERED = re.compile(
    r"[a-z]?\d+(?:号楼|栋|幢|座|#楼|#|单元|楼|层)|(?<![a-z0-9])[a-z]\d?(?:市|区|县)"
    r"|(?:\d{2,4}年)?\d{1,2}月(?:\d{1,2}[日号])?|\d{4}年(?:底|初)?|\d{1,2}[点:：]\d{0,2}"
)
"""Numbers of places and days."""
_SENTENCE = re.compile(r"[。！？!?\n]")
SPECIFIC = 0.65
"""A thing that tells less than this (灯, 电梯, 停车) is an umbrella: sharing it says little where both name a part."""
_REACH = {"u": 1.0, "b": 0.7, "e": 0.0}


def reach(things: AbstractSet[int]) -> float | None:
    """How near to one stairwell things are on average: 1 a stairwell, 0 the estate; `None` where that is not known."""
    known = [_REACH[mark] for number in sorted(things) if (mark := THING.concepts[number].reach) in _REACH]
    return sum(known) / len(known) if known else None


class Read:
    """A report made comparable."""

    __slots__ = (
        "buildings",
        "code",
        "core",
        "estate",
        "estate_short",
        "faults",
        "kind",
        "pairs",
        "parts",
        "place",
        "reach",
        "subject",
        "subject_length",
        "subject_pairs",
        "text",
        "things",
        "units",
    )  # fmt: skip

    def __init__(self, text: str, category: str, estate: str, building: str, unit: str) -> None:
        self.text = normal(text)
        self.place = place(self.text)
        self.estate = normal(estate).removesuffix("小区")
        self.estate_short = short(self.estate) if self.estate else ""
        self.buildings = self.place.buildings or column(building)
        self.units = self.place.units or column(unit)
        self.kind = family(category)
        self.code = category if category.isascii() and self.kind else ""
        bare = self._bare(self.text)
        self.core = without_asides(bare)
        compact = self.core.replace("，", "")
        self.things, self.faults = THING.found(compact), FAULT.found(compact)
        self.parts = frozenset(number for number in self.things if THING.weights[number] > SPECIFIC)
        self.reach = reach(self.things)
        self.pairs = weights(clauses(self.core))
        first = _SENTENCE.split(text.strip(), maxsplit=1)[0][:SUBJECT]
        self.subject = without_asides(self._bare(normal(first)))
        self.subject_pairs = weights(clauses(self.subject))
        self.subject_length = length(self.subject_pairs)

    def _bare(self, text: str) -> str:
        """A text without the names and numbers of its place, which are compared on their own."""
        for name in (self.estate, self.estate_short):
            if len(name) > 1:
                text = text.replace(name, "，")
        return fold_sounds(_NUMBERED.sub("，", text))
