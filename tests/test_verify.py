"""`zhubao verify`: what is wrong, with whom, and what to do; by harm done to real files, and by keys in the app."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import Clock
from keys import PATIENCE, until, until_screen, words_on
from screens.today import TodayScreen
from screens.verify import VerifyScreen
from storage.intake import journal_bytes
from storage.reader import read_journal
from storage.rows import new_record
from storage_helpers import journal_files, made_bytes
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.cli import app as commands
from zhubao_tui.workspace import verifying
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.verifying import Report, verify
from zhubao_tui.workspace.workspace import Workspace

DOOR = "祥和苑/3-1-101"
SECRETS = ("张伟", "13800001234", "水管", "3-1-101")


@pytest.fixture
def folder(workspace: Workspace, clock: Clock) -> Path:
    """A closed workspace of three journals: 周立群 on two days, 王强 on the second."""
    workspace.sit_down("周立群")
    household = workspace.community.dwellings[DOOR].household.id
    workspace.write("resident", {"household": household, "name": "张伟", "phone": "13800001234"})
    clock.forward(days=1)
    Survey(workspace).record_visit(Survey(workspace).dwelling(DOOR), "not_home")
    workspace.choose("王强", "cadre")
    Reporting(workspace).report(NewReport("水管漏水漏到楼下了", "water_leak", "unit", "normal", DOOR))
    workspace.close()
    return workspace.store.folder


def found(report: Report) -> list[str]:
    return [one.finding.what for one in report.told]


def latest(folder: Path) -> Path:
    """王强's journal."""
    return next(path for path in journal_files(folder / "store") if "水管".encode() in path.read_bytes())


def bytes_of(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def change(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def gone_on(path: Path) -> bytes:
    """The journal as its double would have gone on with it, from the last record but one."""
    journal = read_journal(path)
    kept, last = journal.records[:-1], journal.records[-1]
    other = new_record(last.journal, last.seq, last.clock, last.at, "note", {"note": "双胞胎"}, kept[-1].digest)
    return journal_bytes(journal.head, [*kept, other])


def unlinked(path: Path) -> bytes:
    """The journal with a last record that rests on another than the one before it."""
    journal = read_journal(path)
    last = journal.records[-1]
    stray = new_record(last.journal, last.seq + 1, last.clock + 1, last.at, "note", {"note": "?"}, "0" * 64)
    return journal_bytes(journal.head, [*journal.records, stray])


def boasting(path: Path) -> bytes:
    """The journal with a last record that claims to be far behind all others."""
    journal = read_journal(path)
    last = journal.records[-1]
    stray = new_record(last.journal, last.seq + 1, 10**9, last.at, "note", {"note": "?"}, last.digest)
    return journal_bytes(journal.head, [*journal.records, stray])


def other_community(folder: Path) -> None:
    (folder / "store" / "zb-x.json").write_bytes(made_bytes("一"))


HARMS: dict[str, Callable[[Path], object]] = {
    "harmed": lambda folder: change(latest(folder), "水管漏水".encode(), "水管没水".encode()),
    "incomplete": lambda folder: latest(folder).write_bytes(latest(folder).read_bytes()[:-60]),
    "empty": lambda folder: latest(folder).write_bytes(b"\0" * 400),
    "unreadable": lambda folder: latest(folder).write_bytes(b"\x89PNG\r\n" * 40),
    "foreign": lambda folder: (folder / "store" / "photo.jpg").write_bytes(b"\xff\xd8\xff" * 9),
    "other_community": other_community,
    "encoding": lambda folder: latest(folder).write_bytes(
        latest(folder).read_bytes().decode().replace("水管", "水官").encode("gb18030")
    ),
    "gap": lambda folder: journal_files(folder / "store")[0].unlink(),
    "chain": lambda folder: latest(folder).write_bytes(unlinked(latest(folder))),
    "clock": lambda folder: latest(folder).write_bytes(boasting(latest(folder))),
    "double": lambda folder: (folder / "store" / "double.json").write_bytes(gone_on(latest(folder))),
    "draft": lambda folder: (folder / "drafts" / "draft-0123456789abcdef.json").write_bytes(b"{"),
    "head": lambda folder: change(latest(folder), b'"day":"2026-05-14"', b'"day":"2026-05-15"'),
}


def test_a_sound_workspace_is_called_sound(folder: Path) -> None:
    before = bytes_of(folder)
    report = verify(folder)
    assert report.is_right
    assert found(report) == []
    assert (report.files, report.cache) == (len(journal_files(folder / "store")), "fits")
    assert "都对" in verifying.summary(report)
    assert bytes_of(folder) == before


@pytest.mark.parametrize("what", list(HARMS))
def test_each_harm_is_named_with_what_to_do_and_nothing_is_changed(folder: Path, what: str) -> None:
    HARMS[what](folder)
    before = bytes_of(folder)
    report = verify(folder)
    assert what in found(report)
    assert not report.is_right
    assert bytes_of(folder) == before
    one = next(one for one in report.told if one.finding.what == what)
    assert one.advice
    if what in ("harmed", "incomplete", "chain", "clock", "double"):
        assert (one.person, one.laptop) == ("王强", 1)
        assert one.finding.file == latest(folder).name
        assert "1 号电脑，王强" in one.words
    told = "\n".join([*(one.words for one in report.told), *(one.advice for one in report.told)])
    assert not any(secret in told for secret in SECRETS), "no household stands in what a person reads here"


def test_the_command_says_so_and_ends_with_1(folder: Path) -> None:
    run = CliRunner()
    given = ["--workspace", str(folder), "verify"]
    assert run.invoke(commands, given).exit_code == 0
    HARMS["harmed"](folder)
    done = run.invoke(commands, given)
    assert done.exit_code == 1
    assert "有损坏，没有采用" in done.stdout
    assert "交换一次" in done.stdout
    row = json.loads(run.invoke(commands, [*given, "--json"]).stdout)
    assert row["ok"] is False
    (finding,) = (one for one in row["findings"] if one["what"] == "harmed")
    assert (finding["person"], finding["laptop"], finding["wrong"]) == ("王强", 1, True)
    assert len(finding["numbers"]) == 1
    assert run.invoke(commands, ["--workspace", str(folder / "none"), "verify"]).exit_code == 1


def test_it_works_where_nothing_may_be_written_and_beside_a_running_app(folder: Path, clock: Clock) -> None:
    app = Workspace.open(folder, app=True, now=clock)
    before = bytes_of(folder)
    modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")]}
    for path in modes:
        path.chmod(stat.S_IRUSR | (stat.S_IXUSR if path.is_dir() else 0))
    try:
        assert verify(folder).is_right
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert bytes_of(folder) == before
    app.close()


@pytest.mark.parametrize(
    ("harm", "state"),
    [
        (lambda path: path.unlink(), "none"),
        (lambda path: path.write_bytes(b"zhubao cache"), "unfit"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "unfit"),
    ],
    ids=["gone", "foreign", "cut"],
)
def test_a_cache_that_does_not_fit_is_said_and_is_no_fault(
    folder: Path, harm: Callable[[Path], object], state: str
) -> None:
    harm(folder / "cache" / "community.bin")
    report = verify(folder)
    assert (report.cache, report.is_right) == (state, True)


def test_a_cache_that_is_older_than_the_records_only_lags_behind(folder: Path, clock: Clock) -> None:
    kept = (folder / "cache" / "community.bin").read_bytes()
    with Workspace.open(folder, now=clock) as workspace:
        workspace.choose("周立群")
        Survey(workspace).record_visit(Survey(workspace).dwelling(DOOR), "not_home")
    (folder / "cache" / "community.bin").write_bytes(kept)
    assert verify(folder).cache == "behind"


def test_what_was_set_aside_is_listed_and_is_no_fault(folder: Path, clock: Clock) -> None:
    good = latest(folder)
    copy = good.read_bytes()
    HARMS["harmed"](folder)
    (folder / "inbox" / "copy.json").write_bytes(copy)
    with Workspace.open(folder, now=clock) as workspace:
        workspace.store.absorb_inbox()
    report = verify(folder)
    assert found(report) == ["quarantined"]
    assert report.is_right
    assert "digest" in report.told[0].finding.detail


def test_a_doubtful_time_is_told_with_the_day_that_is_reckoned_with(
    workspace: Workspace, clock: Clock, tmp_path: Path
) -> None:
    survey = Survey(workspace)
    for days in (1, 3650, -3649):
        clock.forward(days=days)
        survey.record_visit(survey.dwelling(DOOR), "not_home")
    workspace.close()
    report = verify(workspace.store.folder)
    (one,) = report.told
    assert (one.finding.what, one.finding.day, one.finding.detail) == ("time", "2036-05-11", "2026-05-14")
    assert "时间存疑：钟上是2036年5月11日" in one.words
    assert "期限已按2026年5月14日推算" in one.advice


def test_a_file_that_is_written_meanwhile_is_looked_at_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    path = latest(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    monkeypatch.setattr("storage.verify.time.sleep", lambda _pause: path.write_bytes(whole))
    assert verify(folder).is_right


async def test_by_keys_the_esc_menu_leads_to_the_findings(workspace: Workspace, clock: Clock) -> None:
    Survey(workspace).record_visit(Survey(workspace).dwelling(DOOR), "not_home")
    store = workspace.store.folder / "store"
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, TodayScreen)
        await pilot.press("escape")
        await until(pilot, lambda: "核对全部记录" in words_on(pilot))
        line = next(line for line in words_on(pilot).split("\n") if "核对全部记录" in line)
        number = "".join(char for char in line.split("核对")[0] if char.isdecimal())
        await pilot.press(*number)
        await until_screen(pilot, VerifyScreen)
        await until(pilot, lambda: "都对" in words_on(pilot))
        (store / "zb-broken.json").write_bytes(b"\x89PNG\r\n" * 40)
        await pilot.press("enter")
        await until(pilot, lambda: "zb-broken.json：读不了" in words_on(pilot))
        assert "有 1 处要看" in words_on(pilot)
        await pilot.press("escape", "escape")
        await until_screen(pilot, TodayScreen)


async def test_by_keys_a_long_look_is_stopped_by_esc_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from storage import verify as looking

    screen = VerifyScreen()
    begun: list[str] = []
    reads = looking.read_journal

    def slow(path: Path, community: str, ring: object) -> object:
        begun.append(path.name)
        screen._stop.wait(PATIENCE)
        return reads(path, community, None)

    monkeypatch.setattr(looking, "read_journal", slow)
    store = workspace.store.folder / "store"
    for number in range(5):
        shutil.copy(journal_files(store)[0], store / f"{number}.json")
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(screen)
        await until(pilot, lambda: begun)
        await pilot.press("escape", "escape")
        await until_screen(pilot, TodayScreen)
    assert len(begun) == 1


def test_finding_words_exist_for_every_code_in_the_docstring() -> None:
    from storage.verify import Finding

    named = {word for word in str(Finding.__doc__).split("`") if word.replace("_", "").isalpha() and word != "what"}
    assert named == verifying.WHAT.keys() == verifying.ADVICE.keys()
