"""Records and heads as rows of a journal's TinyDB tables, and back; unknown fields are kept, the digest covers them."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from .canonical import bytes_sum, canonical, digest, encode
from .errors import NotPlainData
from .record import Body, Erased, Head, Opaque, Record, Ref, Ring, Sealed

if TYPE_CHECKING:
    from .sealing import SealingPen

FORMAT = 1
END = b"\n}}\n"
FILLER = "#"
"""What an erased salt and body are made of; no salt and no sealed body ever is."""
LARGEST_BODY = 600_000
"""Bytes of one body; sealed, in base64 and with its frame, it stays below what a reader lets in."""
LARGEST_EXTRA = 16_384
"""Bytes of what a head may say beyond what this version knows: a request to be let in takes 400."""
OPEN_KINDS = frozenset({"seen", "epoch", "wrap"})
"""What stays readable without a key in a sealed workspace: order, gaps, and who gets which key rest on it."""
_HEX16 = re.compile(r"[0-9a-f]{16}")
_HEX24 = re.compile(r"[0-9a-f]{24}")
_HEX32 = re.compile(r"[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEAD = ("journal", "community", "device", "person", "day", "key", "predecessor", "salt", "format")
_EPOCH = "epoch"
"""In a head only where bodies are sealed: an unprotected journal stays as it always was."""
_RECORD = ("journal", "seq", "clock", "at", "kind", "salt", "body", "sum", "prev", "sig")


@dataclass(frozen=True, slots=True)
class Harm(ValueError):
    """A row is no usable record; `reason` says why."""

    reason: str


def opening(tables: Mapping[str, Mapping[str, Any]], last: str) -> bytes:
    """The file up to the first document of its last table."""
    lines = [encode(name) + b": " + encode(rows) for name, rows in tables.items() if name != last]
    return b"{" + b",\n".join([*lines, encode(last) + b": {"])


def head_row(head: Head) -> dict[str, Any]:
    """A head as it stands in the file, without its digest."""
    row = {name: getattr(head, name) for name in _HEAD}
    row["predecessor"] = str(head.predecessor) if head.predecessor else None
    if head.epoch:
        row[_EPOCH] = head.epoch
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
    epoch = row.get(_EPOCH, "")
    known = _HEAD if not _is_hex32(epoch) else (*_HEAD, _EPOCH)
    extra = {name: value for name, value in row.items() if name not in known}
    if len(canonical(extra)) > LARGEST_EXTRA or len(row["day"]) > LARGEST_EXTRA:
        raise Harm("head: too large")
    return Head(
        row["journal"], row["community"], row["device"], row["person"], row["day"], row["key"],
        epoch if _is_hex32(epoch) else "", predecessor, row["salt"], row["format"], extra, sealed,
    )  # fmt: skip


def sealed_head(head: Head) -> Head:
    """The same head with its digest reckoned."""
    return read_head(head_row(head))


def community_id(founder: str, salt: str) -> str:
    """Id of a community: digest of its founder's key (unprotected: person id) and of a salt."""
    return digest("community", founder, salt)


def founds(head: Head) -> bool:
    """Whether a head is the founding one of the community that it names."""
    return bool(head.salt) and community_id(head.key or head.person, head.salt) == head.community


def record_digest(row: Body) -> str:
    """SHA-256 over all of a record but `salt`, `body` and `sig`."""
    extra = {name: value for name, value in row.items() if name not in _RECORD}
    return digest(
        row["journal"], row["seq"], row["clock"], row["at"], row["kind"], row["sum"], row["prev"],
        canonical(extra) if extra else b"",
    )  # fmt: skip


def new_record(
    journal: str,
    seq: int,
    clock: int,
    at: str,
    kind: str,
    body: dict[str, Any],
    prev: str,
    pen: SealingPen | None = None,
) -> Record:
    """Compose a record.

    Without a `pen`, that is in an unprotected workspace, the body is open under a fresh salt and `sig` is the record's
    own digest.

    Raises:
        NotPlainData: The body holds what a record may not, or is larger than readers let in.
    """
    data = canonical(body)
    if len(data) > LARGEST_BODY:
        raise NotPlainData("larger than a record may be")
    salt, shown = secrets.token_hex(16), cast("Body", body)
    if pen is not None and kind not in OPEN_KINDS:
        salt, data, shown = pen.seal(journal, seq, kind, body)
    row: dict[str, Any] = {
        "journal": journal, "seq": seq, "clock": clock, "at": at, "kind": kind, "prev": prev,
        "sum": bytes_sum(salt, data),
    }  # fmt: skip
    own = record_digest(row)
    sig = own if pen is None else pen.sign(own)
    return Record(journal, seq, clock, at, kind, salt, shown, row["sum"], prev, sig, own)


def record_row(record: Record) -> dict[str, Any]:
    """A record as it stands in the file."""
    row = {name: getattr(record, name) for name in _RECORD} | dict(record.extra)
    if isinstance(record.body, Opaque):
        row["body"] = record.body.value
    elif isinstance(record.body, Sealed):
        row["body"] = record.body.text
    return row


def erased(record: Record) -> Record:
    """A record without its body and salt: filler of the same length in the file, and every digest still holds."""
    length = len(encode(record_row(record)["body"]))
    return replace(record, salt=FILLER * len(record.salt), body=Erased(FILLER * (length - 2)))


def is_filler(salt: str) -> bool:
    """Whether a salt is an erased one."""
    return bool(salt) and not salt.strip(FILLER)


def is_strange(head: Head) -> bool:
    """Whether a journal's signatures are of a kind that this version can't check: of a newer format or another key."""
    return head.format > FORMAT or not (head.key == "" or _HEX64.fullmatch(head.key))


def signature_holds(record: Record, head: Head) -> bool:
    """Whether a record is signed by its head's key; in an unprotected journal `sig` is the record's own digest."""
    if is_strange(head):
        return True  # nobody here can tell
    if not head.key:
        return record.sig == record.digest
    from .sealing import holds

    return holds(head.key, record.sig, record.digest)


def read_record(key: str, row: Any, head: Head, ring: Ring | None = None) -> Record:
    """A record from its row under a document id; raises `Harm` unless every digest holds.

    Signatures under a key are left to `signature_holds`, as one speaks for all records before it. In a journal that
    `is_strange`, a body whose sum is of an unknown make is kept unused.
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
        body = _body(row, head, ring)
    except ValueError as error:
        raise Harm("not plain data") from error
    if body is None or (own != row["sig"] and not head.key and not is_strange(head)):
        raise Harm("digest")
    extra = {name: value for name, value in row.items() if name not in _RECORD}
    return Record(
        row["journal"], row["seq"], row["clock"], row["at"], row["kind"], row["salt"], body, row["sum"], row["prev"],
        row["sig"], own, extra,
    )  # fmt: skip


def _body(row: dict[str, Any], head: Head, ring: Ring | None) -> Body | None:
    """A record's body; `None` where it is not what `sum` is the digest of. An erased one is never used."""
    body, salt = row.get("body"), row["salt"]
    if is_filler(salt):
        return Erased(body) if isinstance(body, str) and not body.strip(FILLER) else None
    if head.epoch and isinstance(body, str) and _HEX24.fullmatch(salt):
        return _sealed(row, head, ring)
    data = canonical(body)
    if not _HEX32.fullmatch(salt) or bytes_sum(salt, data) != row["sum"]:  # capitals would hold as well
        return Opaque(body) if is_strange(head) else None
    return body if isinstance(body, dict) else Opaque(body)


def _sealed(row: dict[str, Any], head: Head, ring: Ring | None) -> Body | None:
    text: str = row["body"]
    data = base64.b64decode(text, validate=True)
    if bytes_sum(row["salt"], data) != row["sum"] or base64.b64encode(data).decode() != text:
        return Opaque(text) if is_strange(head) else None
    return Sealed(text, ring, (head.journal, head.epoch, row["salt"]), row["seq"], row["kind"])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_hex32(value: Any) -> bool:
    return isinstance(value, str) and _HEX32.fullmatch(value) is not None
