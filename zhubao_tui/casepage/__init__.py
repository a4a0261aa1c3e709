"""What a household takes away: token, QR code, plain text."""

from .qr import QR, TooLong, encode, half_blocks, png
from .snapshot import LIMIT, CaseLine, snapshot_text
from .tokens import case_url, is_token, new_token

__all__ = [
    "LIMIT", "QR", "CaseLine", "TooLong", "case_url", "encode", "half_blocks", "is_token", "new_token", "png",
    "snapshot_text",
]  # fmt: skip
