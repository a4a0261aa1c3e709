"""Case cards: what a household's telephone reads off the screen, the picture and the paper."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from zhubao_tui import i18n
from zhubao_tui.casepage import (
    LIMIT,
    CaseLine,
    TooLong,
    case_url,
    encode,
    half_blocks,
    is_token,
    new_token,
    png,
    snapshot_text,
    whole_blocks,
)
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.errors import NoSuchFolder
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.workspace import Workspace

TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWX23"
DOOR = "祥和苑/3-1-101"
BASE_35 = "https://zhubao.example.gov.cn/case/"
PLAIN = "截至5月13日\n01-0001-8已记下\n010-55501234"


def read_image(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image)
    return found.text


def read_cells(lines: list[str]) -> str:
    """What a scanner reads off half-block cells, each cell two pixels high, on a dark desk."""
    dark = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}
    image = Image.new("L", (len(lines[0]) + 8, 2 * len(lines) + 8), 0)
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            for half in (0, 1):
                image.putpixel((column + 4, 2 * row + half + 4), 0 if dark[cell][half] else 255)
    return read_image(image.resize((image.width * 6, image.height * 6), Image.Resampling.NEAREST))


PAYLOADS = [PLAIN, case_url(BASE_35, TOKEN), case_url("http://192.168.1.20:8000", TOKEN), "截至5月13日"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_scanner_reads_the_picture_and_the_cells(payload: str) -> None:
    code = encode(payload)
    assert read_image(Image.open(io.BytesIO(png(code)))) == payload
    assert read_cells(half_blocks(code)) == payload
    assert [line[::2].replace(" ", ".") for line in whole_blocks(code)] == [
        "".join("█" if dark else "." for dark in row)
        for row in ([[False] * (len(code.modules) + 8)] * 4)
        + [[*[False] * 4, *row, *[False] * 4] for row in code.modules]
        + ([[False] * (len(code.modules) + 8)] * 4)
    ]


@pytest.mark.parametrize(
    ("payload", "rows", "level"),
    [
        (case_url(BASE_35, TOKEN).upper(), 19, "M"),  # 61 characters, all of them capitals, digits and :/.-
        (case_url("https://1234567890.example.gov.cn/12345", TOKEN), 19, "L"),
        (case_url("https://zhubao.office.example.gov.cn/beiyuan-community/cases", TOKEN), 21, "L"),
        ("字" * 17, 19, "L"),
        ("字" * 26, 21, "L"),
        ("字" * 35, 23, "L"),
    ],
)
def test_rows_that_a_code_takes_on_the_screen(payload: str, rows: int, level: str) -> None:
    code = encode(payload)
    assert (code.rows, code.level) == (rows, level)
    assert len(half_blocks(code)) == rows
    assert read_cells(half_blocks(code)) == payload


def test_a_code_that_does_not_fit_says_so() -> None:
    with pytest.raises(TooLong):
        encode("字" * 60, rows=23)


def test_tokens_are_random_and_of_the_smallest_alphabet() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch("[A-Z2-7]{26}", token) and is_token(token) for token in tokens)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://zhubao.cn", f"HTTPS://ZHUBAO.CN/{TOKEN}"),
        ("http://10.0.0.5:8080/", f"HTTP://10.0.0.5:8080/{TOKEN}"),
        ("HTTPS://a.cn/Office/cases/", f"HTTPS://A.CN/Office/cases/{TOKEN}"),  # a server's path stays as it is served
    ],
)
def test_an_address_is_in_capitals_as_far_as_it_may(base: str, url: str) -> None:
    assert case_url(base, TOKEN) == url


NO_ADDRESS = [
    "",
    "zhubao.cn",
    "ftp://a.cn",
    "javascript:x",
    "https://",
    "https://a.cn/?q",
    "https://u@a.cn",
    "https://a.cn/#x",
]


@pytest.mark.parametrize("base", [*NO_ADDRESS, "https://a b.cn"])
def test_other_base_addresses_are_refused(base: str) -> None:
    with pytest.raises(ValueError, match="base address"):
        case_url(base, TOKEN)


def lines(count: int) -> list[CaseLine]:
    return [CaseLine(f"12-{number:04d}-9", "resolved") for number in range(1, count + 1)]


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize(
    "phone", ["", "010-55501234", "010-5550123转8，夜间 13900000000，周末 13700000001，再不行就找值班室的同志" * 2]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_plain_text_fits_the_smallest_screen_with_its_day(count: int, phone: str, language: str) -> None:
    i18n.set_language(language)
    text = snapshot_text(lines(count), date(2026, 5, 13), phone)
    assert len(text.encode()) <= LIMIT
    assert encode(text).rows <= 23
    assert "13" in text.split("\n")[0]
    told = sum(line.number in text for line in lines(count))
    assert told == count or str(count) in text.split("\n")[1 + told]
    assert not phone or len(phone) > 20 or text.endswith(phone)


@pytest.fixture
def reported(workspace: Workspace) -> Workspace:
    household = f"{DOOR}#1"
    workspace.write("consent", {"household": household, "choice": "all", "notice": "2026-1"})
    Reporting(workspace).report(NewReport("楼道灯不亮", "light_stair", "unit", "normal", DOOR, household))
    return workspace


def test_without_an_address_the_card_is_a_snapshot(reported: Workspace) -> None:
    card = Cards(reported).card(f"{DOOR}#1")
    assert (card.is_link, card.payload) == (False, PLAIN)


def test_with_an_address_and_a_token_it_is_a_link(reported: Workspace) -> None:
    reported.write("settings", {"base_url": "https://zhubao.cn"})
    cards = Cards(reported)
    household = reported.community.household(f"{DOOR}#1")
    assert household is not None
    assert not cards.card(household.id).is_link  # nobody gave it a token yet
    cards.give_token(household)
    card = cards.card(household.id)
    assert card.is_link
    assert is_token(card.payload.removeprefix("HTTPS://ZHUBAO.CN/"))
    assert "3-1-101" not in card.payload
    assert card.qr(24).rows == 19


def test_who_took_its_agreement_back_has_no_link(reported: Workspace) -> None:
    reported.write("settings", {"base_url": "https://zhubao.cn"})
    reported.write("token", {"household": f"{DOOR}#1", "token": TOKEN})
    assert Cards(reported).card(f"{DOOR}#1").is_link
    reported.write("consent", {"household": f"{DOOR}#1", "choice": "record", "notice": "2026-1"})
    assert not Cards(reported).card(f"{DOOR}#1").is_link


@pytest.mark.parametrize("base", ["javascript:x", 7, ["https://a.cn"], "https://a.cn/?q"])
def test_an_address_that_is_none_leaves_the_snapshot(reported: Workspace, base: object) -> None:
    reported.write("token", {"household": f"{DOOR}#1", "token": TOKEN})
    reported.write("settings", {"base_url": base})
    assert Cards(reported).card(f"{DOOR}#1").payload == PLAIN


def test_the_picture_is_written_whole_or_refused(reported: Workspace, tmp_path: Path) -> None:
    cards = Cards(reported)
    card = cards.card(f"{DOOR}#1")
    path = cards.picture(card, tmp_path / "card.png")
    with Image.open(path) as image:
        assert read_image(image) == card.payload
    for nowhere in (tmp_path, tmp_path / "missing" / "card.png"):
        with pytest.raises(NoSuchFolder):
            cards.picture(card, nowhere)
