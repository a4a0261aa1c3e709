"""Tables that people bring along (csv, xlsx): header names found, rows counted as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from .errors import ColumnsMissing as ColumnsMissing
from .errors import TableUnreadable as TableUnreadable

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
"""Bytes that an xlsx may hold when unpacked: a few MB can be made to hold terabytes."""
_UNRECKONED = "\0"
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, EOFError, AttributeError,
    NotImplementedError, RuntimeError, OverflowError, SyntaxError,
)  # fmt: skip
"""What openpyxl and the libraries below it raise on a workbook that is harmed, locked or made up; XML's errors are one."""
HEADER_WITHIN = 20
"""Rows in which the header is looked for: titles and notes often stand above it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts (from 1, title and header included), its cells by code name."""

    number: int
    cells: Mapping[str, str]
    unreckoned: frozenset[str] = frozenset()
    """Cells with a formula whose result was never saved: a program wrote the file, and no spreadsheet has opened it."""

    def __getitem__(self, name: str) -> str:
        """A cell's text, stripped; empty where there is none."""
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns were recognised by name."""

    rows: list[Row]
    encoding: str
    """`utf-8`, `utf-16`, `gb18030` or `xlsx`."""


def read(path: Path, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Table:
    """Read a table.

    Args:
        path: A `.csv` (UTF-8, or GBK as older spreadsheets write it) or `.xlsx` file, known by its content.
        columns: For each code name the headers that it goes by; the code name itself always does.
        needed: Code names without which the table is of no use.

    Raises:
        TableUnreadable: Not such a file, or harmed.
        ColumnsMissing: A needed column is not there.
    """
    names = {_key(alias): code for code, aliases in columns.items() for alias in (code, *aliases)}
    sheets, encoding = _sheets(path)
    nearest: list[str] = []
    for sheet in sheets:
        above = list(islice(sheet, HEADER_WITHIN))
        for number, titles in enumerate(above, start=1):
            codes = [names.get(_key(title), "") for title in titles]
            if all(code in codes for code in needed):
                below = above[number] if number < len(above) else []
                second = _second_titles(titles, codes, below, names)
                first = number + 1 + bool(second)
                return Table(list(_rows(second or codes, chain(above[first - 1 :], sheet), first)), encoding)
            if _recognised(titles, names) > _recognised(nearest, names) or not any(nearest):
                nearest = titles
    if not any(nearest):
        raise TableUnreadable(path.name, "empty")
    found = {names.get(_key(title)) for title in nearest}
    raise ColumnsMissing([code for code in needed if code not in found], [t.strip() for t in nearest if t.strip()])


def _rows(codes: Sequence[str], lines: Iterable[list[str]], first: int) -> Iterator[Row]:
    for number, line in enumerate(lines, start=first):
        cells = {code: cell.strip() for code, cell in zip(codes, line, strict=False) if code}
        if any(cells.values()):
            unreckoned = frozenset(code for code, cell in cells.items() if cell == _UNRECKONED)
            yield Row(number, {**cells, **dict.fromkeys(unreckoned, "")}, unreckoned)


def _second_titles(
    titles: Sequence[str], codes: Sequence[str], below: Sequence[str], names: Mapping[str, str]
) -> list[str]:
    """Codes of a header of two rows, as merged titles make it; empty where the row below is one of data."""
    if any(
        cell.strip() not in ("", title.strip()) for title, code, cell in zip(titles, codes, below, strict=False) if code
    ):
        return []
    more = [names.get(_key(cell), "") for cell in below]
    joined = [code or other for code, other in zip_longest(codes, more, fillvalue="")]
    return joined if set(more) - {""} else []


def _recognised(titles: Sequence[str], names: Mapping[str, str]) -> int:
    return sum(_key(title) in names for title in titles)


def _key(title: str) -> str:
    return "".join(title.split()).strip("\ufeff").casefold()


def _sheets(path: Path) -> tuple[Iterator[Iterator[list[str]]], str]:
    """The sheets of a file, each as rows of text; a csv file has one."""
    data = _bytes(path)
    if data.startswith(b"PK\x03\x04"):
        return _workbook(path.name, data), "xlsx"
    text, encoding = _decoded(path.name, data)
    return iter([_csv(path.name, text)]), encoding


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableUnreadable(path.name, "too_large")
        return path.read_bytes() if path.is_file() else b"\0"
    except (FileNotFoundError, NotADirectoryError):
        raise TableUnreadable(path.name, "missing") from None


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """Text of a csv file. Raises `TableUnreadable` rather than let a harmed UTF-8 file be read as Chinese it is not."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:4096]:
        raise TableUnreadable(name, "kind")
    else:
        encodings = [] if _is_harmed_utf8(data) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise TableUnreadable(name, "encoding")


def _is_harmed_utf8(data: bytes) -> bool:
    """Whether most of what is not ASCII is good UTF-8, but not all."""
    text = data.decode("utf-8", "replace")
    harmed = text.count("\ufffd")
    return 0 < harmed * 4 < sum(char > "\x7f" for char in text)


def _csv(name: str, text: str) -> Iterator[list[str]]:
    start = text[:2000]
    delimiter = max(",;\t", key=start.count)
    csv.field_size_limit(MAX_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    done = 0
    try:
        for row in rows:
            yield row
            done += 1
    except csv.Error:  # a quotation mark without its other half would swallow all that follows
        raise TableUnreadable(name, "quotes", done + 1) from None


def _workbook(name: str, data: bytes) -> Iterator[Iterator[list[str]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise TableUnreadable(name, "too_large")
            if "[Content_Types].xml" not in archive.namelist():
                raise TableUnreadable(name, "kind")
            found = _found_inside(archive)
        book = load_workbook(io.BytesIO(data), read_only=b"<mergeCell " not in found, data_only=True)
        formulas = load_workbook(io.BytesIO(data), read_only=True) if found & {b"<f>", b"<f "} else None
    except TableUnreadable:
        raise
    except _DAMAGED:
        raise TableUnreadable(name, "damaged") from None
    for place, sheet in enumerate(book.worksheets):
        rows = _filled(sheet)
        if formulas is not None:
            rows = map(_marked, rows, _filled(formulas.worksheets[place]))
        yield _sheet(name, rows)


def _found_inside(archive: zipfile.ZipFile) -> set[bytes]:
    """Which of the things that need another look stand in a workbook's sheets."""
    wanted = (b"<mergeCell ", b"<f>", b"<f ")
    found: set[bytes] = set()
    for part in archive.namelist():
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            with archive.open(part) as file:
                tail = b""
                while chunk := file.read(1 << 20):
                    found.update(mark for mark in wanted if mark in tail + chunk)
                    tail = chunk[-16:]
    return found


def _filled(sheet: Any) -> Iterator[tuple[object, ...]]:
    """Rows of a sheet; a cell that is merged downwards holds its value in every row, as people see it."""
    if not hasattr(sheet, "merged_cells"):
        sheet.reset_dimensions()  # some programs write that a sheet has one cell
        yield from sheet.iter_rows(values_only=True)
        return
    values = {
        (row, area.min_col): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
        if area.min_col == area.max_col
        for row in range(area.min_row + 1, min(area.max_row, sheet.max_row) + 1)
    }
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield tuple(values.get((number, column), value) for column, value in enumerate(row, start=1)) if values else row


def _marked(results: tuple[object, ...], written: tuple[object, ...]) -> tuple[object, ...]:
    """Cells as they were reckoned; where a formula has no result, a mark."""
    return tuple(
        _UNRECKONED if result is None and cell is not None else result
        for result, cell in zip(results, written, strict=False)
    )


def _sheet(name: str, rows: Iterator[tuple[object, ...]]) -> Iterator[list[str]]:
    try:
        for row in rows:
            yield [_cell(value) for value in row]
    except _DAMAGED:
        raise TableUnreadable(name, "damaged") from None


def _cell(value: object) -> str:
    """A spreadsheet's cell as text: whole numbers without a point, days as ISO."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, datetime, time)):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
