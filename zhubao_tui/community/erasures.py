"""Erasures (删除): what team leads had erased of a household, and whose voice its case parts then are.

An erasure lists a household's personal records and the case parts that they belonged to. From then on those records say
nothing, whether their bodies are still here or not, and the case parts count together as one follower without a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter

from storage.record import Entry, Erased, Ref

from .authority import Authority
from .refs import refs_in
from .rights import Rights

REASONS = ("asked", "withdrawn", "retention")
"""The household asked; it took its consent back; nothing has happened for longer than records are kept."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, or the recorded exception from one, in force."""

    ref: Ref
    household: str
    reason: str
    records: tuple[Ref, ...]
    parts: tuple[Ref, ...]
    exception: str
    """Why nothing is erased although the household took its consent back; empty of an erasure."""
    author: str
    at: str
    whole: bool
    """All that its author knew is here: its right is settled, and it may be carried out."""
    bit: int
    order: tuple[int, str, int, str]


class Erasures:
    """All erasures at hand, judged. Never changes once it is made."""

    def __init__(self, entries: Iterable[Entry] = (), authority: Authority | None = None) -> None:
        self.refused: dict[Ref, str] = {}
        """Erasures without effect, each with the code of why."""
        self.in_force: list[Erasure] = []
        """In fold order."""
        self.voices: dict[str, str] = {}
        """By the name of a follower without a name: its household, for what rests on the tries at its door."""
        self.followers: dict[Ref, str] = {}
        """By case part of an erased household: the follower that it counts for."""
        self.records: frozenset[Ref] = frozenset()
        """All that says nothing any more."""
        self.settled: frozenset[Ref] = frozenset()
        """Of these, what may be taken from the disk."""
        if authority is not None:
            self._judge(sorted(entries, key=attrgetter("order")), authority, Rights(authority))

    def _judge(self, entries: list[Entry], authority: Authority, rights: Rights) -> None:
        names: dict[str, str] = {}
        for entry in entries:
            read = _read(entry)
            if read is None:
                self.refused[entry.record.ref] = "incomplete"
            elif authority.voids(entry):
                self.refused[entry.record.ref] = "revoked"
            elif not rights.is_team_lead(entry.person, entry.past):
                self.refused[entry.record.ref] = "not_allowed" if authority.enrolled_role(entry) else "not_enrolled"
            else:
                self.in_force.append(read)
                voice = names.setdefault(read.household, str(read.ref))
                self.voices[voice] = read.household
                for part in read.parts:
                    self.followers.setdefault(part, voice)
        self.records = frozenset(ref for one in self.in_force for ref in one.records)
        self.settled = frozenset(ref for one in self.in_force if one.whole for ref in one.records)

    def of(self, household: str) -> list[Erasure]:
        """Erasures and exceptions of a household, in fold order."""
        return [one for one in self.in_force if one.household == household]


def _read(entry: Entry) -> Erasure | None:
    """An erasure from its record; `None` where it lacks something."""
    body = entry.record.body
    household, exception = body.get("household"), body.get("except", "")
    records = () if exception else tuple(refs_in(body, "records"))
    if not isinstance(household, str) or not household or body.get("reason") not in REASONS:
        return None
    if not isinstance(exception, str) or not (records or exception.strip()):
        return None
    parts = () if exception else tuple(refs_in(body, "parts"))
    return Erasure(
        entry.record.ref, household, str(body["reason"]), records, parts, exception, entry.person, entry.record.at,
        entry.whole, entry.bit, entry.order,
    )  # fmt: skip


def silenced(entry: Entry) -> Entry:
    """The same record without what it said."""
    return replace(entry, record=replace(entry.record, salt="", body=Erased("")))
