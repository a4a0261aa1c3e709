"""Programs that some tests run; a user's machine without one skips them with the reason, CI installs them."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

PACKAGES = {
    "chromium": "chromium", "nginx": "nginx", "pdftoppm": "poppler-utils", "pdftotext": "poppler-utils",
    "pdfinfo": "poppler-utils",
}  # fmt: skip


def program(name: str) -> str:
    """The program's path."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"needs {name} (Debian: {PACKAGES[name]})")
    return found


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
