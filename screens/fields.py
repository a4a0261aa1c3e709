"""Fields of forms: a line, a household's own words, one choice of a few. Pasted text is cleaned where it comes in."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Static, TextArea

from zhubao_tui.border import clean

from .frame import digit_of

NO_BREAK = "\u00a0"
_OTHER_MEANING = frozenset({"f6", "f7", "ctrl+z"})
"""Keys of Textual's text area that mean something else in this program."""


def pasted(text: str) -> str:
    """Pasted text on one line, with visible signs for control characters."""
    return clean(" ".join(text.split()))


class Line(Input):
    """One line of text; Textual's own would keep only the first line of what is pasted."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        start, end = sorted(self.selection)
        self.replace(pasted(event.text), start, end)


class Words(TextArea, inherit_bindings=False):
    """Somebody's words over several rows; Enter goes on. Nothing is cut off: what is too long is said, not lost."""

    BINDINGS = [
        binding
        for binding in TextArea.BINDINGS
        if isinstance(binding, Binding) and not _OTHER_MEANING & set(binding.key.split(","))
    ]

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, words: Words) -> None:
            super().__init__()
            self.words = words

        @property
        def control(self) -> Words:
            """The field."""
            return self.words

    def __init__(self, text: str = "", *, id: str | None = None, placeholder: str = "") -> None:  # noqa: A002 - Textual's own name
        super().__init__(text, id=id, placeholder=placeholder, compact=True, highlight_cursor_line=False)

    @property
    def value(self) -> str:
        """What stands in the field."""
        return self.text

    def put(self, text: str) -> None:
        """Fill the field, the cursor behind the text."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    @property
    def at_last_row(self) -> bool:
        """Whether one more «down» would leave the field."""
        return self.cursor_at_last_line and self.get_cursor_down_location() in (self.cursor_location, self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            self.post_message(self.Submitted(self))

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        result = self.replace(pasted(event.text), *self.selection)
        self.move_cursor(result.end_location)


class OneOf(Static, can_focus=True):
    """One of a few choices in a row: digits of either width or ←→ choose, Enter goes on, a click chooses."""

    BINDINGS = [
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("enter", "go_on", show=False),
    ]
    DEFAULT_CSS = """
    OneOf { width: 1fr; height: auto; }
    OneOf:focus { background: $boost; }
    """
    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another choice was made."""

        def __init__(self, field: OneOf) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> OneOf:
            """The field."""
            return self.field

    class Submitted(Message):
        """Enter was pressed: on to the next field."""

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """Offer choices.

        Args:
            choices: Value and label of each, nine at most.
            value: The one chosen at first; empty: none.
            id: Of the widget.
        """
        super().__init__(id=id, markup=False)
        self._choices = list(choices)
        self.set_reactive(OneOf.value, value)

    def render(self) -> Text:
        parts: list[Text] = []
        for number, (value, label) in enumerate(self._choices, start=1):
            here = value == self.value
            words = f"{number} {'(•)' if here else '( )'} {clean(label)}".replace(" ", NO_BREAK)
            style = Style(bold=here, meta={"choice": number - 1})
            parts.append(Text(words, style=style))
        return Text("  ").join(parts)

    def choose(self, index: int) -> None:
        """Make the choice at an index."""
        if 0 <= index < len(self._choices):
            self.value = self._choices[index][0]

    def watch_value(self) -> None:
        self.refresh(layout=True)
        self.post_message(self.Changed(self))

    def action_step(self, by: int) -> None:
        values = [value for value, _label in self._choices]
        here = values.index(self.value) if self.value in values else -1
        self.choose(max(0, min(len(values) - 1, here + by)))

    def action_go_on(self) -> None:
        self.post_message(self.Submitted())

    def on_key(self, event: events.Key) -> None:
        digit = digit_of(event)
        if digit:
            event.stop()
            event.prevent_default()
            self.choose(digit - 1)

    def on_click(self, event: events.Click) -> None:
        index = event.style.meta.get("choice")
        if isinstance(index, int):
            self.choose(index)
