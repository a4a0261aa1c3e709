"""Issue dialog (记问题): own words, place, category, urgency; twins already reported appear while one types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from storage.errors import StorageError
from storage.record import Ref
from zhubao_tui.border import clean
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.due import URGENCIES
from zhubao_tui.community.issues import Case
from zhubao_tui.community.places import LEVELS, Place
from zhubao_tui.community.spoken import guess
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import MoveRefused
from zhubao_tui.workspace.deduplication import Twin
from zhubao_tui.workspace.errors import NotAgreed
from zhubao_tui.workspace.reporting import IncompleteReport, NewReport, level_of, place_named

from .fields import Line, OneOf, Words
from .frame import Dialog, Hint
from .pick import Pick
from .text import cut, fit

TYPED_ENOUGH = 3
"""Characters from which on twins are looked for."""


@dataclass(frozen=True, slots=True)
class TakenDown:
    """What the dialog wrote."""

    ref: Ref
    words: str
    """For the status line."""
    joined: str = ""
    """Id of the case that was joined."""


Report = Callable[[NewReport], Ref]
Support = Callable[[Case, str], Ref]


class IssueDialog(Dialog[TakenDown]):
    """Takes one issue down, or joins the household to one already there."""

    CSS_PATH = "issue_dialog.tcss"
    HELP_TEXT = N_(
        "记问题：照住户说的写原话，Enter 到下一格。下面会列出附近已经有人反映过的：按 ↓ 到列表里，Enter 就是并入那一件。"
        "是新问题就按 Ctrl+S 记下。没有征得同意的住户，只记地点，不记是哪一户。"
    )
    HINTS: ClassVar[tuple[Hint, ...]] = (
        Hint("Enter", N_("下一格")),
        Hint("↓", N_("到下面挑，Enter 并入")),
        Hint("Ctrl+S", N_("是新问题，记下"), "save"),
    )
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(
        self,
        dwelling_id: str,
        report: Report | None = None,
        support: Support | None = None,
        *,
        agreed: bool | None = None,
    ) -> None:
        """Take an issue down.

        Args:
            dwelling_id: The door at hand; empty: none, the place is asked.
            report: What writes a new issue; by default a report of the door's household, if it agreed.
            support: What joins a case.
            agreed: Whether the household agreed to be recorded; by default what is on record.
        """
        super().__init__()
        self._dwelling_id = dwelling_id
        self._report, self._support = report or self._write_report, support or self._write_support
        self._agreed = agreed
        self._twins: list[Twin] = []
        self._guessed = True

    def inside(self) -> ComposeResult:
        levels = [(level, _(wording.LEVELS[level])) for level in LEVELS]
        urgencies = [(urgency, _(wording.URGENCIES[urgency])) for urgency in URGENCIES]
        categories = [(code, wording.category(code)) for code in CATEGORIES]
        with VerticalScroll(id="box"):
            yield Static(self._heading(), markup=False)
            yield Words(placeholder=_("原话：照住户说的写"), id="words")
            if not self._dwelling_id:
                yield from self._where()
            with Horizontal(classes="row"):
                yield Static(_("地方"), classes="label", markup=False)
                yield OneOf(levels, "unit", id="level")
            with Horizontal(classes="row"):
                yield Static(_("类别"), classes="label", markup=False)
                yield Pick(_("类别"), categories, prompt=_("选类别"), id="category")
            with Horizontal(classes="row"):
                yield Static(_("多急"), classes="label", markup=False)
                yield OneOf(urgencies, "normal", id="urgency")
            yield Static("", id="same", markup=False)
            yield OptionList(id="twins", markup=False)
            yield Static(
                _("Enter 下一格   ↓ 到列表里挑，Enter 并入   Ctrl+S 新问题，记下   Esc 不记"), id="help", markup=False
            )

    def _where(self) -> ComposeResult:
        """Where no door is at hand: a stairwell, building or estate of the roster; typed where there is none."""
        places = self.zhubao.survey.places()
        with Horizontal(classes="row"):
            yield Static(_("哪里"), classes="label", markup=False)
            if places:
                yield Pick(_("哪里"), [(name, name) for name in places], prompt=_("选地方"), id="where")
            else:
                yield Line(placeholder=_("小区/楼-单元，例如 祥和苑/3-2"), id="where")

    def written(self) -> str:
        return self.query_one("#words", Words).value.strip()

    def _heading(self) -> Text:
        title = Text(_("记一个问题"), style="bold")
        if self._dwelling_id:
            title.append(f" · {clean(self._dwelling_id)}")
            if not self._may_name():
                title.append("   " + _("还没征得同意：只记地点，不记是哪一户"), "yellow")
        return title

    def _may_name(self) -> bool:
        if self._agreed is not None:
            return self._agreed
        dwelling = self.zhubao.workspace.community.dwellings.get(self._dwelling_id)
        return dwelling is not None and self.zhubao.reporting.may_name(dwelling.household)

    def on_mount(self) -> None:
        self.query_one("#words").focus()
        self.query_one("#same", Static).update("")

    # -- what stands in the fields

    def new_report(self) -> NewReport:
        """The report as the fields have it now."""
        dwelling = self.zhubao.workspace.community.dwellings.get(self._dwelling_id)
        household = dwelling.household.id if dwelling is not None and self._may_name() else ""
        return NewReport(
            self.query_one("#words", Words).value,
            self.query_one("#category", Pick).value,
            self.query_one("#level", OneOf).value,
            self.query_one("#urgency", OneOf).value,
            self._dwelling_id,
            household,
            "",
            None if self._dwelling_id else self._named_place(),
        )

    def _named_place(self, level: str = "") -> Place:
        """The place that was chosen or typed, cut to a level: by default the one that was chosen."""
        where = self.query_one("#where")
        typed = where.value if isinstance(where, (Pick, Line)) else ""
        return place_named(typed, level or self.query_one("#level", OneOf).value)

    # -- twins

    @on(TextArea.Changed, "#words")
    def words_changed(self) -> None:
        category = self.query_one("#category", Pick)
        if self._guessed:
            category.value = guess(self.query_one("#words", Words).value)
            category.note = _("（猜的，空格改）") if category.value else ""
        self.show_twins()

    @on(Pick.Changed, "#category")
    def category_chosen(self) -> None:
        self._guessed = False
        self.show_twins()

    @on(Pick.Changed, "#where")
    def place_chosen(self) -> None:
        """The level follows from what was chosen; it can still be made wider."""
        self.query_one("#level", OneOf).value = level_of(self._named_place("unit"))
        self.show_twins()

    @on(OneOf.Changed, "#level")
    @on(Input.Changed, "#where")
    def show_twins(self) -> None:
        """List what has likely been reported already, with how many households share it."""
        new = self.new_report()
        enough = len(new.words.strip()) >= TYPED_ENOUGH and (new.dwelling or (new.place and new.place.estate))
        self._twins = self.zhubao.deduplication.suggest(new) if enough else []
        same = self.query_one("#same", Static)
        same.update(Text(_("是不是同一件？ 按 ↓ 去挑"), style="bold yellow") if self._twins else Text(""))
        options = self.query_one("#twins", OptionList)
        options.clear_options()
        options.add_options([Option(self._line(twin)) for twin in self._twins])
        options.display = bool(self._twins)

    def _line(self, twin: Twin) -> Text:
        case = twin.case
        width = max(20, min(60, self.app.size.width - 48))
        text = Text.assemble(
            fit(case.words, width), "  ", (wording.place(case.main.place), "dim"), "  ",
            (wording.households(case), "bold"), "  ", _(wording.STATUSES[case.status]),
        )  # fmt: skip
        like = [wording.trait(trait) for trait in twin.match.agree[:3]]
        unlike = [wording.trait(trait) for trait in twin.match.differ[:2]]
        if like:
            text.append("\n   " + _("像：{traits}").format(traits=" · ".join(like)), "green")
        if unlike:
            text.append("   " + _("不同：{traits}").format(traits=" · ".join(unlike)), "yellow")
        return text

    # -- keys

    def on_key(self, event: events.Key) -> None:
        words = self.query_one("#words", Words)
        into_list = self._twins and not (self.focused is words and not words.at_last_row)
        if event.key == "down" and into_list and not isinstance(self.focused, OptionList):
            twins = self.query_one("#twins", OptionList)
            twins.highlighted = 0
            twins.focus()
            event.stop()
            event.prevent_default()

    @on(Words.Submitted)
    @on(Input.Submitted)
    @on(OneOf.Submitted)
    @on(Pick.Submitted)
    def next_field(self) -> None:
        if self.focused is not None and self.focused.id != "urgency":
            self.focus_next()

    def action_save(self) -> None:
        """It is a new issue: write it down."""
        try:
            ref = self._report(self.new_report())
        except IncompleteReport as error:
            self.zhubao.tell(error)
            self.query_one(
                {"words": "#words", "category": "#category", "place": "#level"}.get(error.field, "#urgency")
            ).focus()
            return
        except (MoveRefused, NotAgreed, StorageError) as error:
            self.zhubao.tell(error)
            return
        case = self.zhubao.workspace.community.case_of(ref)
        self.dismiss(TakenDown(ref, _("已记下 {number}。").format(number=case.number if case else "")))

    @on(OptionList.OptionSelected)
    def join(self, event: OptionList.OptionSelected) -> None:
        case = self._twins[event.option_index].case
        dwelling = self.zhubao.workspace.community.dwellings.get(self._dwelling_id)
        if dwelling is None or not self._may_name():
            self.app.notify(
                _("要并入，先要住户同意登记。没有同意就按 Ctrl+S 只记地点。"), severity="warning", markup=False
            )
            return
        if dwelling.household.id in case.followers:
            self.app.notify(_("这户已经在这件里了。"), markup=False)
            return
        try:
            ref = self._support(case, self.query_one("#words", Words).value)
        except (IncompleteReport, MoveRefused, NotAgreed, StorageError) as error:
            self.zhubao.tell(error)
            return
        after = self.zhubao.workspace.community.case_of(case.main.ref)
        count = len(after.followers) if after else 0
        words = _("已并入 {number}，共 {count} 户：{words}。").format(
            number=case.number, count=count, words=cut(case.words, 30)
        )
        self.dismiss(TakenDown(ref, words, case.id))

    def _write_report(self, new: NewReport) -> Ref:
        return self.zhubao.reporting.report(new)

    def _write_support(self, case: Case, words: str) -> Ref:
        dwelling = self.zhubao.workspace.community.dwellings[self._dwelling_id]
        return self.zhubao.reporting.support(case.main.ref, dwelling.household.id, words)
