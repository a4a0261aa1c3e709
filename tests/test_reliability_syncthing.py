"""Two laptops whose exchange folder two real Syncthings keep the same, while both sides write through the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.exchange import MARKER
from storage_helpers import journal_files
from syncthing import Syncthing, settle
from zhubao_tui.workspace.workspace import Workspace

ROSTER = "小区,楼栋,单元,房号\n祥和苑,3,2,501\n"


class Side:
    """A laptop and its end of the shared folder."""

    def __init__(self, place: Path) -> None:
        self.workspace = place / "workspace"
        self.sync = Syncthing(place)

    @property
    def share(self) -> Path:
        return self.sync.share

    def run(self, *command: object, code: int = 0) -> Any:
        """A command of the program, in a process of its own."""
        environment = os.environ | {"ZHUBAO_WORKSPACE": str(self.workspace)}
        words = [sys.executable, "-m", "zhubao_tui", *map(str, command)]
        done = subprocess.run(words, capture_output=True, env=environment, check=False)
        assert done.returncode == code, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        return json.loads(done.stdout) if "--json" in command else done.stderr.decode()

    def report(self, words: str) -> None:
        self.run("issue", "report", words, "--door", "3-2-501", "--category", "light_stair")

    def exchange(self, *options: str) -> dict[str, Any]:
        account = self.run("exchange", self.share, "--json", *options)
        assert (account["unread"], account["sent_failed"]) == ([], "")
        return dict(account)

    def words(self) -> set[str]:
        with Workspace.open(self.workspace) as opened:
            return {case.words for case in opened.community.cases()}

    def own_journal(self) -> Path:
        """Where this laptop's last journal lies in its end of the share."""
        with Workspace.open(self.workspace) as opened:
            heads = [head for head in opened.store.ledger.journals() if head.device == opened.store.device]
        (path,) = self.share.glob(f"*{heads[-1].journal}.json")
        return path


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """周立群's laptop and 李明's, who joined from what Syncthing brought."""
    one, other = Side(tmp_path / "1"), Side(tmp_path / "2")
    one.sync.introduce(other.sync)
    other.sync.introduce(one.sync)
    try:
        one.sync.start()
        other.sync.start()
        (tmp_path / "门牌.csv").write_text(ROSTER, encoding="utf-8")
        one.run("init", "--unprotected", "--community", "祥和社区", "--founder", "周立群")
        one.run("roster", "import", tmp_path / "门牌.csv")
        one.run("exchange", one.share)
        settle(one.sync, other.sync)
        other.run("join", other.share, "--name", "李明", "--role", "cadre")
        yield one, other
    finally:
        one.sync.stop()
        other.sync.stop()


@pytest.mark.timeout(180)
@pytest.mark.fault("rollback-copy", "emptied-folder", "conflict-copy", "tool-debris")
def test_two_syncthings_that_carry_older_copies_deletions_and_conflicts(sides: tuple[Side, Side]) -> None:
    one, other = sides
    said = both_write_while_the_files_travel(one, other)
    said |= an_older_copy_travels_and_the_longer_one_is_put_back(one, other)
    deletions_travel_and_everything_is_written_out_again(one, other)
    said |= a_conflict_is_united_and_its_copy_left_alone(one, other)
    assert one.words() == other.words() == said
    with Workspace.open(one.workspace) as opened:
        assert (opened.store.troubles, opened.community.problems()) == ([], [])
        assert len({head.device for head in opened.store.ledger.journals()}) == 2, "nothing counts as a third laptop"


def both_write_while_the_files_travel(one: Side, other: Side) -> set[str]:
    said: set[str] = set()
    for number in range(3):
        for side, who in ((one, "甲"), (other, "乙")):
            side.report(f"{who}说第{number}盏灯不亮")
            said.add(f"{who}说第{number}盏灯不亮")
            side.exchange()  # whatever has come so far; the tool is at work all the while
    exchange_until_alike(one, other)
    assert one.words() == other.words() == said
    return said


def exchange_until_alike(one: Side, other: Side) -> None:
    for _round in range(2):
        for side in (one, other):
            settle(one.sync, other.sync)
            side.exchange()
    settle(one.sync, other.sync)


def an_older_copy_travels_and_the_longer_one_is_put_back(one: Side, other: Side) -> set[str]:
    path = one.own_journal()
    older = path.read_bytes()
    one.report("新说的一件")
    exchange_until_alike(one, other)
    newer = path.read_bytes()
    assert len(newer) > len(older)
    (other.share / path.name).write_bytes(older)  # a backup put back by hand, on the other side
    other.sync.look()
    settle(one.sync, other.sync)
    assert path.read_bytes() == older, "Syncthing carries it without a word"
    assert path.name in one.exchange()["sent"]
    settle(one.sync, other.sync)
    assert (other.share / path.name).read_bytes() == newer
    assert other.exchange()["records_in"] == 0
    return {"新说的一件"}


def deletions_travel_and_everything_is_written_out_again(one: Side, other: Side) -> None:
    exchange_until_alike(one, other)
    before, words = one.sync.files(), one.words()
    for path in journal_files(other.share):
        path.unlink()
    settle(one.sync, other.sync)
    assert one.sync.files().keys() == {MARKER}, "Syncthing carries deletions as well"
    assert one.exchange()["records_in"] == 0
    settle(one.sync, other.sync)
    assert other.sync.files() == before
    assert one.words() == other.words() == words
    for path in other.share.glob("z*"):
        path.unlink()
    settle(one.sync, other.sync)
    assert one.run("exchange", one.share, code=1).strip(), "a folder without its marker is said to be gone"
    one.exchange("--new")
    exchange_until_alike(one, other)
    assert other.sync.files().keys() == before.keys()
    assert one.words() == other.words() == words


def a_conflict_is_united_and_its_copy_left_alone(one: Side, other: Side) -> set[str]:
    path = one.own_journal()
    older = path.read_bytes()
    other.sync.stop()
    one.report("冲突时说的")
    one.exchange()
    (other.share / path.name).write_bytes(
        older[: older.rindex(b",\n")] + b"\n}}\n"
    )  # shorter still: it differs from both
    other.sync.start()
    settle(one.sync, other.sync)
    copies = [name for name in one.sync.files() if ".sync-conflict-" in name]
    assert copies, "Syncthing has kept the one that lost as a conflict copy"
    (other.share / ".syncthing.zb-1.json.tmp").write_bytes(b"{")
    exchange_until_alike(one, other)
    assert (other.share / ".stversions").is_dir() or (one.share / ".stversions").is_dir()
    for side in (one, other):
        assert not [entry.name for entry in (side.workspace / "store").iterdir() if "conflict" in entry.name]
        assert {name for name in side.sync.files() if ".sync-conflict-" in name} == set(copies), (
            "neither spread nor removed"
        )
    assert path.read_bytes() == (other.share / path.name).read_bytes()
    assert len(path.read_bytes()) > len(older)
    return {"冲突时说的"}
