"""Numbers, due dates, outcomes, doors and occupancies by table (domain.md, sections 1, 2 and 5)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from community_helpers import HOME, MONDAY, World
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.doors import coverage
from zhubao_tui.community.due import days_overdue, due_date, is_stale, urgency_of
from zhubao_tui.community.moves import parse_day
from zhubao_tui.community.numbers import case_number, check_digit, is_case_number, running_of
from zhubao_tui.community.outcomes import OUTCOMES, due_again, fruitless_tries, is_callback
from zhubao_tui.community.places import Address, address_of, floor_of, normalise, spoken

# -- case numbers


def test_the_check_digit_is_iso_7064_mod_11_10() -> None:
    assert check_digit("0794") == "5"  # the standard's own example
    assert case_number(12, 457) == f"12-0457-{check_digit('120457')}"
    assert (case_number(3, 7)[:8], running_of(case_number(3, 7))) == ("03-0007-", 7)


@pytest.mark.parametrize(("laptop", "running"), [(1, 1), (12, 457), (99, 9999), (7, 12345), (123, 4)])
def test_one_wrong_digit_and_most_swapped_neighbours_are_noticed(laptop: int, running: int) -> None:
    number = case_number(laptop, running)
    assert is_case_number(number)
    assert is_case_number(number.replace("-", ""))
    places = [place for place, char in enumerate(number) if char != "-"]
    for place in places:
        for digit in set("0123456789") - {number[place]}:
            assert not is_case_number(number[:place] + digit + number[place + 1 :])
    swapped = 0
    for one, other in itertools.pairwise(places):
        chars = list(number)
        chars[one], chars[other] = chars[other], chars[one]
        swapped += "".join(chars) != number and is_case_number("".join(chars))
    assert swapped <= 1


# -- due, overdue, stale


@pytest.mark.parametrize(
    "text", ["2026-W21-1", "２０２６-05-20", "20260520", "2026-5-20", "2026-02-30", "", 20260520, None]
)
def test_a_day_is_written_one_way(text: object) -> None:
    assert parse_day(text) is None
    assert parse_day("2026-05-20") == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("category", "normal", "soon"),
    [
        ("light_stair", 3, 2),
        ("water_leak", 15, 8),
        ("light_power", 45, 23),
        ("build_leak", 365, 183),
        ("unknown", 15, 8),
    ],
)
def test_due_dates_by_class_and_urgency(category: str, normal: int, soon: int) -> None:
    days = {urgency: (due_date(MONDAY, category, urgency) - MONDAY).days for urgency in ("normal", "soon", "danger")}
    assert days == {"normal": normal, "soon": soon, "danger": 1}
    assert due_date(MONDAY, category, "unknown") == MONDAY + timedelta(days=normal)


def test_every_category_has_a_class() -> None:
    assert len(CATEGORIES) == 60
    assert {category.kind for category in CATEGORIES.values()} == set("SOXR")


@pytest.mark.parametrize(
    ("status", "on_the_day", "day_after"), [("new", 15, 16), ("postponed", 30, 31), ("resolved", 14, 15)]
)
def test_overdue_is_the_day_after_what_was_promised(status: str, on_the_day: int, day_after: int) -> None:
    world = World()
    issue = world.lead.report()
    world.bring(issue, status, world.lead)
    case = world.case(issue)
    assert days_overdue(case, MONDAY + timedelta(days=on_the_day)) == 0
    assert days_overdue(case, MONDAY + timedelta(days=day_after)) == 1


def test_a_resolved_case_that_was_asked_about_is_not_overdue() -> None:
    world = World()
    issue = world.lead.report()
    world.bring(issue, "resolved", world.lead)
    world.forward(10)
    world.lead.confirm(issue, issue, yes=False)
    case = world.case(issue)
    assert (days_overdue(case, MONDAY + timedelta(days=24)), days_overdue(case, MONDAY + timedelta(days=25))) == (0, 1)


@pytest.mark.parametrize("status", ["confirmed", "unanswered", "rejected", "withdrawn"])
def test_what_is_ended_is_never_overdue_or_stale(status: str) -> None:
    world = World()
    issue = world.lead.report()
    world.bring(issue, status, world.lead)
    later = MONDAY + timedelta(days=999)
    assert (days_overdue(world.case(issue), later), is_stale(world.case(issue), later)) == (0, False)


@pytest.mark.parametrize(
    ("category", "days"), [("light_stair", 3), ("water_leak", 7), ("light_power", 14), ("build_leak", 60)]
)
def test_an_open_case_is_stale_after_the_days_of_its_class_without_move_or_note(category: str, days: int) -> None:
    world = World()
    issue = world.lead.report(category=category)
    assert not is_stale(world.case(issue), MONDAY + timedelta(days=days))
    assert is_stale(world.case(issue), MONDAY + timedelta(days=days + 1))
    world.forward(days)
    world.lead.move("note", issue)
    assert not is_stale(world.case(issue), MONDAY + timedelta(days=days + 1))


def test_lists_show_danger_then_overdue_then_stale_then_small_then_by_due_date() -> None:
    world = World()
    late, later = world.lead.report(category="light_stair"), world.lead.report(category="drain_cover")
    world.forward(1)
    world.lead.move("recategorise", later, urgency="soon")
    world.forward(1)
    stale = world.lead.report(category="water_off")
    world.forward(15)
    plain, sooner = world.lead.report(category="green_pet"), world.lead.report(category="water_off", urgency="soon")
    small = world.lead.report(category="light_yard")
    danger = world.lead.report(urgency="danger")
    ended = world.lead.report()
    world.bring(ended, "rejected", world.lead)
    issues = [ended, plain, small, sooner, stale, late, later, danger]
    ordered = sorted(issues, key=lambda issue: urgency_of(world.case(issue), world.today))
    assert ordered == [danger, later, late, stale, small, plain, sooner, ended]


# -- outcomes and call-backs


@dataclass(frozen=True)
class Try:
    outcome: str
    on: date
    again: date | None = None
    not_again: bool = False


@pytest.mark.parametrize(
    ("outcome", "days", "reached", "in_base", "callback"),
    [
        ("interviewed", 90, True, True, False),
        ("partial", 7, False, True, True),
        ("by_phone", 90, True, True, False),
        ("not_home", 7, False, True, True),
        ("unable", 14, False, True, True),
        ("refused", 30, False, True, True),
        ("rented", 7, False, True, True),
        ("moved", 30, False, False, False),
        ("vacant", 90, False, False, False),
        ("shop", 365, False, False, False),
        ("no_door", None, False, False, False),
    ],
)
def test_what_follows_from_an_outcome(
    outcome: str, days: int | None, reached: bool, in_base: bool, callback: bool
) -> None:
    visits = [Try(outcome, MONDAY)]
    assert due_again(visits) == (MONDAY + timedelta(days=days) if days else None)
    assert (OUTCOMES[outcome].reached, OUTCOMES[outcome].in_base, is_callback(visits)) == (reached, in_base, callback)
    world = World()
    world.lead.visit(HOME, outcome)
    door = world.fold().dwellings["祥和苑/3-1-101"]
    assert (door.in_base, door.reached(world.today)) == (in_base, reached)
    assert coverage([door], world.today) == (int(reached and in_base), int(in_base))


def test_signs_differ_and_none_is_missing() -> None:
    assert len({outcome.sign for outcome in OUTCOMES.values()}) == len({o.han for o in OUTCOMES.values()}) == 11


@pytest.mark.parametrize(
    ("days", "count"),
    [
        ((), 0),
        ((0,), 1),
        ((0, 0), 1),  # twice on one day
        ((0, 1), 1),  # not two days apart
        ((0, 2, 4, 6), 4),
        ((6, 4, 2, 0), 4),  # two laptops: fold order is not the order of days
        ((0, 7, 14, 21), 4),
        ((0, 7, 14, 28), 4),
        ((0, 7, 14, 29), 3),  # the first is more than 28 days back
    ],
)
def test_four_tries_count_on_days_apart_and_within_four_weeks(days: tuple[int, ...], count: int) -> None:
    visits = [Try("interviewed", MONDAY - timedelta(days=100)), Try("interviewed", MONDAY - timedelta(days=90))]
    visits += [Try("not_home", MONDAY + timedelta(days=day)) for day in days]
    assert fruitless_tries(visits) == count
    if days:
        again = MONDAY + timedelta(days=days[-1] + 7)
        assert due_again(visits) == (None if count >= 4 else again)  # after the fourth a lead decides


def test_what_was_agreed_at_the_door_goes_before_every_rule() -> None:
    assert due_again([Try("not_home", MONDAY, again=MONDAY + timedelta(days=2))]) == MONDAY + timedelta(days=2)
    assert due_again([]) is None


def test_who_refuses_is_asked_once_more_and_who_never_wants_to_be_after_a_year() -> None:
    later = MONDAY + timedelta(days=30)
    assert due_again([Try("refused", MONDAY)]) == later
    assert due_again([Try("refused", MONDAY), Try("refused", later)]) is None
    assert due_again([Try("refused", MONDAY), Try("interviewed", later), Try("refused", later)]) is not None
    assert due_again([Try("refused", MONDAY, not_again=True)]) == MONDAY + timedelta(days=365)


# -- doors, households


@pytest.mark.parametrize(
    ("parts", "dwelling"),
    [
        (("祥和苑", "３号楼", "二单元", "501室"), "祥和苑/3-2-501"),
        (("祥和苑", "03栋", "", "501"), "祥和苑/3-1-501"),
        (("祥和苑", "十二幢", "十一门洞", "1804"), "祥和苑/12-11-1804"),
        ((" 祥和 苑 ", "甲座", "1", "a02号"), "祥和苑/甲-1-A02"),
        (("祥和苑", "3-1", "2", "501"), "祥和苑/3‐1-2-501"),
    ],
)
def test_an_address_as_people_write_it_names_one_door(parts: tuple[str, str, str, str], dwelling: str) -> None:
    address = normalise(*parts)
    assert address.dwelling_id == dwelling
    assert address_of(dwelling) == address


@pytest.mark.parametrize(
    "dwelling", ["", "祥和苑", "祥和苑/3", "祥和苑/3-1", "/3-1-101", "祥和苑/-1-101", "祥和苑/3-1-"]
)
def test_what_is_no_door_is_none(dwelling: str) -> None:
    with pytest.raises(ValueError):
        address_of(dwelling)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("槐香里四号楼1单元502室", Address("槐香里", "4", "1", "502")),
        ("4号楼 二单元", Address("", "4", "2", "")),
        ("４栋502", Address("", "4", "", "502")),
        ("北苑高层B座1804", Address("北苑高层", "B", "", "1804")),
        ("祥和苑/12号楼2单元5", Address("祥和苑", "12", "2", "5")),
        ("502", None),
        ("楼道灯", None),
        ("祥和苑/3-2-501", None),
        ("", None),
    ],
)
def test_an_address_as_people_say_it(text: str, address: Address | None) -> None:
    assert spoken(text) == address


@pytest.mark.parametrize(("door", "floor"), [("501", 5), ("1804", 18), ("12", 1), ("A02", 1), ("0101", 1)])
def test_a_door_tells_its_floor(door: str, floor: int) -> None:
    assert floor_of(door) == floor


def test_a_new_household_inherits_nothing_of_the_old_one() -> None:
    world = World()
    world.lead.visit(HOME, "interviewed")
    world.lead.write("token", {"household": HOME, "token": "T1"})
    world.lead.write("consent", {"household": HOME, "choice": "all", "notice": "1"})
    world.lead.write("care", {"household": HOME, "answers": {"care_agree": "yes"}})
    issue = world.lead.report(HOME)
    moved_in = world.lead.write("moved_in", {"dwelling": "祥和苑/3-1-101"})
    dwelling = world.fold().dwellings["祥和苑/3-1-101"]
    old, new = dwelling.households
    assert (dwelling.household, new.id, new.number) == (new, f"祥和苑/3-1-101#{moved_in}", 2)
    assert (new.token, new.consent, new.care, new.visits) == ("", "", False, [])
    assert (old.token, old.consent, old.care, len(old.visits)) == ("T1", "all", True, 1)
    assert world.case(issue).followers == {HOME}


def test_only_its_own_author_replaces_a_visit_by_a_corrected_one() -> None:
    world = World()
    one, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    first = one.visit(HOME, "vacant")
    other.visit(HOME, "refused", corrects=str(first))
    assert [v.outcome for v in world.fold().dwellings["祥和苑/3-1-101"].household.visits] == ["vacant", "refused"]
    one.visit(HOME, "not_home", corrects=str(first))
    assert [v.outcome for v in world.fold().dwellings["祥和苑/3-1-101"].household.visits] == ["refused", "not_home"]


def test_the_first_roster_in_fold_order_says_on_which_floor_a_door_lies_whichever_arrives_first() -> None:
    world = World()
    other = world.person("陈芳", "team_lead")
    body = {"estate": "祥和苑", "building": "3"}
    world.lead.write("roster", body | {"doors": [["1", "101", 2]]})
    other.write("roster", body | {"doors": [["1", "101", 3], ["1", "102", 1]]})
    other.visit(HOME)
    for pens in ((world.lead, other), (other, world.lead)):
        ledger = world.ledger([])
        community = type(world.fold())(founder=world.lead.person)
        for pen in pens:
            community.apply(ledger.take_in(pen.head, pen.records))
        assert {door.id: door.floor for door in community.dwellings.values()} == {
            "祥和苑/3-1-101": 2,
            "祥和苑/3-1-102": 1,
        }
