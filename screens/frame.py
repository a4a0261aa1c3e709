"""The frame that all screens share: a quiet top line, one subject, a line of keys with one meaning each everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, cast

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from zhubao_tui.border import clean
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording

from .host import Host

Result = TypeVar("Result")
MAX_HINTS = 7


@dataclass(frozen=True, slots=True)
class Hint:
    """One entry of the key line or of the Esc menu."""

    key: str
    """As people call it: `Enter`, `F4`, `1-9`; a Chinese source string where it is a word (空格)."""
    label: str
    """Chinese source string; whoever draws it translates."""
    action: str = ""
    """What a click or the menu's digit runs; empty: it only tells."""


class KeyLine(Static):
    """The footer: at most seven entries that matter now, as many as fit; a click on one does what its key does."""

    def __init__(self) -> None:
        super().__init__("", id="keyline", markup=False)

    def show(self, hints: Sequence[Hint]) -> None:
        """Draw these hints, leaving out from the end what does not fit: it is in the Esc menu, so Esc always stands."""
        shown = hints[:MAX_HINTS]
        width = self.app.size.width - 2 - sum(_cells(hint) for hint in shown if hint.action == "menu")
        line = Text(no_wrap=True)
        for hint in shown:
            need = 0 if hint.action == "menu" else _cells(hint)
            if need <= width:
                width -= need
                click = Style(meta={"action": hint.action})
                line.append_text(Text.assemble((_(hint.key), "bold"), f" {_(hint.label)}", style=click)).append("  ")
        self.update(line)

    async def on_click(self, event: events.Click) -> None:
        action = event.style.meta.get("action")
        if action:
            await self.screen.run_action(action)


def _cells(hint: Hint) -> int:
    """Cells that an entry of the key line takes, with the gap behind it."""
    return cell_len(f"{_(hint.key)} {_(hint.label)}") + 2


class TopLine(Horizontal):
    """Where am I, who am I, what is not yet exchanged."""

    def compose(self) -> ComposeResult:
        yield Static("", id="where", markup=False)
        yield Static("", id="who", markup=False)

    def show(self, where: str, who: str) -> None:
        """Draw both ends of the line."""
        self.query_one("#where", Static).update(Text(clean(where), no_wrap=True, overflow="ellipsis"))
        self.query_one("#who", Static).update(Text(clean(who), no_wrap=True, overflow="ellipsis"))


class StatusLine(Static):
    """What was just done or went wrong, a row above the keys; gone when there is nothing to say.

    Not Textual's toasts: they lie over the screen, and a Han character that a widget's edge beneath cuts is lost.
    """

    SIGNS: ClassVar[dict[str, tuple[str, str]]] = {
        "information": ("", ""), "warning": ("▲ ", "bold yellow"), "error": ("! ", "bold red"),
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__("", id="status", markup=False)
        self.display = False

    def show(self, words: str, severity: str) -> None:
        """Draw one message; empty: none."""
        sign, style = self.SIGNS[severity]
        self.update(Text.assemble((sign, style), (words, style)))
        self.display = bool(words)


class Keys(Generic[Result]):
    """What every screen and dialog understands: digits of either width, the Esc menu, help, what was just said.

    Mixed into Textual's screens, before them in the order of their methods.
    """

    _gone = False
    """The screen was left already: keys that were pressed before the next one stood there are not for it any more."""

    HINTS: ClassVar[Sequence[Hint]] = ()
    """For the key line, most needed first."""
    HELP_TEXT: ClassVar[str] = ""
    """Chinese source text of F1."""

    @property
    def zhubao(self) -> Host:
        """The app, as screens know it."""
        return cast("Host", self.app)  # type: ignore[attr-defined]  # mixed into Screen, which has it

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave the screen, once: a key that was pressed twice must not leave the screen below as well."""
        if self._gone or not self.is_current:  # type: ignore[attr-defined]  # mixed into Screen, which has it
            return AwaitComplete()
        self._gone = True
        return cast("AwaitComplete", super().dismiss(result))  # type: ignore[misc]  # mixed into Screen, which has it

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No action of a screen that something lies over, or that was left."""
        return self.listens

    @property
    def listens(self) -> bool:
        """Whether keys are for this screen: it is on top and has not been left."""
        return not self._gone and bool(self.is_current)  # type: ignore[attr-defined]  # mixed into Screen, which has it

    def show_status(self) -> None:
        """Draw what the app has to say now."""
        for line in self.query(StatusLine):  # type: ignore[attr-defined]  # mixed into Screen, which has it
            line.show(*self.zhubao.said)

    def hints(self) -> list[Hint]:
        """Entries of the key line now."""
        return list(self.HINTS)

    def menu(self) -> list[Hint]:
        """Entries of the Esc menu now: everything that can be done here."""
        return [hint for hint in self.hints() if hint.action not in ("", "menu")]

    def digit(self, digit: int) -> bool:
        """A digit was typed outside a text field; says whether it meant something."""
        return False

    def typed_digit(self, event: events.Key) -> bool:
        """Take a digit of either width from a key event."""
        digit = digit_of(event)
        if digit is not None and (not self.listens or self.digit(digit)):
            event.stop()
            event.prevent_default()
            return True
        return False


def digit_of(event: events.Key) -> int | None:
    """The digit that a key typed, full-width ones too; `None` for any other key."""
    character = event.character or ""
    plain = unicodedata.normalize("NFKC", character) if len(character) == 1 else ""
    return int(plain) if len(plain) == 1 and plain.isdecimal() and plain.isascii() else None


class ZhubaoScreen(Keys[Result], Screen[Result]):
    """A whole screen in the frame."""

    BINDINGS = [
        Binding("escape", "menu", show=False),
        Binding("f1", "help", show=False),
        Binding("f3", "find", show=False),
        Binding("f4", "take_down", show=False),
        Binding("f5", "exchange", show=False),
        Binding("ctrl+z", "undo", show=False),
        Binding("ctrl+l", "hide", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        yield TopLine(id="topline")
        yield from self.subject()
        with Vertical(id="bottom"):
            yield StatusLine()
            yield KeyLine()

    def subject(self) -> ComposeResult:
        """What this screen is about; the frame goes around it."""
        yield from ()

    def where(self) -> str:
        """Left end of the top line."""
        return self.zhubao.workspace.name

    def menu(self) -> list[Hint]:
        common = [
            Hint("F3", N_("找"), "find"), Hint("F4", N_("记问题"), "take_down"), Hint("F5", N_("交换"), "exchange"),
            Hint("Ctrl+L", N_("遮住屏幕"), "hide"), Hint("F1", N_("帮助"), "help"),
        ]  # fmt: skip
        own = super().menu()
        known = {hint.action for hint in own}
        return [*own, *(hint for hint in common if hint.action not in known)]

    def on_screen_resume(self) -> None:
        self.draw_frame()
        self.refresh_view()

    def on_resize(self) -> None:
        self.draw_frame()

    def draw_frame(self) -> None:
        """Draw top and key line anew."""
        if self.is_mounted and self.query("#topline"):
            self.query_one(TopLine).show(self.where(), self._who())
            self.query_one(KeyLine).show(self.hints())
            self.show_status()

    def refresh_view(self) -> None:
        """The Community may have changed: draw from it again, the cursor where it was."""

    def _who(self) -> str:
        workspace = self.zhubao.workspace
        me = workspace.me
        parts = [f"{me.name} · {_(wording.ROLES[workspace.role])}"] if me else []
        if not workspace.sealed:
            parts.append(_("未加密"))
        parts.append(self.exchanged())
        if workspace.read_only:
            parts.append(_("只读"))
        return "   ".join(parts)

    def exchanged(self) -> str:
        """How long ago the last exchange was."""
        last = self.zhubao.exchanging.last()
        if last is None:
            return _("⇅ 还没交换过")
        days = (self.zhubao.workspace.today() - last).days
        return _("⇅ {days} 天没交换").format(days=days) if days > 0 else _("⇅ 今天交换过")

    # -- what the common keys do

    def action_menu(self) -> None:
        self.app.push_screen(EscMenu(self.menu(), leave=self.leaving()), self._run_chosen)

    def leaving(self) -> str:
        """What a second Esc does here."""
        return N_("返回")

    async def _run_chosen(self, action: str | None) -> None:
        if action == "leave":
            self.leave()
        elif action:
            await self.run_action(action)

    def stop_and(self, then: Callable[[], object]) -> None:
        """Do something as soon as nothing runs beside this screen any more; at once where nothing does."""
        then()

    def leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(_(self.HELP_TEXT), self.menu()))

    def action_hide(self) -> None:
        self.zhubao.hide()

    def action_find(self) -> None:
        self.zhubao.find()

    def action_take_down(self) -> None:
        self.zhubao.take_down(self.door_at_hand())

    def action_exchange(self) -> None:
        self.zhubao.open_exchange()

    def action_undo(self) -> None:
        """Take back what was just taken down; screens that can undo more do."""
        if not self.zhubao.undo_taken():
            self.app.notify(_("没有可撤销的。"), markup=False)

    def door_at_hand(self) -> str:
        """Dwelling that F4 takes an issue down for; empty: none."""
        return ""

    def on_key(self, event: events.Key) -> None:
        self.typed_digit(event)


class Dialog(Keys[Result], ModalScreen[Result]):
    """A dialog over a screen; Esc closes it unsaved. What `inside` composes stands in its box."""

    AUTO_FOCUS = "Words, Line, OptionList, OneOf, Pick"
    """The first field, not the box that scrolls around it."""

    BINDINGS = [
        Binding("escape", "cancel", show=False),
        Binding("f1", "help", show=False),
        Binding("ctrl+l", "hide", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        yield from self.inside()
        yield StatusLine()

    def inside(self) -> ComposeResult:
        """The dialog's box."""
        yield from ()

    _warned = ""
    """What stood in the fields when Esc said that it is not saved."""

    def on_screen_resume(self) -> None:
        self.show_status()

    def written(self) -> str:
        """What somebody has written here and would lose; empty where there is nothing."""
        return ""

    def action_cancel(self) -> None:
        words = self.written()
        if words and words != self._warned:
            self._warned = words
            self.app.notify(_("写的还没存。再按一次 Esc 就不要了。"), severity="warning", markup=False)
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(_(self.HELP_TEXT), self.menu()))

    def action_hide(self) -> None:
        self.zhubao.hide()

    def on_key(self, event: events.Key) -> None:
        self.typed_digit(event)


class EscMenu(Dialog[str]):
    """Everything that can be done here, each with a digit; Esc again goes back."""

    DEFAULT_CSS = """
    EscMenu { align: center middle; }
    EscMenu > #box { width: 44; max-width: 90%; height: auto; max-height: 90%; overflow-y: auto; border: round $primary;
                     background: $surface; padding: 0 1; }
    EscMenu .entry { height: 1; }
    EscMenu .entry:hover { background: $boost; }
    """
    HELP_TEXT = N_("按数字选一项；再按 Esc 返回。")

    def __init__(self, hints: Sequence[Hint], leave: str) -> None:
        super().__init__()
        self._hints = [*hints][:18]
        self._leave = leave
        self._tens = 0

    def compose(self) -> ComposeResult:
        yield from self.inside()  # what was said stands on the screen beneath

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            for number, hint in enumerate(self._hints, start=1):
                yield MenuEntry(number, hint)
            yield Static(Text(f"Esc {_(self._leave)}", style="bold"), markup=False)

    def digit(self, digit: int) -> bool:
        number = self._tens * 10 + digit
        if digit == 1 and not self._tens and len(self._hints) > 9:
            self._tens = 1
            self.set_timer(0.9, self._take_first)
            return True
        self._tens = 0
        if 1 <= number <= len(self._hints):
            self.choose(self._hints[number - 1])
        return True

    def _take_first(self) -> None:
        """A lone 1 where there are ten and more: taken when no second digit follows."""
        if self._tens and self.is_current:
            self._tens = 0
            self.choose(self._hints[0])

    def choose(self, hint: Hint) -> None:
        """Close and run an entry."""
        self.dismiss(hint.action)

    def action_cancel(self) -> None:
        self.dismiss("leave")

    def action_help(self) -> None:
        self.dismiss("help")


class MenuEntry(Static):
    """One line of the Esc menu."""

    def __init__(self, number: int, hint: Hint) -> None:
        key = f"   ({_(hint.key)})" if hint.key else ""
        super().__init__(Text(f"{number:>2}  {_(hint.label)}{key}"), markup=False, classes="entry")
        self._hint = hint

    def on_click(self) -> None:
        cast("EscMenu", self.screen).choose(self._hint)


class HelpScreen(ModalScreen[None]):
    """F1: what this screen is for, and its keys."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll { width: 76; max-width: 95%; height: auto; max-height: 90%; border: round $primary;
                                  background: $surface; padding: 0 1; }
    """
    BINDINGS = [Binding("escape,f1,enter", "dismiss", show=False)]

    def __init__(self, text: str, hints: Sequence[Hint]) -> None:
        super().__init__()
        self._text, self._hints = text, hints

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(Text(self._text + "\n"), markup=False)
            for hint in self._hints:
                yield Static(Text.assemble((set_cell_size(_(hint.key), 10), "bold"), _(hint.label)), markup=False)
            known = {hint.key for hint in self._hints}
            for key, meaning in (one for one in COMMON_KEYS if one[0] not in known):
                yield Static(Text.assemble((f"{key:<10}", "bold"), _(meaning)), markup=False)


COMMON_KEYS = (
    ("Enter", N_("打开、选定、继续")),
    ("Tab ←↑↓→", N_("移动；下一格")),
    ("Esc", N_("列出这里能做的事，再按一次返回；对话框里是不存就走")),
    ("Ctrl+S", N_("保存并关闭对话框")),
    ("Ctrl+Z", N_("撤销刚才做的，能撤的地方都行")),
    ("Ctrl+L", N_("立刻遮住屏幕；加密的社区输口令回来，否则按任意键")),
)


class HiddenScreen(ModalScreen[None]):
    """Somebody looks over the shoulder: nothing is shown until a key is pressed."""

    DEFAULT_CSS = "HiddenScreen { background: $background 100%; align: center middle; }"

    def compose(self) -> ComposeResult:
        yield Static(Text(_("按任意键回来")), markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss(None)
