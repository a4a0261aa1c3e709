"""Retention (保存期限): households of whom nothing was heard for longer than the community keeps records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhubao_tui.community.doors import Household
from zhubao_tui.community.issues import OPEN, Case, Status
from zhubao_tui.community.moves import parse_day

from .erasing import is_something_left
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Outdated:
    """A household that is kept longer than it should be."""

    household: str
    last: date
    """Day of the last visit, answer, or move on one of its cases."""


def months_kept(workspace: Workspace) -> int:
    """For how many months a community keeps personal records; 0: nobody has set a limit."""
    value = workspace.community.settings.get("retention_months")
    digits = value if isinstance(value, str) else ""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else 0


def outdated(workspace: Workspace) -> list[Outdated]:
    """Households whose last activity lies further back than records are kept, and whose cases have all ended."""
    months = months_kept(workspace)
    if not months:
        return []
    limit = months_before(workspace.today(), months)
    found = []
    for dwelling in workspace.community.dwellings.values():
        cases = workspace.community.cases_at(dwelling.id)
        for household in dwelling.households:
            own = [case for case in cases if household.id in case.followers]
            last = _last_day(household, own)
            if last is None or last >= limit or any(map(_is_going_on, own)):
                continue
            if is_something_left(workspace, household.id):
                found.append(Outdated(household.id, last))
    return sorted(found, key=lambda one: (one.last, one.household))


def _is_going_on(case: Case) -> bool:
    return case.status in OPEN or case.status in (Status.POSTPONED, Status.RESOLVED)


def _last_day(household: Household, cases: Iterable[Case]) -> date | None:
    """`None` where nothing ever happened: then nothing tells how old the roster's entry is."""
    days = [visit.on for visit in household.visits] + [response.on for response in household.responses]
    days += [proposal.on for proposal in household.proposals]
    for case in cases:
        days += [case.reported_on, *([case.last_move_on] if case.last_move_on else [])]
        days += [day for line in case.history if line.effect and (day := parse_day(line.at[:10]))]
    return max(days, default=None)


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last one of that month."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    if year < 1:
        return date.min
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
