"""QR codes: the smallest that scans from a terminal, as cells and as a picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

QUIET = 4
"""Modules of quiet zone on every side, as ISO/IEC 18004 asks: a dark theme must not touch the code."""
COMFORTABLE_ROWS = 19
"""29 modules and the quiet zone: level M for addresses of up to 61 capitals."""
LARGE_ENOUGH = 41
"""Modules a side that a 58 mm roll prints with seven dots each, 0.88 mm."""
LEVELS = ("M", "L")
"""Tried in this order: more correction first."""


class TooLong(ValueError):
    """A payload needs more rows than there are."""


@dataclass(frozen=True, slots=True)
class QR:
    """A code: `modules` is square, `True` is dark; no quiet zone."""

    version: int
    level: str
    modules: tuple[tuple[bool, ...], ...]

    @property
    def rows(self) -> int:
        """Terminal rows at two modules a row, quiet zone included."""
        return -(-(len(self.modules) + 2 * QUIET) // 2)


@lru_cache(maxsize=64)
def encode(payload: str, rows: int = 24) -> QR:
    """Encode a payload: at level M within 19 rows, else at L within 19, else in as few rows as it takes.

    Args:
        payload: Any text; capitals, digits and `:/.-` alone make the smallest codes.
        rows: Terminal rows that are there.

    Raises:
        TooLong: Not even level L fits.
    """
    codes = [_encode(payload, level) for level in LEVELS]
    fitting = [code for code in codes if code is not None and code.rows <= rows]
    if not fitting:
        raise TooLong(f"{len(payload.encode())} bytes do not fit {rows} rows")
    comfortable = [code for code in fitting if code.rows <= COMFORTABLE_ROWS]
    return comfortable[0] if comfortable else min(fitting, key=lambda code: (code.rows, LEVELS.index(code.level)))


@lru_cache(maxsize=64)
def encode_for_paper(payload: str) -> QR:
    """Encode for a slip, which gets crumpled and written over: the most correction whose modules stay large, else M.

    Raises:
        TooLong: No code holds so much.
    """
    for level in ("H", "Q", "M"):
        code = _encode(payload, level)
        if code is not None and (level == "M" or len(code.modules) <= LARGE_ENOUGH):
            return code
    raise TooLong(f"{len(payload.encode())} bytes are too many for a code")


def _encode(payload: str, level: str) -> QR | None:
    from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
    from qrcode.exceptions import DataOverflowError
    from qrcode.main import QRCode

    code = QRCode(
        error_correction={"H": ERROR_CORRECT_H, "Q": ERROR_CORRECT_Q, "M": ERROR_CORRECT_M, "L": ERROR_CORRECT_L}[
            level
        ],
        border=0,
    )
    try:
        code.add_data(payload, optimize=20)
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        return None
    return QR(code.version, level, tuple(tuple(bool(module) for module in row) for row in code.get_matrix()))


def padded(code: QR, quiet: int) -> list[list[bool]]:
    """Modules with a quiet zone around."""
    width = len(code.modules) + 2 * quiet
    light = [False] * quiet
    middle = [[*light, *row, *light] for row in code.modules]
    return [[False] * width for _ in range(quiet)] + middle + [[False] * width for _ in range(quiet)]


def half_blocks(code: QR, quiet: int = QUIET) -> list[str]:
    """Rows of `█` (both dark), `▀` (upper dark), `▄` (lower dark) and space; to be drawn black on white in any theme."""
    modules = padded(code, quiet)
    if len(modules) % 2:
        modules.append([False] * len(modules[0]))
    glyphs = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
    return [
        "".join(glyphs[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(modules[::2], modules[1::2], strict=True)
    ]


def whole_blocks(code: QR, quiet: int = QUIET) -> list[str]:
    """Rows of `██` and two spaces, a module each, for a terminal that knows no half blocks."""
    return ["".join("██" if dark else "  " for dark in row) for row in padded(code, quiet)]


def png(code: QR, scale: int = 8, quiet: int = QUIET) -> bytes:
    """A picture with `scale` pixels a module."""
    from PIL import Image

    modules = padded(code, quiet)
    image = Image.new("1", (len(modules), len(modules)))
    image.putdata([0 if dark else 255 for row in modules for dark in row])
    data = io.BytesIO()
    image.resize((len(modules) * scale,) * 2, Image.Resampling.NEAREST).save(data, "PNG", optimize=True)
    return data.getvalue()
