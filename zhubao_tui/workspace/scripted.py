"""An interview from a file of answers: the same session as the screen's, driven by question names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.errors import StorageError
from zhubao_tui import forms
from zhubao_tui.interview import SPECIALS, End, Question, RepeatPrompt

from .casework import Casework
from .errors import AnswersUnusable as AnswersUnusable
from .errors import MoveRefused, PartlyTaken
from .interviewing import LONG_FORM, SHORT_FORM, Interviewing
from .reporting import NewReport
from .session import Finished, InterviewSession
from .survey import Survey
from .verdicts import undo
from .workspace import Workspace

ISSUES = "issues"
"""Where a file lists issues: objects with words, category, place, urgency, told and show_words, or with `join`, a case's
number or id, in place of category, place and urgency."""

LARGEST = 4 * 1024 * 1024
"""Bytes of a file of answers."""


def read_answers(path: Path) -> dict[str, Any]:
    """Read a JSON object of answers by question name."""
    try:
        with path.open("rb") as file:  # it may be a pipe, of which nobody knows the size
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise AnswersUnusable(path.name, error.strerror or type(error).__name__) from error
    if len(data) > LARGEST:
        raise AnswersUnusable(path.name, "> 4 MB")
    try:
        answers = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise AnswersUnusable(path.name, "JSON") from error
    if not isinstance(answers, dict):
        raise AnswersUnusable(path.name, "object")
    return answers


def interview_from(workspace: Workspace, door: str, answers: Mapping[str, Any], *, by_phone: bool = False) -> Finished:
    """Interview a household; a question that the answers don't name is passed over if it may be.

    Raises:
        UnknownDoor: There is no such door.
        AnswersUnusable: An answer is not accepted, or a required one is missing. The draft is dropped, and reports that
            it wrote are undone: nothing of it takes effect.
        PartlyTaken: That, too, was refused (a full disk): the reports stand, and the draft stays to be gone on with.
        IncompleteReport, UnknownCase: The same, for one of the issues.
    """
    session = Interviewing(workspace).begin(Survey(workspace).dwelling(door), by_phone=by_phone)
    before = len(session.reports)  # of what was saved earlier today, which this may correct
    try:
        return _Script(workspace, session, answers).play()
    except (ValueError, StorageError) as refused:
        try:
            if reports := [ref for ref, _instance in session.reports[before:]]:
                undo(workspace, reports)
            session.draft.discard()
        except (StorageError, MoveRefused):
            raise PartlyTaken from refused
        raise


class _Script:
    """Answers one interview by question names."""

    def __init__(self, workspace: Workspace, session: InterviewSession, answers: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._session = session
        self._answers = answers
        self._asked = False
        """The questionnaire came to the issues."""

    def play(self) -> Finished:
        session = self._session
        unknown = sorted(self._answers.keys() - self._names() - {ISSUES})
        if unknown:
            raise AnswersUnusable(unknown[0], "unknown")
        if not isinstance(self._answers.get(ISSUES, []), list):
            raise AnswersUnusable(ISSUES, "list")
        while not isinstance(session.interview.position, End):
            self._step()
        if self._answers.get(ISSUES) and not self._asked:
            raise AnswersUnusable(ISSUES, "not asked")  # as other answers say that there is none
        missing = session.interview.missing()
        if missing:
            raise AnswersUnusable(missing[0].ref.rpartition("/")[2], "required")
        return session.finish()

    def _names(self) -> set[str]:
        """Names of all questions of the built-in forms: a file for the long one may be used where the short one is asked."""
        cache = self._workspace.store.folder / "cache"
        bodies = (forms.load(name, cache).body for name in (LONG_FORM, SHORT_FORM))
        elements = (inner for body in bodies for element in body for inner in element.iterate())
        return {one.path.rpartition("/")[2] for one in elements if one.kind not in ("group", "repeat")}

    def _step(self) -> None:
        position = self._session.interview.position
        if isinstance(position, RepeatPrompt):
            self._asked = True
            for issue in self._answers.get(ISSUES, [])[position.count :]:
                self._issue(position.ref, issue)
        elif isinstance(position, Question) and not position.readonly:
            self._answer(position, self._answers.get(position.name))
        verdict = self._session.go_on()
        if not verdict.ok and isinstance(position, Question):
            raise AnswersUnusable(position.name, verdict.kind)

    def _answer(self, question: Question, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            special = str(value.get("special"))
            verdict = self._session.answer_special(special) if special in SPECIALS else None
        elif isinstance(value, list):
            verdict = self._session.answer([str(one) for one in value])
        else:
            verdict = self._session.answer(str(value))
        if verdict is None or not verdict.ok:
            raise AnswersUnusable(question.name, verdict.kind if verdict else "special")

    def _issue(self, repeat: str, issue: Any) -> None:
        if not isinstance(issue, dict):
            raise AnswersUnusable(ISSUES, "object")
        words = str(issue.get("words", ""))
        if "join" in issue:
            self._session.support(Casework(self._workspace).find(str(issue["join"])), words, repeat)
        else:
            category, level = str(issue.get("category", "")), str(issue.get("place", "unit"))
            urgency = str(issue.get("urgency", "normal"))
            self._session.report(NewReport(words, category, level, urgency, self._session.dwelling.id), repeat)
        self._ask(self._session.reports[-1][1], issue)
        self._session.jump(repeat)

    def _ask(self, instance: str, issue: Mapping[str, Any]) -> None:
        """What the questionnaire asks of an issue besides what the report itself holds."""
        for name in ("told", "show_words"):
            if name in issue:
                try:
                    self._session.jump(f"{instance}/{name}")
                except ValueError:  # not asked now
                    continue
                position = self._session.interview.position
                if isinstance(position, Question):
                    self._answer(position, issue[name])
