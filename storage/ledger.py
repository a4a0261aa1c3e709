"""The ledger: the union of all journals as a graph, and every record's place in the one order.

A record's parents are the record before it (of a journal's first: the head's predecessor) and, of a `seen`, the heads
that it names. Clock, causal past and wholeness are reckoned from what is at hand; a digest covers its references, so
the graph can have no circle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter

from .clocks import Clocks, unit_of
from .record import Entry, Erased, Head, Record, Ref, made
from .rows import is_filler, is_strange

SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers `first` to `last` of a journal are not here."""

    journal: str
    device: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Branch:
    """What one file can hold of a journal: its head and one record a number."""

    head: Head
    records: list[Record]
    mark: str
    """Empty of a journal's first (or only) branch; else 8 hex digits of where it parts from the others."""


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
        self._missing: defaultdict[str, set[Ref]] = defaultdict(set)
        """By journal: records that were named before they were here."""
        self._unsettled: list[Ref] = []
        self._clocks = Clocks()
        self._changed: dict[Ref, None] = {}
        """Records whose body came back, or went, since the last `settle`."""
        self.highest = 0
        """Highest clock of all."""

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._entries

    # -- taking records in

    def take_in(self, head: Head, records: Iterable[Record]) -> list[Entry]:
        """Unite; returns entries that are new, or whose clock, past or wholeness changed by what arrived."""
        self.add(head, records)
        return self.settle()

    def add(self, head: Head, records: Iterable[Record]) -> list[Record]:
        """Unite without reckoning, for whoever adds many journals and then calls `settle` once.

        Returns:
            New records, and those that were here without their body and now have it.
        """
        self._heads.setdefault(head.journal, {}).setdefault(head.digest, head)
        new: list[Record] = []
        for record in records:
            known = self._entries.get(record.ref)
            if known is None:
                self._add(head, record)
                self._unsettled.append(record.ref)
            elif isinstance(known.record.body, Erased) and not isinstance(record.body, Erased):
                self.replace(record)
            else:
                continue
            new.append(record)
        return new

    def replace(self, record: Record) -> None:
        """Put a record in the place of the same one with another body: its original, or what an erasure left of it."""
        self._entries[record.ref] = replace(self._entries[record.ref], record=record)
        self._changed[record.ref] = None

    def settle(self) -> list[Entry]:
        """Reckon what was added since the last time; returns entries that are new or changed by it."""
        added, self._unsettled = self._unsettled, []
        told, self._changed = self._changed, {}
        changed = {ref: self._entries[ref] for ref in told}
        if added:
            met = self._clocks.met
            changed.update((entry.record.ref, entry) for entry in self._reckon(added))
            if self._clocks.met != met or not self._go_on_with_their_days(added):
                changed.update((entry.record.ref, entry) for entry in self._judge_clocks())
        return list(changed.values())

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
        key = "" if is_strange(head) else head.key  # nobody here could tell whether it signed this
        self._entries[ref] = _placed(record, head.person, head.device, 0, 0, bit, whole=False, key=key)
        tips = self._tips.get(record.journal)
        if tips is None:
            tips = self._tips[record.journal] = {}
        elif record.seq > 1:
            tips.pop(parents[0], None)
        children = self._children.get(ref)
        if not (children and any(child.journal == ref.journal and child.seq == ref.seq + 1 for child in children)):
            tips[ref] = None

    def _reckon(self, added: list[Ref]) -> list[Entry]:
        """Reckon what was added and, where somebody waited for it, everything behind it, parents first."""
        affected = self._behind(added)
        changed: list[Entry] = []
        for ref in affected:
            entry = self._entries[ref]
            clock, past, whole = 1, 0, True
            at, odd = entry.record.at, entry.record.at[:10] not in self._clocks.good
            for parent in self._parents[ref]:
                known = self._entries.get(parent)
                if known is None:
                    whole = False
                    self._missing[parent.journal].add(parent)
                else:
                    odd = odd or known.record.at > at or parent in self._clocks.impossible
                    clock, past = max(clock, known.clock + 1), past | known.past | known.bit
                    whole = whole and known.whole
            if odd:
                self._clocks.meet(entry, filter(None, map(self._entries.get, self._parents[ref])))
            if (clock, past, whole) != (entry.clock, entry.past, entry.whole):
                day = self._clocks.days.get(unit_of(entry)) if self._clocks.days else None
                entry = _placed(
                    entry.record,
                    entry.person,
                    entry.device,
                    clock,
                    past,
                    entry.bit,
                    whole=whole,
                    key=entry.key,
                    day=day,
                )
                self._entries[ref] = entry
                self.highest = max(self.highest, clock)
                changed.append(entry)
        return changed

    def _go_on_with_their_days(self, added: list[Ref]) -> bool:
        """Whether records only go on where a journal ended, on the same day: no verdict on clocks hangs on them."""
        new = set(added)
        for ref in added:
            entry = self._entries[ref]
            before = self._entries.get(Ref(ref.journal, ref.seq - 1, entry.record.prev))
            if before is None or unit_of(before) != unit_of(entry) or not new.issuperset(self._children.get(ref, ())):
                return False
        return True

    def _judge_clocks(self) -> list[Entry]:
        """Entries whose wall time has become doubtful by what arrived, or is no longer."""
        changed: list[Entry] = []
        units = self._clocks.judge(self._entries, self.journals, self._by_journal)
        for journal in {unit.journal for unit in units}:
            for ref in self._by_journal[journal]:
                entry = self._entries[ref]
                day = self._clocks.days.get(unit_of(entry))
                if day != entry.day:
                    entry = self._entries[ref] = replace(entry, day=day)
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

    def of_all(self) -> Iterator[Entry]:
        """All records, in no order that matters."""
        return iter(self._entries.values())

    def past_of(self, refs: Iterable[Ref]) -> set[Ref]:
        """All records that some others rest on, and these themselves, as far as they are here."""
        known: set[Ref] = set()
        pending = list(refs)
        while pending:
            ref = pending.pop()
            if ref in self._entries and ref not in known:
                known.add(ref)
                pending += self._parents[ref]
        return known

    def of_kinds(self, *kinds: str) -> list[Entry]:
        """All records of some kinds, in no order that matters."""
        return [entry for entry in self._entries.values() if entry.record.kind in kinds]

    def get(self, ref: Ref) -> Entry | None:
        """A record at its place."""
        return self._entries.get(ref)

    def order(self, ref: Ref) -> tuple[int, str, int, str]:
        """A record's place in the one order; behind all others where it is not here."""
        entry = self._entries.get(ref)
        return entry.order if entry is not None else (self.highest + 1, *ref)

    def names_beyond(self, ref: Ref) -> bool:
        """Whether somebody knows more of a record's journal than is here."""
        return any(one.seq > ref.seq and one not in self._entries for one in self._missing.get(ref.journal, ()))

    def heads(self) -> list[Ref]:
        """The last record of every branch."""
        return [ref for tips in self._tips.values() for ref in tips]

    def journals(self) -> list[Head]:
        """Every journal's head."""
        return [head for heads in self._heads.values() for head in heads.values()]

    def head(self, journal: str, digest: str = "") -> Head | None:
        """A journal's head, by its digest where it has several."""
        heads = self._heads.get(journal, {})
        return heads.get(digest) if digest else next(iter(heads.values()), None)

    def chain(self, ref: Ref | None) -> Iterator[Ref]:
        """A record and those that its laptop wrote before it, through the journals' predecessors, as far as is known."""
        while ref is not None:
            yield ref
            entry = self._entries.get(ref)
            if entry is None:
                return
            if ref.seq > 1:
                ref = Ref(ref.journal, ref.seq - 1, entry.record.prev)
            else:
                head = self.head(ref.journal, entry.record.prev)
                ref = head.predecessor if head is not None else None

    def is_forked(self, journal: str) -> bool:
        """Whether a journal's records don't fit into one file."""
        refs = self._by_journal.get(journal, ())
        return len(self._heads.get(journal, ())) > 1 or len({ref.seq for ref in refs}) < len(refs)

    def branches(self, journal: str) -> list[Branch]:
        """What files a journal makes: one with all its records or, where it went on in several places, one a branch.

        Their order and marks stay as they are while the branches grow.
        """
        records = sorted((e.record for _ref, e in self._of(journal)), key=lambda record: (record.seq, record.digest))
        if not self.is_forked(journal):
            return [Branch(head, records, "") for head in self._heads.get(journal, {}).values()]
        parts = [part for head in self._heads[journal].values() for part in self._parts(head, records)]
        shared = Counter(record.ref for _head, mine in parts for record in mine)
        marked = sorted(
            (next((r.digest for r in mine if shared[r.ref] == 1), head.digest), number)
            for number, (head, mine) in enumerate(parts)
        )
        return [
            Branch(*parts[number], mark[:8] if place else "") for place, (mark, number) in enumerate(marked)
        ]  # fmt: skip

    def _parts(self, head: Head, records: list[Record]) -> list[tuple[Head, list[Record]]]:
        mine = [r for r in records if self._rests_on(r, head.digest)]
        if len({record.seq for record in mine}) == len(mine):
            return [(head, mine)]
        alone = Counter(record.seq for record in mine)
        refs = {record.ref for record in mine}
        parts: list[tuple[Head, list[Record]]] = []
        for tip in (ref for ref in self._tips[head.journal] if ref in refs):
            line = {record.ref for record in self._chain(tip)}
            parts.append((head, [r for r in mine if r.ref in line or (alone[r.seq] == 1 and r.seq < tip.seq)]))
        return parts

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

    def refs(self, journal: str) -> set[Ref]:
        """All records of a journal that are here."""
        return set(self._by_journal.get(journal, ()))

    def reach(self, journal: str) -> Ref | None:
        """A journal's last record where all before it are here and it never forked, else `None`.

        Of a journal without records: number 0 and its head's digest.
        """
        heads, tips = self._heads.get(journal, {}), self._tips.get(journal)
        if len(heads) != 1 or (tips and len(tips) > 1):
            return None
        if not tips:
            return Ref(journal, 0, next(iter(heads)))
        (tip,) = tips
        return tip if tip.seq == len(self._by_journal[journal]) else None

    def erased_in(self, journal: str) -> int:
        """How many of a journal's records were erased."""
        entries = self._entries
        return len([ref for ref in self._by_journal.get(journal, ()) if is_filler(entries[ref].record.salt)])

    def gaps(self) -> list[Gap]:
        """Numbers that are missing: below records that are here, and up to those that records here name."""
        named: dict[str, tuple[int, str]] = {}
        for ref, children in self._children.items():
            if ref not in self._entries and ref.seq > named.get(ref.journal, (0, ""))[0]:
                named[ref.journal] = (ref.seq, self._named_device(ref, children))
        gaps: list[Gap] = []
        for journal in {**dict.fromkeys(self._by_journal), **dict.fromkeys(named)}:
            head = self.head(journal)
            last, device = named.get(journal, (0, ""))
            before = 0
            for number in [*sorted({ref.seq for ref in self._by_journal.get(journal, ())}), last + 1]:
                if number > before + 1:
                    gaps.append(Gap(journal, head.device if head else device, before + 1, number - 1))
                before = max(before, number)
        return gaps

    def _named_device(self, ref: Ref, children: list[Ref]) -> str:
        """The laptop of a journal that is not here, where a journal names it as its predecessor; else empty."""
        heads = (self.head(child.journal) for child in children)
        return next((head.device for head in heads if head is not None and head.predecessor == ref), "")

    def forks(self) -> list[str]:
        """Journals that went on in two places, and journals of which two name one predecessor."""
        forked = {
            journal for journal, refs in self._by_journal.items() if len({ref.seq for ref in refs}) < len(refs)
        }  # fmt: skip
        named = Counter(head.predecessor for head in self.journals() if head.predecessor)
        forked |= {head.journal for head in self.journals() if head.predecessor and named[head.predecessor] > 1}
        return sorted(forked)

    def doubtful(self) -> list[Entry]:
        """Entries whose wall time others contradict."""
        journals = {unit.journal for unit in self._clocks.days}
        found = (self._entries[ref] for journal in journals for ref in self._by_journal[journal])
        return sorted((entry for entry in found if entry.doubtful), key=attrgetter("order"))

    def parents(self, ref: Ref) -> tuple[Ref, ...]:
        """What a record rests on directly, here or not."""
        return self._parents.get(ref, ())

    def children(self, ref: Ref) -> list[Ref]:
        """The records here that rest on one directly."""
        return self._children.get(ref, [])

    def latest(self, count: int) -> list[Ref]:
        """The records that were taken in last."""
        return list(islice(reversed(self._entries), count))

    def contradicted(self) -> list[Entry]:
        """Entries whose claimed clock their whole past contradicts."""
        return [entry for entry in self._entries.values() if entry.whole and entry.record.clock != entry.clock]


def _placed(
    record: Record,
    person: str,
    device: str,
    clock: int,
    past: int,
    bit: int,
    *,
    whole: bool,
    key: str,
    day: str | None = None,
) -> Entry:
    return made(
        Entry,
        {
            "record": record, "person": person, "device": device, "clock": clock, "past": past, "bit": bit, "whole": whole,
            "key": key, "day": day,
        },
    )  # fmt: skip


def parents_of(head: Head, record: Record) -> tuple[Ref, ...]:
    """What a record's author knew directly: the record before it, and what a `seen` names."""
    if record.seq > 1 and record.kind != SEEN:
        return (Ref(record.journal, record.seq - 1, record.prev),)
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
