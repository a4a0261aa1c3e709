"""Exchange of many journals, first and second time, against the bare thing in the same run and on the same disk.

A laptop with 20,000 journals exchanges with an empty folder (all goes out), a laptop that knows nothing with that
folder (all comes in), and both of them again when nothing has changed. The references: `shutil.copytree` of the same
files, with a flush of each (what copying safely costs at least) and without; and `os.scandir` with the size and time of
every file, which is the least that can tell whether anything has changed. Prints a line each: what, seconds, ratio.

    python -m benchmarks.exchange [JOURNALS [RECORDS]]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from storage.exchange import exchange
from storage.intake import journal_bytes, journal_name
from storage.record import Head, Record
from storage.rows import new_record, sealed_head
from storage.store import Store

JOURNALS, RECORDS = 20_000, 5
"""20 laptops, 52 weeks, several people on each: so many files; records in each of them."""
LAPTOPS = 20


def write_journals(store: Store, folder: Path, count: int, records: int) -> None:
    """Journals of other laptops, as files, without a flush: they are only there to be exchanged."""
    for number in range(count):
        device = f"{number % LAPTOPS + 1:016x}"
        day = f"2026-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
        head = sealed_head(Head(f"{number + 1:016x}", store.community, device, device, day))
        made: list[Record] = []
        for seq in range(1, records + 1):
            prev = made[-1].digest if made else head.digest
            body = {
                "text": f"三号楼路灯不亮，物业说下周来修 {number}.{seq}",
                "door": "祥和苑/3-2-501",
                "urgency": "normal",
            }
            made.append(new_record(head.journal, seq, seq, f"{day}T09:{seq % 60:02}:00+08:00", "note", body, prev))
        (folder / journal_name(head)).write_bytes(journal_bytes(head, made))


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def copied_and_flushed(source: Path, target: Path) -> None:
    """`copytree`, and every file and the folder on disk when it returns, as whoever says «saved» must have it."""
    shutil.copytree(source, target)
    for path in target.iterdir():
        flush(path)
    flush(target)


def copied(place: Path, name: str) -> tuple[float, float]:
    """Seconds of both references, taken right before what is held against them: disks have their moods."""
    source = place / "ann" / "store"
    plain = timed(lambda: shutil.copytree(source, place / f"copied-{name}"))
    safe = timed(lambda: copied_and_flushed(source, place / f"flushed-{name}"))
    said("copytree", plain)
    said("copytree, each file flushed", safe)
    return plain, safe


def flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def listed(folder: Path) -> int:
    """Names, sizes and times of a folder's files."""
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size + entry.stat().st_mtime_ns for entry in entries)


def new_store(folder: Path, first: Store | None = None) -> Store:
    now, kinds = (lambda: datetime(2026, 12, 31, tzinfo=UTC)), frozenset({"enrol"})
    if first is None:
        return Store.create(folder, "a" * 16, now=now, landmarks=kinds)
    return Store.join(folder, first.community, now=now, landmarks=kinds)


def said(what: str, seconds: float, **references: float) -> None:
    """One line: what, seconds, and how many times each reference that is."""
    ratios = "  ".join(f"{seconds / other:6.2f} x {name}" for name, other in references.items())
    print(f"{what:34} {seconds:8.2f} s  {ratios}")


def measure(place: Path, count: int, records: int) -> None:
    ann = new_store(place / "ann")
    write_journals(ann, place / "ann" / "store", count, records)
    ann.refresh()
    stick = place / "stick"
    plain, safe = copied(place, "out")
    said("out, first", timed(lambda: exchange(ann, stick)), copytree=plain, flushed=safe)
    ben = new_store(place / "ben", ann)
    plain, safe = copied(place, "in")
    said("in, first", timed(lambda: exchange(ben, stick)), copytree=plain, flushed=safe)
    listing = min(timed(lambda: listed(stick)) for _again in range(3))
    said("scandir and stat", listing)
    for store, name in ((ann, "ann"), (ben, "ben")):
        said(f"second, {name}", timed(lambda store=store: exchange(store, stick)), scandir=listing, copytree=plain)
    for store in (ann, ben):
        store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [int(text) for text in sys.argv[1:3]]
        measure(Path(folder), *given, *(JOURNALS, RECORDS)[len(given) :])
