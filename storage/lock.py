"""One app per workspace: a lock that the operating system holds on an open handle, so that a crash frees it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from filelock import FileLock, Timeout


class Lock:
    """The right to go on with this laptop's journals."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)
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
        except OSError:
            self.writable = False
            return False
        self.mine = True
        note = {"process": os.getpid(), "computer": platform.node()}
        self._note.write_text(json.dumps(note), encoding="utf-8")
        return True

    def holder(self) -> str:
        """Who has it, for people: process number and computer; empty where it is ours, or the note can't be read."""
        if self.mine:
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
