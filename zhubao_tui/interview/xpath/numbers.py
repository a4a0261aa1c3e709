"""Functions of ODK XForms: numbers, and sums over nodes."""

from __future__ import annotations

import math
import random
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal, localcontext

from .evaluate import Context
from .registry import (
    FUNCTIONS,
    Function,
    flat,
    function,
    java_int,
    nodeset,
    number_function,
)
from .values import (
    Value,
    to_number,
)

FUNCTIONS["number"] = Function(lambda _context, values: to_number(values[0]), 1, 1)
number_function("int", lambda x: x if math.isinf(x) else math.trunc(x))
number_function("abs", abs)
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "sqrt", "exp"):
    number_function(_name, getattr(math, _name))
number_function("log", lambda x: math.log(x) if x else -math.inf)
number_function("log10", lambda x: math.log10(x) if x else -math.inf)
number_function("exp10", lambda x: 10.0**x)
number_function("atan2", math.atan2, 2)
FUNCTIONS["pi"] = Function(lambda _context, _values: math.pi, 0, 0)
FUNCTIONS["random"] = Function(lambda _context, _values: random.random(), 0, 0)


@function("pow", 2)
def _pow(_context: Context, values: list[Value]) -> Value:
    base, exponent = map(to_number, values)
    if math.isnan(exponent):
        return math.nan  # Java; to C's pow 1 is 1 whatever the exponent
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:  # a root of a negative number, or 0 to a negative power
        odd = exponent % 2 == 1
        return math.copysign(math.inf, base if odd else 1.0) if base == 0 else math.nan


@function("round", 1, 2)
def _round(_context: Context, values: list[Value]) -> Value:
    number = to_number(values[0])
    places = java_int(to_number(values[1])) if len(values) > 1 else 0
    if math.isnan(number) or math.isinf(number):
        return number
    if abs(places) > _MOST_PLACES:
        return math.nan
    exact = Decimal(repr(number))
    if places < 0:
        return math.trunc(float(exact.scaleb(places)) + 0.5) * 10.0**-places
    way = ROUND_HALF_DOWN if number < 0 else ROUND_HALF_UP
    with localcontext(prec=400):
        return float(exact.quantize(Decimal(1).scaleb(-places), way))


_MOST_PLACES = 30
"""JavaRosa rounds to no more places."""


@function("count")
def _count(_context: Context, values: list[Value]) -> Value:
    return float(len(nodeset(values[0])))


@function("count-non-empty")
def _count_non_empty(_context: Context, values: list[Value]) -> Value:
    return float(sum(bool(node.children or node.text) for node in nodeset(values[0])))


@function("sum")
def _sum(_context: Context, values: list[Value]) -> Value:
    numbers = [to_number([node]) for node in nodeset(values[0])]
    return sum((number for number in numbers if not math.isnan(number)), 0.0)


@function("min", 0, None)
def _min(_context: Context, values: list[Value]) -> Value:
    numbers = [number for value in flat(values) if not math.isnan(number := to_number(value))]
    return min([1.7976931348623157e308, *numbers]) if numbers else math.nan


@function("max", 0, None)
def _max(_context: Context, values: list[Value]) -> Value:
    numbers = [number for value in flat(values) if not math.isnan(number := to_number(value))]
    return max([5e-324, *numbers]) if numbers else math.nan
