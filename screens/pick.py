"""A choice out of many: a field that opens a list, which filters by words, digits and pinyin initials."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace.pinyin import matches

from .fields import Line, pasted
from .frame import Dialog, Hint
from .text import nothing_found

Choice = tuple[str, str]
"""Value and label."""


class PickScreen(Dialog[str]):
    """Dismisses with the value that was chosen."""

    CSS_PATH = "pick.tcss"
    HELP_TEXT = N_("写几个字或拼音首字母来筛，↑↓ 选，Enter 选定，Esc 不改。")
    HINTS = (Hint("Enter", N_("选定")),)
    BINDINGS = [Binding("up", "step(-1)", show=False), Binding("down", "step(1)", show=False)]

    def __init__(self, title: str, choices: Sequence[Choice], value: str = "", typed: str = "") -> None:
        super().__init__()
        self._heading, self._all, self._value, self._first = title, list(choices), value, typed
        self._shown: list[Choice] = []

    def inside(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(Text(clean(self._heading), style="bold"), markup=False)
            yield Line(self._first, placeholder=_("筛选：写几个字或拼音首字母"), id="filter", select_on_focus=False)
            yield OptionList(id="list", markup=False)
            yield Static(Text(_("↑↓ 选   Enter 选定   Esc 不改"), style="dim"), markup=False)

    def on_mount(self) -> None:
        self.query_one("#filter").focus()
        self.narrow()

    def type(self, text: str) -> None:
        """What was typed on while the list was opening (an input method commits several characters at once)."""
        if self.is_mounted:
            self.query_one("#filter", Line).insert_text_at_cursor(text)
        else:
            self._first += text

    @on(Input.Changed)
    def narrow(self) -> None:
        """Show what the filter leaves, the cursor on the present value where it is among that."""
        wanted = self.query_one("#filter", Input).value
        self._shown = [choice for choice in self._all if not wanted.strip() or matches(wanted, choice[1])]
        options = self.query_one("#list", OptionList)
        options.clear_options()
        options.add_options([Option(Text(clean(label))) for _value, label in self._shown])
        values = [value for value, _label in self._shown]
        if values:
            options.highlighted = values.index(self._value) if self._value in values and not wanted else 0
        else:
            options.add_option(nothing_found())

    def action_step(self, by: int) -> None:
        options = self.query_one("#list", OptionList)
        if self._shown:
            options.highlighted = max(0, min(len(self._shown) - 1, (options.highlighted or 0) + by))

    @on(Input.Submitted)
    def take_highlighted(self) -> None:
        here = self.query_one("#list", OptionList).highlighted
        if here is not None and here < len(self._shown):
            self.dismiss(self._shown[here][0])

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index][0])

    def on_key(self, event: events.Key) -> None:
        """Digits belong to the filter."""


class Pick(Static, can_focus=True):
    """A field that shows its value; Space, a click or typing opens the list, Enter opens it while nothing is chosen."""

    BINDINGS = [Binding("space", "open", show=False), Binding("enter", "go_on", show=False)]
    DEFAULT_CSS = """
    Pick { width: 1fr; height: 1; background: $boost; padding: 0 1; }
    Pick:focus { text-style: bold; background: $primary-muted; }
    """
    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another value was chosen by hand."""

        def __init__(self, pick: Pick) -> None:
            super().__init__()
            self.pick = pick

        @property
        def control(self) -> Pick:
            """The field."""
            return self.pick

    class Submitted(Message):
        """Enter was pressed and there is a value: on to the next field."""

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        value: str = "",
        *,
        prompt: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """Offer choices.

        Args:
            title: What is chosen, over the list.
            choices: Value and label of each.
            value: The one chosen at first; empty: none, or the choice whose value is empty.
            prompt: Shown while nothing is chosen.
            id: Of the widget.
        """
        super().__init__(id=id, markup=False)
        self._title, self._choices, self._prompt = title, list(choices), prompt
        self._list: PickScreen | None = None
        """The list, while it is open."""
        self.note = ""
        """Shown behind the value, e.g. that it was guessed."""
        self.set_reactive(Pick.value, value)

    def render(self) -> Text:
        label = next((label for value, label in self._choices if value == self.value), "")
        if not label:
            return Text(f"{self._prompt} ▾", style="dim")
        return Text.assemble(clean(label), " ▾", ("  " + self.note if self.note else "", "dim"))

    def watch_value(self) -> None:
        self.refresh()

    def action_open(self, typed: str = "") -> None:
        if self._list is not None:
            self._list.type(typed)
            return

        def chosen(value: str | None) -> None:
            self._list = None
            if value is not None and value != self.value:
                self.note = ""
                self.value = value
                self.post_message(self.Changed(self))
            elif value is not None:
                self.note = ""
                self.refresh()

        self._list = PickScreen(self._title, self._choices, self.value, typed)
        self.app.push_screen(self._list, chosen)

    def action_go_on(self) -> None:
        if any(value == self.value for value, _label in self._choices):
            self.post_message(self.Submitted())
        else:
            self.action_open()

    def on_click(self) -> None:
        self.focus()
        self.action_open()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.action_open(pasted(event.text))

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character and event.character != " ":
            event.stop()
            event.prevent_default()
            self.action_open(event.character)
