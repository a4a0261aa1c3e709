"""What lets a file of an exchange folder be passed over unread, and everything that must make it be read after all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from storage import known
from storage.bundle import Bundle
from storage.exchange import MARKER, exchange
from storage.files import TEMPORARY
from storage.intake import journal_bytes
from storage.keeper import Keeper
from storage.store import Store
from storage_helpers import another, begin, journal_files, look, made, notes, refs, reopen, write
from zhubao_tui.workspace.wording import account

Now = Callable[[], datetime]
Reader = Callable[[Store], list[str]]
LONG = "话" * 3000
"""Of two records with this much text the first one lies outside what is looked at of an unchanged file."""


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def pair(tmp_path: Path, clock: Now) -> Iterator[tuple[Store, Store]]:
    """Two laptops of one community; each wrote something."""
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    write(ann, f"甲一 {LONG}", f"甲二 {LONG}")
    write(ben, "乙一")
    yield ann, ben
    ann.close()
    ben.close()


@pytest.fixture
def reader(stick: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Exchange; says which of the folder's journals were read whole for it."""
    reads = Path.read_bytes

    def read_by(store: Store) -> list[str]:
        seen: list[str] = []

        def noting(path: Path) -> bytes:
            if path.parent == stick and path.name != MARKER:
                seen.append(path.name)
            return reads(path)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_bytes", noting)
            exchange(store, stick)
        return seen

    return read_by


def settle(*stores: Store, folder: Path) -> None:
    """Exchange until nobody has anything to say any more."""
    for store in stores * 3:
        exchange(store, folder)


def put(path: Path, data: bytes) -> None:
    """Change a file and leave no trace in its time."""
    stat = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


# -- passed over


def test_what_is_as_it_was_is_passed_over_also_by_another_process(
    pair: tuple[Store, Store], stick: Path, reader: Reader, clock: Now
) -> None:
    settle(*pair, folder=stick)
    for store in pair:
        assert reader(store) == []
        again = reopen(store, clock)
        assert reader(again) == []
        assert exchange(again, stick).sent == []
        again.close()


def test_only_what_is_new_is_read_and_what_this_laptop_wrote_goes_out_unread(
    pair: tuple[Store, Store], stick: Path, reader: Reader
) -> None:
    ann, ben = pair
    settle(ann, ben, folder=stick)
    (bens,) = {path.name for path in journal_files(ben.folder / "store")} - {only_of(ann)}
    write(ann, "甲三")
    assert reader(ann) == []
    assert reader(ben) == [only_of(ann)]
    assert reader(ann) == [bens], "ben's witness"
    assert set(notes(ben)) == set(notes(ann))


def only_of(store: Store) -> str:
    (name,) = (path.name for path in journal_files(store.folder / "store") if store.device[:8] in path.name)
    return name


def test_renamed_and_conflict_copies_are_passed_over_as_well(
    pair: tuple[Store, Store], stick: Path, reader: Reader
) -> None:
    ann, ben = pair
    settle(ann, ben, folder=stick)
    path = stick / only_of(ann)
    names = [
        path.name.replace(".json", copied)
        for copied in (
            ".sync-conflict-20260513-093000-ABCDEFG.json", " (Ben's conflicted copy 2026-05-13).json",
            "_冲突文件_乙_20260513.json", " - 副本.json", "(1).json",
        )
    ]  # fmt: skip
    for name in names:
        shutil.copy(path, stick / name)
    shutil.copy(path, stick / "微信图片")
    assert sorted(reader(ann)) == sorted([*names, "微信图片"])
    assert reader(ann) == []
    settle(ben, folder=stick)
    assert {path.name for path in journal_files(ben.folder / "store")} == {only_of(ann), only_of(ben)}
    assert len({head.device for head in ben.ledger.journals()}) == 2, "a copy is no laptop"
    assert set(names) <= {path.name for path in stick.iterdir()}, "nor is it anybody's to remove"
    write(ben, "乙二")
    newer = journal_bytes(*_journal_of(ben))
    settle(ann, folder=stick)
    (stick / names[0]).write_bytes(newer)
    settle(ann, folder=stick)
    assert "乙二" in notes(ann)


def _journal_of(store: Store):  # type: ignore[no-untyped-def]
    (head,) = (head for head in store.ledger.journals() if head.device == store.device)
    return head, store.ledger.branches(head.journal)[0].records


@pytest.mark.parametrize("seconds", [2, -2, 1.3], ids=["up", "down", "half"])
def test_times_that_a_medium_rounded_are_no_reason_to_read_file_times(
    pair: tuple[Store, Store], stick: Path, reader: Reader, seconds: float
) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    for path in journal_files(stick):
        at = path.stat().st_mtime_ns + int(seconds * 1_000_000_000)
        os.utime(path, ns=(at, at))
    assert reader(ann) == []


@pytest.mark.parametrize("at", [315532800, 4354819200, 1778641200 + 8 * 3600], ids=["1980", "2107", "hours"])
def test_times_that_are_quite_otherwise_cost_one_reading_file_times(
    pair: tuple[Store, Store], stick: Path, reader: Reader, at: int
) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    for path in journal_files(stick):
        os.utime(path, (at, at))
    assert len(reader(ann)) == 2
    assert reader(ann) == []


# -- read after all


def older(whole: bytes, older: bytes) -> bytes:
    return older


def last_word_changed(whole: bytes, older: bytes) -> bytes:
    return whole.replace("甲二".encode(), "甲七".encode())


def zeros_at_the_end(whole: bytes, older: bytes) -> bytes:
    return whole[:-50] + bytes(50)


def all_zeros(whole: bytes, older: bytes) -> bytes:
    return bytes(len(whole))


@pytest.mark.parametrize("change", [older, last_word_changed, zeros_at_the_end, all_zeros], ids=lambda f: f.__name__)
def test_an_equal_time_hides_no_other_content_file_times(
    pair: tuple[Store, Store], stick: Path, tmp_path: Path, clock: Now, change: Callable[[bytes, bytes], bytes]
) -> None:
    ann, ben = pair
    exchange(ann, stick)
    path = stick / only_of(ann)
    before = path.read_bytes()
    write(ann, "甲二" if change is last_word_changed else "甲三")
    settle(ann, ben, folder=stick)
    whole = path.read_bytes()
    put(path, change(whole, before))
    exchange(ben, stick)
    assert path.read_bytes() == whole, "the store knows more than that copy"


def test_harm_in_the_middle_under_an_equal_time_is_found_after_a_while(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    path = stick / only_of(ann)
    whole = path.read_bytes()
    put(path, whole.replace("甲一".encode(), "甲七".encode()))
    for _again in range(2 * known.PASSED_OVER + 1):
        exchange(ann, stick)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("harm", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"x" + data[1:]])
def test_without_what_was_kept_everything_is_read_once_more_cache_bad(
    pair: tuple[Store, Store], stick: Path, reader: Reader, harm: Callable[[bytes], bytes]
) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    (kept,) = (ann.folder / "cache").glob("exchange-*.bin")
    kept.write_bytes(harm(kept.read_bytes()))
    assert len(reader(ann)) == 2
    assert reader(ann) == []


def test_what_another_workspace_kept_is_not_believed_cache_bad(
    pair: tuple[Store, Store], stick: Path, reader: Reader, tmp_path: Path, clock: Now
) -> None:
    ann, ben = pair
    settle(ann, ben, folder=stick)
    cat = another(ann, tmp_path / "3", clock, "c" * 16)
    for kept in (ann.folder / "cache").glob("exchange-*.bin"):
        shutil.copy(kept, cat.folder / "cache")
    assert len(reader(cat)) == 2
    assert refs(ann) <= refs(cat)
    cat.close()


@pytest.mark.parametrize("lost", ["all", "one", "older"])
def test_a_store_that_lost_what_it_had_gets_it_back_although_the_cache_knows_the_files(
    pair: tuple[Store, Store], stick: Path, clock: Now, lost: str
) -> None:
    ann, ben = pair
    settle(ann, ben, folder=stick)
    before = {path.name: path.read_bytes() for path in journal_files(ben.folder / "store")}
    write(ann, "甲三")
    settle(ann, ben, folder=stick)
    had = refs(ben)
    ben.close()
    for path in journal_files(ben.folder / "store"):
        if lost == "older":
            path.write_bytes(before[path.name])
        elif lost == "all" or path.name == only_of(ann):
            path.unlink()
    ben = look(ben.folder, clock, "b" * 16)
    exchange(ben, stick)
    assert had <= refs(ben)
    ben.close()


def test_what_could_not_be_saved_is_read_again_by_the_next_process(
    pair: tuple[Store, Store], stick: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = pair
    exchange(ann, stick)
    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "keep_due", lambda _keeper, intake: intake.due.clear())
        exchange(ben, stick)
    ben = reopen(ben, clock)
    assert len(notes(ben)) == 1
    exchange(ben, stick)
    assert len(notes(ben)) == 3
    ben.close()


def test_every_copy_is_looked_at_again_when_a_record_was_erased(
    pair: tuple[Store, Store], stick: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = pair
    settle(ann, ben, folder=stick)
    shutil.copy(stick / only_of(ann), stick / "copy.json")
    exchange(ben, stick)
    monkeypatch.setattr(Store, "erased_in", lambda store, journal: int(journal in only_of(ann)))
    assert sorted(reader(ben)) == sorted(["copy.json", only_of(ann)])


def test_a_harmed_or_foreign_file_is_named_each_time(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    (stick / "zb-other.json").write_bytes(journal_bytes(*made(["别处"])))
    data = only_journal_bytes(stick, ann)
    (stick / "zb-half.json").write_bytes(data[: data.index("甲二".encode())])
    for _again in range(2):
        told = {(trouble.name, trouble.what) for trouble in exchange(ann, stick).unread}
        assert told == {("zb-other.json", "other_community"), ("zb-half.json", "incomplete")}


def only_journal_bytes(stick: Path, store: Store) -> bytes:
    return (stick / only_of(store)).read_bytes()


def test_an_exchange_that_was_stopped_forgets_nothing_that_was_known(
    pair: tuple[Store, Store], stick: Path, reader: Reader
) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    exchange(ann, stick, stop=lambda: True)
    assert reader(ann) == []


def test_two_folders_are_known_apart(pair: tuple[Store, Store], stick: Path, tmp_path: Path, reader: Reader) -> None:
    ann, _ben = pair
    settle(*pair, folder=stick)
    exchange(ann, tmp_path / "other")
    for path in journal_files(stick):
        path.unlink()
    assert len(exchange(ann, stick).sent) == 2
    assert exchange(ann, tmp_path / "other").sent == []


def test_a_marker_with_a_hostile_id_names_no_file_path_names(pair: tuple[Store, Store], stick: Path) -> None:
    ann, _ben = pair
    stick.mkdir()
    for number, name in enumerate(["../../../evil", "C:\\evil", "\ud800", "x" * 300, "a\0b"]):
        (stick / MARKER).write_text(json.dumps({"format": 1, "id": name, "community": ann.community}))
        exchange(ann, stick)
        assert len(list((ann.folder / "cache").glob("exchange-*.bin"))) == number + 1
    assert not list(ann.folder.parent.rglob("*evil*"))


# -- unfinished files


def test_unfinished_files_of_a_broken_exchange_go_when_they_are_surely_nobodys(
    pair: tuple[Store, Store], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, _ben = pair
    exchange(ann, stick)
    left = stick / f"{TEMPORARY}0123456789ab"
    left.write_bytes(b"{")
    os.utime(left, (0, 0))
    now = known.time()
    for later, stays in ((0, True), (known.LEFTOVER - 1, True), (known.LEFTOVER + 1, False)):
        monkeypatch.setattr(known, "time", lambda later=later: now + later)
        assert exchange(ann, stick).unread == []
        assert left.exists() == stays


def test_a_bundle_whose_block_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    told: list[str] = []

    def broken() -> None:
        with Bundle(tmp_path, lambda name, _error: told.append(name)) as bundle:
            bundle.add("zb-1.json", b"{}")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert (told, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.fault("emptied-folder")
def test_many_missing_files_bring_one_calm_message_and_come_back(tmp_path: Path, stick: Path, clock: Now) -> None:
    ann = begin(tmp_path / "1", clock)
    for number in range(6):
        write(ann, str(number))
        clock.forward(days=1)  # type: ignore[attr-defined]  # the tests' clock
    exchange(ann, stick)
    before = {path.name: path.read_bytes() for path in journal_files(stick)}
    for path in journal_files(stick):
        path.unlink()
    done = exchange(ann, stick)
    assert done.missing == len(before) >= 6
    assert [line for line in account(done) if "少了 6 个" in line]
    assert {path.name: path.read_bytes() for path in journal_files(stick)} == before
    again = exchange(ann, stick)
    assert (again.missing, again.sent) == (0, [])
    ann.close()
