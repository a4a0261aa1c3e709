"""What the demo's people do about cases: claim, work, hand on, resolve, ask the households, merge twins of the past."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

from zhubao_tui.community.categories import kind_of
from zhubao_tui.community.due import days_overdue, is_dangerous
from zhubao_tui.community.issues import OPEN, Case, Status
from zhubao_tui.workspace.casework import Casework, MoveRefused
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.workspace import Workspace

from .places import WEEKS, Place
from .words import DONE, NOTES, REASONS, REFUSED

LEFT_LYING = 0.06
"""Share of cases that nobody gets round to: these are overdue at last."""
LOOK_AHEAD = timedelta(days=4)
"""Days until the same people sit at their cases again."""
PATIENCE = 0.85
"""How many of the resolved cases are followed up at one sitting."""
LEADS_LOOKED = WEEKS - 3
"""Twins of troubles that began before this week were merged by the leads; the later ones wait at the desk."""


class Office:
    """The case work of all laptops."""

    def __init__(self, dice: random.Random, adopters: dict[str, str], askers: dict[str, str]) -> None:
        """`adopters` tells who adopted a building, by `estate/building`; `askers` which lead follows up a person's cases."""
        self._dice = dice
        self._adopters, self._askers = adopters, askers
        self._share: dict[str, float] = {}
        """By case number: the share of its time after which a case gets resolved."""

    def work(self, workspace: Workspace) -> None:
        """One sitting of whoever is at a laptop's keyboard."""
        casework, today = Casework(workspace), workspace.today()
        for case in sorted(workspace.community.cases(), key=lambda case: case.number):
            try:
                if case.status is Status.RESOLVED:
                    self._follow_up(workspace, casework, case, today)
                elif case.status in OPEN and self._is_mine(workspace, case):
                    self._move_on(workspace, casework, case, today)
            except MoveRefused:
                continue  # what this laptop knows of the case does not allow it yet; the next sitting comes

    def _is_mine(self, workspace: Workspace, case: Case) -> bool:
        adopter = self._adopters.get(case.main.place.building_id, case.main.author)
        return workspace.person == (case.owner or adopter)

    def _move_on(self, workspace: Workspace, casework: Casework, case: Case, today: date) -> None:
        issue, kind = case.main.ref, kind_of(case.main.category)
        danger = is_dangerous(case)
        if case.status in (Status.NEW, Status.REOPENED):
            casework.move("claim", issue)
            if not danger:
                return
        if kind == "R":
            self._put_off(workspace, casework, case, today)
        elif danger or self._target(case) <= today + LOOK_AHEAD:
            casework.move("resolve", issue, done=self._dice.choice(DONE))
        elif kind == "X" and case.status is Status.CLAIMED:
            unit = "自来水公司" if case.main.category.startswith("water") else "专业维修单位"
            ask_on = (today + timedelta(days=10)).isoformat()
            casework.move(
                "transfer", issue, unit=unit, contact="值班室 5550-2000", note="已报修，等排期", ask_on=ask_on
            )
        elif case.status in (Status.CLAIMED, Status.ASSIGNED):
            casework.move("start", issue)
        elif self._dice.random() < 0.2 or (today - (case.last_move_on or today)).days > 5:
            casework.move("note", issue, note=self._dice.choice(NOTES))

    def _put_off(self, workspace: Workspace, casework: Casework, case: Case, today: date) -> None:
        """What needs money or the owners' decision is put off by a lead; elsewhere it is begun and talked about."""
        if workspace.is_lead and self._dice.random() < 0.5:
            until = (today + timedelta(days=150)).isoformat()
            casework.move("postpone", case.main.ref, reason=self._dice.choice(REASONS), until=until)
        elif case.status is Status.CLAIMED:
            casework.move("start", case.main.ref)
        elif (today - (case.last_move_on or today)).days > 20:
            casework.move("note", case.main.ref, note=self._dice.choice(REASONS))

    def _target(self, case: Case) -> date:
        left = self._dice.random() < LEFT_LYING
        share = self._share.setdefault(case.number, 9.0 if left else self._dice.uniform(0.2, 0.85))
        return case.reported_on + (case.due - case.reported_on) * share

    def _follow_up(self, workspace: Workspace, casework: Casework, case: Case, today: date) -> None:
        """Some days later the lead of the owner's group asks the households; what a lead resolved, the team lead."""
        dice = self._dice
        if workspace.person != self._askers.get(case.owner, workspace.community.founder):
            return
        if any(not answer.yes for answer in case.answers.values()):
            casework.move("reopen", case.main.ref, note="住户说没有修好，重新安排")
            return
        if case.resolved_on is None or case.resolved_on >= today or dice.random() > PATIENCE:
            return
        asked = [report for report in case.reports if report.behind and report.follower not in case.answers]
        for report in asked[: case.need]:
            yes, told = dice.random() < 0.95, {"household": report.household}
            way = dice.choice(("telephone", "door"))
            casework.move("confirm", case.main.ref, told, of=str(report.ref), yes=yes, way=way, on=today.isoformat())
            if not yes:
                return

    def merge_old(self, workspace: Workspace, places: Iterable[Place]) -> None:
        """As a lead, merge what was told of one old trouble as several."""
        community, desk = workspace.community, Deduplication(workspace)
        for place in places:
            known = {case.id: case for issue in place.issues if (case := community.case_of(issue)) is not None}
            cases = [case for case in known.values() if case.status in OPEN | {Status.RESOLVED}]
            if place.begun < LEADS_LOOKED and len(cases) > 1 and community.rights.may_decide(cases, workspace.person):
                desk.merge(cases, main=min(cases, key=lambda case: (case.reported_on, case.number)).main)

    def refuse_one(self, workspace: Workspace) -> None:
        """As the team lead, turn down one case that is nobody's business here."""
        cases = [
            case for case in workspace.community.cases()
            if case.status in OPEN and case.main.category == "near_noise" and not days_overdue(case, workspace.today())
        ]  # fmt: skip
        for case in sorted(cases, key=lambda case: case.number)[:1]:
            words, elsewhere = REFUSED
            Casework(workspace).move("reject", case.main.ref, reason="private", words=words, elsewhere=elsewhere)
