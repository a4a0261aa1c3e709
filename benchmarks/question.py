"""One answer's effect: from the answer to the next position, engine only, on the built-in questionnaire and on 500 questions.

The reference is measured in the same run: elementpath, the XPath library, evaluating every relevance, calculation and
constraint of the same 500 questions once, on the same values, its parse trees at hand. Run `python benchmarks/question.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from statistics import quantiles
from xml.etree import ElementTree as ET

from elementpath import XPath1Parser, XPathContext

from zhubao_tui import forms
from zhubao_tui.interview import Form, Interview, Question

TODAY = date(2026, 5, 13)
GROUPS, EACH = 25, 20
ROUNDS = 200


def generated() -> str:
    """An XLSForm of 500 questions in Markdown: every second one with a relevance, every fifth a calculation."""
    rows = ["| survey |", "| | type | name | label | relevant | constraint | calculation |"]
    for group in range(GROUPS):
        rows.append(f"| | begin group | g{group} | Group {group} | | | |")
        rows += [_row(group, number) for number in range(EACH)]
        rows.append("| | end group | | | | | |")
    return "\n".join([*rows, "| settings |", "| | form_id | version |", "| | many | 1 |"])


def _row(group: int, number: int) -> str:
    name, before = f"q{group}_{number}", f"q{group}_{number - 1}"
    first = f"q{max(0, group - 1)}_0"
    if number % 5 == 4:
        return f"| | calculate | {name} | | | | ${{{before}}} + ${{{first}}} * 2 |"
    relevant = f"${{{before}}} >= 0 or ${{{first}}} != 7" if number % 2 else ""
    constraint = f". >= 0 and . <= 100 + ${{{first}}}" if group or number else ". >= 0"
    return f"| | integer | {name} | Question {group} {number} | {relevant} | {constraint} | |"


def answered(interview: Interview) -> list[str]:
    """Answer everything once; returns the references in order."""
    refs = []
    while isinstance(interview.position, Question):
        refs.append(interview.position.ref)
        choices = interview.position.choices
        if not interview.position.readonly:
            interview.answer(choices[0].value if choices else "3")
        if not interview.go_on().ok:
            interview.answer_special("dk")
            interview.go_on()
    return refs


def times(interview: Interview, refs: list[str], values: tuple[str, str]) -> Iterator[float]:
    """Milliseconds from an answer that changes something to the next position."""
    for turn in range(ROUNDS):
        try:
            interview.jump(refs[turn * 7 % len(refs)])
        except ValueError:  # another answer has made it irrelevant
            continue
        question = interview.position
        if not isinstance(question, Question) or question.readonly:
            continue
        offered = [choice.value for choice in question.choices] or list(values)
        value = next((one for one in offered if one != question.value), offered[0])
        start = time.perf_counter()
        interview.answer(value)
        interview.go_on()
        _ = interview.position
        yield (time.perf_counter() - start) * 1000


def reference(xform: str, interview: Interview) -> Callable[[], None]:
    """Every expression of the form once, by elementpath."""
    values = {ref: value for ref, value, _relevant in interview.leaves()}
    main = ET.fromstring(xform).find(".//{*}instance/*")
    assert main is not None
    for node in main.iter():
        node.tag = node.tag.rpartition("}")[2]  # names in a form's expressions have no namespace
    leaves = {f"/{main.tag}/{group.tag}/{leaf.tag}": leaf for group in main for leaf in group}
    for path, leaf in leaves.items():
        leaf.text = values.get(path) or "0"
    nodes = XPathContext(ET.ElementTree(main))  # its node tree is built once, as ours is
    assert nodes.root is not None
    elements = nodes.root.elements
    assert elements is not None
    parser = XPath1Parser()
    todo = [
        (parser.parse(expression), elements[leaves[bind.path]])
        for bind in Form(xform).binds.values()
        for expression in (bind.relevant, bind.calculate, bind.constraint)
        if expression and "uuid(" not in expression
    ]

    def once() -> None:
        for token, node in todo:
            nodes.item = node
            token.evaluate(nodes)

    return once


def shown(name: str, found: list[float]) -> float:
    """Print p50 and p95; returns p95."""
    cuts = quantiles(found, n=100)
    print(f"{name:<28} p50 {cuts[49]:7.3f} ms   p95 {cuts[94]:7.3f} ms   ({len(found)} answers)")
    return cuts[94]


def main() -> None:
    short = Interview(forms.load("zhubao_household"), presets={"last_open": "0"}, today=TODAY)
    shown("built-in questionnaire", list(times(short, answered(short)[1:], ("2", "3"))))
    xform = forms.compile_markdown(generated())
    long = Interview(Form(xform), today=TODAY)
    p95 = shown("500 questions", list(times(long, answered(long), ("2", "3"))))
    once = reference(xform, long)
    once()
    spent = []
    for _turn in range(20):
        start = time.perf_counter()
        once()
        spent.append((time.perf_counter() - start) * 1000)
    median = sorted(spent)[10]
    print(f"elementpath, each expression once: {median:.3f} ms; ours at p95 takes {p95 / median:.2f} times as long")


if __name__ == "__main__":
    main()
