"""What each move must be given and what it does to a case; source: the field handbook's table of moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from storage.record import Entry

from .authority import ALL
from .categories import CATEGORIES
from .due import ASK_AGAIN_DAYS, URGENCIES, due_date, postpone_limit
from .issues import Answer, Case, Issue, Report, Status
from .places import LEVELS, Place
from .rights import Rights

REJECT_REASONS = ("not_ours", "unlawful", "no_money", "private", "not_found")
WAYS = ("door", "telephone", "page", "inspection", "outvote")
NOTE_LENGTH = 5
WORDING_LENGTH = 2
DONE_LENGTH = 10
TRIES_DAYS = 14
"""A resolved case may be closed unanswered this many days after its resolve."""
TRIES = 2
LARGEST_ATTACHMENT = 20 * 1024 * 1024
"""Bytes; as `storage.media` keeps them."""
_MEDIA = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Attempt:
    """One move at its place in the replay, or one that somebody thinks of making now."""

    case: Case
    body: Mapping[str, Any]
    """What was given."""
    rights: Rights
    author: str
    judged: str
    """With whose right: the author's, or that of the lead who accepts it."""
    on: date
    """Day of the move: the local date of its wall time."""
    judged_on: date
    """Day on which it is judged: its own, or that of the `accept`."""
    index: int
    tried: Callable[[str, date], int]
    """On how many days since a day this household was tried."""
    report_named: Report | None = None
    """The report or support that `of` names, where it is one of this case's and a household stands behind it."""
    past: int = ALL
    ahead: timedelta = timedelta()
    """By how much the clock that wrote the move was ahead of what it is reckoned with."""

    def day(self, name: str) -> date | None:
        """A day of the body, as far from the move's own as it was meant; `None` where it is none."""
        return moved(parse_day(self.body.get(name)), -self.ahead)

    def text(self, name: str) -> str:
        """A field of the body, stripped; empty where it is missing or no text."""
        value = self.body.get(name)
        return value.strip() if isinstance(value, str) else ""


def day_of(entry: Entry) -> date:
    """Day to reckon a record with: the local date of its wall time or, where that is doubtful, what others tell.

    The epoch where there is none.
    """
    return parse_day(entry.day) or parse_day(entry.record.at[:10]) or date(1970, 1, 1)


def ahead_of(entry: Entry) -> timedelta:
    """By how many days a record's own clock was ahead of the day that it is reckoned with; mostly none."""
    written = parse_day(entry.record.at[:10]) if entry.doubtful else None
    return written - day_of(entry) if written else timedelta()


def moved(day: date | None, by: timedelta) -> date | None:
    """A day moved on; `None` where there is none, or where it would leave the calendar."""
    try:
        return day + by if day is not None else None
    except OverflowError:
        return None


def told_day(entry: Entry, name: str) -> date | None:
    """A day that a record's body tells, as far from the record's own day as it was meant; `None` where it is none."""
    return moved(parse_day(entry.record.body.get(name)), -ahead_of(entry))


def fact_day(entry: Entry) -> date:
    """On which day what a record tells of took place: what lies behind the day of the record is not believed."""
    return _not_after(told_day(entry, "on"), day_of(entry))


def _not_after(told: date | None, written: date) -> date:
    """A day that was told; the record's own where there is none, or where it is still to come (midnight forgiven)."""
    return told if told is not None and (told - written).days <= 1 else written


def parse_day(text: object) -> date | None:
    """Read `YYYY-MM-DD`; `None` for anything else."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and _DAY.fullmatch(text) else None
    except ValueError:
        return None


def dry_run(
    move: str,
    case: Case,
    body: Mapping[str, Any],
    rights: Rights,
    person: str,
    on: date,
    tried: Callable[[str, date], int],
) -> tuple[str, str]:
    """Say what a move made now would lack: `incomplete` and the field, `rule`, or nothing (empty); changes nothing."""
    named = next((report for report in case.reports if report.behind and str(report.ref) == body.get("of")), None)
    attempt = Attempt(case, body, rights, person, person, on, on, 0, tried, named)
    field = lacking(move, attempt)
    if field:
        return "incomplete", field
    return ("rule" if rule_broken(move, attempt) else ""), ""


def lacking(move: str, attempt: Attempt) -> str:
    """The first thing that must be given and is missing, or not as it must be, by its name; empty: nothing."""
    return next((name for name, is_given in _GIVEN.get(move, ()) if not is_given(attempt)), "")


def rule_broken(move: str, attempt: Attempt) -> bool:
    """Whether a move is made although its own rule does not hold (yet)."""
    case = attempt.case
    if move == "withdraw":
        named = attempt.report_named
        return named is None or bool(case.followers - {named.follower})
    if move == "confirm":
        return attempt.text("way") == "outvote" and not _outvoted_by(attempt)
    if move == "close_unanswered":
        return not may_close_unanswered(case, attempt.judged_on, attempt.tried)
    return False


def may_close_unanswered(case: Case, on: date, tried: Callable[[str, date], int]) -> bool:
    """办结未答: 14 days since the resolve, two tries on different days at each of `need` followers, no standing no."""
    since = case.resolved_on
    if since is None or (on - since).days < TRIES_DAYS or case.standing_no:
        return False
    return sum(tried(follower, since) >= TRIES for follower in case.followers) >= case.need


def apply(move: str, attempt: Attempt) -> None:
    """Let a move that was found right take effect."""
    _EFFECT[move](attempt)
    if move not in ("support", "confirm", "reword"):
        attempt.case.last_move_on = attempt.on


Check = Callable[[Attempt], bool]


def _text(name: str, least: int = 1) -> tuple[str, Check]:
    return name, lambda attempt: len(attempt.text(name)) >= least


def _owner_may_be_given(attempt: Attempt) -> bool:
    return attempt.rights.may_own(attempt.judged, attempt.text("person"), attempt.past)


def _is_asked_again_soon(attempt: Attempt) -> bool:
    ask_on = attempt.day("ask_on")
    return ask_on is not None and attempt.on <= ask_on <= attempt.on + timedelta(days=ASK_AGAIN_DAYS)


def _is_put_off_within_limit(attempt: Attempt) -> bool:
    until = attempt.day("until")
    limit = timedelta(days=postpone_limit(attempt.case.main.category))
    return until is not None and attempt.on < until <= attempt.on + limit


def _has_known_place(attempt: Attempt) -> bool:
    place = attempt.body.get("place")
    return place is None or (isinstance(place, Mapping) and place.get("level") in LEVELS)


def _way_is_open(attempt: Attempt) -> bool:
    """An inspection is a lead's where no household can be asked; a team lead decides over a no, with a note."""
    way = attempt.text("way")
    if way == "inspection":
        lead = attempt.rights.may_decide([attempt.case], attempt.judged, attempt.past)
        return lead and not attempt.case.followers
    return way in WAYS and (way != "outvote" or attempt.rights.is_team_lead(attempt.judged, attempt.past))


def _yes_is_told(attempt: Attempt) -> bool:
    yes = attempt.body.get("yes")
    return isinstance(yes, bool) and (yes or attempt.text("way") != "outvote")


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ATTACHMENT


_GIVEN: dict[str, tuple[tuple[str, Check], ...]] = {
    "assign": (("person", _owner_may_be_given),),
    "transfer": (_text("unit"), _text("contact"), ("ask_on", _is_asked_again_soon), _text("note")),
    "note": (_text("note", NOTE_LENGTH),),
    "recategorise": (
        ("category", lambda attempt: attempt.text("category") in ("", *CATEGORIES)),
        ("place", _has_known_place),
        ("urgency", lambda attempt: attempt.text("urgency") in ("", *URGENCIES)),
        ("category", lambda a: bool(a.text("category") or a.text("urgency") or a.body.get("place"))),
    ),
    "reword": (_text("words", WORDING_LENGTH),),
    "resolve": (_text("done", DONE_LENGTH),),
    "confirm": (
        ("of", lambda a: a.text("way") in ("inspection", "outvote") or a.report_named is not None),
        ("yes", _yes_is_told),
        ("way", _way_is_open),
        ("on", lambda attempt: parse_day(attempt.body.get("on")) is not None),
        ("note", lambda attempt: attempt.text("way") != "outvote" or bool(attempt.text("note"))),
    ),
    "close_unanswered": (_text("note"),),
    "reopen": (("person", lambda a: not a.text("person") or _owner_may_be_given(a)), _text("note")),
    "postpone": (_text("reason"), ("until", _is_put_off_within_limit)),
    "reject": (
        ("reason", lambda attempt: attempt.text("reason") in REJECT_REASONS),
        _text("words"),
        _text("elsewhere"),
    ),
    "withdraw": (("of", lambda attempt: attempt.report_named is not None),),
    "attachment": (
        ("media", lambda attempt: _MEDIA.fullmatch(attempt.text("media")) is not None),
        _text("type"),
        ("size", lambda attempt: _is_size(attempt.body.get("size"))),
    ),
}
"""By move: what must be given, in the order in which it is asked for, each with whether it is."""


def _claim(attempt: Attempt) -> None:
    attempt.case.status, attempt.case.owner = Status.CLAIMED, attempt.author


def _assign(attempt: Attempt) -> None:
    attempt.case.status, attempt.case.owner = Status.ASSIGNED, attempt.text("person")


def _start(attempt: Attempt) -> None:
    attempt.case.status = Status.WORKING
    attempt.case.owner = attempt.case.owner or attempt.author


def _transfer(attempt: Attempt) -> None:
    case = attempt.case
    case.status, case.unit, case.ask_on = Status.TRANSFERRED, attempt.text("unit"), attempt.day("ask_on")
    case.owner = case.owner or attempt.author


def _named_issue(attempt: Attempt) -> Issue:
    named = attempt.body.get("issue")
    return next((one for one in attempt.case.issues if str(one.ref) == named), attempt.case.main)


def _reword(attempt: Attempt) -> None:
    _named_issue(attempt).wording = attempt.text("words")


def _recategorise(attempt: Attempt) -> None:
    issue = _named_issue(attempt)
    issue.category = attempt.text("category") or issue.category
    issue.urgency = attempt.text("urgency") or issue.urgency
    if attempt.body.get("place"):
        issue.place = Place.from_body(attempt.body["place"])
    issue.due = due_date(issue.on, issue.category, issue.urgency)
    attempt.case.due = min(one.due for one in attempt.case.issues)


def _resolve(attempt: Attempt) -> None:
    case = attempt.case
    case.status, case.owner = Status.RESOLVED, case.owner or attempt.author
    case.resolved_index, case.resolved_by, case.resolved_on = attempt.index, attempt.author, attempt.on
    case.said, case.reopen_proposed = {}, False


def _confirm(attempt: Attempt) -> None:
    case, yes, way = attempt.case, bool(attempt.body["yes"]), attempt.text("way")
    if way == "inspection":
        if yes:
            case.status = Status.CONFIRMED
        return
    if way == "outvote":
        for answer in _outvoted_by(attempt):
            answer.outvoted = True
    elif attempt.report_named is not None:
        follower = attempt.report_named.follower
        on = _not_after(attempt.day("on"), attempt.on)
        own_work = yes and way != "page" and attempt.author == case.resolved_by
        case.said[follower] = Answer(follower, yes, attempt.author, way, on, own_work, attempt.index)
        case.reopen_proposed = case.reopen_proposed or (way == "page" and not yes)
    if sum(answer.yes for answer in case.answers.values()) >= case.need and not case.standing_no:
        case.status = Status.CONFIRMED


def _outvoted_by(attempt: Attempt) -> list[Answer]:
    """The standing noes that an outvote decides over: of the household that it names, else all."""
    named = attempt.report_named.follower if attempt.report_named else ""
    return [a for a in attempt.case.answers.values() if a.stands_against and named in ("", a.follower)]


def _close_unanswered(attempt: Attempt) -> None:
    attempt.case.status = Status.UNANSWERED


def _reopen(attempt: Attempt) -> None:
    case = attempt.case
    case.status, case.owner = Status.REOPENED, attempt.text("person") or case.owner
    case.resolved_index, case.resolved_by, case.resolved_on = -1, "", None
    case.said, case.reopen_proposed = {}, False
    case.postponed_until, case.reason, case.elsewhere = None, "", ""


def _postpone(attempt: Attempt) -> None:
    case = attempt.case
    case.status_before, case.status = case.status, Status.POSTPONED
    case.reason, case.postponed_until = attempt.text("reason"), attempt.day("until")
    case.times_postponed += 1


def _resume(attempt: Attempt) -> None:
    case = attempt.case
    case.status, case.postponed_until, case.reason = case.status_before, None, ""


def _reject(attempt: Attempt) -> None:
    case = attempt.case
    case.status, case.reason, case.elsewhere = Status.REJECTED, attempt.text("words"), attempt.text("elsewhere")


def _withdraw(attempt: Attempt) -> None:
    attempt.case.status = Status.WITHDRAWN


def _nothing(_: Attempt) -> None:
    """A note, or what was attached, only stands in the history."""


_EFFECT: dict[str, Callable[[Attempt], None]] = {
    "claim": _claim,
    "assign": _assign,
    "start": _start,
    "transfer": _transfer,
    "note": _nothing,
    "recategorise": _recategorise,
    "reword": _reword,
    "resolve": _resolve,
    "confirm": _confirm,
    "close_unanswered": _close_unanswered,
    "reopen": _reopen,
    "postpone": _postpone,
    "resume": _resume,
    "reject": _reject,
    "withdraw": _withdraw,
    "attachment": _nothing,
}
