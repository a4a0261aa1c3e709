"""What the fold makes of a record, said at once to whoever writes it: rights before, the verdict after, and undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from storage.errors import ReadOnlyStore
from storage.record import Ref
from zhubao_tui.community.refs import ref_of
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

    What a household had written on its page, and was taken over by one of them, waits again.

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
        for body in _written_again(workspace, records):
            batch.add("proposed", body)
    for ref in undos:
        insist(workspace, "undo", ref)
    return undos


def _written_again(workspace: Workspace, records: Sequence[Ref]) -> Iterator[dict[str, Any]]:
    """The bodies of what households wrote and these records had settled, as far as they are still there and in use."""
    community, named = workspace.community, {str(record) for record in records}
    for entry in community.entries():
        if entry.record.kind == "settled" and entry.record.body.get("report") in named:
            proposal = ref_of(entry.record.body.get("proposal"))
            written = community.entry(proposal) if proposal else None
            household = community.household(str(entry.record.body.get("household")))
            if written and household and not household.withdrawals and "words" in written.record.body:
                yield dict(written.record.body)


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
