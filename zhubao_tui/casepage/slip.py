"""Slips (便民卡): the paper with the QR code, readable without a smartphone; as HTML to print and as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zhubao_tui.i18n import language

from .qr import QR, encode_for_paper, padded, png
from .render import environment
from .words import say

A_SHEET = 8
"""Slips on one A4 sheet: two columns of four."""
DOTS = 384
"""Dots across a 58 mm thermal printer's 48 mm, at 203 dpi."""
QUIET_ON_PAPER = 4


@dataclass(frozen=True, slots=True)
class Slip:
    """One household's slip; nothing on it tells whose it is, once the stub is cut off."""

    payload: str
    is_link: bool
    phone: str
    on: date
    lines: tuple[str, ...] = ()
    """Case numbers, each with where it stands."""
    stub: str = ""
    """The door, for whoever hands it out: on a strip that is cut off."""

    @property
    def tells_a_state(self) -> bool:
        """Whether something on it stands as of its day; a day alone beside a link reads like the link's end."""
        return bool(self.lines) or not self.is_link

    @property
    def code(self) -> QR:
        """The code as paper takes it."""
        return encode_for_paper(self.payload)


def slip_title(slip: Slip) -> str:
    """What stands beside the code."""
    return say("slip_title" if slip.is_link else "slip_plain", language())


def svg(code: QR) -> str:
    """The code as a drawing: dark modules as one path, runs of a row joined."""
    modules = padded(code, QUIET_ON_PAPER)
    path = "".join(f"M{left} {row}h{length}v1h-{length}z" for row, left, length in runs(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(modules)} {len(modules)}" '
        f'shape-rendering="crispEdges" role="img" aria-label="QR"><path d="{path}"/></svg>'
    )


def runs(modules: Sequence[Sequence[bool]]) -> list[tuple[int, int, int]]:
    """Dark modules as (row, first column, how many)."""
    found = []
    for number, row in enumerate(modules):
        start = 0
        while start < len(row):
            end = start
            while end < len(row) and row[end]:
                end += 1
            if end > start:
                found.append((number, start, end - start))
            start = end + 1
    return found


def slips_html(slips: Sequence[Slip]) -> bytes:
    """Sheets of A4 to print, with cut marks."""
    from markupsafe import Markup

    sheets = [slips[start : start + A_SHEET] for start in range(0, len(slips), A_SHEET)]
    template = environment().get_template("slips.html")
    drawn = template.render(
        sheets=sheets, lang=language(), title=slip_title, svg=lambda slip: Markup(svg(slip.code))  # noqa: S704 - digits
    )  # fmt: skip
    return drawn.encode()


def slip_png(slip: Slip) -> bytes:
    """The slip for a thermal printer that takes pictures: the code, and the office's telephone in large digits.

    No word stands on it: that would need a Chinese font on every laptop.
    """
    from PIL import Image, ImageDraw, ImageFont

    code = slip.code
    scale = dots_a_module(code)
    with Image.open(io.BytesIO(png(code, scale))) as drawn:
        digits = "".join(char for char in slip.phone if char.isascii() and char.isprintable())
        font = ImageFont.load_default(size=48)
        width = font.getlength(digits)
        if width > DOTS:
            font = ImageFont.load_default(size=int(48 * DOTS / width))
        picture = Image.new("1", (DOTS, drawn.height + (72 if digits else 0)), 1)
        picture.paste(drawn, ((DOTS - drawn.width) // 2, 0))
        ImageDraw.Draw(picture).text((DOTS / 2, drawn.height), digits, fill=0, font=font, anchor="ma")
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True, dpi=(203, 203))
    return data.getvalue()


def dots_a_module(code: QR) -> int:
    """As many whole dots a module as a thermal printer's width has room for."""
    return DOTS // (len(code.modules) + 2 * QUIET_ON_PAPER)
