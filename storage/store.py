"""The store: one workspace's folder, its ledger, and the only writer of its journals."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import JournalUnreadable, NotAWorkspace, OtherCommunity, ReadOnlyStore, SaveFailed, WorkspaceExists
from .files import TEMPORARY, replace_whole, saving
from .journal import END, Journal, encode, opening
from .ledger import SEEN, Ledger
from .lock import Lock
from .reader import JournalFile, read_journal, sniff
from .record import Entry, Head, Record, Ref
from .rows import FORMAT, community_id, head_row, new_record, record_row, sealed_head

SETTINGS = "workspace.json"
ROLL_OVER = 32 * 1024 * 1024
HEADS_A_RECORD = 600
"""References in one `seen`: under 64 KB."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file.

    `what` is one of `unreadable`, `empty`, `too_large`, `harmed`, `incomplete`, `encoding`, `other_community`, `gap`,
    `fork`, `not_saved`.
    """

    name: str
    what: str
    detail: str = ""


@dataclass(slots=True)
class Intake:
    """What taking in some files brought."""

    entries: list[Entry] = field(default_factory=list)
    """New or changed entries, for the fold."""
    read: list[str] = field(default_factory=list)
    """Names of files that held something usable."""
    records: int = 0
    """How many records are new here."""
    troubles: list[Trouble] = field(default_factory=list)


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
        """Compose a record; its reference may be named at once by the next one."""
        seen = [self._ledger.get(Ref.parse(text)) for text in body["heads"]] if kind == SEEN else []
        clock = 1 + max([self._clock, *(entry.clock for entry in seen if entry is not None)])
        record = new_record(self._head.journal, self._seq + 1, clock, self._now, kind, body, self._prev)
        self._seq, self._prev, self._clock = record.seq, record.digest, clock
        self.records.append(record)
        return record.ref


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
        self.troubles: list[Trouble] = []
        self.read_only = False
        self._settings = settings
        self._now = now
        self._journal: Journal | None = None
        self._founding: Head | None = None
        self._tip: Entry | None = None
        """This laptop's last record."""
        self._own: set[str] = set()
        """Journals of this laptop's chain, which its next record rests on anyway."""
        self._named: set[Ref] = set()
        """Heads that this laptop's `seen` records have named."""
        self._news = True
        """Something may be here that no `seen` of this laptop names yet."""
        self._known: dict[Path, tuple[int, int]] = {}
        self._lock = Lock(folder / "lock")

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
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WorkspaceExists(folder.name)
        settings = {"format": FORMAT, "community": community, "device": secrets.token_hex(8)}
        with saving(folder):
            for name in ("store", "inbox", "drafts", "cache"):
                (folder / name).mkdir(parents=True, exist_ok=True)
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
    ) -> Store:
        """Open a workspace.

        Args:
            folder: Its folder.
            now: The laptop's clock, with its offset.
            landmarks: Kinds that the ledger tracks causal pasts for.
            app: Ask for the app's place: where another app has it, this one reads only. A command writes beside it.
            progress: Told of each journal read.

        Raises:
            NotAWorkspace: The folder holds none.
        """
        try:
            settings = json.loads((folder / SETTINGS).read_bytes())
            known = isinstance(settings, dict) and {"community", "device"} <= settings.keys()
        except (OSError, ValueError):
            known = False
        if not known:
            raise NotAWorkspace(folder.name)
        return cls._opened(folder, settings, now, landmarks, app=app, progress=progress)

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
    ) -> Store:
        store = cls(folder, settings, now, landmarks)
        store._lock.take()
        store.read_only = not store._lock.writable or (app and not store._lock.mine)
        files = store._files(folder / "store")
        for number, path in enumerate(files, start=1):
            store._take_file(path, Intake(troubles=store.troubles))
            if progress:
                progress(number, len(files), path.name)
        store.troubles += [Trouble(gap.journal, "gap", f"{gap.first}-{gap.last}") for gap in store.ledger.gaps()]
        store.troubles += [Trouble(journal, "fork") for journal in store.ledger.forks()]
        return store

    @property
    def holder(self) -> str:
        """Which process has the app's place, for people: its number and computer; empty where it is ours."""
        return self._lock.holder()

    def close(self) -> None:
        """Let go of the lock and of the open journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self._lock.release()

    # -- small settings of this laptop

    def remember(self, name: str, value: Any) -> None:
        """Keep a small setting of this laptop; it never leaves it."""
        if self._settings.get(name) != value:
            self._settings[name] = value
            replace_whole(self.folder / SETTINGS, json.dumps(self._settings, ensure_ascii=False).encode())

    def recall(self, name: str) -> Any:
        """A setting kept by `remember`; `None` where there is none."""
        return self._settings.get(name)

    # -- writing

    def use(self, person: str) -> None:
        """Say who writes from now on; changing the person starts a journal."""
        if person != self.person and self._journal is not None:
            self._journal.close()
            self._journal = None
        self.person = person

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Compose records; they are on disk, in one flush, when the block is left without an exception.

        Raises:
            ReadOnlyStore: Nothing may be written here.
            SaveFailed: The disk refused; none of them is kept.
        """
        if self.read_only or not self.person:
            raise ReadOnlyStore(self.folder.name)
        journal = self._writable()
        batch = Batch(self, journal.head, self._tip if self._continues(journal) else None, self._at())
        self._see(batch, greets=not self._continues(journal))
        yield batch
        if batch.records:
            journal.append(batch.records)
            batch.entries = self._take_own(journal.head, batch.records)
            self._known[journal.path] = _stamp(journal.path)
            self._news = False

    def append(self, kind: str, body: dict[str, Any]) -> Entry:
        """Write one record; see `batch`."""
        with self.batch() as batch:
            batch.add(kind, body)
        return batch.entries[-1]

    def _see(self, batch: Batch, *, greets: bool) -> None:
        """Say first what this laptop has taken in and not yet borne witness to: what comes next rests on it.

        A journal that names no predecessor begins with what this laptop's other journals hold, too.
        """
        heads = self._unwitnessed() if self._news else []
        if greets:
            heads += [ref for ref in self.ledger.heads() if self._device_of(ref) == self.device]
        for start in range(0, len(heads), HEADS_A_RECORD):
            batch.add(SEEN, {"heads": [str(ref) for ref in sorted(heads)[start : start + HEADS_A_RECORD]]})

    def _unwitnessed(self) -> list[Ref]:
        """Heads to bear witness to; none where all that is new since the last `seen` is `seen` records."""
        heads = [ref for ref in self.ledger.heads() if ref not in self._named and ref.journal not in self._own]
        return heads if any(self._brings_news(ref) for ref in heads) else []

    def _brings_news(self, ref: Ref) -> bool:
        entry = self.ledger.get(ref)
        while entry is not None and entry.record.ref not in self._named:
            if entry.record.kind != SEEN:
                return True
            entry = self.ledger.get(Ref(entry.record.journal, entry.record.seq - 1, entry.record.prev))
        return False

    def _device_of(self, ref: Ref) -> str:
        entry = self.ledger.get(ref)
        return entry.device if entry else ""

    def _continues(self, journal: Journal) -> bool:
        """Whether the next record of a journal rests on this laptop's last one."""
        return self._tip is not None and (
            self._tip.record.journal == journal.head.journal or journal.head.predecessor == self._tip.record.ref
        )

    def _at(self) -> str:
        return self._now().isoformat(timespec="seconds")

    def _writable(self) -> Journal:
        """The journal to write to: today's of this person if it is this laptop's last, else a new one."""
        journal = self._journal
        if journal is not None and not self._must_turn(journal):
            return journal
        if journal is not None:
            journal.close()
        self._journal = self._reopened() or self._new_journal()
        return self._journal

    def _must_turn(self, journal: Journal) -> bool:
        last = self._tip
        behind = last is not None and datetime.fromisoformat(last.record.at) > self._now().replace(microsecond=0)
        full = self._known.get(journal.path, (0, 0))[0] > ROLL_OVER
        return behind or full or journal.head.day != self._now().date().isoformat() or not self._continues(journal)

    def _reopened(self) -> Journal | None:
        tip = self._tip
        if tip is None or tip.person != self.person or not self._lock.mine:
            return None
        found = [(head, records) for head, records in self.ledger.branches(tip.record.journal)]
        if len(found) != 1 or found[0][1][-1].ref != tip.record.ref:
            return None
        path = self._path_of(found[0][0])
        try:
            journal = Journal(path, found[0][0])
        except (JournalUnreadable, SaveFailed):
            return None
        if self._must_turn(journal):
            journal.close()
            return None
        return journal

    def _new_journal(self) -> Journal:
        founding, self._founding = self._founding, None
        head = founding if founding is not None and founding.person == self.person else self._head(self.person)
        return Journal(self._path_of(head), head)

    def _head(self, person: str, salt: str = "") -> Head:
        tip = self._tip.record.ref if self._tip is not None and self._lock.mine else None
        return sealed_head(
            Head(
                secrets.token_hex(8),
                self.community,
                self.device,
                person,
                self._now().date().isoformat(),
                predecessor=tip,
                salt=salt,
            )
        )

    def _take_own(self, head: Head, records: list[Record]) -> list[Entry]:
        self._note_head(head)
        entries = self.ledger.take_in(head, records)
        self._tip = self.ledger.get(records[-1].ref)
        self._own.add(head.journal)
        self._note_seen(records)
        return entries

    # -- taking files in

    def absorb(self, files: Iterable[Path]) -> Intake:
        """Take in journals from files of any name; what is new is kept in `store/`, and witnessed by a `seen`."""
        intake = self.absorb_quietly(files)
        self.witness(intake)
        return intake

    def absorb_quietly(self, files: Iterable[Path]) -> Intake:
        """Like `absorb`, without the `seen`: whoever takes in many files calls `witness` once behind them."""
        intake = Intake()
        for path in files:
            self._take_file(path, intake)
        return intake

    def absorb_inbox(self) -> Intake:
        """Take in what people put into `inbox/`; the files stay where they are."""
        files = self._files(self.folder / "inbox")
        return self.absorb(path for path in files if self._known.get(path) != _stamp(path))

    def refresh(self) -> Intake:
        """Take in what other programs wrote into `store/` and `inbox/` since the last look."""
        own = self._journal.path if self._journal is not None else None
        files = [*self._files(self.folder / "store"), *self._files(self.folder / "inbox")]
        return self.absorb(path for path in files if path != own and self._known.get(path) != _stamp(path))

    def _files(self, folder: Path) -> list[Path]:
        try:
            return sorted(path for path in folder.iterdir() if path.is_file() and not is_debris(path.name))
        except OSError:
            return []

    def _take_file(self, path: Path, intake: Intake) -> None:
        self._known[path] = _stamp(path)
        try:
            found = read_journal(path, self.community)
        except JournalUnreadable as error:
            intake.troubles.append(Trouble(path.name, error.reason, error.detail))
            return
        except OtherCommunity:
            intake.troubles.append(Trouble(path.name, "other_community"))
            return
        intake.troubles += troubles_of(path.name, found)
        before = len(self.ledger)
        entries = self.ledger.take_in(found.head, found.records)
        self._note_head(found.head)
        self._note_own(found)
        intake.read.append(path.name)
        intake.entries += entries
        intake.records += len(self.ledger) - before
        worth = len(self.ledger) > before if path.parent != self.folder / "store" else bool(found.harmed)
        if worth and not self.read_only:
            self._keep(found.head.journal, intake)

    def _note_head(self, head: Head) -> None:
        if head.salt and community_id(head.person, head.salt) == self.community:
            self.founder = head.person

    def _note_own(self, found: JournalFile) -> None:
        """Records of this laptop tell where its chain stands, and what its `seen` records have named."""
        if found.head.device != self.device or not found.records:
            return
        self._own.add(found.head.journal)
        self._note_seen(found.records)
        last = self.ledger.get(found.records[-1].ref)
        if last is not None and (self._tip is None or last.order > self._tip.order):
            self._tip = last

    def _note_seen(self, records: Iterable[Record]) -> None:
        for record in records:
            if record.kind == SEEN:
                self._named.update(Ref.parse(text) for text in record.body.get("heads", ()) if _is_ref(text))

    def _keep(self, journal: str, intake: Intake) -> None:
        """Write what is known of a journal into `store/`, where a file there holds less."""
        for number, (head, records) in enumerate(self.ledger.branches(journal)):
            path = self._path_of(head, records[-1].digest[:8] if number else "")
            if self._journal is not None and path == self._journal.path:
                continue
            data = journal_bytes(head, records)
            if not path.exists() or path.read_bytes() != data:
                try:
                    replace_whole(path, data)
                except SaveFailed as error:
                    intake.troubles.append(Trouble(path.name, "not_saved", error.reason))
            self._known[path] = _stamp(path)

    def _path_of(self, head: Head, branch: str = "") -> Path:
        return self.folder / "store" / journal_name(head, branch)

    def witness(self, intake: Intake) -> None:
        """Append what this laptop now bears witness to; of nothing but `seen` records it says nothing.

        While nobody is at the keyboard nothing is written; the next batch then begins with it.
        """
        self._news = self._news or any(entry.record.journal not in self._own for entry in intake.entries)
        if self._news and self.person and not self.read_only and self._unwitnessed():
            with self.batch() as batch:
                pass
            intake.entries += batch.entries


def journal_name(head: Head, branch: str = "") -> str:
    """The name under which the program writes a journal: lower-case letters, digits, hyphens, at most 64 characters."""
    day = head.day if _DAY.fullmatch(head.day) else "0000-00-00"
    return f"zb-{head.device[:8]}-{day}-{head.journal}{'-' + branch if branch else ''}.json"


def journal_bytes(head: Head, records: list[Record]) -> bytes:
    """A journal as a file: the same bytes on every laptop that holds the same records."""
    start = opening({"journal": {"1": head_row(head)}}, "records")
    lines = (b"\n" + encode(str(record.seq)) + b":" + encode(record_row(record)) for record in records)
    return start + b",".join(lines) + END


def troubles_of(name: str, found: JournalFile) -> list[Trouble]:
    """What to say of a file that could be read, wholly or in part."""
    troubles = [Trouble(name, "encoding", found.re_encoded)] if found.re_encoded and found.harmed else []
    torn = [seq for seq, reason in found.harmed if reason == "torn"]
    harmed = [seq for seq, reason in found.harmed if reason != "torn"]
    if harmed:
        troubles.append(Trouble(name, "harmed", ", ".join(map(str, harmed[:10]))))
    if torn or not found.complete:
        last = found.records[-1].seq if found.records else 0
        troubles.append(Trouble(name, "incomplete", str(last)))
    return troubles


def is_debris(name: str) -> bool:
    """What sync tools, office programs and systems leave lying about; never ours, never worth a message."""
    plain = name.casefold()
    return (
        plain.startswith((".", "~", TEMPORARY))
        or plain.endswith((".tmp", ".part", ".crdownload", ".partial"))
        or plain in ("thumbs.db", "desktop.ini")
    )


def claims_to_be_journal(path: Path) -> bool:
    """Whether a file in a folder of other people's things is meant for us: by its first bytes, or by our name."""
    return sniff(path) or (path.name.startswith("zb-") and ".json" in path.name)


def _is_ref(text: object) -> bool:
    try:
        Ref.parse(text)
    except ValueError:
        return False
    return True


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (-1, -1)
    return (stat.st_size, stat.st_mtime_ns)
