"""Functions of ODK XForms: texts and selections."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import uuid

from .evaluate import Context
from .patterns import python_pattern
from .registry import (
    FUNCTIONS,
    Function,
    flat,
    function,
    java_int,
    text_function,
)
from .values import (
    TypeFault,
    Value,
    to_number,
    to_text,
    unpack,
)

FUNCTIONS["string"] = Function(lambda _context, values: to_text(values[0]), 1, 1)
text_function("contains", lambda text, part: part in text, 2)
text_function("starts-with", lambda text, part: text.startswith(part), 2)
text_function("ends-with", lambda text, part: text.endswith(part), 2)
text_function("substring-before", lambda text, part: text[: max(0, text.find(part))], 2)
text_function("substring-after", lambda text, part: text[text.find(part) + len(part) :] if part in text else "", 2)


@function("string-length", 0, 1)
def _string_length(context: Context, values: list[Value]) -> Value:
    return float(len(to_text(values[0] if values else [context.node])))


@function("normalize-space", 0, 1)
def _normalize_space(context: Context, values: list[Value]) -> Value:
    return " ".join(
        part for part in re.split(r"[ \t\n\v\f\r]+", to_text(values[0] if values else [context.node])) if part
    )


@function("concat", 0, None)
def _concat(_context: Context, values: list[Value]) -> Value:
    return "".join(to_text(value) for value in (flat(values) if len(values) == 1 else values))


@function("join", 1, None)
def _join(_context: Context, values: list[Value]) -> Value:
    if len(values) == 2:
        return to_text(values[0]).join(to_text(value) for value in flat(values[1:]))
    return to_text(values[0]).join(to_text(value) for value in values[1:])


@function("substr", 2, 3)
def _substr(_context: Context, values: list[Value]) -> Value:
    text = to_text(values[0])
    start = java_int(to_number(values[1]))
    end = java_int(to_number(values[2])) if len(values) > 2 else len(text)
    start = start + len(text) if start < 0 else start
    end = end + len(text) if end < 0 else end
    end = min(max(0, end), len(text))
    start = min(max(0, start), len(text))
    return text[start:end] if start <= end else ""


@function("translate", 3)
def _translate(_context: Context, values: list[Value]) -> Value:
    text, old, new = map(to_text, values)
    table: dict[int, str | None] = {}
    for place, char in enumerate(old):
        table.setdefault(ord(char), new[place] if place < len(new) else None)
    return text.translate(table)


@function("regex", 2)
def _regex(_context: Context, values: list[Value]) -> Value:
    text, pattern = map(to_text, values)
    try:
        return re.fullmatch(python_pattern(pattern), text, re.ASCII) is not None
    except re.error as error:
        raise TypeFault("pattern") from error


@function("digest", 2, 3)
def _digest(_context: Context, values: list[Value]) -> Value:
    text, name = to_text(values[0]), to_text(values[1]).upper()
    spelling = to_text(values[2]).lower() if len(values) > 2 else "base64"
    names = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
    if name not in names or spelling not in ("base64", "hex"):
        raise TypeFault("digest")
    digest = hashlib.new(names[name], text.encode(), usedforsecurity=False)
    return digest.hexdigest() if spelling == "hex" else base64.b64encode(digest.digest()).decode()


@function("base64-decode")
def _base64_decode(_context: Context, values: list[Value]) -> Value:
    plain = re.sub(r"[^A-Za-z0-9+/=]", "", to_text(values[0]))
    try:
        return "" if len(plain) % 4 else base64.b64decode(plain).decode("utf-8", "replace")
    except ValueError:
        return ""


@function("uuid", 0, 1)
def _uuid(_context: Context, values: list[Value]) -> Value:
    if values:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(random.choices(alphabet, k=java_int(to_number(values[0]))))
    return str(uuid.uuid4())


FUNCTIONS["version"] = Function(lambda context, _values: context.version, 0, 0)
FUNCTIONS["property"] = Function(lambda _context, _values: "", 1, 1)

# -- selections


@function("selected", 2)
def _selected(_context: Context, values: list[Value]) -> Value:
    wanted = unpack(values[1])
    if not isinstance(wanted, str):
        raise TypeFault("a choice is a text")
    return f" {wanted.strip()} " in f" {to_text(values[0])} "


@function("selected-at", 2)
def _selected_at(_context: Context, values: list[Value]) -> Value:
    chosen, place = to_text(values[0]).split(), java_int(to_number(values[1]))
    return chosen[place] if 0 <= place < len(chosen) else ""


@function("count-selected")
def _count_selected(_context: Context, values: list[Value]) -> Value:
    atom = unpack(values[0])
    if not isinstance(atom, str):
        raise TypeFault("not a selection")
    return float(len(atom.split()))


@function("choice-name", 2)
def _choice_name(context: Context, values: list[Value]) -> Value:
    return context.choice_label(to_text(values[0]), to_text(values[1]))
