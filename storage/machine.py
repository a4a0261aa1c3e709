"""On which machine this is: only to notice that a workspace has been carried, restored or imaged onto another one."""

from __future__ import annotations

import sys
import uuid
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

SHORT = 8
"""Hex digits kept of each digest: enough to notice a change, too few to find out what was digested."""


def fingerprint(device: str) -> dict[str, str]:
    """What tells this machine from others, digested with the laptop's id; parts that can't be told are left out."""
    parts = {"system": _system_id(), "network": _network_address()}
    return {name: sha256(f"{device} {value}".encode()).hexdigest()[:SHORT] for name, value in parts.items() if value}


def differs(told: object, now: dict[str, str]) -> bool:
    """Whether some part that was told before is another one now."""
    return isinstance(told, dict) and any(told.get(name, value) != value for name, value in now.items())


def _network_address() -> str:
    node = uuid.getnode()
    return "" if node >> 40 & 1 else str(node)  # made up, as no network card is there


def _system_id() -> str:
    if sys.platform == "win32":
        return _windows_id()
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with suppress(OSError):
            return Path(name).read_text(encoding="ascii", errors="replace").strip()
    return ""


if sys.platform == "win32":

    def _windows_id() -> str:
        import winreg

        with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return ""
