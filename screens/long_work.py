"""A screen with one long work beside it: how far it is shows, and nobody leaves before it has stopped."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.message import Message
from textual.widgets import ProgressBar
from textual.worker import Worker

from storage.errors import StorageError

from .frame import ZhubaoScreen

FRAME = 0.05
"""Seconds between two pictures of how far it is."""
Result = TypeVar("Result")


class LongWorkScreen(ZhubaoScreen[None], Generic[Result]):
    """Has a `ProgressBar` of the id `progress`; the work is a thread worker, begun where `begin` allows it."""

    WORK: ClassVar[str]
    """The worker's name."""

    class Progressed(Message):
        """So many files of so many are done."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    def __init__(self) -> None:
        super().__init__()
        self._stop = Event()
        self._busy = False
        self._then: Callable[[], object] | None = None
        """What is to be done as soon as the running work has stopped."""

    def done(self, result: Result) -> None:
        """The work has come to its end, or to where it was stopped."""

    def failed(self, error: StorageError) -> None:
        """The work could not be done; any other error goes on."""

    def stopping(self) -> None:
        """The work has been asked to stop."""

    def begin(self) -> bool:
        """Make ready for the work; false while it runs."""
        if self._busy:
            return False
        self._busy = True
        self._stop.clear()
        self.query_one("#progress").display = True
        return True

    def is_stopped(self) -> bool:
        """Asked by the work, before each file."""
        return self._stop.is_set()

    def teller(self) -> Callable[[int, int, str], None]:
        """What the work tells how far it is: done, in all, what is being worked at."""
        drawn = 0.0

        def told(done: int, total: int, _name: str) -> None:
            nonlocal drawn
            if done == total or monotonic() - drawn > FRAME:  # of 20,000 files most would never be seen
                drawn = monotonic()
                self.post_message(self.Progressed(done, total))

        return told

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        self.query_one("#progress", ProgressBar).update(total=max(1, event.total), progress=event.done)

    @on(Worker.StateChanged)
    def ended(self, event: Worker.StateChanged) -> None:
        if event.worker.name != self.WORK or not event.worker.is_finished:
            return
        self._busy = False
        self.query_one("#progress").display = False
        error = event.worker.error
        if event.worker.result is not None:
            self.done(event.worker.result)
        elif isinstance(error, StorageError):
            self.failed(error)
        elif error is not None:
            raise error
        if self._then is not None:
            self._then()

    def leave(self) -> None:
        """A running work stops at its next file, and only then the screen is left."""
        self.stop_and(super().leave)

    def stop_and(self, then: Callable[[], object]) -> None:
        if not self._busy:
            then()
            return
        self._then = then
        self.stopping()
        self._stop.set()

    def on_unmount(self) -> None:
        self._stop.set()
