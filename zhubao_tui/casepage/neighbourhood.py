"""The neighbourhood board (公告栏): what was brought up and what is done, as counts without a household in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .page import Both
from .render import environment, padded


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One kind of trouble that enough households told of."""

    kind: Both
    small: bool
    raised: int
    done: int
    days: int | None
    """How long it took, as a median; `None` while nothing is done."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """A board of a community, an estate or a building."""

    place: str
    """Empty: the whole community."""
    on: date
    phone: str
    rows: tuple[BoardRow, ...]

    @property
    def parts(self) -> Sequence[tuple[str, list[BoardRow]]]:
        """Small things that are done before anything else, then what else is done, then what is not yet."""
        done = [row for row in self.rows if row.done]
        return (
            ("board_small", [row for row in done if row.small]),
            ("board_done", [row for row in done if not row.small]),
            ("board_open", [row for row in self.rows if not row.done]),
        )


def board_page(view: BoardView) -> bytes:
    """The board as a page; printed, it is one A3 sheet."""
    title = "办了什么 · What was done"
    return padded(environment().get_template("board.html").render(view=view, title=title))
