"""Taking in what many laptops wrote in many weeks: records a second, and how the time grows with laptops and weeks.

Laptops work, meet at a folder now and then, and then everybody exchanges with it twice: the full round. Measured is the
full round. The reference, in the same run and over the same bytes: for each laptop, a copy of every journal that it did
not have, written and flushed, and parsed by the standard library's JSON reader.

Prints a line a storm: laptops, weeks, records taken in a second, the time's ratio to the reference, and the growth of
both from the smallest storm; then the ratio and the growths again in seconds of the
processor. Where the program grows no faster than the reference, the two growths are alike; from 5 to 10 laptops both
grow fourfold, as twice as many take in twice as much.

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


class Stopwatch:
    """Seconds by the clock, and seconds of the processor, which do not hang on the disk's mood or on other programs."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        return time.perf_counter() - self._began[0], time.process_time() - self._began[1]


Times = tuple[float, float]


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


def full_round(stores: list[Store], folder: Path) -> tuple[Times, int]:
    """Times, and records taken in."""
    before = sum(len(store.ledger) for store in stores)
    watch = Stopwatch()
    for store in (*stores, *stores):
        exchange(store, folder)
    return watch.stop(), sum(len(store.ledger) for store in stores) - before


def reference(files: list[bytes], place: Path) -> Times:
    """Times for copying and parsing files: write, flush, read by the standard library."""
    watch = Stopwatch()
    for number, data in enumerate(files):
        with (place / f"{number}.json").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        json.loads(data)
    return watch.stop()


def storm(place: Path, laptops: int, weeks: int) -> tuple[Times, Times, int]:
    """Times of a full round, times of the reference, records taken in."""
    clock, folder = Clock(), place / "folder"
    stores = begun(place, laptops, clock)
    exchange(stores[0], folder)
    weather(stores, weeks, folder, clock)
    had = [{path.name for path in (store.folder / "store").iterdir()} for store in stores]
    spent, taken = full_round(stores, folder)
    plain = (0.0, 0.0)
    for number, (store, names) in enumerate(zip(stores, had, strict=True)):
        new = [path.read_bytes() for path in (store.folder / "store").iterdir() if path.name not in names]
        copies = place / f"copies{number}"
        copies.mkdir()
        took = reference(new, copies)
        plain = (plain[0] + took[0], plain[1] + took[1])
        store.close()
    return spent, plain, taken


def main() -> None:
    print("laptops\tweeks\trecords/s\tratio\tgrowth\tof the reference\tprocessor: ratio\tgrowth\tof the reference")
    first: tuple[Times, Times] | None = None
    for laptops, weeks in STORMS:
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
            spent, plain, taken = storm(Path(folder), laptops, weeks)
        first = first or (spent, plain)
        parts = [
            f"{spent[n] / plain[n]:.2f}\t{spent[n] / first[0][n]:.1f}\t{plain[n] / first[1][n]:.1f}" for n in (0, 1)
        ]
        print(f"{laptops}\t{weeks}\t{taken / spent[0]:.0f}", *parts, sep="\t", flush=True)


if __name__ == "__main__":
    main()
