"""Trust (钥匙与信任): who is let in with which keys on which laptop; a lost laptop; a new team key."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from storage.access import EPOCH, WRAP
from storage.batch import Batch
from storage.errors import Locked
from storage.keys import Identity, fingerprint, identity_of_code, new_code
from storage.record import Entry, Ref
from storage.sealing import Keyring
from zhubao_tui.community.authority import LEADS, ROLES, Enrolled, Person
from zhubao_tui.community.kinds import PLACES

from .errors import MoveRefused
from .founding import begin_epoch, recovery_enrolment, wraps_for, wraps_of_all
from .joining import REQUEST
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody who asks to be let in on a laptop."""

    person: str
    name: str
    """Empty where it can't be read here."""
    device: str
    key: str
    wrap: str
    day: str
    """Day of the asking laptop's clock, `YYYY-MM-DD`."""
    fingerprint: str
    """Six groups of five digits, to be compared by telephone or at the desk."""


@dataclass(frozen=True, slots=True)
class Laptop:
    """A laptop that somebody was let in on."""

    number: int
    device: str
    people: tuple[Person, ...]
    last: str
    """Wall time of the last record that came from it, ISO 8601; empty: none yet."""
    records: int
    """How many records were written on it."""
    revoked: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """What a lost laptop held, as far as is known here."""

    laptop: Laptop
    records: int
    """Records that it knew when it was last heard."""
    households: int
    """Households of which it held something personal."""
    acknowledged: int
    """Records of its own that still count."""


class Trust:
    """What a team lead may do about keys."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    # -- who asks, who is in

    def requests(self) -> list[Request]:
        """Everybody who has asked and is not let in, the latest first."""
        known = {one.key for one in self._workspace.community.authority.enrolled()}
        found: dict[str, Request] = {}
        for head in self._workspace.store.ledger.journals():
            told = head.extra.get(REQUEST)
            if head.key and head.key not in known and isinstance(told, Mapping) and _is_key(told.get("wrap")):
                compared = fingerprint(head.community, head.person, head.device, head.key, told["wrap"])
                name = self._opened(told.get("name"))
                found[head.key] = Request(
                    head.person, name, head.device, head.key, told["wrap"], _day(head.day), compared
                )
        return sorted(found.values(), key=attrgetter("day", "key"), reverse=True)

    def is_here(self, laptop: Laptop) -> bool:
        """Whether it is the laptop that I sit at."""
        return laptop.device == self._workspace.store.device

    def known_as(self, request: Request) -> Person | None:
        """Whom a request's name already stands for: letting it in is letting that person in, on a further laptop."""
        return self._workspace.person_named(request.name) if request.name else None

    def reads_care(self, request: Request) -> bool:
        """Whether whoever a request's name stands for reads care needs already, on another laptop or with other keys."""
        known = self.known_as(request)
        enrolled = self._workspace.community.authority.enrolled()
        return known is not None and any(one.keeps_care for one in enrolled if one.person == known.id)

    def _opened(self, name: object) -> str:
        ring = self._workspace.store.ring
        data = ring.unsealed(name, REQUEST) if ring is not None and isinstance(name, str) else None
        return data.decode("utf-8", "replace") if data is not None else ""

    def laptops(self) -> list[Laptop]:
        """Every laptop that somebody was let in on, by number."""
        by_device: dict[str, list[Enrolled]] = {}
        for one in self._workspace.community.authority.enrolled():
            if one.device:
                by_device.setdefault(one.device, []).append(one)
        written: Counter[str] = Counter()
        last: dict[str, Entry] = {}
        for entry in self._workspace.store.ledger.of_all():
            written[entry.device] += 1
            if entry.device not in last or entry.order > last[entry.device].order:
                last[entry.device] = entry
        people = self._workspace.community.people
        found = [
            Laptop(
                ones[-1].laptop, device, tuple(people[person] for person in dict.fromkeys(one.person for one in ones)),
                _at(last.get(device)), written[device], all(one.revoked for one in ones),
            )
            for device, ones in by_device.items()
        ]  # fmt: skip
        return sorted(found, key=attrgetter("number", "device"))

    # -- letting in

    def grant(self, request: Request, role: str, group: str = "", *, helper: bool = False) -> int:
        """Let somebody in with the keys that they asked with; returns the laptop's number.

        Who bears the name of somebody enrolled is that person, on a further laptop or with new keys, and keeps the role. A
        `helper` of care households gets the care key on this laptop, as leads do.

        Raises:
            MoveRefused: I am no team lead.
            ValueError: The role is none of `ROLES`.
            Locked: The team's keys are not here.
        """
        self._need_team_lead()
        if role not in ROLES:
            raise ValueError(role)
        workspace = self._workspace
        laptop = next((one.number for one in self.laptops() if one.device == request.device), 0)
        laptop = laptop or workspace.free_laptop()
        known = self.known_as(request)
        role = known.role if known else role
        body: dict[str, object] = {
            "person": known.id if known else request.person, "name": request.name or request.person[:6], "role": role,
            "laptop": laptop, "device": request.device, "key": request.key, "wrap": request.wrap,
        }  # fmt: skip
        with workspace.writing() as batch:
            batch.add("enrol", body | ({"group": group} if group else {}) | ({"helper": True} if helper else {}))
            for wraps in wraps_of_all(workspace, {request.key: request.wrap}, keeps_care=helper or role in LEADS):
                batch.add(WRAP, wraps)
        return laptop

    def hand_on(self) -> int:
        """Give each enrolled laptop the keys that it lacks: it was let in while another lead made a new one.

        Returns:
            How many `wrap` records were written.
        """
        ring = self._workspace.store.ring
        if ring is None or self._workspace.role != "team_lead" or self._workspace.read_only:
            return 0
        if self._is_open_to_the_revoked():  # another lead made a key without knowing that a laptop was lost
            with self._workspace.writing() as batch:
                self._begin_epoch(batch, without=set())
        bodies = [body for pair in self._workspace.community.authority.epochs() for body in self._lacking(ring, pair)]
        if bodies:
            with self._workspace.writing() as batch:
                for body in bodies:
                    batch.add(WRAP, body)
        return len(bodies)

    def _is_open_to_the_revoked(self) -> bool:
        """Whether somebody who was shut out has the team key in force."""
        enrolled = self._workspace.community.authority.enrolled()
        out, keys = {one.key for one in enrolled if one.revoked}, {one.key for one in enrolled if not one.revoked}
        force = self._workspace.community.authority.epoch()[0]
        return any(
            out & _names(entry.record.body.get("wraps"))
            for entry in self._workspace.store.ledger.of_kinds(EPOCH, WRAP)
            if entry.key in keys and entry.record.body.get("epoch") == force
        )

    def _lacking(self, ring: Keyring, pair: tuple[str, str]) -> list[dict[str, object]]:
        epoch, care = pair
        if epoch not in ring.epochs:
            return []
        keys = {one.key for one in self._in_force()}
        have: set[str] = set()
        have_care: set[str] = set()
        for entry in self._workspace.store.ledger.of_kinds(EPOCH, WRAP):
            if entry.key not in keys:
                continue
            body = entry.record.body
            have |= _names(body.get("wraps")) if body.get("epoch") == epoch else set()
            have_care |= _names(body.get("care_wraps")) if body.get("care") == care else set()
        members = {one.key: one.wrap for one in self._in_force() if one.key not in have}
        keepers = {
            one.key: one.wrap
            for one in self._in_force()
            if one.keeps_care and one.key not in have_care and care in ring.care
        }
        return [wraps_for(ring, pair, members, keepers)] if members or keepers else []

    def _in_force(self) -> list[Enrolled]:
        return [one for one in self._workspace.community.authority.enrolled() if not one.revoked and one.wrap]

    # -- shutting out

    def lose(self, device: str) -> Lost:
        """A laptop is lost: its keys count no more, and what comes from now on is sealed with a new team key.

        What it wrote and is known here still counts; anything else from it is listed and without effect.

        Raises:
            MoveRefused: I am no team lead, or it is the laptop that I sit at.
            ValueError: Nobody was let in on such a laptop.
        """
        self._need_team_lead()
        if device == self._workspace.store.device:
            raise MoveRefused("revoke", "own_laptop")
        laptop = next((one for one in self.laptops() if one.device == device), None)
        if laptop is None:
            raise ValueError(device)
        lost = self.what_was_on(laptop)
        ones = [one for one in self._in_force() if one.device == device]
        with self._workspace.writing() as batch:
            for one in ones:
                batch.add("revoke", {"person": one.person, "key": one.key, "acknowledged": self._heads_of(one.key)})
            self._begin_epoch(batch, without={one.key for one in ones})
        return lost

    def what_was_on(self, laptop: Laptop) -> Lost:
        """What a laptop held when it was last heard: all that its records, or those that let it in, rest on."""
        ledger = self._workspace.store.ledger
        own = [entry for entry in ledger.of_all() if entry.device == laptop.device]
        let_in = [e for e in ledger.of_kinds("enrol") if e.record.body.get("device") == laptop.device]
        known = ledger.past_of(entry.record.ref for entry in (*own, *let_in))
        households = {
            str(entry.record.body.get("household"))
            for ref in known
            if (entry := ledger.get(ref)) is not None
            and entry.record.kind in PLACES | {"personal"}
            and entry.record.body.get("household")
        }
        return Lost(laptop, len(known), len(households), len(own))

    def _heads_of(self, key: str) -> list[str]:
        ledger = self._workspace.store.ledger
        heads = (ledger.get(ref) for ref in ledger.heads())
        return [str(entry.record.ref) for entry in heads if entry is not None and entry.key == key]

    # -- keys of the team

    def renew(self) -> str:
        """Make a new team key and a new recovery code, which takes the old one's place; returns the code.

        Raises:
            MoveRefused: I am no team lead.
            Locked: The team's keys are not here.
        """
        self._need_team_lead()
        workspace, code = self._workspace, new_code()
        recovery = identity_of_code(code, workspace.store.community, workspace.person)
        me = workspace.community.people[workspace.person]
        old = [one for one in self._in_force() if not one.device]
        with workspace.writing() as batch:
            for one in old:
                batch.add("revoke", {"person": one.person, "key": one.key, "acknowledged": self._heads_of(one.key)})
            batch.add("enrol", recovery_enrolment(workspace, me.id, me.name, recovery))
            self._begin_epoch(batch, without={one.key for one in old}, also=recovery)
        return code

    def _begin_epoch(self, batch: Batch, without: set[str], also: Identity | None = None) -> Ref:
        ring = self._workspace.store.ring
        if ring is None:
            raise Locked(self._workspace.store.folder.name)
        pair = begin_epoch(ring)
        members = {one.key: one.wrap for one in self._in_force() if one.key not in without}
        keepers = {one.key: one.wrap for one in self._in_force() if one.keeps_care and one.key not in without}
        if also is not None:
            members, keepers = members | {also.sign: also.wrap}, keepers | {also.sign: also.wrap}
            for body in wraps_of_all(self._workspace, {also.sign: also.wrap}, keeps_care=True):
                batch.add(WRAP, body)
        return batch.add(EPOCH, wraps_for(ring, pair, members, keepers) | {"begins": True})

    def _need_team_lead(self) -> None:
        if self._workspace.role != "team_lead":
            raise MoveRefused("enrol", "not_allowed")


def _is_key(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _day(text: str) -> str:
    return text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else "?"


def _names(wraps: object) -> set[str]:
    return set(wraps) if isinstance(wraps, Mapping) else set()


def _at(entry: Entry | None) -> str:
    return entry.record.at if entry is not None else ""
