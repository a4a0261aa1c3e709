"""Exchange (交换) with a folder, both ways: each side gets what it lacks. Deletion never travels."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ExchangeNotThere, JournalUnreadable, OtherCommunity, SaveFailed
from .files import replace_whole
from .reader import read_journal
from .record import Entry
from .store import Intake, Store, Trouble, claims_to_be_journal, is_debris

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
    """Why nothing more went out: `full`, `read_only`, `busy`, `disk`; empty: all went out."""
    not_sent: int = 0
    stopped: bool = False
    made_new: bool = False
    """The folder was made an exchange folder just now."""


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
    """
    done = Exchanged()
    _enter(store, folder, done, new=new)
    going_on = stop or (lambda: False)
    incoming = _incoming(folder)
    outgoing = sorted(path for path in (store.folder / "store").glob("zb-*.json"))
    total = len(incoming) + len(outgoing)
    for number, path in enumerate(incoming, start=1):
        if going_on():
            done.stopped = True
            return done
        _receive(store, path, done)
        if progress:
            progress(number, total, path.name)
    _finish_receiving(store, done)
    _send(store, folder, done, going_on, progress, len(incoming))
    return done


def _enter(store: Store, folder: Path, done: Exchanged, *, new: bool) -> None:
    known = store.recall(_FOLDERS) or {}
    marker = folder / MARKER
    place = str(folder.resolve())
    try:
        told = json.loads(marker.read_bytes())
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
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        raise ExchangeNotThere(folder.name) from None
    return [path for path in files if path.name != MARKER and not is_debris(path.name) and claims_to_be_journal(path)]


def _receive(store: Store, path: Path, done: Exchanged) -> None:
    own = store.folder / "store" / path.name
    if same_bytes(own, path):
        return
    intake = store.absorb_quietly([path])
    done.unread += intake.troubles
    done.entries += intake.entries
    done.records_in += intake.records
    if intake.records:
        done.received.append(path.name)


def _finish_receiving(store: Store, done: Exchanged) -> None:
    intake = Intake(entries=done.entries)
    store.witness(intake)


def _send(
    store: Store, folder: Path, done: Exchanged, stop: Callable[[], bool], progress: Progress | None, before: int
) -> None:
    files = sorted((store.folder / "store").glob("zb-*.json"))
    for number, path in enumerate(files, start=1):
        if stop():
            done.stopped = True
            return
        target = folder / path.name
        if not same_bytes(path, target):
            if done.sent_failed:
                done.not_sent += 1
                continue
            try:
                replace_whole(target, path.read_bytes())
                done.sent.append(path.name)
            except SaveFailed as error:
                done.sent_failed = error.reason
                done.not_sent += 1
        if progress:
            progress(before + number, before + len(files), path.name)


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same; a file's time proves nothing, so only sizes save the reading."""
    try:
        return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def journals_in(folder: Path) -> set[str]:
    """Communities whose journals lie in a folder; raises `ExchangeNotThere` where there is no such folder."""
    found: set[str] = set()
    for path in _incoming(folder):
        try:
            found.add(read_journal(path).head.community)
        except JournalUnreadable:
            continue
    return found
