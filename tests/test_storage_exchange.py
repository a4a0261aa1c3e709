"""Exchange with a folder: both sides get what they lack, nothing is ever taken away, everything is said."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from storage import exchange as exchanging
from storage import files
from storage.bundle import Bundle
from storage.errors import ExchangeNotThere, NoExchangeFolder, OtherCommunity
from storage.exchange import MARKER, Exchanged, exchange, heads_in
from storage.intake import journal_bytes
from storage.store import Store
from storage_helpers import (
    ANN,
    BEN,
    CAT,
    Sealing,
    another,
    begin,
    journal_files,
    made,
    notes,
    only_journal,
    refs,
    reopen,
    write,
)

Now = Callable[[], datetime]


@pytest.fixture(params=[False, True], ids=["open", "sealed"], autouse=True)
def _open_and_sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files behave alike whether or not their bodies can be read."""
    monkeypatch.setattr(Sealing, "on", request.param)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def pair(tmp_path: Path, clock: Now) -> Iterator[tuple[Store, Store]]:
    """Two laptops of one community; each wrote something."""
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    write(ann, "甲一", "甲二")
    write(ben, "乙一")
    yield ann, ben
    ann.close()
    ben.close()


def both_ways(*stores: Store, folder: Path) -> list[Exchanged]:
    return [exchange(store, folder) for store in (*stores, *stores)]


def told(done: Exchanged) -> list[tuple[str, str]]:
    return [(trouble.name, trouble.what) for trouble in done.unread]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


# -- the plain case


def test_both_sides_get_what_they_lack_and_say_so(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    first, second, third, fourth = both_ways(ann, ben, folder=stick)
    assert (first.made_new, first.records_in, len(first.sent)) == (True, 0, 1)
    assert (second.records_in, len(second.received), len(second.sent)) == (2, 1, 1)
    assert (third.records_in, len(third.sent)) == (2, 1), "ben's note and his seen come, ann's seen goes"
    assert fourth.records_in == 1
    assert notes(ann) == notes(ben)
    assert exchange(ann, stick).sent == []
    assert exchange(ben, stick).sent == []
    assert refs(ann) == refs(ben)
    assert contents(stick).keys() == {MARKER, *(path.name for path in journal_files(ann.folder / "store"))}
    assert {name: data for name, data in contents(stick).items() if name != MARKER} == contents(ben.folder / "store")


def test_copying_by_hand_under_any_name_does_the_same(pair: tuple[Store, Store]) -> None:
    ann, ben = pair
    names = iter(["微信文件(1).txt", "NEW", "x - 副本.json", "con.json"])
    for giver, taker in ((ann, ben), (ben, ann)):
        for path in journal_files(giver.folder / "store"):
            shutil.copy(path, taker.folder / "inbox" / next(names))
        taker.refresh()
    assert set(notes(ann)) == set(notes(ben)) == {"甲一", "甲二", "乙一"}


def test_everything_that_is_written_has_a_name_that_any_medium_takes(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    both_ways(ann, ben, folder=stick)
    assert all(re.fullmatch(r"[a-z0-9.-]{1,64}", name) for name in contents(stick))


@pytest.fixture
def journals_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the journals that were read whole, wherever they lie."""
    read: list[str] = []
    reads = Path.read_bytes

    def noting(path: Path) -> bytes:
        if path.suffix == ".json" and path.name != MARKER:
            read.append(path.name)
        return reads(path)

    monkeypatch.setattr(Path, "read_bytes", noting)
    return read


def test_an_unchanged_folder_is_neither_read_nor_written(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch, journals_read: list[str]
) -> None:
    ann, ben = pair
    both_ways(ann, ben, ann, folder=stick)
    shutil.copy(journal_files(stick)[0], stick / "微信文件(1).json")
    exchange(ann, stick)
    before = contents(stick)
    monkeypatch.setattr(exchanging, "replace_whole", lambda *_given: pytest.fail("nothing has changed"))
    monkeypatch.setattr(Bundle, "add", lambda *_given: pytest.fail("nothing has changed"))
    journals_read.clear()
    done = exchange(ann, stick)
    assert journals_read == []
    assert (done.sent, done.received, done.unread) == ([], [], [])
    monkeypatch.undo()
    assert contents(stick) == before


def test_progress_counts_up_to_all_and_stopping_leaves_whole_things(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    exchange(ann, stick)
    seen: list[tuple[int, int]] = []
    exchange(ben, stick, progress=lambda done, total, _name: seen.append((done, total)))
    assert [done for done, _total in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][0] == seen[-1][1]
    stops = iter([False, True, True, True])
    done = exchange(ann, stick, stop=lambda: next(stops))
    assert done.stopped
    assert done.records_in in (0, 2)
    assert not exchange(ann, stick).stopped
    assert set(notes(ann)) == {"甲一", "甲二", "乙一"}


def test_what_came_before_a_stop_is_witnessed(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    exchange(ann, stick)
    answers = iter([False, True])
    done = exchange(ben, stick, stop=lambda: next(answers, True))
    assert done.stopped
    write(ben, "之后")
    assert notes(ben)[-1] == "之后"
    assert any(entry.record.kind == "seen" for entry in done.entries)


# -- the folder


def test_a_folder_that_lost_its_marker_is_not_there_rather_than_empty(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    exchange(ann, stick)
    (stick / MARKER).unlink()
    with pytest.raises(ExchangeNotThere):
        exchange(ann, stick)
    assert not (stick / MARKER).exists()
    assert exchange(ann, stick, new=True).made_new
    shutil.rmtree(stick)
    with pytest.raises(ExchangeNotThere):
        exchange(ann, stick)
    assert not stick.exists()
    with pytest.raises(ExchangeNotThere):
        exchange(ann, stick / "deep" / "er")
    stick.write_text("a file")
    with pytest.raises(NoExchangeFolder):
        exchange(ann, stick, new=True)


def test_a_marker_that_the_stick_harmed_is_a_missing_one(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    exchange(ann, stick)
    for harm in (b"", b"\0" * 90, b"[1]", b"{}", b'{"id": 1', b"7", b"[" * 100_000):
        (stick / MARKER).write_bytes(harm)
        with pytest.raises(ExchangeNotThere):
            exchange(ann, stick)


def test_the_folder_of_another_community_stays_untouched(
    pair: tuple[Store, Store], stick: Path, tmp_path: Path, clock: Now
) -> None:
    ann, _ben = pair
    other = begin(tmp_path / "other", clock, CAT)
    write(other, "别处")
    exchange(other, stick)
    before = contents(stick)
    with pytest.raises(OtherCommunity):
        exchange(ann, stick)
    with pytest.raises(OtherCommunity):
        exchange(ann, stick, new=True)
    assert contents(stick) == before
    assert {head.community for head in heads_in(stick)} == {other.community}
    other.close()


def test_the_workspaces_own_folders_are_no_exchange_folders(pair: tuple[Store, Store]) -> None:
    ann, ben = pair
    own = (ann.folder, ann.folder / "store", ann.folder / "inbox", ann.folder / "store" / ".." / "drafts")
    for folder in (*own, ben.folder):
        with pytest.raises(NoExchangeFolder):
            exchange(ann, folder)
    assert not list(ann.folder.rglob(MARKER))
    assert not list(ben.folder.rglob(MARKER))


# -- what other people and tools do to the folder


def test_deletion_never_travels(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    both_ways(ann, ben, ann, folder=stick)
    before = contents(stick)
    for path in journal_files(stick):
        path.unlink()
    done = exchange(ann, stick)
    assert contents(stick) == before
    assert (done.records_in, done.unread) == (0, [])


def rolled_back(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).write_bytes(older)


def renamed(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).unlink()
    (stick / name.replace(".json", "(1).json")).write_bytes(older)


def conflicted(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name.replace(".json", ".sync-conflict-20260513-093000-ABCDEFG.json")).write_bytes(older)


def truncated(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).write_bytes(newer[:-37])


def zeroed(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).write_bytes(b"\0" * len(newer))


def flipped(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).write_bytes(newer.replace("甲一".encode(), "甲七".encode()))


def garbled(stick: Path, older: bytes, newer: bytes, name: str) -> None:
    (stick / name).write_bytes(random.Random(5).randbytes(len(newer)))


@pytest.mark.parametrize(
    "harm", [rolled_back, renamed, conflicted, truncated, zeroed, flipped, garbled], ids=lambda harm: harm.__name__
)
def test_my_store_knows_more_than_that_copy_and_writes_it_out_again(
    pair: tuple[Store, Store], stick: Path, harm: Callable[[Path, bytes, bytes, str], None]
) -> None:
    ann, ben = pair
    older = only_journal(ann).read_bytes()
    name = only_journal(ann).name
    write(ann, "甲三")
    both_ways(ann, ben, ann, folder=stick)
    newer = (stick / name).read_bytes()
    harm(stick, older, newer, name)
    foreign = contents(stick).keys() - {MARKER, name}
    for store in (ben, ann):
        exchange(store, stick)
        assert (stick / name).read_bytes() == newer
        assert set(notes(store)) == {"甲一", "甲二", "甲三", "乙一"}
    assert contents(stick).keys() == foreign | {MARKER, name}, "a conflict copy is not spread, nor removed"
    assert all(re.fullmatch(r"zb-[0-9a-f]{8}-[0-9-]{10}-[0-9a-f]{16}\.json", path.name)
               for store in pair for path in (store.folder / "store").iterdir())  # fmt: skip


def test_a_truncated_copy_is_used_named_and_completed_later(
    pair: tuple[Store, Store], stick: Path, tmp_path: Path, clock: Now
) -> None:
    ann, ben = pair
    exchange(ann, stick)
    path = stick / only_journal(ann).name
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b'\n"2"') + 50])
    done = exchange(ben, stick)
    assert told(done) == [(path.name, "incomplete")]
    assert set(notes(ben)) == {"甲一", "乙一"}
    (stick / "full.json").write_bytes(whole)
    assert exchange(ben, stick).records_in == 1
    assert set(notes(ben)) == {"甲一", "甲二", "乙一"}
    assert path.read_bytes() == whole


def test_a_journal_of_another_community_is_put_aside_with_that_reason(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    exchange(ann, stick)
    data = journal_bytes(*made(["别处"]))
    (stick / "zb-training.json").write_bytes(data)
    done = exchange(ann, stick)
    assert told(done) == [("zb-training.json", "other_community")]
    assert (done.records_in, notes(ann)) == (0, ["甲一", "甲二"])
    assert (stick / "zb-training.json").read_bytes() == data
    assert len(journal_files(ann.folder / "store")) == 1
    assert ann.community in {head.community for head in heads_in(stick)}


def test_other_peoples_files_are_never_read_as_data_moved_or_named(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    exchange(ann, stick)
    (stick / "照片").mkdir()
    foreign = {
        "走访表.xlsx": b"PK\x03\x04" * 50, "说明.txt": "别删".encode(), "data.json": b'{"a": 1}', "空.json": b"",
        "~$走访表.xlsx": b"x", ".syncthing.zb-1.json.tmp": b"{", "zb-1.json.part": b"{", "Thumbs.db": b"x", "._zb-1.json": b"x",
    }  # fmt: skip
    for name, data in foreign.items():
        (stick / name).write_bytes(data)
    done = exchange(ben, stick)
    assert told(done) == []
    assert contents(stick).items() >= foreign.items()
    assert (stick / "照片").is_dir()
    assert "data.json" not in [path.name for path in ben.folder.rglob("*")]


def test_links_and_folders_under_journal_names_harm_nobody(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    exchange(ann, stick)
    (stick / "zb-folder.json").mkdir()
    (stick / "zb-nowhere.json").symlink_to(stick / "nothing")
    (stick / "zb-itself.json").symlink_to(stick / "zb-itself.json")
    assert exchange(ben, stick).records_in == 2
    (stick / only_journal_of(ben, BEN).name).unlink()
    (stick / only_journal_of(ben, BEN).name).mkdir()
    done = exchange(ben, stick)
    assert done.left_out == [only_journal_of(ben, BEN).name]


def only_journal_of(store: Store, person: str) -> Path:
    (head,) = (head for head in store.ledger.journals() if head.person == person)
    (path,) = (store.folder / "store").glob(f"*{head.journal}.json")
    return path


# -- the medium refuses


@pytest.fixture
def small_stick(stick: Path) -> Iterator[Path]:
    """A stick of 64 KB."""
    stick.mkdir()
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root mounts a small stick; the variants below need nothing")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(stick)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here; the variants below need nothing")
    yield stick
    subprocess.run(["umount", "-l", str(stick)], check=True)


def test_a_real_stick_that_is_too_small(pair: tuple[Store, Store], small_stick: Path, clock: Now) -> None:
    ann, ben = pair
    exchange(ben, small_stick)
    for number in range(4):
        clock.forward(days=1)  # type: ignore[attr-defined]  # the tests' own clock
        write(ann, *(f"{number}.{step} {'话' * 1000}" for step in range(1 if number == 3 else 8)))
    done = exchange(ann, small_stick)
    assert done.sent_failed == "full"
    assert done.left_out
    assert done.records_in == 1, "everything is taken in all the same"
    assert len(done.left_out) + len(done.sent) == len(journal_files(ann.folder / "store")) - 1
    assert any("2026-05-17" in name or "2026-05-16" in name for name in done.sent), "the small one fitted"
    for name, data in contents(small_stick).items():
        assert name == MARKER or data == (ann.folder / "store" / name).read_bytes(), "whole or not at all"
    assert set(contents(small_stick)) == {MARKER, only_journal(ben).name, *done.sent}


def test_a_real_read_only_stick(pair: tuple[Store, Store], stick: Path) -> None:
    ann, ben = pair
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("only root mounts one; the variant below needs nothing")
    exchange(ben, stick)
    before = contents(stick)
    binds = subprocess.run(["mount", "--bind", str(stick), str(stick)], capture_output=True).returncode == 0
    if not binds:
        pytest.skip("no bind mount here; the variant below needs nothing")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(stick)], check=True)
        done = exchange(ann, stick)
    finally:
        subprocess.run(["umount", "-l", str(stick)], check=True)
    assert (done.sent_failed, done.sent, done.records_in) == ("read_only", [], 1)
    assert set(notes(ann)) == {"甲一", "甲二", "乙一"}
    assert contents(stick) == before


@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.EROFS, "read_only"), (errno.EACCES, "read_only"), (errno.ENOSPC, "full"), (errno.EIO, "disk")],
)
@pytest.mark.parametrize("has_marker", [True, False], ids=["known stick", "new stick"])
def test_a_stick_that_cannot_be_written_is_still_taken_in(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str, *, has_marker: bool
) -> None:
    ann, ben = pair
    exchange(ben, stick)
    if not has_marker:
        (stick / MARKER).unlink()
    before, opens = contents(stick), Path.open

    def refusing(path: Path, mode: str = "r", *more: object, **named: object) -> object:
        if path.parent == stick and mode != "rb":
            raise OSError(code, os.strerror(code))
        return opens(path, mode, *more, **named)  # type: ignore[call-overload]  # handed on as it came

    monkeypatch.setattr(Path, "open", refusing)
    done = exchange(ann, stick)
    assert (done.sent_failed, done.sent, done.not_sent, done.made_new) == (reason, [], 1, False)
    assert done.left_out == [only_journal_of(ann, ANN).name]
    assert done.records_in == 1
    assert set(notes(ann)) == {"甲一", "甲二", "乙一"}
    assert contents(stick) == before


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 8, 9])
def test_a_stick_pulled_at_any_moment_leaves_whole_things_and_a_usable_program(
    pair: tuple[Store, Store], stick: Path, tmp_path: Path, clock: Now, moment: int
) -> None:
    ann, ben = pair
    exchange(ben, stick)
    for _day in range(2):
        clock.forward(days=1)  # type: ignore[attr-defined]  # the tests' own clock
        write(ann, "又一天")
        write(ben, "也一天")
        exchange(ben, stick)
    calls = iter(range(100))

    def pull() -> bool:
        if next(calls) == moment:
            stick.rename(tmp_path / "pocket")
        return False

    done = exchange(ann, stick, stop=pull)
    pulled = (tmp_path / "pocket").exists()
    assert pulled == (moment < 9), "three files come in, six are offered"
    assert bool(done.sent_failed) == pulled or not done.left_out
    for path in journal_files(tmp_path / "pocket" if pulled else stick):
        held = (ann.folder / "store" / path.name, ben.folder / "store" / path.name)
        assert path.read_bytes() in [file.read_bytes() for file in held if file.exists()]
    write(ann, "还能用")
    if pulled:
        (tmp_path / "pocket").rename(stick)
    exchange(ann, stick)
    exchange(ben, stick)
    assert set(notes(ann)) == set(notes(ben))
    assert notes(reopen(ann, clock)) == notes(ann)


def test_a_journal_of_ones_own_that_vanishes_meanwhile_goes_out_all_the_same(
    pair: tuple[Store, Store], stick: Path
) -> None:
    ann, _ben = pair
    only_journal(ann).unlink()
    exchange(ann, stick)
    assert len(json.loads(journal_files(stick)[0].read_bytes())["records"]) == 2


def test_ones_own_full_disk_loses_nothing_of_what_the_stick_brought(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = pair
    exchange(ann, stick)
    exchange(ben, stick)
    write(ben, "乙二")
    exchange(ben, stick)

    opens = Path.open

    def full(path: Path, mode: str = "r", *more: object, **named: object) -> object:
        if path.parent == ann.folder / "store" and mode != "rb":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opens(path, mode, *more, **named)  # type: ignore[call-overload]  # handed on as it came

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        done = exchange(ann, stick)
    assert ("not_saved") in {what for _name, what in told(done)}
    assert "乙二" in {entry.record.body.get("text") for entry in done.entries}
    exchange(ann, stick)
    assert "乙二" in notes(ann)


# -- many laptops, any way round


def copy_by_hand(dice: random.Random, giver: Store, taker: Store) -> None:
    """Some files, under any name, perhaps cut."""
    for path in journal_files(giver.folder / "store"):
        if dice.random() < 0.6:
            data = path.read_bytes()
            data = data[: dice.randint(0, len(data))] if dice.random() < 0.3 else data
            (taker.folder / "inbox" / f"{dice.randint(0, 5)}{dice.choice(['', '(1)'])}.json").write_bytes(data)
    taker.refresh()


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_of_copies_ends_in_the_same_records_everywhere(
    tmp_path: Path, stick: Path, clock: Now, seed: int
) -> None:
    dice = random.Random(seed)
    first = begin(tmp_path / "0", clock)
    laptops = [first, *(another(first, tmp_path / str(n), clock, f"{n:016x}") for n in (1, 2, 3))]
    said: set[str] = set()
    exchange(first, stick)
    for step in range(60):
        store, other = dice.sample(laptops, 2)
        match dice.randint(0, 6):
            case 0 | 1:
                write(store, str(step))
                said.add(str(step))
            case 2:
                exchange(store, stick)
            case 3:
                copy_by_hand(dice, store, other)
            case 4:
                for path in dice.sample(journal_files(stick), min(2, len(journal_files(stick)))):
                    data = path.read_bytes()
                    path.write_bytes(data[: dice.randint(0, len(data))])
            case 5:
                clock.forward(hours=dice.randint(-5, 30))  # type: ignore[attr-defined]  # the tests' own clock
            case 6:
                laptops[laptops.index(store)] = reopen(store, clock)
    both_ways(*laptops, *laptops, folder=stick)
    assert all(set(notes(store)) == said for store in laptops)
    assert len({tuple(notes(store)) for store in laptops}) == 1, "in one order"
    for store in laptops:
        again = reopen(store, clock)
        assert refs(again) == refs(store)
        assert again.ledger.gaps() == []
        assert again.ledger.forks() == []
        again.close()


def test_nothing_that_is_half_written_ever_bears_a_journals_name(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, _ben = pair
    seen: list[set[str]] = []
    flush = os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda handle: (seen.append(set(contents(stick))), flush(handle)))
    exchange(ann, stick)
    named = [name for names in seen for name in names if not name.startswith(files.TEMPORARY)]
    whole = {MARKER, only_journal(ann).name}
    assert sum(any(name.startswith(files.TEMPORARY) for name in names) for names in seen) == 2, "flushed, then renamed"
    assert set(named) <= whole
    assert set(contents(stick)) == whole
