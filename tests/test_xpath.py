"""The table of what JavaRosa, ODK's own engine, makes of expressions: ours must make the same of each."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from zhubao_tui.interview import Form
from zhubao_tui.interview.instance import Instance
from zhubao_tui.interview.xpath import evaluate
from zhubao_tui.interview.xpath.values import Atom, to_text, unpack

DATA = Path(__file__).parent / "data" / "xpath"
RECORDED = datetime(2026, 11, 24)  # noqa: DTZ001 - local time, as JavaRosa
"""The day (in Shanghai) on which the table was recorded: a time of day belongs to the day of the interview."""
KINDS = {bool: "boolean", float: "number", str: "string", datetime: "date"}
DIFFERENT = {("/data", "indexed-repeat(../n, /data/rep, 2)"): ""}
"""Rows where ours differs on purpose, with what ours gives; docs/xpath.md says why."""


@pytest.fixture(autouse=True)
def _in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the table was recorded in Shanghai's time zone, which can't be set here")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def instance() -> Instance:
    made = Instance(Form((DATA / "form.xml").read_text(encoding="utf-8")), RECORDED)
    made.settle()
    return made


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]


def ours(at: Instance, context: str, expression: str) -> tuple[str, str]:
    """Type and value as the table writes them; only our own, named errors count as errors."""
    try:
        value: Atom = unpack(evaluate.compiled(expression)(at.context(at.find(context))))
    except ValueError:
        return "error", ""
    return KINDS[type(value)], to_text(value)


def same(kind: str, value: str, got: tuple[str, str]) -> bool:
    if kind != got[0] or kind == "error":
        return kind == got[0]
    if kind != "number":
        return value == got[1]
    one, other = (float(text.replace("Infinity", "inf")) for text in (value, got[1]))
    return (math.isnan(one) and math.isnan(other)) or f"{one:.12g}" == f"{other:.12g}"


@pytest.mark.parametrize(("name", "count"), [("javarosa.tsv", 4864), ("more.tsv", None)])
def test_expressions_give_what_odk_gives(name: str, count: int | None) -> None:
    at = instance()
    table = rows(name)
    assert count is None or len(table) == count
    wrong = []
    for context, expression, kind, value in table:
        got = ours(at, context, expression)
        expected = DIFFERENT.get((context, expression))
        if not (got[1] == expected if expected is not None else same(kind, value, got)):
            wrong.append(f"{context}  {expression}: ODK {kind} {value!r}, ours {got[0]} {got[1]!r}")
    assert not wrong, f"{len(wrong)} of {len(table)} differ:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("substr('😀ab', 1)", "string", "ab"),  # a character is a character, not half of one
        ("string-length('😀')", "number", "1"),
        ("date(12345678)", "error", ""),  # the year 35771
        ("current()", "string", ""),
        ("selected-at(7, 0)", "string", "7"),
        ("digest('abc', 'MD5', 'hex')", "string", "900150983cd24fb0d6963f7d28e17f72"),
    ],
)
def test_where_ours_differs_or_java_stumbles(expression: str, kind: str, value: str) -> None:
    assert ours(instance(), "/data", expression) == (kind, value)


def test_a_time_of_day_belongs_to_the_day_of_the_interview() -> None:
    at = instance()
    assert ours(at, "/data", "format-date(/data/time, '%Y-%m-%d %H:%M')") == ("string", "2026-11-24 10:30")
    os.environ["TZ"] = "UTC"
    time.tzset()
    assert ours(at, "/data", "format-date(/data/time, '%H:%M')") == ("string", "02:30")
