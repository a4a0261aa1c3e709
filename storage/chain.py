"""This laptop's own chain of records, through all its journals: where it ends, what is in doubt, what it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from .laptop import Laptop
from .ledger import Ledger
from .record import Entry, Head, Record, Ref
from .witness import Witness

if TYPE_CHECKING:  # few laptops have a double
    from .doubles import Double


class Chain:
    """What this laptop wrote, one record behind another."""

    def __init__(self, ledger: Ledger, laptop: Laptop, witness: Witness, *, has_place: bool) -> None:
        """Know nothing yet; `find_end` is told when the ledger holds all that is here.

        Args:
            ledger: All records at hand.
            laptop: Whose chain it is.
            witness: What of the ledger the laptop has named in its `seen` records.
            has_place: Whether this process has the app's place, and so may go on with what others of it wrote.
        """
        self.tip: Ref | None = None
        """This laptop's last record, which its next journal names as predecessor; `None` beside another app's."""
        self.has_place = has_place
        self.witness = witness
        self._beside: Ref | None = None
        """Beside another app: the laptop's last record, which the first `seen` names."""
        self._ledger, self._laptop = ledger, laptop
        self._doubtful: set[str] = set()
        """Journals of this laptop that are not gone on with."""
        self._news = True
        """Something may be here that no `seen` of this laptop names yet."""

    def find_end(self) -> None:
        """Find the last record in the ledger, in the one order; before the first one, that under the old id."""
        device = self._laptop.device
        mine = [entry for entry in map(self._ledger.get, self._ledger.heads()) if entry and entry.device == device]
        ends = self._of_this_copy(mine)
        last = max(ends, key=attrgetter("order")).record.ref if ends else self._renewed_from()
        self.tip, self._beside = (last, None) if self.has_place else (None, last)
        self.witness.follow(last)

    def _of_this_copy(self, mine: list[Entry]) -> list[Entry]:
        """Of the ends of this laptop's chain those that this disk wrote, should another disk bear the same id."""
        own = self._laptop.last_begun
        if len(mine) < 2 or not self.doubles():
            return mine
        here = [one for one in mine if any(ref.journal == own for ref in self._ledger.chain(one.record.ref))]
        return here or mine

    def _renewed_from(self) -> Ref | None:
        ref = self._laptop.renewed_from
        return ref if ref is not None and ref in self._ledger else None

    # -- going on

    @property
    def end(self) -> Entry | None:
        """The record that the next one may follow."""
        return self._ledger.get(self.tip) if self.tip is not None else None

    def goes_on(self, head: Head) -> bool:
        """Whether the next record of a journal rests on this laptop's last one."""
        return self.tip is not None and (self.tip.journal == head.journal or head.predecessor == self.tip)

    def grow(self, records: list[Record]) -> None:
        """This process wrote records: now the chain ends with the last of them."""
        self.tip = records[-1].ref
        self.witness.follow(self.tip)
        self.witness.note(records)
        self._news = False

    def is_forgotten(self, end: Entry) -> bool:
        """Whether others know more of the last record's journal than is here: this is an older state."""
        return self._ledger.names_beyond(end.record.ref)

    # -- what came in

    def notice(self, head: Head, records: Sequence[Record], unknown: Sequence[Record]) -> None:
        """A file of the journal brought records, some of them unknown here.

        Records of this laptop that it did not know come from a command beside it, its own later past, or its double.
        """
        own = head.device == self._laptop.device
        if own:
            self.witness.note(records)
        if not unknown:
            return
        self._news = True
        if own and self.tip is not None:
            self.doubt(head.journal)
            last = unknown[-1].ref
            if self.tip in self._ledger.chain(last):
                self.tip = last
                self.witness.follow(last)

    def doubt(self, journal: str) -> None:
        """Have a journal of this laptop never be gone on with."""
        self._doubtful.add(journal)

    def is_doubtful(self, journal: str) -> bool:
        """Whether a journal of this laptop is not gone on with."""
        return journal in self._doubtful

    @property
    def has_doubts(self) -> bool:
        """Whether any is."""
        return bool(self._doubtful)

    def unseen(self) -> list[Ref]:
        """What this laptop has taken in and not yet borne witness to: what it writes next rests on it."""
        return self.witness.due() if self._news else []

    def greeting(self, unseen: list[Ref]) -> list[Ref]:
        """The same, and the other app's last record: a journal that names no predecessor begins with it."""
        return sorted({*unseen, self._beside}) if self._beside is not None else unseen

    # -- one id in two places

    def doubles(self) -> list[Double]:
        """Places where the chain went on twice under the same id."""
        from .doubles import doubles

        return doubles(self._ledger, self._laptop.device)

    def must_renew(self) -> bool:
        """Whether it is this laptop that is to take a new id: of two that share one, the first keeps it."""
        mine = set(self._ledger.chain(self.tip or self._beside))
        return any(mine & set(double.branches[1:]) for double in self.doubles())
