"""The functions of ODK XForms, with JavaRosa's idea of each; source: the ODK XForms specification and JavaRosa's results."""

from __future__ import annotations

import base64
import hashlib
import math
import random
import re
import sys
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any

from zhubao_tui.interview.node import Node

from .evaluate import Compiled, Context, equal
from .geo import Point, area, distance, inside, point, points
from .values import (
    EPOCH,
    TypeFault,
    Value,
    days_since_epoch,
    from_days,
    is_date,
    moment,
    number_of,
    to_boolean,
    to_number,
    to_text,
    unpack,
)


class WrongArguments(ValueError):
    """A function is called with too few or too many arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function and how many arguments it takes."""

    apply: Callable[[Context, Any], Value]
    least: int
    most: int | None
    lazy: bool = False
    """Gets its arguments unevaluated."""

    def check(self, count: int) -> None:
        """Raise `WrongArguments` for a count that it does not take."""
        if count < self.least or (self.most is not None and count > self.most):
            raise WrongArguments(count)


FUNCTIONS: dict[str, Function] = {}
Apply = Callable[[Context, list[Value]], Value]


def _function(name: str, least: int = 1, most: int | None = -1) -> Callable[[Apply], Apply]:
    def register(apply: Apply) -> Apply:
        FUNCTIONS[name] = Function(apply, least, least if most == -1 else most)
        return apply

    return register


def _text_function(name: str, apply: Callable[..., Value], count: int = 1) -> None:
    FUNCTIONS[name] = Function(lambda _context, values: apply(*map(to_text, values)), count, count)


def _number_function(name: str, apply: Callable[..., float], count: int = 1) -> None:
    def guarded(_context: Context, values: list[Value]) -> Value:
        numbers = [to_number(value) for value in values]
        if any(math.isnan(number) for number in numbers):
            return math.nan
        try:
            return float(apply(*numbers))
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    FUNCTIONS[name] = Function(guarded, count, count)


# -- conditions

FUNCTIONS["true"] = Function(lambda _context, _values: True, 0, 0)
FUNCTIONS["false"] = Function(lambda _context, _values: False, 0, 0)
FUNCTIONS["boolean"] = Function(lambda _context, values: to_boolean(values[0]), 1, 1)
FUNCTIONS["not"] = Function(lambda _context, values: not to_boolean(values[0]), 1, 1)


@_function("boolean-from-string")
def _boolean_from_string(_context: Context, values: list[Value]) -> Value:
    return to_text(values[0]).casefold() in ("true", "1")


def _if(context: Context, arguments: Sequence[Compiled]) -> Value:
    return unpack(arguments[1](context) if to_boolean(arguments[0](context)) else arguments[2](context))


FUNCTIONS["if"] = Function(_if, 3, 3, lazy=True)
FUNCTIONS["depend"] = Function(lambda _context, values: unpack(values[0]), 1, None)


@_function("coalesce", 2)
def _coalesce(_context: Context, values: list[Value]) -> Value:
    first = unpack(values[0])
    missing = first == "" or (isinstance(first, float) and math.isnan(first))
    return unpack(values[1]) if missing else first


@_function("once")
def _once(context: Context, values: list[Value]) -> Value:
    node = context.node
    if not node.children and node.text:
        return unpack([node])
    return unpack(values[0])


@_function("checklist", 2, None)
def _checklist(_context: Context, values: list[Value]) -> Value:
    least, most = _java_int(to_number(values[0])), _java_int(to_number(values[1]))
    count = sum(to_boolean(value) for value in _flat(values[2:]))
    return (least < 0 or count >= least) and (most < 0 or count <= most)


@_function("weighted-checklist", 2, None)
def _weighted_checklist(_context: Context, values: list[Value]) -> Value:
    least, most = to_number(values[0]), to_number(values[1])
    flags, weights = _flat(values[2::2]), _flat(values[3::2])
    if len(flags) != len(weights):
        raise TypeFault("flags and weights")
    total = sum(to_number(weight) for flag, weight in zip(flags, weights, strict=True) if to_boolean(flag))
    return least <= total <= most


# -- texts

FUNCTIONS["string"] = Function(lambda _context, values: to_text(values[0]), 1, 1)
_text_function("contains", lambda text, part: part in text, 2)
_text_function("starts-with", lambda text, part: text.startswith(part), 2)
_text_function("ends-with", lambda text, part: text.endswith(part), 2)
_text_function("substring-before", lambda text, part: text[: max(0, text.find(part))], 2)
_text_function("substring-after", lambda text, part: text[text.find(part) + len(part) :] if part in text else "", 2)


@_function("string-length", 0, 1)
def _string_length(context: Context, values: list[Value]) -> Value:
    return float(len(to_text(values[0] if values else [context.node])))


@_function("normalize-space", 0, 1)
def _normalize_space(context: Context, values: list[Value]) -> Value:
    return " ".join(
        part for part in re.split(r"[ \t\n\v\f\r]+", to_text(values[0] if values else [context.node])) if part
    )


@_function("concat", 0, None)
def _concat(_context: Context, values: list[Value]) -> Value:
    return "".join(to_text(value) for value in (_flat(values) if len(values) == 1 else values))


@_function("join", 1, None)
def _join(_context: Context, values: list[Value]) -> Value:
    if len(values) == 2:
        return to_text(values[0]).join(to_text(value) for value in _flat(values[1:]))
    return to_text(values[0]).join(to_text(value) for value in values[1:])


@_function("substr", 2, 3)
def _substr(_context: Context, values: list[Value]) -> Value:
    text = to_text(values[0])
    start = _java_int(to_number(values[1]))
    end = _java_int(to_number(values[2])) if len(values) > 2 else len(text)
    start = start + len(text) if start < 0 else start
    end = end + len(text) if end < 0 else end
    end = min(max(0, end), len(text))
    start = min(max(0, start), len(text))
    return text[start:end] if start <= end else ""


def _java_int(number: float) -> int:
    if math.isnan(number):
        return 0
    return int(max(-(2**31), min(2**31 - 1, number)))


@_function("translate", 3)
def _translate(_context: Context, values: list[Value]) -> Value:
    text, old, new = map(to_text, values)
    table: dict[int, str | None] = {}
    for place, char in enumerate(old):
        table.setdefault(ord(char), new[place] if place < len(new) else None)
    return text.translate(table)


@_function("regex", 2)
def _regex(_context: Context, values: list[Value]) -> Value:
    text, pattern = map(to_text, values)
    try:
        return re.fullmatch(_python_pattern(pattern), text, re.ASCII) is not None
    except re.error as error:
        raise TypeFault("pattern") from error


_JAVA_CLASSES = {
    "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "Lower": "a-z", "Upper": "A-Z", "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~", "IsHan": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
}  # fmt: skip
"""Classes as Java spells them, as ranges; Python's patterns don't have them. Unicode's categories are added when asked."""
_CLASS = re.compile(r"(\[(?:\\.|[^\]\\])*\])|\\p\{(\w+)\}|\\.")


def _python_pattern(pattern: str) -> str:
    """A Java pattern for Python: the named classes of `_JAVA_CLASSES`, and no nested sets."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return re.sub(r"\\p\{(\w+)\}", lambda inner: _ranges(inner[1]), match[1])
        return f"[{_ranges(match[2])}]" if match[2] else match[0]

    return _CLASS.sub(replaced, pattern)


@lru_cache(maxsize=32)
def _ranges(name: str) -> str:
    if name in _JAVA_CLASSES:
        return _JAVA_CLASSES[name]
    found = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(name)]
    if not found:
        raise TypeFault("pattern")
    starts = [code for code, before in zip(found, [-2, *found], strict=False) if code != before + 1]
    ends = [code for code, after in zip(found, [*found[1:], -2], strict=True) if code + 1 != after]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))


@_function("digest", 2, 3)
def _digest(_context: Context, values: list[Value]) -> Value:
    text, name = to_text(values[0]), to_text(values[1]).upper()
    spelling = to_text(values[2]).lower() if len(values) > 2 else "base64"
    names = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    if name not in names or spelling not in ("base64", "hex"):
        raise TypeFault("digest")
    digest = hashlib.new(names[name], text.encode(), usedforsecurity=False)
    return digest.hexdigest() if spelling == "hex" else base64.b64encode(digest.digest()).decode()


@_function("base64-decode")
def _base64_decode(_context: Context, values: list[Value]) -> Value:
    plain = re.sub(r"[^A-Za-z0-9+/=]", "", to_text(values[0]))
    try:
        return "" if len(plain) % 4 else base64.b64decode(plain).decode("utf-8", "replace")
    except ValueError:
        return ""


@_function("uuid", 0, 1)
def _uuid(_context: Context, values: list[Value]) -> Value:
    if values:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(random.choices(alphabet, k=_java_int(to_number(values[0]))))
    return str(uuid.uuid4())


FUNCTIONS["version"] = Function(lambda context, _values: context.version, 0, 0)
FUNCTIONS["property"] = Function(lambda _context, _values: "", 1, 1)

# -- selections


@_function("selected", 2)
def _selected(_context: Context, values: list[Value]) -> Value:
    wanted = unpack(values[1])
    if not isinstance(wanted, str):
        raise TypeFault("a choice is a text")
    return f" {wanted.strip()} " in f" {to_text(values[0])} "


@_function("selected-at", 2)
def _selected_at(_context: Context, values: list[Value]) -> Value:
    chosen, place = to_text(values[0]).split(), _java_int(to_number(values[1]))
    return chosen[place] if 0 <= place < len(chosen) else ""


@_function("count-selected")
def _count_selected(_context: Context, values: list[Value]) -> Value:
    atom = unpack(values[0])
    if not isinstance(atom, str):
        raise TypeFault("not a selection")
    return float(len(atom.split()))


@_function("choice-name", 2)
def _choice_name(context: Context, values: list[Value]) -> Value:
    return context.choice_label(to_text(values[0]), to_text(values[1]))


# -- numbers

FUNCTIONS["number"] = Function(lambda _context, values: to_number(values[0]), 1, 1)
_number_function("int", lambda x: x if math.isinf(x) else math.trunc(x))
_number_function("abs", abs)
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "sqrt", "exp"):
    _number_function(_name, getattr(math, _name))
_number_function("log", lambda x: math.log(x) if x else -math.inf)
_number_function("log10", lambda x: math.log10(x) if x else -math.inf)
_number_function("exp10", lambda x: 10.0**x)
_number_function("atan2", math.atan2, 2)
FUNCTIONS["pi"] = Function(lambda _context, _values: math.pi, 0, 0)
FUNCTIONS["random"] = Function(lambda _context, _values: random.random(), 0, 0)


@_function("pow", 2)
def _pow(_context: Context, values: list[Value]) -> Value:
    base, exponent = map(to_number, values)
    if math.isnan(exponent):
        return math.nan  # Java; to C's pow 1 is 1 whatever the exponent
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:  # a root of a negative number, or 0 to a negative power
        odd = exponent % 2 == 1
        return math.copysign(math.inf, base if odd else 1.0) if base == 0 else math.nan


@_function("round", 1, 2)
def _round(_context: Context, values: list[Value]) -> Value:
    number = to_number(values[0])
    places = _java_int(to_number(values[1])) if len(values) > 1 else 0
    if math.isnan(number) or math.isinf(number):
        return number
    if abs(places) > _MOST_PLACES:
        return math.nan
    exact = Decimal(repr(number))
    if places < 0:
        return math.trunc(float(exact.scaleb(places)) + 0.5) * 10.0**-places
    way = ROUND_HALF_DOWN if number < 0 else ROUND_HALF_UP
    with localcontext(prec=400):
        return float(exact.quantize(Decimal(1).scaleb(-places), way))


_MOST_PLACES = 30
"""JavaRosa rounds to no more places."""


@_function("count")
def _count(_context: Context, values: list[Value]) -> Value:
    return float(len(_nodeset(values[0])))


@_function("count-non-empty")
def _count_non_empty(_context: Context, values: list[Value]) -> Value:
    return float(sum(bool(node.children or node.text) for node in _nodeset(values[0])))


@_function("sum")
def _sum(_context: Context, values: list[Value]) -> Value:
    numbers = [to_number([node]) for node in _nodeset(values[0])]
    return sum((number for number in numbers if not math.isnan(number)), 0.0)


@_function("min", 0, None)
def _min(_context: Context, values: list[Value]) -> Value:
    numbers = [number for value in _flat(values) if not math.isnan(number := to_number(value))]
    return min([1.7976931348623157e308, *numbers]) if numbers else math.nan


@_function("max", 0, None)
def _max(_context: Context, values: list[Value]) -> Value:
    numbers = [number for value in _flat(values) if not math.isnan(number := to_number(value))]
    return max([5e-324, *numbers]) if numbers else math.nan


# -- nodes


@_function("position", 0, 1)
def _position(context: Context, values: list[Value]) -> Value:
    if not values:
        return float(context.position or context.node.position)
    found = _nodeset(values[0])
    return float(found[0].position) if found else 0.0


FUNCTIONS["current"] = Function(lambda context, _values: [context.original], 0, 0)


@_function("instance")
def _instance(context: Context, values: list[Value]) -> Value:
    name = to_text(values[0])
    if name not in context.instances:
        raise TypeFault("no such instance")
    return [context.instances[name]]


def _indexed_repeat(context: Context, arguments: Sequence[Compiled]) -> Value:
    """Its paths are names only: where it is asked does not matter."""
    if len(arguments) % 2 == 0:
        raise WrongArguments(len(arguments))
    target = _names(_nodeset(arguments[0](context)))
    if not target:
        return ""
    places: dict[tuple[str, ...], int] = {}
    for repeats, index in zip(arguments[1::2], arguments[2::2], strict=True):
        group = _names(_nodeset(repeats(context)))
        if group != target[: len(group)]:
            raise TypeFault("not a repeat around it")
        places[group] = max(1, _java_int(to_number(index(context))))
    found = [context.root]
    for depth in range(1, len(target)):
        place = places.get(target[: depth + 1])
        found = [node for above in found for node in above.named(target[depth]) if place in (None, node.position)]
    return unpack([node for node in found if node.counts])


FUNCTIONS["indexed-repeat"] = Function(_indexed_repeat, 3, None, lazy=True)


def _names(found: list[Node]) -> tuple[str, ...]:
    """Names from the root element down to the first of some nodes; none for no nodes."""
    names: list[str] = []
    node = found[0] if found else None
    while node is not None and node.parent is not None:
        names.append(node.name)
        node = node.parent
    return tuple(reversed(names))


@_function("randomize", 1, 2)
def _randomize(_context: Context, values: list[Value]) -> Value:
    found = list(_nodeset(values[0]))
    seed = to_number(values[1]) if len(values) > 1 else None
    random.Random(seed).shuffle(found)
    return found


# -- days and times


@_function("today", 0)
def _today(context: Context, _values: list[Value]) -> Value:
    return context.now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


@_function("now", 0)
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


@_function("date")
def _date(_context: Context, values: list[Value]) -> Value:
    return to_date(values[0])


@_function("date-time")
def _date_time(_context: Context, values: list[Value]) -> Value:
    return _moment(values[0])


def _moment(value: Value) -> Value:
    """As `to_date`, but of a number also the part of the day."""
    atom = unpack(value)
    return from_days(atom) if isinstance(atom, float) and not math.isnan(atom) else to_date(atom)


@_function("decimal-date-time")
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


@_function("decimal-time")
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

# -- places on the earth


@_function("area")
def _area(_context: Context, values: list[Value]) -> Value:
    return area(_places([[node] for node in _nodeset(values[0])]))


@_function("distance", 1, None)
def _distance(_context: Context, values: list[Value]) -> Value:
    if len(values) == 1 and not isinstance(values[0], (list, str)):
        raise TypeFault("not a place")
    return distance(_places(_flat(values)))


def _places(values: list[Value]) -> list[Point]:
    """One value is a line or a ring; of several each is a point."""
    texts = [to_text(value) for value in values]
    return points(texts[0]) if len(texts) == 1 else [point(text) for text in texts]


@_function("geofence", 2)
def _geofence(_context: Context, values: list[Value]) -> Value:
    return inside(point(to_text(values[0])), _places([[node] for node in _nodeset(values[1])]))


def _flat(values: Sequence[Value]) -> list[Value]:
    """Arguments with nodesets taken apart."""
    flat: list[Value] = []
    for value in values:
        flat += [[node] for node in value] if isinstance(value, list) else [value]
    return flat


def _nodeset(value: Value) -> list[Node]:
    if not isinstance(value, list):
        raise TypeFault("not a nodeset")
    return value


__all__ = ["FUNCTIONS", "Function", "WrongArguments", "equal", "is_date", "number_of", "to_date"]
