"""The workspace (工作区): one folder on disk, the Community that its records add up to, and who works in it."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storage.batch import Batch
from storage.cache import collector_at_rest
from storage.drafts import Drafts
from storage.errors import Locked, ReadOnlyStore, SaveFailed, StorageError
from storage.intake import Intake, Trouble
from storage.record import Entry, Ref
from storage.settings import is_sealed
from storage.store import Store
from zhubao_tui.border import clean
from zhubao_tui.community.authority import LEADS, ROLES, Person
from zhubao_tui.community.community import Community
from zhubao_tui.community.erasures import Erasure
from zhubao_tui.community.kinds import ERASABLE, LANDMARKS, REPORTS
from zhubao_tui.community.numbers import running_of
from zhubao_tui.i18n import _

from .errors import MoveRefused
from .starting import Kept, forget, keep, recall

if TYPE_CHECKING:
    from storage.keys import Identity
    from storage.sealing import Keyring

Now = Callable[[], datetime]
Progress = Callable[[int, int, str], None]
"""Done, in all, what is being worked at."""


class NobodyChosen(ValueError):
    """Something is to be written, but nobody has said who is at the keyboard."""


class UnknownPerson(ValueError):
    """A name that nobody enrolled bears, where one must be."""


class NotLetIn(ValueError):
    """This laptop has asked to be let in, and no team lead has yet; `fingerprint` is what to compare with them."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__("not let in yet")
        self.fingerprint = fingerprint


class KeysNotHere(ValueError):
    """The journals that hold one's team key are harmed or gone here; a good copy brings them back."""


class HalfJoined(ValueError):
    """A sealed workspace whose joining was broken off before it had asked to be let in."""


class HalfFounded(ValueError):
    """A community's founding was broken off before its first record."""


class ShutOut(ValueError):
    """A team lead has stopped this laptop's keys: what is written with them has no effect."""


class SomebodyElse(ValueError):
    """In a sealed workspace one is who unlocked it: another name needs another passphrase."""


def _is_of(draft: Mapping[str, object], erasure: Erasure) -> bool:
    """Whether an unfinished interview was begun with a household before that was erased."""
    if draft.get("household") != erasure.household or erasure.exception:
        return False
    try:
        return datetime.fromisoformat(str(draft.get("begun"))) <= datetime.fromisoformat(erasure.at)
    except (ValueError, TypeError):
        return True


def wall_clock() -> datetime:
    """The laptop's time with its offset."""
    return datetime.now().astimezone()


class Workspace:
    """One community's workspace; screens and commands change it through the services beside this module."""

    def __init__(self, store: Store, now: Now = wall_clock, kept: Kept | None = None) -> None:
        """Fold what the store holds; `kept` is what its last closing left, where the store went on from that."""
        self.store = store
        self.now = now
        self.person = ""
        """Id of who is at the keyboard; empty until chosen."""
        self.chosen = False
        """Somebody said who they are since this was opened; else `person` is only who was here last."""
        self.drafts = Drafts(store.folder / "drafts", store.identity)
        """Unfinished interviews on this laptop."""
        self.version = 0
        """Counts changes of the Community; a screen that drew an older one draws again."""
        self.running = kept.running if kept else 0
        """Highest running number that a journal of this laptop gave to a report."""
        self._kept = kept is not None and not store.arrived
        """The next start can go on from what is in `cache/` already."""
        entries = store.arrived if kept else store.ledger.entries()
        self._count(entries)
        self.community = kept.community if kept else Community(founder=store.founder, founder_key=store.founder_key)
        self.community.apply(entries, founder=store.founder, founder_key=store.founder_key)
        for entry in entries:
            entry.let_go()
        self._learned = store.keys_learned
        self._seal_under()
        self._be_who_was_let_in()
        self._carried_out: frozenset[Ref] = frozenset()
        """What the store was last told to erase."""
        self._carry_out_erasures(fresh=kept is None or bool(store.arrived))
        last = store.identity.person if store.identity is not None else store.recall("person")
        if isinstance(last, str) and last in self.community.people:
            self._use(last)
            self.chosen = store.sealed

    # -- beginning, opening, closing

    @classmethod
    def create(cls, folder: Path, community_name: str, founder: str, *, office_phone: str = "", now: Now = wall_clock
               ) -> Workspace:  # fmt: skip
        """Begin an unprotected community (a sealed one: `founding.found`); the founder is team lead, on laptop 1.

        Raises:
            WorkspaceExists: The folder already holds a workspace.
            ValueError: A name is empty.
        """
        if not community_name.strip() or not founder.strip():
            raise ValueError("a community and its founder need a name")
        person = secrets.token_hex(8)
        workspace = cls(Store.create(folder, person, now=now, landmarks=LANDMARKS), now)
        workspace._use(person)
        workspace.chosen = True
        settings = {"name": community_name.strip(), "office_phone": office_phone.strip()}
        workspace.write("enrol", workspace.enrolment(person, founder, "team_lead", 1))
        # in a flush of its own: a power cut could leave a community with a name and without its founder
        workspace.write("settings", {name: value for name, value in settings.items() if value})
        workspace.store.remember("person", person)
        return workspace

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        app: bool = False,
        now: Now = wall_clock,
        progress: Progress | None = None,
        identity: Identity | None = None,
    ) -> Workspace:
        """Open a workspace.

        Args:
            folder: The workspace's folder.
            app: Ask for the one lock; without it the workspace may still be read (`read_only`).
            now: The laptop's clock.
            progress: Told of each journal read.
            identity: Whose it is, in a sealed workspace: `storage.keys.unlock` gives it for a passphrase.

        Raises:
            NotAWorkspace: The folder holds none.
            Locked: It is sealed, and no identity is given.
            NotLetIn: It is sealed, and no team lead has let this person in on this laptop yet.
            KeysNotHere: It is sealed, and its file that held this person's team key is harmed or gone.
            HalfFounded: It is sealed, and its founding was broken off.
        """
        if is_sealed(folder) and identity is None:
            raise Locked(folder.name)
        with collector_at_rest():
            kept = recall(folder, identity)
            store = Store.open(
                folder, now=now, landmarks=LANDMARKS, app=app, progress=progress,
                snapshot=kept.snapshot if kept else None, ring=new_ring() if identity is not None else None,
            )  # fmt: skip
            if identity is not None:
                store.unlock(identity)
                if store.ring is not None and not store.ring.epochs:
                    store.absorb_inbox()  # what opens the rest may just have been put there
                if store.ring is None or not store.ring.epochs:
                    why = _why_closed(store, identity)
                    store.close()
                    raise why
                if store.recall(ASKED) and not store.read_only:
                    store.remember(ASKED, value=False)
            workspace = cls(store, now, kept if store.resumed else None)
            if app:  # what was loaded stays: no search for garbage need look at it
                gc.freeze()
            return workspace

    def close(self) -> None:
        """Let go of the lock and of open files; what was folded is kept for a fast start."""
        try:
            self._keep()
        finally:
            self.drafts.close()
            self.store.close()

    def _keep(self) -> None:
        """Keep what was folded, if it is all that the store holds: an exchange that was broken off had not got so far."""
        if self._kept or self.read_only or len(self.community) != len(self.store.ledger):
            return
        snapshot = self.store.snapshot()
        if snapshot is not None:
            keep(self.store.folder, Kept(snapshot, self.community, self.running), self.store.identity)
            self._kept = True

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # -- who is here

    @property
    def read_only(self) -> bool:
        """Whether another app writes here, or the folder can't be written."""
        return self.store.read_only

    @property
    def holder(self) -> str:
        """Which process has the app's place, for people; empty where it is ours or nobody can have it."""
        return self.store.holder

    @property
    def folder(self) -> Path:
        """Where it lies on disk."""
        return self.store.folder

    @property
    def sealed(self) -> bool:
        """Whether everything that is written here is sealed and signed; else every screen says that it is not."""
        return self.store.sealed

    @property
    def name(self) -> str:
        """The community's name."""
        return str(self.community.settings.get("name", ""))

    @property
    def me(self) -> Person | None:
        """Who is at the keyboard."""
        return self.community.people.get(self.person)

    @property
    def role(self) -> str:
        """My role now; empty while nobody is chosen."""
        return self.community.role(self.person)

    @property
    def is_lead(self) -> bool:
        """Whether I am a group or team lead."""
        return self.role in LEADS

    @property
    def may_write(self) -> bool:
        """Whether I may write anything here: an observer and a second app only look."""
        return not self.read_only and not self.shut_out and self.role not in ("", "observer")

    @property
    def shut_out(self) -> bool:
        """Whether a team lead has taken the effect of what I write on this laptop: it was reported lost."""
        identity = self.store.identity
        if identity is None:
            return False
        return any(one.key == identity.sign and one.revoked for one in self.community.authority.enrolled())

    @property
    def sees_cases(self) -> bool:
        """Whether I may see issues and cases one by one: an observer sees counts alone."""
        return self.role not in ("", "observer")

    @property
    def laptop(self) -> int:
        """This laptop's number; 0 before anybody enrolled on it."""
        numbers = (person.laptops.get(self.store.device) for person in self.community.people.values())
        return next((number for number in numbers if number), 0)

    def people(self) -> list[Person]:
        """Everybody enrolled, by name."""
        return sorted(self.community.people.values(), key=lambda person: person.name)

    def troubles(self) -> list[Trouble]:
        """What is wrong with files, and with what they add up to."""
        return self.store.troubles

    def whose(self, trouble: Trouble) -> str:
        """Laptop and author of the journal that a trouble is about; empty where nobody here knows."""
        head = self.store.ledger.head(trouble.journal) if trouble.journal else None
        person = self.community.people.get(head.person) if head is not None else None
        if head is None or person is None:
            return ""
        return _("{number} 号电脑，{name}").format(number=person.laptops.get(head.device, "?"), name=clean(person.name))

    def people_here(self) -> list[Person]:
        """Everybody enrolled on this laptop, by name."""
        own = self.store.own_devices
        return [person for person in self.people() if own & person.laptops.keys()]

    def person_named(self, name: str) -> Person | None:
        """Who bears a name; the first enrolled of several."""
        wanted = name.strip()
        return next((person for person in self.people() if person.name == wanted), None)

    def choose(self, name: str, role: str = "") -> Person:
        """Say who is at the keyboard; a new name writes its own `enrol`, a known one is that person, role and all.

        Args:
            name: As it should be shown.
            role: Of a new person, one of `ROLES`; a known one's is not changed.

        Raises:
            ValueError: The name is empty.
            UnknownPerson: A new person's role is none of `ROLES`.
            SomebodyElse: The workspace is sealed and was unlocked by another person.
            StorageError: The `enrol` could not be written; whoever was there is still there.
        """
        if not name.strip():
            raise ValueError("a name is needed")
        known = self.person_named(name)
        if self.store.sealed:
            if known is None or known.id != self.person:
                raise SomebodyElse
            return known
        if known is None and role not in ROLES:
            raise UnknownPerson(name)
        before = self.person
        if known is None and self.read_only:
            raise ReadOnlyStore(self.store.folder.name)
        self._use(known.id if known else secrets.token_hex(8))
        if known is None or (self.store.device not in known.laptops and not self.read_only):
            chosen = known.role if known else role
            try:
                self.write("enrol", self.enrolment(self.person, name, chosen, self.laptop or self.free_laptop()))
            except StorageError:  # whoever was there is still there
                self._use(before)
                raise
        self.chosen = True
        return self.community.people[self.person]

    def sit_down(self, name: str, role: str = "") -> Person:
        """As `choose`, and whoever opens this workspace next without a word is taken for the same person."""
        person = self.choose(name, role)
        if not self.read_only and not self.store.sealed:
            self.store.remember("person", person.id)
        return person

    def enrolment(self, person: str, name: str, role: str, laptop: int) -> dict[str, object]:
        """Body of an `enrol` record of somebody on this laptop."""
        return {"person": person, "name": name.strip(), "role": role, "laptop": laptop, "device": self.store.device}

    def renew_identity(self) -> int:
        """Take a new id for this laptop, as another one writes under the same; returns its new number, 0 without a person.

        Whoever sits here next is enrolled under it; what was written before stays theirs.

        Raises:
            ReadOnlyStore: Another app has this workspace.
            SaveFailed: The disk refused.
            MoveRefused: A sealed workspace: there a team lead lets the laptop in anew, with keys of its own.
        """
        if self.store.sealed:
            raise MoveRefused("enrol", "rejoin")
        self.store.renew()
        self.running, self._kept = 0, False
        me = self.me
        if me is not None:
            self._use(me.id)
            self.write("enrol", self.enrolment(me.id, me.name, me.role, self.free_laptop()))
        return self.laptop

    def free_laptop(self) -> int:
        """The lowest laptop number that no journal here names."""
        taken = {number for person in self.community.people.values() for number in person.laptops.values()}
        return next(number for number in range(1, 1000) if number not in taken)

    def became(self, identity: Identity) -> None:
        """Who is here has other keys from now on: drafts are sealed with them."""
        self.drafts.close()
        self.drafts = Drafts(self.store.folder / "drafts", identity)

    def sit_as(self, person: str) -> None:
        """Let somebody write who is not enrolled yet: a founder, or the owner of a recovery code."""
        self._use(person)
        self.chosen = True

    def _use(self, person: str) -> None:
        self.person = person
        if not self.store.read_only:
            self.store.use(person)

    # -- reading and writing

    def today(self) -> date:
        """The day by this laptop's clock."""
        return self.now().date()

    @contextmanager
    def writing(self) -> Iterator[Batch]:
        """Write some records in one flush; when the block is left they are on disk and in the Community.

        Raises:
            NobodyChosen: Nobody has said who is at the keyboard.
            ReadOnlyStore: Another app writes here.
            ShutOut: What is written here would have no effect anywhere.
        """
        if not self.person:
            raise NobodyChosen("nobody is chosen")
        if self.store.read_only:
            raise ReadOnlyStore(self.store.folder.name)
        if self.shut_out:
            raise ShutOut
        with self.store.batch() as batch:
            yield batch
        self.take(batch.entries)

    def write(self, kind: str, body: dict[str, object]) -> Ref:
        """Write one record; see `writing`."""
        with self.writing() as batch:
            return batch.add(kind, body)

    def take(self, entries: list[Entry]) -> None:
        """Let entries that the store has taken in take effect."""
        self._count(entries)
        self._kept = self._kept and not entries
        if self.store.keys_learned != self._learned:  # what could not be read before may be read now
            self._learned, entries = self.store.keys_learned, self.store.ledger.entries()
        if entries or self.store.founder != self.community.founder:
            self.community.apply(entries, founder=self.store.founder, founder_key=self.store.founder_key)
            self.version += 1
            self._seal_under()
        self._carry_out_erasures(fresh=True)

    def _be_who_was_let_in(self) -> None:
        """Keys are made before anybody knows whose they are: the person is the one whom the enrolment names."""
        identity = self.store.identity
        mine = [one for one in self.community.authority.enrolled() if identity is not None and one.key == identity.sign]
        if identity is not None and mine and mine[0].person != identity.person:
            self.store.unlock(replace(identity, person=mine[0].person))

    def _seal_under(self) -> None:
        """Seal with the latest team key that is known here: a newer one may have been made without knowing of us."""
        self.store.trust(frozenset(one.key for one in self.community.authority.enrolled() if not one.revoked))
        ring = self.store.ring
        known = [pair for pair in self.community.authority.epochs() if ring is not None and pair[0] in ring.epochs]
        if known:
            self.store.seal_under(*known[-1])

    def _carry_out_erasures(self, *, fresh: bool) -> None:
        """Have the store erase what the Community says is erased; what can't be done now is done at the next start.

        Args:
            fresh: What was kept for a fast start may be older than an erasure.
        """
        named = self.community.erasures.settled
        if named == self._carried_out and named == self.store.erased:
            return
        self._carried_out = named
        gone = self.community.erasures.in_force
        if not self.read_only:
            self.drafts.drop(lambda about: any(_is_of(about, one) for one in gone if one.whole))
        if fresh and not self.read_only:
            self._kept = False
            with suppress(SaveFailed):
                forget(self.store.folder)
        self.community.apply(self.store.erase(named, ERASABLE))

    def _count(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.device == self.store.device and entry.kind in REPORTS:
                self.running = max(self.running, running_of(str(entry.record.body.get("number", ""))))

    def look_around(self) -> Intake:
        """Take in what came by file copy or from a command beside the app, and let it take effect."""
        intake = self.store.refresh()
        self.take(intake.entries)
        return intake

    def refresh(self) -> bool:
        """The same; says whether anything came."""
        before = self.version
        self.look_around()
        return self.version != before

    def has_own(self, intake: Intake) -> bool:
        """Whether what came in is partly under this laptop's own id: from a command beside the app, or from a double."""
        return any(entry.device == self.store.device for entry in intake.entries)


ASKED = "asked"
"""Setting: the signing key that asked to be let in here and has not heard of it since; else false."""
CONFIDENTIAL = {"care": frozenset({"answers"})}
"""What only leads and helpers may read: care needs, wishes and health facts."""


def new_ring() -> Keyring:
    """An empty ring of keys, for a workspace whose care needs are sealed apart."""
    from storage.sealing import Keyring

    return Keyring(CONFIDENTIAL)


def _why_closed(store: Store, identity: Identity) -> ValueError:
    """Why somebody whose passphrase is right has no team key here."""
    if store.recall(ASKED) == "":
        return HalfJoined()
    if store.recall(ASKED):
        return NotLetIn(own_fingerprint(store, identity))
    lost = bool(store.troubles) or len(store.ledger) > 0 or store.recall("exchange_folders") is not None
    return KeysNotHere() if lost else HalfFounded()


def own_fingerprint(store: Store, identity: Identity) -> str:
    """What somebody reads to a team lead, so that the keys let in are theirs."""
    from storage.keys import fingerprint

    return fingerprint(store.community, identity.person, store.device, identity.sign, identity.wrap)
