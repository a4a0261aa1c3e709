"""What a screen may ask of the app that pushed it: the workspace's services, and where to go next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # importing all services is most of a start
    from storage.drafts import Draft
    from storage.record import Ref
    from zhubao_tui.workspace.board import Today
    from zhubao_tui.workspace.cards import Cards
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.deduplication import Deduplication
    from zhubao_tui.workspace.exchanging import Exchanging
    from zhubao_tui.workspace.pages_here import PagesHere
    from zhubao_tui.workspace.reliance import Reliance
    from zhubao_tui.workspace.reporting import Reporting
    from zhubao_tui.workspace.survey import Survey
    from zhubao_tui.workspace.workspace import Workspace


class Host(Protocol):
    """The app, as screens know it."""

    workspace: Workspace
    survey: Survey
    today: Today
    reporting: Reporting
    casework: Casework
    exchanging: Exchanging
    reliance: Reliance
    wide_signs: bool
    """The terminal draws signs of ambiguous width two cells wide: Han signs and ASCII frames stand in for them."""

    @property
    def deduplication(self) -> Deduplication:
        """Suggest twins, write down what leads decide."""

    @property
    def cards(self) -> Cards:
        """Make case cards."""

    @property
    def pages(self) -> PagesHere | None:
        """Case pages that are served from here now."""

    @property
    def said(self) -> tuple[str, str]:
        """What is to be said now, and how grave it is: `information`, `warning`, `error`; empty words: nothing."""

    def tell(self, error: Exception) -> None:
        """Say what went wrong and what to do; an error that is not ours goes on."""

    def hide(self) -> None:
        """Show nothing until a key is pressed or, in a sealed workspace, the passphrase is given."""

    def choose_person(self) -> None:
        """Ask who is at the keyboard."""

    def open_buildings(self) -> None:
        """The list of buildings."""

    def open_building(self, building_id: str, door: str = "") -> None:
        """One building, at a door."""

    def open_door(self, dwelling_id: str) -> None:
        """Knock: what came of it, or the interview."""

    def open_issues(self) -> None:
        """The list of cases."""

    def open_case(self, issue: Ref | None) -> None:
        """One case."""

    def open_merge(self) -> None:
        """The merge desk, for leads."""

    def open_exchange(self) -> None:
        """Exchange with a folder."""

    def open_people(self) -> None:
        """People and laptops, for team leads of a sealed workspace."""

    def open_card(self, household_id: str) -> None:
        """A household's case card."""

    def open_verify(self) -> None:
        """Look at the whole workspace for what is wrong."""

    def renew_identity(self) -> None:
        """Ask whether this laptop should take a new id."""

    def open_privacy(self) -> None:
        """Consents, erasures, retention; for leads."""

    def open_serve(self) -> None:
        """Case pages from this laptop; for leads."""

    def start_serving(self, host: str) -> None:
        """Serve case pages at an address, in place of what was served before; raises `AddressTaken`."""

    def stop_serving(self) -> None:
        """Serve no pages any more."""

    def take_over(self, proposal: Ref) -> None:
        """What a household wrote down on its page: as a report, or put aside."""

    def withdraw_consent(self, household_id: str) -> None:
        """A household takes its consent back."""

    def find(self) -> None:
        """Find a door, a household, a case."""

    def interview(self, dwelling_id: str, *, by_phone: bool = False) -> None:
        """Begin an interview, or go on with the one that waits at this door."""

    def resume(self, draft: Draft) -> None:
        """Go on with an unfinished interview."""

    def take_down(self, dwelling_id: str) -> None:
        """F4: an issue, with the door at hand."""

    def undo_taken(self) -> bool:
        """Take the report or support that was just written back; says whether there was one."""
