"""Merge, split, distinct and undo (domain.md, section 2) by table: status, owner, main issue, due date."""

from __future__ import annotations

from datetime import date

import pytest

from community_helpers import HOME, NEIGHBOUR, Pen, World
from storage.record import Ref


def parts(world: World, statuses: str) -> tuple[list[Ref], list[Pen]]:
    """Cases in the statuses named (`resolved working`), each with an owner of its own, reported in this order."""
    issues, owners = [], []
    for number, status in enumerate(statuses.split(), start=1):
        owner = world.person(f"干部{number}", "cadre")
        issue = world.lead.report()
        world.bring(issue, status, owner)
        issues.append(issue)
        owners.append(owner)
    return issues, owners


@pytest.mark.parametrize(
    ("statuses", "merged", "owner"),
    [
        # (1) no part is done: the part furthest along, with its owner
        ("rejected postponed", "postponed", 2),
        ("postponed new", "new", None),
        ("new reopened", "reopened", 2),
        ("reopened claimed", "claimed", 2),
        ("claimed assigned", "assigned", 2),
        ("assigned working", "working", 2),
        ("working transferred", "transferred", 2),
        ("transferred rejected", "transferred", 1),
        ("new rejected", "new", None),
        ("withdrawn rejected", "rejected", 2),
        ("withdrawn new", "new", None),
        ("withdrawn withdrawn", "withdrawn", 1),
        ("working working", "working", 1),  # equally far: the main issue's, here the oldest
        ("claimed working assigned", "working", 2),
        # (2) a part is done, another open or postponed: reopened if reported after the latest resolve, else resolved
        ("resolved new", "reopened", 1),
        ("confirmed working", "reopened", 1),
        ("unanswered new", "reopened", 1),
        ("new resolved", "resolved", 2),
        ("working confirmed", "resolved", 2),
        ("working unanswered", "resolved", 2),
        ("resolved postponed", "resolved", 1),
        ("postponed confirmed", "resolved", 2),
        ("resolved working confirmed", "resolved", 3),  # reported before the latest resolve
        ("resolved confirmed new", "reopened", 2),
        # (3) all are done; rejected and withdrawn parts add nothing
        ("resolved confirmed", "resolved", 2),
        ("unanswered confirmed", "unanswered", 2),
        ("confirmed unanswered", "unanswered", 2),
        ("resolved unanswered", "resolved", 2),
        ("confirmed confirmed", "confirmed", 2),
        ("confirmed rejected", "confirmed", 1),
        ("withdrawn unanswered", "unanswered", 2),
        ("rejected resolved", "resolved", 2),
    ],
)
def test_status_and_owner_of_a_merged_case(statuses: str, merged: str, owner: int | None) -> None:
    world = World()
    issues, owners = parts(world, statuses)
    world.lead.merge(*issues)
    case = world.case(issues[0])
    assert (case.status, case.owner) == (merged, owners[owner - 1].person if owner else "")
    assert [issue.ref for issue in case.issues] == issues
    assert case.main.ref == issues[0]


def test_of_two_parts_equally_far_the_main_issues_owner_goes_on() -> None:
    world = World()
    issues, owners = parts(world, "working working")
    world.lead.merge(*issues, main=issues[1])
    assert (world.case(issues[0]).owner, world.case(issues[0]).main.ref) == (owners[1].person, issues[1])


def test_the_latest_merge_that_names_a_main_issue_decides() -> None:
    world = World()
    issues, _ = parts(world, "new new new")
    world.lead.merge(issues[0], issues[1], main=issues[1])
    world.lead.merge(issues[1], issues[2])
    assert world.case(issues[0]).main.ref == issues[1]
    world.lead.merge(issues[0], issues[1], main=issues[0])  # already one case: only the main issue changes
    assert world.case(issues[2]).main.ref == issues[0]


def test_merging_never_moves_a_date_back_and_every_number_leads_to_the_case() -> None:
    world = World()
    early = world.lead.report(category="light_stair")
    world.forward(5)
    late = world.lead.report(NEIGHBOUR, category="water_leak")
    world.lead.merge(late, early, main=late)
    case = world.case(early)
    assert (case.due, case.reported_on, case.first_due) == (date(2026, 5, 7), date(2026, 5, 4), date(2026, 5, 7))
    assert [report.on.day for report in case.reports] == [4, 9]
    community = world.fold()
    for issue in case.issues:
        bare = issue.number.replace("-", "")
        assert community.numbered(issue.number) == community.numbered(bare) == [(case, issue)]


def test_a_number_given_twice_shows_both_cases() -> None:
    world = World()
    bodies = {"category": "water_leak", "place": {"level": "estate"}, "urgency": "normal", "on": "2026-05-04"}
    for pen in (world.lead, world.person("王强", "cadre")):
        pen.write("report", {**bodies, "number": "01-0001-8", "behind": False})
    assert len({case.id for case, _issue in world.fold().numbered("01-0001-8")}) == 2


def test_a_merge_joins_the_whole_cases_that_hold_the_named_issues() -> None:
    world = World()
    issues, _ = parts(world, "new new new new")
    world.lead.merge(issues[0], issues[1])
    world.lead.merge(issues[2], issues[3])
    world.lead.merge(issues[1], issues[2])
    assert {issue.ref for issue in world.case(issues[3]).issues} == set(issues)


def test_answers_from_before_the_latest_resolve_stay_in_the_history_but_do_not_count() -> None:
    world = World()
    issues, _ = parts(world, "confirmed resolved")
    world.lead.merge(*issues)
    case = world.case(issues[0])
    assert (case.status, case.answers, case.need) == ("resolved", {}, 1)
    world.lead.confirm(issues[0], issues[0])
    assert world.case(issues[0]).status == "confirmed"


# -- split


@pytest.mark.parametrize(
    ("status", "left"),
    [
        ("new", "new"), ("claimed", "claimed"), ("assigned", "assigned"), ("working", "working"),
        ("transferred", "transferred"), ("reopened", "reopened"), ("postponed", "postponed"),
        ("resolved", "reopened"), ("unanswered", "reopened"), ("rejected", "reopened"),
        ("withdrawn", "reopened"),
    ],
)  # fmt: skip
def test_a_split_issue_keeps_an_open_status_and_owner_and_leaves_an_ended_one(status: str, left: str) -> None:
    world = World()
    owner = world.person("王强", "cadre")
    stays, leaves = world.lead.report(HOME), world.lead.report(HOME)
    world.lead.merge(stays, leaves)
    world.bring(stays, status, owner)
    world.lead.split(leaves)
    assert (world.case(stays).status, world.case(leaves).status) == (status, left)
    assert world.case(leaves).owner == ("" if status == "new" else owner.person)
    assert [line.kind for line in world.case(leaves).history][:3] == ["report", "report", "merge"]  # shared so far


@pytest.mark.parametrize(("own_follower_said", "status"), [("yes", "confirmed"), ("", "reopened"), ("no", "reopened")])
def test_an_issue_leaves_an_ended_case_as_ended_only_if_its_own_follower_said_yes(
    own_follower_said: str, status: str
) -> None:
    world = World()
    stays, leaves = world.lead.report(HOME), world.lead.report(NEIGHBOUR)
    world.lead.merge(stays, leaves)
    world.lead.assign(stays, world.lead)
    world.lead.move("resolve", stays)
    if own_follower_said:
        world.lead.confirm(leaves, leaves, yes=own_follower_said == "yes")
    if own_follower_said == "no":
        world.lead.confirm(leaves, leaves, way="outvote", note="验收单上签了字")
    world.lead.confirm(stays, stays)
    assert world.case(stays).status == "confirmed"
    world.lead.split(leaves)
    assert (world.case(stays).status, world.case(leaves).status) == ("confirmed", status)


@pytest.mark.parametrize(("days", "due"), [(0, date(2026, 5, 19)), (14, date(2026, 5, 21))])
def test_a_split_issue_has_its_own_due_date_but_three_days_at_least(days: int, due: date) -> None:
    world = World()
    urgent, ordinary = world.lead.report(urgency="danger"), world.lead.report()
    world.lead.merge(urgent, ordinary)
    assert world.case(ordinary).due == date(2026, 5, 5)
    world.forward(days)
    world.lead.split(ordinary)
    assert (world.case(ordinary).due, world.case(ordinary).first_due) == (due, date(2026, 5, 19))


def test_the_only_issue_of_a_case_cannot_leave_it() -> None:
    world = World()
    assert world.reason(world.lead.split(world.lead.report())) == "nothing_to_split"


def test_a_split_issue_takes_its_followers_along() -> None:
    world = World()
    stays, leaves = world.lead.report(HOME), world.lead.report(NEIGHBOUR)
    world.lead.support(leaves, HOME)
    world.lead.merge(stays, leaves)
    assert len(world.case(stays).followers) == 2
    world.lead.split(leaves)
    assert world.case(stays).followers == {HOME}
    assert world.case(leaves).followers == {HOME, NEIGHBOUR}


# -- distinct


def test_distinct_is_listed_within_a_case_and_lasts_until_exactly_that_pair_is_merged() -> None:
    world = World()
    issues, _ = parts(world, "new new new")
    one, other, third = issues
    world.lead.distinct(one, other)
    assert world.fold().apart() == {frozenset({str(one), str(other)})}
    world.lead.merge(one, other, third)  # not exactly that pair
    assert len(world.case(one).issues) == 3
    assert world.case(one).distinct == [(one, other, world.lead.person)]
    assert world.fold().apart()
    world.lead.merge(other, one)
    assert (world.case(one).distinct, world.fold().apart()) == ([], set())


def test_distinct_within_one_case_separates_nothing() -> None:
    world = World()
    issues, _ = parts(world, "new new")
    world.lead.merge(*issues)
    world.lead.distinct(*issues)
    assert len(world.case(issues[0]).issues) == 2


# -- undo


@pytest.mark.parametrize("kind", ["report", "support", "merge", "split", "distinct"])
@pytest.mark.parametrize("moved", [False, True])
def test_undo_holds_unless_another_move_took_effect_on_the_case_since(kind: str, moved: bool) -> None:
    world = World()
    one, other = world.lead.report(), world.lead.report(NEIGHBOUR)
    if kind == "split":
        world.lead.merge(one, other)
    before = world.fold()
    made = {
        "report": lambda: world.lead.report(NEIGHBOUR),
        "support": lambda: world.lead.support(one, NEIGHBOUR),
        "merge": lambda: world.lead.merge(one, other),
        "split": lambda: world.lead.split(other),
        "distinct": lambda: world.lead.distinct(one, other),
    }[kind]()
    if moved:
        world.lead.move("note", made if kind == "report" else one)
    undo = world.lead.undo(made)
    why = world.reason(undo)
    assert why == ("moved_on" if moved and kind != "support" else "")
    if not moved:
        after = world.fold()
        issues = [(case.id, [str(i.ref) for i in case.issues], case.followers) for case in after.cases()]
        assert sorted(issues) == sorted(
            (case.id, [str(i.ref) for i in case.issues], case.followers) for case in before.cases()
        )
        assert after.apart() == before.apart()


def test_undoing_a_split_asks_of_both_cases_whether_something_moved() -> None:
    world = World()
    issues, owners = parts(world, "new new")
    world.lead.merge(*issues)
    split = world.lead.split(issues[1])
    owners[0].move("claim", issues[0])  # the one that stayed
    assert world.reason(world.lead.undo(split)) == "moved_on"


@pytest.mark.parametrize("kind", ["claim", "note", "undo", "enrol"])
def test_only_what_undo_may_name_is_undone(kind: str) -> None:
    world = World()
    issue = world.lead.report()
    made = {
        "claim": lambda: world.lead.move("claim", issue),
        "note": lambda: world.lead.move("note", issue),
        "undo": lambda: world.lead.undo(world.lead.support(issue)),
        "enrol": lambda: world.lead.records[0].ref,
    }[kind]()
    assert world.reason(world.lead.undo(made)) == ("unknown_record" if kind == "enrol" else "not_undoable")


def test_nobody_undoes_what_somebody_else_decided() -> None:
    world = World()
    other = world.person("陈芳", "team_lead")
    issues, _ = parts(world, "new new")
    merge = world.lead.merge(*issues)
    assert world.reason(other.undo(merge)) == "not_undoable"
    assert len(world.case(issues[0]).issues) == 2


def test_undoing_is_not_splitting_nothing_else_moves() -> None:
    """A merge undone: the parts are what they were, with their own status and owner, and no grace on the due date."""
    world = World()
    issues, owners = parts(world, "resolved working")
    merge = world.lead.merge(*issues)
    world.lead.undo(merge)
    assert [world.case(issue).status for issue in issues] == ["resolved", "working"]
    assert [world.case(issue).owner for issue in issues] == [owner.person for owner in owners]
    assert "undo" in [line.kind for line in world.case(issues[0]).history]


def test_the_verdict_on_an_earlier_undo_stands_when_a_later_one_removes_what_it_rested_on() -> None:
    """A support stood between a merge and its undo, so that undo failed; undoing the support does not revive it."""
    world = World()
    issues, _ = parts(world, "new new")
    merge = world.lead.merge(*issues)
    support = world.lead.support(issues[0])
    first = world.lead.undo(merge)
    world.lead.undo(support)
    assert world.reason(first) == "moved_on"
    assert len(world.case(issues[0]).issues) == 2


def test_an_undone_record_cannot_be_undone_again() -> None:
    world = World()
    issue = world.lead.report()
    support = world.lead.support(issue)
    world.lead.undo(support)
    assert world.reason(world.lead.undo(support)) == "not_in_force"
