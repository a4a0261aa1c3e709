"""Finding Han text by pinyin initials: `ld` finds 路灯."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """First letters of each character's commonest reading, Latin letters and digits as they stand."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors=lambda rest: rest)).casefold()


def matches(wanted: str, text: str) -> bool:
    """Whether a text holds what was typed, or its initials do (letters and digits only, two or more)."""
    typed = wanted.strip().casefold()
    if typed in text.casefold():
        return True
    return len(typed) > 1 and typed.isascii() and typed.isalnum() and typed in initials(text)
