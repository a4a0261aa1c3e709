"""One half-day (筑堡工作日) by real keys: doors, an interview, twins, the card; exchange, the merge desk, and back."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from conftest import Clock
from keys import type_in, until, until_screen, words_on
from screens.building import BuildingScreen
from screens.card import CardScreen
from screens.case import CaseScreen
from screens.door import DoorScreen
from screens.exchange import ExchangeScreen
from screens.interview import InterviewScreen
from screens.issue_dialog import IssueDialog
from screens.merge import MergeScreen
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.issues import Case
from zhubao_tui.interview import End, Question
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Building, Survey
from zhubao_tui.workspace.workspace import Workspace

LAMP = "楼梯间三层的灯泡坏了，夜里摸黑上楼"
SAME_LAMP = "楼梯间灯泡坏了，晚上摸黑"
DRAIN = "一楼厨房下水返水，地上全是脏水"
SAME_DRAIN = "楼下下水道堵了往上返水"


def unvisited_unit(workspace: Workspace) -> tuple[Building, list[Dwelling]]:
    """A building with a stairwell of four doors or more where nobody was yet."""
    survey = Survey(workspace)
    for building in survey.buildings():
        for unit in building.units:
            doors = [d for d in building.dwellings if d.address.unit == unit]
            if len(doors) >= 5 and not any(d.household.visits or d.household.responses for d in doors):
                return building, doors
    raise AssertionError("the demo has no such stairwell")


def agreed_report(workspace: Workspace, door: Dwelling, words: str, category: str) -> None:
    """What an earlier half-day left: a household that agreed, and its report."""
    workspace.write("consent", {"household": door.household.id, "choice": "all", "notice": "2026-1"})
    Reporting(workspace).report(NewReport(words, category, "unit", "normal", door.id, door.household.id))


async def go_to_door(pilot: Pilot[None], building: Building, door: Dwelling) -> None:
    """From the building's grid to a door, by its number."""
    unit = f"{door.address.unit}-" if len(building.units) > 1 else ""
    await type_in(pilot, unit + door.address.door)
    await pilot.press("enter")
    await until_screen(pilot, DoorScreen)
    assert door.id in words_on(pilot)


async def test_a_half_day_from_the_door_to_the_merged_case(demo: Path, tmp_path: Path, clock: Clock) -> None:
    workspace = Workspace.open(demo, app=True, now=clock)
    building, doors = unvisited_unit(workspace)
    earlier, not_home, interviewed, with_new = doors[0], doors[1], doors[2], doors[3]
    agreed_report(workspace, earlier, LAMP, "light_stair")
    agreed_report(workspace, earlier, DRAIN, "drain_block")
    cadre = next(person for person in workspace.people() if person.role == "cadre")
    workspace.choose(cadre.name)

    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await type_in(pilot, building.id)
        await pilot.press("enter")
        await until_screen(pilot, BuildingScreen)
        await go_to_door(pilot, building, not_home)
        await pilot.press("2")
        await until_screen(pilot, BuildingScreen)
        assert workspace.community.dwellings[not_home.id].household.visits[-1].outcome == "not_home"

        # a household that has the lamp, too
        await go_to_door(pilot, building, interviewed)
        await pilot.press("1")
        await until_screen(pilot, InterviewScreen)
        assert "是否同意登记" in words_on(pilot)
        await pilot.press("1")
        await press_until(pilot, "any_issue")
        await pilot.press("1")
        await pilot.press("1")
        await until_screen(pilot, IssueDialog)
        await type_in(pilot, SAME_LAMP)
        await pilot.pause()
        assert LAMP[:8] in words_on(pilot)
        await pilot.press("down", "enter")
        await until_screen(pilot, InterviewScreen)
        lamp = case_with(workspace, LAMP)
        assert interviewed.household.id in lamp.followers
        assert len(lamp.followers) == 2
        await answer_the_rest(pilot)
        await pilot.press("enter")
        await until_screen(pilot, CardScreen)
        assert lamp.number in words_on(pilot)
        await pilot.press("enter")
        await until_screen(pilot, BuildingScreen)

        # a household with a trouble of its own, which a lead will find to be the drain
        await go_to_door(pilot, building, with_new)
        await pilot.press("1")
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1")
        await press_until(pilot, "any_issue")
        await pilot.press("1", "1")
        await until_screen(pilot, IssueDialog)
        await type_in(pilot, SAME_DRAIN)
        await pilot.press("ctrl+s")
        await until_screen(pilot, InterviewScreen)
        await answer_the_rest(pilot)
        await pilot.press("enter")
        await until_screen(pilot, CardScreen)
        await pilot.press("enter")
        await until_screen(pilot, BuildingScreen)

        stick = tmp_path / "stick"
        await exchange_by_keys(pilot, stick)
        other = join(stick, tmp_path / "laptop7", now=clock)
        lead = next(person for person in other.people() if person.role == "team_lead")
        other.choose(lead.name)
        clock.forward(minutes=5)
        await merge_by_keys(other, stick, DRAIN, SAME_DRAIN)
        await exchange_by_keys(pilot, stick)

        merged = case_with(workspace, DRAIN)
        assert {earlier.household.id, with_new.household.id} <= merged.followers
        assert merged is case_with(workspace, SAME_DRAIN)
        app.open_case(merged.main.ref)
        await until_screen(pilot, CaseScreen)
        shown = words_on(pilot)
        assert SAME_DRAIN in shown
        assert DRAIN in shown
    assert [person.name for person in workspace.people() if person.id == workspace.person] == [cadre.name]


def case_with(workspace: Workspace, words: str) -> Case:
    return next(case for case in workspace.community.cases() if any(report.words == words for report in case.reports))


async def press_until(pilot: Pilot[None], name: str) -> None:
    """Answer what is asked until a question is at hand."""
    screen = pilot.app.screen
    assert isinstance(screen, InterviewScreen)
    for _step in range(60):
        position = screen._session.interview.position
        if isinstance(position, Question) and position.name == name:
            return
        await answer_one(pilot, screen)
    raise AssertionError(f"{name} is never asked")


async def answer_the_rest(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, InterviewScreen)
    for _step in range(60):
        if isinstance(screen._session.interview.position, End):
            assert "都答完了" in words_on(pilot), words_on(pilot)
            return
        await answer_one(pilot, screen)
    raise AssertionError("the interview does not end")


async def answer_one(pilot: Pilot[None], screen: InterviewScreen) -> None:
    position = screen._session.interview.position
    if not isinstance(position, Question):
        await pilot.press("2")  # no further issue
    elif position.name == "size":
        await pilot.press("2", "enter")
    elif position.name in ("aged60", "minors"):
        await pilot.press("0", "enter")
    elif position.control == "select1":
        values = [choice.value for choice in position.choices]
        await pilot.press(str(values.index("no") + 1) if "no" in values else "1")
    elif position.required and position.specials_allowed:
        await pilot.press("f6")
    else:
        await pilot.press("enter")
    await pilot.pause()


async def exchange_by_keys(pilot: Pilot[None], folder: Path) -> None:
    await pilot.press("f5")
    await until_screen(pilot, ExchangeScreen)
    await pilot.press("ctrl+u")
    await type_in(pilot, str(folder))
    await pilot.press("enter")
    await until(pilot, lambda: "拷出" in words_on(pilot))
    await pilot.press("escape", "escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, ExchangeScreen))


async def merge_by_keys(other: Workspace, stick: Path, *words: str) -> None:
    """The lead's laptop: find the group at the desk and make it one case."""
    app = ZhubaoApp(other)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("3")
        await until_screen(pilot, MergeScreen)
        await until(pilot, lambda: all(word[:8] in words_on(pilot) or skip(pilot) for word in words), "the two drains")
        desk = app.screen
        assert isinstance(desk, MergeScreen)
        assert desk.group is not None
        for index, case in enumerate(desk.group.cases):
            if case.words not in words:
                await pilot.press("home", *["down"] * index, "space")
        await pilot.press("enter")
        await until(pilot, lambda: len(case_with(other, words[0]).issues) == 2)
        Exchanging(other).took_in(Exchanging(other).exchange(stick))


def skip(pilot: Pilot[None]) -> bool:
    """On to the next group, if one is shown."""
    desk = pilot.app.screen
    if isinstance(desk, MergeScreen) and desk.group is not None:
        desk.action_skip()
    return False
