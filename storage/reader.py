"""Reading a journal that may have been through anything: what is whole is used, what is harmed is named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .canonical import LARGEST
from .errors import JournalUnreadable, OtherCommunity
from .record import Head, Record
from .rows import Harm, read_head, read_record

MAX_FILE = 64 * 1024 * 1024
MAX_LINE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINE = re.compile(r'\s*"(\d{1,15})"\s*:\s*(\{.*\})\s*,?\s*')
_CLAIM = re.compile(rb'^\s*\{\s*"journal"\s*:\s*\{')


@dataclass(slots=True)
class JournalFile:
    """What a file held."""

    head: Head
    records: list[Record] = field(default_factory=list)
    """Usable records, by number."""
    harmed: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of records that are there but harmed, each with the reason; 0 where not even the number can be read."""
    complete: bool = True
    """Whether the file ends as a whole journal does."""
    re_encoded: str = ""
    """Which encoding another program saved it in, if not ours."""


def sniff(path: Path) -> bool:
    """Whether a file claims to be a journal of ours, told by its first bytes; never by its name."""
    try:
        with path.open("rb") as file:
            start = file.read(256)
    except OSError:
        return False
    if start.startswith(_UTF16):
        start = start.decode("utf-16", "replace").encode()
    return _CLAIM.match(start.removeprefix(_BOM)) is not None


def read_journal(path: Path, community: str = "") -> JournalFile:
    """Read a journal.

    Args:
        path: Any file, whatever its name.
        community: If given, the only community that is let in.

    Raises:
        JournalUnreadable: Nothing in it can be used; `reason` is `unreadable`, `empty`, `too_large`.
        OtherCommunity: It is a whole journal of another community.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_FILE else b""
    except OSError as error:
        raise JournalUnreadable(path.name, "unreadable", error.strerror or "") from error
    if size > MAX_FILE:
        raise JournalUnreadable(path.name, "too_large")
    return parse_journal(path.name, data, community)


def parse_journal(name: str, data: bytes, community: str = "") -> JournalFile:
    """Like `read_journal`, of bytes."""
    if not data.strip(b"\0 \r\n\t"):
        raise JournalUnreadable(name, "empty")
    text, encoding = _decode(data)
    journal = _by_line(text) or _whole(text)
    if journal is None:
        raise JournalUnreadable(name, "encoding" if encoding else "unreadable")
    if community and journal.head.community != community:
        raise OtherCommunity(name)
    journal.re_encoded = encoding
    return journal


def _decode(data: bytes) -> tuple[str, str]:
    """Text of a file, and the encoding that another program put it into."""
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace"), "utf-16"
    plain = data.removeprefix(_BOM)
    bom = "utf-8-bom" if len(plain) != len(data) else ""
    try:
        return plain.decode(), bom
    except UnicodeDecodeError:
        pass
    try:
        text = plain.decode("gb18030")
    except UnicodeDecodeError:
        return plain.decode("utf-8", "replace"), bom
    # a single wrong byte makes valid UTF-8 look like neither; only text that reads as a journal throughout is GBK
    return (text, "gb18030") if "\ufffd" not in text and _gbk_likely(plain) else (plain.decode("utf-8", "replace"), bom)


def _gbk_likely(data: bytes) -> bool:
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    broken = sum(1 for line in lines if "\ufffd" in line.decode("utf-8", "replace"))
    return broken == len(lines)


def _by_line(text: str) -> JournalFile | None:
    """Our own layout: the head's line, then one record a line; `None` where the head can't be read so."""
    start, found, rest = text.partition('"records": {')
    if not found:
        return None
    try:
        tables = load(start.rstrip().rstrip(",") + "}")
        journal = JournalFile(read_head(tables["journal"]["1"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    lines = rest.split("\n")
    journal.complete = rest.rstrip("\r\n ").endswith("}}") and lines[0].strip() in ("", "}}", "}")
    for line in lines:
        if line.strip("\r\n\0 ,") not in ("", "}}", "}"):
            _take_line(journal, line)
    journal.records.sort(key=lambda record: record.seq)
    return journal


def _take_line(journal: JournalFile, line: str) -> None:
    match = _LINE.fullmatch(line) if len(line) <= MAX_LINE else None
    if match is None:
        number = re.match(r'\s*"(\d{1,15})"', line[:40])
        journal.harmed.append((int(number[1]) if number else 0, "torn"))
        return
    try:
        journal.records.append(read_record(match[1], load(match[2]), journal.head.journal))
    except Harm as harm:
        journal.harmed.append((int(match[1]), harm.reason))
    except (ValueError, RecursionError):
        journal.harmed.append((int(match[1]), "json"))


def _whole(text: str) -> JournalFile | None:
    """Any other spelling of the same JSON, as an editor may have laid it out."""
    try:
        tables = load(text)
        journal = JournalFile(read_head(tables["journal"]["1"]))
        rows = tables["records"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    for key, row in rows:
        try:
            journal.records.append(read_record(key, row, journal.head.journal))
        except Harm as harm:
            journal.harmed.append((int(key) if key.isascii() and key.isdecimal() else 0, harm.reason))
    journal.records.sort(key=lambda record: record.seq)
    return journal


def load(text: str) -> Any:
    """JSON as we allow it: no key twice, no fractions, no NaN, integers within 2^53.

    Raises:
        ValueError: Anything else.
        RecursionError: Brackets without end.
    """
    return _DECODER.decode(text)


def _integer(digits: str) -> int:
    if len(digits) > 17 or not -LARGEST <= int(digits) <= LARGEST:
        raise ValueError("integer beyond 2^53")
    return int(digits)


def _refuse(number: str) -> Any:
    raise ValueError(f"{number} is not allowed")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    loaded = dict(pairs)
    if len(loaded) != len(pairs):
        raise ValueError("a key stands twice")
    return loaded


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
)  # fmt: skip


def missing_numbers(records: Iterator[Record] | list[Record]) -> list[tuple[int, int]]:
    """Runs of numbers that are not there below the highest that is."""
    gaps: list[tuple[int, int]] = []
    before = 0
    for seq in sorted({record.seq for record in records}):
        if seq > before + 1:
            gaps.append((before + 1, seq - 1))
        before = seq
    return gaps
