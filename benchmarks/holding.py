"""What only this laptop has, and a wrong clock, among many records: `python benchmarks/holding.py [records]`.

Prints how long the first look at who holds what takes, how long it takes to keep up, and what one more record costs in
a ledger without and with a laptop whose clock was ten years ahead for a while.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone

from storage.holding import Holding
from storage.ledger import Ledger
from storage.record import Head, Record, Ref
from storage.rows import new_record, sealed_head

LAPTOPS, A_JOURNAL = 20, 50
BEGUN = datetime(2026, 1, 5, 14, tzinfo=timezone(timedelta(hours=8)))


def journals(records: int, *, wrong_days: range) -> list[tuple[Head, list[Record]]]:
    """Laptops in turn, each journal beginning with a `seen` of all others' heads."""
    made, tips = [], dict[str, Ref]()
    for number in range(records // A_JOURNAL):
        device, day = f"{number % LAPTOPS:016x}", number // LAPTOPS
        off = 3650 if number % LAPTOPS == 7 and day in wrong_days else 0
        at = (BEGUN + timedelta(days=day + off)).isoformat(timespec="seconds")
        head = sealed_head(
            Head(f"{number:016x}", "c0" * 32, device, device, at[:10], predecessor=tips.get(device))
        )  # fmt: skip
        kept: list[Record] = []
        for seq in range(1, A_JOURNAL + 1):
            kind, body = "note", {"note": "x" * 80}
            if seq == 1:
                kind, body = "seen", {"heads": [str(ref) for name, ref in tips.items() if name != device]}
            prev = kept[-1].digest if kept else head.digest
            kept.append(new_record(head.journal, seq, 1, at, kind, body, prev))
        tips[device] = kept[-1].ref
        made.append((head, kept))
    return made


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for name, wrong in (("sound clocks", range(0)), ("one wrong clock", range(20, 30))):
        made = journals(records, wrong_days=wrong)
        head, last = made[-1][0], made[-1][1][-1]
        ledger, begun = Ledger(), time.perf_counter()
        for one, kept in made:
            ledger.add(one, kept)
        ledger.settle()
        print(f"{name}: {len(ledger):,} records reckoned in {time.perf_counter() - begun:.2f} s, "
              f"{len(ledger.doubtful()):,} doubtful")  # fmt: skip
        for label, own in (("exchanged daily", frozenset({head.device})),
                           ("never exchanged", frozenset(one.device for one, _kept in made))):  # fmt: skip
            holding, begun = Holding(ledger, own), time.perf_counter()
            holding.catch_up()
            told = holding.only_here()
            print(f"  who holds what, {label}: {time.perf_counter() - begun:.3f} s, {told.records:,} only here")
        holding = Holding(ledger, frozenset({head.device}))
        holding.catch_up()
        times = []
        for _more in range(20):
            last = new_record(head.journal, last.seq + 1, 1, last.at, "note", {"note": "x"}, last.digest)
            begun = time.perf_counter()
            ledger.take_in(head, [last])
            holding.catch_up()
            holding.only_here()
            times.append(time.perf_counter() - begun)
        print(f"  one more record: {sorted(times)[10] * 1000:.2f} ms")


if __name__ == "__main__":
    main()
