"""A remark: a few words about what the cursor is at."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _

from .fields import Words
from .frame import Dialog, Hint

LONGEST = 2000


class WordsDialog(Dialog[str]):
    """Dismisses with the text; Esc leaves everything as it was."""

    CSS_PATH = "interview.tcss"
    HELP_TEXT = N_("写几句，Enter 或 Ctrl+S 存好，Esc 不改。")
    HINTS = (Hint("Enter", N_("存好"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, title: str, value: str = "") -> None:
        super().__init__()
        self._heading, self._value = title, value

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            yield Static(Text(clean(self._heading), style="bold"), markup=False)
            yield Words(clean(self._value), id="words")
            yield Static(Text(_("Enter 存好   Esc 不改"), style="dim"), markup=False)

    def written(self) -> str:
        text = self.query_one("#words", Words).value
        return text.strip() if text != clean(self._value) else ""

    @on(Words.Submitted)
    def action_save(self) -> None:
        text = self.query_one("#words", Words).value.strip()
        if len(text) > LONGEST:
            words = _("写了 {count} 字，最多 {most} 字，请删短一些。").format(count=len(text), most=LONGEST)
            self.app.notify(words, severity="warning", markup=False)
        elif text == clean(self._value):
            self.dismiss(None)
        else:
            self.dismiss(text)
