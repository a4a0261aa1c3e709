"""Erasing (删除) a household: what would go, the record that says so, and what still waits for a team lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from storage.record import Entry, Erased, Ref
from zhubao_tui.community.doors import Dwelling, dwelling_of
from zhubao_tui.community.erasures import REASONS, Erasure
from zhubao_tui.community.kinds import ERASABLE
from zhubao_tui.community.refs import ref_of

from .errors import MoveRefused
from .survey import UnknownDoor
from .verdicts import insist, need_right
from .workspace import Workspace

LARGEST = 1500
"""References in one record: more of them are said in several."""


@dataclass(slots=True)
class Belongings:
    """What is kept of a household and could be erased."""

    household: str
    records: list[Entry] = field(default_factory=list)
    """In fold order, with their bodies."""
    parts: list[Ref] = field(default_factory=list)
    """The case parts that some of them belong to; they stay, without a name."""

    def counts(self) -> dict[str, int]:
        """How many records of each kind."""
        counted: dict[str, int] = defaultdict(int)
        for entry in self.records:
            counted[entry.record.kind] += 1
        return dict(counted)


class Erasing:
    """Have households erased; for team leads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def may_erase(self) -> bool:
        """Whether I may have anything erased."""
        return self._workspace.may_write and self._workspace.role == "team_lead"

    def preview(self, household: str) -> Belongings:
        """What an erasure of a household would take; raises `UnknownDoor` where there is no such household."""
        if self._workspace.community.household(household) is None:
            raise UnknownDoor(household)
        return belongings(self._workspace, [household])[household]

    def erase(self, households: Iterable[str], reason: str) -> list[Ref]:
        """Write erasures of all that is here of some households, and have this laptop carry them out.

        Returns:
            The records; none for a household of which nothing is kept.

        Raises:
            MoveRefused: I am no team lead.
            UnknownDoor: There is no such household.
        """
        self._need_right()
        if reason not in REASONS:
            raise MoveRefused("erasure", "incomplete")
        wanted = list(households)
        for household in wanted:
            if self._workspace.community.household(household) is None:
                raise UnknownDoor(household)
        found = belongings(self._workspace, wanted)
        with self._workspace.writing() as batch:
            written = [
                batch.add("erasure", dict(body))
                for household in wanted
                for body in _bodies(found[household], reason)
            ]  # fmt: skip
        for ref in written:
            insist(self._workspace, "erasure", ref)
        return written

    def except_from(self, household: str, words: str) -> Ref:
        """Record why nothing is erased although a household took its consent back (a law that has it kept).

        Raises:
            MoveRefused: I am no team lead, or no reason is given.
        """
        self._need_right()
        if self._workspace.community.household(household) is None:
            raise UnknownDoor(household)
        if not words.strip():
            raise MoveRefused("erasure", "incomplete", "note")
        body = {"household": household, "records": [], "reason": "withdrawn", "except": words.strip()}
        ref = self._workspace.write("erasure", dict(body))
        insist(self._workspace, "erasure", ref)
        return ref

    def _need_right(self) -> None:
        need_right(self._workspace, "erasure")
        if not self.may_erase():
            raise MoveRefused("erasure", "not_allowed")

    # -- what waits

    def awaiting(self) -> list[str]:
        """Households that took their consent back and of whom something is still kept, without a recorded exception."""
        community = self._workspace.community
        return [
            household
            for household in community.doors.withdrew()
            if self._exception(household) is None and is_something_left(self._workspace, household)
        ]

    def _exception(self, household: str) -> Erasure | None:
        """The exception that was recorded after a household's last withdrawal."""
        community = self._workspace.community
        known = community.household(household)
        last = known.withdrew[-1].order if known is not None and known.withdrew else None
        said = [one for one in community.erasures.of(household) if one.exception and last and one.order > last]
        return said[-1] if said else None


def _bodies(found: Belongings, reason: str) -> list[dict[str, object]]:
    """Bodies of the erasures of one household; several where it has more records than one should name."""
    refs = [str(entry.record.ref) for entry in found.records]
    parts = [str(ref) for ref in found.parts]
    bodies: list[dict[str, object]] = []
    for start in range(0, len(refs), LARGEST):
        body: dict[str, object] = {
            "household": found.household, "records": refs[start : start + LARGEST], "reason": reason,
        }  # fmt: skip
        bodies.append(body | ({"parts": parts[start : start + LARGEST]} if parts[start : start + LARGEST] else {}))
    return bodies


def is_something_left(workspace: Workspace, household: str) -> bool:
    """Whether a household's personal records are here, as far as they have an effect."""
    community = workspace.community
    dwelling = household.partition("#")[0]
    facts = community.doors.facts(dwelling)
    if any(fact.record.kind in ERASABLE and fact.record.body.get("household") == household for fact in facts):
        return True
    return any(report.household == household for case in community.cases_at(dwelling) for report in case.reports)


def belongings(workspace: Workspace, households: Iterable[str]) -> dict[str, Belongings]:
    """All personal records of some households that are here with their bodies, in effect or not.

    Of words without a household, taken down at a door, those count that were taken down while it lived there.
    """
    found = {household: Belongings(household) for household in households}
    community = workspace.community
    nameless: list[Entry] = []
    wanted = {household.partition("#")[0] for household in found}
    for entry in community.entries():
        if entry.record.kind not in ERASABLE or isinstance(entry.record.body, Erased):
            continue
        household = entry.record.body.get("household")
        if isinstance(household, str) and household in found:
            _add(found[household], entry)
        elif not household and entry.record.kind == "personal":
            nameless.append(entry)
    whose = {part: one.household for one in found.values() for part in one.parts}
    for entry in nameless:
        household = _said_for(workspace, entry, whose) or _who_lived_at(workspace, entry, wanted)
        if household in found:
            _add(found[household], entry)
    for one in found.values():
        one.records.sort(key=attrgetter("order"))
    return found


def _add(found: Belongings, entry: Entry) -> None:
    found.records.append(entry)
    part = ref_of(entry.record.body.get("of"))
    if part is not None and part not in found.parts:
        found.parts.append(part)


def _said_for(workspace: Workspace, personal: Entry, whose: Mapping[Ref, str]) -> str:
    """The household that a personal part without one speaks for: a `confirm` or `withdraw` names the report."""
    case_part = workspace.community.entry(ref_of(personal.record.body.get("of")) or personal.record.ref)
    named = ref_of(case_part.record.body.get("of")) if case_part is not None else None
    return whose.get(named, "") if named is not None else ""


def _who_lived_at(workspace: Workspace, personal: Entry, dwellings: set[str]) -> str:
    """Who lived behind the door of words without a household when they were taken down."""
    door = dwelling_of(personal)
    dwelling = workspace.community.dwellings.get(door) if door in dwellings else None
    return _occupant(workspace, dwelling, personal) if dwelling is not None else ""


def _occupant(workspace: Workspace, dwelling: Dwelling, personal: Entry) -> str:
    living = dwelling.households[0].id
    for household in dwelling.households[1:]:
        begun = ref_of(household.id.partition("#")[2])
        entry = workspace.community.entry(begun) if begun is not None else None
        if entry is not None and entry.order < personal.order:
            living = household.id
    return living
