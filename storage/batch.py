"""A batch: records that are being composed, to be written together in one flush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .canonical import encode
from .ledger import SEEN, Ledger
from .record import Entry, Head, Record, Ref
from .rows import new_record, record_row

if TYPE_CHECKING:
    from .sealing import SealingPen

FARTHEST = 2**40
"""No community writes so many records: a claim beyond is nonsense, and would leave no room for the next ones."""


class Batch:
    """Records that are being composed; they are written together, in one flush, when the block is left."""

    def __init__(self, ledger: Ledger, head: Head, prev: Entry | None, now: str, pen: SealingPen | None) -> None:
        self._head, self._now, self._pen = head, now, pen
        self._seq, self._prev, self._clock = (
            (prev.record.seq, prev.record.digest, _reached(prev))
            if prev is not None and prev.record.journal == head.journal
            else (0, head.digest, _reached(prev) if prev is not None and head.predecessor is not None else 0)
        )
        self._ledger = ledger
        self.records: list[Record] = []
        self.entries: list[Entry] = []
        """Filled when the block was left."""

    def add(self, kind: str, body: dict[str, Any]) -> Ref:
        """Compose a record; its reference may be named at once by the next one.

        Raises:
            NotPlainData: The body has no place in a record, or is too large.
        """
        seen = [self._ledger.get(Ref.parse(text)) for text in body["heads"]] if kind == SEEN else []
        clock = 1 + max([self._clock, *(entry.clock for entry in seen if entry is not None)])
        record = new_record(self._head.journal, self._seq + 1, clock, self._now, kind, body, self._prev, self._pen)
        self._seq, self._prev, self._clock = record.seq, record.digest, clock
        self.records.append(record)
        return record.ref

    def size(self) -> int:
        """Bytes of the records so far."""
        return sum(len(encode(record_row(record))) for record in self.records)


def _reached(prev: Entry) -> int:
    """The clock that a laptop had reached with its last record.

    While some of what that rests on is not here (a harmed file of the store), its own claim is the better witness: a
    lower one would be contradicted as soon as the file is mended.
    """
    return prev.clock if prev.whole else max(prev.clock, min(prev.record.clock, FARTHEST))
