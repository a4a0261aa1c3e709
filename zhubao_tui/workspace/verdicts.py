"""What the fold makes of a record, said at once to whoever writes it: rights before, the verdict after, and undo."""

from __future__ import annotations

from collections.abc import Sequence

from storage.errors import ReadOnlyStore
from storage.record import Ref
from zhubao_tui.community.replay import UNDOABLE

from .errors import MoveRefused
from .workspace import NobodyChosen, Workspace


def need_right(workspace: Workspace, move: str) -> None:
    """See that whoever is at the keyboard may write here at all, before anything is written.

    Raises:
        NobodyChosen: Nobody has said who is at the keyboard.
        ReadOnlyStore: Another app writes here, or the folder can't be written.
        MoveRefused: An observer only looks.
    """
    if not workspace.person:
        raise NobodyChosen("nobody is chosen")
    if workspace.read_only:
        raise ReadOnlyStore(workspace.store.folder.name)
    if not workspace.may_write:
        raise MoveRefused(move, "not_allowed")


def insist(workspace: Workspace, move: str, ref: Ref) -> None:
    """The fold has the last word: raise `MoveRefused` where it lists a record just written as without effect."""
    problem = workspace.community.problem_of(ref)
    if problem is not None:
        raise MoveRefused(move, problem.reason)


def undo(workspace: Workspace, records: Sequence[Ref]) -> list[Ref]:
    """Make one's own reports, supports or decisions unmade, the last of them first; returns the `undo` records.

    Raises:
        MoveRefused: One of them is not here, not one's own or not to be undone, or something else has moved these cases
            since: then nothing was written.
    """
    for record in records:
        entry = workspace.community.entry(record)
        if entry is None:
            raise MoveRefused("undo", "unknown_record")
        if entry.record.kind not in UNDOABLE or entry.person != workspace.person:
            raise MoveRefused("undo", "not_undoable")
        if entry.record.kind != "support" and _moved_since(workspace, record, records):
            raise MoveRefused("undo", "moved_on")
    with workspace.writing() as batch:
        undos = [batch.add("undo", {"record": str(record)}) for record in reversed(records)]
    for ref in undos:
        insist(workspace, "undo", ref)
    return undos


def _moved_since(workspace: Workspace, record: Ref, undone: Sequence[Ref]) -> bool:
    """Whether any other move took effect on a case after a record did, as the replay will find it."""
    for case in workspace.community.cases():
        since = next((line.index for line in case.history if line.ref == record and line.effect), None)
        if since is not None and any(
            line.index > since and line.effect and line.kind != "undo" and line.ref not in undone
            for line in case.history
        ):
            return True
    return False
