"""Taking over (接过来): what a household wrote down on its page becomes a report, or is put aside with a note."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual.binding import Binding

from storage.errors import StorageError
from storage.record import Ref
from zhubao_tui.border import clean
from zhubao_tui.community.doors import Proposal
from zhubao_tui.community.issues import Case
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.proposals import Proposals
from zhubao_tui.workspace.reporting import NewReport

from .fields import OneOf, Words
from .frame import Hint
from .issue_dialog import IssueDialog
from .words_dialog import WordsDialog


class TakeOverDialog(IssueDialog):
    """The issue dialog, filled with what the household wrote; Esc leaves that waiting."""

    HELP_TEXT = N_(
        "住户在办件页上自己写的事：看一看，地方、类别、多急要您定。Ctrl+S 记成这户的反映；↓ 到列表里，Enter 并入已有的那件；"
        "不该记的按 F8 写明为什么。Esc 先放着，以后再看。"
    )
    HINTS = (*IssueDialog.HINTS, Hint("F8", N_("不记，写明为什么"), "put_aside"))
    BINDINGS = [Binding("f8", "put_aside", show=False, priority=True)]

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal.household.partition("#")[0], self._take_over, self._join, agreed=True)
        self._proposal = proposal
        self._shown = clean(proposal.words, lines=True)

    def _heading(self) -> Text:
        title = Text(_("住户自己写的"), style="bold")
        return title.append(f" · {clean(self._dwelling_id)}   ").append(_("F8 不记，写明为什么"), "dim")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#words", Words).put(self._shown)
        self.query_one("#level", OneOf).value = self._proposal.level
        self.words_changed()

    def written(self) -> str:
        words = super().written()
        return "" if words == self._shown else words

    def new_report(self) -> NewReport:
        """As the fields have it, of the household that wrote it, in its own words unless they were changed here."""
        new = super().new_report()
        words = self._proposal.words if new.words == self._shown else new.words
        return replace(new, words=words, household=self._proposal.household)

    def _take_over(self, new: NewReport) -> Ref:
        return Proposals(self.zhubao.workspace).take_over(self._proposal, new)

    def _join(self, case: Case, words: str) -> Ref:
        return Proposals(self.zhubao.workspace).join(self._proposal, case, words)

    def action_put_aside(self) -> None:
        """It becomes no report: say why."""
        self.app.push_screen(WordsDialog(_("为什么不记？（五个字以上）")), self._put_aside)

    def _put_aside(self, note: str | None) -> None:
        if not note:
            return
        try:
            Proposals(self.zhubao.workspace).put_aside(self._proposal, note)
        except (MoveRefused, StorageError) as error:
            self.zhubao.tell(error)
        else:
            self.app.notify(_("记下了，不作反映。"), markup=False)
            self.dismiss(None)
