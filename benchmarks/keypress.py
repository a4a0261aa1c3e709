"""A key press to the next question drawn, against a bare Textual app that draws a word at a key press (same run).

Run: python benchmarks/keypress.py [INTERVIEWS]
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pseudo_terminal import Program
from start import BARE

from zhubao_tui.demo import write_demo
from zhubao_tui.interview import End, Question
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.session import InterviewSession
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace


def fresh_door(workspace: Workspace) -> str:
    """A door that was never interviewed and is the only one whose address ends so."""
    return next(
        dwelling.id
        for building in Survey(workspace).buildings()
        for dwelling in building.dwellings
        if not dwelling.household.visits and not dwelling.household.responses
    )


def script(session: InterviewSession) -> Iterator[tuple[str, str]]:
    """Keys for the question at hand, and the words that the next one begins with."""
    while not isinstance(session.interview.position, End):
        position = session.interview.position
        assert isinstance(position, Question)
        if position.control == "select1":
            values = [choice.value for choice in position.choices]
            chosen = values.index("no") if "no" in values and position.name != "consent" else 0
            keys = str(chosen + 1)
            session.answer(values[chosen])
        elif position.name in ("size", "aged60", "minors"):
            keys = {"size": "2\r", "aged60": "0\r", "minors": "0\r"}[position.name]
            session.answer(keys[0])
        else:
            keys = "\r"
        session.go_on()
        after = session.interview.position
        yield keys, after.label[:6] if isinstance(after, Question) else "都答完了"


def interview(demo: Path, copy: Path) -> list[float]:
    """Milliseconds from the last key to the next question, through one interview."""
    shutil.copytree(demo, copy)
    with Workspace.open(copy) as workspace:
        door = fresh_door(workspace)
        session = Interviewing(workspace).begin(Survey(workspace).dwelling(door))
        steps = list(script(session))
        session.draft.discard()
        assert workspace.me is not None
        name = workspace.me.name  # this laptop of the demo is shared: it would ask
    program = Program([sys.executable, "-m", "zhubao_tui", "-w", str(copy), "--name", name])
    taken: list[float] = []
    try:
        program.until("今天这半天")
        program.press("\x1bOR")  # F3
        program.until("拼音首字母")
        program.press(door)
        program.until(door)
        program.press("\r")
        program.until("敲门")
        program.press("\r")
        program.until("今天怎么样")
        program.press("1")
        program.until("是否同意登记")
        for keys, words in steps:
            for key in keys[:-1]:
                program.press(key)
                program.until(key)
            began = program.press(keys[-1])
            taken.append((program.until(words) - began) * 1000)
    finally:
        program.kill()
    return taken


def bare(presses: int) -> list[float]:
    """The same of the bare app."""
    program = Program(BARE)
    try:
        program.until("READY")
        return [
            (program.until(f"PRESSED {number}.") - began) * 1000
            for number in range(1, presses + 1)
            for began in [program.press("x")]
        ]
    finally:
        program.kill()


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    interviews = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        write_demo(demo)
        ours = [one for run in range(interviews) for one in interview(demo, Path(folder) / f"run{run}")]
        reference = bare(len(ours))
    print(
        f"key press to next question drawn: p50 {statistics.median(ours):.1f} ms, p95 {p95(ours):.1f} ms of {len(ours)}"
    )
    print(f"bare app, key press to word drawn: p50 {statistics.median(reference):.1f} ms, p95 {p95(reference):.1f} ms")
    print(
        f"ratio: p50 {statistics.median(ours) / statistics.median(reference):.1f}, p95 {p95(ours) / p95(reference):.1f}"
    )


if __name__ == "__main__":
    main()
