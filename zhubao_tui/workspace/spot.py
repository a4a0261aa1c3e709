"""Case pages on the spot (现场看办件页): served from this process at one address at a time, in a task beside the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .errors import AddressTaken
from .workspace import Workspace

if TYPE_CHECKING:  # a start needs no server
    from .pages_here import PagesHere


class Spot:
    """What is served now, if anything is."""

    def __init__(self, workspace: Workspace, over: Callable[[], object], failed: Callable[[Exception], object]) -> None:
        """`over` is called when pages ended that nobody stopped, `failed` with what went wrong at the desk."""
        self.pages: PagesHere | None = None
        self.task: asyncio.Task[None] | None = None
        """No worker, as whoever waits for those to end would wait for ever."""
        self._workspace, self._over, self._failed = workspace, over, failed

    @property
    def address(self) -> str:
        """Where other machines see the pages; empty where none does."""
        return self.pages.url if self.pages is not None and self.pages.is_for_others else ""

    def start(self, host: str) -> None:
        """Serve at an address, in place of what was served before; raises `AddressTaken`."""
        from .pages_here import PagesHere

        self.stop()
        try:
            pages = PagesHere(self._workspace, host)
        except AddressTaken:  # the usual port is another program's, or was ours a moment ago
            pages = PagesHere(self._workspace, host, port=0)
        self.pages = pages
        self.task = asyncio.create_task(pages.until_stopped(), name="serving")
        self.task.add_done_callback(partial(self._ended, pages))

    def stop(self) -> None:
        """Serve no pages any more."""
        if self.pages is not None:
            self.pages.stop()
            self.pages = None

    async def ended(self) -> None:
        """Return when all that was being answered is answered."""
        if self.task is not None:
            await asyncio.wait([self.task])

    def _ended(self, pages: PagesHere, task: asyncio.Task[None]) -> None:
        if self.pages is pages:
            self.pages = None
            self._over()
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, Exception):
            self._failed(fault)
