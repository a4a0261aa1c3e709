"""Drafts: unfinished work whose every step is on disk before the next; one appended TinyDB file each."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinydb.table import Document

from .canonical import encode
from .errors import JournalUnreadable, SaveFailed
from .files import flush_folder, patiently, saving
from .journal import AppendingJSON, GrowingDB, begin, read_growing

if TYPE_CHECKING:
    from .keys import Identity

STEPS = "steps"
_SEALED = "sealed"
TOGETHER = "together"
"""Steps that one flush wrote stand in one row: a power cut then tears at most the last row, and nothing whole stands
behind what is torn."""


class Draft:
    """One unfinished piece of work: what it is about, and its steps.

    Looking at a draft changes nothing on disk, not even a torn tail: another app may be writing it. With an identity
    each row is sealed for that person on this laptop.
    """

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None, identity: Identity | None = None) -> None:
        """Look at a draft, or begin one with what it is about; raises `JournalUnreadable`, `SaveFailed`."""
        self._path, self._identity = path, identity
        self.id = path.stem
        self._db: GrowingDB | None = None
        if about is not None:
            begin(path, {"draft": {"1": self._put(0, about)}}, STEPS)
        tables = read_growing(path, STEPS)
        if "1" not in tables.get("draft", {}):
            raise JournalUnreadable(path.name, "unreadable")
        self.about: Mapping[str, Any] = self._taken(0, tables["draft"]["1"])
        self._rows = len(tables[STEPS])
        rows = [self._taken(number, row) for number, row in enumerate(tables[STEPS].values(), start=1)]
        self.steps: list[Mapping[str, Any]] = [dict(step) for row in rows for step in row.get(TOGETHER, (row,))]

    def _put(self, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it stands in the file; `number` 0 is what the draft is about."""
        if self._identity is None:
            return dict(row)
        from .keys import seal_locally

        sealed = seal_locally(self._identity, encode(dict(row)), self._bound(number))
        return {_SEALED: base64.b64encode(sealed).decode()}

    def _taken(self, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        if self._identity is None:
            return dict(row)
        from .keys import open_locally

        try:
            data = base64.b64decode(row[_SEALED], validate=True)
            opened = json.loads(open_locally(self._identity, data, self._bound(number)))
        except (KeyError, TypeError, ValueError) as error:
            raise JournalUnreadable(self._path.name, "unreadable" if number else "sealed") from error
        return dict(opened)

    def _bound(self, number: int) -> bytes:
        return f"{self.id}:{number}".encode()

    def _opened(self) -> GrowingDB:
        with saving(self._path):
            storage = AppendingJSON(self._path, growing=STEPS)
        return GrowingDB(storage=lambda: storage)

    def append(self, *steps: Mapping[str, Any]) -> None:
        """Return when the steps are on disk, all in one flush; raises `SaveFailed`, and then the draft is as it was."""
        if not steps:
            return
        if self._db is None:
            self._db = self._opened()
            if len(self._db.table(STEPS)) != self._rows:
                self.close()
                raise SaveFailed(self._path.name, "busy")  # another program has gone on with it
        row = {TOGETHER: [dict(step) for step in steps]} if len(steps) > 1 else dict(steps[0])
        self._db.table(STEPS).insert_multiple([Document(self._put(self._rows + 1, row), doc_id=self._rows + 1)])
        self._rows += 1
        self.steps += [dict(step) for step in steps]

    def close(self) -> None:
        """Let go of the file; the draft stays."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def discard(self) -> None:
        """The work is finished, or given up: the draft goes; raises `SaveFailed` where somebody holds it for long."""
        self.close()
        with saving(self._path):
            patiently(lambda: self._path.unlink(missing_ok=True))
            flush_folder(self._path.parent)  # or a power cut would bring back what somebody gave up

    def try_discard(self) -> bool:
        """Discard it if that can be done at once; says whether it is gone."""
        self.close()
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return True


class Drafts:
    """All drafts of a workspace on this laptop."""

    def __init__(self, folder: Path, identity: Identity | None = None) -> None:
        """Drafts in a folder; in a sealed workspace those of one person: others' stay closed, and are not listed."""
        self._folder, self._identity = folder, identity
        self._known: dict[str, Draft] = {}
        self.unreadable: list[str] = []
        """Names of draft files that can't be read, or of their folder; they are left as they are."""

    def begin(self, about: Mapping[str, Any]) -> Draft:
        """Begin a draft; `about` is what a list of drafts shows and what resuming needs."""
        with saving(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        draft = Draft(self._folder / f"draft-{secrets.token_hex(8)}.json", about, self._identity)
        self._known[draft.id] = draft
        return draft

    def all(self) -> list[Draft]:
        """Every draft that can be read, oldest first."""
        self.unreadable = []
        found: dict[str, Draft] = {}
        for path in self._paths():
            try:
                found[path.stem] = self._known.get(path.stem) or Draft(path, identity=self._identity)
            except JournalUnreadable as error:
                is_elses = error.reason == "sealed" and self._are_several_here()
                if not is_elses and path.exists():  # otherwise another app has finished it just now
                    self.unreadable.append(path.name)
        self._known = found
        return sorted(found.values(), key=lambda draft: (str(draft.about.get("begun", "")), draft.id))

    def _are_several_here(self) -> bool:
        """Whether a draft that does not open may be another person's: no file names anybody."""
        from .keys import key_files

        return self._identity is None or len(key_files(self._folder.parent)) != 1

    def _paths(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.match("draft-*.json"))
        except FileNotFoundError:  # an archive left it out, as it was empty
            return []
        except OSError:
            self.unreadable.append(self._folder.name)
            return []

    def drop(self, is_gone: Callable[[Mapping[str, Any]], bool]) -> None:
        """Drop drafts by what they are about; one that somebody holds goes when this is asked again."""
        for draft in self.all():
            if is_gone(draft.about):
                draft.try_discard()

    def close(self) -> None:
        """Let go of all files."""
        for draft in self._known.values():
            draft.close()
        self._known.clear()
