"""Taking files in: each is read, checked, united with what is known, and due to be kept where `store/` holds less."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from .access import Access
from .eraser import Eraser
from .errors import JournalUnreadable, OtherCommunity
from .founder import Founder
from .intake import Intake, Stamp, Trouble, journal_bytes, stamp, troubles_of
from .laptop import Laptop
from .ledger import Ledger
from .lock import claimed
from .reader import JournalFile, drop_unsigned, parse_journal, read_bytes
from .record import Erased, Head, Record, Ref
from .rows import erased, signature_holds
from .runs import Rows
from .shelf import Shelf
from .writer import Writer


class Taker:
    """Puts what files hold into the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        shelf: Shelf,
        laptop: Laptop,
        access: Access,
        founder: Founder,
        eraser: Eraser,
        writer: Writer,
    ) -> None:
        self.troubles: list[Trouble] = []
        """What is wrong with files that were read, as told at last; of one that is read again it is forgotten."""
        self._ledger, self._shelf, self._laptop, self._access = ledger, shelf, laptop, access
        self._founder, self._eraser, self._writer = founder, eraser, writer
        self._mended: set[str] = set()
        """Journals of which a record was harmed in our own file, until that is written anew."""

    def take(self, path: Path, intake: Intake, data: bytes | None = None) -> None:
        """Take in one file, of which the bytes may be known."""
        intake.whole = None
        self.troubles = [trouble for trouble in self.troubles if trouble.name != path.name]
        try:
            found, seen, held = self._read(path, data)
        except JournalUnreadable as error:
            intake.troubles.append(Trouble(path.name, error.reason, error.detail))
            return
        except OtherCommunity:
            intake.troubles.append(Trouble(path.name, "other_community"))
            return
        in_store = path.parent == self._shelf.folder
        if not in_store:
            self._check_signatures(found)
        troubles = troubles_of(path.name, found)
        if in_store and troubles and _is_being_written(path):
            self._shelf.forget(path)  # the next look shows the whole of it
        else:
            intake.troubles += troubles
        unheard = self._ledger.head(found.head.journal) is None
        new = self._unite(found, intake)
        if new is None:
            return
        intake.read.append(path.name)
        intake.whole = None if troubles else found
        if in_store and self._is_as_we_write_it(path, found, held):
            self._shelf.note_whole(path, seen)
            return
        if in_store and troubles and found.head.device == self._laptop.device:
            self._writer.doubt(found.head.journal, path)
        if new or unheard or in_store or found.head.journal in self._mended:
            self._mended.discard(found.head.journal)
            intake.due[found.head.journal] = None

    def take_more(self, path: Path, intake: Intake) -> bool:
        """Take in what a file of `store/` holds beyond what this process has read of it; says whether there was any."""
        self._shelf.look(path)
        with suppress(JournalUnreadable, OtherCommunity):
            return bool(self._unite(self._parsed(path.name, read_bytes(path)), intake))
        return False

    def _read(self, path: Path, data: bytes | None) -> tuple[JournalFile, Stamp, bytes]:
        """What a file holds, how it looked then, and its bytes; what is erased goes out of it, of our own ones on disk, too."""
        seen = self._shelf.look(path)
        held = read_bytes(path) if data is None else data
        left = self._eraser.without(path.name, held)
        if left is not held and self._shelf.is_ours(path):
            self._eraser.rewrite(path)
            seen = stamp(path)
        return self._parsed(path.name, left), seen, left

    def _parsed(self, name: str, data: bytes) -> JournalFile:
        return parse_journal(name, data, self._laptop.community, self._access.ring)

    def _is_as_we_write_it(self, path: Path, found: JournalFile, data: bytes) -> bool:
        """Whether a file of `store/` holds all that is known of a journal, spelled as the program spells it to the byte."""
        if found.harmed or not found.complete or found.relaid or found.re_encoded:
            return False
        if self._ledger.is_forked(found.head.journal) or path != self._shelf.path_of(found.head):
            return False
        if len(found.records) < self._ledger.count_of(found.head.journal) or any(map(self._has_body, found.erased())):
            return False
        return isinstance(found.records, Rows) or journal_bytes(found.head, found.records) == data

    def _has_body(self, ref: Ref) -> bool:
        entry = self._ledger.get(ref)
        return entry is not None and not isinstance(entry.record.body, Erased)

    def _check_signatures(self, found: JournalFile) -> None:
        """Check each new record of a file that arrives: inside our own store the last of a chain speaks for the others.

        A record that is here already, but differs in its signature, is one whose signature was harmed, here or there.
        """
        if not found.head.key or found.true_head:
            return
        kept: list[Record] = []
        for record in found.records:
            known = self._ledger.get(record.ref)
            if (known is not None and known.record.sig == record.sig) or signature_holds(record, found.head):
                kept.append(record)
            else:
                found.harmed.append((record.seq, "signature"))
        found.records = kept

    def _unite(self, found: JournalFile, intake: Intake) -> Sequence[Record] | None:
        """Put what a file held into the ledger; returns what is new of it, `None` where nobody knows whose it is."""
        head = self._proved_head(found)
        if head is None:
            return None
        if self._eraser.refs:
            found.records = [erased(record) if self._eraser.is_to_go(record) else record for record in found.records]
        before = self._ledger.refs(head.journal)
        new = self._ledger.add(head, found.records)
        if new:
            self._note_less(head)
        if len(new) < len(found.records):
            self._heal_signatures(head, found.records)
        self._founder.note(head)
        intake.records += len(new)
        self._writer.notice(head, found.records, [one for one in new if one.ref not in before] if before else new)
        return new

    def _note_less(self, head: Head) -> None:
        """Until what is new of a journal is kept, none of its files is whole."""
        self._shelf.note_less(self._shelf.path_of(head))
        if self._ledger.is_forked(head.journal):
            for branch in self._ledger.branches(head.journal):
                self._shelf.note_less(self._shelf.path_of(branch.head, branch.mark))

    def _proved_head(self, found: JournalFile) -> Head | None:
        """The head that a file's records go by; `None` where it is harmed, and no good copy has told what it was."""
        head = found.head
        known = self._ledger.head(head.journal, found.true_head)
        if found.true_head:
            if known is not None:
                drop_unsigned(found, known)
            return known
        if known is not None and not (found.records and found.records[0].seq == 1):
            return (
                self._ledger.head(head.journal, head.digest) or known
            )  # nothing proves the head without its first record
        return head

    def _heal_signatures(self, head: Head, records: Iterable[Record]) -> None:
        """Of two spellings of one record keep the one whose signature holds."""
        for record in records if head.key else ():
            known = self._ledger.get(record.ref)
            if known is not None and known.record.sig != record.sig and not signature_holds(known.record, head):
                self._ledger.replace(record)
                self._mended.add(record.journal)


def _is_being_written(path: Path) -> bool:
    try:
        with claimed(path) as free:
            return not free
    except OSError:
        return False
