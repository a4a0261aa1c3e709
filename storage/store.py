"""The store: one workspace's folder, its ledger, and the only writer of its journals."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .beginning import cleared
from .canonical import encode
from .errors import (
    JournalUnreadable,
    NotAWorkspace,
    NotPlainData,
    OtherCommunity,
    ReadOnlyStore,
    SaveFailed,
    WorkspaceExists,
)
from .files import flush_folder, is_writable, replace_whole, saving, small_json
from .intake import Intake, Stamp, Trouble, files_in, journal_bytes, journal_name, stamp, troubles_of
from .journal import Journal
from .ledger import SEEN, Branch, Ledger
from .lock import Lock, claimed
from .reader import MAX_FILE, JournalFile, parse_journal, read_bytes
from .record import Entry, Head, Record, Ref
from .rows import FORMAT, community_id, is_strange, new_record, record_row, sealed_head
from .snapshot import Snapshot, seen, to_read
from .witness import Witness, in_pieces

__all__ = ["Batch", "Intake", "Store", "Trouble", "journal_bytes", "journal_name"]

SETTINGS = "workspace.json"
FOLDERS = ("store", "inbox", "drafts", "cache")
ROLL_OVER = MAX_FILE // 2
"""Bytes after which a journal is followed by a new one; a batch holds less than this, so no file gets too large."""
LARGEST_RECORD = 1024 * 1024
Now = Callable[[], datetime]
_HEX16 = re.compile(r"[0-9a-f]{16}")
_HEX64 = re.compile(r"[0-9a-f]{64}")


class Batch:
    """Records that are being composed; they are written together, in one flush, when the block is left."""

    def __init__(self, store: Store, head: Head, prev: Entry | None, now: str) -> None:
        self._head, self._now = head, now
        self._seq, self._prev, self._clock = (
            (prev.record.seq, prev.record.digest, prev.clock)
            if prev is not None and prev.record.journal == head.journal
            else (0, head.digest, prev.clock if prev is not None and head.predecessor is not None else 0)
        )
        self._ledger = store.ledger
        self.records: list[Record] = []
        self.entries: list[Entry] = []
        """Filled when the block was left."""

    def add(self, kind: str, body: dict[str, Any]) -> Ref:
        """Compose a record; its reference may be named at once by the next one.

        Raises:
            NotPlainData: The body has no place in a record, or is too large.
        """
        seen = [self._ledger.get(Ref.parse(text)) for text in body["heads"]] if kind == SEEN else []
        clock = 1 + max([self._clock, *(entry.clock for entry in seen if entry is not None)])
        record = new_record(self._head.journal, self._seq + 1, clock, self._now, kind, body, self._prev)
        self._seq, self._prev, self._clock = record.seq, record.digest, clock
        self.records.append(record)
        return record.ref

    def size(self) -> int:
        """Bytes of the records so far."""
        return sum(len(encode(record_row(record))) for record in self.records)


class Store:
    """One workspace's records; see `create`, `join`, `open`."""

    def __init__(self, folder: Path, settings: dict[str, Any], now: Now, landmarks: frozenset[str]) -> None:
        self.folder = folder
        self.community = str(settings["community"])
        self.device = str(settings["device"])
        self.ledger = Ledger(landmarks)
        self.person = ""
        self.founder = ""
        """Person id in the founding head; empty while that is not here."""
        self.read_only = False
        self._settings = settings
        self._now = now
        self._file_troubles: list[Trouble] = []
        self._journal: Journal | None = None
        self._founding: Head | None = None
        self._tip: Ref | None = None
        """This laptop's last record, which its next journal names as predecessor; `None` beside another app's."""
        self._beside: Ref | None = None
        """Beside another app: the laptop's last record, which the first `seen` names."""
        self._doubtful: set[str] = set()
        """Journals of this laptop that are not gone on with."""
        self._witness = Witness(self.ledger)
        self._news = True
        """Something may be here that no `seen` of this laptop names yet."""
        self._undelivered: list[Entry] = []
        """Reckoned, but not yet told to anybody, as the block that wanted to write failed."""
        self.resumed = False
        """The store began with a snapshot; `arrived` is then what its files hold beyond it."""
        self.arrived: list[Entry] = []
        self._known: dict[Path, Stamp] = {}
        """Files as they were when this process read or wrote them."""
        self._whole: dict[Path, Stamp] = {}
        """Those of them that hold nothing but what is in the ledger, spelled as we spell it."""
        self._lock = Lock(folder / "lock")
        self._replacing = FileLock(folder / "lock-store", thread_local=False)
        self._guard = threading.RLock()
        """An exchange runs beside the screen; only one of them works here at a time."""

    # -- beginning, opening, closing

    @classmethod
    def create(cls, folder: Path, person: str, *, now: Now, landmarks: frozenset[str]) -> Store:
        """Begin a community in a new folder; `person` is its founder. Raises `WorkspaceExists`, `SaveFailed`."""
        salt = secrets.token_hex(16)
        store = cls._begin(folder, community_id(person, salt), now, landmarks)
        store._founding = store._head(person, salt)
        return store

    @classmethod
    def join(cls, folder: Path, community: str, *, now: Now, landmarks: frozenset[str]) -> Store:
        """Begin a further laptop's workspace of a community. Raises `WorkspaceExists`, `SaveFailed`."""
        return cls._begin(folder, community, now, landmarks)

    @classmethod
    def _begin(cls, folder: Path, community: str, now: Now, landmarks: frozenset[str]) -> Store:
        unknown = (folder / SETTINGS).exists() and _settings_in(folder) is None
        if unknown or not cleared(folder, SETTINGS, FOLDERS):
            raise WorkspaceExists(folder.name)
        settings = {"format": FORMAT, "community": community, "device": secrets.token_hex(8)}
        with saving(folder):
            for name in FOLDERS:
                (folder / name).mkdir(parents=True, exist_ok=True)
            flush_folder(folder.parent)
        with suppress(OSError):  # FAT knows no owners
            folder.chmod(0o700)
        replace_whole(folder / SETTINGS, json.dumps(settings).encode())
        return cls._opened(folder, settings, now, landmarks, app=False)

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
    ) -> Store:
        """Open a workspace.

        Args:
            folder: Its folder.
            now: The laptop's clock, with its offset.
            landmarks: Kinds that the ledger tracks causal pasts for.
            app: Ask for the app's place: where another app has it, this one reads only. A command writes beside it.
            progress: Told of each journal read.
            snapshot: The store as it was when it was last closed; used while its files still hold what they held.

        Raises:
            NotAWorkspace: The folder holds none.
            JournalUnreadable: Its journals can't even be listed.
        """
        settings = _settings_in(folder)
        if settings is None:
            raise NotAWorkspace(folder.name)
        return cls._opened(folder, settings, now, landmarks, app=app, progress=progress, snapshot=snapshot)

    @classmethod
    def _opened(
        cls,
        folder: Path,
        settings: dict[str, Any],
        now: Now,
        landmarks: frozenset[str],
        *,
        app: bool,
        progress: Callable[[int, int, str], None] | None = None,
        snapshot: Snapshot | None = None,
    ) -> Store:
        store = cls(folder, settings, now, landmarks)
        store._lock.take()
        store.read_only = not store._lock.writable or not is_writable(folder) or (app and not store._lock.mine)
        if not store.read_only:
            for name in FOLDERS:  # an archive or a sync tool may have left out an empty one
                with suppress(OSError):
                    (folder / name).mkdir(exist_ok=True)
        try:
            store._load(progress, snapshot)
        except BaseException:
            store.close()
            raise
        return store

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
        self._file_troubles = intake.troubles
        self.arrived = self.ledger.settle()
        mine = [entry for entry in map(self.ledger.get, self.ledger.heads()) if entry and entry.device == self.device]
        last = max(mine, key=attrgetter("order")).record.ref if mine else None
        self._tip, self._beside = (last, None) if self._lock.mine else (None, last)
        self._witness.follow(last)

    def _resume(self, snapshot: Snapshot) -> list[Path] | None:
        """Begin with a snapshot, if it still stands; returns the files to read beyond it."""
        if (snapshot.community, snapshot.device) != (self.community, self.device):
            return None
        beyond = to_read(snapshot, self.folder / "store")
        if beyond is not None:
            self.resumed = True
            self.ledger, self._witness, self.founder = snapshot.ledger, snapshot.witness, snapshot.founder
            self._known = {self.path(name): before.stamp for name, before in snapshot.files.items()}
            self._whole = dict(self._known)
        return beyond

    def snapshot(self) -> Snapshot | None:
        """The store as it is, for the next start; `None` while its files do not hold all of it, whole."""
        with self._guard:
            if self._file_troubles or self._doubtful or not self._lock.mine:
                return None
            try:
                files = {path.name: seen(path) for path, before in self._whole.items() if stamp(path) == before}
            except OSError:
                return None
            if not {name for name, _data in self.files()} <= files.keys():
                return None
            return Snapshot(self.community, self.device, self.founder, self.ledger, self._witness, files)

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong with files that were read, and with the union of all journals as it stands now."""
        with self._guard:
            gaps = [Trouble(gap.journal, "gap", f"{gap.first}-{gap.last}") for gap in self.ledger.gaps()]
            return [*self._file_troubles, *gaps, *(Trouble(journal, "fork") for journal in self.ledger.forks())]

    @property
    def holder(self) -> str:
        """Which process has the app's place, for people: its number and computer; empty where it is ours."""
        return self._lock.holder()

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
            if self._settings.get(name) == value:
                return
            settings = {**(_settings_in(self.folder) or self._settings), name: value}  # a command may write, too
            replace_whole(self.folder / SETTINGS, json.dumps(settings, ensure_ascii=False).encode())
            self._settings = settings

    def recall(self, name: str) -> Any:
        """A setting kept by `remember`; `None` where there is none."""
        return self._settings.get(name)

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
            SaveFailed: The disk refused; none of them is kept.
            NotPlainData: More than a file may hold.
        """
        if self.read_only or not self.person:
            raise ReadOnlyStore(self.folder.name)
        with self._guard:
            self._undelivered += self.ledger.settle()
            journal = self._writable()
            goes_on = self._goes_on(journal)
            tip = self.ledger.get(self._tip) if self._tip is not None and goes_on else None
            batch = Batch(self, journal.head, tip, self._at())
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
        tip = self.ledger.get(self._tip) if self._tip is not None else None
        if tip is None or not self._goes_on(journal):
            return tip is not None
        try:
            clock_went_back = datetime.fromisoformat(tip.record.at) > self._now().replace(microsecond=0)
        except (ValueError, TypeError):  # no time at all, or one without its offset
            clock_went_back = True
        return clock_went_back and tip.record.journal == journal.head.journal

    def _reopened(self) -> Journal | None:
        tip = self.ledger.get(self._tip) if self._tip is not None else None
        if tip is None or tip.person != self.person or not self._lock.mine:
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
        founding, self._founding = self._founding, None
        head = founding if founding is not None and founding.person == self.person else self._head(self.person)
        return Journal(self._path_of(head), head)

    def _head(self, person: str, salt: str = "") -> Head:
        return sealed_head(
            Head(
                secrets.token_hex(8),
                self.community,
                self.device,
                person,
                self._now().date().isoformat(),
                predecessor=self._tip,
                salt=salt,
            )
        )

    def _take_own(self, journal: Journal, records: list[Record]) -> list[Entry]:
        self._note_head(journal.head)
        entries = self.ledger.take_in(journal.head, records)
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

    def finish(self, intake: Intake) -> None:
        """Reckon what several `take` brought, and bear witness to it.

        While nobody is at the keyboard, or where the disk refuses, the next batch begins with that.
        """
        with self._guard:
            intake.entries += [*self._undelivered, *self.ledger.settle()]
            self._undelivered = []
            if self._news and self.person and not self.read_only and self._witness.due():
                try:
                    with self.batch() as batch:
                        pass
                    intake.entries += batch.entries
                except (SaveFailed, JournalUnreadable) as error:
                    intake.troubles.append(Trouble(error.name, "not_saved", error.reason))

    def absorb_inbox(self) -> Intake:
        """Take in what people put into `inbox/`; the files stay where they are."""
        intake = self.absorb(path for path in self._changed("inbox"))
        self._file_troubles += intake.troubles
        return intake

    def refresh(self) -> Intake:
        """Take in what other programs wrote into `store/` and `inbox/` since the last look."""
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
        self._known[path] = seen = stamp(path)
        self._file_troubles = [trouble for trouble in self._file_troubles if trouble.name != path.name]
        try:
            found = parse_journal(path.name, read_bytes(path) if data is None else data, self.community)
        except JournalUnreadable as error:
            intake.troubles.append(Trouble(path.name, error.reason, error.detail))
            return
        except OtherCommunity:
            intake.troubles.append(Trouble(path.name, "other_community"))
            return
        in_store = path.parent == self.folder / "store"
        troubles = troubles_of(path.name, found)
        if in_store and troubles and self._is_being_written(path):
            self._known.pop(path)  # the next look shows the whole of it
        else:
            intake.troubles += troubles
        new = self._unite(found, intake)
        if new is None:
            return
        intake.read.append(path.name)
        canonical = in_store and not self.ledger.is_forked(found.head.journal) and path == self._path_of(found.head)
        if canonical and not found.harmed and found.complete and not found.relaid and not found.re_encoded:
            self._whole[path] = seen
        elif in_store and found.head.device == self.device and troubles:
            self._doubtful.add(found.head.journal)
        if not self.read_only and not (in_store and self._whole.get(path) == seen) and (new or in_store):
            self._keep(found.head.journal, intake)

    def _unite(self, found: JournalFile, intake: Intake) -> list[Record] | None:
        """Put what a file held into the ledger; returns what is new of it, `None` where nobody knows whose it is."""
        head, journal = found.head, found.head.journal
        known = self.ledger.head(journal, found.true_head)
        if found.true_head:  # the head is harmed; a good copy has told what it was
            if known is None:
                return None
            head = known
        elif known is not None and not (found.records and found.records[0].seq == 1):
            head = (
                self.ledger.head(journal, head.digest) or known
            )  # the first record is missing: nothing proves the head
        new = self.ledger.add(head, found.records)
        self._note_head(head)
        intake.records += len(new)
        if head.device == self.device:
            self._witness.note(found.records)
        if new:
            self._news = True
            self._note_own(head, new)
        return new

    def _note_head(self, head: Head) -> None:
        if head.salt and community_id(head.person, head.salt) == self.community:
            self.founder = head.person

    def _note_own(self, head: Head, new: list[Record]) -> None:
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
                if not self.ledger.is_forked(head.journal):
                    listed.append((journal_name(head), partial(self._bytes_of, head)))
                    continue
                for branch in self.ledger.branches(head.journal):
                    data = partial(journal_bytes, branch.head, branch.records)
                    listed.append((journal_name(branch.head, branch.mark), data))
        return listed

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

    def _keep(self, journal: str, intake: Intake) -> None:
        """Write what is known of a journal into `store/`, where a file there holds less."""
        try:
            with self._replacing.acquire(timeout=10):
                while self._took_more(journal, intake):
                    pass  # another process had written more of it
                for branch in reversed(self.ledger.branches(journal)):  # the first may take the place of another
                    self._keep_branch(branch, intake)
        except (Timeout, OSError):
            intake.troubles.append(Trouble(journal, "not_saved", "busy"))

    def _took_more(self, journal: str, intake: Intake) -> bool:
        """Take in what files of a journal in `store/` hold beyond what this process has read of them."""
        more = False
        for branch in self.ledger.branches(journal):
            path = self._path_of(branch.head, branch.mark)
            if self._known.get(path) == stamp(path):
                continue
            self._known[path] = stamp(path)
            with suppress(JournalUnreadable, OtherCommunity):
                more = bool(self._unite(parse_journal(path.name, read_bytes(path), self.community), intake)) or more
        return more

    def _keep_branch(self, branch: Branch, intake: Intake) -> None:
        path = self._path_of(branch.head, branch.mark)
        data = journal_bytes(branch.head, branch.records)
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


def _settings_in(folder: Path) -> dict[str, Any] | None:
    """A workspace's settings; `None` where there is none."""
    try:
        settings = small_json(folder / SETTINGS)
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict):
        return None
    ids = str(settings.get("community")), str(settings.get("device"))
    return settings if _HEX64.fullmatch(ids[0]) and _HEX16.fullmatch(ids[1]) else None
