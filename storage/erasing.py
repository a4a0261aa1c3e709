"""Erasing (删除) in bytes: what a file says in records that are erased gives way to filler, whatever happened to the file.

A harmed, cut or renamed copy may still be read by people, so its text goes as well. What can't be taken out in place (a
copy that another program spelled anew) is written again from its whole records.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import JournalUnreadable
from .intake import journal_bytes
from .reader import parse_journal
from .record import Head, Record, Ref
from .rows import FILLER, Harm, erased, is_filler, read_head, read_record

Targets = Mapping[str, Mapping[int, frozenset[str]]]
"""By journal and number: digests of the erased records."""
_ROW = re.compile(r'"journal"\s*:\s*"([0-9a-f]{16})"\s*,\s*"seq"\s*:\s*(\d{1,15})\b')
_SALT = re.compile(r'"salt"\s*:\s*"([^"]*)"')
_BODY = re.compile(r'"body"\s*:\s*')
_BEHIND = re.compile(r'\s*,\s*"sum"\s*:\s*"[0-9a-f]{64}"')
"""What stands behind a body that ends where it seems to end."""
_HEAD = re.compile(r'"journal"\s*:\s*\{\s*"1"\s*:\s*')
_DECODER = json.JSONDecoder(strict=False)


def targets_of(refs: Iterable[Ref]) -> Targets:
    """What `without` looks for, from references."""
    found: defaultdict[str, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for ref in refs:
        found[ref.journal][ref.seq].add(ref.digest)
    return {
        journal: {seq: frozenset(digests) for seq, digests in numbers.items()} for journal, numbers in found.items()
    }


def without(name: str, data: bytes, targets: Targets, may_go: Callable[[Record], bool]) -> bytes:
    """A file's bytes without what its erased records said.

    Args:
        name: Of the file, for errors.
        data: What it holds; the same object comes back where nothing in it is to go.
        targets: The erased records.
        may_go: Asked of each whole record that is named: others are left alone.
    """
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    plain = data.decode("utf-16", "replace").encode() if wide else data
    if not any(journal.encode() in plain for journal in targets):
        return data
    text = plain.decode("latin-1")  # every byte stays itself, and all that is JSON's own is ASCII
    left = _filled(text, targets, may_go)
    if left != text:
        data = left.encode("latin-1").decode("utf-8", "replace").encode("utf-16") if wide else left.encode("latin-1")
    return _written_anew(name, data, targets, may_go)


def _filled(text: str, targets: Targets, may_go: Callable[[Record], bool]) -> str:
    """The text with filler of the same length in place of salts and bodies."""
    head = _head_in(text)
    rows = list(_ROW.finditer(text))
    parts: list[str] = []
    done = 0
    for place, row in enumerate(rows):
        digests = targets.get(row[1], {}).get(int(row[2]))
        start = text.rfind("{", 0, row.start())
        if digests is None or start < 0:
            continue
        end = rows[place + 1].start() if place + 1 < len(rows) else len(text)
        whole = _whole_row(text, start)
        record = _record_of(whole, row[2], head)
        if record is not None and (record.digest not in digests or is_filler(record.salt) or not may_go(record)):
            continue  # another branch's record of the same number, or nothing to be taken
        parts += [text[done : row.end()], _silenced(text[row.end() : end], is_whole=whole is not None)]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _head_in(text: str) -> Head | None:
    found = _HEAD.search(text)
    row = _whole_row(text, found.end()) if found else None
    try:
        return read_head(row) if row is not None else None
    except Harm:
        return None


def _whole_row(text: str, start: int) -> dict[str, Any] | None:
    """The JSON object that begins at a place; `None` where it is cut or harmed."""
    try:
        end = _DECODER.raw_decode(text, start)[1]
        row = json.loads(text[start:end].encode("latin-1"))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _record_of(row: dict[str, Any] | None, number: str, head: Head | None) -> Record | None:
    """A row's record, if every digest holds."""
    if row is None or head is None:
        return None
    try:
        return read_record(number, row, head)
    except Harm:
        return None


def _silenced(text: str, *, is_whole: bool) -> str:
    """A row from behind its number on, without salt and body; where it is cut or harmed, without all of its line."""
    salt = _SALT.search(text)
    if salt is not None:
        text = text[: salt.start(1)] + FILLER * len(salt[1]) + text[salt.end(1) :]
    body = _BODY.search(text)
    if body is None:
        return text
    end = _end_of_body(text, body.end(), is_whole=is_whole)
    length = end - body.end()
    filler = f'"{FILLER * (length - 2)}"' if length >= 2 else FILLER * length
    return text[: body.end()] + filler + text[end:]


def _end_of_body(text: str, start: int, *, is_whole: bool) -> int:
    line = text.find("\n", start)
    try:
        end = int(_DECODER.raw_decode(text, start)[1])
    except (ValueError, RecursionError):
        return len(text) if line < 0 else line
    if is_whole or _BEHIND.match(text, end):
        return end
    return len(text) if line < 0 else line


def _written_anew(name: str, data: bytes, targets: Targets, may_go: Callable[[Record], bool]) -> bytes:
    """The data, or where records in it still say what they should not, its whole records without that."""
    try:
        found = parse_journal(name, data)
    except JournalUnreadable:
        return data
    numbers = targets.get(found.head.journal, {})

    def says_too_much(record: Record) -> bool:
        named = record.digest in numbers.get(record.seq, frozenset())
        return named and not is_filler(record.salt) and may_go(record)

    if not any(map(says_too_much, found.records)):
        return data
    return journal_bytes(found.head, [erased(one) if says_too_much(one) else one for one in found.records])
