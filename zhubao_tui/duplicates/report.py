"""What is compared, and what a comparison says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .reading import Read


@dataclass(frozen=True)
class Report:
    """One report with its place; any part may be empty or wrong."""

    id: str
    text: str
    category: str = ""
    """A code such as `light_stair`, a word of a register such as 照明, or empty."""
    estate: str = ""
    building: str = ""
    unit: str = ""
    on: date | None = None
    exact: bool = False
    """Whether the place is known to be the trouble's own, not just where whoever told of it lives."""

    @cached_property
    def read(self) -> Read:
        """The report made comparable; reckoned once."""
        return Read(self.text, self.category, self.estate, self.building, self.unit)


@dataclass(frozen=True, slots=True)
class Trait:
    """Something in which two reports agree or differ."""

    kind: str
    """`place_estate`, `place_building`, `place_unit`, `category`, `thing`, `fault`, `days` or `words`."""
    value: str
    """What to show, such as 楼道灯, 不亮, `3`, `12` (days); from the table of words or as a report has it, never markup."""


@dataclass(frozen=True, slots=True)
class Match:
    """How alike a report is to the one that was asked about."""

    id: str
    score: float
    """Between 0 and 1, as a probability would be."""
    agree: tuple[Trait, ...] = ()
    differ: tuple[Trait, ...] = ()
