"""Case cards (便民卡): what a household takes away from the doorstep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from storage.files import replace_whole
from zhubao_tui.border import clean
from zhubao_tui.casepage import LIMIT, QR, CaseLine, case_url, encode, new_token, png, snapshot_text
from zhubao_tui.community.doors import Household
from zhubao_tui.community.due import most_urgent_first
from zhubao_tui.community.issues import Case

from .errors import NoPage, NoSuchFolder
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
        self.served_at = ""
        """Where pages are served from this laptop right now, for others too; it comes before whoever hosts them."""

    def card(self, household_id: str, limit: int = LIMIT) -> Card:
        """A household's card as of today.

        Args:
            household_id: Whose.
            limit: Bytes of a plain text, where nobody hosts pages.

        Raises:
            UnknownDoor: There is no such household.
        """
        workspace = self._workspace
        household = workspace.community.household(household_id)
        if household is None:
            raise UnknownDoor(household_id)
        today = workspace.today()
        followed = [c for c in workspace.community.cases_at(household.dwelling) if household.id in c.followers]
        cases = most_urgent_first([] if household.withdrawals else followed, today)
        phone = office_phone(workspace)
        link = self._link(household)
        if link:
            return Card(household, tuple(cases), link, True, phone, today)
        lines = [CaseLine(own_number(case, household.id), case.status.value) for case in cases]
        return Card(household, tuple(cases), snapshot_text(lines, today, phone, limit), False, phone, today)

    def _link(self, household: Household) -> str:
        """The address of a household's page; empty where it has none, or nobody hosts pages."""
        base = self.served_at or self._workspace.community.settings.get("base_url")
        if not isinstance(base, str) or not base or not has_page(household):
            return ""
        try:
            return case_url(base, household.token)
        except ValueError:  # a setting of some other program, or a token that was made up
            return ""

    def give_token(self, household: Household) -> None:
        """Make a household's token, if it has none, agreed to a page and did not ask for none."""
        if not household.token and household.consent == "all" and not household.declined:
            self._workspace.write("token", {"household": household.id, "token": new_token()})

    def renew(self, household: Household) -> None:
        """A slip is lost: a new token, and whatever was given before opens nothing any more.

        Raises:
            NoPage: The household did not agree to a page.
        """
        if household.consent != "all":
            raise NoPage("the household did not agree to a page")
        body: dict[str, object] = {"household": household.id, "token": new_token(), "replaces": list(household.tokens)}
        self._workspace.write("token", body)

    def decline(self, household: Household) -> None:
        """The household asks not to have a page; a `renew` gives it one again."""
        body: dict[str, object] = {"household": household.id, "page": "declined", "replaces": list(household.tokens)}
        self._workspace.write("token", body)

    def picture(self, card: Card, path: Path) -> Path:
        """Save a card's code as PNG; raises `SaveFailed`, or `NoSuchFolder` where there is nowhere to put it."""
        if path.is_dir() or not path.parent.is_dir():
            raise NoSuchFolder(path.name if path.is_dir() else path.parent.name)
        replace_whole(path, png(card.qr(rows=200)))
        return path


def own_number(case: Case, household: str) -> str:
    """The number under which a household's own report was taken; the case's where it has joined another's."""
    for issue in case.issues:
        if issue.reports and issue.reports[0].follower == household:
            return issue.number
    return case.number


def has_page(household: Household) -> bool:
    """Whether a household has a case page: it agreed to one, and something opens it."""
    return bool(household.tokens) and household.consent == "all" and not household.declined


def office_phone(workspace: Workspace) -> str:
    """The community office's telephone as it may be shown; empty where none is set."""
    return clean(str(workspace.community.settings.get("office_phone", "")))
