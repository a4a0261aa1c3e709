"""Attachments travel with an exchange: `media/` in the folder and `media/` of the workspace each get what they lack.

What was erased here is removed there. That it was erased lies in the records: a folder's word alone removes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from .bundle import Bundle
from .errors import MediaUnusable, SaveFailed
from .intake import Trouble, is_debris
from .known import Known, SeenMedia, is_due_again, look_of, looks_unchanged
from .media import STEM, Media, is_content_of, read_limited, stem_of
from .outgoing import Exchanged, Outgoing

Progress = Callable[[int, int, str], None]


class MediaExchange:
    """The attachments' part of one exchange; `stopped` is asked before each file, `gone` after a failure."""

    def __init__(
        self, media: Media, folder: Path, done: Exchanged, known: Known, stopped: Callable[[], bool], gone: Callable[[], bool]
    ) -> None:  # fmt: skip
        self._media, self._folder, self._done, self._known = media, folder, done, known
        self._stopped, self._gone = stopped, gone
        self._ours, self._erased = media.files(), media.erased()
        self._theirs = _named_like_ours(folder)
        self._there: set[str] = set()
        """Of what lies in the folder unharmed under its own name: the digest's part."""
        self._seen: dict[str, SeenMedia] = {}

    def run(self, progress: Progress) -> None:
        """Take in, then give; the account says what."""
        total = len(self._theirs) + len(self._ours)
        with Bundle(self._media.folder, self._told) as incoming:
            for number, name in enumerate(self._theirs, start=1):
                if self._stopped():
                    break
                self._receive(name, incoming)
                progress(number, total, name)
        self._send(progress, total)
        broken_off = self._done.stopped or self._done.sent_failed == "gone"
        self._known.media = {**self._known.media, **self._seen} if broken_off else self._seen

    def _receive(self, name: str, incoming: Bundle) -> None:
        path, stem = self._folder / name, name[:STEM]
        if stem in self._erased:
            self._remove(path)
            return
        before = self._known.media.get(name)
        if (
            before is not None
            and stem in self._ours
            and not is_due_again(name, self._known.exchanges - before.read_at)
            and looks_unchanged(str(path), before.look)
        ):
            self._note(name, before)
            return
        try:
            at = path.stat().st_mtime_ns
            data = read_limited(path)
        except (OSError, MediaUnusable) as error:
            if not self._gone():
                self._say(name, getattr(error, "reason", "unreadable"))
            return
        if not is_content_of(stem, data):
            self._say(name, "harmed" if data else "empty")
            return
        self._note(name, SeenMedia(look_of(data, at), self._known.exchanges))
        if stem not in self._ours:
            self._take(stem, data, incoming)

    def _take(self, stem: str, data: bytes, incoming: Bundle) -> None:
        try:
            self._media.make_folder()
        except SaveFailed as error:
            self._say(stem, "not_saved", error.reason)
            return
        self._ours[stem] = self._media.folder / self._media.name_for(stem, data)
        incoming.add(self._ours[stem].name, data)

    def _told(self, name: str, error: SaveFailed | None) -> None:
        if error is None:
            self._done.media_received.append(name)
        else:
            self._ours.pop(name[:STEM], None)
            self._say(name, "not_saved", error.reason)

    def _note(self, name: str, seen: SeenMedia) -> None:
        self._seen[name] = seen
        if stem := stem_of(name):
            self._there.add(stem)

    def _say(self, name: str, what: str, detail: str = "") -> None:
        self._done.unread.append(Trouble(f"media/{name}", what, detail))

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            if not self._gone():
                self._done.left_out.append(path.name)
                self._done.sent_failed = self._done.sent_failed or "read_only"
        else:
            self._done.media_removed.append(path.name)

    def _send(self, progress: Progress, total: int) -> None:
        lacking = {stem: path for stem, path in self._ours.items() if stem not in self._there}
        if not lacking or self._done.stopped or self._done.sent_failed == "gone":
            return
        if not self._done.sent_failed and not self._can_be_written():
            return
        outgoing = Outgoing(self._folder, self._done, self._done.media_sent, self._gone)
        with outgoing.bundle:
            for number, (stem, path) in enumerate(lacking.items(), start=total - len(lacking) + 1):
                if self._stopped():
                    break
                self._offer(stem, path, outgoing)
                progress(number, total, path.name)
        for name, look in outgoing.written.items():
            self._note(name, SeenMedia(look, self._known.exchanges))

    def _offer(self, stem: str, path: Path, outgoing: Outgoing) -> None:
        try:
            if not outgoing.fits(path.name, path.stat().st_size):
                return
            data = read_limited(path)
        except (OSError, MediaUnusable):
            self._say(path.name, "unreadable")
            return
        if is_content_of(stem, data):
            outgoing.offer(path.name, data)
        else:
            self._media.set_aside(path)
            self._say(path.name, "harmed")

    def _can_be_written(self) -> bool:
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError:
            if not self._gone():
                self._done.sent_failed = "read_only"
                self._done.left_out += [path.name for stem, path in self._ours.items() if stem not in self._there]
            return False
        return True


def _named_like_ours(folder: Path) -> list[str]:
    """Names that begin with a digest: attachments, and copies of them that some tool made; nobody else's photos."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file()]
    except OSError:
        return []
    return sorted(name for name in names if not is_debris(name) and stem_of(f"{name[:STEM]}.xx"))
