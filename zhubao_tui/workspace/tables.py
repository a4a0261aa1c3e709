"""Tables that people bring along (csv, xlsx): header names found, rows counted as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
MAX_CELL = 20_000


class TableUnreadable(ValueError):
    """A file is no table that we read; `reason`: `missing`, `kind`, `encoding`, `damaged`, `empty`, `too_large`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


class ColumnsMissing(ValueError):
    """A table lacks columns that must be there."""

    def __init__(self, missing: Sequence[str], found: Sequence[str]) -> None:
        super().__init__(f"missing columns: {', '.join(missing)}")
        self.missing, self.found = tuple(missing), tuple(found)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (the header is 1) and its cells by code name."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """A cell's text, stripped; empty where there is none."""
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns were recognised by name."""

    rows: list[Row]
    encoding: str
    """`utf-8`, `gb18030` or `xlsx`."""


def read(path: Path, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Table:
    """Read a table.

    Args:
        path: A `.csv` (UTF-8, or GBK as older spreadsheets write it) or `.xlsx` file.
        columns: For each code name the headers that it goes by; the code name itself always does.
        needed: Code names without which the table is of no use.

    Raises:
        TableUnreadable: Not such a file, or harmed.
        ColumnsMissing: A needed column is not there.
    """
    lines, encoding = _lines(path)
    header = next(lines, None)
    if header is None:
        raise TableUnreadable(path.name, "empty")
    names = {_key(alias): code for code, aliases in columns.items() for alias in (code, *aliases)}
    codes = [names.get(_key(title), "") for title in header]
    missing = [code for code in needed if code not in codes]
    if missing:
        raise ColumnsMissing(missing, [title.strip() for title in header if title.strip()])
    rows: list[Row] = []
    for number, line in enumerate(lines, start=2):
        cells = {code: cell.strip() for code, cell in zip(codes, line, strict=False) if code}
        if any(cells.values()):
            rows.append(Row(number, cells))
    return Table(rows, encoding)


def _key(title: str) -> str:
    return "".join(title.split()).strip("\ufeff").casefold()


def _lines(path: Path) -> tuple[Iterator[list[str]], str]:
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except FileNotFoundError:
        raise TableUnreadable(path.name, "missing") from None
    except IsADirectoryError:
        raise TableUnreadable(path.name, "kind") from None
    if data is None:
        raise TableUnreadable(path.name, "too_large")
    if data.startswith(b"PK\x03\x04"):
        return _sheet(path.name, data), "xlsx"
    if data.startswith(b"\xd0\xcf\x11\xe0") or b"\x00" in data[:4096].replace(b"\x00\x00", b""):
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return _csv(path.name, data.decode("utf-16", "replace")), "utf-16"
        raise TableUnreadable(path.name, "kind")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _csv(path.name, data.decode(encoding)), "utf-8" if encoding == "utf-8-sig" else encoding
        except UnicodeDecodeError:
            continue
    raise TableUnreadable(path.name, "encoding")


def _csv(name: str, text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(MAX_BYTES)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise TableUnreadable(name, "damaged") from None


def _sheet(name: str, data: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_cell(value) for value in row]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError):
        raise TableUnreadable(name, "damaged") from None


def _cell(value: object) -> str:
    """A spreadsheet's cell as text: whole numbers without a point, days as ISO."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.removesuffix("T00:00:00")
