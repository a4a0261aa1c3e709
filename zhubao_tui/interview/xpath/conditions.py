"""Functions of ODK XForms: conditions and choices between values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .evaluate import Compiled, Context
from .registry import (
    FUNCTIONS,
    Function,
    flat,
    function,
    java_int,
)
from .values import (
    TypeFault,
    Value,
    to_boolean,
    to_number,
    to_text,
    unpack,
)

FUNCTIONS["true"] = Function(lambda _context, _values: True, 0, 0)
FUNCTIONS["false"] = Function(lambda _context, _values: False, 0, 0)
FUNCTIONS["boolean"] = Function(lambda _context, values: to_boolean(values[0]), 1, 1)
FUNCTIONS["not"] = Function(lambda _context, values: not to_boolean(values[0]), 1, 1)


@function("boolean-from-string")
def _boolean_from_string(_context: Context, values: list[Value]) -> Value:
    return to_text(values[0]).casefold() in ("true", "1")


def _if(context: Context, arguments: Sequence[Compiled]) -> Value:
    return unpack(arguments[1](context) if to_boolean(arguments[0](context)) else arguments[2](context))


FUNCTIONS["if"] = Function(_if, 3, 3, lazy=True)
FUNCTIONS["depend"] = Function(lambda _context, values: unpack(values[0]), 1, None)


@function("coalesce", 2)
def _coalesce(_context: Context, values: list[Value]) -> Value:
    first = unpack(values[0])
    missing = first == "" or (isinstance(first, float) and math.isnan(first))
    return unpack(values[1]) if missing else first


@function("once")
def _once(context: Context, values: list[Value]) -> Value:
    node = context.node
    if not node.children and node.text:
        return unpack([node])
    return unpack(values[0])


@function("checklist", 2, None)
def _checklist(_context: Context, values: list[Value]) -> Value:
    least, most = java_int(to_number(values[0])), java_int(to_number(values[1]))
    count = sum(to_boolean(value) for value in flat(values[2:]))
    return (least < 0 or count >= least) and (most < 0 or count <= most)


@function("weighted-checklist", 2, None)
def _weighted_checklist(_context: Context, values: list[Value]) -> Value:
    least, most = to_number(values[0]), to_number(values[1])
    flags, weights = flat(values[2::2]), flat(values[3::2])
    if len(flags) != len(weights):
        raise TypeFault("flags and weights")
    total = sum(to_number(weight) for flag, weight in zip(flags, weights, strict=True) if to_boolean(flag))
    return least <= total <= most
