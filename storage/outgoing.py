"""The account of an exchange, and files on their way out of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .bundle import Bundle
from .errors import SaveFailed
from .intake import Trouble
from .known import Look, look_of
from .record import Entry


@dataclass(slots=True)
class Exchanged:
    """The plain account of one exchange."""

    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    """Files that brought something new."""
    records_in: int = 0
    entries: list[Entry] = field(default_factory=list)
    """For the fold."""
    unread: list[Trouble] = field(default_factory=list)
    sent_failed: str = ""
    """Why something did not go out: `full`, `read_only`, `busy`, `disk`, `gone`; empty: all went out."""
    left_out: list[str] = field(default_factory=list)
    """Files that did not go out for that reason."""
    not_erased: list[str] = field(default_factory=list)
    """Files of the folder that still say what was erased, as they could not be written."""
    stopped: bool = False
    missing: int = 0
    """Journals that lay in the folder at the last exchange and are gone: deletion never travels, so they go out again."""
    made_new: bool = False
    """The folder was made an exchange folder just now."""
    media_sent: list[str] = field(default_factory=list)
    """Attachments, as all else by the names of their files."""
    media_received: list[str] = field(default_factory=list)
    media_removed: list[str] = field(default_factory=list)
    """Attachments that were erased here, and lay in the folder still."""

    @property
    def not_sent(self) -> int:
        """How many files did not go out."""
        return len(self.left_out)


class Outgoing:
    """Files on their way out; after a full medium only those are tried that are smaller than what did not fit."""

    def __init__(self, folder: Path, done: Exchanged, sent: list[str], gone: Callable[[], bool]) -> None:
        """Nothing is written yet.

        Args:
            folder: Where the files go.
            done: The account; failures are told there.
            sent: Where to name what went out.
            gone: Asked after a failure whether the folder has vanished; it then tells the account itself.
        """
        self.bundle = Bundle(folder, self._told)
        self.written: dict[str, Look] = {}
        """How the files look that are in place now, by name."""
        self._folder, self._done, self._sent, self._gone = folder, done, sent, gone
        self._offered: dict[str, Look] = {}
        self._too_large = 0

    def fits(self, name: str, size: int) -> bool:
        """Whether it is worth trying; a file that is not is left out."""
        failed = self._done.sent_failed
        if failed and not (failed == "full" and size < self._too_large):
            self._done.left_out.append(name)
            return False
        return True

    def offer(self, name: str, data: bytes) -> None:
        """Write a file out, if it may still fit."""
        if self._gone():  # else it would go to the empty folder that a pulled stick leaves behind
            self._done.left_out.append(name)
        elif self.fits(name, len(data)):
            self._offered[name] = look_of(data, 0)
            self.bundle.add(name, data)

    def _told(self, name: str, error: SaveFailed | None) -> None:
        look = self._offered.pop(name)
        if error is None and not self._gone():
            self._sent.append(name)
            with suppress(OSError):
                self.written[name] = look._replace(time=(self._folder / name).stat().st_mtime_ns)
            return
        if error is not None and not self._gone():
            self._done.sent_failed = error.reason
        self._too_large = min(self._too_large or look.size, look.size)
        self._done.left_out.append(name)
