"""Doors (门牌), who lives behind them (住户) and what was found there: the fold of doorstep facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from storage.record import Entry, Ref

from .moves import day_of, fact_day, told_day
from .outcomes import COVERAGE_DAYS, OUTCOMES
from .places import LEVELS, Address, address_of, floor_of
from .refs import ref_of, refs_in

CHOICES = ("all", "record", "no")
"""What a household may answer when it is asked; `withdrawn` takes back what it had agreed to."""
BY = ("self", "guardian")
"""Who may agree for a household: somebody of age and of sound mind, or the guardian of somebody who is not."""
Order = tuple[int, str, int, str]
Silence = tuple[bool, Order]
"""Of a household that took its consent back: whether that stands, and the place of the last withdrawal."""
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """撤回: a household took its consent back."""

    ref: Ref
    order: Order
    author: str
    at: str


@dataclass(frozen=True)  # without slots a cache of tens of thousands is read in half the time
class Visit:
    """走访: one attempt at one door."""

    ref: Ref
    household: str
    dwelling: str
    on: date
    time: str
    """`HH:MM`; empty where it was not told."""
    outcome: str
    author: str
    again: date | None = None
    not_again: bool = False
    device: str = ""


@dataclass(frozen=True)  # without slots a cache of tens of thousands is read in half the time
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


@dataclass(frozen=True, slots=True)
class Proposal:
    """住户自己写的: a trouble that a household wrote down on its page; no report until somebody takes it over."""

    ref: Ref
    household: str
    words: str
    level: str
    on: date


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
    """Standing consent: `all`, `record`, `no`, `withdrawn`; empty before one was asked."""
    withdrawals: tuple[Ref, ...] = ()
    """Withdrawals that stand: a consent counts again when it names all of them."""
    withdrew: tuple[Withdrawal, ...] = ()
    """All withdrawals ever, in fold order."""
    tokens: list[str] = field(default_factory=list)
    """That open its page, oldest first: several where laptops gave one each without knowing of the other."""
    spent: list[str] = field(default_factory=list)
    """Renewed or withdrawn: they open nothing any more, and their links say so."""
    declined: bool = False
    """It asked not to have a page."""
    care: bool = False
    """A doorstep care need was recorded, with its agreement."""
    visits: list[Visit] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    """Oldest first; the last one is current."""
    proposals: list[Proposal] = field(default_factory=list)
    """That nobody has taken over or put aside yet, oldest first."""

    @property
    def token(self) -> str:
        """The token for its next card; empty where it has none."""
        return self.tokens[-1] if self.tokens else ""

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
    concurrent: tuple[tuple[str, str], ...] = ()
    """Pairs of occupancies begun without knowing of each other: one family or two, a lead must say."""

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
        self._listed: defaultdict[str, dict[Ref, tuple[Entry, Address, int]]] = defaultdict(dict)
        """By door: the roster records that name it."""
        self._without_effect: dict[str, list[tuple[Entry, str]]] = {}
        self._silences: dict[str, dict[str, Silence]] = {}
        """By door: its households that took their consent back."""
        self.resilenced: set[str] = set()
        """Doors of which that changed when they were last settled."""
        self._dirty: set[str] = set()

    def take(self, entry: Entry) -> bool:
        """Note a doorstep fact that counts; it takes effect at the next `settle`. `False`: it names no door."""
        if entry.record.kind == "roster":
            doors = list(roster_doors(entry))
            for address, floor in doors:
                self._listed[address.dwelling_id][entry.record.ref] = (entry, address, floor)
                self._dirty.add(address.dwelling_id)
            return bool(doors)
        dwelling = dwelling_of(entry)
        if dwelling:
            self._facts[dwelling][entry.record.ref] = entry
            self._dirty.add(dwelling)
        return bool(dwelling)

    def drop(self, entry: Entry) -> None:
        """Take back what was taken: the fact counts no longer."""
        ref = entry.record.ref
        named = [address.dwelling_id for address, _ in roster_doors(entry)] or [dwelling_of(entry)]
        for dwelling in named:
            known = [
                kept.pop(ref, None) for kept in (self._facts.get(dwelling), self._listed.get(dwelling)) if kept
            ]  # fmt: skip
            if any(known):
                self._dirty.add(dwelling)

    def without_effect(self) -> Iterator[tuple[Entry, str]]:
        """Facts that wait for something or can't be used, and occupancies in doubt, each with the code of why."""
        for waiting in self._without_effect.values():
            yield from waiting

    def fault_of(self, entry: Entry) -> str:
        """Why a fact waits or can't be used, as `without_effect` lists it; empty where it has its effect."""
        waiting = self._without_effect.get(dwelling_of(entry), ()) if entry.record.kind in _TAKE else ()
        return next((reason for one, reason in waiting if one.record.ref == entry.record.ref), "")

    def settle(self) -> set[str]:
        """Fold the doors of which something is new; returns their ids."""
        changed, self._dirty = self._dirty, set()
        self.resilenced = set()
        for dwelling_id in changed:
            self._settle_door(dwelling_id)
        return changed

    def _settle_door(self, dwelling_id: str) -> None:
        facts = sorted(self._facts.get(dwelling_id, {}).values(), key=attrgetter("order"))
        listed = min(self._listed.get(dwelling_id, {}).values(), key=lambda row: row[0].order, default=None)
        self._without_effect.pop(dwelling_id, None)
        if listed is None and not facts:
            self.dwellings.pop(dwelling_id, None)
            self._note_silences(dwelling_id, ())
            return
        address = listed[1] if listed else address_of(dwelling_id)
        dwelling = _empty(address, listed[2] if listed else floor_of(address.door))
        begun = [entry for entry in facts if entry.record.kind == "moved_in"]
        for number, entry in enumerate(begun, start=2):
            dwelling.households.append(Household(f"{dwelling_id}#{entry.record.ref}", dwelling_id, number))
        dwelling.concurrent = _concurrent(dwelling_id, begun)
        households = {household.id: household for household in dwelling.households}
        corrected = _corrected(facts)
        doubtful = {household for pair in dwelling.concurrent for household in pair}
        waiting = [(entry, "concurrent") for entry in begun if f"{dwelling_id}#{entry.record.ref}" in doubtful]
        for entry in facts:
            if entry.record.kind == "moved_in" or entry.record.ref in corrected:
                continue
            household = households.get(_word(entry.record.body, "household"))
            if household is None:
                waiting.append((entry, "unknown_household"))
            elif fault := _TAKE[entry.record.kind](household, entry):
                waiting.append((entry, fault))
        if waiting:
            self._without_effect[dwelling_id] = waiting
        self.dwellings[dwelling_id] = dwelling
        self._note_silences(dwelling_id, dwelling.households)

    def _note_silences(self, dwelling_id: str, households: Iterable[Household]) -> None:
        now = {
            household.id: (bool(household.withdrawals), household.withdrew[-1].order)
            for household in households
            if household.withdrew
        }
        if now != self._silences.get(dwelling_id, {}):
            self.resilenced.add(dwelling_id)
            self._silences[dwelling_id] = now

    def is_silent(self, household: str, entry: Entry) -> bool:
        """Whether what a record says of a household is out of use: it took its consent back, and has not agreed since."""
        silence = self._silences.get(household.partition("#")[0], {}).get(household) if self._silences else None
        return silence is not None and (silence[0] or entry.order < silence[1])

    def withdrew(self) -> list[str]:
        """Households that ever took their consent back."""
        return sorted(household for households in self._silences.values() for household in households)

    def facts(self, dwelling_id: str) -> list[Entry]:
        """All facts of a door that count, in fold order."""
        return sorted(self._facts.get(dwelling_id, {}).values(), key=attrgetter("order"))


def _concurrent(dwelling_id: str, begun: Sequence[Entry]) -> tuple[tuple[str, str], ...]:
    """Pairs of occupancies whose beginners knew nothing of each other."""
    return tuple(
        (f"{dwelling_id}#{one.record.ref}", f"{dwelling_id}#{other.record.ref}")
        for place, one in enumerate(begun)
        for other in begun[place + 1 :]
        if one.bit and other.bit and not (one.bit & other.past or other.bit & one.past)
    )


def _corrected(facts: Iterable[Entry]) -> set[Ref]:
    """Facts that their own author has replaced by a later one."""
    known = {entry.record.ref: entry for entry in facts}
    corrected: set[Ref] = set()
    for entry in facts:
        corrects = ref_of(entry.record.body.get("corrects"))
        named = known.get(corrects) if corrects else None
        if named is not None and named.person == entry.person and named.record.kind == entry.record.kind:
            corrected.add(named.record.ref)
    return corrected


def dwelling_of(entry: Entry) -> str:
    """The dwelling that a doorstep fact speaks of; empty where it names none."""
    named = _word(entry.record.body, "dwelling") or _word(entry.record.body, "household").partition("#")[0]
    try:
        return address_of(named).dwelling_id
    except ValueError:
        return ""


def building_of(entry: Entry) -> str:
    """The building (`estate/building`) that a doorstep fact speaks of; empty where it names none."""
    body = entry.record.body
    if entry.record.kind == "roster":
        return f"{_word(body, 'estate')}/{_word(body, 'building')}"
    dwelling = dwelling_of(entry)
    return address_of(dwelling).building_id if dwelling else ""


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


def _take_visit(household: Household, entry: Entry) -> str:
    body = entry.record.body
    if body.get("outcome") not in OUTCOMES:
        return "incomplete"
    time = _word(body, "time")
    household.visits.append(
        Visit(
            entry.record.ref,
            household.id,
            household.dwelling,
            fact_day(entry),
            time if _TIME.fullmatch(time) else "",
            str(body["outcome"]),
            entry.person,
            told_day(entry, "again"),
            body.get("not_again") is True,
            entry.device,
        )
    )
    return ""


def _take_resident(household: Household, entry: Entry) -> str:
    if household.withdrawals:
        return ""
    household.name = _word(entry.record.body, "name") or household.name
    household.phone = _word(entry.record.body, "phone") or household.phone
    return ""


def _take_consent(household: Household, entry: Entry) -> str:
    """A consent after a withdrawal counts only if its taker knew of that; nothing that was said before is used again."""
    choice = entry.record.body.get("choice")
    if choice == "withdrawn":
        household.withdrawals += (entry.record.ref,)
        household.withdrew += (Withdrawal(entry.record.ref, entry.order, entry.person, entry.record.at),)
        household.consent, household.name, household.phone = "withdrawn", "", ""
        household.spent, household.tokens = [*household.spent, *household.tokens], []
        household.care, household.responses, household.proposals = False, [], []
        return ""
    if choice not in CHOICES or entry.record.body.get("by", "self") not in BY:
        return "incomplete"
    if not set(household.withdrawals) <= set(refs_in(entry.record.body, "renews")):
        return "withdrawn"
    household.consent, household.withdrawals = str(choice), ()
    return ""


def _take_response(household: Household, entry: Entry) -> str:
    if household.withdrawals:
        return "withdrawn"
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
    return ""


def _take_token(household: Household, entry: Entry) -> str:
    """A token opens the page until a record says that it does no longer, wherever that one stands in fold order."""
    body = entry.record.body
    token, replaced = _word(body, "token"), body.get("replaces")
    household.spent += [one for one in replaced if isinstance(one, str)] if isinstance(replaced, list) else []
    if token and household.withdrawals:
        household.spent.append(token)
    household.tokens = [one for one in household.tokens if one not in (*household.spent, token)]
    if token and token not in household.spent:
        household.tokens.append(token)
    household.declined = body.get("page") == "declined"
    return "" if token or household.declined else "incomplete"


def _take_proposed(household: Household, entry: Entry) -> str:
    if household.withdrawals:
        return "withdrawn"
    body = entry.record.body
    words, level = _word(body, "words").strip(), _word(body, "level")
    if not words or level not in LEVELS:
        return "incomplete"
    household.proposals.append(Proposal(entry.record.ref, household.id, words, level, fact_day(entry)))
    return ""


def _take_settled(household: Household, entry: Entry) -> str:
    """Somebody took a proposal over as a report, or put it aside with a note; of two who did, both did."""
    body = entry.record.body
    named = ref_of(body.get("proposal"))
    if named is None or not (ref_of(body.get("report")) or _word(body, "note").strip()):
        return "incomplete"
    household.proposals = [one for one in household.proposals if one.ref != named]
    return ""


def _agrees(answers: Mapping[str, Any]) -> bool:
    return answers.get("care_agree") == "yes"


def _take_care(household: Household, entry: Entry) -> str:
    if household.withdrawals:
        return "withdrawn"
    agreed = entry.record.body.get("agreed")
    household.care = agreed if isinstance(agreed, bool) else _agrees(_mapping(entry.record.body, "answers"))
    return ""


_TAKE: dict[str, Callable[[Household, Entry], str]] = {  # the code of why it can't be used; empty: it is
    "visit": _take_visit,
    "resident": _take_resident,
    "consent": _take_consent,
    "response": _take_response,
    "token": _take_token,
    "care": _take_care,
    "proposed": _take_proposed,
    "settled": _take_settled,
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
