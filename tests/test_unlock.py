"""The screens before and over a sealed workspace, by real keys."""

from __future__ import annotations

import re

import pytest
from textual.widgets import Input, Static

from conftest import Clock
from keys import until, until_screen, words_on
from screens.fields import NO_BREAK
from screens.people import CodeDialog, LetInDialog, LostDialog, PeopleScreen, SureDialog
from screens.today import TodayScreen
from screens.unlock import LockScreen, UnlockApp
from sealed_helpers import Team
from storage import keys
from zhubao_tui import app as app_module
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.workspace import joining
from zhubao_tui.workspace.unlocking import FREE


def told(app: UnlockApp | ZhubaoApp) -> str:
    return str(app.screen.query_one("#told", Static).content)


async def test_a_passphrase_says_who_is_there(team: Team) -> None:
    app = UnlockApp(team.folder("a"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"wrong one", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "口令不对" in told(app)
        assert app.screen.query_one(Input).value == ""
        await pilot.press(*"correct horse", "enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
    assert app.return_value is not None
    assert app.return_value.person == team.lead.person


async def test_a_passphrase_is_never_shown(team: Team) -> None:
    app = UnlockApp(team.folder("a"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"correct horse")
        await pilot.pause()
        shown = "\n".join(
            "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
        )
    assert "correct" not in shown
    assert "•" in shown


async def test_after_several_wrong_ones_one_must_wait(team: Team) -> None:
    app = UnlockApp(team.folder("a"))
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(FREE + 2):
            await pilot.press(*"wrong one", "enter")
            await app.workers.wait_for_complete()
            await pilot.pause()
        assert "秒" in told(app)


async def test_ctrl_q_leaves_without_unlocking(team: Team) -> None:
    app = UnlockApp(team.folder("a"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+q")
    assert app.return_value is None


async def test_ctrl_l_hides_until_the_same_person_unlocks(team: Team) -> None:
    cadre = team.second()
    app = ZhubaoApp(cadre)
    keys.lock_away(team.folder("b"), keys.new_identity("e" * 16), "somebody else's")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+l")
        assert isinstance(app.screen, LockScreen)
        await pilot.press("ctrl+l", "escape", "f5", "1")
        assert isinstance(app.screen, LockScreen)
        app.screen.query_one(Input).value = ""
        for words, there in (("somebody else's", LockScreen), ("battery staple", TodayScreen)):
            await pilot.press(*words, "enter")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert isinstance(app.screen, there), words


async def test_it_locks_itself_when_nobody_touches_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(app_module, "monotonic", lambda: now[0])
    team.lead.write("settings", {"lock_minutes": 5})
    app = ZhubaoApp(team.lead)
    async with app.run_test(size=(80, 24)) as pilot:
        now[0] += 4 * 60
        app.lock_if_idle()
        await pilot.pause()
        assert isinstance(app.screen, TodayScreen)
        await pilot.press("down")
        now[0] += 4 * 60
        app.lock_if_idle()
        await pilot.pause()
        assert isinstance(app.screen, TodayScreen), "a key was pressed since"
        now[0] += 2 * 60
        app.lock_if_idle()
        await pilot.pause()
        assert isinstance(app.screen, LockScreen)


async def test_a_lead_lets_in_by_fingerprint_and_shuts_a_lost_laptop_out(team: Team, clock: Clock) -> None:
    told = team.join("b")
    team.exchange(team.lead)
    app = ZhubaoApp(team.lead)
    async with app.run_test(size=(80, 24)) as pilot:
        app.screen.action_people()  # as the Esc menu does
        await until_screen(pilot, PeopleScreen)
        assert told in words_on(pilot)
        await pilot.press("enter")
        await until_screen(pilot, LetInDialog)
        assert told in words_on(pilot)
        await pilot.press("enter", "enter")
        assert isinstance(app.screen, LetInDialog), "Enter lets nobody in"
        await pilot.press("2", "ctrl+s")
        await until_screen(pilot, PeopleScreen)
        team.exchange(team.lead)
        assert joining.exchange_waiting(team.folder("b"), team.stick, now=clock)
        with team.open("b") as other:
            assert other.role == "group_lead"
        await pilot.press("down", "enter")
        await until_screen(pilot, LostDialog)
        await pilot.press("escape", "enter", "ctrl+s")
        await until_screen(pilot, PeopleScreen)
        assert "已停用" in words_on(pilot)
        with team.open("b") as other:
            team.exchange(team.lead, other)
            assert other.shut_out


async def test_a_helper_is_let_in_on_the_screen_and_reads_care_needs(team: Team, clock: Clock) -> None:
    team.join("b")
    team.exchange(team.lead)
    app = ZhubaoApp(team.lead)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_people()
        await until_screen(pilot, PeopleScreen)
        await pilot.press("enter")
        await until_screen(pilot, LetInDialog)
        await until(pilot, lambda: "是帮扶人" in words_on(pilot))
        await pilot.press("1", "tab", "2")
        await until(pilot, lambda: "2 (•) 是帮扶人" in words_on(pilot).replace(NO_BREAK, " "))
        await pilot.press("ctrl+s")
        await until_screen(pilot, PeopleScreen)
    team.exchange(team.lead)
    assert joining.exchange_waiting(team.folder("b"), team.stick, now=clock)
    with team.open("b") as other:
        assert (other.role, bool(other.store.ring and other.store.ring.care)) == ("cadre", True)


async def test_a_new_recovery_code_is_shown_until_it_was_written_down(team: Team) -> None:
    app = ZhubaoApp(team.lead)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_people()
        await until_screen(pilot, PeopleScreen)
        await pilot.press("1")
        await until_screen(pilot, SureDialog)
        await pilot.press("ctrl+s")
        await until_screen(pilot, CodeDialog)
        code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){8}", words_on(pilot))
        assert code
        await pilot.press("escape", "enter")
        assert isinstance(app.screen, CodeDialog)
        await pilot.press(*code[0].lower(), "ctrl+s")
        await until_screen(pilot, PeopleScreen)
