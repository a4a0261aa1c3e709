"""The grid of doors: floors by units, coloured and signed, walked with arrow keys."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.outcomes import CARE, NOT_VISITED, OUTCOMES
from zhubao_tui.i18n import _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.survey import Building, DoorMark

from .text import fit

BESIDE = 6
"""Cells that a door takes beside its number: brackets, a space, sign, heart, open issues."""
FLOOR = 6
GAP = 1
"""Cells between two stairwells."""
COLOURS = {
    "interviewed": "green", "by_phone": "green", "partial": "yellow", "not_home": "yellow", "unable": "yellow",
    "refused": "red", "rented": "cyan", "moved": "magenta", "vacant": "bright_black", "shop": "blue",
    "no_door": "bright_black", "": "default",
}  # fmt: skip


class DoorGrid(ScrollView, can_focus=True):
    """Doors in their places; `Moved` is posted when the cursor stands elsewhere."""

    BINDINGS = [
        Binding("up", "move(-1,0)", show=False),
        Binding("down", "move(1,0)", show=False),
        Binding("left", "move(0,-1)", show=False),
        Binding("right", "move(0,1)", show=False),
        Binding("home", "end(-1)", show=False),
        Binding("end", "end(1)", show=False),
    ]

    class Moved(Message):
        """The cursor stands at another door."""

    def __init__(self, *, id: str | None = None, han_signs: bool = False) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._building: Building | None = None
        self._marks: Mapping[str, DoorMark] = {}
        self._rows: list[list[Dwelling | None]] = []
        self._columns: list[int] = []
        self._cell = BESIDE + 3
        """Cells that a door takes, the same for all of a building."""
        self._row = self._column = 0
        self._only_unvisited = False
        self._han = han_signs

    # -- what is drawn

    def show(self, building: Building, marks: Mapping[str, DoorMark], door: str = "") -> None:
        """Draw a building; the cursor stays at its door, or goes to the one named."""
        before = door or (self.dwelling.id if self.dwelling else "")
        self._building, self._marks = building, marks
        widths = {
            unit: max((len(building.doors.get((floor, unit), ())) for floor in building.floors), default=1)
            for unit in building.units
        }
        self._rows = [
            [door for unit in building.units for door in _padded(building.doors.get((floor, unit), ()), widths[unit])]
            for floor in building.floors
        ]
        longest = max((len(door.address.door) for door in building.dwellings), default=3)
        self._cell = BESIDE + max(3, min(longest, 8)) + (2 if self._han else 0)
        self._columns, x = [], FLOOR
        for unit in building.units:
            self._columns += [x + number * self._cell for number in range(widths[unit])]
            x += widths[unit] * self._cell + GAP
        self.virtual_size = Size(x, len(self._rows) + 1)
        if not self._go_to(before):
            self._settle()
        self.refresh()

    @property
    def only_unvisited(self) -> bool:
        """Whether visited doors are dimmed and passed over."""
        return self._only_unvisited

    @property
    def dwelling(self) -> Dwelling | None:
        """The door under the cursor."""
        if 0 <= self._row < len(self._rows) and 0 <= self._column < len(self._rows[self._row]):
            return self._rows[self._row][self._column]
        return None

    def render_line(self, y: int) -> Strip:
        offset_x, offset_y = self.scroll_offset
        row = y + offset_y
        if self._building is None or row > len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        text = self._heading() if row == 0 else self._line(row - 1)
        segments = [Segment(s.text, self.rich_style + (s.style or Style())) for s in text.render(self.app.console)]
        return Strip(segments).crop_extend(offset_x, offset_x + self.size.width, self.rich_style)

    def _heading(self) -> Text:
        assert self._building is not None  # noqa: S101 - render_line has asked
        text = Text(" " * FLOOR, end="")
        for unit in self._building.units:
            text.append(fit(_("{unit} 单元").format(unit=unit), self._unit_width(unit) * self._cell + GAP), "bold")
        return text

    def _unit_width(self, unit: str) -> int:
        assert self._building is not None  # noqa: S101 - only called while a building is shown
        building = self._building
        return max((len(building.doors.get((floor, unit), ())) for floor in building.floors), default=1)

    def _line(self, row: int) -> Text:
        assert self._building is not None  # noqa: S101 - render_line has asked
        text = Text(fit(_("{floor} 层").format(floor=self._building.floors[row]), FLOOR), style="dim", end="")
        at = FLOOR
        for column, dwelling in enumerate(self._rows[row]):
            text.append(" " * (self._columns[column] - at))
            text.append_text(self._door(dwelling, here=(row, column) == (self._row, self._column)))
            at = self._columns[column] + self._cell
        return text

    def _door(self, dwelling: Dwelling | None, *, here: bool) -> Text:
        if dwelling is None:
            return Text(" " * self._cell)
        mark = self._marks[dwelling.id]
        label = f"{dwelling.address.door} {self.sign(mark)}{self._care(mark)}{mark.open_cases or ''}"
        style = COLOURS[mark.outcome]
        if self._only_unvisited and mark.outcome:
            style = "bright_black dim"
        label = f"[{label}]" if here else f" {label} "
        return Text(fit(label, self._cell), style=f"bold reverse {style}" if here else style)

    def sign(self, mark: DoorMark) -> str:
        """The sign of a door's latest outcome."""
        if not mark.outcome:
            return NOT_VISITED[self._han]
        rule = OUTCOMES[mark.outcome]
        return rule.han if self._han else rule.sign

    def _care(self, mark: DoorMark) -> str:
        return CARE[self._han] if mark.care else ""

    def legend(self) -> Text:
        """What the signs mean: those that stand in this building."""
        present = {mark.outcome for mark in self._marks.values()}
        parts = [f"{NOT_VISITED[self._han]} {_(wording.OUTCOMES[''])}"] if "" in present else []
        rules = [rule for rule in OUTCOMES.values() if rule.code in present]
        parts += [f"{rule.han if self._han else rule.sign} {_(wording.OUTCOMES[rule.code])}" for rule in rules]
        if any(mark.care for mark in self._marks.values()):
            parts.append(CARE[self._han] + " " + _("关爱"))
        parts.append(_("数字 没办结的问题"))
        return Text("  ".join(parts), style="dim")

    # -- walking

    def action_move(self, rows: int, columns: int) -> None:
        row, column = self._row, self._column
        while True:
            row, column = row + rows, column + columns
            if not (0 <= row < len(self._rows) and 0 <= column < len(self._rows[row])):
                return
            if self._may_stand(row, column):
                self._stand(row, column)
                return

    def action_end(self, direction: int) -> None:
        columns = range(len(self._rows[self._row])) if self._rows else range(0)
        for column in reversed(columns) if direction > 0 else columns:
            if self._may_stand(self._row, column):
                self._stand(self._row, column)
                return

    def jump(self, typed: str) -> Dwelling | None:
        """Go to the door of a number: in the unit at hand, `2-501` in unit 2; returns it when one is meant."""
        unit, dash, number = typed.rpartition("-")
        here = self.dwelling.address.unit if self.dwelling else ""
        doors = [
            door for row in self._rows for door in row if door is not None and door.address.door.startswith(number)
        ]
        wanted = [door for door in doors if door.address.unit == (unit if dash else here)]
        wanted = wanted or ([] if dash else doors)
        exact = [door for door in wanted if door.address.door == number]
        if exact or (number and wanted):
            self._go_to((exact or wanted)[0].id)
        return exact[0] if exact else None

    def toggle_only_unvisited(self) -> None:
        """Dim what was visited already; arrows then walk from one unvisited door to the next."""
        self._only_unvisited = not self._only_unvisited
        self._settle()
        self.refresh()

    def _may_stand(self, row: int, column: int) -> bool:
        dwelling = self._rows[row][column]
        if dwelling is None:
            return False
        return not (self._only_unvisited and self._marks[dwelling.id].outcome)

    def _settle(self) -> None:
        """Stand somewhere: here if one may, else at the first door that one may stand at."""
        places = [(row, column) for row in range(len(self._rows)) for column in range(len(self._rows[row]))]
        if self.dwelling is not None and self._may_stand(self._row, self._column):
            return
        for row, column in places:
            if self._may_stand(row, column):
                self._stand(row, column)
                return

    def _go_to(self, dwelling_id: str) -> bool:
        for row, doors in enumerate(self._rows):
            for column, dwelling in enumerate(doors):
                if dwelling is not None and dwelling.id == dwelling_id:
                    self._stand(row, column, told=False)
                    return True
        return False

    def _stand(self, row: int, column: int, *, told: bool = True) -> None:
        self._row, self._column = row, column
        self.scroll_to_region(Region(max(0, self._columns[column] - FLOOR), row, self._cell + FLOOR, 2), animate=False)
        self.refresh()
        if told:
            self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        x, y = event.x + self.scroll_offset.x, event.y + self.scroll_offset.y - 1
        if not 0 <= y < len(self._rows):
            return
        for column, start in enumerate(self._columns):
            if start <= x < start + self._cell and self._rows[y][column] is not None:
                if (y, column) == (self._row, self._column):
                    self.call_later(self.screen.run_action, "knock")
                self._stand(y, column)


def _padded(doors: tuple[Dwelling, ...], width: int) -> list[Dwelling | None]:
    return [*doors, *[None] * (width - len(doors))]
