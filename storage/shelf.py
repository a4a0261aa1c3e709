"""The files of `store/`, and how each file that this process read or wrote looked then.

A look at a file says that it may have changed, never what is in it: see `stamp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .intake import Stamp, files_in, journal_name, stamp
from .record import Head


class Shelf:
    """Where journals lie in a workspace, and which of its files need not be read again."""

    def __init__(self, folder: Path, whole: Mapping[str, Stamp]) -> None:
        """Begin with the files of `store/`, by name, that are known to be whole already."""
        self.folder = folder / "store"
        self.inbox = folder / "inbox"
        self._known = {self.path(name): before for name, before in whole.items()}
        """Files as they were when this process read or wrote them."""
        self._whole = dict(self._known)
        """Those of them that hold nothing but what is in the ledger, spelled as we spell it."""

    def path(self, name: str) -> Path:
        """Where a journal of that name lies, or would."""
        return self.folder / name

    def path_of(self, head: Head, branch: str = "") -> Path:
        """Where a journal lies, or would; one that went on in two places has a file for each branch."""
        return self.path(journal_name(head, branch))

    def is_ours(self, path: Path) -> bool:
        """Whether a file lies in the workspace itself."""
        return path.parent in (self.folder, self.inbox)

    def changed(self, folder: Path) -> list[Path]:
        """Files in a folder that are not as this process knows them; none where it can't be listed."""
        try:
            return [path for path in files_in(folder) if self.has_changed(path)]
        except OSError:
            return []

    def has_changed(self, path: Path) -> bool:
        """Whether a file may hold what this process does not know."""
        return self._known.get(path) != stamp(path)

    def is_whole(self, path: Path) -> bool:
        """Whether a file holds, as it lies there now, just what is in the ledger, spelled as we spell it."""
        return self._whole.get(path) == stamp(path)

    def look(self, path: Path) -> Stamp:
        """Note how a file looks that is about to be read; what is written to it from now on is a change."""
        self._whole.pop(path, None)
        self._known[path] = seen = stamp(path)
        return seen

    def forget(self, path: Path) -> None:
        """Have the next look at a file find it changed."""
        self._known.pop(path, None)

    def note_less(self, path: Path) -> None:
        """The ledger has learned more of a journal than its file holds."""
        self._whole.pop(path, None)

    def note_whole(self, path: Path, seen: Stamp) -> None:
        """A file that was read is whole, if it still looks as it did then."""
        self._whole[path] = seen

    def note_written(self, path: Path) -> None:
        """A file was written from the ledger just now."""
        self._known[path] = self._whole[path] = stamp(path)

    def note_rewritten(self, path: Path, before: Stamp) -> None:
        """A file gave way to one that says as much as the ledger does: known, or whole, is what was so before."""
        for noted in (self._known, self._whole):
            if noted.get(path) == before:
                noted[path] = stamp(path)
