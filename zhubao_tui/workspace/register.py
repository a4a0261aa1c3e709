"""A register brought along (来件登记): a table of what citizens wrote, imported as issues without a household."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from zhubao_tui.community.categories import UNKNOWN, by_word
from zhubao_tui.community.moves import parse_day
from zhubao_tui.community.places import Place

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
TEXT_MAX = 2000
CHUNK = 500


@dataclass(slots=True)
class RegisterImport:
    """What an import did."""

    issues: int = 0
    known: int = 0
    """Rows whose id and text are in already."""
    shortened: list[int] = field(default_factory=list)
    """Rows whose text was longer than 2,000 characters and was cut."""
    empty: list[int] = field(default_factory=list)
    """Rows without a text."""
    odd_days: list[int] = field(default_factory=list)
    """Rows whose day could not be read; they count from today."""
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
        known = {
            (report.source_id, report.words) for issue in self._workspace.community.issues() for report in issue.reports
        }
        rows: list[tables.Row] = []
        for row in table.rows:
            key = (row["id"], row["text"][:TEXT_MAX])
            if not row["text"]:
                done.empty.append(row.number)
            elif key in known:
                done.known += 1
            else:
                known.add(key)
                rows.append(row)
        for start in range(0, len(rows), CHUNK):
            self._write(rows[start : start + CHUNK], done)
            if progress:
                progress(min(start + CHUNK, len(rows)), len(rows), path.name)
        return done

    def _write(self, rows: list[tables.Row], done: RegisterImport) -> None:
        with self._workspace.writing() as batch:
            for ahead, row in enumerate(rows):
                case_part = batch.add("import", self._case_part(row, ahead, done))
                personal = {"of": str(case_part), "words": row["text"][:TEXT_MAX], "source_id": row["id"]}
                batch.add("personal", {name: value for name, value in personal.items() if value})
        done.issues += len(rows)

    def _case_part(self, row: tables.Row, ahead: int, done: RegisterImport) -> dict[str, object]:
        if len(row["text"]) > TEXT_MAX:
            done.shortened.append(row.number)
        code = by_word(row["category"]) if row["category"] else None
        on = _day(row["reported_on"])
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
        if row["category"] and code is None:
            body["category_word"] = row["category"][:100]
            done.unknown_categories += 1
        return body


def _day(text: str) -> date | None:
    """A day as registers write it: `2026-05-08`, `2026/5/8`, `2026.5.8`, `2026年5月8日`, with or without a time."""
    plain = text.strip().replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    parts = plain.split("T")[0].split(" ")[0].split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    return parse_day(f"{int(parts[0]):04d}-{int(parts[1]):02d}-{int(parts[2]):02d}")


def _place(row: tables.Row) -> Place:
    """As much of the place as the register tells; how far the trouble reaches it does not tell."""
    return Place("unknown", row["estate"], row["building"], row["unit"])
