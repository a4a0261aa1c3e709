"""Unlocking (解锁): the passphrase says who is there. Before the app opens, and over it once it has been locked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from storage.errors import StorageError
from zhubao_tui.i18n import _
from zhubao_tui.workspace.errors import TooSoon
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.unlocking import Unlocking

if TYPE_CHECKING:
    from storage.keys import Identity


class UnlockBox(Vertical):
    """One field for a passphrase; what was wrong stands below it."""

    DEFAULT_CSS = """
    UnlockBox { width: 60; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1; }
    UnlockBox > Input { margin: 1 0; background: $boost; }
    """

    class Unlocked(Message):
        """Somebody's keys are open."""

        def __init__(self, identity: Identity) -> None:
            super().__init__()
            self.identity = identity

    class Refused(Message):
        """They are not; why, in words."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, folder: Path, heading: str) -> None:
        super().__init__()
        self._unlocking, self._heading = Unlocking(folder), heading

    def compose(self) -> ComposeResult:
        yield Static(Text(self._heading, style="bold"), markup=False)
        yield Input(password=True, compact=True, id="passphrase")
        yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.tell(
            _(
                "写口令，再按 Enter。Ctrl+Q 退出。\n忘了口令：zhubao rejoin 请队长重新放行，\n队长自己忘了：zhubao recover 用恢复码。"
            )
        )

    def tell(self, words: str) -> None:
        """Say something below the field."""
        self.query_one("#told", Static).update(Text(words))

    @on(Input.Submitted)
    def try_it(self, event: Input.Submitted) -> None:
        field = event.input
        if field.value and not field.disabled:
            self.tell(_("正在解锁……"))
            field.disabled = True
            self._try(field.value)
        event.stop()

    @work(thread=True, exclusive=True)
    def _try(self, passphrase: str) -> None:
        try:
            identity = self._unlocking.unlock(passphrase)
        except (StorageError, TooSoon) as error:
            self.post_message(self.Refused(sentence(error) or ""))
        else:
            self.post_message(self.Unlocked(identity))

    @on(Refused)
    def again(self, refused: Refused) -> None:
        """Say why, and let the next one be typed."""
        refused.stop()
        self.refuse(refused.words)

    def refuse(self, words: str) -> None:
        """Empty the field for another try."""
        field = self.query_one(Input)
        field.value, field.disabled = "", False
        field.focus()
        self.tell(words)


class LockScreen(ModalScreen["Identity"]):
    """Nothing is shown until the one who worked here has unlocked again."""

    DEFAULT_CSS = "LockScreen { background: $background 100%; align: center middle; }"

    def __init__(self, folder: Path, person: str = "") -> None:
        """Ask for a passphrase; with a person, for theirs alone."""
        super().__init__()
        self._folder, self._person = folder, person

    def compose(self) -> ComposeResult:
        yield UnlockBox(self._folder, _("屏幕已锁住") if self._person else _("筑堡：这个工作区是加密的"))

    @on(UnlockBox.Unlocked)
    def unlocked(self, event: UnlockBox.Unlocked) -> None:
        if self._person in ("", event.identity.person):
            self.dismiss(event.identity)
        else:
            words = _("这是别人的口令。要换人，请按 Ctrl+Q 退出，再用自己的口令打开。")
            self.query_one(UnlockBox).refuse(words)


class UnlockApp(App["Identity"]):
    """Stands before the app of a sealed workspace; ends with whose passphrase it was, or with `None`."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "zhubao"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def on_mount(self) -> None:
        self.push_screen(LockScreen(self._folder), self.exit)

    def action_help_quit(self) -> None:
        """Ctrl+C leaves: nothing can be lost here."""
        self.exit(None)


def ask(folder: Path) -> Identity | None:
    """Ask who is there, on a screen of its own; `None` where somebody leaves it."""
    return UnlockApp(folder).run()
