"""Personal data (个人信息): who waits to be erased, the register, and who is kept longer than records are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.consenting import withdraw
from zhubao_tui.workspace.erasing import Erasing
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.privacy import Privacy
from zhubao_tui.workspace.retention import months_kept, outdated

from .frame import Dialog, Hint, ZhubaoScreen
from .words_dialog import WordsDialog

VIEWS = (N_("等着删除"), N_("台账"), N_("超过保存期限"))
AWAITING, REGISTER, OUTDATED = range(3)
SHOWN = 500
"""Lines of the register at once, newest first; all of it is in `zhubao privacy register`."""
ERASE = 9
"""The digit that erases: far from those that one hits without looking."""
Row = tuple[Text, str]
"""A line, and the household that it is about; empty: none."""


class PrivacyScreen(ZhubaoScreen[None]):
    """For leads; only a team lead has anything erased."""

    CSS_PATH = "privacy.tcss"
    HELP_TEXT = N_(
        "个人信息：1 撤回了同意、等队长删除的住户；2 同意、撤回、删除和不脱敏导出的台账；3 超过保存期限的住户。"
        "Enter 看会删什么，看完再按 9 才删。删了，每台电脑下次交换后都没有了，找不回来；案子和办理经过留着，不带是谁。"
    )
    HINTS = (
        Hint("1-3", N_("换一张表")),
        Hint("Enter", N_("看会删什么")),
        Hint("Esc", N_("全部"), "menu"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._view = AWAITING
        self._rows: list[Row] = []

    def subject(self) -> ComposeResult:
        yield Static("", id="views", markup=False)
        yield OptionList(id="list", markup=False)

    def where(self) -> str:
        return _("个人信息")

    def menu(self) -> list[Hint]:
        return [*super().menu(), Hint("", N_("整张表一起删"), "erase_all")]

    def on_mount(self) -> None:
        self.query_one("#list").focus()

    def digit(self, digit: int) -> bool:
        if not 1 <= digit <= len(VIEWS):
            return False
        self._view = digit - 1
        self.refresh_view()
        return True

    def refresh_view(self) -> None:
        views = Text("   ").join(
            Text(f"{number}  {_(name)}", style="bold reverse" if number - 1 == self._view else "")
            for number, name in enumerate(VIEWS, start=1)
        )
        self.query_one("#views", Static).update(views)
        make = (self._awaiting, self._register, self._outdated)[self._view]
        self._rows = make()
        options = self.query_one("#list", OptionList)
        here = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(text) for text, _household in self._rows])
        options.highlighted = min(here, len(self._rows) - 1) if self._rows else None

    def _awaiting(self) -> list[Row]:
        found = Erasing(self.zhubao.workspace).awaiting()
        rows = [(Text.assemble(("● ", "yellow"), clean(one), "  ", _("撤回了同意")), one) for one in found]
        return rows or [(Text(_("没有等着删除的住户。"), style="dim"), "")]

    def _register(self) -> list[Row]:
        workspace, found = self.zhubao.workspace, Privacy(self.zhubao.workspace).register()
        lines: list[tuple[str, str]] = []
        for one in found.consents:
            choice, by = _(wording.CONSENTS.get(one.choice, clean(one.choice))), _(wording.CONSENT_BY.get(one.by, "?"))
            notice = _("告知书 {version}").format(version=clean(one.notice)) if one.notice else ""
            lines.append((one.at, f"{wording.moment(one.at)}  {clean(one.household)}  {choice}  {by}  {notice}"))
        lines += [(line.at, wording.erasure(line)) for line in found.erasures]
        for log in found.exports:
            person = workspace.community.people.get(log.author)
            name = clean(person.name) if person else "?"
            words = _("{name} 不脱敏导出 {what}，{count} 条：{why}").format(
                name=name,
                what=_(wording.EXPORTS.get(log.what, clean(log.what))),
                count=log.count,
                why=clean(log.reason),
            )
            lines.append((log.at, f"{wording.moment(log.at)}  {words}"))
        newest = sorted(lines, reverse=True)[:SHOWN]
        return [(Text(line, no_wrap=True), "") for _at, line in newest] or [
            (Text(_("台账还是空的。"), style="dim"), "")
        ]

    def _outdated(self) -> list[Row]:
        workspace = self.zhubao.workspace
        if not months_kept(workspace):
            return [(Text(_("没有设保存期限。队长可以设：zhubao settings --retention-months 月数"), style="dim"), "")]
        today = workspace.today()
        rows = [
            (Text(_("{household}  最后一次 {day}").format(household=clean(one.household), day=wording.day(one.last, today))),
             one.household)
            for one in outdated(workspace)
        ]  # fmt: skip
        return rows or [(Text(_("没有超过保存期限的住户。"), style="dim"), "")]

    @on(OptionList.OptionSelected)
    def look(self, event: OptionList.OptionSelected) -> None:
        household = self._rows[event.option_index][1]
        if household and self.listens:
            self._ask([household])

    def action_erase_all(self) -> None:
        """All households of the list at once: first what would go, as with one."""
        if households := [household for _text, household in self._rows if household]:
            self._ask(households)

    def _ask(self, households: Sequence[str]) -> None:
        reason = "withdrawn" if self._view == AWAITING else "retention"
        self.app.push_screen(EraseDialog(households, reason), lambda _done: self.refresh_view())


class EraseDialog(Dialog[None]):
    """What would go; only the digit 9 erases, Enter does nothing."""

    CSS_PATH = "privacy.tcss"
    HELP_TEXT = N_("9 删除，找不回来；2 写明理由，登记为例外，不删；Esc 什么都不做。")

    def __init__(self, households: Sequence[str], reason: str) -> None:
        super().__init__()
        self._households, self._reason = list(households), reason

    def inside(self) -> ComposeResult:
        erasing = Erasing(self.zhubao.workspace)
        counts: dict[str, int] = {}
        for household in self._households:
            for kind, count in erasing.preview(household).counts().items():
                counts[kind] = counts.get(kind, 0) + count
        what = " · ".join(f"{_(wording.MOVES[kind])} {count}" for kind, count in counts.items()) or _("没有什么可删的")
        names = " · ".join(clean(household) for household in self._households[:5])
        more = _(" 等 {count} 户").format(count=len(self._households)) if len(self._households) > 5 else ""
        with VerticalScroll(id="box"):
            yield Static(Text(names + more, style="bold"), markup=False)
            yield Static(Text(_("会删除：{what}").format(what=what)), markup=False)
            yield Static(Text(_("每台电脑下次交换后都没有了，找不回来。办件和经过留着，不带是谁。")), markup=False)
            yield Static(Text(""), markup=False)
            yield Static(Text(_("9  删除"), style="bold red"), markup=False)
            if self._may_except:
                yield Static(Text(_("2  不删：写明理由，登记为例外")), markup=False)
            yield Static(Text(_("Esc  什么都不做"), style="dim"), markup=False)

    @property
    def _may_except(self) -> bool:
        return self._reason == "withdrawn" and len(self._households) == 1

    def digit(self, digit: int) -> bool:
        if digit == ERASE:
            self._do(lambda erasing: erasing.erase(self._households, self._reason))
        elif digit == 2 and self._may_except:
            self.app.push_screen(WordsDialog(_("为什么要留着？")), self._except)
        return True

    def _except(self, words: str | None) -> None:
        if words:
            self._do(lambda erasing: erasing.except_from(self._households[0], words))

    def _do(self, what: Callable[[Erasing], object]) -> None:
        try:
            what(Erasing(self.zhubao.workspace))
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
            return
        self.app.notify(_("已登记，本机已照办；交换后其他电脑也照办。"), markup=False)
        self.dismiss(None)


class WithdrawDialog(Dialog[None]):
    """A household takes its consent back: a digit says who does; Enter does nothing."""

    CSS_PATH = "privacy.tcss"
    HELP_TEXT = N_("1 本人撤回，2 监护人撤回；Esc 不撤回。撤回后马上不再使用，等队长删除。")

    def __init__(self, household: str) -> None:
        super().__init__()
        self._household = household

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            yield Static(
                Text(_("{household} 撤回同意").format(household=clean(self._household)), style="bold"), markup=False
            )
            yield Static(Text(_("姓名、电话、答案马上不再显示、不再使用，便民卡停用；等队长删除。")), markup=False)
            yield Static(Text(""), markup=False)
            yield Static(Text(_("1  本人撤回")), markup=False)
            yield Static(Text(_("2  监护人撤回")), markup=False)
            yield Static(Text(_("Esc  不撤回"), style="dim"), markup=False)

    def digit(self, digit: int) -> bool:
        by = {1: "self", 2: "guardian"}.get(digit)
        if by is not None:
            self._withdraw(by)
        return True

    def _withdraw(self, by: str) -> None:
        try:
            withdraw(self.zhubao.workspace, self._household, by=by)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            self.app.notify(_("已撤回，不再使用；等队长删除。"), markup=False)
        self.dismiss(None)
