"""The Textual application: opens on Today and pushes screens; every screen gets the one workspace from here.

Only what Today needs is imported at the top: a start is mostly imports. The rest is imported where it is first used,
and by `warm_up` while the first screen is being read.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import date
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual import events, on, work
from textual.app import App
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.worker import Worker, WorkerState

from screens.frame import Keys, ZhubaoScreen
from screens.today import TodayScreen
from storage.errors import StorageError
from storage.record import Ref
from zhubao_tui.border import clean
from zhubao_tui.i18n import _, language
from zhubao_tui.idle import monotonic
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.board import Today
from zhubao_tui.workspace.casework import Casework, MoveRefused
from zhubao_tui.workspace.errors import CountsOnly, DraftUnusable
from zhubao_tui.workspace.exchanging import Exchanging
from zhubao_tui.workspace.inbox_watch import InboxWatch
from zhubao_tui.workspace.reliance import Reliance
from zhubao_tui.workspace.reporting import Reporting
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.spot import Spot
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import ShutOut, Workspace

if TYPE_CHECKING:
    from screens.find import Found
    from screens.host import Host
    from screens.issue_dialog import TakenDown
    from storage.drafts import Draft
    from storage.intake import Trouble
    from zhubao_tui.workspace.cards import Cards
    from zhubao_tui.workspace.deduplication import Deduplication
    from zhubao_tui.workspace.interviewing import Interviewing
    from zhubao_tui.workspace.pages_here import PagesHere
    from zhubao_tui.workspace.session import InterviewSession

LATER = (
    "screens.building", "screens.door", "screens.interview", "screens.issue_dialog", "screens.card", "screens.case",
    "screens.issues", "screens.find", "screens.verify", "screens.exchange", "screens.buildings", "screens.merge",
    "zhubao_tui.workspace.interviewing", "zhubao_tui.workspace.deduplication", "zhubao_tui.workspace.cards",
)  # fmt: skip
"""Modules that are imported beside the first screen, in the order in which a half-day needs them."""
SAID_FOR = 6.0
"""Seconds that a message stands unless it says otherwise."""
LOCK_MINUTES = 10
"""Minutes without a key after which a sealed workspace locks its screen, unless a setting says otherwise."""
LOOK_AROUND = 2.0
"""Seconds between looks at `store/` and `inbox/` for what others wrote."""


class ZhubaoApp(App[None]):
    """One workspace on one terminal."""

    CSS_PATH = "../screens/common.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "zhubao"

    def __init__(self, workspace: Workspace, *, wide_signs: bool = False) -> None:
        """Show a workspace; `wide_signs` where the terminal draws signs of ambiguous width two cells wide."""
        super().__init__()
        self.workspace = workspace
        self.wide_signs = wide_signs
        self.survey = Survey(workspace)
        self.today = Today(workspace, self.survey)
        self.reporting = Reporting(workspace)
        self.casework = Casework(workspace)
        self.exchanging = Exchanging(workspace)
        self.reliance = Reliance(workspace)
        self.farewell = ""
        """What is said once the screen is left; empty where nothing was opened for writing."""
        self._drawn: tuple[int, date] | None = None
        """Version of the Community and day that the screen was last drawn for."""
        self._said: tuple[str, SeverityLevel] = ("", "information")
        self._said_number = 0
        self._touched = monotonic()
        """When a key was last pressed, by the system's own clock."""
        self._locked = False
        self.inbox_watch = InboxWatch(workspace.folder / "inbox", self.look_around)
        self._spot = Spot(workspace, self._pages_over, self._handle_exception)

    @property
    def pages(self) -> PagesHere | None:
        """Case pages that are served from here now."""
        return self._spot.pages

    @cached_property
    def interviewing(self) -> Interviewing:
        """Begin and resume interviews."""
        from zhubao_tui.workspace.interviewing import Interviewing

        return Interviewing(self.workspace, language())

    @cached_property
    def deduplication(self) -> Deduplication:
        """Suggest twins, write down what leads decide."""
        from zhubao_tui.workspace.deduplication import Deduplication

        return Deduplication(self.workspace)

    @cached_property
    def cards(self) -> Cards:
        """Make case cards."""
        from zhubao_tui.workspace.cards import Cards

        return Cards(self.workspace)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        if not self.wide_signs:
            return filters
        from screens.terminal import NarrowSigns

        return [*filters, NarrowSigns()]

    def on_mount(self) -> None:
        self.push_screen(TodayScreen())
        if self.workspace.read_only:
            holder = self.workspace.holder
            words = _("另一个程序正开着这个工作区（{holder}），这里只能看。").format(holder=holder)
            words = words if holder else _("这个文件夹不能写，这里只能看。")
            self.notify(words, severity="warning", timeout=10, markup=False)
        elif self._must_ask_who():
            self.choose_person()
        elif self.workspace.shut_out:
            self.tell(ShutOut())
        for trouble in self.workspace.troubles()[:3]:
            self.tell_trouble(trouble)
        for words in wording.unreadable_drafts(self.workspace.drafts)[:3]:
            self.notify(words, severity="warning", timeout=10, markup=False)
        self.set_interval(LOOK_AROUND, self.look_around)
        self.set_interval(LOOK_AROUND, self.lock_if_idle)
        self.call_after_refresh(self.started)

    def _must_ask_who(self) -> bool:
        """Nobody is known yet, or several share this laptop and nobody has said which of them it is today."""
        workspace = self.workspace
        return workspace.me is None or (not workspace.chosen and len(workspace.people_here()) > 1)

    def started(self) -> None:
        """The first screen is drawn: what was loaded for it stays, so no search for garbage need look at it again."""
        gc.freeze()
        self.warm_up()
        self.reckon_holding()

    @work(thread=True, name="warm_up")
    def warm_up(self) -> None:
        """Import what the next keys will need, so that they need not wait for it."""
        for name in LATER:
            if not self.is_running:
                return
            import_module(name)

    @on(Worker.StateChanged)
    def warmed_up(self, event: Worker.StateChanged) -> None:
        """What the next keys need is there; only then the watch is set up."""
        if event.worker.name == "warm_up" and event.state is WorkerState.SUCCESS:
            self.inbox_watch.begin()

    @work(thread=True, name="reckon_holding")
    def reckon_holding(self) -> None:
        """Reckon once what only this laptop has, beside the screen; then it is kept up."""
        self.reliance.only_here()

    @on(Worker.StateChanged)
    def holding_reckoned(self, event: Worker.StateChanged) -> None:
        if event.worker.name == "reckon_holding" and event.state is WorkerState.SUCCESS:
            self.draw_again()
            self.warn_of_double()

    def warn_of_double(self) -> None:
        """Say so where it is this laptop that should take a new id."""
        if self.reliance.must_renew:
            self.notify(self.reliance.double(), severity="warning", timeout=15, markup=False)

    def draw_again(self) -> None:
        """Have the screen drawn from what is known now; one that is only being put up draws itself when it is there."""
        if self.is_running and isinstance(self.screen, ZhubaoScreen) and self.screen.is_mounted:
            self.screen.draw_frame()
            self.screen.refresh_view()

    def look_around(self) -> None:
        """Take in what arrived by file copy, and have the screen drawn anew if anything did."""
        if not self.is_running:  # it is being left: the next start takes it in
            return
        try:
            intake = self.workspace.look_around()
        except StorageError as error:
            self.tell(error)
            return
        if self.workspace.has_own(intake):
            self.warn_of_double()
        for trouble in intake.troubles[:3]:
            self.tell_trouble(trouble)
        now = (self.workspace.version, self.workspace.today())
        if self._drawn != now:
            self._drawn = now
            self.draw_again()

    def tell_trouble(self, trouble: Trouble) -> None:
        """Say what is wrong with a file, and whose it is."""
        words = wording.trouble(trouble, self.workspace.whose(trouble))
        self.notify(words, severity="warning", timeout=8, markup=False)

    def tell(self, error: Exception) -> None:
        """Say what went wrong and what to do; an error that is not ours goes on."""
        words = sentence(error)
        if words is None:
            raise error
        self.notify(words, severity="error", timeout=8, markup=False)

    # -- saying things

    @property
    def said(self) -> tuple[str, SeverityLevel]:
        """What is to be said now, and how grave it is; empty words: nothing."""
        return self._said

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in the status line, for a while; on whatever screen is on top by then."""
        self._say(f"{title} {message}".strip(), severity)
        self.set_timer(timeout or SAID_FOR, partial(self._unsay, self._said_number))

    def _unsay(self, number: int) -> None:
        """Take a message away, unless another one has come since."""
        if number == self._said_number:
            self._say("", "information")

    def _say(self, words: str, severity: SeverityLevel) -> None:
        self._said, self._said_number = (words, severity), self._said_number + 1
        if isinstance(self.screen, Keys):
            self.screen.show_status()

    # -- who

    def hide(self) -> None:
        """Show nothing until a key is pressed or, in a sealed workspace, the passphrase is given."""
        if not self.workspace.sealed:
            from screens.frame import HiddenScreen

            self.push_screen(HiddenScreen())
        elif not self._locked:
            from screens.unlock import LockScreen

            self._locked = True
            self.push_screen(LockScreen(self.workspace.folder, self.workspace.person), self._unlocked)

    def _unlocked(self, _identity: object) -> None:
        self._locked, self._touched = False, monotonic()

    async def on_event(self, event: events.Event) -> None:
        """Whoever presses keys or moves the mouse is here."""
        if isinstance(event, events.InputEvent):
            self._touched = monotonic()
        await super().on_event(event)

    def lock_if_idle(self) -> None:
        """In a sealed workspace: hide everything once nobody has touched anything for a while."""
        minutes = self.workspace.community.settings.get("lock_minutes")
        limit = minutes if isinstance(minutes, int) and minutes > 0 else LOCK_MINUTES
        if self.workspace.sealed and monotonic() - self._touched > limit * 60:
            self.hide()

    def choose_person(self) -> None:
        """Ask who is at the keyboard."""
        from screens.who import WhoScreen

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is None:
                if self.workspace.me is None:
                    self.exit()
                return
            self._last_taken = None
            try:
                self.workspace.sit_down(*answer)
            except (ValueError, StorageError) as error:
                self.tell(error)
                self.choose_person()
            self.draw_again()

        self.push_screen(WhoScreen(), chosen)

    # -- where to

    def open_buildings(self) -> None:
        """The list of buildings."""
        from screens.buildings import BuildingsScreen

        self.push_screen(BuildingsScreen())

    def open_building(self, building_id: str, door: str = "") -> None:
        """One building, at a door."""
        from screens.building import BuildingScreen

        self.push_screen(BuildingScreen(building_id, door))

    def open_door(self, dwelling_id: str) -> None:
        """Knock: what came of it, or the interview."""
        from screens.door import DoorScreen

        dwelling = self.workspace.community.dwellings.get(dwelling_id)
        if dwelling is not None:
            self.push_screen(DoorScreen(dwelling_id))

    def open_issues(self) -> None:
        """The list of cases."""
        from screens.issues import IssuesScreen

        if self.may_see_cases():
            self.push_screen(IssuesScreen())

    def may_see_cases(self) -> bool:
        """Whether I may see cases one by one; says so where I may not."""
        if not self.workspace.sees_cases:
            self.tell(CountsOnly())
        return self.workspace.sees_cases

    def open_case(self, issue: Ref | None) -> None:
        """One case."""
        from screens.case import CaseScreen

        case = self.workspace.community.case_of(issue) if issue else None
        if case is None:
            self.notify(_("这件事还没有传到这里。"), severity="warning", markup=False)
        elif self.may_see_cases():
            self.push_screen(CaseScreen(case.main.ref))

    def open_merge(self) -> None:
        """The merge desk, for leads."""
        from screens.merge import MergeScreen

        if self.workspace.is_lead:
            self.push_screen(MergeScreen())
        else:
            self.notify(_("并案由组长或队长来办；记问题时可以直接并入。"), severity="warning", markup=False)

    def open_exchange(self) -> None:
        """Exchange with a folder."""
        from screens.exchange import ExchangeScreen

        if not any(isinstance(screen, ExchangeScreen) for screen in self.screen_stack):
            self.push_screen(ExchangeScreen())

    def open_verify(self) -> None:
        """Look at the whole workspace for what is wrong."""
        from screens.verify import VerifyScreen

        self.push_screen(VerifyScreen())

    def renew_identity(self) -> None:
        """Ask whether this laptop should take a new id."""
        from screens.pick import PickScreen

        def chosen(answer: str | None) -> None:
            if answer != "yes":
                return
            try:
                number = self.workspace.renew_identity()
            except (StorageError, MoveRefused) as error:
                self.tell(error)
                return
            words = _("这台电脑换了新身份，是 {number} 号。以前记下的都还算它的。").format(number=number)
            self.notify(words, timeout=10, markup=False)
            self.draw_again()

        choices = [("no", _("先不换")), ("yes", _("换：这台电脑从现在起用新身份，以前记下的都还算它的"))]
        self.push_screen(PickScreen(_("给这台电脑换新身份？只在两台用着同一个身份时换其中一台。"), choices), chosen)

    def open_people(self) -> None:
        """People and laptops, for team leads of a sealed workspace."""
        from screens.people import PeopleScreen

        self.push_screen(PeopleScreen())

    def open_card(self, household_id: str) -> None:
        """A household's case card."""
        from screens.card import CardScreen

        if self.may_see_cases():
            self.push_screen(CardScreen(household_id))

    def open_privacy(self) -> None:
        """Consents, erasures, retention; for leads."""
        from screens.privacy import PrivacyScreen

        if self.workspace.is_lead:
            self.push_screen(PrivacyScreen())
        else:
            self.notify(_("个人信息台账由组长、队长看。"), severity="warning", markup=False)

    def open_serve(self) -> None:
        """Case pages from this laptop; for leads."""
        from screens.serve import ServeScreen

        self.push_screen(ServeScreen())

    def start_serving(self, host: str) -> None:
        """Serve case pages at an address, in place of what was served before; raises `AddressTaken`."""
        self.stop_serving()
        self._spot.start(host)
        self.cards.served_at = self._spot.address

    def stop_serving(self) -> None:
        """Serve no pages any more."""
        if self.pages is not None:
            self._spot.stop()
            self.cards.served_at = ""

    def _pages_over(self) -> None:
        """The time was up, or something went wrong."""
        self.cards.served_at = ""
        self.notify(_("办件页停了：到时间了。要再开，请到“现场看办件页”。"), timeout=10, markup=False)

    def take_over(self, proposal: Ref) -> None:
        """What a household wrote down on its page: as a report, or put aside."""
        from screens.take_over import TakeOverDialog
        from zhubao_tui.workspace.proposals import Proposals

        if not self.workspace.may_write:
            self.notify(_("这里现在不能记问题。"), severity="warning", markup=False)
            return
        try:
            found = Proposals(self.workspace).find(proposal)
        except MoveRefused:
            self.notify(_("这件已经有人看过了。"), markup=False)
            self.draw_again()
        else:
            self.push_screen(TakeOverDialog(found), self._taken_over)

    def _taken_over(self, taken: TakenDown | None) -> None:
        """What it became is no slip of the finger: it is not undone by one key."""
        if taken is not None:
            self.notify(taken.words, timeout=6, markup=False)
        self.draw_again()

    def withdraw_consent(self, household_id: str) -> None:
        """A household takes its consent back."""
        from screens.privacy import WithdrawDialog

        if not self.workspace.may_write:
            self.notify(_("这里现在不能记走访。"), severity="warning", markup=False)
            return
        self.push_screen(WithdrawDialog(household_id), lambda _done: self.draw_again())

    def find(self) -> None:
        """Find a door, a household, a case."""
        from screens.find import FindScreen

        def found(answer: Found | None) -> None:
            if answer is None:
                return
            if answer.kind == "door":
                dwelling = self.workspace.community.dwellings.get(answer.name)
                if dwelling is not None:
                    self.open_building(dwelling.address.building_id, dwelling.id)
            else:
                self.open_case(Ref.parse(answer.name))

        self.push_screen(FindScreen(), found)

    # -- doing

    def interview(self, dwelling_id: str, *, by_phone: bool = False) -> None:
        """Begin an interview, or go on with the one that waits at this door."""
        dwelling = self.workspace.community.dwellings[dwelling_id]
        waiting = self.interviewing.waiting(dwelling)
        if waiting is not None:
            self.resume(waiting)
            return
        try:
            session = self.interviewing.begin(dwelling, by_phone=by_phone)
        except (StorageError, ValueError) as error:
            self.tell(error)
        else:
            self._interview(session)

    def resume(self, draft: Draft) -> None:
        """Go on with an unfinished interview."""
        try:
            session = self.interviewing.resume(draft)
        except DraftUnusable as error:
            self.tell(error)
        else:
            self._interview(session)

    def _interview(self, session: InterviewSession) -> None:
        from screens.interview import InterviewScreen

        def ended(household_id: str | None) -> None:
            if household_id:
                self.open_card(household_id)

        # asked from the app itself: the answer goes to whoever asked, and the door's screen is gone by then
        self.call_later(self.push_screen, InterviewScreen(session), ended)

    def take_down(self, dwelling_id: str) -> None:
        """F4: an issue, with the door at hand."""
        from screens.issue_dialog import IssueDialog

        if not self.workspace.may_write:
            self.notify(_("这里现在不能记问题。"), severity="warning", markup=False)
            return
        self.push_screen(IssueDialog(dwelling_id), self.taken_down)

    def taken_down(self, taken: TakenDown | None) -> None:
        """Say what was written, and keep Ctrl+Z ready for it."""
        if taken is None:
            return
        self._last_taken = taken.ref
        self.notify(_("{what} Ctrl+Z 撤销。").format(what=taken.words), timeout=6, markup=False)

    _last_taken: Ref | None = None

    def undo_taken(self) -> bool:
        """Take the report or support that was just written back; says whether there was one."""
        if self._last_taken is None:
            return False
        try:
            self.reporting.undo(self._last_taken)
        except (MoveRefused, StorageError) as error:
            self.tell(error)
        else:
            self._last_taken = None
            self.notify(_("已撤销。"), markup=False)
        self.draw_again()
        return True

    # -- the end

    async def action_quit(self) -> None:
        """What runs beside a screen stops first: what it has brought must take effect before the workspace is closed."""
        for screen in self.screen_stack:
            if isinstance(screen, ZhubaoScreen):
                screen.stop_and(partial(self._left, screen))
                return

    def _left(self, screen: ZhubaoScreen[Any]) -> None:
        """One screen has nothing running; ask the next one, or leave."""
        rest = self.screen_stack[self.screen_stack.index(screen) + 1 :] if screen in self.screen_stack else []
        for other in rest:
            if isinstance(other, ZhubaoScreen):
                other.stop_and(partial(self._left, other))
                return
        self.exit()

    def action_help_quit(self) -> None:
        """Ctrl+C: people press it to copy, too, so it only says how one leaves."""
        self.notify(_("要退出，请按 Ctrl+Q；或按 Esc 看全部能做的事。"), markup=False)

    @property
    def failure(self) -> Exception | None:
        """What stopped the app unexpectedly, if anything did."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """As Textual's own, but no traceback (it would show local variables, names among them) reaches the terminal."""
        super()._handle_exception(error)
        self._exit_renderables.clear()

    async def on_unmount(self) -> None:
        self.inbox_watch.end()
        self.stop_serving()
        await self._spot.ended()
        if not self.workspace.read_only and self.failure is None:
            self.farewell = self.reliance.farewell()
        self.workspace.close()


def run(workspace: Workspace) -> None:
    """Run the app on a workspace until somebody leaves it; raises what stopped it unexpectedly."""
    from screens.terminal import draws_wide_signs

    app = ZhubaoApp(workspace, wide_signs=draws_wide_signs())
    app.run()
    if app.failure is not None:
        raise app.failure
    if app.farewell:
        sys.stdout.write(f"{clean(app.farewell)}\n")


if TYPE_CHECKING:

    def _is_a_host(app: ZhubaoApp) -> Host:
        return app
