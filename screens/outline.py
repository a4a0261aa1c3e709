"""Outline (目录): sections and questions of the form, to jump to."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.interview import Section

from .frame import Dialog, Hint
from .text import cut

SIGNS = {"done": "✓", "open": " ", "readonly": "·", "current": "▸", "skipped": "–"}


class OutlineScreen(Dialog[str]):
    """Dismisses with the reference of the question to go to; empty: the review at the end."""

    CSS_PATH = "interview.tcss"
    HELP_TEXT = N_("目录：方向键选一题，Enter 跳过去，什么都不会丢。")
    HINTS = (Hint("Enter", N_("跳到这一题")),)
    BINDINGS = [Binding("f2", "cancel", show=False)]

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections
        self._refs: list[str] = []

    def inside(self) -> ComposeResult:
        options: list[Option] = []
        for section in self._sections:
            options.append(Option(Text(f"{SIGNS[section.state]} {clean(section.title)}", style="bold"), disabled=True))
            self._refs.append("")
            for item in section.questions:
                line = Text.assemble(
                    f"    {SIGNS[item.state]} {cut(item.label, 44)}", "  ", (cut(item.value, 20), "dim")
                )
                options.append(Option(line))
                self._refs.append(item.ref)
        options.append(Option(Text.assemble("✓ ", _("检查、存好")), id="end"))
        self._refs.append("")
        with VerticalScroll(id="box"):
            yield OptionList(*options, markup=False)

    @on(OptionList.OptionSelected)
    def go(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._refs[event.option_index])
