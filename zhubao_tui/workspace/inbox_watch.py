"""A watch of `inbox/`: what is dropped there is told of at once, where the system tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

QUIET = 150
"""Milliseconds without a change in `inbox/` after which what was dropped there is taken to be copied whole."""


class InboxWatch:
    """Watches one folder for as long as the app runs."""

    def __init__(self, inbox: Path, changed: Callable[[], object]) -> None:
        self.task: asyncio.Task[None] | None = None
        """No worker, as whoever waits for those to end would wait for ever."""
        self._inbox, self._changed = inbox, changed
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """Watch from now on, unless the app is leaving already."""
        if not self._ended.is_set():
            self.task = asyncio.create_task(self._watch(), name="watch_inbox")

    def end(self) -> None:
        """Watch no more."""
        self._ended.set()
        if self.task is not None:
            self.task.cancel()

    async def _watch(self) -> None:
        """Where no system tells of anything (a network share, a spent number of watches, no such package), stop trying."""
        try:
            watching = await asyncio.to_thread(import_module, "watchfiles")
            changes = watching.awatch(
                self._inbox,
                watch_filter=None, step=QUIET, stop_event=self._ended, recursive=False, force_polling=False,
            )  # fmt: skip
            async for _change in changes:
                self._changed()
        except (ImportError, OSError, RuntimeError):  # the last is what the package makes of a system's refusal
            return
