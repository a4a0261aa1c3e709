"""Issues (问题): the list of cases, filtered by status, category, building and text."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from zhubao_tui.community.categories import CATEGORIES, TOPS
from zhubao_tui.community.due import days_overdue, is_dangerous
from zhubao_tui.community.issues import OPEN, Case
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import Filter

from .fields import Line
from .frame import Hint, ZhubaoScreen
from .pick import Pick
from .text import fit, nothing_found

VIEWS = (
    ("open", N_("没办结的")),
    ("mine", N_("我的")),
    ("overdue", N_("超期的")),
    ("waiting", N_("待回访")),
    ("", N_("全部")),
)
"""What the digits choose."""


class Columns(NamedTuple):
    """Cells that the columns of varying width take."""

    category: int
    place: int
    owner: int

    @property
    def taken(self) -> int:
        """Cells of all columns but the words, with what stands between them and at the edges."""
        return 43 + self.category + self.place + (self.owner + 1 if self.owner else 0)


WIDE, NARROW, WIDE_FROM = Columns(14, 20, 8), Columns(8, 12, 0), 100


class IssuesScreen(ZhubaoScreen[None]):
    """Every case that I may see, most urgent first."""

    CSS_PATH = "lists.tcss"
    HELP_TEXT = N_(
        "问题：1 到 5 换看法，上面写字筛选（原话、号码、地方、类别拼音首字母），Tab 到状态、类别和楼栋。"
        "↓ 到列表里，Enter 打开一件。排在前面的更急：有危险、超期、久未动、小事。"
    )
    HINTS = (
        Hint("Enter", N_("打开"), "open_here"),
        Hint("1-5", N_("换看法")),
        Hint("Tab", N_("状态、类别、楼栋")),
        Hint("F3", N_("找"), "find"),
        Hint("F4", N_("记问题"), "take_down"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [Binding("down", "to_list", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._view = 0
        self._cases: list[Case] = []

    def subject(self) -> ComposeResult:
        estates = dict.fromkeys(b.estate for b in self.zhubao.survey.buildings())
        buildings = [("", _("全部楼栋")), *((name, name) for name in estates)]
        buildings += [(b.id, b.id) for b in self.zhubao.survey.buildings()]
        categories = [("", _("全部类别")), *((top, wording.top_category(top)) for top in TOPS)]
        categories += [(code, wording.category(code)) for code in CATEGORIES]
        yield Static("", id="views", markup=False)
        yield Line(placeholder=_("筛选：原话、号码、地方、类别拼音首字母"), id="filter")
        statuses = [("", _("全部状态")), *((code, _(name)) for code, name in wording.STATUSES.items())]
        with Horizontal(id="filters"):
            yield Pick(_("状态"), statuses, id="status")
            yield Pick(_("类别"), categories, id="category")
            yield Pick(_("楼栋"), buildings, id="building")
        yield OptionList(id="list", markup=False)

    def where(self) -> str:
        return _("问题")

    def on_mount(self) -> None:
        self.query_one("#list").focus()

    def menu(self) -> list[Hint]:
        views = [Hint(str(n), name, f"view({n - 1})") for n, (_code, name) in enumerate(VIEWS, start=1)]
        return [*views, *(hint for hint in super().menu() if not hint.action.startswith("view"))]

    def digit(self, digit: int) -> bool:
        if 1 <= digit <= len(VIEWS):
            self.action_view(digit - 1)
            return True
        return False

    def action_view(self, view: int) -> None:
        self._view = view
        self.refresh_view()

    @on(Input.Changed)
    @on(Pick.Changed)
    def refresh_view(self) -> None:
        narrowed = Filter(
            VIEWS[self._view][0],
            self.query_one("#category", Pick).value,
            self.query_one("#building", Pick).value,
            self.query_one("#filter", Input).value,
        )
        options = self.query_one("#list", OptionList)
        here = options.highlighted
        before = self._cases[here].id if here is not None and here < len(self._cases) else ""
        status = self.query_one("#status", Pick).value
        self._cases = [case for case in self.zhubao.casework.cases(narrowed) if status in ("", case.status)]
        options.clear_options()
        options.add_options([Option(self._line(case)) for case in self._cases])
        if self._cases:
            ids = [case.id for case in self._cases]
            options.highlighted = ids.index(before) if before in ids else min(here or 0, len(ids) - 1)
        else:
            options.add_option(nothing_found())
        self._draw_views()

    def _draw_views(self) -> None:
        text = Text()
        for number, (_code, name) in enumerate(VIEWS, start=1):
            style = "bold reverse" if number - 1 == self._view else ""
            text.append(f" {number} {_(name)} ", style).append(" ")
        text.append(_("共 {count} 件").format(count=len(self._cases)), "dim")
        self.query_one("#views", Static).update(text)

    def _line(self, case: Case) -> Text:
        today = self.zhubao.workspace.today()
        late = days_overdue(case, today)
        danger = is_dangerous(case)
        sign = ("!", "bold red") if danger else ("▲", "bold yellow") if late else (" ", "")
        owner = self.zhubao.workspace.community.people.get(case.owner)
        when = _("超 {days} 天").format(days=late) if late else wording.day(case.due, today)
        columns = WIDE if self.app.size.width >= WIDE_FROM else NARROW
        place = wording.place(case.main.place) if columns is WIDE else wording.spot(case.main.place)
        words = max(12, self.app.size.width - columns.taken)
        text = Text.assemble(
            sign, " ", (fit(case.number, 11), "bold"), " ",
            fit(wording.category(case.main.category, case.main.category_word), columns.category), " ",
            fit(case.words or "—", words), " ", (fit(place, columns.place), "dim"), " ",
            (fit(wording.households(case), 5), "bold"), " ", fit(_(wording.STATUSES[case.status]), 8), " ",
            (fit(when if case.status in OPEN else "", 8), "yellow" if late else "dim"),
        )  # fmt: skip
        if columns.owner:
            text.append(" " + fit(owner.name if owner else "", columns.owner))
        return text

    @on(OptionList.OptionSelected)
    def open_chosen(self, event: OptionList.OptionSelected) -> None:
        if self.listens:
            self.zhubao.open_case(self._cases[event.option_index].main.ref)

    @on(Pick.Submitted)
    def open_pick(self) -> None:
        """Enter on a filter opens its list, also where «all» is chosen."""
        if isinstance(self.focused, Pick):
            self.focused.action_open()

    @on(Input.Submitted)
    def action_open_here(self) -> None:
        here = self.query_one("#list", OptionList).highlighted
        if here is not None and here < len(self._cases):
            self.zhubao.open_case(self._cases[here].main.ref)

    def action_to_list(self) -> None:
        self.query_one("#list").focus()
