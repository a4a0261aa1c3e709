"""Publishing 5,000 case pages: first run, second run, the next day's; each against what the disk itself takes.

Run: `python benchmarks/publish.py [HOUSEHOLDS]`. Reference of a first run: the same bytes written, flushed and renamed one by
one, with a folder each; of a second: a stat and a read of the same files.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from zhubao_tui.casepage import new_token
from zhubao_tui.community.numbers import case_number
from zhubao_tui.workspace.publishing import Publishing
from zhubao_tui.workspace.workspace import Workspace

BUILDINGS = 50
CATEGORIES = ("light_stair", "drain_block", "clean_pile", "road_hole", "build_door")


def community(folder: Path, households: int, now: list[datetime]) -> Workspace:
    """A community in which every third household has told of something, each with its page."""
    workspace = Workspace.create(folder, "测速社区", "周立群", office_phone="010-55501234", now=lambda: now[0])
    per_building = -(-households // BUILDINGS)
    number = 0
    for building in range(1, BUILDINGS + 1):
        doors = [[str(1 + n % 4), f"{1 + n // 8}{1 + n // 4 % 2:02d}", 1 + n // 8] for n in range(per_building)]
        with workspace.writing() as batch:
            batch.add("roster", {"estate": "测速苑", "building": str(building), "doors": doors})
            for n, (unit, door, _floor) in enumerate(doors):
                dwelling = f"测速苑/{building}-{unit}-{door}"
                household = f"{dwelling}#1"
                batch.add("resident", {"household": household, "name": f"王{chr(0x4E00 + n)}{chr(0x4E00 + building)}"})
                batch.add("consent", {"household": household, "choice": "all", "notice": "2026-1"})
                batch.add("token", {"household": household, "token": new_token()})
                if n % 3 == 0:
                    number += 1
                    place = {"level": "unit", "estate": "测速苑", "building": str(building), "unit": unit}
                    body = {"number": case_number(1, number), "category": CATEGORIES[n % 5], "place": place,
                            "urgency": "normal", "on": "2026-05-12", "behind": True}  # fmt: skip
                    ref = batch.add("report", body)
                    batch.add(
                        "personal", {"of": str(ref), "household": household, "dwelling": dwelling, "words": "灯坏了"}
                    )
    return workspace


def written(files: dict[str, bytes], folder: Path) -> float:
    """Write, flush and rename, a folder a file: what a first run can't do without."""
    folder.mkdir(exist_ok=True)
    begun = time.perf_counter()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{secrets.token_hex(6)}"
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    return time.perf_counter() - begun


def looked_at(paths: list[Path]) -> tuple[float, float]:
    """Stat, and stat with read."""
    begun = time.perf_counter()
    for path in paths:
        path.stat()
    between = time.perf_counter()
    for path in paths:
        path.read_bytes()
    return between - begun, time.perf_counter() - begun


def main(households: int) -> None:
    now = [datetime(2026, 5, 13, 9, tzinfo=UTC)]
    with tempfile.TemporaryDirectory() as place, community(Path(place) / "workspace", households, now) as workspace:
        folder = Path(place) / "www"
        times = []
        for wait in (timedelta(), timedelta(minutes=5), timedelta(days=1)):
            now[0] += wait
            begun = time.perf_counter()
            done = Publishing(workspace).publish(folder)
            times.append((time.perf_counter() - begun, done.written))
        paths = [path for path in folder.rglob("*") if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        reference = written(files, Path(place) / "reference")
        over = written(files, Path(place) / "reference")
        stat, read = looked_at(paths)
        size = sum(map(len, files.values())) / 2**20
        print(f"{done.pages} pages, {len(files)} files, {size:.0f} MB")
        for name, (took, count), against, what in (
            ("first run", times[0], reference, "write+fsync+rename of the same bytes"),
            ("second run", times[1], read, f"stat+read of the same files; stat alone {stat:.3f} s"),
            ("next day", times[2], over, "the same over files that are there"),
        ):
            print(f"{name}: {took:.2f} s, {count} files written; {took / against:.2f} x {against:.2f} s ({what})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
