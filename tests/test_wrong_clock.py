"""Row `wrong-clock`: a laptop whose clock is years off, goes back while running, or is set right later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from community_helpers import assert_same
from conftest import TODAY, Clock, add_doors
from zhubao_tui.community.community import Community
from zhubao_tui.community.due import days_overdue, is_stale
from zhubao_tui.community.issues import Case
from zhubao_tui.community.moves import day_of
from zhubao_tui.community.outcomes import due_again
from zhubao_tui.workspace.board import Today
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

DOOR = "祥和苑/3-2-301"
OTHER_DOOR = "祥和苑/3-1-101"
YEARS_AHEAD = timedelta(days=3653)
MONTHS_BACK = timedelta(days=-300)
WRONG = {
    "ten years ahead": YEARS_AHEAD,
    "ten months back": MONTHS_BACK,
    "battery dead: 2009": timedelta(days=-6200),
    "a century ahead": timedelta(days=36525),
}


class Two:
    """A lead's laptop whose clock is right, a cadre's whose clock is wrong, and the stick between them."""

    def __init__(self, tmp_path: Path, clock: Clock, off: timedelta) -> None:
        self.clock, self.off = clock, off
        self.wrong = Clock(clock.moment)
        self.stick = tmp_path / "stick"
        self.lead = Workspace.create(tmp_path / "lead", "祥和社区", "周立群", now=clock)
        add_doors(self.lead)
        for _day in range(3):
            self.on()
            Survey(self.lead).record_visit(Survey(self.lead).dwelling(OTHER_DOOR), "not_home")
        exchange(self.lead, self.stick)
        self.cadre = join(self.stick, tmp_path / "cadre", now=self.wrong)
        self.cadre.choose("王强", "cadre")

    def on(self, days: int = 1) -> None:
        """Days go by; the wrong clock goes wrong with the first one."""
        self.clock.forward(days=days)
        self.wrong.moment = self.clock.moment + self.off

    def meet(self) -> None:
        for workspace in (self.cadre, self.lead, self.cadre):
            exchange(workspace, self.stick)

    def close(self) -> None:
        self.lead.close()
        self.cadre.close()


def exchange(workspace: Workspace, stick: Path) -> None:
    service = Exchanging(workspace)
    service.took_in(service.exchange(stick))


@pytest.fixture(params=list(WRONG.values()), ids=list(WRONG))
def two(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Two]:
    made = Two(tmp_path, clock, request.param)
    yield made
    made.close()


def case_of(workspace: Workspace) -> Case:
    (case,) = workspace.community.cases()
    return case


def agreed(two: Two) -> None:
    """Both laptops show the same, and so does a fold from scratch, whatever arrived when."""
    for workspace in (two.lead, two.cadre):
        entries = workspace.store.ledger.entries()
        assert_same(workspace.community, Community(entries, founder=workspace.store.founder))
        again = Workspace.open(workspace.store.folder, now=workspace.now)
        assert_same(workspace.community, again.community)
        again.close()
    assert_same(two.lead.community, two.cadre.community)


def test_wrong_clock_moves_no_due_date_and_says_so(two: Two) -> None:
    two.on()
    Survey(two.cadre).record_visit(Survey(two.cadre).dwelling(DOOR), "not_home")
    Reporting(two.cadre).report(NewReport("楼道灯不亮了", "light_stair", "unit", "normal", DOOR))
    two.meet()
    two.on()
    Survey(two.lead).record_visit(Survey(two.lead).dwelling(OTHER_DOOR), "not_home")
    two.meet()
    agreed(two)
    today = two.lead.today()
    for workspace in (two.lead, two.cadre):
        case = case_of(workspace)
        assert today - timedelta(days=3) <= case.reported_on <= today
        assert today <= case.due <= today + timedelta(days=3), "solved within three days, as of any other laptop"
        assert days_overdue(case, today) == 0
        assert not is_stale(case, today)
        visits = workspace.community.dwellings[DOOR].household.visits
        again = due_again(visits)
        assert again is not None
        assert today < again <= today + timedelta(days=7)
        entry = workspace.community.entry(visits[-1].ref)
        assert entry is not None
        assert entry.doubtful
        mine = [e for e in workspace.store.ledger.entries() if e.device == two.lead.store.device]
        assert not any(e.doubtful for e in mine), "a wrong clock makes nobody else's doubtful"
    assert Survey(two.lead).building("祥和苑/3").reached == 0


def test_wrong_clock_that_is_set_right_later_leaves_only_its_own_days_doubtful(two: Two) -> None:
    two.on()
    Reporting(two.cadre).report(NewReport("楼道灯不亮了", "light_stair", "unit", "normal", DOOR))
    two.on()
    claimed = Casework(two.cadre).move("claim", case_of(two.cadre).main.ref)
    two.off = timedelta()
    two.on()
    note = Casework(two.cadre).move("note", case_of(two.cadre).main.ref, note="已经报修，等配件")
    two.meet()
    agreed(two)
    order = [line.kind for line in case_of(two.lead).history]
    assert order == ["report", "claim", "note"], "the order of events stays right"
    doubtful = {e.record.ref for e in two.lead.store.ledger.entries() if e.doubtful}
    assert {case_of(two.lead).main.ref, claimed} <= doubtful
    assert note not in doubtful
    assert case_of(two.lead).last_move_on == two.lead.today()
    assert two.lead.today() - timedelta(days=4) <= case_of(two.lead).reported_on <= two.lead.today()


def test_wrong_clock_closes_nothing_before_its_time(two: Two) -> None:
    two.on()
    household = two.lead.community.dwellings[DOOR].household.id
    Reporting(two.lead).report(
        NewReport("楼道灯不亮了", "light_stair", "unit", "normal", DOOR, household), agreed=True
    )  # fmt: skip
    two.lead.person_named("王强")
    two.meet()
    two.on()
    claim = Casework(two.cadre)
    claim.move("claim", case_of(two.cadre).main.ref)
    claim.move("resolve", case_of(two.cadre).main.ref, done="换了灯泡，试过能亮了")
    two.meet()
    two.on()
    Survey(two.lead).record_visit(Survey(two.lead).dwelling(OTHER_DOOR), "not_home")
    two.meet()
    case = case_of(two.lead)
    assert case.status == "resolved"
    assert case.resolved_on is not None
    assert two.lead.today() - timedelta(days=4) <= case.resolved_on <= two.lead.today()
    assert days_overdue(case, two.lead.today()) == 0
    board = Today(two.lead, Survey(two.lead)).board()
    assert [one.id for one in board.follow_ups] == [case.id]
    agreed(two)


def test_wrong_clock_of_the_only_laptop_set_right_is_told_by_its_other_days(tmp_path: Path, clock: Clock) -> None:
    workspace = Workspace.create(tmp_path / "w", "祥和社区", "周立群", now=clock)
    add_doors(workspace)
    survey = Survey(workspace)
    refs = []
    for off in (0, 0, 3650, 3650, 0, 0):
        clock.forward(days=1)
        clock.moment += timedelta(days=off)
        refs.append(survey.record_visit(survey.dwelling(DOOR), "not_home"))
        clock.moment -= timedelta(days=off)
    found = [entry for ref in refs if (entry := workspace.community.entry(ref))]
    assert [entry.doubtful for entry in found] == [False, False, True, True, False, False]
    days = [day_of(entry) for entry in found]
    assert days == sorted(days)
    assert days[-1] == workspace.today()
    visits = workspace.community.dwellings[DOOR].household.visits
    assert [visit.ref for visit in visits] == refs
    assert max(visit.on for visit in visits) == workspace.today()
    workspace.close()
    again = Workspace.open(workspace.store.folder, app=True, now=clock)
    assert again.store.resumed, "a verdict is kept with all the rest"
    assert again.store.ledger.doubtful() == workspace.store.ledger.doubtful()
    again.close()


def test_wrong_clock_of_a_day_agreed_moves_with_its_record(tmp_path: Path, clock: Clock) -> None:
    two = Two(tmp_path, clock, YEARS_AHEAD)
    two.on()
    survey = Survey(two.cadre)
    survey.record_visit(survey.dwelling(DOOR), "not_home", again=two.cadre.today() + timedelta(days=5))
    two.meet()
    two.on()
    Survey(two.lead).record_visit(Survey(two.lead).dwelling(OTHER_DOOR), "not_home")
    two.meet()
    visit = two.lead.community.dwellings[DOOR].household.visits[-1]
    assert visit.again is not None
    assert visit.again - visit.on == timedelta(days=5), "five days after the visit was said, five days it is"
    assert visit.on <= two.lead.today()
    two.close()


def test_wrong_clock_by_a_few_hours_or_an_older_day_told_is_no_doubt(tmp_path: Path, clock: Clock) -> None:
    two = Two(tmp_path, clock, timedelta(hours=-20))
    for _day in range(3):
        two.on()
        Survey(two.cadre).record_visit(Survey(two.cadre).dwelling(DOOR), "not_home")
        two.meet()
    assert two.lead.store.ledger.doubtful() == []
    two.close()


def test_wrong_clock_of_one_among_many_is_outvoted_even_where_it_began_the_community(
    tmp_path: Path, clock: Clock
) -> None:
    wrong = Clock(clock.moment + YEARS_AHEAD)
    founder = Workspace.create(tmp_path / "founder", "祥和社区", "周立群", now=wrong)
    add_doors(founder)
    stick = tmp_path / "stick"
    exchange(founder, stick)
    others = []
    for name in ("王强", "李明", "陈芳"):
        clock.forward(days=1)
        other = join(stick, tmp_path / name, now=clock)
        other.choose(name, "cadre")
        Survey(other).record_visit(Survey(other).dwelling(DOOR), "not_home")
        exchange(other, stick)
        others.append(other)
    exchange(founder, stick)
    doubtful = {entry.device for entry in founder.store.ledger.doubtful()}
    assert doubtful == {founder.store.device}
    days = [visit.on for visit in founder.community.dwellings[DOOR].household.visits]
    assert days == [TODAY + timedelta(days=number) for number in (1, 2, 3)]
    for workspace in (founder, *others):
        workspace.close()


@pytest.mark.parametrize("at", ["", "gestern", "9999-12-31T10:00:00+08:00", "2026-02-31T10:00:00+08:00", "0001-01-01"])
def test_wrong_clock_without_any_sense_is_doubtful_and_harms_nothing(at: str) -> None:
    from community_helpers import World
    from storage.rows import new_record

    world = World()
    pen = world.person("王强", "cadre")
    pen.visit(outcome="not_home")
    record = new_record(
        pen.head.journal, len(pen.records) + 1, 1, at, "visit",
        {"dwelling": "祥和苑/3-1-101", "household": "祥和苑/3-1-101#1", "outcome": "not_home", "on": "9999-12-31"},
        pen.records[-1].digest,
    )  # fmt: skip
    pen.records.append(record)
    ledger = world.ledger()
    assert record.ref in {entry.record.ref for entry in ledger.doubtful()}
    visits = world.fold().dwellings["祥和苑/3-1-101"].household.visits
    assert [visit.on for visit in visits] == [world.today, world.today]


def test_wrong_clock_is_one_verdict_whatever_arrived_in_which_order() -> None:
    from itertools import permutations

    from community_helpers import World

    world = World()
    pens = [world.person(name, "cadre") for name in ("王强", "李明")]
    true = world.today
    for day in range(6):
        world.today = true + timedelta(days=day)
        for number, pen in enumerate(pens):
            world.today = true + timedelta(days=day + (4000 if number == 0 and day in (2, 3) else 0))
            pen.visit()
        world.today = true + timedelta(days=day)
        world.lead.visit()
    whole = world.ledger()
    assert {entry.record.at[:4] for entry in whole.doubtful()} == {"2037"}
    told = {entry.record.ref: entry.day for entry in whole.entries()}
    for order in permutations(world.pens):
        ledger = world.ledger([])
        community = Community(founder=world.lead.person)
        for pen in order:
            for place in range(0, len(pen.records), 4):
                community.apply(ledger.take_in(pen.head, pen.records[place : place + 4]))
        assert {entry.record.ref: entry.day for entry in ledger.entries()} == told
        assert_same(community, world.fold())


def test_times_are_read_without_any_offset_too() -> None:
    from storage.clocks import moment

    assert moment("2026-05-13T10:00:00").day == "2026-05-13"
    assert moment("2026-05-13T10:00:00+08:00").seconds < moment("2026-05-13T10:00:00").seconds
    assert date.fromisoformat(moment(datetime(2026, 5, 13).isoformat()).day) == TODAY  # noqa: DTZ001 - one without


@pytest.mark.parametrize("seed", range(8))
def test_wrong_clock_verdict_kept_up_record_by_record_is_that_of_the_whole(tmp_path: Path, seed: int) -> None:
    """Laptops whose clocks jump about, met in random order: each ledger's verdict is that of a fresh one."""
    import random

    from storage.exchange import exchange as unite
    from storage.ledger import Ledger
    from storage_helpers import LANDMARKS, another, begin, write

    dice = random.Random(seed)
    clocks = [Clock(datetime(2026, 5, 13, 9, 30, tzinfo=UTC)) for _laptop in range(4)]
    stores = [begin(tmp_path / "0", clocks[0])]
    stores += [another(stores[0], tmp_path / str(n), clocks[n], f"{n:016x}") for n in range(1, 4)]
    for step in range(40):
        number = dice.randrange(4)
        for clock in clocks:
            clock.forward(hours=7)
        if dice.random() < 0.1:
            clocks[number].forward(days=dice.choice((-900, -30, 5, 3650)))
        if dice.random() < 0.6:
            write(stores[number], *(f"{step}-{part}" for part in range(dice.randrange(1, 4))))
        else:
            unite(stores[number], tmp_path / f"stick{dice.randrange(2)}")
        ledger = stores[number].ledger
        fresh = Ledger(LANDMARKS)
        for head in ledger.journals():
            for branch in ledger.branches(head.journal):
                fresh.add(branch.head, branch.records)
        fresh.settle()
        assert [(e.record.ref, e.day) for e in fresh.entries()] == [(e.record.ref, e.day) for e in ledger.entries()]
    for store in stores:
        store.close()


def test_wrong_clock_is_told_by_the_command_that_shows_a_case(tmp_path: Path, clock: Clock) -> None:
    import json

    from typer.testing import CliRunner

    from zhubao_tui.cli import app as commands

    workspace = Workspace.create(tmp_path / "w", "祥和社区", "周立群", now=clock)
    add_doors(workspace)
    number = ""
    for off in (0, 3650, 0):
        clock.forward(days=1)
        clock.moment += timedelta(days=off)
        if number:
            Casework(workspace).move("note", case_of(workspace).main.ref, note="明天再去看一次")
        else:
            Reporting(workspace).report(NewReport("楼道灯不亮了", "light_stair", "unit", "normal", DOOR))
            number = case_of(workspace).number
        clock.moment -= timedelta(days=off)
    workspace.close()
    run = CliRunner()
    given = ["--workspace", str(tmp_path / "w"), "issue", "show", number]
    told = json.loads(run.invoke(commands, [*given, "--json"]).stdout)["history"]
    assert [line["doubtful"] for line in told] == [False, True, False]
    assert run.invoke(commands, given).stdout.count("？时间存疑") == 1
