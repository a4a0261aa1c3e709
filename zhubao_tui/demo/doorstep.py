"""A half-day at the demo's doors: call-backs that are due, then house by house; what people answer and tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from storage.record import Ref
from zhubao_tui.casepage import new_token
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.issues import OPEN, Status
from zhubao_tui.community.places import Address
from zhubao_tui.workspace.interviewing import LONG_FORM, Interviewing
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.session import NOTICE
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

from .answers import invented_answers, invented_care
from .office import LEADS_LOOKED
from .places import Place

OUTCOMES = ("interviewed", "not_home", "refused", "vacant", "rented", "unable", "moved", "shop")
FIRST_TRY = (64, 23, 3, 4, 1, 2, 1, 2)
CALL_BACK = (80, 16, 1, 0, 0, 3, 0, 0)
CALL_BACKS = 10
FOR_TROUBLES = 9
"""Doors of a half-day that are chosen because people there have something to tell."""
JOINED, JOINED_LATELY = 0.55, 0.35
"""How often a cadre notices that a trouble is known and lets the household join it."""
OWN_WORDS_KEPT = 0.2
"""How often a household does not want its own words on its page."""
Forward = Callable[[timedelta], None]


class Doorstep:
    """The visits of all laptops."""

    def __init__(self, dice: random.Random, near: dict[str, list[Place]], version: str, forward: Forward) -> None:
        """`near` gives the troubles of each door; `version` is the questionnaire's, `forward` moves the clock."""
        self._dice, self._near, self._version, self._forward = dice, near, version, forward

    def half_day(self, workspace: Workspace, queue: list[Dwelling], week: int, doors: int) -> None:
        """Visit some doors: those due again, those with something to tell, then the next ones in the queue."""
        survey = Survey(workspace)
        here = {person.id for person in workspace.people() if workspace.store.device in person.laptops}
        due = [door for door, _day in survey.due() if door.household.visits[-1].author in here]
        again = due[: min(CALL_BACKS, doors)]
        fresh = max(0, doors - len(again))
        telling = [door for door in queue[:-20] if any(place.waits(week) for place in self._near[door.id])]
        first = telling[: min(FOR_TROUBLES, fresh)]
        chosen = first + [door for door in queue if door not in first][: fresh - len(first)]
        for door in chosen:
            queue.remove(door)
        for door, weights in [*((door, CALL_BACK) for door in again), *((door, FIRST_TRY) for door in chosen)]:
            self._forward(timedelta(minutes=self._dice.randint(3, 14)))
            outcome = self._dice.choices(OUTCOMES, weights)[0]
            if outcome == "interviewed":
                self._interview(workspace, workspace.community.dwellings[door.id], survey, week)
            else:
                survey.record_visit(workspace.community.dwellings[door.id], outcome)

    def _interview(self, workspace: Workspace, door: Dwelling, survey: Survey, week: int) -> None:
        """As the interview itself writes: reports at once, the rest in one flush at the end."""
        dice, household = self._dice, door.household.id
        consent = dice.choices(("all", "record"), (85, 15))[0]
        waiting = [place for place in self._near[door.id] if place.waits(week)]
        reports = [self._tell(workspace, door, place) for place in waiting[: dice.choices((1, 2, 3), (70, 25, 5))[0]]]
        answers = invented_answers(
            dice, consent, [self._copy(workspace, door, ref) for ref in reports], door.household.phone
        )
        care = invented_care(dice, answers["home"])
        with workspace.writing() as batch:
            visit = batch.add("visit", survey.visit_body(door, "interviewed"))
            batch.add("consent", {"household": household, "choice": consent, "notice": NOTICE, "visit": str(visit)})
            body = {"household": household, "visit": str(visit), "form": LONG_FORM, "version": self._version, "answers": answers,
                    "specials": {}, "remarks": {}, "reports": [str(ref) for ref in reports]}  # fmt: skip
            batch.add("response", body)
            batch.add("care", {"household": household, "visit": str(visit), "answers": care})
            if consent == "all":
                batch.add("token", {"household": household, "token": new_token()})

    def _tell(self, workspace: Workspace, door: Dwelling, place: Place) -> Ref:
        """A household tells of a trouble; the cadre may see that it is known, and lets the household join."""
        reporting, community = Reporting(workspace), workspace.community
        words = place.next_words(door.address)
        known = [case for issue in place.issues if (case := community.case_of(issue)) is not None]
        open_now = [case for case in known if case.status in OPEN | {Status.RESOLVED}]
        if open_now and self._dice.random() < (JOINED if place.begun < LEADS_LOOKED else JOINED_LATELY):
            return reporting.support(open_now[0].main.ref, door.household.id, words, agreed=True)
        trouble = place.trouble
        ref = reporting.report(
            NewReport(words, trouble.category, trouble.level, trouble.urgency, door.id, door.household.id),
            agreed=True,
        )
        place.issues.append(ref)
        return ref

    def _copy(self, workspace: Workspace, door: Dwelling, ref: Ref) -> dict[str, str]:
        """The questionnaire's copy of a trouble; most households let their words stand on their page."""
        reports = (report for case in workspace.community.cases_at(door.id) for report in case.reports)
        words = next(report.words for report in reports if report.ref == ref)
        return {"words": words, "show_words": "no" if self._dice.random() < OWN_WORDS_KEPT else "yes"}

    def put_down(self, workspace: Workspace, queue: list[Dwelling]) -> None:
        """Begin an interview and be called away: it waits on this laptop."""
        door = next(door for door in queue if not door.household.visits)
        queue.remove(door)
        session = Interviewing(workspace).begin(workspace.community.dwellings[door.id])
        for answer in ("all", "head"):
            session.answer(answer)
            session.go_on()
        session.put_down()


def walk(address: Address, floor: int) -> tuple[str, str, str, int, str]:
    """Sort key of the way through a house: stairwell by stairwell, from the top down."""
    return address.estate, address.building, address.unit, -floor, address.door
