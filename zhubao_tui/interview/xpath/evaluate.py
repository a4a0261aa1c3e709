"""Expressions compiled to Python functions with JavaRosa's meaning of empty nodes, dates and missing paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from zhubao_tui.interview.node import Node

from .syntax import SyntaxFault, parse
from .values import Nodeset, TypeFault, Value, to_boolean, to_number, to_text, unpack


class UnknownFunction(ValueError):
    """There is no such function in ODK."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression is evaluated against."""

    node: Node
    """`.`"""
    root: Node
    """The main instance's root element, `/data`."""
    original: Node
    """`current()`: stays while predicates move `node`."""
    instances: Mapping[str, Node] = field(default_factory=dict)
    """Secondary instances by id, each its document: a node whose one child is the root element."""
    now: Callable[[], datetime] = datetime.now
    candidate: Value | None = None
    """The answer that a constraint judges, as `.`, before it stands in the node."""
    choice_label: Callable[[str, str], str] = lambda _value, _ref: ""
    version: str = ""
    position: int = 0
    """Within a predicate: 1-based place of `node`."""


Compiled = Callable[[Context], Value]


@lru_cache(maxsize=10_000)
def compiled(expression: str) -> Compiled:
    """An expression as a function of its context.

    Raises:
        SyntaxFault: It can't be read.
        UnknownFunction: It calls what ODK does not have.
    """
    return _compile(parse(expression))


def boolean(expression: str, context: Context) -> bool:
    """An expression's value as a condition."""
    return to_boolean(compiled(expression)(context))


def text(expression: str, context: Context) -> str:
    """An expression's value as text."""
    return to_text(compiled(expression)(context))


def nodes(expression: str, context: Context) -> Nodeset:
    """The nodes that a path leads to."""
    value = compiled(expression)(context)
    if not isinstance(value, list):
        raise TypeFault("not a path")
    return value


def _compile(token: Any) -> Compiled:
    symbol = token.symbol
    if symbol in _OPERATORS and (len(token) == 2 or symbol == "-"):
        return _operator(token)
    if symbol in ("(string)", "(integer)", "(decimal)"):
        literal = token.value if symbol == "(string)" else float(token.value)
        return lambda _context: literal
    if symbol == "(":
        return _compile(token[0])
    if token.label == "function":
        return _call(token)
    if _is_path(token):
        return _path(token)
    raise SyntaxFault(str(token.source))


def _is_path(token: Any) -> bool:
    return token.symbol in ("/", "//", "(name)", "..", ".", "*", "[", "@") or token.label == "axis"


# -- operators


def _operator(token: Any) -> Compiled:
    if len(token) == 1:
        inner = _compile(token[0])
        return lambda context: -to_number(inner(context))
    one, other = _compile(token[0]), _compile(token[1])
    if token.symbol == "or":
        return lambda context: to_boolean(one(context)) or to_boolean(other(context))
    if token.symbol == "and":
        return lambda context: to_boolean(one(context)) and to_boolean(other(context))
    apply = _OPERATORS[token.symbol]
    assert apply is not None  # noqa: S101 - the table says None for `or` and `and` alone
    return lambda context: apply(unpack(one(context)), unpack(other(context)))


def equal(one: Value, other: Value) -> bool:
    """JavaRosa's `=`: as conditions if one is a boolean, as numbers if one is a number, else as texts."""
    if isinstance(one, bool) or isinstance(other, bool):
        return to_boolean(one) == to_boolean(other)
    if isinstance(one, float) or isinstance(other, float):
        return abs(to_number(one) - to_number(other)) < 1e-12 or to_number(one) == to_number(other)
    return to_text(one) == to_text(other)


def _divide(one: Value, other: Value) -> float:
    upper, lower = to_number(one), to_number(other)
    if lower:
        return upper / lower
    return math.nan if math.isnan(upper) or not upper else math.copysign(math.inf, upper) * math.copysign(1, lower)


def _remainder(one: Value, other: Value) -> float:
    upper, lower = to_number(one), to_number(other)
    return math.nan if not lower or math.isinf(upper) else math.fmod(upper, lower)


_OPERATORS: dict[str, Callable[[Value, Value], Value] | None] = {
    "or": None,
    "and": None,
    "=": equal,
    "!=": lambda one, other: not equal(one, other),
    "<": lambda one, other: to_number(one) < to_number(other),
    "<=": lambda one, other: to_number(one) <= to_number(other),
    ">": lambda one, other: to_number(one) > to_number(other),
    ">=": lambda one, other: to_number(one) >= to_number(other),
    "+": lambda one, other: to_number(one) + to_number(other),
    "-": lambda one, other: to_number(one) - to_number(other),
    "*": lambda one, other: to_number(one) * to_number(other),
    "div": _divide,
    "mod": _remainder,
}


# -- paths


def _nodeset(value: Value) -> Nodeset:
    if not isinstance(value, list):
        raise TypeFault("not a nodeset")
    return value


Step = Callable[[Nodeset, Context], Nodeset]


def _path(token: Any) -> Compiled:
    if token.symbol == "." and not len(token):
        return _here
    start, steps = _steps(token)
    absolute = start is _from_document

    def walk(context: Context) -> Value:
        found = start(context)
        line = _lineage(context.original) if absolute else []
        for depth, step in enumerate(steps):
            found = step(found, context)
            shared = isinstance(step, _Named) and depth < len(line) and depth < len(steps) - 1
            if shared and line[depth] in found:
                found = [line[depth]]  # within a repeat an absolute path means the same instance
            else:
                line = []
        return [node for node in found if node.counts]

    return walk


def _lineage(node: Node) -> Nodeset:
    """A node's ancestors from the root element down, itself last."""
    line: Nodeset = []
    inner: Node | None = node
    while inner is not None and inner.parent is not None:
        line.append(inner)
        inner = inner.parent
    return line[::-1]


def _here(context: Context) -> Value:
    if context.candidate is not None:
        return context.candidate
    return [context.node] if context.node.counts else []


def _steps(token: Any) -> tuple[Callable[[Context], Nodeset], list[Step]]:
    """Where a path starts, and its steps."""
    if token.symbol in ("/", "//"):
        if token.symbol == "//":
            return _from_document, [_descend, *_flat(token)]
        if not len(token):
            return _from_document, []
        if len(token) == 1:
            return _from_document, _flat(token)
        start, steps = _steps(token[0])
        return start, [*steps, _step(token[1])]
    if token.symbol == "[":
        start, steps = _steps(token[0])
        return start, [*steps, _predicate(token[1])]
    if token.label == "function":
        call = _compile(token)
        return lambda context: _nodeset(call(context)), []
    if token.symbol == "(":
        inner = _compile(token[0])
        return lambda context: _nodeset(inner(context)), []
    return (lambda context: [context.node]), [_step(token)]


def _flat(token: Any) -> list[Step]:
    _start, steps = _steps(token[len(token) - 1])
    return steps


def _from_document(context: Context) -> Nodeset:
    return [context.root.parent] if context.root.parent is not None else []


def _descend(found: Nodeset, _context: Context) -> Nodeset:
    return [node for start in found for node in start.iterate()]


def _step(token: Any) -> Step:
    symbol = token.symbol
    if symbol == "[":
        inner, judge = _step(token[0]), _predicate(token[1])
        return lambda found, context: judge(inner(found, context), context)
    if symbol == "(name)":
        return _Named(token.value)
    if symbol == "*":
        return lambda found, _context: [c for node in found for c in node.children if not c.template]
    if symbol == "..":
        return _parents
    if symbol == "." or (symbol == "self" and token[0].symbol == "node"):
        return lambda found, _context: found
    if symbol == "parent" and token[0].symbol == "node":
        return _parents
    if symbol == "child":
        return _step(token[0])
    raise SyntaxFault(str(token.source))


@dataclass(frozen=True, slots=True)
class _Named:
    """The step to children of a name."""

    name: str

    def __call__(self, found: Nodeset, _context: Context) -> Nodeset:
        return [child for node in found for child in node.named(self.name)]


def _parents(found: Nodeset, _context: Context) -> Nodeset:
    parents: dict[int, Node] = {}
    for node in found:
        if node.parent is not None:
            parents[id(node.parent)] = node.parent
    return list(parents.values())


def _predicate(token: Any) -> Step:
    """A condition in brackets: only what is true holds, a bare number or text never does (JavaRosa)."""
    condition = _compile(token)

    def judge(found: Nodeset, context: Context) -> Nodeset:
        kept: Nodeset = []
        for place, node in enumerate(found, start=1):
            inner = replace(context, node=node, position=_place(node, place), candidate=None)
            if unpack(condition(inner)) is True:
                kept.append(node)
        return kept

    return judge


def _place(node: Node, fallback: int) -> int:
    return node.position if node.parent is not None else fallback


def _call(token: Any) -> Compiled:
    from .functions import FUNCTIONS

    function = FUNCTIONS.get(token.symbol)
    if function is None:
        raise UnknownFunction(token.symbol)
    function.check(len(token))
    arguments = [_compile(argument) for argument in token]
    apply = function.apply
    if function.lazy:
        return lambda context: apply(context, arguments)
    return lambda context: apply(context, [argument(context) for argument in arguments])
