"""One case (办件): what was said, by which doors, what happened so far, and the moves that are open to me."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from storage.record import Ref
from zhubao_tui.border import clean
from zhubao_tui.community.due import days_overdue
from zhubao_tui.community.issues import Case, Happening, Status
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import numbers
from zhubao_tui.workspace.history import History, Line

from .frame import Hint, ZhubaoScreen
from .move_dialog import MoveDialog


class CaseScreen(ZhubaoScreen[None]):
    """A case with its history; digits make the moves."""

    CSS_PATH = "case.tcss"
    HELP_TEXT = N_(
        "办件：左边是原话、门牌和经过，右边是您现在能办的。按数字或 Enter 办。每一步都可以写说明。"
        "没有生效的操作也留在经过里，写明为什么；组长可以认可它。"
    )
    HINTS = (
        Hint("1-9", N_("办")),
        Hint("Enter", N_("选定")),
        Hint("Tab", N_("到经过里")),
        Hint("F4", N_("记问题"), "take_down"),
        Hint("Esc", N_("全部"), "menu"),
    )

    def __init__(self, issue: Ref) -> None:
        super().__init__()
        self._issue = issue
        self._moves: list[str] = []

    def subject(self) -> ComposeResult:
        with Horizontal(id="halves"):
            with VerticalScroll(id="about"):
                yield Static("", id="facts", markup=False)
            yield OptionList(id="moves", markup=False)

    def on_mount(self) -> None:
        self.query_one("#moves").focus()

    def where(self) -> str:
        case = self._case()
        return _("办件 {number}").format(number=case.number) if case else _("办件")

    def _case(self) -> Case | None:
        return self.zhubao.workspace.community.case_of(self._issue)

    def refresh_view(self) -> None:
        case = self._case()
        if case is None:
            self.query_one("#facts", Static).update(Text(_("这件已被撤销，不再有了。")))
            return
        self.query_one("#facts", Static).update(self._facts(case))
        options = self.query_one("#moves", OptionList)
        here = self._moves[options.highlighted] if options.highlighted is not None and self._moves else ""
        self._moves = self.zhubao.casework.offered(case)
        refused = [line for line in case.history if not line.effect]
        if refused and self.zhubao.workspace.is_lead:
            self._moves = [*self._moves, "accept"]
        options.clear_options()
        for number, move in enumerate(self._moves, start=1):
            options.add_option(Option(Text.assemble((f"{number:>2}", "bold"), f"  {_(wording.MOVES[move])}")))
        if not self._moves:
            options.add_option(Option(Text(_("现在没有您能办的。"), style="dim"), disabled=True))
        else:
            options.highlighted = self._moves.index(here) if here in self._moves else 0

    # -- what is shown

    def _facts(self, case: Case) -> Text:
        lines, today = [self._heading(case), self._state(case)], self.zhubao.workspace.today()
        for issue in case.issues:
            kind = wording.category(issue.category, issue.category_word)
            lines.append(Text(f"\n{clean(issue.number)}  {kind}  {wording.place(issue.place)}  {_(wording.URGENCIES[issue.urgency])}",
                              style="bold"))  # fmt: skip
            for report in issue.reports:
                door = clean(report.dwelling.partition("/")[2] or report.dwelling) or (
                    _("登记来件 {id}").format(id=clean(report.source_id)) if report.source_id else _("没有门牌")
                )
                words = clean(report.words, lines=True) or _("（没有另写原话）")
                when = f"{wording.day(report.on, today)} {self.zhubao.reliance.mark(report.ref)} {door}".replace(
                    "  ", " "
                )
                lines.append(Text.assemble("  ", (when, "dim"), "  ", words))
        for one, other, person in case.distinct:
            who = self._person(person)
            pair = " / ".join(i.number for i in case.issues if i.ref in (one, other))
            lines.append(
                Text(_("{who} 说 {pair} 不是同一件；要分开请拆分。").format(who=who, pair=pair), style="yellow")
            )
        lines.append(Text("\n" + _("经过"), style="bold"))
        lines += [self._line(case, line) for line in History(self.zhubao.workspace).lines(case)]
        return Text("\n").join(lines)

    def _heading(self, case: Case) -> Text:
        text = Text(_(wording.STATUSES[case.status]), style="bold reverse")
        text.append("  " + wording.households(case), "bold")
        text.append("  " + _("{count} 条反映").format(count=len(case.reports)))
        owner = self._person(case.owner) if case.owner else _("还没人接")
        text.append("  " + _("负责：{owner}").format(owner=owner))
        if len(case.issues) > 1:
            text.append("  " + _("并了 {numbers}").format(numbers="、".join(numbers(case))))
        return text

    def _state(self, case: Case) -> Text:
        late = days_overdue(case, self.zhubao.workspace.today())
        text = Text(_("期限 {day}").format(day=wording.day(case.due, self.zhubao.workspace.today())))
        if late:
            text.append("  " + _("超期 {days} 天").format(days=late), "bold yellow")
        if case.status is Status.RESOLVED:
            yes = sum(answer.yes for answer in case.answers.values())
            text.append("  " + _("回访：{yes} 户说好了，要 {need} 户").format(yes=yes, need=case.need))
        if case.reopen_proposed:
            text.append("  " + _("办结后又有人反映：请看要不要重办"), "yellow")
        if case.postponed_until and case.status == "postponed":
            text.append(
                "  "
                + _("到 {day} 再办：{why}").format(
                    day=wording.day(case.postponed_until, self.zhubao.workspace.today()), why=clean(case.reason)
                )
            )
        if case.status == "rejected":
            text.append("  " + clean(case.reason) + " · " + clean(case.elsewhere))
        if case.status == "transferred":
            text.append("  " + _("已交 {unit}").format(unit=clean(case.unit)))
        return text

    def _line(self, case: Case, line: Line) -> Text:
        what = line.happening
        text = Text.assemble(
            (wording.moment(what.at), "dim"), " ", (self.zhubao.reliance.mark(what.ref), "yellow"), " ",
            self._person(what.author), "  ", _(wording.MOVES[what.kind]),
        )  # fmt: skip
        if line.undone:
            text.append("  " + _(wording.MOVES.get(line.undone, line.undone)))
        for words in (*line.words, *filter(None, (line.attachment, line.reason))):
            text.append("  " + words)
        if line.person:
            text.append("  → " + self._person(line.person))
        if line.yes is not None:
            text.append("  " + (_("说好了") if line.yes else _("说没好")))
            text.append("  " + _answered(case, what))
        if what.accepted_by:
            text.append("  " + _("{who} 认可").format(who=self._person(what.accepted_by)), "green")
        if not what.effect:
            text.append("  " + _("没有生效：{why}").format(why=_(wording.REASONS[what.reason])), "yellow")
        elif what.provisional:
            text.append("  " + _("（有记录还没传到，权限暂定）"), "dim")
        return text

    def _person(self, person: str) -> str:
        known = self.zhubao.workspace.community.people.get(person)
        return clean(known.name) if known else _("未登记的人")

    # -- moving

    def digit(self, digit: int) -> bool:
        if 1 <= digit <= len(self._moves):
            self.make(self._moves[digit - 1])
            return True
        return False

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        self.make(self._moves[event.option_index])

    def make(self, move: str) -> None:
        """Ask for what the move must be given, then make it."""
        case = self._case()
        if case is None or not self.listens:
            return
        self.app.push_screen(MoveDialog(move, case, self._make))

    def _make(self, move: str, fields: Mapping[str, str]) -> None:
        casework, case = self.zhubao.casework, self._case()
        if move == "accept":
            casework.accept(Ref.parse(fields["record"]))
        elif case is not None:
            issue = next((one for one in case.issues if one.ref == self._issue), None)
            casework.make(move, case, *casework.given(move, case, fields, issue))
        self.app.notify(_("{move}：已记下。").format(move=_(wording.MOVES[move])), markup=False)


def _answered(case: Case, what: Happening) -> str:
    """How a household was asked, and its word why, as long as it is its latest."""
    answer = next((one for one in case.said.values() if one.index == what.index), None)
    if answer is None:
        return ""
    way = _(wording.WAYS.get(answer.way, answer.way))
    return _("{name}：{value}").format(name=way, value=clean(answer.words)) if answer.words else way
