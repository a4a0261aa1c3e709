"""Pages in a real Chromium: on a phone, enlarged, without script, on paper, and under axe."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from programs import program
from zhubao_tui.casepage import Both, CaseView, Page, case_page, gone_page, index_page
from zhubao_tui.casepage.neighbourhood import BoardRow, BoardView, board_page
from zhubao_tui.casepage.server_files import server_files
from zhubao_tui.casepage.slip import Slip, slips_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

ON = date(2026, 5, 13)
DAYS = (date(2025, 12, 28), date(2026, 1, 3), date(2026, 5, 1), date(2026, 5, 9))
KIND = Both("楼道灯", "Stairwell light")
STATUSES = (
    "new", "claimed", "assigned", "working", "transferred", "reopened", "postponed", "resolved", "confirmed", "unanswered",
    "rejected", "withdrawn",
)  # fmt: skip
LONG = "楼梯口那个灯一直不亮，晚上下楼黑灯瞎火的，上回差点踩空，说了好几回也没人来看。" * 7


def view(status: str, words: str = "楼梯口那个灯一直不亮", **more: object) -> CaseView:
    fields: dict[str, object] = {
        "number": "12-0457-9", "status": status, "kind": KIND, "words": words, "days": DAYS, "reached": 2, "sharing": 5,
        "post": "第二组", "first_by": ON, "due": date(2026, 5, 28), "until": date(2026, 8, 1), "unit": "供电公司",
        "reason": "要等雨季过了才能做防水", "elsewhere": "街道城管", "may_answer": status == "resolved",
    }  # fmt: skip
    return CaseView(**(fields | more))  # type: ignore[arg-type]  # a table of keywords


PAGES = {
    "nothing": Page(ON, "010-55501234"),
    "no telephone": Page(ON, "", (view("new", ""),)),
    "one": Page(ON, "010-55501234", (view("working"),)),
    "danger": Page(ON, "010-55501234", (view("new", danger=True, post=None), view("claimed", overdue=True))),
    "three long ones": Page(ON, "010-55501234转8，夜间13900000000", (view("resolved", LONG[:300], said="no"),) * 3),
    "every status": Page(ON, "010-55501234", tuple(view(status) for status in STATUSES)),
    "twenty": Page(ON, "010-55501234", (view("postponed", LONG[:300]),) * 20),
    "one word": Page(ON, "010-55501234", (view("rejected", "长" * 280, reason="w" * 200),)),
}
ROWS = tuple(BoardRow(Both("水压水质", "Weak or dirty water"), n % 2 == 0, 12, n // 3 % 2 * 9, 14) for n in range(57))
NOTICES = {
    "gone": gone_page("010-55501234"), "index": index_page(""), "board": board_page(BoardView("祥和苑 3", ON, "010-55501234", ROWS)),
    "empty board": board_page(BoardView("", ON, "", ())),
    "keeper": server_files("https://zhubao.example.gov.cn/case", "010-55501234")["readme.html"],
}  # fmt: skip
ALL = {name: case_page(page) for name, page in PAGES.items()} | NOTICES


SIZES = """[...document.querySelectorAll('body *')]
    .filter(e => e.offsetParent && e.innerText && !e.classList.contains('unseen'))
    .map(e => parseFloat(getComputedStyle(e).fontSize))"""
"""Pixels of every text that can be seen."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = program("chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


def opened(
    browser: Browser, html: bytes, tmp_path: Path, *, width: int = 360, script: bool = False, anchor: str = ""
) -> Tab:
    file = tmp_path / "page.html"
    file.write_bytes(html)
    context = browser.new_context(
        viewport={"width": width, "height": 740}, java_script_enabled=script, bypass_csp=script
    )  # fmt: skip
    tab = context.new_page()
    tab.goto(f"{file.as_uri()}{anchor}")
    return tab


@pytest.mark.parametrize("anchor", ["", "#en"])
@pytest.mark.parametrize("name", ALL)
def test_nothing_is_cut_off_on_a_small_phone_or_enlarged(
    browser: Browser, tmp_path: Path, name: str, anchor: str
) -> None:
    """320 px is the smallest phone; at 200 % zoom a page of 320 px has 160 to lay itself out in."""
    tab = opened(browser, ALL[name], tmp_path, script=True, anchor=anchor)
    try:
        for width in (320, 160, 1280):
            tab.set_viewport_size({"width": width, "height": 740})
            needed, there = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert needed <= there, width
        assert min(tab.evaluate(SIZES)) >= 20
    finally:
        tab.context.close()


def test_without_script_each_language_is_a_link_away(browser: Browser, tmp_path: Path) -> None:
    tab = opened(browser, ALL["one"], tmp_path)
    try:
        assert "正在办。" in tab.inner_text("body")
        assert "It is being worked on." not in tab.inner_text("body")
        tab.click("text=English")
        assert "It is being worked on." in tab.inner_text("body")
        assert "正在办。" not in tab.inner_text("body")
        tab.click("text=中文")
        assert "正在办。" in tab.inner_text("body")
    finally:
        tab.context.close()


@pytest.mark.parametrize("anchor", ["", "#en"])
@pytest.mark.parametrize("name", [name for name in ALL if name != "keeper"])
def test_a_page_is_one_sheet_of_paper_of_its_size(browser: Browser, tmp_path: Path, name: str, anchor: str) -> None:
    tab = opened(browser, ALL[name], tmp_path, anchor=anchor)
    try:
        tab.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    finally:
        tab.context.close()
    told = subprocess.run(
        [program("pdfinfo"), tmp_path / "page.pdf"], capture_output=True, text=True, check=True
    ).stdout
    pages = re.search(r"Pages:\s+(\d+)", told)
    size = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
    assert pages is not None
    assert size is not None
    assert int(pages[1]) == 1
    expected = (842, 1191) if "board" in name else (420, 595)  # A3, A5
    assert (float(size[1]), float(size[2])) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("anchor", ["", "#en"])
@pytest.mark.parametrize("name", ALL)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, name: str, anchor: str) -> None:
    """WCAG 2.2 A, AA and AAA, contrast enhanced, and axe's best practices."""
    from axe_playwright_python.sync_playwright import Axe

    tab = opened(browser, ALL[name], tmp_path, script=True, anchor=anchor)
    tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    try:
        found = Axe().run(
            tab,
            options={
                "runOnly": {"type": "tag", "values": tags},
                "rules": {"color-contrast-enhanced": {"enabled": True}},
            },
        )
        assert [violation["id"] for violation in found.response["violations"]] == []
        assert any(rule["id"] == "color-contrast-enhanced" for rule in found.response["passes"])
    finally:
        tab.context.close()


@pytest.mark.fault("page-injection")
@pytest.mark.parametrize(
    "words",
    [
        "<script>document.title='!'</script>",
        '"onload="document.title=1',
        "<img src=x onerror=document.title='!'>",
        "]]>-->",
    ],
)
def test_page_injection_runs_nothing_even_with_script_on(browser: Browser, tmp_path: Path, words: str) -> None:
    page = Page(
        ON, words, (view("rejected", words, unit=words, reason=words, elsewhere=words, post=words, number=words),)
    )
    file = tmp_path / "page.html"
    file.write_bytes(case_page(page))
    tab = browser.new_context(java_script_enabled=True).new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    try:
        tab.goto(file.as_uri())
        assert tab.title() == "您家反映的事 · What you told us about"
        assert words in tab.inner_text("#zh")
        assert asked == [file.as_uri()]
        with pytest.raises(Exception, match="Content Security Policy"):
            tab.evaluate("new Promise((y, n) => {document.addEventListener('securitypolicyviolation', e => n(new Error("
                         "'Content Security Policy'))); const s = document.createElement('script'); s.textContent = 'document.title=1';"
                         " document.body.append(s); setTimeout(y, 2000)})")  # fmt: skip
        assert tab.title() != "1"
    finally:
        tab.context.close()


@pytest.mark.parametrize("phone", ["010-55501234", "010-55501234转8，夜间13900000000", "+86 10 5550 1234 5678"])
def test_nothing_on_a_slip_is_cut_off_or_runs_into_the_strip(browser: Browser, tmp_path: Path, phone: str) -> None:
    lines = ("12-0457-9 请您看好了没",) * 4
    tab = opened(
        browser, slips_html([Slip("A" * 61, True, phone, ON, lines, "祥和苑 3-2-501")] * 2), tmp_path, script=True
    )
    try:
        boxes = tab.evaluate("""[...document.querySelectorAll('.slip')].map(slip => {
            const text = slip.querySelector('.text'), box = element => element.getBoundingClientRect()
            return [text.scrollWidth - text.clientWidth, box(slip.querySelector('.stub')).top - box(text).bottom]})""")
        assert all(over <= 0 and room >= 0 for over, room in boxes), boxes
    finally:
        tab.context.close()


def test_slips_print_eight_to_a_sheet(browser: Browser, tmp_path: Path) -> None:
    slips = [
        Slip("HTTPS://A.CN/" + "A" * 26, True, "010-55501234", ON, ("12-0457-9 正在办",) * 4, "祥和苑 3-2-501")
    ] * 17
    tab = opened(browser, slips_html(slips), tmp_path)
    try:
        tab.pdf(path=tmp_path / "slips.pdf", prefer_css_page_size=True)
    finally:
        tab.context.close()
    told = subprocess.run(
        [program("pdfinfo"), tmp_path / "slips.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"Pages:\s+3\n", told)
