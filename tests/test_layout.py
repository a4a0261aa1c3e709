"""A few screens as pictures: what stands where, at the two sizes that matter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from conftest import Clock
from keys import until, words_on
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

SnapCompare = Callable[..., bool]


@pytest.fixture
def lived_in(workspace: Workspace, clock: Clock) -> Workspace:
    """The small community after a half-day: outcomes, cases at several places, one of them overdue, likely twins."""
    survey, reporting = Survey(workspace), Reporting(workspace)
    doors = survey.building("祥和苑/3").dwellings
    for number, outcome in enumerate(("not_home", "refused", "vacant", "moved", "rented", "unable", "shop")):
        survey.record_visit(doors[number], outcome)
    said = (
        ("楼道灯坏了三天，老人下楼看不见", "light_stair", "unit", "danger"),
        ("楼梯间的灯不亮，摸黑上楼", "light_stair", "unit", "normal"),
        ("[red]院里路灯[/]歪了 \x1b[31m", "light_yard", "estate", "soon"),
    )
    for number, (words, category, level, urgency) in enumerate(said):
        door = doors[8 + number]
        workspace.write("consent", {"household": door.household.id, "choice": "all", "notice": "2026-1"})
        workspace.write("resident", {"household": door.household.id, "name": "张[/]伟", "phone": "13800001234"})
        reporting.report(NewReport(words, category, level, urgency, door.id, door.household.id))
    clock.forward(days=9)
    return workspace


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=["80x24", "120x35"])
@pytest.mark.parametrize(
    "keys",
    [(), ("1", "enter"), ("2",), ("3",), ("1", "enter", "enter"), ("f2", "down", "enter"), ("escape",)],
    ids=["today", "building", "issues", "merge", "door", "case", "menu"],
)
def test_layout(lived_in: Workspace, snap_compare: SnapCompare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async def pressed(pilot: object) -> None:
        await until(pilot, lambda: "疑似重复" in words_on(pilot))  # type: ignore[arg-type]  # Textual's pilot
        for key in keys:
            await pilot.press(key)  # type: ignore[attr-defined]  # the same
            await settle(pilot)
        await stand_still(pilot)

    assert snap_compare(ZhubaoApp(lived_in), terminal_size=size, run_before=pressed)


async def settle(pilot: object) -> None:
    """Let workers end: the merge desk looks for its groups beside the screen."""
    await pilot.app.workers.wait_for_complete()  # type: ignore[attr-defined]  # Textual's pilot
    await pilot.pause()  # type: ignore[attr-defined]  # the same


async def stand_still(pilot: object) -> None:
    """Wait until nothing on the screen has changed for a while: focus and what comes from beside it take their time."""
    last, same = "", 0
    while same < 6:
        await asyncio.sleep(0.1)
        now = pilot.app.export_screenshot()  # type: ignore[attr-defined]  # Textual's pilot
        last, same = now, same + 1 if now == last else 0


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=["80x24", "120x35"])
def test_the_interview(lived_in: Workspace, snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    async def to_a_question(pilot: object) -> None:
        pilot.app.interview("祥和苑/3-1-101")  # type: ignore[attr-defined]  # Textual's pilot
        await settle(pilot)
        await pilot.press("1")  # type: ignore[attr-defined]  # the same
        await settle(pilot)

    assert snap_compare(ZhubaoApp(lived_in), terminal_size=size, run_before=to_a_question)
