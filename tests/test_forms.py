"""The built-in questionnaires, line by line against the field's own table, and compiled as pyxform compiles them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from zhubao_tui import forms
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.forms import NO_SPECIALS
from zhubao_tui.interview import Form, Interview, Question

DATA = Path(__file__).parent / "data" / "questionnaire"
C = "(${consent} = 'all' or ${consent} = 'record')"
ISSUE_REQUIRED = ("words", "category", "place", "urgency")
SHORT = (
    "consent last last_open solved worries any_issue issue joined words category place urgency danger_now told show_words "
    "care any_care care_agree care_need care_who care_wish closing sat sat_why remark"
)
"""What the short form asks, in order."""
Choices = list[tuple[str, str, str]]


@dataclass
class Row:
    """A line of a questionnaire; everything as the XLSForm writes it."""

    name: str
    type: str
    zh: str = ""
    en: str = ""
    relevant: str = ""
    constraint: str = ""
    message: tuple[str, str] = ("", "")
    required: str = ""
    sensitive: bool = False
    calculation: str = ""
    appearance: str = ""


@dataclass
class Sheet:
    rows: list[Row] = field(default_factory=list)
    choices: dict[str, Choices] = field(default_factory=dict)

    def named(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)


def expected() -> Sheet:
    """The field's table: `domain.md`, section 4, copied beside this test, with the categories of its section 3."""
    sheet = Sheet()
    for line in (DATA / "household.md").read_text(encoding="utf-8").splitlines()[2:]:
        name, kind, label, rule, required, sensitive = (cell.strip() for cell in line.strip("|").split("|"))
        row = Row(name.strip("*`"), _type(kind), sensitive=sensitive == "•")
        _label(sheet, row, label)
        _rule(row, rule)
        row.required = ("${joined} = ''" if row.name in ISSUE_REQUIRED else "yes") if required == "•" else ""
        sheet.rows.append(row)
        if row.name == "issue":
            sheet.rows.append(Row("joined", "hidden"))
    sheet.choices["category"] = [
        (code.strip(" `"), *names.strip().split(" ", 1))
        for code, names in (line.split("|") for line in (DATA / "categories.txt").read_text("utf-8").splitlines())
    ]
    return sheet


def _type(kind: str) -> str:
    words = kind.replace("`", "").split()
    names = {"one": "select_one", "many": "select_multiple", "group": "begin group", "repeat": "begin repeat"}
    return " ".join([names.get(words[0], words[0]), *words[1:]])


def _label(sheet: Sheet, row: Row, label: str) -> None:
    if label == "(not shown)":
        return
    row.zh, _, row.en = (part.strip("* ") for part in label.partition(" / "))
    head, _, offered = row.en.partition(": ")
    if row.type.startswith("select") and offered:
        row.en = head
        parts = [re.fullmatch(r"(\w+) (\S+) (.+)", one) for one in offered.split(" · ")]
        sheet.choices[row.type.split()[1]] = [(m[1], m[2], m[3]) for m in parts if m]


def _rule(row: Row, rule: str) -> None:
    for part in rule.replace("*C*", f"`{C}`").split("; "):
        code = re.search(r"`([^`]*)`", part)
        if code is None:
            continue
        if part.startswith(("if ", "relevant ")):
            row.relevant = code[1]
        elif part.startswith("appearance "):
            row.appearance = code[1]
        elif part.startswith("= "):
            row.calculation = code[1]
        else:
            row.constraint = part[: part.index(" «")].replace("`", "")
            said = re.search(r"«(.*) / (.*)»", part)
            assert said is not None
            row.message = (said[1], said[2])


def written(name: str) -> Sheet:
    """A built-in questionnaire as it stands in its Markdown."""
    sheet, columns, table = Sheet(), [], ""
    for line in forms.source(name).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 1:
            table, columns = cells[0], []
        elif not columns:
            columns = cells
        elif table == "survey":
            _survey_row(sheet, dict(zip(columns, cells, strict=True)))
        elif table == "choices":
            row = dict(zip(columns, cells, strict=True))
            found = (row["name"], row["label::中文 (zh)"], row["label::English (en)"])
            sheet.choices.setdefault(row["list_name"], []).append(found)
    return sheet


def _survey_row(sheet: Sheet, row: dict[str, str]) -> None:
    if row["type"].startswith("end "):
        return
    message = (row["constraint_message::中文 (zh)"], row["constraint_message::English (en)"])
    sheet.rows.append(
        Row(
            row["name"], row["type"], row["label::中文 (zh)"], row["label::English (en)"], row["relevant"],
            row["constraint"], message, row["required"], row["bind::zb:sensitive"] == "yes", row["calculation"],
            row["appearance"],
        )
    )  # fmt: skip


def test_the_long_form_is_the_fields_table_line_by_line() -> None:
    ours, table = written("zhubao_household"), expected()
    assert [row.name for row in ours.rows] == [row.name for row in table.rows]
    assert len(ours.rows) > 50
    for one, other in zip(ours.rows, table.rows, strict=True):
        assert one == other


def test_every_list_offers_the_fields_choices_in_both_languages() -> None:
    ours, table = written("zhubao_household"), expected()
    assert ours.choices == table.choices
    assert len(ours.choices["category"]) == len(CATEGORIES)
    assert [code for code, _zh, _en in ours.choices["category"]] == list(CATEGORIES)


def test_the_short_form_asks_its_part_of_the_long_one() -> None:
    ours, table = written("zhubao_return"), expected()
    assert [row.name for row in ours.rows] == SHORT.split()
    for row in ours.rows:
        if row.name in ("consent", "last", "closing"):  # set by the program; sections that hold other questions here
            continue
        wanted = table.named(row.name)
        if row.name in ("sat", "remark"):
            wanted.relevant = C  # its section stands open for what is always shown
        assert row == wanted
    assert ours.named("consent").type == "hidden"
    for name, offered in ours.choices.items():
        assert offered == table.choices[name]


def _walk(interview: Interview) -> list[Question]:
    """Every question that is asked when nothing stops one from asking (required ones jumped over)."""
    found = []
    for section in interview.outline():
        for item in section.questions:
            interview.jump(item.ref)
            position = interview.position
            assert isinstance(position, Question)
            found.append(position)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_asked_is_labelled_in_the_chosen_language(language: str) -> None:
    interview = Interview(forms.load("zhubao_household"), language=language, today=date(2026, 5, 13))
    interview.answer("all")
    han = re.compile(r"[\u4e00-\u9fff]")
    texts = [text for q in _walk(interview) for text in (q.label, *(choice.label for choice in q.choices))]
    assert len(texts) > 80
    assert all(texts)
    assert [bool(han.search(text)) for text in texts] == [language == "zh" and text != "12345" for text in texts]


def test_hints_stand_where_they_help_in_both_languages() -> None:
    for language, needles in (("zh", ("告知书", "11 位", "半年")), ("en", ("notice", "landline", "half a year"))):
        interview = Interview(forms.load("zhubao_household"), language=language, today=date(2026, 5, 13))
        interview.answer("all")
        hints = {question.name: question.hint for question in _walk(interview)}
        for name, needle in zip(("consent", "phone", "size"), needles, strict=True):
            assert needle in hints[name]


def test_the_compiled_form_is_what_pyxform_makes_of_the_source() -> None:
    for name in forms.BUILT_IN:
        form = Form(forms.compile_markdown(forms.source(name)))
        assert (form.id, form.languages) == (name, ["中文 (zh)", "English (en)"])
        assert re.fullmatch(r"\d{10}", form.version)
        masked = {path.rpartition("/")[2] for path, bind in form.binds.items() if bind.sensitive}
        assert masked == {row.name for row in written(name).rows if row.sensitive}


def test_a_harmed_or_missing_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for harm in ("", "half a form", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
        monkeypatch.setattr(forms, "_loaded", {})
        for path in tmp_path.iterdir():
            path.write_text(harm, encoding="utf-8")
        assert forms.load("zhubao_return", tmp_path).id == "zhubao_return"
    (cached,) = tmp_path.iterdir()
    monkeypatch.setattr(forms, "_loaded", {})
    monkeypatch.setattr(forms, "compile_markdown", lambda _markdown: pytest.fail("compiled although it was at hand"))
    assert forms.load("zhubao_return", tmp_path).id == "zhubao_return"
    assert cached.stat().st_size > 1000


def test_no_specials_names_questions_that_exist() -> None:
    form = forms.load("zhubao_household")
    asked = {element.path for top in form.body for element in top.iterate()}
    assert asked >= NO_SPECIALS
