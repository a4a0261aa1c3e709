"""The merge desk on a register of real citizens' messages: groups, merging, keeping apart, undoing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from zhubao_tui.community.issues import Case
from zhubao_tui.workspace.casework import Casework, MoveRefused
from zhubao_tui.workspace.deduplication import Deduplication, TwinGroup
from zhubao_tui.workspace.register import Register
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.workspace import Workspace

REAL = Path(__file__).parent / "data" / "dedup" / "real_dev.csv"


@pytest.fixture
def register(workspace: Workspace) -> Workspace:
    assert Register(workspace).read(REAL).issues == 303
    return workspace


def clusters() -> dict[str, str]:
    with REAL.open(encoding="utf-8-sig", newline="") as lines:
        return {row["id"]: row["cluster"] for row in csv.DictReader(lines)}


def source_ids(case: Case) -> set[str]:
    return {report.source_id for report in case.reports}


def pairs_of(cases: list[Case]) -> Iterator[frozenset[str]]:
    for case in cases:
        yield from (frozenset(pair) for pair in combinations(sorted(source_ids(case)), 2))


def group_with(groups: list[TwinGroup], case: Case) -> TwinGroup | None:
    return next((group for group in groups if case.id in group.key), None)


def test_a_whole_register_is_merged_into_cases_that_say_how_many_reports_they_hold(register: Workspace) -> None:
    desk = Deduplication(register)
    made = desk.groups()
    assert 30 <= len(made) <= 50
    for group in made:
        desk.merge(group.cases)
    cases = Casework(register).cases()
    assert sum(len(case.reports) for case in cases) == 303
    assert len(cases) == 303 - sum(len(group.cases) - 1 for group in made)
    truth = clusters()
    true = {frozenset(pair) for pair in combinations(sorted(truth), 2) if truth[pair[0]] == truth[pair[1]]}
    held = set(pairs_of(cases))
    assert 2 * len(held & true) / (len(held) + len(true)) >= 0.79


def test_what_was_merged_is_not_suggested_and_a_merged_case_can_be_merged_again(register: Workspace) -> None:
    desk = Deduplication(register)
    one, other = desk.groups()[:2]
    desk.merge(one.cases)
    desk.merge(other.cases)
    again = desk.groups()
    assert not {case.id for case in one.cases} <= {name for group in again for name in group.key}
    first, second = (register.community.case_of(group.cases[0].main.ref) for group in (one, other))
    assert first is not None
    assert second is not None
    desk.merge([first, second], main=second.main)
    whole = register.community.case_of(first.main.ref)
    assert whole is not None
    assert whole.main.ref == second.main.ref
    assert len(whole.reports) == len(one.cases) + len(other.cases)


def test_cases_told_apart_are_never_suggested_together_again_nor_after_a_merge_with_others(register: Workspace) -> None:
    desk = Deduplication(register)
    group = next(group for group in desk.groups() if len(group.cases) >= 4)
    one, other, third = group.cases[:3]
    desk.tell_apart([one, other])
    for seen in desk.groups():
        assert not {one.id, other.id} <= seen.key
    desk.merge([one, third])
    merged = register.community.case_of(one.main.ref)
    assert merged is not None
    for seen in desk.groups():
        assert not {merged.id, other.id} <= seen.key


def test_merging_and_keeping_apart_can_be_undone(register: Workspace) -> None:
    desk = Deduplication(register)
    before = desk.groups()
    group = before[0]
    desk.undo([desk.merge(group.cases)])
    assert {one.key for one in desk.groups()} == {one.key for one in before}
    desk.undo(desk.tell_apart(group.cases))
    assert {one.key for one in desk.groups()} == {one.key for one in before}


def test_what_agrees_holds_for_every_member_of_a_group(register: Workspace) -> None:
    for group in Deduplication(register).groups():
        assert len(group.matches) == len(group.cases) - 1
        assert [match.id for match in group.matches] == [case.id for case in group.cases[1:]]
        for trait in group.agree:
            if trait.kind != "days":
                assert all(trait in match.agree for match in group.matches)
            assert trait not in group.differ


def test_one_case_alone_or_twice_is_no_merge(register: Workspace) -> None:
    desk = Deduplication(register)
    case = desk.groups()[0].cases[0]
    for cases in ([case], [case, case]):
        with pytest.raises(MoveRefused):
            desk.merge(cases)


def test_suggestions_follow_what_is_written_merged_and_undone(workspace: Workspace) -> None:
    desk, reporting = Deduplication(workspace), Reporting(workspace)
    door, other = sorted(workspace.community.dwellings)[:2]
    typed = NewReport("声控灯不亮了", "light_stair", "unit", "normal", other)
    assert desk.suggest(typed) == []
    lamp = reporting.report(NewReport("楼道灯坏了，摸黑上楼", "light_stair", "unit", "normal", door))
    assert [twin.case.main.ref for twin in desk.suggest(typed)] == [lamp]
    again = reporting.report(NewReport("楼道灯一直不亮", "light_stair", "unit", "normal", door))
    assert {twin.case.main.ref for twin in desk.suggest(typed)} == {lamp, again}
    merged = desk.merge([twin.case for twin in desk.suggest(typed)])
    assert len(desk.suggest(typed)) == 1
    desk.undo([merged])
    reporting.undo(again)
    assert [twin.case.main.ref for twin in desk.suggest(typed)] == [lamp]
