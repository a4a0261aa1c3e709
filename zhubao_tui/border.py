"""The border: the one function through which all foreign text passes to screen, log and terminal.

Foreign is whatever a person, a file or another program wrote: names, notes, answers, file names, form labels, error
texts. Stored text stays as it was written; only what is shown passes here.
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 4
"""Combining marks kept on one base character; written languages need three."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin here
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # soft hyphen, joiner, Arabic mark, fillers, Mongolian
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"  # zero width, bidi, separators, fillers, BOM
    "\ufff9-\ufffb\ufff0-\ufff8\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # annotation, tags
    "\ud800-\udfff]"  # lone surrogates cannot be encoded for the terminal
)
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def clean(text: str, *, lines: bool = False) -> str:
    """Make foreign text harmless for a terminal: controls, bidi and invisible characters become visible signs.

    Args:
        text: Anything that came from outside.
        lines: Keep line breaks (a tab becomes a space either way), for text shown over several lines.

    Returns:
        Text of the same order whose every character takes part in the layout as itself. Control characters become
        Unicode's own control pictures (`ESC` shows as `␛`), other invisible ones `�`.
    """
    if text.isascii() and text.isprintable():
        return text
    if lines:
        return "\n".join(clean(line) for line in text.replace("\r\n", "\n").split("\n"))
    text = _INVISIBLE.sub(_picture, text)
    return _limit_marks(text) if _has_marks(text) else text


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x09:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def _has_marks(text: str) -> bool:
    return _MARKS.search(text) is not None or any(unicodedata.combining(char) for char in text if char > "\u0590")


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) or _MARKS.match(char) else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
