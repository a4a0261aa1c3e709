"""What was said, as JSON: nested by group and repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .form import plain_path

if TYPE_CHECKING:
    from .instance import Instance
    from .node import Node


@dataclass(frozen=True, slots=True)
class Result:
    """A finished interview's answers."""

    form: str
    version: str
    answers: Mapping[str, Any]
    """Groups as objects, repeats as lists of objects; of a select-multiple a list, an integer as integer, a decimal as
    text; what is empty or not relevant is left out."""
    specials: Mapping[str, str]
    """`dk` or `na` by the question's reference."""
    remarks: Mapping[str, str]


def result_of(instance: Instance, specials: Mapping[str, str], remarks: Mapping[str, str]) -> Result:
    """Gather what counts."""
    relevant = {node.ref for node in instance.root.iterate() if node.counts}
    answers = _nested(instance, instance.root)
    return Result(
        instance.form.id,
        instance.form.version,
        answers,
        {ref: special for ref, special in specials.items() if ref in relevant},
        {ref: remark for ref, remark in remarks.items() if ref in relevant},
    )


def _nested(instance: Instance, node: Node) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for child in node.children:
        if child.template or not child.relevant:
            continue
        if child.children:
            inner = _nested(instance, child)
            if child.repeated:
                nested.setdefault(child.name, []).append(inner)
            elif inner:
                nested[child.name] = inner
        elif child.text:
            nested[child.name] = _value(instance, child)
    return nested


def _value(instance: Instance, node: Node) -> Any:
    if plain_path(node.ref) in instance.many:
        return node.text.split()
    if node.type in ("int", "integer") and node.text.lstrip("-").isdecimal():
        return int(node.text)
    return node.text
