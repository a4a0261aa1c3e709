"""Files: whole or not at all, flushed, with patience for programs that hold one for a moment."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from .errors import SaveFailed

T = TypeVar("T")
TEMPORARY = ".zb-tmp-"
"""Names of unfinished files begin so; readers pass them over."""
PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Pauses in seconds between tries where Windows says that somebody else holds the file."""
_REASONS = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EROFS: "read_only",
    errno.EACCES: "read_only", errno.EPERM: "read_only",
}  # fmt: skip
_BUSY = (5, 32, 33)
SMALL = 4 * 1024 * 1024
"""Bytes that a file of settings or a marker stays below by far."""


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn what the disk says into `SaveFailed`, naming the file only by its name."""
    try:
        yield
    except OSError as error:
        busy = getattr(error, "winerror", None) in _BUSY
        raise SaveFailed(path.name, "busy" if busy else _REASONS.get(error.errno or 0, "disk")) from error


def flush_folder(folder: Path) -> None:
    """Make a new name survive a power cut, where the system has a way to."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some shares can't, and say so
            raise
    finally:
        os.close(handle)


def read_at_most(path: Path, most: int) -> bytes:
    """A file's bytes; raises `OSError` also where it is larger than anything that we would write, or none that ends."""
    told = path.stat()
    if not stat.S_ISREG(told.st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if told.st_size > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return patiently(path.read_bytes)


def small_json(path: Path) -> Any:
    """A small file's JSON, whatever lies there; raises `OSError`, `ValueError`."""
    try:
        return json.loads(read_at_most(path, SMALL))
    except RecursionError as error:
        raise ValueError("brackets without end") from error


def is_writable(folder: Path) -> bool:
    """Whether the system would let us write into a folder; a full disk still says yes."""
    return os.access(folder, os.W_OK | os.X_OK)


def replace_whole(path: Path, data: bytes) -> None:
    """Write a file whole: a temporary file, flushed, then put in the old one's place; raises `SaveFailed`.

    What is no file (a device that somebody named as the place to write to) is not replaced by one.
    """
    replace_from(path.parent, path, data)
    with saving(path):
        flush_folder(path.parent)


def replace_from(folder: Path, path: Path, data: bytes) -> None:
    """The same with the temporary file in a folder beside; the new name survives a power cut once its folder is flushed."""
    temporary = folder / f"{TEMPORARY}{secrets.token_hex(6)}"
    with saving(path):
        if path.exists() and not path.is_file():
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            patiently(lambda: temporary.replace(path))
        finally:
            temporary.unlink(missing_ok=True)


def overwrite(path: Path, data: bytes) -> None:
    """Write other bytes of the same length in a file's place; whoever has it open goes on with it."""
    with path.open("r+b") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def patiently(act: Callable[[], T]) -> T:
    """Do what Windows refuses while a virus scanner or a sync tool holds the file; raises `OSError` after the last try."""
    for pause in PATIENCE:
        try:
            return act()
        except OSError as error:
            if getattr(error, "winerror", None) not in _BUSY:
                raise
            time.sleep(pause)
    return act()
