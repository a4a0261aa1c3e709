"""One laptop's id in two places: a disk that was imaged, or a backup that was gone on with."""

from __future__ import annotations

from dataclasses import dataclass

from .ledger import Ledger
from .record import Ref


@dataclass(frozen=True, slots=True)
class Double:
    """A place where a laptop's chain went on twice, and both branches still write under the same id."""

    at: Ref
    """The last record that both have."""
    branches: tuple[Ref, ...]
    """The last record of each, the branch first that keeps the id: the one that went on first in the one order."""


def doubles(ledger: Ledger, device: str) -> list[Double]:
    """Places where a laptop's chain went on twice; one whose branches but one took a new id is settled."""
    found: list[Double] = []
    for ref in sorted(_parting(ledger, device)):
        begun = sorted(_next(ledger, ref), key=ledger.order)
        tips = [tip for child in begun if (tip := _living_tip(ledger, child, device)) is not None]
        if len(tips) > 1:
            found.append(Double(ref, tuple(tips)))
    return found


def _parting(ledger: Ledger, device: str) -> set[Ref]:
    """Records that more than one record follows in the laptop's chain."""
    heads = ledger.journals()
    mine = {head.journal for head in heads if head.device == device}
    places = {head.predecessor for head in heads if head.predecessor and head.predecessor.journal in mine}
    for journal in mine:
        if ledger.is_forked(journal):
            places |= ledger.refs(journal)
    return {ref for ref in places if ref in ledger and len(_next(ledger, ref)) > 1}


def _next(ledger: Ledger, ref: Ref) -> list[Ref]:
    """The records that follow one in its laptop's chain."""
    return [child for child in ledger.children(ref) if _follows(ledger, child, ref)]


def _follows(ledger: Ledger, child: Ref, ref: Ref) -> bool:
    if child.seq > 1:
        return (child.journal, child.seq) == (ref.journal, ref.seq + 1)
    head = ledger.head(child.journal, ledger.prev(child))
    return head is not None and head.predecessor == ref


def _living_tip(ledger: Ledger, ref: Ref, device: str) -> Ref | None:
    """The end of a branch; `None` where it goes on under another id."""
    pending, last = [ref], None
    while pending:
        ref = pending.pop()
        entry = ledger.get(ref)
        if entry is None or entry.device != device:
            return None
        after = _next(ledger, ref)
        last = ref if not after else last
        pending += after
    return last
