"""A form's instance at work: relevance, calculations, choices and repeats follow every change of text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .form import Bind, Element, Form, Label, plain_path
from .node import Node
from .xpath import evaluate
from .xpath.evaluate import Context
from .xpath.values import to_number, to_text, typed, unpack

FILLED_BY_DIALOG = ("zhubao-issue",)
"""Appearances of repeats whose instances a dialog makes: they begin with none."""
_BY_CHANCE = re.compile(r"\b(uuid|random)\(")
"""Calculations that give something else each time: they are reckoned once."""
_MOST_INSTANCES = 1000
"""A count beyond this is a slip of the finger."""


class Instance:
    """The data of one interview, kept consistent with the form's binds."""

    def __init__(self, form: Form, now: datetime) -> None:
        self.form = form
        self.root = form.data()
        self._now = now
        if self.root.parent is not None:
            self.root.parent.today = now.date()
        self._templates: dict[str, Node] = {}
        self._elements = [element for top in form.body for element in top.iterate()]
        self.many = {element.path for element in self._elements if element.kind == "select"}
        self._places: dict[str, tuple[Element, Node]] | None = None
        self._bound: list[tuple[Node, Bind]] | None = None
        self._prepare_repeats()
        self._preload()
        self._act("odk-instance-first-load", self.root)

    def _prepare_repeats(self) -> None:
        for element in self._elements:
            if element.kind != "repeat":
                continue
            name = element.path.rpartition("/")[2]
            for parent in [node.parent for node in self.root.iterate() if _path(node) == element.path and node.parent]:
                instances = parent.named(name)
                for node in instances:
                    node.repeated = True
                if not any(child.template for child in parent.children if child.name == name):
                    self._templates.setdefault(element.path, instances[0].copy())
                if element.appearance in FILLED_BY_DIALOG:
                    for node in instances:
                        parent.children.remove(node)
        for node in _all(self.root):
            if node.template:
                self._templates.setdefault(plain_path(node.ref), node)

    def bind(self, node: Node) -> Bind:
        """What holds of a node."""
        return self.form.binds.get(_path(node)) or Bind(_path(node))

    def context(self, node: Node) -> Context:
        """What an expression at a node sees."""
        return Context(
            node, self.root, node, self.form.instances, lambda: self._now, None, self._choice_label, self.form.version
        )

    # -- what stands there before the first question

    def _preload(self) -> None:
        values = {"today": self._now.date().isoformat(), "start": self._now.isoformat(timespec="milliseconds")}
        for node in self.root.iterate():
            node.text = values.get(self.bind(node).preload, node.text)

    def _act(self, event: str, within: Node) -> None:
        """Do what the form wants done at an event, for nodes at or below one."""
        for action in self.form.actions:
            if event in action.events:
                for node in [node for node in within.iterate() if _path(node) == action.path]:
                    node.text = evaluate.text(action.value, self.context(node)) if action.value else action.text

    # -- keeping up

    def _count(self, element: Element, parent: Node) -> int | None:
        """How many instances a counted repeat has; `None` where nobody can say (yet)."""
        at = self._templates[element.path].copy()
        at.parent = parent
        number = to_number(evaluate.compiled(element.count)(self.context(at)))
        return None if math.isnan(number) else min(max(0, int(number)), _MOST_INSTANCES)

    def settle(self) -> None:
        """Reckon calculations and relevance anew until nothing changes."""
        self._places = None
        self._bound = self._bound or [
            (node, bind)
            for node in self.root.iterate()
            if (bind := self.form.binds.get(_path(node))) and (bind.relevant or bind.calculate)
        ]
        for _round in range(len(self._bound) + 1):  # no chain is longer; a circle ends here
            changed = [self._settle_one(node, bind) for node, bind in self._bound]
            if not any(changed):
                return

    def _settle_one(self, node: Node, bind: Bind) -> bool:
        changed = False
        if bind.relevant:
            relevant = evaluate.boolean(bind.relevant, self.context(node))
            changed, node.relevant = relevant != node.relevant, relevant
        if bind.calculate and node.counts and not (node.text and _BY_CHANCE.search(bind.calculate)):
            value = unpack(evaluate.compiled(bind.calculate)(self.context(node)))
            text = "" if isinstance(value, float) and math.isnan(value) else to_text(value)
            changed, node.text = changed or text != node.text, text
        return changed

    def holds(self, node: Node, text: str) -> bool:
        """Whether a node's constraint would let a text stand."""
        bind = self.bind(node)
        if not bind.constraint:
            return True
        context = self.context(node)
        candidate = typed(text, bind.type, self._now.date())
        judged = Context(
            node, self.root, node, context.instances, context.now, candidate, context.choice_label, context.version
        )  # fmt: skip
        return evaluate.boolean(bind.constraint, judged)

    def is_required(self, node: Node) -> bool:
        """Whether a node must be answered now."""
        expression = self.bind(node).required
        return bool(expression) and evaluate.boolean(expression, self.context(node))

    def is_readonly(self, node: Node) -> bool:
        """Whether a node is a note: shown, not answered."""
        expression = self.bind(node).readonly
        return bool(expression) and evaluate.boolean(expression, self.context(node))

    # -- the order of questions

    def places(self) -> dict[str, tuple[Element, Node]]:
        """What is asked now, in order: by reference the body's element with its node; of a repeat's prompt the parent."""
        if self._places is None:
            self._places = dict(self._walk(self.form.body, self.root))
        return self._places

    def _walk(self, elements: list[Element], within: Node) -> Iterator[tuple[str, tuple[Element, Node]]]:
        for element in elements:
            if element.kind == "repeat":
                yield from self._walk_repeat(element, within)
                continue
            node = self._below(within, element.path)
            if element.kind == "group":
                if node is None or node.counts:
                    yield from self._walk(element.children, within if node is None else node)
            elif node is not None and node.counts:
                yield node.ref, (element, node)

    def _walk_repeat(self, element: Element, within: Node) -> Iterator[tuple[str, tuple[Element, Node]]]:
        above, _, name = element.path.rpartition("/")
        parent = self._below(within, above)
        if parent is None or not parent.counts:
            return
        limit = self._count(element, parent) if element.count else None
        for node in parent.named(name)[:limit]:
            if node.counts:
                yield from self._walk(element.children, node)
        if self._may_repeat(element, parent):
            yield f"{parent.ref}/{name}", (element, parent)

    def _may_repeat(self, element: Element, parent: Node) -> bool:
        """Whether one more is due: asked by a prompt, or, where a count rules, made when it is come to."""
        if element.count:
            return len(parent.named(element.path.rpartition("/")[2])) < (self._count(element, parent) or 0)
        if element.fixed:
            return False
        bind = self.form.binds.get(element.path)
        template = self._templates.get(element.path)
        asked = template if template is not None else parent
        return bind is None or not bind.relevant or evaluate.boolean(bind.relevant, self.context(asked))

    def _below(self, within: Node, path: str) -> Node | None:
        """The node of a path at or below a node (within its own repeat instance)."""
        start = _path(within)
        if path == start:
            return within
        if not path.startswith(f"{start}/"):
            return None
        node: Node | None = within
        for name in path[len(start) + 1 :].split("/"):
            node = next(iter(node.named(name)), None) if node is not None else None
        return node

    def find(self, ref: str) -> Node:
        """A node by its reference; raises `ValueError` where there is none."""
        node = next((node for node in self.root.iterate() if node.ref == ref), None)
        if node is None:
            raise ValueError(plain_path(ref))
        return node

    # -- repeats

    def add_repeat(self, ref: str) -> Node:
        """Add an instance behind the others of a repeat; raises `ValueError` where it is none."""
        above, _, name = ref.rpartition("/")
        template = self._templates.get(plain_path(ref))
        if template is None:
            raise ValueError(plain_path(ref))
        return self._add(self.find(above), name, template)

    def _add(self, parent: Node, name: str, template: Node) -> Node:
        fresh = template.copy()
        fresh.template, fresh.repeated = False, True
        others = [place for place, child in enumerate(parent.children) if child.name == name]
        parent.add(fresh, others[-1] + 1 if others else None)
        self._bound = None
        self._act("odk-new-repeat", fresh)
        return fresh

    def remove_repeat(self, ref: str, index: int) -> None:
        """Remove the `index`-th instance of a repeat; raises `IndexError` where there are fewer."""
        above, _, name = ref.rpartition("/")
        parent = self.find(above)
        parent.children.remove(parent.named(name)[index - 1])
        self._bound = None

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Put answers, nested as in a result, into their nodes; repeats get the instances that they need."""
        self._fill(self.root, answers)
        self.settle()

    def _fill(self, node: Node, answers: Mapping[str, Any]) -> None:
        for name, value in answers.items():
            template = self._templates.get(f"{_path(node)}/{name}")
            if template is not None and isinstance(value, list):
                while len(node.named(name)) < len(value):
                    self._add(node, name, template)
            for child, inner in zip(node.named(name), value if template is not None else [value], strict=False):
                if isinstance(inner, Mapping):
                    self._fill(child, inner)
                else:
                    child.text = " ".join(map(str, inner)) if isinstance(inner, list) else str(inner)

    # -- words

    def choices(self, element: Element, node: Node, language: str) -> list[tuple[str, str]]:
        """Value and label of each choice on offer at a node; labels empty for language `""`."""
        items = element.items
        if not items.nodeset:
            return [(value, self.words(label, node, language) if language else "") for value, label in items.fixed]
        found: list[tuple[str, str]] = []
        for item in evaluate.nodes(items.nodeset, self.context(node)):
            value = _child_text(item, items.value)
            found.append((value, self._item_label(element, item, language) if language else ""))
        return found

    def _item_label(self, element: Element, item: Node, language: str) -> str:
        text = _child_text(item, element.items.label)
        return self.words(self.form.itext(text, language), item, language) if element.items.label_is_itext else text

    def _choice_label(self, value: str, ref: str) -> str:
        language = self.form.default_language
        for element in self._elements:
            if element.path == plain_path(ref).strip():
                return dict(self.choices(element, self.root, language or "default")).get(value, "")
        return ""

    def words(self, label: Label, node: Node, language: str) -> str:
        """A label's text, its outputs filled in from a node."""
        pieces = self.form.label(label, language).pieces
        context = self.context(node)
        return "".join(
            evaluate.text(piece, context) if is_expression else piece for piece, is_expression in pieces
        ).strip()

    def message(self, message: str, node: Node, language: str) -> str:
        """A constraint's message, looked up where it is an itext reference."""
        if message.startswith("jr:itext("):
            return self.words(Label(itext=message[len("jr:itext(") : -1].strip("'\"")), node, language)
        return message


def _path(node: Node) -> str:
    parts: list[str] = []
    inner: Node | None = node
    while inner is not None and inner.name:
        parts.append(inner.name)
        inner = inner.parent
    return "/" + "/".join(reversed(parts))


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _child_text(item: Node, path: str) -> str:
    found = [item]
    for name in path.split("/"):
        found = [child for node in found for child in node.named(name)]
    return found[0].text if found else ""
