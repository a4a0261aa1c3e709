"""Exchange (交换): a folder, both ways, with progress and a plain account of what went out and came in."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Input, ProgressBar, Static
from textual.worker import Worker

from storage.errors import ExchangeNotThere, StorageError
from storage.exchange import Exchanged
from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.exchanging import folder_named
from zhubao_tui.workspace.sentences import sentence

from .fields import Line
from .frame import Hint, ZhubaoScreen

FRAME = 0.05
"""Seconds between two pictures of how far it is."""


class ExchangeScreen(ZhubaoScreen[None]):
    """Unite this laptop's records with a folder."""

    CSS_PATH = "exchange.tcss"
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

    class Progressed(Message):
        """So many files of so many are done."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    def __init__(self) -> None:
        super().__init__()
        self._stop = Event()
        self._busy = False
        self._then: Callable[[], object] | None = None
        """What is to be done as soon as the running exchange has stopped."""

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
        elif not self._busy:
            self._busy = True
            self._stop.clear()
            self.query_one("#progress").display = True
            self.query_one("#account", Static).update(Text(_("正在交换……按两次 Esc 可以停下，已拷的都是完整的。")))
            self.run_exchange(typed, new=new)

    @work(thread=True, exit_on_error=False)
    def run_exchange(self, folder: str, *, new: bool) -> Exchanged:
        """Exchange beside the screen; the result comes back through the worker."""
        drawn = 0.0

        def told(done: int, total: int, _name: str) -> None:
            nonlocal drawn
            if done == total or monotonic() - drawn > FRAME:  # of 20,000 files most would never be seen
                drawn = monotonic()
                self.post_message(self.Progressed(done, total))

        return self.zhubao.exchanging.exchange(folder_named(folder), new=new, progress=told, stop=self._stop.is_set)

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        self.query_one("#progress", ProgressBar).update(total=max(1, event.total), progress=event.done)

    @on(Worker.StateChanged)
    def ended(self, event: Worker.StateChanged) -> None:
        if event.worker.name != "run_exchange" or not event.worker.is_finished:
            return
        self._busy = False
        self.query_one("#progress").display = event.worker.result is not None
        error = event.worker.error
        if event.worker.result is not None:
            self._account(event.worker.result)
        elif isinstance(error, StorageError):
            self.query_one("#account", Static).update(Text(self._why(error), style="bold"))
        elif error is not None:
            raise error
        if self._then is not None:
            self._then()

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

    def _account(self, done: Exchanged) -> None:
        self.zhubao.exchanging.took_in(done)
        told = [
            *wording.account(done, self.zhubao.workspace.whose),
            self.zhubao.reliance.after_exchange(),
            self.zhubao.reliance.double(),
        ]
        self.query_one("#account", Static).update(Text("\n".join(filter(None, told)), no_wrap=False))
        self.draw_frame()

    def leave(self) -> None:
        """What came in must take effect: a running exchange stops at its next file, and only then the screen is left."""
        self.stop_and(super().leave)

    def stop_and(self, then: Callable[[], object]) -> None:
        if not self._busy:
            then()
            return
        self._then = then
        self.query_one("#account", Static).update(Text(_("正在停下……")))
        self._stop.set()

    def on_unmount(self) -> None:
        self._stop.set()
