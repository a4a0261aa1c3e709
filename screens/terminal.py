"""What this terminal makes of signs whose width is ambiguous: a Chinese console may draw `○` and `█` two cells wide."""

from __future__ import annotations

import os
import select
import sys
import time
import unicodedata

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

SIGNS = "ZHUBAO_SIGNS"
"""Environment: `han` or `narrow` instead of asking the terminal."""
_PROBE = "○"
_WAIT = 0.3
"""Seconds to wait for a cursor report; a terminal that sends none is taken for narrow."""


def draws_wide_signs() -> bool:
    """Ask the terminal, by a cursor report, whether it draws ambiguous signs two cells wide."""
    chosen = os.environ.get(SIGNS, "")
    if chosen in ("han", "narrow"):
        return chosen == "han"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if sys.platform == "win32":
        column = _column_on_windows()
    else:
        column = _column_by_report()
    sys.stdout.write("\r\x1b[K")
    sys.stdout.flush()
    return column == len(_PROBE) * 2 + 1


def _column_by_report() -> int:
    """Column of the cursor behind the probe, 1-based; 0 where the terminal does not say."""
    import termios
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        sys.stdout.write(f"\r{_PROBE}\x1b[6n")
        sys.stdout.flush()
        return _reported_column(_read_report(handle))
    except termios.error:
        return 0
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _read_report(handle: int) -> bytes:
    answer, until = b"", time.monotonic() + _WAIT
    while b"R" not in answer and (left := until - time.monotonic()) > 0:
        if not select.select([handle], [], [], left)[0]:
            break
        answer += os.read(handle, 32)
    return answer


def _reported_column(answer: bytes) -> int:
    """The column in `ESC [ row ; column R`."""
    _start, _escape, report = answer.rpartition(b"\x1b[")
    _row, _semicolon, column = report.partition(b"R")[0].partition(b";")
    return int(column) if column.isdigit() else 0


class NarrowSigns(LineFilter):
    """Draws ASCII in place of signs that this terminal makes two cells wide, so that nothing behind them is shifted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(narrow(s.text), s.style, s.control) if not s.text.isascii() else s for s in segments]


_ASCII = {
    "█": "#", "▀": "=", "▄": "=", "▌": "|", "▐": "|", "░": ".", "▒": ":", "▓": "#", "▔": "-", "▁": "_", "▏": "|", "▕": "|",
    "●": "*", "○": "o", "◌": "o", "◐": "o", "△": "^", "▲": "^", "▷": ">", "▸": ">", "▾": "v", "▼": "v", "□": "#", "▣": "#",
    "♥": "+", "·": ".", "…": ".", "—": "-", "–": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x", "•": "*",
    "→": ">", "←": "<", "↑": "^", "↓": "v", "⇅": "=", "✓": "v", "✗": "x", "☎": "T",
}  # fmt: skip


def narrow(text: str) -> str:
    """Put ASCII of one cell in place of every sign of ambiguous width."""
    return "".join(_ASCII.get(char) or _frame(char) for char in text)


def _frame(char: str) -> str:
    if "\u2500" <= char <= "\u257f":
        return "-" if char in "─━╌╍┄┅┈┉═╴╶" else "|" if char in "│┃╎╏┆┇┊┋║╵╷" else "+"
    if unicodedata.east_asian_width(char) == "A" and not char.isalpha():
        return "?"
    return char


if sys.platform == "win32":

    def _column_on_windows() -> int:
        """The same from the console's own record of its cursor."""
        import ctypes

        class Info(ctypes.Structure):
            _fields_ = [(name, ctypes.c_short) for name in ("width", "height", "x", "y", *"abcdefg")]

        sys.stdout.write(f"\r{_PROBE}")
        sys.stdout.flush()
        info = Info()
        console = ctypes.windll.kernel32.GetStdHandle(-11)
        return info.x + 1 if ctypes.windll.kernel32.GetConsoleScreenBufferInfo(console, ctypes.byref(info)) else 0
