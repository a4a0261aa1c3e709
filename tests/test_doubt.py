"""A laptop that has reason to doubt itself begins a new journal: carried, restored, imaged; and what comes again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import Clock
from keys import until, until_screen, words_on
from screens.pick import PickScreen
from screens.today import TodayScreen
from storage import machine
from storage.exchange import exchange
from storage.intake import journal_bytes
from storage.reader import read_journal
from storage.record import Ref
from storage.rows import head_row
from storage.store import Store
from storage.verify import examine
from storage_helpers import LANDMARKS, another, begin, journal_files, look, notes, only_journal, refs, reopen, write
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.cli import app as commands
from zhubao_tui.workspace.exchanging import Exchanging
from zhubao_tui.workspace.reliance import Reliance
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.verifying import verify
from zhubao_tui.workspace.workspace import Workspace

Now = Callable[[], datetime]
DOOR = "祥和苑/3-1-101"
NEIGHBOUR = "祥和苑/3-1-102"


# -- another machine, an older state


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The machine that this process runs on, as it tells itself; change it to move house."""
    told = {"system": "machine-id-of-here", "network": "02:42:ac:11"}
    monkeypatch.setattr(machine, "_system_id", lambda: told["system"])
    monkeypatch.setattr(machine, "_network_address", lambda: told["network"])
    return told


@pytest.mark.parametrize("part", ["system", "network"])
def test_on_another_machine_a_new_journal_begins_once(
    tmp_path: Path, clock: Now, machines: dict[str, str], part: str
) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    machines[part] = "another"
    store = reopen(store, clock)
    assert store.moved
    write(store, "二", "三")
    assert len(journal_files(tmp_path / "w" / "store")) == 2
    store = reopen(store, clock)
    assert not store.moved
    write(store, "四")
    assert len(journal_files(tmp_path / "w" / "store")) == 2
    assert notes(store) == ["一", "二", "三", "四"]
    assert store.ledger.forks() == []
    assert store.doubles() == []
    store.close()


def test_nothing_plain_of_the_machine_is_kept(tmp_path: Path, clock: Now, machines: dict[str, str]) -> None:
    begin(tmp_path / "w", clock).close()
    for path in (tmp_path / "w").rglob("*"):
        if path.is_file():
            assert not any(value.encode() in path.read_bytes() for value in machines.values())
    told = json.loads((tmp_path / "w" / "workspace.json").read_bytes())["machine"]
    assert sorted(told) == ["network", "system"]
    assert all(len(value) == 8 for value in told.values()), "too short to find out what was digested"


def test_what_a_machine_can_not_tell_is_no_change(tmp_path: Path, clock: Now, machines: dict[str, str]) -> None:
    store = begin(tmp_path / "w", clock)
    write(store, "一")
    machines["network"] = ""
    store = reopen(store, clock)
    assert not store.moved
    write(store, "二")
    only_journal(store)
    machines["network"] = "another"
    store = reopen(store, clock)
    assert store.moved, "what it told before is not forgotten"
    store.close()


def test_an_older_state_that_only_others_know_of_is_not_gone_on_with(tmp_path: Path, clock: Clock) -> None:
    """A backup was put back; nobody here has what came after it, but another laptop bears witness that it was."""
    one = begin(tmp_path / "1", clock)
    two = another(one, tmp_path / "2", clock)
    write(one, "一")
    backup = only_journal(one).read_bytes()
    write(one, "二", "三")
    lost = only_journal(one).read_bytes()
    exchange(one, tmp_path / "stick")
    exchange(two, tmp_path / "stick")
    path, name = only_journal(one), only_journal(one).name
    one.close()
    path.write_bytes(backup)
    one = reopen(one, clock)
    for witness in journal_files(two.folder / "store"):
        if witness.name != name:
            shutil.copy(witness, one.folder / "inbox")
    one.absorb_inbox()
    assert [(gap.first, gap.last) for gap in one.ledger.gaps()] == [(2, 3)]
    written = write(one, "四")
    assert written[0].journal not in path.name
    (one.folder / "inbox" / "found.json").write_bytes(lost)
    one.absorb_inbox()
    write(one, "五")
    assert set(notes(one)) == {"一", "二", "三", "四", "五"}
    assert one.ledger.gaps() == []
    assert not any(one.ledger.is_forked(head.journal) for head in one.ledger.journals())
    for store in (one, two):
        store.close()


# -- row cloned-laptop


class Imaged:
    """A laptop, its double made by imaging the disk, a third one, and the stick between them."""

    def __init__(self, workspace: Workspace, tmp_path: Path, clock: Clock) -> None:
        self.clock, self.stick = clock, tmp_path / "stick"
        workspace.sit_down("周立群")
        workspace.sit_down("王强", "cadre")
        workspace.close()
        self.folder, self.double_folder = workspace.store.folder, tmp_path / "double"
        shutil.copytree(self.folder, self.double_folder)
        self.one, self.two = self.open(self.folder), self.open(self.double_folder)

    def open(self, folder: Path) -> Workspace:
        return Workspace.open(folder, app=True, now=self.clock)

    def meet(self, *several: Workspace) -> None:
        for workspace in several or (self.one, self.two, self.one):
            service = Exchanging(workspace)
            service.took_in(service.exchange(self.stick))

    def close(self) -> None:
        self.one.close()
        self.two.close()


@pytest.fixture
def imaged(workspace: Workspace, tmp_path: Path, clock: Clock) -> Imaged:
    return Imaged(workspace, tmp_path, clock)


def report(workspace: Workspace, words: str, door: str) -> Ref:
    return Reporting(workspace).report(NewReport(words, "light_stair", "unit", "normal", door))


@pytest.mark.parametrize("days", [0, 1, 3], ids=["same day", "next day", "days apart"])
def test_cloned_laptop_keeps_both_histories_and_one_is_asked_to_take_a_new_identity(imaged: Imaged, days: int) -> None:
    imaged.clock.forward(days=min(days, 1))
    a = report(imaged.one, "楼道灯不亮了一个星期", DOOR)
    imaged.clock.forward(days=max(0, days - 1))
    b = report(imaged.two, "二楼的灯也不亮了", NEIGHBOUR)
    assert not any(Reliance(workspace).double() for workspace in (imaged.one, imaged.two))
    imaged.meet()
    told = [Reliance(workspace).must_renew for workspace in (imaged.one, imaged.two)]
    assert sorted(told) == [False, True], "one of them is asked"
    assert all(Reliance(workspace).double() for workspace in (imaged.one, imaged.two)), "both are told"
    for workspace in (imaged.one, imaged.two):
        assert {case.main.ref for case in workspace.community.cases()} == {a, b}
        assert workspace.store.ledger.gaps() == []
        assert "double" in [one.finding.what for one in verify(workspace.store.folder).told]
    asked, other = (imaged.one, imaged.two) if told[0] else (imaged.two, imaged.one)
    device, number = asked.store.device, asked.laptop
    before = {entry.record.ref for entry in asked.store.ledger.entries()}
    fresh = asked.renew_identity()
    assert fresh not in (0, number)
    assert asked.store.device != device
    c = report(asked, "单元门关不严", DOOR)
    imaged.clock.forward(days=1)
    d = report(other, "院里路灯坏了", NEIGHBOUR)
    imaged.meet(asked, other, asked, other)
    for workspace in (asked, other):
        assert before <= {entry.record.ref for entry in workspace.store.ledger.entries()}
        later = [case for ref in (c, d) if (case := workspace.community.case_of(ref))]
        assert all(len(workspace.community.numbered(case.number)) == 1 for case in later), "no more numbers twice"
        authors = {ref: workspace.community.entry(ref) for ref in (a, b, c, d)}
        assert {entry.person for entry in authors.values() if entry} == {workspace.person}, "the past stays credited"
        assert Reliance(workspace).double() == "", "settled"
        assert {"fork_settled"} >= {one.finding.what for one in verify(workspace.store.folder).told}
    chain = list(asked.store.ledger.chain(c))
    assert {a, b} & set(chain), "its new journals go on behind its own past"
    imaged.close()


def test_cloned_laptop_whose_numbers_met_shows_both_cases(imaged: Imaged) -> None:
    report(imaged.one, "楼道灯不亮了一个星期", DOOR)
    report(imaged.two, "二楼的灯也不亮了", NEIGHBOUR)
    imaged.meet()
    for workspace in (imaged.one, imaged.two):
        (number,) = {case.number for case in workspace.community.cases()}
        assert len(workspace.community.numbered(number)) == 2
    imaged.close()


def test_cloned_laptop_renewed_keeps_its_new_identity_and_its_past_over_restarts(imaged: Imaged) -> None:
    report(imaged.one, "楼道灯不亮了一个星期", DOOR)
    last = imaged.one.store.ledger.heads()
    with_numbers = imaged.one.renew_identity()
    imaged.one.close()
    imaged.one = imaged.open(imaged.folder)
    assert imaged.one.laptop == with_numbers
    assert imaged.one.people_here(), "who sat here before is still here"
    ref = report(imaged.one, "单元门关不严", DOOR)
    assert set(imaged.one.store.ledger.chain(ref)) & set(last)
    assert imaged.one.store.only_here().records == len(
        [e for e in imaged.one.store.ledger.entries() if e.record.kind != "seen"]
    ), "its own past is no other laptop"
    imaged.close()


def test_cloned_laptop_renewed_before_anything_else_is_written_goes_on_behind_its_past(
    tmp_path: Path, clock: Now
) -> None:
    store = begin(tmp_path / "w", clock)
    (last,) = write(store, "一")
    store = reopen(store, clock, app=True)
    store.renew()
    store = reopen(store, clock, app=True)
    (ref,) = write(store, "二")
    assert list(store.ledger.chain(ref)) == [ref, last]
    store = reopen(store, clock)
    assert notes(store) == ["一", "二"]
    write(store, "三")
    assert len(journal_files(tmp_path / "w" / "store")) == 2
    store.close()


async def test_cloned_laptop_is_told_so_in_the_app_and_takes_a_new_identity_by_keys(imaged: Imaged) -> None:
    report(imaged.one, "楼道灯不亮了一个星期", DOOR)
    imaged.clock.forward(days=1)
    report(imaged.two, "二楼的灯也不亮了", NEIGHBOUR)
    imaged.meet()
    told = [Reliance(workspace).must_renew for workspace in (imaged.one, imaged.two)]
    asked, other = (imaged.one, imaged.two) if told[0] else (imaged.two, imaged.one)
    other.close()
    asked.chosen = True
    device = asked.store.device
    app = ZhubaoApp(asked)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, TodayScreen)
        await until(pilot, lambda: "同一个身份" in words_on(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "换新身份" in words_on(pilot))
        line = next(line for line in words_on(pilot).split("\n") if "换新身份" in line and "Esc" not in line)
        await pilot.press(*[char for char in line.split("换新")[0] if char.isdecimal()])
        await until_screen(pilot, PickScreen)
        await pilot.press("enter")
        await until_screen(pilot, TodayScreen)
        assert asked.store.device == device, "the first choice is not to"
        app.renew_identity()
        await until_screen(pilot, PickScreen)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "换了新身份" in words_on(pilot))
    assert asked.store.device != device


def test_cloned_laptop_takes_a_new_identity_by_command_but_not_beside_an_app(imaged: Imaged) -> None:
    run = CliRunner()
    given = ["--workspace", str(imaged.folder), "renew-identity", "--json"]
    assert run.invoke(commands, given).exit_code == 1
    imaged.one.close()
    done = run.invoke(commands, given)
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout)
    imaged.one = imaged.open(imaged.folder)
    assert (imaged.one.store.device, imaged.one.laptop) == (row["device"], row["laptop"])
    imaged.close()


# -- row replayed


def everything(store: Store) -> tuple[object, ...]:
    entries = store.ledger.entries()
    files = {path.name: path.read_bytes() for path in journal_files(store.folder / "store")}
    return ([entry.record.ref for entry in entries], [entry.clock for entry in entries], files)


def give(store: Store, name: str, data: bytes) -> None:
    (store.folder / "inbox" / name).write_bytes(data)


@pytest.mark.parametrize("how", ["other files", "other order", "one by one", "all at once"])
def test_replayed_records_change_nothing(tmp_path: Path, clock: Clock, how: str) -> None:
    one, two = begin(tmp_path / "1", clock), another(begin(tmp_path / "0", clock), tmp_path / "x", clock)
    two.close()
    two = another(one, tmp_path / "2", clock)
    for number in range(3):
        clock.forward(days=1)
        write(one, f"{number}甲", f"{number}乙")
        write(two, f"{number}丙")
        for store in (one, two, one):
            exchange(store, tmp_path / "stick")
    before = everything(one)
    for number, path in enumerate(sorted(journal_files(tmp_path / "stick"), reverse=how == "other order")):
        found = read_journal(path)
        if how == "one by one":
            for place in range(len(found.records)):
                give(one, f"{number}-{place}.json", journal_bytes(found.head, found.records[place : place + 1]))
                assert one.absorb_inbox().records == 0
        else:
            give(one, f"微信({number}).txt", path.read_bytes())
            if how != "all at once":
                assert one.absorb_inbox().records == 0
    assert one.absorb_inbox().records == 0
    assert everything(one) == before
    assert everything(reopen(one, clock)) == before
    two.close()


def test_replayed_under_another_laptops_name_they_are_refused(tmp_path: Path, clock: Clock) -> None:
    one = begin(tmp_path / "1", clock)
    two = another(one, tmp_path / "2", clock)
    write(one, "一", "二")
    write(two, "丙")
    exchange(two, tmp_path / "stick")
    exchange(one, tmp_path / "stick")
    before = refs(one)
    theirs = next(h for h in one.ledger.journals() if h.device == two.device)
    mine = read_journal(journal_files(one.folder / "store")[0])
    mine = next(
        found for path in journal_files(one.folder / "store") if (found := read_journal(path)).head.device == one.device
    )
    inside = json.loads(journal_bytes(mine.head, mine.records))
    inside["journal"]["1"] = head_row(theirs)
    give(one, "inside.json", json.dumps(inside, ensure_ascii=False).encode())
    renamed = json.loads(journal_bytes(mine.head, mine.records))
    renamed["journal"]["1"]["device"] = two.device
    give(one, "renamed.json", json.dumps(renamed, ensure_ascii=False).encode())
    relabelled = json.loads(journal_bytes(mine.head, mine.records))
    for row in relabelled["records"].values():
        row["journal"] = theirs.journal
    relabelled["journal"]["1"] = head_row(theirs)
    give(one, "relabelled.json", json.dumps(relabelled, ensure_ascii=False).encode())
    intake = one.absorb_inbox()
    assert intake.records == 0
    assert {trouble.name for trouble in intake.troubles} == {"inside.json", "renamed.json", "relabelled.json"}
    assert refs(one) == before
    assert {entry.device for entry in one.ledger.entries() if entry.record.body.get("text") in ("一", "二")} == {
        one.device
    }
    for store in (one, two):
        store.close()


def test_replayed_old_journals_after_a_new_identity_stay_the_past(workspace: Workspace, tmp_path: Path) -> None:
    survey = Survey(workspace)
    survey.record_visit(survey.dwelling(DOOR), "not_home")
    copies = [(path.name, path.read_bytes()) for path in journal_files(workspace.store.folder / "store")]
    workspace.close()
    again = Workspace.open(workspace.store.folder, app=True, now=workspace.now)
    again.renew_identity()
    records = len(again.store.ledger)
    for name, data in copies:
        (again.store.folder / "inbox" / name).write_bytes(data)
    again.refresh()
    assert len(again.store.ledger) == records
    assert Reliance(again).double() == ""
    again.close()


# -- what a laptop claims while it knows less than before


def test_a_laptop_that_lost_a_part_of_what_it_knew_claims_no_order_that_the_whole_contradicts(
    tmp_path: Path, clock: Clock
) -> None:
    """A file of the store is torn, the laptop goes on, a good copy mends it: nothing is left to be said."""
    one = begin(tmp_path / "one", clock)
    write(one, *"一二")
    other = another(one, tmp_path / "other", clock)
    other.absorb(journal_files(one.folder / "store"))
    write(other, *"三四五六七八")
    one.absorb(journal_files(other.folder / "store"))
    write(one, "九")
    one.close()
    (torn,) = (path.name for path in journal_files(one.folder / "store") if other.device[:8] in path.name)
    whole = (one.folder / "store" / torn).read_bytes()
    (one.folder / "store" / torn).write_bytes(whole[: len(whole) // 2])
    one = look(one.folder, clock)
    write(one, "十")
    (one.folder / "inbox" / torn).write_bytes(whole)
    one.absorb_inbox()
    write(one, "后")
    assert one.ledger.gaps() == []
    assert one.ledger.contradicted() == []
    assert notes(one)[-3:] == ["九", "十", "后"]
    one.close()
    other.close()
    assert [finding.what for finding in examine(one.folder, LANDMARKS).findings if finding.is_wrong] == []


def test_a_claim_that_is_too_low_because_something_came_late_is_no_fault(tmp_path: Path, clock: Clock) -> None:
    """A day's journal overtakes the day before it on its way; whoever takes it in says so, and is right later, too."""
    one = begin(tmp_path / "one", clock)
    write(one, *"一二三四")
    clock.forward(days=1)
    write(one, "五")
    before, after = sorted(journal_files(one.folder / "store"), key=lambda path: path.stat().st_size, reverse=True)
    other = another(one, tmp_path / "other", clock)
    other.absorb([after])
    write(other, "六")
    other.absorb([before])
    one.close()
    other.close()
    found = {finding.what: finding for finding in examine(other.folder, LANDMARKS).findings}
    assert found.keys() == {"late"}
    assert not found["late"].is_wrong
