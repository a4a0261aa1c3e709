"""Points, lengths and areas on the earth, by the formulas that JavaRosa uses (a sphere of 6,378,100 m)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from .values import TypeFault

Point = tuple[float, float]
RADIUS = 6_378_100.0


def points(text: str) -> list[Point]:
    """Points `lat lon alt accuracy` parted by `;`, empty ones passed over; raises `TypeFault`."""
    return [point(part) for part in text.split(";") if part.strip()]


def point(text: str) -> Point:
    """One point; what is missing is 0, as in JavaRosa; raises `TypeFault`."""
    try:
        coordinates = [float(number) for number in text.encode("ascii").split()]
    except ValueError as error:
        raise TypeFault("not a place") from error
    return (*coordinates, 0.0, 0.0)[0], (*coordinates, 0.0, 0.0)[1]


def distance(line: Sequence[Point]) -> float:
    """Length of a line in metres; 0 for fewer than two points."""
    return sum((_between(one, other) for one, other in pairwise(line)), 0.0)


def _between(one: Point, other: Point) -> float:
    if not all(map(math.isfinite, (*one, *other))):
        return math.nan
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return RADIUS * math.acos(min(1.0, max(-1.0, cosine)))


def area(ring: Sequence[Point]) -> float:
    """Area of a ring in square metres, on a plane through its first point; 0 for fewer than three points."""
    if len(ring) < 3:
        return 0.0
    degree = 2 * RADIUS * math.pi / 360
    lat0, lon0 = ring[0]
    plane = [((lon - lon0) * degree * math.cos(math.radians(lat)), (lat - lat0) * degree) for lat, lon in ring[1:]]
    return abs(sum(y1 * x2 - x1 * y2 for (x1, y1), (x2, y2) in pairwise(plane)) / 2)


def inside(point: Point, ring: Sequence[Point]) -> bool:
    """Whether a point lies inside a ring (ray casting)."""
    lat, lon = point
    within = False
    for (lat1, lon1), (lat2, lon2) in pairwise(ring):
        if (lon1 > lon) != (lon2 > lon) and lat < (lat2 - lat1) * (lon - lon1) / (lon2 - lon1) + lat1:
            within = not within
    return within
