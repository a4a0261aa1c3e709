"""Screens by keys: what a cadre or a lead would miss if it went."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from conftest import Clock
from keys import type_in, until, until_screen, words_on
from screens.building import BuildingScreen
from screens.case import CaseScreen
from screens.door import DoorScreen
from screens.exchange import ExchangeScreen
from screens.fields import Words
from screens.interview import InterviewScreen
from screens.issue_dialog import IssueDialog
from screens.issues import IssuesScreen
from screens.merge import MergeScreen
from screens.pick import Pick, PickScreen
from screens.today import TodayScreen
from screens.who import WhoScreen
from screens.words_dialog import WordsDialog
from storage.errors import SaveFailed
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.community.issues import Case, Status
from zhubao_tui.interview import Question
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.workspace import Workspace

DOOR, NEIGHBOUR = "祥和苑/3-1-101", "祥和苑/3-1-102"
STRANGE = "[red]灯[/]坏 [@click=app.quit] {x} %s \x1b[31m\x1b]52;c;eA==\x07 \u202e反\u200b的"


def agreed(workspace: Workspace, door: str = DOOR, name: str = "张伟") -> str:
    """A household that agreed to be recorded; returns its id."""
    household = workspace.community.dwellings[door].household.id
    workspace.write("consent", {"household": household, "choice": "all", "notice": "2026-1"})
    workspace.write("resident", {"household": household, "name": name, "phone": "13800001234"})
    return household


def report(workspace: Workspace, words: str, door: str = DOOR, category: str = "light_stair") -> Case:
    household = agreed(workspace, door)
    ref = Reporting(workspace).report(NewReport(words, category, "unit", "normal", door, household))
    case = workspace.community.case_of(ref)
    assert case is not None
    return case


async def test_an_outcome_is_written_by_one_digit_and_corrected_by_another(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        for digit, outcome in (("2", "not_home"), ("４", "refused")):  # full-width, too
            app.open_door(DOOR)
            await until_screen(pilot, DoorScreen)
            await type_in(pilot, digit)
            await until_screen(pilot, TodayScreen)
            visits = workspace.community.dwellings[DOOR].household.visits
            assert [visit.outcome for visit in visits] == [outcome]


async def test_a_door_is_reached_by_typing_its_number(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_building("祥和苑/3")
        await until_screen(pilot, BuildingScreen)
        await type_in(pilot, "301")
        await until(pilot, lambda: "3-1-301" in words_on(pilot))
        await type_in(pilot, "2-101")
        await until(pilot, lambda: "3-2-101" in words_on(pilot))
        await pilot.press("up", "right")
        await until(pilot, lambda: "3-2-202" in words_on(pilot))


async def test_an_unfinished_interview_waits_on_today_and_goes_on_at_the_same_question(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await pilot.press("f8")
        await until_screen(pilot, WordsDialog)
        await until(pilot, lambda: isinstance(app.focused, Words))
        await type_in(pilot, "晚上才在家")
        await pilot.press("enter")
        await until_screen(pilot, InterviewScreen)
        await pilot.press("escape", "escape")
        await until_screen(pilot, TodayScreen)
        await until(pilot, lambda: "未完成访谈" in words_on(pilot))
        assert workspace.community.dwellings[DOOR].household.visits[-1].outcome == "partial"
        await pilot.press("home", "enter")
        await until_screen(pilot, InterviewScreen)
        shown = words_on(pilot)
        assert "联系电话" in shown
        assert "晚上才在家" in shown


async def test_a_wrong_answer_is_told_and_the_question_stays(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await type_in(pilot, "12345")
        await pilot.press("enter")
        await until(pilot, lambda: "号码不对，请再核对" in words_on(pilot))
        assert "12345" in words_on(pilot)
        await pilot.press("f7")
        await until(pilot, lambda: "何时方便" in words_on(pilot))
        await pilot.press("pageup")
        await until(pilot, lambda: "不愿说" in words_on(pilot))


@pytest.mark.fault("full-append")
async def test_when_the_disk_is_full_the_answer_stays_and_the_same_key_saves_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await type_in(pilot, "13800001234")
        screen = app.screen
        assert isinstance(screen, InterviewScreen)

        def full(_step: object) -> None:
            raise SaveFailed("draft.json", "full")

        with monkeypatch.context() as patch:
            patch.setattr(screen._session.draft, "append", full)
            await pilot.press("enter")
            await until(pilot, lambda: "磁盘满了" in words_on(pilot))
            assert "13800001234" in words_on(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "何时方便" in words_on(pilot))
        draft = Workspace.open(workspace.store.folder, now=workspace.now)
        assert any("13800001234" in str(step) for one in draft.drafts.all() for step in one.steps)
        draft.close()


async def test_joining_a_twin_is_undone_by_ctrl_z(workspace: Workspace) -> None:
    case = report(workspace, "楼道灯坏了，晚上看不见", NEIGHBOUR)
    agreed(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        await pilot.press("f4")
        await until_screen(pilot, IssueDialog)
        await type_in(pilot, "楼道灯不亮，看不见路")
        await until(pilot, lambda: "是不是同一件" in words_on(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "已并入" in words_on(pilot))
        joined = workspace.community.case_of(case.main.ref)
        assert joined is not None
        assert len(joined.followers) == 2
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "已撤销" in words_on(pilot))
        after = workspace.community.case_of(case.main.ref)
        assert after is not None
        assert len(after.followers) == 1


async def test_too_long_words_are_told_and_kept(workspace: Workspace) -> None:
    long = "灯坏了" * 3334
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.take_down(DOOR)
        await until_screen(pilot, IssueDialog)
        app.screen.query_one(Words).post_message(events.Paste(long))
        await until(pilot, lambda: len(app.screen.query_one(Words).value) == len(long))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "两千字以内" in words_on(pilot))
        assert app.screen.query_one(Words).value == long
        assert not list(workspace.community.cases())


async def test_pasted_line_breaks_and_control_codes_become_visible_and_harmless(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.take_down(DOOR)
        await until_screen(pilot, IssueDialog)
        app.screen.query_one(Words).post_message(events.Paste("灯坏了\n没人修\x1b]52;c;eA==\x07"))
        await until(pilot, lambda: "灯坏了 没人修" in words_on(pilot))
        assert "\x1b" not in app.screen.query_one(Words).value


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
@pytest.mark.fault("markup-text", "terminal-codes", "bidi-and-invisible")
async def test_strange_text_is_shown_as_typed_on_every_screen(workspace: Workspace, size: tuple[int, int]) -> None:
    household = agreed(workspace, name=STRANGE)
    for door in (DOOR, NEIGHBOUR):
        report(workspace, STRANGE, door)
    workspace.write("resident", {"household": household, "name": STRANGE})
    app = ZhubaoApp(workspace)
    async with app.run_test(size=size) as pilot:
        for opening in (
            lambda: None,
            lambda: app.open_building("祥和苑/3", DOOR),
            lambda: app.open_door(DOOR),
            app.open_issues,
            lambda: app.open_case(next(iter(workspace.community.cases())).main.ref),
            lambda: app.open_card(household),
            app.open_merge,
            app.find,
        ):
            opening()
            await pilot.pause()
            if app.screen.query("#filter"):
                await type_in(pilot, "灯")
            await app.workers.wait_for_complete()
            await pilot.pause()
            shown = words_on(pilot)
            assert not set(shown) & set("\x1b\x07\u202e\u200b"), shown
        app.open_case(next(iter(workspace.community.cases())).main.ref)
        await until_screen(pilot, CaseScreen)
        assert "[red]灯[/]坏" in words_on(pilot)


async def test_a_case_is_moved_by_digits_from_new_to_confirmed(workspace: Workspace) -> None:
    case = report(workspace, "楼道灯坏了")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        app.open_case(case.main.ref)
        await until_screen(pilot, CaseScreen)
        await move(pilot, "认领", "enter")
        await move(pilot, "办结")
        await type_in(pilot, "换了新灯泡，两层都亮了")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: status(workspace, case) is Status.RESOLVED)
        await until(pilot, lambda: "回访确认" in words_on(pilot))
        await move(pilot, "回访确认", "ctrl+s")  # what the household said is never taken for granted
        await until(pilot, lambda: "好了没有" in words_on(pilot))
        assert status(workspace, case) is Status.RESOLVED
        await pilot.press("1", "ctrl+s")
        await until(pilot, lambda: status(workspace, case) is Status.CONFIRMED)


async def move(pilot: Pilot[None], name: str, *keys: str) -> None:
    """Press the digit that the screen shows beside a move, then some keys in its dialog."""
    app = pilot.app
    await until(pilot, lambda: name in words_on(pilot))
    line = next(line for line in words_on(pilot).splitlines() if name in line and "│" in line)
    digit = line.partition("│")[2].split()[0]
    await pilot.press(digit, *keys)
    await app.workers.wait_for_complete()


def status(workspace: Workspace, case: Case) -> Status:
    now = workspace.community.case_of(case.main.ref)
    assert now is not None
    return now.status


async def test_an_observer_sees_counts_and_no_case(workspace: Workspace) -> None:
    case = report(workspace, "楼道灯坏了三天")
    workspace.choose("赵看", "observer")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        assert "全队" in words_on(pilot)
        for opening in (
            lambda: None,
            app.open_issues,
            lambda: app.open_case(case.main.ref),
            lambda: app.open_card(f"{DOOR}#1"),
            lambda: app.open_building("祥和苑/3", DOOR),
            lambda: app.open_door(DOOR),
        ):
            opening()
            await pilot.pause()
            assert "楼道灯" not in words_on(pilot)
            assert "13800001234" not in words_on(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "这里现在不能记走访" in words_on(pilot))
        assert not workspace.community.dwellings[DOOR].household.visits


@pytest.mark.fault("two-instances")
async def test_a_second_app_reads_only_and_says_who_writes(workspace: Workspace) -> None:
    """The first app is this very workspace, which holds the lock."""
    second = Workspace.open(workspace.store.folder, app=True, now=workspace.now)
    app = ZhubaoApp(second)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "这里只能看" in words_on(pilot))
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        await pilot.press("2")
        await until(pilot, lambda: "不能记走访" in words_on(pilot))
    assert not workspace.community.dwellings[DOOR].household.visits


async def test_what_is_copied_into_the_inbox_shows_while_the_app_runs(
    workspace: Workspace, tmp_path: Path, clock: Clock
) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        other = Path(tmp_path / "other")
        done = Exchanging(workspace).exchange(tmp_path / "stick")
        assert done.sent
        second = join(tmp_path / "stick", other, now=clock)
        second.choose("王强", "cadre")
        report(second, "地下室进水了")
        second.close()
        for number, path in enumerate((other / "store").glob("zb-*.json")):
            (workspace.store.folder / "inbox" / f"微信文件({number}).json.txt").write_bytes(path.read_bytes())
        app.look_around()
        await until(pilot, lambda: "地下室进水了" in words_on(pilot))


async def test_news_that_comes_while_the_first_screen_is_put_up_stops_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = TodayScreen.on_mount

    def slowly(screen: TodayScreen) -> None:
        workspace.write("settings", {"name": "祥和新社区"})
        app.look_around()
        mounted(screen)

    monkeypatch.setattr(TodayScreen, "on_mount", slowly)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "祥和新社区" in words_on(pilot))


async def test_news_that_comes_while_the_app_is_left_stops_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    def leaving(_screen: TodayScreen) -> None:
        workspace.write("settings", {"name": "祥和新社区"})
        app.look_around()
        left.append(workspace.name)

    monkeypatch.setattr(TodayScreen, "on_unmount", leaving, raising=False)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, TodayScreen)
    assert (left, app.failure) == (["祥和新社区"], None)


async def test_lists_are_filtered_by_words_and_by_pinyin_initials(workspace: Workspace) -> None:
    report(workspace, "楼道灯坏了")
    report(workspace, "下水道堵了", NEIGHBOUR, "drain_block")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("2")
        await until_screen(pilot, IssuesScreen)
        app.screen.query_one("#filter").focus()
        await type_in(pilot, "xsd")
        await until(pilot, lambda: "下水道堵了" in words_on(pilot) and "楼道灯坏了" not in words_on(pilot))
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "楼道灯坏了" in words_on(pilot))


async def test_the_desk_keeps_apart_for_good_and_can_undo(workspace: Workspace) -> None:
    for door, words in ((DOOR, "楼道灯坏了，晚上看不见"), (NEIGHBOUR, "楼道灯不亮，晚上看不见路")):
        report(workspace, words, door)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("3")
        await until_screen(pilot, MergeScreen)
        await until(pilot, lambda: "这组 2 件" in words_on(pilot))
        await pilot.press("1")
        await until(pilot, lambda: "没有疑似重复了" in words_on(pilot))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "这组 2 件" in words_on(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: len(list(workspace.community.cases())) == 1)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: len(list(workspace.community.cases())) == 2)


async def test_choices_of_more_than_nine_take_two_digits(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        screen = app.screen
        assert isinstance(screen, InterviewScreen)
        await pilot.press("1")
        wanted = next(
            item.ref
            for section in screen._session.interview.outline()
            for item in section.questions
            if item.ref.endswith("/renew_items")
        )
        screen._session.jump(wanted)
        screen.draw_question()
        await pilot.press("1", "0", "0", "2")
        position = screen._session.interview.position
        assert isinstance(position, Question)
        assert set(position.value.split()) == {position.choices[9].value, position.choices[1].value}


async def test_where_several_share_a_laptop_the_start_asks_who_it_is(workspace: Workspace, clock: Clock) -> None:
    workspace.choose("王强", "cadre")
    workspace.close()
    again = Workspace.open(workspace.store.folder, app=True, now=clock)
    app = ZhubaoApp(again)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "是谁在用" in words_on(pilot))
        await pilot.press("home", "enter")
        await until_screen(pilot, TodayScreen)
        assert again.me is not None
        assert again.me.name == again.people_here()[0].name


async def test_one_person_on_a_laptop_is_not_asked_every_time(workspace: Workspace, clock: Clock) -> None:
    workspace.close()
    again = Workspace.open(workspace.store.folder, app=True, now=clock)
    app = ZhubaoApp(again)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "是谁在用" not in words_on(pilot)


async def test_what_is_typed_survives_news_help_and_another_question(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await type_in(pilot, "1380000")
        with Workspace.open(workspace.store.folder, now=workspace.now) as command:
            command.write("visit", {"dwelling": NEIGHBOUR, "household": f"{NEIGHBOUR}#1", "on": "2026-05-13",
                                    "outcome": "vacant"})  # fmt: skip
        app.look_around()
        await until(pilot, lambda: bool(workspace.community.dwellings[NEIGHBOUR].household.visits))
        await pilot.press("f1", "escape")
        await until_screen(pilot, InterviewScreen)
        assert "1380000" in words_on(pilot)
        await pilot.press("pageup")
        await until(pilot, lambda: "哪位在答话" in words_on(pilot))
        await pilot.press("1")
        await until(pilot, lambda: "1380000" in words_on(pilot))
        await type_in(pilot, "1234")
        await pilot.press("enter")
        await until(pilot, lambda: "何时方便" in words_on(pilot))


async def test_a_bare_enter_never_consents(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("enter")
        await until(pilot, lambda: "这一题要答" in words_on(pilot))
        screen = app.screen
        assert isinstance(screen, InterviewScreen)
        assert screen._session.interview.value_of("consent") == ""
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "哪位在答话" in words_on(pilot))
        assert screen._session.interview.value_of("consent") == "record"


async def test_words_committed_at_once_by_an_input_method_filter_one_list(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.take_down(DOOR)
        await until_screen(pilot, IssueDialog)
        app.screen.query_one("#category").focus()
        await type_in(pilot, "路灯")
        await until_screen(pilot, PickScreen)
        await until(pilot, lambda: "小区路灯" in words_on(pilot))
        assert sum(isinstance(one, PickScreen) for one in app.screen_stack) == 1
        await pilot.press("enter")
        await until_screen(pilot, IssueDialog)
        assert app.screen.query_one("#category", Pick).value == "light_yard"


async def test_a_refused_move_leaves_what_was_written(workspace: Workspace) -> None:
    case = report(workspace, "楼道灯坏了")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        app.open_case(case.main.ref)
        await until_screen(pilot, CaseScreen)
        await move(pilot, "办结")
        await type_in(pilot, "修好了")
        await pilot.press("enter")
        await until(pilot, lambda: "十个字以上" in words_on(pilot))
        assert "修好了" in words_on(pilot)
        await type_in(pilot, "，换了新灯泡和开关")
        await pilot.press("enter")
        await until(pilot, lambda: status(workspace, case) is Status.RESOLVED)


async def test_a_report_taken_down_anywhere_is_undone_by_ctrl_z(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_building("祥和苑/3", DOOR)
        await until_screen(pilot, BuildingScreen)
        await pilot.press("f4")
        await until_screen(pilot, IssueDialog)
        await type_in(pilot, "楼道灯坏了")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(list(workspace.community.cases())) == 1)
        await until_screen(pilot, BuildingScreen)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: not list(workspace.community.cases()))


async def test_an_interview_of_today_is_not_taken_away_by_one_digit(workspace: Workspace) -> None:
    household = workspace.community.dwellings[DOOR].household.id
    workspace.write("visit", {"dwelling": DOOR, "household": household, "on": "2026-05-13", "outcome": "interviewed"})
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        await pilot.press("2")
        await until(pilot, lambda: "再选一次" in words_on(pilot))
        assert workspace.community.dwellings[DOOR].household.visits[-1].outcome == "interviewed"
        await pilot.press("2")
        await until_screen(pilot, TodayScreen)
        assert workspace.community.dwellings[DOOR].household.visits[-1].outcome == "not_home"


async def test_a_day_to_come_again_is_agreed_at_the_door(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        screen = app.screen
        assert isinstance(screen, DoorScreen)
        screen.action_agree()
        await until_screen(pilot, PickScreen)
        await pilot.press("down", "down", "enter")
        await until_screen(pilot, TodayScreen)
        visit = workspace.community.dwellings[DOOR].household.visits[-1]
        assert (visit.outcome, str(visit.again)) == ("not_home", "2026-05-16")


async def test_esc_twice_on_today_does_not_leave_the_program(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape", "escape", "escape", "escape")
        await until_screen(pilot, TodayScreen)
        assert app.is_running


async def test_putting_an_interview_down_takes_along_what_stands_in_the_field(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await type_in(pilot, "13800001234")
        await pilot.press("escape", "escape")
        await until_screen(pilot, TodayScreen)
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await until(pilot, lambda: "13800001234" in words_on(pilot))


async def test_too_long_words_do_not_end_the_app_when_a_twin_is_joined(workspace: Workspace) -> None:
    report(workspace, "楼道灯坏了，晚上看不见", NEIGHBOUR)
    agreed(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        app.take_down(DOOR)
        await until_screen(pilot, IssueDialog)
        app.screen.query_one(Words).post_message(events.Paste("楼道灯坏了，晚上看不见。" * 200))
        await until(pilot, lambda: "是不是同一件" in words_on(pilot))
        await pilot.press("tab")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "两千字" in words_on(pilot))
        assert isinstance(app.screen, IssueDialog)


async def test_a_door_is_found_as_people_say_it(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await type_in(pilot, "三号楼1单元102")
        await pilot.press("enter")
        await until_screen(pilot, BuildingScreen)
        await pilot.press("enter")
        await until_screen(pilot, DoorScreen)
        assert NEIGHBOUR in words_on(pilot)


async def test_an_observer_makes_no_door(workspace: Workspace) -> None:
    workspace.choose("赵看", "observer")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f3")
        await type_in(pilot, "祥和苑/9-1-101")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "不能新建门牌" in words_on(pilot))


async def test_leaving_during_an_exchange_waits_until_what_came_in_has_taken_effect(
    workspace: Workspace, tmp_path: Path, clock: Clock
) -> None:
    Exchanging(workspace).exchange(tmp_path / "stick")
    second = join(tmp_path / "stick", tmp_path / "other", now=clock)
    second.choose("王强", "cadre")
    report(second, "地下室进水了")
    Exchanging(second).exchange(tmp_path / "stick")
    second.close()
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await until_screen(pilot, ExchangeScreen)
        await pilot.press("ctrl+u")
        await type_in(pilot, str(tmp_path / "stick"))
        await pilot.press("enter", "ctrl+q")
    with Workspace.open(workspace.store.folder, app=True, now=clock) as again:
        plain = Workspace.open(Path(shutil.copytree(again.store.folder, tmp_path / "plain",
                               ignore=shutil.ignore_patterns("community.bin"))), now=clock)  # fmt: skip
        assert len(again.community) == len(plain.community) == len(plain.store.ledger)
        plain.close()


async def test_keys_pressed_twice_at_once_act_once(workspace: Workspace) -> None:
    """A double press, key repeat on a slow disk, an input method that commits two digits."""
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_building("祥和苑/3", DOOR)
        await until_screen(pilot, BuildingScreen)
        await pilot.press("enter")
        await until_screen(pilot, DoorScreen)
        await type_in(pilot, "22")
        await until_screen(pilot, BuildingScreen)
        await pilot.pause()
        assert isinstance(app.screen, BuildingScreen)
        assert len([e for e in workspace.store.ledger.entries() if e.record.kind == "visit"]) == 1
        await pilot.press("enter")
        await until_screen(pilot, DoorScreen)
        await type_in(pilot, "11")
        await until_screen(pilot, InterviewScreen)
        await pilot.pause()
        assert sum(isinstance(screen, InterviewScreen) for screen in app.screen_stack) == 1


async def test_a_menu_entry_pressed_twice_leaves_no_blank_screen(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("escape")
        await type_in(pilot, "25")
        await pilot.pause()
        for _turn in range(6):
            await pilot.press("escape")
        await until(pilot, lambda: "今天这半天" in words_on(pilot))


async def test_a_door_that_is_not_there_opens_no_other(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_building("祥和苑/3", DOOR)
        await until_screen(pilot, BuildingScreen)
        await type_in(pilot, "999")
        await pilot.press("enter")
        await until(pilot, lambda: "没有 999 这个门" in words_on(pilot))
        assert isinstance(app.screen, BuildingScreen)


async def test_esc_asks_once_before_written_words_go(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.take_down(DOOR)
        await until_screen(pilot, IssueDialog)
        await type_in(pilot, "楼道灯坏了")
        await pilot.press("escape")
        await until(pilot, lambda: "再按一次 Esc" in words_on(pilot))
        assert isinstance(app.screen, IssueDialog)
        await pilot.press("escape")
        await until_screen(pilot, TodayScreen)


async def test_full_width_digits_of_an_input_method_are_a_telephone_number(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("1", "1")
        await until(pilot, lambda: "联系电话" in words_on(pilot))
        await type_in(pilot, "１３８００００１２３４")
        await pilot.press("enter")
        await until(pilot, lambda: "何时方便" in words_on(pilot))


async def test_a_lead_sees_on_today_that_twins_wait(workspace: Workspace) -> None:
    for door, words in ((DOOR, "楼道灯坏了，晚上看不见"), (NEIGHBOUR, "楼道灯不亮，晚上看不见路")):
        report(workspace, words, door)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(120, 35)) as pilot:
        await until(pilot, lambda: "疑似重复 1 组" in words_on(pilot))
        app.choose_person()
        await until_screen(pilot, WhoScreen)
        await pilot.press("tab")
        await type_in(pilot, "王强")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "王强" in words_on(pilot) and "疑似重复" not in words_on(pilot))
