"""Keeping: what is known of each journal lies in `store/`, whole; what it takes the place of is put aside."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from .eraser import Eraser
from .errors import JournalUnreadable, SaveFailed
from .files import replace_whole
from .intake import JOURNAL_IN_NAME, Intake, Trouble, journal_bytes, journal_name, stamp
from .ledger import Branch, Ledger
from .lock import claimed
from .reader import MAX_FILE, parse_journal
from .record import Head
from .shelf import Shelf
from .taker import Taker

if TYPE_CHECKING:  # what a start does not need is imported where it is used
    from .bundle import Bundle

KEPT_AT_ONCE = 32
"""Journals that are taken in before they are written, all with one another."""
AGAIN = 30.0
"""Seconds after which what could not be kept is tried again although nothing else is to be."""


class Keeper:
    """Writes files of `store/` anew from the ledger; one process of a workspace at a time."""

    def __init__(
        self, folder: Path, ledger: Ledger, shelf: Shelf, eraser: Eraser, taker: Taker, *, may_write: bool
    ) -> None:
        self._ledger, self._shelf, self._eraser, self._taker = ledger, shelf, eraser, taker
        self._may_write = may_write
        self._aside = folder / "quarantine"
        self._replacing = FileLock(folder / "lock-store", thread_local=False)
        self._unkept: set[str] = set()
        """Journals that could not be written, which was told: they are tried again."""
        self._tried = 0.0

    def files(self) -> list[tuple[str, Callable[[], bytes]]]:
        """Every journal as this workspace knows it: its file's name, and what gives its bytes."""
        listed: list[tuple[str, Callable[[], bytes]]] = []
        for head in {head.journal: head for head in self._ledger.journals()}.values():
            if self._ledger.reach(head.journal) is not None or not self._ledger.is_forked(head.journal):
                listed.append((journal_name(head), partial(self._bytes_of, head)))
                continue
            for branch in self._ledger.branches(head.journal):
                data = partial(journal_bytes, branch.head, branch.records)
                listed.append((journal_name(branch.head, branch.mark), data))
        return listed

    def _bytes_of(self, head: Head) -> bytes:
        path = self._shelf.path_of(head)
        if self._shelf.is_whole(path):
            with suppress(OSError):
                return path.read_bytes()
        return b"".join(journal_bytes(branch.head, branch.records) for branch in self._ledger.branches(head.journal))

    def try_again(self) -> None:
        """Have the next keeping try what could not be written, however lately it was tried."""
        self._tried = -AGAIN

    def keep_many(self, intake: Intake) -> None:
        """Write what is due once there is enough of it to be flushed together."""
        if len(intake.due) >= KEPT_AT_ONCE:
            self.keep_due(intake)

    def keep_due(self, intake: Intake) -> None:
        """Write what is known of the journals that are due into `store/`, where a file there holds less."""
        due, intake.due = list(intake.due) if self._may_write else [], {}
        again = self._unkept.difference(due) if due or monotonic() - self._tried > AGAIN else set[str]()
        for start in range(0, len(due), KEPT_AT_ONCE):
            self._keep(due[start : start + KEPT_AT_ONCE], intake)
        if again and self._may_write:
            self._keep(sorted(again), Intake())

    def _keep(self, journals: list[str], intake: Intake) -> None:
        self._tried = monotonic()
        self._unkept.difference_update(journals)

        def told(name: str, error: SaveFailed | None) -> None:
            if error is None:
                self._shelf.note_written(self._shelf.path(name))
            else:
                self._unkept.add(name[JOURNAL_IN_NAME])
                intake.troubles.append(Trouble(name, "not_saved", error.reason))

        try:
            from .bundle import Bundle

            with self._replacing.acquire(timeout=10), Bundle(self._shelf.folder, told) as bundle:
                for journal in journals:
                    while self._took_more(journal, intake):
                        pass  # another process had written more of it
                    for branch in reversed(self._ledger.branches(journal)):  # the first may take the place of another
                        self._keep_branch(branch, intake, bundle)
        except (Timeout, OSError):
            self._unkept.update(journals)
            intake.troubles += [Trouble(journal, "not_saved", "busy") for journal in journals]

    def _took_more(self, journal: str, intake: Intake) -> bool:
        """Take in what files of a journal in `store/` hold beyond what this process has read of them."""
        paths = [self._shelf.path_of(branch.head, branch.mark) for branch in self._ledger.branches(journal)]
        return any(self._taker.take_more(path, intake) for path in paths if self._shelf.has_changed(path))

    def _keep_branch(self, branch: Branch, intake: Intake, bundle: Bundle) -> None:
        path = self._shelf.path_of(branch.head, branch.mark)
        data = journal_bytes(branch.head, branch.records)
        if not branch.mark and not path.exists():  # nobody appends to it: it may wait for the flush of others
            bundle.add(path.name, data)
            return
        try:
            with claimed(path) as free:
                if not free:
                    return  # whoever writes it knows more of it
                there = self._lying_at(path)
                if there != data:
                    self._set_aside(path, there)
                    replace_whole(path, data)
            self._shelf.note_written(path)
        except SaveFailed as error:
            self._unkept.add(branch.head.journal)
            intake.troubles.append(Trouble(path.name, "not_saved", error.reason))
        except OSError:
            self._unkept.add(branch.head.journal)
            intake.troubles.append(Trouble(path.name, "not_saved", "read_only"))

    # -- putting aside

    def _lying_at(self, path: Path) -> bytes:
        """What lies under a journal's name; what is larger than any journal is put aside unread."""
        if stamp(path)[0] > MAX_FILE:
            self._aside.mkdir(exist_ok=True)
            path.replace(self._aside / f"{path.stem}-{secrets.token_hex(4)}.json")
        return path.read_bytes() if path.exists() else b""

    def _set_aside(self, path: Path, data: bytes) -> None:
        """Keep the bytes of a harmed file that gives way to a good one: somebody may still make sense of them."""
        data = self._eraser.without(path.name, data)
        try:
            found = parse_journal(path.name, data)
            reason = ", ".join(f"{seq} {why}" for seq, why in found.harmed if why != "torn")
        except JournalUnreadable as error:
            reason = "" if error.reason == "empty" else f"{error.reason} {error.detail}".rstrip()
        if reason:
            name = f"{path.stem}-{sha256(data).hexdigest()[:8]}"
            self._aside.mkdir(exist_ok=True)
            replace_whole(self._aside / f"{name}.json", data)
            replace_whole(self._aside / f"{name}.txt", f"{path.name}: {reason}\n".encode())
