"""Values of expressions and their conversions, as JavaRosa makes them.

A value is a text, a float, a bool, a datetime (JavaRosa's Date, in local time) or, before it is unpacked, a nodeset.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from zhubao_tui.interview.node import Node

Atom = str | float | bool | datetime
Nodeset = list[Node]
Value = Atom | Nodeset
EPOCH = date(1970, 1, 1)
_WHOLE = 2.0**31
"""From here on JavaRosa shows whole numbers, too, with an exponent."""
_NEARLY = 1e-12
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_BLANK = "".join(map(chr, range(33)))
"""What Java trims: blanks and all control characters."""
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d{2}(?::?\d{2})?)?")


class TypeFault(ValueError):
    """A value is of a kind that an operation can't take."""


def unpack(value: Value) -> Atom:
    """The one value of a nodeset (none is empty text); raises `TypeFault` for several nodes."""
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise TypeFault("more than one node")
    if not value:
        return ""
    node = value[0]
    return typed(node.text, node.type, node.day if node.type == "time" else date.min)


def typed(text: str, kind: str, day: date) -> Atom:
    """A leaf's text as a value of its type; what does not fit the type stays text.

    Args:
        text: The leaf's text.
        kind: XForms data type.
        day: The day that a time of day belongs to: JavaRosa has no time without a day.
    """
    if not text:
        return ""
    if kind in ("int", "integer", "decimal", "long", "range"):
        number = number_of(text)
        return text if math.isnan(number) else number
    if kind in ("date", "dateTime"):
        return moment(text) or text
    if kind == "time":
        return time_of_day(text, day) or text
    if kind in ("geopoint", "geotrace", "geoshape"):
        return "; ".join(_geopoint(part.strip()) for part in text.split(";") if part.strip())
    if kind == "boolean":
        return text in ("1", "true")
    return text


def _geopoint(text: str) -> str:
    parts = text.split()
    try:
        return " ".join(java_double(float(part)) for part in parts)
    except ValueError:
        return text


def number_of(text: str) -> float:
    """A number as XPath 1 spells them (no exponent, ASCII digits), or with a decimal comma; NaN for anything else."""
    plain = text.strip(_BLANK).replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else math.nan


def to_number(value: Value) -> float:
    """JavaRosa's toNumeric: a date is its whole days since 1970-01-01."""
    atom = unpack(value)
    if isinstance(atom, bool):
        return 1.0 if atom else 0.0
    if isinstance(atom, datetime):
        return float((atom.date() - EPOCH).days)
    return number_of(atom) if isinstance(atom, str) else float(atom)


def to_text(value: Value) -> str:
    """JavaRosa's toString: whole numbers without a point, dates without their time."""
    atom = unpack(value)
    if isinstance(atom, bool):
        return "true" if atom else "false"
    if isinstance(atom, datetime):
        return atom.date().isoformat()
    return atom if isinstance(atom, str) else number_text(atom)


def number_text(number: float) -> str:
    """A number as JavaRosa shows it: whole ones without a point, from 2^31 on with an exponent."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if -_WHOLE <= number < _WHOLE and abs(number - math.trunc(number)) < _NEARLY:
        return str(math.trunc(number))
    return java_double(number)


def java_double(number: float) -> str:
    """A number as Java's Double.toString shows it: an exponent from 1e7 up and below 1e-3."""
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        text = format(Decimal(repr(number)), "f")
        return text if "." in text else text + ".0"
    mantissa, _, exponent = f"{number!r}".partition("e") if "e" in f"{number!r}" else f"{number:.16e}".partition("e")
    digits = mantissa.rstrip("0") if "." in mantissa else mantissa
    digits = digits + "0" if digits.endswith(".") else digits if "." in digits else digits + ".0"
    return f"{digits}E{int(exponent)}"


def to_boolean(value: Value) -> bool:
    """JavaRosa's toBoolean: a text is true unless empty, a number unless 0 or NaN, a date always."""
    atom = unpack(value)
    if isinstance(atom, bool):
        return atom
    if isinstance(atom, float):
        return not (math.isnan(atom) or abs(atom) < _NEARLY)
    return True if isinstance(atom, datetime) else bool(atom)


def moment(text: str) -> datetime | None:
    """A date or date with time, in local time; `None` where the text is neither."""
    day, _, clock = text.partition("T")
    match = _DATE.fullmatch(day)
    if match is None:
        return None
    try:
        start = datetime(int(match[1]), int(match[2]), int(match[3]))  # noqa: DTZ001 - local time, as JavaRosa
    except ValueError:
        return None
    if not clock:
        return start
    return _clock(clock, start)


def time_of_day(text: str, day: date) -> datetime | None:
    """A time on a day, in local time; `None` where the text is none."""
    return _clock(text, datetime.combine(day, time.min))


def _clock(text: str, day: datetime) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 24 or minute > 59 or second > 59:
        return None
    fraction = int((match[4] or "0").ljust(6, "0"))
    local = day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
    if match[5]:
        local += _offset_here(day) - _offset(match[5])
    return local


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return shift if text[0] == "+" else -shift


def _offset_here(day: datetime) -> timedelta:
    return day.astimezone().utcoffset() or timedelta(0)


def days_since_epoch(value: datetime) -> float:
    """Days since 1970-01-01T00:00Z as a fraction, the local day's offset taken into account."""
    utc = value - _offset_here(value)
    return (utc - datetime(1970, 1, 1)) / timedelta(days=1)  # noqa: DTZ001 - both naive


def from_days(days: float) -> datetime:
    """The local moment so many days after 1970-01-01T00:00Z; raises `TypeFault` beyond the years 1 to 9999."""
    try:
        utc = datetime(1970, 1, 1) + timedelta(days=days)  # noqa: DTZ001 - both naive
        return utc + _offset_here(utc)
    except (OverflowError, ValueError) as error:
        raise TypeFault("not a day") from error
