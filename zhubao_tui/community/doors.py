"""Doors (门牌), who lives behind them (住户) and what was found there: the fold of doorstep facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from storage.record import Entry, Ref

from .moves import day_of, parse_day
from .outcomes import COVERAGE_DAYS, OUTCOMES
from .places import Address, address_of, floor_of


@dataclass(frozen=True, slots=True)
class Visit:
    """走访: one attempt at one door."""

    ref: Ref
    household: str
    dwelling: str
    on: date
    time: str
    outcome: str
    author: str
    again: date | None = None
    not_again: bool = False
    device: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """应答: one household's finished questionnaire."""

    ref: Ref
    household: str
    visit: str
    form: str
    version: str
    answers: Mapping[str, Any]
    specials: Mapping[str, str]
    remarks: Mapping[str, str]
    reports: tuple[str, ...]
    on: date
    author: str


@dataclass(slots=True)
class Household:
    """住户: who lives behind a door for a time."""

    id: str
    dwelling: str
    number: int
    """1 for the first known occupancy, then 2, 3 … in fold order."""
    name: str = ""
    phone: str = ""
    consent: str = ""
    """Standing consent: `all`, `record`, `no`; empty before one was asked."""
    token: str = ""
    care: bool = False
    """A doorstep care need was recorded, with its agreement."""
    visits: list[Visit] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    """Oldest first; the last one is current."""

    @property
    def last_visit(self) -> Visit | None:
        """The latest visit in fold order."""
        return self.visits[-1] if self.visits else None


@dataclass(slots=True)
class Dwelling:
    """门牌: one door."""

    id: str
    address: Address
    floor: int
    households: list[Household] = field(default_factory=list)
    """Occupancies, the current one last."""

    @property
    def household(self) -> Household:
        """Who lives here now."""
        return self.households[-1]

    @property
    def in_base(self) -> bool:
        """Whether this door counts among those that should be covered."""
        last = self.household.last_visit
        return last is None or (rule := OUTCOMES.get(last.outcome)) is None or rule.in_base

    def reached(self, today: date, days: int = COVERAGE_DAYS) -> bool:
        """Whether somebody was met here within the last days."""
        return any(
            0 <= (today - visit.on).days < days and OUTCOMES[visit.outcome].reached for visit in self.household.visits
        )


class Doors:
    """All doors of a community, kept up to date door by door."""

    def __init__(self) -> None:
        self.dwellings: dict[str, Dwelling] = {}
        self._facts: defaultdict[str, dict[Ref, Entry]] = defaultdict(dict)
        self._rosters: dict[Ref, Entry] = {}
        self._dirty: set[str] = set()
        self._roster_dirty = False

    def take(self, entry: Entry) -> None:
        """Note a doorstep fact that counts; it takes effect at the next `settle`."""
        if entry.record.kind == "roster":
            self._rosters[entry.record.ref] = entry
            self._roster_dirty = True
            return
        dwelling = dwelling_of(entry)
        if dwelling:
            self._facts[dwelling][entry.record.ref] = entry
            self._dirty.add(dwelling)

    def settle(self) -> set[str]:
        """Fold the doors of which something is new; returns their ids."""
        if self._roster_dirty:
            self._settle_rosters()
        changed = self._dirty
        for dwelling_id in changed:
            self._settle_door(dwelling_id)
        self._dirty = set()
        return changed

    def _settle_rosters(self) -> None:
        self._roster_dirty = False
        for entry in sorted(self._rosters.values(), key=attrgetter("order")):
            for address, floor in roster_doors(entry):
                dwelling = self.dwellings.get(address.dwelling_id)
                if dwelling is None:
                    self.dwellings[address.dwelling_id] = _empty(address, floor)
                    if address.dwelling_id in self._facts:
                        self._dirty.add(address.dwelling_id)

    def _settle_door(self, dwelling_id: str) -> None:
        facts = sorted(self._facts[dwelling_id].values(), key=attrgetter("order"))
        known = self.dwellings.get(dwelling_id)
        try:
            address = known.address if known else address_of(dwelling_id)
        except ValueError:
            return
        dwelling = _empty(address, known.floor if known else floor_of(address.door))
        for entry in facts:
            if entry.record.kind == "moved_in":
                number = len(dwelling.households) + 1
                dwelling.households.append(Household(f"{dwelling_id}#{entry.record.ref}", dwelling_id, number))
        households = {household.id: household for household in dwelling.households}
        corrected = {str(entry.record.body.get("corrects")) for entry in facts if entry.record.body.get("corrects")}
        for entry in facts:
            household = households.get(str(entry.record.body.get("household")))
            if household is not None and str(entry.record.ref) not in corrected:
                _TAKE.get(entry.record.kind, _ignore)(household, entry)
        self.dwellings[dwelling_id] = dwelling


def dwelling_of(entry: Entry) -> str:
    """The dwelling that a doorstep fact speaks of; empty where it names none."""
    body = entry.record.body
    named = body.get("dwelling") or str(body.get("household", "")).partition("#")[0]
    return named if isinstance(named, str) else ""


def roster_doors(entry: Entry) -> Iterable[tuple[Address, int]]:
    """Doors of one roster record, with their floors; rows of another shape are passed over."""
    body = entry.record.body
    estate, building, doors = body.get("estate"), body.get("building"), body.get("doors")
    if not isinstance(estate, str) or not isinstance(building, str) or not isinstance(doors, list):
        return
    for row in doors:
        if isinstance(row, list) and len(row) >= 2 and isinstance(row[0], str) and isinstance(row[1], str):
            floor = row[2] if len(row) > 2 and isinstance(row[2], int) else floor_of(row[1])
            yield Address(estate, building, row[0], row[1]), floor


def _empty(address: Address, floor: int) -> Dwelling:
    dwelling_id = address.dwelling_id
    return Dwelling(dwelling_id, address, floor, [Household(f"{dwelling_id}#1", dwelling_id, 1)])


def _take_visit(household: Household, entry: Entry) -> None:
    body = entry.record.body
    if body.get("outcome") in OUTCOMES:
        household.visits.append(
            Visit(
                entry.record.ref,
                household.id,
                household.dwelling,
                parse_day(body.get("on")) or day_of(entry),
                _word(body, "time"),
                str(body["outcome"]),
                entry.person,
                parse_day(body.get("again")),
                body.get("not_again") is True,
                entry.device,
            )
        )


def _take_resident(household: Household, entry: Entry) -> None:
    household.name = _word(entry.record.body, "name") or household.name
    household.phone = _word(entry.record.body, "phone") or household.phone


def _take_consent(household: Household, entry: Entry) -> None:
    if entry.record.body.get("choice") in ("all", "record", "no"):
        household.consent = str(entry.record.body["choice"])


def _take_response(household: Household, entry: Entry) -> None:
    body = entry.record.body
    reports = body.get("reports")
    household.responses.append(
        Response(
            entry.record.ref,
            household.id,
            _word(body, "visit"),
            _word(body, "form"),
            _word(body, "version"),
            _mapping(body, "answers"),
            _mapping(body, "specials"),
            _mapping(body, "remarks"),
            tuple(map(str, reports)) if isinstance(reports, list) else (),
            day_of(entry),
            entry.person,
        )
    )


def _take_token(household: Household, entry: Entry) -> None:
    household.token = _word(entry.record.body, "token") or household.token


def _take_care(household: Household, entry: Entry) -> None:
    household.care = _mapping(entry.record.body, "answers").get("care_agree") == "yes"


def _ignore(household: Household, entry: Entry) -> None:
    """`moved_in` has made its household already."""


_TAKE: dict[str, Callable[[Household, Entry], None]] = {
    "visit": _take_visit,
    "resident": _take_resident,
    "consent": _take_consent,
    "response": _take_response,
    "token": _take_token,
    "care": _take_care,
}


def _word(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def coverage(dwellings: Sequence[Dwelling], today: date) -> tuple[int, int]:
    """走访覆盖: dwellings reached in the last 90 days, and those that should be."""
    base = [dwelling for dwelling in dwellings if dwelling.in_base]
    return sum(dwelling.reached(today) for dwelling in base), len(base)
