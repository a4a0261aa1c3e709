"""Appending: nothing that was acknowledged is lost, whatever happens to the process, the disk or the file's end."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tinydb import TinyDB
from tinydb.table import Document

from media import small_disk
from storage.drafts import Draft, Drafts
from storage.errors import JournalUnreadable, NotAppended, NotPlainData, SaveFailed
from storage.journal import END, AppendingJSON
from storage_helpers import ANN, begin, look, notes, only_journal, reopen, write

Now = Callable[[], datetime]


def drafted(folder: Path, *steps: str) -> Path:
    draft = Drafts(folder).begin({"about": "门"})
    for step in steps:
        draft.append({"answer": step})
    draft.close()
    return folder / f"{draft.id}.json"


def answers(path: Path) -> list[object]:
    return [step["answer"] for step in Draft(path).steps]


def test_a_journal_is_what_plain_tinydb_reads(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "水管漏水", "路灯不亮")
    with TinyDB(only_journal(store)) as plain:
        assert plain.tables() == {"journal", "records"}
        assert plain.table("journal").get(doc_id=1)["person"] == ANN  # type: ignore[index,call-overload]  # there, or the test fails
        assert [row["body"]["text"] for row in plain.table("records").all()] == ["水管漏水", "路灯不亮"]


def test_each_save_is_one_flush_behind_bytes_that_stay(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    flushes: list[int] = []
    flush = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushes.append(handle), flush(handle)))
    before = only_journal(store).read_bytes()
    with store.batch() as batch:
        for text in "二三四":
            batch.add("note", {"text": text})
    after = only_journal(store).read_bytes()
    assert len(flushes) == 1
    assert after.startswith(before.removesuffix(END))
    assert len(json.loads(after)["records"]) == 4


CHANGES: dict[str, Callable[[TinyDB], object]] = {
    "update": lambda db: db.table("steps").update({"answer": "x"}),
    "update the first": lambda db: db.table("steps").update({"answer": "x"}, doc_ids=[1]),
    "upsert": lambda db: db.table("steps").upsert(Document({"answer": "x"}, doc_id=1)),
    "remove": lambda db: db.table("steps").remove(doc_ids=[1]),
    "truncate": lambda db: db.table("steps").truncate(),
    "drop a table": lambda db: db.drop_table("steps"),
    "drop all": lambda db: db.drop_tables(),
    "another table": lambda db: db.table("more").insert({"a": 1}),
    "the head": lambda db: db.table("draft").update({"about": "x"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_anything_but_an_append_is_refused(tmp_path: Path, change: Callable[[TinyDB], object]) -> None:
    path = drafted(tmp_path, "一", "二")
    before = path.read_bytes()
    storage = AppendingJSON(path, growing="steps")
    db = TinyDB(storage=lambda: storage)
    with pytest.raises(NotAppended):
        change(db)
    assert path.read_bytes() == before
    assert [row["answer"] for row in db.table("steps").all()] == ["一", "二"]
    db.close()


@pytest.mark.fault("power-append")
def test_a_tail_torn_at_any_byte_is_cut_and_saving_goes_on(tmp_path: Path) -> None:
    path = drafted(tmp_path, "水管", "路灯", "噪音")
    whole = path.read_bytes()
    start = whole.index(b'"steps": {') + len(b'"steps": {')
    ends = [whole.index(f'"{word}"}}'.encode()) + len(f'"{word}"}}'.encode()) for word in ("水管", "路灯", "噪音")]
    for cut in range(start, len(whole) + 1):
        for tail in (b"", b"\0" * 7):
            path.write_bytes(whole[:cut] + (tail if cut < len(whole) else b""))
            kept = ["水管", "路灯", "噪音"][: sum(end <= cut for end in ends)]
            draft = Draft(path)
            assert [step["answer"] for step in draft.steps] == kept, (cut, tail)
            draft.append({"answer": "新"})
            draft.close()
            assert list(json.loads(path.read_bytes())["steps"].values())[-1] == {"answer": "新"}
            assert answers(path) == [*kept, "新"]


def test_a_harmed_document_in_the_middle_is_not_taken_for_a_torn_tail(tmp_path: Path) -> None:
    path = drafted(tmp_path, "一", "二", "三")
    path.write_bytes(path.read_bytes().replace('{"answer":"二"}'.encode(), '{"answer":?二"}'.encode()))
    harmed = path.read_bytes()
    with pytest.raises(JournalUnreadable):
        Draft(path)
    with pytest.raises(JournalUnreadable):
        AppendingJSON(path, growing="steps")
    assert path.read_bytes() == harmed


def test_looking_at_a_draft_does_not_repair_what_another_app_is_writing(tmp_path: Path) -> None:
    path = drafted(tmp_path, "一", "二")
    torn = path.read_bytes()[:-9]
    path.write_bytes(torn)
    assert answers(path) == ["一"]
    assert path.read_bytes() == torn


def test_two_programs_do_not_go_on_with_one_draft(tmp_path: Path) -> None:
    path = drafted(tmp_path, "一")
    first, second = Draft(path), Draft(path)
    first.append({"answer": "二"})
    with pytest.raises(SaveFailed, match="busy"):
        second.append({"answer": "别的"})
    first.close()
    with pytest.raises(SaveFailed, match="busy"):  # it is free, but has moved on
        second.append({"answer": "别的"})
    assert answers(path) == ["一", "二"]


def test_drafts_that_cannot_be_read_are_named_and_hide_no_other(tmp_path: Path) -> None:
    good = drafted(tmp_path, "一")
    (tmp_path / "draft-0.json").write_bytes(b"")
    (tmp_path / "draft-1.json").write_bytes(b"\0" * 400)
    (tmp_path / "draft-2.json").write_bytes(random.Random(3).randbytes(500))
    (tmp_path / "draft-3.json").write_bytes(good.read_bytes()[:20])
    (tmp_path / "draft-4.json").mkdir()
    drafts = Drafts(tmp_path)
    assert [draft.id for draft in drafts.all()] == [good.stem]
    assert drafts.unreadable == [f"draft-{number}.json" for number in range(5)]
    assert (tmp_path / "draft-1.json").read_bytes() == b"\0" * 400


def test_a_discarded_draft_is_gone_and_others_are_listed_by_age(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    late, early = drafts.begin({"begun": "2026-05-13T10:00"}), drafts.begin({"begun": "2026-05-12T10:00"})
    assert drafts.all() == [early, late]
    late.discard()
    assert [draft.id for draft in Drafts(tmp_path).all()] == [early.id]
    drafts.close()


@pytest.mark.parametrize("value", [float("nan"), "\ud800", object()], ids=["NaN", "lone surrogate", "object"])
def test_what_has_no_place_in_a_file_is_refused_before_anything_is_written(tmp_path: Path, value: object) -> None:
    path = drafted(tmp_path, "一")
    before = path.read_bytes()
    draft = Draft(path)
    with pytest.raises(NotPlainData):
        draft.append({"answer": value})
    assert path.read_bytes() == before
    draft.append({"answer": "二"})
    draft.close()
    assert answers(path) == ["一", "二"]


# -- the disk refuses


class TornWrites:
    """`os.write` on a disk that takes some bytes more and then no more; `ftruncate` may fail as well."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, code: int, *, truncates: bool = True) -> None:
        self.room, self.code = room, code
        self._write, self._truncate = os.write, os.ftruncate
        monkeypatch.setattr(os, "write", self.write)
        if not truncates:
            monkeypatch.setattr(os, "ftruncate", self.truncate)

    def write(self, handle: int, data: memoryview) -> int:
        if self.room <= 0:
            raise OSError(self.code, os.strerror(self.code))
        written = self._write(handle, data[: self.room])
        self.room -= written
        return written

    def truncate(self, handle: int, size: int) -> None:
        if self.room <= 0:
            raise OSError(self.code, os.strerror(self.code))
        self._truncate(handle, size)


@pytest.mark.fault("full-append")
@pytest.mark.parametrize("truncates", [True, False], ids=["only full", "gone altogether"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "read_only"), (errno.EIO, "disk")],
    ids=["full", "quota", "read-only", "broken"],
)
@pytest.mark.fault("full-append")
def test_a_disk_that_refuses_keeps_what_was_saved_and_the_same_key_saves_later(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch, code: int, reason: str, *, truncates: bool
) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "存了的")
    for room in (0, 1, 40, 1000):
        with monkeypatch.context() as patched:
            TornWrites(patched, room, code, truncates=truncates)
            with pytest.raises(SaveFailed) as refused:
                write(store, "很长的话" * 100)
        assert refused.value.reason == reason
        assert str(tmp_path) not in str(refused.value)
    assert notes(store) == ["存了的"]
    write(store, "再按一次")
    assert len(json.loads(only_journal(store).read_bytes())["records"]) == 2, "nothing of what failed is left behind"
    assert notes(reopen(store, clock)) == ["存了的", "再按一次"]


def refuse(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_a_file_that_could_not_be_begun_leaves_nothing_behind(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(tmp_path / "w", clock)
    drafts = Drafts(tmp_path / "w" / "drafts")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(SaveFailed):
            write(store, "一")
        with pytest.raises(SaveFailed):
            drafts.begin({"about": "门"})
    assert [path for name in ("store", "drafts") for path in (tmp_path / "w" / name).iterdir()] == []
    write(store, "二")
    assert notes(store) == ["二"]
    store.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB."""
    with small_disk(tmp_path / "small") as disk:
        yield disk


@pytest.mark.fault("full-append")
def test_a_real_disk_that_fills_up(disk: Path, tmp_path: Path, clock: Now) -> None:
    store = begin(disk / "w", clock)
    draft = Drafts(disk / "w" / "drafts").begin({"about": "门"})
    saved: list[str] = []

    def fill() -> None:
        for number in range(1000):
            draft.append({"answer": number})
            write(store, f"{number} {'话' * 300}")
            saved.append(f"{number} {'话' * 300}")

    with pytest.raises(SaveFailed) as refused:
        fill()
    assert refused.value.reason == "full"
    assert len(saved) > 20
    copy = tmp_path / "copy.json"
    copy.write_bytes(only_journal(store).read_bytes())
    with TinyDB(copy) as plain:
        assert [row["body"]["text"] for row in plain.table("records").all()] == saved
    assert len(Draft(disk / "w" / "drafts" / f"{draft.id}.json").steps) >= len(saved)
    draft.discard()  # makes room
    write(store, "又有地方了")
    assert notes(reopen(store, clock)) == [*saved, "又有地方了"]


# -- the process is killed


def save_until_killed(folder: Path, now: Now, tell: int) -> None:
    """Save records and draft steps; say before each save that it begins, after it that it is on disk."""
    store = look(folder, now)
    (draft,) = Drafts(folder / "drafts").all()
    while True:
        number = len(draft.steps)
        os.write(tell, b"?%d\n" % number)
        draft.append({"answer": number})
        store.append("note", {"text": str(number)})
        os.write(tell, b"!%d\n" % number)


@pytest.mark.fault("kill-append")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
@pytest.mark.fault("kill-append")
def test_kill_9_at_any_moment_loses_nothing_acknowledged(tmp_path: Path, clock: Now) -> None:
    folder, dice = tmp_path / "w", random.Random(9)
    begin(folder, clock).close()
    Drafts(folder / "drafts").begin({"about": "门"}).close()
    acknowledged: set[int] = set()
    in_flight = 0
    for _round in range(40):
        reading, telling = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                save_until_killed(folder, clock, telling)
            finally:
                os._exit(1)
        os.close(telling)
        with os.fdopen(reading, "rb") as told:
            lines = [told.readline() for _line in range(dice.randint(2, 16))]
            until = time.perf_counter() + dice.choice([0, 0.0005, 0.003, 0.006])
            while time.perf_counter() < until:
                pass
            os.kill(child, signal.SIGKILL)
            lines += told.readlines()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        acknowledged |= {int(line[1:]) for line in lines if line.startswith(b"!")}
        in_flight += lines[-1].startswith(b"?")
        store = look(folder, clock)
        assert {int(text) for text in notes(store) if text.isdecimal()} >= acknowledged
        assert {trouble.what for trouble in store.troubles} <= {"incomplete"}
        (draft,) = Drafts(folder / "drafts").all()
        assert len(draft.steps) > max(acknowledged)
        write(store, "又能存了")
        store.close()
    assert in_flight >= 10, "too few kills landed while something was being saved"
    assert len(acknowledged) >= 100
