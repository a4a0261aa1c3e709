"""Only here: which records no other laptop is known to hold, on real stores, a door's screen, Today and on leaving."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import Clock
from keys import until, until_screen, words_on
from screens.door import DoorScreen
from storage.exchange import exchange
from storage.ledger import SEEN, Ledger
from storage.record import Ref
from storage.store import Store
from storage_helpers import another, begin, look, reopen, write
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.cli import app as commands
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.reliance import Reliance
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

Now = Callable[[], datetime]
DOOR = "祥和苑/3-1-101"


def by_definition(ledger: Ledger, own: str) -> tuple[set[Ref], dict[Ref, Ref]]:
    """Own records that no other laptop's past holds, and every record's first witness, looked for one by one."""
    entries = ledger.entries()
    pasts: dict[Ref, set[Ref]] = {}
    for entry in entries:
        parents = [ref for ref in ledger.parents(entry.record.ref) if ref in pasts]
        pasts[entry.record.ref] = {ref for parent in parents for ref in (parent, *pasts[parent])}
    first: dict[Ref, Ref] = {}
    for entry in entries:
        for ref in pasts[entry.record.ref]:
            held = ledger.get(ref)
            if held is not None and held.device != entry.device:
                first.setdefault(ref, entry.record.ref)
    alone = {e.record.ref for e in entries if e.device == own and e.record.ref not in first}
    return alone, first


def agrees(store: Store) -> None:
    alone, first = by_definition(store.ledger, store.device)
    facts = [ref for ref in alone if (entry := store.ledger.get(ref)) and entry.record.kind != SEEN]
    assert store.only_here().records == len(facts)
    for entry in store.ledger.entries():
        ref = entry.record.ref
        assert store.is_only_here(ref) == (ref in alone)
        witness = store.witness(ref)
        assert (witness.record.ref if witness else None) == first.get(ref)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_only_here_is_what_no_others_past_holds(tmp_path: Path, clock: Clock, seed: int) -> None:
    dice = random.Random(seed)
    stores = [begin(tmp_path / "0", clock)]
    stores += [another(stores[0], tmp_path / str(number), clock, f"{number:016x}") for number in (1, 2)]
    for step in range(40):
        store = dice.choice(stores)
        clock.forward(hours=dice.randrange(9))
        if dice.random() < 0.6:
            write(store, f"{step}")
        else:
            exchange(store, tmp_path / f"stick{dice.randrange(2)}")
        if dice.random() < 0.1:
            place = stores.index(store)
            stores[place] = reopen(store, clock)
        if dice.random() < 0.5:
            agrees(dice.choice(stores))
    for store in stores:
        agrees(store)
        fresh = look(store.folder, clock)
        agrees(fresh)
        fresh.close()
        store.close()


def test_a_witness_that_arrives_before_what_it_saw_counts_once_that_is_here(tmp_path: Path, clock: Clock) -> None:
    one, two = begin(tmp_path / "1", clock), another(begin(tmp_path / "x", clock), tmp_path / "2", clock)
    two.close()
    two = another(one, tmp_path / "3", clock)
    (ref,) = write(one, "一")
    exchange(one, tmp_path / "stick")
    exchange(two, tmp_path / "stick")
    assert one.is_only_here(ref)
    exchange(one, tmp_path / "stick")
    assert not one.is_only_here(ref)
    witness = one.witness(ref)
    assert witness is not None
    assert (witness.device, witness.record.kind) == (two.device, SEEN)
    for store in (one, two):
        store.close()


def met(workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    """Another laptop takes in what there is, and brings back that it has."""
    Exchanging(workspace).exchange(tmp_path / "stick")
    with join(tmp_path / "stick", tmp_path / "other", now=clock) as other:
        other.sit_down("王强", "cadre")
        Exchanging(other).exchange(tmp_path / "stick")
    service = Exchanging(workspace)
    service.took_in(service.exchange(tmp_path / "stick"))


@pytest.mark.parametrize("width", [80, 120])
async def test_today_counts_what_only_this_laptop_has(
    workspace: Workspace, tmp_path: Path, clock: Clock, width: int
) -> None:
    met(workspace, tmp_path, clock)
    survey = Survey(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(width, 30)) as pilot:
        await until(pilot, lambda: app.reliance.is_ready)
        assert "只在这台电脑上" not in words_on(pilot)
        clock.forward(days=2)
        survey.record_visit(survey.dwelling(DOOR), "not_home")
        app.look_around()
        await until(pilot, lambda: "只在这台电脑上：1 条，自 5月15日" in words_on(pilot))
    assert app.farewell == "有 1 条只在这台电脑上，自 5月15日；交换一次，别的电脑才会有。"


@pytest.mark.parametrize("width", [80, 120])
async def test_a_visit_at_the_door_says_whether_another_laptop_holds_it(
    workspace: Workspace, tmp_path: Path, clock: Clock, width: int
) -> None:
    survey = Survey(workspace)
    survey.record_visit(survey.dwelling(DOOR), "not_home")
    clock.forward(days=2)
    met(workspace, tmp_path, clock)
    survey.record_visit(survey.dwelling(DOOR), "unable")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(width, 30)) as pilot:
        await until(pilot, lambda: app.reliance.is_ready)
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        await until(pilot, lambda: "不便应答  ▲ 只在这台电脑上" in words_on(pilot))
        assert "无人  ⇅ 别的电脑也有（5月15日起）" in words_on(pilot)
        await pilot.press("escape", "escape")
        app.open_building("祥和苑/3", DOOR)
        await until(pilot, lambda: "▲ 只在这台电脑上" in words_on(pilot))
        met_again = Exchanging(workspace)
        with Workspace.open(tmp_path / "other", now=clock) as other:
            Exchanging(workspace).exchange(tmp_path / "stick")
            Exchanging(other).exchange(tmp_path / "stick")
        met_again.took_in(met_again.exchange(tmp_path / "stick"))
        app.look_around()
        await until(pilot, lambda: "⇅ 别的电脑也有" in words_on(pilot))
    assert app.farewell == "这台电脑记下的，别的电脑都有了。"


async def test_a_doubtful_time_says_so_where_it_is_shown(workspace: Workspace, clock: Clock) -> None:
    survey = Survey(workspace)
    clock.forward(days=1)
    survey.record_visit(survey.dwelling(DOOR), "not_home")
    clock.forward(days=3650)
    survey.record_visit(survey.dwelling(DOOR), "unable")
    clock.forward(days=-3649)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_door(DOOR)
        await until_screen(pilot, DoorScreen)
        await until(pilot, lambda: "不便应答  ？时间存疑" in words_on(pilot))
        assert words_on(pilot).count("时间存疑") == 1


def test_an_exchange_tells_what_others_are_not_known_to_have(
    workspace: Workspace, tmp_path: Path, clock: Clock
) -> None:
    workspace.sit_down("周立群")
    workspace.close()
    run = CliRunner()
    given = ["--workspace", str(workspace.store.folder), "exchange", str(tmp_path / "stick")]
    done = run.invoke(commands, given)
    assert "没听说别的电脑收到" in done.stdout
    told = json.loads(run.invoke(commands, [*given, "--json"]).stdout)["only_here"]
    assert told["records"] > 0
    with join(tmp_path / "stick", tmp_path / "other", now=clock) as other:
        other.sit_down("王强", "cadre")
        Exchanging(other).exchange(tmp_path / "stick")
    assert json.loads(run.invoke(commands, [*given, "--json"]).stdout)["only_here"] == {"records": 0, "since": None}
    assert "没听说" not in run.invoke(commands, given).stdout


def test_a_witness_keeps_both_times(workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
    survey = Survey(workspace)
    ref = survey.record_visit(survey.dwelling(DOOR), "not_home")
    written = clock.moment
    clock.forward(days=3)
    met(workspace, tmp_path, clock)
    clock.forward(days=3)
    met_again = workspace.store.witness(ref)
    entry = workspace.community.entry(ref)
    assert met_again is not None
    assert entry is not None
    assert datetime.fromisoformat(entry.record.at) == written
    assert datetime.fromisoformat(met_again.record.at) == written + timedelta(days=3)
    assert Reliance(workspace).held(ref).since == (written + timedelta(days=3)).date()
