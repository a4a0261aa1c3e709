"""The border: the one function through which all foreign text passes to screen, log and terminal.

Foreign is whatever a person, a file or another program wrote: names, notes, answers, file names, form labels, error
texts. Stored text stays as it was written; only what is shown passes here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_MARKS = 4
"""Combining marks kept on one base character; written languages need three."""

_PLAIN = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u02af\u2010-\u2027\u2030-\u205e\u2070-\u20b5\u2100-\u2b2f\u3000-\u3029\u3030-\u303e"
    r"\u3041-\u3096\u309b-\u30ff\u3131-\u3163\u3165-\u318e\u3190-\u9fff\uac00-\ud7a3\uff01-\uff9f\uffe0-\uffe6]*"
).fullmatch
"""Text of nothing but ordinary characters, Han above all: nearly all that is ever shown."""
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: escape sequences begin here
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiner, Arabic mark, fillers, Mongolian
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"  # zero width, bidi, separators, fillers, BOM
    "\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # annotation, controls
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff]"  # lone surrogates cannot be encoded for the terminal
)
_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")
"""Vowels and finals of decomposed Hangul take no room of their own."""


def clean(text: str, *, lines: bool = False) -> str:
    """Make foreign text harmless for a terminal: controls, bidi and invisible characters become visible signs.

    Args:
        text: Anything that came from outside.
        lines: Keep line breaks (a tab becomes a space either way), for text shown over several lines.

    Returns:
        Text of the same order whose every character takes part in the layout as itself. Control characters become
        Unicode's own control pictures (`ESC` shows as `␛`), other invisible ones `�`; of a heap of combining marks the
        first few are kept.
    """
    if _PLAIN(text):
        return text
    if lines:
        return "\n".join(clean(line) for line in text.replace("\r\n", "\n").split("\n"))
    return "".join(char for char, extra in _with_heaps(_INVISIBLE.sub(_picture, text)) if not extra)


def short(text: str, most: int = 60) -> str:
    """Foreign text inside a sentence of ours: clean, and cut after `most` characters."""
    return clean(text if len(text) <= most else text[: most - 1] + "…")


def escape_json(document: str) -> str:
    """A JSON document that means the same and is harmless for a terminal: what `clean` would change stands escaped.

    Args:
        document: As `json.dumps` wrote it; its line breaks are layout, those inside strings are escaped already.
    """
    if _PLAIN(document.replace("\n", "")):
        return document
    return "".join(
        _escaped(char) if extra or (char != "\n" and _INVISIBLE.match(char)) else char
        for char, extra in _with_heaps(document)
    )


def _escaped(char: str) -> str:
    data = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[place]:02x}{data[place + 1]:02x}" for place in range(0, len(data), 2))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x09:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"


def _with_heaps(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it is one mark too many on its base."""
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") or _JAMO.match(char) else 0
        yield char, marks > MAX_MARKS
