"""Small settings of one laptop, in `workspace.json`: whose workspace it is, and what never leaves it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .errors import NotAWorkspace
from .files import small_json

SETTINGS = "workspace.json"
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
    """A workspace's settings; `None` where there is none."""
    try:
        settings = small_json(folder / SETTINGS)
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict):
        return None
    ids = str(settings.get("community")), str(settings.get("device"))
    return settings if _HEX64.fullmatch(ids[0]) and _HEX16.fullmatch(ids[1]) else None
