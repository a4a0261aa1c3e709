"""Case pages: what a household reads, what nobody may read there, and what a renewed code says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from conftest import Clock
from storage.record import Ref
from zhubao_tui.casepage import Both, Discretion, Page, case_page, gone_page, is_token
from zhubao_tui.casepage.neighbourhood import BoardRow, BoardView, board_page
from zhubao_tui.casepage.slip import Slip, slips_html
from zhubao_tui.casepage.words import TEXT
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.errors import MoveRefused, NoPage
from zhubao_tui.workspace.neighbourhood import Neighbourhood
from zhubao_tui.workspace.pages import CONFIDENTIAL, Pages
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.workspace import Workspace

DOORS = [f"祥和苑/3-{unit}-{floor}0{door}" for unit in (1, 2) for floor in (1, 2, 3) for door in (1, 2)]
HOME = f"{DOORS[0]}#1"


class Visible(HTMLParser):
    """The text of a page, by language, without style and comments."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self._of, self._style = "", False
        self.texts: dict[str, str] = {}
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self._style = tag == "style"
        if tag == "main":
            self._of = str(dict(attrs)["id"])

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.texts[self._of] = self.texts.get(self._of, "") + data


def agree(workspace: Workspace, door: str, choice: str = "all") -> str:
    household = f"{door}#1"
    workspace.write("consent", {"household": household, "choice": choice, "notice": "2026-1"})
    known = workspace.community.household(household)
    assert known is not None
    Cards(workspace).give_token(known)
    return household


def tell(
    workspace: Workspace, door: str = DOORS[0], words: str = "楼梯口的灯一直不亮", category: str = "light_stair",
    *, show: str = "yes", urgency: str = "normal", level: str = "unit", copy: str | None = None,
) -> Ref:  # fmt: skip
    """A household tells of a trouble at its door, and says whether its words may stand on its page."""
    household = agree(workspace, door)
    ref = Reporting(workspace).report(NewReport(words, category, level, urgency, door, household))
    answers = {"worries": {"any_issue": "yes", "issue": [{"words": copy or words, "show_words": show}]}}
    visit = workspace.write(
        "visit", {"dwelling": door, "household": household, "on": "2026-05-13", "outcome": "interviewed"}
    )
    workspace.write("response", {
        "household": household, "visit": str(visit), "form": "zhubao_household", "version": "1", "answers": answers,
        "specials": {}, "remarks": {}, "reports": [str(ref)],
    })  # fmt: skip
    return ref


def page(workspace: Workspace, household: str = HOME) -> Page:
    known = workspace.community.household(household)
    assert known is not None
    return Pages(workspace).page(known)


def text(workspace: Workspace, household: str = HOME, language: str = "zh") -> str:
    return " ".join(Visible(case_page(page(workspace, household))).texts[language].split())


# -- what stands there


def test_a_page_says_what_was_told_where_it_stands_and_whom_to_call(workspace: Workspace) -> None:
    tell(workspace)
    zh, en = text(workspace), text(workspace, language="en")
    assert "截至5月13日" in zh
    assert "楼梯口的灯一直不亮 已经记下，正在安排人。" in zh
    assert "记下了已到 5月13日 有人管还没到" in zh
    assert "下一步：5月14日以前有人接手" in zh
    assert "社区电话 010-55501234" in zh
    assert "As of 13 May" in en
    assert "Noted; somebody is being found for it." in en
    assert "楼梯口的灯一直不亮" in en


def test_steps_light_up_with_their_days(workspace: Workspace, clock: Clock) -> None:
    ref = tell(workspace, category="light_yard", level="estate")
    casework = Casework(workspace)
    clock.forward(days=1)
    casework.move("claim", ref)
    clock.forward(days=2)
    casework.move("start", ref)
    (view,) = page(workspace).cases
    assert (view.reached, view.days[:3]) == (2, (date(2026, 5, 13), date(2026, 5, 14), date(2026, 5, 16)))
    assert "5月28日以前给您回话" in text(workspace)
    clock.forward(days=1)
    casework.move("resolve", ref, done="换了灯泡和声控开关，试过都亮")
    shown = text(workspace)
    assert "说是办好了，请您看看好了没有。" in shown
    assert "办好了还没到" in shown  # what is only said to be done is not done yet
    (view,) = page(workspace).cases
    assert view.may_answer
    case = workspace.community.case_of(ref)
    assert case is not None
    casework.move("confirm", ref, of=str(case.reports[0].ref), yes=True, way="door", on="2026-05-17")
    shown = text(workspace)
    assert "办好了，住户也说好了。" in shown
    assert "办好了已到 5月17日" in shown
    assert "您说过：好了" in shown


def test_what_is_said_to_be_done_says_since_when_and_by_when_somebody_asks(workspace: Workspace, clock: Clock) -> None:
    ref = tell(workspace)
    casework = Casework(workspace)
    casework.move("claim", ref)
    clock.forward(days=1)
    casework.move("resolve", ref, done="换了灯泡和声控开关，试过都亮")
    shown = text(workspace)
    assert "办好了还没到 5月14日说的" in shown
    assert "下一步：5月28日以前我们来问您好了没有" in shown
    assert "We come and ask you whether it is solved by 28 May" in text(workspace, language="en")
    clock.forward(days=15)
    assert "下一步：我们来问您好了没有" in text(workspace), "a day that has passed is not promised again"
    case = workspace.community.case_of(ref)
    assert case is not None
    casework.move("confirm", ref, of=str(case.reports[0].ref), yes=False, way="door", on="2026-05-29")
    assert "下一步：6月1日以前我们回您的话" in text(workspace)
    assert "我们来问您" not in text(workspace), "it has said its word"


def test_what_ended_undone_waits_for_no_further_step(workspace: Workspace) -> None:
    ref = tell(workspace, words="门口那块地想要种菜", category="near_grab", level="estate")
    Casework(workspace).move("reject", ref, reason="not_ours", words="地是大家的，不能归一家", elsewhere="街道城管")
    assert "还没到" not in text(workspace)


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("010-55501234", "tel:01055501234"), ("+86 851 8231177", "tel:+868518231177"), ("12345", "tel:12345"),
        ("010-55501234转8", None), ('"onload="', None), ("", None), ("无", None),
    ],
)  # fmt: skip
def test_the_office_is_a_touch_away(phone: str, link: str | None) -> None:
    """Who can't see well can't copy a number from the screen to the keys."""
    for made in (case_page(Page(date(2026, 5, 13), phone)), gone_page(phone)):
        links = re.findall(r'href="([^#"][^"]*)"', made.decode())
        assert set(links) == ({link} if link else set())


def test_a_late_one_says_so_and_promises_nothing(workspace: Workspace, clock: Clock) -> None:
    ref = tell(workspace)
    Casework(workspace).move("claim", ref)
    clock.forward(days=9)
    shown = text(workspace)
    assert "比说好的日子（5月16日）晚了，我们在催。" in shown
    assert "下一步" not in shown


def test_nobody_took_it_up_in_time_and_the_page_says_so(workspace: Workspace, clock: Clock) -> None:
    tell(workspace, category="build_leak")  # a year to solve it, a week to take it up
    clock.forward(days=8)
    assert "比说好的日子（5月20日）晚了" in text(workspace)


def test_a_merged_case_shows_the_shared_progress_and_how_many_share_it(workspace: Workspace) -> None:
    refs = [tell(workspace, door, f"{name}那儿的灯坏了好多天") for door, name in zip(DOORS[:3], "东西南", strict=True)]
    Deduplication(workspace).merge([case for ref in refs if (case := workspace.community.case_of(ref))])
    Casework(workspace).move("claim", refs[2])
    shown = text(workspace)
    assert "有人接手了。" in shown
    assert "和您一样反映的有2户" in shown
    assert "东那儿的灯坏了好多天" in shown
    assert "西那儿" not in shown  # other households' words


def test_why_not_now_and_why_not_at_all(workspace: Workspace) -> None:
    later = tell(workspace, words="屋顶一下雨就漏", category="build_leak", level="building")
    never = tell(workspace, DOORS[1], "门口那块地想要种菜", category="near_grab", level="estate")
    casework = Casework(workspace)
    casework.move("postpone", later, reason="要等雨季过了才能做防水", until="2026-08-01")
    casework.move("reject", never, reason="not_ours", words="地是大家的，不能归一家", elsewhere="街道城管")
    assert "眼下办不了，因为要等雨季过了才能做防水；8月1日再办。" in text(workspace)
    assert "这件办不了，因为地是大家的，不能归一家；可以找街道城管。" in text(workspace, f"{DOORS[1]}#1")


def test_danger_shows_119_and_110_before_anything_else(workspace: Workspace) -> None:
    tell(workspace, words="地线露在外面冒火花", category="light_wire", urgency="danger")
    shown = text(workspace)
    assert shown.index("119") < shown.index("地线露在外面")
    assert "110" in shown


def test_which_post_answers(workspace: Workspace) -> None:
    ref = tell(workspace)
    assert "谁在管：正在安排" in text(workspace)
    Casework(workspace).move("claim", ref)
    assert "谁在管：筑堡工作队" in text(workspace)
    workspace.write("role", {"person": workspace.person, "role": "team_lead", "group": "第二组"})
    assert "谁在管：筑堡工作队第二组" in text(workspace)


def test_a_no_that_was_decided_over_stands_on_that_household_s_page(workspace: Workspace) -> None:
    ref = tell(workspace)
    casework = Casework(workspace)
    casework.move("claim", ref)
    casework.move("resolve", ref, done="换了灯泡和声控开关，试过都亮")
    case = workspace.community.case_of(ref)
    assert case is not None
    report = str(case.reports[0].ref)
    casework.move("confirm", ref, of=report, yes=False, way="door", on="2026-05-13")
    assert "您说过：没好。我们会回您的话。" in text(workspace)
    casework.move("confirm", ref, of=report, yes=True, way="outvote", on="2026-05-13", note="去看过，灯是亮的")
    assert "您说过：没好。队长看过，定为办好了。" in text(workspace)


# -- what may not


@pytest.mark.parametrize("show", ["no", ""])
def test_own_words_stand_only_where_they_were_allowed(workspace: Workspace, show: str) -> None:
    tell(workspace, show=show)
    assert "楼梯口" not in text(workspace)
    assert "楼道灯 已经记下" in text(workspace)
    assert "Stairwell light" in text(workspace, language="en")


def test_words_that_were_changed_after_the_question_are_not_those_that_were_allowed(workspace: Workspace) -> None:
    tell(workspace, copy="楼梯口的灯")
    assert "楼梯口" not in text(workspace)


TELLING = [
    "灯坏了，打13800138000", "灯坏了，打１３８００１３８０００", "打一三八零零一三八零零零", "打138-0013-8000",
    "我身份证110101194001011234", "501的灯不亮", "五零一的灯不亮", "3-2-501门口", "我家六〇二室漏水",
    "找张桂兰要钥匙", "找张 桂 兰要钥匙", "找周立群", "李大爷摔了", "老王家堵门",
    "楼上有糖尿病，灯不亮会摔", "我坐轮椅，台阶高", "加微信abc", "刚出院回来，电梯又坏",
    "我住顶上，膝盖不行，一天只敢下一趟楼", "晚上十点还跳舞，心脏受不了", "找过5楼2号的", "三单元五楼东户", "十二号楼3门",
    "my heart is bad",
    "桂兰家的水管漏", "去问立群", "去问娜扎", "小芳家电瓶车挡路", "阿强他们半夜打牌", "志强哥修过一次", "秀英家堵门",
    "找欧阳建国明远", "找张\u200b桂兰", "妈妈失能在家",
]  # fmt: skip


@pytest.mark.parametrize("words", TELLING)
def test_words_that_tell_somebody_stay_off_the_page(workspace: Workspace, words: str) -> None:
    workspace.write("resident", {"household": f"{DOORS[5]}#1", "name": "张桂兰", "phone": "13800138000"})
    workspace.write("resident", {"household": f"{DOORS[6]}#1", "name": "欧阳建国明远"})
    workspace.write("resident", {"household": f"{DOORS[7]}#1", "name": "欧阳娜扎"})
    tell(workspace, words=words)
    shown = text(workspace)
    assert "楼道灯 已经记下" in shown
    assert words not in shown


@pytest.mark.parametrize(
    "words",
    [
        "二单元的灯不亮",
        "门口小红灯不亮了",
        "国家建的楼，墙皮往下掉",
        "晚上小明火都看见了",
        "打了12345也没人管",
        "6层以上水上不来",
        "3号楼门口有个坑，绊了两回",
        "老是停电",
        "小区里没有路灯",
        "下水道堵了8天",
        "二楼到三楼那一段扶手松了",
        "5号楼门口没灯",
        "灯不亮，晚上看不见路",
    ],
)
def test_ordinary_words_stand(words: str) -> None:
    assert Discretion(["张桂兰", "周立群"]).allows(words)


def test_a_reason_that_names_somebody_is_not_shown(workspace: Workspace) -> None:
    ref = tell(workspace)
    Casework(workspace).move("postpone", ref, reason="等周立群回来再说，电话13900000000", until="2026-06-01")
    shown = text(workspace)
    assert "周立群" not in shown
    assert "139" not in shown
    assert "眼下办不了，因为详情请打社区电话；6月1日再办。" in shown


def test_a_lead_may_word_what_a_household_s_own_words_may_not_say(workspace: Workspace, clock: Clock) -> None:
    ref = tell(workspace, words="501的李大爷说灯不亮")
    casework = Casework(workspace)
    casework.move("reword", ref, words="三楼到五楼的灯不亮")
    assert "三楼到五楼的灯不亮 已经记下" in text(workspace)
    casework.move("reword", ref, words="李大爷门口的灯不亮")  # a lead is human, too
    assert "楼道灯 已经记下" in text(workspace)


@pytest.mark.parametrize("category", sorted(CONFIDENTIAL))
def test_a_confidential_kind_is_only_something_that_was_told(workspace: Workspace, category: str) -> None:
    tell(workspace, words="帮忙看看这件事怎么办", category=category)
    for language in ("zh", "en"):
        shown = text(workspace, language=language)
        assert getattr(TEXT["confidential"], language) in shown
        assert getattr(CATEGORIES[category], language) not in shown
        assert "帮忙看看" not in shown


def test_no_page_names_a_person_a_telephone_or_a_door(workspace: Workspace) -> None:
    names = ["张桂兰", "李守成", "王秀英", "赵建国"]
    for door, name in zip(DOORS, names * 3, strict=True):
        workspace.write("resident", {"household": f"{door}#1", "name": name, "phone": "13800138000"})
        ref = tell(workspace, door, f"{name}说：{door.partition('/')[2]}门口灯不亮，打13800138000")
        Casework(workspace).move("claim", ref)
    for door in DOORS:
        html = case_page(page(workspace, f"{door}#1")).decode()
        assert not any(name in html for name in [*names, "周立群"])
        assert "13800138000" not in html
        assert door not in html
        assert door.partition("-")[2] not in html


HOSTILE = [
    "<script>alert(1)</script>", '"onload="alert(1)', "javascript:alert(1)", "]]>", "<!--", "</style><b>", "{{ 7 * 7 }}", "&lt;b&gt;",
    "<img src=x onerror=alert(1)>", "\x1b]52;c;eA==\x07灯", "\u202eabc", "</main></html>",
]  # fmt: skip


@pytest.mark.fault("page-injection")
@pytest.mark.parametrize("words", HOSTILE)
def test_page_injection_shows_as_typed(workspace: Workspace, words: str) -> None:
    ref = tell(workspace, words=f"灯 {words}")
    workspace.write("settings", {"office_phone": words, "name": words})
    Casework(workspace).move("reject", ref, reason="not_ours", words=f"因 {words}", elsewhere=words)
    made = page(workspace)
    plain = Visible(case_page(Page(made.on, "")))
    shown = Visible(case_page(made))
    assert shown.tags - plain.tags <= {"article", "h2", "ol", "li", "b", "i", "span", "strong"}
    assert {name for name, _value in shown.attributes} <= {
        "lang", "charset", "name", "content", "http-equiv", "id", "class", "href", "aria-labelledby", "aria-hidden",
    }  # fmt: skip
    typed = words.replace("\x1b", "␛").replace("\x07", "␇").replace("\u202e", "\ufffd")
    assert typed in shown.texts["zh"]


@pytest.mark.fault("page-injection")
@pytest.mark.parametrize("words", HOSTILE)
def test_page_injection_on_the_notices(words: str) -> None:
    html = gone_page(words).decode()
    assert "<script" not in html
    assert "onerror=alert" not in html or "&lt;img" in html
    assert re.findall(r"<(/?[a-z0-9]+)", html) == re.findall(r"<(/?[a-z0-9]+)", gone_page("1").decode())


# -- tokens


def tokens(workspace: Workspace, household: str = HOME) -> Sequence[str]:
    known = workspace.community.household(household)
    assert known is not None
    return known.tokens


@pytest.mark.fault("token-renewed")
def test_a_renewed_token_opens_nothing(workspace: Workspace) -> None:
    tell(workspace)
    (old,) = tokens(workspace)
    household = workspace.community.household(HOME)
    assert household is not None
    Cards(workspace).renew(household)
    (new,) = tokens(workspace)
    pages = Pages(workspace)
    assert new != old
    assert is_token(new)
    assert pages.living().keys() == {new}
    assert pages.spent() == {old}


@pytest.mark.fault("token-renewed")
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_a_renewal_holds_wherever_it_stands_and_a_token_of_another_laptop_stays(
    workspace: Workspace, order: tuple[int, ...]
) -> None:
    """Two laptops gave one each without knowing of the other: both slips open the page until one is lost."""
    records: list[dict[str, Any]] = [
        {"household": HOME, "token": "A" * 26},
        {"household": HOME, "token": "C" * 26, "replaces": ["A" * 26]},
        {"household": HOME, "token": "B" * 26},
    ]
    workspace.write("consent", {"household": HOME, "choice": "all", "notice": "2026-1"})
    for place in order:
        workspace.write("token", records[place])
    assert Pages(workspace).living().keys() == {"B" * 26, "C" * 26}
    assert Pages(workspace).spent() == {"A" * 26}


def test_a_household_may_ask_for_no_page_and_for_one_again(workspace: Workspace) -> None:
    tell(workspace)
    (old,) = tokens(workspace)
    cards = Cards(workspace)
    household = workspace.community.household(HOME)
    assert household is not None
    cards.decline(household)
    assert (Pages(workspace).living(), Pages(workspace).spent()) == ({}, {old})
    declined = workspace.community.household(HOME)
    assert declined is not None
    cards.give_token(declined)
    assert not tokens(workspace)  # nobody talks it out of that by the way
    cards.renew(declined)
    assert len(Pages(workspace).living()) == 1


@pytest.mark.parametrize("choice", ["record", "no"])
def test_who_takes_the_agreement_back_has_no_page(workspace: Workspace, choice: str) -> None:
    tell(workspace)
    (old,) = tokens(workspace)
    workspace.write("consent", {"household": HOME, "choice": choice, "notice": "2026-1"})
    assert (Pages(workspace).living(), Pages(workspace).spent()) == ({}, {old})
    household = workspace.community.household(HOME)
    assert household is not None
    with pytest.raises(NoPage):
        Cards(workspace).renew(household)


def test_a_new_family_never_inherits_the_old_one_s_page(workspace: Workspace) -> None:
    tell(workspace)
    (old,) = tokens(workspace)
    workspace.write("moved_in", {"dwelling": DOORS[0]})
    assert (Pages(workspace).living(), Pages(workspace).spent()) == ({}, {old})


@pytest.mark.parametrize(
    "token", ["../../etc/passwd", "index.html", "a" * 26, "A" * 25, "A" * 26 + "\n", "A/" + "A" * 24]
)
def test_a_made_up_token_opens_no_file(workspace: Workspace, token: str) -> None:
    agree(workspace, DOORS[0], "record")
    workspace.write("consent", {"household": HOME, "choice": "all", "notice": "2026-1"})
    workspace.write("token", {"household": HOME, "token": token})
    assert (Pages(workspace).living(), Pages(workspace).spent()) == ({}, set())


def test_a_token_that_two_households_name_opens_neither_s_page(workspace: Workspace) -> None:
    agree(workspace, DOORS[0])
    (mine,) = tokens(workspace)
    agree(workspace, DOORS[1])
    workspace.write("token", {"household": f"{DOORS[1]}#1", "token": mine})
    assert mine not in Pages(workspace).living()
    assert mine in Pages(workspace).spent()


# -- the board


def test_the_board_counts_from_three_households_on_and_small_things_come_first(workspace: Workspace) -> None:
    casework = Casework(workspace)
    for door in DOORS[:3]:
        tell(workspace, door, "下一场雨就积水", category="drain_flood", level="estate")
    refs = [tell(workspace, door) for door in DOORS[:4]]
    for ref in refs[:2]:
        casework.move("claim", ref)
        casework.move("resolve", ref, done="换了灯泡和声控开关，试过都亮")
        case = workspace.community.case_of(ref)
        assert case is not None
        casework.move("confirm", ref, of=str(case.reports[0].ref), yes=True, way="door", on="2026-05-13")
    for door in DOORS[:2]:
        tell(workspace, door, "单元门关不上", category="build_door")
    view = Neighbourhood(workspace).view("祥和苑")
    assert [(row.kind.zh, row.raised, row.done, row.days) for row in view.rows] == [
        ("楼道灯", 4, 2, 1),
        ("积水内涝", 3, 0, None),
    ]
    assert [(key, len(rows)) for key, rows in view.parts] == [("board_small", 1), ("board_done", 0), ("board_open", 1)]
    html = Neighbourhood(workspace).sheet("祥和苑/3").decode()
    assert "祥和苑 3号楼</span> 大家反映的事" in html
    assert "反映4件，办好2件，一般1天<" in html
    assert "(usually 1 day)" in html
    assert html.index("小事，办好了") < html.index("反映4件，办好2件")
    assert "积水内涝" not in html  # the estate's, not this building's


def test_confidential_kinds_are_not_on_the_board(workspace: Workspace) -> None:
    for door in DOORS[:5]:
        tell(workspace, door, "帮忙看看这件事怎么办", category="near_row")
    assert not Neighbourhood(workspace).view().rows


def test_only_a_team_lead_puts_the_board_up(workspace: Workspace) -> None:
    assert not Neighbourhood(workspace).is_public
    Neighbourhood(workspace).put_up()
    assert Neighbourhood(workspace).is_public
    workspace.choose("李明", "cadre")
    for act in (Neighbourhood(workspace).take_down, Neighbourhood(workspace).sheet):
        with pytest.raises(MoveRefused):
            act()
    assert Neighbourhood(workspace).is_public


@pytest.mark.fault("page-injection")
@pytest.mark.parametrize("words", HOSTILE)
def test_page_injection_on_slip_and_board(words: str) -> None:
    slips = slips_html([Slip("https://a.cn", True, words, date(2026, 5, 13), (words,), words)]).decode()
    plain = slips_html([Slip("https://a.cn", True, "1", date(2026, 5, 13), ("1",), "1")]).decode()
    assert re.findall(r"<(/?[a-z0-9]+)", slips) == re.findall(r"<(/?[a-z0-9]+)", plain)
    board = board_page(
        BoardView(words, date(2026, 5, 13), words, (BoardRow(Both(words, words), True, 3, 1, 1),))
    ).decode()
    plain = board_page(BoardView("1", date(2026, 5, 13), "1", (BoardRow(Both("1", "1"), True, 3, 1, 1),))).decode()
    assert re.findall(r"<(/?[a-z0-9]+)", board) == re.findall(r"<(/?[a-z0-9]+)", plain)


@pytest.mark.fault("token-renewed")
def test_a_withdrawn_agreement_ends_the_page_at_once(workspace: Workspace) -> None:
    tell(workspace)
    (old,) = tokens(workspace)
    workspace.write("consent", {"household": HOME, "choice": "withdrawn"})
    workspace.write("token", {"household": HOME, "token": "B" * 26})  # a laptop that had not heard of it
    assert (Pages(workspace).living(), Pages(workspace).spent()) == ({}, {old, "B" * 26})
