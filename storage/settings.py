"""Small settings of one laptop, in `workspace.json`: whose workspace it is, and what never leaves it.

Without them no journal could be opened, so the few that say whose the workspace is stand in a second file, too.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import NotAWorkspace, SaveFailed
from .files import replace_whole, small_json

SETTINGS = "workspace.json"
COPY = "workspace-copy.json"
LASTING = ("format", "community", "device", "sealed", "earlier_devices", "renewed_from", "asked", "person")
"""What the copy holds: all that can't be had again from the journals or by asking."""
_HEX16 = re.compile(r"[0-9a-f]{16}")
_HEX64 = re.compile(r"[0-9a-f]{64}")


def settings_of(folder: Path) -> dict[str, Any]:
    """A workspace's settings; raises `NotAWorkspace`."""
    settings = settings_in(folder)
    if settings is None:
        raise NotAWorkspace(folder.name)
    return settings


def setting(folder: Path, name: str) -> Any:
    """A setting of a workspace that is not opened; raises `NotAWorkspace`."""
    return settings_of(folder).get(name)


def is_sealed(folder: Path) -> bool:
    """Whether a workspace is a sealed one; raises `NotAWorkspace`."""
    return setting(folder, "sealed") is True


def settings_in(folder: Path) -> dict[str, Any] | None:
    """A workspace's settings, from the copy where they are harmed or gone; `None` where there are none.

    Where they only can't be read just now the copy does not stand in: it holds less, and would take their place.
    """
    try:
        return _read(folder / SETTINGS) or _copied(folder)
    except FileNotFoundError:
        return _copied(folder)
    except OSError:
        return None


def are_harmed(folder: Path) -> bool:
    """Whether a workspace stands on the copy of its settings alone; the next ones that are kept mend that."""
    try:
        return _read(folder / SETTINGS) is None
    except OSError:
        return True


def keep_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write a workspace's settings, and their copy where it says something else; raises `SaveFailed`."""
    replace_whole(folder / SETTINGS, json.dumps(settings).encode())  # ASCII: a name may hold anything
    lasting = {name: settings[name] for name in LASTING if name in settings}
    if _copied(folder) != lasting:
        with suppress(SaveFailed):  # the settings themselves are kept; the next ones bring the copy along
            replace_whole(folder / COPY, json.dumps(lasting).encode())


def _copied(folder: Path) -> dict[str, Any] | None:
    try:
        return _read(folder / COPY)
    except OSError:
        return None


def _read(path: Path) -> dict[str, Any] | None:
    """Settings as they stand in a file; `None` where it holds none. Raises `OSError` where it can't be read."""
    try:
        settings = small_json(path)
    except ValueError:
        return None
    if not isinstance(settings, dict):
        return None
    ids = str(settings.get("community")), str(settings.get("device"))
    return settings if _HEX64.fullmatch(ids[0]) and _HEX16.fullmatch(ids[1]) else None
