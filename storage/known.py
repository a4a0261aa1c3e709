"""What is known of an exchange folder's files since they were last read, so that they need not all be read again.

A file is passed over only while everything speaks for it: its name, its size, its time, the digest of its end (that is
its last record, which is chained to all before it), and that this laptop still holds every record that it held then. A
time alone decides nothing: it is one more reason to read. Now and then a file is read in spite of all, as a medium may
harm what nobody wrote. All this lies in `cache/`, and without it everything is read once more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import time
from typing import NamedTuple
from zlib import crc32

from .cache import read_cache, write_cache
from .files import TEMPORARY
from .record import Ref

TAIL = 4096
"""Bytes at a file's end whose digest is kept: the last record, and with it the digest of all before it."""
TIME_STEP = 2_000_000_000
"""Nanoseconds to which FAT rounds a file's time, up or down."""
PASSED_OVER = 16
"""Exchanges after which an unchanged file is read all the same; spread over as many again, so that not all are at once."""
LEFTOVER = 600.0
"""Seconds after which an unfinished file of some exchange that was broken off may go: no exchange takes so long on one."""
_FORMAT = "exchange 2"


class Look(NamedTuple):
    """How a file looks from outside."""

    size: int
    time: int
    tail: bytes
    """Digest of its last bytes."""


class Held(NamedTuple):
    """What a file held when it was last read whole, or written."""

    look: Look
    tip: Ref
    """The last record of a journal that is whole up to there; `seq` 0 and the head's digest where it has none yet."""
    erased: int
    """How many of the journal's records were erased; one more, and every copy is looked at again."""
    same: bool
    """It was to the byte what this laptop writes under that name."""
    read_at: int
    """Number of the exchange that read or wrote it."""


class SeenMedia(NamedTuple):
    """An attachment that was read, or written, and was what its name says."""

    look: Look
    read_at: int


@dataclass(slots=True)
class Known:
    """All that is known of one exchange folder."""

    exchanges: int = 0
    """How many there were."""
    files: dict[str, Held] = field(default_factory=dict)
    media: dict[str, SeenMedia] = field(default_factory=dict)
    leftovers: dict[str, float] = field(default_factory=dict)
    """Unfinished files, each with the time by this laptop's clock at which it was first noticed."""


def look_of(data: bytes, at: int) -> Look:
    """How a file with these bytes looks."""
    return Look(len(data), at, sha256(data[-TAIL:]).digest())


def looks_unchanged(path: str, before: Look) -> bool:
    """Whether a file still looks as it did; only its end is read, and only where size and time agree."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        stat = os.fstat(handle)
        if stat.st_size != before.size or abs(stat.st_mtime_ns - before.time) > TIME_STEP:
            return False
        os.lseek(handle, max(0, before.size - TAIL), os.SEEK_SET)
        return sha256(os.read(handle, TAIL)).digest() == before.tail
    except OSError:
        return False
    finally:
        os.close(handle)


def is_due_again(name: str, passed_over: int) -> bool:
    """Whether a file was passed over in so many exchanges that it is to be read again."""
    return (
        passed_over > PASSED_OVER and passed_over > PASSED_OVER + crc32(name.encode("utf-8", "replace")) % PASSED_OVER
    )


def read_known(path: Path, whose: str) -> Known:
    """What was kept under `path` by `whose` laptop of a community; nothing where that can't be read."""
    kept = read_cache(path, f"{_FORMAT} {whose}", ("storage.",))
    return kept if isinstance(kept, Known) else Known()


def write_known(path: Path, whose: str, known: Known) -> None:
    """Keep it for the next exchange; where there is no room that is only slower."""
    write_cache(path, f"{_FORMAT} {whose}", known)


def clear_leftovers(folder: Path, names: set[str], known: Known) -> None:
    """Remove unfinished files that an exchange left behind when it was broken off; they never bore a journal's name.

    Another laptop may be writing one right now: only what was there long ago already goes.
    """
    now = time()
    there = {name: min(known.leftovers.get(name, now), now) for name in names if name.startswith(TEMPORARY)}
    known.leftovers = {}
    for name, since in there.items():
        if now - since < LEFTOVER or not _removed(folder / name):
            known.leftovers[name] = since


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
