"""Real media for tests: a small disk, one that cannot be written, a FAT stick; a test skips with the reason where none is to be had."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _root() -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root mounts a medium; other tests of the same row need nothing")


def _mounted(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode(errors='replace').strip()}")


@contextmanager
def small_disk(folder: Path, size: str = "64k") -> Iterator[Path]:
    """A disk of that size, empty; see `remount`."""
    _root()
    folder.mkdir(exist_ok=True)
    _mounted("mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, options: str) -> None:
    """Change a small disk that is mounted: `ro`, `rw`, `size=4m`."""
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder as it is, which nobody can write meanwhile, root included."""
    _root()
    _mounted("mount", "--bind", folder, folder)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def fat_stick(folder: Path, megabytes: int = 8) -> Iterator[Path]:
    """A stick formatted with FAT, mounted without the kernel's help."""
    if not shutil.which("fusefat") or not Path("/dev/fuse").exists():
        pytest.skip("needs FUSE and Debian's fusefat; the variant with a stand-in needs nothing")
    image = folder.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    subprocess.run([shutil.which("mkfs.vfat") or "/sbin/mkfs.vfat", image], check=True, capture_output=True)
    folder.mkdir(exist_ok=True)
    with plugged_in(image, folder):
        yield folder


@contextmanager
def plugged_in(image: Path, folder: Path) -> Iterator[None]:
    """The stick of an image for as long as it is plugged in; pulled without a word to anybody at the end."""
    _mounted("fusefat", "-o", "rw+", image, folder)
    try:
        yield
    finally:
        subprocess.run(["fusermount", "-u", "-z", folder], check=True)
