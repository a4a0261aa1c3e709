"""Places that a report names in passing: building, stairwell, and whatever else bears a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .normal import number_of

_LISTED = r"((?:[a-z]?\d{1,3}[、，,~至到和-]{1,2}){0,4}[a-z]?\d{1,3})"
_BUILDING = re.compile(
    rf"(?<![\d.a-z]){_LISTED}(?:号楼|栋|幢|座|#楼|#)|(?<![\d.])(\d{{1,3}})(?:楼|号)(?=\d单元)|(?<![\d.])([a-z])(?:栋|幢|座)"
)
_UNIT = re.compile(r"(?<!\d)(\d{1,2})(?:单元|门洞)|(?<=[栋幢座#])(\d{1,2})(?=单|门|楼道)")
_DOOR = re.compile(r"(?<![\d-])([a-z]?\d{1,3})-(?:(\d{1,2})-)?(\d{3,4})(?![\d-])")
_CODE = re.compile(r"(?<![\d.])(\d{1,4})(路|号线|期|组|区|村|班|中队|标段)(?!\d)")
_SORT = re.compile(r"(?:小区|社区|花元|家元|新村|公馆|公寓|嘉元|名元|华庭|广场|大厦|苑|湾|城|府|里|庭|元)+$")


class Place(NamedTuple):
    """What a normalised text says of the place."""

    buildings: frozenset[str]
    units: frozenset[str]
    codes: frozenset[tuple[str, str]]
    """Numbered things such as bus 707路, line 6号线, phase 三期, group 五组: what it counts, the number."""


def place(text: str) -> Place:
    """Read the place in a normalised text."""
    compact = text.replace("，", "")
    doors = [match.groups() for match in _DOOR.finditer(text)]
    return Place(
        frozenset(_buildings(compact)) | {door[0] for door in doors},
        _all(_UNIT, compact) | {door[1] for door in doors if door[1]},
        frozenset((match[2], match[1]) for match in _CODE.finditer(compact)),
    )


def _all(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    return frozenset(next(filter(None, match.groups())) for match in pattern.finditer(text))


def _buildings(text: str) -> Iterator[str]:
    for match in _BUILDING.finditer(text):
        for number in re.findall(r"[a-z]?\d+|[a-z]", next(filter(None, match.groups()))):
            yield number.lstrip("0") or number


def short(estate: str) -> str:
    """An estate's name without its sort: 幸福里小区 and 幸福里 are 幸福; of two characters at least, else as it is."""
    name = _SORT.sub("", estate)
    return name if len(name) > 1 else estate.removesuffix("小区")


def column(value: str) -> frozenset[str]:
    """A column with a building or unit as a set of at most one number."""
    number = number_of(value)
    return frozenset((number,)) if number else frozenset()
