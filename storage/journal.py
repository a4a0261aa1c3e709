"""A journal (日志) on disk: one valid TinyDB JSON file at all times, appended to in place with one flush a write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, cast

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document, Table

from .canonical import encode
from .errors import JournalUnreadable, NotAppended, SaveFailed
from .files import replace_whole, saving
from .lock import claim
from .record import Head, Record
from .rows import END, head_row, opening, record_row

Tables = dict[str, dict[str, dict[str, Any]]]


class _Written(dict[str, Any]):
    """A document that is on disk; TinyDB would change it in place, and the file would not follow."""

    def _refuse(self, *_given: object, **_named: object) -> NoReturn:
        raise NotAppended("a document on disk does not change")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = pop = popitem = clear = setdefault = _refuse


def begin(path: Path, tables: Mapping[str, Mapping[str, Any]], growing: str) -> None:
    """Write a new file with all its tables but the growing one, which is empty: whole or not at all."""
    replace_whole(path, opening(tables, growing) + END)


class AppendingJSON(Storage):
    """TinyDB storage that parses once and then writes each new document before the two closing braces.

    One table, the last, grows a line a document; all others stay as `begin` wrote them. A write that changes anything
    else raises `NotAppended`. A torn tail is cut at opening.
    """

    def __init__(self, path: Path, growing: str = "records") -> None:
        """Open a file; raises `JournalUnreadable`, and `SaveFailed` where another program writes it."""
        super().__init__()
        self._path, self._growing = Path(path), growing
        self._torn = False
        """Whether a failed write left something behind the last whole document."""
        self._handle = _open_claimed(self._path)
        try:
            self._load()
        except BaseException:
            os.close(self._handle)
            raise

    def _load(self) -> None:
        data = _read(self._handle, os.fstat(self._handle).st_size)
        self._tables, self._end = parse_growing(self._path.name, data, self._growing)
        self._count = len(self._tables[self._growing])
        if data[self._end :] != END:
            os.ftruncate(self._handle, self._end)
            self._write_at(self._end, END)

    def read(self) -> Tables:
        """All tables; TinyDB puts new tables into what it is given, so it gets a copy."""
        return dict(self._tables)

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Append what is new; returns when it is on disk."""
        if data.keys() != self._tables.keys() or any(
            data[name] != table for name, table in self._tables.items() if name != self._growing
        ):
            raise NotAppended(self._path.name)
        rows, known = data[self._growing], self._tables[self._growing]
        new = list(islice(rows.items(), self._count, None))
        last = next(reversed(known.keys()), None)
        # TinyDB hands the same objects back, so the last of them tells whether the table was rebuilt
        if len(rows) != self._count + len(new) or (last is not None and rows.get(last) is not known[last]):
            raise NotAppended(self._path.name)
        if new:
            self.append(new)

    def append(self, new: Sequence[tuple[str, Any]]) -> None:
        """Append documents by their ids, all in one flush; raises `SaveFailed`, `NotAppended` where an id is taken."""
        if any(key in self._tables[self._growing] for key, _row in new):
            raise NotAppended(self._path.name)
        comma = b"," if self._count else b""
        lines = b",".join(b"\n" + encode(key) + b":" + encode(dict(row)) for key, row in new)
        try:
            with saving(self._path):
                if self._torn:
                    os.ftruncate(self._handle, self._end)
                    self._torn = False
                self._write_at(self._end, comma + lines + END)
        except BaseException:
            self._take_back()
            raise
        self._end += len(comma + lines)
        for key, row in new:
            self._tables[self._growing][key] = _Written(row)
        self._count += len(new)

    def _write_at(self, offset: int, data: bytes) -> None:
        os.lseek(self._handle, offset, os.SEEK_SET)
        left = memoryview(data)
        while left:
            left = left[os.write(self._handle, left) :]
        os.fsync(self._handle)

    def _take_back(self) -> None:
        """After a failed append: the file as it was, so that it stays readable; opening would repair it otherwise."""
        try:
            os.ftruncate(self._handle, self._end)
            self._write_at(self._end, END)
        except OSError:
            self._torn = True

    def close(self) -> None:
        """Let go of the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class GrowingTable(Table):
    """A table that hands its storage the new documents alone; TinyDB's own rebuilds all of it at each insert."""

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Append documents that bear their ids."""
        new = [document for document in documents if isinstance(document, Document)]
        cast("AppendingJSON", self._storage).append([(str(one.doc_id), dict(one)) for one in new])
        self.clear_cache()
        return [one.doc_id for one in new]


class GrowingDB(TinyDB):
    """A TinyDB file that only grows."""

    table_class = GrowingTable


def _open_claimed(path: Path) -> int:
    """Open a file and claim it, so that nobody puts another one in its place while we append."""
    while True:
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        if not claim(handle):
            os.close(handle)
            raise SaveFailed(path.name, "busy")
        if os.name != "posix" or _same_file(handle, path):
            return handle
        os.close(handle)  # it was replaced between opening and claiming


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _read(handle: int, size: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while size > 0 and (part := os.read(handle, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_growing(path: Path, growing: str) -> Tables:
    """Tables of a file written by `AppendingJSON`, without changing it; raises `JournalUnreadable`."""
    try:
        return parse_growing(path.name, path.read_bytes(), growing)[0]
    except OSError as error:
        raise JournalUnreadable(path.name, "unreadable", error.strerror or "") from error


def parse_growing(name: str, data: bytes, growing: str) -> tuple[Tables, int]:
    """Tables of a file written by `AppendingJSON`, whatever tail it lost, and where its last whole document ends.

    Raises:
        JournalUnreadable: Not even the opening is whole; or a document in the middle is harmed: that is no torn tail,
            and nothing may be cut.
    """
    mark = b"\n" + encode(growing) + b": {"
    start = data.find(mark)
    if start < 0:
        mark = mark[1:]
        start = 1 if data.startswith(b"{" + mark) else -1
    if start < 0:
        raise JournalUnreadable(name, "unreadable", "no journal of ours")
    try:
        head = data[: start + len(mark)].rstrip(b"{") + b"{}}"
        tables = _fixed(json.loads(head))
    except (ValueError, AttributeError) as error:
        raise JournalUnreadable(name, "unreadable", "no journal of ours") from error
    place = end = start + len(mark)
    rows: dict[str, Any] = {}
    lines = iter(data[place:].split(b"\n")[1:])
    for line in lines:
        text = line.rstrip(b",\0\r ")  # a power cut may leave zeros where the next document should stand
        row = _document(text)
        if row is None:
            break
        rows[row[0]] = _Written(row[1])
        end = place + 1 + len(text)
        place += 1 + len(line)
        if line not in (text, text + b","):
            break
    tables[growing] = rows
    if any(_document(line.rstrip(b",")) for line in lines):
        raise JournalUnreadable(name, "harmed", "whole documents stand behind a harmed one")
    return tables, end


def _fixed(tables: Mapping[str, Mapping[str, Any]]) -> Tables:
    return {name: {key: _Written(row) for key, row in rows.items()} for name, rows in tables.items()}


def _document(line: bytes) -> tuple[str, Any] | None:
    try:
        parsed = json.loads(b"{" + line + b"}")
    except ValueError:
        return None
    items = list(parsed.items())
    ok = len(items) == 1 and items[0][0].isascii() and items[0][0].isdecimal() and isinstance(items[0][1], dict)
    return (items[0][0], items[0][1]) if ok else None


class Journal:
    """One person's records of one day on one laptop, being written."""

    def __init__(self, path: Path, head: Head) -> None:
        """Create the file with its head, or open it to go on; raises `JournalUnreadable`, `SaveFailed`."""
        self.path, self.head = path, head
        if not path.exists():
            begin(path, {"journal": {"1": head_row(head)}}, "records")
        with saving(path):
            self._storage = AppendingJSON(path)
        self._db = GrowingDB(storage=lambda: self._storage)

    def ends_with(self, record: Record) -> bool:
        """Whether a record is the file's last."""
        rows = self._storage.read()["records"]
        return bool(rows) and next(reversed(rows.values())) == record_row(record)

    def append(self, records: Sequence[Record]) -> None:
        """Return when the records are on disk, all in one flush; raises `SaveFailed` and then keeps none of them."""
        table = self._db.table("records")
        table.insert_multiple(Document(record_row(record), doc_id=record.seq) for record in records)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
