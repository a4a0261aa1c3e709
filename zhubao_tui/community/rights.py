"""Who may make which move on which case; source: the field handbook's tables of moves and of rights."""

from __future__ import annotations

from collections.abc import Iterable

from .authority import ALL, LEADS, Authority, Standing
from .categories import is_small, kind_of
from .issues import DONE, Case, Status

ALL_STATUSES = frozenset(Status)
_WORKED = frozenset({Status.CLAIMED, Status.ASSIGNED, Status.WORKING, Status.TRANSFERRED, Status.REOPENED})
_OPEN = _WORKED | {Status.NEW}

FROM: dict[str, frozenset[Status]] = {
    "support": ALL_STATUSES - {Status.WITHDRAWN},
    "claim": frozenset({Status.NEW, Status.REOPENED}),
    "assign": _OPEN,
    "start": frozenset({Status.CLAIMED, Status.ASSIGNED, Status.TRANSFERRED, Status.REOPENED}),
    "transfer": frozenset({Status.CLAIMED, Status.ASSIGNED, Status.WORKING, Status.REOPENED}),
    "note": ALL_STATUSES,
    "attachment": ALL_STATUSES,
    "recategorise": _OPEN,
    "reword": ALL_STATUSES,
    "resolve": _OPEN,
    "confirm": frozenset({Status.RESOLVED, Status.UNANSWERED}),
    "close_unanswered": frozenset({Status.RESOLVED}),
    "reopen": DONE | {Status.POSTPONED, Status.REJECTED},
    "postpone": _OPEN,
    "resume": frozenset({Status.POSTPONED}),
    "reject": _OPEN,
    "withdraw": _OPEN,
}
"""From which statuses a move may be made."""

POSTPONED_TWICE = 2
"""From the third postponement on only a team lead may."""


def in_reach(case: Case, buildings: frozenset[str] | None, owners: Iterable[str]) -> bool:
    """Whether a case is one's own (or one's group's): by its owner, or by a building or estate that it lies in."""
    if buildings is None or case.owner in owners:
        return True
    estates = {building.partition("/")[0] for building in buildings}
    for issue in case.issues:
        place = issue.place
        if place.building_id in buildings or (not place.building_id and place.estate in estates | {""}):
            return True
    return False


class Rights:
    """The rights that the authority records in one causal past give."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    def may(self, move: str, case: Case, person: str, past: int = ALL) -> bool:
        """Whether a person may make a move on a case; its status is judged apart, by `status_allows`.

        Args:
            move: A code name of the table of moves, or `merge`, `split`, `distinct`.
            case: As it stands at the place of the move.
            person: Who makes it.
            past: Bits of the authority records that the person knew.
        """
        standing = self._authority.standing(person, past)
        if standing is None or standing.role == "observer":
            return False
        if move in ("support", "withdraw"):
            return True
        own = in_reach(case, self._authority.reach(person, past), self._owners(person, standing, past))
        if standing.role == "team_lead":
            return True
        if standing.role == "group_lead":
            return own and _group_lead_may(move, case)
        return _cadre_may(move, case, person, own=own)

    def may_decide(self, cases: Iterable[Case], person: str, past: int = ALL) -> bool:
        """Whether a person may merge, split or tell apart these cases: a lead who reaches each of them."""
        standing = self._authority.standing(person, past)
        if standing is None or standing.role not in LEADS:
            return False
        reach, owners = self._authority.reach(person, past), self._owners(person, standing, past)
        return all(in_reach(case, reach, owners) for case in cases)

    def is_team_lead(self, person: str, past: int = ALL) -> bool:
        """Whether a person is a team lead (队长) at that point."""
        standing = self._authority.standing(person, past)
        return standing is not None and standing.role == "team_lead"

    def may_own(self, lead: str, person: str, past: int = ALL) -> bool:
        """Whether a case may be given to a person: by a lead to one who works cases (a group lead: of the group).

        Anybody else gives it to nobody but themselves.
        """
        standing, giver = self._authority.standing(person, past), self._authority.standing(lead, past)
        if standing is None or standing.role == "observer" or giver is None:
            return False
        if giver.role not in LEADS:
            return person == lead
        return giver.role == "team_lead" or not giver.group or standing.group in ("", giver.group)

    def may_accept(self, case: Case | None, building: str, person: str, past: int = ALL) -> bool:
        """Whether a person may accept what was listed: a lead, a group lead only of the group's cases and doors."""
        standing = self._authority.standing(person, past)
        if standing is None or standing.role not in LEADS:
            return False
        reach = self._authority.reach(person, past)
        if reach is None or building in reach:
            return True
        return case is not None and in_reach(case, reach, self._owners(person, standing, past))

    def _owners(self, person: str, standing: Standing, past: int) -> frozenset[str]:
        if standing.role == "group_lead" and standing.group:
            return self._authority.group_members(standing.group, past) | {person}
        return frozenset({person})


def can_be_done_on_the_spot(case: Case) -> bool:
    """Whether a new case is so small that it may be resolved where it was reported (当场办好)."""
    return all(is_small(issue.category) or kind_of(issue.category) == "S" for issue in case.issues)


def status_allows(move: str, case: Case, *, on_the_spot: bool = True) -> bool:
    """Whether a case's status allows a move; a new case is resolved only if small and done on the spot."""
    if case.status not in FROM[move]:
        return False
    return not (move == "resolve" and case.status is Status.NEW) or (on_the_spot and can_be_done_on_the_spot(case))


def _group_lead_may(move: str, case: Case) -> bool:
    return not (move == "reject" or (move == "postpone" and case.times_postponed >= POSTPONED_TWICE))


def _cadre_may(move: str, case: Case, person: str, *, own: bool) -> bool:
    owner = case.owner == person
    if move == "confirm":
        return True
    if move == "claim":
        return own or not case.owner
    if move in ("note", "attachment"):
        return own or owner
    if move == "resolve" and case.status is Status.NEW:
        return all(issue.author == person for issue in case.issues)
    if move in ("start", "recategorise", "resolve", "resume"):
        return owner
    if move == "transfer":
        return owner and kind_of(case.main.category) == "X"
    if move == "reopen":
        return any(answer.stands_against and answer.way == "door" for answer in case.answers.values())
    return False
