"""Photos without what a camera writes beside the picture: where and when it was taken, with which telephone."""

from __future__ import annotations

from io import BytesIO

from storage.errors import MediaUnusable
from storage.media import kind_of

TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}
"""By what `storage.media.kind_of` says; anything else is `application/octet-stream`."""
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_TIFF = (b"II*\0", b"MM\0*")
QUALITY = 90
"""Of a picture that has to be turned the right way up: that loses what a camera said about it, so it is done for good."""


def type_of(data: bytes) -> str:
    """A file's media type, by its first bytes."""
    return TYPES.get(kind_of(data), "application/octet-stream")


def cleaned(name: str, data: bytes) -> bytes:
    """A photo's bytes without EXIF, GPS, XMP and comments; any other file as it is.

    Raises:
        MediaUnusable: It may hold the place where it was taken and nothing here can take that out (`place_inside`: HEIC,
            films, TIFF), or it is no picture although it begins like one (`no_picture`).
    """
    if data[4:8] == b"ftyp" or data.startswith(_TIFF):
        raise MediaUnusable(name, "place_inside")
    kind = kind_of(data)
    if kind not in _FORMATS:
        return data
    from PIL import Image

    try:
        return _redrawn(data, _FORMATS[kind])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaUnusable(name, "no_picture") from error


def _redrawn(data: bytes, kind: str) -> bytes:
    from PIL import Image, ImageOps

    with Image.open(BytesIO(data), formats=[kind]) as image:
        image.load()
        colours = image.info.get("icc_profile")
        as_it_was = image.getexif().get(0x0112, 1) == 1
        picture = image if as_it_was else ImageOps.exif_transpose(image)
        picture.info = {}  # some of it would be written again
        given: dict[str, object] = {"icc_profile": colours} if colours else {}
        if kind == "JPEG":
            given["quality"] = "keep" if as_it_was and image.format == "JPEG" else QUALITY
        out = BytesIO()
        picture.save(out, kind, **given)
        return out.getvalue()
