"""Who founded the community, as its founding head says."""

from __future__ import annotations

from .ledger import Ledger
from .record import Head
from .rows import founds, is_strange


class Founder:
    """The founder, as soon as a head that proves it is here."""

    def __init__(self, community: str, ledger: Ledger, person: str = "", key: str = "") -> None:
        self.person = person
        """Person id in the founding head; empty while that is not here."""
        self.key = key
        """The founder's signing key in that head; empty in an unprotected workspace."""
        self._community, self._ledger = community, ledger

    def note(self, head: Head) -> None:
        """A head came in, or was written: it may be the founding one."""
        if founds(head) and head.community == self._community and self._is_proved(head):
            self.person, self.key = head.person, head.key

    def _is_proved(self, head: Head) -> bool:
        """Whether who founded signed what follows this head; anybody could write a head alone, with any person in it."""
        if not head.key:
            return True
        branches = self._ledger.branches(head.journal)
        firsts = (branch.records[0] for branch in branches if branch.records)
        return not is_strange(head) and any(one.seq == 1 and one.prev == head.digest for one in firsts)
