"""Journals as laptops write them, but by hand and in memory: by anybody, about anything, seen by others or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from storage.ledger import Ledger
from storage.record import Head, Record, Ref
from storage.rows import community_id, new_record, sealed_head
from storage.store import journal_bytes
from zhubao_tui.community.authority import Adoption
from zhubao_tui.community.community import Community
from zhubao_tui.community.issues import Case
from zhubao_tui.community.kinds import LANDMARKS
from zhubao_tui.community.numbers import case_number
from zhubao_tui.community.replay import Problem

HOME = "祥和苑/3-1-101#1"
NEIGHBOUR = "祥和苑/3-1-102#1"
FAR_HOME = "锦绣苑/9-1-101#1"
MONDAY = date(2026, 5, 4)

GIVEN: dict[str, dict[str, Any]] = {
    "claim": {},
    "start": {},
    "resume": {},
    "transfer": {"unit": "供电公司", "contact": "抢修班", "note": "已报修", "ask_on": "+7"},
    "note": {"note": "明天再去看一次"},
    "attachment": {"media": "f" * 64, "type": "image/jpeg", "size": 35_000},
    "recategorise": {"urgency": "soon"},
    "reword": {"words": "楼里的灯"},
    "resolve": {"done": "换了新的水管，试过不漏了"},
    "close_unanswered": {"note": "两次上门没有人"},
    "reopen": {"note": "还是漏"},
    "postpone": {"reason": "等天暖了再修", "until": "+30"},
    "reject": {"reason": "not_ours", "words": "这是产权单位的事", "elsewhere": "街道城管科"},
}
"""What each move must be given, at the least; `+7` stands for the day a week from the move."""


class Pen:
    """One person on one laptop, with the journal that they write."""

    def __init__(self, world: World, name: str, *, founding: bool = False) -> None:
        self.world, self.name = world, name
        number = len(world.pens) + 1
        self.person, device = f"{number:015x}a", f"{number:015x}d"
        if founding:
            world.community_id = community_id(self.person, "salt")
        self.head = sealed_head(
            Head(f"{number:016x}", world.community_id, device, self.person, world.today.isoformat(),
                 salt="salt" if founding else "")
        )  # fmt: skip
        self.number = number
        self.records: list[Record] = []
        self._seen: set[Ref] = set()
        self._reports = 0
        world.pens.append(self)

    @property
    def tip(self) -> Ref:
        return self.records[-1].ref

    def write(self, kind: str, body: dict[str, Any]) -> Ref:
        """Write a record; while the world is online, what all others wrote is seen before."""
        if self.world.online:
            self.see()
        return self._append(kind, body)

    def see(self, *pens: Pen) -> None:
        """Take in what some others, or all, have written so far."""
        tips = [pen.tip for pen in pens or self.world.pens if pen is not self and pen.records]
        if news := [str(tip) for tip in tips if tip not in self._seen]:
            self._seen.update(tips)
            self._append("seen", {"heads": news})

    def _append(self, kind: str, body: dict[str, Any]) -> Ref:
        prev = self.records[-1].digest if self.records else self.head.digest
        at = f"{self.world.today.isoformat()}T10:00:00+08:00"
        record = new_record(self.head.journal, len(self.records) + 1, 1, at, kind, body, prev)
        self.records.append(record)
        return record.ref

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Forget afterwards what is written here."""
        length, seen = len(self.records), set(self._seen)
        yield
        del self.records[length:]
        self._seen = seen

    def file(self) -> bytes:
        """The journal as it lies in an exchange folder."""
        return journal_bytes(self.head, self.records)

    # -- what people write

    def report(
        self, household: str = HOME, category: str = "water_leak", urgency: str = "normal", *, words: str = "水管漏水",
        place: dict[str, str] | None = None, personal: bool = True,
    ) -> Ref:  # fmt: skip
        self._reports += 1
        address = (household or HOME).partition("#")[0]
        estate, _, rest = address.partition("/")
        building, unit, _ = rest.split("-")
        where = {"level": "unit", "estate": estate, "building": building, "unit": unit} if place is None else place
        ref = self.write("report", {
            "number": case_number(self.number, self._reports), "category": category, "place": where,
            "urgency": urgency, "on": self.world.today.isoformat(), "behind": bool(household),
        })  # fmt: skip
        if personal:
            self.write("personal", {"of": str(ref), "household": household, "words": words})
        return ref

    def support(self, issue: Ref, household: str = NEIGHBOUR, *, personal: bool = True) -> Ref:
        ref = self.write("support", {"issue": str(issue), "on": self.world.today.isoformat(), "behind": True})
        if personal:
            self.write("personal", {"of": str(ref), "household": household})
        return ref

    def confirm(self, issue: Ref, of: Ref | None, *, yes: bool = True, way: str = "door", **more: Any) -> Ref:
        body = {"issue": str(issue), "yes": yes, "way": way, "on": self.world.today.isoformat(), **more}
        return self.write("confirm", body | ({"of": str(of)} if of else {}))

    def withdraw(self, issue: Ref, of: Ref) -> Ref:
        return self.write("withdraw", {"issue": str(issue), "of": str(of), "on": self.world.today.isoformat()})

    def move(self, kind: str, issue: Ref, **given: Any) -> Ref:
        """Make a move with what it must be given, or with `given` instead."""
        body = {**GIVEN.get(kind, {}), **given}
        for name, value in body.items():
            if isinstance(value, str) and value.startswith("+"):
                body[name] = (self.world.today + timedelta(days=int(value))).isoformat()
        return self.write(kind, {"issue": str(issue), **body})

    def assign(self, issue: Ref, to: Pen) -> Ref:
        return self.write("assign", {"issue": str(issue), "person": to.person})

    def merge(self, *issues: Ref, main: Ref | None = None) -> Ref:
        names = [str(issue) for issue in issues]
        return self.write("merge", {"issues": names, "members": names} | ({"main": str(main)} if main else {}))

    def distinct(self, one: Ref, other: Ref) -> Ref:
        return self.write("distinct", {"issues": [str(one), str(other)]})

    def split(self, issue: Ref) -> Ref:
        return self.write("split", {"issue": str(issue)})

    def undo(self, record: Ref) -> Ref:
        return self.write("undo", {"record": str(record)})

    def accept(self, record: Ref) -> Ref:
        return self.write("accept", {"record": str(record)})

    def visit(self, household: str = HOME, outcome: str = "not_home", **more: Any) -> Ref:
        day = self.world.today.isoformat()
        dwelling = household.partition("#")[0]
        return self.write(
            "visit", {"dwelling": dwelling, "household": household, "on": day, "outcome": outcome, **more}
        )

    # -- what team leads write

    def enrol(self, role: str, person: str | None = None) -> Ref:
        body = {"person": person or self.person, "name": self.name, "role": role, "laptop": self.number}
        return self.write("enrol", body if person else body | {"device": self.head.device})

    def role(self, pen: Pen, role: str, group: str = "") -> Ref:
        return self.write("role", {"person": pen.person, "role": role} | ({"group": group} if group else {}))

    def adopt(self, building: str, pen: Pen) -> Ref:
        return self.write("adoption", {"level": 3, "place": building, "person": pen.person})

    def revoke(self, pen: Pen, *acknowledged: Ref) -> Ref:
        return self.write("revoke", {"person": pen.person, "acknowledged": [str(ref) for ref in acknowledged]})


class World:
    """A community whose founder and first team lead is `lead`; everybody sees everything until `online` is unset."""

    def __init__(self) -> None:
        self.today = MONDAY
        self.online = True
        self.pens: list[Pen] = []
        self.community_id = ""
        self.lead = Pen(self, "周立群", founding=True)
        self.lead.enrol("team_lead")
        self.lead.write("settings", {"name": "祥和社区"})

    def person(self, name: str, role: str, group: str = "", building: str = "") -> Pen:
        """Somebody who enrolled and whom the team lead gave a group, and a building (`estate/building`)."""
        pen = Pen(self, name)
        pen.enrol(role)
        if group:
            self.lead.role(pen, role, group)
        if building:
            self.lead.adopt(building, pen)
        if group or building:
            pen.see()
        return pen

    def forward(self, days: int = 1) -> None:
        self.today += timedelta(days=days)

    def ledger(self, pens: Iterable[Pen] | None = None) -> Ledger:
        ledger = Ledger(LANDMARKS)
        for pen in self.pens if pens is None else pens:
            ledger.take_in(pen.head, pen.records)
        return ledger

    def fold(self, *pens: Pen) -> Community:
        """What all journals, or those of some, add up to."""
        return Community(self.ledger(pens or None).entries(), founder=self.lead.person)

    def case(self, issue: Ref) -> Case:
        found = self.fold().case_of(issue)
        assert found is not None
        return found

    def reason(self, ref: Ref) -> str:
        """Why a record has no effect; empty where it has one."""
        return reason(self.fold(), ref)

    def files(self) -> dict[str, bytes]:
        return {f"zb-{pen.number}.json": pen.file() for pen in self.pens if pen.records}

    def bring(self, issue: Ref, status: str, owner: Pen) -> None:
        """Move a new case of one report along to a status, on its usual way."""
        lead = self.lead
        if status == "claimed":
            owner.move("claim", issue)
        elif status != "new":
            lead.assign(issue, owner)
        if status == "working":
            owner.move("start", issue)
        elif status == "transferred":
            lead.move("transfer", issue)
        elif status == "postponed":
            lead.move("postpone", issue)
        elif status == "rejected":
            lead.move("reject", issue)
        elif status == "withdrawn":
            lead.withdraw(issue, issue)
        elif status in ("resolved", "reopened", "confirmed", "unanswered"):
            owner.move("resolve", issue)
        if status == "reopened":
            lead.move("reopen", issue)
        elif status == "confirmed":
            lead.confirm(issue, issue)
        elif status == "unanswered":
            self.knock_twice(HOME)
            lead.move("close_unanswered", issue)
        assert self.case(issue).status == status

    def knock_twice(self, *households: str) -> None:
        """Let 14 days go by with two tries at each household."""
        for days in (2, 2, 10):
            self.forward(days)
            for household in households if days == 2 else ():
                self.lead.visit(household)


def reason(community: Community, ref: Ref) -> str:
    found = [problem for problem in community.problems() if problem.ref == ref]
    return found[0].reason if found else ""


def state(community: Community) -> dict[str, Any]:
    """Everything that a Community shows, to be compared with another's."""
    cases = {case.id: case for case in community.cases()}
    problems: list[Problem] = community.problems()
    adoptions: list[Adoption] = community.authority.adoptions()
    return {
        "cases": cases,
        "case_of": {str(i.ref): community.case_of(i.ref) for case in cases.values() for i in case.issues},
        "answers": {name: (case.answers, case.need, case.outvoted) for name, case in cases.items()},
        "problems": problems,
        "dwellings": community.dwellings,
        "at": {door: [case.id for case in community.cases_at(door)] for door in community.dwellings},
        "people": community.people,
        "adoptions": sorted(adoptions, key=repr),
        "settings": community.settings,
        "apart": community.apart(),
        "reach": {person: community.authority.reach(person) for person in community.people},
    }


def assert_same(one: Community, other: Community) -> None:
    """Compare part by part, so that a failure names the first thing that differs."""
    mine, theirs = state(one), state(other)
    for part, value in mine.items():
        assert value == theirs[part], part
