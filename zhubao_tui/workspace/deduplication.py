"""Twins (疑似重复): suggestions while a report is typed, groups at the lead's desk, and what is decided there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from storage.record import Ref
from zhubao_tui.community.issues import OPEN, Case, Issue, Status
from zhubao_tui.community.places import LEVELS
from zhubao_tui.duplicates import LISTED, Group, Match, Report, Trait, TwinIndex, compare, groups

from .casework import TEXT_MAX
from .errors import MoveRefused
from .reporting import NewReport, place_of
from .verdicts import insist, undo
from .workspace import Progress, Workspace

SUGGESTED = 5
_AT_THE_DESK = OPEN | {Status.POSTPONED, Status.RESOLVED}


@dataclass(frozen=True, slots=True)
class Twin:
    """A case that a report being typed is likely to tell of."""

    case: Case
    match: Match


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """Cases that are likely one, for the lead to decide."""

    cases: tuple[Case, ...]
    """Most households first."""
    score: float
    matches: tuple[Match, ...]
    """Each further case against the first."""

    @property
    def agree(self) -> tuple[Trait, ...]:
        """In what all of them agree; of the days apart the most."""
        first, *rest = (match.agree for match in self.matches)
        shared = [trait for trait in first if trait.kind != "days" and all(trait in traits for traits in rest)]
        days = [int(trait.value) for traits in (first, *rest) for trait in traits if trait.kind == "days"]
        return (*shared, *([Trait("days", str(max(days)))] if len(days) == len(self.matches) else []))

    @property
    def differ(self) -> tuple[Trait, ...]:
        """What some of them have differently from the first; of the days apart the most."""
        unlike = [trait for match in self.matches for trait in match.differ]
        days = [int(trait.value) for trait in unlike if trait.kind == "days"]
        named = dict.fromkeys(trait for trait in unlike if trait.kind != "days")
        return (*named, *([Trait("days", str(max(days)))] if days else []))

    @property
    def households(self) -> int:
        """How many households stand behind them all."""
        return len(frozenset(follower for case in self.cases for follower in case.followers))

    @property
    def key(self) -> frozenset[str]:
        """Names this group while it stays as it is."""
        return frozenset(case.id for case in self.cases)


@dataclass(frozen=True, slots=True)
class AtTheDesk:
    """Cases that are not ended, and which pairs of them a lead has told apart."""

    cases: dict[str, Case]
    apart: set[frozenset[str]]


class Deduplication:
    """Suggest twins and write down what leads decide; suggest, never decide."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._index = TwinIndex()
        self._cases: dict[int, Case] = {}
        """By identity, and kept: a case that the fold made anew is another object."""
        self._indexed: dict[str, tuple[Report, Ref]] = {}
        """By report: what the index holds of it, and its issue."""
        self._version = -1

    # -- while a report is typed

    def suggest(self, new: NewReport, limit: int = SUGGESTED) -> list[Twin]:
        """Cases that the report being typed may tell of, best first, each once."""
        self._refresh()
        place = place_of(new)
        today = self._workspace.today()
        typed = Report("", new.words, new.category, place.estate, place.building, place.unit, today, exact=True)
        twins: dict[str, Twin] = {}
        for match in self._index.suggest(typed, limit * 3):
            if match.score < LISTED:
                break
            case = self._workspace.community.case_of(self._indexed[match.id][1])
            if case is not None and case.status is not Status.WITHDRAWN and case.id not in twins:
                twins[case.id] = Twin(case, match)
        return list(twins.values())[:limit]

    def _refresh(self) -> None:
        """Bring the index up to the Community's version; only cases that were folded anew since are looked at."""
        if self._version == self._workspace.version:
            return
        self._version = self._workspace.version
        now = {id(case): case for case in self._workspace.community.cases()}
        gone = [case for key, case in self._cases.items() if key not in now]
        come = [case for key, case in now.items() if key not in self._cases]
        self._cases = now
        entries = {entry.id: (entry, issue) for case in come for entry, issue in _reports_of(case)}
        for name in {entry.id for case in gone for entry, _issue in _reports_of(case)} - entries.keys():
            self._index.discard(name)
            self._indexed.pop(name, None)
        for name, (entry, issue) in entries.items():
            known = self._indexed.get(name)
            if known is None or known[0] != entry:
                self._index.add(entry)
            self._indexed[name] = (entry, issue.ref)

    # -- at the desk

    def groups(self, progress: Progress | None = None) -> list[TwinGroup]:
        """Groups of likely twins among cases that are not ended, most households first."""
        return grouped(self.at_the_desk(), progress)

    def at_the_desk(self) -> AtTheDesk:
        """All that grouping needs of the Community as it is now: another thread can go on with it."""
        cases = {case.id: case for case in self._workspace.community.cases() if case.status in _AT_THE_DESK}
        return AtTheDesk(cases, self._apart(cases))

    def _apart(self, cases: dict[str, Case]) -> set[frozenset[str]]:
        """Pairs of cases that hold a pair of issues which a lead told apart."""
        pairs: set[frozenset[str]] = set()
        for pair in self._workspace.community.apart():
            holders = {case.id for issue in pair if (case := self._workspace.community.case_of(issue))}
            if len(holders) > 1 and holders <= cases.keys():
                pairs.add(frozenset(holders))
        return pairs

    def merge(self, cases: Sequence[Case], main: Issue | None = None, note: str = "") -> Ref:
        """Join whole cases into one.

        Raises:
            MoveRefused: My role does not reach them, or there are fewer than two.
        """
        self._check("merge", cases, note)
        issues = [str(case.main.ref) for case in cases]
        members = [str(issue.ref) for case in cases for issue in case.issues]
        body: dict[str, object] = {"issues": issues, "members": members}
        if main is not None:
            body["main"] = str(main.ref)
        if note.strip():
            body["note"] = note.strip()
        ref = self._workspace.write("merge", body)
        insist(self._workspace, "merge", ref)
        return ref

    def tell_apart(self, cases: Sequence[Case], note: str = "") -> list[Ref]:
        """Say of every two of these cases that they only look alike: they are not suggested again."""
        self._check("distinct", cases, note)
        refs: list[Ref] = []
        with self._workspace.writing() as batch:
            for place, one in enumerate(cases):
                for other in cases[place + 1 :]:
                    body: dict[str, object] = {"issues": [str(one.main.ref), str(other.main.ref)]}
                    refs.append(batch.add("distinct", body | ({"note": note.strip()} if note.strip() else {})))
        for ref in refs:
            insist(self._workspace, "distinct", ref)
        return refs

    def undo(self, records: Sequence[Ref]) -> None:
        """Make one's own decisions, reports or supports unmade; see `verdicts.undo` for what is raised."""
        undo(self._workspace, records)

    def _check(self, move: str, cases: Sequence[Case], note: str) -> None:
        if len({case.id for case in cases}) < max(2, len(cases)):
            raise MoveRefused(move, "incomplete")
        if len(note) > TEXT_MAX:
            raise MoveRefused(move, "too_long")
        if not self._workspace.community.rights.may_decide(cases, self._workspace.person):
            raise MoveRefused(move, "not_allowed")


def _reports_of(case: Case) -> Iterator[tuple[Report, Issue]]:
    """What a case's reports say, each with its issue; erased words say nothing."""
    for issue in case.issues:
        for report in issue.reports:
            if report.words:
                yield _as_report(str(report.ref), report.words, issue, report.on), issue


def _as_report(name: str, words: str, issue: Issue, on: date) -> Report:
    category = issue.category_word or issue.category
    place = issue.place
    exact = place.level in LEVELS
    return Report(name, words, category, place.estate, place.building, place.unit, on, exact)


def grouped(desk: AtTheDesk, progress: Progress | None = None) -> list[TwinGroup]:
    """Groups of likely twins, most households first; touches nothing but what it is given."""
    reports = [
        _as_report(case.id, case.words, case.main, case.reported_on)
        for case in sorted(desk.cases.values(), key=lambda case: case.main.order)
        if case.words
    ]
    made = [_group(group, desk.cases) for group in groups(reports, desk.apart, progress)]
    return sorted(made, key=lambda group: (-group.households, -len(group.cases), -group.score, min(group.key)))


def _group(group: Group, cases: dict[str, Case]) -> TwinGroup:
    members = sorted((cases[name] for name in group.ids), key=lambda c: (-len(c.followers), c.main.order))
    first, *others = (_as_report(case.id, case.words, case.main, case.reported_on) for case in members)
    return TwinGroup(tuple(members), group.score, tuple(compare(first, other) for other in others))
