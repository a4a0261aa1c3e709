"""Which functions there are, and what their definitions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from zhubao_tui.interview.node import Node

from .evaluate import Context
from .values import (
    TypeFault,
    Value,
    to_number,
    to_text,
)


class WrongArguments(ValueError):
    """A function is called with too few or too many arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes."""

    apply: Callable[[Context, Any], Value]
    least: int
    most: int | None
    lazy: bool = False
    """Gets its arguments unevaluated."""

    def check(self, count: int) -> None:
        """Raise `WrongArguments` for a count that it does not take."""
        if count < self.least or (self.most is not None and count > self.most):
            raise WrongArguments(count)


FUNCTIONS: dict[str, Function] = {}
Apply = Callable[[Context, list[Value]], Value]


def function(name: str, least: int = 1, most: int | None = -1) -> Callable[[Apply], Apply]:
    """Register a function of `least` arguments, or of up to `most` (`None`: any number)."""

    def register(apply: Apply) -> Apply:
        FUNCTIONS[name] = Function(apply, least, least if most == -1 else most)
        return apply

    return register


def text_function(name: str, apply: Callable[..., Value], count: int = 1) -> None:
    """Register a function of texts."""
    FUNCTIONS[name] = Function(lambda _context, values: apply(*map(to_text, values)), count, count)


def number_function(name: str, apply: Callable[..., float], count: int = 1) -> None:
    """Register a function of numbers: NaN gives NaN, and so does what is not defined."""

    def guarded(_context: Context, values: list[Value]) -> Value:
        numbers = [to_number(value) for value in values]
        if any(math.isnan(number) for number in numbers):
            return math.nan
        try:
            return float(apply(*numbers))
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    FUNCTIONS[name] = Function(guarded, count, count)


def java_int(number: float) -> int:
    """A number cast to Java's `int`: cut, kept in bounds, NaN is 0."""
    if math.isnan(number):
        return 0
    return int(max(-(2**31), min(2**31 - 1, number)))


def flat(values: Sequence[Value]) -> list[Value]:
    """Arguments with nodesets taken apart."""
    flat: list[Value] = []
    for value in values:
        flat += [[node] for node in value] if isinstance(value, list) else [value]
    return flat


def nodeset(value: Value) -> list[Node]:
    """The nodes of a value; raises `TypeFault` where it is none."""
    if not isinstance(value, list):
        raise TypeFault("not a nodeset")
    return value
