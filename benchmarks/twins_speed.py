"""Time twins among ten thousand reports: suggestions while one types, indexing, the desk's groups.

    python benchmarks/twins_speed.py [--reports 10000]

The reports are those of `tests/data/dedup`, spread over many estates and days. In the same run and over the same texts, as a
reference: rapidfuzz's `process.cdist` of `fuzz.ratio`, every report with every other one (a slice is timed and scaled up).
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from rapidfuzz import fuzz, process

from zhubao_tui.duplicates import Report, TwinIndex, groups

DATA = Path(__file__).parents[1] / "tests" / "data" / "dedup"
FRAME_MS = 16.0
TYPED = 400
SLICE = 200
Made = TypeVar("Made")


def invent(count: int) -> list[Report]:
    """Reports in the words of the sets, each at an estate, a building and a day of its own: about 150 to an estate."""
    dice, texts = random.Random(1), []
    for path in sorted(DATA.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            texts += [(row["text"], row["category"]) for row in csv.DictReader(lines)]
    made = []
    for number in range(count):
        words, category = dice.choice(texts)
        estate, on = f"第{number * 70 // count + 1}小区", date(2026, 1, 1) + timedelta(days=dice.randrange(120))
        building, unit = str(dice.randint(1, 12)), str(dice.randint(1, 4))
        cut = dice.randint(0, max(0, len(words) // 8))
        made.append(Report(str(number), words[cut:], category, estate, building, unit, on))
    return made


def timed(work: Callable[[], Made]) -> tuple[float, Made]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def typing(index: TwinIndex, count: int) -> list[float]:
    """Milliseconds of each suggestion while the texts are typed, a few characters at a time."""
    taken = []
    for report in invent(count)[:: max(1, count // TYPED)]:
        for end in range(4, min(len(report.text), 60), 12):
            typed = Report(
                "", report.text[:end], report.category, report.estate, report.building, report.unit, report.on
            )
            taken.append(timed(lambda typed=typed: index.suggest(typed, 5))[0] * 1000)  # type: ignore[misc]  # bound at once
    return sorted(taken)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--reports", type=int, default=10_000)
    count = options.parse_args().reports
    reports = invent(count)
    index = TwinIndex()
    seconds, _none = timed(lambda: [index.add(report) for report in reports])
    print(f"indexing {count} reports        {seconds:6.2f} s   ({seconds / count * 1000:.2f} ms each)")
    taken = typing(index, count)
    p50, p95 = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
    print(f"twins as you type ({len(taken)} times)  p50 {p50:.1f} ms   p95 {p95:.1f} ms   one frame {FRAME_MS:.0f} ms")
    seconds, made = timed(lambda: groups(reports))
    print(f"groups over {count} reports     {seconds:6.2f} s   ({len(made)} groups)")
    texts = [report.text for report in reports]
    seconds, _matrix = timed(lambda: [[fuzz.ratio(text, other) for other in texts] for text in texts[:SLICE]])
    print(f"fuzz.ratio of all pairs, in a loop   {seconds * count / SLICE / 2:6.1f} s   (scaled from {SLICE} rows)")
    try:
        seconds, _matrix = timed(lambda: process.cdist(texts[:SLICE], texts, scorer=fuzz.ratio))
    except ImportError:
        print("process.cdist of all pairs      not timed: it needs numpy, which is not installed here")
    else:
        print(f"process.cdist of all pairs      {seconds * count / SLICE:6.1f} s   (scaled from {SLICE} rows)")


if __name__ == "__main__":
    main()
