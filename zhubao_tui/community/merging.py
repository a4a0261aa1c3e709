"""Merge (合并) and split (拆分): what becomes of status, owner and due date; source: the field handbook, "Merge"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from storage.record import Ref

from .issues import DONE, ENDED, FURTHEST, OPEN, Case, Issue, Status

SPLIT_GRACE_DAYS = 3
"""A split never leaves less time than this."""


def merged(parts: list[Case], main: Ref | None, index: int) -> Case:
    """Join whole cases into one.

    Args:
        parts: The cases, two or more.
        main: The issue that this merge names as the main one, if any.
        index: Place of the merge in the replay.
    """
    parts = sorted(parts, key=_oldest)
    issues = sorted((issue for part in parts for issue in part.issues), key=lambda issue: issue.order)
    named = [part.main_named for part in parts if part.main_named]
    if main is not None and any(issue.ref == main for issue in issues):
        named.append((index, main))
    main_named = max(named, default=None)
    chosen = next((issue for issue in issues if main_named and issue.ref == main_named[1]), issues[0])
    lead = _leading(parts, chosen)
    status = _status(parts, lead)
    case = Case(issues, status, lead.owner, min(p.due for p in parts), min(p.first_due for p in parts), chosen)
    case.main_named = main_named
    _carry(case, parts, lead)
    return case


def _oldest(case: Case) -> tuple[int, str, int, str]:
    return case.issues[0].order


def _leading(parts: list[Case], main: Issue) -> Case:
    """The part whose state the merged case takes over: the latest resolved one, else the one furthest along."""
    done = [part for part in parts if part.status in DONE]
    if done:
        return max(done, key=lambda part: part.resolved_index)
    live = [part for part in parts if part.status is not Status.WITHDRAWN] or parts
    furthest = max((_far(part) for part in live), default=-1)
    equal = [part for part in live if _far(part) == furthest]
    return next((part for part in equal if main in part.issues), equal[0])


def _far(part: Case) -> int:
    return FURTHEST.index(part.status) if part.status in FURTHEST else -1


def _status(parts: list[Case], lead: Case) -> Status:
    statuses = {part.status for part in parts}
    if not statuses & DONE:
        return lead.status
    waiting = [part for part in parts if part.status in OPEN or part.status is Status.POSTPONED]
    if waiting:
        latest = lead.resolved_index
        open_parts = [part for part in waiting if part.status in OPEN]
        later = any(report_index(part) > latest for part in open_parts)
        return Status.REOPENED if later else Status.RESOLVED
    for status in (Status.RESOLVED, Status.UNANSWERED):
        if status in statuses:
            return status
    return Status.CONFIRMED


def report_index(part: Case) -> int:
    """Place in the replay of a case's latest first report: a trouble told of again after a resolve is not solved."""
    return max(issue.index for issue in part.issues)


def _carry(case: Case, parts: list[Case], lead: Case) -> None:
    for name in (
        "resolved_index", "resolved_by", "resolved_on", "status_before", "postponed_until",
        "reason", "elsewhere", "unit", "ask_on",
    ):  # fmt: skip
        setattr(case, name, getattr(lead, name))
    if case.status is Status.REOPENED and lead.status in DONE:
        case.resolved_index, case.resolved_by, case.resolved_on = -1, "", None
    elif case.status in DONE:
        said = [pair for part in parts if part.status in DONE for pair in part.said.items()]
        case.said = dict(sorted(said, key=lambda pair: pair[1].index))
    case.times_postponed = max(part.times_postponed for part in parts)
    case.reopen_proposed = case.status in ENDED and any(part.reopen_proposed for part in parts)
    case.last_move_on = max((part.last_move_on for part in parts if part.last_move_on), default=None)
    case.history = sorted((line for part in parts for line in part.history), key=lambda line: line.index)


def split_off(case: Case, issue: Issue, on: date) -> tuple[Case, Case]:
    """Take one issue out of a case of two or more; returns what stays and what leaves.

    Source: the field handbook, "Split": the issue takes its reports, its day and the shared history along; from an
    ended case it stays ended only if its own follower said yes, else it is reopened.
    """
    rest = [one for one in case.issues if one is not issue]
    stays, leaves = _copy(case, rest), _copy(case, [issue])
    leaves.due = max(issue.due, on + timedelta(days=SPLIT_GRACE_DAYS))
    leaves.first_due = issue.first_due
    if case.status in ENDED:
        own = list(leaves.said.values())
        if not own or not all(answer.yes for answer in own):
            leaves.status = Status.REOPENED
            leaves.resolved_index, leaves.resolved_by, leaves.resolved_on, leaves.said = -1, "", None, {}
            leaves.reason, leaves.elsewhere, leaves.reopen_proposed = "", "", False
    return stays, leaves


def _copy(case: Case, issues: list[Issue]) -> Case:
    main = case.main if case.main in issues else issues[0]
    part = Case(issues, case.status, case.owner, case.due, case.first_due, main)
    part.main_named = case.main_named if case.main_named and case.main_named[1] == main.ref else None
    _carry(part, [case], case)
    part.said = {follower: replace(answer) for follower, answer in case.said.items() if follower in part.followers}
    return part
