"""Building (楼栋): floors by units as a grid of doors; the building is the menu."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from zhubao_tui.border import clean
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.survey import UnknownDoor

from .frame import Hint, ZhubaoScreen
from .grid import DoorGrid


class BuildingScreen(ZhubaoScreen[None]):
    """One building's doors."""

    CSS_PATH = "building.tcss"
    HELP_TEXT = N_(
        "楼栋：一层一行，一个单元一栏。方向键在门之间走，Enter 敲门；"
        "直接输门牌号也行：501 是本单元的，2-501 是二单元的。"
        "空格只看没访的门。颜色和记号说明上次走访的结果，数字是还没办结的问题。"
    )
    HINTS = (
        Hint(N_("方向键"), N_("走动")),
        Hint("Enter", N_("敲门"), "knock"),
        Hint("0-9", N_("门牌")),
        Hint(N_("空格"), N_("只看没访的"), "only_unvisited"),
        Hint("F9", N_("便民卡"), "card"),
        Hint("F4", N_("记问题"), "take_down"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [
        Binding("space", "only_unvisited", show=False),
        Binding("enter", "knock", show=False),
        Binding("backspace", "rub_out", show=False),
        Binding("f9", "card", show=False),
    ]

    def __init__(self, building_id: str, door: str = "") -> None:
        super().__init__()
        self._building_id = building_id
        self._first = door
        self._typed = ""

    def subject(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield DoorGrid(id="grid", han_signs=self.zhubao.wide_signs)
        yield Static("", id="signs", markup=False)
        yield Static("", id="door", markup=False)

    def on_mount(self) -> None:
        self.query_one(DoorGrid).focus()

    def where(self) -> str:
        return self._building_id

    def refresh_view(self) -> None:
        survey = self.zhubao.survey
        try:
            building = survey.building(self._building_id)
        except UnknownDoor:
            self.query_one("#title", Static).update(Text(_("这栋楼已不在门牌册里了。"), style="bold"))
            self.query_one(DoorGrid).display = False
            return
        drafts = survey.drafted()
        grid = self.query_one(DoorGrid)
        grid.show(building, {d.id: survey.mark(d, drafts) for d in building.dwellings}, self._first)
        self._first = ""
        share = f"{building.reached * 100 // building.base}%" if building.base else "–"
        title = _("{building}　已访 {reached} / 应访 {base} 户 · {share}").format(
            building=building.id, reached=building.reached, base=building.base, share=share
        )
        if grid.only_unvisited:
            title += " · " + _("只看没访的")
        self.query_one("#title", Static).update(Text(clean(title), style="bold"))
        self.query_one("#signs", Static).update(grid.legend())
        self.show_door()

    def on_door_grid_moved(self, _event: DoorGrid.Moved) -> None:
        self._typed = ""
        self.show_door()

    def show_door(self) -> None:
        """Describe the door under the cursor."""
        dwelling = self.query_one(DoorGrid).dwelling
        line = self._about(dwelling) if dwelling else Text("")
        if self._typed:
            line = Text.assemble((_("门牌 {typed}").format(typed=self._typed), "bold reverse"), "  ", line)
        self.query_one("#door", Static).update(line)

    def _about(self, dwelling: Dwelling) -> Text:
        household, last = dwelling.household, dwelling.household.last_visit
        parts = [Text(wording.door(dwelling.address), style="bold")]
        if self.zhubao.survey.may_see_names(dwelling) and household.name:
            parts.append(Text(clean(household.name)))
        if household.number > 1:
            parts.append(Text(_("第 {number} 户").format(number=household.number)))
        if last:
            words = _("上次 {day} {outcome}")
            parts.append(
                Text(
                    words.format(
                        day=wording.day(last.on, self.zhubao.workspace.today()),
                        outcome=_(wording.OUTCOMES[last.outcome]),
                    )
                )
            )
            marks = (self.zhubao.reliance.mark(last.ref), self.zhubao.reliance.held_sign(last.ref))
            parts += [Text(mark, style="dim") for mark in marks if mark]
        cases = self.zhubao.workspace.community.cases_at(dwelling.id) if self.zhubao.workspace.sees_cases else []
        for case in cases[:2]:
            words = (
                f"{wording.category(case.main.category, case.main.category_word)} {_(wording.STATUSES[case.status])}"
            )
            parts.append(Text(words))
        return Text(" · ").join(parts)

    # -- moving by typing the door's number

    def digit(self, digit: int) -> bool:
        self._type(str(digit))
        return True

    def on_key(self, event: events.Key) -> None:
        if event.character in ("-", "－") and self._typed:
            self._type("-")
            event.stop()
        else:
            self.typed_digit(event)

    def _type(self, character: str) -> None:
        typed = self._typed + character
        found = self.query_one(DoorGrid).jump(typed)
        self._typed = "" if found and found.address.door == typed.rpartition("-")[2] else typed
        if len(self._typed) > 7:
            self._typed = ""
        self.show_door()

    def action_rub_out(self) -> None:
        self._typed = self._typed[:-1]
        self.show_door()

    # -- keys

    def action_knock(self) -> None:
        dwelling = self.query_one(DoorGrid).dwelling
        if self._typed:
            self.app.notify(
                _("这栋楼没有 {typed} 这个门。").format(typed=self._typed), severity="warning", markup=False
            )
            self._typed = ""
            self.show_door()
        elif dwelling:
            self.zhubao.open_door(dwelling.id)

    def action_only_unvisited(self) -> None:
        self.query_one(DoorGrid).toggle_only_unvisited()
        self.refresh_view()

    def action_card(self) -> None:
        dwelling = self.query_one(DoorGrid).dwelling
        if dwelling:
            self.zhubao.open_card(dwelling.household.id)

    def door_at_hand(self) -> str:
        dwelling = self.query_one(DoorGrid).dwelling
        return dwelling.id if dwelling else ""
