"""People and laptops (人员与电脑), for team leads of a sealed workspace: let in by fingerprint, shut a lost laptop out."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.community.authority import LEADS, Person
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.trust import Laptop, Request, Trust

from .fields import Line, OneOf
from .frame import Dialog, Hint, ZhubaoScreen
from .text import fit
from .who import OFFERED

_HELPER = "helper"


class PeopleScreen(ZhubaoScreen[None]):
    """Who asks to be let in, and every laptop that somebody was let in on."""

    CSS_PATH = "people.tcss"
    HELP_TEXT = N_(
        "人员与电脑：上面是申请加入的，Enter 核对指纹、放行；下面是已放行的电脑，Enter 看上面有什么、丢了就停用。"
        "1 换团队钥匙和恢复码。"
    )
    HINTS = (
        Hint("Enter", N_("打开")),
        Hint("1", N_("换团队钥匙"), "renew"),
        Hint("F5", N_("交换"), "exchange"),
        Hint("Esc", N_("全部"), "menu"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Request | Laptop] = []

    def subject(self) -> ComposeResult:
        yield OptionList(id="list", markup=False)

    def where(self) -> str:
        return _("人员与电脑")

    def on_mount(self) -> None:
        self.query_one("#list").focus()

    @property
    def trust(self) -> Trust:
        """The service for keys."""
        return Trust(self.zhubao.workspace)

    def refresh_view(self) -> None:
        options = self.query_one("#list", OptionList)
        here = options.highlighted or 0
        self._lines = [*self.trust.requests(), *self.trust.laptops()]
        options.clear_options()
        options.add_options([Option(_line(one)) for one in self._lines])
        options.highlighted = min(here, len(self._lines) - 1) if self._lines else None

    def digit(self, digit: int) -> bool:
        if digit == 1:
            self.action_renew()
        return digit == 1

    @on(OptionList.OptionSelected)
    def open_one(self, event: OptionList.OptionSelected) -> None:
        one = self._lines[event.option_index]
        if isinstance(one, Request):
            dialog = LetInDialog(one, self.trust.known_as(one), reads_care=self.trust.reads_care(one))
            self.app.push_screen(dialog, partial(self._let_in, one))
        elif self.trust.is_here(one):
            self.app.notify(_("这就是您正在用的电脑。"), markup=False)
        elif not one.revoked:
            self.app.push_screen(LostDialog(one, self._lost_words(one)), partial(self._lose, one))

    def _let_in(self, request: Request, granted: Granted | None) -> None:
        if granted is None:
            return
        try:
            number = self.trust.grant(request, granted.role, helper=granted.helper)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            words = _("已放行 {name}，电脑 {number} 号。交换以后对方就能用了。")
            self.app.notify(words.format(name=clean(request.name), number=number), markup=False)
        self.refresh_view()

    def _lost_words(self, laptop: Laptop) -> str:
        held = self.trust.what_was_on(laptop)
        return _("上面有 {records} 条记录，涉及 {households} 户的个人资料；它写的 {own} 条仍然算数。").format(
            records=held.records, households=held.households, own=held.acknowledged
        )

    def _lose(self, laptop: Laptop, sure: str | None) -> None:
        if sure is None:
            return
        try:
            self.trust.lose(laptop.device)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            words = _("{number} 号电脑已停用，团队钥匙已更换。请尽快和各台电脑交换。")
            self.app.notify(words.format(number=laptop.number), markup=False)
        self.refresh_view()

    def action_renew(self) -> None:
        """A new team key and recovery code, once that is confirmed."""
        self.app.push_screen(
            SureDialog(_("换团队钥匙和恢复码"), _("旧的恢复码作废。新的只显示一次，请备好纸笔。")), self._renew
        )

    def _renew(self, sure: str | None) -> None:
        if sure is None:
            return
        try:
            code = self.trust.renew()
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            self.app.push_screen(CodeDialog(code))


def _line(one: Request | Laptop) -> Text:
    if isinstance(one, Request):
        name = clean(one.name) or "?"
        return Text.assemble(("? ", "bold"), fit(name, 12), " ", (_("申请加入"), "bold"), f"  {one.fingerprint}")
    names = clean("、".join(person.name for person in one.people))
    heard = wording.moment(one.last) if one.last else _("还没有记录")
    words = _("{number:>3} 号").format(number=one.number)
    state = _("已停用") if one.revoked else _("最近 {when}").format(when=heard)
    return Text.assemble("✗ " if one.revoked else "  ", words, "  ", fit(names, 24), " ", state)


class Granted(NamedTuple):
    """As what somebody is let in."""

    role: str
    helper: bool
    """Also reads care needs, as leads do."""


class LetInDialog(Dialog[Granted]):
    """Dismisses once the fingerprint has been compared."""

    CSS_PATH = "people.tcss"
    HELP_TEXT = N_(
        "请对方把他屏幕上的指纹念给您听，一位一位核对；全对才放行。名字和在册的人一样，就是这个人换了电脑或钥匙。"
        "组长、队长总能看关爱需求和健康情况，别人要是帮扶人才能看：Tab 到那一行选。"
    )
    HINTS = (Hint("Ctrl+S", N_("放行"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, request: Request, known: Person | None, *, reads_care: bool = False) -> None:
        """Ask about a request; `known` is whom its name already stands for, who `reads_care` needs already or not."""
        super().__init__()
        self._request, self._known, self._reads_care = request, known, reads_care

    def inside(self) -> ComposeResult:
        request = self._request
        with VerticalScroll(id="box"):
            yield Static(Text(_("{name} 申请加入").format(name=clean(request.name) or "?"), style="bold"), markup=False)
            yield Static(Text(_("请对方念他屏幕上的指纹，要和这里一位不差：")), markup=False)
            yield Static(Text(f"\n  {request.fingerprint}\n", style="bold"), markup=False)
            if self._known is None:
                yield OneOf([(role, _(wording.ROLES[role])) for role in OFFERED], "cadre", id="role")
            else:
                words = _("{name} 已经在册，是{role}：放行就是这个人换了电脑或钥匙。不是本人就不要放行。")
                role = _(wording.ROLES[self._known.role])
                yield Static(Text(words.format(name=clean(self._known.name), role=role)), markup=False, id="role")
            if self._known is None or self._known.role not in LEADS:
                choices = [("", _("不是帮扶人")), (_HELPER, _("是帮扶人，也看关爱需求"))]
                yield OneOf(choices, _HELPER if self._reads_care else "", id="helper")
            yield Static(Text(_("一位不差：Ctrl+S 放行   不对：Esc 不放行"), style="dim"), markup=False)

    def action_save(self) -> None:
        role = self._known.role if self._known else self.query_one("#role", OneOf).value
        self.dismiss(Granted(role, any(one.value == _HELPER for one in self.query("#helper").results(OneOf))))


class SureDialog(Dialog[str]):
    """Dismisses with a word once somebody who knows what follows has said so by Ctrl+S; Enter does nothing."""

    CSS_PATH = "people.tcss"
    HELP_TEXT = N_("这一步撤不回来。想好了按 Ctrl+S，不做按 Esc。")
    HINTS = (Hint("Ctrl+S", N_("就这么办"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, heading: str, words: str) -> None:
        super().__init__()
        self._heading, self._words = heading, words

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            yield Static(Text(clean(self._heading), style="bold"), markup=False)
            yield Static(Text(f"\n{clean(self._words, lines=True)}\n"), markup=False)
            yield Static(Text(_("撤不回来。Ctrl+S 就这么办   Esc 不做"), style="dim"), markup=False)

    def action_save(self) -> None:
        self.dismiss("sure")


class LostDialog(SureDialog):
    """A laptop: what was on it, and shutting it out."""

    def __init__(self, laptop: Laptop, words: str) -> None:
        heading = _("{number} 号电脑丢了").format(number=laptop.number)
        super().__init__(heading, words + "\n" + _("停用以后，它再写什么都不算数；团队钥匙随即更换，它打不开新的。"))


class CodeDialog(Dialog[str]):
    """A recovery code, the only time that it is to be seen."""

    CSS_PATH = "people.tcss"
    HELP_TEXT = N_("请把恢复码抄在纸上锁好，不要存进电脑。")

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            yield Static(Text(_("恢复码（只显示这一次，请抄在纸上锁好，不要存进电脑）："), style="bold"), markup=False)
            yield Static(Text(f"\n  {self._code}\n", style="bold"), markup=False)
            yield Line(placeholder=_("抄好了，在这里照着写一遍"), id="again")
            yield Static(Text(_("照着写一遍，按 Ctrl+S"), style="dim"), markup=False)

    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def action_save(self) -> None:
        typed = self.query_one("#again", Line).value
        if typed.upper().replace("-", "").replace(" ", "") == self._code.replace("-", ""):
            self.dismiss(None)
        else:
            self.app.notify(_("和上面的不一样，请再看一遍。"), severity="warning", markup=False)

    def action_cancel(self) -> None:
        self.app.notify(_("关掉就再也看不到了：请先抄好，照着写一遍，按 Ctrl+S。"), severity="warning", markup=False)
