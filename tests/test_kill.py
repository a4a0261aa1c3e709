"""`kill -9` while an interview is being answered: what the killed process acknowledged is the truth.

A child process answers a scripted interview and writes `begin n` before and `done n` after each step to a pipe. It is
killed at a random moment; only runs whose last line is a `begin` (something was in flight) count.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from conftest import Clock
from zhubao_tui.interview import End, Question, RepeatPrompt
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.reporting import NewReport
from zhubao_tui.workspace.session import InterviewSession
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Now, Workspace

DOOR = "祥和苑/3-1-201"
WORDS = ("楼道灯坏了没人修", "下水道返水", "单元门关不严")


@dataclass(frozen=True)
class State:
    """All of an interview that a cadre would miss."""

    position: str
    answers: tuple[tuple[str, str, str, str], ...]
    reported: tuple[str, ...]
    finished: bool = False


def state_of(session: InterviewSession) -> State:
    interview = session.interview
    position = interview.position
    place = "the end" if isinstance(position, End) else position.ref
    answers = tuple((item.ref, item.value, item.special, item.remark) for item in interview.review())
    return State(place, answers, tuple(sorted(words_at_the_door(session._workspace))))


def between(before: State, found: State, after: State) -> bool:
    """Everything acknowledged is there, nothing is that neither step knows; what was in flight may be there in part."""
    if found.finished:
        return after.finished and Counter(found.reported) == Counter(after.reported)
    old, new = ({answer[0]: answer for answer in state.answers} for state in (before, after))
    kept = {answer[0]: answer for answer in found.answers}
    return (
        found.position in (before.position, after.position)
        and all(kept.get(ref) in (answer, new.get(ref)) for ref, answer in old.items())
        and all(answer in (old.get(ref), new.get(ref)) for ref, answer in kept.items())
        and Counter(before.reported) <= Counter(found.reported) <= Counter(after.reported)
    )


def words_at_the_door(workspace: Workspace) -> list[str]:
    return [
        report.words
        for case in workspace.community.cases_at(DOOR)
        for report in case.reports
        if report.dwelling == DOOR
    ]


def one_step(session: InterviewSession, number: int) -> None:
    """One thing that a cadre does, the same for the same number: answer, remark, go back, take an issue down."""
    interview = session.interview
    position = interview.position
    if isinstance(position, RepeatPrompt):
        if position.count < len(WORDS):
            new = NewReport(WORDS[position.count], "light_stair", "unit", "normal", DOOR)
            session.report(new, position.ref)
            session.jump(interview.first_in(session.reports[-1][1]))
        else:
            session.go_on()
    elif isinstance(position, Question):
        if number % 7 == 3 and not position.remark:
            session.remark(f"第{number}步的备注[/]")
        elif number % 11 == 5 and number < 60:
            session.back()
        elif not answered(position) and not position.readonly:
            answer(session, position)
        else:
            session.go_on()


def answered(question: Question) -> bool:
    return bool(question.value or question.special)


def answer(session: InterviewSession, question: Question) -> None:
    values = {"size": "3", "aged60": "1", "aged80": "0", "minors": "1", "phone": "13800001234", "any_issue": "yes"}
    if question.name in values:
        session.answer(values[question.name])
    elif question.choices and question.control == "select":
        session.answer([question.choices[0].value])
    elif question.choices:
        session.answer(question.choices[0].value)
    elif question.specials_allowed:
        session.answer_special("dk")
    else:
        session.answer("随便写几个字")


def begin(folder: Path, now: Now) -> InterviewSession:
    workspace = Workspace.open(folder, app=True, now=now)
    return Interviewing(workspace).begin(Survey(workspace).dwelling(DOOR))


def script_of(folder: Path, now: Now) -> Iterator[Callable[[], object]]:
    """The whole interview, step by step; the last one finishes it."""
    session = begin(folder, now)
    number = 0
    while not isinstance(session.interview.position, End):
        number += 1
        yield partial(one_step, session, number)
    yield session.finish


def run_in_child(folder: Path, clock: Clock, pipe: int) -> None:
    """The whole interview, acknowledged step by step; never returns."""
    for number, act in enumerate(script_of(folder, clock), start=1):
        os.write(pipe, f"begin {number}\n".encode())
        act()
        os.write(pipe, f"done {number}\n".encode())
    os._exit(0)


def undisturbed(folder: Path, now: Now) -> list[State]:
    """The state after each step of an undisturbed run; the last one is the finished interview's."""
    session = begin(folder, now)
    states = [state_of(session)]
    while not isinstance(session.interview.position, End):
        one_step(session, len(states))
        states.append(state_of(session))
        assert len(states) < 400
    assert not session.interview.missing()
    session.finish()
    states.append(State("", (), states[-1].reported, finished=True))
    session._workspace.close()
    return states


@pytest.fixture
def prepared(workspace: Workspace, clock: Clock) -> Path:
    """A workspace in which the form was loaded once, closed, to be copied for every run."""
    Interviewing(workspace).begin(workspace.community.dwellings[DOOR]).draft.discard()
    workspace.close()
    return workspace.store.folder


@pytest.fixture
def expected(prepared: Path, clock: Clock, tmp_path: Path) -> list[State]:
    return undisturbed(Path(shutil.copytree(prepared, tmp_path / "undisturbed")), clock)


def killed_run(folder: Path, clock: Clock, after: int, dice: random.Random) -> tuple[int, bool]:
    """Kill a child some moment after it acknowledged so many steps.

    Returns:
        How many steps it acknowledged, and whether one more was in flight.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            run_in_child(folder, clock, write)
        finally:
            os._exit(1)
    os.close(write)
    said = b""
    try:
        while said.count(b"done") < after and (more := os.read(read, 4096)):
            said += more
        wait(dice.uniform(0, 0.004))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(read, 4096):
            said += more
    finally:
        os.close(read)
    lines = said.decode().splitlines()
    return sum(line.startswith("done") for line in lines), bool(lines) and lines[-1].startswith("begin")


def wait(seconds: float) -> None:
    """A random moment within a step; select, as it is finer than sleep on some systems."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        select.select([], [], [], left)


def picked_up(folder: Path, now: Now) -> State:
    """What a cadre finds after starting again."""
    with Workspace.open(folder, app=True, now=now) as workspace:
        assert not workspace.read_only, "the dead process still holds the lock"
        drafts = Survey(workspace).drafts()
        household = workspace.community.dwellings[DOOR].household
        if not drafts:
            assert [visit.outcome for visit in household.visits] == ["interviewed"]
            assert len(household.responses) == 1
            assert not any((folder / "drafts").iterdir()), "what was said lies on in a draft"
            return State("", (), tuple(sorted(words_at_the_door(workspace))), finished=True)
        assert len(drafts) == 1
        assert not household.responses, "a finished interview is offered as unfinished"
        assert not household.visits
        state = state_of(Interviewing(workspace).resume(drafts[0]))
        workspace.write("note", {"issue": "", "note": "saving works again at once"})
        return state


@pytest.mark.fault("kill-interview")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: no process to kill")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    "kills",
    [50, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])],
    ids=lambda kills: f"{kills} kills",
)
def test_killed_at_random_moments_it_resumes_with_everything_acknowledged(
    kills: int, prepared: Path, expected: list[State], clock: Clock, tmp_path: Path
) -> None:
    dice = random.Random(20260513)
    counted = tries = 0
    while counted < kills:
        tries += 1
        assert tries < kills * 12, f"only {counted} of {tries} kills met something in flight"
        folder = Path(shutil.copytree(prepared, tmp_path / f"run{tries}"))
        acknowledged, in_flight = killed_run(folder, clock, dice.randrange(0, len(expected)), dice)
        if in_flight:
            counted += 1
            found = picked_up(folder, clock)
            before, after = expected[acknowledged], expected[min(acknowledged + 1, len(expected) - 1)]
            assert between(before, found, after), f"after {acknowledged} steps: {found} between {before} and {after}"
        shutil.rmtree(folder)


def test_the_script_meets_every_kind_of_step(expected: list[State]) -> None:
    """Otherwise the kills would prove less than they seem to."""
    last: Callable[[State], bool] = lambda state: bool(state.reported)  # noqa: E731 - read once
    assert any(map(last, expected))
    assert len(expected[-2].answers) > 30
    assert any(remark for _ref, _value, _special, remark in expected[-2].answers)
    assert any(special for _ref, _value, special, _remark in expected[-2].answers)
    assert sorted(expected[-1].reported) == sorted(WORDS)
