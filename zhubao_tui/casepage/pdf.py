"""Slips as PDF: one on a 58 mm roll, or a building's on A4 with cut marks.

The Chinese font is named, not carried along: a PDF viewer has one for `STSong-Light`, unless it is a very bare one. The
telephone's digits, which matter most, stand in a font that every viewer has.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
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


def roll_pdf(slip: Slip) -> bytes:
    """One slip for a 58 mm thermal printer: modules are whole dots at 203 dpi."""
    side = dots_a_module(slip.code) * DOT * (len(slip.code.modules) + 2 * QUIET_ON_PAPER)
    lines = _wrapped(slip, ROLL - 2 * MARGIN, 10)
    height = side + (16 + 30) * 1.2 + len(lines) * 13 + 12 * MM
    data, canvas = _begun((ROLL, height), slip)
    _draw_code(canvas, slip, (ROLL - side) / 2, height - side, side)
    _write(canvas, slip, MARGIN, height - side - 4, ROLL - 2 * MARGIN, lines, 10)
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
    _write(canvas, slip, left + 6 * MM + CODE, top - 5 * MM, room, _wrapped(slip, room, 10), 10)
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
        font = DIGITS if slip.phone.isascii() else HAN
        large = min(24.0, 24.0 * room / max(1.0, canvas.stringWidth(_bmp(slip.phone), font, 24)))
        y -= large + 2
        canvas.setFont(font, large)
        canvas.drawString(left, y, _bmp(slip.phone))
        y -= size + 4
    canvas.setFont(HAN, size)
    for line in lines:
        canvas.drawString(left, y, line)
        y -= size * 1.3


def _wrapped(slip: Slip, room: float, size: float) -> list[str]:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth

    registerFont(UnicodeCIDFont(HAN))
    language_ = language()
    texts = [
        slip_title(slip), say("as_of", language_, day=day(slip.on, language_, slip.on)), *slip.lines,
        say("slip_keep", language_),
    ]  # fmt: skip
    lines: list[str] = []
    for text in map(_bmp, texts):
        line = ""
        for char in text:
            if line and stringWidth(line + char, HAN, size) > room:
                lines.append(line)
                line = ""
            line += char
        lines.append(line)
    return lines


def _bmp(text: str) -> str:
    """The font's encoding knows no character beyond U+FFFF."""
    return "".join(char if ord(char) < 0x10000 else "〓" for char in text)
