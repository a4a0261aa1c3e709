"""Exchange (交换) with a folder, both ways: each side gets what it lacks. Deletion never travels."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from .errors import ExchangeNotThere, JournalUnreadable, NoExchangeFolder, OtherCommunity, SaveFailed
from .files import replace_whole, small_json
from .intake import Intake, Stamp, Trouble, claims_to_be_journal, files_in, stamp
from .reader import read_bytes, read_journal
from .record import Entry
from .store import SETTINGS, Store

MARKER = "zhubao-exchange.json"
"""Without it a folder is «not there», never «empty»."""
_FOLDERS = "exchange_folders"
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Exchanged:
    """The plain account of one exchange."""

    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    """Files that brought something new."""
    records_in: int = 0
    entries: list[Entry] = field(default_factory=list)
    """For the fold."""
    unread: list[Trouble] = field(default_factory=list)
    sent_failed: str = ""
    """Why something did not go out: `full`, `read_only`, `busy`, `disk`, `gone`; empty: all went out."""
    left_out: list[str] = field(default_factory=list)
    """Files that did not go out for that reason."""
    stopped: bool = False
    made_new: bool = False
    """The folder was made an exchange folder just now."""

    @property
    def not_sent(self) -> int:
        """How many files did not go out."""
        return len(self.left_out)


def exchange(
    store: Store,
    folder: Path,
    *,
    new: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Exchanged:
    """Unite a workspace with a folder.

    Args:
        store: The workspace's store.
        folder: A stick, a share, any folder; files of other people in it are left alone.
        new: Make a folder an exchange folder although this workspace knew one there whose marker is gone.
        progress: Told of each file.
        stop: Asked before each file; what was done until then is whole.

    Raises:
        ExchangeNotThere: The folder is gone, or its marker is, although it was exchanged with before.
        OtherCommunity: The folder is another community's.
        NoExchangeFolder: It is a workspace, or lies in one: those belong to the program. Or it is a file.
    """
    done = Exchanged()
    if (folder / SETTINGS).exists() or store.folder.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise NoExchangeFolder(folder.name)
    if folder.is_file():
        raise NoExchangeFolder(folder.name)
    _enter(store, folder, done, new=new)
    run = _Run(store, folder, done, progress or (lambda _done, _total, _name: None), stop or (lambda: False))
    run.receive()
    run.send()
    return done


class _Run:
    """One exchange under way; each file of the folder is read once."""

    def __init__(
        self, store: Store, folder: Path, done: Exchanged, progress: Progress, stop: Callable[[], bool]
    ) -> None:
        self._store, self._folder, self._done = store, folder, done
        self._progress, self._stop = progress, stop
        self._incoming = _incoming(folder)
        self._there: dict[str, str] = {}
        """Digests of what lies in the folder, by name."""
        self._same: dict[str, Stamp] = {}
        """Names under which folder and store held the same, and the store's file then."""
        marker = folder / MARKER
        self._sign = marker if marker.exists() else folder
        self._ours = dict(store.files())

    def receive(self) -> None:
        intake = Intake(self._done.entries, troubles=self._done.unread)
        for number, path in enumerate(self._incoming, start=1):
            if self._stopped():
                break
            self._receive(path, intake)
            self._progress(number, len(self._incoming) + len(self._ours), path.name)
        self._store.finish(intake)

    def _receive(self, path: Path, intake: Intake) -> None:
        try:
            data = read_bytes(path)
        except JournalUnreadable as error:
            if not self._gone():
                intake.troubles.append(Trouble(path.name, error.reason, error.detail))
            return
        self._there[path.name] = sha256(data).hexdigest()
        ours = self._ours.get(path.name)
        if ours is not None:
            before_reading = stamp(self._store.path(path.name))
            if ours() == data:
                self._same[path.name] = before_reading
                return
        before = intake.records
        self._store.take(path, intake, data)
        if intake.records > before:
            self._done.received.append(path.name)
            self._done.records_in += intake.records - before

    def _gone(self) -> bool:
        """Whether the folder has vanished in the middle: a pulled stick, a dropped share."""
        try:
            self._sign.stat()
        except OSError:
            self._done.sent_failed = "gone"
            return True
        return False

    def _stopped(self) -> bool:
        self._done.stopped = self._done.stopped or self._stop()
        return self._done.stopped

    def send(self) -> None:
        files = sorted(self._store.files(), key=lambda pair: pair[0])
        too_large = 0
        for number, (name, load) in enumerate(files, start=1):
            if self._stopped():
                return
            if self._same.get(name) != stamp(self._store.path(name)):
                data = load()
                if self._there.get(name) != sha256(data).hexdigest():
                    too_large = self._offer(name, data, too_large)
            self._progress(len(self._incoming) + number, len(self._incoming) + len(files), name)

    def _offer(self, name: str, data: bytes, too_large: int) -> int:
        """Write a file out, if it may still fit; returns the size of the smallest that did not."""
        done = self._done
        if done.sent_failed and not (done.sent_failed == "full" and len(data) < too_large):
            done.left_out.append(name)
            return too_large
        return self._send(name, data) or too_large

    def _send(self, name: str, data: bytes) -> int:
        """Write a file out; returns its size where it did not fit or could not be written, else 0."""
        try:
            replace_whole(self._folder / name, data)
        except SaveFailed as error:
            if not self._gone():
                self._done.sent_failed = error.reason
            self._done.left_out.append(name)
            return len(data)
        self._done.sent.append(name)
        return 0


def _enter(store: Store, folder: Path, done: Exchanged, *, new: bool) -> None:
    told_before = store.recall(_FOLDERS)
    known = told_before if isinstance(told_before, dict) else {}
    marker = folder / MARKER
    place = str(folder.resolve())
    try:
        told = small_json(marker)
        name = str(told["id"])
        if told.get("community") != store.community:
            raise OtherCommunity(folder.name)
    except (OSError, ValueError, KeyError, TypeError):
        if (place in known and not new) or not folder.parent.is_dir():
            raise ExchangeNotThere(folder.name) from None
        name = secrets.token_hex(8)
        _make(store, folder, name, done)
    if not store.read_only:
        store.remember(_FOLDERS, {**known, place: name})
        store.remember("exchange_folder", place)


def _make(store: Store, folder: Path, name: str, done: Exchanged) -> None:
    try:
        folder.mkdir(exist_ok=True)
        marker = json.dumps({"format": 1, "id": name, "community": store.community})
        replace_whole(folder / MARKER, marker.encode())
        done.made_new = True
    except SaveFailed as error:  # a stick that can't be written may still bring something
        done.sent_failed = error.reason
    except OSError:
        if not folder.is_dir():
            raise ExchangeNotThere(folder.name) from None
        done.sent_failed = "read_only"


def _incoming(folder: Path) -> list[Path]:
    try:
        files = files_in(folder)
    except OSError:
        raise ExchangeNotThere(folder.name) from None
    return [path for path in files if path.name != MARKER and claims_to_be_journal(path)]


def journals_in(folder: Path) -> set[str]:
    """Communities whose journals lie in a folder; raises `ExchangeNotThere` where there is no such folder."""
    found: set[str] = set()
    for path in _incoming(folder):
        try:
            found.add(read_journal(path).head.community)
        except JournalUnreadable:
            continue
    return found


def community_marked(folder: Path) -> set[str]:
    """The community that an exchange folder's marker names; empty where there is none that can be read."""
    try:
        return {str(small_json(folder / MARKER)["community"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
