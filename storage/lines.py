"""Sealed records in our own spelling, read by one pattern a line: what a start spends its time on.

Whatever is not to the byte as we write it is left to the patient reader in `storage.reader`.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from hashlib import sha256

from .canonical import LARGEST
from .record import Head, Record, Ref, Ring, Sealed, made

_LINE = re.compile(
    rb'\n"([1-9][0-9]{0,15})":\{"journal":"([0-9a-f]{16})","seq":\1,"clock":([1-9][0-9]{0,15}),"at":"([ !#-\[\]-~]*)",'
    rb'"kind":"([ !#-\[\]-~]*)","salt":"([0-9a-f]{24})","body":"([A-Za-z0-9+/]*={0,2})","sum":"([0-9a-f]{64})",'
    rb'"prev":"([0-9a-f]{64})","sig":"([0-9a-f]*)"\}'
)
_LENGTHS = [number.to_bytes(4, "big") for number in range(256)]
_PLACE_OF_DIGEST = _LENGTHS[64]
_NO_EXTRA: dict[str, object] = {}


class SealedLines:
    """Reads the sealed lines of one journal's file."""

    def __init__(self, head: Head, ring: Ring | None) -> None:
        self._journal, self._epoch, self._ring = head.journal, head.epoch, ring
        self._named = head.journal.encode()
        self._start = sha256(_LENGTHS[16] + self._named)

    def read(self, data: bytes, place: int) -> tuple[Record, int] | None:
        """The record whose line begins with the line break at a place, and where it ends; `None` of any other line."""
        found = _LINE.match(data, place)
        if found is None:
            return None
        number, journal, clock, at, kind, salt, text, total, prev, sig = found.groups()
        try:
            sealed = b64decode(text, validate=True)
        except Error:
            return None
        if (
            journal != self._named
            or int(number) > LARGEST
            or int(clock) > LARGEST
            or len(at) > 255
            or len(kind) > 255
            or b64encode(sealed) != text
            or sha256(bytes.fromhex(salt.decode()) + sealed).hexdigest().encode() != total
        ):
            return None
        return self._record(number, clock, at, kind, salt, text, total, prev, sig), found.end()

    def _record(
        self, number: bytes, clock: bytes, at: bytes, kind: bytes, salt: bytes, text: bytes, total: bytes, prev: bytes,
        sig: bytes,
    ) -> Record:  # fmt: skip
        hashed = self._start.copy()
        hashed.update(
            b"".join((
                _LENGTHS[len(number)], number, _LENGTHS[len(clock)], clock, _LENGTHS[len(at)], at, _LENGTHS[len(kind)], kind,
                _PLACE_OF_DIGEST, total, _PLACE_OF_DIGEST, prev, _LENGTHS[0],
            ))
        )  # fmt: skip
        seq, nonce, name = int(number), salt.decode(), kind.decode()
        body = Sealed(text.decode(), self._ring, (self._journal, self._epoch, nonce), seq, name)
        own = hashed.hexdigest()
        return made(
            Record,
            {
                "ref": Ref(self._journal, seq, own),
                "journal": self._journal, "seq": seq, "clock": int(clock), "at": at.decode(), "kind": name, "salt": nonce,
                "body": body, "sum": total.decode(), "prev": prev.decode(), "sig": sig.decode(),
                "digest": own, "extra": _NO_EXTRA,
            },
        )  # fmt: skip
