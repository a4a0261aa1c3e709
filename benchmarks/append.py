"""One answer saved, open and sealed, against one append and flush of the same bytes to a plain file, in the same run.

Prints a line each: what, median in milliseconds, ratio to the plain append of the same bytes. Aim: at most 2, sealed and
signed at most 2.5. Beside them stand TinyDB's own JSONStorage and SQLite in WAL with `synchronous=FULL`.
Some disks flush at the tick of a clock, which hides whatever was done before the tick; so the same lines follow
without the time spent inside fsync: that is the work of the program itself, to be held against a disk's own flush.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tinydb import TinyDB

from storage.drafts import Drafts
from storage.keys import Identity, new_identity
from storage.sealing import Keyring
from storage.store import Store

ROUNDS = 200
BEFORE = 300
"""Records that are there already: a busy day's journal."""
WARM_UP = 20


def answer(number: int) -> dict[str, object]:
    """A step as the interview writes one."""
    return {"do": "answer", "path": f"/data/section_{number % 9}/question_{number % 40}", "value": "路灯不亮" * 5}


class Plain:
    """The bare thing: an append and a flush."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(self, data: bytes) -> None:
        os.write(self._handle, data)
        os.fsync(self._handle)


def last_line(path: Path) -> bytes:
    """The bytes of the document that was appended last, with what closes the file."""
    data = path.read_bytes()
    return data[data.rindex(b"\n", 0, data.rindex(b"\n}}")) :]


def sealed_store(folder: Path) -> tuple[Store, Identity]:
    """A store of one person who seals and signs."""
    ring, identity = Keyring(), new_identity("a" * 16)
    store = Store.create(
        folder, "a" * 16, now=lambda: datetime.now().astimezone(), landmarks=frozenset(), identity=identity, ring=ring
    )
    store.seal_under(ring.add(bytes(32)), ring.add_care(bytes(range(32))))
    store.unlock(identity)
    return store, identity


def sqlite(path: Path) -> sqlite3.Connection:
    """A database that flushes at each commit, as we do."""
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table records (id integer primary key, body text)")
    return connection


class FlushClock:
    """Time spent inside `os.fsync`, of whoever calls it."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._flush = os.fsync
        os.fsync = self  # type: ignore[assignment]  # a benchmark's own process; nobody else sees it

    def __call__(self, handle: int) -> None:
        start = time.perf_counter()
        self._flush(handle)
        self.spent += time.perf_counter() - start


def timed(run: Callable[[int], object], number: int, flushes: FlushClock) -> tuple[float, float]:
    """Milliseconds of one run: in all, and outside of flushes."""
    flushes.spent = 0.0
    start = time.perf_counter()
    run(number)
    spent = time.perf_counter() - start
    return spent * 1000, (spent - flushes.spent) * 1000


def measure(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of every round, all kinds in turn, so that the disk's moods hit them alike."""
    flushes = FlushClock()
    store = Store.create(folder / "w", "a" * 16, now=lambda: datetime.now().astimezone(), landmarks=frozenset())
    store.use("a" * 16)
    draft = Drafts(folder / "w" / "drafts").begin({"about": "benchmark"})
    sealed, identity = sealed_store(folder / "s")
    sealed_draft = Drafts(folder / "s" / "drafts", identity).begin({"about": "benchmark"})
    lite = sqlite(folder / "lite.db")
    tiny = TinyDB(folder / "tiny.json", ensure_ascii=False, encoding="utf-8")
    plain = Plain(folder / "plain")

    def batch(number: int) -> None:
        with store.batch() as records:
            records.add("note", answer(number))

    def sealed_batch(number: int) -> None:
        with sealed.batch() as records:
            records.add("note", answer(number))

    def insert(number: int) -> None:
        lite.execute("insert into records (body) values (?)", (json.dumps(answer(number), ensure_ascii=False),))
        lite.commit()

    for busy in (store, sealed):
        with busy.batch() as records:
            for number in range(BEFORE):
                records.add("note", answer(number))
    for number in range(BEFORE):
        draft.append(answer(number))
        sealed_draft.append(answer(number))
        insert(number)
    tiny.insert_multiple(answer(number) for number in range(BEFORE))
    step = last_line(folder / "w" / "drafts" / f"{draft.id}.json")
    record = last_line(next((folder / "w" / "store").glob("zb-*.json")))
    sealed_step = last_line(folder / "s" / "drafts" / f"{sealed_draft.id}.json")
    sealed_record = last_line(next((folder / "s" / "store").glob("zb-*.json")))
    runs: dict[str, Callable[[int], object]] = {
        "plain append + fsync, a draft step's bytes": lambda _number: plain.append(step),
        "Draft.append, one answer": lambda number: draft.append(answer(number)),
        "plain append + fsync, a record's bytes": lambda _number: plain.append(record),
        "journal batch, one record": batch,
        "plain append + fsync, a sealed draft step's bytes": lambda _number: plain.append(sealed_step),
        "Draft.append, one answer, sealed": lambda number: sealed_draft.append(answer(number)),
        "plain append + fsync, a sealed record's bytes": lambda _number: plain.append(sealed_record),
        "journal batch, one record, sealed and signed": sealed_batch,
        "SQLite, WAL, synchronous=FULL, one insert": insert,
        f"TinyDB JSONStorage insert at {BEFORE} records": lambda number: tiny.insert(answer(number)),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(WARM_UP + ROUNDS):
        for name, run in runs.items():
            spent = timed(run, number, flushes)
            if number >= WARM_UP:
                taken[name].append(spent)
    tiny.close()
    for one in (draft, sealed_draft, store, sealed, lite):
        one.close()
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        taken = measure(Path(folder))
    for part, suffix in enumerate(("", ", without fsync")):
        base = 1.0
        for name, times in taken.items():
            median = statistics.median(time[part] for time in times)
            base = median if name.startswith("plain") else base
            print(
                f"{name}{suffix}\t{median:.3f} ms\t{median / base:.2f}"
                if not part
                else f"{name}{suffix}\t{median:.3f} ms"
            )


if __name__ == "__main__":
    main()
