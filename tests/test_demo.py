"""The demo community: its size and shapes, how far its cases are, twins for the desk, the same content from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from zhubao_tui.community.doors import coverage
from zhubao_tui.community.due import days_overdue
from zhubao_tui.community.issues import OPEN, Case, Status
from zhubao_tui.demo import write_demo
from zhubao_tui.demo.words import TROUBLES
from zhubao_tui.duplicates.lexicon import FAULT, THING
from zhubao_tui.workspace.board import Today
from zhubao_tui.workspace.deduplication import Deduplication
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

DAY = date(2026, 5, 13)


@pytest.fixture(scope="module")
def opened(demo_master: Path) -> Iterator[Workspace]:
    """The demo as it lies there, in the evening of its day; only looked at."""
    with Workspace.open(demo_master, now=lambda: datetime(2026, 5, 13, 20, 30, tzinfo=UTC)) as workspace:
        yield workspace


def cases(workspace: Workspace) -> list[Case]:
    return sorted(workspace.community.cases(), key=lambda case: case.number)


def test_one_community_of_three_estates_in_real_shapes(opened: Workspace) -> None:
    dwellings = opened.community.dwellings.values()
    assert 1_100 <= len(dwellings) <= 1_300
    assert len({door.address.estate for door in dwellings}) == 3
    floors = Counter(max(building.floors) for building in Survey(opened).buildings())
    assert floors[6] >= 10
    assert any(floor >= 18 for floor in floors)


def test_six_laptops_and_twelve_half_days_of_a_founder_and_his_people(opened: Workspace) -> None:
    entries = opened.store.ledger.entries()
    assert len({entry.device for entry in entries}) == 6
    visits = {visit.on for door in opened.community.dwellings.values() for visit in door.household.visits}
    assert len(visits) == 12
    assert opened.me is not None
    assert (opened.me.name, opened.role, opened.laptop) == ("周立群", "team_lead", 1)
    assert {person.role for person in opened.people()} == {"team_lead", "group_lead", "cadre", "observer"}


def test_about_three_hundred_reports_all_of_them_accepted(opened: Workspace) -> None:
    assert 270 <= sum(len(case.reports) for case in cases(opened)) <= 340
    assert opened.community.problems() == []


def test_today_is_a_plausible_picture_and_no_ruin(opened: Workspace) -> None:
    board = Today(opened, Survey(opened)).board()
    done, base = coverage(list(opened.community.dwellings.values()), DAY)
    assert 0.6 <= done / base <= 0.8
    assert len(board.drafts) == 1
    assert len(board.callbacks) <= 12
    assert all((DAY - due).days <= 21 for _door, due in board.callbacks)
    assert min(board.team.visited, board.team.found, board.team.solved) > 0
    assert 0 < board.mine.visited < board.team.visited


def test_cases_are_worked_off_in_time_but_for_a_few(opened: Workspace) -> None:
    listed = cases(opened)
    assert 1 <= sum(days_overdue(case, DAY) > 0 for case in listed) <= 20
    old = [case for case in listed if (DAY - case.reported_on).days > 45]
    assert sum(case.status in OPEN for case in old) <= len(old) / 4
    assert {"confirmed", "resolved", "claimed", "working", "transferred", "postponed", "rejected"} <= {
        case.status.value for case in listed
    }
    dangerous = [case for case in listed if any(issue.urgency == "danger" for issue in case.issues)]
    assert len(dangerous) >= 10
    assert all(case.status not in OPEN or (DAY - case.reported_on).days <= 7 for case in dangerous)


def test_households_agreed_and_some_need_care(opened: Workspace) -> None:
    households = [door.household for door in opened.community.dwellings.values()]
    assert sum(bool(one.token) for one in households) > 400
    assert {one.consent for one in households} >= {"all", "record"}
    assert 20 <= sum(one.care for one in households) <= 90
    assert all(one.consent for one in households if one.responses)


def test_the_unfinished_interview_can_be_resumed(demo: Path) -> None:
    with Workspace.open(demo, app=True, now=lambda: datetime(2026, 5, 13, 20, 30, tzinfo=UTC)) as workspace:
        draft = workspace.drafts.all()[0]
        session = Interviewing(workspace).resume(draft)
        assert session.interview.value_of("consent") == "all"
        workspace.drafts.close()


def planted(workspace: Workspace) -> set[frozenset[str]]:
    """Pairs of cases not ended of one trouble at one place: category and place, which the demo gives to one trouble only."""
    at_the_desk = [case for case in cases(workspace) if case.status in OPEN | {Status.POSTPONED, Status.RESOLVED}]
    return {
        frozenset((one.id, other.id))
        for number, one in enumerate(at_the_desk)
        for other in at_the_desk[number + 1 :]
        if one.main.category == other.main.category and one.main.place == other.main.place
    }


def test_a_lead_finds_most_planted_twins_at_the_desk_though_the_tables_never_saw_their_words(opened: Workspace) -> None:
    made = Deduplication(opened).groups()
    assert 15 <= len(made) <= 40
    together = {frozenset((a.id, b.id)) for group in made for a in group.cases for b in group.cases if a.id != b.id}
    twins = planted(opened)
    assert len(twins) >= 20
    assert len(twins & together) / len(twins) >= 0.5
    one_place = sum(
        case.main.category == group.cases[0].main.category and case.main.place == group.cases[0].main.place
        for group in made for case in group.cases[1:]
    )  # fmt: skip
    assert one_place / sum(len(group.cases) - 1 for group in made) >= 0.8


def test_twins_are_told_by_several_households_in_different_words_and_partly_joined(opened: Workspace) -> None:
    shared = [case for case in cases(opened) if len(case.followers) > 1]
    assert len(shared) >= 25
    assert any(report.kind == "support" for case in shared for report in case.reports)
    assert any(len(case.issues) > 1 for case in shared)
    for case in shared:
        words = [report.words for issue in case.issues for report in issue.reports]
        assert len(set(words)) == len(words)


def test_no_sentence_of_the_demo_stands_in_the_scorers_tables() -> None:
    table = {*THING.words, *FAULT.words}
    told = [words for trouble in TROUBLES for words in trouble.told]
    assert len(told) > 150
    assert not table & set(told)
    assert max(len(word) / len(words) for words in told for word in table if word in words) < 0.7


def content(workspace: Workspace) -> list[tuple[object, ...]]:
    """What people read, without ids."""
    told = [(case.number, case.status.value, case.due, case.words, len(case.followers)) for case in cases(workspace)]
    doors = sorted(
        (door.id, door.household.name, *(f"{visit.on} {visit.time} {visit.outcome}" for visit in door.household.visits))
        for door in workspace.community.dwellings.values()
    )
    return [*told, *doors]


def test_a_seed_gives_the_same_content_again(opened: Workspace, tmp_path: Path) -> None:
    write_demo(tmp_path / "again", seed=1, today=DAY)
    with Workspace.open(tmp_path / "again") as workspace:
        assert content(workspace) == content(opened)


def test_on_a_monday_nothing_is_dated_later_than_that_day(tmp_path: Path) -> None:
    monday = date(2026, 5, 11)
    write_demo(tmp_path / "monday", seed=2, today=monday)
    with Workspace.open(tmp_path / "monday", now=lambda: datetime(2026, 5, 11, 21, tzinfo=UTC)) as workspace:
        days = {datetime.fromisoformat(entry.record.at).date() for entry in workspace.store.ledger.entries()}
        assert monday - timedelta(days=1) not in days
        assert max(days) == monday
        team = Today(workspace, Survey(workspace)).board().team
        assert min(team.visited, team.found, team.solved) > 0
