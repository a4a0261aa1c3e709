"""A cache for a fast start: any objects of ours, disposable, and never trusted further than to build known types.

The file is `magic, SHA-256, pickle`, in a sealed workspace with the pickle sealed for one person on this laptop. Who made
it (program version, Python, sources) stands in its key; a file that is cut, changed, foreign or of another version is as
good as none. Unpickling makes only the types that its reader names, so that
a cache that came along on a stick can run nothing.
"""

from __future__ import annotations

import gc
import hashlib
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SaveFailed
from .files import replace_whole

if TYPE_CHECKING:
    from .keys import Identity

_MAGIC = b"zhubao cache 1\n"
_PLAIN = frozenset(
    {
        ("builtins", "set"), ("builtins", "frozenset"), ("collections", "defaultdict"), ("datetime", "date"),
        ("builtins", "dict"), ("builtins", "list"), ("builtins", "tuple"),
    }
)  # fmt: skip


class _Reader(pickle.Unpickler):
    """Knows plain containers and the modules that it is told of, nothing else."""

    def __init__(self, data: bytes, packages: tuple[str, ...]) -> None:
        super().__init__(io.BytesIO(data))
        self._packages = packages

    def find_class(self, module: str, name: str) -> Any:
        ours = module.startswith(self._packages)
        if (module, name) not in _PLAIN and not ours:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong into a cache")
        found = super().find_class(module, name)
        if ours and not (isinstance(found, type) and found.__module__ == module and "." not in name):
            raise pickle.UnpicklingError(f"{module}.{name} is no type of ours")  # what a module imports is not its own
        return found


def read_cache(path: Path, key: str, packages: tuple[str, ...], identity: Identity | None = None) -> Any | None:
    """What was written under a key.

    Args:
        path: The cache's file.
        key: Who could have written it: another key is another cache.
        packages: Modules whose types it may hold, by how their names begin.
        identity: Whose it is, in a sealed workspace.

    Returns:
        `None` where there is nothing usable.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 32
    if not data.startswith(_MAGIC) or data[len(_MAGIC) : head] != _digest(key, data[head:]):
        return None
    try:
        with collector_at_rest():
            return _Reader(_opened(identity, data[head:], key), packages).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError):
        return None


def write_cache(path: Path, key: str, value: Any, identity: Identity | None = None) -> bool:
    """Write a cache, sealed for somebody where an identity is given; says whether it is there now.

    Where the disk has no room, the next start is only slower.
    """
    with collector_at_rest():
        data = _sealed(identity, pickle.dumps(value, protocol=5), key)
    try:
        path.parent.mkdir(exist_ok=True)
        replace_whole(path, _MAGIC + _digest(key, data) + data)
    except (SaveFailed, OSError):
        return False
    return True


def _sealed(identity: Identity | None, data: bytes, key: str) -> bytes:
    if identity is None:
        return data
    from .keys import seal_locally

    return seal_locally(identity, data, key.encode())


def _opened(identity: Identity | None, data: bytes, key: str) -> bytes:
    if identity is None:
        return data
    from .keys import open_locally

    return open_locally(identity, data, key.encode())


def _digest(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + data).digest()


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Make many objects that all stay without having them searched for garbage again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
