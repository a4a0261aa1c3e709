"""Interview (访谈): one question, big; the rest of the form at the edge. Every answer is on disk before the next shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.interview import End, Missing, Question, RepeatPrompt, Reviewed, Verdict
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.session import NOTICE, InterviewSession, notice

from .fields import Words
from .frame import HelpScreen, Hint, ZhubaoScreen
from .issue_dialog import IssueDialog, TakenDown
from .outline import OutlineScreen
from .text import bar, cut
from .words_dialog import WordsDialog

ISSUE = "zhubao-issue"
SPECIALS = {"dk": N_("不清楚"), "na": N_("不愿说")}
FAULTS = {
    "type": N_("填得不对：请照题目要求填（数字、日期，或选项里的）。"),
    "required": N_("这一题要答。不知道按 F6，不愿说按 F7。"),
    "required_plain": N_("这一题要答。"),
    "constraint": N_("答案不合要求，请再核对。"),
    "special": N_("这一题不能这样答。"),
}
UNTIL_FINISHED = 3600
"""Seconds that what was joined or taken down stands in the status line, with the key that undoes it."""
SIDE_FROM = 100
"""Columns from which on the outline stands at the side."""


class Choices(OptionList):
    """The choices of a question; Enter where none is under the cursor chooses nothing and goes on."""

    def action_select(self) -> None:
        if self.highlighted is None:
            self.call_later(self.screen.run_action, "go_on")
        else:
            super().action_select()


NO_FURTHER = 0.9
"""Seconds after which no further digit of a number comes."""
CONSENT = "consent"
"""The question that the notice is read out before."""


class InterviewScreen(ZhubaoScreen[str]):
    """One household's interview; dismisses with the household's id when it was finished."""

    CSS_PATH = "interview.tcss"
    HELP_TEXT = N_(
        "访谈：一次一题。单选按数字就选定并到下一题；多选按数字勾选，Enter 到下一题；填空写完按 Enter。"
        "F6 不清楚，F7 不愿说，F8 备注，F2 目录（可跳到任何一题），Ctrl+P 或 ← 上一题。"
        "每个答案显示下一题之前就已存盘；按两次 Esc 先放下，下次从同一题接着访。"
    )
    BINDINGS = [
        Binding("f2", "outline", show=False),
        Binding("f6", "special('dk')", show=False),
        Binding("f7", "special('na')", show=False),
        Binding("f8", "remark", show=False),
        Binding("ctrl+p,pageup", "back", show=False, priority=True),
        Binding("left", "back", show=False),
        Binding("enter", "go_on", show=False),
        Binding("space", "tick", show=False),
        Binding("ctrl+z", "undo", show=False, priority=True),
    ]

    def __init__(self, session: InterviewSession) -> None:
        super().__init__()
        self._session = session
        self._typed = ""
        self._awaited = 0
        """Counts digits that another may follow."""
        self._last_report: TakenDown | None = None
        self._review: list[Missing | Reviewed] = []
        self._drawn = ""
        """Where in the form the screen stands: drawn again there, it keeps the cursor and what was typed."""
        self._unsaved: dict[str, str] = {}
        """What was typed into a field and left without Enter, by question."""

    # -- the frame

    def subject(self) -> ComposeResult:
        yield Static("", id="progress", markup=False)
        with Horizontal(id="body"):
            yield Static("", id="outline", markup=False)
            with Vertical(id="question"):
                with VerticalScroll(id="asked", can_focus=False):
                    yield Static("", id="label", markup=False)
                    yield Static("", id="hint", markup=False)
                    yield Static("", id="nearby", markup=False)
                yield Static("", id="fault", markup=False)
                yield Choices(id="choices", markup=False)
                yield Words(id="text")
                yield Static("", id="special", markup=False)

    def on_mount(self) -> None:
        self.draw_question()

    def where(self) -> str:
        form = self._session.interview.form
        return f"{self._session.dwelling.id} · {wording.form_title(form.id, form.title)}"

    def hints(self) -> list[Hint]:
        position = self._session.interview.position
        if isinstance(position, End):
            return [
                Hint("Enter", N_("完成并存好"), "go_on"), Hint("F2", N_("目录"), "outline"),
                Hint("PgUp", N_("上一题"), "back"), Hint("Esc", N_("全部，再按先放下"), "menu"),
            ]  # fmt: skip
        hints: list[Hint] = []
        if isinstance(position, Question) and position.choices:
            many = len(position.choices) > 9
            hints.append(Hint(f"01-{len(position.choices)}" if many else f"1-{len(position.choices)}", N_("选择")))
        hints += [Hint("Enter", N_("下一题"), "go_on"), Hint("PgUp", N_("上一题"), "back")]
        hints += [Hint("F2", N_("目录"), "outline"), Hint("F4", N_("记问题"), "take_down")]
        if isinstance(position, Question):
            hints.append(Hint("F8", N_("备注"), "remark"))
        hints.append(Hint("Esc", N_("全部，再按先放下"), "menu"))
        return hints

    def menu(self) -> list[Hint]:
        own = [Hint("Ctrl+Z", N_("撤销刚记的问题"), "undo")]
        position = self._session.interview.position
        if isinstance(position, Question) and position.specials_allowed:
            own += [Hint("F6", N_("不清楚"), "special('dk')"), Hint("F7", N_("不愿说"), "special('na')")]
        return [*super().menu(), *own]

    def leaving(self) -> str:
        return N_("先放下，下次接着访")

    def leave(self) -> None:
        refused = self._refused_in_field()
        if self._saved(self._session.put_down):
            words = _("先放下了。下次从这一题接着访。")
            if refused:
                words += " " + _("“{text}”不合要求，没有存。").format(text=refused)
            self.app.notify(clean(words), markup=False)
            self.dismiss(None)

    def _refused_in_field(self) -> str:
        """Take what stands in the field along; returns it where the question does not accept it."""
        position, field = self._session.interview.position, self.query_one("#text", Words)
        if not isinstance(position, Question) or not field.display or field.value in ("", clean(position.value)):
            return ""
        try:
            return "" if self._accepted(field.value).ok else field.value
        except StorageError as error:
            self.zhubao.tell(error)
            return field.value

    def door_at_hand(self) -> str:
        return self._session.dwelling.id

    # -- drawing

    def refresh_view(self) -> None:
        self.draw_question()

    def on_resize(self) -> None:
        super().on_resize()
        self.query_one("#outline").display = self.app.size.width >= SIDE_FROM

    def draw_question(self) -> None:
        """Draw the position at hand and put the cursor where the answer goes."""
        if not self.is_mounted:
            return
        position = self._session.interview.position
        here = "the end" if isinstance(position, End) else position.ref
        if here != self._drawn:
            self._keep_typed()
            self._say_beside("#fault", Text(""))
            self.query_one("#choices", OptionList).highlighted = None
        self._typed = ""
        self.query_one("#outline").display = self.app.size.width >= SIDE_FROM
        self._draw_progress()
        if isinstance(position, Question):
            self._draw(position)
        elif isinstance(position, RepeatPrompt):
            self._draw_prompt(position)
        else:
            self._draw_review()
        self._drawn = here
        self.draw_frame()

    def _draw_progress(self) -> None:
        number, total = self._session.interview.progress
        line = Text.assemble(
            ("● ", "green"), _("已存"), "  ", _("第 {number} / {total} 题").format(number=number, total=total)
        )
        line.append_text(Text("  ").append_text(bar(number / total if total else 1, 20)))
        signs = {"done": "✓", "current": "▸", "open": " ", "skipped": "–"}
        sections = self._session.interview.outline()
        here = next((section.title for section in sections if section.state == "current"), "")
        line.append("  " + cut(here, 24))
        self.query_one("#progress", Static).update(line)
        lines = [
            Text(f" {signs[section.state]} {cut(section.title, 20)}", style="bold" if section.title == here else "")
            for section in sections
        ]
        self.query_one("#outline", Static).update(Text("\n").join(lines))

    def _draw(self, question: Question) -> None:
        label = Text(clean(question.label, lines=True), style="bold")
        if question.required:
            label.append(" *", "red")
        self.query_one("#label", Static).update(label)
        self._say_beside("#hint", Text(clean(question.hint, lines=True), style="italic"))
        self._say_beside("#nearby", Text(""))
        self._draw_special(question)
        choices, field = self.query_one("#choices", OptionList), self.query_one("#text", Words)
        choices.display, field.display = bool(question.choices), not question.choices and not question.readonly
        if question.choices:
            self._draw_choices(question)
        elif not question.readonly:
            if self._drawn != question.ref:
                field.put(self._unsaved.pop(question.ref, clean(question.value)))
            field.focus()
        else:
            self.set_focus(None)

    def _keep_typed(self) -> None:
        """Another question is about to stand here: what was typed and not yet saved is kept for when one comes back."""
        field = self.query_one("#text", Words)
        saved = next((one.value for one in self._session.interview.review() if one.ref == self._drawn), "")
        if field.display and field.value and field.value != clean(saved):
            self._unsaved[self._drawn] = field.value

    def _say_beside(self, name: str, text: Text) -> None:
        """Fill a line of the question, or take it away where there is nothing to say."""
        line = self.query_one(name, Static)
        line.update(text)
        line.display = bool(text.plain)

    def _draw_choices(self, question: Question) -> None:
        several = question.control == "select"
        chosen = question.value.split() if several else [question.value]
        signs = ("[ ]", "[✓]") if several else ("( )", "(•)")
        digits = 2 if len(question.choices) > 9 else 1
        lines = [
            Text.assemble((f"{number:0{digits}d}", "bold"), f"  {signs[choice.value in chosen]} {clean(choice.label)}")
            for number, choice in enumerate(question.choices, start=1)
        ]
        self._offer(
            lines, next((n for n, c in enumerate(question.choices) if c.value in chosen), 0 if several else None)
        )

    def _offer(self, lines: list[Text], first: int | None) -> None:
        """Fill the list of what can be chosen; one of more than a screenful scrolls by itself below the question.

        Args:
            lines: What is on offer.
            first: Where the cursor stands at first; `None`: nowhere, so that a bare Enter chooses nothing.
        """
        options = self.query_one("#choices", OptionList)
        here = options.highlighted
        options.display = True
        options.set_class(len(lines) > self.app.size.height - 14, "long")
        options.clear_options()
        options.add_options([Option(line) for line in lines])
        options.highlighted = first if here is None or here >= len(lines) else here
        options.focus()

    def _draw_special(self, question: Question) -> None:
        parts = [Text(_(SPECIALS[question.special]), style="reverse")] if question.special else []
        if question.specials_allowed and not question.special:
            parts.append(Text("F6 " + _("不清楚") + "    F7 " + _("不愿说"), style="dim"))
        if question.remark:
            parts.append(Text(_("备注：{text}").format(text=clean(question.remark)), style="italic"))
        self._say_beside("#special", Text("\n").join(parts))

    def _draw_prompt(self, prompt: RepeatPrompt) -> None:
        self.query_one("#text").display = False
        self.query_one("#label", Static).update(Text(clean(prompt.label), style="bold"))
        hint = _("已经记了 {count} 件。还有吗？").format(count=prompt.count) if prompt.count else _("记下第一件。")
        self._say_beside("#hint", Text(hint))
        self._say_beside("#special", Text(""))
        self._say_beside("#nearby", self._nearby() if prompt.appearance == ISSUE else Text(""))
        lines = [Text.assemble(("1", "bold"), "  ", _("记一件")), Text.assemble(("2", "bold"), "  ", _("没有了，往下"))]
        self._offer(lines, 1 if prompt.count else 0)

    def _nearby(self) -> Text:
        """What this stairwell has reported already."""
        address = self._session.dwelling.address
        cases = [
            case
            for case in self.zhubao.casework.cases()
            if any((i.place.building_id, i.place.unit) == (address.building_id, address.unit) for i in case.issues)
        ]
        names = [f"{cut(case.words or '—', 16)} ({wording.households(case)})" for case in cases[:3]]
        return (
            Text(_("这个单元已经反映过：{names}").format(names=" · ".join(names)), style="dim") if names else Text("")
        )

    def _draw_review(self) -> None:
        interview = self._session.interview
        missing = interview.missing()
        self.query_one("#text").display = False
        title = Text(_("还缺 {count} 题，选中按 Enter 去补").format(count=len(missing)), style="bold yellow")
        if not missing:
            title = Text(_("都答完了。Enter 存好；要改哪一题，选中它按 Enter。"), style="bold green")
        self.query_one("#label", Static).update(title)
        for name in ("#hint", "#nearby", "#special"):
            self._say_beside(name, Text(""))
        wanting = {one.ref for one in missing}
        answered = [one for one in interview.review() if one.ref not in wanting]
        self._review = [*missing, *answered]
        lines = [Text.assemble(("! ", "bold red"), clean(one.label)) for one in missing]
        lines = lines or [Text("✓ " + _("完成并存好"), style="bold")]
        for item in answered:
            answer = _(SPECIALS[item.special]) if item.special else item.value or "—"
            if item.ref in self._unsaved:
                answer = _("写了还没存：{text}").format(text=self._unsaved[item.ref])
            lines.append(Text.assemble("  ", clean(item.label), "  ", (clean(answer), "bold")))
        self._offer(lines, 0)

    # -- answering

    def action_help(self) -> None:
        """F1; before consent the notice stands first, to be read out."""
        position = self._session.interview.position
        if isinstance(position, Question) and position.name == CONSENT:
            heading = _("告知书 {version}").format(version=NOTICE)
            text = f"{heading}\n{clean(notice(self.zhubao.workspace))}\n\n{_(self.HELP_TEXT)}"
            self.app.push_screen(HelpScreen(text, self.menu()))
        else:
            super().action_help()

    def digit(self, digit: int) -> bool:
        position = self._session.interview.position
        if isinstance(position, RepeatPrompt):
            self._prompted(digit)
            return True
        if not isinstance(position, Question) or not position.choices:
            return False
        self._typed += str(digit)
        if len(self._typed) < 2 and digit * 10 <= len(position.choices) > 9:  # another may follow: `1`, or `12`
            self.query_one("#choices", OptionList).highlighted = digit - 1 if digit else None
            self._awaited += 1
            self.set_timer(NO_FURTHER, partial(self._take_typed, self._awaited))
        else:
            self._choose_typed(position)
        return True

    def _take_typed(self, awaited: int) -> None:
        """No further digit came: the one that was typed says which choice is meant."""
        position = self._session.interview.position
        if awaited == self._awaited and self._typed and isinstance(position, Question):
            self._choose_typed(position)

    def _choose_typed(self, question: Question) -> None:
        number, self._typed = int(self._typed), ""
        if 1 <= number <= len(question.choices):
            self._choose(question, number - 1)
        else:
            self.app.notify(_("没有第 {number} 项。").format(number=number), severity="warning", markup=False)

    @on(OptionList.OptionSelected)
    def option_selected(self, event: OptionList.OptionSelected) -> None:
        if not self.listens:
            return
        if self._typed and isinstance(question := self._session.interview.position, Question):
            self._choose_typed(question)  # Enter says that no further digit comes
            if question.control != "select":
                return
        position = self._session.interview.position
        if isinstance(position, RepeatPrompt):
            self._prompted(event.option_index + 1)
        elif isinstance(position, End):
            self._reviewed(event.option_index)
        elif isinstance(position, Question) and position.control == "select":
            self.action_go_on()
        elif isinstance(position, Question):
            self._choose(position, event.option_index)

    def _reviewed(self, index: int) -> None:
        """To a question of the review; where none is missing its first line stores the interview."""
        index -= 0 if self._session.interview.missing() else 1
        if index < 0:
            self.finish()
        else:
            self._go_to(self._review[index].ref)

    def _choose(self, question: Question, index: int) -> None:
        value = question.choices[index].value
        if question.control != "select":
            self._answer(value, go_on=True)
            return
        chosen = question.value.split()
        self._answer([v for v in chosen if v != value] if value in chosen else [*chosen, value], go_on=False)
        self.query_one("#choices", OptionList).highlighted = index

    def action_tick(self) -> None:
        """Tick the choice under the cursor."""
        position = self._session.interview.position
        index = self.query_one("#choices", OptionList).highlighted
        if isinstance(position, Question) and position.choices and index is not None:
            self._choose(position, index)

    @on(Words.Submitted)
    def text_submitted(self) -> None:
        self.action_go_on()

    def _answer(self, value: str | list[str], *, go_on: bool) -> None:
        self._judged(lambda: self._accepted(value), self._advance if go_on else self.draw_question)

    def _accepted(self, value: str | list[str]) -> Verdict:
        """Answer; what is refused as typed may be right in half-width characters (an input method's full-width digits)."""
        verdict = self._session.answer(value)
        plain = unicodedata.normalize("NFKC", value) if isinstance(value, str) else value
        return verdict if verdict.ok or plain == value else self._session.answer(plain)

    def _say(self, verdict: Verdict) -> None:
        position = self._session.interview.position
        plain = isinstance(position, Question) and not position.specials_allowed and verdict.kind == "required"
        fault = "required_plain" if plain else verdict.kind
        words = verdict.message or _(FAULTS[fault])
        self._say_beside("#fault", Text(f"! {clean(words)}", style="bold red"))

    def action_special(self, special: str) -> None:
        if isinstance(self._session.interview.position, Question):
            self.query_one("#text", Words).put("")
            self._judged(lambda: self._session.answer_special(special), self._advance)

    def action_go_on(self) -> None:
        position = self._session.interview.position
        if isinstance(position, End):
            self._reviewed(self.query_one("#choices", OptionList).highlighted or 0)
            return
        if self.query_one("#text").display and isinstance(position, Question):
            typed = self.query_one("#text", Words).value
            if typed != clean(position.value) and (typed or not position.special):
                self._answer(typed, go_on=True)
                return
        self._advance()

    def _advance(self) -> None:
        """To the next question, whatever stands in the field."""
        self._judged(self._session.go_on, self.draw_question)

    def _judged(self, change: Callable[[], Verdict], then: Callable[[], None]) -> None:
        """Answer or go on; what the form or the disk refuses is said, and everything stays as it was."""
        try:
            verdict = change()
        except StorageError as error:  # the answer stays on the screen; the same key saves it once there is room
            self.zhubao.tell(error)
            return
        if verdict.ok:
            then()
        else:
            self._say(verdict)

    def _saved(self, change: Callable[[], object]) -> bool:
        """Do something that is written to the draft; says whether it is on disk, and why not where it is not."""
        try:
            change()
        except StorageError as error:
            self.zhubao.tell(error)
            return False
        return True

    def _go_to(self, ref: str) -> None:
        if self._saved(lambda: self._session.jump(ref)):
            self.draw_question()

    def action_back(self) -> None:
        if self._saved(self._session.back):
            self.draw_question()

    # -- beside the answers

    def action_outline(self) -> None:
        def chosen(ref: str | None) -> None:
            if ref is not None:
                self._go_to(ref)

        self.app.push_screen(OutlineScreen(self._session.interview.outline()), chosen)

    def action_remark(self) -> None:
        position = self._session.interview.position
        if not isinstance(position, Question):
            return

        def written(text: str | None) -> None:
            if text is not None and self._saved(lambda: self._session.remark(text)):
                self.draw_question()

        self.app.push_screen(WordsDialog(_("备注：{label}").format(label=position.label), position.remark), written)

    # -- issues

    def _prompted(self, digit: int) -> None:
        position = self._session.interview.position
        if not isinstance(position, RepeatPrompt) or digit not in (1, 2):
            return
        if digit == 2:
            self.action_go_on()
        elif position.appearance == ISSUE:
            self._take_down(position.ref)
        else:
            ref = position.ref
            made: list[str] = []
            if self._saved(lambda: made.append(self._session.add_repeat(ref))):
                self._go_into(made[0])

    def action_take_down(self) -> None:
        """F4 anywhere in the form: a report beside it."""
        self._take_down("")

    def _take_down(self, repeat: str) -> None:
        session = self._session

        def taken(down: TakenDown | None) -> None:
            if down is None:
                return
            self._last_report = down
            self.app.notify(_("{what} Ctrl+Z 撤销。").format(what=down.words), timeout=UNTIL_FINISHED, markup=False)
            if repeat and session.reports and session.reports[-1][1]:
                self._go_into(session.reports[-1][1])
            else:
                self.draw_question()

        dialog = IssueDialog(
            session.dwelling.id,
            lambda new: session.report(new, repeat),
            lambda case, words: session.support(case, words, repeat),
            agreed=session.consent in ("all", "record"),
        )
        self.app.push_screen(dialog, taken)

    def _go_into(self, instance: str) -> None:
        """On to the first question of a repeat instance that has no answer yet."""
        places = [ref for section in self._session.interview.outline() for ref in (q.ref for q in section.questions)]
        done = {q.ref for s in self._session.interview.outline() for q in s.questions if q.state == "done"}
        inside = [ref for ref in places if ref.startswith(f"{instance}/") and ref not in done]
        if inside:
            self._saved(lambda: self._session.jump(inside[0]))
        self.draw_question()

    def action_undo(self) -> None:
        if self._last_report is None:
            self.app.notify(_("没有可撤销的问题。答案改了就是改了，按 PgUp 回去改。"), markup=False)
            return
        try:
            self._session.undo_report(self._last_report.ref)
        except (StorageError, ValueError) as error:
            self.zhubao.tell(error)
            return
        self._last_report = None
        self.app.notify(_("已撤销。"), markup=False)
        self.draw_question()

    # -- the end

    def finish(self) -> None:
        """Write what was said and go on to the card."""
        try:
            self._session.finish()
        except StorageError as error:
            self.zhubao.tell(error)
            return
        agreed = self._session.consent in ("all", "record")
        self.app.notify(_("访谈已存好。") if agreed else _("已记为拒访，今后不再上门问卷。"), timeout=4, markup=False)
        self.dismiss(self._session.household.id if agreed else None)

    def on_key(self, event: events.Key) -> None:
        if not isinstance(self.focused, Words):
            self.typed_digit(event)
