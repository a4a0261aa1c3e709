"""The ledger: the union of all journals as a graph, and every record's place in the one order.

A record's parents are the record before it (of a journal's first: the head's predecessor) and, of a `seen`, the heads
that it names. Clock, causal past and wholeness are reckoned from what is at hand; a digest covers its references, so
the graph can have no circle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from .record import Entry, Head, Record, Ref

SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers `first` to `last` of a journal are not here."""

    journal: str
    device: str
    first: int
    last: int


class Ledger:
    """All records at hand, each once, with what follows from their references."""

    def __init__(self, landmarks: frozenset[str] = frozenset()) -> None:
        """Begin empty.

        Args:
            landmarks: Kinds of records that every entry's causal past is tracked for (`Entry.past`).
        """
        self._landmarks = landmarks
        self._entries: dict[Ref, Entry] = {}
        self._parents: dict[Ref, tuple[Ref, ...]] = {}
        self._children: defaultdict[Ref, list[Ref]] = defaultdict(list)
        """Also of records that are not here: who waits for them."""
        self._heads: dict[str, dict[str, Head]] = {}
        self._tips: dict[str, dict[Ref, None]] = {}
        self._by_journal: defaultdict[str, list[Ref]] = defaultdict(list)
        self._bits: dict[Ref, int] = {}
        self.highest = 0
        """Highest clock of all."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._entries

    # -- taking records in

    def take_in(self, head: Head, records: Iterable[Record]) -> list[Entry]:
        """Unite; returns entries that are new, or whose clock, past or wholeness changed by what arrived."""
        self._heads.setdefault(head.journal, {})[head.digest] = head
        added: list[Ref] = []
        for record in records:
            if record.ref not in self._entries:
                self._add(head, record)
                added.append(record.ref)
        return self._reckon(added)

    def _add(self, head: Head, record: Record) -> None:
        ref = record.ref
        parents = parents_of(head, record)
        self._parents[ref] = parents
        self._by_journal[record.journal].append(ref)
        for parent in parents:
            self._children[parent].append(ref)
        bit = 0
        if record.kind in self._landmarks:
            bit = self._bits.setdefault(ref, 1 << len(self._bits))
        self._entries[ref] = Entry(record, head.person, head.device, 0, 0, bit, whole=False)
        tips = self._tips.setdefault(record.journal, {})
        tips.pop(Ref(record.journal, record.seq - 1, record.prev), None)
        if not any(child.journal == ref.journal and child.seq == ref.seq + 1 for child in self._children.get(ref, ())):
            tips[ref] = None

    def _reckon(self, added: list[Ref]) -> list[Entry]:
        """Reckon what was added and, where somebody waited for it, everything behind it, parents first."""
        affected = self._behind(added)
        changed: list[Entry] = []
        for ref in affected:
            entry = self._entries[ref]
            clock, past, whole = 1, 0, True
            for parent in self._parents[ref]:
                known = self._entries.get(parent)
                if known is None:
                    whole = False
                else:
                    clock, past = max(clock, known.clock + 1), past | known.past | known.bit
                    whole = whole and known.whole
            if (clock, past, whole) != (entry.clock, entry.past, entry.whole):
                entry = Entry(entry.record, entry.person, entry.device, clock, past, entry.bit, whole)
                self._entries[ref] = entry
                self.highest = max(self.highest, clock)
                changed.append(entry)
        return changed

    def _behind(self, added: list[Ref]) -> list[Ref]:
        """`added` and all that rests on it, in an order in which parents come first."""
        reached = dict.fromkeys(added)
        pending = list(added)
        while pending:
            for child in self._children.get(pending.pop(), ()):
                if child not in reached:
                    reached[child] = None
                    pending.append(child)
        waiting = {ref: sum(parent in reached for parent in self._parents[ref]) for ref in reached}
        ready = [ref for ref, count in waiting.items() if not count]
        order: list[Ref] = []
        while ready:
            ref = ready.pop()
            order.append(ref)
            for child in self._children.get(ref, ()):
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        return order

    # -- asking

    def entries(self) -> list[Entry]:
        """All records in fold order."""
        return sorted(self._entries.values(), key=attrgetter("order"))

    def get(self, ref: Ref) -> Entry | None:
        """A record at its place."""
        return self._entries.get(ref)

    def heads(self) -> list[Ref]:
        """The last record of every branch."""
        return [ref for tips in self._tips.values() for ref in tips]

    def journals(self) -> list[Head]:
        """Every journal's head."""
        return [head for heads in self._heads.values() for head in heads.values()]

    def branches(self, journal: str) -> list[tuple[Head, list[Record]]]:
        """What files a journal makes: one with all its records or, where it went on in several places, one a branch."""
        records = sorted((e.record for _ref, e in self._of(journal)), key=lambda record: (record.seq, record.digest))
        heads = self._heads.get(journal, {})
        whole: list[tuple[Head, list[Record]]] = []
        for digest, head in heads.items():
            mine = [r for r in records if len(heads) == 1 or self._rests_on(r, digest)]
            if len({record.seq for record in mine}) == len(mine):
                whole.append((head, mine))
                continue
            alone = Counter(record.seq for record in mine)
            for tip in sorted(ref for ref in self._tips[journal] if self._entries[ref].record in mine):
                chain = {record.ref for record in self._chain(tip)}
                whole.append((head, [r for r in mine if r.ref in chain or (alone[r.seq] == 1 and r.seq < tip.seq)]))
        return whole

    def _of(self, journal: str) -> list[tuple[Ref, Entry]]:
        return [(ref, self._entries[ref]) for ref in self._by_journal.get(journal, ())]

    def _rests_on(self, record: Record, head: str) -> bool:
        bottom = self._chain(record.ref)[-1]
        return bottom.seq > 1 or bottom.prev == head

    def _chain(self, ref: Ref) -> list[Record]:
        """Records from one down to its journal's first, or to a hole."""
        chain: list[Record] = []
        entry = self._entries.get(ref)
        while entry is not None:
            chain.append(entry.record)
            ref = Ref(ref.journal, entry.record.seq - 1, entry.record.prev)
            entry = self._entries.get(ref)
        return chain

    def gaps(self) -> list[Gap]:
        """Numbers that are missing below records that are here."""
        gaps: list[Gap] = []
        for journal, refs in self._by_journal.items():
            device = next(iter(self._heads[journal].values())).device
            before = 0
            for number in sorted({ref.seq for ref in refs}):
                if number > before + 1:
                    gaps.append(Gap(journal, device, before + 1, number - 1))
                before = number
        return gaps

    def forks(self) -> list[str]:
        """Journals that went on in two places, and journals of which two name one predecessor."""
        forked = {
            journal for journal, refs in self._by_journal.items() if len({ref.seq for ref in refs}) < len(refs)
        }  # fmt: skip
        named = Counter(head.predecessor for head in self.journals() if head.predecessor)
        forked |= {head.journal for head in self.journals() if head.predecessor and named[head.predecessor] > 1}
        return sorted(forked)

    def contradicted(self) -> list[Entry]:
        """Entries whose claimed clock their whole past contradicts."""
        return [entry for entry in self._entries.values() if entry.whole and entry.record.clock != entry.clock]


def parents_of(head: Head, record: Record) -> tuple[Ref, ...]:
    """What a record's author knew directly: the record before it, and what a `seen` names."""
    parents: list[Ref] = []
    if record.seq > 1:
        parents.append(Ref(record.journal, record.seq - 1, record.prev))
    elif head.predecessor is not None:
        parents.append(head.predecessor)
    if record.kind == SEEN:
        named = record.body.get("heads")
        for text in named if isinstance(named, list) else []:
            try:
                parents.append(Ref.parse(text))
            except ValueError:
                continue
    return tuple(dict.fromkeys(parent for parent in parents if parent != record.ref))
