"""Outcomes (结果) of a visit: signs, what counts as reached, when to come again.

Source: the field handbook, "Visits and call-backs".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol


class Outcome(NamedTuple):
    """What may come of one try at one door."""

    code: str
    sign: str
    """For terminals that draw it one cell wide."""
    han: str
    """The sign for those that don't: one Han character."""
    reached: bool
    in_base: bool
    """Whether the dwelling counts among those that should be covered."""
    again_days: int
    """Days until the door is due again; 0: by other rules."""


OUTCOMES: dict[str, Outcome] = {
    outcome.code: outcome
    for outcome in (
        Outcome("interviewed", "✓", "访", True, True, 90),
        Outcome("partial", "◐", "半", False, True, 7),
        Outcome("by_phone", "☎", "电", True, True, 90),
        Outcome("not_home", "○", "无", False, True, 7),
        Outcome("unable", "◌", "缓", False, True, 14),
        Outcome("refused", "✗", "拒", False, True, 30),
        Outcome("rented", "△", "租", False, True, 7),
        Outcome("moved", "▷", "搬", False, False, 30),
        Outcome("vacant", "□", "空", False, False, 90),
        Outcome("shop", "▣", "商", False, False, 365),
        Outcome("no_door", "–", "缺", False, False, 0),
    )
}
NOT_VISITED = ("·", "未")
CARE = ("♥", "爱")
TRIES = 4
"""After so many fruitless tries a lead decides how to go on."""
DAYS_APART = 2
TRIES_WITHIN_DAYS = 28
NOT_AGAIN_DAYS = 365
COVERAGE_DAYS = 90


class Tried(Protocol):
    """What the rules need of a visit."""

    @property
    def outcome(self) -> str:
        """Code."""

    @property
    def on(self) -> date:
        """Day."""

    @property
    def again(self) -> date | None:
        """Day that was agreed for the next try."""

    @property
    def not_again(self) -> bool:
        """Refused for good."""


def counted_tries(visits: Sequence[Tried]) -> list[Tried]:
    """Tries that found nobody in since somebody was last met, as far as they count among the four.

    Source: the field handbook, "Four tries": on different days, at least 2 days apart, within 28 days of the first.

    Args:
        visits: All visits to one household, oldest first.
    """
    run: list[Tried] = []
    for visit in reversed(visits):
        if visit.outcome != "not_home":
            break
        run.append(visit)
    apart: list[Tried] = []
    for visit in sorted(run, key=lambda one: one.on):
        if not apart or (visit.on - apart[-1].on).days >= DAYS_APART:
            apart.append(visit)
    return [visit for visit in apart if (apart[-1].on - visit.on).days <= TRIES_WITHIN_DAYS]


def fruitless_tries(visits: Sequence[Tried]) -> int:
    """How many tries that found nobody in count; see `counted_tries`."""
    return len(counted_tries(visits))


def due_again(visits: Sequence[Tried]) -> date | None:
    """Day from which a door should be tried again (再访 or routine visit); `None` before a first visit or never.

    Source: the field handbook, "Visits and call-backs": what was agreed at the door, else by outcome; after a fourth
    fruitless try a lead decides; after a second refusal never; «not again» is kept for 365 days.
    """
    if not visits:
        return None
    last = visits[-1]
    if last.again is not None:
        return last.again
    if last.outcome == "refused":
        if last.not_again:
            return last.on + timedelta(days=NOT_AGAIN_DAYS)
        if _refusals(visits) > 1:
            return None
    if last.outcome == "not_home" and fruitless_tries(visits) >= TRIES:
        return None
    rule = OUTCOMES.get(last.outcome)
    return last.on + timedelta(days=rule.again_days) if rule and rule.again_days else None


def _refusals(visits: Sequence[Tried]) -> int:
    """Refusals since somebody was last reached."""
    count = 0
    for visit in reversed(visits):
        if (rule := OUTCOMES.get(visit.outcome)) is not None and rule.reached:
            break
        count += visit.outcome == "refused"
    return count


def is_callback(visits: Sequence[Tried]) -> bool:
    """Whether the next try at this door is a call-back (再访), not a routine visit."""
    return bool(visits) and visits[-1].outcome in ("not_home", "rented", "partial", "unable", "refused")
