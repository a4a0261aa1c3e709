"""Functions of ODK XForms: days and times."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from .evaluate import Context
from .registry import (
    FUNCTIONS,
    Function,
    function,
)
from .values import (
    EPOCH,
    TypeFault,
    Value,
    days_since_epoch,
    from_days,
    moment,
    to_text,
    unpack,
)


@function("today", 0)
def _today(context: Context, _values: list[Value]) -> Value:
    return context.now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


@function("now", 0)
def _now(context: Context, _values: list[Value]) -> Value:
    return context.now().replace(tzinfo=None)


def to_date(value: Value) -> Value:
    """JavaRosa's toDate: a number is days since 1970-01-01; empty stays empty; raises `TypeFault` for other texts."""
    atom = unpack(value)
    if isinstance(atom, float):
        if math.isnan(atom):
            return atom
        try:
            return datetime.combine(EPOCH, datetime.min.time()) + timedelta(days=math.trunc(atom))
        except OverflowError as error:
            raise TypeFault("not a day") from error
    if isinstance(atom, str) and atom:
        found = moment(atom)
        if found is None:
            raise TypeFault("not a day")
        return found
    if isinstance(atom, bool):
        raise TypeFault("not a day")
    return atom


@function("date")
def _date(_context: Context, values: list[Value]) -> Value:
    return to_date(values[0])


@function("date-time")
def _date_time(_context: Context, values: list[Value]) -> Value:
    return _moment(values[0])


def _moment(value: Value) -> Value:
    """As `to_date`, but of a number also the part of the day."""
    atom = unpack(value)
    return from_days(atom) if isinstance(atom, float) and not math.isnan(atom) else to_date(atom)


@function("decimal-date-time")
def _decimal_date_time(_context: Context, values: list[Value]) -> Value:
    atom = unpack(values[0])
    if isinstance(atom, float):
        return _in_range(atom)
    found = to_date(atom)
    return days_since_epoch(found) if isinstance(found, datetime) else found


def _in_range(days: float) -> float:
    if not math.isnan(days) and not -(2**31) <= days < 2**31:
        raise TypeFault("not a day")
    return days


@function("decimal-time")
def _decimal_time(_context: Context, values: list[Value]) -> Value:
    found = unpack(values[0])
    if isinstance(found, float):
        days = _in_range(found)
    else:
        when = to_date(found)
        if not isinstance(when, datetime):
            return when
        days = (when - datetime.combine(EPOCH, datetime.min.time())) / timedelta(days=1)
    return days if math.isnan(days) else days - math.floor(days)


def _format(values: list[Value]) -> Value:
    found = _moment(values[0])
    if not isinstance(found, datetime):
        return ""
    return re.sub(r"%(.)", lambda match: _format_part(match[1], found), to_text(values[1]))


def _format_part(code: str, when: datetime) -> str:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    table = {
        "%": "%", "Y": f"{when.year:04d}", "y": f"{when.year:04d}"[2:], "m": f"{when.month:02d}", "n": str(when.month),
        "B": when.strftime("%B"), "b": months[when.month - 1], "d": f"{when.day:02d}", "e": str(when.day),
        "H": f"{when.hour:02d}", "h": str(when.hour), "M": f"{when.minute:02d}", "S": f"{when.second:02d}",
        "3": f"{when.microsecond // 1000:03d}", "a": days[int(when.strftime("%w"))],
        "A": when.strftime("%A"), "W": f"{when.isocalendar().week:02d}", "u": str(int(when.strftime("%w"))),
    }  # fmt: skip
    if code not in table:
        raise TypeFault("format")
    return table[code]


for _name in ("format-date", "format-date-time"):
    FUNCTIONS[_name] = Function(lambda _context, values: _format(values), 2, 2)
