"""Issues (问题), cases (办件) and their statuses, as the replay leaves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from storage.record import Ref

from .places import Place


class Status(StrEnum):
    """Where a case stands; source: the field handbook's issue lifecycle."""

    NEW = "new"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    WORKING = "working"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    POSTPONED = "postponed"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    UNANSWERED = "unanswered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    def __reduce_ex__(self, protocol: object) -> tuple[type[Status], tuple[str]]:
        """By its value: Python before 3.11.4 asks for `getattr`, which no cache may run."""
        return Status, (self.value,)


OPEN = frozenset(
    {Status.NEW, Status.CLAIMED, Status.ASSIGNED, Status.WORKING, Status.TRANSFERRED, Status.REOPENED}
)  # fmt: skip
DONE = frozenset({Status.RESOLVED, Status.UNANSWERED, Status.CONFIRMED})
SOLVED = frozenset({Status.CONFIRMED, Status.UNANSWERED})
ENDED = DONE | {Status.REJECTED, Status.WITHDRAWN}
"""Neither open nor put off."""
FURTHEST = (
    Status.REJECTED, Status.POSTPONED, Status.NEW, Status.REOPENED,
    Status.CLAIMED, Status.ASSIGNED, Status.WORKING, Status.TRANSFERRED,
)  # fmt: skip
"""Of a merged case none of whose parts is done: its status is that of the part furthest along here."""


HEARD = "note"
"""The move that answers a household which says no on its page, besides those that end its answer: reopening, outvoting."""


@dataclass(slots=True)
class Report:
    """反映 or 也反映: one household's (or nobody's) account of an issue; case part and, if here, personal part."""

    ref: Ref
    issue: Ref
    kind: str
    """`report`, `import` or `support`."""
    author: str
    on: date
    behind: bool
    """Whether a household stands behind it."""
    household: str = ""
    dwelling: str = ""
    words: str = ""
    remark: str = ""
    source_id: str = ""
    """A register's own id of an imported report."""
    voice: str = ""
    """Of an erased household: the follower without a name that all its case parts count for."""

    @property
    def erased(self) -> bool:
        """Whether an erasure took who said this, and how."""
        return bool(self.voice)

    @property
    def follower(self) -> str:
        """Whose voice this is: the household, else (personal part not here) the report itself."""
        return self.voice or self.household or str(self.ref)


@dataclass(slots=True)
class Issue:
    """问题: one trouble at one place, made by its first report."""

    ref: Ref
    index: int
    """Place of its first report in the replay."""
    order: tuple[int, str, int, str]
    number: str
    """Case number, e.g. `12-0457-9`; empty where the record gave none that is one."""
    category: str
    place: Place
    urgency: str
    on: date
    due: date
    """As reckoned from the day of the report; what a split gives back."""
    first_due: date
    """The same as it was first reckoned, whatever `recategorise` said later."""
    author: str
    category_word: str = ""
    """The register's own word where it is no category of ours."""
    reports: list[Report] = field(default_factory=list)
    wording: str = ""
    """How a lead lets pages call it where a household's own words can't stand there; empty: by its category."""

    @property
    def words(self) -> str:
        """Own words of the first report; empty where they are not here or were erased."""
        return next((report.words for report in self.reports if report.words), "")


@dataclass(slots=True)
class Answer:
    """回访确认: what a follower said about the latest resolve."""

    follower: str
    yes: bool
    author: str
    way: str
    on: date
    own_work: bool
    """Whether a «yes» was recorded by the person who resolved the case: kept and marked."""
    index: int = 0
    """Place in the replay: only what was said after the latest standing resolve counts."""
    outvoted: bool = False
    """A «no» that a team lead decided over, with a note; that household's page says so."""
    words: str = ""
    """Its word why; empty where it is not here, was erased, or is out of use."""

    @property
    def stands_against(self) -> bool:
        """Whether this is a standing no."""
        return not self.yes and not self.outvoted


@dataclass(slots=True)
class Happening:
    """One line of a case's history: a move that took effect, or one that did not with the reason."""

    ref: Ref
    kind: str
    author: str
    at: str
    index: int
    """Place in the replay, to tell what came between two moves."""
    effect: bool = True
    reason: str = ""
    """Code of why it had no effect."""
    provisional: bool = False
    """Part of what its author knew has not arrived; its right may yet be judged anew."""
    accepted_by: str = ""


@dataclass(slots=True)
class Case:
    """办件: one issue, or several merged ones, worked off as one."""

    issues: list[Issue]
    """Oldest first."""
    status: Status
    owner: str
    due: date
    first_due: date
    """The due date that counts for indicators: moved by nothing."""
    main: Issue
    main_named: tuple[int, Ref] | None = None
    """Index of the latest merge that named a main issue, and which."""
    resolved_index: int = -1
    """Place of the latest standing resolve; -1 for none."""
    resolved_by: str = ""
    resolved_on: date | None = None
    status_before: Status = Status.NEW
    """What `resume` goes back to."""
    postponed_until: date | None = None
    times_postponed: int = 0
    reason: str = ""
    """Of a postponed or rejected case, in words for the household."""
    elsewhere: str = ""
    """Of a rejected case: where else to turn."""
    unit: str = ""
    """Of a transferred case: who does the work."""
    ask_on: date | None = None
    """Of a transferred case: when to ask again."""
    said: dict[str, Answer] = field(default_factory=dict)
    """Each follower's latest answer, those of parts that were resolved earlier included; see `answers`."""
    reopen_proposed: bool = False
    last_move_on: date | None = None
    history: list[Happening] = field(default_factory=list)
    distinct: list[tuple[Ref, Ref, str]] = field(default_factory=list)
    """Pairs inside this case that a lead said are not the same, with that lead: only a split separates."""

    @property
    def id(self) -> str:
        """The main issue's reference."""
        return str(self.main.ref)

    @property
    def number(self) -> str:
        """The main issue's number; the others lead here too."""
        return self.main.number

    @property
    def reports(self) -> list[Report]:
        """All reports of all issues, oldest issue first."""
        return [report for issue in self.issues for report in issue.reports]

    @property
    def followers(self) -> frozenset[str]:
        """Everybody who reported or supported any part."""
        return frozenset(report.follower for report in self.reports if report.behind)

    @property
    def answers(self) -> dict[str, Answer]:
        """Each follower's latest answer after the latest standing resolve: those that count."""
        followers = self.followers
        return {
            follower: answer
            for follower, answer in self.said.items()
            if answer.index > self.resolved_index and follower in followers
        }

    @property
    def standing_no(self) -> bool:
        """Whether some follower stands at no."""
        return any(answer.stands_against for answer in self.answers.values())

    @property
    def unheard(self) -> list[Answer]:
        """Standing noes that came through a page and that nobody has answered since: by a note, or by reopening."""
        last = max((line.index for line in self.history if line.effect and line.kind == HEARD), default=-1)
        return [a for a in self.answers.values() if a.stands_against and a.way == "page" and a.index > last]

    @property
    def outvoted(self) -> bool:
        """Whether a team lead decided over a no."""
        return any(answer.outvoted for answer in self.answers.values())

    @property
    def need(self) -> int:
        """How many followers must be asked: a third of them, at least one, at most five."""
        return min(5, max(1, -(-len(self.followers) // 3)))

    @property
    def reported_on(self) -> date:
        """Day of the earliest report."""
        return min(issue.on for issue in self.issues)

    @property
    def words(self) -> str:
        """The main issue's words, else the first that any issue has."""
        return self.main.words or next((issue.words for issue in self.issues if issue.words), "")
