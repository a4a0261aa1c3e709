"""Where nobody hosts pages: the QR code carries a short plain text, and says as of which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zhubao_tui.i18n import N_, _

LIMIT = 106
"""Bytes of UTF-8 that fit 80x24: 35 Han characters, 23 rows."""
SHORT = {
    "new": N_("已记下"), "claimed": N_("有人接手"), "assigned": N_("已派人"), "working": N_("正在办"),
    "transferred": N_("已转出，盯着"), "reopened": N_("在重办"), "postponed": N_("暂缓"), "resolved": N_("请您看好了没"),
    "confirmed": N_("办好了"), "unanswered": N_("已办"), "rejected": N_("办不了"), "withdrawn": N_("已撤"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case as a household's card names it."""

    number: str
    status: str


def snapshot_text(lines: Sequence[CaseLine], on: date, phone: str, limit: int = LIMIT) -> str:
    """A household's cases in a few words: number and state of as many as fit, the day, the office's telephone.

    Args:
        lines: The household's cases, most important first.
        on: As of which day.
        phone: The community office's telephone; may be empty. Left out where it is too long to fit.
        limit: Bytes of UTF-8.
    """
    day = _("截至{month}月{day}日").format(month=on.month, day=on.day)
    ends = (f"\n{phone}", "") if phone else ("",)
    end = next((end for end in ends if len((day + _count(len(lines)) + end).encode()) <= limit), "")
    text = day
    for number, line in enumerate(lines):
        piece = f"\n{line.number}{short_status(line.status)}"
        more = _count(len(lines)) if number + 1 < len(lines) else ""
        if len((text + piece + more + end).encode()) > limit:
            return text + _count(len(lines)) + end
        text += piece
    return text + end


def short_status(status: str) -> str:
    """Where a case stands, in a few words."""
    return _(SHORT[status])


def _count(cases: int) -> str:
    return "\n" + _("共{count}件").format(count=cases)
