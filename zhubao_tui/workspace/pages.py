"""Case pages (办件页): what the Community says of a household's cases, as far as a page may tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import date, timedelta
from typing import Any

from zhubao_tui.border import clean
from zhubao_tui.casepage import Both, CaseView, Discretion, Page, is_token
from zhubao_tui.casepage.words import TEXT
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.doors import Household
from zhubao_tui.community.due import (
    ANSWER_DAYS,
    ASK_AGAIN_DAYS,
    days_overdue,
    is_dangerous,
    most_urgent_first,
    respond_by,
)
from zhubao_tui.community.issues import DONE, OPEN, SOLVED, Case, Issue, Report, Status
from zhubao_tui.community.moves import parse_day

from .cards import has_page, office_phone, own_number
from .workspace import Workspace

CONFIDENTIAL = frozenset({"near_row", "help_doctor", "help_claim", "help_job"})
"""Categories that a page never names: family and neighbours, health, benefits, want of work."""
TAKEN = frozenset({"claim", "assign", "start", "transfer", "resolve"})
WORKED = frozenset({"start", "transfer"})
MOST_CASES = 20
MOST_WORDS = 300
"""Characters of one household's words that a page shows."""


class Pages:
    """Makes pages as of today; made anew for each publication, as it knows the names that may not stand there."""

    def __init__(self, workspace: Workspace) -> None:
        self._community = workspace.community
        self._today = workspace.today()
        self._discretion = Discretion(self._names())
        self.phone = office_phone(workspace)

    def _names(self) -> Iterator[str]:
        for dwelling in self._community.dwellings.values():
            for household in dwelling.households:
                if household.name:
                    yield household.name
        for person in self._community.people.values():
            yield person.name

    def living(self) -> dict[str, Household]:
        """Tokens that open a page, each with its household; one that two households name opens neither's."""
        found: dict[str, Household] = {}
        twice: set[str] = set()
        for dwelling in self._community.dwellings.values():
            for household in dwelling.households:
                for token in household.tokens:
                    twice |= {token} & found.keys()
                    found[token] = household
        current = {id(dwelling.household) for dwelling in self._community.dwellings.values()}
        return {
            token: household
            for token, household in found.items()
            if token not in twice and is_token(token) and id(household) in current and has_page(household)
        }

    def spent(self) -> set[str]:
        """Tokens that opened one: renewed, declined, of who took its agreement back or has moved away."""
        given = {
            token
            for dwelling in self._community.dwellings.values()
            for household in dwelling.households
            for token in (*household.tokens, *household.spent)
            if is_token(token)
        }
        return given - self.living().keys()

    def page(self, household: Household) -> Page:
        """One household's page."""
        allowed = _allowed_words(household)
        views = tuple(self._view(case, household, allowed) for case in self.cases(household))
        return Page(self._today, self.phone, views)

    def cases(self, household: Household) -> list[Case]:
        """The cases that its page shows, in their order."""
        followed = [c for c in self._community.cases_at(household.dwelling) if household.id in c.followers]
        return most_urgent_first(followed, self._today)[:MOST_CASES]

    def _view(self, case: Case, household: Household, allowed: Set[tuple[str, str]]) -> CaseView:
        own = [report for report in case.reports if report.household == household.id]
        answer = case.answers.get(household.id) if case.status in DONE else None
        said = "" if answer is None else "outvoted" if answer.outvoted else "yes" if answer.yes else "no"
        waiting = case.status is Status.NEW
        first_by = respond_by(case)
        unclaimed_late = waiting and self._today > first_by
        return CaseView(
            own_number(case, household.id), case.status.value, self._kind(case, own), self._words(case, own, allowed),
            self._days(case, own), _reached(case), len(case.followers - {household.id}), self._post(case), first_by,
            first_by if unclaimed_late else case.due, unclaimed_late or days_overdue(case, self._today) > 0,
            self._until(case, household), self._told(case.unit),
            self._told(case.reason), self._told(case.elsewhere), is_dangerous(case), said,
            case.status in (Status.RESOLVED, Status.UNANSWERED),
        )  # fmt: skip

    def _until(self, case: Case, household: Household) -> date | None:
        if case.status is Status.POSTPONED:
            return case.postponed_until
        if case.status is not Status.RESOLVED or case.resolved_on is None:
            return case.ask_on
        answer = case.answers.get(household.id)
        by = (
            case.resolved_on + timedelta(days=ASK_AGAIN_DAYS)
            if answer is None
            else answer.on + timedelta(days=ANSWER_DAYS)
        )
        return by if by >= self._today else None

    def _kind(self, case: Case, own: list[Report]) -> Both:
        category = CATEGORIES.get(_own_issue(case, own).category)
        if category is None or _is_confidential(case, own):
            return TEXT["confidential"]
        return Both(category.zh, category.en)

    def _words(self, case: Case, own: list[Report], allowed: Set[tuple[str, str]]) -> str:
        """What a lead let its page say; else its own words, as far as it allowed that and they tell nothing they may not."""
        if _is_confidential(case, own):
            return ""
        issue = _own_issue(case, own)
        if issue.wording and self._discretion.allows(issue.wording):
            return clean(issue.wording)[:MOST_WORDS]
        said = dict.fromkeys(
            report.words
            for report in own
            if report.words and (str(report.ref), report.words) in allowed and self._discretion.allows(report.words)
        )
        words = clean("\n".join(said), lines=True)
        return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"

    def _told(self, words: str) -> str:
        """What a cadre wrote for households, unless it names somebody or gives a number."""
        return clean(words) if self._discretion.allows(words) else ""

    def _days(self, case: Case, own: list[Report]) -> tuple[date | None, ...]:
        told = [(line.kind, parse_day(line.at[:10])) for line in case.history if line.effect]
        taken = next((on for kind, on in told if kind in TAKEN), None)
        worked = next((on for kind, on in told if kind in WORKED), None)
        first = min(report.on for report in own)
        # a household that joined later never sees a step before its own word
        return first, max(first, taken) if taken else None, max(first, worked) if worked else None, case.resolved_on

    def _post(self, case: Case) -> str | None:
        if not case.owner:
            return None if case.status in OPEN else ""
        standing = self._community.authority.standing(case.owner)
        return self._told(standing.group) if standing else ""


def _is_confidential(case: Case, own: list[Report]) -> bool:
    """By the household's own issue and by the main one, whose category leads may have set right."""
    return bool({_own_issue(case, own).category, case.main.category} & CONFIDENTIAL)


def _own_issue(case: Case, own: list[Report]) -> Issue:
    return next(issue for issue in case.issues if issue.ref == own[0].issue)


def _reached(case: Case) -> int:
    """The last step that is lit: what is only said to be done is not done yet."""
    if case.status in SOLVED:
        return 3
    kinds = {line.kind for line in case.history if line.effect}
    if case.status in (Status.WORKING, Status.TRANSFERRED, Status.REOPENED, Status.RESOLVED) or kinds & WORKED:
        return 2
    return 1 if kinds & TAKEN else 0


def _allowed_words(household: Household) -> set[tuple[str, str]]:
    """Reports with the words that the household allowed on its page (`show_words`), as it was asked last."""
    allowed: set[tuple[str, str]] = set()
    for response in household.responses:
        for copy in _copies(response.answers):
            told = {(ref, _text(copy, "words").strip()) for ref in response.reports}
            allowed = allowed | told if _text(copy, "show_words") == "yes" else allowed - told
    return allowed


def _copies(answers: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a questionnaire keeps of each trouble that was told in it."""
    worries = answers.get("worries")
    copies = worries.get("issue") if isinstance(worries, Mapping) else None
    for copy in copies if isinstance(copies, list) else ():
        if isinstance(copy, Mapping):
            yield copy


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
