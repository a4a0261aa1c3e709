"""Start to first screen on the demo community, against a bare Textual app's start in the same run (aim: at most 2.5 times).

Run: python benchmarks/start.py [RUNS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from pseudo_terminal import Program

from zhubao_tui.demo import write_demo

BARE = [sys.executable, str(Path(__file__).with_name("bare_app.py"))]


def start(command: list[str], words: str) -> float:
    """Seconds from the start of a process to its first screen."""
    program = Program(command)
    try:
        return program.until(words) - program.began
    finally:
        program.kill()


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        write_demo(demo)
        ours = [sys.executable, "-m", "zhubao_tui", "-w", str(demo)]
        start(BARE, "READY"), start(ours, "今天这半天")  # warm the disk's cache, compile
        pairs = [(start(ours, "今天这半天"), start(BARE, "READY")) for _run in range(runs)]
    ratios = [one / other for one, other in pairs]
    print(f"demo community, start to first screen: median {statistics.median(one for one, _ in pairs) * 1000:.0f} ms")
    print(
        f"bare Textual app, the same:            median {statistics.median(other for _, other in pairs) * 1000:.0f} ms"
    )
    print(
        f"ratio: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} in {runs} pairs (aim: 2.5)"
    )


if __name__ == "__main__":
    main()
