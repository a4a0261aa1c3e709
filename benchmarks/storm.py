"""Taking in what many laptops wrote in many weeks: records a second, and how the time grows with laptops and weeks.

Laptops work, meet at a folder now and then, and then everybody exchanges with it twice: the full round. Measured is the
full round. The reference, in the same run and over the same bytes: for each laptop, a copy of every journal that it did
not have, written and flushed, and parsed by the standard library's JSON reader.

Prints a line a storm: laptops, weeks, records taken in a second, the time's ratio to the reference, and the growth of
both from the smallest storm. Where the program grows no faster than the reference, the two growths are alike.

Run: python benchmarks/storm.py [FOLDER]
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from storage.exchange import exchange
from storage.store import Store

STORMS = ((5, 4), (10, 4), (20, 4), (10, 8), (10, 16))
DAYS = 2
"""Days a week on which each laptop writes."""
RECORDS = 5
"""Records a day."""


class Clock:
    """Moves on by itself only when it is told."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-05-04T09:00:00+08:00")

    def __call__(self) -> datetime:
        return self.moment


def begun(place: Path, count: int, clock: Clock) -> list[Store]:
    stores = [Store.create(place / "laptop0", f"{0:016x}", now=clock, landmarks=frozenset())]
    community = stores[0].community
    stores += [
        Store.join(place / f"laptop{n}", community, now=clock, landmarks=frozenset()) for n in range(1, count)
    ]  # fmt: skip
    for number, store in enumerate(stores):
        store.use(f"{number:016x}")
    return stores


def weather(stores: list[Store], weeks: int, folder: Path, clock: Clock) -> None:
    """The weeks: everybody writes, one in four brings it to the folder."""
    dice = random.Random(weeks)
    for _day in range(weeks * DAYS):
        clock.moment += timedelta(days=3)
        for store in stores:
            with store.batch() as batch:
                for number in range(RECORDS):
                    batch.add("note", {"text": f"第{number}件：楼道灯不亮，晚上摸黑上楼"})
            if dice.random() < 0.25:
                exchange(store, folder)


def full_round(stores: list[Store], folder: Path) -> tuple[float, int]:
    """Seconds, and records taken in."""
    before = sum(len(store.ledger) for store in stores)
    start = time.perf_counter()
    for store in (*stores, *stores):
        exchange(store, folder)
    return time.perf_counter() - start, sum(len(store.ledger) for store in stores) - before


def reference(files: list[bytes], place: Path) -> float:
    """Seconds for copying and parsing files: write, flush, read by the standard library."""
    start = time.perf_counter()
    for number, data in enumerate(files):
        with (place / f"{number}.json").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        json.loads(data)
    return time.perf_counter() - start


def storm(place: Path, laptops: int, weeks: int) -> tuple[float, float, int]:
    """Seconds of a full round, seconds of the reference, records taken in."""
    clock, folder = Clock(), place / "folder"
    stores = begun(place, laptops, clock)
    exchange(stores[0], folder)
    weather(stores, weeks, folder, clock)
    had = [{path.name for path in (store.folder / "store").iterdir()} for store in stores]
    spent, taken = full_round(stores, folder)
    plain = 0.0
    for number, (store, names) in enumerate(zip(stores, had, strict=True)):
        new = [path.read_bytes() for path in (store.folder / "store").iterdir() if path.name not in names]
        copies = place / f"copies{number}"
        copies.mkdir()
        plain += reference(new, copies)
        store.close()
    return spent, plain, taken


def main() -> None:
    print("laptops\tweeks\trecords/s\tratio to copy + parse\tgrowth\tgrowth of the reference")
    first: tuple[float, float] | None = None
    for laptops, weeks in STORMS:
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
            spent, plain, taken = storm(Path(folder), laptops, weeks)
        first = first or (spent, plain)
        print(
            f"{laptops}\t{weeks}\t{taken / spent:.0f}\t{spent / plain:.2f}\t{spent / first[0]:.1f}\t{plain / first[1]:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
