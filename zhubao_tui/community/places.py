"""Places: community > estate > building > unit > dwelling, and the normalised address that names a door (门牌)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

LEVELS = ("door", "unit", "building", "estate", "around")
"""How far a trouble reaches, nearest first; `around` is outside the gate."""

_BUILDING_WORDS = re.compile(r"(号?楼|栋|幢|座|号)$")
_UNIT_WORDS = re.compile(r"(单元|门洞|梯)$")
_DOOR_WORDS = re.compile(r"(室|号|户)$")
_SPOKEN = re.compile(
    r"(?P<estate>[^/]*?)/?(?P<building>\d+|[A-Z甲乙丙丁]|[零一二三四五六七八九十]+)(?:号?楼|栋|幢|座)"
    r"(?:(?P<unit>\d+|[A-Z甲乙丙丁]|[零一二三四五六七八九十]+)(?:单元|门洞|梯))?(?P<door>[0-9A-Z\u2010]*)(?:室|号|户)?"
)
_HAN_DIGITS = {char: digit for digit, char in enumerate("零一二三四五六七八九")}


class Place(NamedTuple):
    """Where a trouble is: a level and as much of the address as that level has."""

    level: str = "unknown"
    estate: str = ""
    building: str = ""
    unit: str = ""

    @property
    def building_id(self) -> str:
        """`estate/building`; empty where either is not known."""
        return f"{self.estate}/{self.building}" if self.estate and self.building else ""

    def to_body(self) -> dict[str, str]:
        """The place as it stands in a record."""
        return {name: value for name, value in self._asdict().items() if value}

    @classmethod
    def from_body(cls, body: object) -> Place:
        """Read a record's place; fields that are missing or no text become unknown."""
        if not isinstance(body, Mapping):
            return cls()
        level = body.get("level")
        return cls(
            level if level in LEVELS else "unknown", *(_text(body.get(name)) for name in ("estate", "building", "unit"))
        )


class Address(NamedTuple):
    """A door's normalised address; its text is the dwelling's id when the door is first made."""

    estate: str
    building: str
    unit: str
    door: str

    @property
    def dwelling_id(self) -> str:
        """E.g. `祥和苑/3-2-501`."""
        return f"{self.estate}/{self.building}-{self.unit}-{self.door}"

    @property
    def building_id(self) -> str:
        """E.g. `祥和苑/3`."""
        return f"{self.estate}/{self.building}"


def normalise(estate: str, building: str, unit: str, door: str) -> Address:
    """Bring an address as people write it (`３号楼`, `二单元`, `501室`) to its one form.

    Raises:
        ValueError: A part other than the unit is empty, or holds `/`; a missing unit becomes `1`.
    """
    parts = (
        _plain(estate),
        _number(_BUILDING_WORDS.sub("", _plain(building))),
        _number(_UNIT_WORDS.sub("", _plain(unit))) or "1",
        _DOOR_WORDS.sub("", _plain(door)),
    )
    for name, part in zip(("estate", "building", "unit", "door"), parts, strict=True):
        if not part or "/" in part or "#" in part:
            raise ValueError(name)
    return Address(*parts)


def spoken(text: str) -> Address | None:
    """Read an address as people say it (`槐香里四号楼1单元502`); parts that are not said are empty, None where it is none."""
    said = _SPOKEN.fullmatch(_plain(text))
    if said is None:
        return None
    return Address(said["estate"], _number(said["building"]), _number(said["unit"] or ""), said["door"])


def floor_of(door: str) -> int:
    """Floor told by a door number: all but the last two digits (`501` is 5, `1804` is 18); 1 where it tells none."""
    digits = re.match(r"\d+", door)
    return int(digits.group()[:-2]) if digits and len(digits.group()) > 2 else 1


def address_of(dwelling_id: str) -> Address:
    """Take a dwelling's id apart again; raises `ValueError` where it is none."""
    estate, _, rest = dwelling_id.partition("/")
    building, unit, door = rest.split("-", 2)
    if not (estate and building and unit and door):
        raise ValueError("no dwelling's id")
    return Address(estate, building, unit, door)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper().replace("-", "\u2010")


def _number(text: str) -> str:
    """Han numerals up to 99 as digits, leading zeros off; anything else (`A`, `甲`) stays."""
    if text.isdecimal():
        return str(int(text))
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return str(_HAN_DIGITS[text]) if text in _HAN_DIGITS else text
    if tens not in {"", *_HAN_DIGITS} or ones not in {"", *_HAN_DIGITS}:
        return text
    return str(_HAN_DIGITS.get(tens, 1) * 10 + _HAN_DIGITS.get(ones, 0))
