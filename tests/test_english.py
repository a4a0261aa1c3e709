"""Under `--lang en` no Han character meets the eye, on any screen, dialog, menu or help, outside what people entered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from conftest import Clock, add_doors
from keys import type_in, until, until_screen, words_on
from screens.case import CaseScreen
from screens.door import DoorScreen
from screens.exchange import ExchangeScreen
from screens.interview import InterviewScreen
from screens.issue_dialog import IssueDialog
from screens.issues import IssuesScreen
from screens.merge import MergeScreen
from screens.move_dialog import FIELDS, MoveDialog
from screens.pick import PickScreen
from screens.today import TodayScreen
from zhubao_tui import i18n
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.community.issues import Case
from zhubao_tui.interview import End, Question
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


@pytest.fixture
def english(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    """A community that holds no Han character of its own: doors, visits, cases of every kind of place, twins."""
    i18n.set_language("en")
    made = Workspace.create(tmp_path / "laptop1", "Willow Court", "Mary", office_phone="010-55501234", now=clock)
    add_doors(made, estate="Willow")
    survey, reporting = Survey(made), Reporting(made)
    doors = survey.building("Willow/3").dwellings
    for number, outcome in enumerate(("not_home", "refused", "vacant", "moved", "rented", "unable", "shop")):
        survey.record_visit(doors[number], outcome)
    for number, words in enumerate(
        ("the stairwell lamp is broken", "stairwell lamp broken again", "lamp broken, dark")
    ):
        door = doors[8 + number]
        made.write("consent", {"household": door.household.id, "choice": "all", "notice": "2026-1"})
        made.write("resident", {"household": door.household.id, "name": "Ann", "phone": "13800001234"})
        reporting.report(NewReport(words, "light_stair", "unit", "danger", door.id, door.household.id))
    clock.forward(days=5)
    yield made
    made.close()


async def see(pilot: Pilot[None], what: str) -> None:
    """Look at the terminal as it is now."""
    await pilot.pause()
    shown = words_on(pilot)
    assert not HAN.search(shown), f"{what}:\n{shown}"


async def see_screen(pilot: Pilot[None], what: str) -> None:
    """Look at a screen, its menu and its help."""
    await see(pilot, what)
    await pilot.press("escape")
    await see(pilot, f"menu of {what}")
    await pilot.press("f1")
    await see(pilot, f"help of {what}")
    await pilot.press("escape")
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_screens_speak_english(english: Workspace, size: tuple[int, int], tmp_path: Path) -> None:
    app = ZhubaoApp(english)
    async with app.run_test(size=size) as pilot:
        await see_screen(pilot, "Today")
        await pilot.press("1")
        await see_screen(pilot, "buildings")
        await type_in(pilot, "zzz")
        await see(pilot, "an empty list")
        await pilot.press("ctrl+u", "enter")
        await pilot.pause()
        await see_screen(pilot, "building")
        await pilot.press("space")
        await see(pilot, "only unvisited")
        await pilot.press("f9")
        await see(pilot, "card")
        await pilot.press("f9")
        await see(pilot, "card saved")
        await pilot.press("enter")
        await pilot.press("enter")
        await until_screen(pilot, DoorScreen)
        await see_screen(pilot, "door")
        await pilot.press("f4")
        await until_screen(pilot, IssueDialog)
        await pilot.press("ctrl+s")
        await see(pilot, "issue dialog, nothing written")
        await type_in(pilot, "the stairwell lamp is out")
        await see(pilot, "issue dialog with twins")
        await pilot.press("f1")
        await see(pilot, "help of the issue dialog")
        await pilot.press("escape", "escape", "escape")
        await pilot.press("f3")
        await type_in(pilot, "lamp")
        await see(pilot, "find")
        await pilot.press("escape")
        await pilot.press("f5")
        await until_screen(pilot, ExchangeScreen)
        await see_screen(pilot, "exchange")
        await pilot.press("enter")
        await see(pilot, "exchange without a folder")
        await type_in(pilot, str(tmp_path / "stick"))
        await pilot.press("enter")
        await until(pilot, lambda: "new records" in words_on(pilot))
        await see(pilot, "account of an exchange")
        await pilot.press("ctrl+c")
        await see(pilot, "how to leave")
        await pilot.press("ctrl+l")
        await see(pilot, "hidden")


async def test_the_interview_speaks_english(english: Workspace) -> None:
    door = "Willow/3-1-302"
    app = ZhubaoApp(english)
    async with app.run_test(size=(120, 35)) as pilot:
        app.interview(door)
        await until_screen(pilot, InterviewScreen)
        screen = app.screen
        assert isinstance(screen, InterviewScreen)
        await see_screen(pilot, "interview")
        await pilot.press("f8")
        await see(pilot, "remark")
        await pilot.press("escape", "f2")
        await see(pilot, "outline")
        await pilot.press("escape")
        asked: set[str] = set()
        for _step in range(120):
            position = screen._session.interview.position
            if isinstance(position, End):
                break
            await see(pilot, str(position))
            if isinstance(position, Question):
                asked.add(position.name)
                if position.name == "size":
                    await pilot.press("enter")
                    await see(pilot, "a required question left out")
                    await pilot.press("9", "9", "enter")
                    await see(pilot, "more people than may be")
                    await pilot.press("backspace", "backspace")
                await answer(pilot, position)
            else:
                await pilot.press("2")
        await see_screen(pilot, "review")
        assert {"consent", "size", "care_need", "renew", "sat"} <= asked
        await pilot.press("escape", "escape")
        await see(pilot, "put down")


async def answer(pilot: Pilot[None], question: Question) -> None:
    """Answer so that as much as possible is asked."""
    if question.choices and question.control == "select1":
        values = [choice.value for choice in question.choices]
        await pilot.press(str(values.index("yes") + 1) if "yes" in values else "1")
    elif question.choices:
        await pilot.press("1", "enter")
    elif question.name in ("size", "aged60", "minors"):
        await pilot.press("2" if question.name == "size" else "1", "enter")
    elif question.required and question.specials_allowed:
        await pilot.press("f6")
    else:
        await pilot.press("enter")


async def test_cases_and_their_moves_speak_english(english: Workspace) -> None:
    case = next(iter(english.community.cases()))
    app = ZhubaoApp(english)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await until_screen(pilot, IssuesScreen)
        for digit in "12345":
            await pilot.press(digit)
            await see(pilot, f"issues, view {digit}")
        await see_screen(pilot, "issues")
        await pilot.press("shift+tab", "space")
        await until_screen(pilot, PickScreen)
        await see(pilot, "buildings to filter by")
        await pilot.press("escape", "escape", "escape")
        await until_screen(pilot, TodayScreen)
        app.open_case(case.main.ref)
        await until_screen(pilot, CaseScreen)
        await see_screen(pilot, "case")
        for move in FIELDS:
            app.push_screen(MoveDialog(move, case, refuse))
            await until_screen(pilot, MoveDialog)
            await see(pilot, f"dialog of {move}")
            await pilot.press("ctrl+s")
            await see(pilot, f"dialog of {move}, nothing written")
            await leave_dialog(pilot, case)
        for body in (
            {"kind": "claim"}, {"kind": "start"}, {"kind": "resolve", "done": "a new lamp was put in"},
            {"kind": "reopen", "note": "dark again"}, {"kind": "postpone", "reason": "no lamp", "until": "2026-06-01"},
        ):  # fmt: skip
            english.write(body.pop("kind"), {"issue": str(case.main.ref), **body})
            app.screen.refresh_view()  # type: ignore[attr-defined]  # a case's screen
            await see(pilot, f"case after {body}")


def refuse(move: str, _fields: object) -> None:
    raise MoveRefused(move, "rule")


async def leave_dialog(pilot: Pilot[None], case: Case) -> None:
    if isinstance(pilot.app.screen, MoveDialog):
        await pilot.press("escape")
    await until_screen(pilot, CaseScreen)


async def test_the_merge_desk_speaks_english(english: Workspace) -> None:
    app = ZhubaoApp(english)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("3")
        await until_screen(pilot, MergeScreen)
        await until(pilot, lambda: "lamp" in words_on(pilot))
        await see_screen(pilot, "merge desk")
        for key in ("2", "space", "1", "ctrl+z", "ctrl+z", "enter"):
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await see(pilot, f"merge desk after {key}")


async def test_who_is_at_the_keyboard_is_asked_in_english(english: Workspace) -> None:
    english.person = ""
    app = ZhubaoApp(english)
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, "who")
        await pilot.press("f1")
        await see(pilot, "help of who")
