"""Pass 2 of the fold for one component: records of issues that some record links, replayed in their one order.

A component is closed under every reference, so nothing outside it can matter here (visits apart, which are facts), and
what arrives later makes only its own component be replayed. An `undo` that holds starts the replay anew as if the
undone record had never been; the verdicts on earlier undos stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from storage.record import Entry, Ref

from . import moves
from .authority import Authority
from .categories import CATEGORIES, UNKNOWN
from .doors import building_of
from .due import URGENCIES, due_date
from .issues import ENDED, Case, Happening, Issue, Report, Status
from .kinds import DECISIONS, DOORSTEP, MOVES, REPORTS
from .merging import merged, split_off
from .numbers import is_case_number
from .places import Place
from .refs import ref_of, refs_in
from .rights import Rights, status_allows

UNDOABLE = REPORTS | DECISIONS | {"support"}
_FACTS_ABOUT = ("personal", "erasure")
"""They take effect through what they are about, wherever they stand."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A record without effect, and why.

    `reason` is one of `unknown_issue`, `unknown_record`, `unknown_household`, `not_enrolled`, `not_allowed`,
    `wrong_status`, `incomplete`, `rule`, `revoked`, `founder_holds`, `not_undoable`, `not_in_force`, `moved_on`,
    `already`, `made_anew`, `nothing_to_split`, `withdrawn`; of an occupancy that did take effect, `concurrent`.
    """

    ref: Ref
    kind: str
    author: str
    at: str
    reason: str
    issue: Ref | None = None
    provisional: bool = False
    """Part of what its author knew has not arrived; it will be judged anew."""


@dataclass(slots=True)
class Outcome:
    """What a component adds up to."""

    cases: list[Case] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    apart: set[frozenset[Ref]] = field(default_factory=set)
    """Pairs that a lead said are not the same."""


@dataclass(slots=True)
class _Refused(Exception):
    reason: str
    issue: Ref | None = None


@dataclass(slots=True)
class _State:
    """What one pass builds up; dropped when an undo holds."""

    case_of: dict[Ref, Case] = field(default_factory=dict)
    issues: dict[Ref, Issue] = field(default_factory=dict)
    reports: dict[Ref, Report] = field(default_factory=dict)
    effective: dict[Ref, int] = field(default_factory=dict)
    """Index at which a record took effect."""
    refused: dict[Ref, Problem] = field(default_factory=dict)
    apart: dict[frozenset[Ref], Ref] = field(default_factory=dict)


class Replay:
    """One component's records, ready to be replayed."""

    def __init__(
        self,
        entries: Iterable[Entry],
        authority: Authority,
        tried: Callable[[str, date, Entry], int] = lambda _household, _since, _before: 0,
        voices: Mapping[Ref, str] = MappingProxyType({}),
        silent: Callable[[str, Entry], bool] = lambda _household, _personal: False,
    ) -> None:
        """Sort the records.

        Args:
            entries: All records of the component, in any order, each once.
            authority: Pass 1 over the same set of records.
            tried: On how many days after a day a household was tried, as far as visits stand before an entry.
            voices: By case part of an erased household: the follower without a name that it counts for.
            silent: Whether a household took its consent back, so that what a personal part of it says is out of use.
        """
        self._entries = sorted(entries, key=attrgetter("order"))
        self._by_ref = {entry.record.ref: entry for entry in self._entries}
        self._index = {entry.record.ref: index for index, entry in enumerate(self._entries)}
        self._authority = authority
        self._rights = Rights(authority)
        self._tried = tried
        self._voices, self._silent = voices, silent
        self._personal: dict[Ref, Entry] = {}
        """By case part: the personal part that counts."""
        self._unspoken: dict[Ref, str] = {}
        """Personal parts that don't count, each with the code of why."""
        self._undone: set[Ref] = set()
        self._verdicts: dict[Ref, str] = {}
        self._state = _State()
        self._pair_parts()

    def _pair_parts(self) -> None:
        """Give every case part its personal part: facts, so what is accepted counts from the beginning."""
        accepted = {
            target
            for entry in self._entries
            if entry.record.kind == "accept" and not self._fault_of_author(entry)
            and (target := _ref(entry, "record")) in self._by_ref
            and self._may_accept_fact(entry, self._by_ref[target])
        }  # fmt: skip
        for entry in self._entries:
            if entry.record.kind != "personal" or not entry.record.body:  # an erased one has none
                continue
            of = _ref(entry, "of")
            part = self._by_ref.get(of) if of else None
            if part is None or of is None:
                self._unspoken[entry.record.ref] = "unknown_record" if of else "incomplete"
            elif part.person != entry.person:
                self._unspoken[entry.record.ref] = "not_allowed"
            elif of in self._personal or of in self._voices:
                self._unspoken[entry.record.ref] = "already"
            elif not self._authority.knows_anywhere(entry) and entry.record.ref not in accepted:
                self._unspoken[entry.record.ref] = "not_enrolled"
            elif (
                self._authority.voids(entry) and not self._authority.voids(part) and entry.record.ref not in accepted
            ):  # where the case part is void, too, both are accepted by accepting that
                self._unspoken[entry.record.ref] = "revoked"
            else:
                self._personal[of] = entry

    def _may_accept_fact(self, accept: Entry, target: Entry) -> bool:
        return self._rights.may_accept(None, building_of(target), accept.person, accept.past)

    def run(self) -> Outcome:
        """Replay until no further undo holds."""
        while not self._pass():
            pass
        state = self._state
        for ref, reason in self._unspoken.items():
            self._refuse(self._by_ref[ref], reason)
        cases = list({id(case): case for case in state.case_of.values()}.values())
        self._note_in_histories()
        for pair, named in state.apart.items():
            self._note_apart(pair, self._by_ref[named])
        return Outcome(cases, list(state.refused.values()), set(state.apart))

    def _pass(self) -> bool:
        """One pass in order; `False` when an undo held and all must be done again without its record."""
        self._state = _State()
        for index, entry in enumerate(self._entries):
            ref = entry.record.ref
            if ref in self._undone or entry.record.kind in _FACTS_ABOUT:
                continue
            if entry.record.kind == "undo":
                if ref not in self._verdicts:
                    self._verdicts[ref] = self._judge_undo(entry)
                    if not self._verdicts[ref]:
                        return False
                if self._verdicts[ref]:
                    self._refuse(entry, self._verdicts[ref])
                continue
            self._take(entry, index)
        return True

    def _take(self, entry: Entry, index: int) -> None:
        try:
            fault = self._fault_of_author(entry)
            if fault:
                raise _Refused(fault)
            if entry.record.kind == "accept":
                self._accept(entry, index)
            else:
                self._effect(entry, entry, index)
        except _Refused as verdict:
            self._refuse(entry, verdict.reason, verdict.issue)

    def _fault_of_author(self, entry: Entry) -> str:
        """Why nothing of a record counts, whatever it says: by whom it was signed."""
        if self._authority.voids(entry):
            return "revoked"
        known = self._authority.knows_anywhere if entry.record.kind in DOORSTEP else self._authority.knows
        return "" if known(entry) else "not_enrolled"

    def _refuse(self, entry: Entry, reason: str, issue: Ref | None = None) -> None:
        record = entry.record
        self._state.refused[record.ref] = Problem(
            record.ref,
            record.kind,
            entry.person,
            record.at,
            reason,
            issue or next(iter(self._concerned(entry)), None),
            not entry.whole,
        )

    def _concerned(self, entry: Entry) -> list[Ref]:
        """The issues that a record speaks of, itself or through the record that it names."""
        issues = _refs(entry)
        if not issues and (target := self._by_ref.get(_ref(entry, "record") or entry.record.ref)) is not entry:
            issues = [] if target is None else [target.record.ref] if target.record.kind in REPORTS else _refs(target)
        return issues

    def _note_in_histories(self) -> None:
        """Refused moves on a known case stay visible in its history, and so do undos: real work never vanishes."""
        lines: dict[int, list[Happening]] = {}
        cases: dict[int, Case] = {}
        for ref in (*self._state.refused, *(ref for ref, verdict in self._verdicts.items() if not verdict)):
            entry, problem = self._by_ref[ref], self._state.refused.get(ref)
            if entry.record.kind == "personal":
                continue
            for case in {id(c): c for one in self._concerned(entry) if (c := self._state.case_of.get(one))}.values():
                cases[id(case)] = case
                lines.setdefault(id(case), []).append(
                    Happening(
                        ref, entry.record.kind, entry.person, entry.record.at, self._index[ref], problem is None,
                        problem.reason if problem else "", not entry.whole,
                    )
                )  # fmt: skip
        for key, case in cases.items():
            case.history = sorted([*case.history, *lines[key]], key=attrgetter("index"))

    def _note_apart(self, pair: frozenset[Ref], said: Entry) -> None:
        """Within one case a pair that a lead told apart is listed: only a split separates."""
        one, other = (ref for ref in _refs(said) if ref in pair)
        case = self._state.case_of.get(one)
        if case is not None and case is self._state.case_of.get(other):
            case.distinct.append((one, other, said.person))

    # -- judging

    def _accept(self, entry: Entry, index: int) -> None:
        """A lead lets a refused record take effect, here and with the lead's right; its author stays who did it."""
        target = self._by_ref.get(_ref(entry, "record") or entry.record.ref)
        if target is None or target is entry or target.record.kind in ("undo", "accept", "erasure"):
            raise _Refused("unknown_record")
        if target.record.ref in self._undone:
            return  # as if it had never been
        if target.record.kind == "personal":
            self._accept_personal(target, entry)
            return
        if target.record.ref in self._state.effective:
            raise _Refused("already")
        if target.record.ref not in self._state.refused:
            raise _Refused("unknown_record")
        self._effect(target, entry, index)
        del self._state.refused[target.record.ref]
        self._state.effective[entry.record.ref] = index

    def _accept_personal(self, target: Entry, entry: Entry) -> None:
        if not self._may_accept_fact(entry, target):
            raise _Refused("not_allowed")
        if target.record.ref in self._unspoken:
            raise _Refused(self._unspoken[target.record.ref])
        if not self._authority.voids(target):
            raise _Refused("already")

    def _effect(self, entry: Entry, judged_by: Entry, index: int) -> None:
        """Judge a record with the right of whoever answers for it and let it take effect."""
        kind = entry.record.kind
        if kind in DOORSTEP:
            self._need_doorstep(entry, judged_by)
        if kind in REPORTS:
            self._report(entry, judged_by, index)
        elif kind in DECISIONS:
            self._decide(entry, judged_by, index)
        elif kind in MOVES:
            self._move(entry, judged_by, index)
        self._state.effective[entry.record.ref] = index

    def _need_doorstep(self, entry: Entry, judged_by: Entry) -> None:
        """Facts need an author who goes to doors; who accepts one needs a lead's right, judged with its case."""
        if entry is not judged_by:
            return
        role = self._authority.enrolled_role(entry)
        if role is None:
            raise _Refused("not_enrolled")
        if role == "observer":
            raise _Refused("not_allowed")

    def _need_standing(self, entry: Entry) -> None:
        standing = self._authority.standing(entry.person, entry.past)
        if standing is None or standing.role == "observer":
            raise self._denied(entry)

    def _denied(self, judged_by: Entry, issue: Ref | None = None) -> _Refused:
        known = self._authority.standing(judged_by.person, judged_by.past)
        return _Refused("not_allowed" if known else "not_enrolled", issue)

    def _need_acceptance(self, entry: Entry, judged_by: Entry, case: Case) -> None:
        """Only leads accept, and only where they reach."""
        if entry is not judged_by and not self._rights.may_accept(case, "", judged_by.person, judged_by.past):
            raise self._denied(judged_by)

    def _report(self, entry: Entry, judged_by: Entry, index: int) -> None:
        body, on = entry.record.body, moves.fact_day(entry)
        place, category = Place.from_body(body.get("place")), _text(body.get("category"))
        urgency = _text(body.get("urgency"))
        imported = entry.record.kind == "import"
        if imported:
            if entry is judged_by:  # no doorstep fact: it needs its right like any move
                self._need_standing(entry)
            category, urgency = category or UNKNOWN, urgency or UNKNOWN
        elif category not in CATEGORIES or urgency not in URGENCIES or place.level == UNKNOWN:
            raise _Refused("incomplete")
        due = due_date(on, category, urgency)
        number = _text(body.get("number"))
        issue = Issue(
            entry.record.ref, index, entry.order, number if is_case_number(number) else "", category, place, urgency, on, due,
            due, entry.person, _text(body.get("category_word")),
        )  # fmt: skip
        case = Case([issue], Status.NEW, "", due, due, issue)
        self._need_acceptance(entry, judged_by, case)
        self._add_report(entry, issue)
        self._state.issues[issue.ref] = issue
        self._state.case_of[issue.ref] = case
        case.history.append(self._line(entry, judged_by, index))

    def _add_report(self, entry: Entry, issue: Issue) -> Report:
        personal = self._personal.get(entry.record.ref)
        body = personal.record.body if personal else {}
        said = self._said(entry)
        words, remark = _text(said.get("words")), _text(said.get("remark"))
        report = Report(
            entry.record.ref, issue.ref, entry.record.kind, entry.person,
            moves.fact_day(entry),
            entry.record.body.get("behind") is True or entry.record.kind == "support",
            _text(body.get("household")), _text(body.get("dwelling")), words, remark,
            _text(body.get("source_id")), self._voices.get(entry.record.ref, ""),
        )  # fmt: skip
        issue.reports.append(report)
        self._state.reports[report.ref] = report
        return report

    def _said(self, entry: Entry) -> Mapping[str, Any]:
        """What the personal part of a record says, unless its household took its consent back."""
        personal = self._personal.get(entry.record.ref)
        if personal is None or self._silent(_text(personal.record.body.get("household")), personal):
            return {}
        return personal.record.body

    def _move(self, entry: Entry, judged_by: Entry, index: int) -> None:
        kind = entry.record.kind
        named = _ref(entry, "issue")
        case = self._state.case_of.get(named) if named else None
        if named is None or case is None:
            raise _Refused("unknown_issue" if named else "incomplete", named)
        attempt = moves.Attempt(
            case, entry.record.body, self._rights, entry.person, judged_by.person, moves.day_of(entry),
            moves.day_of(judged_by), index, lambda household, since: self._tried(household, since, judged_by),
            self._report_named(entry, case), judged_by.past, moves.ahead_of(entry),
        )  # fmt: skip
        self._judge_move(entry, attempt, judged_by, named)
        if kind == "support":
            self._add_report(entry, self._state.issues[named])
            case.reopen_proposed = case.reopen_proposed or case.status in ENDED
        else:
            moves.apply(kind, attempt)
        if kind == "confirm":
            for answer in case.said.values():
                if answer.index == index:
                    answer.words = _text(self._said(entry).get("note"))
        case.history.append(self._line(entry, judged_by, index))

    def _judge_move(self, entry: Entry, attempt: moves.Attempt, judged_by: Entry, issue: Ref) -> None:
        kind, case = entry.record.kind, attempt.case
        self._need_acceptance(entry, judged_by, case)
        if kind != "support" and not self._rights.may(kind, case, judged_by.person, judged_by.past):
            raise self._denied(judged_by, issue)
        on_the_spot = attempt.body.get("on_spot") is True
        if not status_allows(kind, case, on_the_spot=on_the_spot):
            raise _Refused("wrong_status", issue)
        if moves.lacking(kind, attempt):
            raise _Refused("incomplete", issue)
        if moves.rule_broken(kind, attempt):
            raise _Refused("rule", issue)

    def _report_named(self, entry: Entry, case: Case) -> Report | None:
        report = self._state.reports.get(_ref(entry, "of") or entry.record.ref)
        here = report is not None and report.behind and self._state.case_of.get(report.issue) is case
        return report if here else None

    # -- decisions of leads

    def _decide(self, entry: Entry, judged_by: Entry, index: int) -> None:
        refs = _refs(entry)
        if len(refs) != len(set(refs)) or len(refs) < (1 if entry.record.kind == "split" else 2):
            raise _Refused("incomplete", refs[0] if refs else None)
        unknown = [ref for ref in refs if ref not in self._state.case_of]
        if unknown:
            raise _Refused("unknown_issue", unknown[0])
        cases = list({id(case): case for case in (self._state.case_of[ref] for ref in refs)}.values())
        if not self._rights.may_decide(cases, judged_by.person, judged_by.past):
            raise self._denied(judged_by, refs[0])
        if entry.record.kind == "merge":
            touched = [self._merge(entry, refs, cases, index)]
        elif entry.record.kind == "split":
            touched = self._split(entry, refs[0], cases[0])
        else:
            touched = self._tell_apart(entry, refs, cases)
        for case in touched:
            case.history.append(self._line(entry, judged_by, index))
            case.last_move_on = moves.day_of(entry)

    def _merge(self, entry: Entry, refs: list[Ref], cases: list[Case], index: int) -> Case:
        main = _ref(entry, "main")
        if len(refs) == 2:
            self._state.apart.pop(frozenset(refs), None)
        if len(cases) == 1:
            case = cases[0]
            if main and any(issue.ref == main for issue in case.issues):
                case.main_named, case.main = (index, main), self._state.issues[main]
            return case
        case = merged(cases, main, index)
        for issue in case.issues:
            self._state.case_of[issue.ref] = case
        return case

    def _split(self, entry: Entry, ref: Ref, case: Case) -> list[Case]:
        if len(case.issues) < 2:
            raise _Refused("nothing_to_split", ref)
        stays, leaves = split_off(case, self._state.issues[ref], moves.day_of(entry))
        for part in (stays, leaves):
            for issue in part.issues:
                self._state.case_of[issue.ref] = part
        return [stays, leaves]

    def _tell_apart(self, entry: Entry, refs: list[Ref], cases: list[Case]) -> list[Case]:
        if len(refs) != 2:
            raise _Refused("incomplete", refs[0])
        self._state.apart[frozenset(refs)] = entry.record.ref
        return cases

    # -- undo

    def _judge_undo(self, entry: Entry) -> str:
        """Judge an undo at its place with the named record in force; empty: it holds, else the reason."""
        fault = self._fault_of_author(entry)
        if fault:
            return fault
        named = _ref(entry, "record")
        target = self._by_ref.get(named) if named else None
        if named is None or target is None:
            return "unknown_record"
        if target.record.kind not in UNDOABLE or target.person != entry.person:
            return "not_undoable"
        since = self._state.effective.get(named)
        if since is None:
            return "not_in_force"
        if target.record.kind != "support" and self._moved_since(named, since):
            return "moved_on"
        self._undone.add(named)
        return ""

    def _moved_since(self, target: Ref, since: int) -> bool:
        """Whether a later move took effect on a case in whose history the record stands (of a split: on both)."""
        cases = {id(case): case for case in self._state.case_of.values()}.values()
        touched = (case for case in cases if any(line.ref == target for line in case.history))
        return any(line.index > since for case in touched for line in case.history)

    def _line(self, entry: Entry, judged_by: Entry, index: int) -> Happening:
        record = entry.record
        accepted = judged_by.person if judged_by is not entry else ""
        return Happening(
            record.ref, record.kind, entry.person, record.at, index, provisional=not judged_by.whole,
            accepted_by=accepted,
        )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _ref(entry: Entry, name: str) -> Ref | None:
    return ref_of(entry.record.body.get(name))


def _refs(entry: Entry) -> list[Ref]:
    """The issues that a record names."""
    body = entry.record.body
    if isinstance(body.get("issues"), list):
        return list(refs_in(body, "issues"))
    named = ref_of(body.get("issue"))
    return [named] if named else []
