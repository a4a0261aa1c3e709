"""Rows of the list of faults in which two people decide at the same time; each test bears its row's name."""

from __future__ import annotations

from itertools import permutations

import pytest

from community_helpers import FAR_HOME, HOME, NEIGHBOUR, Pen, World, assert_same, reason
from storage.record import Ref
from zhubao_tui.community.community import Community
from zhubao_tui.community.kinds import AUTHORITY, CASES, PLACES


def offline(world: World) -> None:
    """Everybody knows what is there; from here on nobody sees what others write."""
    for pen in world.pens:
        pen.see()
    world.online = False


def everywhere(world: World) -> Community:
    """What it adds up to: the same whichever journals arrive first."""
    whole = world.fold()
    for order in permutations(world.pens[:4]):
        ledger = world.ledger([])
        community = Community(founder=world.lead.person)
        for pen in (*order, *world.pens[4:]):
            community.apply(ledger.take_in(pen.head, pen.records))
        assert_same(community, whole)
    return whole


def issues(world: World, count: int) -> list[Ref]:
    return [world.lead.report(f"祥和苑/3-1-{number}01#1") for number in range(1, count + 1)]


@pytest.mark.fault("merge-chain")
def test_merge_chain() -> None:
    world = World()
    other = world.person("陈芳", "team_lead")
    a, b, c = issues(world, 3)
    offline(world)
    merges = {world.lead.merge(a, b), other.merge(b, c)}
    case = everywhere(world).case_of(a)
    assert case is not None
    assert [issue.ref for issue in case.issues] == [a, b, c]
    assert len(case.followers) == 3
    assert {line.ref for line in case.history if line.kind == "merge" and line.effect} == merges


@pytest.mark.parametrize("length", [2, 3, 5])
@pytest.mark.fault("merge-circle")
def test_merge_circle(length: int) -> None:
    world = World()
    leads = [world.lead, *(world.person(f"队长{number}", "team_lead") for number in range(1, length))]
    ring = issues(world, length)
    offline(world)
    for place, lead in enumerate(leads):
        one, other = ring[place], ring[(place + 1) % length]
        lead.merge(one, other, main=other)
    community = everywhere(world)
    cases = list(community.cases())
    assert len(cases) == 1
    assert len(cases[0].followers) == length
    latest = next(line for line in reversed(cases[0].history) if line.kind == "merge")
    entry = community.entry(latest.ref)
    assert entry is not None
    assert cases[0].id == entry.record.body["main"]


@pytest.mark.parametrize("decision", ["split", "distinct"])
@pytest.mark.fault("merge-against-split")
def test_merge_against_split(decision: str) -> None:
    world = World()
    other = world.person("陈芳", "team_lead")
    a, b, c = issues(world, 3)
    world.lead.merge(a, b)
    offline(world)
    against = other.split(b) if decision == "split" else other.distinct(b, c)
    merge = world.lead.merge(a, c)
    community = everywhere(world)
    histories = [case.history for case in community.cases()]
    for ref in (merge, against):  # both are told what the other did, whichever came first
        assert any(line.ref == ref and line.effect for history in histories for line in history)
    held = {frozenset(issue.ref for issue in case.issues) for case in community.cases()}
    if decision == "distinct":
        assert held == {frozenset({a, b, c})}
        case = community.case_of(a)
        assert case is not None
        assert case.distinct == [(b, c, other.person)]  # listed; only a split separates
    else:
        assert held == {frozenset({a, c}), frozenset({b})}
    world.online = True
    again = world.lead.merge(b, c)  # and can decide again
    assert world.reason(again) == ""
    assert len(world.case(b).issues) == 3
    assert not world.fold().apart()


@pytest.mark.fault("same-door")
def test_same_door() -> None:
    world = World()
    one, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    trouble = world.lead.report(NEIGHBOUR)
    offline(world)
    for number, pen in enumerate((one, other)):
        visit = pen.visit(HOME, "interviewed")
        pen.write("response", {"household": HOME, "visit": str(visit), "form": "zhubao_household", "version": "1",
                               "answers": {"size": number}})  # fmt: skip
        pen.support(trouble, HOME)
    community = everywhere(world)
    household = community.household(HOME)
    assert household is not None
    assert len(household.visits) == len(household.responses) == 2
    entries = [entry for response in household.responses if (entry := community.entry(response.ref))]
    assert entries[0].order < entries[1].order  # the current one is the later in fold order
    case = community.case_of(trouble)
    assert case is not None
    assert (case.followers, len(case.reports)) == ({HOME, NEIGHBOUR}, 3)


@pytest.mark.fault("too-early")
def test_too_early() -> None:
    """Of an issue, a household, a personal part, a laptop: it waits, is shown, and takes effect when that arrives."""
    world = World()
    first, then = world.person("王强", "cadre"), world.person("陈芳", "team_lead")
    issue = first.report()
    moved_in = first.write("moved_in", {"dwelling": "祥和苑/3-1-101"})
    household = f"祥和苑/3-1-101#{moved_in}"
    waiting = {
        then.move("claim", issue): "unknown_issue",
        then.merge(issue, then.report(FAR_HOME)): "unknown_issue",
        then.support(issue, household): "unknown_issue",
        then.visit(household, "interviewed"): "unknown_household",
        then.undo(then.support(issue)): "not_in_force",
        world.lead.accept(then.write("personal", {"of": str(issue), "words": "替他写的"})): "unknown_record",
    }
    without = [pen for pen in world.pens if pen is not first]
    ledger = world.ledger(without)
    community = Community(ledger.entries(), founder=world.lead.person)
    assert {ref: reason(community, ref) for ref in waiting} == waiting
    assert len(list(community.cases())) == 1
    community.apply(ledger.take_in(first.head, first.records))
    assert_same(community, world.fold())
    assert [reason(community, ref) for ref in waiting][:5] == [""] * 5
    case = community.case_of(issue)
    assert case is not None
    assert (case.owner, len(case.issues), household in case.followers) == (then.person, 2, True)
    held = community.household(household)
    assert held is not None
    assert [visit.outcome for visit in held.visits] == ["interviewed"]


@pytest.mark.fault("too-early")
def test_too_early_laptop() -> None:
    """Somebody whose enrolment has not arrived: facts and moves wait for it."""
    world = World()
    cadre = world.person("王强", "cadre")
    visit, issue = cadre.visit(), cadre.report()
    claim = cadre.move("claim", issue)
    ledger = world.ledger([world.lead])
    community = Community(ledger.entries(), founder=world.lead.person)
    community.apply(ledger.take_in(cadre.head, cadre.records[2:]))  # all but the enrolment
    assert {reason(community, ref) for ref in (visit, issue)} == {"not_enrolled"}
    assert reason(community, claim) == "unknown_issue"
    community.apply(ledger.take_in(cadre.head, cadre.records[:2]))
    assert community.problems() == []
    assert_same(community, world.fold())


@pytest.mark.fault("not-allowed")
def test_not_allowed() -> None:
    world = World()
    cadre, stranger = world.person("王强", "cadre"), Pen(world, "不认识")
    a, b = issues(world, 2)
    refused = {
        cadre.merge(a, b): "not_allowed",
        cadre.move("reject", a): "not_allowed",
        stranger.merge(a, b): "not_enrolled",
        stranger.visit(): "not_enrolled",
        stranger.support(a): "not_enrolled",
    }
    community = everywhere(world)
    problems = {problem.ref: problem for problem in community.problems()}
    assert {ref: problems[ref].reason for ref in refused} == refused
    assert {problem.author for problem in problems.values()} == {cadre.person, stranger.person}
    assert len(list(community.cases())) == 2
    case = community.case_of(b)
    assert case is not None
    assert sum(not line.effect for line in case.history) == 2  # a refused merge stands in the history of both
    for ref in refused:
        assert world.reason(world.lead.accept(ref)) == ""
    assert len(world.case(a).issues) == 2
    assert world.case(a).status == "rejected"


def test_of_two_claims_offline_the_first_in_fold_order_holds() -> None:
    world = World()
    one, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    issue = issues(world, 1)[0]
    offline(world)
    for _ in range(5):
        one.move("note", issue)
    claims = [one.move("claim", issue), other.move("claim", issue)]  # one has worked longer: the later clock
    community = everywhere(world)
    case = community.case_of(issue)
    assert case is not None
    assert (case.owner, reason(community, claims[0])) == (other.person, "wrong_status")
    assert [(line.author, line.effect) for line in case.history if line.kind == "claim"] == [
        (other.person, True), (one.person, False),
    ]  # fmt: skip


def test_two_occupancies_begun_offline_are_listed_and_two_in_turn_are_not() -> None:
    world = World()
    one, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    world.lead.visit(HOME)
    offline(world)
    begun = [pen.write("moved_in", {"dwelling": "祥和苑/3-1-101"}) for pen in (one, other)]
    world.online = True
    third = world.lead.write("moved_in", {"dwelling": "祥和苑/3-1-101"})
    community = everywhere(world)
    dwelling = community.dwellings["祥和苑/3-1-101"]
    assert [household.number for household in dwelling.households] == [1, 2, 3, 4]
    assert [reason(community, ref) for ref in (*begun, third)] == ["concurrent", "concurrent", ""]


def test_a_record_that_makes_no_sense_is_listed_and_harms_nothing() -> None:
    world = World()
    issue = world.lead.report()
    nonsense: list[dict[str, object]] = [
        {}, {"issue": 5}, {"issue": "x"}, {"issue": ["a"]}, {"issues": "x"}, {"issues": [1, None]}, {"record": {}},
        {"of": 7}, {"person": []}, {"household": 3, "dwelling": {}}, {"dwelling": "no door"}, {"doors": [[1, 2]]},
        {"issue": str(issue), "place": 5, "urgency": [], "ask_on": 7, "until": {}, "yes": 1, "on": [], "way": 3},
        {"issues": [str(issue), str(issue)]}, {"estate": "a", "building": "b", "doors": [["1", "101", "x"], 5]},
    ]  # fmt: skip
    for kind in sorted(AUTHORITY | CASES | PLACES | {"seen", "of_a_newer_version"}):
        for body in nonsense:
            world.lead.write(kind, dict(body))
    community = world.fold()
    case = community.case_of(issue)
    assert case is not None
    assert (len(case.issues), len(case.followers), case.main.category) == (1, 2, "water_leak")  # a support it was
    assert community.role(world.lead.person) == "team_lead"
    problems = {problem.kind for problem in community.problems()}
    assert problems >= (AUTHORITY | CASES | PLACES) - {"settings", "import"}


@pytest.mark.parametrize("time", ["\x1b[31m", "9:30", "24:00", "09:30\n", "０９:30", 930, None, "09:30:00"])
def test_a_visits_time_that_is_none_is_not_told(time: object) -> None:
    world = World()
    world.lead.visit(HOME, time=time)
    world.lead.visit(NEIGHBOUR, time="09:30")
    dwellings = world.fold().dwellings
    times = [dwellings[home.partition("#")[0]].household.visits[0].time for home in (HOME, NEIGHBOUR)]
    assert times == ["", "09:30"]


@pytest.mark.parametrize(
    "number", ["\x1b[31m12", "01-0001-1", "01-0001-8\n", "\x1c01-0001-8", "０１-0001-8", 5, None, "12-\x1b]0;x"]
)
def test_a_case_number_that_is_none_is_not_told(number: object) -> None:
    world = World()
    body = {"category": "water_leak", "place": {"level": "estate"}, "urgency": "normal", "on": "2026-05-04"}
    issue = world.lead.write("report", {**body, "number": number, "behind": False})
    right = world.lead.write("report", {**body, "number": "01-0001-8", "behind": False})
    assert [world.case(one).number for one in (issue, right)] == ["", "01-0001-8"]
