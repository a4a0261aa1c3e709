"""Foreign text on its way to a terminal: nothing obeyed, nothing hidden, nothing piled up."""

from __future__ import annotations

import json
import unicodedata

import pytest

from zhubao_tui.border import MAX_MARKS, clean, escape_json, short

CODES = [
    ("\x1b[31mred", "␛[31mred"),
    ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),  # would write the clipboard
    ("\x9b31m", "\ufffd31m"),  # C1: the same as ESC [
    ("a\x00b\x08c\x7f", "a␀b␈c␡"),
    ("一行\r二行", "一行␍二行"),
    ("列\t列", "列 列"),
    ("\u202etxt.exe", "\ufffdtxt.exe"),
    ("\u2066a\u2069", "\ufffda\ufffd"),
    ("零\u200b宽\ufeff", "零\ufffd宽\ufffd"),
    ("x\U000e0041\U000e007f", "x\ufffd\ufffd"),  # tag characters
    ("\ud800", "\ufffd"),
    ("[/red]{}%s", "[/red]{}%s"),  # markup is nobody's business here: it is shown as typed
    ("祥和苑 3-2-501，“灯”不亮！", "祥和苑 3-2-501，“灯”不亮！"),
    ("𠮷野家 café ①", "𠮷野家 café ①"),
]


@pytest.mark.parametrize(("text", "shown"), CODES)
@pytest.mark.fault("terminal-codes")
def test_codes_become_visible_signs_and_plain_text_stays(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.fault("terminal-codes", "bidi-and-invisible")
def test_no_control_or_format_character_passes() -> None:
    visible_number_signs = {
        "\u06dd",
        "\u070f",
        "\u08e2",
        "\U000110bd",
        "\U000110cd",
        *map(chr, range(0x600, 0x606)),
        "\u0890",
        "\u0891",
    }
    passed = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.category(char := chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and clean(char) == char
        and char not in visible_number_signs
    ]
    assert passed == []


@pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "\ufe0f", "\u0e48", "\u1161"])
@pytest.mark.fault("bidi-and-invisible")
def test_a_heap_of_marks_is_bounded(mark: str) -> None:
    assert clean("e" + mark * 3000 + "后面") == "e" + mark * MAX_MARKS + "后面"


def test_lines_are_kept_where_they_are_asked_for() -> None:
    assert clean("一\r\n二\n\x1b三", lines=True) == "一\n二\n␛三"


def test_foreign_text_inside_a_sentence_is_cut() -> None:
    assert short("长" * 10_000) == "长" * 59 + "…"
    assert short("短") == "短"


@pytest.mark.parametrize("text", [text for text, _shown in CODES] + ["e" + "\u0301" * 50])
def test_json_says_the_same_and_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    document = escape_json(json.dumps({"text": text}, ensure_ascii=False, indent=1))
    assert json.loads(document) == {"text": text}
    assert all(clean(line) == line for line in document.split("\n"))
