"""Masking (脱敏): names, telephones and identity numbers as they may stand in what leaves the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterable

STAR = "＊"
_MOBILE = re.compile(r"(?<!\d)([1１]\d\d)[ \-－]?\d{4}[ \-－]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)([0０]\d{2,3})[ \-－]?\d{3,4}(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{3})(\d{10,13})(\d[\dXxＸｘ])(?![\dXxＸｘ])")


def mask_name(name: str) -> str:
    """`张＊＊`: the first character, whatever the name's length; empty of no name."""
    plain = name.strip()
    return plain[:1] + STAR * 2 if plain else ""


def mask_phone(phone: str) -> str:
    """`138＊＊＊＊5678`; of anything that is no telephone number nothing but stars."""
    masked = mask_text(phone.strip())
    return masked if STAR in masked or not masked else STAR * 4


def mask_text(text: str, names: Iterable[str] = ()) -> str:
    """A text with every identity number, telephone and known name masked.

    Args:
        text: What somebody wrote.
        names: People whose names may stand in it, each of two characters or more; nobody else's can be told.
    """
    for name in sorted({name for name in names if len(name) > 1}, key=len, reverse=True):
        if name in text:
            text = text.replace(name, mask_name(name))
    text = _IDENTITY.sub(lambda found: found[1] + STAR * len(found[2]) + found[3], text)
    text = _MOBILE.sub(lambda found: found[1] + STAR * 4 + found[2], text)
    return _LANDLINE.sub(lambda found: found[1] + STAR * 4 + found[2], text)
