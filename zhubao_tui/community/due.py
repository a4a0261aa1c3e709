"""Due, overdue and stale: how long a trouble may take, by class and urgency.

Source: the field handbook's table of classes S, O, X, R. Days are calendar days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .categories import is_small, kind_of
from .issues import OPEN, Case, Status

URGENCIES = ("danger", "soon", "normal")
RESPONSE_DAYS = {"S": 1, "O": 2, "X": 2, "R": 7}
SOLVE_DAYS = {"S": 3, "O": 15, "X": 45, "R": 365}
STALE_DAYS = {"S": 3, "O": 7, "X": 14, "R": 60}
POSTPONE_DAYS = 90
POSTPONE_DAYS_RENOVATION = 365
ANSWER_DAYS = 3
"""Within which a household that says no on its page hears from a lead."""
ASK_AGAIN_DAYS = 14
"""A transferred case is asked about again within this many days; a resolved one followed up."""


def due_date(reported: date, category: str, urgency: str) -> date:
    """Day by which a trouble reported on a day should be solved; of `danger` the next day whatever the class."""
    days = SOLVE_DAYS[kind_of(category)]
    if urgency == "danger":
        days = 1
    elif urgency == "soon":
        days = -(-days // 2)
    return reported + timedelta(days=days)


def respond_by(case: Case) -> date:
    """Day by which somebody should have taken a case up, as its main issue stands now; of danger the day itself."""
    days = 0 if is_dangerous(case) else RESPONSE_DAYS[kind_of(case.main.category)]
    return case.reported_on + timedelta(days=days)


def postpone_limit(category: str) -> int:
    """For how many days a case may be put off at most."""
    return POSTPONE_DAYS_RENOVATION if kind_of(category) == "R" else POSTPONE_DAYS


def days_overdue(case: Case, today: date) -> int:
    """Days past what was promised: of an open case its due date, of a postponed one its day.

    Of a resolved one 14 days after the resolve or the last answer to a follow-up.

    Returns:
        0 where nothing is overdue.
    """
    if case.status in OPEN:
        limit: date | None = case.due
    elif case.status is Status.POSTPONED:
        limit = case.postponed_until
    elif case.status is Status.RESOLVED and case.resolved_on is not None:
        asked = max([case.resolved_on, *(answer.on for answer in case.answers.values())])
        limit = asked + timedelta(days=ASK_AGAIN_DAYS)
    else:
        limit = None
    return max(0, (today - limit).days) if limit else 0


def answer_by(case: Case) -> date | None:
    """Day by which a lead should have answered the households that say no on their page; `None`: none does."""
    waiting = case.unheard
    return min(answer.on for answer in waiting) + timedelta(days=ANSWER_DAYS) if waiting else None


def is_stale(case: Case, today: date) -> bool:
    """Open and without a move or note for the days of its class."""
    last = case.last_move_on or case.reported_on
    return case.status in OPEN and (today - last).days > STALE_DAYS[kind_of(case.main.category)]


def is_dangerous(case: Case) -> bool:
    """Whether a case is open and somebody is in danger by it."""
    return case.status in OPEN and any(issue.urgency == "danger" for issue in case.issues)


@dataclass(frozen=True, slots=True, order=True)
class Urgency:
    """Sort key of lists: danger, then a no from a page, overdue (most days first), stale, small, the rest by due date."""

    rank: int
    overdue: int
    due: date


def most_urgent_first(cases: Iterable[Case], today: date) -> list[Case]:
    """Cases in the order of every list: danger, overdue, stale, small, the rest by due date; then oldest first."""
    return sorted(cases, key=lambda case: (urgency_of(case, today), case.main.order))


def urgency_of(case: Case, today: date) -> Urgency:
    """Where a case stands in a list."""
    late = days_overdue(case, today)
    if is_dangerous(case):
        rank = 0
    elif case.unheard:
        rank = 1
    elif late:
        rank = 2
    elif is_stale(case, today):
        rank = 3
    elif case.status in OPEN and is_small(case.main.category):
        rank = 4
    else:
        rank = 5 if case.status in OPEN or case.status in (Status.POSTPONED, Status.RESOLVED) else 6
    return Urgency(rank, -late, case.due)
