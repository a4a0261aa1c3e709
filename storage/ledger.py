"""The ledger: the union of all journals as a graph, and every record's place in the one order.

A record's parents are the record before it (of a journal's first: the head's predecessor) and, of a `seen`, the heads
that it names. Clock, causal past and wholeness are reckoned from what is at hand; a digest covers its references, so
the graph can have no circle. Records are kept, and reckoned, by runs: see `storage.runs`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any

from .clocks import Clocks, Unit
from .lines import Line, Lines
from .record import Entry, Erased, Head, Record, Ref
from .runs import SEEN, Rows, Run, line_of, run_of
from .volume import Volume

__all__ = ["SEEN", "Branch", "Gap", "Ledger"]


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
        self._volumes: dict[str, Volume] = {}
        self._bits: dict[Ref, int] = {}
        self._clocks = Clocks()
        self._count = 0
        self._log: list[tuple[Run, int, int]] = []
        """Runs, and from which to which place they were taken in, in that order."""
        self._forget_news()
        self.highest = 0
        """Highest clock of all."""

    def _forget_news(self) -> None:
        self._new: dict[Run, None] = {}
        """Since the last `settle`: runs that were begun."""
        self._grown: dict[Run, int] = {}
        """Runs that went on, each with the place from which on its records are new."""
        self._freed: dict[Run, None] = {}
        """Runs that had waited for a record that is here now."""
        self._changed: dict[Ref, None] = {}
        """Records whose body came back, or went."""

    def __len__(self) -> int:
        return self._count

    def __contains__(self, ref: Ref) -> bool:
        return self._find(ref) is not None

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.__dict__.items()
            if name not in ("_log", "_new", "_grown", "_freed", "_changed")
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_news()
        runs = [run for volume in self._volumes.values() for run in volume.runs]
        self._log = [(run, 0, len(run)) for run in runs]
        for run in runs:
            self._link(run)
        for volume in self._volumes.values():
            for run in volume.runs:
                volume.judge_tip(run)

    # -- taking records in

    def take_in(self, head: Head, records: Iterable[Record]) -> list[Entry]:
        """Unite; returns entries that are new, or whose clock, past or wholeness changed by what arrived."""
        self.add(head, records)
        return self.settle()

    def add(self, head: Head, records: Iterable[Record]) -> Sequence[Record]:
        """Unite without reckoning, for whoever adds many journals and then calls `settle` once.

        Returns:
            New records, and those that were here without their body and now have it.
        """
        volume = self._volumes.setdefault(head.journal, Volume())
        volume.heads.setdefault(head.digest, head)
        if isinstance(records, Rows) and not volume.runs and self._may_adopt(head, records):
            self._adopt(volume, records)
            return records
        new: list[Record] = []
        for record in records:
            known = volume.find(record.ref)
            if known is None:
                self._add(volume, head, record)
            elif known[0].is_erased(known[1]) and not isinstance(record.body, Erased):
                self.replace(record)
            else:
                continue
            new.append(record)
        return new

    def replace(self, record: Record) -> None:
        """Put a record in the place of the same one with another body: its original, or what an erasure left of it."""
        run, number = self._known(record.ref)
        run.put(number, record)
        self._changed[record.ref] = None

    def _may_adopt(self, head: Head, rows: Rows) -> bool:
        """Whether a file's runs can be taken as they are: each landmark would have to end one."""
        return all(run.head.digest == head.digest and self._landmarks.isdisjoint(run.kinds) for run in rows.runs)

    def _adopt(self, volume: Volume, rows: Rows) -> None:
        for run in rows.runs:
            self._begin(volume, run)
        volume.lines = rows.lines

    def _add(self, volume: Volume, head: Head, record: Record) -> None:
        line = line_of(record)
        run = self._going_on(volume, head, line)
        if run is None:
            run = run_of(head, record)
            self._begin(volume, run)
        else:
            self._go_on(volume, run, line, record)
        if record.kind in self._landmarks:
            run.bit = self._bits.setdefault(record.ref, 1 << len(self._bits))

    def _going_on(self, volume: Volume, head: Head, line: Line) -> Run | None:
        """The run that a record simply goes on with."""
        before = volume.find(Ref(head.journal, line.seq - 1, line.prev)) if line.seq > 1 else None
        if before is None or before[0].head.digest != head.digest or not before[0].goes_on(line):
            return None
        return before[0]

    def _begin(self, volume: Volume, run: Run) -> None:
        volume.put(run)
        self._new[run] = None
        self._log.append((run, 0, len(run)))
        self._count += len(run)
        self._link(run)
        self._welcome(volume, run, 0)
        before = volume.find(Ref(run.head.journal, run.first - 1, run.prev)) if run.first > 1 else None
        if before is not None:
            volume.judge_tip(before[0])

    def _go_on(self, volume: Volume, run: Run, line: Line, record: Record) -> None:
        volume.note_double(line.seq)
        run.add(line, record)
        number = len(run) - 1
        if run not in self._new:
            self._grown.setdefault(run, number)
        self.highest = max(self.highest, run.clock + number if run.clock else 0)
        self._log.append((run, number, number + 1))
        self._count += 1
        self._welcome(volume, run, number)

    def _link(self, run: Run) -> None:
        """Note a run with all that it rests on, here or not."""
        for parent in run.parents:
            found = self._find(parent)
            if found is not None:
                found[0].kids.append(run)
            else:
                volume = self._volumes.setdefault(parent.journal, Volume())
                volume.waiting.setdefault(parent, []).append(run)

    def _welcome(self, volume: Volume, run: Run, start: int) -> None:
        """Let those that waited for records know that they are here, from a place in a run on."""
        here = [ref for ref in volume.waiting if run.holds(ref) and ref.seq >= run.first + start]
        for kid in (kid for ref in here for kid in volume.waiting.pop(ref)):
            run.kids.append(kid)
            self._freed[kid] = None
        volume.judge_tip(run)

    # -- reckoning

    def settle(self) -> list[Entry]:
        """Reckon what was added since the last time; returns entries that are new or changed by it."""
        changed, grown, told = self._reckon_all()
        entries = {ref: run.entry(number) for ref in told for run, number in [self._known(ref)]}
        for run, start in (*grown.items(), *((run, 0) for run in changed)):
            for number in range(start, len(run)):
                entry = run.entry(number)
                entries[entry.ref] = entry
        return list(entries.values())

    def reckon(self) -> None:
        """`settle` for whoever asks for all entries anyway."""
        self._reckon_all()

    def _reckon_all(self) -> tuple[dict[Run, None], dict[Run, int], dict[Ref, None]]:
        """Reckon; returns runs of which all entries are new or changed, runs with new ends, and changed records."""
        new, grown, freed, told = self._new, self._grown, self._freed, self._changed
        self._forget_news()
        changed: dict[Run, None] = {}
        if new or grown:
            met = self._clocks.met
            changed.update(dict.fromkeys(self._reckon([*new, *(run for run in freed if run not in new)])))
            if self._clocks.met != met or not self._go_on_with_their_days(new, freed):
                changed.update(dict.fromkeys(self._judge_clocks()))
        return changed, grown, told

    def _reckon(self, added: list[Run]) -> list[Run]:
        """Reckon what was added and, where somebody waited for it, everything behind it, parents first."""
        changed: list[Run] = []
        for run in self._behind(added):
            clock, past, whole = 1, 0, True
            odd = not self._clocks.is_good(run.at[:10])
            for parent in run.parents:
                found = self._find(parent)
                if found is None:
                    whole = False
                    self._volumes[parent.journal].named.add(parent)
                    continue
                known, number = found
                odd = odd or not self._clocks.is_good(known.at[:10]) or _is_later(known, number, run.at)
                clock, past = max(clock, known.clock + number + 1), past | known.past | known.bit_of(number)
                whole = whole and known.whole
            if odd:
                self._clocks.meet(run.entry(0), filter(None, map(self.get, run.parents)))
            if (clock, past, whole) != (run.clock, run.past, run.whole):
                run.clock, run.past, run.whole = clock, past, whole
                run.day = self._clocks.days.get(unit_of(run)) if self._clocks.days else None
                self.highest = max(self.highest, clock + len(run) - 1)
                changed.append(run)
        return changed

    def _go_on_with_their_days(self, new: dict[Run, None], freed: dict[Run, None]) -> bool:
        """Whether records only go on where a journal ended, on the same day: no verdict on clocks hangs on them."""
        if not freed.keys() <= new.keys():
            return False
        for run in new:
            before = self._find(Ref(run.head.journal, run.first - 1, run.prev))
            if before is None or unit_of(before[0]) != unit_of(run):
                return False
        return True

    def _judge_clocks(self) -> list[Run]:
        """Runs whose wall time has become doubtful by what arrived, or is no longer."""
        changed: list[Run] = []
        units = self._clocks.judge(self._entry, self.journals, self._firsts)
        for journal in {unit.journal for unit in units}:
            for run in self._volumes[journal].runs:
                day = self._clocks.days.get(unit_of(run))
                if day != run.day:
                    run.day = day
                    changed.append(run)
        return changed

    def _firsts(self, journal: str) -> list[Entry]:
        """The first entry of each run of a journal: within one neither the day nor the laptop changes."""
        return [run.entry(0) for run in self._volumes[journal].runs]

    def _behind(self, added: list[Run]) -> list[Run]:
        """`added` and all that rests on it, in an order in which parents come first."""
        reached = dict.fromkeys(added)
        pending = list(added)
        while pending:
            for kid in pending.pop().kids:
                if kid not in reached:
                    reached[kid] = None
                    pending.append(kid)
        waiting = Counter(kid for run in reached for kid in run.kids)
        ready = [run for run in reached if not waiting[run]]
        order: list[Run] = []
        while ready:
            run = ready.pop()
            order.append(run)
            for kid in run.kids:
                waiting[kid] -= 1
                if not waiting[kid]:
                    ready.append(kid)
        return order

    # -- asking

    def _find(self, ref: Ref) -> tuple[Run, int] | None:
        volume = self._volumes.get(ref.journal)
        return volume.find(ref) if volume is not None else None

    def _known(self, ref: Ref) -> tuple[Run, int]:
        found = self._find(ref)
        if found is None:
            raise KeyError(ref)
        return found

    def _entry(self, ref: Ref) -> Entry:
        run, number = self._known(ref)
        return run.entry(number)

    def _runs(self) -> Iterator[Run]:
        for volume in list(self._volumes.values()):
            yield from volume.runs

    def entries(self) -> list[Entry]:
        """All records in fold order."""
        return sorted(self.of_all(), key=attrgetter("order"))

    def of_all(self) -> Iterator[Entry]:
        """All records, in no order that matters."""
        return (run.entry(number) for run in self._runs() for number in range(len(run)))

    def past_of(self, refs: Iterable[Ref]) -> set[Ref]:
        """All records that some others rest on, and these themselves, as far as they are here."""
        counts: dict[Run, int] = {}
        pending = list(refs)
        while pending:
            found = self._find(pending.pop())
            if found is not None and found[1] >= counts.get(found[0], 0):
                run, number = found
                pending += () if run in counts else run.parents
                counts[run] = number + 1
        return {ref for run, count in counts.items() for ref in run.refs(count)}

    def of_kinds(self, *kinds: str) -> list[Entry]:
        """All records of some kinds, in no order that matters."""
        wanted = frozenset(kinds)
        runs = (run for run in self._runs() if not wanted.isdisjoint(run.kinds))
        return [run.entry(number) for run in runs for number, kind in enumerate(run.kinds) if kind in wanted]

    def get(self, ref: Ref) -> Entry | None:
        """A record at its place."""
        found = self._find(ref)
        return found[0].entry(found[1]) if found is not None else None

    def order(self, ref: Ref) -> tuple[int, str, int, str]:
        """A record's place in the one order; behind all others where it is not here."""
        found = self._find(ref)
        return (found[0].clock + found[1] if found is not None else self.highest + 1, *ref)

    def prev(self, ref: Ref) -> str:
        """The digest that a record names as that of the one before it, or of its head; empty where it is not here."""
        found = self._find(ref)
        return found[0].prev_of(found[1]) if found is not None else ""

    def names_beyond(self, ref: Ref) -> bool:
        """Whether somebody knows more of a record's journal than is here."""
        volume = self._volumes.get(ref.journal)
        return volume is not None and any(one.seq > ref.seq and volume.find(one) is None for one in volume.named)

    def heads(self) -> list[Ref]:
        """The last record of every branch."""
        return [run.last for volume in self._volumes.values() for run in volume.tips]

    def journals(self) -> list[Head]:
        """Every journal's head."""
        return [head for volume in self._volumes.values() for head in volume.heads.values()]

    def head(self, journal: str, digest: str = "") -> Head | None:
        """A journal's head, by its digest where it has several."""
        heads = self._heads(journal)
        return heads.get(digest) if digest else next(iter(heads.values()), None)

    def _heads(self, journal: str) -> dict[str, Head]:
        volume = self._volumes.get(journal)
        return volume.heads if volume is not None else {}

    def chain(self, ref: Ref | None) -> Iterator[Ref]:
        """A record and those that its laptop wrote before it, through the journals' predecessors, as far as is known."""
        while ref is not None:
            yield ref
            found = self._find(ref)
            if found is None:
                return
            run, number = found
            yield from reversed(run.refs(number))
            ref = Ref(ref.journal, run.first - 1, run.prev)
            if run.first == 1:
                head = self.head(ref.journal, run.prev)
                ref = head.predecessor if head is not None else None

    def is_forked(self, journal: str) -> bool:
        """Whether a journal's records don't fit into one file."""
        volume = self._volumes.get(journal)
        return volume is not None and volume.is_forked

    def branches(self, journal: str) -> list[Branch]:
        """What files a journal makes: one with all its records or, where it went on in several places, one a branch.

        Their order and marks stay as they are while the branches grow.
        """
        volume = self._volumes.get(journal, Volume())
        records = sorted(
            (run.record(number) for run in volume.runs for number in range(len(run))),
            key=lambda record: (record.seq, record.digest),
        )
        if not self.is_forked(journal):
            return [Branch(head, records, "") for head in volume.heads.values()]
        parts = [part for head in volume.heads.values() for part in self._parts(volume, head, records)]
        shared = Counter(record.ref for _head, mine in parts for record in mine)
        marked = sorted(
            (next((r.digest for r in mine if shared[r.ref] == 1), head.digest), number)
            for number, (head, mine) in enumerate(parts)
        )
        return [
            Branch(*parts[number], mark[:8] if place else "") for place, (mark, number) in enumerate(marked)
        ]  # fmt: skip

    def _parts(self, volume: Volume, head: Head, records: list[Record]) -> list[tuple[Head, list[Record]]]:
        mine = [r for r in records if self._rests_on(r, head.digest)]
        if len({record.seq for record in mine}) == len(mine):
            return [(head, mine)]
        alone = Counter(record.seq for record in mine)
        refs = {record.ref for record in mine}
        parts: list[tuple[Head, list[Record]]] = []
        for tip in (ref for run in volume.tips if (ref := run.last) in refs):
            line = set(_in_journal(self.chain(tip), head.journal))
            parts.append((head, [r for r in mine if r.ref in line or (alone[r.seq] == 1 and r.seq < tip.seq)]))
        return parts

    def _rests_on(self, record: Record, head: str) -> bool:
        """Whether a record's chain ends in a head, or in a hole."""
        run, _number = self._known(record.ref)
        while run.first > 1:
            before = self._find(Ref(record.journal, run.first - 1, run.prev))
            if before is None:
                return True
            run = before[0]
        return run.prev == head

    def refs(self, journal: str) -> set[Ref]:
        """All records of a journal that are here."""
        volume = self._volumes.get(journal)
        return set(volume.refs()) if volume is not None else set()

    def reach(self, journal: str) -> Ref | None:
        """A journal's last record where all before it are here and it never forked, else `None`.

        Of a journal without records: number 0 and its head's digest.
        """
        volume = self._volumes.get(journal)
        if volume is None or len(volume.heads) != 1 or len(volume.tips) > 1:
            return None
        if not volume.tips:
            return Ref(journal, 0, next(iter(volume.heads)))
        tip = next(iter(volume.tips)).last
        return tip if tip.seq == len(volume) else None

    def count_of(self, journal: str) -> int:
        """How many of a journal's records are here."""
        volume = self._volumes.get(journal)
        return len(volume) if volume is not None else 0

    def erased_in(self, journal: str) -> int:
        """How many of a journal's records were erased."""
        volume = self._volumes.get(journal)
        return sum(run.erased for run in volume.runs) if volume is not None else 0

    def gaps(self) -> list[Gap]:
        """Numbers that are missing: below records that are here, and up to those that records here name."""
        gaps: list[Gap] = []
        for journal, volume in self._volumes.items():
            head = self.head(journal)
            last = max(volume.waiting, key=lambda ref: ref.seq, default=None)
            device = head.device if head else self._named_device(last, volume.waiting[last]) if last else ""
            reached = 0
            for first, count in (*((run.first, len(run)) for run in volume.runs), (last.seq + 1 if last else 1, 0)):
                if first > reached + 1:
                    gaps.append(Gap(journal, device, reached + 1, first - 1))
                reached = max(reached, first + count - 1)
        return gaps

    def _named_device(self, ref: Ref, waiting: list[Run]) -> str:
        """The laptop of a journal that is not here, where a journal names it as its predecessor; else empty."""
        heads = (self.head(run.head.journal) for run in waiting)
        return next((head.device for head in heads if head is not None and head.predecessor == ref), "")

    def forks(self) -> list[str]:
        """Journals that went on in two places, and journals of which two name one predecessor."""
        forked = {journal for journal, volume in self._volumes.items() if volume.is_doubled}
        named = Counter(head.predecessor for head in self.journals() if head.predecessor)
        forked |= {head.journal for head in self.journals() if head.predecessor and named[head.predecessor] > 1}
        return sorted(forked)

    def doubtful(self) -> list[Entry]:
        """Entries whose wall time others contradict."""
        journals = {unit.journal for unit in self._clocks.days}
        runs = (run for journal in journals for run in self._volumes[journal].runs if run.day is not None)
        return sorted((run.entry(number) for run in runs for number in range(len(run))), key=attrgetter("order"))

    def parents(self, ref: Ref) -> tuple[Ref, ...]:
        """What a record rests on directly, here or not."""
        found = self._find(ref)
        if found is None:
            return ()
        run, number = found
        return run.parents if number == 0 else (run.ref(number - 1),)

    def children(self, ref: Ref) -> list[Ref]:
        """The records here that rest on one directly."""
        found = self._find(ref)
        if found is None:
            volume = self._volumes.get(ref.journal)
            return [run.ref(0) for run in volume.waiting.get(ref, ())] if volume is not None else []
        run, number = found
        after = [run.ref(number + 1)] if number + 1 < len(run) else []
        return after + [kid.ref(0) for kid in run.kids if ref in kid.parents]

    def latest(self, count: int) -> list[Ref]:
        """The records that were taken in last."""
        refs = (run.ref(number) for run, start, end in reversed(self._log) for number in range(end - 1, start - 1, -1))
        return list(islice(refs, count))

    def contradicted(self) -> list[Entry]:
        """Entries whose claimed clock their whole past contradicts."""
        runs = (run for run in self._runs() if run.whole and run.claim != run.clock)
        return [run.entry(number) for run in runs for number in range(len(run))]

    # -- being kept between two starts

    def lines(self, journal: str) -> Lines | None:
        """What a journal's file held when it was read, where nothing was added or changed since."""
        volume = self._volumes.get(journal)
        return volume.as_in_a_file() if volume is not None else None

    def read_from(self, journal: str, lines: Lines) -> None:
        """Have the records of a journal read from its file, of which the content is known to be what it was."""
        self._volumes[journal].read_from(lines)


def unit_of(run: Run) -> Unit:
    """The day of the journal that a run's records belong to."""
    return Unit(run.head.journal, run.at[:10])


def _is_later(run: Run, number: int, at: str) -> bool:
    """Whether a record's wall time is after another."""
    return run.last_at > at and run.at_of(number) > at


def _in_journal(refs: Iterable[Ref], journal: str) -> Iterator[Ref]:
    return takewhile(lambda ref: ref.journal == journal, refs)
