"""A QR code in cells, dark on light whatever the theme."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from zhubao_tui.casepage import QR, QUIET, TooLong, half_blocks, padded


def drawn(code: Callable[[int], QR], width: int, height: int, *, wide: bool) -> Text:
    """Two modules a row; where half blocks would be drawn two cells wide, each module as two coloured spaces.

    Args:
        code: Makes the code that fits so many rows of two modules each.
        width: Cells that are there.
        height: Rows that are there.
        wide: Whether the terminal draws half blocks two cells wide.

    Raises:
        TooLong: It does not fit.
    """
    if not wide:
        return Text("\n".join(half_blocks(code(height))), style="black on white", no_wrap=True, end="")
    most = min(height, width // 2)
    made = code((height + 1) * 2)
    quiet = min(QUIET, (most - len(made.modules)) // 2)  # the screen around is white, too
    if quiet < 1:
        raise TooLong(f"{len(made.modules)} modules")
    rows = [Text.assemble(*(("  ", "on black" if dark else "on white") for dark in row)) for row in padded(made, quiet)]
    return Text("\n", no_wrap=True, end="").join(rows)
