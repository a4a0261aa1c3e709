"""Drafts: unfinished work whose every step is on disk before the next; one appended TinyDB file each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.table import Document

from .errors import JournalUnreadable
from .files import saving
from .journal import AppendingJSON


class Draft:
    """One unfinished piece of work: what it is about, and its steps."""

    def __init__(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Open a draft, or begin one with what it is about; raises `JournalUnreadable`, `SaveFailed`."""
        self._path = path
        self.id = path.stem
        with saving(path):
            self._storage = AppendingJSON(path, growing="steps")
        self._db = TinyDB(storage=lambda: self._storage)
        if about is not None:
            self._db.table("draft").insert(Document(dict(about), doc_id=1))
        tables = self._storage.read()
        if not tables or "1" not in tables.get("draft", {}):
            self._db.close()
            raise JournalUnreadable(path.name, "unreadable")
        self.about: Mapping[str, Any] = dict(tables["draft"]["1"])
        self.steps: list[Mapping[str, Any]] = [dict(row) for row in tables["steps"].values()]

    def append(self, step: Mapping[str, Any]) -> None:
        """Return when the step is on disk; raises `SaveFailed`, and then the draft is as it was before."""
        self._db.table("steps").insert(Document(dict(step), doc_id=len(self.steps) + 1))
        self.steps.append(dict(step))

    def close(self) -> None:
        """Let go of the file; the draft stays."""
        self._db.close()

    def discard(self) -> None:
        """The work is finished, or given up: the draft goes."""
        self.close()
        with saving(self._path):
            self._path.unlink(missing_ok=True)


class Drafts:
    """All drafts of a workspace on this laptop; each stays open once it was looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Draft] = {}
        self.unreadable: list[str] = []
        """Names of draft files that can't be read; they are left as they are."""

    def begin(self, about: Mapping[str, Any]) -> Draft:
        """Begin a draft; `about` is what a list of drafts shows and what resuming needs."""
        with saving(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        draft = Draft(self._folder / f"draft-{secrets.token_hex(8)}.json", about)
        self._open[draft.id] = draft
        return draft

    def all(self) -> list[Draft]:
        """Every draft that can be read, oldest first."""
        self.unreadable = []
        found: dict[str, Draft] = {}
        paths = self._folder.glob("draft-*.json") if self._folder.is_dir() else ()
        for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name)):
            try:
                found[path.stem] = self._open.get(path.stem) or Draft(path)
            except JournalUnreadable:
                self.unreadable.append(path.name)
        self._open = found
        return sorted(found.values(), key=lambda draft: (str(draft.about.get("begun", "")), draft.id))

    def close(self) -> None:
        """Let go of all files."""
        for draft in self._open.values():
            draft.close()
        self._open.clear()
