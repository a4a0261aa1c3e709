"""Twins: what is compared, how it is scored on the two labelled sets, how thousands are searched and grouped."""

from __future__ import annotations

import csv
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from zhubao_tui.duplicates import LIKELY, SURE, Report, TwinIndex, compare, groups, score
from zhubao_tui.duplicates.kinds import family
from zhubao_tui.duplicates.normal import clauses, normal, number_of
from zhubao_tui.duplicates.places import place, short

DATA = Path(__file__).parent / "data" / "dedup"
MARCH = date(2026, 3, 10)


def report(text: str, building: str = "3", unit: str = "1", category: str = "light_stair", **other: object) -> Report:
    on = other.get("on", MARCH)
    assert on is None or isinstance(on, date)
    return Report(
        str(other.get("id", text)), text, category, str(other.get("estate", "祥和苑")), building, unit, on, True
    )


def labelled(name: str) -> tuple[list[Report], list[str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    reports = [
        Report(r["id"], r["text"], r["category"], r["estate"], r["building"], r["unit"],
               date.fromisoformat(r["reported_on"]) if r["reported_on"] else None)
        for r in rows
    ]  # fmt: skip
    return reports, [row["cluster"] for row in rows]


def f1(said: set[frozenset[str]], true: set[frozenset[str]]) -> float:
    return 2 * len(said & true) / (len(said) + len(true))


def true_pairs(reports: list[Report], clusters: list[str]) -> set[frozenset[str]]:
    told = zip(reports, clusters, strict=True)
    return {frozenset((a.id, b.id)) for (a, one), (b, other) in combinations(told, 2) if one == other}


# -- the labelled sets: one table of weights and one threshold for both (benchmarks/duplicates.py judges it by cross-validation)


@pytest.mark.parametrize(("name", "pairs", "desk"), [("household_dev", 0.85, 0.86), ("real_dev", 0.80, 0.79)])
def test_pairs_and_groups_of_the_labelled_sets_are_found(name: str, pairs: float, desk: float) -> None:
    reports, clusters = labelled(name)
    true = true_pairs(reports, clusters)
    said = {frozenset((a.id, b.id)) for a, b in combinations(reports, 2) if score(a, b) >= LIKELY}
    assert f1(said, true) >= pairs
    grouped = {frozenset(pair) for group in groups(reports) for pair in combinations(group.ids, 2)}
    assert f1(grouped, true) >= desk


def test_what_is_called_sure_is_right_nine_times_of_ten() -> None:
    for name in ("household_dev", "real_dev"):
        reports, clusters = labelled(name)
        true = true_pairs(reports, clusters)
        sure = {frozenset((a.id, b.id)) for a, b in combinations(reports, 2) if score(a, b) >= SURE}
        assert len(sure & true) / len(sure) > 0.9


def test_an_earlier_twin_is_among_the_first_five_suggestions() -> None:
    asked = found = 0
    for name in ("household_dev", "real_dev"):
        reports, clusters = labelled(name)
        index, earlier = TwinIndex(), dict[str, set[str]]()
        for one, cluster in sorted(zip(reports, clusters, strict=True), key=lambda pair: pair[0].on or date.min):
            twins = earlier.setdefault(cluster, set())
            if twins:
                asked += 1
                found += any(match.id in twins for match in index.suggest(one, 5))
            twins.add(one.id)
            index.add(one)
    assert found / asked >= 0.98


# -- near misses and odd ones


@pytest.mark.parametrize(
    ("one", "other", "twins"),
    [
        (report("楼道灯坏了，晚上看不见"), report("声控灯跺脚也不亮"), True),
        (report("楼道灯坏了，晚上看不见"), report("３號樓一單元樓道燈不亮", "", ""), True),
        (report("楼道灯坏了，晚上看不见"), report("声控灯跺脚也不亮", unit="2"), False),
        (report("楼道灯坏了，晚上看不见"), report("声控灯跺脚也不亮", building="5"), False),
        (report("楼道灯坏了，晚上看不见"), report("声控灯跺脚也不亮", estate="永安新村"), False),
        (report("楼道灯坏了，晚上看不见"), report("楼道堆满纸箱", category="clean_pile"), False),
        (report("楼道灯坏了"), report("楼道灯坏了", on=date(2026, 12, 20)), True),
        (report("707路公交不进小区", "", "", "road_cross"), report("902路末班车太早", "", "", "road_cross"), False),
    ],
)
def test_same_thing_same_place_is_a_twin_and_a_near_miss_is_not(one: Report, other: Report, twins: bool) -> None:
    assert (score(one, other) >= LIKELY) is twins
    assert score(one, other) == score(other, one)


def test_a_trouble_that_comes_back_much_later_is_less_likely_the_same() -> None:
    now, soon, late = (report("楼道灯不亮", on=on) for on in (MARCH, date(2026, 3, 15), date(2026, 11, 1)))
    assert score(now, soon) > score(now, late)


@pytest.mark.parametrize("text", ["", "   ", "……！？", "\x1b[\u202e", "谢谢领导"])
def test_a_report_that_says_nothing_is_nobodys_twin(text: str) -> None:
    assert score(report(text), report(text, id="other")) == 0.0


def test_strange_text_is_compared_like_any_other() -> None:
    plain, odd = (
        report("电梯坏了，老人下不来"),
        report("\x1b]0;x\x07电\u200b梯坏了[/red] \u202e老人下不来" + "啊" * 10_000),
    )
    assert 0.0 <= score(plain, odd) <= 1.0
    assert "\x1b" not in "".join(trait.value for trait in compare(plain, odd).agree)


@pytest.mark.parametrize(
    ("text", "as_compared"),
    [
        ("３號樓　電燈壞了", "3号楼 电灯坏了"),
        ("十二栋二单元", "12栋2单元"),
        ("二十一号楼", "21号楼"),
        ("下水到堵了", "下水道堵了"),
        ("楼到里黑", "楼道里黑"),
        ("ABC [/red]", "abc red"),
    ],
)
def test_one_spelling_for_what_people_type_in_many(text: str, as_compared: str) -> None:
    assert clauses(normal(text)) == clauses(normal(as_compared)) == as_compared.split()


@pytest.mark.parametrize(
    ("words", "buildings", "units"),
    [
        ("三号楼二单元的灯", {"3"}, {"2"}),
        ("3-2-501楼上漏水", {"3"}, {"2"}),
        ("11栋2单元", {"11"}, {"2"}),
        ("3、5号楼都停水", {"3", "5"}, set()),
        ("A12栋外墙", {"a12"}, set()),
        ("6楼的灯坏了", set(), set()),
        ("2019年3月的事", set(), set()),
    ],
)
def test_places_are_read_out_of_the_words(words: str, buildings: set[str], units: set[str]) -> None:
    read = place(normal(words))
    assert (read.buildings, read.units) == (buildings, units)


@pytest.mark.parametrize(("written", "number"), [("３号楼", "3"), ("三单元", "3"), ("08", "8"), ("A座", "a"), ("", "")])
def test_columns_with_numbers_are_read_as_one(written: str, number: str) -> None:
    assert number_of(written) == number


def test_codes_and_words_of_registers_meet_in_families() -> None:
    assert family("light_stair") == family("照明") != family("停车")
    assert family("其他") == family("unknown") == ""
    assert short("幸福里小区") == short("幸福里")


# -- what agrees and what differs


def test_traits_say_what_is_true_of_the_pair() -> None:
    match = compare(
        report("楼道灯坏了", building="B"), report("声控灯不亮", building="b", unit="2", on=date(2026, 6, 1))
    )
    agree, differ = ({(trait.kind, trait.value) for trait in side} for side in (match.agree, match.differ))
    assert {("thing", "楼道灯"), ("place_building", "B"), ("place_estate", "祥和苑"), ("category", "照明")} <= agree
    assert differ == {("place_unit", "2"), ("days", "83")}


def test_other_things_and_faults_are_named_as_the_other_report_has_them() -> None:
    match = compare(report("楼道灯坏了"), report("楼上半夜拖椅子", category="near_noise"))
    assert ("thing", "楼上吵") in {(trait.kind, trait.value) for trait in match.differ}


# -- thousands


def test_the_index_forgets_and_replaces() -> None:
    index = TwinIndex()
    index.add(report("楼道灯坏了", id="a"))
    index.add(report("电梯坏了", id="a", category="safe_lift"))
    assert len(index) == 1
    assert [match.id for match in index.suggest(report("电梯又坏了", category="safe_lift"))] == ["a"]
    index.discard("a")
    index.discard("a")
    assert index.suggest(report("电梯坏了", category="safe_lift")) == []


def test_a_twin_is_found_among_thousands_that_share_its_commonest_words() -> None:
    index = TwinIndex()
    for number in range(2000):
        estate = f"第{number % 50}小区"
        index.add(
            report("楼道灯坏了没人修", id=str(number), building=str(number % 13), unit=str(number % 4), estate=estate)
        )
    index.add(report("电线杆歪了，风一吹晃得吓人", id="wanted", category="light_wire"))
    assert index.suggest(report("那根电线杆歪得厉害", category="light_wire"))[0].id == "wanted"


def test_groups_never_hold_a_pair_that_was_told_apart() -> None:
    told = [report("楼道灯坏了", id="a"), report("声控灯不亮", id="b"), report("楼道灯一直不亮", id="c")]
    assert [set(group.ids) for group in groups(told)] == [{"a", "b", "c"}]
    apart = groups(told, {frozenset(("a", "b"))})
    assert all(not {"a", "b"} <= set(group.ids) for group in apart)
    assert len(apart) == 1


def test_a_group_is_no_chain_of_neighbours() -> None:
    chain = [
        report("楼道灯坏了", id="1", unit="1"),
        report("楼道灯坏了", id="?", unit=""),
        report("楼道灯坏了", id="2", unit="2"),
    ]
    assert all(not {"1", "2"} <= set(group.ids) for group in groups(chain))
