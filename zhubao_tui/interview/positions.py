"""What an interview shows of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice on offer."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """The question at hand."""

    ref: str
    name: str
    type: str
    """XForms data type: `string`, `int`, `decimal`, `date` …"""
    control: str
    """`input`, `select1`, `select` …"""
    label: str
    hint: str
    choices: tuple[Choice, ...]
    required: bool
    sensitive: bool
    readonly: bool
    """A note: nothing to answer."""
    value: str
    special: str
    """`dk` or `na` where that is the answer."""
    specials_allowed: bool
    remark: str
    appearance: str
    section: str


@dataclass(frozen=True, slots=True)
class RepeatPrompt:
    """Whether one more instance of a repeat is to be added."""

    ref: str
    label: str
    appearance: str
    count: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class End:
    """Behind the last question."""


Position = Question | RepeatPrompt | End


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A question in the table of contents."""

    ref: str
    label: str
    state: str
    """`done`, `open` or `readonly`."""
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section in the table of contents."""

    ref: str
    title: str
    state: str
    """`done`, `current`, `open` or `skipped` (nothing in it is asked)."""
    questions: tuple[OutlineItem, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A required question without an answer."""

    ref: str
    label: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A question with its answer, for the review at the end."""

    ref: str
    label: str
    value: str
    special: str
    remark: str
    sensitive: bool
