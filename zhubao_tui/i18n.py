"""gettext for the whole program: Chinese is the source language, English a complete catalogue."""

from __future__ import annotations

import gettext
from pathlib import Path

LANGUAGES = ("zh", "en")
_LOCALE = Path(__file__).parent / "locale"
_translation: gettext.NullTranslations = gettext.NullTranslations()
_language = "zh"


def set_language(language: str) -> None:
    """Speak `language` (`zh` or `en`) from here on; raises `ValueError` for another."""
    global _translation, _language  # noqa: PLW0603 - one process speaks one language
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}: one of {', '.join(LANGUAGES)}")
    _language = language
    _translation = (
        gettext.NullTranslations() if language == "zh" else gettext.translation("zhubao", _LOCALE, [language])
    )


def language() -> str:
    """The language now spoken, `zh` or `en`."""
    return _language


def _(message: str) -> str:
    """Translate a Chinese source string into the language now spoken."""
    return _translation.gettext(message)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a deferred translation
    """Mark a string of a class body or table for the catalogue; whoever shows it calls `_` then."""
    return message
