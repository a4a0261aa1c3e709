"""Runs: records of one journal that follow one another, kept as columns instead of objects.

A run goes on while each record rests on nothing but the one before it, claims the next clock, and was written on the same
day and not earlier. So what a ledger reckons for its first record holds for all of them: a year's hundred thousand records
are some thousand runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, overload

from .lines import Line, Lines
from .record import Entry, Head, Record, Ref, Sealed, made
from .rows import is_filler, is_strange

if TYPE_CHECKING:
    from .volume import Volume

SEEN = "seen"
_DIGEST = 32
"""Bytes."""


class Run:
    """Records of one journal, one behind the other, and their place in the union of all journals."""

    __slots__ = (
        "_erased", "_held", "_line", "_lines", "_own", "at", "bit", "claim", "clock", "day", "digests", "first", "head",
        "key", "kids", "kinds", "last_at", "parents", "past", "prev", "volume", "whole",
    )  # fmt: skip

    def __init__(
        self, head: Head, line: Line, parents: tuple[Ref, ...], lines: Lines | None = None, number: int = 0
    ) -> None:
        """Begin with one record.

        Args:
            head: Its journal's.
            line: What it says.
            parents: What its author knew directly.
            lines: Where it can be read, and the records behind it.
            number: On which line, counted from 0.
        """
        self.head, self.first, self.prev, self.claim, self.parents = head, line.seq, line.prev, line.clock, parents
        self.at = self.last_at = line.at
        self.digests, self.kinds = bytearray(line.digest), [line.kind]
        self._lines, self._line, self._held = lines, number, 1 if lines is not None else 0
        self._own: dict[int, Record] = {}
        """By place: records that are in no line, or differ from it."""
        self._erased: set[int] = set()
        self.key = "" if is_strange(head) else head.key  # nobody here could tell whether it signed this
        self.volume: Volume | None = None
        self.kids: list[Run] = []
        """Runs of which the first record rests on a record of this one."""
        self.clock, self.past, self.whole = 0, 0, False
        """Of the first record, as `Entry` has them."""
        self.bit = 0
        """Of the last record, where it is a landmark: then it ends the run."""
        self.day: str | None = None

    def __len__(self) -> int:
        return len(self.kinds)

    # -- growing

    def goes_on(self, line: Line) -> bool:
        """Whether a record is simply the next one."""
        return (
            line.seq == self.first + len(self.kinds)
            and line.kind != SEEN
            and line.clock == self.claim + len(self.kinds)
            and line.at >= self.last_at
            and line.at[:10] == self.at[:10]
            and not self.bit
            and line.prev == self.digests[-_DIGEST:].hex()
        )

    def add(self, line: Line, record: Record) -> None:
        """Go on with a record."""
        self.digests += line.digest
        self.kinds.append(line.kind)
        self.last_at = line.at
        self.put(len(self.kinds) - 1, record)

    def read_on(self, digests: bytearray, kinds: list[str], last_at: str) -> None:
        """Go on with records that stand on the lines behind the last one's."""
        self.digests += digests
        self.kinds += kinds
        self.last_at = last_at
        self._held += len(kinds)

    def put(self, number: int, record: Record) -> None:
        """Keep a record as it is here, whatever its line says."""
        self._own[number] = record
        (self._erased.add if is_filler(record.salt) else self._erased.discard)(number)

    def note_erased(self, number: int) -> None:
        """The line of a record holds filler."""
        self._erased.add(number)

    # -- asking, by a record's place in the run

    def digest(self, number: int) -> str:
        """A record's digest."""
        return self.digests[number * _DIGEST : (number + 1) * _DIGEST].hex()

    def ref(self, number: int) -> Ref:
        """What names a record."""
        return Ref(self.head.journal, self.first + number, self.digest(number))

    @property
    def last(self) -> Ref:
        """The last record."""
        return self.ref(len(self.kinds) - 1)

    def refs(self, count: int | None = None) -> list[Ref]:
        """All records, or the first some."""
        text, journal, first = self.digests.hex(), self.head.journal, self.first
        return [
            Ref(journal, first + number, text[number * 64 : number * 64 + 64])
            for number in range(len(self.kinds) if count is None else count)
        ]

    def holds(self, ref: Ref) -> bool:
        """Whether a record of the same journal is one of these."""
        number = ref.seq - self.first
        return 0 <= number < len(self.kinds) and self.digest(number) == ref.digest

    def prev_of(self, number: int) -> str:
        """The digest that a record names as that of the one before it."""
        return self.digest(number - 1) if number else self.prev

    def record(self, number: int) -> Record:
        """A record as it is here."""
        return self._own[number] if number in self._own else self.as_read(number)

    def as_read(self, number: int) -> Record:
        """A record as its line has it."""
        if self._lines is None or number >= self._held:
            return self._own[number]
        start = number * _DIGEST
        return self._lines.record(self._line + number, bytes(self.digests[start : start + _DIGEST]))

    @property
    def has_own(self) -> bool:
        """Whether a record is in no line, or differs from it."""
        return bool(self._own)

    def is_erased(self, number: int) -> bool:
        """Whether a record's body is gone."""
        return number in self._erased

    @property
    def erased(self) -> int:
        """How many of them."""
        return len(self._erased)

    def at_of(self, number: int) -> str:
        """A record's wall time."""
        if number == 0:
            return self.at
        return self.last_at if number == len(self.kinds) - 1 else self.record(number).at

    def bit_of(self, number: int) -> int:
        """A record's own bit, where it is a landmark."""
        return self.bit if number == len(self.kinds) - 1 else 0

    def has_line(self, number: int) -> bool:
        """Whether a record can be read again as it was read."""
        return number < self._held

    def entry(self, number: int) -> Entry:
        """A record at its place; the record itself is read once somebody looks at it."""
        return made(Entry, self.place(number))

    def place(self, number: int) -> dict[str, Any]:
        """The fields of an `Entry`; in the place of a record that stands on a line, where to read it."""
        fields: dict[str, Any] = {
            "person": self.head.person, "device": self.head.device, "clock": self.clock + number, "past": self.past,
            "bit": self.bit_of(number), "whole": self.whole, "key": self.key, "day": self.day,
        }  # fmt: skip
        own = self._own.get(number)
        if own is not None:
            fields["record"] = own
        if own is None or number >= self._held:  # else its line says something else
            fields["_from"] = (self, number)
        return fields

    # -- being kept

    def read_from(self, lines: Lines, number: int) -> None:
        """All records stand in lines now, the first on the line with that number."""
        self._lines, self._line, self._held, self._own = lines, number, len(self.kinds), {}

    def __getstate__(self) -> tuple[object, ...]:
        """Without kids, which follow from parents, and without records that one file of the journal holds."""
        scattered = self.volume is not None and self.volume.is_forked
        own = {number: self.record(number) for number in range(len(self.kinds))} if scattered else {}
        return (
            self.head, self.first, self.prev, self.claim, self.parents, self.at, self.last_at, bytes(self.digests),
            self.kinds, self._erased, self.volume, self.clock, self.past, self.whole, self.bit, self.day, own,
        )  # fmt: skip

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        (
            self.head, self.first, self.prev, self.claim, self.parents, self.at, self.last_at, digests,
            self.kinds, self._erased, self.volume, self.clock, self.past, self.whole, self.bit, self.day, self._own,
        ) = state  # fmt: skip
        self.digests, self.kids = bytearray(digests), []
        self.key = "" if is_strange(self.head) else self.head.key
        self._lines, self._line, self._held = None, 0, 0


class Rows(Sequence[Record]):
    """A file's records, read when somebody looks at them."""

    def __init__(self, runs: Iterable[Run], lines: Lines) -> None:
        self.runs, self.lines = list(runs), lines
        self._counts = [len(run) for run in self.runs]  # a ledger may go on with them
        self._ends = list(accumulate(self._counts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Record]:
        return (
            run.as_read(number) for run, count in zip(self.runs, self._counts, strict=True) for number in range(count)
        )

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        if isinstance(place, slice):
            return list(self)[place]
        number = place if place >= 0 else len(self) + place
        for run, count in zip(self.runs, self._counts, strict=True):
            if 0 <= number < count:
                return run.as_read(number)
            number -= count
        raise IndexError(place)

    @property
    def any_erased(self) -> bool:
        """Whether the body of one is gone."""
        return any(run.erased for run in self.runs)


def line_of(record: Record, end: int = 0) -> Line:
    """A record as a checked line says it."""
    return Line(record.seq, record.clock, record.at, record.kind, record.prev, bytes.fromhex(record.digest), end)


def run_of(head: Head, record: Record) -> Run:
    """A run of one record that is in no line."""
    run = Run(head, line_of(record), parents_of(head, record))
    run.put(0, record)
    return run


def parents_of(head: Head, record: Record) -> tuple[Ref, ...]:
    """What a record's author knew directly: the record before it, and what a `seen` names."""
    parents = (*before(head, record.seq, record.prev), *named_in(record))
    return tuple(dict.fromkeys(parent for parent in parents if parent != record.ref))


def named_in(record: Record) -> list[Ref]:
    """What a `seen` names; a sealed one names nothing, as it would mean something else to whoever has no key."""
    if record.kind != SEEN or isinstance(record.body, Sealed):
        return []
    named = record.body.get("heads")
    return [ref for text in (named if isinstance(named, list) else ()) if (ref := _ref(text)) is not None]


def _ref(text: object) -> Ref | None:
    try:
        return Ref.parse(text)
    except ValueError:
        return None


def before(head: Head, seq: int, prev: str) -> tuple[Ref, ...]:
    """The record before one: in its journal, or of the first the one that the head names."""
    if seq > 1:
        return (Ref(head.journal, seq - 1, prev),)
    return (head.predecessor,) if head.predecessor is not None else ()
