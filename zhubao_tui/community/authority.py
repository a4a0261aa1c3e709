"""Pass 1 of the fold: who is enrolled, in which role, for which buildings, under which settings.

Rights are judged by the authority records in a record's own causal past, so every laptop judges alike; a revocation
alone reaches records that did not know of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from storage.record import Entry, Ref

ROLES = ("observer", "cadre", "group_lead", "team_lead")
"""From the most restricted to the widest: of two concurrent contradictory records the restricting one holds."""
LEADS = frozenset({"group_lead", "team_lead"})
ALL = -1
"""As a causal past: every record at hand (all bits set)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is at some point of the fold."""

    role: str
    group: str = ""


@dataclass(slots=True)
class Person:
    """Somebody of the work team (筑堡工作队)."""

    id: str
    name: str
    role: str
    group: str = ""
    laptops: dict[str, int] = field(default_factory=dict)
    """Laptop number by device id."""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Adoption:
    """包联: who answers for a place; level 1 community, 2 big branch, 3 building."""

    level: int
    place: str
    person: str
    group: str
    buildings: tuple[str, ...]


class Authority:
    """The authority records, judged: ask it what somebody is, was, or may reach."""

    def __init__(self, entries: Iterable[Entry] = (), *, founder: str = "", records: Mapping[Ref, Entry] | None = None):
        """Judge the records.

        Args:
            entries: All authority records at hand, in any order.
            founder: Person id of who ran `init`; empty while the founding journal is not here.
            records: All records by reference, to follow a journal's chain down from an acknowledged head.
        """
        self._founder = founder
        self._records = records or {}
        self.refused: dict[Ref, str] = {}
        """Authority records without effect, each with the code of why."""
        self._about: defaultdict[str, list[Entry]] = defaultdict(list)
        self._adoptions: list[Entry] = []
        self._settings: list[Entry] = []
        self._revocations: list[Entry] = []
        self._standing: dict[tuple[str, int], Standing | None] = {}
        self._reach: dict[tuple[str, int], frozenset[str] | None] = {}
        self._acknowledged: dict[str, dict[str, tuple[int, frozenset[str]]]] = {}
        ordered = sorted(entries, key=attrgetter("order"))
        for entry in ordered:
            self._judge(entry)
        self._drop_outvoted_revocations()
        for entry in ordered:
            if entry.record.kind != "revoke" and self.voids(entry):
                self._remove(entry)
        self._standing.clear()

    # -- judging the authority records themselves

    def _judge(self, entry: Entry) -> None:
        kind, body = entry.record.kind, entry.record.body
        reason = self._fault(entry)
        if reason:
            self.refused[entry.record.ref] = reason
            return
        if kind in ("enrol", "role"):
            self._about[str(body["person"])].append(entry)
        elif kind == "revoke":
            self._about[str(body["person"])].append(entry)
            self._revocations.append(entry)
        elif kind == "adoption":
            self._adoptions.append(entry)
        else:
            self._settings.append(entry)
        self._standing.clear()

    def _fault(self, entry: Entry) -> str:
        kind, body = entry.record.kind, entry.record.body
        if kind in ("enrol", "role", "revoke") and not _is_word(body.get("person")):
            return "incomplete"
        if kind in ("enrol", "role") and body.get("role") not in ROLES:
            return "incomplete"
        if kind == "enrol" and not _is_laptop(body.get("laptop")):
            return "incomplete"
        if kind == "adoption" and (body.get("level") not in (1, 2, 3) or not _is_word(body.get("place"))):
            return "incomplete"
        if kind == "enrol" and body["person"] == entry.person:
            return ""  # an unprotected workspace lets people enrol themselves until a team lead says otherwise
        standing = self.standing(entry.person, entry.past)
        return "" if standing is not None and standing.role == "team_lead" else "not_allowed"

    def _drop_outvoted_revocations(self) -> None:
        """Leads who revoke each other both lose, except the founder."""
        for entry in list(self._revocations):
            if entry.record.body["person"] != self._founder:
                continue
            answered = any(
                other.person == self._founder
                and other.record.body["person"] == entry.person
                and _concurrent(entry, other)
                for other in self._revocations
            )
            if answered:
                self._remove(entry)
                self.refused[entry.record.ref] = "founder_holds"
        for entry in self._revocations:
            self._acknowledged[str(entry.record.ref)] = self._prefixes(entry.record.body.get("acknowledged"))

    def _remove(self, entry: Entry) -> None:
        self.refused.setdefault(entry.record.ref, "revoked")
        for kept in (*self._about.values(), self._adoptions, self._settings, self._revocations):
            if entry in kept:
                kept.remove(entry)

    def _prefixes(self, acknowledged: object) -> dict[str, tuple[int, frozenset[str]]]:
        prefixes: dict[str, tuple[int, frozenset[str]]] = {}
        for text in acknowledged if isinstance(acknowledged, list) else []:
            try:
                ref = Ref.parse(text)
            except ValueError:
                continue
            if ref.seq > prefixes.get(ref.journal, (0, frozenset()))[0]:
                prefixes[ref.journal] = (ref.seq, self._chain(ref))
        return prefixes

    def _chain(self, ref: Ref) -> frozenset[str]:
        """Digests of the records up to `ref` on its own branch, as far down as they are here."""
        digests = {ref.digest}
        entry = self._records.get(ref)
        while entry is not None and entry.record.seq > 1:
            below = Ref(ref.journal, entry.record.seq - 1, entry.record.prev)
            digests.add(below.digest)
            entry = self._records.get(below)
        return frozenset(digests)

    # -- what others ask

    def standing(self, person: str, past: int = ALL) -> Standing | None:
        """Role and group of a person, as told by the authority records in `past`; `None`: no right."""
        key = (person, past)
        if key not in self._standing:
            self._standing[key] = self._stand(person, past)
        return self._standing[key]

    def _stand(self, person: str, past: int) -> Standing | None:
        known = [entry for entry in self._about.get(person, ()) if entry.bit & past]
        latest = [entry for entry in known if not any(entry.bit & other.past for other in known)]
        by_lead = [entry for entry in known if entry.person != person or entry.record.kind != "enrol"]
        if by_lead:
            latest = [entry for entry in by_lead if not any(entry.bit & other.past for other in by_lead)]
        if not latest or any(entry.record.kind == "revoke" for entry in latest):
            return None
        role = min((str(entry.record.body["role"]) for entry in latest), key=ROLES.index)
        groups = [group for entry in sorted(known, key=attrgetter("order")) if (group := _word(entry, "group"))]
        return Standing(role, groups[-1] if groups else "")

    def enrolled_role(self, entry: Entry) -> str | None:
        """Role of a doorstep fact's author: in its causal past, else anywhere in the set; `None`: not enrolled."""
        standing = self.standing(entry.person, entry.past)
        if standing is None:
            known = self._about.get(entry.person, ())
            standing = self.standing(entry.person)
            if standing is None and any(e.record.kind == "enrol" for e in known):
                standing = self._stand(entry.person, sum(e.bit for e in known if e.record.kind != "revoke"))
        return standing.role if standing else None

    def voids(self, entry: Entry) -> bool:
        """Whether a revocation of its author takes this record's effect away."""
        revocations = [r for r in self._revocations if r.record.body["person"] == entry.person]
        if not revocations or self._readmitted(entry, revocations):
            return False
        for revocation in revocations:
            prefix = self._acknowledged.get(str(revocation.record.ref), {}).get(entry.record.journal)
            if (
                prefix
                and entry.record.seq <= prefix[0]
                and (entry.record.digest in prefix[1] or len(prefix[1]) < prefix[0])
            ):
                return False
        return True

    def _readmitted(self, entry: Entry, revocations: list[Entry]) -> bool:
        admissions = [
            other
            for other in self._about.get(entry.person, ())
            if other.record.kind == "enrol" and other.person != entry.person and other.bit & (entry.past | entry.bit)
        ]
        return all(any(r.bit & other.past for other in admissions) for r in revocations)

    def reach(self, person: str, past: int = ALL) -> frozenset[str] | None:
        """Buildings (`estate/building`) that are a person's own, or its group's for a group lead; `None`: every one."""
        key = (person, past)
        if key not in self._reach:
            self._reach[key] = self._reckon_reach(person, past)
        return self._reach[key]

    def _reckon_reach(self, person: str, past: int) -> frozenset[str] | None:
        standing = self.standing(person, past)
        if standing is None or standing.role == "team_lead":
            return None
        adoptions = self.adoptions(past)
        if standing.role == "group_lead" and standing.group:
            members = self.group_members(standing.group, past)
            mine = [a for a in adoptions if a.group == standing.group or a.person in members]
        else:
            mine = [a for a in adoptions if a.person == person]
        buildings = frozenset(building for adoption in mine for building in adoption.buildings)
        return buildings or None

    def group_members(self, group: str, past: int = ALL) -> frozenset[str]:
        """Ids of the persons of a work group."""
        standings = {person: self.standing(person, past) for person in self._about}
        return frozenset(person for person, standing in standings.items() if standing and standing.group == group)

    def adoptions(self, past: int = ALL) -> list[Adoption]:
        """Adoptions in force, one for each level and place: the later record in fold order ends the earlier."""
        current: dict[tuple[int, str], Adoption] = {}
        for entry in sorted(self._adoptions, key=attrgetter("order")):
            if entry.bit & past:
                body = entry.record.body
                place, level = str(body["place"]), int(body["level"])
                listed = body.get("buildings")
                buildings = tuple(map(str, listed)) if isinstance(listed, list) else ((place,) if level == 3 else ())
                current[level, place] = Adoption(level, place, _word(entry, "person"), _word(entry, "group"), buildings)
        return list(current.values())

    def settings(self) -> dict[str, Any]:
        """Settings in force: of each name the latest record's value."""
        merged: dict[str, Any] = {}
        for entry in self._settings:
            merged.update(entry.record.body)
        return merged

    def people(self) -> dict[str, Person]:
        """Everybody ever enrolled, by id."""
        people: dict[str, Person] = {}
        for person, entries in self._about.items():
            enrols = [e for e in sorted(entries, key=attrgetter("order")) if e.record.kind == "enrol"]
            if enrols:
                names = [name for e in enrols if (name := _word(e, "name"))]
                standing = self.standing(person)
                role = standing.role if standing else str(enrols[-1].record.body["role"])
                laptops = {_word(e, "device") or e.device: int(e.record.body["laptop"]) for e in enrols}
                group = standing.group if standing else ""
                people[person] = Person(person, names[-1] if names else "?", role, group, laptops, standing is None)
        return people


def _concurrent(one: Entry, other: Entry) -> bool:
    return not (one.bit & other.past or other.bit & one.past)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_laptop(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000


def _word(entry: Entry, name: str) -> str:
    value = entry.record.body.get(name)
    return value if isinstance(value, str) else ""
