"""A store as it was, for the next start: the ledger, and what tells that the files under it are still the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import JournalUnreadable
from .intake import Stamp, files_in, stamp
from .ledger import Ledger
from .lines import Lines, digest_of
from .reader import read_bytes
from .rows import END
from .witness import Witness

if TYPE_CHECKING:
    from .sealing import Keyring


@dataclass(frozen=True, slots=True)
class Seen:
    """A journal's file as it was."""

    journal: str
    """Id of the journal that it holds all of; empty where that lies in several files."""
    size: int
    digest: bytes
    """As `storage.lines.Lines` has it."""


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


def seen(journal: str, data: bytes) -> Seen:
    """A file of a journal as it is now."""
    return Seen(journal, len(data), digest_of(data))


@dataclass(frozen=True, slots=True)
class Standing:
    """How the files of `store/` stand to a snapshot that can be gone on with."""

    whole: dict[str, Stamp]
    """By name: files that hold what they held, and how they looked before they were read."""
    more: list[Path]
    """Files that the snapshot does not know, or that have grown since."""


def stand(snapshot: Snapshot, folder: Path) -> Standing | None:
    """Hold the files of `store/` against what they were; the records of the ledger stand in them from now on.

    Returns:
        `None` where the snapshot can't stand any more: a file is gone, shorter, or not what it was, so that the snapshot
        might hold what no file holds.
    """
    found = Standing({}, [])
    try:
        files = {path.name: path for path in files_in(folder)}
        if not snapshot.files.keys() <= files.keys():
            return None
        for name, path in sorted(files.items()):
            before = snapshot.files.get(name)
            if before is None:
                found.more.append(path)
                continue
            looked, data = stamp(path), read_bytes(path)
            if digest_of(data[: before.size]) != before.digest or not data.endswith(END):
                return None
            if len(data) > before.size:
                found.more.append(path)
            else:
                found.whole[name] = looked
            head = snapshot.ledger.head(before.journal)
            if head is not None:
                snapshot.ledger.read_from(before.journal, Lines(head, data, snapshot.ring))
    except (OSError, JournalUnreadable):
        return None
    return found
