"""A real terminal of a given size: tmux runs the program, presses keys, and tells what its cells hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.cells import cell_len

_SGR = re.compile(r"\x1b\[([\d;:]*)m")
_BASIC = (
    (0, 0, 0),
    (128, 0, 0),
    (0, 128, 0),
    (128, 128, 0),
    (0, 0, 128),
    (128, 0, 128),
    (0, 128, 128),
    (192, 192, 192),
)
_BRIGHT = (
    (128, 128, 128),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (0, 0, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
)
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """One character with its two colours; `None`: the terminal's own."""

    char: str
    ink: Colour | None
    paper: Colour | None


class Terminal:
    """One tmux session on a server of its own."""

    def __init__(
        self, folder: Path, width: int, height: int, *arguments: str, env: dict[str, str] | None = None
    ) -> None:
        if shutil.which("tmux") is None:
            pytest.skip("tmux is not installed: no real terminal to look at")
        self._socket = folder / "tmux"
        settings = {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        command = [sys.executable, "-m", "zhubao_tui", *arguments]
        rules = folder / "tmux.conf"
        rules.write_text("set -g remain-on-exit on\n")  # what a program says before it ends can still be read
        self._tmux("-f", str(rules), "new-session", "-d", "-x", str(width), "-y", str(height), *command, env=settings)

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments], capture_output=True, text=True, check=False, env=env
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names, at the pace of a quick typist: what a key does comes before the next key."""
        for key in keys:
            time.sleep(0.15)
            self._tmux("send-keys", key)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-l", "--", text)

    def text(self) -> str:
        """What the screen shows, and what has scrolled off it."""
        return self._tmux("capture-pane", "-p", "-S", "-50")

    def cells(self) -> list[list[Cell]]:
        """The screen, row by row, with colours; a Han character stands in the first of its two cells."""
        rows: list[list[Cell]] = [[]]
        for cell in _cells(self._tmux("capture-pane", "-p", "-e", "-N")):
            if cell.char == "\n":
                rows.append([])
            else:
                rows[-1] += [cell] + [Cell(" ", cell.ink, cell.paper)] * (cell_len(cell.char) - 1)
        return rows

    def until(self, words: str, seconds: float = 30) -> str:
        """Wait until the screen shows some words; fails with what it shows instead."""
        end = time.monotonic() + seconds
        while words not in (shown := self.text()):
            if time.monotonic() > end:
                pytest.fail(f"the terminal never showed {words!r}:\n{shown}")
            time.sleep(0.05)
        return shown

    def pid(self) -> int:
        """Process number of the program."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def close(self) -> None:
        """End it and all that runs in it."""
        self._tmux("kill-server")


def _cells(text: str) -> Iterator[Cell]:
    ink = paper = None
    reverse = False
    at = 0
    while at < len(text):
        match = _SGR.match(text, at)
        if match is None:
            yield Cell(text[at], paper if reverse else ink, ink if reverse else paper)
            at += 1
            continue
        at = match.end()
        codes = [int(code) for code in re.split("[;:]", match[1] or "0") if code]
        while codes:
            code = codes.pop(0)
            if code == 0:
                ink = paper = None
                reverse = False
            elif code in (7, 27):
                reverse = code == 7
            elif code in (38, 48):
                colour = _extended(codes)
                ink, paper = (colour, paper) if code == 38 else (ink, colour)
            elif code in (39, 49):
                ink, paper = (None, paper) if code == 39 else (ink, None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                ink = _BRIGHT[code - 90] if code >= 90 else _BASIC[code - 30]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                paper = _BRIGHT[code - 100] if code >= 100 else _BASIC[code - 40]


def _extended(codes: list[int]) -> Colour:
    if codes.pop(0) == 2:
        return codes.pop(0), codes.pop(0), codes.pop(0)
    number = codes.pop(0)
    if number < 16:
        return (*_BASIC, *_BRIGHT)[number]
    if number >= 232:
        return ((number - 232) * 10 + 8,) * 3
    steps = (0, 95, 135, 175, 215, 255)
    return steps[(number - 16) // 36], steps[(number - 16) // 6 % 6], steps[(number - 16) % 6]
