"""The Community (社区): one total, order-free fold over records.

The same set of records gives the same Community whatever order they arrived in. What arrives makes only what it touches
be folded again: a door by its dwelling, an issue by its component (all records that some reference links); an authority
record makes everything be judged again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from storage.record import Entry, Erased, Ref

from .authority import ALL, Authority, Person
from .components import Components
from .doors import Doors, Dwelling, Household, building_of
from .erasures import Erasures, silenced
from .issues import OPEN, Case, Issue
from .kinds import AUTHORITY, CASES, ERASABLE, PLACES
from .refs import ref_of
from .replay import Outcome, Problem, Replay
from .rights import Rights


class Community:
    """What all records at hand add up to."""

    def __init__(self, entries: Iterable[Entry] = (), *, founder: str = "", founder_key: str = "") -> None:
        """Fold records from scratch.

        Args:
            entries: Records at their places, in any order, each once.
            founder: Person id of who ran `init`; empty while the founding journal is not here.
            founder_key: The founder's signing key; empty in an unprotected workspace.
        """
        self._founder, self._founder_key = founder, founder_key
        self._entries: dict[Ref, Entry] = {}
        self._components = Components()
        self._outcomes: dict[Ref, Outcome] = {}
        self._accepts: defaultdict[Ref, dict[Ref, Entry]] = defaultdict(dict)
        self._case_of: dict[Ref, Case] = {}
        self._case_problems: dict[Ref, Problem] = {}
        self._door_problems: dict[Ref, Problem] = {}
        self._at: defaultdict[str, dict[Ref, Case]] = defaultdict(dict)
        """By dwelling, by oldest issue: the cases that some household of it follows."""
        self._closings: defaultdict[str, set[Ref]] = defaultdict(set)
        self.doors = Doors()
        self.authority = Authority()
        self.rights = Rights(self.authority)
        self.erasures = Erasures()
        self.apply(entries)

    # -- taking records in

    def apply(self, entries: Iterable[Entry], *, founder: str | None = None, founder_key: str = "") -> None:
        """Take in records that are new, or whose place or causal past has changed.

        Args:
            entries: Any order; an entry replaces one of the same reference.
            founder: As soon as the founding journal is here.
            founder_key: With it; empty in an unprotected workspace.
        """
        fresh = list(entries)
        for entry in fresh:
            self._replace(entry)
        unsettled = self.authority.unsettled
        again = founder not in (None, self._founder) or any(
            entry.record.kind in AUTHORITY or entry.record.journal in unsettled for entry in fresh
        )
        if again:
            if founder is not None:
                self._founder, self._founder_key = founder, founder_key
            self._judge_everything_again()
            return
        if any(entry.record.kind == "erasure" for entry in fresh):
            self._judge_erasures_again()
        for entry in fresh:
            self._route(entry)
        self._settle()

    def _replace(self, entry: Entry) -> None:
        ref = entry.record.ref
        if isinstance(entry.record.body, Erased) and entry.record.kind in PLACES and ref in self._entries:
            self.doors.drop(self._entries[ref])  # it no longer tells which door it is about
        self._entries[ref] = entry

    def _judge_erasures_again(self) -> None:
        """An erasure is new, or its place is: what it names is folded again, in use or not."""
        before = self.erasures
        self.erasures = self._judged_erasures()
        for ref in before.records ^ self.erasures.records:
            known = self._entries.get(ref)
            if known is not None and known.record.kind in PLACES:
                self.doors.drop(known)
            if known is not None:
                self._route(known)
        for part, _voice in before.followers.items() ^ self.erasures.followers.items():
            self._components.touch(part)

    def _judged_erasures(self) -> Erasures:
        entries = (entry for entry in self._entries.values() if entry.record.kind == "erasure")
        return Erasures(entries, self.authority)

    def _judge_everything_again(self) -> None:
        authority = [entry for entry in self._entries.values() if entry.record.kind in AUTHORITY]
        self.authority = Authority(
            authority, founder=self._founder, founder_key=self._founder_key, records=self._entries
        )
        self.rights = Rights(self.authority)
        self.erasures = self._judged_erasures()
        self.doors = Doors()
        self._components, self._outcomes = Components(), {}
        for kept in (self._case_of, self._case_problems, self._at, self._accepts, self._closings, self._door_problems):
            kept.clear()
        for entry in self._entries.values():
            self._route(entry)
        self._settle()

    def _as_used(self, entry: Entry) -> Entry:
        """A record as the fold sees it: of one that an erasure names not even a body that is still here."""
        erased = entry.record.kind in ERASABLE and entry.record.ref in self.erasures.records
        return silenced(entry) if erased else entry

    def _route(self, entry: Entry) -> None:
        entry = self._as_used(entry)
        kind = entry.record.kind
        if kind == "accept":
            target = ref_of(entry.record.body.get("record"))
            if target:
                self._accepts[target][entry.record.ref] = entry
                known = self._entries.get(target)
                if known is not None and known.record.kind in PLACES:
                    self._take_door_fact(self._as_used(known))
        if kind in CASES or kind == "erasure":
            self._components.add(entry)
        elif kind in PLACES:
            self._take_door_fact(entry)

    def _take_door_fact(self, entry: Entry) -> None:
        ref = entry.record.ref
        if isinstance(entry.record.body, Erased):
            self.doors.drop(entry)
            self._door_problems.pop(ref, None)
            return
        reason = self._doorstep_fault(entry)
        if reason and self._accepted_fact(entry):
            reason = ""
        if not reason and not self.doors.take(entry):
            reason = "incomplete"
        if reason:
            self.doors.drop(entry)
            self._door_problems[ref] = _problem(entry, reason)
        else:
            self._door_problems.pop(ref, None)

    def _doorstep_fault(self, entry: Entry) -> str:
        if self.authority.voids(entry):
            return "revoked"
        if not self.authority.knows_anywhere(entry):
            return "not_enrolled"
        role = self.authority.enrolled_role(entry)
        if role is None:
            return "not_enrolled"
        return "not_allowed" if role == "observer" else ""

    def _accepted_fact(self, entry: Entry) -> bool:
        return any(self._may_accept(accept, entry) for accept in self._accepts.get(entry.record.ref, {}).values())

    def _may_accept(self, accept: Entry, fact: Entry) -> bool:
        building = building_of(fact)
        if self.authority.voids(accept) or not self.authority.knows(accept):
            return False
        return self.rights.may_accept(None, building, accept.person, accept.past)

    def _settle(self) -> None:
        for dwelling in self.doors.settle():
            for ref in self._closings.get(dwelling, ()):
                self._components.touch(ref)
        for dwelling in self.doors.resilenced:
            for ref in self._at.get(dwelling, ()):
                self._components.touch(ref)
        dropped, dirty = self._components.settle()
        for root in dropped:
            self._drop(root)
        for root, entries in dirty:
            self._drop(root)
            outcome = Replay(
                entries, self.authority, self._tries, self.erasures.followers, self.doors.is_silent
            ).run()  # fmt: skip
            self._outcomes[root] = outcome
            for case in outcome.cases:
                for issue in case.issues:
                    self._case_of[issue.ref] = case
                for place in _dwellings(case):
                    self._at[place][case.issues[0].ref] = case
            self._case_problems.update((problem.ref, problem) for problem in outcome.problems)
            self._watch_closings(entries, outcome)

    def _drop(self, root: Ref) -> None:
        outcome = self._outcomes.pop(root, None)
        if outcome is None:
            return
        for case in outcome.cases:
            for issue in case.issues:
                self._case_of.pop(issue.ref, None)
            for place in _dwellings(case):
                self._at[place].pop(case.issues[0].ref, None)
        for problem in outcome.problems:
            self._case_problems.pop(problem.ref, None)

    def _watch_closings(self, entries: Iterable[Entry], outcome: Outcome) -> None:
        """A case closed unanswered rests on visits: should more of them arrive, it is replayed."""
        closing = next((entry.record.ref for entry in entries if entry.record.kind == "close_unanswered"), None)
        if closing:
            for case in outcome.cases:
                for report in case.reports:
                    self._closings[self.household_behind(report.follower).partition("#")[0]].add(closing)

    def _tries(self, follower: str, since: date, before: Entry) -> int:
        household = self.household_behind(follower)
        dwelling = self.doors.dwellings.get(household.partition("#")[0])
        for occupancy in dwelling.households if dwelling else ():
            if occupancy.id == household:
                known = (v for v in occupancy.visits if self._entries[v.ref].order < before.order)
                return len({visit.on for visit in known if visit.on > since})
        return 0

    # -- what the records add up to

    def __len__(self) -> int:
        """How many records have been taken in."""
        return len(self._entries)

    @property
    def founder(self) -> str:
        """Person id of who ran `init`."""
        return self._founder

    @property
    def people(self) -> dict[str, Person]:
        """Everybody ever enrolled, by id."""
        return self.authority.people()

    @property
    def settings(self) -> dict[str, object]:
        """Settings in force, by name."""
        return self.authority.settings()

    @property
    def dwellings(self) -> dict[str, Dwelling]:
        """All doors, by id."""
        return self.doors.dwellings

    def household(self, household_id: str) -> Household | None:
        """A household by its id; `None` where it is not known."""
        dwelling = self.doors.dwellings.get(household_id.partition("#")[0])
        return next((one for one in dwelling.households if one.id == household_id), None) if dwelling else None

    def household_behind(self, follower: str) -> str:
        """A follower's household; for reckoning only where that was erased: nobody is to read it."""
        return self.erasures.voices.get(follower, follower)

    def is_out_of_use(self, entry: Entry) -> bool:
        """Whether a personal record is neither to be shown nor handed out: erased, or its consent was taken back."""
        used = self._as_used(entry)
        household = used.record.body.get("household")
        return isinstance(used.record.body, Erased) or (
            entry.record.kind in ERASABLE and isinstance(household, str) and self.doors.is_silent(household, entry)
        )

    def entries(self) -> Iterator[Entry]:
        """All records, in no order that matters, without what was erased."""
        return map(self._as_used, self._entries.values())

    def cases(self) -> Iterator[Case]:
        """All cases, in no order that matters."""
        for outcome in self._outcomes.values():
            yield from outcome.cases

    def case_of(self, issue: Ref | str) -> Case | None:
        """The case that holds an issue; `None` where the issue is not known."""
        return self._case_of.get(Ref.parse(issue) if isinstance(issue, str) else issue)

    def issues(self) -> Iterator[Issue]:
        """All issues."""
        for case in self.cases():
            yield from case.issues

    def cases_at(self, dwelling_id: str) -> list[Case]:
        """Cases that some household of a door reported or joined, oldest first."""
        return sorted(self._at.get(dwelling_id, {}).values(), key=lambda case: case.main.order)

    def open_cases_at(self, dwelling_id: str) -> int:
        """How many cases of a door are still open."""
        return sum(case.status in OPEN for case in self._at.get(dwelling_id, {}).values())

    def apart(self) -> set[frozenset[str]]:
        """Pairs of issues that a lead said are not the same."""
        return {frozenset(map(str, pair)) for outcome in self._outcomes.values() for pair in outcome.apart}

    def numbered(self, number: str) -> list[tuple[Case, Issue]]:
        """Issues that bear a case number, hyphens or not, each in its case: several should two laptops have given it."""
        digits = number.replace("-", "")
        found = [(case, one) for case in self.cases() for one in case.issues if one.number.replace("-", "") == digits]
        return sorted(found, key=lambda pair: pair[0].main.order)

    def problems(self) -> list[Problem]:
        """Records without effect, in fold order: until what they need arrives, or a lead accepts them.

        Among them, though they have their effect, the occupancies of one door that were begun without knowing of each
        other (`concurrent`).
        """
        listed = {ref: shown for ref, problem in self._case_problems.items() if (shown := self._as_shown(problem))}
        listed |= self._door_problems
        for entry, reason in self.doors.without_effect():
            listed[entry.record.ref] = _problem(entry, reason)
        for ref, reason in self.authority.refused.items():
            listed[ref] = _problem(self._entries[ref], reason)
        for ref, reason in self.erasures.refused.items():
            listed[ref] = _problem(self._entries[ref], reason)
        return sorted(listed.values(), key=lambda problem: self._entries[problem.ref].order)

    def problem_of(self, ref: Ref) -> Problem | None:
        """Why a record has no effect; `None` where it has one, or is not here."""
        problem = self._case_problems.get(ref) or self._door_problems.get(ref)
        if problem is not None:
            return self._as_shown(problem)
        entry = self._entries.get(ref)
        if entry is None:
            return None
        reason = self.authority.refused.get(ref, "") or self.erasures.refused.get(ref, "") or self.doors.fault_of(entry)
        return _problem(entry, reason) if reason not in ("", "concurrent") else None

    def _as_shown(self, problem: Problem) -> Problem | None:
        """An `accept` of what is no part of a case is judged here: its component knows nothing of doors and rights."""
        if problem.kind != "accept" or problem.reason != "unknown_record":
            return problem
        accept = self._entries[problem.ref]
        target = self._entries.get(ref_of(accept.record.body.get("record")) or problem.ref)
        if target is None or target.record.kind in CASES:
            return problem
        if target.record.kind not in PLACES:
            return replace(problem, reason="made_anew")
        if not self._may_accept(accept, self._as_used(target)):
            return replace(problem, reason="not_allowed")
        return None if self._doorstep_fault(target) else replace(problem, reason="already")

    def entry(self, ref: Ref) -> Entry | None:
        """A record at its place, without its body where that was erased."""
        entry = self._entries.get(ref)
        return self._as_used(entry) if entry is not None else None

    def role(self, person: str) -> str:
        """The role that a person has now; empty for one who has none."""
        standing = self.authority.standing(person, ALL)
        return standing.role if standing else ""


def _problem(entry: Entry, reason: str) -> Problem:
    record = entry.record
    return Problem(record.ref, record.kind, entry.person, record.at, reason, provisional=not entry.whole)


def _dwellings(case: Case) -> set[str]:
    """Doors whose households follow a case."""
    places = {report.dwelling or report.household.partition("#")[0] for report in case.reports}
    return {place for place in places if place}
