"""An interview: where am I, what is asked, which choices are on offer, what is missing. Plain object, no files, no UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from .answers import Verdict, accepted, checked
from .form import Element, Form, plain_path
from .instance import Instance
from .node import Node
from .positions import Choice, End, Missing, OutlineItem, Position, Question, RepeatPrompt, Reviewed, Section
from .result import Result, result_of

SPECIALS = ("dk", "na")
"""«don't know» and «would not say»: answers of their own."""
Step = Mapping[str, Any]


class Interview:
    """One household's way through a form.

    Every change is a step, a plain dict; `replay` of all steps gives back the same interview at the same question.
    """

    def __init__(
        self,
        form: Form,
        *,
        language: str = "zh",
        presets: Mapping[str, str] | None = None,
        today: date,
        no_specials: frozenset[str] = frozenset(),
    ) -> None:
        """Begin at the first question.

        Args:
            form: Compiled form.
            language: `zh` or `en`; may be changed at any time through the attribute.
            presets: Values of hidden nodes by name, set before the first question.
            today: The day that `today()` tells.
            no_specials: Paths of questions that take no «don't know» and no «would not say».
        """
        self.form = form
        self.language = language
        self.steps: list[Step] = []
        self._instance = Instance(form, datetime.combine(today, datetime.min.time()))
        self._specials: dict[str, str] = {}
        self._remarks: dict[str, str] = {}
        self._no_specials = no_specials
        for name, value in (presets or {}).items():
            for node in self._instance.root.iterate():
                if node.name == name and not node.children:
                    node.text = value
        self._instance.settle()
        self._at = _END
        self._move(self._first())
        self.steps.clear()  # what was done so far, every beginning does

    def _first(self) -> str:
        positions = self._keys()
        return positions[0] if positions else _END

    # -- where am I

    @property
    def position(self) -> Position:
        """The question, repeat prompt or end at hand."""
        return self._position(self._at)

    def _position(self, key: str) -> Position:
        if key == _END:
            return End()
        element, node = self._instance.places()[key]
        if element.kind == "repeat":
            return self._prompt(element, node)
        return self._question(element, node)

    def _prompt(self, element: Element, parent: Node) -> RepeatPrompt:
        name = element.path.rpartition("/")[2]
        ref = f"{parent.ref}/{name}"
        return RepeatPrompt(ref, self._text(element.label, parent), element.appearance, len(parent.named(name)))

    def _question(self, element: Element, node: Node) -> Question:
        bind = self._instance.bind(node)
        ref = node.ref
        return Question(
            ref,
            node.name,
            bind.type,
            element.kind,
            self._text(element.label, node),
            self._text(element.hint, node),
            self._choices(element, node),
            self._instance.is_required(node),
            bind.sensitive,
            self._instance.is_readonly(node),
            node.text,
            self._specials.get(ref, ""),
            plain_path(ref) not in self._no_specials and not self._instance.is_readonly(node),
            self._remarks.get(ref, ""),
            element.appearance,
            self._section_ref(ref),
        )

    def _text(self, label: Any, node: Node) -> str:
        return self._instance.words(label, node, self.form.language_of(self.language))

    def _choices(self, element: Element, node: Node) -> tuple[Choice, ...]:
        language = self.form.language_of(self.language)
        return tuple(Choice(value, label) for value, label in self._instance.choices(element, node, language))

    def _section_ref(self, ref: str) -> str:
        return "/".join(plain_path(ref).split("/")[:3])

    # -- answering

    def answer(self, value: str | Sequence[str]) -> Verdict:
        """Answer the question at hand; nothing changes unless the verdict is ok.

        Args:
            value: Text; of a select the choice's value; of a select-multiple its values.
        """
        element, node = self._instance.places()[self._at]
        text = value if isinstance(value, str) else " ".join(value)
        verdict = self._judge(element, node, text)
        if verdict.ok:
            self._put(node, verdict.value)
            self._did(do="answer", ref=node.ref, value=verdict.value)
        return verdict

    def _judge(self, element: Element, node: Node, text: str) -> Verdict:
        bind = self._instance.bind(node)
        allowed = (
            [value for value, _label in self._instance.choices(element, node, "")] if element.kind in _SELECTS else None
        )
        verdict = checked(text, bind.type, element.kind, allowed)
        if not verdict.ok or not verdict.value:
            return verdict
        if not self._instance.holds(node, verdict.value):
            return Verdict(False, "constraint", self._message(node), "")
        return verdict

    def _message(self, node: Node) -> str:
        message = self._instance.bind(node).message
        return self._instance.message(message, node, self.form.language_of(self.language))

    def _put(self, node: Node, text: str) -> None:
        node.text = text
        self._specials.pop(node.ref, None)
        self._instance.settle()

    def answer_special(self, special: str) -> Verdict:
        """Answer with «don't know» (`dk`) or «would not say» (`na`): the node stays empty, the word is kept beside."""
        _element, node = self._instance.places()[self._at]
        allowed = special in SPECIALS and plain_path(node.ref) not in self._no_specials
        if not allowed or self._instance.is_readonly(node):
            return Verdict(False, "special", "", "")
        self._put(node, "")
        self._specials[node.ref] = special
        self._did(do="special", ref=node.ref, value=special)
        return accepted("")

    def clear(self) -> None:
        """Take the answer at hand away."""
        _element, node = self._instance.places()[self._at]
        self._put(node, "")
        self._did(do="clear", ref=node.ref)

    def remark(self, text: str) -> None:
        """A remark on the question at hand; empty takes it away."""
        ref = self._instance.places()[self._at][1].ref
        if text:
            self._remarks[ref] = text
        else:
            self._remarks.pop(ref, None)
        self._did(do="remark", ref=ref, value=text)

    # -- moving

    def go_on(self) -> Verdict:
        """To the next position; refused while a required question is neither answered nor special."""
        if self._at == _END:
            return accepted("")
        element, node = self._instance.places()[self._at]
        if element.kind != "repeat" and self._lacks(node):
            return Verdict(False, "required", "", "")
        keys = self._keys()
        self._move(keys[keys.index(self._at) + 1])
        return accepted("")

    def back(self) -> None:
        """To the position before; nothing is lost."""
        keys = self._keys()
        before = [key for key in keys[: keys.index(self._at)] if not self._is_due(key)]
        if before:
            self._move(before[-1])

    def jump(self, ref: str) -> None:
        """To a question, a repeat's prompt, or (empty) the end; raises `ValueError` where that is not asked now."""
        key = ref or _END
        if key not in self._keys():
            raise ValueError(f"not asked now: {plain_path(ref)}")
        self._move(key)

    def _is_due(self, key: str) -> bool:
        """Whether an instance of a counted repeat is to be made here."""
        return key != _END and bool(self._instance.places()[key][0].count)

    def _move(self, key: str) -> None:
        if self._is_due(key):
            place = self._keys().index(key)
            self.add_repeat(key)
            self._move(self._keys()[place])
            return
        self._at = key
        self._did(do="go", ref="" if key == _END else key)

    def _keys(self) -> list[str]:
        return [*self._instance.places(), _END]

    # -- repeats

    def add_repeat(self, ref: str) -> str:
        """Add an instance to a repeat; returns its reference. The position does not move."""
        instance = self._instance.add_repeat(ref)
        self._instance.settle()
        self._did(do="add", ref=ref)
        return instance.ref

    def first_in(self, instance: str) -> str:
        """Reference of the first question inside a repeat instance; that of its prompt where it has none."""
        inside = (key for key in self._keys() if key.startswith(f"{instance}/"))
        return next(inside, instance.rpartition("[")[0])

    def remove_repeat(self, ref: str, index: int) -> None:
        """Remove the `index`-th (1-based) instance of a repeat with all its answers."""
        keys = self._keys()
        place = keys.index(self._at)
        self._instance.remove_repeat(ref, index)
        self._instance.settle()
        for kept in (self._specials, self._remarks):
            _renumber(kept, ref, index)
        self._at = next((key for key in reversed(keys[: place + 1]) if key in self._keys()), self._first())
        self._did(do="remove", ref=ref, index=index)

    def set_values(self, instance: str, values: Mapping[str, str]) -> None:
        """Fill leaves of a repeat instance by name, as the dialog that took them down has checked them."""
        node = self._instance.find(instance)
        for name, value in values.items():
            node.named(name)[0].text = value
        self._instance.settle()
        self._did(do="set", ref=instance, values=dict(values))

    def load(self, answers: Mapping[str, Any], specials: Mapping[str, str], remarks: Mapping[str, str]) -> None:
        """Take over what an earlier result holds, to correct it; the position does not move.

        What this form does not have is left out.
        """
        self._instance.fill(answers)
        for kept, given in ((self._specials, specials), (self._remarks, remarks)):
            kept.update(given)
        self._did(do="load", answers=dict(answers), specials=dict(specials), remarks=dict(remarks))

    # -- looking around

    def value_of(self, name: str) -> str:
        """Value of the first relevant leaf of a name; empty where there is none."""
        nodes = (node for node in self._instance.root.iterate() if node.name == name and not node.children)
        return next((node.text for node in nodes if node.counts), "")

    @property
    def progress(self) -> tuple[int, int]:
        """Number of the question at hand, and how many are asked as things stand."""
        questions = [key for key, (element, _node) in self._instance.places().items() if element.kind != "repeat"]
        keys = self._keys()
        here = keys.index(self._at)
        return sum(keys.index(key) <= here for key in questions), len(questions)

    def outline(self) -> tuple[Section, ...]:
        """Sections of the form with their questions, as a table of contents."""
        sections: list[Section] = []
        places = self._instance.places()
        here = "" if self._at == _END else self._section_ref(self._at)
        for element in self.form.body:
            ref = element.path
            own = [
                (key, node)
                for key, (inner, node) in places.items()
                if (key == ref or key.startswith((f"{ref}/", f"{ref}["))) and inner.kind != "repeat"
            ]
            items = tuple(self._item(key, node) for key, node in own)
            state = self._state([node for _key, node in own], current=ref == here)
            sections.append(Section(ref, self._text(element.label, self._instance.root), state, items))
        return tuple(sections)

    def _state(self, nodes: list[Node], *, current: bool) -> str:
        if not nodes:
            return "skipped"
        asked = [node for node in nodes if not self._instance.is_readonly(node)]
        if not any(self._lacks(node) for node in asked) and any(
            node.text or node.ref in self._specials for node in asked
        ):
            return "current" if current else "done"
        return "current" if current else "open"

    def _item(self, key: str, node: Node) -> OutlineItem:
        element = self._instance.places()[key][0]
        state = "readonly" if self._instance.is_readonly(node) else "open"
        if node.text or node.ref in self._specials:
            state = "done"
        return OutlineItem(key, self._text(element.label, node), state, self._shown(element, node))

    def _shown(self, element: Element, node: Node) -> str:
        labels = dict(self._instance.choices(element, node, self.form.language_of(self.language)))
        return (
            "、".join(labels.get(part, part) for part in node.text.split()) if element.kind in _SELECTS else node.text
        )

    def _lacks(self, node: Node) -> bool:
        return (
            not node.text
            and node.ref not in self._specials
            and self._instance.is_required(node)
            and not self._instance.is_readonly(node)
        )

    def missing(self) -> tuple[Missing, ...]:
        """Required questions that are neither answered nor special, and instances that a count still asks for, in order."""
        places = self._instance.places().items()
        return tuple(
            Missing(key, self._text(element.label, node))
            for key, (element, node) in places
            if (self._is_due(key) if element.kind == "repeat" else self._lacks(node))
        )

    def review(self) -> tuple[Reviewed, ...]:
        """Every question that is asked, with its answer as people read it."""
        return tuple(
            Reviewed(key, self._text(element.label, node), self._shown(element, node), self._specials.get(node.ref, ""),
                     self._remarks.get(node.ref, ""), self._instance.bind(node).sensitive)
            for key, (element, node) in self._instance.places().items()
            if element.kind != "repeat" and not self._instance.is_readonly(node)
        )  # fmt: skip

    def result(self) -> Result:
        """What was said, as it is stored; what is not relevant is not in it."""
        return result_of(self._instance, self._specials, self._remarks)

    def leaves(self) -> list[tuple[str, str, bool]]:
        """Reference, value and relevance of every leaf."""
        nodes = self._instance.root.iterate()
        return [(node.ref, node.text, node.counts) for node in nodes if not node.children]

    # -- steps

    def _did(self, **step: Any) -> None:
        self.steps.append(step)

    def replay(self, steps: Sequence[Step]) -> None:
        """Do all steps again; raises `ValueError` naming the number of one that can't be done."""
        for number, step in enumerate(steps, start=1):
            try:
                self._redo(step)
            except (KeyError, ValueError, IndexError) as error:
                raise ValueError(f"step {number}") from error

    def _redo(self, step: Step) -> None:
        do, ref = step["do"], str(step.get("ref", ""))
        if do == "go":
            self.jump(ref)
        elif do == "add":
            self.add_repeat(ref)
        elif do == "remove":
            self.remove_repeat(ref, int(step["index"]))
        elif do == "load":
            self.load(step["answers"], step["specials"], step["remarks"])
        elif do == "set":
            self.set_values(ref, step["values"])
        else:
            self._redo_answer(do, ref, str(step.get("value", "")))

    def _redo_answer(self, do: str, ref: str, value: str) -> None:
        here, self._at = self._at, ref
        if ref not in self._instance.places():
            raise ValueError(ref)
        verdict = accepted("")
        if do == "answer":
            verdict = self.answer(value)
        elif do == "special":
            verdict = self.answer_special(value)
        elif do == "clear":
            self.clear()
        elif do == "remark":
            self.remark(value)
        else:
            raise ValueError(do)
        if not verdict.ok:
            raise ValueError(ref)
        self._at = here if here in self._keys() else ref


_END = "end"
_SELECTS = ("select", "select1", "rank")


def _renumber(kept: dict[str, str], ref: str, index: int) -> None:
    """After an instance went, what is kept by reference follows its question."""
    for key in list(kept):
        if key.startswith(f"{ref}["):
            number, _, rest = key[len(ref) + 1 :].partition("]")
            value = kept.pop(key)
            if int(number) != index:
                kept[f"{ref}[{int(number) - (int(number) > index)}]{rest}"] = value
