"""Reading a journal that may have been through anything: what is whole is used, what is harmed is named."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .canonical import load
from .errors import JournalUnreadable, OtherCommunity
from .files import patiently
from .lines import RECORDS, Checker, Lines, open_record, record_end
from .record import Erased, Head, Record, Ref, Ring
from .rows import END, Harm, head_row, is_filler, is_strange, opening, read_head, read_record, signature_holds
from .runs import Rows, Run, before, line_of, parents_of

MAX_FILE = 64 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_RELAID = 16 * 1024 * 1024
"""Other programs' spellings of a journal are parsed as a whole, so they may be less large."""
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BLANK = " \t\r\n\0"
_TORN_END = ",}}"
"""See `storage.journal.TORN_END`."""
_NUMBER = re.compile(r'\s{0,16}"([0-9]{1,15})"\s{0,16}:')
_CLAIM = re.compile(rb'^\s*\{\s*"journal"\s*:\s*\{')


@dataclass(slots=True)
class JournalFile:
    """What a file held."""

    head: Head
    records: Sequence[Record] = ()
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

    def erased(self) -> list[Ref]:
        """Records whose bodies are gone here."""
        if isinstance(self.records, Rows) and not self.records.any_erased:
            return []
        return [record.ref for record in self.records if isinstance(record.body, Erased)]


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
        return patiently(path.read_bytes)
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
    if isinstance(journal.records, Rows):
        return  # they were, when they were read
    records = sorted(journal.records, key=lambda record: (record.seq, record.digest))
    if is_strange(journal.head):
        records = _linked(journal, records)
    kept: list[Record] = []
    for record in records:
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


def _linked(journal: JournalFile, records: list[Record]) -> list[Record]:
    """Without signatures that can be checked, only the next record tells that one is unharmed."""
    named = {(record.seq - 1, record.prev) for record in records}
    numbers = {seq for seq, _digest in named}
    loose = {record.ref for record in records if record.seq in numbers and (record.seq, record.digest) not in named}
    journal.harmed += [(record.seq, "digest") for record in records if record.ref in loose]
    return [record for record in records if record.ref not in loose]


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
    """A whole sealed journal in our own spelling, its chain unbroken; anything else is read with more patience."""
    start = data.find(RECORDS)
    if start < 0 or not data.endswith(END):
        return None
    try:
        tables = load(data[:start].decode().rstrip().rstrip(",") + "}")
        head = read_head(tables["journal"]["1"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    start += len(RECORDS)
    if not head.epoch or is_strange(head) or opening({"journal": {"1": head_row(head)}}, "records") != data[:start]:
        return None
    rows = _rows(head, data, start, ring)
    if rows is None or (rows and not signature_holds(rows[-1], head)):
        return None
    return JournalFile(head, rows)


def _rows(head: Head, data: bytes, place: int, ring: Ring | None) -> Rows | None:
    """Read line by line up to the end; `None` where one is not whole, or does not name the one before it."""
    checker, places, end = Checker(head), array("q"), len(data) - len(END)
    lines, runs = Lines(head, data, ring, places), list[Run]()
    prev, seq, number = head.digest, 0, 0
    while place < end:
        record = None
        line = checker.check(data, place)
        if line is None:
            try:
                record = open_record(head, data, place, ring)
            except (ValueError, RecursionError):  # `Harm` is one
                return None
            line = line_of(record, record_end(data, place))
        if (line.prev != prev and (runs or line.seq == 1)) or (runs and line.seq != seq + 1):
            return None
        run = Run(
            head, line, before(head, line.seq, line.prev) if record is None else parents_of(head, record), lines, number
        )
        if record is not None and is_filler(record.salt):
            run.note_erased(0)
        places.append(place)
        digests, kinds, last_at, place = checker.follow(data, line, places)
        run.read_on(digests, kinds, last_at)
        runs.append(run)
        prev, seq, number = run.digest(len(run) - 1), line.seq + len(kinds), number + len(run)
        if place < end:
            if data[place : place + 1] != b",":
                return None
            place += 1
    return Rows(runs, lines)


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
    read = (_line(journal, line, ring) for line in lines if line.strip(_BLANK) not in ("}}", "}"))
    journal.records = [record for record in read if record is not None]
    return journal


def _line(journal: JournalFile, line: str, ring: Ring | None) -> Record | None:
    """The record on a line; where it is harmed, the journal says why."""
    start = _NUMBER.match(line[:64])
    number = int(start[1]) if start else 0
    value = line[start.end() :].strip(_BLANK).removesuffix(",").rstrip(_BLANK) if start else ""
    value = value.removesuffix(_TORN_END)
    if len(line) > MAX_LINE:
        journal.harmed.append((number, "too large"))
    elif start is None or not value.endswith("}"):
        journal.harmed.append((number, "torn"))
    else:
        try:
            return read_record(start[1], load(value), journal.head, ring)
        except Harm as harm:
            journal.harmed.append((number, harm.reason))
        except (ValueError, RecursionError):
            journal.harmed.append((number, "json"))
    return None


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
    records: list[Record] = []
    for key, row in rows:
        try:
            records.append(read_record(key, row, journal.head, ring))
        except Harm as harm:
            journal.harmed.append((int(key) if re.fullmatch("[0-9]{1,15}", key) else 0, harm.reason))
    journal.records = records
    return journal
