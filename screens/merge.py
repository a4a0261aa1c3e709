"""Merge desk (并案): a group of likely twins at a time, what agrees and what differs."""

from __future__ import annotations

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from storage.errors import StorageError
from storage.record import Ref
from zhubao_tui.border import clean
from zhubao_tui.community.issues import Case
from zhubao_tui.duplicates import SURE
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import MoveRefused
from zhubao_tui.workspace.deduplication import AtTheDesk, TwinGroup, grouped

from .frame import Hint, ZhubaoScreen
from .text import cut, fit

WIDE_FROM = 100
"""Columns from which on a place is told with its level."""


class MergeScreen(ZhubaoScreen[None]):
    """Groups of likely twins, most households first."""

    CSS_PATH = "merge.tcss"
    HELP_TEXT = N_(
        "并案：一次看一组。空格勾选，Enter 把勾上的并成一件；1 都不是同一件，以后不再提；2 把光标所在的换成主件；"
        "3 跳过；Ctrl+Z 撤销刚才这一步。下面写明相同和不同的地方。"
    )
    HINTS = (
        Hint(N_("空格"), N_("勾选"), "tick"),
        Hint("Enter", N_("并成一件"), "merge"),
        Hint("1", N_("都不是同一件"), "apart"),
        Hint("2", N_("换主件"), "main"),
        Hint("3", N_("跳过"), "skip"),
        Hint("Ctrl+Z", N_("撤销"), "undo"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [
        Binding("space", "tick", show=False),
        Binding("ctrl+z", "undo", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[TwinGroup] = []
        self._skipped: list[frozenset[str]] = []
        self._ticked: set[str] = set()
        self._main = ""
        self._done: list[tuple[str, list[Ref]]] = []
        self._drawn: frozenset[str] | None = None
        self._version = -1

    def subject(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield OptionList(id="members", markup=False)
        yield Static("", id="traits", markup=False)

    def on_mount(self) -> None:
        self.query_one("#members").focus()

    def menu(self) -> list[Hint]:
        return [*super().menu(), Hint("4", N_("打开光标所在的一件"), "open_case")]

    def where(self) -> str:
        return _("疑似重复")

    # -- groups

    def refresh_view(self) -> None:
        if self._version != self.zhubao.workspace.version:
            self._version = self.zhubao.workspace.version
            if not self._groups:
                self.query_one("#title", Static).update(Text(_("正在找疑似重复……")))
            self.look_for_groups(self.zhubao.deduplication.at_the_desk())

    @work(thread=True, exclusive=True)
    def look_for_groups(self, desk: AtTheDesk) -> list[TwinGroup]:
        """Find groups beside the screen; the result comes back through the worker."""
        return grouped(desk)

    @on(Worker.StateChanged)
    def groups_found(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and event.worker.name == "look_for_groups":
            self._groups = event.worker.result or []
            self.draw_group()

    @property
    def group(self) -> TwinGroup | None:
        """The group at hand: the first that was not skipped."""
        return next((group for group in self._groups if group.key not in self._skipped), None)

    def draw_group(self) -> None:
        """Draw the group at hand, every member ticked."""
        group = self.group
        title, options = self.query_one("#title", Static), self.query_one("#members", OptionList)
        counts = [sum(what == kind for what, _refs in self._done) for kind in ("merge", "distinct")]
        tail = _("并了 {merged} · 分开 {apart} · 跳过 {skipped}").format(
            merged=counts[0], apart=counts[1], skipped=len(self._skipped)
        )
        if group is None:
            title.update(Text(_("没有疑似重复了。") + "   " + tail, style="bold"))
            options.clear_options()
            self.query_one("#traits", Static).update("")
            return
        if group.key != self._drawn:
            self._drawn, self._main = group.key, group.cases[0].id
            self._ticked = {case.id for case in group.cases}
        left = sum(one.key not in self._skipped for one in self._groups)
        sure = _("把握很大") if group.score >= SURE else _("可能是")
        head = _("还有 {left} 组 · 这组 {count} 件 {reports} 条 {households} 户 · {sure}").format(
            left=left,
            count=len(group.cases),
            reports=sum(len(case.reports) for case in group.cases),
            households=group.households,
            sure=sure,
        )
        title.update(Text.assemble((head, "bold"), "   ", (tail, "dim")))
        here = options.highlighted
        options.clear_options()
        options.add_options([Option(self._line(case)) for case in group.cases])
        options.highlighted = here if here is not None and here < len(group.cases) else 0
        self._draw_traits(group)

    def _line(self, case: Case) -> Text:
        sign = _("主 ") if case.id == self._main else "[✓]" if case.id in self._ticked else "[ ]"
        narrow = self.app.size.width < WIDE_FROM
        place, cells = (wording.spot(case.main.place), 13) if narrow else (wording.place(case.main.place), 22)
        day = wording.day(case.reported_on, self.zhubao.workspace.today())
        width = max(16, self.app.size.width - 45 - cells)
        return Text.assemble(
            (fit(sign, 5), "bold"), (fit(case.number, 11), "bold"), " ", fit(case.words, width), " ",
            (fit(place, cells), "dim"), " ", fit(day, 12), " ",
            (wording.households(case), "bold"), " ", _(wording.STATUSES[case.status]),
        )  # fmt: skip

    def _draw_traits(self, group: TwinGroup) -> None:
        text = Text()
        alike = [wording.trait(trait) for trait in group.agree]
        unlike = [wording.trait(trait) for trait in group.differ]
        for label, traits, style in ((_("相同"), alike, "green"), (_("不同"), unlike, "yellow")):
            unique = list(dict.fromkeys(traits))[:8]
            text.append(f"{label}  ", "bold").append(" · ".join(unique) or "—", style).append("\n")
        here = self.query_one("#members", OptionList).highlighted or 0
        if here < len(group.cases):
            text.append(cut(clean(group.cases[here].words), (self.app.size.width - 4) * 4))
        self.query_one("#traits", Static).update(text)

    @on(OptionList.OptionHighlighted)
    def moved(self) -> None:
        if self.group is not None:
            self._draw_traits(self.group)

    def _here(self) -> Case | None:
        group, index = self.group, self.query_one("#members", OptionList).highlighted
        return group.cases[index] if group is not None and index is not None and index < len(group.cases) else None

    # -- deciding

    def digit(self, digit: int) -> bool:
        actions = {1: self.action_apart, 2: self.action_main, 3: self.action_skip, 4: self.action_open_case}
        if digit in actions:
            actions[digit]()
        return digit in actions

    @on(OptionList.OptionSelected)
    def action_merge(self) -> None:
        group = self.group
        if group is None:
            return
        chosen = [case for case in group.cases if case.id in self._ticked]
        if len(chosen) < 2:
            self.app.notify(_("至少勾两件才能并。"), severity="warning", markup=False)
            return
        main = next((case.main for case in chosen if case.id == self._main), None)
        try:
            ref = self.zhubao.deduplication.merge(chosen, main)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
            return
        self._decided("merge", [ref], _("已并成一件，Ctrl+Z 撤销。"))

    def action_apart(self) -> None:
        group = self.group
        if group is None:
            return
        try:
            refs = self.zhubao.deduplication.tell_apart(group.cases)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
            return
        self._decided("distinct", refs, _("记下了：不是同一件，以后不再提。Ctrl+Z 撤销。"))

    def _decided(self, what: str, refs: list[Ref], words: str) -> None:
        self._done.append((what, refs))
        self.app.notify(words, timeout=3, markup=False)
        group = self.group
        if group is not None:
            self._groups = [one for one in self._groups if not one.key & group.key]
        self.draw_group()
        self.refresh_view()

    def action_main(self) -> None:
        case = self._here()
        if case is not None:
            self._main = case.id
            self._ticked.add(case.id)
            self.draw_group()

    def action_tick(self) -> None:
        case = self._here()
        if case is not None and case.id != self._main:
            self._ticked ^= {case.id}
            self.draw_group()

    def action_skip(self) -> None:
        if self.group is not None:
            self._skipped.append(self.group.key)
            self._done.append(("skip", []))
            self.draw_group()

    def action_open_case(self) -> None:
        case = self._here()
        if case is not None:
            self.zhubao.open_case(case.main.ref)

    def action_undo(self) -> None:
        if not self._done:
            self.app.notify(_("没有可撤销的。"), markup=False)
            return
        what, refs = self._done[-1]
        if what == "skip":
            self._done.pop()
            self._skipped.pop()
            self.draw_group()
            return
        try:
            self.zhubao.deduplication.undo(refs)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            self._done.pop()
            self.app.notify(_("已撤销。"), markup=False)
        self.refresh_view()
