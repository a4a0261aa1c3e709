"""Exchange (交换): a folder, both ways, with progress and a plain account of what went out and came in."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, ProgressBar, Static
from textual.worker import Worker, WorkerState, get_current_worker

from storage.errors import ExchangeNotThere, StorageError
from storage.exchange import Exchanged
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording

from .fields import Line
from .frame import Hint, ZhubaoScreen


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
            return
        self.query_one("#progress").display = True
        self.query_one("#account", Static).update(Text(_("正在交换……按 Esc 可以停下，已拷的都是完整的。")))
        self.run_exchange(Path(typed).expanduser(), new=new)

    @work(thread=True, exclusive=True, exit_on_error=False)
    def run_exchange(self, folder: Path, *, new: bool) -> Exchanged:
        """Exchange beside the screen; the result comes back through the worker."""
        worker = get_current_worker()

        def told(done: int, total: int, _name: str) -> None:
            self.app.call_from_thread(self.show_progress, done, total)

        return self.zhubao.exchanging.exchange(folder, new=new, progress=told, stop=lambda: worker.is_cancelled)

    def show_progress(self, done: int, total: int) -> None:
        """Draw how far the exchange is."""
        self.query_one("#progress", ProgressBar).update(total=max(1, total), progress=done)

    @on(Worker.StateChanged)
    def ended(self, event: Worker.StateChanged) -> None:
        if event.worker.name != "run_exchange":
            return
        if event.state is WorkerState.SUCCESS and event.worker.result is not None:
            self._account(event.worker.result)
        elif event.state is WorkerState.ERROR and isinstance(event.worker.error, StorageError):
            self.query_one("#account", Static).update(Text(wording.sentence(event.worker.error) or "", style="bold"))
            if isinstance(event.worker.error, ExchangeNotThere):
                self.app.notify(_("确实要在这里重新开始，按 Ctrl+S。"), markup=False)
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error

    def _account(self, done: Exchanged) -> None:
        self.zhubao.exchanging.took_in(done)
        self.query_one("#account", Static).update(Text("\n".join(wording.account(done)), no_wrap=False))
        self.draw_frame()

    def leave(self) -> None:
        self.workers.cancel_node(self)
        super().leave()
