"""The Community (社区): one total, order-free fold over records.

The same set of records gives the same Community whatever order they arrived in. What arrives makes only what it touches
be folded again: a door by its dwelling, an issue by its component (all records that some reference links); an authority
record makes everything be judged again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from storage.record import Entry, Ref

from .authority import ALL, LEADS, Authority, Person
from .components import Components
from .doors import Doors, Dwelling, Household
from .issues import OPEN, Case, Issue
from .kinds import AUTHORITY, CASES, PLACES
from .replay import Outcome, Problem, Replay
from .rights import Rights


class Community:
    """What all records at hand add up to."""

    def __init__(self, entries: Iterable[Entry] = (), *, founder: str = "") -> None:
        """Fold records from scratch.

        Args:
            entries: Records at their places, in any order, each once.
            founder: Person id of who ran `init`; empty while the founding journal is not here.
        """
        self._founder = founder
        self._entries: dict[Ref, Entry] = {}
        self._components = Components()
        self._outcomes: dict[Ref, Outcome] = {}
        self._accepts: defaultdict[Ref, list[Entry]] = defaultdict(list)
        self._case_of: dict[Ref, Case] = {}
        self._door_problems: dict[Ref, Problem] = {}
        self._by_dwelling: dict[str, list[Case]] | None = None
        self._closings: defaultdict[str, set[Ref]] = defaultdict(set)
        self.doors = Doors()
        self.authority = Authority()
        self.rights = Rights(self.authority)
        self.apply(entries)

    # -- taking records in

    def apply(self, entries: Iterable[Entry], *, founder: str | None = None) -> None:
        """Take in records that are new, or whose place or causal past has changed.

        Args:
            entries: Any order; an entry replaces one of the same reference.
            founder: As soon as the founding journal is here.
        """
        fresh = list(entries)
        for entry in fresh:
            self._entries[entry.record.ref] = entry
        again = any(entry.record.kind in AUTHORITY for entry in fresh) or founder not in (None, self._founder)
        if again:
            self._founder = founder if founder is not None else self._founder
            self._judge_everything_again()
            return
        for entry in fresh:
            self._route(entry)
        self._settle()

    def _judge_everything_again(self) -> None:
        authority = [entry for entry in self._entries.values() if entry.record.kind in AUTHORITY]
        self.authority = Authority(authority, founder=self._founder, records=self._entries)
        self.rights = Rights(self.authority)
        self.doors = Doors()
        self._components, self._outcomes, self._case_of = Components(), {}, {}
        self._accepts.clear()
        self._closings.clear()
        self._door_problems.clear()
        for entry in self._entries.values():
            self._route(entry)
        self._settle()

    def _route(self, entry: Entry) -> None:
        kind = entry.record.kind
        if kind == "accept":
            target = _ref(entry, "record")
            if target:
                self._accepts[target].append(entry)
                known = self._entries.get(target)
                if known is not None and known.record.kind in PLACES:
                    self._take_door_fact(known)
        if kind in CASES:
            self._components.add(entry)
        elif kind in PLACES:
            self._take_door_fact(entry)

    def _take_door_fact(self, entry: Entry) -> None:
        reason = self._doorstep_fault(entry)
        ref, record = entry.record.ref, entry.record
        if reason and not self._accepted_fact(entry):
            self._door_problems[ref] = Problem(ref, record.kind, entry.person, record.at, reason)
            return
        self._door_problems.pop(ref, None)
        self.doors.take(entry)

    def _doorstep_fault(self, entry: Entry) -> str:
        if self.authority.voids(entry):
            return "revoked"
        role = self.authority.enrolled_role(entry)
        if role is None:
            return "not_enrolled"
        return "not_allowed" if role == "observer" else ""

    def _accepted_fact(self, entry: Entry) -> bool:
        return any(
            not self.authority.voids(accept)
            and (standing := self.authority.standing(accept.person, accept.past)) is not None
            and standing.role in LEADS
            for accept in self._accepts.get(entry.record.ref, ())
        )

    def _settle(self) -> None:
        self._by_dwelling = None
        for dwelling in self.doors.settle():
            for ref in self._closings.get(dwelling, ()):
                self._components.touch(ref)
        dropped, dirty = self._components.settle()
        for root in dropped:
            self._drop(root)
        for root, entries in dirty:
            self._drop(root)
            outcome = Replay(entries, self.authority, self._tries).run()
            self._outcomes[root] = outcome
            for case in outcome.cases:
                for issue in case.issues:
                    self._case_of[issue.ref] = case
            self._watch_closings(entries, outcome)

    def _drop(self, root: Ref) -> None:
        outcome = self._outcomes.pop(root, None)
        for case in outcome.cases if outcome else ():
            for issue in case.issues:
                self._case_of.pop(issue.ref, None)

    def _watch_closings(self, entries: Iterable[Entry], outcome: Outcome) -> None:
        """A case closed unanswered rests on visits: should more of them arrive, it is replayed."""
        closing = next((entry.record.ref for entry in entries if entry.record.kind == "close_unanswered"), None)
        if closing:
            for case in outcome.cases:
                for report in case.reports:
                    self._closings[report.household.partition("#")[0]].add(closing)

    def _tries(self, household: str, since: date, before: Entry) -> int:
        dwelling = self.doors.dwellings.get(household.partition("#")[0])
        for occupancy in dwelling.households if dwelling else ():
            if occupancy.id == household:
                known = (v for v in occupancy.visits if self._entries[v.ref].order < before.order)
                return len({visit.on for visit in known if visit.on > since})
        return 0

    # -- what the records add up to

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
        """Cases that some household of a door reported or joined."""
        if self._by_dwelling is None:
            found: defaultdict[str, dict[str, Case]] = defaultdict(dict)
            for case in self.cases():
                for report in case.reports:
                    place = report.dwelling or report.household.partition("#")[0]
                    if place:
                        found[place][case.id] = case
            self._by_dwelling = {place: list(cases.values()) for place, cases in found.items()}
        return self._by_dwelling.get(dwelling_id, [])

    def open_cases_at(self, dwelling_id: str) -> int:
        """How many cases of a door are still open."""
        return sum(case.status in OPEN for case in self.cases_at(dwelling_id))

    def apart(self) -> set[frozenset[str]]:
        """Pairs of issues that a lead said are not the same."""
        return {frozenset(map(str, pair)) for outcome in self._outcomes.values() for pair in outcome.apart}

    def problems(self) -> list[Problem]:
        """Records without effect, in fold order: until what they need arrives, or a lead accepts them."""
        found = [
            problem
            for outcome in self._outcomes.values()
            for problem in outcome.problems
            if not (problem.kind == "accept" and self._accepts_a_fact(problem.ref))
        ]
        found += self._door_problems.values()
        for ref, reason in self.authority.refused.items():
            entry = self._entries[ref]
            found.append(Problem(ref, entry.record.kind, entry.person, entry.record.at, reason))
        return sorted(found, key=lambda problem: self._entries[problem.ref].order)

    def _accepts_a_fact(self, ref: Ref) -> bool:
        target = self._entries.get(_ref(self._entries[ref], "record") or ref)
        return target is not None and target.record.kind in PLACES and self._accepted_fact(target)

    def entry(self, ref: Ref) -> Entry | None:
        """A record at its place."""
        return self._entries.get(ref)

    def role(self, person: str) -> str:
        """The role that a person has now; empty for one who has none."""
        standing = self.authority.standing(person, ALL)
        return standing.role if standing else ""


def _ref(entry: Entry, name: str) -> Ref | None:
    try:
        return Ref.parse(entry.record.body.get(name))
    except ValueError:
        return None
