"""What stands behind the server: who knows the pages, and what becomes of what is sent from them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol


class Taken(StrEnum):
    """What became of something that a household sent."""

    DONE = "done"
    UNKNOWN = "unknown"
    """No living token."""
    STALE = "stale"
    """Not from a page as it stands now."""
    TOO_SOON = "too_soon"
    BAD_WORDS = "bad_words"
    """None, or too many."""
    UNSAVED = "unsaved"


class Desk(Protocol):
    """Who knows the pages."""

    @property
    def phone(self) -> str:
        """The community office's; may be empty."""

    def page(self, token: str) -> bytes | None:
        """The page that a token opens; `None` of any other text."""

    def board(self) -> bytes | None:
        """The neighbourhood board; `None` where none is put up."""

    def take(self, token: str, fields: Mapping[str, str]) -> Taken:
        """Take what was sent from a page."""
