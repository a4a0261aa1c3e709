"""Case cards (便民卡): what a household takes away from the doorstep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from storage.files import replace_whole
from zhubao_tui.casepage import QR, CaseLine, case_url, encode, new_token, png, snapshot_text
from zhubao_tui.community.doors import Household
from zhubao_tui.community.due import urgency_of
from zhubao_tui.community.issues import Case

from .survey import UnknownDoor
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Card:
    """One household's card."""

    household: Household
    cases: tuple[Case, ...]
    """That it follows, most urgent first."""
    payload: str
    """What the QR code says: a link, or a short plain text with its day."""
    is_link: bool
    phone: str
    on: date

    def qr(self, rows: int) -> QR:
        """The code; raises `TooLong` where it does not fit so many terminal rows."""
        return encode(self.payload, rows)


class Cards:
    """Make cards."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def card(self, household_id: str) -> Card:
        """A household's card as of today; raises `UnknownDoor` where there is no such household."""
        workspace = self._workspace
        household = workspace.community.household(household_id)
        if household is None:
            raise UnknownDoor(household_id)
        today = workspace.today()
        followed = [c for c in workspace.community.cases_at(household.dwelling) if household.id in c.followers]
        cases = sorted(followed, key=lambda case: (urgency_of(case, today), case.main.order))
        phone = str(workspace.community.settings.get("office_phone", ""))
        base = str(workspace.community.settings.get("base_url", ""))
        if base and household.token and household.consent == "all":
            return Card(household, tuple(cases), case_url(base, household.token), True, phone, today)
        lines = [CaseLine(own_number(case, household.id), case.status.value) for case in cases]
        return Card(household, tuple(cases), snapshot_text(lines, today, phone), False, phone, today)

    def give_token(self, household: Household) -> None:
        """Make a household's token, if it has none and agreed to a page."""
        if not household.token and household.consent == "all":
            self._workspace.write("token", {"household": household.id, "token": new_token()})

    def picture(self, card: Card, path: Path) -> Path:
        """Save a card's code as PNG; raises `SaveFailed`."""
        replace_whole(path, png(card.qr(rows=200)))
        return path


def own_number(case: Case, household: str) -> str:
    """The number under which a household's own report was taken; the case's where it has joined another's."""
    for issue in case.issues:
        if issue.reports and issue.reports[0].follower == household:
            return issue.number
    return case.number
