"""Working cases off (办件): the list, one case with its history, and the moves that status and role allow."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from storage.record import Ref
from zhubao_tui.community import moves
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.due import days_overdue, most_urgent_first
from zhubao_tui.community.issues import OPEN, Case, Issue, Report, Status
from zhubao_tui.community.numbers import is_case_number
from zhubao_tui.community.rights import status_allows

from .errors import MoveRefused as MoveRefused
from .errors import NumberTwice as NumberTwice
from .errors import UnknownCase as UnknownCase
from .pinyin import matches
from .reporting import place_named
from .verdicts import insist
from .workspace import Workspace

MOVES = (
    "claim", "assign", "start", "transfer", "resolve", "confirm", "close_unanswered", "reopen", "postpone", "resume",
    "recategorise", "reject", "withdraw", "note", "split", "reword",
)  # fmt: skip
"""In the order in which a menu offers them."""
ASKED: dict[str, tuple[str, ...]] = {
    "claim": ("note",), "assign": ("person", "note"), "start": ("note",),
    "transfer": ("unit", "contact", "ask_on", "note"), "resolve": ("done", "on_spot", "note"),
    "confirm": ("door", "of", "yes", "way", "on", "note"), "close_unanswered": ("note",), "reopen": ("person", "note"),
    "postpone": ("reason", "until", "note"), "resume": ("note",),
    "recategorise": ("issue", "category", "place", "level", "urgency", "note"),
    "reword": ("issue", "words", "note"), "reject": ("reason", "words", "elsewhere", "note"),
    "withdraw": ("door", "of", "on", "note"), "note": ("note",),
    "split": ("issue", "note"),
}  # fmt: skip
"""What a move may be given, by the names that `Casework.given` reads; what it must be given, the rules say."""
SPOKEN = frozenset({"confirm", "withdraw"})
"""Moves that speak for one household: the second of their two records is personal."""
SAID_YES = frozenset({"yes", "true", "1", "y"})
FILTERS = ("open", "waiting", "overdue", "mine")
"""What a list may be narrowed to besides a status."""
TEXT_MAX = 2000
"""Characters of a note, a reason, words for a household."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of cases is narrowed to; empty fields narrow nothing."""

    status: str = ""
    """A status, or `open`, `waiting` (resolved, to be followed up), `overdue`, `mine`."""
    category: str = ""
    """A code or a top code."""
    building: str = ""
    """`estate/building`, or an estate."""
    text: str = ""
    """In words, numbers, places; pinyin initials too."""


class Casework:
    """Read and move cases."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    # -- reading

    def cases(self, narrowed: Filter = Filter()) -> list[Case]:
        """Cases, most urgent first: danger, overdue, stale, small, the rest by due date."""
        today = self._workspace.today()
        found = [case for case in self._workspace.community.cases() if self._meets(case, narrowed, today)]
        return most_urgent_first(found, today)

    def find(self, name: str) -> Case:
        """A case by its number (a merged one's too), its id, or an issue's id; see `find_issue` for what is raised."""
        return self._find(name)[0]

    def find_issue(self, name: str) -> Issue:
        """The issue that bears a number or an id, inside whatever case holds it now.

        Raises:
            UnknownCase: None bears that name.
            NumberTwice: Two laptops gave out the same number.
        """
        return self._find(name)[1]

    def _find(self, name: str) -> tuple[Case, Issue]:
        wanted = unicodedata.normalize("NFKC", name).strip()
        try:
            ref = Ref.parse(wanted)
        except ValueError:
            found = self._workspace.community.numbered(wanted) if is_case_number(wanted) else []
        else:
            case = self._workspace.community.case_of(ref)
            found = [(case, issue) for issue in case.issues if issue.ref == ref] if case else []
        if not found:
            raise UnknownCase(wanted)
        if len({case.id for case, _issue in found}) > 1:
            raise NumberTwice(wanted, [str(issue.ref) for _case, issue in found])
        return found[0]

    def _meets(self, case: Case, narrowed: Filter, today: date) -> bool:
        return (
            (not narrowed.status or self._has_status(case, narrowed.status, today))
            and (not narrowed.category or any(_of_category(issue, narrowed.category) for issue in case.issues))
            and (not narrowed.building or any(_lies_in(issue, narrowed.building) for issue in case.issues))
            and (not narrowed.text or self._holds(case, narrowed.text))
        )

    def _has_status(self, case: Case, status: str, today: date) -> bool:
        if status == "open":
            return case.status in OPEN
        if status == "waiting":
            return case.status == "resolved"
        if status == "overdue":
            return days_overdue(case, today) > 0
        if status == "mine":
            return case.owner == self._workspace.person
        return case.status == status

    def _holds(self, case: Case, text: str) -> bool:
        """Whether one of a case's issues holds every word that was typed; categories and places by initials, too."""
        return any(
            all(_holds(issue, word) for word in unicodedata.normalize("NFKC", text).casefold().split())
            for issue in case.issues
        )

    # -- moving

    def offered(self, case: Case) -> list[str]:
        """Moves that the status of a case and my role allow now, in the order of the menu."""
        return [move for move in MOVES if self._may(move, case)]

    def _may(self, move: str, case: Case) -> bool:
        workspace = self._workspace
        if not workspace.person or workspace.read_only:
            return False
        if move == "split":
            return len(case.issues) > 1 and workspace.community.rights.may_decide([case], workspace.person)
        if not status_allows(move, case) or not workspace.community.rights.may(move, case, workspace.person):
            return False
        if move == "close_unanswered":
            return moves.may_close_unanswered(case, workspace.today(), self._tried)
        if move == "withdraw":
            return len(case.followers) == 1
        return move != "confirm" or bool(case.followers) or workspace.is_lead

    def given(
        self, move: str, case: Case, fields: Mapping[str, str], issue: Issue | None = None
    ) -> tuple[dict[str, object], dict[str, str]]:
        """What was typed for a move, as its records have it: the body of the case part, and what is personal.

        Args:
            move: Code name of the table of moves, `split` included.
            case: The case that it is made on.
            fields: By the names in `ASKED`, as text; empty ones count as not given. `person` is an id or a name, `place`
                as people write it, `of` a report's reference where `door` does not name one, `yes` and `on_spot`
                `yes` or `no`.
            issue: The issue that it is made on, where `fields` names none: else the main one.
        """
        body: dict[str, object] = {name: value.strip() for name, value in fields.items() if value.strip()}
        named = next((one for one in case.issues if str(one.ref) == body.get("issue")), issue or case.main)
        body["issue"] = str(named.ref)
        for name in body.keys() & {"yes", "on_spot"}:
            body[name] = str(body[name]).casefold() in SAID_YES
        if move == "resolve" and case.status is Status.NEW:
            body.setdefault("on_spot", True)
        if "person" in body:
            person = self._workspace.person_named(str(body["person"]))
            body["person"] = person.id if person else body["person"]
        if move == "recategorise" and body.keys() & {"place", "level"}:
            level = str(body.pop("level", named.place.level))
            typed = body.get("place")
            place = place_named(str(typed), level) if typed else named.place._replace(level=level)
            body["place"] = place.to_body()
        if move not in SPOKEN:
            return body, {}
        body.setdefault("on", self._workspace.today().isoformat())
        report = _report_spoken_for(case, str(body.pop("door", "")), str(body.pop("of", "")))
        personal = {"household": report.household} if report and report.household else {}
        if report:
            body["of"] = str(report.ref)
        if body.get("way") != "outvote" and "note" in body:
            personal["note"] = str(body.pop("note"))
        return body, personal

    def check(
        self, move: str, case: Case, body: Mapping[str, object], personal: Mapping[str, str] | None = None
    ) -> None:
        """See whether a move would hold now; writes nothing.

        Args:
            move: Code name of the table of moves, `split` included.
            case: The case that it is made on.
            body: As `given` returns it.
            personal: The same.

        Raises:
            MoveRefused: Status, role or what was given does not allow it; `field` names what is missing or wrong.
        """
        if move not in (*MOVES, "attachment"):
            raise MoveRefused(move, "unknown_move")
        for name, value in (*body.items(), *(personal or {}).items()):
            if isinstance(value, str) and len(value) > TEXT_MAX:
                raise MoveRefused(move, "too_long", name)
        rights, person = self._workspace.community.rights, self._workspace.person
        allowed = rights.may_decide([case], person) if move == "split" else rights.may(move, case, person)
        if not allowed:
            raise MoveRefused(move, "not_allowed")
        if move == "split":
            if len(case.issues) < 2:
                raise MoveRefused(move, "nothing_to_split")
            return
        if not status_allows(move, case, on_the_spot=bool(body.get("on_spot"))):
            raise MoveRefused(move, "wrong_status")
        reason, field = moves.dry_run(move, case, body, rights, person, self._workspace.today(), self._tried)
        if reason:
            raise MoveRefused(move, reason, field)

    def move(self, move: str, issue: Ref | str, personal: Mapping[str, str] | None = None, **given: object) -> Ref:
        """Make a move on the case that holds an issue.

        Args:
            move: Code name of the table of moves, `split` included.
            issue: The issue that it is made on.
            personal: For `confirm` and `withdraw`: household, note.
            given: What the move must be given, by the names in `docs/records.md`.

        Raises:
            UnknownCase: The issue is not known.
            MoveRefused: As `check`; nothing was written.
        """
        case = self._workspace.community.case_of(issue)
        if case is None:
            raise UnknownCase(str(issue))
        body = {"issue": str(issue), **{name: value for name, value in given.items() if value not in ("", None)}}
        return self.make(move, case, body, personal)

    def make(self, move: str, case: Case, body: Mapping[str, object], personal: Mapping[str, str] | None = None) -> Ref:
        """Make a move with what `given` returned.

        Raises:
            MoveRefused: As `check`; nothing was written.
        """
        self.check(move, case, body, personal)
        with self._workspace.writing() as batch:
            ref = batch.add(move, dict(body))
            if move in SPOKEN:
                batch.add("personal", {"of": str(ref), **{n: v for n, v in (personal or {}).items() if v}})
        insist(self._workspace, move, ref)
        return ref

    def accept(self, record: Ref) -> Ref:
        """As a lead, let a listed record take effect after all.

        Raises:
            MoveRefused: I am no lead, the record is not listed, or it can't take effect even so.
        """
        community = self._workspace.community
        if not self._workspace.is_lead:
            raise MoveRefused("accept", "not_allowed")
        if community.problem_of(record) is None:
            raise MoveRefused("accept", "already" if community.entry(record) else "unknown_record")
        if record in community.authority.refused:
            raise MoveRefused("accept", "made_anew")
        ref = self._workspace.write("accept", {"record": str(record)})
        insist(self._workspace, "accept", ref)
        return ref

    def _tried(self, household: str, since: date) -> int:
        community = self._workspace.community
        known = community.household(community.household_behind(household))
        return len({visit.on for visit in known.visits if visit.on > since}) if known else 0


def _of_category(issue: Issue, category: str) -> bool:
    return issue.category == category or issue.category.partition("_")[0] == category


def _holds(issue: Issue, word: str) -> bool:
    names = [issue.number, issue.category_word, *issue.place[1:], *(report.words for report in issue.reports)]
    category = CATEGORIES.get(issue.category)
    if category is not None:
        names += [category.zh, category.en]
    if any(word in name.casefold() for name in names):
        return True
    place = issue.place.building_id or issue.place.estate
    return any(matches(word, name) for name in (category.zh if category else "", place) if name)


def _lies_in(issue: Issue, building: str) -> bool:
    return building in (issue.place.building_id, issue.place.estate)


def numbers(case: Case) -> list[str]:
    """Case numbers that lead here, the main one first."""
    return [case.number, *(issue.number for issue in case.issues if issue is not case.main)]


def _report_spoken_for(case: Case, door: str, of: str) -> Report | None:
    """The report or support that a household's word is about: by its reference, its door, else the only household's."""
    behind = [report for report in case.reports if report.behind]
    if door:
        return next((r for r in behind if r.dwelling == door or r.dwelling.endswith(f"/{door}")), None)
    if of:
        return next((report for report in behind if str(report.ref) == of), None)
    return behind[0] if len({report.follower for report in behind}) == 1 else None
