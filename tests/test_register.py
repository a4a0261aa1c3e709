"""A register brought along: rows become issues once, however often and wherever they are imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from conftest import TODAY, Clock
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.register import Register, read_day
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.tables import ColumnsMissing
from zhubao_tui.workspace.workspace import Workspace

REAL = Path(__file__).parent / "data" / "dedup" / "real_dev.csv"


def register(tmp_path: Path, *rows: str, header: str = "id,text,category,estate,building,unit,reported_on") -> Path:
    path = tmp_path / "来件.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_real_messages_come_in_as_issues_without_a_household(workspace: Workspace) -> None:
    done = Register(workspace).read(REAL)
    assert (done.issues, done.known, done.empty, done.odd_days) == (303, 0, [], [])
    cases = {report.source_id: case for case in workspace.community.cases() for report in case.reports}
    case = cases["R21193"]
    assert (len(case.followers), case.main.category, case.main.category_word, case.main.urgency) == (
        0,
        "unknown",
        "道路交通",
        "unknown",
    )
    assert (case.main.place.level, case.main.place.estate, case.reported_on) == (
        "unknown",
        "怡海星城",
        date(2012, 9, 6),
    )
    assert len({case.number for case in workspace.community.cases()}) == 303


def test_the_desk_works_on_them_at_once(workspace: Workspace) -> None:
    Register(workspace).read(REAL)
    desk = Deduplication(workspace)
    group = desk.groups()[0]
    desk.merge(group.cases)
    cases = Casework(workspace).cases()
    assert len(cases) == 303 - len(group.cases) + 1
    assert sum(len(case.reports) for case in cases) == 303
    assert max(len(case.reports) for case in cases) == len(group.cases)


def test_a_register_again_makes_nothing_also_after_a_part_of_it(workspace: Workspace, tmp_path: Path) -> None:
    part = tmp_path / "part.csv"
    part.write_text("".join(REAL.read_text(encoding="utf-8").splitlines(keepends=True)[:101]), encoding="utf-8")
    assert Register(workspace).read(part).issues == 100
    rest = Register(workspace).read(REAL)
    assert (rest.issues, rest.known) == (203, 100)
    again = Register(workspace).read(REAL)
    assert (again.issues, again.known) == (0, 303)


def test_another_laptop_that_has_exchanged_makes_nothing(workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    Register(workspace).read(register(tmp_path, "1,灯坏了,,,,,", "2,下水堵了,,,,,"))
    Exchanging(workspace).exchange(tmp_path / "stick")
    with join(tmp_path / "stick", tmp_path / "laptop2", now=clock) as other:
        other.choose("李明", "cadre")
        done = Register(other).read(register(tmp_path, "1,灯坏了,,,,,", "2,下水堵了,,,,,", "3,下水堵了,,,,,"))
        assert (done.issues, done.known) == (1, 2)


def test_without_ids_the_same_text_twice_stays_two(workspace: Workspace, tmp_path: Path) -> None:
    rows = register(tmp_path, "灯坏了", "灯坏了", "井盖响", header="内容")
    assert Register(workspace).read(rows).issues == 3
    more = register(tmp_path, "灯坏了", "灯坏了", "灯坏了", header="内容")
    again = Register(workspace).read(more)
    assert (again.issues, again.known) == (1, 2)


def test_a_household_that_said_the_same_words_is_no_row(workspace: Workspace, tmp_path: Path) -> None:
    Reporting(workspace).report(NewReport("灯坏了", "light_stair", "unit", "normal", "祥和苑/3-1-101"))
    assert Register(workspace).read(register(tmp_path, "灯坏了", header="text")).issues == 1


WORDS = [
    ("light_stair", "light_stair", ""),
    ("LIGHT_STAIR", "light_stair", ""),
    ("楼道灯", "light_stair", ""),
    ("Stairwell light", "light_stair", ""),
    ("灯泡坏了", "light_stair", ""),
    ("道路交通", "unknown", "道路交通"),
    ("未定", "unknown", ""),
    ("unknown", "unknown", ""),
    ("", "unknown", ""),
]


@pytest.mark.parametrize(("word", "code", "kept"), WORDS)
def test_categories_by_code_or_word_others_keep_their_word(
    workspace: Workspace, tmp_path: Path, word: str, code: str, kept: str
) -> None:
    done = Register(workspace).read(register(tmp_path, f"1,灯坏了,{word},,,,"))
    (issue,) = workspace.community.issues()
    assert (issue.category, issue.category_word, done.unknown_categories) == (code, kept, int(bool(kept)))


def test_places_are_spelled_as_doors_are(workspace: Workspace, tmp_path: Path) -> None:
    Register(workspace).read(
        register(tmp_path, "1,灯坏了,,祥和苑,３号楼,二单元,", "2,灯坏了,,祥和苑,,,", "3,灯坏了,,,3栋,,")
    )
    places = {issue.reports[0].source_id: issue.place[1:] for issue in workspace.community.issues()}
    assert places == {"1": ("祥和苑", "3", "2"), "2": ("祥和苑", "", ""), "3": ("", "3", "")}


DAYS = [
    ("2026-05-08", date(2026, 5, 8)),
    ("2026/5/8", date(2026, 5, 8)),
    ("2026.5.8", date(2026, 5, 8)),
    ("20260508", date(2026, 5, 8)),
    ("2026年5月8日", date(2026, 5, 8)),
    ("2026-05-08 10:30", date(2026, 5, 8)),
    ("2026/5/8 9:05:00", date(2026, 5, 8)),
    ("2026-05-08T10:30:00", date(2026, 5, 8)),
    ("20260508103000", date(2026, 5, 8)),
    ("２０２６－５－８", date(2026, 5, 8)),
    ("8/5/2026", None),
    ("26-5-8", None),
    ("202658", None),
    ("2026-13-01", None),
    ("2026-02-30", None),
    ("昨天", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_days_as_registers_write_them(text: str, day: date | None) -> None:
    assert read_day(text) == day


def test_a_workbook_with_its_own_days_and_numbers(workspace: Workspace, tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ["2026年来件登记"],
        ["编号", "诉求内容", "反映日期", "楼栋"],
        [12.0, "灯坏了", date(2026, 5, 8), 3],
        [13, "井盖响", 20260507, None],
        [14, "  ", None, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "来件.xlsx")
    done = Register(workspace).read(tmp_path / "来件.xlsx")
    assert (done.issues, done.empty) == (2, [5])
    found = {issue.reports[0].source_id: (issue.on, issue.place.building) for issue in workspace.community.issues()}
    assert found == {"12": (date(2026, 5, 8), "3"), "13": (date(2026, 5, 7), "")}


def test_rows_that_somebody_should_look_at_are_named(workspace: Workspace, tmp_path: Path) -> None:
    long = "这件事说来话长。" * 500
    rows = register(
        tmp_path,
        f"1,{long},,,,,",
        "2,,,,,,",
        "3," + "长" * 20_001 + ",,,,,",
        "4,灯坏了,,,,,上周二",
        "5,灯坏了," + "类" * 101 + ",,,,",
        "6,井盖响,,,,,2099-01-01",
    )
    done = Register(workspace).read(rows)
    assert (done.issues, done.long, done.empty, done.too_long, done.odd_days) == (3, [2], [3], [4, 6], [5, 7])
    found = {issue.reports[0].source_id: issue for issue in workspace.community.issues()}
    assert found["1"].words == long
    assert found["4"].on == TODAY


def test_only_the_text_is_needed(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ColumnsMissing) as missing:
        Register(workspace).read(register(tmp_path, "1,祥和苑", header="id,estate"))
    assert missing.value.missing == ("text",)


def test_text_is_kept_as_it_came(workspace: Workspace, tmp_path: Path) -> None:
    text = "灯[/]坏了\x1b]52;c;aGk=\x07 =HYPERLINK() \u202e颠倒"
    Register(workspace).read(register(tmp_path, f"=1+1,{text},,,,,"))
    (issue,) = workspace.community.issues()
    assert (issue.words, issue.reports[0].source_id) == (text, "=1+1")
