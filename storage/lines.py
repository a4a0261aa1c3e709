"""Sealed records in our own spelling, a line each: what a start spends its time on.

A line is held against its digests once, when its file is read (`checked`), and looked at only when somebody asks for its
record (`Lines`). Whatever is not to the byte as we write it is left to the patient reader in `storage.reader`.
"""

from __future__ import annotations

import re
from array import array
from binascii import a2b_base64, a2b_hex
from functools import cached_property
from hashlib import blake2b, sha256
from typing import NamedTuple

from .canonical import encode, load
from .record import Head, Record, Ref, Ring, Sealed, made
from .rows import END, read_record, record_row

RECORDS = b'"records": {'
_LINE = re.compile(
    rb'\n"([1-9][0-9]{0,15})":\{"journal":"([0-9a-f]{16})","seq":\1,"clock":([1-9][0-9]{0,15}),"at":"([ !#-\[\]-~]*)",'
    rb'"kind":"([ !#-\[\]-~]*)","salt":"([0-9a-f]{24})","body":"([A-Za-z0-9+/]*={0,2})","sum":"([0-9a-f]{64})",'
    rb'"prev":"([0-9a-f]{64})","sig":"([0-9a-f]*)"\}'
)
_LENGTHS = [number.to_bytes(4, "big") for number in range(256)]
_PLACE_OF_DIGEST = _LENGTHS[64]
_LAST_OF_FOUR = {0: frozenset(range(256)), 1: frozenset(b"AEIMQUYcgkosw048"), 2: frozenset(b"AQgw")}
"""Base64 digits before so many signs of padding: any other says the same bytes in another spelling."""
_BREAK = re.compile(b"\n")
_COMMA, _SEEN = ord(","), b"seen"
_LONGEST = 15
"""Digits of a number that is surely below 2^53; a longer one is left to the patient reader."""
_KINDS: dict[bytes, str] = {}
"""Kinds of records met so far: the same text for all of a kind."""
_NO_EXTRA: dict[str, object] = {}


class Line(NamedTuple):
    """What a checked line says of its record, besides its content."""

    seq: int
    clock: int
    at: str
    kind: str
    prev: str
    digest: bytes
    end: int
    """Where in the data it ends."""


class Checker:
    """Holds the sealed lines of one journal's file against their digests."""

    def __init__(self, head: Head) -> None:
        self._named = head.journal.encode()
        self._start = _LENGTHS[16] + self._named

    def check(self, data: bytes, place: int) -> Line | None:
        """The line that begins with the line break at a place; `None` of any that is not sealed, or not whole."""
        found = _LINE.match(data, place)
        digest = self._digest(*found.groups()) if found is not None else None
        if found is None or digest is None:
            return None
        number, _journal, clock, at, kind, _salt, _text, _total, prev, _sig = found.groups()
        return Line(int(number), int(clock), at.decode(), kind.decode(), prev.decode(), digest, found.end())

    def follow(self, data: bytes, line: Line, places: array[int]) -> tuple[bytearray, list[str], str, int]:
        """Read on from a line while the next ones only go on (see `storage.runs`).

        Args:
            data: The file.
            line: The one before.
            places: Where each line begins; is gone on with.

        Returns:
            Their digests, kinds, the wall time of the last, and where the last of them ends.
        """
        digests, kinds, place = bytearray(), list[str](), line.end
        seq, clock, at, prev = line.seq, line.clock, line.at.encode(), line.digest.hex().encode()
        day = at[:10]
        while data[place] == _COMMA and (found := _LINE.match(data, place + 1)) is not None:
            fields = number, _journal, claim, when, kind, _salt, _text, _total, named, _sig = found.groups()
            seq += 1
            clock += 1
            if named != prev or int(number) != seq or int(claim) != clock:
                break
            if when != at and (when < at or when[:10] != day):
                break
            digest = None if kind == _SEEN else self._digest(*fields)
            if digest is None:
                break
            places.append(place + 1)
            digests += digest
            kinds.append(_KINDS.get(kind) or _KINDS.setdefault(kind, kind.decode()))
            at, prev, place = when, digest.hex().encode(), found.end()
        return digests, kinds, at.decode(), place

    def _digest(
        self, number: bytes, journal: bytes, clock: bytes, at: bytes, kind: bytes, salt: bytes, text: bytes, total: bytes,
        prev: bytes, _sig: bytes,
    ) -> bytes | None:  # fmt: skip
        """The record's digest; `None` where the body's is not what it should be, or a field not as we write it."""
        padding = text.count(b"=", -2)
        if (
            journal != self._named
            or len(number) > _LONGEST
            or len(clock) > _LONGEST
            or len(at) > 255
            or len(kind) > 255
            or len(text) % 4
            or (padding and text[-padding - 1] not in _LAST_OF_FOUR[padding])
            or sha256(a2b_hex(salt) + a2b_base64(text)).digest() != a2b_hex(total)
        ):
            return None
        return sha256(
            b"".join((
                self._start, _LENGTHS[len(number)], number, _LENGTHS[len(clock)], clock, _LENGTHS[len(at)], at,
                _LENGTHS[len(kind)], kind, _PLACE_OF_DIGEST, total, _PLACE_OF_DIGEST, prev, _LENGTHS[0],
            ))
        ).digest()  # fmt: skip


class Lines:
    """A journal's file as bytes that were checked; its records are made when they are asked for."""

    def __init__(self, head: Head, data: bytes, ring: Ring | None, places: array[int] | None = None) -> None:
        """Keep the bytes; `places` is where each line begins, where that is known."""
        self.head, self.data, self._ring, self._places = head, data, ring, places

    @cached_property
    def digest(self) -> bytes:
        """BLAKE2b, 16 bytes, of the data but for what ends a file, so that it holds of a file that has grown, too."""
        return digest_of(self.data)

    def record(self, number: int, digest: bytes) -> Record:
        """The record on a line, counted from 0, of which the digest is known."""
        if self._places is None:
            self._places = _line_breaks(self.data)
        place = self._places[number]
        found = _LINE.match(self.data, place)
        if found is None:
            return open_record(self.head, self.data, place, self._ring)
        seq_text, _journal, clock, at, kind, salt, text, total, prev, sig = found.groups()
        seq, nonce, name, own = int(seq_text), salt.decode(), kind.decode(), digest.hex()
        journal = self.head.journal
        return made(
            Record,
            {
                "ref": Ref(journal, seq, own),
                "journal": journal, "seq": seq, "clock": int(clock), "at": at.decode(), "kind": name, "salt": nonce,
                "body": Sealed(text.decode(), self._ring, (journal, self.head.epoch, nonce), seq, name),
                "sum": total.decode(), "prev": prev.decode(), "sig": sig.decode(),
                "digest": own, "extra": _NO_EXTRA,
            },
        )  # fmt: skip


def record_end(data: bytes, place: int) -> int:
    """Where the line ends that begins with the line break at a place: before its comma, or at the end of them all."""
    stop = data.find(b"\n", place + 1)
    return stop - 1 if data[stop - 1 : stop] == b"," else stop


def open_record(head: Head, data: bytes, place: int, ring: Ring | None) -> Record:
    """A record that is not sealed, as `seen` and what gives keys, or that was erased, in our own spelling.

    Raises:
        ValueError: It is harmed (`Harm`), or spelled otherwise.
        RecursionError: Brackets without end.
    """
    line = data[place + 1 : record_end(data, place)]
    number, _, value = line.decode().partition(":")
    record = read_record(number.strip('"'), load(value), head, ring)
    if data[place : place + 1] != b"\n" or encode(str(record.seq)) + b":" + encode(record_row(record)) != line:
        raise ValueError("another spelling")
    return record


def digest_of(data: bytes) -> bytes:
    """See `Lines.digest`."""
    return blake2b(memoryview(data)[: -len(END)], digest_size=16).digest()


def _line_breaks(data: bytes) -> array[int]:
    start = data.index(RECORDS) + len(RECORDS)
    return array("q", [found.start() for found in _BREAK.finditer(data, start, len(data) - len(END))])
