"""A register brought along (来件登记): a table of what citizens wrote, imported as issues without a household."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zhubao_tui.community.categories import UNKNOWN, by_word
from zhubao_tui.community.places import Place, normalise

from . import tables
from .reporting import Reporting
from .workspace import Progress, Workspace

COLUMNS = {
    "id": ("编号", "序号", "来件编号"),
    "text": ("内容", "原话", "诉求", "诉求内容", "问题", "words"),
    "category": ("类别", "分类"),
    "estate": ("小区", "小区名称"),
    "building": ("楼栋", "楼号", "栋"),
    "unit": ("单元",),
    "reported_on": ("日期", "反映日期", "登记日期", "on", "date"),
}
NEEDED = ("text",)
LONG = 2000
"""Longer texts than a household's own words may be are kept whole, and named."""
TEXT_MAX = 20_000
"""A longer text is not taken: it is a document, not a report."""
CELL_MAX = 100
"""Characters that any other cell may hold."""
CHUNK = 500
UNKNOWN_WORDS = (UNKNOWN, "未定", "")
_DAYS = (
    re.compile(r"((?:19|20)\d\d)\s*[-/.年]\s*(\d\d?)\s*[-/.月]\s*(\d\d?)(?!\d)"),
    re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:\d{6})?(?!\d)"),
)


@dataclass(slots=True)
class RegisterImport:
    """What an import did; lists hold row numbers."""

    issues: int = 0
    known: int = 0
    """Rows whose id and text are in already."""
    long: list[int] = field(default_factory=list)
    """Texts of more than 2,000 characters, taken whole."""
    too_long: list[int] = field(default_factory=list)
    """Not taken: a text of more than 20,000 characters, or another cell of more than 100."""
    empty: list[int] = field(default_factory=list)
    """Not taken: rows without a text."""
    odd_days: list[int] = field(default_factory=list)
    """Days that could not be read; the issues count from today."""
    unknown_categories: int = 0
    encoding: str = "utf-8"


class Register:
    """Import registers."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._reporting = Reporting(workspace)

    def read(self, path: Path, progress: Progress | None = None) -> RegisterImport:
        """Import a register; only `text` is needed, what else is missing becomes `unknown`.

        Raises:
            tables.TableUnreadable: No table that we read.
            tables.ColumnsMissing: There is no column of texts.
        """
        table = tables.read(path, COLUMNS, NEEDED)
        done = RegisterImport(encoding=table.encoding)
        rows = self._new(table.rows, done)
        for start in range(0, len(rows), CHUNK):
            self._write(rows[start : start + CHUNK], done)
            if progress:
                progress(min(start + CHUNK, len(rows)), len(rows), path.name)
        return done

    def _new(self, rows: list[tables.Row], done: RegisterImport) -> list[tables.Row]:
        """Rows to be written. Where a register gives no ids, the same text twice is two messages, and stays two."""
        known = Counter(
            (report.source_id, report.words)
            for issue in self._workspace.community.issues()
            for report in issue.reports
            if report.kind == "import"
        )
        new: list[tables.Row] = []
        for row in rows:
            key = (row["id"], row["text"])
            if not row["text"]:
                done.empty.append(row.number)
            elif len(row["text"]) > TEXT_MAX or any(len(row[name]) > CELL_MAX for name in COLUMNS if name != "text"):
                done.too_long.append(row.number)
            elif not known[key]:
                new.append(row)
                if row["id"]:
                    known[key] += 1
            else:
                done.known += 1
                if not row["id"]:
                    known[key] -= 1
        return new

    def _write(self, rows: list[tables.Row], done: RegisterImport) -> None:
        with self._workspace.writing() as batch:
            for ahead, row in enumerate(rows):
                case_part = batch.add("import", self._case_part(row, ahead, done))
                personal = {"of": str(case_part), "words": row["text"], "source_id": row["id"]}
                batch.add("personal", {name: value for name, value in personal.items() if value})
        done.issues += len(rows)

    def _case_part(self, row: tables.Row, ahead: int, done: RegisterImport) -> dict[str, object]:
        if len(row["text"]) > LONG:
            done.long.append(row.number)
        code = by_word(row["category"])
        on = read_day(row["reported_on"])
        if on is not None and on > self._workspace.today():
            on = None  # nobody reports tomorrow's trouble: a slip of the pen
        if on is None and row["reported_on"]:
            done.odd_days.append(row.number)
        body: dict[str, object] = {
            "number": self._reporting.next_number(ahead),
            "category": code or UNKNOWN,
            "place": _place(row).to_body(),
            "urgency": UNKNOWN,
            "on": (on or self._workspace.today()).isoformat(),
            "behind": False,
        }
        if code is None and row["category"] not in UNKNOWN_WORDS:
            body["category_word"] = row["category"]
            done.unknown_categories += 1
        return body


def read_day(text: str) -> date | None:
    """A day as registers write it: `2026-05-08`, `2026/5/8`, `2026.5.8`, `2026年5月8日`, `20260508`, with or without a time."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = next((match for spelling in _DAYS if (match := spelling.match(plain))), None)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _place(row: tables.Row) -> Place:
    """As much of the place as the register tells, spelled as doors are; how far the trouble reaches it does not tell."""
    estate, building, unit = row["estate"], row["building"], row["unit"]
    try:
        address = normalise(estate or "-", building or "-", unit, "-")
    except ValueError:
        return Place("unknown", estate, building, unit)
    return Place(
        "unknown", address.estate if estate else "", address.building if building else "", address.unit if unit else ""
    )
