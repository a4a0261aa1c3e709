"""What one household's case page (办件页) shows: plain data, without a name, a telephone or a door in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

STEPS = ("noted", "taken", "working", "done")
"""记下了 → 有人管 → 在办 → 办好了: the line that lights up."""


class Both(NamedTuple):
    """The same in both languages of a page."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as a household that follows it reads of it."""

    number: str
    """To be read down a telephone; may be empty."""
    status: str
    kind: Both
    """The category's plain name; of a confidential one nothing that tells it."""
    words: str = ""
    """The household's own, where they may be shown."""
    days: tuple[date | None, ...] = (None,) * len(STEPS)
    """Of each step the day on which it was reached, where that is known."""
    reached: int = 0
    """The last step that is lit, by its place in `STEPS`."""
    sharing: int = 0
    """How many other households brought up the same."""
    post: str | None = None
    """Work group that answers for it; empty: the work team; `None`: nobody has it yet."""
    first_by: date | None = None
    """Day by which somebody should have taken it up."""
    due: date | None = None
    overdue: bool = False
    until: date | None = None
    """Of a postponed case: when it is taken up again. Of one handed on: when we ask there again. Of one said to be done: by
    when we ask the household, or answer the no that it said, while that day is still to come."""
    unit: str = ""
    reason: str = ""
    elsewhere: str = ""
    danger: bool = False
    said: str = ""
    """What this household said about the latest «done»: `yes`, `no`, `outvoted` (a no that was decided over)."""
    may_answer: bool = False
    """It waits for this household's word."""

    @property
    def is_over(self) -> bool:
        """Whether it ended without being done: no further step will ever be reached."""
        return self.status in ("rejected", "withdrawn")

    @property
    def said_done(self) -> date | None:
        """Day on which it was said to be done, while households have not yet said so."""
        return self.days[-1] if self.status == "resolved" else None


@dataclass(frozen=True, slots=True)
class Page:
    """One household's page."""

    on: date
    """As of which day it stands."""
    phone: str
    """The community office's; may be empty."""
    cases: tuple[CaseView, ...] = ()
    """Most urgent first."""

    @property
    def danger(self) -> bool:
        """Whether somebody may be in danger."""
        return any(case.danger for case in self.cases)
