"""Files that arrive with hostile names, wrong clocks, old records or holes, as the whole program takes them in."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Clock
from storage.canonical import canonical, digest
from storage.exchange import exchange
from storage.intake import journal_bytes
from storage.record import Head
from storage.rows import head_row, new_record
from storage.store import Store
from storage_helpers import BEN, another, begin, journal_files, notes, refs, reopen, write
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

HOSTILE = {
    "climbing": "../../../evil", "absolute": "/tmp/evil", "drive": "C:\\evil", "stream": "a:b", "share": "\\\\srv\\evil",
    "NUL": "a\0b", "long": "x" * 300, "device": "con", "dots": "..", "empty": "", "capitals": "ABCDEF0123456789",
}  # fmt: skip


def names_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Iterator[tuple[Store, Store]]:
    ann = begin(tmp_path / "1", clock)
    ben = another(ann, tmp_path / "2", clock)
    yield ann, ben
    ann.close()
    ben.close()


# -- names as paths


def with_head(of: str, field: str, value: str) -> bytes:
    """A journal of a community whose digests hold, whatever its head says."""
    row = head_row(Head("1" * 16, of, "d" * 16, "c" * 16, "2026-05-12")) | {field: value}
    prev = digest(canonical(row))
    record = new_record(row["journal"], 1, 1, "2026-05-12T10:00:00+08:00", "note", {"text": "恶"}, prev)
    return journal_bytes(Head(**{**row, "predecessor": None}), [record])


@pytest.mark.fault("path-names")
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["journal", "device", "person", "community", "day"])
def test_a_journal_that_names_a_path_makes_no_file_of_that_name(
    pair: tuple[Store, Store], tmp_path: Path, field: str, name: str
) -> None:
    ann, _ben = pair
    data = with_head(ann.community, field, name)
    (tmp_path / "1" / "inbox" / "x.json").write_bytes(data)
    stick = tmp_path / "stick"
    exchange(ann, stick)
    (stick / "y.json").write_bytes(data)
    before = names_below(tmp_path)
    intake = ann.refresh()
    exchange(ann, stick)
    write(ann, "照常")
    exchange(ann, stick)
    made_here = names_below(tmp_path) - before
    ours = re.compile(r"(1/store|stick)/zb-[0-9a-f]{8}-[0-9-]{10}-[0-9a-f]{16}\.json|1/lock-store")
    assert [path for path in made_here if not ours.fullmatch(path)] == []
    assert "照常" in notes(ann)
    if field != "day":  # a day is only shown, and a file's name says 0000-00-00 instead
        assert (intake.records, [trouble.what in ("unreadable", "other_community") for trouble in intake.troubles]) == (
            0,
            [True],
        )


@pytest.mark.fault("path-names")
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_that_people_give_never_become_paths(tmp_path: Path, clock: Clock, name: str) -> None:
    given = f"{name}名"
    with Workspace.create(tmp_path / "w", given, given, now=clock) as workspace:
        workspace.write("roster", {"estate": given, "building": given, "doors": [["1", "101", 1]]})
        door = next(iter(workspace.community.dwellings), "")
        body = {"dwelling": door, "household": f"{door}#1", "on": "2026-05-12", "outcome": "interviewed", "draft": name}
        workspace.write("visit", body)
        (tmp_path / "w" / "inbox" / "x.json").write_bytes(b"x")
        workspace.refresh()
        Exchanging(workspace).exchange(tmp_path / "stick")
    with Workspace.open(tmp_path / "w", now=clock) as workspace:
        assert workspace.name == given
        for dwelling in workspace.community.dwellings.values():
            Interviewing(workspace).begin(Survey(workspace).dwelling(dwelling.id))
    names = {part for path in names_below(tmp_path) - {"home"} for part in Path(path).parts}
    assert not [part for part in names if not re.fullmatch(r"[a-z0-9.-]{1,64}", part)]
    assert {path.name for path in tmp_path.iterdir()} <= {"w", "stick", "home"}


# -- holes, repetition


@pytest.mark.fault("hole")
@pytest.mark.parametrize("seed", range(6))
def test_days_that_are_missing_are_shown_by_their_numbers_and_close_in_any_order(
    pair: tuple[Store, Store], clock: Clock, seed: int
) -> None:
    ann, ben = pair
    for day in range(5):
        write(ann, *(f"{day}.{number}" for number in range(3)))
        clock.forward(days=1)
    dice = random.Random(seed)
    files = journal_files(ann.folder / "store")
    late = dice.sample(files[:-1], 3)  # the last comes, so that the one before it is named
    for path in set(files) - set(late):
        shutil.copy(path, ben.folder / "inbox")
    ben.refresh()
    gaps = {trouble.name: trouble.detail for trouble in ben.troubles if trouble.what == "gap"}
    assert gaps.keys() <= {path.stem.split("-")[-1] for path in late}
    assert set(gaps.values()) == {"1-3"}
    assert len(notes(ben)) == 3 * (len(files) - len(late))
    dice.shuffle(late)
    for path in late:
        shutil.copy(path, ben.folder / "inbox")
        ben.refresh()
    assert [trouble for trouble in ben.troubles if trouble.what == "gap"] == []
    assert notes(ben) == notes(ann)


@pytest.mark.fault("replayed")
def test_old_records_again_in_other_files_and_under_another_laptops_name_change_nothing(
    pair: tuple[Store, Store], clock: Clock
) -> None:
    ann, ben = pair
    for _day in range(3):
        write(ann, "一", "二", "三")
        clock.forward(days=1)
    for path in journal_files(ann.folder / "store"):
        shutil.copy(path, ben.folder / "inbox")
    ben.refresh()
    known, shown = refs(ben), notes(ben)
    dice = random.Random(3)
    for number, path in enumerate(journal_files(ann.folder / "store") * 3):
        tables = json.loads(path.read_bytes())
        rows = dice.sample(sorted(tables["records"].items()), dice.randint(1, 3))
        if number % 3 == 2:  # under another laptop's name, which nothing vouches for
            tables["journal"]["1"] |= {"device": ben.device, "person": BEN, "journal": f"{number:016x}"}
        tables["records"] = dict(rows)
        (ben.folder / "inbox" / f"{number}.json").write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
        ben.refresh()
        assert refs(ben) == known
        assert notes(ben) == shown
    assert {entry.device for entry in ben.ledger.entries() if entry.record.kind == "note"} == {ann.device}


# -- clocks and doubles


@pytest.mark.fault("wrong-clock")
def test_years_of_wrong_clocks_leave_the_order_of_events_right(tmp_path: Path, clock: Clock) -> None:
    years = {"right": 0, "behind": -30, "ahead": 70}
    clocks = {name: Clock(clock.moment.replace(year=clock.moment.year + years[name])) for name in years}
    stick = tmp_path / "stick"
    stores = [begin(tmp_path / "right", clocks["right"])]
    stores += [
        another(stores[0], tmp_path / name, clocks[name], f"{n}" * 16) for n, name in enumerate(("behind", "ahead"))
    ]
    said: list[str] = []
    for turn in range(9):
        store = stores[turn % 3]
        exchange(store, stick)  # whoever speaks has heard the one before
        clocks["ahead"].forward(days=-900 if turn == 4 else 1)  # set back while the program runs
        clocks["behind"].forward(days=11_000 if turn == 6 else 0)  # set right later
        write(store, f"第{turn}句")
        said.append(f"第{turn}句")
        exchange(store, stick)
    for store in stores * 2:
        exchange(store, stick)
    for store in stores:
        assert notes(store) == said
        assert store.ledger.contradicted() == [], "no clock of a record rests on a wall clock"
        again = reopen(store, store._writer.now)
        assert notes(again) == said
        again.close()


@pytest.mark.fault("wrong-clock")
def test_one_wrong_clock_moves_nobody_elses_due_dates_and_plans(
    workspace: Workspace, tmp_path: Path, clock: Clock
) -> None:
    stick, door = tmp_path / "stick", "祥和苑/3-2-301"
    Reporting(workspace).report(NewReport("楼道灯不亮", "light_stair", "unit", "normal", door))
    Survey(workspace).record_visit(workspace.community.dwellings[door], "not_home")
    (case,) = workspace.community.cases()
    before = (case.due, case.status, Survey(workspace).dwelling(door).household.last_visit)
    Exchanging(workspace).exchange(stick)
    ahead = Clock(clock.moment.replace(year=2099))
    with join(stick, tmp_path / "laptop2", now=ahead) as other:
        other.choose("李明", "cadre")
        Reporting(other).report(NewReport("水管漏水", "water_leak", "unit", "normal", "祥和苑/3-1-101"))
        Exchanging(other).exchange(stick)
    exchanging = Exchanging(workspace)
    exchanging.took_in(exchanging.exchange(stick))
    cases = {found.words: found for found in workspace.community.cases()}
    assert len(cases) == 2
    same = cases["楼道灯不亮"]
    assert (same.due, same.status, Survey(workspace).dwelling(door).household.last_visit) == before


@pytest.mark.fault("cloned-laptop")
def test_a_laptops_double_is_noticed_shown_and_credited_on_every_laptop(
    workspace: Workspace, tmp_path: Path, clock: Clock
) -> None:
    stick, third = tmp_path / "stick", tmp_path / "laptop3"
    shutil.copytree(workspace.store.folder, tmp_path / "double")
    Exchanging(workspace).exchange(stick)
    with join(stick, third, now=clock) as other:
        other.choose("李明", "cadre")
    with Workspace.open(tmp_path / "double", now=clock) as double:
        for one, words in ((workspace, "楼道灯不亮"), (double, "水管漏水")):
            Reporting(one).report(NewReport(words, "light_stair", "unit", "normal", "祥和苑/3-2-301"))
        laptops = [workspace, double, Workspace.open(third, now=clock)]
        for one in laptops * 2:
            exchanging = Exchanging(one)
            exchanging.took_in(exchanging.exchange(stick))
        for one in laptops:
            assert {case.words for case in one.community.cases()} == {"楼道灯不亮", "水管漏水"}
            assert "fork" in {trouble.what for trouble in one.store.troubles}
            assert {case.reports[0].author for case in one.community.cases()} == {workspace.person}, "both are credited"
        laptops[2].close()
