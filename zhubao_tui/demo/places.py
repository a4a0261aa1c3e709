"""Where the demo's troubles are: each at one place, with the weeks in which households will tell of it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from storage.record import Ref
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.places import Address

from .words import ESTATES, TROUBLES, Trouble

WEEKS = 12
LIFT_FROM = 8
"""Houses of so many floors have a lift."""
BEGUN = (6, 6, 6, 6, 6, 6, 6, 6, 8, 12, 16, 10)
"""How many troubles begin in each week, in proportion: what is old was worked off, what is new is what a lead sees."""
TELLERS = (1, 2, 2, 3, 3, 4, 4, 5, 6)
AGAIN = {"estate": 3, "around": 3, "building": 6, "unit": 6, "door": 8}
"""At how many places each trouble is tried; some coincide and are left out."""


@dataclass(slots=True)
class Place:
    """One real trouble at one place."""

    trouble: Trouble
    estate: str
    building: str
    unit: str
    weeks: list[int]
    """Weeks in which somebody will tell of it, each in the next of the trouble's wordings."""
    first_words: int
    """Which wording the first household uses: not every house begins with the same."""
    told: int = 0
    issues: list[Ref] = field(default_factory=list)
    """What the households' reports became; those who joined are not among them."""

    @property
    def begun(self) -> int:
        """Week of the first report."""
        return self.weeks[0]

    def waits(self, week: int) -> bool:
        """Whether by this week one more household should have told of it."""
        return self.told < len(self.weeks) and self.weeks[self.told] <= week

    def covers(self, address: Address) -> bool:
        """Whether the people behind a door suffer from it."""
        return self.estate == address.estate and self.building in ("", address.building) and (
            self.unit in ("", address.unit)
        )  # fmt: skip

    def next_words(self, address: Address) -> str:
        """How the next household puts it: in words that nobody used before at this place."""
        number = (self.first_words + self.told) % len(self.trouble.told)
        self.told += 1
        return self.trouble.told[number].format(b=address.building, u=address.unit)


def invent(dice: random.Random) -> list[Place]:
    """About a hundred and fifty troubles over all estates."""
    made: dict[tuple[str, ...], Place] = {}
    for trouble in TROUBLES:
        for _time in range(AGAIN[trouble.level]):
            place = _place(trouble, dice)
            if place is not None:
                made.setdefault((trouble.category, place.estate, place.building, place.unit), place)
    return list(made.values())


def _place(trouble: Trouble, dice: random.Random) -> Place | None:
    estate, buildings = dice.choice(ESTATES)
    building, floors, units, _doors = dice.choice(buildings)
    begun = dice.choices(range(WEEKS), BEGUN)[0]
    tellers = 1 if trouble.level == "door" else min(dice.choice(TELLERS), len(trouble.told))
    weeks = [begun, *sorted(min(WEEKS - 1, begun + dice.choice((0, 0, 1, 1, 2))) for _more in range(tellers - 1))]
    if trouble.houses and (trouble.houses == "lift") != (floors >= LIFT_FROM):
        return None
    wide = trouble.level in ("estate", "around")
    unit = str(dice.randint(1, units)) if trouble.level in ("unit", "door") else ""
    return Place(trouble, estate, "" if wide else building, unit, weeks, dice.randrange(len(trouble.told)))


def by_door(places: Iterable[Place], doors: Iterable[Dwelling]) -> dict[str, list[Place]]:
    """Which troubles the people behind each door suffer from, the nearest to home first."""
    listed = sorted(places, key=lambda place: (not place.unit, not place.building))
    return {door.id: [place for place in listed if place.covers(door.address)] for door in doors}
