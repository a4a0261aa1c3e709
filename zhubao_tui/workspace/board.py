"""Today (今日): what this half-day holds, and the three counts that the work archive rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from storage.drafts import Draft
from zhubao_tui.community.doors import Dwelling, Proposal
from zhubao_tui.community.due import most_urgent_first
from zhubao_tui.community.issues import OPEN, SOLVED, Case, Status
from zhubao_tui.community.moves import day_of
from zhubao_tui.community.outcomes import OUTCOMES
from zhubao_tui.community.replay import Problem
from zhubao_tui.community.rights import in_reach

from .erasing import Erasing
from .proposals import Proposals
from .survey import Building, Survey
from .workspace import Workspace

SOLVING = frozenset({"confirm", "close_unanswered"})


@dataclass(frozen=True, slots=True)
class Counts:
    """走访户数、发现问题、解决问题: one ISO week's work, by the records at hand."""

    visited: int
    """Households reached at least once."""
    found: int
    """Issues reported or joined (new and joined together)."""
    solved: int
    """Cases that became confirmed or were closed unanswered."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that Today shows."""

    drafts: list[Draft]
    callbacks: list[tuple[Dwelling, date]]
    follow_ups: list[Case]
    """Resolved cases whose households are still to be asked."""
    waiting: list[Case]
    """Open cases that wait for me, most urgent first; a lead's hold those without owner, too."""
    refused: list[Problem]
    """My own moves without effect, of the last two weeks, newest first."""
    buildings: list[Building]
    mine: Counts
    team: Counts
    tried_today: int
    """Doors that I tried today."""
    withdrawn: list[str]
    """For a team lead: households that took their consent back and wait to be erased."""
    noes: list[Case]
    """For leads and owners: cases of which some household says on its page that they are not solved, unanswered yet."""
    proposals: list[Proposal]
    """What households within my reach wrote down on their pages, until somebody takes it over."""


class Today:
    """Gather the board."""

    def __init__(self, workspace: Workspace, survey: Survey) -> None:
        self._workspace = workspace
        self._survey = survey

    def board(self) -> Board:
        """The board as of now."""
        today, person = self._workspace.today(), self._workspace.person
        monday = today - timedelta(days=today.weekday())
        return Board(
            self._survey.drafts(),
            self._survey.due(),
            self._resolved(today) if self._workspace.sees_cases else [],
            self._waiting(today) if self._workspace.sees_cases else [],
            self._refused(today),
            self._survey.buildings(),
            self.counts(monday, today, person) if person else Counts(0, 0, 0),
            self.counts(monday, today),
            self._tried_today(today),
            Erasing(self._workspace).awaiting() if self._workspace.role == "team_lead" else [],
            self._noes(today),
            Proposals(self._workspace).waiting(),
        )

    def counts(self, first: date, last: date, person: str = "") -> Counts:
        """Count a span of days, of one person or of everybody."""
        community = self._workspace.community
        visited = sum(
            any(
                first <= visit.on <= last and OUTCOMES[visit.outcome].reached and person in ("", visit.author)
                for visit in household.visits
            )
            for dwelling in community.dwellings.values()
            for household in dwelling.households
        )
        found = solved = 0
        for case in community.cases():
            reports = case.reports
            found += sum(first <= r.on <= last and person in ("", r.author) and r.kind != "import" for r in reports)
            solved += self._solved_in(case, first, last) and person in ("", case.owner)
        return Counts(visited, found, solved)

    def _solved_in(self, case: Case, first: date, last: date) -> bool:
        if case.status not in SOLVED:
            return False
        lines = (line for line in case.history if line.effect and line.kind in SOLVING)
        days = [day_of(entry) for line in lines if (entry := self._workspace.community.entry(line.ref))]
        return bool(days) and first <= days[-1] <= last

    def _resolved(self, today: date) -> list[Case]:
        cases = self._workspace.community.cases()
        return most_urgent_first((c for c in cases if c.status is Status.RESOLVED and self._in_reach(c)), today)

    def _noes(self, today: date) -> list[Case]:
        person, lead = self._workspace.person, self._workspace.is_lead
        cases = (case for case in self._workspace.community.cases() if case.unheard)
        return most_urgent_first((c for c in cases if c.owner == person or (lead and self._in_reach(c))), today)

    def _waiting(self, today: date) -> list[Case]:
        person, lead = self._workspace.person, self._workspace.is_lead
        cases = [
            case
            for case in self._workspace.community.cases()
            if case.status in OPEN and (case.owner == person or (not case.owner and lead and self._in_reach(case)))
        ]
        return most_urgent_first(cases, today)

    def _in_reach(self, case: Case) -> bool:
        reach = self._workspace.community.authority.reach(self._workspace.person)
        return in_reach(case, reach, (self._workspace.person,))

    def _refused(self, today: date) -> list[Problem]:
        community, since = self._workspace.community, today - timedelta(days=14)
        mine = (p for p in reversed(community.problems()) if p.author == self._workspace.person)
        return [p for p in mine if (entry := community.entry(p.ref)) and day_of(entry) >= since]

    def _tried_today(self, today: date) -> int:
        person = self._workspace.person
        return sum(
            any(visit.on == today and visit.author == person for visit in dwelling.household.visits)
            for dwelling in self._workspace.community.dwellings.values()
        )
