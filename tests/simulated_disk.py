"""A disk that keeps no more than it must: what was not flushed is kept, lost, zeroed or torn when the power is cut.

It is fed with the system calls that the real program made (`straced`), and builds every folder that may then be found:
a file's bytes last once that file is flushed, a name (new, renamed, removed) once its folder is; until then each of them by
itself may have happened or not, in any order, and bytes sector by sector.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from straced import Call

SECTOR = 512
Choose = Callable[[int], int]
"""One of so many possibilities, by its number; 0 is what would be without a power cut."""
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Written:
    """Some bytes at a place."""

    at: int
    data: bytes

    def over(self, old: bytes, choose: Choose) -> bytes:
        new = old.ljust(self.at, b"\0")
        new = new[: self.at] + self.data + new[self.at + len(self.data) :]
        how = choose(4)
        if how == 1:
            return old
        if how == 2:  # the right length, but nothing was written
            return old.ljust(len(new), b"\0")
        return self._torn(old, new, choose) if how == 3 else new

    def _torn(self, old: bytes, new: bytes, choose: Choose) -> bytes:
        first, last = self.at // SECTOR, (self.at + len(self.data) - 1) // SECTOR
        zeros, parts = old.ljust(len(new), b"\0"), [new[: first * SECTOR]]
        for sector in range(first, last + 1):
            place = slice(sector * SECTOR, (sector + 1) * SECTOR)
            parts.append((new, zeros)[choose(2)][place])
        ends = [len(new), *range((first + 1) * SECTOR, len(new), SECTOR), len(old)]
        whole = b"".join(parts) + new[(last + 1) * SECTOR :]
        return whole[: max(len(old), ends[choose(len(ends))])]


@dataclass(frozen=True)
class _Cut:
    size: int

    def over(self, old: bytes, choose: Choose) -> bytes:
        return old if choose(2) else old[: self.size].ljust(self.size, b"\0")


@dataclass
class _File:
    now: bytes = b""
    flushed: bytes = b""
    pending: list[Written | _Cut] = field(default_factory=list)

    def change(self, what: Written | _Cut) -> None:
        self.pending.append(what)
        self.now = what.over(self.now, lambda _many: 0)

    def after_the_cut(self, choose: Choose) -> bytes:
        left = self.flushed
        for change in self.pending:
            left = change.over(left, choose)
        return left


_Names = dict[str, "_File | None"]
"""Files by path; `None` is a folder."""


class Disk:
    """A folder on a disk, changed by system calls."""

    def __init__(self, place: Path) -> None:
        """Begin with what lies in a folder; all of it is flushed."""
        self._root = str(place)
        self._names: _Names = {}
        for path in place.rglob("*"):
            data = b"" if path.is_dir() else path.read_bytes()
            self._names[str(path)] = None if path.is_dir() else _File(data, data)
        self._flushed = dict(self._names)
        self._pending: list[tuple[str, dict[str, _File | str | None]]] = []
        """Changes of names not yet flushed, each with the folder that must be; a word instead of a file: removed."""
        self._open: dict[int, tuple[str, _File | None, int]] = {}

    # -- what the program does

    def take(self, call: Call) -> None:
        """Let a call take effect, if it is one on this folder."""
        if call.result.startswith(("-", "?")):
            return
        paths = [
            bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "replace") for text in _STRING.findall(call.args)
        ]
        if call.name == "openat":
            self._opened(paths[0], call.args, int(call.result))
        elif call.name in ("rename", "renameat", "renameat2") and self._is_here(paths[0]):
            self._rename(*paths)
        elif call.name in ("unlink", "unlinkat") and self._is_here(paths[0]):
            self._change_names(paths[0], {paths[0]: "gone"})
        elif call.name in ("mkdir", "mkdirat") and self._is_here(paths[0]):
            self._change_names(paths[0], {paths[0]: None})
        elif call.name not in ("mkdir", "mkdirat", "rename", "unlink", "sendto"):
            self._on_handle(call)

    def _is_here(self, path: str) -> bool:
        return path.startswith(self._root + "/")

    def _opened(self, path: str, flags: str, handle: int) -> None:
        self._open.pop(handle, None)
        if path != self._root and not self._is_here(path):
            return
        if "O_CREAT" in flags and path not in self._names:
            self._change_names(path, {path: _File()})
        file = self._names.get(path)
        if "O_TRUNC" in flags and file is not None and file.now:
            file.change(_Cut(0))
        self._open[handle] = path, file, 0

    def _on_handle(self, call: Call) -> None:
        handle = int(re.match(r"\d+", call.args)[0])  # type: ignore[index]  # every such call begins with its handle
        if handle not in self._open:
            return
        path, file, at = self._open[handle]
        if call.name in ("fsync", "fdatasync"):
            self._flush(path, file)
        elif call.name == "close":
            del self._open[handle]
        elif file is not None and call.name == "ftruncate":
            file.change(_Cut(int(call.args.rpartition(",")[2])))
        elif file is not None and call.name == "write":
            data = bytes.fromhex(_STRING.findall(call.args)[0].replace("\\x", ""))[: int(call.result)]
            file.change(Written(at, data))
            self._open[handle] = path, file, at + len(data)
        elif call.name == "lseek":
            self._open[handle] = path, file, int(call.result)
        elif call.name == "read":
            self._open[handle] = path, file, at + int(call.result)

    def _flush(self, path: str, file: _File | None) -> None:
        if file is not None:
            file.flushed, file.pending = file.now, []
            return
        for folder, changes in self._pending:
            if folder == path:
                _apply(self._flushed, changes)
        self._pending = [pair for pair in self._pending if pair[0] != path]

    def _rename(self, old: str, new: str) -> None:
        self._change_names(new, {new: self._names[old], old: "gone"})

    def _change_names(self, path: str, changes: dict[str, _File | str | None]) -> None:
        self._pending.append((str(PurePosixPath(path).parent), changes))
        _apply(self._names, changes)

    # -- what is found afterwards

    def after_the_cut(self, choose: Choose) -> dict[str, bytes | None]:
        """One of the folders that may be found when the power is cut now: bytes by path, `None` is a folder."""
        names = dict(self._flushed)
        for _folder, changes in self._pending:
            if not choose(2):
                _apply(names, changes)
        found: dict[str, bytes | None] = {}
        for path, file in names.items():
            parents = [str(parent) for parent in PurePosixPath(path).parents if self._is_here(str(parent))]
            if all(names.get(parent, "") is None for parent in parents):  # else its folder never came to be
                found[path.removeprefix(self._root + "/")] = None if file is None else file.after_the_cut(choose)
        return found


def _apply(names: _Names, changes: dict[str, _File | str | None]) -> None:
    for path, file in changes.items():
        if isinstance(file, str):
            names.pop(path, None)
        else:
            names[path] = file


def every(build: Callable[[Choose], dict[str, bytes | None]], most: int) -> Iterator[dict[str, bytes | None]]:
    """All that can come of a choice after another, up to so many."""
    path: list[int] = []
    for _number in range(most):
        taken = _Taken(path)
        yield build(taken)
        path = taken.next()
        if not path:
            return


class _Taken:
    """Chooses along a path, and then the first of everything."""

    def __init__(self, path: list[int]) -> None:
        self._path, self._choices = path, list[tuple[int, int]]()

    def __call__(self, many: int) -> int:
        at = len(self._choices)
        self._choices.append((self._path[at] if at < len(self._path) else 0, many))
        return self._choices[-1][0]

    def next(self) -> list[int]:
        """The path after this one; empty behind the last."""
        left = list(self._choices)
        while left and left[-1][0] + 1 >= left[-1][1]:
            left.pop()
        return [*(chosen for chosen, _many in left[:-1]), left[-1][0] + 1] if left else []


def some(
    build: Callable[[Choose], dict[str, bytes | None]], number: int, seed: str
) -> Iterator[dict[str, bytes | None]]:
    """A seeded sample of them."""
    dice = random.Random(seed)
    for _number in range(number):
        yield build(dice.randrange)


def laid_out(found: dict[str, bytes | None], folder: Path) -> Path:
    """Make a real folder of what was found."""
    folder.mkdir()
    for path, data in sorted(found.items()):
        if data is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return folder
