"""The neighbourhood board (公告栏): counts of what was brought up and done, off unless a team lead puts it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from zhubao_tui.border import clean
from zhubao_tui.casepage import Both
from zhubao_tui.casepage.neighbourhood import BoardRow, BoardView, board_page
from zhubao_tui.community.categories import CATEGORIES, is_small
from zhubao_tui.community.issues import SOLVED, Case, Status

from .cards import office_phone
from .errors import MoveRefused
from .pages import CONFIDENTIAL
from .survey import Survey, UnknownDoor
from .workspace import Workspace

LEAST = 3
"""Households that must stand behind a count."""
SETTING = "board"


class Neighbourhood:
    """Make boards."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def is_public(self) -> bool:
        """Whether a team lead has put the board up."""
        return self._workspace.community.settings.get(SETTING) == "on"

    def put_up(self) -> None:
        """From the next publication on the board is public; raises `MoveRefused` for anybody but a team lead."""
        self._set("on")

    def take_down(self) -> None:
        """The next publication takes the board away; raises as `put_up`."""
        self._set("off")

    def _set(self, value: str) -> None:
        self._need_team_lead()
        if self._workspace.community.settings.get(SETTING, "off") != value:
            self._workspace.write("settings", {SETTING: value})

    def _need_team_lead(self) -> None:
        if self._workspace.role != "team_lead":
            raise MoveRefused("publish", "not_allowed")

    def sheet(self, place: str = "") -> bytes:
        """One A3 sheet of a building (`祥和苑/3`) or an estate.

        Raises:
            MoveRefused: Only a team lead publishes.
            UnknownDoor: There is no such place.
        """
        self._need_team_lead()
        if place and place not in Survey(self._workspace).places():
            raise UnknownDoor(place)
        return self.page(place)

    def page(self, place: str = "") -> bytes:
        """The board of a building, an estate, or everything."""
        return board_page(self.view(place))

    def view(self, place: str = "") -> BoardView:
        """What a board shows, as of today."""
        grouped: defaultdict[str, list[Case]] = defaultdict(list)
        for case in self._workspace.community.cases():
            if _lies_in(case, place) and case.status is not Status.WITHDRAWN:
                grouped[case.main.category].append(case)
        rows = [_row(code, cases) for code, cases in grouped.items() if _may_be_told(code, cases)]
        rows.sort(key=lambda row: (-row.done, -row.raised, row.kind.en))
        phone = office_phone(self._workspace)
        return BoardView(_named(place), self._workspace.today(), phone, tuple(rows))


def _named(place: str) -> str:
    """An estate, or a building as people name it."""
    estate, _slash, building = place.partition("/")
    return clean(f"{estate} {building}号楼" if building.isdecimal() else f"{estate} {building}".rstrip())


def _may_be_told(code: str, cases: Sequence[Case]) -> bool:
    """Whether enough households stand behind a count, and its kind tells nothing about them."""
    households = {follower for case in cases for follower in case.followers}
    return code in CATEGORIES and code not in CONFIDENTIAL and len(households) >= LEAST


def _row(code: str, cases: Sequence[Case]) -> BoardRow:
    solved = [case for case in cases if case.status in SOLVED]
    took = [(case.resolved_on - case.reported_on).days for case in solved if case.resolved_on]
    days = max(1, round(median(took))) if took else None
    return BoardRow(
        Both(CATEGORIES[code].zh, CATEGORIES[code].en), is_small(code), len(cases), len(solved), days
    )  # fmt: skip


def _lies_in(case: Case, place: str) -> bool:
    if not place:
        return True
    where = case.main.place
    return place in (where.estate, where.building_id)
