"""Java's patterns for Python: what `regex` of a form means."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache

from .values import (
    TypeFault,
)

_JAVA_CLASSES = {
    "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "Lower": "a-z", "Upper": "A-Z", "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~", "IsHan": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
}  # fmt: skip
"""Classes as Java spells them, as ranges; Python's patterns don't have them. Unicode's categories are added when asked."""
_CLASS = re.compile(r"(\[(?:\\.|[^\]\\])*\])|\\p\{(\w+)\}|\\.")


def python_pattern(pattern: str) -> str:
    """A Java pattern for Python: the named classes of `_JAVA_CLASSES`, and no nested sets."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return re.sub(r"\\p\{(\w+)\}", lambda inner: _ranges(inner[1]), match[1])
        return f"[{_ranges(match[2])}]" if match[2] else match[0]

    return _CLASS.sub(replaced, pattern)


@lru_cache(maxsize=32)
def _ranges(name: str) -> str:
    if name in _JAVA_CLASSES:
        return _JAVA_CLASSES[name]
    found = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name)]
    if not found:
        raise TypeFault("pattern")
    starts = [code for code, before in zip(found, [-2, *found], strict=False) if code != before + 1]
    ends = [code for code, after in zip(found, [*found[1:], -2], strict=True) if code + 1 != after]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))
