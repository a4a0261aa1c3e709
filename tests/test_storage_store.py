"""One workspace's store: when a journal ends, who may write, what is taken in, what is put aside."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from storage import files, settings
from storage.canonical import encode
from storage.errors import NotAWorkspace, NotPlainData, ReadOnlyStore, WorkspaceExists
from storage.intake import journal_bytes
from storage.reader import read_journal
from storage.record import Head, Record
from storage.rows import head_row, new_record, record_row, sealed_head
from storage.store import Store
from storage_helpers import (
    ANN,
    BEN,
    LANDMARKS,
    Sealing,
    another,
    begin,
    journal_files,
    look,
    made,
    notes,
    only_journal,
    pen,
    refs,
    reopen,
    seens,
    write,
)

Now = Callable[[], datetime]


@pytest.fixture(params=[False, True], ids=["open", "sealed"], autouse=True)
def _open_and_sealed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files behave alike whether or not their bodies can be read."""
    monkeypatch.setattr(Sealing, "on", request.param)


def heads(store: Store) -> list[Head]:
    return sorted(store.ledger.journals(), key=lambda head: (head.day, head.journal))


def whats(store: Store) -> list[tuple[str, str]]:
    return [(trouble.name, trouble.what) for trouble in store.troubles]


def drop(store: Store, name: str, data: bytes) -> None:
    (store.folder / "inbox" / name).write_bytes(data)


# -- when a journal begins


def test_one_day_of_one_person_is_one_journal_over_restarts(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    store = reopen(store, clock)
    write(store, "二")
    store = reopen(store, clock, app=True)
    write(store, "三")
    assert len(journal_files(tmp_path / "w" / "store")) == 1
    assert notes(store) == ["一", "二", "三"]
    assert seens(store) == []
    store.close()


@pytest.mark.fault("wrong-clock")
def test_a_new_day_a_new_person_and_a_clock_set_back_begin_a_journal(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: clock.forward(days=1),  # type: ignore[attr-defined]  # the tests' own clock
        lambda: store.use(BEN),
        lambda: clock.forward(hours=-2),  # type: ignore[attr-defined]  # the tests' own clock
        lambda: clock.forward(days=3650),  # type: ignore[attr-defined]  # the tests' own clock
        lambda: clock.forward(days=-3650),  # type: ignore[attr-defined]  # the tests' own clock
    ]
    for number, step in enumerate(steps):
        step()
        write(store, f"{number}甲", f"{number}乙")
    found = {head.journal: head for head in store.ledger.journals()}
    assert len(found) == len(steps)
    order = [entry.record.ref for entry in store.ledger.entries()]
    assert notes(store) == [f"{number}{half}" for number in range(len(steps)) for half in "甲乙"], "whatever the clock"
    firsts = [ref for ref in order if ref.seq == 1]
    assert [found[ref.journal].predecessor for ref in firsts[1:]] == order[1:-1:2]
    assert [found[ref.journal].person for ref in firsts] == [ANN, ANN, BEN, BEN, BEN, BEN]
    assert store.ledger.forks() == []
    assert store.ledger.contradicted() == []
    store.close()


def test_after_a_repair_a_new_journal_begins(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一", "二")
    path = only_journal(store)
    path.write_bytes(path.read_bytes()[:-20])
    store = reopen(store, clock)
    assert whats(store) == [(path.name, "incomplete")]
    assert notes(store) == ["一"]
    write(store, "三")
    assert len(journal_files(tmp_path / "w" / "store")) == 2, "the second might still exist elsewhere"
    store = reopen(store, clock)
    assert notes(store) == ["一", "三"]
    store = reopen(store, clock)
    assert whats(store) == []
    store.close()


@pytest.mark.fault("cloned-laptop")
def test_a_restored_older_state_is_found_out_and_forks_nothing(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    backup = only_journal(store).read_bytes()
    write(store, "二", "三")
    later = only_journal(store).read_bytes()
    store.close()
    only_journal(store).write_bytes(backup)
    store = reopen(store, clock)
    drop(store, "stick.json", later)
    assert store.absorb_inbox().records == 2
    write(store, "四")
    assert notes(store) == ["一", "二", "三", "四"]
    predecessors = [head.predecessor for head in store.ledger.journals()]
    assert [ref.seq for ref in predecessors if ref is not None] == [3], "it goes on behind what it had forgotten"
    assert store.ledger.forks() == []
    assert len(journal_files(tmp_path / "w" / "store")) == 2
    store.close()


@pytest.mark.fault("cloned-laptop")
def test_a_double_of_the_laptop_keeps_both_histories_whole(tmp_path: Path, clock: Now) -> None:
    import shutil

    one = begin(tmp_path / "w", clock)
    write(one, "一")
    one.close()
    shutil.copytree(tmp_path / "w", tmp_path / "double")
    one, two = look(tmp_path / "w", clock), look(tmp_path / "double", clock)
    write(one, "甲")
    write(two, "乙", "丙")
    for _round in range(2):
        for here, there in ((one, two), (two, one)):
            for path in journal_files(there.folder / "store"):
                drop(here, path.name, path.read_bytes())
            here.absorb_inbox()
            write(here, f"{here.folder.name}之后")
            assert [what for _name, what in whats(here)].count("fork") >= 1
    for store in (one, two):
        before = refs(store)
        store = reopen(store, clock)
        assert refs(store) == before, "both branches lie in files"
        assert {"一", "甲", "乙", "丙"} <= set(notes(store))
        assert store.ledger.gaps() == []
        after = store.append("note", {"text": "以后"})
        assert after.record.ref == store.ledger.entries()[-1].record.ref, "it rests on both"
        store.close()


# -- who writes


@pytest.mark.fault("two-instances")
def test_a_command_beside_the_app_writes_its_own_journal_that_begins_with_a_seen(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app = look(tmp_path / "w", clock, app=True)
    (last,) = write(app, "应用")
    command = look(tmp_path / "w", clock)
    write(command, "命令")
    own = [head for head in command.ledger.journals() if head.journal != last.journal]
    assert [head.predecessor for head in own] == [None]
    first = command.ledger.branches(own[0].journal)[0].records[0]
    assert (first.kind, first.body["heads"]) == ("seen", [str(last)])
    (unseen,) = write(app, "同时")
    assert [entry.record.body.get("text") for entry in app.refresh().entries if entry.record.kind == "note"] == ["命令"]
    after = write(app, "之后")[0]
    assert notes(app)[-1] == "之后"
    assert after.journal == unseen.journal, "the app goes on with its own journal"
    assert app.ledger.contradicted() == []
    assert app.refresh().entries == []
    command.close()
    assert notes(reopen(app, clock)) == ["应用", *sorted(["命令", "同时"], key=notes(app).index), "之后"]
    app.close()


def test_a_command_never_puts_its_older_view_in_the_place_of_what_the_app_writes(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app = look(tmp_path / "w", clock, app=True)
    write(app, "一")
    whole = only_journal(app).read_bytes()
    command = look(tmp_path / "w", clock)
    write(app, "二")
    drop(command, "a.json", whole[:-30])  # what it brings concerns the app's own journal
    drop(command, "b.json", only_journal(app).read_bytes())
    command.absorb_inbox()
    write(app, "三")
    command.close()
    assert notes(reopen(app, clock)) == ["一", "二", "三"]


def test_a_command_never_replaces_the_file_that_the_app_has_open(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app = look(tmp_path / "w", clock, app=True)
    write(app, "一")
    found = read_journal(only_journal(app))
    record = found.records[0]
    other = new_record(record.journal, 2, 2, record.at, "note", {"text": "双胞胎"}, record.digest, pen(app))
    command = look(tmp_path / "w", clock)
    drop(command, "double.json", journal_bytes(found.head, [record, other]))
    assert command.absorb_inbox().records == 1
    write(app, "二")
    command.close()
    assert {"一", "二"} <= set(notes(reopen(app, clock)))
    app = look(tmp_path / "w", clock)
    app.absorb_inbox()
    assert set(notes(app)) == {"一", "二", "双胞胎"}
    assert {"一", "二", "双胞胎"} == set(notes(reopen(app, clock)))


def test_a_journal_that_a_command_is_writing_is_not_called_incomplete(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app, command = look(tmp_path / "w", clock, app=True), look(tmp_path / "w", clock)
    write(command, "一")
    path = only_journal(command)
    whole = path.read_bytes()
    for state in (whole[:-4] + b',\n"2":{"jour', whole):
        with path.open("r+b") as file:
            file.write(state)
            file.truncate()
        assert app.refresh().troubles == []
    command.close()
    path.write_bytes(whole[:-9])
    assert [trouble.what for trouble in app.refresh().troubles] == ["incomplete"]
    app.close()


def test_what_two_processes_take_in_of_one_journal_is_united_on_disk(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app, command = look(tmp_path / "w", clock, app=True), look(tmp_path / "w", clock)
    head, records = made("一二三四", community=app.community)
    drop(app, "long.json", journal_bytes(head, records))
    app.absorb_inbox()
    (app.folder / "inbox" / "long.json").unlink()
    drop(command, "short.json", journal_bytes(head, records[:2]))
    command.absorb_inbox()
    (app.folder / "inbox" / "short.json").unlink()
    command.close()
    assert notes(reopen(app, clock)) == ["一", "二", "三", "四"]


@pytest.mark.fault("two-instances")
def test_a_second_app_reads_only_and_says_who_holds_the_place(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app = look(tmp_path / "w", clock, app=True)
    second = look(tmp_path / "w", clock, app=True)
    assert (app.read_only, second.read_only) == (False, True)
    assert str(os.getpid()) in second.holder
    assert app.holder == ""
    with pytest.raises(ReadOnlyStore):
        write(second, "一")
    app.close()
    third = look(tmp_path / "w", clock, app=True)
    assert not third.read_only
    third.close()
    second.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
@pytest.mark.fault("two-instances")
def test_the_place_of_a_dead_app_is_taken_without_a_question(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    reading, telling = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            app = look(tmp_path / "w", clock, app=True)
            write(app, "一")
            os.write(telling, b"!")
            signal.pause()
        finally:
            os._exit(1)
    assert os.read(reading, 1) == b"!"
    assert look(tmp_path / "w", clock, app=True).read_only
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(telling)
    app = look(tmp_path / "w", clock, app=True)
    assert not app.read_only
    write(app, "二")
    assert notes(app) == ["一", "二"]
    app.close()


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES], ids=["read-only", "not mine"])
@pytest.mark.fault("read-only-workspace")
def test_a_folder_that_cannot_be_written_opens_for_reading_and_says_so_at_once(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    path = only_journal(store)
    path.write_bytes(path.read_bytes()[:-20] + b"\0" * 20)
    store.close()
    before = {path: path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file()}
    opens = os.open

    def refusing(path: str, flags: int, mode: int = 0o777, **more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(path).startswith(str(tmp_path)):
            raise OSError(code, os.strerror(code))
        return opens(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(files.os, "access", lambda *_given: False)
    store = look(tmp_path / "w", clock, app=True)
    assert store.read_only
    with pytest.raises(ReadOnlyStore):
        write(store, "二")
    assert {path: path.read_bytes() for path in before} == before
    store.close()


def test_what_is_no_workspace_is_said(tmp_path: Path, clock: Now) -> None:
    for name, text in (("none", None), ("zeros", "\0" * 50), ("list", "[]"),
                       ("path", json.dumps({"community": "a" * 64, "device": "../../../../x"}))):  # fmt: skip
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "workspace.json").write_text(text)
        with pytest.raises(NotAWorkspace):
            look(tmp_path / name, clock)
    with pytest.raises(WorkspaceExists):
        begin(tmp_path / "path", clock)


def test_folders_that_an_archive_left_out_are_made_again(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    for name in ("store", "inbox", "drafts"):
        for path in (tmp_path / "w" / name).iterdir():
            path.unlink()
        (tmp_path / "w" / name).rmdir()
    store = look(tmp_path / "w", clock)
    write(store, "一")
    assert notes(store) == ["一"]
    store.close()


def test_settings_of_the_app_and_of_a_command_do_not_push_each_other_out(tmp_path: Path, clock: Now) -> None:
    begin(tmp_path / "w", clock).close()
    app, command = look(tmp_path / "w", clock, app=True), look(tmp_path / "w", clock)
    app.remember("person", ANN)
    command.remember("exchange_folder", "/x")
    app.close()
    command.close()
    again = look(tmp_path / "w", clock)
    assert (again.recall("person"), again.recall("exchange_folder"), again.recall("none")) == (ANN, "/x", None)
    again.close()


def test_a_record_that_no_reader_would_let_in_is_refused_before_it_is_written(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    for body in ({"text": "话" * 400_000}, {"text": 0.5}, {"text": "\ud800"}):
        with pytest.raises(NotPlainData):
            store.append("note", body)
    write(store, "二")
    assert notes(reopen(store, clock)) == ["一", "二"]


def test_a_block_that_fails_writes_nothing(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")

    def fails() -> None:
        with store.batch() as batch:
            batch.add("note", {"text": "半"})
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    write(store, "二")
    assert notes(reopen(store, clock)) == ["一", "二"]


# -- what is taken in


@pytest.mark.fault("renamed")
def test_files_of_any_name_in_the_inbox_are_taken_in_once_and_left_there(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    data = journal_bytes(*made(["甲"], community=store.community))
    names = ("微信图片.jpg", "zb-1(1).json", "ZB-X.JSON.TXT", "x - 副本.json", "冲突 conflicted copy.json")
    for name in names:
        drop(store, name, data)
    intake = store.refresh()
    assert (sorted(intake.read), intake.records, intake.troubles) == (sorted(names), 1, [])
    assert store.refresh().read == []
    assert len(journal_files(store.folder / "store")) == 2
    assert sorted(path.name for path in (store.folder / "inbox").iterdir()) == sorted(names)
    (store.folder / "inbox" / names[0]).unlink()
    assert sorted(notes(reopen(store, clock))) == ["一", "甲"]


@pytest.mark.fault("tool-debris", "garbage", "zeros")
def test_what_the_inbox_holds_and_cannot_be_read_is_said_once_with_the_reason(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    good = journal_bytes(*made(["甲"], community=store.community))
    drop(store, "a.jpg", b"\xff\xd8" * 900)
    drop(store, "b.json", journal_bytes(*made(["别处"], journal="2" * 16)))
    drop(store, "c.json", good)
    drop(store, "d.json", b"")
    drop(store, "e.json", b"\0" * 900)
    for name in ("~$c.json", ".c.json.part", "Thumbs.db", "desktop.ini", "._c.json", "c.tmp"):
        drop(store, name, b"debris")
    intake = store.refresh()
    assert [(trouble.name, trouble.what) for trouble in intake.troubles] == [
        ("a.jpg", "unreadable"), ("b.json", "other_community"), ("d.json", "empty"), ("e.json", "empty"),
    ]  # fmt: skip
    assert notes(store) == ["甲"]
    assert store.refresh().troubles == []
    assert len(whats(store)) == 4, "they can still be asked for"
    drop(store, "d.json", good)
    store.refresh()
    assert ("d.json", "empty") not in whats(store)
    store.close()


@pytest.mark.fault("garbage", "zeros")
def test_garbage_in_the_store_does_not_keep_it_from_opening_and_hides_nothing(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    folder = store.folder / "store"
    (folder / "zb-0.json").write_bytes(b"")
    (folder / "zb-1.json").write_bytes(b"\0" * 800)
    (folder / "zb-2.json").write_bytes(os.urandom(800))
    (folder / "zb-3.json").write_bytes(journal_bytes(*made(["别处"])))
    (folder / "x(1).json").write_bytes(only_journal_named(folder).read_bytes())
    (folder / "photos").mkdir()
    store = reopen(store, clock)
    assert whats(store) == [
        ("zb-0.json", "empty"), ("zb-1.json", "empty"), ("zb-2.json", "unreadable"), ("zb-3.json", "other_community"),
    ]  # fmt: skip
    assert notes(store) == ["一"]
    assert {name for name, _load in store.files()} == {only_journal_named(folder).name}, "nor does it go out"
    write(store, "二")
    assert notes(store) == ["一", "二"]
    store.close()


def only_journal_named(folder: Path) -> Path:
    (path,) = (path for path in folder.glob("zb-*.json") if len(path.name) > 20)
    return path


@pytest.mark.fault("hand-edited")
@pytest.mark.fault("bit-flip")
def test_a_harmed_record_in_the_store_is_healed_by_a_copy_from_anywhere(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一", "水管", "三")
    path = only_journal(store)
    good = path.read_bytes()
    second = record_row(read_journal(path).records[1])["body"]
    body = encode(second)
    other = encode({"text": "煤气"} if isinstance(second, dict) else second[:40] + "AAAA" + second[44:])
    path.write_bytes(good.replace(body, other))
    harmed = path.read_bytes()
    assert harmed != good
    store = reopen(store, clock)
    assert whats(store) == [(path.name, "harmed"), (path.name.split("-")[-1][:16], "gap")]
    assert notes(store) == ["一", "三"]
    (kept,) = (store.folder / "quarantine").glob("*.json")
    assert kept.read_bytes() == harmed
    assert kept.with_suffix(".txt").read_text().startswith(path.name)
    drop(store, "从U盘.json", good)
    assert store.refresh().records == 1
    assert notes(store) == ["一", "水管", "三"]
    assert path.read_bytes() == good
    store = reopen(store, clock)
    assert whats(store) == []
    store.close()


def test_a_stolen_head_changes_nobodys_records(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    head, records = made("一二", community=store.community)
    forged = journal_bytes(sealed_head(replace(head, person=BEN)), records)
    drop(store, "forged.json", forged)
    assert store.refresh().records == 0
    drop(store, "good.json", journal_bytes(head, records[:1]))
    store.refresh()
    drop(store, "forged again.json", forged)
    assert store.refresh().records == 1, "a good copy has told whose they are"
    assert {entry.person for entry in store.ledger.entries() if entry.record.kind == "note"} == {head.person}
    assert head_row(read_journal(only_journal_of(store, head.journal)).head) == head_row(head)
    store.close()


@pytest.mark.fault("newer-format")
def test_records_of_unknown_kinds_and_formats_lie_in_the_store_as_they_came(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    head, records = made(["全息"], kind="hologram", community=store.community, extra={"zone": "北"}, format=2)
    drop(store, "new.json", journal_bytes(head, records))
    intake = store.refresh()
    assert [(trouble.name, trouble.what) for trouble in intake.troubles] == [("new.json", "newer")]
    assert only_journal_of(store, head.journal).read_bytes() == journal_bytes(head, records)
    write(store, "照样能写")
    assert notes(store) == ["照样能写"]
    store.close()


@pytest.mark.fault("torn-tail")
def test_a_torn_copy_is_used_and_a_later_full_one_completes_it_without_doubles(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    whole = journal_bytes(*made("一二三四", community=store.community))
    drop(store, "torn.json", whole[: len(whole) // 2])
    intake = store.refresh()
    assert [(trouble.name, trouble.what) for trouble in intake.troubles] == [("torn.json", "incomplete")]
    assert notes(store) == ["一", "二"][: intake.records]
    assert intake.records
    drop(store, "whole.json", whole)
    assert store.refresh().records == 4 - intake.records
    assert notes(store) == ["一", "二", "三", "四"]
    assert only_journal_of(store, "1" * 16).read_bytes() == whole
    store.close()


def only_journal_of(store: Store, journal: str) -> Path:
    (path,) = (store.folder / "store").glob(f"*-{journal}.json")
    return path


# -- bearing witness


def hand_over(giver: Store, taker: Store) -> int:
    for path in journal_files(giver.folder / "store"):
        drop(taker, path.name, path.read_bytes())
    return taker.absorb_inbox().records


def test_taking_in_is_witnessed_and_two_laptops_do_not_answer_each_other_for_ever(tmp_path: Path, clock: Now) -> None:
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    (told,) = write(ann, "一")
    assert hand_over(ann, ben) == 1
    assert [record.body["heads"] for record in seens(ben)] == [[str(told)]]
    brought = [count for _round in range(4) for count in (hand_over(ben, ann), hand_over(ann, ben))]
    assert brought == [1, 0, 0, 0, 0, 0, 0, 0], "a seen brings no seen"
    write(ben, "二")
    hand_over(ben, ann)
    assert len(seens(ann)) == 2
    ann.close()
    ben.close()


def test_what_comes_after_rests_on_what_was_taken_in_before_anybody_was_chosen(tmp_path: Path, clock: Now) -> None:
    ann = begin(tmp_path / "1", clock)
    write(ann, *"一二三四")
    ben = Store.join(tmp_path / "2", ann.community, now=clock, landmarks=LANDMARKS)
    hand_over(ann, ben)
    ben.close()
    ben = look(tmp_path / "2", clock, person=BEN)
    write(ben, "五")
    assert notes(ben)[-1] == "五"
    assert [record.seq for record in seens(ben)] == [1]
    ann.close()
    ben.close()


def test_a_witness_that_does_not_fit_on_the_disk_loses_nothing_of_what_came(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = begin(tmp_path / "1", clock)
    write(ann, "一")
    ben = another(ann, tmp_path / "2", clock)
    write(ben, "二")
    drop(ben, "x.json", only_journal(ann).read_bytes())

    def full(*_given: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        intake = ben.refresh()
    assert [entry.record.body["text"] for entry in intake.entries] == ["一"]
    assert ("not_saved", "full") in {(trouble.what, trouble.detail) for trouble in intake.troubles}
    write(ben, "三")
    assert [record.seq for record in seens(ben)] == [2], "said with the next record"
    assert notes(ben)[-1] == "三"
    ann.close()
    ben.close()


def test_many_heads_are_named_in_pieces(tmp_path: Path, clock: Now) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    store = reopen(store, clock)
    for number in range(700):
        journal = made([str(number)], journal=f"{number:016x}", device=f"{number:016x}", community=store.community)
        store.ledger.take_in(*journal)
    write(store, "三")
    records: list[Record] = seens(store)
    assert [len(record.body["heads"]) for record in records] == [600, 100]
    assert max(len(line) for line in only_journal(store).read_bytes().splitlines()) < 64 * 1024
    store.close()


@pytest.mark.fault("kill-append")
def test_a_beginning_that_was_broken_off_may_begin_again_and_nothing_else_may(tmp_path: Path, clock: Now) -> None:
    folder = tmp_path / "w"
    broken_off = Store.create(folder, ANN, now=clock, landmarks=LANDMARKS)
    with pytest.raises(WorkspaceExists):
        begin(folder, clock)  # it is open
    broken_off.close()
    begin(folder, clock).close()
    (folder / "inbox" / "有人放进来的.json").write_bytes(b"?")
    with pytest.raises(WorkspaceExists):
        begin(folder, clock)
    (folder / "inbox" / "有人放进来的.json").unlink()
    store = look(folder, clock)
    write(store, "一")
    store.close()
    before = (folder / "workspace.json").read_bytes(), only_journal(store).read_bytes()
    with pytest.raises(WorkspaceExists):
        begin(folder, clock)
    assert ((folder / "workspace.json").read_bytes(), only_journal(store).read_bytes()) == before


@pytest.mark.fault("locked-file")
def test_settings_that_somebody_holds_for_a_moment_do_not_give_way_to_their_copy(
    tmp_path: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begin(tmp_path / "w", clock)
    store.remember("exchange_folder", "U")
    reads = settings.small_json

    def held(path: Path) -> object:
        if path.name == settings.SETTINGS:
            raise PermissionError(13, "held")
        return reads(path)

    with monkeypatch.context() as patched:
        patched.setattr(settings, "small_json", held)
        assert settings.settings_in(store.folder) is None
        store.remember("person", ANN)
    told = settings.settings_in(store.folder)
    assert told is not None
    assert (told["exchange_folder"], told["person"]) == ("U", ANN)
    store.close()
