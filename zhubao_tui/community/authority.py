"""Pass 1 of the fold: who is enrolled, in which role, for which buildings, under which settings.

Rights are judged by the authority records in a record's own causal past, so every laptop judges alike; a revocation
alone reaches records that did not know of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from storage.record import Entry, Ref

from .refs import refs_in

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
class Enrolled:
    """One person's keys on one laptop, as a team lead let them in; in a sealed workspace only."""

    person: str
    device: str
    laptop: int
    """Laptop number; 0 of the recovery code, which is no laptop."""
    key: str
    """Signing key."""
    wrap: str
    """Key that others wrap team keys for."""
    revoked: bool
    keeps_care: bool
    """Whether the person may read care needs, wishes and health facts: leads, and who was let in as a helper (帮扶人)."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """包联: who answers for a place; level 1 community, 2 big branch, 3 building."""

    level: int
    place: str
    person: str
    group: str
    buildings: tuple[str, ...]


class Records(Protocol):
    """Where any record is found: a mapping, or a ledger."""

    def get(self, ref: Ref, /) -> Entry | None:
        """A record at its place; `None` where it is not here."""


class Prefix(NamedTuple):
    """Records of one journal that a revocation acknowledges: those up to `last` on its branch."""

    last: int
    first: int
    """From here up the branch is known; below it is not here (yet), so every record counts as acknowledged."""
    digests: frozenset[str]

    def holds(self, seq: int, digest: str) -> bool:
        """Whether a record of this journal is acknowledged."""
        return seq <= self.last and (seq < self.first or digest in self.digests)


class Authority:
    """The authority records, judged: ask it what somebody is, was, or may reach. Never changes once it is made."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        founder: str = "",
        founder_key: str = "",
        records: Records | None = None,
    ):
        """Judge the records.

        Args:
            entries: All authority records at hand, in any order.
            founder: Person id of who ran `init`; empty while the founding journal is not here.
            founder_key: The founder's signing key; empty in an unprotected workspace, where nobody has any.
            records: All records, to follow a journal's chain down from an acknowledged head.
        """
        self._founder, self._founder_key = founder, founder_key
        self._records: Records = {} if records is None else records
        ordered = sorted(entries, key=attrgetter("order"))
        self._mask = 0
        for entry in ordered:
            self._mask |= entry.bit
        self.unsettled: set[str] = set()
        """Journals of which a revocation acknowledges a record that is not here down to the first: what arrives of
        them may change what is void."""
        self._revocations: dict[str, list[Entry]] = {}
        self._prefixes: dict[Ref, dict[str, Prefix]] = {}
        self._begin()
        for entry in ordered:
            self._judge(entry)
        if self._revocations:
            self._judge_with_revocations(ordered)

    # -- judging the authority records themselves

    def _begin(self) -> None:
        self.refused: dict[Ref, str] = {}
        """Authority records without effect, each with the code of why."""
        self._about: defaultdict[str, list[Entry]] = defaultdict(list)
        self._adoptions: list[Entry] = []
        self._settings: list[Entry] = []
        self._epochs: list[Entry] = []
        self._admitted: dict[tuple[str, str], int] = {}
        """By person and signing key: bits of the records that enrol it."""
        self._forget()

    def _forget(self) -> None:
        self._standing: dict[tuple[str, int], Standing | None] = {}
        self._reach: dict[tuple[str, int], frozenset[str] | None] = {}
        self._members: dict[tuple[str, int], frozenset[str]] = {}
        self._people: dict[str, Person] | None = None

    def _judge(self, entry: Entry, known_reason: str = "") -> None:
        kind, body = entry.record.kind, entry.record.body
        reason = known_reason or self._fault(entry)
        if reason:
            self.refused[entry.record.ref] = reason
            return
        if kind in ("enrol", "role", "revoke"):
            self._about[body["person"]].append(entry)
            if kind == "enrol":
                admitted = (str(body["person"]), _word(entry, "key"))
                self._admitted[admitted] = self._admitted.get(admitted, 0) | entry.bit
            if kind == "revoke" and entry.record.ref not in self._prefixes:
                self._revocations.setdefault(body["person"], []).append(entry)
                self._prefixes[entry.record.ref] = self._acknowledged(entry)
        elif kind == "adoption":
            self._adoptions.append(entry)
        elif kind == "epoch":
            self._epochs.append(entry)
        else:
            self._settings.append(entry)
        self._forget()

    def _judge_with_revocations(self, ordered: list[Entry]) -> None:
        """Judge all once more without what is void, until no revocation loses its right by that."""
        lost = self._lost_revocations()
        while True:
            self._revocations = _grouped(
                entry for entries in self._revocations.values() for entry in entries if entry.record.ref not in lost
            )
            self._begin()
            for entry in ordered:
                reason = lost.get(entry.record.ref, "")
                if not reason and entry.record.kind != "revoke" and self.voids(entry):
                    reason = "revoked"
                self._judge(entry, reason)
            fallen = {ref: why for ref, why in self.refused.items() if ref in self._prefixes and ref not in lost}
            if not fallen:
                return
            lost |= fallen

    def _fault(self, entry: Entry) -> str:
        kind, body = entry.record.kind, entry.record.body
        if kind in ("enrol", "role", "revoke") and not _is_word(body.get("person")):
            return "incomplete"
        if kind in ("enrol", "role") and body.get("role") not in ROLES:
            return "incomplete"
        if kind == "enrol" and not (_is_laptop(body.get("laptop")) or body.get("recovery") is True):
            return "incomplete"
        if kind == "epoch" and not (_is_word(body.get("epoch")) and _is_word(body.get("care"))):
            return "incomplete"
        if kind == "adoption" and (body.get("level") not in (1, 2, 3) or not _is_word(body.get("place"))):
            return "incomplete"
        if kind == "enrol" and body["person"] == entry.person and self._may_enrol_oneself(entry):
            return ""
        if not self.knows(entry):
            return "not_enrolled"
        standing = self.standing(entry.person, entry.past)
        return "" if standing is not None and standing.role == "team_lead" else "not_allowed"

    def _may_enrol_oneself(self, entry: Entry) -> bool:
        """An unprotected workspace lets everybody, until a team lead says otherwise; a sealed one the founder alone."""
        if not self._founder_key:
            return True
        return entry.person == self._founder and entry.key == self._founder_key == entry.record.body.get("key")

    def _lost_revocations(self) -> dict[Ref, str]:
        """Revocations that another one takes the effect of, with the code of why.

        A revocation is void like any record of a revoked person beyond what was acknowledged. Only leads who revoke
        each other (in a circle, too) both lose: there none voids the other; but one against the founder gives way.
        """
        revocations = [entry for entries in self._revocations.values() for entry in entries]
        voided_by = {
            entry.record.ref: [
                other.record.ref
                for other in self._revocations.get(entry.person, ())
                if other is not entry and _word(other, "key") in ("", entry.key) and not self._spares(other, entry)
            ]
            for entry in revocations
        }
        lost: dict[Ref, str] = {}
        for entry in revocations:
            ref = entry.record.ref
            if entry.record.body["person"] == self._founder and ref in _ancestors(ref, voided_by):
                lost[ref] = "founder_holds"
        above = {
            ref: _ancestors(ref, {one: [by for by in others if by not in lost] for one, others in voided_by.items()})
            for ref in voided_by
        }
        for ref in sorted(voided_by, key=lambda one: (len(above[one]), one not in above[one])):  # from above downwards
            outside = [by for by in voided_by[ref] if by not in lost and ref not in above[by]]
            if outside:
                lost.setdefault(ref, "revoked")
        return lost

    def _acknowledged(self, revocation: Entry) -> dict[str, Prefix]:
        prefixes: dict[str, Prefix] = {}
        for ref in refs_in(revocation.record.body, "acknowledged"):
            if ref.journal not in prefixes or ref.seq > prefixes[ref.journal].last:
                prefixes[ref.journal] = self._prefix(ref)
        return prefixes

    def _prefix(self, ref: Ref) -> Prefix:
        """The records up to `ref` on its own branch, as far down as they are here."""
        digests = {ref.digest}
        first, entry = ref.seq, self._records.get(ref)
        while entry is not None and first > 1:
            first -= 1
            digests.add(entry.record.prev)
            entry = self._records.get(Ref(ref.journal, first, entry.record.prev))
        if first > 1:
            self.unsettled.add(ref.journal)
        return Prefix(ref.seq, first, frozenset(digests))

    # -- what others ask

    def standing(self, person: str, past: int = ALL) -> Standing | None:
        """Role and group of a person, as told by the authority records in `past`; `None`: no right."""
        key = (person, past & self._mask)
        if key not in self._standing:
            self._standing[key] = self._stand(*key)
        return self._standing[key]

    def _stand(self, person: str, past: int) -> Standing | None:
        known = [entry for entry in self._about.get(person, ()) if entry.bit & past]
        by_lead = [entry for entry in known if not _is_own_enrolment(entry)]
        admitted = [entry for entry in by_lead if entry.record.kind == "enrol"]
        for entry in known:
            if (
                entry.record.kind == "revoke"
                and not _word(entry, "key")
                and not any(entry.bit & other.past for other in admitted)
            ):
                return None
        telling = [entry for entry in by_lead if entry.record.kind != "revoke"]
        if telling:
            latest = [entry for entry in telling if not any(entry.bit & other.past for other in telling)]
        else:  # what one chose at first: to enrol oneself again, on a further laptop, changes no role
            latest = [entry for entry in known if not any(other.bit & entry.past for other in known)]
        if not latest:
            return None
        role = min((str(entry.record.body["role"]) for entry in latest), key=ROLES.index)
        groups = [group for entry in sorted(known, key=attrgetter("order")) if (group := _word(entry, "group"))]
        return Standing(role, groups[-1] if groups else "")

    def enrolled_role(self, entry: Entry) -> str | None:
        """Role of a doorstep fact's author: in its causal past, else anywhere in the set; `None`: not enrolled."""
        standing = self.standing(entry.person, entry.past) or self.standing(entry.person)
        if standing is None:  # revoked: what was acknowledged still counts
            enrolments = sum(e.bit for e in self._about.get(entry.person, ()) if e.record.kind != "revoke")
            standing = self.standing(entry.person, enrolments)
        return standing.role if standing else None

    def knows(self, entry: Entry) -> bool:
        """Whether the key that signed a record was enrolled as its author's in the record's own causal past."""
        return not self._founder_key or bool(self._admitted.get((entry.person, entry.key), 0) & entry.past)

    def knows_anywhere(self, entry: Entry) -> bool:
        """Whether that key is enrolled anywhere in the set, which is enough for doorstep facts."""
        return not self._founder_key or (entry.person, entry.key) in self._admitted

    def voids(self, entry: Entry) -> bool:
        """Whether a revocation of its author takes this record's effect away; of several the longest prefix holds."""
        revocations = self._revocations.get(entry.person)
        if not revocations:
            return False
        against = [one for one in revocations if _word(one, "key") in ("", entry.key)]
        return bool(against) and not any(self._spares(one, entry) for one in against)

    def _spares(self, revocation: Entry, entry: Entry) -> bool:
        """Whether a revocation leaves a record its effect: it acknowledged it, or its author was admitted again."""
        prefix = self._prefixes[revocation.record.ref].get(entry.record.journal)
        if prefix is not None and prefix.holds(entry.record.seq, entry.record.digest):
            return True
        return any(
            other.record.kind == "enrol" and not _is_own_enrolment(other)
            and other.bit & entry.past and revocation.bit & other.past
            for other in self._about.get(entry.person, ())
        )  # fmt: skip

    def reach(self, person: str, past: int = ALL) -> frozenset[str] | None:
        """Buildings (`estate/building`) that are a person's own, or its group's for a group lead; `None`: every one."""
        key = (person, past & self._mask)
        if key not in self._reach:
            self._reach[key] = self._reckon_reach(*key)
        return self._reach[key]

    def _reckon_reach(self, person: str, past: int) -> frozenset[str] | None:
        standing = self.standing(person, past)
        if standing is None or standing.role == "team_lead":
            return None
        ever_adopted = any(_word(entry, "person") == person for entry in self._adoptions if entry.bit & past)
        if not standing.group and not ever_adopted:
            return None  # nobody has said yet what is theirs
        adoptions = self.adoptions(past)
        if standing.role == "group_lead" and standing.group:
            members = self.group_members(standing.group, past)
            mine = [a for a in adoptions if a.group == standing.group or a.person in members]
        else:
            mine = [a for a in adoptions if a.person == person]
        return frozenset(building for adoption in mine for building in adoption.buildings)

    def group_members(self, group: str, past: int = ALL) -> frozenset[str]:
        """Ids of the persons of a work group."""
        key = (group, past & self._mask)
        if key not in self._members:
            standings = {person: self.standing(person, past) for person in self._about}
            self._members[key] = frozenset(
                p for p, standing in standings.items() if standing and standing.group == group
            )
        return self._members[key]

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

    def epoch(self) -> tuple[str, str]:
        """Id of the team key in force and public half of the care key: of the latest; empty where there is none."""
        latest = max(self._epochs, key=attrgetter("order"), default=None)
        return (_word(latest, "epoch"), _word(latest, "care")) if latest is not None else ("", "")

    def epochs(self) -> list[tuple[str, str]]:
        """All team keys with their care keys, oldest first."""
        ordered = sorted(self._epochs, key=attrgetter("order"))
        return list(dict.fromkeys((_word(entry, "epoch"), _word(entry, "care")) for entry in ordered))

    def enrolled(self) -> list[Enrolled]:
        """Everybody's keys on every laptop, as they were let in, in fold order."""
        found: dict[str, Enrolled] = {}
        for person, entries in self._about.items():
            for entry in entries:
                key = _word(entry, "key")
                if entry.record.kind == "enrol" and key:
                    found[key] = self._enrolled(person, key, entry)
        return list(found.values())

    def _enrolled(self, person: str, key: str, enrol: Entry) -> Enrolled:
        standing = self.standing(person)
        revoked = standing is None or any(
            _word(one, "key") == key and not one.bit & enrol.past for one in self._revocations.get(person, ())
        )
        laptop = enrol.record.body.get("laptop")
        return Enrolled(
            person, _word(enrol, "device"), laptop if isinstance(laptop, int) else 0, key, _word(enrol, "wrap"), revoked,
            standing is not None and (standing.role in LEADS or enrol.record.body.get("helper") is True),
        )  # fmt: skip

    def settings(self) -> dict[str, Any]:
        """Settings in force: of each name the latest record's value."""
        merged: dict[str, Any] = {}
        for entry in self._settings:
            merged.update(entry.record.body)
        return merged

    def people(self) -> dict[str, Person]:
        """Everybody ever enrolled, by id."""
        if self._people is None:
            self._people = dict(filter(None, map(self._person, self._about)))
        return self._people

    def _person(self, person: str) -> tuple[str, Person] | None:
        entries = self._about[person]  # in fold order, as they were judged
        enrols = [entry for entry in entries if entry.record.kind == "enrol"]
        if not enrols:
            return None
        names = [name for entry in enrols if (name := _word(entry, "name"))]
        standing = self.standing(person)
        role = standing.role if standing else str(enrols[-1].record.body["role"])
        laptops = {
            _word(entry, "device") or entry.device: int(entry.record.body["laptop"])
            for entry in enrols
            if entry.record.body.get("recovery") is not True
        }
        group = standing.group if standing else ""
        return person, Person(person, names[-1] if names else "?", role, group, laptops, standing is None)


def _grouped(revocations: Iterable[Entry]) -> dict[str, list[Entry]]:
    grouped: dict[str, list[Entry]] = {}
    for entry in revocations:
        grouped.setdefault(entry.record.body["person"], []).append(entry)
    return grouped


def _ancestors(ref: Ref, parents: Mapping[Ref, list[Ref]]) -> set[Ref]:
    """All that stands above a node of a small graph; the node itself where it lies on a circle."""
    found: set[Ref] = set()
    pending = list(parents[ref])
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += parents[one]
    return found


def _is_own_enrolment(entry: Entry) -> bool:
    return entry.record.kind == "enrol" and entry.record.body["person"] == entry.person


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_laptop(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000


def _word(entry: Entry, name: str) -> str:
    value = entry.record.body.get(name)
    return value if isinstance(value, str) else ""
