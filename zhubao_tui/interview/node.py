"""The instance: a tree of nodes whose text changes while an interview goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date


@dataclass(eq=False, slots=True)
class Node:
    """One element of an instance: a group, a repeat instance, or a leaf with its value as text."""

    name: str
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    text: str = ""
    type: str = "string"
    """Data type of its bind: `string`, `int`, `decimal`, `date`, `dateTime`, `time`, `geopoint` …"""
    relevant: bool = True
    """Its own relevance; a node counts only if all above it are relevant, too."""
    template: bool = False
    """A repeat's template, never part of the data."""
    repeated: bool = False
    """Whether this is an instance of a repeat."""
    today: date = date.min
    """Of a document only: the day of the interview, which a time of day belongs to."""

    def add(self, child: Node, index: int | None = None) -> Node:
        """Append a child, or put it at a place among the children."""
        child.parent = self
        self.children.insert(len(self.children) if index is None else index, child)
        return child

    def named(self, name: str) -> list[Node]:
        """Children of a name, in order, templates left out."""
        return [child for child in self.children if child.name == name and not child.template]

    @property
    def counts(self) -> bool:
        """Whether the node and everything above it is relevant."""
        node: Node | None = self
        while node is not None:
            if not node.relevant:
                return False
            node = node.parent
        return True

    def iterate(self) -> Iterator[Node]:
        """The node and everything below it, in order, templates left out."""
        yield self
        for child in self.children:
            if not child.template:
                yield from child.iterate()

    @property
    def position(self) -> int:
        """1-based place among the siblings of its name."""
        if self.parent is None:
            return 1
        return self.parent.named(self.name).index(self) + 1

    @property
    def ref(self) -> str:
        """Path with a position for each repeat instance: `/data/worries/issue[2]/words`."""
        if self.parent is None or not self.parent.name:
            return f"/{self.name}"
        step = f"[{self.position}]" if self.repeated else ""
        return f"{self.parent.ref}/{self.name}{step}"

    @property
    def day(self) -> date:
        """The day of the interview."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node.today

    def copy(self) -> Node:
        """A copy of the node and everything below it, without a parent."""
        twin = Node(self.name, None, [], self.text, self.type, self.relevant, self.template, self.repeated)
        for child in self.children:
            twin.add(child.copy())
        return twin
