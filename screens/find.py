"""Find (找): a door, a household or a case by digits, words or pinyin initials; a new door where none is found."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import Filter, MoveRefused
from zhubao_tui.workspace.roster import Roster

from .fields import Line
from .frame import Dialog, Hint
from .text import fit, nothing_found

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Found:
    """What was chosen: a dwelling's id or a case's."""

    kind: str
    name: str


class FindScreen(Dialog[Found]):
    """Dismisses with what was found."""

    CSS_PATH = "lists.tcss"
    HELP_TEXT = N_(
        "找：写门牌（3-2-501）、户主姓名、办件号、问题里的词，或拼音首字母（ld 找 路灯）。"
        "没有的门牌写成 小区/楼-单元-门牌，按 Ctrl+S 新建。"
    )
    HINTS = (Hint("↓", N_("到列表里")), Hint("Enter", N_("打开")), Hint("Ctrl+S", N_("新建门牌"), "new_door"))
    BINDINGS = [
        Binding("ctrl+s", "new_door", show=False, priority=True),
        Binding("down", "to_list", show=False),
    ]

    def inside(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Line(placeholder=_("门牌、姓名、办件号、词、拼音首字母"), id="filter")
            yield OptionList(id="list", markup=False)
            hint = _("↓ 到列表里   Enter 打开   Ctrl+S 新建门牌（小区/楼-单元-门牌）   Esc 返回")
            yield Static(Text(hint, style="dim"), markup=False)

    def on_mount(self) -> None:
        self._found: list[Found] = []
        self.query_one("#filter").focus()

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        wanted = event.value.strip()
        options = self.query_one("#list", OptionList)
        options.clear_options()
        self._found = []
        if not wanted:
            return
        survey = self.zhubao.survey
        for dwelling in survey.find(wanted, SHOWN):
            name = dwelling.household.name if survey.may_see_names(dwelling) else ""
            options.add_option(Option(Text.assemble(fit(dwelling.id, 26), " ", clean(name))))
            self._found.append(Found("door", dwelling.id))
        cases = self.zhubao.casework.cases(Filter(text=wanted)) if self.zhubao.workspace.sees_cases else []
        for case in cases[:SHOWN]:
            kind = wording.category(case.main.category, case.main.category_word)
            line = Text.assemble((fit(case.number, 12), "bold"), " ", fit(kind, 14), " ", fit(case.words, 40))
            options.add_option(Option(line))
            self._found.append(Found("case", case.id))
        if self._found:
            options.highlighted = 0
        else:
            options.add_option(nothing_found())

    @on(Input.Submitted)
    def open_first(self) -> None:
        if self._found:
            self.dismiss(self._found[self.query_one("#list", OptionList).highlighted or 0])

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index])

    def action_to_list(self) -> None:
        self.query_one("#list").focus()

    def action_new_door(self) -> None:
        """Make a door that no roster knew."""
        if not self.zhubao.workspace.may_write:
            self.app.notify(_("这里现在不能新建门牌。"), severity="warning", markup=False)
            return
        estate, slash, rest = self.query_one("#filter", Input).value.strip().partition("/")
        parts = rest.split("-")
        if not slash or len(parts) not in (2, 3):
            self.app.notify(
                _("新门牌请写成 小区/楼-单元-门牌，例如 祥和苑/3-2-501。"), severity="warning", markup=False
            )
            return
        building, unit, door = parts if len(parts) == 3 else (parts[0], "", parts[1])
        try:
            self.dismiss(Found("door", Roster(self.zhubao.workspace).add_door(estate, building, unit, door)))
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        except ValueError:
            self.app.notify(_("门牌没有写全。"), severity="warning", markup=False)
