"""Where a workspace may begin: in an empty folder, or where a beginning was broken off before its first record."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import JournalUnreadable, WorkspaceExists
from .files import TEMPORARY, flush_folder, saving
from .laptop import MACHINE
from .lock import Lock
from .machine import fingerprint
from .reader import read_journal
from .rows import FORMAT
from .settings import COPY, SETTINGS, keep_settings, settings_in

FOLDERS = ("store", "inbox", "drafts", "cache")
_BESIDE = (COPY, "lock", "lock.json", "lock-store")
_ASIDE, _KEYS = "quarantine", "keys"


def begin(folder: Path, community: str, *, sealed: bool) -> dict[str, Any]:
    """Make a folder a laptop's new workspace; returns its settings.

    Raises:
        WorkspaceExists: The folder holds something already.
        SaveFailed: The disk refused.
    """
    told = settings_in(folder)
    unknown = (folder / SETTINGS).exists() and told is None
    in_use = bool((told or {}).get("exchange_folders"))  # its journals are elsewhere, should none be here
    if unknown or in_use or not _cleared(folder):
        raise WorkspaceExists(folder.name)
    device = secrets.token_hex(8)
    settings: dict[str, Any] = {
        "format": FORMAT, "community": community, "device": device, MACHINE: fingerprint(device),
    }  # fmt: skip
    if sealed:
        settings["sealed"] = True
    with saving(folder):
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        flush_folder(folder.parent)
    with suppress(OSError):  # FAT knows no owners
        folder.chmod(0o700)
    keep_settings(folder, settings)
    return settings


def _cleared(folder: Path) -> bool:
    """Make a folder free for a new workspace, where nobody loses anything by it.

    A beginning that was killed, or for which the disk was too full, leaves folders, settings and a journal without a
    record behind. Nothing was acknowledged then; the same command may begin again.

    Returns:
        Whether it is free; where not, nothing in it was changed.
    """
    if not folder.is_dir():
        return not folder.exists()
    left = [path for path in folder.iterdir() if path.name not in (SETTINGS, _ASIDE, _KEYS, *_BESIDE)]
    if not all(_is_empty(path) if path.name in FOLDERS else path.name.startswith(TEMPORARY) for path in left):
        return False
    if (folder / SETTINGS).exists() and not _is_deserted(folder):
        return False
    if (folder / _KEYS).exists() and not (folder / SETTINGS).exists():
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
