"""`inbox/` while the app runs: what is dropped there is taken in at once, and nothing of the watch outlives the app."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from conftest import Clock
from keys import until
from zhubao_tui import app as running
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.workspace import Workspace

APP = """
import asyncio, sys
from pathlib import Path
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace.workspace import Workspace

async def main():
    app = ZhubaoApp(Workspace.open(Path(sys.argv[1]), app=True))
    async with app.run_test() as pilot:
        while app.inbox_watch.task is None:
            await pilot.pause(0.02)
        await pilot.pause(0.3)
        print("watching", flush=True)

asyncio.run(main())
print("left", flush=True)
"""


@pytest.fixture
def others(workspace: Workspace, tmp_path: Path, clock: Clock) -> Path:
    """A journal of another laptop, with a building that nobody here has heard of."""
    Exchanging(workspace).exchange(tmp_path / "stick")
    other = join(tmp_path / "stick", tmp_path / "laptop2", now=clock)
    other.choose("李敏", "cadre")
    other.write("roster", {"estate": "和平里", "building": "9", "doors": [["1", "101", 1]]})
    (path,) = (other.store.folder / "store").glob(f"zb-{other.store.device[:8]}-*.json")
    kept = tmp_path / "微信文件(1).txt"
    shutil.copy(path, kept)
    other.close()
    return kept


async def watching(app: ZhubaoApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.inbox_watch.task is not None)
    await pilot.pause(0.4)  # the system needs a moment to begin telling


async def test_a_dropped_file_is_taken_in_at_once(
    workspace: Workspace, others: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LOOK_AROUND", 3600.0)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await watching(app, pilot)
        shutil.copy(others, workspace.store.folder / "inbox")
        await until(pilot, lambda: "和平里/9-1-101" in workspace.community.dwellings)
    assert app.inbox_watch.task is not None
    with pytest.raises(asyncio.CancelledError):
        await app.inbox_watch.task


@pytest.mark.parametrize("error", [OSError("no space left for watches"), RuntimeError("share"), ImportError("none")])
async def test_where_nothing_can_be_watched_it_is_looked_for_as_before(
    workspace: Workspace, others: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr("watchfiles.awatch", refuse)
    monkeypatch.setattr(running, "LOOK_AROUND", 0.1)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        shutil.copy(others, workspace.store.folder / "inbox")
        await until(pilot, lambda: "和平里/9-1-101" in workspace.community.dwellings)


async def test_an_inbox_that_is_gone_stops_nothing(workspace: Workspace) -> None:
    (workspace.store.folder / "inbox").rmdir()
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.inbox_watch.task is not None and app.inbox_watch.task.done())
        assert app.inbox_watch.task is not None
        assert (app.inbox_watch.task.exception(), app.is_running) == (None, True)


def test_the_watch_ends_with_the_app(workspace: Workspace, tmp_path: Path) -> None:
    workspace.close()
    process = subprocess.Popen(
        [sys.executable, "-c", APP, str(workspace.store.folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "watching\n"
    began = time.monotonic()
    assert process.communicate(timeout=20)[0] == "left\n"
    assert (process.returncode, time.monotonic() - began < 5) == (0, True)


def test_a_start_does_not_wait_for_the_watch() -> None:
    code = "import sys, zhubao_tui.app; print('watchfiles' in sys.modules or 'anyio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
