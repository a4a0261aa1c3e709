"""What the services refuse before anything is written, and how what was typed for a move becomes its records."""

from __future__ import annotations

from typing import Any

import pytest

from storage.record import Ref
from zhubao_tui.community.issues import Case
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import ASKED, MOVES, Casework
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.errors import MoveRefused, NotAgreed
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.roster import Roster
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.verdicts import undo
from zhubao_tui.workspace.workspace import Workspace

DOOR, NEIGHBOUR, FAR = "祥和苑/3-1-101", "祥和苑/3-1-102", "祥和苑/3-2-301"


def says(workspace: Workspace, choice: str, door: str = DOOR) -> str:
    """A household that was asked for its consent; returns its id."""
    household = workspace.community.dwellings[door].household.id
    workspace.write("consent", {"household": household, "choice": choice, "notice": "2026-1"})
    return household


def lamp(household: str = "", door: str = NEIGHBOUR, category: str = "light_stair") -> NewReport:
    return NewReport("楼道灯坏了，摸黑上楼", category, "unit", "normal", door, household)


def told(workspace: Workspace, *doors: str, category: str = "light_stair") -> Case:
    """A case that these doors' households, who agreed, stand behind."""
    first, *others = (says(workspace, "all", door) for door in doors)
    ref = Reporting(workspace).report(lamp(first, doors[0], category))
    for household in others:
        Reporting(workspace).support(ref, household)
    return case_of(workspace, ref)


def case_of(workspace: Workspace, ref: Ref) -> Case:
    case = workspace.community.case_of(ref)
    assert case is not None
    return case


def written(workspace: Workspace) -> int:
    return len(workspace.store.ledger)


# -- who may be named


@pytest.mark.parametrize(("choice", "named"), [("", False), ("no", False), ("record", True), ("all", True)])
def test_a_household_is_named_only_if_it_agreed(workspace: Workspace, choice: str, named: bool) -> None:
    issue = Reporting(workspace).report(lamp())
    household = says(workspace, choice) if choice else workspace.community.dwellings[DOOR].household.id
    before = written(workspace)
    for name in (lambda: Reporting(workspace).support(issue, household, "我家门口也黑"),
                 lambda: Reporting(workspace).report(lamp(household, DOOR))):  # fmt: skip
        if named:
            name()
        else:
            with pytest.raises(NotAgreed) as refused:
                name()
            assert "同意" in str(sentence(refused.value))
    assert (written(workspace) > before) == named
    assert (household in case_of(workspace, issue).followers) == named


def test_no_household_is_named_that_nobody_knows(workspace: Workspace) -> None:
    with pytest.raises(NotAgreed):
        Reporting(workspace).support(Reporting(workspace).report(lamp()), "祥和苑/9-9-999#1")


@pytest.mark.parametrize(("before", "now", "joins"), [("no", "all", True), ("", "record", True), ("all", "no", False)])
def test_in_an_interview_what_was_said_there_counts(workspace: Workspace, before: str, now: str, joins: bool) -> None:
    issue = Reporting(workspace).report(lamp())
    if before:
        says(workspace, before)
    session = Interviewing(workspace).begin(workspace.community.dwellings[DOOR])
    session.answer(now)
    if joins:
        session.support(case_of(workspace, issue), "我家门口也黑")
    else:
        with pytest.raises(NotAgreed):
            session.support(case_of(workspace, issue), "我家门口也黑")
    assert (session.household.id in case_of(workspace, issue).followers) == joins
    assert (session.household.id in case_of(workspace, session.report(lamp())).followers) == joins


# -- undo


def test_an_undo_that_does_not_hold_is_refused_and_writes_nothing(workspace: Workspace) -> None:
    one, other = told(workspace, DOOR), told(workspace, NEIGHBOUR)
    Casework(workspace).move("claim", one.main.ref)
    merged = Deduplication(workspace).merge([one, other])
    Casework(workspace).move("note", other.main.ref, note="物业明天来看")
    note = case_of(workspace, one.main.ref).history[-1].ref
    before = written(workspace)
    for record, why in ((one.main.ref, "moved_on"), (merged, "moved_on"), (note, "not_undoable"),
                        (Ref("a" * 16, 1, "b" * 64), "unknown_record")):  # fmt: skip
        for way in (Reporting(workspace).undo, lambda ref: Deduplication(workspace).undo([ref]),
                    lambda ref: undo(workspace, [ref])):  # fmt: skip
            with pytest.raises(MoveRefused) as refused:
                way(record)
            assert refused.value.reason == why
    assert written(workspace) == before
    assert workspace.community.problems() == []


def test_what_somebody_else_wrote_is_not_undone(workspace: Workspace) -> None:
    case = told(workspace, DOOR)
    workspace.choose("王强", "cadre")
    with pytest.raises(MoveRefused) as refused:
        Reporting(workspace).undo(case.main.ref)
    assert refused.value.reason == "not_undoable"


def test_a_support_is_taken_back_whatever_came_after_it(workspace: Workspace) -> None:
    case = told(workspace, DOOR)
    support = Reporting(workspace).support(case.main.ref, says(workspace, "all", NEIGHBOUR))
    Casework(workspace).move("claim", case.main.ref)
    Reporting(workspace).undo(support)
    assert len(case_of(workspace, case.main.ref).followers) == 1


def test_a_split_that_was_worked_at_on_either_side_is_not_undone(workspace: Workspace) -> None:
    one, other = told(workspace, DOOR), told(workspace, NEIGHBOUR)
    Deduplication(workspace).merge([one, other])
    split = Casework(workspace).move("split", other.main.ref)
    Casework(workspace).move("claim", one.main.ref)
    with pytest.raises(MoveRefused) as refused:
        undo(workspace, [split])
    assert refused.value.reason == "moved_on"


# -- what was typed for a move


@pytest.mark.parametrize(
    ("move", "typed", "body", "personal"),
    [
        ("resolve", {"done": " 换了新灯泡，试亮三次 "}, {"done": "换了新灯泡，试亮三次", "on_spot": True}, {}),
        ("resolve", {"done": "换了新灯泡，试亮三次", "on_spot": "no"}, {"done": "换了新灯泡，试亮三次", "on_spot": False}, {}),
        ("assign", {"person": "周立群", "note": ""}, {"person": "ME"}, {}),
        ("assign", {"person": "没有这个人"}, {"person": "没有这个人"}, {}),
        ("confirm", {"yes": "yes", "way": "door", "note": "亮了"}, {"of": "FIRST", "yes": True, "way": "door", "on": "2026-05-13"},
         {"household": "HOME", "note": "亮了"}),
        ("confirm", {"door": "3-1-101", "yes": "no", "way": "telephone", "on": "2026-05-12"},
         {"of": "FIRST", "yes": False, "way": "telephone", "on": "2026-05-12"}, {"household": "HOME"}),
        ("confirm", {"of": "FIRST", "yes": "yes", "way": "outvote", "note": "别家都亮了"},
         {"of": "FIRST", "yes": True, "way": "outvote", "on": "2026-05-13", "note": "别家都亮了"}, {"household": "HOME"}),
        ("confirm", {"door": "9-9-999", "yes": "yes", "way": "door"}, {"yes": True, "way": "door", "on": "2026-05-13"}, {}),
        ("withdraw", {"note": "自己修好了"}, {"of": "FIRST", "on": "2026-05-13"}, {"household": "HOME", "note": "自己修好了"}),
        ("recategorise", {"level": "building", "category": ""},
         {"place": {"level": "building", "estate": "祥和苑", "building": "3", "unit": "1"}}, {}),
        ("recategorise", {"place": "祥和苑/5-2"}, {"place": {"level": "unit", "estate": "祥和苑", "building": "5", "unit": "2"}}, {}),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_body_and_what_is_personal(
    workspace: Workspace, move: str, typed: dict[str, str], body: dict[str, Any], personal: dict[str, str]
) -> None:
    case = told(workspace, DOOR)
    names = {"FIRST": str(case.main.ref), "HOME": f"{DOOR}#1", "ME": workspace.person}
    typed = {name: names.get(value, value) for name, value in typed.items()}
    body = {name: names.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    said, kept = Casework(workspace).given(move, case, typed)
    assert said == {"issue": case.id, **body}
    assert kept == {name: names.get(value, value) for name, value in personal.items()}


def test_a_word_is_about_the_household_that_it_names(workspace: Workspace) -> None:
    case = told(workspace, DOOR, NEIGHBOUR)
    casework = Casework(workspace)
    spoken = str(case.reports[1].ref)
    for named in ({"door": "祥和苑/3-1-102"}, {"of": spoken}):
        body, personal = casework.given("confirm", case, {**named, "yes": "yes", "way": "door"})
        assert (body["of"], personal["household"]) == (spoken, f"{NEIGHBOUR}#1")
    assert "of" not in casework.given("confirm", case, {"yes": "yes", "way": "door"})[0]  # which of the two?


def test_a_wider_place_is_of_the_issue_that_was_chosen(workspace: Workspace) -> None:
    one, other = told(workspace, DOOR), told(workspace, FAR)
    Deduplication(workspace).merge([one, other], main=one.main)
    whole, casework = case_of(workspace, one.main.ref), Casework(workspace)
    body, personal = casework.given("recategorise", whole, {"issue": str(other.main.ref), "level": "door"})
    casework.make("recategorise", whole, body, personal)
    places = {issue.ref: issue.place for issue in case_of(workspace, one.main.ref).issues}
    assert (places[other.main.ref].level, places[other.main.ref].unit) == ("door", "2")
    assert places[one.main.ref] == one.main.place


@pytest.mark.parametrize(
    ("move", "typed", "reason", "field"),
    [
        ("resolve", {"done": "修好了"}, "incomplete", "done"), ("note", {"note": "看过"}, "incomplete", "note"),
        ("assign", {"person": "没有这个人"}, "incomplete", "person"), ("assign", {}, "incomplete", "person"),
        ("transfer", {"unit": "物业", "ask_on": "2026-05-20", "note": "已报修"}, "incomplete", "contact"),
        ("transfer", {"unit": "物业", "contact": "老张", "ask_on": "2026-06-20", "note": "已报修"}, "incomplete", "ask_on"),
        ("postpone", {"reason": "等维修资金", "until": "2026-05-13"}, "incomplete", "until"),
        ("reject", {"reason": "tired", "words": "这不归我们管", "elsewhere": "街道"}, "incomplete", "reason"),
        ("reject", {"reason": "private", "words": "这不归我们管"}, "incomplete", "elsewhere"),
        ("recategorise", {}, "incomplete", "category"), ("recategorise", {"urgency": "now"}, "incomplete", "urgency"),
        ("recategorise", {"level": "moon"}, "incomplete", "place"), ("withdraw", {"door": "9-9-9"}, "incomplete", "of"),
        ("note", {"note": "长" * 2001}, "too_long", "note"), ("withdraw", {"note": "长" * 2001}, "too_long", "note"),
        ("confirm", {"yes": "yes", "way": "door"}, "wrong_status", ""), ("split", {}, "nothing_to_split", ""),
        ("fly", {}, "unknown_move", ""), ("resolve", {"done": "换了新灯泡，试亮三次", "on_spot": "no"}, "wrong_status", ""),
    ],
)  # fmt: skip
def test_a_move_that_would_not_hold_is_refused_with_the_field_and_nothing_written(
    workspace: Workspace, move: str, typed: dict[str, str], reason: str, field: str
) -> None:
    casework, case = Casework(workspace), told(workspace, DOOR)
    if move == "transfer":
        casework.move("claim", case.main.ref)
        case = case_of(workspace, case.main.ref)
    before = written(workspace)
    body, personal = casework.given(move, case, typed)
    for attempt in (casework.check, casework.make):
        with pytest.raises(MoveRefused) as refused:
            attempt(move, case, body, personal)
        assert (refused.value.reason, refused.value.field) == (reason, field)
    assert written(workspace) == before
    words = sentence(refused.value)
    assert words is not None
    assert not field or wording.FIELDS[field] in words


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"door": "9-9-9", "yes": "yes", "way": "door", "on": "2026-05-13"}, "of"), ({"way": "door"}, "yes"),
        ({"yes": "yes", "way": "inspection"}, "way"), ({"yes": "yes", "way": "door", "on": "gestern"}, "on"),
        ({"yes": "no", "way": "outvote", "note": "好了"}, "yes"), ({"yes": "yes", "way": "outvote"}, "note"),
    ],
)  # fmt: skip
def test_a_follow_up_that_lacks_something_says_what(workspace: Workspace, typed: dict[str, str], field: str) -> None:
    casework, case = Casework(workspace), told(workspace, DOOR)
    casework.move("resolve", case.main.ref, done="换了新灯泡，试亮三次", on_spot=True)
    case = case_of(workspace, case.main.ref)
    with pytest.raises(MoveRefused) as refused:
        casework.check("confirm", case, *casework.given("confirm", case, typed))
    assert (refused.value.reason, refused.value.field) == ("incomplete", field)


def test_every_move_says_what_it_may_be_given() -> None:
    assert set(ASKED) == set(MOVES)
    assert {name for asked in ASKED.values() for name in asked} <= {*wording.FIELDS, "door", "on_spot"}


def test_a_reason_is_told_in_words_never_as_its_code() -> None:
    assert wording.reason_of("reject", {"reason": "not_ours"}) == "不归我们管"
    assert wording.reason_of("reject", {"reason": "\x1b[31mzz"}) == "␛[31mzz"
    assert wording.reason_of("postpone", {"reason": "等维修资金"}) == "等维修资金"
    assert wording.reason_of("reject", {}) == wording.reason_of("reject", {"reason": 5}) == ""


# -- doors


def test_a_door_that_an_observer_adds_is_refused_and_not_written(workspace: Workspace) -> None:
    workspace.choose("纪委", "observer")
    before = written(workspace)
    with pytest.raises(MoveRefused) as refused:
        Roster(workspace).add_door("祥和苑", "77", "1", "101")
    assert refused.value.reason == "not_allowed"
    assert written(workspace) == before
    assert Roster(workspace).add_door("祥和苑", "3", "1", "101") == DOOR  # one that is there needs no record


def test_a_lead_lets_a_refused_fact_of_a_door_take_effect(workspace: Workspace) -> None:
    lead = workspace.person
    workspace.choose("纪委", "observer")
    body = {"dwelling": DOOR, "household": f"{DOOR}#1", "on": "2026-05-13", "outcome": "not_home"}
    visit = workspace.write("visit", dict(body))
    problem = workspace.community.problem_of(visit)
    assert problem is not None
    assert problem.reason == "not_allowed"
    workspace.choose(workspace.community.people[lead].name)
    Casework(workspace).accept(visit)
    assert [one.ref for one in workspace.community.dwellings[DOOR].household.visits] == [visit]
    with pytest.raises(MoveRefused) as again:
        Casework(workspace).accept(visit)
    assert again.value.reason == "already"
