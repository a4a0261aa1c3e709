"""A roster as offices keep them: titles above the header, GBK, numbers as cells, doors twice; nothing lost in silence."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from conftest import Clock
from zhubao_tui.workspace.roster import Roster, RowFault
from zhubao_tui.workspace.tables import MAX_BYTES, ColumnsMissing, TableUnreadable
from zhubao_tui.workspace.workspace import Workspace

HEADER = "小区,楼栋,单元,房号,户主,电话\n"


@pytest.fixture
def fresh(tmp_path: Path, clock: Clock) -> Workspace:
    made = Workspace.create(tmp_path / "fresh", "新社区", "周立群", now=clock)
    yield made
    made.close()


def csv(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "门牌.csv"
    path.write_bytes(text.encode(encoding))
    return path


def xlsx(tmp_path: Path, rows: list[list[object]], *, before: list[list[object]] | None = None) -> Path:
    book = Workbook()
    if before is not None:
        for row in before:
            book.active.append(row)
        book.create_sheet("名册")
    for row in rows:
        book.worksheets[-1].append(row)
    path = tmp_path / "门牌.xlsx"
    book.save(path)
    return path


def test_addresses_as_people_write_them_become_one_door(fresh: Workspace, tmp_path: Path) -> None:
    done = Roster(fresh).read(csv(tmp_path, HEADER + "祥和苑,３号楼,二单元,501室,张三,13812345678\n祥和苑,3,,101,,\n"))
    assert (done.doors, done.known, done.residents, done.faults) == (2, 0, 1, [])
    assert set(fresh.community.dwellings) == {"祥和苑/3-2-501", "祥和苑/3-1-101"}
    household = fresh.community.dwellings["祥和苑/3-2-501"].household
    assert (household.name, household.phone) == ("张三", "13812345678")


def test_the_same_roster_again_changes_nothing_and_new_columns_only_add(fresh: Workspace, tmp_path: Path) -> None:
    Roster(fresh).read(csv(tmp_path, HEADER + "祥和苑,3,2,501,张三,13812345678\n"))
    records = len(fresh.store.ledger)
    again = Roster(fresh).read(csv(tmp_path, "小区,楼栋,单元,房号,电话\n祥和苑,3,2,501,13812345678\n"))
    assert (again.doors, again.known, again.residents) == (0, 1, 0)
    assert len(fresh.store.ledger) == records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_encodings_of_older_spreadsheets(fresh: Workspace, tmp_path: Path, encoding: str) -> None:
    done = Roster(fresh).read(csv(tmp_path, HEADER + "祥和苑,3,2,501,张三,\n", encoding))
    assert done.doors == 1
    assert done.encoding == {"gbk": "gb18030", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert fresh.community.dwellings["祥和苑/3-2-501"].household.name == "张三"


def test_a_harmed_utf8_file_is_refused_rather_than_read_as_other_characters(fresh: Workspace, tmp_path: Path) -> None:
    path = csv(tmp_path, "estate,building,door\n" + "祥和苑,3,501\n" * 5 + "祥和")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TableUnreadable) as refused:
        Roster(fresh).read(path)
    assert refused.value.reason == "encoding"
    assert not fresh.community.dwellings


def test_missing_columns_are_named_and_no_row_is_taken(fresh: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ColumnsMissing) as missing:
        Roster(fresh).read(csv(tmp_path, "小区,单元,户主\n祥和苑,2,张三\n"))
    assert missing.value.missing == ("building", "door")
    assert missing.value.found == ("小区", "单元", "户主")
    assert not fresh.community.dwellings


def test_rows_that_cannot_be_taken_are_named_and_the_others_are_in(fresh: Workspace, tmp_path: Path) -> None:
    rows = [
        "祥和苑,3,2,501,,",
        "",
        "祥和苑,三号楼,2,501室,,",
        ",3,2,502,,",
        "祥和苑,3,2,,,",
        "祥和苑,3/4,2,503,,",
        "祥和苑,3,2,504," + "长" * 61 + ",",
        "祥和苑,3,2,505,,",
    ]
    done = Roster(fresh).read(csv(tmp_path, HEADER + "\n".join(rows) + "\n"))
    assert done.faults == [
        RowFault(4, "duplicate", first_row=2),
        RowFault(5, "missing", "estate"),
        RowFault(6, "missing", "door"),
        RowFault(7, "missing", "building"),
        RowFault(8, "long", "name"),
    ]
    assert set(fresh.community.dwellings) == {"祥和苑/3-2-501", "祥和苑/3-2-505"}


def test_a_workbook_with_titles_numbers_and_another_sheet_first(fresh: Workspace, tmp_path: Path) -> None:
    rows = [
        ["祥和苑住户花名册"],
        [],
        ["小区", "楼栋", "单元", "房号", "户主", "电话", "楼层"],
        ["祥和苑", 3.0, 2, 501.0, "张三", 13812345678.0, 5],
        [None] * 7,
        ["祥和苑", "3号楼", "2单元", "0502", None, None, None],
    ]
    done = Roster(fresh).read(xlsx(tmp_path, rows, before=[["填表说明"], ["一户一行"]]))
    assert (done.doors, done.faults, done.encoding) == (2, [], "xlsx")
    assert set(fresh.community.dwellings) == {"祥和苑/3-2-501", "祥和苑/3-2-0502"}
    assert fresh.community.dwellings["祥和苑/3-2-501"].household.phone == "13812345678"


def test_merged_cells_say_what_people_see(fresh: Workspace, tmp_path: Path) -> None:
    book = Workbook()
    rows = [
        ["祥和苑住户花名册"],
        ["小区", "楼栋", "单元", "房号", "住户信息"],
        [None, None, None, None, "户主", "电话"],
        ["祥和苑", 3, 2, 501, "张三", 13812345678],
        [None, None, None, 502, "李四"],
        [None, 4, 1, 101, "王五"],
    ]
    for row in rows:
        book.active.append(row)
    for area in ("A1:F1", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:F2", "A4:A6", "B4:B5", "C4:C5"):
        book.active.merge_cells(area)
    book.save(tmp_path / "花名册.xlsx")
    done = Roster(fresh).read(tmp_path / "花名册.xlsx")
    names = {name: dwelling.household.name for name, dwelling in fresh.community.dwellings.items()}
    assert done.faults == []
    assert names == {"祥和苑/3-2-501": "张三", "祥和苑/3-2-502": "李四", "祥和苑/4-1-101": "王五"}
    assert fresh.community.dwellings["祥和苑/3-2-501"].household.phone == "13812345678"


def test_a_formula_that_no_spreadsheet_has_reckoned_is_named(fresh: Workspace, tmp_path: Path) -> None:
    rows = [["小区", "楼栋", "单元", "房号"], ["祥和苑", 3, 2, "=500+1"], ["祥和苑", 3, 2, 502]]
    done = Roster(fresh).read(xlsx(tmp_path, rows))
    assert done.faults == [RowFault(2, "formula", "door")]
    assert set(fresh.community.dwellings) == {"祥和苑/3-2-502"}


def test_a_quotation_mark_without_its_other_half_swallows_nothing(fresh: Workspace, tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable) as refused:
        Roster(fresh).read(csv(tmp_path, HEADER + '祥和苑,3,2,501,,\n祥和苑,3,2,"502,,\n祥和苑,3,2,503,,\n'))
    assert (refused.value.reason, refused.value.row) == ("quotes", 3)
    assert not fresh.community.dwellings


BYTES = {
    "old": b"\xd0\xcf\x11\xe0" + bytes(600),
    "photo": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "empty": b"",
    "blank": b"\n\n",
}


def not_a_table(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "名册.xlsx"
    if kind == "folder":
        path.mkdir()
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("照片.txt", "不是表格")
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(MAX_BYTES + 1)
    elif kind == "cut":
        whole = xlsx(tmp_path, [["小区", "楼栋", "房号"], *([["祥和苑", 3, door] for door in range(101, 199)])])
        path.write_bytes(whole.read_bytes()[:3000])
    elif kind != "missing":
        path.write_bytes(BYTES[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "missing"),
        ("folder", "kind"),
        ("old", "kind"),
        ("photo", "kind"),
        ("zip", "kind"),
        ("empty", "empty"),
        ("blank", "empty"),
        ("cut", "damaged"),
        ("huge", "too_large"),
    ],
)
def test_what_is_no_table_is_refused_by_its_kind(fresh: Workspace, tmp_path: Path, kind: str, reason: str) -> None:
    with pytest.raises(TableUnreadable) as refused:
        Roster(fresh).read(not_a_table(tmp_path, kind))
    assert refused.value.reason == reason


def test_a_workbook_harmed_anywhere_is_refused_or_read_never_guessed_at(fresh: Workspace, tmp_path: Path) -> None:
    whole = xlsx(
        tmp_path, [["小区", "楼栋", "单元", "房号"], ["祥和苑", 3, 2, 501], ["祥和苑", 3, 2, "=500+2"]]
    ).read_bytes()
    path = tmp_path / "坏的.xlsx"
    refused = 0
    for place in range(0, len(whole), 29):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            Roster(fresh).read(path)
        except (TableUnreadable, ColumnsMissing):
            refused += 1
    assert refused > 20
    assert set(fresh.community.dwellings) <= {"祥和苑/3-2-501"}


def test_text_of_any_kind_is_stored_as_it_is(fresh: Workspace, tmp_path: Path) -> None:
    name = "张[/]三\x1b[31m\u202e"
    Roster(fresh).read(csv(tmp_path, HEADER + f"祥和苑,3,2,501,{name},\n"))
    assert fresh.community.dwellings["祥和苑/3-2-501"].household.name == name
