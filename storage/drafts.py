"""Drafts: unfinished work whose every step is on disk before the next; one appended TinyDB file each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.table import Document

from .errors import JournalUnreadable, SaveFailed
from .files import flush_folder, patiently, saving
from .journal import AppendingJSON, begin, read_growing

STEPS = "steps"
TOGETHER = "together"
"""Steps that one flush wrote stand in one row: a power cut then tears at most the last row, and nothing whole stands
behind what is torn."""


class Draft:
    """One unfinished piece of work: what it is about, and its steps.

    Looking at a draft changes nothing on disk, not even a torn tail: another app may be writing it.
    """

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Look at a draft, or begin one with what it is about; raises `JournalUnreadable`, `SaveFailed`."""
        self._path = path
        self.id = path.stem
        self._db: TinyDB | None = None
        if about is not None:
            begin(path, {"draft": {"1": about}}, STEPS)
        tables = read_growing(path, STEPS)
        if "1" not in tables.get("draft", {}):
            raise JournalUnreadable(path.name, "unreadable")
        self.about: Mapping[str, Any] = dict(tables["draft"]["1"])
        self._rows = len(tables[STEPS])
        self.steps: list[Mapping[str, Any]] = [
            dict(step) for row in tables[STEPS].values() for step in row.get(TOGETHER, (row,))
        ]

    def _opened(self) -> TinyDB:
        with saving(self._path):
            storage = AppendingJSON(self._path, growing=STEPS)
        return TinyDB(storage=lambda: storage)

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
        self._db.table(STEPS).insert(Document(row, doc_id=self._rows + 1))
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Draft] = {}
        self.unreadable: list[str] = []
        """Names of draft files that can't be read, or of their folder; they are left as they are."""

    def begin(self, about: Mapping[str, Any]) -> Draft:
        """Begin a draft; `about` is what a list of drafts shows and what resuming needs."""
        with saving(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        draft = Draft(self._folder / f"draft-{secrets.token_hex(8)}.json", about)
        self._known[draft.id] = draft
        return draft

    def all(self) -> list[Draft]:
        """Every draft that can be read, oldest first."""
        self.unreadable = []
        found: dict[str, Draft] = {}
        for path in self._paths():
            try:
                found[path.stem] = self._known.get(path.stem) or Draft(path)
            except JournalUnreadable:
                if path.exists():  # otherwise another app has finished it just now
                    self.unreadable.append(path.name)
        self._known = found
        return sorted(found.values(), key=lambda draft: (str(draft.about.get("begun", "")), draft.id))

    def _paths(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if path.match("draft-*.json"))
        except FileNotFoundError:  # an archive left it out, as it was empty
            return []
        except OSError:
            self.unreadable.append(self._folder.name)
            return []

    def close(self) -> None:
        """Let go of all files."""
        for draft in self._known.values():
            draft.close()
        self._known.clear()
