"""The reference of benchmarks: the smallest Textual app that shows a word, and another one at a key press."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static


class Bare(App[None]):
    """Shows `READY`, then `PRESSED n`."""

    presses = 0

    def compose(self) -> ComposeResult:
        yield Static("READY")

    def on_key(self, _event: Key) -> None:
        self.presses += 1
        self.query_one(Static).update(f"PRESSED {self.presses}.")


if __name__ == "__main__":
    Bare().run()
