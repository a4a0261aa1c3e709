"""Finding Han text by pinyin initials: `ld` finds 路灯, `hxl5` finds 槐香里/5."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """First letters of each character's commonest reading, Latin letters and digits as they stand, nothing else."""
    from pypinyin import Style, lazy_pinyin

    return _BETWEEN.sub("", "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=lambda rest: rest))).casefold()


def matches(wanted: str, text: str) -> bool:
    """Whether a text holds every word that was typed, as it stands or (two letters and digits or more) by initials."""
    typed = unicodedata.normalize("NFKC", wanted).casefold()  # an input method's digits may be full-width
    return all(_holds(word, text) for word in typed.split())


def _holds(word: str, text: str) -> bool:
    if word in text.casefold():
        return True
    plain = _BETWEEN.sub("", word)
    if plain.isascii():
        return len(plain) > 1 and plain in initials(text)
    return plain in _BETWEEN.sub("", text.casefold())
