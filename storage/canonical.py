"""One spelling of a JSON value, and the digests that rest on it.

RFC 8785 (JCS) over JSON without fractions; SHA-256 over length-prefixed fields, so that no two different records can
ever give the same bytes.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import rfc8785

from .errors import NotPlainData

LARGEST = 2**53
DEEPEST = 32
_dumps = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a value of str, int within 2^53, bool, None, list and dict with text keys.

    Raises:
        NotPlainData: Anything else stands in it.
    """
    check(value)
    try:
        text = _dumps(value)
        # keys sort alike by code point and by UTF-16 unit up to U+FFFF, where the fast encoder is RFC 8785 to the byte
        return text.encode() if text.isascii() or max(text) <= "\uffff" else rfc8785.dumps(value)
    except (UnicodeEncodeError, rfc8785.CanonicalizationError) as error:
        raise NotPlainData("a lone surrogate") from error


def encode(row: Any) -> bytes:
    """One JSON value on one line, as it stands in a file; raises `NotPlainData` for what has no place there."""
    try:
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, TypeError) as error:
        raise NotPlainData(type(error).__name__) from error


def check(value: Any) -> None:
    """Raise `NotPlainData` where a value holds what a record may not."""
    pending: list[tuple[Any, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if item is None or isinstance(item, (str, bool)):
            continue
        if depth > DEEPEST:
            raise NotPlainData("nested too deeply")
        if isinstance(item, int):
            if not -LARGEST <= item <= LARGEST:
                raise NotPlainData("an integer beyond 2^53")
        elif isinstance(item, dict):
            if not all(isinstance(key, str) for key in item):
                raise NotPlainData("a key that is no text")
            pending.extend((inner, depth + 1) for inner in item.values())
        elif isinstance(item, (list, tuple)):
            pending.extend((inner, depth + 1) for inner in item)
        else:
            raise NotPlainData(type(item).__name__)


def digest(*fields: bytes | str | int) -> str:
    """SHA-256 over fields, each behind its length in 4 bytes; 64 hex digits."""
    hashed = sha256()
    for item in fields:
        data = item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return hashed.hexdigest()


def bytes_sum(salt: str, data: bytes) -> str:
    """Digest of an open body: of its 16 salt bytes and its RFC 8785 bytes."""
    return sha256(bytes.fromhex(salt) + data).hexdigest()


def load(text: str) -> Any:
    """JSON as we allow it: no key twice, no fractions, no NaN, integers within 2^53.

    Raises:
        ValueError: Anything else.
        RecursionError: Brackets without end.
    """
    return _DECODER.decode(text)


def _integer(digits: str) -> int:
    if len(digits) > 17 or not -LARGEST <= int(digits) <= LARGEST:
        raise ValueError("integer beyond 2^53")
    return int(digits)


def _refuse(number: str) -> Any:
    raise ValueError(f"{number} is not allowed")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    loaded = dict(pairs)
    if len(loaded) != len(pairs):
        raise ValueError("a key stands twice")
    return loaded


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse, parse_int=_integer
)  # fmt: skip
