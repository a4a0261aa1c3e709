"""Slips (便民卡) of one household or a building, and saving what is to be printed."""

from __future__ import annotations

from pathlib import Path

from storage.files import replace_whole
from zhubao_tui.border import clean
from zhubao_tui.casepage.slip import Slip
from zhubao_tui.casepage.snapshot import short_status
from zhubao_tui.community.doors import Dwelling
from zhubao_tui.community.issues import Case

from .cards import Cards, own_number
from .errors import NoSuchFolder
from .survey import Survey
from .workspace import Workspace

PAPER_LIMIT = 250
"""Bytes of plain text in a code on paper, where a screen takes 106: 61 modules of 5 dots on a 58 mm roll."""
MOST_LINES = 4


class Slips:
    """Make slips."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._cards = Cards(workspace)

    def slip(self, household_id: str, *, stub: str = "") -> Slip:
        """One household's slip; raises `UnknownDoor` where there is no such household."""
        card = self._cards.card(household_id, PAPER_LIMIT)
        lines = tuple(_line(case, household_id) for case in card.cases[:MOST_LINES])
        return Slip(card.payload, card.is_link, card.phone, card.on, lines, stub)

    def building(self, building_id: str) -> list[Slip]:
        """Slips of all households of a building that have something to scan, as one walks through it.

        Where pages are hosted, those with a page; else those that reported something.

        Raises:
            UnknownDoor: There is no such building.
        """
        made = []
        for dwelling in Survey(self._workspace).building(building_id).dwellings:
            slip = self.slip(dwelling.household.id, stub=_door(dwelling))
            if slip.is_link or (slip.lines and not self._is_hosted):
                made.append(slip)
        return made

    @property
    def _is_hosted(self) -> bool:
        return bool(self._workspace.community.settings.get("base_url"))


def _line(case: Case, household_id: str) -> str:
    return f"{own_number(case, household_id)} {short_status(case.status.value)}"


def _door(dwelling: Dwelling) -> str:
    address = dwelling.address
    return clean(f"{address.estate} {address.building}-{address.unit}-{address.door}")


def save(path: Path, data: bytes) -> Path:
    """Save something whole; raises `SaveFailed`, or `NoSuchFolder` where there is nowhere to put it."""
    if path.is_dir() or not path.parent.is_dir():
        raise NoSuchFolder(path.name if path.is_dir() else path.parent.name)
    replace_whole(path, data)
    return path
