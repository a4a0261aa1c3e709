"""Where a workspace may begin: in an empty folder, or where a beginning was broken off before its first record."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .errors import JournalUnreadable
from .files import TEMPORARY
from .lock import Lock
from .reader import read_journal
from .settings import COPY

_BESIDE = (COPY, "lock", "lock.json", "lock-store")
_ASIDE, _KEYS = "quarantine", "keys"


def cleared(folder: Path, settings: str, folders: Iterable[str]) -> bool:
    """Make a folder free for a new workspace, where nobody loses anything by it.

    A beginning that was killed, or for which the disk was too full, leaves folders, settings and a journal without a
    record behind. Nothing was acknowledged then; the same command may begin again.

    Returns:
        Whether it is free; where not, nothing in it was changed.
    """
    if not folder.is_dir():
        return not folder.exists()
    left = [path for path in folder.iterdir() if path.name not in (settings, _ASIDE, _KEYS, *_BESIDE)]
    if not all(_is_empty(path) if path.name in folders else path.name.startswith(TEMPORARY) for path in left):
        return False
    if (folder / settings).exists() and not _is_deserted(folder):
        return False
    if (folder / _KEYS).exists() and not (folder / settings).exists():
        return False
    for path in (*(folder / "store").glob("zb-*.json"), *(folder / _KEYS).glob("*.json")):
        (folder / _ASIDE).mkdir(exist_ok=True)
        path.replace(folder / _ASIDE / path.name)
    return True


def _is_empty(path: Path) -> bool:
    """Whether one of a workspace's folders holds nothing that anybody entered."""
    if path.name == "cache":
        return True  # disposable at any time
    return path.is_dir() and all(one.name.startswith(TEMPORARY) or _holds_no_record(one) for one in path.iterdir())


def _holds_no_record(path: Path) -> bool:
    try:
        found = read_journal(path)
    except JournalUnreadable:
        return False
    return path.parent.name == "store" and not found.records and all(why == "torn" for _seq, why in found.harmed)


def _is_deserted(folder: Path) -> bool:
    """Whether no program has this workspace open."""
    lock = Lock(folder / "lock")
    if not lock.take():
        return False
    lock.release()
    return True
