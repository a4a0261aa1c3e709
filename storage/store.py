"""The store: one workspace's folder, its ledger, and the only writer of its journals."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from .batch import Batch
from .beginning import cleared
from .errors import (
    JournalUnreadable,
    Locked,
    NotAWorkspace,
    NotPlainData,
    OtherCommunity,
    ReadOnlyStore,
    SaveFailed,
    WorkspaceExists,
)
from .files import TEMPORARY, flush_folder, is_writable, overwrite, replace_whole, saving
from .holding import Holding, OnlyHere
from .intake import Intake, Stamp, Trouble, files_in, is_file, journal_bytes, journal_name, stamp, troubles_of
from .journal import Journal
from .ledger import SEEN, Branch, Ledger
from .lock import Lock, claimed
from .machine import differs, fingerprint
from .reader import MAX_FILE, JournalFile, drop_unsigned, parse_journal, read_bytes
from .record import Entry, Erased, Head, Record, Ref
from .rows import FORMAT, community_id, erased, founds, is_strange, sealed_head, signature_holds
from .settings import SETTINGS, settings_in
from .snapshot import Seen, Snapshot, seen, to_read
from .witness import Witness, in_pieces

if TYPE_CHECKING:  # what a start does not need is imported where it is used
    from .bundle import Bundle
    from .doubles import Double
    from .erasing import Targets
    from .keys import Identity
    from .media import Media
    from .sealing import Keyring, SealingPen

__all__ = ["Batch", "Intake", "Store", "Trouble", "journal_bytes", "journal_name"]

MACHINE = "machine"
"""Setting: on which machine this laptop wrote last, digested."""
RENEWED_FROM = "renewed_from"
"""Setting: the last record before this laptop took a new id."""
EARLIER_DEVICES = "earlier_devices"
"""Setting: ids that this laptop wrote under before it took a new one."""
FOLDERS = ("store", "inbox", "drafts", "cache")
EPOCH, WRAP = "epoch", "wrap"
LAST_JOURNAL = "last_journal"
"""Setting: the journal that this disk began last; a copy of the disk soon has another."""
ROLL_OVER = MAX_FILE // 2
"""Bytes after which a journal is followed by a new one; a batch holds less than this, so no file gets too large."""
LARGEST_RECORD = 1024 * 1024
KEPT_AT_ONCE = 32
"""Journals that are taken in before they are written, all with one another."""
Now = Callable[[], datetime]


class Store:
    """One workspace's records; see `create`, `join`, `open`."""

    def __init__(
        self, folder: Path, settings: dict[str, Any], now: Now, landmarks: frozenset[str], ring: Keyring | None
    ) -> None:
        self.folder = folder
        self.community = str(settings["community"])
        self.device = str(settings["device"])
        self.ledger = Ledger(landmarks)
        self.person = ""
        self.founder = ""
        """Person id in the founding head; empty while that is not here."""
        self.founder_key = ""
        """The founder's signing key in that head; empty in an unprotected workspace."""
        self.ring = ring
        """The team's keys, as far as who is here may use them; `None` in an unprotected workspace."""
        self.identity: Identity | None = None
        """Keys of who is here; `None` while nobody has unlocked, and in an unprotected workspace."""
        self.keys_learned = 0
        """Counts keys that came in: what was unreadable before may be read now."""
        self._trusted: frozenset[str] | None = None
        self._under = ("", "")
        """Id of the team key in force, and public half of the care key."""
        self.read_only = False
        self._settings = settings
        self._now = now
        self._file_troubles: list[Trouble] = []
        self._journal: Journal | None = None
        self._founding_salt = ""
        """Of a community that is being founded, until its first journal begins."""
        self._tip: Ref | None = None
        """This laptop's last record, which its next journal names as predecessor; `None` beside another app's."""
        self._beside: Ref | None = None
        """Beside another app: the laptop's last record, which the first `seen` names."""
        self.moved = False
        """The machine is not the one that wrote here last: carried, restored or imaged."""
        self._doubtful: set[str] = set()
        """Journals of this laptop that are not gone on with."""
        self._witness = Witness(self.ledger)
        self._holding: Holding | None = None
        """Who else holds what; begun when it is first asked for."""
        self._news = True
        """Something may be here that no `seen` of this laptop names yet."""
        self._mended: set[str] = set()
        """Journals of which a record was harmed in our own file, until that is written anew."""
        self._undelivered: list[Entry] = []
        """Reckoned, but not yet told to anybody, as the block that wanted to write failed."""
        self.resumed = False
        """The store began with a snapshot; `arrived` is then what its files hold beyond it."""
        self.arrived: list[Entry] = []
        self._known: dict[Path, Stamp] = {}
        """Files as they were when this process read or wrote them."""
        self._whole: dict[Path, Stamp] = {}
        """Those of them that hold nothing but what is in the ledger, spelled as we spell it."""
        self.erased: frozenset[Ref] = frozenset()
        """What the erasures in force name: its bodies are nowhere kept, and none is let in again."""
        self._erasable: frozenset[str] = frozenset()
        """Kinds of records that may be erased at all."""
        self._targets: Targets = {}
        self._not_erased: dict[Path, str] = {}
        """Files that could not be written without what is erased, each with why; the next look tries again."""
        self._lock = Lock(folder / "lock")
        self._replacing = FileLock(folder / "lock-store", thread_local=False)
        self._guard = threading.RLock()
        """An exchange runs beside the screen; only one of them works here at a time."""

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
        store.identity, store._founding_salt = identity, salt
        return store

    @classmethod
    def join(
        cls, folder: Path, community: str, *, now: Now, landmarks: frozenset[str], ring: Keyring | None = None
    ) -> Store:
        """Begin a further laptop's workspace of a community, sealed with a `ring`. Raises `WorkspaceExists`, `SaveFailed`."""
        return cls._begin(folder, community, now, landmarks, ring)

    @classmethod
    def _begin(cls, folder: Path, community: str, now: Now, landmarks: frozenset[str], ring: Keyring | None) -> Store:
        unknown = (folder / SETTINGS).exists() and settings_in(folder) is None
        if unknown or not cleared(folder, SETTINGS, FOLDERS):
            raise WorkspaceExists(folder.name)
        device = secrets.token_hex(8)
        settings: dict[str, Any] = {
            "format": FORMAT, "community": community, "device": device, MACHINE: fingerprint(device),
        }  # fmt: skip
        if ring is not None:
            settings["sealed"] = True
        with saving(folder):
            for name in FOLDERS:
                (folder / name).mkdir(parents=True, exist_ok=True)
            flush_folder(folder.parent)
        with suppress(OSError):  # FAT knows no owners
            folder.chmod(0o700)
        replace_whole(folder / SETTINGS, json.dumps(settings).encode())
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
        settings = settings_in(folder)
        if settings is None:
            raise NotAWorkspace(folder.name)
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
        store = cls(folder, settings, now, landmarks, ring)
        store._lock.take()
        store.read_only = not store._lock.writable or not is_writable(folder) or (app and not store._lock.mine)
        if not store.read_only:
            for name in FOLDERS:  # an archive or a sync tool may have left out an empty one
                with suppress(OSError):
                    (folder / name).mkdir(exist_ok=True)
        store._look_at_machine()
        try:
            store._load(progress, snapshot)
        except BaseException:
            store.close()
            raise
        return store

    def _look_at_machine(self) -> None:
        """Notice that this is another machine; then nothing is gone on with, and a new journal begins."""
        told, now = self.recall(MACHINE), fingerprint(self.device)
        self.moved = differs(told, now)
        if not self.moved and not self.read_only:
            with suppress(SaveFailed):  # a full disk: the next start will do
                self.remember(MACHINE, {**(told if isinstance(told, dict) else {}), **now})

    def _load(self, progress: Callable[[int, int, str], None] | None, snapshot: Snapshot | None) -> None:
        beyond = self._resume(snapshot) if snapshot is not None else None
        try:
            files = files_in(self.folder / "store") if beyond is None else beyond
        except FileNotFoundError:
            files = []
        except OSError as error:
            raise JournalUnreadable("store", "unreadable", error.strerror or "") from error
        intake = Intake()
        for number, path in enumerate(files, start=1):
            self._take_file(path, intake)
            if progress:
                progress(number, len(files), path.name)
        self._keep_due(intake)
        self._file_troubles = intake.troubles
        if self.resumed:
            self.arrived = self.ledger.settle()
        else:
            self.ledger.reckon()
        self._learn_keys(self.ledger.of_kinds(EPOCH, WRAP))
        mine = [entry for entry in map(self.ledger.get, self.ledger.heads()) if entry and entry.device == self.device]
        ends = self._of_this_copy(mine)
        last = max(ends, key=attrgetter("order")).record.ref if ends else self._renewed_from()
        self._tip, self._beside = (last, None) if self._lock.mine else (None, last)
        self._witness.follow(last)

    def _resume(self, snapshot: Snapshot) -> list[Path] | None:
        """Begin with a snapshot, if it still stands; returns the files to read beyond it."""
        if (snapshot.community, snapshot.device) != (self.community, self.device):
            return None
        stamps = {path: stamp(path) for path in map(self.path, snapshot.files)}  # before they are read
        beyond = to_read(snapshot, self.folder / "store")
        if beyond is not None:
            self.resumed = True
            self.ledger, self._witness, self.founder = snapshot.ledger, snapshot.witness, snapshot.founder
            self.founder_key, self.ring = snapshot.founder_key, snapshot.ring or self.ring
            self._known = {path: was for path, was in stamps.items() if path not in beyond}
            self._whole = dict(self._known)
        return beyond

    def snapshot(self) -> Snapshot | None:
        """The store as it is, for the next start; `None` while its files do not hold all of it, whole."""
        with self._guard:
            if self._file_troubles or self._not_erased or self._doubtful or not self._lock.mine:
                return None
            whole = self._whole_files()
            if any(self._whole.get(path) != stamp(path) for path in whole):
                return None
            try:
                files = {path.name: self._seen(journal, path) for path, journal in whole.items()}
            except JournalUnreadable:
                return None
            return Snapshot(
                self.community,
                self.device,
                self.founder,
                self.founder_key,
                self.ledger,
                self._witness,
                files,
                self.ring,
            )

    def _whole_files(self) -> dict[Path, str]:
        """The files that together hold the whole ledger, each with its journal if that lies in this one alone."""
        files: dict[Path, str] = {}
        for head in self.ledger.journals():
            if not self.ledger.is_forked(head.journal):
                files[self._path_of(head)] = head.journal
            else:
                branches = self.ledger.branches(head.journal)
                files.update((self._path_of(branch.head, branch.mark), "") for branch in branches)
        return files

    def _seen(self, journal: str, path: Path) -> Seen:
        """A journal's file, from what was read of it if nothing has changed since; raises `JournalUnreadable`."""
        lines = self.ledger.lines(journal)
        return seen(journal, read_bytes(path)) if lines is None else Seen(journal, len(lines.data), lines.digest)

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong with files that were read, and with the union of all journals as it stands now."""
        with self._guard:
            gaps = [Trouble(gap.journal, "gap", f"{gap.first}-{gap.last}", gap.journal) for gap in self.ledger.gaps()]
            kept = [Trouble(path.name, "not_erased", reason) for path, reason in self._not_erased.items()]
            return [
                *self._file_troubles,
                *kept,
                *gaps,
                *(Trouble(journal, "fork", "", journal) for journal in self.ledger.forks()),
            ]

    @property
    def holder(self) -> str:
        """Which process has the app's place, for people: its number and computer; empty where it is ours."""
        return self._lock.holder()

    # -- one id in two places

    def doubles(self) -> list[Double]:
        """Places where this laptop's chain went on twice under the same id: a disk that was imaged, a backup."""
        with self._guard:
            from .doubles import doubles

            return doubles(self.ledger, self.device)

    def must_renew(self) -> bool:
        """Whether it is this laptop that is to take a new id: of two that share one, the first keeps it."""
        with self._guard:
            mine = set(self.ledger.chain(self._tip or self._beside))
            return any(mine & set(double.branches[1:]) for double in self.doubles())

    def renew(self) -> None:
        """Take a new id; what was written under the old one stays this laptop's past.

        Raises:
            ReadOnlyStore: Another app has this workspace, or it can't be written.
            SaveFailed: The disk refused; the old id stays.
        """
        if self.read_only or not self._lock.mine:
            raise ReadOnlyStore(self.folder.name)
        with self._guard:
            device = secrets.token_hex(8)
            earlier = [*sorted(self.own_devices - {self.device}), self.device]
            came_from = str(self._tip) if self._tip is not None else None
            self._keep_settings(
                {"device": device, EARLIER_DEVICES: earlier, RENEWED_FROM: came_from, MACHINE: fingerprint(device)}
            )
            self._drop_journal()
            self.device, self._holding, self.moved = device, None, False

    def _renewed_from(self) -> Ref | None:
        """The last record under the old id, where none was written under the new one yet."""
        try:
            ref = Ref.parse(self.recall(RENEWED_FROM))
        except ValueError:
            return None
        return ref if ref in self.ledger else None

    # -- who else holds what

    @property
    def own_devices(self) -> frozenset[str]:
        """The ids under which this laptop writes, or wrote before it took a new one."""
        earlier = self.recall(EARLIER_DEVICES)
        return frozenset([self.device, *(map(str, earlier) if isinstance(earlier, list) else ())])

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

    def _caught_up(self) -> Holding:
        holding = self._holding or Holding(self.ledger, self.own_devices, self._trusted)
        holding.catch_up()
        self._holding = holding
        return holding

    def close(self) -> None:
        """Let go of the lock and of the open journal."""
        self._drop_journal()
        self._lock.release()

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # -- small settings of this laptop

    def remember(self, name: str, value: Any) -> None:
        """Keep a small setting of this laptop; it never leaves it."""
        with self._guard:
            if self._settings.get(name) != value:
                self._keep_settings({name: value})

    def _keep_settings(self, changed: dict[str, Any]) -> None:
        settings = {**(settings_in(self.folder) or self._settings), **changed}  # a command may write, too
        replace_whole(self.folder / SETTINGS, json.dumps(settings).encode())  # ASCII: a name may hold anything
        self._settings = settings

    def recall(self, name: str) -> Any:
        """A setting kept by `remember`; `None` where there is none."""
        return self._settings.get(name)

    # -- keys

    @property
    def sealed(self) -> bool:
        """Whether bodies are sealed and records signed here."""
        return self._settings.get("sealed") is True

    def unlock(self, identity: Identity) -> None:
        """Somebody has unlocked their keys: what was wrapped for them opens, and records are signed by them."""
        with self._guard:
            self.identity = identity
            self.use(identity.person)
            if self.ring is not None:
                self.ring.let_in(identity)
                self._learn_keys(self.ledger.of_kinds(EPOCH, WRAP))

    def lock(self) -> None:
        """Nobody is here any more: no record is written until somebody unlocks."""
        with self._guard:
            self.identity = None
            self.use("")

    def trust(self, keys: frozenset[str]) -> None:
        """Say whose signature counts as a witness: that of keys which were let in and not shut out."""
        if self.sealed and keys != self._trusted:
            self._trusted, self._holding = keys, None

    def seal_under(self, epoch: str, care: str) -> None:
        """Say which team key is in force, and the public half of the care key; a new one begins a journal."""
        self._under = (epoch, care)

    def _of_this_copy(self, mine: list[Entry]) -> list[Entry]:
        """Of the ends of this laptop's chain those that this disk wrote, should another disk bear the same id."""
        own = self.recall(LAST_JOURNAL)
        if len(mine) < 2 or not self.doubles():
            return mine
        here = [one for one in mine if any(ref.journal == own for ref in self.ledger.chain(one.record.ref))]
        return here or mine

    def _learn_keys(self, entries: Iterable[Entry]) -> None:
        if self.ring is not None:
            bodies = [entry.record.body for entry in entries if entry.record.kind in (EPOCH, WRAP)]
            self.keys_learned += sum([self.ring.learn(body) for body in bodies])

    def _pen(self, head: Head) -> SealingPen | None:
        """What seals and signs a journal's records; raises `Locked` without the keys for it."""
        if not self.sealed:
            return None
        from .sealing import SealingPen

        if self.identity is None or self.ring is None or self.ring.of_journal(head.journal, head.epoch) is None:
            raise Locked(self.folder.name)
        return SealingPen(self.ring, self.identity, head.epoch, self._under[1])

    def media(self) -> Media:
        """Attachments here; in a sealed workspace they are sealed, too."""
        from .media import Media

        folder = self.folder / "media"
        if self.ring is None:
            return Media(folder)
        from .sealing import MediaSeal

        seal = MediaSeal(self.ring, self._under[0])
        return Media(folder, seal.seal, seal.unseal)

    def ask(self, identity: Identity, extra: dict[str, Any]) -> Head:
        """Ask to be let in: a journal that is only its head, with whatever a lead must know to decide.

        Raises:
            SaveFailed: The disk refused.
        """
        with self._guard:
            head = sealed_head(
                replace(self._head(identity.person), key=identity.sign, epoch="", predecessor=None, extra=extra)
            )
            Journal(self._path_of(head), head).close()
            self.ledger.add(head, [])
            path = self._path_of(head)
            self._known[path] = self._whole[path] = stamp(path)
            return head

    # -- writing

    def use(self, person: str) -> None:
        """Say who writes from now on; changing the person starts a journal."""
        with self._guard:
            if person != self.person:
                self._drop_journal()
            self.person = person

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
        with self._guard:
            if self.sealed and self.identity is None:
                raise Locked(self.folder.name)
            self._undelivered += self.ledger.settle()
            journal = self._writable()
            goes_on = self._goes_on(journal)
            tip = self.ledger.get(self._tip) if self._tip is not None and goes_on else None
            batch = Batch(self.ledger, journal.head, tip, self._at(), self._pen(journal.head))
            self._say_what_was_seen(batch, greets=not goes_on)
            yield batch
            if batch.records:
                if len(batch.records) > ROLL_OVER // LARGEST_RECORD and batch.size() > ROLL_OVER:
                    raise NotPlainData("more than a journal may hold")
                journal.append(batch.records)
                self._undelivered += self._take_own(journal, batch.records)
            batch.entries, self._undelivered = self._undelivered, []

    def append(self, kind: str, body: dict[str, Any]) -> Entry:
        """Write one record; see `batch`."""
        with self.batch() as batch:
            batch.add(kind, body)
        return batch.entries[-1]

    def _say_what_was_seen(self, batch: Batch, *, greets: bool) -> None:
        """Say first what this laptop has taken in and not yet borne witness to: what comes next rests on it.

        A journal that names no predecessor begins with the other app's last record, too.
        """
        heads = self._witness.due() if self._news else []
        if greets and self._beside is not None:
            heads = sorted({*heads, self._beside})
        for body in in_pieces(heads):
            batch.add(SEEN, body)

    def _goes_on(self, journal: Journal) -> bool:
        """Whether the next record of a journal rests on this laptop's last one."""
        return self._tip is not None and (
            self._tip.journal == journal.head.journal or journal.head.predecessor == self._tip
        )

    def _at(self) -> str:
        return self._now().isoformat(timespec="seconds")

    def _writable(self) -> Journal:
        """The journal to write to: today's of this person if it is this laptop's last, else a new one."""
        journal = self._journal
        if journal is not None and not self._must_turn(journal):
            return journal
        self._drop_journal()
        self._journal = self._reopened() or self._new_journal()
        return self._journal

    def _must_turn(self, journal: Journal) -> bool:
        if stamp(journal.path)[0] > ROLL_OVER or journal.head.day != self._now().date().isoformat():
            return True
        if (journal.head.key, journal.head.epoch) != self._signs_as():
            return True
        tip = self.ledger.get(self._tip) if self._tip is not None else None
        if tip is None or not self._goes_on(journal):
            return tip is not None
        if self.ledger.names_beyond(tip.record.ref) and tip.record.journal == journal.head.journal:
            return True  # others know more of it than is here: this is an older state
        try:
            clock_went_back = datetime.fromisoformat(tip.record.at) > self._now().replace(microsecond=0)
        except (ValueError, TypeError):  # no time at all, or one without its offset
            clock_went_back = True
        return clock_went_back and tip.record.journal == journal.head.journal

    def _signs_as(self) -> tuple[str, str]:
        """Signing key and team key of journals that are begun now; both empty in an unprotected workspace."""
        return (self.identity.sign, self._under[0]) if self.identity is not None else ("", "")

    def _reopened(self) -> Journal | None:
        tip = self.ledger.get(self._tip) if self._tip is not None else None
        if tip is None or (tip.person, tip.device) != (self.person, self.device) or not self._lock.mine or self.moved:
            return None
        journal = tip.record.journal
        head = self.ledger.head(journal)
        if head is None or self.ledger.is_forked(journal) or journal in self._doubtful or is_strange(head):
            return None
        path = self._path_of(head)
        if self._whole.get(path) != stamp(path):
            return None
        try:
            opened = Journal(path, head)
        except (JournalUnreadable, SaveFailed):
            return None
        if self._must_turn(opened) or not opened.ends_with(tip.record):
            opened.close()
            return None
        return opened

    def _new_journal(self) -> Journal:
        salt, self._founding_salt = self._founding_salt, ""
        head = self._head(self.person, salt)
        if self.sealed and (self.ring is None or self.ring.of_journal(head.journal, head.epoch) is None):
            raise Locked(self.folder.name)
        made = Journal(self._path_of(head), head)
        told = {LAST_JOURNAL: head.journal} | ({MACHINE: fingerprint(self.device)} if self.moved else {})
        with suppress(SaveFailed):  # both matter only should this disk be copied
            self._keep_settings(told)
            self.moved = False
        return made

    def _head(self, person: str, salt: str = "") -> Head:
        key, epoch = self._signs_as()
        return sealed_head(
            Head(
                secrets.token_hex(8),
                self.community,
                self.device,
                person,
                self._now().date().isoformat(),
                key,
                epoch,
                predecessor=self._tip,
                salt=salt,
            )
        )

    def _take_own(self, journal: Journal, records: list[Record]) -> list[Entry]:
        entries = self.ledger.take_in(journal.head, records)
        self._note_head(journal.head)
        self._learn_keys(entries)
        self._tip = records[-1].ref
        self._witness.follow(self._tip)
        self._witness.note(records)
        self._news = False
        self._known[journal.path] = self._whole[journal.path] = stamp(journal.path)
        return entries

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
            self._take_file(path, intake, data)
            if len(intake.due) >= KEPT_AT_ONCE:
                self._keep_due(intake)

    def finish(self, intake: Intake) -> None:
        """Reckon what several `take` brought, and bear witness to it.

        While nobody is at the keyboard, or where the disk refuses, the next batch begins with that.
        """
        with self._guard:
            self._keep_due(intake)
            settled = self.ledger.settle()
            self._learn_keys(settled)
            intake.entries += [*self._undelivered, *settled]
            self._undelivered = []
            if self._news and self._may_write and self._witness.due():
                try:
                    with self.batch() as batch:
                        pass
                    intake.entries += batch.entries
                except Locked:  # let in, but the team key in force is not here yet
                    pass
                except (SaveFailed, JournalUnreadable) as error:
                    intake.troubles.append(Trouble(error.name, "not_saved", error.reason))

    @property
    def _may_write(self) -> bool:
        return bool(self.person) and not self.read_only and (not self.sealed or self.identity is not None)

    def absorb_inbox(self) -> Intake:
        """Take in what people put into `inbox/`; the files stay where they are."""
        intake = self.absorb(path for path in self._changed("inbox"))
        self._file_troubles += intake.troubles
        return intake

    def refresh(self) -> Intake:
        """Take in what other programs wrote into `store/` and `inbox/` since the last look."""
        self._try_again()
        intake = self.absorb([*self._changed("store"), *self._changed("inbox")])
        self._file_troubles += intake.troubles
        return intake

    def _changed(self, name: str) -> list[Path]:
        own = self._journal.path if self._journal is not None else None
        try:
            files = files_in(self.folder / name)
        except OSError:
            return []
        return [path for path in files if path != own and self._known.get(path) != stamp(path)]

    def _take_file(self, path: Path, intake: Intake, data: bytes | None = None) -> None:
        intake.whole = None
        self._known[path] = seen = stamp(path)
        self._whole.pop(path, None)
        if self._file_troubles:
            self._file_troubles = [trouble for trouble in self._file_troubles if trouble.name != path.name]
        try:
            held = read_bytes(path) if data is None else data
            data = self.without_erased(path.name, held)
            if data is not held and path.parent in (self.folder / "store", self.folder / "inbox"):
                self._rewrite(path)
                seen = stamp(path)
            found = parse_journal(path.name, data, self.community, self.ring)
        except JournalUnreadable as error:
            intake.troubles.append(Trouble(path.name, error.reason, error.detail))
            return
        except OtherCommunity:
            intake.troubles.append(Trouble(path.name, "other_community"))
            return
        in_store = path.parent == self.folder / "store"
        if not in_store:
            self._check_signatures(found)
        troubles = troubles_of(path.name, found)
        if in_store and troubles and self._is_being_written(path):
            self._known.pop(path)  # the next look shows the whole of it
        else:
            intake.troubles += troubles
        unheard = self.ledger.head(found.head.journal) is None
        new = self._unite(found, intake)
        if new is None:
            return
        intake.read.append(path.name)
        intake.whole = None if troubles else found
        less = any(self._has_body(ref) for ref in found.erased())
        canonical = (
            in_store
            and not less
            and not self.ledger.is_forked(found.head.journal)
            and path == self._path_of(found.head)
        )
        if canonical and not found.harmed and found.complete and not found.relaid and not found.re_encoded:
            self._whole[path] = seen
        elif in_store and found.head.device == self.device and troubles:
            self._doubtful.add(found.head.journal)
            if self._journal is not None and self._journal.path == path:
                self._drop_journal()
        if (
            not self.read_only
            and not (in_store and self._whole.get(path) == seen)
            and (new or unheard or in_store or found.head.journal in self._mended)
        ):
            self._mended.discard(found.head.journal)
            intake.due[found.head.journal] = None

    def _check_signatures(self, found: JournalFile) -> None:
        """Check each new record of a file that arrives: inside our own store the last of a chain speaks for the others.

        A record that is here already, but differs in its signature, is one whose signature was harmed, here or there.
        """
        if not found.head.key or found.true_head:
            return
        kept: list[Record] = []
        for record in found.records:
            known = self.ledger.get(record.ref)
            if (known is not None and known.record.sig == record.sig) or signature_holds(record, found.head):
                kept.append(record)
            else:
                found.harmed.append((record.seq, "signature"))
        found.records = kept

    def _unite(self, found: JournalFile, intake: Intake) -> Sequence[Record] | None:
        """Put what a file held into the ledger; returns what is new of it, `None` where nobody knows whose it is."""
        head, journal = found.head, found.head.journal
        known = self.ledger.head(journal, found.true_head)
        if found.true_head:  # the head is harmed; a good copy has told what it was
            if known is None:
                return None
            head = known
            drop_unsigned(found, head)
        elif known is not None and not (found.records and found.records[0].seq == 1):
            head = (
                self.ledger.head(journal, head.digest) or known
            )  # the first record is missing: nothing proves the head
        if self.erased:
            found.records = [erased(record) if self._is_to_go(record) else record for record in found.records]
        known_before = self.ledger.refs(head.journal)
        new = self.ledger.add(head, found.records)
        if len(new) < len(found.records):
            self._heal_signatures(head, found.records)
        self._note_head(head)
        intake.records += len(new)
        if head.device == self.device:
            self._witness.note(found.records)
        unknown = [record for record in new if record.ref not in known_before] if known_before else new
        if unknown:
            self._news = True
            self._note_own(head, unknown)
        return new

    def _heal_signatures(self, head: Head, records: Iterable[Record]) -> None:
        """Of two spellings of one record keep the one whose signature holds."""
        for record in records if head.key else ():
            known = self.ledger.get(record.ref)
            if known is not None and known.record.sig != record.sig and not signature_holds(known.record, head):
                self.ledger.replace(record)
                self._mended.add(record.journal)

    # -- erasing

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
            self.erased, self._erasable = refs, kinds
            known = {ref: entry.record for ref in refs if (entry := self.ledger.get(ref)) is not None}
            from .erasing import targets_of

            self._targets = targets_of(ref for ref in refs if ref not in known or known[ref].kind in kinds)
            held = [record for record in known.values() if self._is_to_go(record)]
            if self._journal is not None and any(one.journal == self._journal.head.journal for one in held):
                self._drop_journal()
            self._rewrite_in(("quarantine", "inbox", "store") if held else ("quarantine",))
            for record in held:
                self.ledger.replace(erased(record))
            return self.ledger.settle()

    def without_erased(self, name: str, data: bytes) -> bytes:
        """A file's bytes without what its erased records said; the same object where there is nothing to be taken."""
        if not self._targets:
            return data
        from .erasing import without

        return without(name, data, self._targets, self._is_to_go)

    def _is_to_go(self, record: Record) -> bool:
        named = bool(self.erased) and record.ref in self.erased and record.kind in self._erasable
        return named and not isinstance(record.body, Erased)

    def _has_body(self, ref: Ref) -> bool:
        entry = self.ledger.get(ref)
        return entry is not None and not isinstance(entry.record.body, Erased)

    def _rewrite_in(self, names: Iterable[str]) -> None:
        """Take what is erased out of all that lies in some folders of the workspace."""
        for folder in (self.folder / name for name in names):
            try:
                files = sorted(path for path in folder.iterdir() if is_file(path)) if folder.is_dir() else []
            except OSError:
                self._not_erased[folder] = "disk"
                continue
            for path in files:
                self._rewrite(path)

    def _try_again(self) -> None:
        """What a virus scanner or another program held when it was to be erased may be free now."""
        for path in list(self._not_erased):
            if path.is_dir():
                del self._not_erased[path]
                self._rewrite_in((path.name,))
            else:
                self._rewrite(path)

    def _rewrite(self, path: Path) -> None:
        """Write a file without what is erased; another process that is just writing it does so itself."""
        self._not_erased.pop(path, None)
        if self.read_only or not self._targets:
            return
        before = stamp(path)
        try:
            with claimed(path) as free:
                held = read_bytes(path)
                left = self.without_erased(path.name, held)
                if left is held or left == held:
                    return
                if not free:
                    self._not_erased[path] = "busy"
                elif path.name.startswith(TEMPORARY):
                    overwrite(path, left)
                else:
                    replace_whole(path, left)
        except (SaveFailed, JournalUnreadable) as error:
            self._not_erased[path] = error.reason
        except FileNotFoundError:
            return
        except OSError:
            self._not_erased[path] = "read_only"
        else:
            for noted in (self._known, self._whole):
                if noted.get(path) == before:
                    noted[path] = stamp(path)

    def _note_head(self, head: Head) -> None:
        if founds(head) and head.community == self.community and self._is_proved(head):
            self.founder, self.founder_key = head.person, head.key

    def _is_proved(self, head: Head) -> bool:
        """Whether who founded signed what follows this head; anybody could write a head alone, with any person in it."""
        if not head.key:
            return True
        branches = self.ledger.branches(head.journal)
        firsts = (branch.records[0] for branch in branches if branch.records)
        return not is_strange(head) and any(one.seq == 1 and one.prev == head.digest for one in firsts)

    def _note_own(self, head: Head, new: Sequence[Record]) -> None:
        """Records of this laptop that it did not know: a command beside it, its own later past, or its double."""
        if head.device != self.device:
            return
        if self._journal is not None and self._journal.head.journal == head.journal:
            self._drop_journal()
        if self._tip is not None:
            self._doubtful.add(head.journal)
            last = new[-1].ref
            if self._tip in self.ledger.chain(last):
                self._tip = last
                self._witness.follow(last)

    def _is_being_written(self, path: Path) -> bool:
        try:
            with claimed(path) as free:
                return not free
        except OSError:
            return False

    # -- keeping what was taken in

    def files(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every journal as this workspace knows it: its file's name, and what gives its bytes."""
        listed: list[tuple[str, Callable[[], bytes]]] = []
        with self._guard:
            for head in {head.journal: head for head in self.ledger.journals()}.values():
                if self.ledger.reach(head.journal) is not None or not self.ledger.is_forked(head.journal):
                    listed.append((journal_name(head), partial(self._bytes_of, head)))
                    continue
                for branch in self.ledger.branches(head.journal):
                    data = partial(journal_bytes, branch.head, branch.records)
                    listed.append((journal_name(branch.head, branch.mark), data))
        return listed

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
        return self.folder / "store" / name

    def _bytes_of(self, head: Head) -> bytes:
        path = self._path_of(head)
        with self._guard:
            if self._whole.get(path, (-1, -1, -1)) == stamp(path):
                with suppress(OSError):
                    return path.read_bytes()
            return b"".join(journal_bytes(branch.head, branch.records) for branch in self.ledger.branches(head.journal))

    def _keep_due(self, intake: Intake) -> None:
        """Write what is known of the journals that are due into `store/`, where a file there holds less."""
        due, intake.due = list(intake.due), {}
        for start in range(0, len(due), KEPT_AT_ONCE):
            self._keep(due[start : start + KEPT_AT_ONCE], intake)

    def _keep(self, journals: list[str], intake: Intake) -> None:
        def told(name: str, error: SaveFailed | None) -> None:
            if error is None:
                self._known[self.path(name)] = self._whole[self.path(name)] = stamp(self.path(name))
            else:
                intake.troubles.append(Trouble(name, "not_saved", error.reason))

        try:
            from .bundle import Bundle

            with self._replacing.acquire(timeout=10), Bundle(self.folder / "store", told) as bundle:
                for journal in journals:
                    while self._took_more(journal, intake):
                        pass  # another process had written more of it
                    for branch in reversed(self.ledger.branches(journal)):  # the first may take the place of another
                        self._keep_branch(branch, intake, bundle)
        except (Timeout, OSError):
            intake.troubles += [Trouble(journal, "not_saved", "busy") for journal in journals]

    def _took_more(self, journal: str, intake: Intake) -> bool:
        """Take in what files of a journal in `store/` hold beyond what this process has read of them."""
        more = False
        for branch in self.ledger.branches(journal):
            path = self._path_of(branch.head, branch.mark)
            if self._known.get(path) == stamp(path):
                continue
            self._known[path] = stamp(path)
            with suppress(JournalUnreadable, OtherCommunity):
                more = (
                    bool(self._unite(parse_journal(path.name, read_bytes(path), self.community, self.ring), intake))
                    or more
                )
        return more

    def _keep_branch(self, branch: Branch, intake: Intake, bundle: Bundle) -> None:
        path = self._path_of(branch.head, branch.mark)
        data = journal_bytes(branch.head, branch.records)
        if not branch.mark and not path.exists():  # nobody appends to it: it may wait for the flush of others
            bundle.add(path.name, data)
            return
        try:
            with claimed(path) as free:
                if not free:
                    return  # whoever writes it knows more of it
                there = self._lying_at(path)
                if there != data:
                    self._set_aside(path, there)
                    replace_whole(path, data)
            self._known[path] = self._whole[path] = stamp(path)
        except SaveFailed as error:
            intake.troubles.append(Trouble(path.name, "not_saved", error.reason))
        except OSError:
            intake.troubles.append(Trouble(path.name, "not_saved", "read_only"))

    def _lying_at(self, path: Path) -> bytes:
        """What lies under a journal's name; what is larger than any journal is put aside unread."""
        if stamp(path)[0] > MAX_FILE:
            aside = self.folder / "quarantine"
            aside.mkdir(exist_ok=True)
            path.replace(aside / f"{path.stem}-{secrets.token_hex(4)}.json")
        return path.read_bytes() if path.exists() else b""

    def _set_aside(self, path: Path, data: bytes) -> None:
        """Keep the bytes of a harmed file that gives way to a good one: somebody may still make sense of them."""
        data = self.without_erased(path.name, data)
        try:
            found = parse_journal(path.name, data)
            reason = ", ".join(f"{seq} {why}" for seq, why in found.harmed if why != "torn")
        except JournalUnreadable as error:
            reason = "" if error.reason == "empty" else f"{error.reason} {error.detail}".rstrip()
        if reason:
            folder = self.folder / "quarantine"
            name = f"{path.stem}-{sha256(data).hexdigest()[:8]}"
            folder.mkdir(exist_ok=True)
            replace_whole(folder / f"{name}.json", data)
            replace_whole(folder / f"{name}.txt", f"{path.name}: {reason}\n".encode())

    def _path_of(self, head: Head, branch: str = "") -> Path:
        return self.path(journal_name(head, branch))
