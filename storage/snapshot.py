"""A store as it was, for the next start: the ledger, and what tells that the files under it are still the same."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import JournalUnreadable, OtherCommunity
from .intake import Stamp, files_in, stamp
from .ledger import Ledger
from .reader import read_journal
from .witness import Witness

if TYPE_CHECKING:
    from .sealing import Keyring

TAIL = 4096
"""Bytes at a file's end whose digest is kept: the last record, and with it the digest of all before it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A journal's file as it was."""

    stamp: Stamp
    tail: str


@dataclass(slots=True)
class Snapshot:
    """All of a store that its journals add up to."""

    community: str
    device: str
    founder: str
    founder_key: str
    ledger: Ledger
    witness: Witness
    files: dict[str, Seen]
    """By name in `store/`, each whole and spelled as the program spells it; together they hold the whole ledger."""
    ring: Keyring | None
    """What the sealed bodies in the ledger ask for their keys; it is kept without any."""


def seen(path: Path) -> Seen:
    """A file as it is now; raises `OSError`."""
    now = stamp(path)
    with path.open("rb") as file:
        file.seek(max(0, now[0] - TAIL))
        return Seen(now, sha256(file.read()).hexdigest())


def to_read(snapshot: Snapshot, folder: Path) -> list[Path] | None:
    """Files in `store/` that the snapshot does not know, or that have grown since.

    Returns:
        `None` where the snapshot can't stand any more: a file is gone, shorter, or not what it was, so that the
        snapshot might hold what no file holds.
    """
    try:
        files = {path.name: path for path in files_in(folder)}
        more = [path for name, path in files.items() if name not in snapshot.files]
        for name, before in snapshot.files.items():
            path = files.get(name)
            if path is None:
                return None
            if stamp(path) == before.stamp and seen(path) == before:
                continue
            if not _has_grown(snapshot, path, before):
                return None
            more.append(path)
    except OSError:
        return None
    return sorted(more)


def _has_grown(snapshot: Snapshot, path: Path, before: Seen) -> bool:
    """Whether a journal only has more records than before: all that the snapshot knows of it are still there."""
    if stamp(path)[0] <= before.stamp[0]:
        return False
    try:
        found = read_journal(path, snapshot.community)
    except (JournalUnreadable, OtherCommunity):
        return False
    here = {record.ref for record in found.records}
    return found.complete and not found.harmed and snapshot.ledger.refs(found.head.journal) <= here
