"""Twelve half-days of six laptops, written through the workspace's own services and brought together by exchange."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from storage.record import Ref
from storage.store import Batch
from zhubao_tui import forms
from zhubao_tui.casepage import new_token
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.issues import Case, Status
from zhubao_tui.community.places import Address
from zhubao_tui.workspace.casework import Casework, MoveRefused
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.interviewing import LONG_FORM, NOTICE
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

from .answers import invented_answers, invented_care
from .words import DONE, ESTATES, GIVEN, NOTES, PEOPLE, SURNAMES, TROUBLES, Trouble

COMMUNITY = "北苑社区（演示）"
OFFICE_PHONE = "010-5550-1234".replace("-", "", 1)
HALF_DAYS = 12
DOORS_A_HALF_DAY = 14
OUTCOMES = ("interviewed", "not_home", "refused", "vacant", "rented", "unable", "moved", "shop")
WEIGHTS = (56, 27, 4, 4, 4, 2, 1, 2)


@dataclass(slots=True)
class Clock:
    """The demo's time: the same for all laptops, moved on by hand."""

    moment: datetime

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=7)
        return self.moment


@dataclass(slots=True)
class Place:
    """One real trouble at one place, and which of its wordings have been used."""

    trouble: Trouble
    estate: str
    building: str
    unit: str
    told: list[int] = field(default_factory=list)
    issues: list[Ref] = field(default_factory=list)


@dataclass(slots=True)
class Laptop:
    """One laptop with who works on it."""

    number: int
    workspace: Workspace
    people: list[str]
    queue: list[Dwelling] = field(default_factory=list)


def write_demo(folder: Path, seed: int = 1, today: date | None = None) -> None:
    """Write the demo community into a new folder, as the team lead's laptop holds it.

    Args:
        folder: Where; must not be there yet, or be empty.
        seed: What is invented follows from it.
        today: The twelfth half-day lies in this day's week.
    """
    with tempfile.TemporaryDirectory(prefix="zhubao-demo-") as scratch:
        _Writer(Path(scratch), random.Random(seed), today or date.today()).write()  # noqa: DTZ011 - the laptop's own day
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(scratch) / "laptop1", folder, dirs_exist_ok=True)


class _Writer:
    def __init__(self, scratch: Path, dice: random.Random, today: date) -> None:
        self._scratch, self._dice = scratch, dice
        last = today - timedelta(days=today.weekday()) + timedelta(days=min(2, today.weekday()))
        self._days = [last - timedelta(weeks=week) for week in reversed(range(HALF_DAYS))]
        self._clock = Clock(self._at(self._days[0] - timedelta(days=2), 9))
        self._office = scratch / "office"
        self._version = forms.load(LONG_FORM, scratch / "cache").version
        self._places: list[Place] = []

    @staticmethod
    def _at(day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour)).astimezone()

    def write(self) -> None:
        laptops = self._begin()
        for number, day in enumerate(self._days):
            for laptop in laptops:
                self._clock.moment = self._at(day, 14) + timedelta(minutes=laptop.number)
                self._half_day(laptop, number)
            for laptop in [*laptops, *laptops]:
                self._exchange(laptop)
            for laptop in laptops:
                self._clock.moment = self._at(day, 18) + timedelta(minutes=laptop.number)
                self._lead_and_work(laptop, number)
            for laptop in [*laptops, *laptops[:1]]:
                self._exchange(laptop)
        for laptop in laptops:
            laptop.workspace.close()

    # -- the beginning: roster, people, adoptions

    def _begin(self) -> list[Laptop]:
        name, _role, _group, _number = PEOPLE[0]
        first = Workspace.create(self._scratch / "laptop1", COMMUNITY, name, office_phone=OFFICE_PHONE, now=self._clock)
        self._write_roster(first)
        laptops = [Laptop(1, first, [name])]
        self._exchange(laptops[0])
        for number in range(2, 7):
            laptops.append(Laptop(number, join(self._office, self._scratch / f"laptop{number}", now=self._clock), []))
            self._enrol(laptops[-1])
        self._enrol(laptops[0])
        self._exchange(laptops[0])
        first.choose(PEOPLE[0][0])
        self._adopt(first)
        for laptop in laptops:
            self._exchange(laptop)
        self._plan(laptops)
        return laptops

    def _enrol(self, laptop: Laptop) -> None:
        """Whoever works on a laptop enrols there before the next one joins, so that each gets a number of its own."""
        for name, role, _group, number in PEOPLE[1:]:
            if number == laptop.number:
                laptop.workspace.choose(name, role)
                laptop.people.append(name)
                self._exchange(laptop)

    def _write_roster(self, workspace: Workspace) -> None:
        with workspace.writing() as batch:
            for estate, buildings in ESTATES:
                for building, floors, units, doors in buildings:
                    rows = list(self._rows(floors, units, doors))
                    body = {"estate": estate, "building": building, "doors": [list(row) for row in rows]}
                    batch.add("roster", body)
                    for unit, door, _floor in rows:
                        self._resident(batch, Address(estate, building, unit, door))
        self._invent_places()

    def _rows(self, floors: int, units: int, doors: int) -> Iterator[tuple[str, str, int]]:
        for unit in range(1, units + 1):
            top = floors - (unit == units and floors > 5 and self._dice.random() < 0.3)
            for floor in range(1, top + 1):
                for door in range(1, doors + 1):
                    yield str(unit), f"{floor}{door:02d}", floor

    def _resident(self, batch: Batch, address: Address) -> None:
        if self._dice.random() < 0.85:
            name = self._dice.choice(SURNAMES) + "".join(self._dice.sample(GIVEN, self._dice.choice((1, 2))))
            phone = f"1990000{self._dice.randrange(10_000):04d}"
            batch.add("resident", {"household": f"{address.dwelling_id}#1", "name": name, "phone": phone})

    def _adopt(self, workspace: Workspace) -> None:
        """Each cadre and group lead adopts some buildings; groups are recorded with the roles."""
        by_name = {person.name: person for person in workspace.people()}
        buildings = [f"{estate}/{number}" for estate, listed in ESTATES for number, *_shape in listed]
        adopters = [by_name[name] for name, role, _group, _number in PEOPLE if role in ("cadre", "group_lead")]
        with workspace.writing() as batch:
            for name, role, group, _number in PEOPLE:
                if group:
                    batch.add("role", {"person": by_name[name].id, "role": role, "group": group})
            for place, building in enumerate(buildings):
                person = adopters[place * len(adopters) // len(buildings)]
                batch.add("adoption", {"level": 3, "place": building, "person": person.id})

    def _invent_places(self) -> None:
        """About a hundred real troubles, each at one place."""
        for trouble in TROUBLES:
            wide = trouble.level in ("estate", "around")
            for _again in range(2 if wide else 4):
                estate, buildings = self._dice.choice(ESTATES)
                building, _floors, units, _doors = self._dice.choice(buildings)
                unit = str(self._dice.randint(1, units)) if trouble.level in ("unit", "door") else ""
                place = Place(trouble, estate, "" if wide else building, unit if not wide else "")
                taken = {(p.trouble.category, p.estate, p.building, p.unit) for p in self._places}
                if (trouble.category, place.estate, place.building, place.unit) not in taken:
                    self._places.append(place)

    def _plan(self, laptops: list[Laptop]) -> None:
        """Which doors each laptop walks: those where something is wrong first, so that twins come about."""
        for laptop in laptops:
            workspace = laptop.workspace
            adopted = {
                a.place
                for a in workspace.community.authority.adoptions()
                if self._works_on(workspace, a.person, laptop)
            }
            doors = [
                d for d in workspace.community.dwellings.values() if not adopted or d.address.building_id in adopted
            ]
            weights = {d.id: self._dice.random() - 0.4 * len(self._troubles_at(d)) for d in doors}
            laptop.queue = sorted(doors, key=lambda d: weights[d.id])

    @staticmethod
    def _works_on(workspace: Workspace, person: str, laptop: Laptop) -> bool:
        return workspace.community.people[person].name in laptop.people

    # -- one half-day at the doors

    def _half_day(self, laptop: Laptop, number: int) -> None:
        workspace = laptop.workspace
        workspace.choose(laptop.people[number % len(laptop.people)])
        if workspace.role == "observer":
            workspace.choose(laptop.people[0])
        survey = Survey(workspace)
        again = [door for door, _due in survey.due()][:3]
        doors = again + [laptop.queue.pop(0) for _ in range(min(DOORS_A_HALF_DAY - len(again), len(laptop.queue)))]
        for door in doors:
            self._clock.moment += timedelta(minutes=self._dice.randint(2, 11))
            self._visit(laptop, workspace.community.dwellings[door.id], survey)

    def _visit(self, laptop: Laptop, door: Dwelling, survey: Survey) -> None:
        outcome = self._dice.choices(OUTCOMES, WEIGHTS)[0]
        if outcome == "interviewed":
            self._interview(laptop.workspace, door, survey)
        else:
            survey.record_visit(door, outcome)

    def _interview(self, workspace: Workspace, door: Dwelling, survey: Survey) -> None:
        dice = self._dice
        consent = dice.choices(("all", "record"), (85, 15))[0]
        household = door.household.id
        with workspace.writing() as batch:
            visit = batch.add("visit", survey.visit_body(door, "interviewed"))
            batch.add("consent", {"household": household, "choice": consent, "notice": NOTICE, "visit": str(visit)})
        reports = [
            ref
            for place in self._troubles_at(door)[: dice.choice((1, 1, 2))]
            if (ref := self._tell(workspace, door, place))
        ]
        answers = invented_answers(dice, consent, bool(reports), door.household.phone)
        with workspace.writing() as batch:
            body = {"household": household, "visit": str(visit), "form": LONG_FORM, "version": self._version, "answers": answers,
                    "specials": {}, "remarks": {}, "reports": [str(ref) for ref in reports]}  # fmt: skip
            batch.add("response", body)
            care = invented_care(dice, answers["home"])
            batch.add("care", {"household": household, "visit": str(visit), "answers": care})
            if consent == "all":
                batch.add("token", {"household": household, "token": new_token()})

    def _troubles_at(self, door: Dwelling) -> list[Place]:
        address = door.address
        near = [
            place
            for place in self._places
            if place.estate == address.estate
            and place.building in ("", address.building)
            and (place.trouble.level != "unit" or place.unit == address.unit)
        ]
        return sorted(near, key=lambda place: (len(place.told), place.trouble.level == "estate"))

    def _tell(self, workspace: Workspace, door: Dwelling, place: Place) -> Ref | None:
        """A household tells of a trouble in words that nobody used before; the cadre may see that it is known."""
        rest = [number for number in range(len(place.trouble.told)) if number not in place.told]
        if not rest or (place.trouble.level == "door" and place.told):
            return None
        words = place.trouble.told[rest[0]].format(b=door.address.building, u=door.address.unit)
        reporting, community = Reporting(workspace), workspace.community
        place.told.append(rest[0])
        known = next((case for ref in place.issues if (case := community.case_of(ref))), None)
        if known is not None and known.status is not Status.WITHDRAWN and self._dice.random() < 0.18:
            return reporting.support(known.main.ref, door.household.id, words)
        trouble = place.trouble
        ref = reporting.report(
            NewReport(words, trouble.category, trouble.level, trouble.urgency, door.id, door.household.id)
        )
        place.issues.append(ref)
        return ref

    # -- the evening: cases are claimed, worked, resolved, some twins merged

    def _lead_and_work(self, laptop: Laptop, number: int) -> None:
        workspace = laptop.workspace
        casework = Casework(workspace)
        mine = [case for case in casework.cases() if self._would_move(workspace, case)]
        self._dice.shuffle(mine)
        for case in mine[: 7 if number < HALF_DAYS - 1 else 3]:
            self._move(casework, case)
        if laptop.number == 1 and number in (4, 7, 9):
            self._merge_some(workspace)

    def _would_move(self, workspace: Workspace, case: Case) -> bool:
        rights = workspace.community.rights
        return case.owner in ("", workspace.person) and rights.may("note", case, workspace.person)

    def _move(self, casework: Casework, case: Case) -> None:
        dice, today = self._dice, self._clock.moment.date()
        offered = set(casework.offered(case))
        issue = case.main.ref
        try:
            if case.status is Status.RESOLVED:
                self._ask(casework, case)
            elif "claim" in offered:
                casework.move("claim", issue)
            elif "start" in offered:
                casework.move("start", issue)
            elif "transfer" in offered and dice.random() < 0.6:
                ask_on = (today + timedelta(days=10)).isoformat()
                casework.move(
                    "transfer",
                    issue,
                    unit="自来水公司",
                    contact="值班室 5550-2000",
                    note="已报修，等排期",
                    ask_on=ask_on,
                )
            elif "postpone" in offered and dice.random() < 0.1:
                until = (today + timedelta(days=45)).isoformat()
                casework.move("postpone", issue, reason="要等经费批下来再动工", until=until)
            elif "resolve" in offered and dice.random() < 0.6:
                casework.move("resolve", issue, done=dice.choice(DONE))
            elif "note" in offered:
                casework.move("note", issue, note=dice.choice(NOTES))
        except MoveRefused:
            return  # what this laptop's view allows may still lack something: then that evening brings no move

    def _ask(self, casework: Casework, case: Case) -> None:
        for report in case.reports[: case.need]:
            yes = self._dice.random() < 0.85
            on = self._clock.moment.date().isoformat()
            personal = {"household": report.household}
            casework.move("confirm", case.main.ref, personal, of=str(report.ref), yes=yes, way="telephone", on=on)
            if not yes:
                return

    def _merge_some(self, workspace: Workspace) -> None:
        """A few groups are merged as examples; most wait for whoever opens the demo."""
        desk = Deduplication(workspace)
        for place in [place for place in self._places if len(place.issues) >= 3][:2]:
            cases = {case.id: case for ref in place.issues if (case := workspace.community.case_of(ref))}
            if len(cases) > 1:
                desk.merge(list(cases.values()))
            place.issues = place.issues[:1]

    def _exchange(self, laptop: Laptop) -> None:
        service = Exchanging(laptop.workspace)
        service.took_in(service.exchange(self._office))
