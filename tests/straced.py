"""A forked child under strace: which system calls it makes on a folder, and what it does when one of them kills or fails."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

CALLS = (
    "openat", "read", "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "mkdir", "mkdirat", "close", "flock", "lseek", "sendto",
)  # fmt: skip
"""What changes files, what makes changes last, and `sendto`, by which the child acknowledges."""
PATIENCE = 60
"""Seconds after which a child is taken to hang."""
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\?|-?\d+)")
_ANYBODY = 0x59616D61, -1
"""`PR_SET_PTRACER`: a system that lets only parents look into a process is told that strace may, too."""


@dataclass(frozen=True)
class Call:
    """One system call of the child."""

    name: str
    nth: int
    """Of that name, counted from 1."""
    args: str
    result: str


@dataclass
class Run:
    """What a child did until its end."""

    said: list[str] = field(default_factory=list)
    """What it acknowledged."""
    words: str = ""
    """What it told on stderr."""
    traceback: str = ""
    code: int = 0
    """Its exit code; negative: the signal that ended it."""
    calls: list[Call] = field(default_factory=list)
    injected: bool = False
    """Whether the fault came about."""


def strace() -> str:
    """The program's path; skips where it is missing."""
    found = shutil.which("strace")
    if not sys.platform.startswith("linux") or found is None:
        pytest.skip("strace is not here (Debian: strace)")
    return found


def straced(body: Callable[[socket.socket], NoReturn], *options: str, log: Path) -> Run:
    """Fork a child that waits for a byte on its line, put strace onto it, let it go, wait for its end.

    Args:
        body: What the child runs; it tells JSON objects line by line and never returns.
        options: Further options of strace: an injection, or how much of each call is noted.
        log: Where strace notes the calls.
    """
    program, (ours, theirs) = strace(), socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            ours.close()
            with contextlib.suppress(OSError, AttributeError):
                ctypes.CDLL(None).prctl(*_ANYBODY, 0, 0, 0)
            theirs.send(b"r")
            body(theirs)
        finally:
            os._exit(1)
    theirs.close()
    ours.settimeout(PATIENCE)
    ours.recv(1)  # nothing of what the child does before it waits is to be counted
    command = [program, "-p", str(child), "-y", "-o", str(log), "-e", "trace=" + ",".join(f"?{name}" for name in CALLS),
               "-e", "signal=none", *options]  # fmt: skip
    with ours, subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        if "attached" not in first:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.skip(f"no process may look into another here: {first.strip()}")
        ours.send(b"g")
        run = Run()
        try:
            _listen(ours, run)
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            run.traceback = "it hangs"
        run.code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        tracer.communicate(timeout=PATIENCE)
    text = log.read_text(encoding="utf-8", errors="replace")
    run.calls = calls_in(text)
    run.injected = "(INJECTED)" in text or run.code == -signal.SIGKILL
    return run


def _listen(line: socket.socket, run: Run) -> None:
    with line.makefile("rb") as told:
        for each in told:
            if not each.endswith(b"\n"):
                return
            message = json.loads(each)
            if "said" in message:
                run.said.append(message["said"])
            run.words += message.get("words", "")
            run.traceback += message.get("traceback", "")


def calls_in(log: str) -> list[Call]:
    """The calls of a log, numbered by name."""
    counted: Counter[str] = Counter()
    calls: list[Call] = []
    for line in log.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        counted[found[1]] += 1
        calls.append(Call(found[1], counted[found[1]], found[2], found[3]))
    return calls
