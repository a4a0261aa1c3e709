"""The record: small, immutable, chained to the one before it; the only type of storage that rules may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
Body = Mapping[str, Any]
"""A record's content: a JSON object whose numbers are integers within 2^53 (anything else as strings)."""


class Opaque(dict[str, Any]):
    """A body that this version can't look into: to rules it is empty, `value` is handed on as it came."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def made(cls: type[T], fields: dict[str, Any]) -> T:
    """An object of a frozen dataclass from all its fields, at a third of what its own `__init__` takes.

    Reading a year's records makes them by the hundred thousand.
    """
    one = object.__new__(cls)
    one.__dict__.update(fields)
    return one


_FROM = "_from"
"""Where an entry that a ledger made keeps where its record can be read."""


class Source(Protocol):
    """What an entry's record is read from: see `storage.runs.Run`."""

    kinds: list[str]

    def ref(self, number: int) -> Ref:
        """What names a record."""

    def as_read(self, number: int) -> Record:
        """A record."""

    def has_line(self, number: int) -> bool:
        """Whether a record can be read again as it was."""

    def place(self, number: int) -> dict[str, Any]:
        """An entry's fields."""


class Ring(Protocol):
    """What opens sealed bodies: see `storage.sealing.Keyring`."""

    def open(self, place: tuple[str, str, str], seq: int, kind: str, text: str) -> dict[str, Any] | None:
        """A body; `None` without its key."""


class Sealed(Mapping[str, Any]):
    """A sealed body: opened when it is looked at; empty without its key."""

    __slots__ = ("_kind", "_opened", "_place", "_ring", "_seq", "text")

    def __init__(self, text: str, ring: Ring | None, place: tuple[str, str, str], seq: int, kind: str) -> None:
        """Keep a body as it is stored; `place` is journal, id of the team key, and nonce."""
        self.text = text
        self._ring, self._place, self._seq, self._kind = ring, place, seq, kind
        self._opened: dict[str, Any] | None = None

    def look(self) -> dict[str, Any] | None:
        """What was opened; `None` where the key is not here, or it is not what it claims to be."""
        if self._opened is None and self._ring is not None:
            self._opened = self._ring.open(self._place, self._seq, self._kind, self.text)
        return self._opened

    def __getitem__(self, name: str) -> Any:
        return (self.look() or {})[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.look() or {})

    def __len__(self) -> int:
        return len(self.look() or {})

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Sealed) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of any mapping

    def __reduce__(self) -> tuple[Any, ...]:
        return (Sealed, (self.text, self._ring, self._place, self._seq, self._kind))


class Erased(Opaque):
    """A body whose content an erasure took; `value` is the filler that stands in its place."""


class Ref(NamedTuple):
    """What names a record everywhere; the digest tells two branches of one journal apart."""

    journal: str
    seq: int
    digest: str

    def __str__(self) -> str:
        """`journal:seq:digest`, as references stand in bodies."""
        return f"{self.journal}:{self.seq}:{self.digest}"

    @classmethod
    def parse(cls, text: object) -> Ref:
        """Read `journal:seq:digest`; raises `ValueError` for anything else."""
        parts = text.split(":") if isinstance(text, str) else []
        if len(parts) != 3 or not parts[1].isdecimal() or not parts[1].isascii() or not 0 < len(parts[1]) < 16:
            raise ValueError("not a reference to a record")
        return cls(parts[0], int(parts[1]), parts[2])


@dataclass(frozen=True, slots=True)
class Head:
    """First lines of a journal (日志): whose it is and what it follows."""

    journal: str
    """Random 64-bit id, 16 hex digits."""
    community: str
    """Digest of the founder's key (unprotected: person id) and of a salt; 64 hex digits."""
    device: str
    """The laptop's random id, 16 hex digits."""
    person: str
    """The author's id, 16 hex digits."""
    day: str
    """Working day, `YYYY-MM-DD`, for people who look at the file."""
    key: str = ""
    """The person's public signing key on this laptop, 64 hex digits; empty in an unprotected workspace."""
    epoch: str = ""
    """Id of the team key that bodies are sealed under, 32 hex digits; empty in an unprotected workspace."""
    predecessor: Ref | None = None
    """The laptop's last record before this journal, whoever wrote it; `None` of a laptop's first journal."""
    salt: str = ""
    """In the founding head only: community = digest of person and salt."""
    format: int = 1
    extra: Body = field(default_factory=dict)
    """Fields of a newer format, kept as they are; the digest covers them."""
    digest: str = ""
    """SHA-256 over all the above, 64 hex digits; `prev` of the first record."""


@dataclass(frozen=True)
class Record:
    """The smallest thing anybody entered (记录); never changed."""

    journal: str
    seq: int
    """1-based position in the journal; also its TinyDB document id."""
    clock: int
    """The Lamport clock that the author claimed; the fold reckons its own."""
    at: str
    """Wall time with offset, ISO 8601, seconds; shown, never trusted for order."""
    kind: str
    salt: str
    body: Body
    sum: str
    """Digest of the body."""
    prev: str
    """Digest of the record before; of the first record: of the head."""
    sig: str
    """Signature; in an unprotected workspace the record's own digest."""
    digest: str
    """SHA-256 over all but salt, body and sig; reckoned by the reader, not stored."""
    extra: Body = field(default_factory=dict)

    @cached_property
    def ref(self) -> Ref:
        """What others name it by."""
        return Ref(self.journal, self.seq, self.digest)


@dataclass(frozen=True)
class Entry:
    """A record at its place in the union of all journals: what a fold works on.

    A ledger makes entries without their records; each is read when somebody looks at it.
    """

    record: Record
    person: str
    """Author, from the journal's head."""
    device: str
    clock: int
    """Reckoned: 1 + the highest clock in its causal past as far as it is here."""
    past: int = 0
    """Bit set of the landmark records (see `storage.ledger`) in its causal past, itself not included."""
    bit: int = 0
    """This record's own bit where it is a landmark, else 0."""
    whole: bool = True
    """Whether its whole causal past is here."""
    key: str = ""
    """Author's signing key, from the head; empty in an unprotected workspace."""
    day: str | None = None
    """Of a record whose wall time other records contradict: the day to reckon with instead (empty: nobody knows)."""

    if not TYPE_CHECKING:  # only `record` is ever made late; a checker would take any name for known

        def __getattr__(self, name: str) -> Any:
            place = self.__dict__.get(_FROM)
            if name != "record" or place is None:
                raise AttributeError(name)
            return self.__dict__.setdefault("record", place[0].as_read(place[1]))

    def __getstate__(self) -> dict[str, Any] | tuple[Source, int]:
        """Of an entry that a ledger made: where it stands there."""
        place: tuple[Source, int] | None = self.__dict__.get(_FROM)
        return self.__dict__ if place is None else place

    def __setstate__(self, state: dict[str, Any] | tuple[Source, int]) -> None:
        self.__dict__.update(state[0].place(state[1]) if isinstance(state, tuple) else state)

    @property
    def doubtful(self) -> bool:
        """Whether its wall time can't be right."""
        return self.day is not None

    @cached_property
    def ref(self) -> Ref:
        """What others name its record by."""
        place = self.__dict__.get(_FROM)
        return self.record.ref if place is None else place[0].ref(place[1])

    @property
    def kind(self) -> str:
        """Its record's kind."""
        place = self.__dict__.get(_FROM)
        return self.record.kind if place is None else place[0].kinds[place[1]]

    @cached_property
    def order(self) -> tuple[int, str, int, str]:
        """Place in the one total order: clock, journal, seq, digest."""
        return (self.clock, *self.ref)

    def let_go(self) -> None:
        """Forget the record where it can be read again: of a hundred thousand few are looked at twice."""
        place = self.__dict__.get(_FROM)
        if place is not None and place[0].has_line(place[1]):
            self.__dict__.pop("record", None)
