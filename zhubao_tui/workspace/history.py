"""What happened to a case, line by line, with what the record behind each line says."""

from __future__ import annotations

from dataclasses import dataclass

from storage.record import Body, Ref
from zhubao_tui.border import clean
from zhubao_tui.community.issues import Case, Happening

from . import wording
from .workspace import Workspace

_WORDS = ("done", "note", "unit", "words")
"""Fields of moves that people wrote."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a case's history; words and names are fit to be shown, empty where there are none."""

    happening: Happening
    undone: str
    """Kind of the record that an `undo` takes back."""
    words: tuple[str, ...]
    """What its author wrote."""
    attachment: str
    reason: str
    person: str
    """Id of whom the move names."""
    yes: bool | None
    """Of a household's answer whether it is content; `None` where the move is none."""
    way: str
    """How the household was asked, a key of `wording.WAYS`."""


class History:
    """Reads the records behind the histories of cases."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def lines(self, case: Case) -> list[Line]:
        """A case's history as `Case.history` has it."""
        return [self._line(happening) for happening in case.history]

    def _line(self, happening: Happening) -> Line:
        entry = self._workspace.community.entry(happening.ref)
        body: Body = entry.record.body if entry is not None else {}
        person, yes, way = body.get("person"), body.get("yes"), body.get("way")
        return Line(
            happening,
            self._undone(body) if happening.kind == "undo" else "",
            tuple(clean(str(body[name])) for name in _WORDS if isinstance(body.get(name), str)),
            wording.attachment(body) if happening.kind == "attachment" else "",
            wording.reason_of(happening.kind, body),
            person if isinstance(person, str) else "",
            yes if isinstance(yes, bool) else None,
            way if isinstance(way, str) else "",
        )

    def _undone(self, body: Body) -> str:
        try:
            target = self._workspace.community.entry(Ref.parse(body.get("record")))
        except ValueError:
            return ""
        return target.record.kind if target is not None else ""
