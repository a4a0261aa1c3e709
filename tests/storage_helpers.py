"""Laptops that keep notes: stores with real files, and journals made by hand for what no laptop of ours would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from storage.errors import JournalUnreadable, OtherCommunity
from storage.intake import journal_bytes
from storage.keys import Identity, new_identity
from storage.reader import JournalFile, parse_journal
from storage.record import Head, Record, Ref
from storage.rows import new_record, sealed_head
from storage.sealing import Keyring, SealingPen
from storage.store import Store

ANN, BEN, CAT = "a" * 16, "b" * 16, "c" * 16
LANDMARKS = frozenset({"enrol"})
COMMUNITY = "c0" * 32
Now = Callable[[], datetime]


class Sealing:
    """Whether stores made here are sealed; then everybody has the team key, and each person one key on all laptops."""

    on = False
    _identities: ClassVar[dict[str, Identity]] = {}

    @classmethod
    def of(cls, person: str) -> Identity | None:
        return cls._identities.setdefault(person, new_identity(person)) if cls.on else None

    @classmethod
    def ring(cls) -> Keyring | None:
        if not cls.on:
            return None
        ring = Keyring()
        ring.add(bytes(32))
        ring.add_care(bytes(range(32)))
        return ring


def sit(store: Store, person: str) -> Store:
    """Let somebody write, with their keys where the store is sealed."""
    identity = Sealing.of(person)
    if identity is not None and store.ring is not None:
        (epoch,), (care,) = store.ring.epochs, store.ring.care
        store.seal_under(epoch, care)
        store.unlock(identity)
    store.use(person)
    return store


def pen(store: Store) -> SealingPen | None:
    """What seals and signs as whoever is at a store; `None` where nothing is sealed."""
    if store.identity is None or store.ring is None:
        return None
    (epoch,), (care,) = store.ring.epochs, store.ring.care
    return SealingPen(store.ring, store.identity, epoch, care)


def begin(folder: Path, now: Now, person: str = ANN) -> Store:
    """A community's first laptop."""
    identity, ring = Sealing.of(person), Sealing.ring()
    return sit(Store.create(folder, person, now=now, landmarks=LANDMARKS, identity=identity, ring=ring), person)


def another(first: Store, folder: Path, now: Now, person: str = BEN) -> Store:
    """A further laptop, which knows nothing yet."""
    return sit(Store.join(folder, first.community, now=now, landmarks=LANDMARKS, ring=Sealing.ring()), person)


def reopen(store: Store, now: Now, *, app: bool = False) -> Store:
    """The same laptop after a restart."""
    store.close()
    return look(store.folder, now, person=store.person, app=app)


def look(folder: Path, now: Now, person: str = ANN, *, app: bool = False) -> Store:
    return sit(Store.open(folder, now=now, landmarks=LANDMARKS, app=app, ring=Sealing.ring()), person)


def write(store: Store, *texts: str) -> list[Ref]:
    return [store.append("note", {"text": text}).record.ref for text in texts]


def notes(store: Store) -> list[str]:
    """What all records say, in fold order."""
    return [str(entry.record.body["text"]) for entry in store.ledger.entries() if entry.record.kind == "note"]


def refs(store: Store) -> set[Ref]:
    return {entry.record.ref for entry in store.ledger.entries()}


def seens(store: Store) -> list[Record]:
    return [entry.record for entry in store.ledger.entries() if entry.record.kind == "seen"]


def journal_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("zb-*.json"))


def only_journal(store: Store) -> Path:
    (path,) = journal_files(store.folder / "store")
    return path


def made(
    texts: Iterable[str], *, journal: str = "1" * 16, device: str = "d" * 16, person: str = CAT, at: int = 0,
    community: str = COMMUNITY, prefix: list[Record] | None = None, kind: str = "note", **fields: Any,
) -> tuple[Head, list[Record]]:  # fmt: skip
    """A journal by hand; `prefix` are records that it goes on behind."""
    head = sealed_head(Head(journal, community, device, person, "2026-05-12", **fields))
    records = list(prefix or [])
    for text in texts:
        prev = records[-1].digest if records else head.digest
        stamp = f"2026-05-12T10:{at:02}:00+08:00"
        records.append(new_record(journal, len(records) + 1, len(records) + 1, stamp, kind, {"text": text}, prev))
    return head, records


def made_bytes(*texts: str, **fields: Any) -> bytes:
    return journal_bytes(*made(texts, **fields))


def parsed(data: bytes, community: str = COMMUNITY) -> JournalFile | str:
    """What a file held, or the reason why nothing of it is used."""
    try:
        return parse_journal("x.json", data, community)
    except JournalUnreadable as error:
        return error.reason
    except OtherCommunity:
        return "other_community"


def said(found: JournalFile | str) -> list[str]:
    assert isinstance(found, JournalFile), found
    return [str(record.body.get("text")) for record in found.records]
