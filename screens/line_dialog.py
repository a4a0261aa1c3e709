"""One line of text: a remark, a note, a folder."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _

from .frame import Dialog, Hint


class LineDialog(Dialog[str]):
    """Dismisses with the text; Esc leaves everything as it was."""

    CSS_PATH = "interview.tcss"
    HELP_TEXT = N_("写一行，Enter 或 Ctrl+S 存好，Esc 不改。")
    HINTS = (Hint("Enter", N_("存好"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, title: str, value: str = "", max_length: int = 2000) -> None:
        super().__init__()
        self._heading, self._value, self._longest = title, value, max_length

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            yield Static(Text(clean(self._heading), style="bold"), markup=False)
            yield Input(self._value, id="line", max_length=self._longest)
            yield Static(Text(_("Enter 存好   Esc 不改"), style="dim"), markup=False)

    @on(Input.Submitted)
    def action_save(self) -> None:
        self.dismiss(self.query_one("#line", Input).value.strip())
