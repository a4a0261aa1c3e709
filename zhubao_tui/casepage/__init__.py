"""What a household takes away: token, QR code, plain text."""

from .qr import QR, QUIET, TooLong, encode, half_blocks, padded, png, whole_blocks
from .snapshot import LIMIT, CaseLine, snapshot_text
from .tokens import case_url, is_token, new_token

__all__ = [
    "LIMIT", "QR", "QUIET", "CaseLine", "TooLong", "case_url", "encode", "half_blocks", "is_token", "new_token",
    "padded", "png", "snapshot_text", "whole_blocks",
]  # fmt: skip
