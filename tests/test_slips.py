"""Slips: what comes off a 58 mm roll and an A4 sheet is read by a scanner, also blurred, turned and dirty, and by eye."""

from __future__ import annotations

import io
import random
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from programs import program
from test_pages import DOORS, agree, tell, tokens
from zhubao_tui.casepage import QUIET, TooLong, case_url
from zhubao_tui.casepage.pdf import roll_pdf, sheets_pdf
from zhubao_tui.casepage.qr import encode_for_paper
from zhubao_tui.casepage.slip import DOTS, Slip, dots_a_module, slip_png, slips_html
from zhubao_tui.i18n import set_language
from zhubao_tui.workspace.slips import PAPER_LIMIT, Slips
from zhubao_tui.workspace.workspace import Workspace

DPI = 203
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWX23"
ON = date(2026, 5, 13)
PAYLOADS = {
    "short address": case_url("https://a.cn", TOKEN),
    "address of 35": case_url("https://zhubao.example.gov.cn/case/", TOKEN),
    "long address": case_url("https://zhubao.office.example.gov.cn/beiyuan-community/cases", TOKEN),
    "plain text": "截至5月13日\n01-0001-8已记下\n010-55501234",
    "as much as paper takes": "字" * (PAPER_LIMIT // 3),
}  # fmt: skip


def slip(payload: str, **more: object) -> Slip:
    lines = ("12-0457-9 正在办", "12-0463-4 已记下")
    fields: dict[str, object] = {"is_link": True, "phone": "010-55501234", "on": ON, "lines": lines}
    return Slip(payload, **(fields | more))  # type: ignore[arg-type]  # a table of keywords


def rendered(pdf: bytes, folder: Path, page: int = 1) -> Image.Image:
    """A page as a thermal printer's 203 dots an inch would have it."""
    (folder / "slip.pdf").write_bytes(pdf)
    command = [program("pdftoppm"), "-r", str(DPI), "-gray", "-png", "-f", str(page), "-l", str(page), "-singlefile"]
    subprocess.run([*command, folder / "slip.pdf", folder / "slip"], check=True, capture_output=True)
    with Image.open(folder / "slip.png") as image:
        return image.convert("L")


def words_of(pdf: bytes, folder: Path) -> str:
    (folder / "slip.pdf").write_bytes(pdf)
    told = subprocess.run([program("pdftotext"), "-raw", folder / "slip.pdf", "-"], capture_output=True, check=True)
    return "".join(told.stdout.decode().split())


def read(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def covered(image: Image.Image, modules: int, seed: int) -> Image.Image:
    """A tenth of the code under one black or white patch, anywhere but on the three corners that a scanner looks for."""
    made, dice = image.copy(), random.Random(seed)
    (found,) = zxingcpp.read_barcodes(image)
    left, top = found.position.top_left.x, found.position.top_left.y
    side = found.position.bottom_right.x - left
    patch, corner = side * 0.1**0.5, side * 9 / modules
    while True:
        x, y = dice.random() * (side - patch), dice.random() * (side - patch)
        near = (x < corner, x + patch > side - corner, y < corner, y + patch > side - corner)
        if not (near[2] and (near[0] or near[1])) and not (near[3] and near[0]):
            break
    box = (left + x, top + y, left + x + patch, top + y + patch)
    ImageDraw.Draw(made).rectangle(box, fill=dice.choice((0, 255)))
    return made


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_roll_s_slip_is_read_as_printed_blurred_turned_and_dirty(tmp_path: Path, name: str) -> None:
    payload = PAYLOADS[name]
    image = rendered(roll_pdf(slip(payload)), tmp_path)
    assert image.width == pytest.approx(58 / 25.4 * DPI, abs=2)
    assert read(image) == [payload]
    code = encode_for_paper(payload)
    assert read(image.filter(ImageFilter.GaussianBlur(dots_a_module(code) * 0.4))) == [payload]
    for degrees in (7, -7):
        assert read(turned(image, degrees)) == [payload]
    for seed in range(20):
        worn = covered(image, len(code.modules), seed)
        assert read(worn) == [payload], seed
        assert read(turned(worn, 7).filter(ImageFilter.GaussianBlur(1))) == [payload], seed


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def test_modules_are_whole_dots_and_large_enough_for_an_arm_s_length(tmp_path: Path) -> None:
    """A usual address takes 43 mm, quiet zone included, of the 48 that a roll prints: a tenth of 40 cm."""
    code = encode_for_paper(PAYLOADS["address of 35"])
    dots = dots_a_module(code)
    assert dots * (len(code.modules) + 2 * QUIET) <= DOTS
    assert dots * len(code.modules) / DPI * 25.4 >= 35
    assert dots / DPI * 25.4 >= 0.85
    assert dots_a_module(encode_for_paper(PAYLOADS["as much as paper takes"])) >= 5


def test_a_slip_is_of_use_without_a_smartphone(tmp_path: Path) -> None:
    made = slip(PAYLOADS["short address"])
    words = words_of(roll_pdf(made), tmp_path)
    for told in ("不会扫码，打电话问", "010-55501234", "12-0457-9正在办", "截至5月13日", "您家的事，扫码就能看"):
        assert told in words
    image = rendered(roll_pdf(made), tmp_path)
    assert image.height / DPI * 25.4 < 110


def test_a_day_stands_beside_what_it_dates_and_not_beside_a_bare_link(tmp_path: Path) -> None:
    """«截至5月13日» alone under a code reads as the day on which it ends."""
    for made, told in ((slip("A"), True), (slip("A", lines=()), False), (slip("A", is_link=False, lines=()), True)):
        for words in (
            words_of(roll_pdf(made), tmp_path),
            words_of(sheets_pdf([made]), tmp_path),
            slips_html([made]).decode(),
        ):
            assert ("截至5月13日" in words) == told


def test_an_english_slip_breaks_no_word(tmp_path: Path) -> None:
    set_language("en")
    for pdf in (roll_pdf(slip("A", lines=())), sheets_pdf([slip("A", lines=())])):
        (tmp_path / "slip.pdf").write_bytes(pdf)
        told = subprocess.run([program("pdftotext"), tmp_path / "slip.pdf", "-"], capture_output=True, check=True)
        assert {"matter", "goes", "yourself;", "lose"} <= set(told.stdout.decode().split())


def test_a_long_telephone_stays_large_enough_to_read(tmp_path: Path) -> None:
    made = slip("A", phone="010-55501234转8，夜间13900000000", lines=("12-0457-9 已转出，盯着",) * 4)
    for pdf in (roll_pdf(made), sheets_pdf([made])):
        (tmp_path / "slip.pdf").write_bytes(pdf)
        told = subprocess.run(
            [program("pdftotext"), "-bbox", tmp_path / "slip.pdf", "-"], capture_output=True, check=True
        )
        (box,) = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">间?13900000000<', told.stdout.decode())
        assert float(box[1]) - float(box[0]) >= 12


@pytest.mark.parametrize("phone", ["", "010-55501234转8，夜间13900000000", "12345"])
@pytest.mark.parametrize("lines", [(), ("12-0457-9 请您看好了没",) * 4, ("\U00020000" * 60,)])
def test_whatever_the_office_wrote_the_slip_is_made_and_read(
    tmp_path: Path, phone: str, lines: tuple[str, ...]
) -> None:
    made = slip(PAYLOADS["short address"], phone=phone, lines=lines, stub="祥和苑 3-2-501")
    assert read(rendered(roll_pdf(made), tmp_path)) == [made.payload]
    assert read(rendered(sheets_pdf([made]), tmp_path)) == [made.payload]
    with Image.open(io.BytesIO(slip_png(made))) as image:
        assert image.width == DOTS
        assert read(image.convert("L")) == [made.payload]


def test_a_sheet_holds_eight_with_cut_marks_and_a_stub_that_names_the_door(tmp_path: Path) -> None:
    letters = "ABCDEFGHIJ"
    made = [
        slip(case_url("https://a.cn", letter * 26), stub=f"祥和苑 3-2-{n}01")
        for n, letter in enumerate(letters, start=2)
    ]
    pdf = sheets_pdf(made)
    first, second = rendered(pdf, tmp_path), rendered(pdf, tmp_path, 2)
    assert first.width == pytest.approx(210 / 25.4 * DPI, abs=2)
    assert sorted(read(first)) == sorted(one.payload for one in made[:8])
    assert sorted(read(second)) == sorted(one.payload for one in made[8:])
    words = words_of(pdf, tmp_path)
    assert words.count("送到后剪掉这条") == 10
    assert "祥和苑3-2-1101送到后剪掉这条" in words
    html = slips_html(made).decode()
    assert html.count('<section class="slip">') == 10
    assert html.count('<div class="sheet">') == 2


def test_no_code_holds_everything() -> None:
    with pytest.raises(TooLong):
        encode_for_paper("字" * 2000)


def test_a_building_s_slips_are_those_of_households_with_a_page(workspace: Workspace) -> None:
    workspace.write("settings", {"base_url": "https://a.cn"})
    tell(workspace)
    agree(workspace, DOORS[1])
    agree(workspace, DOORS[2], "record")
    made = Slips(workspace).building("祥和苑/3")
    (token,) = tokens(workspace)
    assert {one.stub for one in made} == {"祥和苑 3-1-101", "祥和苑 3-1-102"}
    assert case_url("https://a.cn", token) in {one.payload for one in made}
    assert [one.lines for one in made if one.lines] == [("01-0001-8 已记下",)]


def test_without_an_address_a_slip_carries_the_text_itself(workspace: Workspace) -> None:
    for words in ("楼梯口的灯一直不亮", "单元门关不上", "一下雨就积水", "垃圾没人收", "没地方晒被子", "老鼠太多"):
        tell(workspace, words=words)
    (made,) = Slips(workspace).building("祥和苑/3")
    assert not made.is_link
    assert made.payload.startswith("截至5月13日\n")
    assert made.payload.count("已记下") == 6  # a screen of 80x24 has room for three
    assert len(made.payload.encode()) <= PAPER_LIMIT
