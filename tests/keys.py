"""Pressing keys as people do, for tests of screens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

PATIENCE = 20
"""Seconds that a slow machine is given."""


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Type a text, Han characters as an input method commits them."""
    for char in text:
        pilot.app.post_message(events.Key("space" if char == " " else char, char))
    await pilot.pause()


def words_on(pilot: Pilot[None]) -> str:
    """Everything that the terminal shows now, row by row."""
    screen = pilot.app.screen
    strips = screen._compositor.render_strips()  # what Textual itself writes to the terminal
    return "\n".join(strip.text for strip in strips)


async def until(pilot: Pilot[None], holds: Callable[[], object], what: str = "") -> None:
    """Let the app work until something holds; a test that waits in vain fails with what the terminal shows."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        await pilot.pause()
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"in vain: {what}\n{words_on(pilot)}")


async def until_screen(pilot: Pilot[None], screen: type[Screen[Any]]) -> None:
    """Let the app work until a screen is the one on top."""
    await until(pilot, lambda: isinstance(pilot.app.screen, screen), screen.__name__)
