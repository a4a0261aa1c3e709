"""The roster (门牌册): doors of a real community from a spreadsheet, and doors found at the doorstep."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from zhubao_tui.community.places import Address, floor_of, normalise

from . import tables
from .verdicts import insist, need_right
from .workspace import Progress, Workspace

COLUMNS = {
    "estate": ("小区", "小区名称", "院落", "estate"),
    "building": ("楼栋", "楼号", "幢", "栋", "楼", "building"),
    "unit": ("单元", "单元号", "unit"),
    "door": ("门牌", "房号", "门牌号", "室", "户号", "door", "room"),
    "floor": ("楼层", "层", "floor"),
    "name": ("户主", "姓名", "户主姓名", "住户", "name"),
    "phone": ("电话", "联系电话", "手机", "phone", "telephone"),
}
NEEDED = ("estate", "building", "door")
DOORS_A_RECORD = 400
CHUNK = 2000
"""Records that are flushed together; behind each chunk progress is told."""
LONGEST = {"estate": 40, "building": 20, "unit": 20, "door": 20, "name": 60, "phone": 40}
"""Characters that a cell may hold."""


_FLOOR = re.compile(r"-?[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that was not taken, and why.

    `reason`: `missing` (empty or no address), `long`, `formula` (never reckoned by a spreadsheet), `duplicate`.
    """

    row: int
    reason: str
    column: str = ""
    """Code name of the cell that is wrong."""
    first_row: int = 0
    """Of a duplicate: the row that came first."""


@dataclass(slots=True)
class RosterImport:
    """What an import did."""

    doors: int = 0
    """Doors that are new."""
    known: int = 0
    """Doors that were there already."""
    residents: int = 0
    """Names and telephones that are new or have changed."""
    faults: list[RowFault] = field(default_factory=list)
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class _Door:
    address: Address
    floor: int
    name: str
    phone: str


class Roster:
    """Bring doors into a community."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self, path: Path, progress: Progress | None = None) -> RosterImport:
        """Import a roster; a row that can't be taken is listed, all others are taken.

        Args:
            path: csv or xlsx with the columns estate, building, door and, if there, unit, floor, name, phone.
            progress: Told after each chunk.

        Raises:
            tables.TableUnreadable: No table that we read.
            tables.ColumnsMissing: A needed column is not there.
            MoveRefused: Whoever is at the keyboard only looks.
        """
        need_right(self._workspace, "roster")
        table = tables.read(path, COLUMNS, NEEDED)
        done = RosterImport(encoding=table.encoding)
        doors = self._doors(table.rows, done)
        known = self._workspace.community.dwellings
        new = [door for door in doors if door.address.dwelling_id not in known]
        done.doors, done.known = len(new), len(doors) - len(new)
        records = [*self._rosters(new), *self._residents(doors, done)]
        for start in range(0, len(records), CHUNK):
            with self._workspace.writing() as batch:
                for kind, body in records[start : start + CHUNK]:
                    batch.add(kind, body)
            if progress:
                progress(min(start + CHUNK, len(records)), len(records), path.name)
        return done

    def add_door(self, estate: str, building: str, unit: str, door: str) -> str:
        """Make a door that no roster knew; returns its id.

        Raises:
            ValueError: Names a part of the address that is missing.
            MoveRefused: Whoever is at the keyboard only looks.
        """
        address = normalise(estate, building, unit, door)
        if address.dwelling_id not in self._workspace.community.dwellings:
            need_right(self._workspace, "roster")
            row = [address.unit, address.door, floor_of(address.door)]
            body: dict[str, object] = {"estate": address.estate, "building": address.building, "doors": [row]}
            insist(self._workspace, "roster", self._workspace.write("roster", body))
        return address.dwelling_id

    def _doors(self, rows: list[tables.Row], done: RosterImport) -> list[_Door]:
        first: dict[str, int] = {}
        doors: list[_Door] = []
        for row in rows:
            door = _door(row)
            if isinstance(door, RowFault):
                done.faults.append(door)
            elif (name := door.address.dwelling_id) in first:
                done.faults.append(RowFault(row.number, "duplicate", first_row=first[name]))
            else:
                first[name] = row.number
                doors.append(door)
        return doors

    def _rosters(self, doors: list[_Door]) -> list[tuple[str, dict[str, object]]]:
        buildings: defaultdict[tuple[str, str], list[_Door]] = defaultdict(list)
        for door in doors:
            buildings[door.address.estate, door.address.building].append(door)
        return [
            ("roster", {"estate": estate, "building": building, "doors": [_row(door) for door in part]})
            for (estate, building), listed in buildings.items()
            for part in (listed[start : start + DOORS_A_RECORD] for start in range(0, len(listed), DOORS_A_RECORD))
        ]

    def _residents(self, doors: list[_Door], done: RosterImport) -> list[tuple[str, dict[str, object]]]:
        records: list[tuple[str, dict[str, object]]] = []
        for door in doors:
            dwelling = self._workspace.community.dwellings.get(door.address.dwelling_id)
            household = dwelling.household if dwelling else None
            known = {"name": household.name, "phone": household.phone} if household else {}
            told = {name: value for name, value in (("name", door.name), ("phone", door.phone)) if value}
            if any(known.get(name) != value for name, value in told.items()):
                records.append(
                    ("resident", {"household": household.id if household else f"{door.address.dwelling_id}#1", **told})
                )
        done.residents = len(records)
        return records


def _door(row: tables.Row) -> _Door | RowFault:
    """What a row tells of a door, or why it can't be taken."""
    for column in sorted(row.unreckoned & LONGEST.keys()):
        return RowFault(row.number, "formula", column)
    for column, most in LONGEST.items():
        if len(row[column]) > most:
            return RowFault(row.number, "long", column)
    try:
        address = normalise(row["estate"], row["building"], row["unit"], row["door"])
    except ValueError as error:
        return RowFault(row.number, "missing", str(error))
    floor = int(row["floor"]) if _FLOOR.fullmatch(row["floor"]) else floor_of(address.door)
    return _Door(address, floor, row["name"], row["phone"])


def _row(door: _Door) -> list[object]:
    return [door.address.unit, door.address.door, door.floor]
