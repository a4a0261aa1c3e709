"""Functions of ODK XForms: places on the earth."""

from __future__ import annotations

from .evaluate import Context
from .geo import Point, area, distance, inside, point, points
from .registry import (
    flat,
    function,
    nodeset,
)
from .values import (
    TypeFault,
    Value,
    to_text,
)


@function("area")
def _area(_context: Context, values: list[Value]) -> Value:
    return area(_places([[node] for node in nodeset(values[0])]))


@function("distance", 1, None)
def _distance(_context: Context, values: list[Value]) -> Value:
    if len(values) == 1 and not isinstance(values[0], (list, str)):
        raise TypeFault("not a place")
    return distance(_places(flat(values)))


def _places(values: list[Value]) -> list[Point]:
    """One value is a line or a ring; of several each is a point."""
    texts = [to_text(value) for value in values]
    return points(texts[0]) if len(texts) == 1 else [point(text) for text in texts]


@function("geofence", 2)
def _geofence(_context: Context, values: list[Value]) -> Value:
    return inside(point(to_text(values[0])), _places([[node] for node in nodeset(values[1])]))
