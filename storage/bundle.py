"""Many files at once: each whole or not at all, as `replace_whole` does it, but flushed together.

A flush waits for the disk, whatever there is to write: some at the same time cost little more than one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from .errors import SaveFailed
from .files import TEMPORARY, flush_folder, patiently, saving

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

FILES_AT_ONCE = 64
BYTES_AT_ONCE = 16 * 1024 * 1024
"""What waits for its flush lies on the disk beside what it replaces."""
FLUSHED_AT_ONCE = 8

Told = Callable[[str, SaveFailed | None], None]
"""Of every file, in the order in which they were added: it is in place and on disk, or why not."""


class _Waiting(NamedTuple):
    name: str
    temporary: Path
    file: BinaryIO
    size: int


class Bundle:
    """Files for one folder; as a context manager it settles at the end."""

    def __init__(self, folder: Path, told: Told) -> None:
        """`told` is called from `add`, `settle` and the end of the block, never from another thread."""
        self._folder, self._told = folder, told
        self._waiting: list[_Waiting] = []

    def add(self, name: str, data: bytes) -> None:
        """Write a file that bears its name only when it is settled."""
        try:
            self._write(name, data)
        except SaveFailed as error:
            if not self._waiting:
                self._told(name, error)
                return
            self.settle()  # what waits takes room beside what it replaces
            self.add(name, data)
            return
        if len(self._waiting) >= FILES_AT_ONCE or sum(one.size for one in self._waiting) >= BYTES_AT_ONCE:
            self.settle()

    def _write(self, name: str, data: bytes) -> None:
        temporary = self._folder / f"{TEMPORARY}{secrets.token_hex(6)}"
        with saving(self._folder / name):
            file = temporary.open("xb")
            try:
                file.write(data)
                file.flush()
            except BaseException:
                _discard(file, temporary)
                raise
        self._waiting.append(_Waiting(name, temporary, file, len(data)))

    def settle(self) -> None:
        """Flush what waits, and give each file its name."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            flushed = zip(waiting, _flushed(waiting), strict=True)
            failed = [_placed(self._folder / one.name, one, why) for one, why in flushed]
            lost = self._flush_folder()
        finally:
            for one in waiting:
                _discard(one.file, one.temporary)
        for one, error in zip(waiting, failed, strict=True):
            self._told(one.name, error or lost)

    def _flush_folder(self) -> SaveFailed | None:
        try:
            with saving(self._folder):
                flush_folder(self._folder)
        except SaveFailed as error:
            return error
        return None

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.settle()
        finally:
            for one in self._waiting:
                _discard(one.file, one.temporary)


@cache
def _flushers(_process: int) -> ThreadPoolExecutor:
    """Threads of a process that do nothing but wait for the disk, a forked one has none of its parent's.

    Idle ones end with the program.
    """
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(FLUSHED_AT_ONCE, thread_name_prefix="flush")


def _flushed(waiting: list[_Waiting]) -> list[OSError | None]:
    """Flush each; of every file what the disk said against it."""
    return [_flush(waiting[0])] if len(waiting) == 1 else list(_flushers(os.getpid()).map(_flush, waiting))


def _flush(one: _Waiting) -> OSError | None:
    try:
        os.fsync(one.file.fileno())
        one.file.close()
    except OSError as error:
        return error
    return None


def _placed(path: Path, one: _Waiting, why: OSError | None) -> SaveFailed | None:
    """Put a flushed file in its place; returns why it is not there."""
    try:
        with saving(path):
            if why is not None:
                raise why
            patiently(lambda: one.temporary.replace(path))
    except SaveFailed as error:
        return error
    return None


def _discard(file: BinaryIO, temporary: Path) -> None:
    """Let go of an unfinished file; on a medium that is full or gone neither step may keep the other from being done."""
    with suppress(OSError):
        file.close()
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
