"""Laptops and folders for tests of what may happen to files: each laptop is held against what it ever acknowledged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.errors import ExchangeNotThere
from storage.exchange import Exchanged, exchange
from storage.intake import journal_bytes
from storage.record import Entry, Ref
from storage.store import Store
from storage_helpers import another, begin, journal_files, look, made, notes, refs

Harm = Callable[[bytes, random.Random], bytes]


def torn(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def zeros(data: bytes, dice: random.Random) -> bytes:
    start = dice.choice([0, dice.randint(0, len(data))])
    return data[:start] + b"\0" * (len(data) - start)


def bit_flip(data: bytes, dice: random.Random) -> bytes:
    flipped = bytearray(data)
    flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


def garbage(data: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.randint(0, 2 * len(data)))


def with_bom(data: bytes, _dice: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def with_crlf(data: bytes, _dice: random.Random) -> bytes:
    return data.replace(b"\n", b"\r\n")


def utf_16(data: bytes, _dice: random.Random) -> bytes:
    return b"\xff\xfe" + data.decode(errors="replace").encode("utf-16-le")


def gbk(data: bytes, _dice: random.Random) -> bytes:
    return data.decode(errors="replace").encode("gbk", "replace")


def unharmed(data: bytes, _dice: random.Random) -> bytes:
    return data


def of_another_community(_data: bytes, _dice: random.Random) -> bytes:
    return journal_bytes(*made(["别处"], journal="9" * 16))


HARMS: dict[str, Harm] = {
    "unharmed": unharmed, "torn": torn, "zeros": zeros, "bit-flip": bit_flip, "garbage": garbage, "BOM": with_bom,
    "CRLF": with_crlf, "UTF-16": utf_16, "GBK": gbk, "other-community": of_another_community,
}  # fmt: skip
NAMES = ("{}", "{}(1)", "{} - 副本", "{}.sync-conflict-20260513-093000-ABCDEFG", "微信文件", "{} 冲突")
"""What a copy's name may become, before `.json`."""


@dataclass
class Clock:
    """One laptop's clock, right or wrong."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Laptop:
    """One laptop: its store, and all records that it ever had; it must never lack one of them."""

    store: Store
    clock: Clock
    must: set[Ref] = field(default_factory=set)
    backup: tuple[Path, set[Ref]] | None = None


class Town:
    """Some laptops of one community, folders between them, and whatever happens to either."""

    def __init__(self, place: Path, laptops: int, folders: int = 2) -> None:
        self._place = place
        self._copies = 0
        self.written: dict[Ref, str] = {}
        """All records that any laptop wrote, and what they say."""
        first = begin(place / "laptop0", self._clock())
        others = (another(first, place / f"laptop{n}", self._clock(), f"{n:016x}") for n in range(1, laptops))
        self.laptops = [Laptop(store, store._writer.now) for store in (first, *others)]  # type: ignore[arg-type]  # each was given a clock of its own
        self.folders = [place / f"folder{number}" for number in range(folders)]

    def _clock(self) -> Clock:
        return Clock(datetime(2026, 5, 13, 9, 30, tzinfo=UTC))

    def close(self) -> None:
        for laptop in self.laptops:
            laptop.store.close()

    # -- what people do

    def write(self, laptop: Laptop, *texts: str) -> None:
        with self._acting(laptop), laptop.store.batch() as batch:
            for text in texts:
                self.written[batch.add("note", {"text": text})] = text

    def exchange(self, laptop: Laptop, folder: Path) -> Exchanged:
        """Exchange; a folder whose marker is gone is first said to be gone, then begun anew."""
        with self._acting(laptop):
            try:
                return exchange(laptop.store, folder)
            except ExchangeNotThere:
                return exchange(laptop.store, folder, new=True)

    def full_round(self, folder: Path) -> None:
        """Everybody brings what they have, then everybody takes what the others brought."""
        for laptop in (*self.laptops, *self.laptops):
            self.exchange(laptop, folder)

    def restart(self, laptop: Laptop) -> None:
        laptop.store.close()
        self._open(laptop)

    def set_clock(self, laptop: Laptop, **by: float) -> None:
        laptop.clock.moment += timedelta(**by)

    def _open(self, laptop: Laptop) -> None:
        laptop.store = look(laptop.store.folder, laptop.clock, person=laptop.store.person)

    # -- what happens to files

    def copy(self, source: Path, target: Path, harm: Harm, dice: random.Random, name: str = "{}") -> None:
        """A file on its way: any name, any harm."""
        data = harm(source.read_bytes(), dice)
        (target / f"{name.format(source.stem)}.json").write_bytes(data)

    def hand_over(self, giver: Laptop, taker: Laptop, harm: Harm, dice: random.Random, name: str = "{}") -> None:
        """Some files through a chat program, put into the inbox."""
        for path in journal_files(giver.store.folder / "store"):
            if dice.random() < 0.6:
                self.copy(path, taker.store.folder / "inbox", harm, dice, name)
        with self._acting(taker):
            taker.store.refresh()

    def older_copy(self, folder: Path, dice: random.Random) -> None:
        """A sync tool puts an earlier state of a file in the place of the newer one."""
        for path in self._some(folder, dice):
            lines = path.read_bytes().split(b"\n")
            kept = dice.randint(2, max(2, len(lines) - 2))
            path.write_bytes(b"\n".join([*lines[:kept], b"}}", b""]).replace(b",\n}}", b"\n}}"))

    def harm_some(self, folder: Path, harm: Harm, dice: random.Random) -> None:
        for path in self._some(folder, dice):
            if path.stat().st_size:
                path.write_bytes(harm(path.read_bytes(), dice))

    def rename_some(self, folder: Path, name: str, dice: random.Random) -> None:
        for path in self._some(folder, dice):
            path.replace(path.with_name(f"{name.format(path.stem)}.json"))

    def delete_some(self, folder: Path, dice: random.Random) -> None:
        for path in self._some(folder, dice):
            path.unlink()

    def empty(self, folder: Path) -> None:
        """Everything is deleted, the marker too; sometimes the folder itself would go, which is the same to us."""
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink()

    def harm_store(self, laptop: Laptop, harm: Harm, dice: random.Random) -> None:
        """Copies of other laptops' journals are harmed on a laptop's disk while it is off: it may lack those, no more."""
        laptop.store.close()
        own = {head.journal for head in laptop.store.ledger.journals() if head.device == laptop.store.device}
        for path in self._some(laptop.store.folder / "store", dice):
            journal = path.stem.split("-")[5]
            if journal not in own:
                path.write_bytes(harm(path.read_bytes(), dice))
                laptop.must = {ref for ref in laptop.must if ref.journal != journal}
        self._open(laptop)

    def _some(self, folder: Path, dice: random.Random) -> list[Path]:
        found = journal_files(folder) if folder.is_dir() else []
        return dice.sample(found, min(len(found), dice.randint(1, 3)))

    # -- what happens to laptops

    def clone(self, laptop: Laptop) -> None:
        """The IT office images a disk: two laptops carry one identity from now on."""
        self._copies += 1
        folder = self._place / f"clone{self._copies}"
        shutil.copytree(laptop.store.folder, folder)
        clock = Clock(laptop.clock.moment)
        self.laptops.append(Laptop(look(folder, clock, person=laptop.store.person), clock, set(laptop.must)))

    def back_up(self, laptop: Laptop) -> None:
        self._copies += 1
        kept = self._place / f"backup{self._copies}"
        shutil.copytree(laptop.store.folder, kept)
        laptop.backup = kept, set(laptop.must)

    def restore(self, laptop: Laptop) -> None:
        """The disk breaks, and an older state takes its place: the laptop may lack what came since, no more."""
        if laptop.backup is None:
            return
        laptop.store.close()
        kept, laptop.must = laptop.backup[0], set(laptop.backup[1])
        shutil.rmtree(laptop.store.folder)
        shutil.copytree(kept, laptop.store.folder)
        self._open(laptop)

    # -- what must be true

    @contextmanager
    def _acting(self, laptop: Laptop) -> Iterator[None]:
        """What a laptop writes meanwhile of its own accord is `seen` records."""
        yield
        for entry in laptop.store.ledger.entries():
            if entry.record.ref not in self.written and entry.record.kind == "seen":
                assert entry.device == laptop.store.device
                self.written[entry.record.ref] = ""

    def check(self) -> None:
        """After every step: whatever a laptop ever had is there, and nothing that nobody wrote is anywhere."""
        for laptop in self.laptops:
            entries = laptop.store.ledger.entries()
            here = {entry.record.ref for entry in entries}
            assert laptop.must <= here, "something acknowledged is gone"
            assert here <= self.written.keys(), "something that nobody wrote"
            assert all(_said(entry) == self.written[entry.record.ref] for entry in entries)
            laptop.must = here

    def check_alike(self) -> None:
        """After a full round: all that anybody has, everybody has, in one order."""
        must = {ref for laptop in self.laptops for ref in laptop.must if self.written[ref]}
        shown = {tuple(notes(laptop.store)) for laptop in self.laptops}
        assert len(shown) == 1
        assert all(must <= refs(laptop.store) for laptop in self.laptops)


def _said(entry: Entry) -> str:
    return str(entry.record.body["text"]) if entry.record.kind == "note" else ""
