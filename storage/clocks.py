"""Wall clocks that can't all be right: which days of which laptops are doubtful, and what day to reckon with instead.

Nothing is ordered by wall time, but days follow from it: when a trouble is due, when a door is to be visited again. A
record can't be older than what its author knew. Where one is (by more than `SAME_LAPTOP` on its own laptop, more than
`OTHER_LAPTOP` against another's), one of two clocks was wrong; which one, the other laptops and days tell. The verdict
is a function of the set of records alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf
from statistics import median_low
from typing import NamedTuple

from .record import Entry, Head, Ref

SAME_LAPTOP = 10 * 60
OTHER_LAPTOP = 24 * 60 * 60
"""Seconds by which clocks may be apart."""
FIRST, BEYOND = "2025", "2100"
"""No record is older than this program, none from another century."""


class Unit(NamedTuple):
    """What a clock can be wrong for: one day of one journal."""

    journal: str
    day: str


class Conflict(NamedTuple):
    """A record that its clock makes older than what its author knew."""

    later: Ref
    earlier: Ref


class Moment(NamedTuple):
    """A wall time: seconds since the epoch, and the local day."""

    seconds: float
    day: str


_EVER, _NEVER = Moment(-inf, ""), Moment(inf, "")


@dataclass(slots=True)
class _Day:
    """One day of one journal in its laptop's chain."""

    unit: Unit
    first: Ref
    """The lowest number of its records."""
    at: Moment
    """The time of that one."""


class _Told(NamedTuple):
    """What sound days say of days that they conflict with."""

    before: dict[Unit, Moment]
    """It was before this time."""
    after: dict[Unit, Moment]
    """It was after this time."""


class Clocks:
    """The conflicts met so far, and the verdict on them."""

    def __init__(self) -> None:
        self.conflicts: set[Conflict] = set()
        self.impossible: set[Ref] = set()
        """Records whose own time is none, or outside of this program's years."""
        self.beside: set[Conflict] = set()
        """What impossible records rest on, and what rests on them: no conflicts, but they tell when it was."""
        self.days: dict[Unit, str] = {}
        """Doubtful days of journals, each with the day to reckon with."""
        self.good: set[str] = set()
        """Days met so far that may be right."""
        self._split: dict[str, tuple[int, list[_Day]]] = {}
        """Journals by their days, each with the number of runs that it had then."""

    @property
    def met(self) -> tuple[int, int, int]:
        """How much was met: the verdict may change with it."""
        return len(self.conflicts), len(self.impossible), len(self.beside)

    def meet(self, entry: Entry, parents: Iterable[Entry]) -> None:
        """Look at a record that may be odd, and at what it rests on."""
        at = entry.record.at
        good = self.is_good(at[:10])
        if not good:
            self.impossible.add(entry.record.ref)
        for parent in parents:
            if not good or not self.is_good(parent.record.at[:10]):
                self.beside.add(Conflict(entry.record.ref, parent.record.ref))
            elif parent.record.at > at and _conflict(entry, parent):
                self.conflicts.add(Conflict(entry.record.ref, parent.record.ref))

    def is_good(self, day: str) -> bool:
        """Whether records may be of a day."""
        if day in self.good:
            return True
        try:
            date.fromisoformat(day)
        except ValueError:
            return False
        if FIRST <= day < BEYOND:
            self.good.add(day)
        return day in self.good

    def judge(
        self, of: Callable[[Ref], Entry], heads: Callable[[], list[Head]], firsts: Callable[[str], list[Entry]]
    ) -> set[Unit]:  # fmt: skip
        """Decide anew which days are doubtful, if there is anything to decide; returns those whose verdict has changed.

        Args:
            of: Gives a record that was met.
            heads: Gives all journals' heads.
            firsts: Gives the first entry of each run of a journal.
        """
        if not (self.conflicts or self.impossible):
            return set()
        listed = heads()
        doubtful = self._covered(of, listed) | {unit_of(of(ref)) for ref in self.impossible}
        involved = {of(ref).device for pair in self.conflicts for ref in pair}
        involved |= {of(ref).device for ref in self.impossible}
        verdict: dict[Unit, str] = {}
        for device in sorted(involved):
            chain = self._chain({head.journal for head in listed if head.device == device}, of, firsts)
            told = self._told(doubtful, of)
            highs = _sweep_back(chain, doubtful, told.before)
            verdict |= _sweep_on(chain, doubtful, told.after, highs)
        before, self.days = self.days, verdict
        return {unit for unit in before.keys() | verdict.keys() if before.get(unit) != verdict.get(unit)}

    def _chain(
        self, journals: set[str], of: Callable[[Ref], Entry], firsts: Callable[[str], list[Entry]]
    ) -> list[_Day]:  # fmt: skip
        """A laptop's days, in the order of its records."""
        days: list[_Day] = []
        for journal in journals:
            entries = firsts(journal)
            known = self._split.get(journal)
            if known is None or known[0] != len(entries):
                known = self._split[journal] = (len(entries), _days_of(entries))
            days += known[1]
        return sorted(days, key=lambda day: of(day.first).order)

    def _told(self, doubtful: set[Unit], of: Callable[[Ref], Entry]) -> _Told:
        """What sound days say of the others that they conflict with."""
        told = _Told({}, {})
        for pair in self.conflicts | self.beside:
            later, earlier = (of(ref) for ref in pair)
            one, other = unit_of(later), unit_of(earlier)
            if one not in doubtful:
                told.before[other] = min(moment(later.record.at), told.before.get(other, _NEVER))
            if other not in doubtful:
                told.after[one] = max(moment(earlier.record.at), told.after.get(one, _EVER))
        return told

    def _covered(self, of: Callable[[Ref], Entry], heads: list[Head]) -> set[Unit]:
        """The days without which no conflict is left: those first that most laptops speak against."""
        against: defaultdict[Unit, set[tuple[Unit, str]]] = defaultdict(set)
        place: dict[Unit, tuple[int, str, int, str]] = {}
        for pair in self.conflicts:
            later, earlier = (of(ref) for ref in pair)
            against[unit_of(later)].add((unit_of(earlier), earlier.device))
            against[unit_of(earlier)].add((unit_of(later), later.device))
            for entry in (later, earlier):
                place[unit_of(entry)] = min(entry.order, place.get(unit_of(entry), entry.order))
        usual = _usual_day(heads)
        doubtful: set[Unit] = set()

        def weight(unit: Unit) -> tuple[int, int, int, tuple[int, str, int, str]]:
            speakers = against[unit]
            return (
                len({device for _unit, device in speakers}), abs(_ordinal(unit.day) - usual), len(speakers), place[unit]
            )  # fmt: skip

        while against:
            worst = max(against, key=weight)
            doubtful.add(worst)
            for other, _device in against.pop(worst):
                against[other] = {speaker for speaker in against[other] if speaker[0] != worst}
                if not against[other]:
                    del against[other]
        return doubtful


def _days_of(entries: list[Entry]) -> list[_Day]:
    first: dict[str, Entry] = {}
    for entry in entries:
        day = entry.record.at[:10]
        first[day] = min(entry, first.get(day, entry), key=lambda one: one.record.ref)
    return [_Day(unit_of(entry), entry.record.ref, moment(entry.record.at)) for entry in first.values()]


def _sweep_back(chain: list[_Day], doubtful: set[Unit], before: Mapping[Unit, Moment]) -> dict[Unit, Moment]:
    """From the last day to the first: what is later than a sound day behind it is doubtful, too.

    Returns:
        Of each day the earliest sound time behind it.
    """
    highs: dict[Unit, Moment] = {}
    high = _NEVER
    for day in reversed(chain):
        high = min(high, before.get(day.unit, high))
        if day.at.seconds > high.seconds + OTHER_LAPTOP:
            doubtful.add(day.unit)
        if day.unit not in doubtful:
            high = min(high, day.at)
        highs[day.unit] = high
    return highs


def _sweep_on(
    chain: list[_Day], doubtful: set[Unit], after: Mapping[Unit, Moment], highs: Mapping[Unit, Moment]
) -> dict[Unit, str]:  # fmt: skip
    """From the first day to the last: what is earlier than its author's knowledge is doubtful; each one's likely day."""
    low = _EVER
    verdict: dict[Unit, str] = {}
    for day in chain:
        low = max(low, after.get(day.unit, low))
        if day.at.seconds < low.seconds - OTHER_LAPTOP:
            doubtful.add(day.unit)
        if day.unit not in doubtful:
            low = max(low, day.at)
            continue
        verdict[day.unit] = (low if low > _EVER else highs[day.unit]).day
    return verdict


def _usual_day(heads: Iterable[Head]) -> int:
    """The middle one of all days on which laptops wrote: what most clocks say."""
    days = {(head.device, _ordinal(head.day)) for head in heads}
    return median_low([day for _device, day in days if day]) if any(day for _device, day in days) else 0


def _ordinal(day: str) -> int:
    try:
        return date.fromisoformat(day).toordinal() if FIRST <= day < BEYOND else 0
    except ValueError:
        return 0


def unit_of(entry: Entry) -> Unit:
    """The day of the journal that a record's time makes it belong to."""
    return Unit(entry.record.journal, entry.record.at[:10])


def moment(at: str) -> Moment:
    """A wall time as a moment; without an offset taken for UTC, the epoch where it is none."""
    try:
        when = datetime.fromisoformat(at)
        return Moment((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp(), at[:10])
    except (ValueError, OverflowError):
        return Moment(0.0, at[:10])


def _conflict(entry: Entry, parent: Entry) -> bool:
    allowed = SAME_LAPTOP if entry.device == parent.device else OTHER_LAPTOP
    return moment(parent.record.at).seconds - moment(entry.record.at).seconds > allowed
