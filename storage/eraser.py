"""Erasing (删除) in a workspace: what is erased here, and the files that give way to others without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import JournalUnreadable, SaveFailed
from .files import TEMPORARY, overwrite, replace_whole
from .intake import Trouble, is_file, stamp
from .lock import claimed
from .reader import read_bytes
from .record import Erased, Record, Ref
from .shelf import Shelf

if TYPE_CHECKING:  # most workspaces have nothing erased
    from .erasing import Targets


class Eraser:
    """What the erasures in force name, and which files of the workspace may still say it."""

    def __init__(self, folder: Path, shelf: Shelf, *, may_write: bool) -> None:
        self.refs: frozenset[Ref] = frozenset()
        """What the erasures in force name: its bodies are nowhere kept, and none is let in again."""
        self._folder, self._shelf, self._may_write = folder, shelf, may_write
        self._kinds: frozenset[str] = frozenset()
        """Kinds of records that may be erased at all."""
        self._targets: Targets = {}
        self._left: dict[Path, str] = {}
        """Files that could not be written without what is erased, each with why; `try_again` does."""

    def name(self, refs: frozenset[Ref], kinds: frozenset[str], known: Mapping[Ref, Record]) -> None:
        """Say what is erased from now on.

        Args:
            refs: All that the erasures in force name.
            kinds: Records of other kinds are never erased.
            known: Those of the named records that are here.
        """
        from .erasing import targets_of

        self.refs, self._kinds = refs, kinds
        self._targets = targets_of(ref for ref in refs if ref not in known or known[ref].kind in kinds)

    def is_to_go(self, record: Record) -> bool:
        """Whether a record still says what is erased."""
        named = bool(self.refs) and record.ref in self.refs and record.kind in self._kinds
        return named and not isinstance(record.body, Erased)

    def without(self, name: str, data: bytes) -> bytes:
        """A file's bytes without what its erased records said; the same object where there is nothing to be taken."""
        if not self._targets:
            return data
        from .erasing import without

        return without(name, data, self._targets, self.is_to_go)

    @property
    def is_done(self) -> bool:
        """Whether no file is left that could not be written."""
        return not self._left

    def troubles(self) -> list[Trouble]:
        """Files that still say what is erased, each with why."""
        return [Trouble(path.name, "not_erased", reason) for path, reason in self._left.items()]

    def rewrite_in(self, names: Iterable[str]) -> None:
        """Take what is erased out of all that lies in some folders of the workspace."""
        for folder in (self._folder / name for name in names):
            try:
                files = sorted(path for path in folder.iterdir() if is_file(path)) if folder.is_dir() else []
            except OSError:
                self._left[folder] = "disk"
                continue
            for path in files:
                self.rewrite(path)

    def try_again(self) -> None:
        """What a virus scanner or another program held when it was to be erased may be free now."""
        for path in list(self._left):
            if path.is_dir():
                del self._left[path]
                self.rewrite_in((path.name,))
            else:
                self.rewrite(path)

    def rewrite(self, path: Path) -> None:
        """Write a file without what is erased; another process that is just writing it does so itself."""
        self._left.pop(path, None)
        if not self._may_write or not self._targets:
            return
        before = stamp(path)
        try:
            with claimed(path) as free:
                held = read_bytes(path)
                left = self.without(path.name, held)
                if left is held or left == held:
                    return
                if not free:
                    self._left[path] = "busy"
                elif path.name.startswith(TEMPORARY):
                    overwrite(path, left)
                else:
                    replace_whole(path, left)
        except (SaveFailed, JournalUnreadable) as error:
            self._left[path] = error.reason
        except FileNotFoundError:
            return
        except OSError:
            self._left[path] = "read_only"
        else:
            self._shelf.note_rewritten(path, before)
