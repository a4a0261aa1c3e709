"""What households wrote down themselves on their pages (住户自己写的): taken over as reports, or put aside with a note."""

from __future__ import annotations

from storage.record import Ref
from zhubao_tui.community.doors import Proposal
from zhubao_tui.community.issues import Case
from zhubao_tui.community.moves import NOTE_LENGTH

from .errors import MoveRefused
from .reporting import NewReport, Reporting, check
from .verdicts import insist, need_right
from .workspace import Workspace


class Proposals:
    """Look at them; nobody else sees one before somebody has."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._reporting = Reporting(workspace)

    def waiting(self) -> list[Proposal]:
        """Those at doors within my reach, oldest first; none for who sees no cases."""
        workspace = self._workspace
        if not workspace.sees_cases:
            return []
        reach = workspace.community.authority.reach(workspace.person)
        found = [
            proposal
            for dwelling in workspace.community.dwellings.values()
            if reach is None or dwelling.address.building_id in reach
            for household in dwelling.households
            for proposal in household.proposals
        ]
        return sorted(found, key=lambda one: (one.on, one.household, one.ref))

    def find(self, ref: Ref | str) -> Proposal:
        """One that waits, by its record; raises `MoveRefused` where it does not wait (any more)."""
        found = next((one for one in self.waiting() if str(one.ref) == str(ref)), None)
        if found is None:
            raise MoveRefused("proposed", "unknown_record")
        return found

    def take_over(self, proposal: Proposal, new: NewReport) -> Ref:
        """Take it down as a report of its household; returns the issue's reference. Raises as `Reporting.report`."""
        self._need_waiting(proposal)
        check(new)
        with self._workspace.writing() as batch:
            ref = self._reporting.add_report(batch, new)
            batch.add("settled", _settled(proposal, report=str(ref)))
        return ref

    def join(self, proposal: Proposal, case: Case, words: str) -> Ref:
        """Its household joins a case that is there already. Raises as `Reporting.support`."""
        self._need_waiting(proposal)
        with self._workspace.writing() as batch:
            ref = self._reporting.add_support(batch, case.main.ref, proposal.household, words)
            batch.add("settled", _settled(proposal, report=str(ref)))
        return ref

    def put_aside(self, proposal: Proposal, note: str) -> Ref:
        """It becomes no report; the note says why.

        Raises:
            MoveRefused: Somebody has seen to it already, or the note is too short.
        """
        self._need_waiting(proposal)
        if len(note.strip()) < NOTE_LENGTH:
            raise MoveRefused("proposed", "incomplete", "note")
        ref = self._workspace.write("settled", _settled(proposal, note=note.strip()))
        insist(self._workspace, "proposed", ref)
        return ref

    def _need_waiting(self, proposal: Proposal) -> None:
        need_right(self._workspace, "proposed")
        household = self._workspace.community.household(proposal.household)
        if household is None or proposal.ref not in {one.ref for one in household.proposals}:
            raise MoveRefused("proposed", "unknown_record")


def _settled(proposal: Proposal, **more: str) -> dict[str, object]:
    return {"household": proposal.household, "proposal": str(proposal.ref), **more}
