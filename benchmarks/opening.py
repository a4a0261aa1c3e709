"""Opening many sealed records, cold and from the cache, against msgspec decoding the same files; memory beside it.

Usage: `python benchmarks/opening.py [RECORDS] [FOLDER]` (100,000 records unless said otherwise). Each way runs in a process
of its own. Prints a line each: what, seconds of processor time, ratio to msgspec, peak memory in MB.
Aim: cold at most 8, from the cache at most 3.
"""

from __future__ import annotations

import json
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from storage.cache import collector_at_rest, read_cache, write_cache
from storage.intake import journal_bytes, journal_name
from storage.keys import Identity
from storage.record import Head, Record, Ref
from storage.rows import community_id, new_record, sealed_head
from storage.sealing import Keyring, SealingPen
from storage.snapshot import Snapshot
from storage.store import Store

A_JOURNAL = 300
"""Records of one person's day."""
LAPTOPS = 20
IDENTITY = Identity("a" * 16, bytes(range(96)))
TEAM_KEY = bytes(range(32))
VISIT = {
    "dwelling": "祥和苑/3-2-501", "household": "祥和苑/3-2-501#1", "on": "2026-05-12", "outcome": "interviewed",
    "note": "楼道灯不亮，晚上下楼黑灯瞎火的",
}  # fmt: skip


def now() -> datetime:
    """The laptop's clock."""
    return datetime.now(UTC)


def write(folder: Path, records: int) -> None:
    """Write a sealed store of many laptops' journals."""
    ring = Keyring()
    epoch, care, salt = ring.add(TEAM_KEY), ring.add_care(bytes(32)), secrets.token_hex(16)
    community = community_id(IDENTITY.sign, salt)
    (folder / "store").mkdir(parents=True)
    device = "d" * 16
    settings = {"format": 1, "community": community, "device": device, "sealed": True}
    (folder / "workspace.json").write_text(json.dumps(settings))
    tips: dict[str, Ref] = {}
    for number in range(-(-records // A_JOURNAL)):
        laptop = f"{number % LAPTOPS:016x}"
        head = sealed_head(
            Head(
                secrets.token_hex(8), community, laptop, IDENTITY.person, "2026-05-12", IDENTITY.sign, epoch,
                tips.get(laptop), "" if number else salt,
            )
        )  # fmt: skip
        pen, made = SealingPen(ring, IDENTITY, epoch, care), list[Record]()
        for seq in range(1, min(A_JOURNAL, records - number * A_JOURNAL) + 1):
            prev, at = (made[-1].digest if made else head.digest), "2026-05-12T10:00:00+08:00"
            clock = number // LAPTOPS * A_JOURNAL + seq
            made.append(new_record(head.journal, seq, clock, at, "visit", dict(VISIT), prev, pen))
        tips[laptop] = made[-1].ref
        (folder / "store" / journal_name(head)).write_bytes(journal_bytes(head, made))


def by_msgspec(folder: Path) -> int:
    """Nothing but the JSON, by the fastest reader."""
    import msgspec

    return sum(len(msgspec.json.decode(path.read_bytes())["records"]) for path in (folder / "store").iterdir())


def opened(folder: Path, snapshot: Snapshot | None = None) -> Store:
    """The store, its team key at hand."""
    ring = Keyring()
    store = Store.open(folder, now=now, landmarks=frozenset({"enrol"}), ring=ring, snapshot=snapshot)
    if store.ring is not None:
        store.ring.add(TEAM_KEY)
    return store


def cold(folder: Path) -> int:
    """Every file read, every digest and signature checked."""
    with collector_at_rest():
        return len(opened(folder).ledger)


def keep(folder: Path) -> int:
    """Not measured: write the cache."""
    store = opened(folder)
    write_cache(folder / "cache" / "bench.bin", "bench", store.snapshot(), IDENTITY)
    return len(store.ledger)


def cached(folder: Path) -> int:
    """The cache unsealed and held against the files."""
    with collector_at_rest():
        kept = read_cache(folder / "cache" / "bench.bin", "bench", ("storage.",), IDENTITY)
        store = opened(folder, kept)
        assert store.resumed
        return len(store.ledger)


WAYS: dict[str, Callable[[Path], int]] = {"msgspec": by_msgspec, "cold": cold, "keep": keep, "cached": cached}


def measured(way: str, folder: Path, records: int) -> tuple[float, float]:
    """Seconds of processor time and MB at the peak of one way, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, str(folder)], check=True, capture_output=True, text=True
    )  # fmt: skip
    count, seconds, memory = done.stdout.split()
    assert int(count) == records
    return float(seconds), float(memory)


def main() -> None:
    if sys.argv[1:2] == ["--way"]:
        start = time.process_time()
        count = WAYS[sys.argv[2]](Path(sys.argv[3]))
        spent = time.process_time() - start
        print(count, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:
        folder = Path(name) / "w"
        write(folder, records)
        size = sum(path.stat().st_size for path in (folder / "store").iterdir())
        print(f"{records:,} sealed records, {size / 2**20:.0f} MB in {len(list((folder / 'store').iterdir())):,} files")
        base, memory = measured("msgspec", folder, records)
        print(f"msgspec decodes the same files\t{base:.2f} s\t1.0\t{memory:.0f} MB")
        for way, words in (("cold", "opened cold"), ("keep", ""), ("cached", "opened from the cache")):
            seconds, memory = measured(way, folder, records)
            if words:
                print(f"{words}\t{seconds:.2f} s\t{seconds / base:.1f}\t{memory:.0f} MB")


if __name__ == "__main__":
    main()
