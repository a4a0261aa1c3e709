"""Serving from the app, and what households said on their pages, by real keys."""

from __future__ import annotations

import asyncio
import http.client
import socket

import pytest

from keys import type_in, until, until_screen, words_on
from screens.door import DoorScreen
from screens.frame import MenuEntry
from screens.serve import ServeScreen
from screens.take_over import TakeOverDialog
from screens.words_dialog import WordsDialog
from storage.record import Ref
from test_pages import DOORS, HOME, tell, tokens
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.proposals import Proposals
from zhubao_tui.workspace.workspace import Workspace


def propose(workspace: Workspace, words: str = "门口井盖响，夜里吵", level: str = "estate") -> Ref:
    body = {"household": HOME, "words": words, "level": level, "on": "2026-05-13", "via": "page", "token": "0" * 64}
    return workspace.write("proposed", dict(body))


def say_no(workspace: Workspace) -> Ref:
    ref = tell(workspace)
    casework = Casework(workspace)
    casework.move("assign", ref, person=workspace.person)
    casework.move("resolve", ref, done="换了新的灯泡，试过亮了")
    casework.move(
        "confirm", ref, {"household": HOME, "note": "还是不亮"}, of=str(ref), yes=False, way="page", on="2026-05-13"
    )
    return ref


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_a_lead_starts_it_from_today_it_goes_on_elsewhere_and_stops(
    workspace: Workspace, size: tuple[int, int]
) -> None:
    say_no(workspace)
    (token,) = tokens(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=size) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: "现场看办件页" in words_on(pilot))
        await pilot.click(next(entry for entry in app.screen.query(MenuEntry) if "现场看办件页" in str(entry.render())))
        await until_screen(pilot, ServeScreen)
        assert "没有开" in words_on(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "只有这台电脑看得到" in words_on(pilot))
        assert app.pages is not None
        port = app.pages.address.port
        assert app.cards.served_at == ""
        await pilot.press("escape", "escape")
        status, page = await asyncio.to_thread(get, port, f"/{token}")
        assert (status, "楼梯口的灯一直不亮" in page) == (200, True)
        app.open_serve()
        await until(pilot, lambda: "看了 1 次" in words_on(pilot))
        await pilot.press("3")
        await until(pilot, lambda: "没有开" in words_on(pilot))
        await until(pilot, lambda: app._spot.task is not None and app._spot.task.done())
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(get, port, f"/{token}")


async def test_while_phones_can_see_it_the_card_leads_here_and_the_saved_slip_does_not(workspace: Workspace) -> None:
    workspace.write("settings", {"base_url": "https://zhubao.cn"})
    tell(workspace)
    (token,) = tokens(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.start_serving("0.0.0.0")
        assert app.pages is not None
        if not app.pages.is_for_others:
            pytest.skip("this machine has no address but its own")
        app.open_serve()
        await until(pilot, lambda: "便民卡上的码现在指到" in words_on(pilot))
        assert "█" in words_on(pilot)
        assert app.cards.card(HOME).payload == f"{app.pages.url.upper()}/{token}"
        app.stop_serving()
        assert app.cards.card(HOME).payload == f"HTTPS://ZHUBAO.CN/{token}"


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_whose_network_it_should_be_is_said_beside_the_code(workspace: Workspace, size: tuple[int, int]) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=size) as pilot:
        app.open_serve()
        await until_screen(pilot, ServeScreen)
        await pilot.press("1")
        await until(pilot, lambda: "只有这台电脑看得到" in words_on(pilot))
        assert "热点" not in words_on(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "用自己的网络或手机热点" in "".join(words_on(pilot).split()))


async def test_leaving_the_app_stops_it(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.start_serving("127.0.0.1")
        assert app.pages is not None
        port = app.pages.address.port
        await pilot.press("ctrl+q")
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


async def test_a_cadre_is_not_offered_it(workspace: Workspace) -> None:
    workspace.sit_down("王强", "cadre")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: "个人信息" in words_on(pilot))
        assert "现场看办件页" not in words_on(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_a_no_from_a_page_is_the_first_thing_that_waits(workspace: Workspace, size: tuple[int, int]) -> None:
    say_no(workspace)
    tell(workspace, DOORS[1], "下水道返味", "drain_smell", urgency="danger")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=size) as pilot:
        if size[0] < 100:
            await until(pilot, lambda: "1 件有住户在办件页说没好" in words_on(pilot))
            await pilot.press("f2")
        await until(pilot, lambda: "住户在办件页说没好，三天内要回话" in words_on(pilot))
        shown = words_on(pilot)
        assert app.workspace.today().isoformat() == "2026-05-13"
        assert shown.index("5月16日前回话") < shown.index("等我办的" if size[0] >= 100 else "下水道返味")


async def test_what_a_household_wrote_is_taken_over_from_today(workspace: Workspace) -> None:
    tell(workspace)
    propose(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        await until(pilot, lambda: "住户自己写的，等您看" in words_on(pilot))
        await pilot.press("f2", "enter")
        await until_screen(pilot, TakeOverDialog)
        await until(pilot, lambda: "门口井盖响，夜里吵" in words_on(pilot))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not Proposals(workspace).waiting())
        (case,) = [case for case in workspace.community.cases() if case.words == "门口井盖响，夜里吵"]
        assert (case.followers, case.main.place.level, case.status) == ({HOME}, "estate", "new")
        await until(pilot, lambda: "住户自己写的，等您看" not in words_on(pilot))


async def test_esc_leaves_it_waiting_and_f8_puts_it_aside_from_the_door(workspace: Workspace) -> None:
    tell(workspace)
    propose(workspace, "[red]井盖\x1b]0;x\x07响")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_door(DOORS[0])
        await until_screen(pilot, DoorScreen)
        await until(pilot, lambda: "住户自己写的，等您看：[red]井盖" in words_on(pilot))
        assert "\x1b]" not in words_on(pilot)
        await pilot.press("end", "enter")
        await until_screen(pilot, TakeOverDialog)
        await pilot.press("escape")
        await until_screen(pilot, DoorScreen)
        assert len(Proposals(workspace).waiting()) == 1
        await pilot.press("end", "enter")
        await until_screen(pilot, TakeOverDialog)
        await pilot.press("f8")
        await until_screen(pilot, WordsDialog)
        await type_in(pilot, "和楼下那件是一回事")
        await pilot.press("enter")
        await until(pilot, lambda: not Proposals(workspace).waiting())
        await until_screen(pilot, DoorScreen)
        assert "住户自己写的" not in words_on(pilot)


async def test_a_case_shows_what_a_household_said_on_its_page(workspace: Workspace) -> None:
    ref = say_no(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        app.open_case(ref)
        await until(pilot, lambda: "说没好  办件页：还是不亮" in words_on(pilot))
        assert "请看要不要重办" in words_on(pilot)
