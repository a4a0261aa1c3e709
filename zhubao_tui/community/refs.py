"""References (`journal:seq:digest`) as they stand in bodies, read without a word about what is none."""

from __future__ import annotations

from collections.abc import Iterator

from storage.record import Body, Ref


def ref_of(value: object) -> Ref | None:
    """The reference that a value is; `None` where it is none."""
    if not isinstance(value, str):
        return None
    try:
        return Ref.parse(value)
    except ValueError:
        return None


def refs_in(body: Body, name: str) -> Iterator[Ref]:
    """The references in a list of a body; what is none is passed over."""
    listed = body.get(name)
    for value in listed if isinstance(listed, list) else ():
        ref = ref_of(value)
        if ref is not None:
            yield ref
