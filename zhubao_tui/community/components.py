"""Components: records of cases that references link, found by union-find as they arrive."""

from __future__ import annotations

from collections.abc import Iterator

from storage.record import Entry, Ref

from .refs import ref_of, refs_in

_SINGLE = ("issue", "of", "record", "main")
_MANY = ("issues", "members", "records", "parts")


class Components:
    """Which records must be replayed together; depends on the set of records only."""

    def __init__(self) -> None:
        self._parent: dict[Ref, Ref] = {}
        self._entries: dict[Ref, dict[Ref, Entry]] = {}
        self._dirty: set[Ref] = set()
        self._absorbed: set[Ref] = set()

    def add(self, entry: Entry) -> None:
        """Take in a record, or its new place."""
        root = self._find(entry.record.ref)
        for other in links(entry):
            root = self._union(root, self._find(other))
        self._entries.setdefault(root, {})[entry.record.ref] = entry
        self._dirty.add(root)

    def touch(self, ref: Ref) -> None:
        """Have the component of a record replayed although no record of it is new."""
        self._dirty.add(self._find(ref))

    def settle(self) -> tuple[set[Ref], list[tuple[Ref, list[Entry]]]]:
        """Roots that another component has absorbed, and each changed component's root with its records."""
        dropped, self._absorbed = self._absorbed, set()
        roots = {self._find(ref) for ref in self._dirty}
        self._dirty = set()
        return dropped, [(root, list(self._entries[root].values())) for root in roots if root in self._entries]

    def _find(self, ref: Ref) -> Ref:
        parent = self._parent.setdefault(ref, ref)
        while parent != ref:
            grand = self._parent[parent]
            self._parent[ref] = grand
            ref, parent = parent, grand
        return ref

    def _union(self, one: Ref, other: Ref) -> Ref:
        if one == other:
            return one
        if len(self._entries.get(one, ())) < len(self._entries.get(other, ())):
            one, other = other, one
        self._parent[other] = one
        if other in self._entries:
            self._entries.setdefault(one, {}).update(self._entries.pop(other))
        self._absorbed.add(other)
        self._dirty.discard(other)
        self._dirty.add(one)
        return one


def links(entry: Entry) -> Iterator[Ref]:
    """References by which a record's effect hangs together with others."""
    body = entry.record.body
    for name in _SINGLE:
        ref = ref_of(body.get(name))
        if ref is not None:
            yield ref
    for name in _MANY:
        yield from refs_in(body, name)
