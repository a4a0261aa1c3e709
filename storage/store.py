"""The store: one workspace's folder, and all that may be done with the records in it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .access import EPOCH, WRAP, Access
from .batch import Batch
from .beginning import FOLDERS, begin
from .chain import Chain
from .eraser import Eraser
from .errors import JournalUnreadable, Locked, ReadOnlyStore, SaveFailed
from .files import is_writable
from .founder import Founder
from .holding import Holding, OnlyHere
from .intake import Intake, Stamp, Trouble, journal_bytes, journal_name, journals_in
from .keeper import Keeper
from .laptop import Laptop
from .ledger import Ledger
from .lock import Lock
from .reader import read_bytes
from .record import Entry, Head, Ref
from .rows import community_id, erased
from .settings import settings_of
from .shelf import Shelf
from .snapshot import Seen, Snapshot, Standing, seen, stand
from .taker import Taker
from .witness import Witness
from .writer import Now, Writer

if TYPE_CHECKING:  # what a start does not need is imported where it is used
    from .doubles import Double
    from .keys import Identity
    from .media import Media
    from .sealing import Keyring

__all__ = ["Batch", "Intake", "Store", "Trouble", "journal_bytes", "journal_name"]


class Store:
    """One workspace's records; see `create`, `join`, `open`.

    An exchange runs beside the screen, and only one of them works here at a time: whatever changes the parts, or reads
    more of them than one value, does so under the guard here. The parts themselves know of no threads.
    """

    def __init__(
        self,
        laptop: Laptop,
        lock: Lock,
        folder: Path,
        now: Now,
        ring: Keyring | None,
        begun: Snapshot,
        whole: dict[str, Stamp],
        *,
        read_only: bool,
    ) -> None:
        """Put the parts together; `begun` is what the store goes on from, `whole` the files that are known to be so."""
        self.folder = folder
        self.read_only = read_only
        self.ledger = begun.ledger
        self.resumed = False
        """The store began with a snapshot; `arrived` is then what its files hold beyond it."""
        self.arrived: list[Entry] = []
        self._laptop, self._lock = laptop, lock
        self._shelf = Shelf(folder, whole)
        self._access = Access(folder.name, begun.ring or ring, sealed=laptop.sealed)
        self._founder = Founder(laptop.community, self.ledger, begun.founder, begun.founder_key)
        self._chain = Chain(self.ledger, laptop, begun.witness, has_place=lock.mine)
        self._writer = Writer(self.ledger, self._shelf, laptop, self._access, self._founder, self._chain, now)
        self._eraser = Eraser(folder, self._shelf, may_write=not read_only)
        self._taker = Taker(self.ledger, self._shelf, laptop, self._access, self._founder, self._eraser, self._writer)
        self._keeper = Keeper(folder, self.ledger, self._shelf, self._eraser, self._taker, may_write=not read_only)
        self._holding: Holding | None = None
        """Who else holds what; begun when it is first asked for."""
        self._trusted: frozenset[str] | None = None
        self._guard = threading.RLock()

    # -- beginning, opening, closing

    @classmethod
    def create(
        cls,
        folder: Path,
        person: str,
        *,
        now: Now,
        landmarks: frozenset[str],
        identity: Identity | None = None,
        ring: Keyring | None = None,
    ) -> Store:
        """Begin a community in a new folder; `person` is its founder.

        Args:
            folder: Where; it must be empty, or not be there.
            person: The founder's id.
            now: The laptop's clock.
            landmarks: As for `open`.
            identity: The founder's keys: then the workspace is sealed.
            ring: With it, empty; `seal_under` says what to seal with.

        Raises:
            WorkspaceExists: The folder holds something already.
            SaveFailed: The disk refused.
        """
        salt = secrets.token_hex(16)
        community = community_id(identity.sign if identity is not None else person, salt)
        store = cls._begin(folder, community, now, landmarks, ring)
        store._access.identity, store._writer.founding_salt = identity, salt
        return store

    @classmethod
    def join(
        cls, folder: Path, community: str, *, now: Now, landmarks: frozenset[str], ring: Keyring | None = None
    ) -> Store:
        """Begin a further laptop's workspace of a community, sealed with a `ring`. Raises `WorkspaceExists`, `SaveFailed`."""
        return cls._begin(folder, community, now, landmarks, ring)

    @classmethod
    def _begin(cls, folder: Path, community: str, now: Now, landmarks: frozenset[str], ring: Keyring | None) -> Store:
        settings = begin(folder, community, sealed=ring is not None)
        return cls._opened(folder, settings, now, landmarks, ring, app=False)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        now: Now,
        landmarks: frozenset[str],
        app: bool = False,
        progress: Callable[[int, int, str], None] | None = None,
        snapshot: Snapshot | None = None,
        ring: Keyring | None = None,
    ) -> Store:
        """Open a workspace.

        Args:
            folder: Its folder.
            now: The laptop's clock, with its offset.
            landmarks: Kinds that the ledger tracks causal pasts for.
            app: Ask for the app's place: where another app has it, this one reads only. A command writes beside it.
            progress: Told of each journal read.
            snapshot: The store as it was when it was last closed; used while its files still hold what they held.
            ring: What opens the bodies of a sealed workspace; without it they stay closed.

        Raises:
            NotAWorkspace: The folder holds none.
            JournalUnreadable: Its journals can't even be listed.
        """
        settings = settings_of(folder)
        return cls._opened(folder, settings, now, landmarks, ring, app=app, progress=progress, snapshot=snapshot)

    @classmethod
    def _opened(
        cls,
        folder: Path,
        settings: dict[str, Any],
        now: Now,
        landmarks: frozenset[str],
        ring: Keyring | None,
        *,
        app: bool,
        progress: Callable[[int, int, str], None] | None = None,
        snapshot: Snapshot | None = None,
    ) -> Store:
        laptop, lock = Laptop(folder, settings), Lock(folder / "lock")
        lock.take()
        read_only = not lock.writable or not is_writable(folder) or (app and not lock.mine)
        laptop.look_at_machine()
        if not read_only:
            for name in FOLDERS:  # an archive or a sync tool may have left out an empty one
                with suppress(OSError):
                    (folder / name).mkdir(exist_ok=True)
            laptop.remember_machine()
        try:
            stands = _standing(snapshot, laptop, folder)
            begun = snapshot if snapshot is not None and stands is not None else _nothing_yet(laptop, landmarks)
            whole = stands.whole if stands is not None else {}
            store = cls(laptop, lock, folder, now, ring, begun, whole, read_only=read_only)
            store.resumed = begun is snapshot
            store._load(journals_in(folder) if stands is None else stands.more, progress)
        except BaseException:
            lock.release()
            raise
        return store

    def _load(self, files: list[Path], progress: Callable[[int, int, str], None] | None) -> None:
        intake = Intake()
        for number, path in enumerate(files, start=1):
            self._taker.take(path, intake)
            if progress:
                progress(number, len(files), path.name)
        self._keeper.keep_due(intake)
        self._taker.troubles = intake.troubles
        if self.resumed:
            self.arrived = self.ledger.settle()
        else:
            self.ledger.reckon()
        self._access.learn(self.ledger.of_kinds(EPOCH, WRAP))
        self._chain.find_end()

    def snapshot(self) -> Snapshot | None:
        """The store as it is, for the next start; `None` while its files do not hold all of it, whole."""
        with self._guard:
            if self._taker.troubles or not self._eraser.is_done or self._chain.has_doubts or not self._lock.mine:
                return None
            lie = self._whole_files()
            if not all(map(self._shelf.is_whole, lie)):
                return None
            try:
                files = {path.name: self._seen(journal, path) for path, journal in lie.items()}
            except JournalUnreadable:
                return None
            return Snapshot(
                self.community,
                self.device,
                self.founder,
                self.founder_key,
                self.ledger,
                self._chain.witness,
                files,
                self.ring,
            )

    def _whole_files(self) -> dict[Path, str]:
        """The files that together hold the whole ledger, each with its journal if that lies in this one alone."""
        files: dict[Path, str] = {}
        for head in self.ledger.journals():
            if not self.ledger.is_forked(head.journal):
                files[self._shelf.path_of(head)] = head.journal
            else:
                branches = self.ledger.branches(head.journal)
                files.update((self._shelf.path_of(branch.head, branch.mark), "") for branch in branches)
        return files

    def _seen(self, journal: str, path: Path) -> Seen:
        """What a file holds if all is well; should it hold anything else, the next start reads it. Raises `JournalUnreadable`."""
        lines = self.ledger.lines(journal)
        if lines is not None:  # of what was read, if nothing has changed since
            return Seen(journal, len(lines.data), lines.digest)
        branches = self.ledger.branches(journal)  # none where it lies in several files
        data = b"".join(journal_bytes(one.head, one.records) for one in branches) if branches else read_bytes(path)
        return seen(journal, data)

    def keep_again(self) -> None:
        """Somebody exchanges: what could not be kept the last time is tried again with the next `finish`."""
        with self._guard:
            self._keeper.try_again()

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Nothing changes meanwhile: for who reads more than one value of the ledger beside the app's thread."""
        with self._guard:
            yield

    def close(self) -> None:
        """Let go of the lock and of the open journal."""
        with self._guard:
            self._writer.let_go()
            self._lock.release()

    # -- whose it is, and how it stands

    @property
    def community(self) -> str:
        """The community's id."""
        return self._laptop.community

    @property
    def device(self) -> str:
        """The id that this laptop writes under."""
        return self._laptop.device

    @property
    def moved(self) -> bool:
        """The machine is not the one that wrote here last: carried, restored or imaged."""
        return self._laptop.moved

    @property
    def founder(self) -> str:
        """Person id in the founding head; empty while that is not here."""
        return self._founder.person

    @property
    def founder_key(self) -> str:
        """The founder's signing key in that head; empty in an unprotected workspace."""
        return self._founder.key

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong with files that were read, and with the union of all journals as it stands now."""
        with self._guard:
            return [
                *self._taker.troubles,
                *self._eraser.troubles(),
                *(Trouble(gap.journal, "gap", f"{gap.first}-{gap.last}", gap.journal) for gap in self.ledger.gaps()),
                *(Trouble(journal, "fork", "", journal) for journal in self.ledger.forks()),
            ]

    @property
    def holder(self) -> str:
        """Which process has the app's place, for people: its number and computer; empty where it is ours."""
        return self._lock.holder()

    # -- small settings of this laptop

    def remember(self, name: str, value: Any) -> None:
        """Keep a small setting of this laptop; it never leaves it."""
        with self._guard:
            self._laptop.remember(name, value)

    def recall(self, name: str) -> Any:
        """A setting kept by `remember`; `None` where there is none."""
        return self._laptop.recall(name)

    # -- one id in two places

    def doubles(self) -> list[Double]:
        """Places where this laptop's chain went on twice under the same id: a disk that was imaged, a backup."""
        with self._guard:
            return self._chain.doubles()

    def must_renew(self) -> bool:
        """Whether it is this laptop that is to take a new id: of two that share one, the first keeps it."""
        with self._guard:
            return self._chain.must_renew()

    def renew(self) -> None:
        """Take a new id; what was written under the old one stays this laptop's past.

        Raises:
            ReadOnlyStore: Another app has this workspace, or it can't be written.
            SaveFailed: The disk refused; the old id stays.
        """
        if self.read_only or not self._lock.mine:
            raise ReadOnlyStore(self.folder.name)
        with self._guard:
            self._laptop.renew(self._chain.tip)
            self._writer.let_go()
            self._holding = None

    # -- who else holds what

    @property
    def own_devices(self) -> frozenset[str]:
        """The ids under which this laptop writes, or wrote before it took a new one."""
        return self._laptop.own_devices

    @property
    def knows_holding(self) -> bool:
        """Whether the first, long look at who holds what is over."""
        return self._holding is not None

    def only_here(self) -> OnlyHere:
        """What this laptop wrote and no other has borne witness to yet."""
        with self._guard:
            return self._caught_up().only_here()

    def is_only_here(self, ref: Ref) -> bool:
        """Whether a record is among those."""
        with self._guard:
            return self._caught_up().is_alone(ref)

    def witness(self, ref: Ref) -> Entry | None:
        """The first record of another laptop that rests on a record; `None` where none here does."""
        with self._guard:
            return self._caught_up().witness(ref)

    def trust(self, keys: frozenset[str]) -> None:
        """Say whose signature counts as a witness: that of keys which were let in and not shut out."""
        if self.sealed and keys != self._trusted:
            with self._guard:
                self._trusted, self._holding = keys, None

    def _caught_up(self) -> Holding:
        holding = self._holding or Holding(self.ledger, self.own_devices, self._trusted)
        holding.catch_up()
        self._holding = holding
        return holding

    # -- keys

    @property
    def sealed(self) -> bool:
        """Whether bodies are sealed and records signed here."""
        return self._access.sealed

    @property
    def identity(self) -> Identity | None:
        """Keys of who is here; `None` while nobody has unlocked, and in an unprotected workspace."""
        return self._access.identity

    @property
    def ring(self) -> Keyring | None:
        """The team's keys, as far as who is here may use them; `None` in an unprotected workspace."""
        return self._access.ring

    @property
    def keys_learned(self) -> int:
        """Counts keys that came in: what was unreadable before may be read now."""
        return self._access.learned

    def unlock(self, identity: Identity) -> None:
        """Somebody has unlocked their keys: what was wrapped for them opens, and records are signed by them."""
        with self._guard:
            self._writer.use(identity.person)
            self._access.let_in(identity, self.ledger.of_kinds(EPOCH, WRAP))

    def lock(self) -> None:
        """Nobody is here any more: no record is written until somebody unlocks."""
        with self._guard:
            self._access.identity = None
            self._writer.use("")

    def seal_under(self, epoch: str, care: str) -> None:
        """Say which team key is in force, and the public half of the care key; a new one begins a journal."""
        with self._guard:
            self._access.seal_under(epoch, care)

    def media(self) -> Media:
        """Attachments here; in a sealed workspace they are sealed, too."""
        return self._access.media(self.folder / "media")

    def ask(self, identity: Identity, extra: dict[str, Any]) -> Head:
        """Ask to be let in: a journal that is only its head, with whatever a lead must know to decide.

        Raises:
            SaveFailed: The disk refused.
        """
        with self._guard:
            return self._writer.ask(identity, extra)

    # -- writing

    @property
    def person(self) -> str:
        """Who writes; empty while nobody may."""
        return self._writer.person

    def use(self, person: str) -> None:
        """Say who writes from now on; changing the person starts a journal."""
        with self._guard:
            self._writer.use(person)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Compose records; they are on disk, in one flush, when the block is left without an exception.

        Raises:
            ReadOnlyStore: Nothing may be written here.
            Locked: The workspace is sealed, and nobody has unlocked it, or its team key is not here yet.
            SaveFailed: The disk refused; none of them is kept.
            NotPlainData: More than a file may hold.
        """
        if self.read_only or not self.person:
            raise ReadOnlyStore(self.folder.name)
        with self._guard, self._writer.batch() as batch:
            yield batch

    def append(self, kind: str, body: dict[str, Any]) -> Entry:
        """Write one record; see `batch`."""
        with self.batch() as batch:
            batch.add(kind, body)
        return batch.entries[-1]

    # -- taking files in

    def absorb(self, files: Iterable[Path]) -> Intake:
        """Take in journals from files of any name; what is new is kept in `store/`, and witnessed by a `seen`."""
        intake = Intake()
        for path in files:
            self.take(path, intake)
        self.finish(intake)
        return intake

    def take(self, path: Path, intake: Intake, data: bytes | None = None) -> None:
        """Take in one file of many, of which the bytes may be known; call `finish` once behind the last."""
        with self._guard:
            self._taker.take(path, intake, data)
            self._keeper.keep_many(intake)

    def finish(self, intake: Intake) -> None:
        """Reckon what several `take` brought, and bear witness to it.

        While nobody is at the keyboard, or where the disk refuses, the next batch begins with that.
        """
        with self._guard:
            self._keeper.keep_due(intake)
            settled = self.ledger.settle()
            self._access.learn(settled)
            intake.entries += [*self._writer.undelivered(), *settled]
            if self.read_only:
                return
            try:
                intake.entries += self._writer.bear_witness()
            except Locked:  # let in, but the team key in force is not here yet
                pass
            except (SaveFailed, JournalUnreadable) as error:
                intake.troubles.append(Trouble(error.name, "not_saved", error.reason))

    def absorb_inbox(self) -> Intake:
        """Take in what people put into `inbox/`; the files stay where they are."""
        return self._look_into(self._shelf.inbox)

    def refresh(self) -> Intake:
        """Take in what other programs wrote into `store/` and `inbox/` since the last look."""
        with self._guard:
            self._eraser.try_again()
        return self._look_into(self._shelf.folder, self._shelf.inbox)

    def _look_into(self, *folders: Path) -> Intake:
        with self._guard:
            changed = [path for folder in folders for path in self._shelf.changed(folder) if path != self._writer.path]
        intake = self.absorb(changed)
        with self._guard:
            self._taker.troubles += intake.troubles
        return intake

    # -- erasing

    @property
    def erased(self) -> frozenset[Ref]:
        """What the erasures in force name: its bodies are nowhere kept, and none is let in again."""
        return self._eraser.refs

    def erase(self, refs: frozenset[Ref], kinds: frozenset[str]) -> list[Entry]:
        """Let what these records said vanish from every file of the workspace, file by file, each whole or not at all.

        Asked again, it does what is left; files of `store/` come last, so that what they still hold tells that the
        rest may be undone, too. A file that can't be written now is among the `troubles`.

        Args:
            refs: All that the erasures in force name, whether it is here or not: what no longer stands in it may come
                back with its original.
            kinds: Records of other kinds are never erased.

        Returns:
            The entries whose bodies are gone now, for the fold.
        """
        with self._guard:
            known = {ref: entry.record for ref in refs if (entry := self.ledger.get(ref)) is not None}
            self._eraser.name(refs, kinds, known)
            held = [record for record in known.values() if self._eraser.is_to_go(record)]
            for journal in {record.journal for record in held}:
                self._writer.let_go_of(journal)
            self._eraser.rewrite_in(("quarantine", "inbox", "store") if held else ("quarantine",))
            for record in held:
                self.ledger.replace(erased(record))
            return self.ledger.settle()

    def without_erased(self, name: str, data: bytes) -> bytes:
        """A file's bytes without what its erased records said; the same object where there is nothing to be taken."""
        with self._guard:
            return self._eraser.without(name, data)

    # -- every journal

    def files(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every journal as this workspace knows it: its file's name, and what gives its bytes."""
        with self._guard:
            return [(name, partial(self._guarded, load)) for name, load in self._keeper.files()]

    def _guarded(self, load: Callable[[], bytes]) -> bytes:
        with self._guard:
            return load()

    def reach(self, journal: str) -> Ref | None:
        """A journal's last record where it is whole; see `Ledger.reach`."""
        with self._guard:
            return self.ledger.reach(journal)

    def erased_in(self, journal: str) -> int:
        """How many of a journal's records were erased."""
        with self._guard:
            return self.ledger.erased_in(journal)

    def path(self, name: str) -> Path:
        """Where a journal of that name lies, or would."""
        return self._shelf.path(name)


def _standing(snapshot: Snapshot | None, laptop: Laptop, folder: Path) -> Standing | None:
    """How the files stand to a snapshot; `None` where it does not stand, or there is none."""
    if snapshot is None or (snapshot.community, snapshot.device) != (laptop.community, laptop.device):
        return None
    return stand(snapshot, folder / "store")


def _nothing_yet(laptop: Laptop, landmarks: frozenset[str]) -> Snapshot:
    """What a store goes on from that reads all its files."""
    ledger = Ledger(landmarks)
    return Snapshot(laptop.community, laptop.device, "", "", ledger, Witness(ledger), {}, None)
