"""A folder of pages for a web server: only what changed is written, each file whole, and nothing in it tells doors apart.

All files and folders bear one time, that of the last publication that changed something; pages come in order of their
random tokens; their sizes are padded (`casepage.render`). `zhubao-server/published.json` marks the folder as ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.canonical import digest
from storage.errors import SaveFailed
from storage.files import TEMPORARY, patiently, replace_from, saving
from zhubao_tui.casepage import is_token

from .errors import NoPagesFolder, OtherPages, PagesNotWhole

SERVER = "zhubao-server"
MARKER = "published.json"
PAGE = "index.html"
GONE = "gone.html"
ROBOTS = "robots.txt"
BOARD = f"board/{PAGE}"
FORMAT = 1
TRIES = 5
APART = 2
"""Seconds between two publications: so a tool that compares times sees that a page of the same size has changed."""
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Published:
    """What a publication did."""

    pages: int = 0
    """Households' pages that are there now."""
    written: int = 0
    """Files that were written, as they were new or had changed."""
    ended: int = 0
    """Pages that gave way to the sentence that they are no longer in use."""


@dataclass(frozen=True, slots=True)
class Marker:
    """What the last publication left."""

    community: str
    stamp: int = 0
    """The one time of all files."""
    whole: str = ""
    """Digest over all files: a copy that lacks one is noticed."""
    known: tuple[str, ...] = field(default=())
    """Digests of the last records that the publication rested on."""
    by: str = ""
    """Signing key of the team lead who published it; empty in an unprotected workspace."""
    sig: str = ""
    """That lead's signature over all the rest."""

    @property
    def digest(self) -> str:
        """What is signed."""
        return digest("publication", self.community, self.stamp, self.whole, *self.known)


class Site:
    """One folder of pages, to be written once."""

    def __init__(self, folder: Path, community: str) -> None:
        """Take a folder that is empty, new, or holds pages of this community.

        Raises:
            NoPagesFolder: Something else is in it, or it can't be a folder.
            OtherPages: It holds another community's pages.
        """
        self.folder, name = folder, folder.name or str(folder)
        is_something_else = folder.exists() and not folder.is_dir()
        if is_something_else or not folder.parent.is_dir() or (folder / SERVER).is_symlink():
            raise NoPagesFolder(name)
        self.marker = read_marker(folder)
        if self.marker is None and folder.exists() and any(folder.iterdir()):
            raise NoPagesFolder(name)
        if self.marker is not None and self.marker.community != community:
            raise OtherPages(name)
        self._community = community
        self._digests: dict[str, str] = {}
        self._changed = False
        self._temporary = folder / SERVER

    def begin(self) -> None:
        """Make the folder ours before anything else lies in it; raises `SaveFailed`."""
        with saving(self.folder):
            self._temporary.mkdir(parents=True, exist_ok=True)
            for left in self._temporary.glob(f"{TEMPORARY}*"):
                left.unlink(missing_ok=True)
        if self.marker is None:
            self._mark(Marker(self._community))

    def put(self, name: str, data: bytes) -> bool:
        """Have a file say this; whether it had to be written. Raises `SaveFailed`.

        Args:
            name: Path inside the folder, parts joined by `/`.
            data: All of it.
        """
        self._digests[name] = sha256(data).hexdigest()
        path = self.folder / name
        try:
            if not path.is_symlink() and not self._is_elsewhere(path.parent) and path.read_bytes() == data:
                return False
        except OSError:  # not there, or not to be read: then it is written anew
            pass
        with saving(path):
            if self._is_elsewhere(path.parent):
                path.parent.unlink()
            path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path, data)
        self._changed = True
        return True

    def _is_elsewhere(self, folder: Path) -> bool:
        """Whether a link stands where a folder of ours belongs: nothing outside is read, written or touched."""
        return folder != self.folder and folder.is_symlink()

    def tokens(self) -> Iterator[str]:
        """Tokens that have a page here, whoever's it is, in their own order."""
        return iter(sorted(path.name for path in self.folder.iterdir() if is_token(path.name)))

    def drop(self, name: str) -> None:
        """Take a file out, if it is there; raises `SaveFailed`."""
        path = self.folder / name
        with saving(path):
            if path.exists() and not self._is_elsewhere(path.parent):
                patiently(path.unlink)
                self._changed = True

    def next_stamp(self, now: int) -> int:
        """The time that all files are to bear: the one they bear already where nothing has changed."""
        before = self.marker.stamp if self.marker else 0
        return before if before and not self._changed else max(now, before + APART)

    def end(self, stamp: int, known: Iterable[str], sign: Callable[[Marker], Marker]) -> None:
        """Say what this publication rested on and give all files one time; raises `SaveFailed`.

        Args:
            stamp: Seconds since 1970.
            known: Digests of the last records.
            sign: Puts a signature to it, if there is one.
        """
        made = sign(Marker(self._community, stamp, whole_of(self._digests), tuple(sorted(known))))
        if self.marker != made:
            self._mark(made)
        self._stamp(stamp)
        if self._changed and hasattr(os, "sync"):
            os.sync()  # names, too, survive a power cut; the contents were flushed one by one

    def _mark(self, marker: Marker) -> None:
        row = {"format": FORMAT, "community": marker.community, "stamp": marker.stamp, "whole": marker.whole,
               "known": list(marker.known), "by": marker.by, "sig": marker.sig}  # fmt: skip
        self._write(self._temporary / MARKER, json.dumps(row).encode())

    def _write(self, path: Path, data: bytes) -> None:
        for _try in range(TRIES):
            try:
                replace_from(self._temporary, path, data)
            except SaveFailed as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise  # else another publication that began here has tidied up
            else:
                return
        replace_from(self._temporary, path, data)

    def _stamp(self, stamp: int) -> None:
        """Files first, then the folders, which writing files has touched."""
        with saving(self.folder):
            folders = {self.folder, self._temporary}
            for name in (*self._digests, f"{SERVER}/{MARKER}"):
                path = self.folder / name
                folders.add(path.parent)
                _touch(path, stamp)
            for folder in folders:
                _touch(folder, stamp)


def _touch(path: Path, stamp: int) -> None:
    if path.stat().st_mtime != stamp:
        os.utime(path, (stamp, stamp))


def whole_of(digests: dict[str, str]) -> str:
    """Digest over the names and contents of all files."""
    return sha256("".join(f"{name}\0{digests[name]}\n" for name in sorted(digests)).encode()).hexdigest()


def read_marker(folder: Path) -> Marker | None:
    """What marks a folder as one of pages; `None` where nothing does."""
    try:
        row: Any = json.loads((folder / SERVER / MARKER).read_text(encoding="utf-8"))
        known = tuple(map(str, row["known"]))
        by, sig = str(row.get("by", "")), str(row.get("sig", ""))
        return Marker(str(row["community"]), int(row["stamp"]), str(row["whole"]), known, by, sig)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def read_site(folder: Path) -> tuple[Marker, dict[str, bytes]]:
    """All files of a folder of pages that came by any medium.

    Raises:
        NoPagesFolder: It is none.
        PagesNotWhole: Something of it is missing or was changed.
    """
    marker = read_marker(folder)
    if marker is None:
        raise NoPagesFolder(folder.name)
    with saving(folder):
        files = {name: (folder / name).read_bytes() for name in _names(folder)}
    if whole_of({name: sha256(data).hexdigest() for name, data in files.items()}) != marker.whole or GONE not in files:
        raise PagesNotWhole(folder.name)
    return marker, files


def _names(folder: Path) -> Iterator[str]:
    """What a publication writes, as far as it is there: no other file, and no link that leads elsewhere, is taken."""
    fixed = (PAGE, GONE, ROBOTS, BOARD, *(f"{SERVER}/{name}" for name in ("nginx.conf", "caddyfile", "readme.html")))
    tokens = (f"{path.name}/{PAGE}" for path in folder.iterdir() if is_token(path.name))
    for name in (*fixed, *sorted(tokens)):
        path = folder / name
        if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
            yield name
