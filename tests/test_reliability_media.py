"""Sticks and shares as they are: too small at any step, write-protected, formatted with FAT, pulled, shared by several at once."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from conftest import Clock
from media import fat_stick, plugged_in, read_only, remount, small_disk
from storage.errors import ExchangeNotThere
from storage.exchange import MARKER, exchange
from storage.files import TEMPORARY
from storage.reader import read_journal
from storage.store import Store
from storage_helpers import another, begin, journal_files, look, notes, refs, reopen, write
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.workspace import Workspace

Now = Callable[[], datetime]
DAYS = 3


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Iterator[tuple[Store, Store]]:
    """Two laptops of one community, each with a journal a day."""
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    for day in range(DAYS):
        write(ann, f"甲{day}", f"{'话' * 700}{day}")
        write(ben, f"乙{day}", f"{'语' * 700}{day}")
        clock.forward(days=1)
    yield ann, ben
    ann.close()
    ben.close()


def everything(*stores: Store) -> set[str]:
    return {text for store in stores for text in notes(store)}


def whole(folder: Path) -> bool:
    """Whether everything that bears a journal's name is a whole journal."""
    found = [read_journal(path) for path in journal_files(folder)]
    return all(journal.complete and not journal.harmed for journal in found)


def alike(*stores: Store, folder: Path) -> None:
    for store in (*stores, *stores, *stores):
        exchange(store, folder)
    assert len({tuple(notes(store)) for store in stores}) == 1
    assert len({frozenset(refs(store)) for store in stores}) == 1


# -- several at once


def exchange_again_and_again(folder: Path, share: Path, person: str, now: Now) -> None:
    """What a laptop does in a process of its own: write, exchange, write, exchange."""
    store = look(folder, now, person=person)
    for number in range(ROUNDS):
        write(store, f"{folder.name}-{number}")
        exchange(store, share)
        write(store, f"{folder.name}-{number}之后")
    store.close()


ROUNDS = 12
LAPTOPS = 4


@pytest.mark.fault("simultaneous-exchange")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="starts its laptops by fork")
def test_laptops_that_exchange_with_one_folder_in_the_same_second(tmp_path: Path, clock: Clock) -> None:
    share = tmp_path / "share"
    stores = [begin(tmp_path / "0", clock)]
    stores += [another(stores[0], tmp_path / str(n), clock, f"{n:016x}") for n in range(1, LAPTOPS)]
    exchange(stores[0], share)
    for store in stores:
        store.close()
    laptops = [
        multiprocessing.get_context("fork").Process(
            target=exchange_again_and_again, args=(store.folder, share, store.person, clock)
        )
        for store in stores
    ]
    for laptop in laptops:
        laptop.start()
    for laptop in laptops:
        laptop.join()
    assert [laptop.exitcode for laptop in laptops] == [0] * LAPTOPS
    assert whole(share)
    assert not [path for path in share.iterdir() if path.name.startswith(TEMPORARY)]
    stores = [look(store.folder, clock, person=store.person) for store in stores]
    alike(*stores, folder=share)
    ends = ("", "之后")
    assert everything(*stores) == {f"{n}-{k}{end}" for n in range(LAPTOPS) for k in range(ROUNDS) for end in ends}
    assert all((store.ledger.gaps(), store.ledger.forks(), store.troubles) == ([], [], []) for store in stores)
    for store in stores:
        store.close()


# -- too small, write-protected


@pytest.mark.fault("stick-full")
@pytest.mark.parametrize("limit", ["size", "nr_inodes"], ids=["room", "names"])
@pytest.mark.parametrize("room", range(2, 10))
def test_a_stick_that_fills_up_at_any_step(pair: tuple[Store, Store], tmp_path: Path, limit: str, room: int) -> None:
    ann, ben = pair
    said = everything(ann, ben)
    with small_disk(tmp_path / "stick") as stick:
        exchange(ben, stick)
        for path in journal_files(stick)[1:]:
            path.unlink()
        remount(stick, f"size={4 * room}k" if limit == "size" else f"nr_inodes={room + 1}")
        before = [notes(store) for store in pair]
        done = exchange(ann, stick)
        assert (done.sent_failed, bool(done.left_out)) in (("full", True), ("", False))
        assert whole(stick)
        assert not [path for path in stick.iterdir() if path.name.startswith(TEMPORARY)], "nothing half-written is left"
        assert set(done.sent) <= {path.name for path in stick.iterdir()}
        assert set(notes(ann)) >= set(before[0])
        assert done.records_in == 2, "what lay there has come in all the same"
        remount(stick, "size=4m,nr_inodes=1000")
        alike(ann, ben, folder=stick)
    assert everything(ann) == everything(ben) == said
    assert notes(reopen(ann, lambda: ann._writer.now())) == notes(ann)


@pytest.mark.fault("stick-full", "foreign-files")
def test_a_new_stick_without_any_room_is_said_to_be_full(pair: tuple[Store, Store], tmp_path: Path) -> None:
    ann, _ben = pair
    with small_disk(tmp_path / "stick", "4k") as stick:
        (stick / "照片.jpg").write_bytes(b"x" * 4096)
        done = exchange(ann, stick)
        assert (done.sent_failed, done.sent, done.made_new, len(done.left_out)) == ("full", [], False, DAYS)
        assert [path.name for path in stick.iterdir()] == ["照片.jpg"]


@pytest.mark.fault("stick-read-only", "foreign-files")
def test_a_write_protected_stick_brings_everything_and_nothing_on_it_changes(
    pair: tuple[Store, Store], tmp_path: Path
) -> None:
    ann, ben = pair
    stick = tmp_path / "stick"
    exchange(ben, stick)
    (stick / "照片.jpg").write_bytes(b"\xff\xd8")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in stick.iterdir()}
    with read_only(stick):
        done = exchange(ann, stick)
    assert (done.sent_failed, done.sent, len(done.left_out)) == ("read_only", [], DAYS + 1)
    assert everything(ann) == everything(ann, ben)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in stick.iterdir()} == before


# -- FAT


@pytest.mark.fault("fat-names", "file-times")
def test_laptops_exchange_by_a_fat_stick(pair: tuple[Store, Store], tmp_path: Path, clock: Clock) -> None:
    ann, ben = pair
    with fat_stick(tmp_path / "stick") as stick:
        alike(ann, ben, folder=stick)
        on_fat = {path.name for path in stick.iterdir()}
        assert on_fat == {MARKER, *(path.name for path in journal_files(ann.folder / "store"))}
        for number, path in enumerate(journal_files(stick)):  # 1980, 2107, or all alike
            os.utime(path, (315_532_800, 315_532_800) if number % 2 else (4_354_819_198, 4_354_819_198))
        for store in pair:
            done = exchange(store, stick)
            assert (done.sent, done.records_in, done.unread) == ([], 0, [])
        clock.forward(days=1)
        write(ann, "新的一天")
        alike(ann, ben, folder=stick)
        assert whole(stick)
        assert len({path.name.casefold() for path in stick.iterdir()}) == len(list(stick.iterdir()))


@pytest.mark.fault("fat-names", "renamed")
def test_names_that_came_back_in_capitals_add_nothing(pair: tuple[Store, Store], tmp_path: Path) -> None:
    ann, ben = pair
    stick = tmp_path / "stick"
    alike(ann, ben, folder=stick)
    known = refs(ann)
    for path in journal_files(stick):
        path.rename(path.with_name(path.name.upper()))
    for store in pair:
        done = exchange(store, stick)
        assert (done.records_in, done.unread) == (0, [])
        assert refs(store) == known
    assert whole(stick)


@pytest.mark.fault("file-times")
@pytest.mark.parametrize("moment", [315_532_800, 4_354_819_198, 1_778_664_000], ids=["1980", "2107", "rounded"])
def test_equal_sizes_and_times_of_different_contents_deceive_nobody(
    pair: tuple[Store, Store], tmp_path: Path, moment: int
) -> None:
    ann, ben = pair
    stick = tmp_path / "stick"
    alike(ann, ben, folder=stick)
    path = journal_files(stick)[0]
    good = path.read_bytes()
    for harmed in (good.replace("话".encode(), "诂".encode(), 1), good.replace("语".encode(), "诂".encode(), 1)):
        for name in journal_files(stick):
            os.utime(name, (moment, moment))
        exchange(ann, stick)
        path.write_bytes(harmed)
        os.utime(path, (moment, moment))
        exchange(ann, stick)
        assert path.read_bytes() == good, "what it holds counts, not when it was written"
    assert whole(stick)


@pytest.mark.fault("file-times", "bit-flip")
@pytest.mark.parametrize("today", [True, False], ids=["being written", "of another day"])
def test_a_disk_that_changes_a_byte_without_a_trace_spoils_no_good_copy(
    pair: tuple[Store, Store], tmp_path: Path, *, today: bool
) -> None:
    """Size and time tell that a file may have changed, never that it has not."""
    ann, _ben = pair
    stick = tmp_path / "stick"
    write(ann, "今天的")
    exchange(ann, stick)
    path = ann.folder / "store" / sorted(journal_files(stick))[-1 if today else 0].name
    good, times = path.read_bytes(), path.stat()
    with path.open("r+b") as file:
        file.write(good.replace(b'"text":"', b'"text":";')[: len(good)])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (stick / path.name).write_bytes(good + b"\n")  # something to compare it with
    exchange(ann, stick)
    assert (stick / path.name).read_bytes() == good
    assert path.read_bytes() == good
    write(ann, "之后")
    known = notes(ann)
    assert notes(reopen(ann, ann._writer.now)) == known


@pytest.mark.fault("stick-pulled")
@pytest.mark.parametrize("moment", range(0, 4 * DAYS + 1, 2))
def test_a_fat_stick_pulled_and_plugged_in_again(pair: tuple[Store, Store], tmp_path: Path, moment: int) -> None:
    """Its folder stays behind, empty: where a stick is mounted there is one."""
    ann, ben = pair
    image, folder = tmp_path / "stick.img", tmp_path / "stick"
    moments = iter(range(1000))
    with fat_stick(folder):
        exchange(ben, folder)
    with ExitStack() as plugged:
        plugged.enter_context(plugged_in(image, folder))

        def pull() -> bool:
            if next(moments) == moment:
                plugged.close()
            return False

        done = exchange(ann, folder, stop=pull)
    assert list(folder.iterdir()) == [], "nothing is written to where the stick had been"
    assert (done.sent_failed == "gone") == bool(done.left_out)
    with plugged_in(image, folder):
        assert whole(folder)
        there = {path.name for path in folder.iterdir()}
        assert set(done.sent) <= there, "what is said to be out is out"
        assert done.stopped or done.left_out or {path.name for path in journal_files(ann.folder / "store")} <= there
        alike(ann, ben, folder=folder)
        assert whole(folder)


@pytest.mark.fault("stick-pulled")
@pytest.mark.parametrize("code", [errno.ENOTCONN, errno.EIO, errno.ESTALE, errno.EHOSTDOWN], ids=errno.errorcode.get)
def test_a_share_that_has_dropped_is_not_there(
    pair: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    ann, ben = pair
    share = tmp_path / "share"
    exchange(ben, share)
    asks, answers = Path.stat, iter([*[True] * 9, *[False] * 1000])

    def dropped(path: Path, **more: bool) -> os.stat_result:
        if path.is_relative_to(share) and not next(answers):
            raise OSError(code, os.strerror(code))
        return asks(path, **more)

    def exchange_once() -> None:
        exchange(ann, share)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", dropped)
        assert exchange(ann, share).sent_failed == "gone", "in the middle"
        for _again in range(2):
            with pytest.raises(ExchangeNotThere):
                exchange_once()
    alike(ann, ben, folder=share)


@pytest.mark.fault("fat-names")
def test_every_name_that_a_days_work_makes_fits_any_medium(tmp_path: Path, clock: Clock) -> None:
    names: set[str] = set()

    def noting(audited: str, given: tuple[object, ...]) -> None:
        if audited in ("open", "os.mkdir", "os.rename") and watching:
            for name in given[: 2 if audited == "os.rename" else 1]:
                if isinstance(name, str | os.PathLike) and str(name).startswith(str(tmp_path / "w")):
                    names.update(Path(str(name)).relative_to(tmp_path / "w").parts)

    watching = [True]
    sys.addaudithook(noting)
    try:
        (tmp_path / "w").mkdir()
        stick = tmp_path / "w" / "stick"
        with Workspace.create(tmp_path / "w" / "laptop1", "祥和社区", "周立群", now=clock) as one:
            one.write("moved_in", {"dwelling": "祥和苑/3-2-501"})
            one.drafts.begin({"about": "门"}).append({"answer": 1})
            one.store.remember("x", 1)
            Exchanging(one).exchange(stick)
            (tmp_path / "w" / "laptop1" / "store" / "zb-0.json").write_bytes(b"\0")
        with join(stick, tmp_path / "w" / "laptop2", now=clock) as two:
            two.choose("李明", "cadre")
            Exchanging(two).exchange(stick)
        harmed = next(
            path
            for path in journal_files(tmp_path / "w" / "laptop2" / "store")
            if "周立群".encode() in path.read_bytes()
        )
        harmed.write_bytes(harmed.read_bytes().replace("周立群".encode(), "周立人".encode()))
        Workspace.open(tmp_path / "w" / "laptop2", now=clock).close()
    finally:
        watching.clear()
    assert any(name.startswith(TEMPORARY) for name in names)
    assert "quarantine" in names
    assert not [name for name in names if not re.fullmatch(r"[a-z0-9.-]{1,64}", name) or name.endswith(".")]
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
    assert not reserved & {name.partition(".")[0] for name in names}
