"""Records and heads as rows of a journal's TinyDB tables, and back; unknown fields are kept, the digest covers them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from .canonical import body_sum, canonical, digest
from .errors import NotPlainData
from .record import Body, Head, Record, Ref

FORMAT = 1
ERASED = "erased"
_HEX16 = re.compile(r"[0-9a-f]{16}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEAD = ("journal", "community", "device", "person", "day", "key", "predecessor", "salt", "format")
_RECORD = ("journal", "seq", "clock", "at", "kind", "salt", "body", "sum", "prev", "sig")


@dataclass(frozen=True, slots=True)
class Harm(ValueError):
    """A row is no usable record; `reason` says why."""

    reason: str


def head_row(head: Head) -> dict[str, Any]:
    """A head as it stands in the file, without its digest."""
    row = {name: getattr(head, name) for name in _HEAD}
    row["predecessor"] = str(head.predecessor) if head.predecessor else None
    return row | dict(head.extra)


def read_head(row: Any) -> Head:
    """A head from its row; raises `Harm`."""
    if not isinstance(row, dict):
        raise Harm("no head")
    for name in ("journal", "device", "person"):
        if not isinstance(row.get(name), str) or not _HEX16.fullmatch(row[name]):
            raise Harm(f"head: {name}")
    if not isinstance(row.get("community"), str) or not _HEX64.fullmatch(row["community"]):
        raise Harm("head: community")
    if not isinstance(row.get("format"), int) or not isinstance(row.get("day"), str):
        raise Harm("head: format")
    try:
        predecessor = Ref.parse(row["predecessor"]) if row.get("predecessor") else None
        sealed = digest(canonical(row))
    except (ValueError, NotPlainData) as error:
        raise Harm("head: predecessor") from error
    extra = {name: value for name, value in row.items() if name not in _HEAD}
    return Head(
        row["journal"], row["community"], row["device"], row["person"], row["day"], _text(row.get("key")), predecessor,
        _text(row.get("salt")), row["format"], extra, sealed,
    )  # fmt: skip


def sealed_head(head: Head) -> Head:
    """The same head with its digest reckoned."""
    return read_head(head_row(head))


def community_id(person: str, salt: str) -> str:
    """Id of a community: digest of its founder's key (unprotected: person id) and of a salt."""
    return digest("community", person, salt)


def record_digest(row: Body) -> str:
    """SHA-256 over all of a record but `salt`, `body` and `sig`."""
    extra = {name: value for name, value in row.items() if name not in _RECORD}
    return digest(
        row["journal"], row["seq"], row["clock"], row["at"], row["kind"], row["sum"], row["prev"],
        canonical(extra) if extra else b"",
    )  # fmt: skip


def new_record(journal: str, seq: int, clock: int, at: str, kind: str, body: dict[str, Any], prev: str) -> Record:
    """Compose a record of an unprotected workspace: a fresh salt, `sig` its own digest.

    Raises:
        NotPlainData: The body holds what a record may not.
    """
    salt = secrets.token_hex(16)
    row: dict[str, Any] = {
        "journal": journal, "seq": seq, "clock": clock, "at": at, "kind": kind, "prev": prev,
        "sum": body_sum(salt, body),
    }  # fmt: skip
    own = record_digest(row)
    return Record(journal, seq, clock, at, kind, salt, body, row["sum"], prev, own, own)


def record_row(record: Record) -> dict[str, Any]:
    """A record as it stands in the file."""
    return {name: getattr(record, name) for name in _RECORD} | dict(record.extra)


def read_record(key: str, row: Any, journal: str) -> Record:
    """A record from its row under a document id; raises `Harm` unless every digest holds."""
    if not isinstance(row, dict):
        raise Harm("no object")
    for name in ("journal", "at", "kind", "salt", "sum", "prev", "sig"):
        if not isinstance(row.get(name), str):
            raise Harm(f"field {name}")
    seq, clock = row.get("seq"), row.get("clock")
    if not _is_count(seq) or not _is_count(clock) or key != str(seq):
        raise Harm("number")
    if row["journal"] != journal:
        raise Harm("record of another journal")
    try:
        own = record_digest(row)
        intact = own == row["sig"] and (row["salt"] == ERASED or body_sum(row["salt"], row.get("body")) == row["sum"])
    except (NotPlainData, ValueError) as error:
        raise Harm("not plain data") from error
    if not intact:
        raise Harm("digest")
    body = row["body"] if isinstance(row.get("body"), dict) else {}
    extra = {name: value for name, value in row.items() if name not in _RECORD}
    return Record(
        journal, row["seq"], row["clock"], row["at"], row["kind"], row["salt"], body, row["sum"], row["prev"],
        row["sig"], own, extra,
    )  # fmt: skip


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
