"""Followers, answers, and when a case is solved (domain.md, section 2)."""

from __future__ import annotations

import pytest

from community_helpers import FAR_HOME, HOME, NEIGHBOUR, World, assert_same, reason
from storage.record import Ref
from zhubao_tui.community.community import Community


def doors(count: int) -> list[str]:
    return [f"祥和苑/3-1-{floor}01#1" for floor in range(1, count + 1)]


def resolved(world: World, households: int) -> tuple[Ref, list[Ref]]:
    """A resolved case that so many households follow; with the report or support of each."""
    homes = doors(households)
    issue = world.lead.report(homes[0])
    spoken = [issue, *(world.lead.support(issue, home) for home in homes[1:])]
    world.lead.assign(issue, world.lead)
    world.lead.move("resolve", issue)
    return issue, spoken


@pytest.mark.parametrize(
    ("followers", "need"), [(1, 1), (2, 1), (3, 1), (4, 2), (6, 2), (7, 3), (9, 3), (12, 4), (13, 5), (30, 5)]
)
def test_a_third_of_the_followers_at_most_five_must_say_yes(followers: int, need: int) -> None:
    world = World()
    issue, spoken = resolved(world, followers)
    assert world.case(issue).need == need
    for said, of in enumerate(spoken[:need], start=1):
        world.lead.confirm(issue, of)
        assert world.case(issue).status == ("confirmed" if said == need else "resolved")


def test_a_standing_no_holds_a_case_up_until_that_household_says_yes() -> None:
    world = World()
    issue, spoken = resolved(world, 3)
    world.lead.confirm(issue, spoken[1], yes=False)
    world.lead.confirm(issue, spoken[0])
    assert (world.case(issue).status, world.case(issue).standing_no) == ("resolved", True)
    world.lead.confirm(issue, spoken[1])
    assert world.case(issue).status == "confirmed"


def test_a_no_alone_changes_no_status() -> None:
    world = World()
    issue, spoken = resolved(world, 1)
    world.lead.confirm(issue, spoken[0], yes=False)
    assert world.case(issue).status == "resolved"


def test_only_a_team_lead_outvotes_a_no_and_only_with_a_note() -> None:
    world = World()
    cadre, group_lead = world.person("王强", "cadre"), world.person("陈芳", "group_lead")
    issue, spoken = resolved(world, 2)
    world.lead.confirm(issue, spoken[1], yes=False)
    world.lead.confirm(issue, spoken[0])
    for pen in (cadre, group_lead):
        assert world.reason(pen.confirm(issue, spoken[1], way="outvote", note="验收过了")) == "incomplete"
    assert world.reason(world.lead.confirm(issue, spoken[1], way="outvote")) == "incomplete"
    assert world.reason(world.lead.confirm(issue, spoken[0], way="outvote", note="验收过了")) == "rule"  # it said yes
    assert world.case(issue).status == "resolved"
    world.lead.confirm(issue, spoken[1], way="outvote", note="验收过了")
    case = world.case(issue)
    assert (case.status, case.outvoted) == ("confirmed", True)
    assert {home for home, answer in case.answers.items() if answer.outvoted} == {doors(2)[1]}


def test_outvoting_one_household_leaves_anothers_later_no_standing() -> None:
    world = World()
    issue, spoken = resolved(world, 4)
    world.lead.confirm(issue, spoken[0], yes=False)
    world.lead.confirm(issue, None, way="outvote", note="验收过了")
    world.lead.confirm(issue, spoken[1], yes=False)
    world.lead.confirm(issue, spoken[2])
    world.lead.confirm(issue, spoken[3])
    assert world.case(issue).status == "resolved"


def test_answers_from_before_a_new_resolve_no_longer_count() -> None:
    world = World()
    issue, spoken = resolved(world, 4)
    world.lead.confirm(issue, spoken[0])
    world.lead.move("reopen", issue)
    world.lead.move("resolve", issue)
    world.lead.confirm(issue, spoken[1])
    assert (world.case(issue).status, len(world.case(issue).answers)) == ("resolved", 1)


def test_a_household_that_joined_twice_is_one_follower_with_one_answer() -> None:
    world = World()
    issue = world.lead.report(HOME)
    again = [world.lead.support(issue, HOME) for _ in range(4)]
    world.lead.assign(issue, world.lead)
    world.lead.move("resolve", issue)
    world.lead.confirm(issue, again[0], yes=False)
    world.lead.confirm(issue, again[1])
    case = world.case(issue)
    assert (len(case.followers), len(case.reports), case.status) == (1, 5, "confirmed")


def test_a_case_part_whose_personal_part_is_not_here_is_a_follower_of_its_own() -> None:
    world = World()
    issue = world.lead.report(HOME)
    world.lead.support(issue, HOME, personal=False)
    support = world.lead.support(issue, NEIGHBOUR, personal=False)
    assert len(world.case(issue).followers) == 3
    world.lead.write("personal", {"of": str(support), "household": HOME})  # it arrives: the same household after all
    assert len(world.case(issue).followers) == 2


@pytest.mark.parametrize(("way", "own"), [("door", True), ("telephone", True), ("page", False)])
def test_a_yes_taken_by_who_did_the_work_counts_and_is_marked(way: str, own: bool) -> None:
    world = World()
    owner = world.person("王强", "cadre")
    issue = world.lead.report()
    world.bring(issue, "resolved", owner)
    owner.confirm(issue, issue, way=way)
    case = world.case(issue)
    assert (case.status, case.answers[HOME].own_work) == ("confirmed", own)
    other = World()
    issue = other.lead.report()
    other.bring(issue, "resolved", other.person("王强", "cadre"))
    other.lead.confirm(issue, issue, way=way)
    assert not other.case(issue).answers[HOME].own_work


@pytest.mark.parametrize(
    ("days", "tried", "said_no", "why"),
    [
        (14, 2, False, ""),
        (13, 2, False, "rule"),
        (14, 1, False, "rule"),
        (14, 2, True, "rule"),
    ],
)
def test_unanswered_needs_two_weeks_two_tries_on_different_days_and_no_standing_no(
    days: int, tried: int, said_no: bool, why: str
) -> None:
    world = World()
    issue, spoken = resolved(world, 1)
    if said_no:
        world.lead.confirm(issue, spoken[0], yes=False)
    for _ in range(tried):
        world.forward()
        world.lead.visit(doors(1)[0])
        world.lead.visit(doors(1)[0])  # a second time on one day is no further try
    world.forward(days - tried)
    assert world.reason(world.lead.move("close_unanswered", issue)) == why


def test_unanswered_needs_tries_at_as_many_followers_as_must_be_asked() -> None:
    world = World()
    issue, _ = resolved(world, 4)
    world.knock_twice(doors(4)[0])
    world.lead.visit(FAR_HOME)
    assert world.reason(world.lead.move("close_unanswered", issue)) == "rule"
    for _ in range(2):
        world.forward()
        world.lead.visit(doors(4)[1])
    assert world.reason(world.lead.move("close_unanswered", issue)) == ""


def test_a_no_can_still_be_said_after_a_case_was_closed_unanswered_and_a_yes_confirms_it() -> None:
    world = World()
    issue = world.lead.report()
    world.bring(issue, "unanswered", world.lead)
    world.lead.confirm(issue, issue, yes=False)
    assert world.case(issue).status == "unanswered"
    world.lead.confirm(issue, issue)
    assert world.case(issue).status == "confirmed"


def test_an_open_part_merged_into_a_resolved_case_brings_its_followers_to_be_asked() -> None:
    world = World()
    homes = doors(4)
    open_part = world.lead.report(homes[1])
    for home in homes[2:]:
        world.lead.support(open_part, home)
    issue = world.lead.report(homes[0])
    world.bring(issue, "confirmed", world.lead)
    world.lead.merge(issue, open_part)
    case = world.case(issue)
    assert (case.status, case.need, len(case.answers)) == ("resolved", 2, 1)
    world.lead.confirm(open_part, open_part)
    assert world.case(issue).status == "confirmed"


def test_tries_that_arrive_only_later_let_a_decision_hold() -> None:
    """A lead closed a case by what was told on the telephone; the cadre's visits come in with the stick."""
    world = World()
    cadre = world.person("王强", "cadre")
    issue, _ = resolved(world, 1)
    world.online = False
    for _ in range(2):
        world.forward()
        cadre.visit(doors(1)[0])
    world.forward(14)
    for _ in range(9):
        world.lead.move("note", issue)
    closing = world.lead.move("close_unanswered", issue)
    ledger = world.ledger([world.lead])
    community = Community(ledger.entries(), founder=world.lead.person)
    assert reason(community, closing) == "rule"
    community.apply(ledger.take_in(cadre.head, cadre.records[:1]))  # the enrolment
    for record in cadre.records[1:]:
        community.apply(ledger.take_in(cadre.head, [record]))
        assert_same(community, Community(ledger.entries(), founder=world.lead.person))
    assert reason(community, closing) == ""
