"""Twelve half-days of six laptops, written through the workspace's own services and brought together by exchange."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from storage.batch import Batch
from storage.errors import StorageError
from zhubao_tui import forms
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.places import Address
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.interviewing import LONG_FORM
from zhubao_tui.workspace.workspace import Workspace

from .doorstep import Doorstep, walk
from .office import Office
from .places import WEEKS, Place, by_door, invent
from .words import ESTATES, GIVEN, PEOPLE, SURNAMES

COMMUNITY = "北苑社区（演示）"
OFFICE_PHONE = "010-55501234"
MARK = "demo"
"""Where the demo's seed stands among a workspace's small settings: nothing else may be taken for a demo."""
DOORS_A_HALF_DAY, DOORS_OF_THE_LEAD = 19, 7
LEAD_DECIDES = (3, 6, 9)
"""Weeks before which the team lead merges what is told twice, and turns one case down."""
OFFICE_DAY = timedelta(days=2)
"""So long after each half-day people sit at their cases once more."""
HOURS = timedelta(hours=5)
"""A half-day and the evening after it."""


@dataclass(slots=True)
class Clock:
    """The demo's time: the same for all laptops, moved on by hand, never past `end`."""

    moment: datetime
    end: datetime

    def __call__(self) -> datetime:
        self.forward(timedelta(seconds=7))
        return self.moment

    def forward(self, by: timedelta) -> None:
        """Move on."""
        self.moment = min(self.moment + by, self.end)


@dataclass(slots=True)
class Laptop:
    """One laptop with who works on it."""

    number: int
    workspace: Workspace
    people: list[str]
    queue: list[Dwelling] = field(default_factory=list)
    """Doors that nobody has tried yet, in the order of the walk."""


def demo_seed(folder: Path) -> int | None:
    """The seed of the demo that a folder holds; `None` where it holds none."""
    try:
        with Workspace.open(folder) as workspace:
            seed = workspace.store.recall(MARK)
    except StorageError:
        return None
    return seed if isinstance(seed, int) else None


def write_demo(folder: Path, seed: int = 1, today: date | None = None) -> None:
    """Write the demo community into a new folder, as the team lead's laptop holds it.

    Args:
        folder: Where; must not be there yet, or be empty.
        seed: What is invented follows from it; only ids and tokens are new each time.
        today: The twelfth half-day lies in this day's week, before this day, or on it where it is a Monday. Nothing is
            dated after now, or after this day where it is another one.
    """
    now = datetime.now().astimezone()
    day = today or now.date()
    end = now if day == now.date() else datetime.combine(day, time(20)).astimezone()
    with tempfile.TemporaryDirectory(prefix="zhubao-demo-") as scratch:
        _Writer(Path(scratch), random.Random(seed), end).write(seed)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(scratch) / "laptop1", folder, dirs_exist_ok=True)
    Workspace.open(folder, app=True).close()  # so that the first start is as fast as any other


class _Writer:
    def __init__(self, scratch: Path, dice: random.Random, end: datetime) -> None:
        self._scratch, self._dice = scratch, dice
        today = end.date()
        last = today - timedelta(days=today.weekday()) + timedelta(days=min(2, max(0, today.weekday() - 1)))
        self._days = [last - timedelta(weeks=week) for week in reversed(range(WEEKS))]
        self._clock = Clock(self._at(self._days[0] - timedelta(days=2), 9), end)
        self._office_folder = scratch / "office"

    @staticmethod
    def _at(day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour)).astimezone()

    def _set_clock(self, day: date, hour: int, laptop: Laptop) -> None:
        """To an hour of a day; of a day that is not over yet, to early enough that what follows is past."""
        latest = self._clock.end - HOURS + timedelta(hours=hour - 14)
        midnight = self._at(day, 0)
        self._clock.moment = max(midnight, min(self._at(day, hour), latest)) + timedelta(minutes=laptop.number)

    def write(self, seed: int) -> None:
        laptops = self._begin()
        places = invent(self._dice)
        doors = laptops[0].workspace.community.dwellings.values()
        version = forms.load(LONG_FORM, laptops[0].workspace.store.folder / "cache").version
        doorstep = Doorstep(self._dice, by_door(places, doors), version, self._clock.forward)
        office = Office(self._dice, *self._responsible(laptops[0].workspace))
        for week, day in enumerate(self._days):
            for laptop in laptops:
                self._set_clock(day, 13, laptop)
                self._exchange(laptop)
            if week in LEAD_DECIDES:
                self._lead_decides(laptops, office, places)
            latest = self._clock.moment
            for laptop in laptops:
                self._set_clock(day, 14, laptop)
                laptop.workspace.choose(laptop.people[week % len(laptop.people)])
                number = DOORS_OF_THE_LEAD if laptop.number == 1 else DOORS_A_HALF_DAY
                doorstep.half_day(laptop.workspace, laptop.queue, week, number)
                latest = max(latest, self._clock.moment)
            self._clock.moment = latest  # no laptop's clock goes back
            if week == WEEKS - 1:
                doorstep.put_down(laptops[0].workspace, laptops[0].queue)
            for evening, hour in ((day, 18), (day + OFFICE_DAY, 15)):
                for laptop in laptops if self._at(evening, 0) <= self._clock.end else ():
                    self._set_clock(evening, hour, laptop)
                    office.work(laptop.workspace)
        for laptop in [*laptops, laptops[0]]:
            self._exchange(laptop)
        laptops[0].workspace.store.remember("exchange_folder", "")  # it is gone when this is read
        laptops[0].workspace.store.remember(MARK, seed)
        for laptop in laptops:
            laptop.workspace.close()

    def _lead_decides(self, laptops: list[Laptop], office: Office, places: list[Place]) -> None:
        """Before the others go on: the team lead, who has everything now, merges old twins; the others take that in."""
        first = laptops[0]
        self._exchange(first)
        office.merge_old(first.workspace, places)
        office.refuse_one(first.workspace)
        for laptop in laptops:
            self._exchange(laptop)

    # -- the beginning: roster, people, adoptions

    def _begin(self) -> list[Laptop]:
        name, _role, _group, _number = PEOPLE[0]
        first = Workspace.create(self._scratch / "laptop1", COMMUNITY, name, office_phone=OFFICE_PHONE, now=self._clock)
        self._write_roster(first)
        laptops = [Laptop(1, first, [name])]
        self._exchange(laptops[0])
        for number in range(2, 7):
            workspace = join(self._office_folder, self._scratch / f"laptop{number}", now=self._clock)
            laptops.append(Laptop(number, workspace, []))
            self._enrol(laptops[-1])
        self._enrol(laptops[0])
        first.choose(name)
        self._exchange(laptops[0])
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
                self._exchange(laptop)
                if role != "observer":
                    laptop.people.append(name)

    def _write_roster(self, workspace: Workspace) -> None:
        with workspace.writing() as batch:
            for estate, buildings in ESTATES:
                for building, floors, units, doors in buildings:
                    rows = list(self._rows(floors, units, doors))
                    body = {"estate": estate, "building": building, "doors": [list(row) for row in rows]}
                    batch.add("roster", body)
                    for unit, door, _floor in rows:
                        self._resident(batch, Address(estate, building, unit, door))

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
        by_name = {person.name: person.id for person in workspace.people()}
        with workspace.writing() as batch:
            for name, role, group, _number in PEOPLE:
                if group:
                    batch.add("role", {"person": by_name[name], "role": role, "group": group})
            for building, name in _adoptions():
                batch.add("adoption", {"level": 3, "place": building, "person": by_name[name]})

    @staticmethod
    def _responsible(workspace: Workspace) -> tuple[dict[str, str], dict[str, str]]:
        """Who adopted which building; which group lead follows up each cadre's cases."""
        by_name = {person.name: person.id for person in workspace.people()}
        leads = {group: by_name[name] for name, role, group, _number in PEOPLE if role == "group_lead"}
        askers = {by_name[name]: leads[group] for name, role, group, _number in PEOPLE if role == "cadre"}
        return {building: by_name[name] for building, name in _adoptions()}, askers

    def _plan(self, laptops: list[Laptop]) -> None:
        """Who walks where: the adopters through their houses; the team lead goes along in all of them, from their end."""
        adopters = dict(_adoptions())
        for laptop in laptops[1:]:
            own = (
                d
                for d in laptop.workspace.community.dwellings.values()
                if adopters[d.address.building_id] in laptop.people
            )
            laptop.queue = sorted(own, key=lambda door: walk(door.address, door.floor))
            self._dice.shuffle(blocks := [laptop.queue[at : at + 12] for at in range(0, len(laptop.queue), 12)])
            laptop.queue = [door for block in blocks for door in block]
        for laptop in laptops[1:]:
            laptops[0].queue += [
                laptop.queue.pop(at) for at in range(len(laptop.queue) - 25, len(laptop.queue) - 41, -1)
            ]

    def _exchange(self, laptop: Laptop) -> None:
        service = Exchanging(laptop.workspace)
        service.took_in(service.exchange(self._office_folder))


def _adoptions() -> list[tuple[str, str]]:
    """Which cadre or group lead adopted which building."""
    adopters = [name for name, role, _group, _number in PEOPLE if role in ("cadre", "group_lead")]
    doors = [
        (f"{e}/{number}", floors * units * doors) for e, listed in ESTATES for number, floors, units, doors in listed
    ]
    whole, before, made = sum(count for _building, count in doors), 0, []
    for building, count in doors:
        made.append((building, adopters[(before + count // 2) * len(adopters) // whole]))
        before += count
    return made
