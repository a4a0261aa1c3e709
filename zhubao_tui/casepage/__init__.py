"""What a household takes away and reads: token, QR code, slip, plain text, page. Pure: data in, bytes out."""

from .discreet import Discretion
from .page import STEPS, Both, CaseView, Page
from .qr import QR, QUIET, TooLong, encode, half_blocks, padded, png, whole_blocks
from .render import case_page, gone_page, index_page
from .snapshot import LIMIT, CaseLine, snapshot_text
from .tokens import case_url, is_token, new_token

__all__ = [
    "LIMIT", "QR", "QUIET", "STEPS", "Both", "CaseLine", "CaseView", "Discretion", "Page", "TooLong", "case_page", "case_url",
    "encode", "gone_page", "half_blocks", "index_page", "is_token", "new_token", "padded", "png", "snapshot_text",
    "whole_blocks",
]  # fmt: skip
