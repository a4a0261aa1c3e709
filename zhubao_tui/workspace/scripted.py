"""An interview from a file of answers: the same session as the screen's, driven by question names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zhubao_tui.interview import SPECIALS, End, Question, RepeatPrompt

from .interviewing import Finished, Interviewing, InterviewSession
from .reporting import NewReport
from .survey import Survey
from .workspace import Workspace

ISSUES = "issues"
"""Where a file lists issues: objects with words, category, place, urgency, or with `join`, a case number."""


class AnswersUnusable(ValueError):
    """A file of answers, or one answer in it, can't be used; `name` says which."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


def read_answers(path: Path) -> dict[str, Any]:
    """Read a JSON object of answers by question name."""
    try:
        answers = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise AnswersUnusable(path.name, type(error).__name__) from error
    if not isinstance(answers, dict):
        raise AnswersUnusable(path.name, "object")
    return answers


def interview_from(workspace: Workspace, door: str, answers: Mapping[str, Any]) -> Finished:
    """Interview a household; a question that the answers don't name is passed over if it may be.

    Raises:
        UnknownDoor: There is no such door.
        AnswersUnusable: An answer is not accepted, or a required one is missing; nothing but a draft is written, and
            that is dropped.
    """
    session = Interviewing(workspace).begin(Survey(workspace).dwelling(door))
    try:
        while not isinstance(session.interview.position, End):
            _one(session, answers)
        missing = session.interview.missing()
        if missing:
            raise AnswersUnusable(missing[0].ref.rpartition("/")[2], "required")
    except AnswersUnusable:
        session.draft.discard()
        raise
    return session.finish()


def _one(session: InterviewSession, answers: Mapping[str, Any]) -> None:
    position = session.interview.position
    if isinstance(position, RepeatPrompt):
        listed = answers.get(ISSUES)
        for issue in (listed if isinstance(listed, list) else [])[position.count :]:
            _issue(session, position.ref, issue)
    elif isinstance(position, Question) and not position.readonly:
        _answer(session, position, answers.get(position.name))
    verdict = session.go_on()
    if not verdict.ok and isinstance(position, Question):
        raise AnswersUnusable(position.name, verdict.kind)


def _answer(session: InterviewSession, question: Question, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, dict):
        special = str(value.get("special"))
        verdict = session.answer_special(special) if special in SPECIALS else None
    elif isinstance(value, list):
        verdict = session.answer([str(one) for one in value])
    else:
        verdict = session.answer(str(value))
    if verdict is None or not verdict.ok:
        raise AnswersUnusable(question.name, verdict.kind if verdict else "special")


def _issue(session: InterviewSession, repeat: str, issue: Any) -> None:
    if not isinstance(issue, dict):
        raise AnswersUnusable(ISSUES, "object")
    new = NewReport(
        str(issue.get("words", "")), str(issue.get("category", "")), str(issue.get("place", "unit")),
        str(issue.get("urgency", "normal")), session.dwelling.id,
    )  # fmt: skip
    session.report(new, repeat)
    show = issue.get("show_words")
    if show is not None:
        instance = session.reports[-1][1]
        session.interview.set_values(instance, {"show_words": str(show)})
