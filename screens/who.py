"""Who is at the keyboard: somebody enrolled, or a new name with its role."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from zhubao_tui.border import clean
from zhubao_tui.community.authority import Person
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording

from .fields import Line, OneOf
from .frame import Dialog, Hint

OFFERED = ("cadre", "group_lead", "team_lead", "observer")
"""Roles in the order of their digits, the commonest first."""


class WhoScreen(Dialog[tuple[str, str]]):
    """Dismisses with a name and, for a new one, its role."""

    CSS_PATH = "who.tcss"
    HELP_TEXT = N_("请选您的名字。第一次用就在下面写名字、选角色，再按 Ctrl+S。已登记的人不用再选角色。")
    HINTS = (Hint("Enter", N_("选定")), Hint("Tab", N_("新名字")), Hint("Ctrl+S", N_("登记"), "save"))
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__()
        self._people: list[Person] = []
        """As they are listed: those of this laptop first."""

    def inside(self) -> ComposeResult:
        workspace = self.zhubao.workspace
        here = workspace.people_here()
        self._people = [*here, *(person for person in workspace.people() if person not in here)]
        with VerticalScroll(id="box"):
            yield Static(Text(_("是谁在用？"), style="bold"), markup=False)
            if self._people:
                lines = [Text(f"{clean(person.name)}  {_(wording.ROLES[person.role])}") for person in self._people]
                yield OptionList(*(Option(line) for line in lines), id="people", markup=False)
            yield Static(Text(_("新名字")), markup=False)
            yield Line(id="name", max_length=30)
            yield OneOf([(role, _(wording.ROLES[role])) for role in OFFERED], "cadre", id="role")
            yield Static(Text(_("Ctrl+S 登记新名字   Esc 返回"), style="dim"), markup=False)

    def on_mount(self) -> None:
        last = self.zhubao.workspace.person
        if self._people:
            ids = [person.id for person in self._people]
            self.query_one("#people", OptionList).highlighted = ids.index(last) if last in ids else 0

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss((self._people[event.option_index].name, ""))

    @on(Input.Submitted)
    def to_roles(self) -> None:
        self.query_one(OneOf).focus()

    @on(OneOf.Submitted)
    def action_save(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        if not name:
            self.app.notify(_("请写名字。"), severity="warning", markup=False)
            self.query_one("#name").focus()
            return
        self.dismiss((name, self.query_one(OneOf).value))
