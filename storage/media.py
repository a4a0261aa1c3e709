"""Attachments (附件): files by their content. A name is nothing but the digest, so a copy is harmed or it is the one.

A name holds the digest's first 56 digits: with `.erased` behind them it still is one that every medium takes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from .errors import MediaUnusable
from .files import read_at_most, replace_whole, saving

LARGEST = 20 * 1024 * 1024
"""Bytes of one attachment."""
LARGEST_FILE = LARGEST + 64 * 1024
"""Bytes of its file: sealing adds some."""
STEM = 56
ERASED = ".erased"
_NAME = re.compile(r"([0-9a-f]{56})\.[a-z0-9]{2,4}")
_MAGIC = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"%PDF-", "pdf"),
)
Seal = Callable[[bytes, str], bytes]
"""Bytes and a digest to bytes."""


def kind_of(data: bytes) -> str:
    """What a file is by its first bytes: `jpg`, `png`, `webp`, `pdf`, else `bin`."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "bin")


def stem_of(name: str) -> str:
    """The digest's part of an attachment's file name; empty where it is no such name."""
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def is_content_of(stem: str, data: bytes) -> bool:
    """Whether bytes are those that a name promises."""
    return sha256(data).hexdigest()[:STEM] == stem


def read_limited(path: Path) -> bytes:
    """A file's bytes; raises `MediaUnusable` where there are too many, or it can't be read."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise MediaUnusable(path.name, "too_large")
        return read_at_most(path, LARGEST_FILE)
    except FileNotFoundError:
        raise MediaUnusable(path.name, "missing") from None
    except OSError as error:
        raise MediaUnusable(path.name, "unreadable") from error


class Media:
    """The attachments of one workspace, in its folder `media/`."""

    def __init__(self, folder: Path, seal: Seal | None = None, unseal: Seal | None = None) -> None:
        """Nothing is written yet.

        Args:
            folder: `media/` of a workspace; made when first needed.
            seal: In a sealed workspace: bytes and their SHA-256 to what lies in the file. A nonce derived from that
                digest makes the same photo the same file; what `unseal` needs of it has to be in the sealed bytes.
            unseal: What lies in a file, and the file's own digest (as `put` returned it), back to the bytes.
        """
        self.folder = folder
        self._seal, self._unseal = seal, unseal

    def put(self, content: bytes | Path) -> str:
        """Keep an attachment; on disk when this returns.

        Returns:
            SHA-256 of the file as it is kept (of a sealed one: of the sealed bytes), 64 hex digits.

        Raises:
            MediaUnusable: It is too large (`too_large`), empty (`empty`), can't be read, or was erased (`erased`).
            SaveFailed: The disk refused.
        """
        data = content if isinstance(content, bytes) else read_limited(content)
        name = content.name if isinstance(content, Path) else ""
        if not data or len(data) > LARGEST:
            raise MediaUnusable(name, "too_large" if data else "empty")
        kept = self._seal(data, sha256(data).hexdigest()) if self._seal else data
        digest = sha256(kept).hexdigest()
        if self.is_erased(digest):
            raise MediaUnusable(name, "erased")
        if not self._holds(digest):
            self.make_folder()
            replace_whole(self.folder / self.name_for(digest, kept), kept)
        return digest

    def get(self, digest: str) -> bytes:
        """An attachment's bytes.

        Raises:
            MediaUnusable: It is not here (`missing`), was erased, or is harmed; a harmed file is put into `quarantine/`,
                and the next exchange with a folder that has a good one brings that.
        """
        path = self.find(digest)
        if path is None:
            raise MediaUnusable(digest[:8], "erased" if self.is_erased(digest) else "missing")
        data = read_limited(path)
        if sha256(data).hexdigest() != digest:
            self.set_aside(path)
            raise MediaUnusable(path.name, "harmed")
        return self._unseal(data, digest) if self._unseal else data

    def remove(self, digest: str) -> None:
        """Erase an attachment for good: nothing brings it back, and every exchange removes it from the folder.

        Raises:
            SaveFailed: The disk refused.
        """
        stem = digest[:STEM]
        self.make_folder()
        replace_whole(self.folder / f"{stem}{ERASED}", b"#")
        for folder in (self.folder, self.folder.parent / "quarantine"):
            for path in folder.glob(f"{stem}*"):
                if path.suffix != ERASED:
                    with saving(path):
                        path.unlink(missing_ok=True)

    def is_erased(self, digest: str) -> bool:
        """Whether an attachment was erased here."""
        return (self.folder / f"{digest[:STEM]}{ERASED}").exists()

    def find(self, digest: str) -> Path | None:
        """An attachment's file; `None` where it is not here."""
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            return None
        return next((path for path in self.folder.glob(f"{digest[:STEM]}.*") if stem_of(path.name)), None)

    def _holds(self, digest: str) -> bool:
        path = self.find(digest)
        if path is None:
            return False
        with suppress(MediaUnusable):
            if sha256(read_limited(path)).hexdigest() == digest:
                return True
        self.set_aside(path)
        return False

    def files(self) -> dict[str, Path]:
        """All attachments here, by the digest's part of their names."""
        return {stem: self.folder / name for name in self._names() if (stem := stem_of(name))}

    def erased(self) -> set[str]:
        """The digest's part of the names of all that was erased here."""
        return {name[:STEM] for name in self._names() if name.endswith(ERASED) and len(name) == STEM + len(ERASED)}

    def _names(self) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                return sorted(entry.name for entry in entries)
        except OSError:
            return []

    def name_for(self, digest: str, kept: bytes) -> str:
        """The name of an attachment's file."""
        return f"{digest[:STEM]}.{kind_of(kept)}"

    def make_folder(self) -> None:
        """See that there is a folder to write to; raises `SaveFailed`."""
        with saving(self.folder):
            self.folder.mkdir(exist_ok=True)

    def set_aside(self, path: Path) -> None:
        """Put a harmed file where it is in nobody's way; a good copy may then take its place."""
        folder = self.folder.parent / "quarantine"
        with suppress(OSError):
            folder.mkdir(exist_ok=True)
            path.replace(folder / path.name)
