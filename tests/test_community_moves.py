"""The table of moves (domain.md, section 2), cell by cell: from which status, by whom, with what given."""

from __future__ import annotations

from typing import Any

import pytest

from community_helpers import HOME, NEIGHBOUR, Pen, World
from storage.record import Ref

STATUSES = (
    "new", "claimed", "assigned", "working", "transferred", "reopened",
    "postponed", "resolved", "confirmed", "unanswered", "rejected", "withdrawn",
)  # fmt: skip
OPEN = {"new", "claimed", "assigned", "working", "transferred", "reopened"}
WORKED = OPEN - {"new"}
FROM = {
    "support": set(STATUSES) - {"withdrawn"},
    "claim": {"new", "reopened"},
    "assign": OPEN,
    "start": {"claimed", "assigned", "transferred", "reopened"},
    "transfer": {"claimed", "assigned", "working", "reopened"},
    "note": set(STATUSES),
    "attachment": set(STATUSES),
    "recategorise": OPEN,
    "reword": set(STATUSES),
    "resolve": WORKED,  # `new`, too, where small and done on the spot: a test of its own
    "confirm": {"resolved", "unanswered"},
    "close_unanswered": {"resolved"},
    "reopen": {"resolved", "confirmed", "unanswered", "postponed", "rejected"},
    "postpone": OPEN,
    "resume": {"postponed"},
    "reject": OPEN,
    "withdraw": OPEN,
}
TO = {
    "claim": "claimed", "assign": "assigned", "start": "working", "transfer": "transferred", "resolve": "resolved",
    "confirm": "confirmed", "close_unanswered": "unanswered", "reopen": "reopened", "postpone": "postponed",
    "reject": "rejected", "withdraw": "withdrawn",
}  # fmt: skip
"""`resume` goes to the status before; the others stay."""
CADRES = {"owner", "house", "stranger"}
LEADS = {"lead_house", "lead_owner", "team_lead"}
WHO = {
    "support": CADRES | LEADS | {"lead_far"},
    "claim": {"house", "owner"} | LEADS,
    "assign": LEADS,
    "start": {"owner"} | LEADS,
    "transfer": LEADS,
    "note": {"owner", "house"} | LEADS,
    "attachment": {"owner", "house"} | LEADS,
    "recategorise": {"owner"} | LEADS,
    "reword": LEADS,
    "resolve": {"owner"} | LEADS,
    "confirm": CADRES | LEADS,
    "close_unanswered": LEADS,
    "reopen": LEADS,
    "postpone": LEADS,
    "resume": {"owner"} | LEADS,
    "reject": {"team_lead"},
    "withdraw": CADRES | LEADS | {"lead_far"},
}
"""Whom an owned case allows which move; `owner` works elsewhere, `house` is the cadre of the building."""


def team(world: World) -> dict[str, Pen]:
    """A case in building 3 (group 甲) will be owned by somebody of group 乙; group 丙 has nothing to do with it."""
    return {
        "owner": world.person("王强", "cadre", "乙", "祥和苑/9"),
        "house": world.person("李敏", "cadre", "甲", "祥和苑/3"),
        "stranger": world.person("赵辉", "cadre", "丙", "锦绣苑/7"),
        "lead_house": world.person("陈芳", "group_lead", "甲"),
        "lead_owner": world.person("孙洁", "group_lead", "乙"),
        "lead_far": world.person("吴刚", "group_lead", "丙"),
        "observer": world.person("郑平", "observer"),
        "team_lead": world.lead,
    }


def make(pen: Pen, move: str, issue: Ref, to: Pen, **given: Any) -> Ref:
    if move == "support":
        return pen.support(issue)
    if move == "confirm":
        return pen.confirm(issue, issue, **given)
    if move == "withdraw":
        return pen.withdraw(issue, issue)
    if move == "assign":
        return pen.assign(issue, to)
    return pen.move(move, issue, **given)


def entitled(move: str, status: str) -> set[str]:
    """Who has the right to a move, if only its status allowed it."""
    allowed = set(WHO[move])
    if status == "new" and move not in ("support", "withdraw"):
        # nobody owns it yet: its owner-to-be is a cadre like any other, and their lead has nothing to do with it
        allowed -= {"lead_owner"} | ({"owner"} if move not in ("claim", "confirm") else set())
        allowed |= {"owner", "stranger"} if move == "claim" else set()
    return allowed


@pytest.mark.parametrize("move", FROM)
@pytest.mark.parametrize("status", STATUSES)
def test_a_move_takes_effect_only_from_its_statuses_and_by_whom_it_is_given_to(status: str, move: str) -> None:
    world = World()
    people = team(world)
    issue = world.lead.report()
    world.bring(issue, status, people["owner"])
    if move == "close_unanswered" and status == "resolved":
        world.knock_twice(HOME)
    told: dict[str, tuple[str, str]] = {}
    for role, pen in people.items():
        with pen.trying():
            ref = make(pen, move, issue, people["house" if role == "lead_house" else "owner"])
            community = world.fold()
        case = community.case_of(issue)
        assert case is not None
        problem = community.problem_of(ref)
        told[role] = ("" if problem is None else problem.reason, case.status)
        line = next(line for line in case.history if line.ref == ref)
        assert (line.effect, line.reason) == (problem is None, told[role][0])  # both stay in the case's history
    after = {"resume": "assigned", **TO}.get(move, status)
    for role, found in told.items():
        if role not in entitled(move, status):
            assert found == ("not_allowed", status), role
        else:
            assert found == (("", after) if status in FROM[move] else ("wrong_status", status)), role


@pytest.mark.parametrize(
    ("move", "given", "why"),
    [
        ("assign", {"person": "nobody"}, "incomplete"),
        ("assign", {}, "incomplete"),
        ("transfer", {"unit": " "}, "incomplete"),
        ("transfer", {"contact": ""}, "incomplete"),
        ("transfer", {"note": ""}, "incomplete"),
        ("transfer", {"ask_on": "+15"}, "incomplete"),
        ("transfer", {"ask_on": "+14"}, ""),
        ("transfer", {"ask_on": "soon"}, "incomplete"),
        ("note", {"note": "四个字呀"}, "incomplete"),
        ("note", {"note": "有五个字呀"}, ""),
        ("note", {"note": ["有", "五个", "字", "呀"]}, "incomplete"),
        ("recategorise", {"urgency": "", "category": ""}, "incomplete"),
        ("recategorise", {"category": "no_such"}, "incomplete"),
        ("recategorise", {"urgency": "unknown"}, "incomplete"),
        ("recategorise", {"place": {"level": "moon"}}, "incomplete"),
        ("recategorise", {"urgency": "", "place": {"level": "estate", "estate": "祥和苑"}}, ""),
        ("resolve", {"done": "换了新的水管，不漏"}, "incomplete"),
        ("resolve", {"done": "换了新的水管，不漏了"}, ""),
        ("postpone", {"reason": ""}, "incomplete"),
        ("postpone", {"until": "+0"}, "incomplete"),
        ("postpone", {"until": "+90"}, ""),
        ("postpone", {"until": "+91"}, "incomplete"),
        ("reject", {"reason": "no_mood"}, "incomplete"),
        ("reject", {"words": ""}, "incomplete"),
        ("reject", {"elsewhere": ""}, "incomplete"),
    ],
)
def test_a_move_without_what_must_be_given_changes_nothing(move: str, given: dict[str, Any], why: str) -> None:
    world = World()
    owner = world.person("王强", "cadre")
    issue = world.lead.report()
    world.lead.assign(issue, owner)
    ref = world.lead.move(move, issue, **given)
    assert world.reason(ref) == why
    assert (world.case(issue).status == "assigned") == bool(why) or move in ("note", "recategorise", "reword")


@pytest.mark.parametrize(
    ("status", "move", "given", "why"),
    [
        ("resolved", "close_unanswered", {"note": ""}, "incomplete"),
        ("resolved", "reopen", {"note": ""}, "incomplete"),
        ("resolved", "reopen", {"note": "还漏", "person": "nobody"}, "incomplete"),
        ("resolved", "confirm", {"way": "dream"}, "incomplete"),
        ("resolved", "confirm", {"on": "yesterday"}, "incomplete"),
        ("resolved", "confirm", {"yes": "yes"}, "incomplete"),
        ("resolved", "confirm", {"way": "inspection"}, "incomplete"),  # a household is there to be asked
        ("resolved", "confirm", {"way": "outvote", "note": "查过了"}, "rule"),  # there is no standing no
    ],
)
def test_a_resolved_case_asks_for_what_must_be_given(status: str, move: str, given: dict[str, Any], why: str) -> None:
    world = World()
    owner = world.person("王强", "cadre")
    issue = world.lead.report()
    world.bring(issue, status, owner)
    ref = make(world.lead, move, issue, owner, **given)
    assert (world.reason(ref), world.case(issue).status) == (why, status)


def test_a_renovation_may_be_put_off_for_a_year() -> None:
    world = World()
    issue = world.lead.report(category="build_leak")
    assert world.reason(world.lead.move("postpone", issue, until="+366")) == "incomplete"
    assert world.reason(world.lead.move("postpone", issue, until="+365")) == ""


@pytest.mark.parametrize(
    ("category", "on_spot", "who", "why"),
    [
        ("light_stair", True, "reporter", ""),
        ("light_stair", True, "team_lead", ""),
        ("light_stair", True, "other", "not_allowed"),
        ("light_stair", False, "reporter", "wrong_status"),
        ("road_fire", True, "reporter", ""),  # class S
        ("build_leak", True, "reporter", "wrong_status"),
        ("build_leak", True, "team_lead", "wrong_status"),
    ],
)
def test_only_a_small_thing_is_done_on_the_spot_and_by_its_reporter(
    category: str, on_spot: bool, who: str, why: str
) -> None:
    world = World()
    people = {
        "reporter": world.person("王强", "cadre"),
        "other": world.person("李敏", "cadre"),
        "team_lead": world.lead,
    }
    issue = people["reporter"].report(category=category)
    ref = people[who].move("resolve", issue, on_spot=on_spot)
    assert world.reason(ref) == why
    if not why:
        assert (world.case(issue).status, world.case(issue).owner) == ("resolved", people[who].person)


@pytest.mark.parametrize(("category", "why"), [("light_power", ""), ("water_leak", "not_allowed")])
def test_an_owner_hands_over_only_what_needs_an_outside_unit(category: str, why: str) -> None:
    world = World()
    owner = world.person("王强", "cadre")
    issue = world.lead.report(category=category)
    world.lead.assign(issue, owner)
    assert world.reason(owner.move("transfer", issue)) == why


def test_from_the_third_time_only_a_team_lead_puts_a_case_off() -> None:
    world = World()
    lead = world.person("陈芳", "group_lead")
    issue = world.lead.report()
    for _ in range(2):
        assert world.reason(lead.move("postpone", issue)) == ""
        lead.move("resume", issue)
    assert world.reason(lead.move("postpone", issue)) == "not_allowed"
    assert world.reason(world.lead.move("postpone", issue)) == ""


def test_a_cadre_reopens_only_where_a_household_said_no_at_the_door() -> None:
    world = World()
    cadre, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    issue = world.lead.report()
    world.bring(issue, "resolved", cadre)
    cadre.confirm(issue, issue, yes=False, way="telephone")
    assert world.reason(other.move("reopen", issue)) == "not_allowed"
    cadre.confirm(issue, issue, yes=False)
    assert world.reason(other.move("reopen", issue, person=world.lead.person)) == "incomplete"  # to name is to assign
    assert world.reason(other.move("reopen", issue)) == ""
    assert world.case(issue).owner == cadre.person


def test_an_open_case_of_two_households_is_not_withdrawn_by_one() -> None:
    world = World()
    issue = world.lead.report()
    support = world.lead.support(issue, NEIGHBOUR)
    withdrawal = world.lead.withdraw(issue, issue)
    assert world.reason(withdrawal) == "rule"
    world.lead.undo(support)  # as if the neighbour had never joined
    assert (world.reason(withdrawal), world.case(issue).status) == ("", "withdrawn")


def test_a_trouble_that_nobody_told_is_neither_withdrawn_nor_confirmed_by_a_household() -> None:
    world = World()
    cadre = world.person("王强", "cadre")
    issue = cadre.report(household="")
    assert world.reason(cadre.withdraw(issue, issue)) == "incomplete"
    world.bring(issue, "resolved", cadre)
    assert world.reason(cadre.confirm(issue, issue)) == "incomplete"
    assert world.reason(cadre.confirm(issue, None, way="inspection")) == "incomplete"
    world.knock_twice(HOME)
    assert world.reason(world.lead.move("close_unanswered", issue)) == "rule"
    assert world.reason(world.lead.confirm(issue, None, way="inspection")) == ""
    assert world.case(issue).status == "confirmed"


def test_a_register_row_without_place_gets_its_due_date_anew_when_its_category_is_told() -> None:
    world = World()
    body = {"number": "01-0001-1", "category": "unknown", "place": {}, "urgency": "unknown", "on": "2026-05-04"}
    issue = world.lead.write("import", body | {"behind": False, "category_word": "噪音"})
    case = world.case(issue)
    assert (str(case.due), case.main.category_word) == ("2026-05-19", "噪音")  # as class O
    world.lead.move("recategorise", issue, category="light_stair", urgency="normal", place={"level": "building"})
    case = world.case(issue)
    assert (str(case.due), str(case.first_due), case.main.place.level) == ("2026-05-07", "2026-05-19", "building")


@pytest.mark.parametrize("missing", ["category", "urgency", "place"])
def test_a_report_without_what_must_be_given_makes_no_issue(missing: str) -> None:
    world = World()
    given = {"category": "water_leak", "urgency": "normal"}
    ref = world.lead.report(**{**given, missing: ""}) if missing != "place" else world.lead.report(place={})  # type: ignore[arg-type]  # fields by name, one of them blank
    community = world.fold()
    assert community.case_of(ref) is None
    assert [problem.reason for problem in community.problems()] == ["incomplete"]


def test_resume_goes_back_to_the_status_before() -> None:
    world = World()
    owner = world.person("王强", "cadre")
    issue = world.lead.report()
    world.bring(issue, "working", owner)
    world.lead.move("postpone", issue)
    owner.move("resume", issue)
    assert (world.case(issue).status, world.case(issue).owner) == ("working", owner.person)


def test_support_on_an_ended_case_proposes_to_reopen_it_and_changes_no_status() -> None:
    world = World()
    issue = world.lead.report()
    world.bring(issue, "confirmed", world.lead)
    world.lead.support(issue)
    assert (world.case(issue).status, world.case(issue).reopen_proposed) == ("confirmed", True)
