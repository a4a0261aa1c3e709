"""A program on a pseudo-terminal, for benchmarks: its output as it comes, keys as they are pressed. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


class Program:
    """One running program on a terminal of 120 columns and 35 rows."""

    def __init__(self, command: list[str], **env: str) -> None:
        self.began = time.perf_counter()
        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            # the installed program, as in the benchmark itself: a start's cache belongs to one copy of the sources
            os.environ.update(
                {"PYTHONSAFEPATH": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **env}
            )
            os.execvp(command[0], command)
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", 35, 120, 0, 0))
        self._shown = b""

    def press(self, keys: str) -> float:
        """Press keys; returns when, in seconds of `time.perf_counter`."""
        self._shown = b""
        now = time.perf_counter()
        os.write(self._handle, keys.encode())
        return now

    def until(self, words: str, seconds: float = 60) -> float:
        """Read until some words were written; returns when. Raises `TimeoutError`."""
        wanted, end = words.encode(), time.perf_counter() + seconds
        while wanted not in self._shown:
            if not select.select([self._handle], [], [], max(0.0, end - time.perf_counter()))[0]:
                raise TimeoutError(f"{words!r} was never shown")
            self._shown += self._read()
        return time.perf_counter()

    def _read(self) -> bytes:
        data = os.read(self._handle, 65536)
        if b"\x1b[6n" in data:  # asked where the cursor is, a terminal says so at once
            os.write(self._handle, b"\x1b[1;2R")
        return data

    def kill(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._handle)
