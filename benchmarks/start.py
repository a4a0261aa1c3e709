"""Start to first screen on the demo community, against a bare Textual app's start in the same run (aim: at most 2.5 times).

The demo's laptop is shared, so its first screen asks who is there; of somebody who is known it is Today.

Run: python benchmarks/start.py [RUNS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from pseudo_terminal import Program

from zhubao_tui.demo import write_demo
from zhubao_tui.workspace.workspace import Workspace

BARE = [sys.executable, str(Path(__file__).with_name("bare_app.py"))]


def start(command: list[str], words: str) -> float:
    """Seconds from the start of a process to its first screen."""
    program = Program(command)
    try:
        return program.until(words) - program.began
    finally:
        program.kill()


def compare(name: str, ours: list[str], words: str, runs: int) -> None:
    """Time pairs of starts, and print their medians and ratios."""
    start(BARE, "READY"), start(ours, words)  # warm the disk's cache, compile
    pairs = [(start(ours, words), start(BARE, "READY")) for _run in range(runs)]
    one, bare = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    ratios = [one / other for one, other in pairs]
    print(f"{name}: median {one:.0f} ms; bare Textual app: median {bare:.0f} ms")
    print(
        f"ratio: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} in {runs} pairs (aim: 2.5)"
    )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        write_demo(demo)
        with Workspace.open(demo) as workspace:
            assert workspace.me is not None
            name = workspace.me.name
        ours = [sys.executable, "-m", "zhubao_tui", "-w", str(demo)]
        compare("start to the question who it is", ours, "是谁在用", runs)
        compare("start to Today of somebody known", [*ours, "--name", name], "今天这半天", runs)


if __name__ == "__main__":
    main()
