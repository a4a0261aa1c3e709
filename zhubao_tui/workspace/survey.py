"""The doorstep (走访): buildings as grids of doors, what came of each try, and the interviews that were put down."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from storage.drafts import Draft
from storage.record import Ref
from zhubao_tui.community.doors import Dwelling, Household, Visit, coverage
from zhubao_tui.community.moves import ahead_of, moved
from zhubao_tui.community.outcomes import OUTCOMES, due_again, is_callback
from zhubao_tui.community.places import Address, address_of, normalise, spoken
from zhubao_tui.community.refs import ref_of

from .pinyin import matches
from .workspace import Workspace


class UnknownDoor(ValueError):
    """No door bears this name."""


class UnknownOutcome(ValueError):
    """A visit's outcome is none of the field's."""


@dataclass(frozen=True, slots=True)
class Building:
    """One block with its doors."""

    id: str
    """`estate/building`."""
    estate: str
    number: str
    units: tuple[str, ...]
    floors: tuple[int, ...]
    """From top to bottom, as one looks at a house."""
    doors: dict[tuple[int, str], tuple[Dwelling, ...]]
    """By floor and unit, in the order of their numbers."""
    reached: int
    base: int

    @property
    def dwellings(self) -> list[Dwelling]:
        """All doors, floor by floor from the top."""
        return [
            dwelling for floor in self.floors for unit in self.units for dwelling in self.doors.get((floor, unit), ())
        ]


@dataclass(frozen=True, slots=True)
class DoorMark:
    """What the grid shows of one door."""

    outcome: str
    """Code of the latest outcome; empty: not yet visited."""
    open_cases: int
    care: bool
    again: date | None
    """Day from which the door is due again."""
    draft: bool
    """An unfinished interview waits on this laptop."""


class Survey:
    """Doors and visits."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    # -- looking

    def buildings(self) -> list[Building]:
        """All buildings with their doors, by estate and number; one's own first."""
        grouped: defaultdict[str, list[Dwelling]] = defaultdict(list)
        for dwelling in self._workspace.community.dwellings.values():
            grouped[dwelling.address.building_id].append(dwelling)
        own = self._workspace.community.authority.reach(self._workspace.person) or frozenset()
        made = [self._building(name, doors) for name, doors in grouped.items()]
        return sorted(made, key=lambda building: (building.id not in own, building.estate, *_natural(building.number)))

    def places(self) -> list[str]:
        """Names of all estates, buildings and stairwells as `estate`, `estate/building`, `estate/building-unit`."""
        names: dict[str, None] = {}
        for building in self.buildings():
            units = [f"{building.id}-{unit}" for unit in building.units if unit]
            names.update(dict.fromkeys((*units, building.id, building.estate)))
        return list(names)

    def building(self, building_id: str) -> Building:
        """One building; raises `UnknownDoor` where there is none of that id."""
        doors = [d for d in self._workspace.community.dwellings.values() if d.address.building_id == building_id]
        if not doors:
            raise UnknownDoor(building_id)
        return self._building(building_id, doors)

    def _building(self, building_id: str, dwellings: list[Dwelling]) -> Building:
        units = sorted({dwelling.address.unit for dwelling in dwellings}, key=_natural)
        floors = sorted({dwelling.floor for dwelling in dwellings}, reverse=True)
        doors: defaultdict[tuple[int, str], list[Dwelling]] = defaultdict(list)
        for dwelling in sorted(dwellings, key=lambda d: _natural(d.address.door)):
            doors[dwelling.floor, dwelling.address.unit].append(dwelling)
        address = dwellings[0].address
        placed = {place: tuple(listed) for place, listed in doors.items()}
        done, base = coverage(dwellings, self._workspace.today())
        return Building(building_id, address.estate, address.building, tuple(units), tuple(floors), placed, done, base)

    def dwelling(self, name: str) -> Dwelling:
        """A door by its id (`祥和苑/3-2-501`, however its parts are spelled), or by what means only one.

        That is its end (`3-2-501`), or the address as people say it (`3号楼2单元501`).

        Raises:
            UnknownDoor: None bears that name, or more than one does.
        """
        wanted = name.strip()
        dwellings = self._workspace.community.dwellings
        spelled = (wanted, _normal(wanted))
        if (known := next((name for name in spelled if name in dwellings), None)) is not None:
            return dwellings[known]
        said = spoken(wanted)
        found = [
            dwelling
            for key, dwelling in dwellings.items()
            if key.partition("/")[2] == wanted
            or (said and said.door == dwelling.address.door and _meant(said, dwelling))
        ]
        if len(found) != 1:
            raise UnknownDoor(wanted)
        return found[0]

    def find(self, text: str, limit: int = 50) -> list[Dwelling]:
        """Doors by digits, words, resident's name where I may see it, or pinyin initials."""
        wanted = unicodedata.normalize("NFKC", text).strip().casefold()
        said = spoken(wanted)
        found: list[Dwelling] = []
        for dwelling in self._workspace.community.dwellings.values():
            names = [dwelling.id, *([dwelling.household.name] if self.may_see_names(dwelling) else [])]
            if wanted and (any(matches(wanted, name) for name in names) or (said and _meant(said, dwelling))):
                found.append(dwelling)
        return sorted(found, key=lambda d: (*_distance(d.id.casefold(), wanted), d.id))[:limit]

    def mark(self, dwelling: Dwelling, drafts: frozenset[str] | None = None) -> DoorMark:
        """What the grid shows of a door; `drafts` are the dwellings with an unfinished interview."""
        household = dwelling.household
        last = household.last_visit
        waiting = self.drafted() if drafts is None else drafts
        return DoorMark(
            last.outcome if last else "",
            self._workspace.community.open_cases_at(dwelling.id),
            household.care and self.may_see_names(dwelling),
            due_again(household.visits),
            dwelling.id in waiting,
        )

    def may_see_names(self, dwelling: Dwelling) -> bool:
        """Names, telephones, remarks: of a cadre's own doors, of a group lead's group, of all for a team lead."""
        role = self._workspace.role
        if role in ("", "observer"):
            return False
        reach = self._workspace.community.authority.reach(self._workspace.person)
        return reach is None or dwelling.address.building_id in reach

    def drafts(self) -> list[Draft]:
        """Unfinished interviews on this laptop that are mine, oldest first.

        Drafts of finished ones, whosever, are dropped: the program was killed, or somebody held the file, when it was
        to go.
        """
        waiting = []
        for draft in self._workspace.drafts.all():
            if not self._is_finished(draft):
                waiting.append(draft)
            elif not self._workspace.read_only:
                draft.try_discard()
        return [draft for draft in waiting if draft.about.get("person") == self._workspace.person]

    def _is_finished(self, draft: Draft) -> bool:
        """Whether what a draft holds was written down."""
        dwelling = self._workspace.community.dwellings.get(str(draft.about.get("dwelling")))
        visits = [visit.ref for household in dwelling.households for visit in household.visits] if dwelling else []
        return any(draft.id in self._drafts_of(visit) for visit in visits)

    def _drafts_of(self, visit: Ref) -> Iterator[str]:
        """The draft that a visit was written from, and those of the visits that it replaced."""
        met: set[Ref] = set()
        named: Ref | None = visit
        while named is not None and named not in met and (entry := self._workspace.community.entry(named)):
            met.add(named)
            yield str(entry.record.body.get("draft", ""))
            named = ref_of(entry.record.body.get("corrects"))

    def drafted(self) -> frozenset[str]:
        """Doors whose present household I have begun to interview."""
        doors = self._workspace.community.dwellings
        begun = {(str(draft.about.get("dwelling")), str(draft.about.get("household"))) for draft in self.drafts()}
        return frozenset(name for name, household in begun if name in doors and doors[name].household.id == household)

    def due(self) -> list[tuple[Dwelling, date]]:
        """Doors whose call-back (再访) is due by today, the longest due first."""
        today = self._workspace.today()
        reach = self._workspace.community.authority.reach(self._workspace.person)
        found = [
            (dwelling, again)
            for dwelling in self._workspace.community.dwellings.values()
            if (reach is None or dwelling.address.building_id in reach)
            and is_callback(dwelling.household.visits)
            and (again := due_again(dwelling.household.visits)) is not None
            and again <= today
        ]
        return sorted(found, key=lambda pair: (pair[1], pair[0].id))

    # -- writing

    def record_visit(
        self,
        dwelling: Dwelling,
        outcome: str,
        *,
        again: date | None = None,
        not_again: bool = False,
        corrects: Ref | None = None,
        household: Household | None = None,
    ) -> Ref:
        """Write down what came of a try at a door.

        Args:
            dwelling: The door.
            outcome: What came of it.
            again: The day agreed for the next try.
            not_again: They asked not to be called on again.
            corrects: A visit that this one replaces.
            household: Who was tried; `None`: who lives there now.
        """
        body = self.visit_body(dwelling, outcome, household)
        if again is None and outcome == "rented":  # the tenants are the household: asked when they are in
            again = self._workspace.today() + timedelta(days=OUTCOMES[outcome].again_days)
        if again is not None:
            body["again"] = again.isoformat()
        if not_again:
            body["not_again"] = True
        if corrects is not None:
            body["corrects"] = str(corrects)
        return self._workspace.write("visit", body)

    def visit_body(self, dwelling: Dwelling, outcome: str, household: Household | None = None) -> dict[str, object]:
        """Body of a visit of now, to who lives there now or to a household that is given."""
        if outcome not in OUTCOMES:
            raise UnknownOutcome(outcome)
        now = self._workspace.now()
        return {
            "dwelling": dwelling.id,
            "household": (household or dwelling.household).id,
            "on": now.date().isoformat(),
            "time": now.strftime("%H:%M"),
            "outcome": outcome,
        }

    def moved_in(self, dwelling: Dwelling) -> Household:
        """A new household lives here: visits, answers, page and followed cases stay with the old one."""
        self._workspace.write("moved_in", {"dwelling": dwelling.id})
        return self._workspace.community.dwellings[dwelling.id].household

    def today_visit(self, dwelling: Dwelling, household: Household | None = None) -> Visit | None:
        """My own visit of today to who lives there now, or to a household that is given; it may still be corrected."""
        last = (household or dwelling.household).last_visit
        entry = self._workspace.community.entry(last.ref) if last is not None else None
        if last is None or entry is None or last.author != self._workspace.person:
            return None
        # where this laptop's clock is in doubt, its own day is what today's records have in common
        today = self._workspace.today()
        return last if today in (last.on, moved(last.on, ahead_of(entry))) else None


def _normal(name: str) -> str:
    """A door's id from how people spell it; empty where that names no whole address."""
    try:
        return normalise(*address_of(name)).dwelling_id
    except ValueError:
        return ""


def _meant(said: Address, dwelling: Dwelling) -> bool:
    """Whether a door may be meant by what was said of its address so far."""
    address = dwelling.address
    return (
        said.estate in address.estate
        and said.building == address.building
        and said.unit in ("", address.unit)
        and address.door.startswith(said.door)
    )


def _distance(name: str, wanted: str) -> tuple[bool, bool]:
    """How far a door's name is from what was typed: the whole address behind the estate, its end, anything else."""
    address = name.partition("/")[2]
    return address != wanted and not address.endswith(f"-{wanted}"), not name.endswith(wanted)


def _natural(text: str) -> tuple[int, str]:
    """Sort key that puts `2` before `10` and words behind numbers."""
    digits = "".join(char for char in text if char.isdecimal())
    return (int(digits) if digits else 10**6, text)
