"""Reading a journal that may have been through anything: what is whole is used, what is harmed is named."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .canonical import LARGEST
from .errors import JournalUnreadable, OtherCommunity
from .lines import SealedLines
from .record import Head, Record, Ring
from .rows import END, Harm, head_row, is_strange, opening, read_head, read_record, signature_holds

MAX_FILE = 64 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_RELAID = 16 * 1024 * 1024
"""Other programs' spellings of a journal are parsed as a whole, so they may be less large."""
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BLANK = " \t\r\n\0"
_NUMBER = re.compile(r'\s{0,16}"([0-9]{1,15})"\s{0,16}:')
RECORDS = b'"records": {'
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
    true_head: str = ""
    """Digest that the first record names, where it is not this head's: then the head is harmed, and nobody knows
    from this file alone whose the records are."""
    relaid: bool = False
    """Whether it is spelled otherwise than we do."""


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


def read_journal(path: Path, community: str = "", ring: Ring | None = None) -> JournalFile:
    """Read a journal.

    Args:
        path: Any file, whatever its name.
        community: If given, the only community that is let in.
        ring: What opens sealed bodies, once they are looked at.

    Raises:
        JournalUnreadable: Nothing in it can be used; `reason` is `unreadable`, `empty`, `too_large`.
        OtherCommunity: It is a whole journal of another community.
    """
    return parse_journal(path.name, read_bytes(path), community, ring)


def read_bytes(path: Path) -> bytes:
    """A file's bytes, not more than a journal may have; raises `JournalUnreadable`."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise JournalUnreadable(path.name, "too_large")
        return path.read_bytes()
    except OSError as error:
        raise JournalUnreadable(path.name, "unreadable", error.strerror or "") from error


def parse_journal(name: str, data: bytes, community: str = "", ring: Ring | None = None) -> JournalFile:
    """Like `read_journal`, of bytes."""
    if len(data) > MAX_FILE:
        raise JournalUnreadable(name, "too_large")
    if not data.strip(b"\0 \r\n\t"):
        raise JournalUnreadable(name, "empty")
    journal = _sealed(data, ring)
    text, encoding = ("", "") if journal is not None else _decode(data)
    journal = journal or _by_line(text, ring)
    if text and (journal is None or journal.harmed or not journal.complete):
        journal = max(filter(None, (_whole(text, ring), journal)), key=_worth, default=None)
    if journal is None:
        raise JournalUnreadable(name, "encoding" if encoding else "unreadable")
    journal.re_encoded = encoding
    _compare(journal)
    if community and journal.head.community != community and not journal.true_head:
        raise OtherCommunity(name)
    return journal


def _worth(journal: JournalFile) -> tuple[int, int]:
    return (len(journal.records), -len(journal.harmed))


def _compare(journal: JournalFile) -> None:
    """Hold the records of a file against each other and against its head."""
    journal.records.sort(key=lambda record: (record.seq, record.digest))
    if is_strange(journal.head):
        _drop_unlinked(journal)
    kept: list[Record] = []
    for record in journal.records:
        if kept and kept[-1].seq == record.seq:
            journal.harmed.append((record.seq, "twice"))
        if not kept or kept[-1].ref != record.ref:
            kept.append(record)
    journal.records = kept
    journal.true_head = _named_head(journal)
    if not journal.true_head or signature_holds(kept[-1], journal.head):  # else the head's very key may be harmed
        drop_unsigned(journal, journal.head)
        journal.true_head = _named_head(journal)


def _named_head(journal: JournalFile) -> str:
    """The head that the first record names, where it is another one."""
    named = [record.prev for record in journal.records if record.seq == 1]
    return named[0] if named and journal.head.digest not in named else ""


def drop_unsigned(journal: JournalFile, head: Head) -> None:
    """Name records as harmed that no signature speaks for: that of the last of a chain speaks for all before it."""
    if not head.key or is_strange(head):
        return
    kept: list[Record] = []
    for record in reversed(journal.records):
        spoken_for = bool(kept) and kept[-1].seq == record.seq + 1 and kept[-1].prev == record.digest
        if spoken_for or signature_holds(record, head):
            kept.append(record)
        else:
            journal.harmed.append((record.seq, "signature"))
    journal.records = kept[::-1]


def _drop_unlinked(journal: JournalFile) -> None:
    """Without signatures that can be checked, only the next record tells that one is unharmed."""
    named = {(record.seq - 1, record.prev) for record in journal.records}
    numbers = {seq for seq, _digest in named}
    for record in list(journal.records):
        if record.seq in numbers and (record.seq, record.digest) not in named:
            journal.records.remove(record)
            journal.harmed.append((record.seq, "digest"))


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


def _sealed(data: bytes, ring: Ring | None) -> JournalFile | None:
    """A whole sealed journal in our own spelling; `None` of anything else, which is read with more patience."""
    start = data.find(RECORDS)
    if start < 0 or not data.endswith(END):
        return None
    try:
        tables = load(data[:start].decode().rstrip().rstrip(",") + "}")
        journal = JournalFile(read_head(tables["journal"]["1"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if (
        not journal.head.epoch
        or opening({"journal": {"1": head_row(journal.head)}}, "records") != data[: start + len(RECORDS)]
    ):
        return None
    return journal if _take_lines(journal, data, start + len(RECORDS), ring) else None


def _take_lines(journal: JournalFile, data: bytes, place: int, ring: Ring | None) -> bool:
    """Read line by line up to the end; says whether each is whole."""
    lines, end = SealedLines(journal.head, ring), len(data) - len(END)
    while place < end:
        found = lines.read(data, place)
        if found is None:  # an open one: `seen`, or what gives keys
            stop = data.find(b"\n", place + 1, end)
            stop = end if stop < 0 else stop - 1
            _take_line(journal, data[place + 1 : stop].decode("utf-8", "replace"), ring)
            if journal.harmed:
                return False
            place = stop
        else:
            journal.records.append(found[0])
            place = found[1]
        if place < end:
            if data[place : place + 1] != b",":
                return False
            place += 1
    return True


def _by_line(text: str, ring: Ring | None) -> JournalFile | None:
    """Our own layout: the head's line, then one record a line; `None` where the head can't be read so."""
    start, found, rest = text.partition('"records": {')
    if not found:
        return None
    try:
        tables = load(start.rstrip().rstrip(",") + "}")
        journal = JournalFile(read_head(tables["journal"]["1"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    lines = [line for line in rest.split("\n") if line.strip(_BLANK)]
    journal.complete = bool(lines) and lines[-1].strip(_BLANK) in ("}}", "}")
    for line in lines:
        if line.strip(_BLANK) not in ("}}", "}"):
            _take_line(journal, line, ring)
    return journal


def _take_line(journal: JournalFile, line: str, ring: Ring | None) -> None:
    start = _NUMBER.match(line[:64])
    number = int(start[1]) if start else 0
    value = line[start.end() :].strip(_BLANK).removesuffix(",").rstrip(_BLANK) if start else ""
    if len(line) > MAX_LINE:
        journal.harmed.append((number, "too large"))
    elif start is None or not value.endswith("}"):
        journal.harmed.append((number, "torn"))
    else:
        _take_row(journal, start[1], value, ring)


def _take_row(journal: JournalFile, key: str, value: str, ring: Ring | None) -> None:
    try:
        journal.records.append(read_record(key, load(value), journal.head, ring))
    except Harm as harm:
        journal.harmed.append((int(key), harm.reason))
    except (ValueError, RecursionError):
        journal.harmed.append((int(key), "json"))


def _whole(text: str, ring: Ring | None) -> JournalFile | None:
    """Any other spelling of the same JSON, as an editor may have laid it out."""
    if len(text) > MAX_RELAID:
        return None
    try:
        tables = load(text.strip(_BLANK))
        journal = JournalFile(read_head(tables["journal"]["1"]), relaid=True)
        rows = tables["records"].items()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    for key, row in rows:
        try:
            journal.records.append(read_record(key, row, journal.head, ring))
        except Harm as harm:
            journal.harmed.append((int(key) if re.fullmatch("[0-9]{1,15}", key) else 0, harm.reason))
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
