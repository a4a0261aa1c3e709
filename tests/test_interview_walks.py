"""Real forms walked through as JavaRosa, ODK's own engine, walked them: same questions, choices, verdicts and result."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from zhubao_tui.interview import End, Form, Interview, Question, RepeatPrompt

DATA = Path(__file__).parent / "data" / "xlsforms"
DATE_TIME = 6
"""A moment that is shown is the one at which the walk began."""
NOT_YET = {"setgeopoint-action-value-changed-b9a8": "asks the device where it is; JavaRosa alone says it can't"}
"""Forms that ours walks otherwise, and why; docs/xpath.md lists them, too."""
FOLDERS = sorted(path.name for path in DATA.iterdir() if path.is_dir())
Step = dict[str, Any]


def plain(ref: str) -> str:
    """A reference as both engines write it: a first instance is not counted."""
    return ref.replace("[1]", "")


def walked(folder: Path, walk: Path) -> list[str]:
    """Go a recorded walk with our engine; what differs, at most the first step and the leaves."""
    record = json.loads(walk.read_text(encoding="utf-8"))
    interview = Interview(
        Form((folder / "form.xml").read_text(encoding="utf-8")), language="", today=date(2026, 11, 23)
    )
    unstable = {leaf["ref"] for leaf in record["leaves"] if leaf.get("unstable")}
    for number, step in enumerate(record["steps"], start=1):
        _give_up(interview, step)
        if step.get("ref") in unstable:
            step.pop("shown", None)
        trouble = _repeat(interview, step) if "repeat" in step else _question(interview, step)
        if trouble:
            return [f"{walk.parent.name}/{walk.name} step {number}: {trouble}"]
    _give_up(interview, {"ref": ""})
    if not isinstance(interview.position, End):
        return [f"{walk.parent.name}/{walk.name}: not at the end but at {interview.position}"]
    return [f"{walk.parent.name}/{walk.name}: {trouble}" for trouble in _leaves(interview, record["leaves"])]


@pytest.mark.parametrize("name", [name for name in FOLDERS if name not in NOT_YET])
def test_a_real_form_is_walked_as_in_odk(name: str) -> None:
    walks = sorted((DATA / name).glob("walk*.json"))
    assert walks
    troubles = [trouble for walk in walks for trouble in walked(DATA / name, walk)]
    assert not troubles, "\n".join(troubles)


@pytest.mark.parametrize("name", NOT_YET)
def test_what_is_walked_otherwise_is_listed_for_a_reason(name: str) -> None:
    assert any(walked(DATA / name, walk) for walk in (DATA / name).glob("walk*.json")), "now it agrees: take it off"


def test_all_forms_are_there() -> None:
    assert len(FOLDERS) == 68


def _give_up(interview: Interview, step: Step) -> None:
    """JavaRosa's walker left a question that took none of its answers unanswered, and so do we."""
    at = interview.position
    if isinstance(at, Question) and plain(at.ref) != plain(step.get("ref", at.ref)) and not interview.go_on().ok:
        refs = [item.ref for section in interview.outline() for item in section.questions]
        interview.jump(refs[refs.index(at.ref) + 1] if at.ref != refs[-1] else "")


def _repeat(interview: Interview, step: Step) -> str:
    prompt = interview.position
    if not isinstance(prompt, RepeatPrompt):
        return f"no prompt for {step['repeat']} but {prompt}"
    if plain(f"{prompt.ref}[{prompt.count + 1}]") != plain(step["repeat"]):
        return f"prompt for {step['repeat']} but at {prompt.ref} of {prompt.count}"
    if not step["add"]:
        interview.go_on()
        return ""
    instance = interview.add_repeat(prompt.ref)
    first = interview.first_in(instance)
    interview.jump(first)
    return ""


def _question(interview: Interview, step: Step) -> str:
    question = interview.position
    if not isinstance(question, Question) or plain(question.ref) != plain(step["ref"]):
        return f"{step['ref']} is due, but ours asks {getattr(question, 'ref', question)}"
    if question.label != (step["label"] or ""):
        return f"label {step['label']!r}, ours {question.label!r}"
    if "choices" in step and [choice.value for choice in question.choices] != step["choices"]:
        return f"choices {step['choices']}, ours {[choice.value for choice in question.choices]}"
    return _answer(interview, question, step)


def _answer(interview: Interview, question: Question, step: Step) -> str:
    verdict, given = step["verdict"], step.get("given", "")
    if verdict in ("skipped", "kept"):
        if question.readonly != (verdict == "skipped"):
            return f"{step['ref']} read-only: {question.readonly}"
        if step["type"] != DATE_TIME and not _alike(question.value, step.get("shown", question.value)):
            return f"{step['ref']} shows {step['shown']!r}, ours {question.value!r}"
    elif given or not question.value:
        answered = interview.answer(given)
        if answered.ok == (verdict == "constraint") and given:
            return f"{step['ref']} {given!r}: {verdict}, ours {answered}"
        if verdict == "constraint":
            return ""
    else:
        interview.clear()
    went = interview.go_on()
    if went.ok == (verdict == "required"):
        return f"{step['ref']} {given!r}: {verdict}, ours {went}"
    return ""


def _leaves(interview: Interview, expected: list[Step]) -> list[str]:
    ours = {plain(ref): (value, relevant) for ref, value, relevant in interview.leaves()}
    troubles = []
    for leaf in expected:
        ref = plain(leaf["ref"])
        if ref not in ours:
            troubles.append(f"leaf {ref} is missing")
            continue
        value, relevant = ours.pop(ref)
        if relevant != leaf["relevant"]:
            troubles.append(f"leaf {ref}: relevant {leaf['relevant']}, ours {relevant}")
        elif relevant and not leaf.get("unstable") and not _alike(value, leaf["value"]):
            troubles.append(f"leaf {ref}: {leaf['value']!r}, ours {value!r}")
    return troubles + [f"leaf {ref} is too much" for ref in ours]


def _alike(ours: str, theirs: str) -> bool:
    """Equal; numbers to 12 significant digits."""
    try:
        return ours == theirs or f"{float(ours):.12g}" == f"{float(theirs):.12g}"
    except ValueError:
        return False
