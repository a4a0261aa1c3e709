"""In a real terminal: the code on the card scans from its cells, Chinese is typed, errors are sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from conftest import add_doors
from terminal import Cell, Terminal
from zhubao_tui.casepage import is_token
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.workspace import Workspace, wall_clock

DOOR = "祥和苑/3-1-101"
SCALE = 6


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Workspace]:
    """A community with one household that agreed to a page and reported a dark stairwell; open for the test alone."""
    made = Workspace.create(tmp_path / "laptop1", "祥和社区", "周立群", office_phone="010-55501234", now=wall_clock)
    add_doors(made)
    household = made.community.dwellings[DOOR].household
    made.write("consent", {"household": household.id, "choice": "all", "notice": "2026-1"})
    Reporting(made).report(NewReport("楼道灯坏了三天", "light_stair", "unit", "normal", DOOR, household.id))
    yield made
    made.close()


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def picture(cells: list[list[Cell]]) -> Image.Image:
    """The screen as a camera sees it: each cell one module wide and two high, by its glyph and colours."""
    height, width = len(cells), max(map(len, cells))
    image = Image.new("RGB", (width, height * 2), (40, 40, 40))
    for y, row in enumerate(cells):
        for x, cell in enumerate(row):
            ink, paper = cell.ink or (255, 255, 255), cell.paper or (0, 0, 0)
            image.putpixel((x, y * 2), ink if cell.char in "█▀" else paper)
            image.putpixel((x, y * 2 + 1), ink if cell.char in "█▄" else paper)
    return image.resize((width * SCALE, height * 2 * SCALE), Image.Resampling.NEAREST)


def card_on(terminal: Terminal) -> str:
    """Walk to the door's card by keys and read its code out of the cells."""
    terminal.until("今天这半天")
    terminal.press("F3")
    terminal.until("门牌、姓名")
    terminal.type("3-1-101")
    terminal.until(DOOR)
    terminal.press("Enter")
    terminal.until("1 单元")
    terminal.press("F9")
    terminal.until("Enter 返回")
    found = zxingcpp.read_barcodes(picture(terminal.cells()))
    assert [one.format for one in found] == [zxingcpp.BarcodeFormat.QRCode]
    return found[0].text


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_the_card_without_a_public_address_scans_as_a_short_text(
    household: Workspace, tmp_path: Path, terminals: list[Terminal], theme: str
) -> None:
    expected = Cards(household).card(f"{DOOR}#1").payload
    household.close()
    terminals.append(Terminal(tmp_path, 80, 24, "-w", str(tmp_path / "laptop1"), env={"TEXTUAL_THEME": theme}))
    scanned = card_on(terminals[0])
    assert scanned == expected
    assert "01-0001-" in scanned
    assert "截至" in scanned


def test_the_card_with_a_public_address_scans_as_a_link_with_a_token_that_nobody_can_guess(
    household: Workspace, tmp_path: Path, terminals: list[Terminal]
) -> None:
    household.write("settings", {"base_url": "https://zhubao.example.gov.cn/ban"})
    Cards(household).give_token(household.community.dwellings[DOOR].household)
    expected = Cards(household).card(f"{DOOR}#1").payload
    household.close()
    terminals.append(Terminal(tmp_path, 80, 24, "-w", str(tmp_path / "laptop1")))
    scanned = card_on(terminals[0])
    assert scanned == expected
    assert is_token(scanned.rpartition("/")[2])
    assert DOOR not in scanned


def test_own_words_typed_in_chinese_arrive_whole(
    household: Workspace, tmp_path: Path, terminals: list[Terminal]
) -> None:
    household.close()
    terminals.append(Terminal(tmp_path, 80, 24, "-w", str(tmp_path / "laptop1")))
    terminal = terminals[0]
    terminal.until("今天这半天")
    terminal.press("F4")
    terminal.until("原话")
    words = "楼门口的下水井一到下雨天就往外冒脏水，臭得没法开窗"
    terminal.type(words)
    terminal.until("下水井一到下雨天就往外冒脏水，臭得没法开窗")
    terminal.press("Enter", "Space")
    terminal.until("筛选")
    terminal.type("3-1")
    terminal.press("Enter")
    terminal.until("祥和苑/3-1 ▾")
    terminal.press("C-s")
    terminal.until("已记下")
    with Workspace.open(tmp_path / "laptop1") as after:
        assert words in {report.words for case in after.community.cases() for report in case.reports}


def test_a_terminal_that_draws_wide_signs_is_given_han_signs_and_ascii_frames(
    household: Workspace, tmp_path: Path, terminals: list[Terminal]
) -> None:
    household.close()
    settings = {"ZHUBAO_SIGNS": "han"}
    terminals.append(Terminal(tmp_path, 80, 24, "-w", str(tmp_path / "laptop1"), env=settings))
    terminal = terminals[0]
    terminal.until("今天这半天")
    terminal.press("1")
    terminal.until("祥和苑/3")
    terminal.press("Enter")
    shown = terminal.until("1 单元")
    assert "101 未" in shown
    assert not set(shown) & set("·○✓█│─╭…")


def test_a_folder_that_is_no_workspace_is_one_sentence(tmp_path: Path, terminals: list[Terminal]) -> None:
    (tmp_path / "photos").mkdir()
    terminals.append(Terminal(tmp_path, 80, 24, "-w", str(tmp_path / "photos")))
    shown = terminals[0].until("不是工作区")
    assert "Traceback" not in shown
