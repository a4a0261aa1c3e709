"""Verify (核对): what is wrong with this workspace's records and files, and what to do; it changes nothing."""

from __future__ import annotations

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import ProgressBar, Static

from storage.errors import StorageError
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import verifying
from zhubao_tui.workspace.sentences import sentence

from .frame import Hint
from .long_work import LongWorkScreen


class VerifyScreen(LongWorkScreen[verifying.Report]):
    """All findings, each with what to do."""

    CSS_PATH = "verify.tcss"
    WORK = "run_verify"
    HELP_TEXT = N_(
        "核对：把工作区里的每个文件、每条记录看一遍，什么都不改。! 是要看的，· 是知道就行的；下面一行说怎么办。"
        "↑↓ 翻看，Enter 再核对一次，按两次 Esc 停下并返回。"
    )
    HINTS = (Hint("↑↓", N_("翻看")), Hint("Enter", N_("再核对一次"), "again"), Hint("Esc", N_("全部"), "menu"))
    BINDINGS = [Binding("enter", "again", show=False)]

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
        if not self.begin():
            return
        self.query_one("#summary", Static).update(Text(_("正在核对……按两次 Esc 可以停下。")))
        self.query_one("#found", Static).update(Text(""))
        self.run_verify()

    @work(thread=True, exit_on_error=False)
    def run_verify(self) -> verifying.Report:
        """Look beside the screen; what was found comes back through the worker."""
        return verifying.verify_open(self.zhubao.workspace, self.teller(), self.is_stopped)

    def failed(self, error: StorageError) -> None:
        self.query_one("#summary", Static).update(Text(sentence(error) or "", style="bold"))

    def done(self, result: verifying.Report) -> None:
        style = "bold" if result.is_right else "bold yellow"
        words = f"{verifying.summary(result)}\n{_(verifying.CACHES[result.cache])}"
        self.query_one("#summary", Static).update(Text(words, style=style))
        lines: list[Text] = []
        for one in result.told:
            sign, colour = ("! ", "bold yellow") if one.finding.is_wrong else ("· ", "dim")
            lines.append(Text.assemble((sign, colour), one.words))
            lines.append(Text(f"    {one.advice}", style="dim"))
        self.query_one("#found", Static).update(Text("\n").join(lines))
