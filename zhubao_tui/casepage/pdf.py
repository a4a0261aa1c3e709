"""Slips as PDF: one on a 58 mm roll, or a building's on A4 with cut marks.

The Chinese font is named, not carried along: a PDF viewer has one for `STSong-Light`, unless it is a very bare one. The
telephone's digits, which matter most, stand in a font that every viewer has.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zhubao_tui.i18n import language

from .qr import padded
from .slip import A_SHEET, QUIET_ON_PAPER, Slip, dots_a_module, runs, slip_title
from .words import day, say

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MM = 72 / 25.4
DOT = 72 / 203
"""Of a thermal printer, in points."""
ROLL = 58 * MM
MARGIN = 5 * MM
"""That a roll's printer leaves blank on each side."""
HAN, DIGITS = "STSong-Light", "Helvetica-Bold"
A4 = (210 * MM, 297 * MM)
CELL = (100 * MM, 70 * MM)
CODE = 42 * MM
STUB = 8 * MM
LARGE, SMALL = 12, 10
"""Points of the words."""
PHONE, LEAST_PHONE = 24.0, 14.0
_PIECES = re.compile(r"[^\s\u2e80-\uffff]+\s*|.", re.DOTALL)
"""Words of Latin letters stay whole; between Han characters a line may end anywhere."""
GAP = 9
"""Points below the telephone."""


def roll_pdf(slip: Slip) -> bytes:
    """One slip for a 58 mm thermal printer: modules are whole dots at 203 dpi."""
    side = dots_a_module(slip.code) * DOT * (len(slip.code.modules) + 2 * QUIET_ON_PAPER)
    lines = _wrapped(slip, ROLL - 2 * MARGIN, LARGE)
    height = side + _height(slip, ROLL - 2 * MARGIN, LARGE, lines) + 10 * MM
    data, canvas = _begun((ROLL, height), slip)
    _draw_code(canvas, slip, (ROLL - side) / 2, height - side, side)
    _write(canvas, slip, MARGIN, height - side - 4, ROLL - 2 * MARGIN, lines, LARGE)
    return _ended(data, canvas)


def sheets_pdf(slips: Sequence[Slip]) -> bytes:
    """A4 sheets, eight slips each, with cut marks and a stub that names the door."""
    data, canvas = _begun(A4, slips[0] if slips else None)
    for place, slip in enumerate(slips):
        if place and place % A_SHEET == 0:
            canvas.showPage()
        row, column = divmod(place % A_SHEET, 2)
        left = (A4[0] - 2 * CELL[0]) / 2 + column * CELL[0]
        top = A4[1] - (A4[1] - 4 * CELL[1]) / 2 - row * CELL[1]
        _cell(canvas, slip, left, top)
    return _ended(data, canvas)


def _begun(size: tuple[float, float], slip: Slip | None) -> tuple[io.BytesIO, Canvas]:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(UnicodeCIDFont(HAN))
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=size, invariant=1)
    canvas.setTitle(slip_title(slip) if slip else "")
    return data, canvas


def _ended(data: io.BytesIO, canvas: Canvas) -> bytes:
    canvas.showPage()
    canvas.save()
    return data.getvalue()


def _cell(canvas: Canvas, slip: Slip, left: float, top: float) -> None:
    bottom, right = top - CELL[1], left + CELL[0]
    canvas.setLineWidth(0.5)
    for x, y, across, up in ((left, top, 1, -1), (right, top, -1, -1), (left, bottom, 1, 1), (right, bottom, -1, 1)):
        canvas.line(x, y, x + across * 4 * MM, y)
        canvas.line(x, y, x, y + up * 4 * MM)
    _draw_code(canvas, slip, left + 3 * MM, top - 4 * MM - CODE, CODE)
    room = CELL[0] - CODE - 9 * MM
    size, lines = next(_fitting(slip, room, CELL[1] - STUB - 6 * MM))
    _write(canvas, slip, left + 6 * MM + CODE, top - 5 * MM, room, lines, size)
    if slip.stub:
        canvas.setDash(2, 2)
        canvas.line(left + 3 * MM, bottom + STUB, right - 3 * MM, bottom + STUB)
        canvas.setDash()
        canvas.setFont(HAN, 9)
        canvas.drawString(left + 4 * MM, bottom + 3 * MM, _bmp(f"{slip.stub}  {say('slip_stub', language())}"))


def _draw_code(canvas: Canvas, slip: Slip, left: float, bottom: float, side: float) -> None:
    modules = padded(slip.code, QUIET_ON_PAPER)
    size = side / len(modules)
    path = canvas.beginPath()
    for row, start, length in runs(modules):
        path.rect(left + start * size, bottom + side - (row + 1) * size, length * size, size)
    canvas.drawPath(path, stroke=0, fill=1)


def _write(canvas: Canvas, slip: Slip, left: float, top: float, room: float, lines: Sequence[str], size: float) -> None:
    """The telephone first, as large as there is room for; then the rest."""
    y = top - size
    if slip.phone:
        canvas.setFont(HAN, size + 2)
        canvas.drawString(left, y, say("slip_phone", language()))
        font, large, numbers = _phone(slip, room)
        canvas.setFont(font, large)
        for number in numbers:
            y -= large + 2
            canvas.drawString(left, y, number)
        y -= size + GAP
    canvas.setFont(HAN, size)
    for line in lines:
        canvas.drawString(left, y, line)
        y -= size * 1.3


def _phone(slip: Slip, room: float) -> tuple[str, float, list[str]]:
    """The telephone's font, its size, and its lines: one as large as there is room for, or several that can still be read."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    font, text = (DIGITS if slip.phone.isascii() else HAN), _bmp(slip.phone)
    large = min(PHONE, PHONE * room / max(1.0, stringWidth(text, font, PHONE)))
    return (
        (font, large, [text]) if large >= LEAST_PHONE else (font, LEAST_PHONE, _broken(text, font, LEAST_PHONE, room))
    )


def _height(slip: Slip, room: float, size: float, lines: Sequence[str]) -> float:
    """Of what `_write` writes."""
    _font, large, numbers = _phone(slip, room)
    return (size + 2) + len(numbers) * (large + 2) + (size + GAP) + len(lines) * size * 1.3


def _fitting(slip: Slip, room: float, height: float) -> Iterator[tuple[float, list[str]]]:
    """Sizes at which all of a slip has room, largest first; the smallest in any case."""
    for size in (LARGE, 11):
        if _height(slip, room, size, lines := _wrapped(slip, room, size)) <= height:
            yield size, lines
    yield SMALL, _wrapped(slip, room, SMALL)


def _wrapped(slip: Slip, room: float, size: float) -> list[str]:
    language_ = language()
    as_of = [say("as_of", language_, day=day(slip.on, language_, slip.on))] if slip.tells_a_state else []
    texts = [slip_title(slip), *as_of, *slip.lines, say("slip_keep", language_)]
    return [line for text in texts for line in _broken(_bmp(text), HAN, size, room)]


def _broken(text: str, font: str, size: float, room: float) -> list[str]:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth

    registerFont(UnicodeCIDFont(HAN))
    lines = [""]
    for piece in _PIECES.findall(text):
        whole = stringWidth(piece.rstrip(), font, size) <= room
        for part in (piece,) if whole else piece:  # what has no room even in a line of its own is broken anywhere
            if lines[-1] and stringWidth((lines[-1] + part).rstrip(), font, size) > room:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def _bmp(text: str) -> str:
    """The font's encoding knows no character beyond U+FFFF."""
    return "".join(char if ord(char) < 0x10000 else "〓" for char in text)
