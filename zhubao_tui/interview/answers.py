"""Answers: what a type takes, whatever the keyboard made of the digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer (or going on) is accepted."""

    ok: bool
    kind: str = ""
    """Why not: `type`, `constraint`, `required`, `special`."""
    message: str = ""
    """The form's own words for it; empty: none."""
    value: str = ""
    """As it is kept."""


def accepted(value: str) -> Verdict:
    """A verdict that lets pass."""
    return Verdict(True, "", "", value)


def checked(text: str, type_: str, control: str, allowed: Collection[str] | None) -> Verdict:
    """Check a typed answer against its type.

    Args:
        text: As typed; full-width digits and signs are taken for plain ones in numbers and dates.
        type_: XForms data type.
        control: The body's control.
        allowed: Values of the choices on offer; `None` where there are none to choose from.
    """
    if not text.strip():
        return accepted("")
    if allowed is not None:
        chosen = text.split() if control in ("select", "rank") else [text]
        known = len(set(chosen)) == len(chosen) and all(value in allowed for value in chosen)
        ordered = chosen if control == "rank" else [value for value in allowed if value in chosen]
        return accepted(" ".join(ordered)) if known else Verdict(False, "type")
    plain = unicodedata.normalize("NFKC", text).strip().replace("。", ".")
    if type_ in ("int", "integer"):
        return accepted(str(int(plain))) if _INTEGER.fullmatch(plain) else Verdict(False, "type")
    if type_ == "decimal":
        return accepted(plain) if _DECIMAL.fullmatch(plain) else Verdict(False, "type")
    if type_ == "date":
        return _date(plain)
    return accepted(text)


def _date(text: str) -> Verdict:
    parts = re.split(r"[-/.年月]", text.rstrip("日"))
    try:
        return accepted(date(*map(int, parts)).isoformat())
    except (ValueError, TypeError):
        return Verdict(False, "type")
