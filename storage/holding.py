"""Who holds a record besides its own laptop: shown by the records of others that rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from .ledger import SEEN, Ledger
from .record import Entry, Ref


@dataclass(frozen=True, slots=True)
class OnlyHere:
    """What this laptop wrote and no other has borne witness to yet, `seen` records aside."""

    records: int
    since: Entry | None
    """The first of them."""


class Holding:
    """Kept up with a ledger: each record is looked at when it comes, and once more when somebody bears witness to it."""

    def __init__(self, ledger: Ledger, own: frozenset[str], trusted: frozenset[str] | None = None) -> None:
        """Know nothing yet.

        Args:
            ledger: All records at hand.
            own: The ids that this laptop writes, or has written, under.
            trusted: In a sealed workspace the signing keys whose word counts: a stranger's `seen` is none.
        """
        self._ledger, self._own, self._trusted = ledger, own, trusted
        self._looked_at = 0
        self._alone: dict[Ref, Entry] = {}
        """This laptop's records that nobody else is known to hold."""
        self._told: tuple[int, int, OnlyHere] = (0, 0, OnlyHere(0, None))

    def catch_up(self) -> None:
        """Look at what the ledger has taken in since the last time."""
        if self._looked_at == len(self._ledger):
            return
        new = [(ref, self._ledger.get(ref)) for ref in self._ledger.latest(len(self._ledger) - self._looked_at)]
        self._looked_at = len(self._ledger)
        mine = {ref: entry for ref, entry in reversed(new) if entry is not None and entry.device in self._own}
        self._alone.update(mine)
        for ref in mine:
            if any(self._shows_held(child) for child in self._ledger.children(ref)):
                self._held(ref)
        for ref, entry in new:
            if entry is not None and entry.device not in self._own and self._counts(entry):
                for parent in self._ledger.parents(ref):
                    self._held(parent)

    def _shows_held(self, child: Ref) -> bool:
        """Whether a record that rests on one of ours is another laptop's, or is itself held by one."""
        entry = self._ledger.get(child)
        if entry is None or not self._counts(entry):
            return False
        return entry.device not in self._own or child not in self._alone

    def _counts(self, entry: Entry) -> bool:
        return self._trusted is None or entry.key in self._trusted

    def _held(self, ref: Ref) -> None:
        """Somebody else holds a record, and so all that it rests on."""
        pending = [ref]
        while pending:
            ref = pending.pop()
            if self._alone.pop(ref, None) is not None:
                pending += self._ledger.parents(ref)

    def is_alone(self, ref: Ref) -> bool:
        """Whether a record is this laptop's and nobody else is known to hold it."""
        return ref in self._alone

    def only_here(self) -> OnlyHere:
        """How much there is of that."""
        if self._told[:2] != (self._looked_at, len(self._alone)):
            facts = [entry for entry in self._alone.values() if entry.kind != SEEN]
            told = OnlyHere(len(facts), min(facts, key=attrgetter("order"), default=None))
            self._told = (self._looked_at, len(self._alone), told)
        return self._told[2]

    def witness(self, ref: Ref) -> Entry | None:
        """The first record, in the one order, of another laptop whose causal past holds a record; `None`: not yet."""
        own = self._laptop(ref)
        first: Entry | None = None
        met, pending = {ref}, [ref]
        while pending:
            for child in self._ledger.children(pending.pop()):
                entry = self._ledger.get(child)
                if entry is None or child in met or (first is not None and entry.order > first.order):
                    continue
                met.add(child)
                if not self._counts(entry):
                    continue
                if entry.device in own:
                    pending.append(child)
                else:
                    first = entry
        return first

    def _laptop(self, ref: Ref) -> frozenset[str]:
        entry = self._ledger.get(ref)
        return self._own if entry is None or entry.device in self._own else frozenset({entry.device})
