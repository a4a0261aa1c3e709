"""Locks that the operating system holds on open handles, so that a crash frees them."""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

if sys.platform != "win32":
    import fcntl


class Lock:
    """The right to go on with this laptop's journals: one app per workspace."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, thread_local=False)
        self._note = path.with_suffix(".json")
        self.mine = False
        self.writable = True
        """Whether the folder can be written at all."""

    def take(self) -> bool:
        """Take the lock if nobody has it; says whether it is ours now."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except (OSError, NotImplementedError):  # the latter where a share knows no locks: two apps would not notice
            self.writable = False
            return False
        self.mine = True
        note = {"process": os.getpid(), "computer": platform.node()}
        with suppress(OSError):  # a full disk: the note is only for people
            self._note.write_text(json.dumps(note), encoding="utf-8")
        return True

    def holder(self) -> str:
        """Who has it, for people: process number and computer.

        Empty where it is ours, where nobody can have it as nothing can be written, or where the note can't be read.
        """
        if self.mine or not self.writable:
            return ""
        try:
            note = json.loads(self._note.read_bytes())
            return f"{note['process']} · {note['computer']}"
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def release(self) -> None:
        """Let it go."""
        if self.mine:
            self._lock.release()
            self.mine = False


def claim(handle: int) -> bool:
    """Claim an open file for writing until the handle is closed; false where another handle has claimed it.

    Windows keeps a file that is open from being replaced, which is all that this is for; shares without locks let pass.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
    return True


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Keep others from opening a journal for writing while it is replaced; says false where somebody writes it now."""
    if sys.platform == "win32":
        yield True
        return
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    try:
        yield claim(handle)
    finally:
        os.close(handle)
