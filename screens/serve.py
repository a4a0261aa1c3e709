"""Serving (现场看办件页): start it here, let households scan; it goes on while other screens are open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from zhubao_tui.casepage import TooLong, encode
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace.errors import AddressTaken

from .frame import Hint, ZhubaoScreen
from .qr_code import drawn

if TYPE_CHECKING:
    from zhubao_tui.workspace.pages_here import PagesHere

HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - asked for by pressing 2
AROUND = 5
"""Rows that the frame and its lines take from the code."""


class ServeScreen(ZhubaoScreen[None]):
    """For leads: where the pages are, until when, and what came of it."""

    CSS_PATH = "serve.tcss"
    HELP_TEXT = N_(
        "现场看办件页：1 只在这台电脑上看；2 让同一个网络里的手机也能看，这时便民卡上的码就指到这台电脑。"
        "住户可以当场回答好了没有，也可以另外写一件事。两小时后自己停，3 马上停。离开这一屏不会停，退出程序就停。"
    )
    HINTS = (
        Hint("1", N_("只在这台电脑看")),
        Hint("2", N_("手机也能看")),
        Hint("3", N_("停")),
        Hint("Esc", N_("全部"), "menu"),
    )

    def subject(self) -> ComposeResult:
        with Horizontal():
            yield Static("", id="code", markup=False)
            yield Static("", id="facts", markup=False)

    def where(self) -> str:
        return _("现场看办件页")

    def on_mount(self) -> None:
        self.set_interval(1, self.refresh_view)

    def on_resize(self) -> None:
        super().on_resize()
        self.refresh_view()

    def refresh_view(self) -> None:
        pages = self.zhubao.pages
        self.query_one("#facts", Static).update(self._facts(pages))
        code = self.query_one("#code", Static)
        code.display = pages is not None and pages.is_for_others
        if pages is not None and pages.is_for_others:
            try:
                make, room = partial(encode, pages.url.upper()), self.app.size.height - AROUND
                code.update(drawn(make, self.app.size.width, room, wide=self.zhubao.wide_signs))
            except TooLong:
                code.display = False

    def _facts(self, pages: PagesHere | None) -> Text:
        if pages is None:
            return Text(_("没有开。1 只在这台电脑上看；2 让同一个网络里的手机也能看。"))
        lines = [
            Text(pages.url, style="bold"),
            Text(_("还开 {minutes} 分钟").format(minutes=-(-int(pages.seconds_left) // 60))),
            Text(_("看了 {visits} 次").format(visits=pages.visits)),
            Text(_("回答 {answers} 个 · 新写 {proposals} 件").format(answers=pages.answers, proposals=pages.proposals)),
            Text(
                _("便民卡上的码现在指到这台电脑。") if pages.is_for_others else _("只有这台电脑看得到。"), style="dim"
            ),
        ]
        if pages.is_for_others:
            lines.append(Text(_("路上不加密：用自己的网络或手机热点，用完就停。"), style="dim"))
        return Text("\n").join(lines)

    def digit(self, digit: int) -> bool:
        if digit not in (1, 2, 3):
            return False
        if digit == 3:
            self.zhubao.stop_serving()
        elif not self.zhubao.workspace.may_write:
            self.app.notify(_("这里现在只能看。"), severity="warning", markup=False)
        else:
            try:
                self.zhubao.start_serving(HERE if digit == 1 else EVERYWHERE)
            except AddressTaken as error:
                self.zhubao.tell(error)
        self.refresh_view()
        return True

    def on_key(self, event: events.Key) -> None:
        self.typed_digit(event)
