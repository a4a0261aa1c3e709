"""A fast start: the folded community kept in `cache/`, used while the journals are what they were.

It is disposable. A record that the journals do not hold can't come from it: the store checks every file first.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import storage
import zhubao_tui
from storage.cache import read_cache, write_cache
from storage.files import patiently, saving
from storage.snapshot import Snapshot
from zhubao_tui import community
from zhubao_tui.community.community import Community

if TYPE_CHECKING:
    from storage.keys import Identity

PACKAGES = ("storage.", "zhubao_tui.community.", "zhubao_tui.workspace.starting")
"""Whose types a cache may hold."""


@dataclass(slots=True)
class Kept:
    """What is kept of a workspace that was closed."""

    snapshot: Snapshot
    community: Community
    running: int
    """Highest running number that a journal of this laptop gave to a report."""


def recall(folder: Path, identity: Identity | None = None) -> Kept | None:
    """What was kept in a workspace's folder by this very program, for this person; `None` if nothing is usable."""
    kept = read_cache(cache_file(folder, identity), _made_by(), PACKAGES, identity)
    return kept if isinstance(kept, Kept) else None


def keep(folder: Path, kept: Kept, identity: Identity | None = None) -> None:
    """Keep a workspace for the next start; where the disk has no room the next start is only slower."""
    write_cache(cache_file(folder, identity), _made_by(), kept, identity)


def cache_file(folder: Path, identity: Identity | None) -> Path:
    """Where a workspace is kept: in a sealed one each person's apart, as not everybody may read the same."""
    return folder / "cache" / (f"community-{identity.person}.bin" if identity is not None else "community.bin")


def forget(folder: Path) -> None:
    """Drop what was kept, for whomever: it holds what is erased now. Raises `SaveFailed`."""
    for path in (folder / "cache").glob("community*.bin"):
        with saving(path):
            patiently(partial(path.unlink, missing_ok=True))


@lru_cache(maxsize=1)
def _made_by() -> str:
    """Program, Python and sources: other code may mean something else by the same types."""
    sources = hashlib.sha256()
    for package in (storage, community):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            stat = path.stat()
            sources.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return f"{zhubao_tui.__version__} {sys.version} {sources.hexdigest()}"
