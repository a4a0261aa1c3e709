"""Verify (核对): what is wrong with this workspace's records and files, and what to do; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import ProgressBar, Static
from textual.worker import Worker

from storage.errors import StorageError
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import verifying
from zhubao_tui.workspace.sentences import sentence

from .frame import Hint, ZhubaoScreen


class VerifyScreen(ZhubaoScreen[None]):
    """All findings, each with what to do."""

    CSS_PATH = "verify.tcss"
    HELP_TEXT = N_(
        "核对：把工作区里的每个文件、每条记录看一遍，什么都不改。! 是要看的，· 是知道就行的；下面一行说怎么办。"
        "↑↓ 翻看，Enter 再核对一次，按两次 Esc 停下并返回。"
    )
    HINTS = (Hint("↑↓", N_("翻看")), Hint("Enter", N_("再核对一次"), "again"), Hint("Esc", N_("全部"), "menu"))
    BINDINGS = [Binding("enter", "again", show=False)]

    class Progressed(Message):
        """So many files of so many are read."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    def __init__(self) -> None:
        super().__init__()
        self._stop = Event()
        self._busy = False
        self._then: Callable[[], object] | None = None
        """What is to be done as soon as the look has stopped."""

    def subject(self) -> ComposeResult:
        with VerticalScroll(id="body"):
            yield ProgressBar(id="progress", show_eta=False)
            yield Static("", id="summary", markup=False)
            yield Static("", id="found", markup=False)

    def where(self) -> str:
        return _("核对")

    def on_mount(self) -> None:
        self.query_one("#body").focus()
        self.action_again()

    def action_again(self) -> None:
        """Look once more."""
        if self._busy:
            return
        self._busy = True
        self._stop.clear()
        self.query_one("#progress").display = True
        self.query_one("#summary", Static).update(Text(_("正在核对……按两次 Esc 可以停下。")))
        self.query_one("#found", Static).update(Text(""))
        self.run_verify()

    @work(thread=True, exit_on_error=False)
    def run_verify(self) -> verifying.Report:
        """Look beside the screen; what was found comes back through the worker."""

        def told(done: int, total: int, _name: str) -> None:
            self.post_message(self.Progressed(done, total))

        return verifying.verify_open(self.zhubao.workspace, told, self._stop.is_set)

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        self.query_one("#progress", ProgressBar).update(total=max(1, event.total), progress=event.done)

    @on(Worker.StateChanged)
    def ended(self, event: Worker.StateChanged) -> None:
        if event.worker.name != "run_verify" or not event.worker.is_finished:
            return
        self._busy = False
        self.query_one("#progress").display = False
        error = event.worker.error
        if event.worker.result is not None:
            self._show(event.worker.result)
        elif isinstance(error, StorageError):
            self.query_one("#summary", Static).update(Text(sentence(error) or "", style="bold"))
        elif error is not None:
            raise error
        if self._then is not None:
            self._then()

    def _show(self, report: verifying.Report) -> None:
        style = "bold" if report.is_right else "bold yellow"
        words = f"{verifying.summary(report)}\n{_(verifying.CACHES[report.cache])}"
        self.query_one("#summary", Static).update(Text(words, style=style))
        lines: list[Text] = []
        for one in report.told:
            sign, colour = ("! ", "bold yellow") if one.finding.is_wrong else ("· ", "dim")
            lines.append(Text.assemble((sign, colour), one.words))
            lines.append(Text(f"    {one.advice}", style="dim"))
        self.query_one("#found", Static).update(Text("\n").join(lines))

    def leave(self) -> None:
        self.stop_and(super().leave)

    def stop_and(self, then: Callable[[], object]) -> None:
        if not self._busy:
            then()
            return
        self._then = then
        self._stop.set()

    def on_unmount(self) -> None:
        self._stop.set()
