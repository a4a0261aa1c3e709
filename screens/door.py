"""A door (敲门): an outcome first; the interview begins from here, and what was just saved can be corrected."""

from __future__ import annotations

from datetime import date, timedelta

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.community.doors import Dwelling, Proposal, Visit
from zhubao_tui.community.outcomes import OUTCOMES, TRIES, fruitless_tries
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording

from .frame import Hint, ZhubaoScreen
from .pick import PickScreen
from .text import cut

CHOICES = ("interviewed", "not_home", "unable", "refused", "rented", "moved", "vacant", "shop", "by_phone", "no_door")
"""In the order of their digits; 0 is the tenth. `partial` comes of itself when an interview is put down."""
AHEAD = 28
"""Days ahead that may be agreed: the four tries lie within so many."""
INTERVIEWS = ("interviewed", "by_phone")


class DoorScreen(ZhubaoScreen[None]):
    """What came of a try at one door."""

    CSS_PATH = "door.tcss"
    HELP_TEXT = N_(
        "敲门：先说结果。1 开始访谈（或接着上次没访完的）；其余数字记下结果就回到楼栋。"
        "今天已经记过的，再选一次就是更正。F4 记问题，F9 便民卡。"
    )
    HINTS = (
        Hint("0-9", N_("结果")),
        Hint("Enter", N_("选定")),
        Hint("F4", N_("记问题"), "take_down"),
        Hint("F9", N_("便民卡"), "card"),
        Hint("Ctrl+Z", N_("撤销"), "undo"),
        Hint("Esc", N_("全部"), "menu"),
    )
    BINDINGS = [Binding("f9", "card", show=False), Binding("ctrl+z", "undo", show=False)]

    def __init__(self, dwelling_id: str) -> None:
        super().__init__()
        self._dwelling_id = dwelling_id
        self._sure = ""
        """Outcome that was chosen once although it takes an interview of today away."""

    def subject(self) -> ComposeResult:
        with VerticalScroll(id="about"):
            yield Static("", id="facts", markup=False)
        yield Static(Text(_("今天怎么样？"), style="bold"), id="ask", markup=False)
        yield OptionList(id="outcomes", markup=False)

    def on_mount(self) -> None:
        self.query_one("#outcomes").focus()

    def where(self) -> str:
        return self._dwelling_id

    def menu(self) -> list[Hint]:
        own = [Hint("", N_("约好再来的日子"), "agree"), Hint("", N_("换了住户（新住户入住）"), "moved_in"),
               Hint("", N_("撤回同意"), "withdraw"), Hint("", N_("个人信息"), "privacy")]  # fmt: skip
        return [*super().menu(), *own]

    def door_at_hand(self) -> str:
        return self._dwelling_id

    @property
    def _dwelling(self) -> Dwelling | None:
        """The door; `None` where the records that made it no longer count."""
        return self.zhubao.workspace.community.dwellings.get(self._dwelling_id)

    def refresh_view(self) -> None:
        dwelling = self._dwelling
        if dwelling is None:
            self.query_one("#facts", Static).update(Text(_("这扇门已不在门牌册里了。")))
            self.query_one("#outcomes", OptionList).clear_options()
            return
        self.query_one("#facts", Static).update(self._facts(dwelling))
        options = self.query_one("#outcomes", OptionList)
        here = options.highlighted or 0
        options.clear_options()
        drafted = dwelling.id in self.zhubao.survey.drafted()
        for number, code in enumerate(CHOICES, start=1):
            rule = OUTCOMES[code]
            name = _(wording.OUTCOMES[code])
            if code == "interviewed":
                name = _("在家，接着上次没访完的访谈") if drafted else _("在家，开始访谈")
            options.add_option(Option(Text.assemble((f"{number % 10}", "bold"), f"  {rule.sign} {name}")))
        for one in self._proposals(dwelling):
            words = _("住户自己写的，等您看：{words}").format(words=cut(one.words, 40))
            options.add_option(Option(Text.assemble((" ? ", "bold yellow"), words)))
        options.highlighted = here

    def _proposals(self, dwelling: Dwelling) -> list[Proposal]:
        """What who lives here wrote down on its page, for whoever may write it down as a report."""
        return dwelling.household.proposals if self.zhubao.survey.may_see_names(dwelling) else []

    def _facts(self, dwelling: Dwelling) -> Text:
        workspace, survey = self.zhubao.workspace, self.zhubao.survey
        household = dwelling.household
        lines: list[Text] = []
        if survey.may_see_names(dwelling):
            who = "  ".join(clean(part) for part in (household.name, household.phone) if part)
            lines.append(Text(who or _("（还不知道住的是谁）"), style="bold"))
        if household.withdrawals:
            lines.append(Text(_("这户撤回了同意：以前说的不再使用。"), style="yellow"))
        if household.number > 1:
            lines.append(Text(_("这扇门的第 {number} 户").format(number=household.number)))
        lines += [self._visit(visit) for visit in reversed(household.visits[-4:])]
        for case in workspace.community.cases_at(dwelling.id) if workspace.sees_cases else ():
            kind = wording.category(case.main.category, case.main.category_word)
            status = _(wording.STATUSES[case.status])
            lines.append(Text(f"● {clean(case.number)}  {kind}  {status}  {wording.households(case)}"))
        today = survey.today_visit(dwelling)
        if today is not None:
            outcome = _(wording.OUTCOMES[today.outcome])
            lines.append(Text(_("今天已记：{outcome}。再选一次就是更正。").format(outcome=outcome), style="yellow"))
        elif fruitless_tries(household.visits) >= TRIES:
            lines.append(Text(_("已经四次没遇到人：请组长决定怎么办，先别再敲。"), style="yellow"))
        return Text("\n").join(lines or [Text(_("还没有来过。"), style="dim")])

    def _visit(self, visit: Visit) -> Text:
        reliance = self.zhubao.reliance
        day = wording.day(visit.on, self.zhubao.workspace.today())
        line = Text(f"{day} {clean(visit.time)}  {_(wording.OUTCOMES[visit.outcome])}")
        for words, style in ((reliance.mark(visit.ref), "yellow"), (reliance.held_line(visit.ref), "dim")):
            if words:
                line.append(f"  {words}", style)
        return line

    # -- choosing

    def digit(self, digit: int) -> bool:
        self.choose(CHOICES[(digit or 10) - 1])
        return True

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option_index < len(CHOICES):
            self.choose(CHOICES[event.option_index])
        elif self._dwelling is not None and self.listens:
            self.zhubao.take_over(self._proposals(self._dwelling)[event.option_index - len(CHOICES)].ref)

    def choose(self, outcome: str) -> None:
        """Write the outcome down, or begin the interview."""
        if not self.listens:
            return
        if not self.zhubao.workspace.may_write or self._dwelling is None:
            self.app.notify(_("这里现在不能记走访。"), severity="warning", markup=False)
        elif outcome in INTERVIEWS:
            self.dismiss(None)
            self.zhubao.interview(self._dwelling_id, by_phone=outcome == "by_phone")
        else:
            self._record(outcome)

    def _record(self, outcome: str, again: date | None = None) -> None:
        survey = self.zhubao.survey
        dwelling = self._dwelling
        if dwelling is None:
            return
        before = survey.today_visit(dwelling)
        if before is not None and before.outcome in INTERVIEWS and self._sure != outcome:
            self._sure = outcome
            words = _("今天已经访谈过。真要改成“{outcome}”，再选一次。").format(outcome=_(wording.OUTCOMES[outcome]))
            self.app.notify(words, severity="warning", markup=False)
            return
        try:
            survey.record_visit(dwelling, outcome, again=again, corrects=before.ref if before else None)
        except StorageError as error:
            self.zhubao.tell(error)
            return
        words = _("{door} 记为{outcome}。").format(
            door=wording.door(dwelling.address), outcome=_(wording.OUTCOMES[outcome])
        )
        if again is not None:
            words += " " + _("约好{day}再来。").format(day=wording.day(again))
        self.app.notify(words, timeout=3, markup=False)
        self.dismiss(None)

    def action_agree(self) -> None:
        """The household or a neighbour said when to come again: the outcome under the cursor, with that day."""
        if not self.zhubao.workspace.may_write:
            self.app.notify(_("这里现在不能记走访。"), severity="warning", markup=False)
            return
        here = self.query_one("#outcomes", OptionList).highlighted or 0
        outcome = CHOICES[here] if here < len(CHOICES) else "not_home"
        outcome = "not_home" if outcome in INTERVIEWS else outcome
        today = self.zhubao.workspace.today()
        days = [today + timedelta(days=ahead) for ahead in range(1, AHEAD + 1)]
        choices = [(day.isoformat(), f"{wording.day(day)}  {wording.weekday(day)}") for day in days]

        def chosen(day: str | None) -> None:
            if day is not None:
                self._record(outcome, date.fromisoformat(day))

        title = _("{outcome}，约哪天再来").format(outcome=_(wording.OUTCOMES[outcome]))
        self.app.push_screen(PickScreen(title, choices), chosen)

    def action_card(self) -> None:
        dwelling = self._dwelling
        if dwelling is not None:
            self.zhubao.open_card(dwelling.household.id)

    def action_undo(self) -> None:
        if not self.zhubao.undo_taken():
            self.app.notify(_("没有可撤销的。走访结果再选一次就是更正。"), markup=False)

    def action_withdraw(self) -> None:
        dwelling = self._dwelling
        if dwelling is not None:
            self.zhubao.withdraw_consent(dwelling.household.id)

    def action_privacy(self) -> None:
        self.zhubao.open_privacy()

    def action_moved_in(self) -> None:
        """A new household lives here."""
        dwelling = self._dwelling
        if dwelling is None or not self.zhubao.workspace.may_write:
            self.app.notify(_("这里现在不能记走访。"), severity="warning", markup=False)
            return
        try:
            self.zhubao.survey.moved_in(dwelling)
        except StorageError as error:
            self.zhubao.tell(error)
        self.refresh_view()
