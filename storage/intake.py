"""What taking in files brings: new records, and what is to be said of files that are not as they should be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .canonical import encode
from .errors import JournalUnreadable
from .files import TEMPORARY
from .reader import JournalFile, sniff
from .record import Entry, Head, Record
from .rows import END, head_row, is_strange, opening, record_row

JOURNAL_IN_NAME = slice(23, 39)
"""Where the journal's id stands in a name that `journal_name` makes."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file.

    `what` is one of `unreadable`, `empty`, `too_large`, `harmed`, `incomplete`, `encoding`, `other_community`, `newer`,
    `gap`, `fork`, `not_saved`, `not_erased`.
    """

    name: str
    what: str
    detail: str = ""
    journal: str = ""
    """Id of the journal that it is about, where that is known: whose it is follows from its head."""


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
    whole: JournalFile | None = None
    """What the file held that was taken in last, if nothing is wrong with it."""
    due: dict[str, None] = field(default_factory=dict)
    """Journals that are still to be written into `store/`."""


def troubles_of(name: str, found: JournalFile) -> list[Trouble]:
    """What to say of a file that could be read, wholly or in part."""
    journal = found.head.journal
    troubles = [Trouble(name, "encoding", found.re_encoded, journal)] if found.re_encoded and found.harmed else []
    torn = [seq for seq, reason in found.harmed if reason == "torn"]
    harmed = [seq for seq, reason in found.harmed if reason != "torn"]
    if harmed or found.true_head:
        troubles.append(Trouble(name, "harmed", ", ".join(map(str, [0, *harmed][not found.true_head : 10])), journal))
    if torn or not found.complete:
        last = found.records[-1].seq if found.records else 0
        troubles.append(Trouble(name, "incomplete", str(last), journal))
    if is_strange(found.head):
        troubles.append(Trouble(name, "newer", "", journal))
    return troubles


def journal_name(head: Head, branch: str = "") -> str:
    """The name under which the program writes a journal: lower-case letters, digits, hyphens, at most 64 characters."""
    day = head.day if _DAY.fullmatch(head.day) else "0000-00-00"
    return f"zb-{head.device[:8]}-{day}-{head.journal}{'-' + branch if branch else ''}.json"


def journal_bytes(head: Head, records: Iterable[Record]) -> bytes:
    """A journal as a file: the same bytes on every laptop that holds the same records."""
    start = opening({"journal": {"1": head_row(head)}}, "records")
    lines = (b"\n" + encode(str(record.seq)) + b":" + encode(record_row(record)) for record in records)
    return start + b",".join(lines) + END


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
    return (path.name.startswith("zb-") and ".json" in path.name) or sniff(path)


def files_in(folder: Path) -> list[Path]:
    """A folder's files in the order of their names, without debris; raises `OSError` where it can't be listed."""
    return sorted(path for path in folder.iterdir() if not is_debris(path.name) and is_file(path))


def journals_in(folder: Path) -> list[Path]:
    """Files of a workspace's `store/`; raises `JournalUnreadable` where they can't even be listed."""
    try:
        return files_in(folder / "store")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalUnreadable("store", "unreadable", error.strerror or "") from error


def is_file(path: Path) -> bool:
    """Whether a name is a file's; false also where one may not even ask."""
    try:
        return path.is_file()
    except OSError:
        return False


Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """Size, time and identity of a file: they tell that it may have changed, never what is in it."""
    try:
        stat = path.stat()
    except OSError:
        return (-1, -1, -1)
    return (stat.st_size, stat.st_mtime_ns, stat.st_ino)
