"""What is compared, and what a comparison says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .lexicon import faults, things, without_asides
from .normal import Normal, bigrams, normal, number_of

_SENTENCE = re.compile(r"[。！？!?\n]")


@dataclass(frozen=True)
class Report:
    """One report with its place; any part may be empty or wrong."""

    id: str
    text: str
    category: str = ""
    """A code, a word of a register, or empty."""
    estate: str = ""
    building: str = ""
    unit: str = ""
    on: date | None = None
    exact: bool = False
    """Whether the place is where the trouble is, as a taker said, and not just where the teller lives."""

    @cached_property
    def read(self) -> Read:
        """The report made comparable; reckoned once."""
        return Read(self)


class Read:
    """A report made comparable."""

    __slots__ = (
        "bigrams",
        "buildings",
        "core",
        "estate",
        "faults",
        "normal",
        "subject",
        "subject_bigrams",
        "things",
        "units",
    )

    def __init__(self, report: Report) -> None:
        self.normal: Normal = normal(report.text)
        self.core = without_asides(self.normal.text)
        compact = self.normal.text.replace(" ", "")
        self.things = things(compact)
        self.faults = faults(compact)
        self.bigrams = bigrams(self.core)
        self.subject = without_asides(normal(_SENTENCE.split(report.text.strip(), maxsplit=1)[0][:60]).text)
        self.subject_bigrams = bigrams(self.subject)
        column = number_of(report.building)
        self.buildings = self.normal.buildings or frozenset(filter(None, (column,)))
        self.units = self.normal.units or frozenset(filter(None, (number_of(report.unit),)))
        self.estate = normal(report.estate).text.replace(" ", "").removesuffix("小区")


@dataclass(frozen=True, slots=True)
class Trait:
    """Something in which two reports agree or differ."""

    kind: str
    """`estate`, `building`, `unit`, `category`, `thing`, `fault`, `days`, `words`."""
    value: str
    """As the report has it; never markup."""


@dataclass(frozen=True, slots=True)
class Match:
    """How alike a report is to the one that was asked about."""

    id: str
    score: float
    """Between 0 and 1, as a probability would be."""
    agree: tuple[Trait, ...] = ()
    differ: tuple[Trait, ...] = ()
