"""Exchange (交换) with a folder, both ways: each side gets what it lacks. Deletion never travels."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from operator import itemgetter
from pathlib import Path

from .cache import collector_at_rest
from .errors import ExchangeNotThere, JournalUnreadable, NoExchangeFolder, OtherCommunity, SaveFailed
from .files import TEMPORARY, overwrite, replace_whole, small_json
from .intake import JOURNAL_IN_NAME, Intake, Trouble, claims_to_be_journal, is_debris, is_file
from .known import Held, Look, clear_leftovers, is_due_again, look_of, looks_unchanged, read_known, write_known
from .media import Media
from .media_exchange import MediaExchange
from .outgoing import Exchanged as Exchanged
from .outgoing import Outgoing
from .reader import JournalFile, read_bytes, read_journal
from .record import Entry, Head, Ref
from .settings import SETTINGS
from .store import Store

MARKER = "zhubao-exchange.json"
"""Without it a folder is «not there», never «empty»."""
_FOLDERS = "exchange_folders"
Progress = Callable[[int, int, str], None]


def exchange(
    store: Store,
    folder: Path,
    *,
    new: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    learn: Callable[[], list[Entry]] = list,
) -> Exchanged:
    """Unite a workspace with a folder.

    Args:
        store: The workspace's store.
        folder: A stick, a share, any folder; files of other people in it are left alone.
        new: Make a folder an exchange folder although this workspace knew one there whose marker is gone.
        progress: Told of each file.
        stop: Asked before each file; what was done until then is whole.
        learn: Asked when all was taken in, before anything goes out: has the store erase what records that came in say,
            and returns the entries that changed by it.

    Raises:
        ExchangeNotThere: The folder is gone, or its marker is, although it was exchanged with before.
        OtherCommunity: The folder is another community's.
        NoExchangeFolder: It is a workspace, or lies in one: those belong to the program. Or it is a file.
    """
    done = Exchanged()
    if _belongs_to_program(store, folder):
        raise NoExchangeFolder(folder.name)
    memory = _Memory(store, _enter(store, folder, done, new=new))
    with collector_at_rest():
        run = _Run(
            store, folder, done, progress or (lambda _done, _total, _name: None), stop or (lambda: False), memory
        )
        run.receive()
        run.erase(learn)
        run.send()
        run.media()
        run.remember()
    return done


def _belongs_to_program(store: Store, folder: Path) -> bool:
    """Whether a folder is a workspace, lies in one, or is a file; raises `ExchangeNotThere` where nobody can tell."""
    try:
        within = store.folder.resolve() in (folder.resolve(), *folder.resolve().parents)
        return within or (folder / SETTINGS).exists() or folder.is_file()
    except (OSError, RuntimeError, ValueError):  # a share that has dropped, a link to itself, a name that none can be
        raise ExchangeNotThere(folder.name) from None


class _Memory:
    """What this laptop keeps in `cache/` of one exchange folder, by the id in the folder's marker."""

    def __init__(self, store: Store, folder_id: str) -> None:
        name = sha256(folder_id.encode("utf-8", "replace")).hexdigest()[:16]  # the marker is somebody else's text
        self._path, self._whose = store.folder / "cache" / f"exchange-{name}.bin", f"{store.community} {store.device}"
        self._writable = not store.read_only
        self.known = read_known(self._path, self._whose)
        self.known.exchanges += 1

    def keep(self) -> None:
        if self._writable:
            write_known(self._path, self._whose, self.known)


class _Run:
    """One exchange under way; a file of the folder is read once, or not at all where nothing has changed."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        done: Exchanged,
        progress: Progress,
        stop: Callable[[], bool],
        memory: _Memory,
    ) -> None:
        self._store, self._folder, self._done = store, folder, done
        self._progress, self._stop, self._memory = progress, stop, memory
        files, unfinished = _listed(folder)
        clear_leftovers(folder, unfinished, memory.known)
        self._incoming = [path for path in files if path.name in memory.known.files or claims_to_be_journal(path)]
        here = {path.name for path in self._incoming}
        done.missing = sum(held.same and name not in here for name, held in memory.known.files.items())
        self._there: dict[str, str] = {}
        """Digests of what was read of the folder, by name."""
        self._held: dict[str, Held] = {}
        """What is known now of the folder's files."""
        self._tips: dict[str, Ref | None] = {}
        """How far the journals reach that are being sent, by name."""
        marker = folder / MARKER
        self._sign = marker if is_file(marker) else folder
        self._ours = dict(store.files())
        self._erased: dict[str, int] = {}
        """By journal, reckoned when first asked for."""

    def receive(self) -> None:
        self._store.keep_again()
        intake = Intake(self._done.entries, troubles=self._done.unread)
        for number, path in enumerate(self._incoming, start=1):
            if self._stopped():
                break
            if not self._is_known(path):
                self._receive(path, intake)
            self._progress(number, len(self._incoming) + len(self._ours), path.name)
        self._store.finish(intake)

    def _is_known(self, path: Path) -> bool:
        """Whether nothing can be new in a file: it is as it was, and all that it held is still here."""
        held = self._memory.known.files.get(path.name)
        if (
            held is None
            or is_due_again(path.name, self._memory.known.exchanges - held.read_at)
            or not self._still_holds(held)
            or not looks_unchanged(f"{self._folder}{os.sep}{path.name}", held.look)
        ):
            return False
        self._held[path.name] = held
        return True

    def _still_holds(self, held: Held) -> bool:
        with self._store.at_rest():
            tip, reach = held.tip, self._store.reach(held.tip.journal)
            return (
                reach is not None
                and (reach == tip or (reach.seq > tip.seq > 0 and tip in self._store.ledger))
                and held.erased == self._erased_in(tip.journal)
            )

    def _erased_in(self, journal: str) -> int:
        if journal not in self._erased:
            self._erased[journal] = self._store.erased_in(journal)
        return self._erased[journal]

    def _receive(self, path: Path, intake: Intake) -> None:
        try:
            at = path.stat().st_mtime_ns
            data = read_bytes(path)
        except OSError as error:
            self._unreadable(path, JournalUnreadable(path.name, "unreadable", error.strerror or ""), intake)
            return
        except JournalUnreadable as error:
            self._unreadable(path, error, intake)
            return
        data = self._clean(path, data)
        ours = self._ours.get(path.name)
        if ours is not None:
            tip = self._store.reach(path.name[JOURNAL_IN_NAME])
            if ours() == data:
                if tip is not None:
                    self._note(path.name, look_of(data, at), tip, same=True)
                self._there[path.name] = sha256(data).hexdigest()
                return
        self._there[path.name] = sha256(data).hexdigest()
        before = intake.records
        self._store.take(path, intake, data)
        if intake.records > before:
            self._done.received.append(path.name)
            self._done.records_in += intake.records - before
        if intake.whole is not None and (tip := _tip_of(intake.whole)) is not None:
            self._erased.pop(tip.journal, None)
            self._note(path.name, look_of(data, at), tip, same=False)

    def _unreadable(self, path: Path, error: JournalUnreadable, intake: Intake) -> None:
        if not self._gone():
            intake.troubles.append(Trouble(path.name, error.reason, error.detail))

    def _note(self, name: str, look: Look, tip: Ref, *, same: bool) -> None:
        self._held[name] = Held(look, tip, self._erased_in(tip.journal), same, self._memory.known.exchanges)

    def _clean(self, path: Path, data: bytes) -> bytes:
        """Write a copy in the folder, whatever its name, without what is erased; returns what it holds now."""
        left = self._store.without_erased(path.name, data)
        if left == data:
            return data
        try:
            if path.name.startswith(TEMPORARY):
                overwrite(path, left)
            else:
                replace_whole(path, left)
        except (SaveFailed, OSError):
            if not self._gone():
                self._done.not_erased.append(path.name)
        return left

    def erase(self, learn: Callable[[], list[Entry]]) -> None:
        """Let what came in say what is erased; of that nothing stays readable here, nor goes out."""
        known = self._store.erased
        self._done.entries += learn()
        if not self._store.erased:
            return
        files = self._incoming if self._store.erased - known else []
        for path in [*files, *_unfinished(self._folder)]:
            if self._stopped():
                return
            try:
                data = self._clean(path, read_bytes(path))
            except JournalUnreadable:
                continue  # told when it was to be taken in
            if path.name in self._there:
                self._there[path.name] = sha256(data).hexdigest()

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
        files = sorted(self._store.files(), key=itemgetter(0))
        outgoing = Outgoing(self._folder, self._done, self._done.sent, self._gone)
        with outgoing.bundle:
            for number, (name, load) in enumerate(files, start=1):
                if self._stopped():
                    break
                self._send(name, load, outgoing)
                self._progress(len(self._incoming) + number, len(self._incoming) + len(files), name)
        for name, look in outgoing.written.items():
            if (tip := self._tips.get(name)) is not None:
                self._note(name, look, tip, same=True)

    def _send(self, name: str, load: Callable[[], bytes], outgoing: Outgoing) -> None:
        tip, held = self._store.reach(name[JOURNAL_IN_NAME]), self._held.get(name)
        if held is not None and held.same and held.tip == tip:
            return
        data = load()
        if name in self._there and self._there[name] != sha256(data).hexdigest():
            self._look_again(name)
            data = load()
        if self._there.get(name) != sha256(data).hexdigest():
            self._tips[name] = tip
            outgoing.offer(name, data)
        elif held is not None and held.tip == tip:
            self._held[name] = held._replace(same=True)

    def _look_again(self, name: str) -> None:
        """Read one's own file anew before it takes the place of another: a disk may have changed it without a trace."""
        path = self._store.path(name)
        if is_file(path):
            intake = Intake(troubles=self._done.unread)
            self._store.take(path, intake)
            self._store.finish(intake)
            self._done.entries += intake.entries

    def media(self) -> None:
        """Attachments go behind the records that speak of them: they are large."""
        if self._done.stopped or self._done.sent_failed == "gone" or self._store.read_only:
            return
        media, folder = Media(self._store.folder / "media"), self._folder / "media"
        MediaExchange(media, folder, self._done, self._memory.known, self._stopped, self._gone).run(self._progress)

    def remember(self) -> None:
        """Keep what is known now; of what an exchange that was broken off did not get to, what was known before."""
        known = self._memory.known
        broken_off = self._done.stopped or self._done.sent_failed == "gone"
        known.files = {**known.files, **self._held} if broken_off else self._held
        self._memory.keep()


def _enter(store: Store, folder: Path, done: Exchanged, *, new: bool) -> str:
    """See that a folder is an exchange folder of ours; returns its id."""
    told_before = store.recall(_FOLDERS)
    known = told_before if isinstance(told_before, dict) else {}
    marker = folder / MARKER
    place = str(folder.resolve())
    try:
        told = small_json(marker)
        name = str(told["id"])
        if told.get("community") != store.community:
            raise OtherCommunity(folder.name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        if (place in known and not new) or not folder.parent.is_dir():
            raise ExchangeNotThere(folder.name) from None
        name = secrets.token_hex(8)
        _make(store, folder, name, done)
    if not store.read_only:
        with suppress(SaveFailed):  # a full disk is one more reason to let everything out
            store.remember(_FOLDERS, {**known, place: name})
            store.remember("exchange_folder", place)
    return name


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


def _listed(folder: Path) -> tuple[list[Path], set[str]]:
    """Files in a folder that may be journals, by name, and the names of what tools and broken exchanges left there."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_file(entry)]
    except OSError:
        raise ExchangeNotThere(folder.name) from None
    left = {name for name in names if is_debris(name)}
    return [folder / name for name in sorted(names) if name not in left and name != MARKER], left


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _tip_of(found: JournalFile) -> Ref | None:
    """The last record of a file that holds a journal from its beginning; as `Ledger.reach` has it."""
    records = found.records
    if not records:
        return Ref(found.head.journal, 0, found.head.digest)
    return records[-1].ref if records[-1].seq == len(records) else None


def _unfinished(folder: Path) -> list[Path]:
    """Files that a laptop had not finished when its power failed, or is writing now."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.startswith(TEMPORARY) and is_file(path))
    except OSError:
        return []


def heads_in(folder: Path) -> list[Head]:
    """Heads of the journals that lie in a folder; raises `ExchangeNotThere` where there is no such folder."""
    found: list[Head] = []
    for path in filter(claims_to_be_journal, _listed(folder)[0]):
        try:
            found.append(read_journal(path).head)
        except JournalUnreadable:
            continue
    return found


def community_marked(folder: Path) -> set[str]:
    """The community that an exchange folder's marker names; empty where there is none that can be read."""
    try:
        return {str(small_json(folder / MARKER)["community"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
