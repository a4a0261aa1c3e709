"""Today (今日): unfinished interviews, what waits for me, buildings with their coverage, this week's three counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, WorkerState

from zhubao_tui.border import clean
from zhubao_tui.community.due import answer_by, days_overdue, is_dangerous
from zhubao_tui.community.issues import Case, Status
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.board import Board, Counts

from .frame import Hint, ZhubaoScreen
from .text import bar, fit

if TYPE_CHECKING:
    from zhubao_tui.workspace.deduplication import AtTheDesk

BOTH_FROM = 100
"""Columns from which on both halves stand beside each other."""
BOTH_TOLD = 110
"""Columns from which on the top line has room for the last exchange and for what only this laptop has."""
LOOK_FOR_TWINS = 1.0
"""Seconds after which a lead's Today looks for twins: the first screen comes first."""
COUNTED = 1500
"""Open cases up to which it does: more take seconds, and the desk itself shows that it is at work."""
SHOWN = 40
"""Lines of one kind; more of them are in their own lists."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that Enter opens."""

    text: Text
    open: Callable[[], None] | None = None
    key: str = ""
    """What it is about: a refilled list finds its cursor again by it."""


class TodayScreen(ZhubaoScreen[None]):
    """What this half-day holds."""

    CSS_PATH = "today.tcss"
    HELP_TEXT = N_(
        "今日：上面是没访完的访谈和约好的再访，下面是楼栋和走访进度；另一半是等您办的事。"
        "方向键选，Enter 打开；Tab 或 F2 换到等您办的。本周三个数是工作档案的依据：走访户数、发现问题、解决问题。"
    )
    HINTS = (
        Hint("Enter", N_("打开")),
        Hint("1", N_("楼栋"), "buildings"),
        Hint("2", N_("问题"), "issues"),
        Hint("3", N_("并案"), "merge"),
        Hint("F2", N_("等我办的"), "side"),
        Hint("F4", N_("记问题"), "take_down"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [Binding("tab", "app.focus_next", show=False), Binding("f2", "side", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._aside = False
        """In a narrow terminal: the side is shown in place of the plan."""
        self._drawn: tuple[object, ...] = ()
        """What the lists were last drawn from."""
        self._groups = 0
        """Groups of likely twins at a lead's desk, as far as they were looked for."""

    def subject(self) -> ComposeResult:
        yield Static("", id="counts", markup=False)
        with Horizontal(id="halves"):
            yield OptionList(id="plan", markup=False)
            with Vertical(id="side"):
                yield OptionList(id="waiting", markup=False)

    def on_mount(self) -> None:
        self._lines: dict[str, list[Line]] = {"plan": [], "waiting": []}
        self.query_one("#plan").focus()

    def where(self) -> str:
        return _("筑堡 · {community}").format(community=self.zhubao.workspace.name)

    def exchanged(self) -> str:
        """Also what only this laptop has; where both have no room, that alone."""
        last, alone = super().exchanged(), self.zhubao.reliance.only_here_short()
        if not alone:
            return last
        return f"{last} · {alone}" if self.app.size.width >= BOTH_TOLD else alone

    def menu(self) -> list[Hint]:
        workspace = self.zhubao.workspace
        keys = workspace.sealed and workspace.role == "team_lead"
        own = [Hint("", N_("人员与电脑"), "people")] if keys else []
        own += [] if workspace.sealed else [Hint("", N_("换人"), "change_person")]
        own += [Hint("", N_("现场看办件页"), "serve")] if workspace.is_lead else []
        own.append(Hint("", N_("个人信息"), "privacy"))
        own.append(Hint("", N_("核对全部记录"), "verify"))
        if self.zhubao.reliance.double():
            own.append(Hint("", N_("换新身份"), "renew_identity"))
        return [*super().menu(), *own, Hint("Ctrl+Q", N_("退出"), "quit")]

    def action_serve(self) -> None:
        self.zhubao.open_serve()

    def action_people(self) -> None:
        self.zhubao.open_people()

    def leaving(self) -> str:
        return N_("关上")

    def leave(self) -> None:
        """There is nothing behind Today, and the program is not left by one Esc too many."""

    async def action_quit(self) -> None:
        await self.app.action_quit()

    def digit(self, digit: int) -> bool:
        actions = {1: self.action_buildings, 2: self.action_issues, 3: self.action_merge}
        if digit in actions:
            actions[digit]()
        return digit in actions

    @property
    def narrow(self) -> bool:
        """Whether both halves don't fit beside each other."""
        return self.app.size.width < BOTH_FROM

    def on_resize(self) -> None:
        super().on_resize()
        if self.is_mounted:
            self.refresh_view()

    def action_side(self) -> None:
        """To what waits for me, and back."""
        there = self.query_one("#waiting" if self.focused is not self.query_one("#waiting") else "#plan")
        self._aside = there.id == "waiting"
        self._fold()
        there.focus()

    def _fold(self) -> None:
        self.query_one("#side").display = self._aside or not self.narrow
        self.query_one("#plan").display = not self._aside or not self.narrow
        self.query_one("#halves").set_class(self.narrow, "narrow")

    def refresh_view(self) -> None:
        self._fold()
        workspace = self.zhubao.workspace
        now = (
            workspace.version,
            workspace.person,
            workspace.today(),
            self.app.size.width,
            len(self.zhubao.survey.drafts()),
        )
        if now == self._drawn:
            return
        if self._drawn[:2] != now[:2] and workspace.is_lead:
            self.set_timer(LOOK_FOR_TWINS, self.look_for_twins)
        self._drawn = now
        self._draw()

    def look_for_twins(self) -> None:
        """Have the groups at the desk counted beside the screen, where they are few enough not to slow it down."""
        if not self.zhubao.workspace.is_lead:  # somebody else sat down meanwhile
            return
        desk = self.zhubao.deduplication.at_the_desk()
        if len(desk.cases) <= COUNTED:
            self.count_groups(desk)

    @work(thread=True, exclusive=True)
    def count_groups(self, desk: AtTheDesk) -> int:
        """How many groups of likely twins there are; comes back through the worker."""
        from zhubao_tui.workspace.deduplication import grouped

        return len(grouped(desk))

    @on(Worker.StateChanged)
    def groups_counted(self, event: Worker.StateChanged) -> None:
        if event.worker.name == "count_groups" and event.state is WorkerState.SUCCESS:
            self._groups = event.worker.result or 0
            self._draw()

    def _draw(self) -> None:
        board = self.zhubao.today.board()
        self.query_one("#counts", Static).update(self._counts(board))
        self._fill("plan", self._plan(board))
        self._fill("waiting", self._waiting(board))

    def _fill(self, name: str, lines: list[Line]) -> None:
        """Refill a list; the cursor stays on what it was at, or goes to the first line that opens."""
        options = self.query_one(f"#{name}", OptionList)
        here = options.highlighted
        key = self._lines[name][here].key if here is not None and here < len(self._lines[name]) else ""
        self._lines[name] = lines
        options.clear_options()
        options.add_options([Option(line.text, disabled=line.open is None) for line in lines])
        openable = [number for number, line in enumerate(lines) if line.open]
        if openable:
            options.highlighted = next((number for number in openable if lines[number].key == key), openable[0])

    @on(OptionList.OptionSelected)
    def open_line(self, event: OptionList.OptionSelected) -> None:
        line = self._lines[event.option_list.id or "plan"][event.option_index]
        if line.open and self.listens:
            line.open()

    # -- the three counts

    def _counts(self, board: Board) -> Text:
        mine, team = board.mine, board.team
        text = Text.assemble(
            (_("本周"), "bold"), "  ", _("我：{counts}").format(counts=_three(mine)), "   ",
            (_("全队：{counts}").format(counts=_three(team)), "dim"),
        )  # fmt: skip
        if board.tried_today:
            text.append("  " + _("今天走了 {count} 户").format(count=board.tried_today))
        return text

    # -- left: this half-day

    def _plan(self, board: Board) -> list[Line]:
        width = self.app.size.width - 4 if self.narrow else max(30, self.app.size.width * 11 // 20 - 4)
        lines = [_heading(_("今天这半天"))]
        if self.narrow and board.waiting:
            lines.append(self._waiting_in_short(board))
        if self.narrow:
            lines += [*self._said_on_pages(board), *self._withdrawn(board), *self._twins()]
        for draft in board.drafts:
            door = str(draft.about.get("dwelling", ""))
            text = Text.assemble((_("未完成访谈"), "yellow"), "  ", clean(door))
            lines.append(Line(text, partial(self.zhubao.resume, draft), draft.id))
        today = self.zhubao.workspace.today()
        for dwelling, again in board.callbacks[:SHOWN]:
            text = Text.assemble(_("该再访"), "  ", clean(dwelling.id), "  ", (wording.day(again, today), "dim"))
            lines.append(Line(text, partial(self.zhubao.open_door, dwelling.id), dwelling.id))
        if not board.drafts and not board.callbacks:
            lines.append(Line(Text(_("  没有未完成的访谈，也没有到期的再访。到楼栋里走一走。"), style="dim")))
        lines.append(_heading(_("楼栋　已访 / 应访")))
        lines += [
            Line(_building_line(b.id, b.reached, b.base, width), partial(self.zhubao.open_building, b.id), b.id)
            for b in board.buildings
        ]
        if not board.buildings:
            lines.append(Line(Text(_("  还没有门牌。按 F3 新建一户，或导入门牌册："), style="dim")))
            lines.append(Line(Text("  zhubao roster import …", style="dim")))
        return lines

    def _waiting_in_short(self, board: Board) -> Line:
        """In a narrow terminal: one line that leads to the side."""
        today = self.zhubao.workspace.today()
        late = sum(days_overdue(case, today) > 0 for case in board.waiting)
        danger = sum(map(is_dangerous, board.waiting))
        words = _("等我办的 {count} 件：有危险 {danger}，超期 {late}").format(
            count=len(board.waiting), danger=danger, late=late
        )
        style = "bold red" if danger else "bold yellow" if late else "bold"
        return Line(Text.assemble((words, style), ("   F2", "dim")), self.action_side)

    def _twins(self) -> list[Line]:
        """One line that leads to the merge desk, as soon as twins were found."""
        if not self._groups or not self.zhubao.workspace.is_lead:
            return []
        words = _("疑似重复 {count} 组").format(count=self._groups)
        return [Line(Text.assemble((words, "bold"), ("   3", "dim")), self.action_merge, "twins")]

    def _withdrawn(self, board: Board) -> list[Line]:
        """One line for a team lead: households that took their consent back and wait to be erased."""
        if not board.withdrawn:
            return []
        words = _("{count} 户撤回了同意，等您删除").format(count=len(board.withdrawn))
        return [Line(Text.assemble(("● ", "bold yellow"), (words, "bold yellow")), self.action_privacy, "withdrawn")]

    def _said_on_pages(self, board: Board) -> list[Line]:
        """In a narrow terminal: what households say on their pages, each kind as one line that leads to the side."""
        told = []
        if board.noes:
            told.append((_("{count} 件有住户在办件页说没好"), len(board.noes), "noes"))
        if board.proposals:
            told.append((_("住户自己写的 {count} 件，等您看"), len(board.proposals), "proposals"))
        return [
            Line(Text.assemble(("! ", "bold yellow"), (words.format(count=count), "bold yellow"), ("   F2", "dim")),
                 self.action_side, key)
            for words, count, key in told
        ]  # fmt: skip

    # -- right: what waits for me

    def _waiting(self, board: Board) -> list[Line]:
        lines = [*self._noes(board), *self._proposals(board)]
        lines += [] if self.narrow else [*self._withdrawn(board), *self._twins()]
        lines.append(_heading(_("等我办的")))
        lines += [self._case_line(case) for case in board.waiting[:SHOWN]]
        if not board.waiting:
            lines.append(Line(Text(_("  没有等您办的事。"), style="dim")))
        if board.follow_ups:
            lines.append(_heading(_("待回访")))
            lines += [self._case_line(case) for case in board.follow_ups[:SHOWN]]
        if board.refused:
            lines.append(_heading(_("没有生效的")))
            for problem in board.refused[:SHOWN]:
                words = Text.assemble(
                    ("! ", "bold yellow"), _(wording.MOVES.get(problem.kind, problem.kind)), " ",
                    (_(wording.REASONS[problem.reason]), "dim"),
                )  # fmt: skip
                lines.append(Line(words, partial(self.zhubao.open_case, problem.issue), str(problem.ref)))
        return lines

    def _noes(self, board: Board) -> list[Line]:
        """Households that say on their page that it is not solved: they hear from a lead within three days."""
        lines = [_heading(_("住户在办件页说没好，三天内要回话"))] if board.noes else []
        for case in board.noes[:SHOWN]:
            today = self.zhubao.workspace.today()
            by = answer_by(case) or today
            late = (today - by).days
            when = (
                _("超 {days} 天").format(days=late) if late > 0 else _("{day}前回话").format(day=wording.day(by, today))
            )
            lines.append(self._case_line(case, when))
        return lines

    def _proposals(self, board: Board) -> list[Line]:
        """What households wrote down themselves; Enter takes it over."""
        lines = [_heading(_("住户自己写的，等您看"))] if board.proposals else []
        side = self.app.size.width if self.narrow else self.app.size.width * 9 // 20
        for one in board.proposals[:SHOWN]:
            door = one.household.partition("#")[0]
            text = Text.assemble(("? ", "bold yellow"), fit(door, 16), " ", fit(one.words, max(6, side - 24)))
            lines.append(Line(text, partial(self.zhubao.take_over, one.ref), str(one.ref)))
        return lines

    def _case_line(self, case: Case, told: str = "") -> Line:
        """A case that Enter opens; `told` stands in place of its due date."""
        today = self.zhubao.workspace.today()
        late = days_overdue(case, today)
        danger = is_dangerous(case)
        sign = ("! ", "bold red") if danger else ("▲ ", "bold yellow") if late else ("● ", "green")
        when = _("超 {days} 天").format(days=late) if late else _("{day}前").format(day=wording.day(case.due, today))
        if case.status is Status.RESOLVED and case.resolved_on is not None:
            when = _("办结 {days} 天").format(days=(today - case.resolved_on).days)
        when = told or when
        side = self.app.size.width if self.narrow else self.app.size.width * 9 // 20
        kind = 14 if side > 50 else 8
        width = max(6, side - kind - 24 - max(0, cell_len(when) - 13))  # a day of another year is long
        text = Text.assemble(
            sign, fit(wording.category(case.main.category, case.main.category_word), kind), " ",
            fit(case.words or "—", width), " ", (wording.households(case), "bold"), " ", (when, "dim"),
        )  # fmt: skip
        return Line(text, partial(self.zhubao.open_case, case.main.ref), case.id)

    # -- where the digits lead

    def action_buildings(self) -> None:
        self.zhubao.open_buildings()

    def action_issues(self) -> None:
        self.zhubao.open_issues()

    def action_merge(self) -> None:
        self.zhubao.open_merge()

    def action_verify(self) -> None:
        self.zhubao.open_verify()

    def action_renew_identity(self) -> None:
        self.zhubao.renew_identity()

    def action_privacy(self) -> None:
        self.zhubao.open_privacy()

    def action_change_person(self) -> None:
        self.zhubao.choose_person()


def _three(counts: Counts) -> str:
    return _("走访 {visited} 户 · 发现 {found} 件 · 解决 {solved} 件").format(
        visited=counts.visited, found=counts.found, solved=counts.solved
    )


def _heading(words: str) -> Line:
    return Line(Text.assemble(("▌", "bold"), (words, "bold")))


def _building_line(name: str, reached: int, base: int, width: int) -> Text:
    share = reached / base if base else 0.0
    return Text.assemble(
        "  ", fit(name, 18), " ", bar(share, max(6, min(30, width - 36))), f" {reached:>4} / {base:<4}",
    )  # fmt: skip
