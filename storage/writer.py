"""The only writer of this laptop's journals: which of them is open, when it is followed by another, what goes into it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .access import Access
from .batch import Batch
from .chain import Chain
from .errors import JournalUnreadable, NotPlainData, SaveFailed
from .founder import Founder
from .intake import stamp
from .journal import Journal
from .laptop import Laptop
from .ledger import SEEN, Ledger
from .reader import MAX_FILE
from .record import Entry, Head, Record
from .rows import is_strange, sealed_head
from .shelf import Shelf
from .witness import in_pieces

if TYPE_CHECKING:
    from .keys import Identity

ROLL_OVER = MAX_FILE // 2
"""Bytes after which a journal is followed by a new one; a batch holds less than this, so no file gets too large."""
LARGEST_RECORD = 1024 * 1024
Now = Callable[[], datetime]


class Writer:
    """Writes for one person at a time; the open journal is its own."""

    def __init__(
        self,
        ledger: Ledger,
        shelf: Shelf,
        laptop: Laptop,
        access: Access,
        founder: Founder,
        chain: Chain,
        now: Now,
    ) -> None:
        self.person = ""
        """Id of who writes; empty while nobody may."""
        self.founding_salt = ""
        """Of a community that is being founded, until its first journal begins."""
        self.now = now
        self._ledger, self._shelf, self._laptop = ledger, shelf, laptop
        self._access, self._founder, self._chain = access, founder, chain
        self._journal: Journal | None = None
        self._undelivered: list[Entry] = []
        """Reckoned, but not yet told to anybody, as the block that wanted to write failed."""

    # -- the open journal

    @property
    def path(self) -> Path | None:
        """The open journal's file."""
        return self._journal.path if self._journal is not None else None

    def use(self, person: str) -> None:
        """Say who writes from now on; changing the person starts a journal."""
        if person != self.person:
            self.let_go()
        self.person = person

    def let_go(self) -> None:
        """Close the open journal; the next record opens it again, or a new one."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def let_go_of(self, journal: str) -> None:
        """Close a journal, should it be the open one: something else happens to it."""
        if self._journal is not None and self._journal.head.journal == journal:
            self.let_go()

    def notice(self, head: Head, records: Sequence[Record], unknown: Sequence[Record]) -> None:
        """A file of a journal came in; see `Chain.notice`."""
        if unknown and head.device == self._laptop.device:
            self.let_go_of(head.journal)
        self._chain.notice(head, records, unknown)

    def doubt(self, journal: str, path: Path) -> None:
        """A file of this laptop is harmed: its journal is not gone on with."""
        self._chain.doubt(journal)
        if self.path == path:
            self.let_go()

    # -- writing

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Compose records that are written together; see `Store.batch`."""
        self._access.must_be_open()
        self._undelivered += self._ledger.settle()
        journal = self._writable()
        goes_on = self._chain.goes_on(journal.head)
        batch = Batch(
            self._ledger,
            journal.head,
            self._chain.end if goes_on else None,
            self._at(),
            self._access.pen(journal.head),
        )
        unseen = self._chain.unseen()
        for body in in_pieces(unseen if goes_on else self._chain.greeting(unseen)):  # what comes next rests on it
            batch.add(SEEN, body)
        yield batch
        if batch.records:
            if len(batch.records) > ROLL_OVER // LARGEST_RECORD and batch.size() > ROLL_OVER:
                raise NotPlainData("more than a journal may hold")
            journal.append(batch.records)
            self._undelivered += self._take_in(journal, batch.records)
        batch.entries = self.undelivered()

    def bear_witness(self) -> list[Entry]:
        """Write down what this laptop has taken in, if there is anything and somebody here to say it; as `batch` raises."""
        if not self.person or not self._access.is_open or not self._chain.unseen():
            return []
        with self.batch() as batch:
            pass
        return batch.entries

    def undelivered(self) -> list[Entry]:
        """Entries that nobody has been told of yet; who asks is told."""
        told, self._undelivered = self._undelivered, []
        return told

    def ask(self, identity: Identity, extra: dict[str, Any]) -> Head:
        """Write a journal that is only its head; see `Store.ask`."""
        plain = replace(self._head(identity.person), key=identity.sign, epoch="", predecessor=None, extra=extra)
        head = sealed_head(plain)
        path = self._shelf.path_of(head)
        Journal(path, head).close()
        self._ledger.add(head, [])
        self._shelf.note_written(path)
        return head

    def _take_in(self, journal: Journal, records: list[Record]) -> list[Entry]:
        entries = self._ledger.take_in(journal.head, records)
        self._founder.note(journal.head)
        self._access.learn(entries)
        self._chain.grow(records)
        self._shelf.note_written(journal.path)
        return entries

    def _at(self) -> str:
        return self.now().isoformat(timespec="seconds")

    # -- which journal

    def _writable(self) -> Journal:
        """The journal to write to: today's of this person if it is this laptop's last, else a new one."""
        journal = self._journal
        if journal is not None and not self._must_turn(journal):
            return journal
        self.let_go()
        self._journal = self._reopened() or self._new_journal()
        return self._journal

    def _must_turn(self, journal: Journal) -> bool:
        """Whether a journal is to be followed by a new one."""
        head = journal.head
        if stamp(journal.path)[0] > ROLL_OVER or head.day != self._today():
            return True
        if (head.key, head.epoch) != self._access.signs_as():
            return True
        end = self._chain.end
        if end is None or not self._chain.goes_on(head):
            return end is not None
        return end.record.journal == head.journal and (self._chain.is_forgotten(end) or self._clock_went_back(end))

    def _clock_went_back(self, end: Entry) -> bool:
        try:
            return datetime.fromisoformat(end.record.at) > self.now().replace(microsecond=0)
        except (ValueError, TypeError):  # no time at all, or one without its offset
            return True

    def _today(self) -> str:
        return self.now().date().isoformat()

    def _reopened(self) -> Journal | None:
        """The journal that this laptop wrote last, if it may be gone on with."""
        end = self._chain.end
        if end is None or (end.person, end.device) != (self.person, self._laptop.device):
            return None
        if not self._chain.has_place or self._laptop.moved:
            return None
        journal = end.record.journal
        head = self._ledger.head(journal)
        if head is None or self._ledger.is_forked(journal) or self._chain.is_doubtful(journal) or is_strange(head):
            return None
        path = self._shelf.path_of(head)
        if not self._shelf.is_whole(path):
            return None
        try:
            opened = Journal(path, head)
        except (JournalUnreadable, SaveFailed):
            return None
        if self._must_turn(opened) or not opened.ends_with(end.record):
            opened.close()
            return None
        return opened

    def _new_journal(self) -> Journal:
        salt, self.founding_salt = self.founding_salt, ""
        head = self._head(self.person, salt)
        self._access.must_have_key_of(head)
        made = Journal(self._shelf.path_of(head), head)
        self._laptop.has_begun(head.journal)
        return made

    def _head(self, person: str, salt: str = "") -> Head:
        key, epoch = self._access.signs_as()
        return sealed_head(
            Head(
                secrets.token_hex(8),
                self._laptop.community,
                self._laptop.device,
                person,
                self._today(),
                key,
                epoch,
                predecessor=self._chain.tip,
                salt=salt,
            )
        )
