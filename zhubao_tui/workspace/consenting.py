"""Consent (同意): what a household allowed, and taking it back."""

from __future__ import annotations

from storage.record import Ref
from zhubao_tui.community.doors import BY, Household

from .errors import MoveRefused
from .survey import UnknownDoor
from .verdicts import insist, need_right
from .workspace import Workspace


def withdraw(workspace: Workspace, household: str, *, by: str = "self") -> Ref:
    """Write down that a household takes its consent back: from now on nothing that it said is used.

    Raises:
        MoveRefused: I only look; or it has given none that could be taken back; or `by` is nobody who may.
        UnknownDoor: There is no such household.
    """
    need_right(workspace, "consent")
    known = workspace.community.household(household)
    if known is None:
        raise UnknownDoor(household)
    if by not in BY:
        raise MoveRefused("consent", "incomplete")
    if known.withdrawals:
        raise MoveRefused("consent", "already")
    ref = workspace.write("consent", {"household": household, "choice": "withdrawn", "by": by})
    insist(workspace, "consent", ref)
    return ref


def renewed(household: Household) -> dict[str, list[str]]:
    """What a new consent must name to count again after withdrawals: these."""
    return {"renews": [str(ref) for ref in household.withdrawals]} if household.withdrawals else {}
