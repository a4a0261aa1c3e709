"""Rows `two-instances` and `read-only-workspace` as a user meets them: real apps in real terminals, real commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import add_doors
from storage.reader import read_journal
from storage_helpers import journal_files
from terminal import Terminal
from zhubao_tui.workspace.workspace import Workspace, wall_clock

DOOR = "祥和苑/3-1-101"
Open = Callable[[], Terminal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = Workspace.create(tmp_path / "laptop1", "祥和社区", "周立群", now=wall_clock)
    add_doors(made)
    made.close()
    return made.store.folder


@pytest.fixture
def app(tmp_path: Path, folder: Path) -> Iterator[Open]:
    """Opens the app on the workspace, in a terminal of its own each time."""
    opened: list[Terminal] = []

    def start() -> Terminal:
        place = tmp_path / f"terminal{len(opened)}"
        place.mkdir()
        opened.append(Terminal(place, 100, 30, "--workspace", str(folder)))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def command(folder: Path, *arguments: str) -> str:
    given = [sys.executable, "-m", "zhubao_tui", "--workspace", str(folder), *arguments]
    return subprocess.run(given, capture_output=True, text=True, check=True, timeout=60).stdout


def journals(folder: Path) -> dict[str, list[str]]:
    """Kinds of records, by journal."""
    found = (read_journal(path) for path in journal_files(folder / "store"))
    return {one.head.journal: [record.kind for record in one.records] for one in found}


def test_two_instances_the_second_reads_only_and_says_at_the_start_who_holds_it(folder: Path, app: Open) -> None:
    first = app()
    first.until("今天这半天")
    second = app()
    shown = second.until("这里只能看")
    assert f"{first.pid()} · " in shown, "the process that holds it, and its computer"
    assert "只读" in shown
    second.press("1")
    second.until("祥和苑/3")
    second.press("Enter", "Enter", "2")
    second.until("不能记走访")
    assert sum(kinds.count("visit") for kinds in journals(folder).values()) == 0
    second.press("C-q")
    time.sleep(0.5)
    assert "今天这半天" in first.text(), "the first goes on"


def test_two_instances_what_a_command_writes_meanwhile_shows_in_the_app(folder: Path, app: Open) -> None:
    first = app()
    first.until("今天这半天")
    before = journals(folder)
    command(folder, "issue", "report", "楼道灯坏了三天", "--category", "light_stair", "--door", DOOR)
    own = {name: kinds for name, kinds in journals(folder).items() if name not in before}
    assert [kinds[0] for kinds in own.values()] == ["seen"], "a journal of its own that begins with what it saw"
    assert {name: journals(folder)[name] for name in before} == before, "the app's journal is untouched"
    begun = time.monotonic()
    first.until("发现 1 件", seconds=10)
    assert time.monotonic() - begun < 5, "at once: the app looks around every two seconds"
    first.press("1")
    first.until("已访 / 应访")
    first.press("Enter", "Enter", "2")
    first.until("记为无人")
    assert json.loads(command(folder, "verify", "--json"))["ok"]
    first.press("C-q")
    first.until("条只在这台电脑上，自")
    assert json.loads(command(folder, "verify", "--json"))["ok"]
    assert sum(kinds.count("visit") for kinds in journals(folder).values()) == 1


def test_two_instances_the_place_of_a_killed_app_is_taken_without_a_question(folder: Path, app: Open) -> None:
    first = app()
    first.until("今天这半天")
    os.kill(first.pid(), signal.SIGKILL)
    until_dead(first.pid())
    assert (folder / "lock.json").exists(), "what the dead one left behind"
    second = app()
    shown = second.until("今天这半天")
    assert "只能看" not in shown
    assert "只读" not in shown
    second.press("1")
    second.until("已访 / 应访")
    second.press("Enter", "Enter", "2")
    second.until("记为无人")
    assert json.loads(command(folder, "verify", "--json"))["ok"]


def until_dead(process: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail("it does not die")


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write: by mode, or for root, whom modes don't stop, by a mount."""
    if os.geteuid() != 0:
        modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")]}
        for path in modes:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield
        for path, mode in modes.items():
            path.chmod(mode)
        return
    if subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here, and modes don't stop root")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_read_only_workspace_says_so_at_the_start_and_can_be_verified(folder: Path, app: Open) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with read_only(folder):
        terminal = app()
        shown = terminal.until("这个文件夹不能写，这里只能看")
        assert "今天这半天" in shown
        assert json.loads(command(folder, "verify", "--json"))["ok"]
        assert "周立群" in command(folder, "people")
        done = subprocess.run(
            [sys.executable, "-m", "zhubao_tui", "--workspace", str(folder), "visit", DOOR, "not_home"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1
        assert "只能看" in done.stderr
        terminal.press("C-q")
        time.sleep(0.5)
        terminal.close()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
