"""Functions of ODK XForms: where in the instance one is."""

from __future__ import annotations

import random
from collections.abc import Sequence

from zhubao_tui.interview.node import Node

from .evaluate import Compiled, Context
from .registry import (
    FUNCTIONS,
    Function,
    WrongArguments,
    function,
    java_int,
    nodeset,
)
from .values import (
    TypeFault,
    Value,
    to_number,
    to_text,
    unpack,
)


@function("position", 0, 1)
def _position(context: Context, values: list[Value]) -> Value:
    if not values:
        return float(context.position or context.node.position)
    found = nodeset(values[0])
    return float(found[0].position) if found else 0.0


FUNCTIONS["current"] = Function(lambda context, _values: [context.original], 0, 0)


@function("instance")
def _instance(context: Context, values: list[Value]) -> Value:
    name = to_text(values[0])
    if name not in context.instances:
        raise TypeFault("no such instance")
    return [context.instances[name]]


def _indexed_repeat(context: Context, arguments: Sequence[Compiled]) -> Value:
    """Its paths are names only: where it is asked does not matter."""
    if len(arguments) % 2 == 0:
        raise WrongArguments(len(arguments))
    target = _names(nodeset(arguments[0](context)))
    if not target:
        return ""
    places: dict[tuple[str, ...], int] = {}
    for repeats, index in zip(arguments[1::2], arguments[2::2], strict=True):
        group = _names(nodeset(repeats(context)))
        if group != target[: len(group)]:
            raise TypeFault("not a repeat around it")
        places[group] = max(1, java_int(to_number(index(context))))
    found = [context.root]
    for depth in range(1, len(target)):
        place = places.get(target[: depth + 1])
        found = [node for above in found for node in above.named(target[depth]) if place in (None, node.position)]
    return unpack([node for node in found if node.counts])


FUNCTIONS["indexed-repeat"] = Function(_indexed_repeat, 3, None, lazy=True)


def _names(found: list[Node]) -> tuple[str, ...]:
    """Names from the root element down to the first of some nodes; none for no nodes."""
    names: list[str] = []
    node = found[0] if found else None
    while node is not None and node.parent is not None:
        names.append(node.name)
        node = node.parent
    return tuple(reversed(names))


@function("randomize", 1, 2)
def _randomize(_context: Context, values: list[Value]) -> Value:
    found = list(nodeset(values[0]))
    seed = to_number(values[1]) if len(values) > 1 else None
    random.Random(seed).shuffle(found)
    return found
