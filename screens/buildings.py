"""Buildings (楼栋): the whole list with coverage, filtered by typing."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace.pinyin import matches

from .fields import Line
from .frame import Hint, ZhubaoScreen
from .text import bar, fit, nothing_found


class BuildingsScreen(ZhubaoScreen[None]):
    """Choose a building."""

    CSS_PATH = "lists.tcss"
    HELP_TEXT = N_("楼栋：写小区名、楼号或拼音首字母来筛，↓ 到列表里选，Enter 打开。")
    HINTS = (
        Hint("Enter", N_("打开")),
        Hint("↓", N_("到列表里")),
        Hint("F3", N_("找"), "find"),
        Hint("Esc", N_("全部"), "menu"),
    )

    def subject(self) -> ComposeResult:
        yield Line(placeholder=_("筛选：小区、楼号、拼音首字母"), id="filter")
        yield OptionList(id="list", markup=False)

    def where(self) -> str:
        return _("楼栋")

    def on_mount(self) -> None:
        self._ids: list[str] = []
        self.query_one("#filter").focus()

    @on(Input.Changed)
    def refresh_view(self) -> None:
        wanted = self.query_one("#filter", Input).value
        buildings = [b for b in self.zhubao.survey.buildings() if not wanted or matches(wanted, b.id)]
        options = self.query_one("#list", OptionList)
        here = self._ids[options.highlighted] if options.highlighted is not None and self._ids else ""
        self._ids = [building.id for building in buildings]
        options.clear_options()
        for building in buildings:
            share = building.reached / building.base if building.base else 0.0
            counts = f"  {building.reached:>4} / {building.base:<4}"
            options.add_option(Option(Text.assemble(fit(building.id, 24), " ", bar(share, 24), counts)))
        if self._ids:
            options.highlighted = self._ids.index(here) if here in self._ids else 0
        elif wanted:
            options.add_option(nothing_found())

    @on(Input.Submitted)
    def open_first(self) -> None:
        options = self.query_one("#list", OptionList)
        if self._ids and self.listens:
            self.zhubao.open_building(self._ids[options.highlighted or 0])

    @on(OptionList.OptionSelected)
    def open_chosen(self, event: OptionList.OptionSelected) -> None:
        if self.listens:
            self.zhubao.open_building(self._ids[event.option_index])

    def key_down(self) -> None:
        if self.focused is self.query_one("#filter"):
            self.query_one("#list").focus()
