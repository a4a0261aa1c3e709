"""Text on a grid of cells: a Han character takes two."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widgets.option_list import Option

from zhubao_tui.border import clean
from zhubao_tui.i18n import _

ELLIPSIS = "…"


def fit(text: str, cells: int) -> str:
    """Foreign text, cleaned, on exactly so many cells: cut with an ellipsis, or filled with spaces."""
    plain = clean(text)
    if cell_len(plain) > cells:
        plain = set_cell_size(plain, max(0, cells - 1)).rstrip() + ELLIPSIS
    return set_cell_size(plain, cells)


def cut(text: str, cells: int) -> str:
    """Foreign text, cleaned, on at most so many cells."""
    return fit(text, cells).rstrip()


def nothing_found() -> Option:
    """What a list says that a filter has emptied."""
    return Option(Text(_("没有符合的。删几个字再试。"), style="dim"), disabled=True)


def bar(share: float, cells: int) -> Text:
    """A share between 0 and 1 as a bar of so many cells."""
    done = round(min(1.0, max(0.0, share)) * cells)
    return Text.assemble(("█" * done, "green"), ("░" * (cells - done), "dim"))
