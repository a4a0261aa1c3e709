"""A volume: all of one journal that is here, by runs; which of them go on, and who waits for what is missing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from .lines import Lines
from .record import Head, Ref
from .runs import Run

_FIRST = attrgetter("first")


class Volume:
    """All of one journal that is here."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        """By digest; several where somebody made a second one."""
        self.runs: list[Run] = []
        """By the number of their first record."""
        self.tips: dict[Run, None] = {}
        """Those behind whose last record the journal does not go on."""
        self.waiting: dict[Ref, list[Run]] = {}
        """By a record that is not here: the runs that rest on it."""
        self.named: set[Ref] = set()
        """Records that were named before they were here."""
        self.is_doubled = False
        """A number is there twice."""
        self.lines: Lines | None = None
        """Its file, where all of it was read from that."""

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    @property
    def is_forked(self) -> bool:
        """Whether its records don't fit into one file."""
        return len(self.heads) > 1 or self.is_doubled

    def find(self, ref: Ref) -> tuple[Run, int] | None:
        """A record's run and its place in that."""
        found = next((run for run in self._reaching(ref.seq) if run.holds(ref)), None)
        return (found, ref.seq - found.first) if found is not None else None

    def _reaching(self, seq: int) -> Iterator[Run]:
        """Runs that may hold a number: of a journal that went on in one place only, one."""
        place = bisect_right(self.runs, seq, key=_FIRST)
        yield from reversed(self.runs[:place]) if self.is_doubled else self.runs[max(place - 1, 0) : place]

    def put(self, run: Run) -> None:
        """A new run."""
        self.note_double(run.first)
        self.runs.insert(bisect_right(self.runs, run.first, key=_FIRST), run)
        run.volume = self

    def note_double(self, seq: int) -> None:
        """A number comes in: maybe it is here."""
        if not self.is_doubled:
            self.is_doubled = any(seq < run.first + len(run) for run in self._reaching(seq))

    def judge_tip(self, run: Run) -> None:
        """Note whether a journal goes on behind a run's last record."""
        last = run.last
        goes_on = any(
            kid.head.journal == last.journal and kid.first == last.seq + 1 and kid.prev == last.digest
            for kid in run.kids
        )
        if goes_on:
            self.tips.pop(run, None)
        else:
            self.tips.setdefault(run)

    def refs(self) -> list[Ref]:
        """All its records."""
        return [ref for run in self.runs for ref in run.refs()]

    def read_from(self, lines: Lines) -> None:
        """Its file is here again, and holds a record a line by their numbers."""
        self.lines, line = lines, 0
        for run in self.runs:
            run.read_from(lines, line)
            line += len(run)

    def as_in_a_file(self) -> Lines | None:
        """Its file's lines, if all of it stands in that and nothing was added or changed since."""
        return self.lines if self.lines is not None and not any(run.has_own for run in self.runs) else None

    def __getstate__(self) -> tuple[object, ...]:
        return (self.heads, self.runs, self.named, self.is_doubled)  # who waits, and what ends it, the runs tell

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.heads, self.runs, self.named, self.is_doubled = state
        self.tips, self.waiting, self.lines = {}, {}, None
