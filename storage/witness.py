"""Bearing witness: what this laptop's records rest on already, and what its next `seen` has to name."""

from __future__ import annotations

from collections.abc import Iterable

from .ledger import SEEN, Ledger
from .record import Record, Ref
from .runs import named_in

HEADS_A_RECORD = 600
"""References in one `seen`: under 64 KB."""


class Witness:
    """Which heads of other journals this laptop's `seen` records have named, and which lie in its own chain."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._named: set[Ref] = set()
        self._chain: set[Ref] = set()

    def note(self, records: Iterable[Record]) -> None:
        """Records of this laptop: their `seen` have named something."""
        for record in records:
            self._named.update(named_in(record))

    def follow(self, tip: Ref | None) -> None:
        """The laptop's chain ends in `tip`: nothing of it needs naming."""
        for ref in self._ledger.chain(tip):
            if ref in self._chain:
                break
            self._chain.add(ref)

    def due(self) -> list[Ref]:
        """Heads to name now, sorted; none where all that is new is `seen`, or two laptops would answer each other."""
        heads = [ref for ref in self._ledger.heads() if ref not in self._named and ref not in self._chain]
        return sorted(heads) if any(self._brings_news(ref) for ref in heads) else []

    def _brings_news(self, ref: Ref) -> bool:
        entry = self._ledger.get(ref)
        while entry is not None and ref not in self._named and ref not in self._chain:
            if entry.kind != SEEN:
                return True
            ref = Ref(ref.journal, ref.seq - 1, self._ledger.prev(ref))
            entry = self._ledger.get(ref)
        return False


def in_pieces(heads: list[Ref]) -> list[dict[str, list[str]]]:
    """Bodies of the `seen` records that name some heads."""
    starts = range(0, len(heads), HEADS_A_RECORD)
    return [{"heads": [str(ref) for ref in heads[start : start + HEADS_A_RECORD]]} for start in starts]
