"""A fast start goes on from what was folded before, and never shows anything that the journals do not hold."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Clock
from storage.cache import read_cache, write_cache
from storage.record import Ref
from zhubao_tui.community.issues import Status
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.starting import cache_file
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

NAME = cache_file(Path(), None).name

DOOR = "祥和苑/3-1-101"


@pytest.fixture
def closed(workspace: Workspace, clock: Clock) -> Path:
    """A workspace with a visit and a report, closed in the ordinary way, so that its cache is there."""
    Survey(workspace).record_visit(workspace.community.dwellings[DOOR], "not_home")
    Reporting(workspace).report(NewReport("楼道灯坏了", "light_stair", "unit", "normal", DOOR))
    workspace.close()
    assert (workspace.store.folder / "cache" / NAME).exists()
    return workspace.store.folder


def shown(workspace: Workspace) -> tuple[object, ...]:
    """What a user sees of a community."""
    community = workspace.community
    return (
        sorted((case.number, case.status, case.words) for case in community.cases()),
        {name: [visit.outcome for visit in door.household.visits] for name, door in community.dwellings.items()},
        sorted(person.name for person in community.people.values()),
        workspace.running,
    )


def rebuilt(folder: Path, clock: Clock) -> tuple[object, ...]:
    """The same from the journals alone."""
    plain = Path(shutil.copytree(folder, folder.with_name("plain"), ignore=shutil.ignore_patterns(NAME)))
    with Workspace.open(plain, now=clock) as workspace:
        assert not workspace.store.resumed
        found = shown(workspace)
    shutil.rmtree(plain)
    return found


def test_the_next_start_goes_on_from_the_cache_and_shows_the_same(closed: Path, clock: Clock) -> None:
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert workspace.store.resumed
        assert shown(workspace) == rebuilt(closed, clock)
        Survey(workspace).record_visit(workspace.community.dwellings[DOOR], "refused")
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert workspace.store.resumed
        assert shown(workspace) == rebuilt(closed, clock)


def test_what_was_written_after_the_cache_is_there_as_well(closed: Path, clock: Clock) -> None:
    """As after a kill: the cache is older than the journals."""
    old = (closed / "cache" / NAME).read_bytes()
    with Workspace.open(closed, app=True, now=clock) as workspace:
        Survey(workspace).record_visit(workspace.community.dwellings[DOOR], "refused")
        clock.forward(days=1)
        Survey(workspace).record_visit(workspace.community.dwellings[DOOR], "not_home")
    (closed / "cache" / NAME).write_bytes(old)
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert workspace.store.resumed
        assert len(workspace.store.arrived) >= 2
        assert shown(workspace) == rebuilt(closed, clock)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def of_another_version(path: Path) -> None:
    write_cache(path, "another version", {"anything": 1})


class Evil:
    """What a cache must not do: call a function of the system, or one that a module of ours has imported."""

    def __init__(self, call: Callable[..., object], *given: object) -> None:
        self._call, self._given = call, given

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call, self._given


@pytest.mark.parametrize("harm", [cut, flip, of_another_version, Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.fault("cache-bad")
def test_a_bad_cache_is_as_good_as_none(closed: Path, clock: Clock, harm: Callable[[Path], object]) -> None:
    harm(closed / "cache" / NAME)
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert not workspace.store.resumed
        assert shown(workspace) == rebuilt(closed, clock)


@pytest.mark.fault("cache-bad")
def test_a_cache_can_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_cache(tmp_path / "cache.bin", "key", Evil(os.system, "touch was-run"))
    assert read_cache(tmp_path / "cache.bin", "key", ("storage.",)) is None
    assert not (tmp_path / "was-run").exists()


def test_a_cache_can_not_even_borrow_what_our_modules_import(tmp_path: Path) -> None:
    borrowed = b"\x80\x05cstorage.store\nattrgetter\n."
    sealed = hashlib.sha256(b"key\0" + borrowed).digest()
    (tmp_path / "cache.bin").write_bytes(b"zhubao cache 1\n" + sealed + borrowed)
    assert read_cache(tmp_path / "cache.bin", "key", ("storage.",)) is None
    ours = b"\x80\x05cstorage.record\nRef\n."
    (tmp_path / "cache.bin").write_bytes(b"zhubao cache 1\n" + hashlib.sha256(b"key\0" + ours).digest() + ours)
    assert read_cache(tmp_path / "cache.bin", "key", ("storage.",)) is Ref


@pytest.mark.fault("cache-bad")
def test_a_journal_that_lost_records_or_is_gone_is_not_made_up_for_by_the_cache(closed: Path, clock: Clock) -> None:
    journal = max((closed / "store").glob("zb-*.json"))
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([*lines[:-4], lines[-4].rstrip(b","), *lines[-2:]]))
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert not workspace.store.resumed
        assert shown(workspace) == rebuilt(closed, clock)
    journal.unlink()
    with Workspace.open(closed, app=True, now=clock) as workspace:
        assert not list(workspace.community.cases())


@pytest.mark.fault("cache-bad")
def test_a_cache_of_another_workspace_is_not_used(closed: Path, clock: Clock, tmp_path: Path) -> None:
    other = Workspace.create(tmp_path / "other", "别的社区", "李四", now=clock)
    other.close()
    shutil.copy(closed / "cache" / NAME, tmp_path / "other" / "cache" / NAME)
    with Workspace.open(tmp_path / "other", app=True, now=clock) as workspace:
        assert not workspace.store.resumed
        assert workspace.name == "别的社区"
        assert not workspace.community.dwellings


def test_a_cache_holds_no_call_that_its_reader_refuses() -> None:
    """Python 3.11.2, which Debian 12 has, would write `getattr` for a status."""
    for status in Status:
        assert b"getattr" not in pickle.dumps(status)
        assert pickle.loads(pickle.dumps(status)) is status
        assert status.__reduce_ex__(5) == (Status, (status.value,))
