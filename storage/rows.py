"""Records and heads as rows of a journal's TinyDB tables, and back; unknown fields are kept, the digest covers them."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from typing import Any

from .canonical import bytes_sum, canonical, digest, encode
from .errors import NotPlainData
from .record import Body, Erased, Head, Opaque, Record, Ref

FORMAT = 1
FILLER = "#"
"""What an erased salt and body are made of; no salt and no sealed body ever is."""
LARGEST_BODY = 1_000_000
"""Bytes of one body; with its frame it stays below what a reader lets in."""
_HEX16 = re.compile(r"[0-9a-f]{16}")
_HEX32 = re.compile(r"[0-9a-f]{32}")
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
    if not _is_count(row.get("format")) or not all(isinstance(row.get(name), str) for name in ("day", "key", "salt")):
        raise Harm("head: format")
    try:
        named = row["predecessor"]
        predecessor = None if named is None else Ref.parse(named)
        sealed = digest(canonical(row))
    except (KeyError, ValueError) as error:
        raise Harm("head: predecessor") from error
    if predecessor is not None and str(predecessor) != named:
        raise Harm("head: predecessor")
    extra = {name: value for name, value in row.items() if name not in _HEAD}
    return Head(
        row["journal"], row["community"], row["device"], row["person"], row["day"], row["key"], predecessor,
        row["salt"], row["format"], extra, sealed,
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
        NotPlainData: The body holds what a record may not, or is larger than readers let in.
    """
    salt = secrets.token_hex(16)
    data = canonical(body)
    if len(data) > LARGEST_BODY:
        raise NotPlainData("larger than a record may be")
    row: dict[str, Any] = {
        "journal": journal, "seq": seq, "clock": clock, "at": at, "kind": kind, "prev": prev,
        "sum": bytes_sum(salt, data),
    }  # fmt: skip
    own = record_digest(row)
    return Record(journal, seq, clock, at, kind, salt, body, row["sum"], prev, own, own)


def record_row(record: Record) -> dict[str, Any]:
    """A record as it stands in the file."""
    row = {name: getattr(record, name) for name in _RECORD} | dict(record.extra)
    if isinstance(record.body, Opaque):
        row["body"] = record.body.value
    return row


def erased(record: Record) -> Record:
    """A record without its body and salt: filler of the same length in the file, and every digest still holds."""
    length = len(encode(record_row(record)["body"]))
    return replace(record, salt=FILLER * len(record.salt), body=Erased(FILLER * (length - 2)))


def is_filler(salt: str) -> bool:
    """Whether a salt is an erased one."""
    return bool(salt) and not salt.strip(FILLER)


def is_strange(head: Head) -> bool:
    """Whether a journal's signatures are of a kind that this version can't check: of a newer format, or under a key."""
    return head.format > FORMAT or bool(head.key)


def signature_holds(record: Record, head: Head) -> bool:
    """Whether a record was signed by whom its journal names; in an unprotected workspace `sig` is the own digest.

    True where this version can't check it: see `is_strange`.
    """
    return is_strange(head) or record.sig == record.digest


def read_record(key: str, row: Any, head: Head) -> Record:
    """A record from its row under a document id; raises `Harm` unless every digest holds.

    In a journal that `is_strange`, `sig` stays unchecked, and a body whose sum is of an unknown make is kept unused.
    """
    if not isinstance(row, dict):
        raise Harm("no object")
    for name in ("journal", "at", "kind", "salt", "sum", "prev", "sig"):
        if not isinstance(row.get(name), str):
            raise Harm(f"field {name}")
    if not _is_count(row.get("seq")) or not _is_count(row.get("clock")) or key != str(row["seq"]):
        raise Harm("number")
    if row["journal"] != head.journal:
        raise Harm("record of another journal")
    try:
        "".join(
            (row["at"], row["kind"], row["salt"], row["sum"], row["prev"], row["sig"])
        ).encode()  # no lone surrogates
        own = record_digest(row)
        body = _body(row, strange=is_strange(head))
    except ValueError as error:
        raise Harm("not plain data") from error
    if body is None or (own != row["sig"] and not is_strange(head)):
        raise Harm("digest")
    extra = {name: value for name, value in row.items() if name not in _RECORD}
    return Record(
        row["journal"], row["seq"], row["clock"], row["at"], row["kind"], row["salt"], body, row["sum"], row["prev"],
        row["sig"], own, extra,
    )  # fmt: skip


def _body(row: dict[str, Any], *, strange: bool) -> Body | None:
    """A record's body; `None` where it is not what `sum` is the digest of. An erased one is never used."""
    body = row.get("body")
    data = canonical(body)
    if is_filler(row["salt"]):
        return Erased(body) if isinstance(body, str) and not body.strip(FILLER) else None
    if not _HEX32.fullmatch(row["salt"]) or bytes_sum(row["salt"], data) != row["sum"]:  # capitals would hold as well
        return Opaque(body) if strange else None
    return body if isinstance(body, dict) else Opaque(body)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
