"""Exchange (交换): a folder, both ways, with progress and a plain account of what went out and came in."""

from __future__ import annotations

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, ProgressBar, Static

from storage.errors import ExchangeNotThere, StorageError
from storage.exchange import Exchanged
from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.exchanging import folder_named
from zhubao_tui.workspace.sentences import sentence

from .fields import Line
from .frame import Hint
from .long_work import LongWorkScreen


class ExchangeScreen(LongWorkScreen[Exchanged]):
    """Unite this laptop's records with a folder; what came in must take effect before the screen is left."""

    CSS_PATH = "exchange.tcss"
    WORK = "run_exchange"
    HELP_TEXT = N_(
        "交换：写上 U 盘或共享文件夹的位置，按 Enter。两边都补上缺的，什么都不会删。"
        "也可以自己用文件管理器把 store 里的文件拷出去、把别人的拷进 inbox，名字不限，效果一样。"
    )
    HINTS = (
        Hint("Enter", N_("开始"), "start"),
        Hint("Ctrl+S", N_("当作新文件夹开始"), "start_new"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [Binding("ctrl+s", "start_new", show=False, priority=True)]

    def subject(self) -> ComposeResult:
        last = self.zhubao.exchanging.last_folder()
        with VerticalScroll(id="body", can_focus=False):
            yield Static(Text(_("交换文件夹（U 盘、共享文件夹）")), markup=False)
            yield Line(str(last or ""), placeholder=_("例如 E:\\筑堡 或 /media/usb/zhubao"), id="folder")
            yield ProgressBar(id="progress", show_eta=False)
            yield Static("", id="account", markup=False)

    def where(self) -> str:
        return _("交换")

    def on_mount(self) -> None:
        self.query_one("#progress").display = False
        self.query_one("#folder").focus()

    @on(Input.Submitted)
    def action_start(self) -> None:
        self._start(new=False)

    def action_start_new(self) -> None:
        self._start(new=True)

    def _start(self, *, new: bool) -> None:
        typed = self.query_one("#folder", Input).value.strip()
        if not typed:
            self.app.notify(_("请写上文件夹的位置。"), severity="warning", markup=False)
        elif self.begin():
            self.query_one("#account", Static).update(Text(_("正在交换……按两次 Esc 可以停下，已拷的都是完整的。")))
            self.run_exchange(typed, new=new)

    @work(thread=True, exit_on_error=False)
    def run_exchange(self, folder: str, *, new: bool) -> Exchanged:
        """Exchange beside the screen; the result comes back through the worker."""
        return self.zhubao.exchanging.exchange(
            folder_named(folder), new=new, progress=self.teller(), stop=self.is_stopped
        )

    def failed(self, error: StorageError) -> None:
        self.query_one("#account", Static).update(Text(self._why(error), style="bold"))

    def _why(self, error: StorageError) -> str:
        if not isinstance(error, ExchangeNotThere):
            return sentence(error) or ""
        if not self._is_a_place(self.query_one("#folder", Input).value):
            return _("没有这个位置：U 盘没插好，或路径写错了。插好或改好再按 Enter。")
        return _(
            "找不到交换文件夹“{name}”，或里面的标记文件不见了。插好 U 盘再按 Enter；确实要在这里重新开始，按 Ctrl+S。"
        ).format(name=clean(error.name))

    def _is_a_place(self, typed: str) -> bool:
        try:
            return folder_named(typed).parent.is_dir()
        except ExchangeNotThere:
            return False

    def done(self, result: Exchanged) -> None:
        self.zhubao.exchanging.took_in(result)
        self.query_one("#progress").display = True
        told = [
            *wording.account(result, self.zhubao.workspace.whose),
            self.zhubao.reliance.after_exchange(),
            self.zhubao.reliance.double(),
        ]
        self.query_one("#account", Static).update(Text("\n".join(filter(None, told)), no_wrap=False))
        self.draw_frame()

    def stopping(self) -> None:
        self.query_one("#account", Static).update(Text(_("正在停下……")))
