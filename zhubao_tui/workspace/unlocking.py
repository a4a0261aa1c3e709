"""Unlocking (解锁) with a growing delay; changing one's passphrase."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from storage import keys
from storage.errors import SaveFailed, WrongPassphrase
from storage.files import replace_whole, small_json
from storage.keys import Identity

from .errors import TooSoon
from .workspace import Now, wall_clock

FREE = 2
"""Wrong passphrases in a row that cost no waiting: everybody mistypes."""
MOST = 20
"""Wrong ones that are counted; the longest wait is reached before."""
LONGEST = 300
"""Seconds that one must wait at most between two tries."""
NAME = "attempts.json"


class Unlocking:
    """Says by a passphrase who is there; each wrong one makes the next try wait longer, over restarts, too."""

    def __init__(self, folder: Path, now: Now = wall_clock) -> None:
        self._folder, self._now = folder, now
        self._path = folder / keys.FOLDER / NAME

    def wait(self) -> int:
        """Seconds until the next try; 0: now."""
        wrong, last = self._told()
        if wrong <= FREE or last is None:
            return 0
        delay = min(2 ** (wrong - FREE), LONGEST)
        passed = (self._now() - last).total_seconds()
        return 0 if passed >= delay else min(delay, max(1, int(delay - passed)))

    def unlock(self, passphrase: str) -> Identity:
        """Whose passphrase it is.

        Raises:
            TooSoon: The delay is not over.
            WrongPassphrase: It is nobody's here; the next delay has begun.
            KeysUnreadable: The file of keys is harmed.
        """
        seconds = self.wait()
        if seconds:
            raise TooSoon(seconds)
        try:
            identity = keys.unlock(self._folder, passphrase)
        except WrongPassphrase:
            self._tell(self._told()[0] + 1)
            raise
        if self._told()[0]:
            self._tell(0)
        return identity

    def change(self, old: str, new: str) -> None:
        """Lock one's keys with another passphrase.

        Raises:
            WeakPassphrase: The new one is too short.
            WrongPassphrase: The old one is nobody's here.
            TooSoon: The delay after wrong ones is not over.
            SaveFailed: The disk refused; the old passphrase still opens.
        """
        keys.lock_away(self._folder, self.unlock(old), new)

    def _told(self) -> tuple[int, datetime | None]:
        try:
            told = small_json(self._path)
            wrong, at = told["wrong"], datetime.fromisoformat(told["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, None
        if not isinstance(wrong, int) or at.tzinfo is None:
            return 0, None
        return min(max(0, wrong), MOST), at

    def _tell(self, wrong: int) -> None:
        data = json.dumps({"wrong": wrong, "at": self._now().isoformat(timespec="seconds")}).encode()
        try:
            replace_whole(self._path, data)
        except SaveFailed:  # a medium that can't be written: the delay is kept by whoever asks again
            return
