"""A sealed community by its commands: passphrases come through an open file, never as an argument."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from media import read_only, remount, small_disk
from storage import keys
from storage.drafts import Drafts

LEADS, CADRES = "correct horse", "battery staple"
Laptop = Callable[..., "Said"]


class Said:
    """What a command said and how it ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.err
        assert self.code == 0 or self.err.strip()


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="passes an open file on by its number, as POSIX does")


def laptop(folder: Path, words: str) -> Laptop:
    """Commands of one laptop, whose owner's passphrase (or several lines) comes through a pipe."""

    def run(*arguments: object, lines: str = words) -> Said:
        reading, writing = os.pipe()
        os.write(writing, f"{lines}\n".encode())
        os.close(writing)
        command = [sys.executable, "-m", "zhubao_tui", "-w", folder, "--passphrase-fd", reading, *arguments]
        try:
            done = subprocess.run(
                [*map(str, command)], capture_output=True, text=True, pass_fds=[reading], stdin=subprocess.DEVNULL,
                timeout=120, check=False,
            )  # fmt: skip
        finally:
            os.close(reading)
        return Said(done)

    return run


def test_two_laptops_from_founding_to_a_lost_one(tmp_path: Path) -> None:
    lead, cadre, stick = laptop(tmp_path / "a", LEADS), laptop(tmp_path / "b", CADRES), tmp_path / "stick"
    founded = lead("init", "--community", "祥和社区", "--founder", "周立群", "--phone", "010-55501234")
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){8}", founded.out)
    assert code
    assert lead("init", "--community", "祥和社区", "--founder", "周立群").code == 1, "and the folder is as it was"
    assert lead("exchange", stick).code == 0

    asked = cadre("join", stick, "--name", "王强")
    told = re.search(r"\d{5}( \d{5}){5}", asked.out)
    assert told
    assert told[0] in cadre("fingerprint").out
    waiting = cadre("today")
    assert (waiting.code, told[0] in waiting.err) == (1, True)
    assert cadre("exchange", stick).code == 0

    lead("exchange", stick)
    (request,) = json.loads(lead("enrol", "--json").out)
    assert (request["name"], request["fingerprint"]) == ("王强", told[0])
    wrong = told[0][:-1] + ("1" if told[0][-1] != "1" else "2")
    assert lead("enrol", wrong, "--role", "cadre").code == 2
    assert lead("enrol", told[0]).code == 2, "a role is needed"
    typed = [group.translate({ord(one): ord(one) + 0xFEE0 for one in group}) for group in told[0].split()]
    assert lead("enrol", *typed, "--role", "cadre").code == 0, "in the digits of a Chinese input method"
    lead("exchange", stick)
    assert cadre("exchange", stick).code == 0
    assert [one["name"] for one in json.loads(cadre("people", "--json").out)] == ["周立群", "王强"]
    assert cadre("lost", "1").code == 1, "a cadre shuts nobody out"
    cadre("exchange", stick)

    lead("exchange", stick)
    row = json.loads(lead("lost", "2", "--json").out)
    assert row["laptop"] == 2
    assert row["records"] > 0
    assert lead("lost", "2").code == 2
    lead("exchange", stick)
    cadre("exchange", stick)
    assert "zhubao rejoin" in cadre("today").err
    lines = {one["number"]: one["revoked"] for one in json.loads(lead("laptops", "--json").out)}
    assert lines == {1: False, 2: True}


def test_passphrases_are_changed_and_recovered(tmp_path: Path) -> None:
    lead = laptop(tmp_path / "a", LEADS)
    code = re.search(
        r"[0-9A-Z]{4}(-[0-9A-Z]{4}){8}", lead("init", "--community", "祥和社区", "--founder", "周立群").out
    )
    assert code
    assert lead("passphrase", lines=f"{LEADS}\nshort").code == 1
    assert lead("passphrase", lines=f"{LEADS}\nanother horse").code == 0
    assert lead("today").code == 1
    assert lead("today", lines="another horse").code == 0
    assert lead("recover", lines=f"{code[0]}\nthird passphrase").code == 0
    assert lead("today", lines="third passphrase").code == 0
    renewed = lead("renew-keys", lines="third passphrase")
    assert renewed.code == 0
    assert code[0] not in renewed.out
    assert lead("recover", lines=f"{code[0]}\nfourth passphrase").code == 1


def test_without_a_passphrase_it_says_how_to_give_one(tmp_path: Path) -> None:
    assert laptop(tmp_path / "a", LEADS)("init", "--community", "祥和社区", "--founder", "周立群").code == 0
    command = [sys.executable, "-m", "zhubao_tui", "-w", str(tmp_path / "a"), "today"]
    said = Said(subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False))
    assert said.code == 1
    assert "--passphrase-fd" in said.err
    closed = [*command, "--passphrase-fd", "77"]
    assert Said(subprocess.run(closed, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)).code == 1


def small(folder: Path) -> tuple[Laptop, Path]:
    """A founder's laptop and a stick that holds all of it."""
    lead, stick = laptop(folder / "a", LEADS), folder / "stick"
    assert lead("init", "--community", "祥和社区", "--founder", "周立群").code == 0
    assert lead("exchange", stick).code == 0
    return lead, stick


@pytest.mark.parametrize("harm", ["zeros", "gone"])
@pytest.mark.fault("zeros")
def test_a_lead_whose_first_journal_was_lost_gets_it_back_by_exchange(tmp_path: Path, harm: str) -> None:
    """The team key itself lies in a journal: without it nothing opens, and it must not read as «not let in yet»."""
    lead, stick = small(tmp_path)
    (journal,) = (tmp_path / "a" / "store").glob("zb-*.json")
    whole = journal.read_bytes()
    if harm == "zeros":
        journal.write_bytes(bytes(len(whole)))
    else:
        journal.unlink()
    said = lead("today")
    assert (said.code, "zhubao exchange" in said.err, "放行" in said.err) == (1, True, False)
    assert lead("init", "--community", "祥和社区", "--founder", "周立群").code == 1, "it had begun long ago"
    assert lead("exchange", stick, "--json").code == 0
    assert journal.read_bytes() == whole
    assert lead("today").code == 0
    assert lead("verify").code == 0


@pytest.mark.fault("zeros")
def test_a_lead_whose_first_journal_was_lost_gets_it_back_by_the_inbox(tmp_path: Path) -> None:
    lead, _stick = small(tmp_path)
    (journal,) = (tmp_path / "a" / "store").glob("zb-*.json")
    whole = journal.read_bytes()
    (tmp_path / "a" / "inbox" / "x(1).json").write_bytes(whole)
    journal.write_bytes(b"")
    assert lead("today").code == 0
    assert journal.read_bytes() == whole


@pytest.mark.fault("stick-read-only")
def test_a_request_that_did_not_get_onto_the_stick_is_not_said_to_be_there(tmp_path: Path) -> None:
    lead, stick = small(tmp_path)
    cadre = laptop(tmp_path / "b", CADRES)
    with read_only(stick):
        said = cadre("join", stick, "--name", "王强")
        assert (said.code, "zhubao exchange" in said.err) == (1, True)
        assert cadre("exchange", stick).code == 1
    assert json.loads(cadre("exchange", stick, "--json").out) == {"let_in": False}
    lead("exchange", stick)
    assert len(json.loads(lead("enrol", "--json").out)) == 1


def test_verify_names_people_to_who_unlocks_and_needs_nobody_who_does(tmp_path: Path) -> None:
    lead, _stick = small(tmp_path)
    (journal,) = (tmp_path / "a" / "store").glob("zb-*.json")
    journal.write_bytes(journal.read_bytes()[:-20])
    said = lead("verify", "--json")
    assert said.code == 1
    assert {one["person"] for one in json.loads(said.out)["findings"]} == {"周立群"}
    wrong = lead("verify", "--json", lines="a wrong one")
    assert wrong.code == 1
    assert "口令" in wrong.err
    assert {one["what"] for one in json.loads(wrong.out)["findings"]} == {"incomplete"}


def test_a_command_says_that_it_shows_less_than_there_is(tmp_path: Path) -> None:
    lead, _stick = small(tmp_path)
    assert lead("people").err == ""
    (tmp_path / "a" / "inbox" / "zb-photo.json").write_bytes(b"\xff\xd8\xff\xe0")
    assert "zhubao problems" in lead("people").err


@pytest.mark.parametrize(
    "what", [b"", bytes(300), b'{"format": 1, "community"', b"[" * 200_000], ids=["empty", "zeros", "cut", "deep"]
)
@pytest.mark.fault("zeros")
def test_harmed_settings_are_no_lost_workspace(tmp_path: Path, what: bytes) -> None:
    lead, _stick = small(tmp_path)
    settings = tmp_path / "a" / "workspace.json"
    before = json.loads(settings.read_bytes())
    settings.write_bytes(what)
    said = lead("verify", "--json")
    assert (said.code, [one["what"] for one in json.loads(said.out)["findings"]]) == (1, ["settings"])
    assert lead("people").code == 0
    assert lead("verify").code == 0
    after = json.loads(settings.read_bytes())
    assert {name: after[name] for name in ("community", "device", "sealed")} == {
        name: before[name] for name in ("community", "device", "sealed")
    }


@pytest.mark.fault("bit-flip")
def test_a_harmed_file_of_keys_does_not_read_as_a_wrong_passphrase(tmp_path: Path) -> None:
    lead, _stick = small(tmp_path)
    (path,) = (tmp_path / "a" / "keys").glob("*.json")
    row = json.loads(path.read_bytes())
    row["locked"] = ("B" if row["locked"][0] != "B" else "C") + row["locked"][1:]
    path.write_bytes(json.dumps(row).encode())
    said = lead("today")
    assert (said.code, "recover" in said.err) == (1, True)
    found = json.loads(lead("verify", "--json").out)["findings"]
    assert [one["what"] for one in found] == ["keys"]


def test_a_device_is_neither_read_for_ever_nor_replaced_by_a_file(tmp_path: Path) -> None:
    """A stand-in for `/dev/…`: a name that is there and is no file; who runs this as root would lose the real one."""
    lead, _stick = small(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert lead("export", "--tinydb", pipe).code == 1
    assert pipe.is_fifo()
    assert lead("roster", "add", "祥和苑", "3", "2", "501").code == 0
    case = lead(
        "issue", "report", "楼道灯不亮，晚上摸黑", "--category", "light_stair", "--at", "祥和苑/3-2"
    ).out.strip()
    assert lead("issue", "attach", case, "/dev/zero").code == 1
    assert lead("issue", "attach", case, pipe).code == 1
    assert lead("interview", "祥和苑/3-2-501", "--answers", "/dev/zero").code == 1


@pytest.mark.fault("bit-flip")
def test_an_unfinished_interview_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    lead, _stick = small(tmp_path)
    identity = keys.unlock(tmp_path / "a", LEADS)
    draft = Drafts(tmp_path / "a" / "drafts", identity).begin({"dwelling": "祥和苑/3-2-501"})
    draft.append({"answer": "4"})
    draft.close()
    (path,) = (tmp_path / "a" / "drafts").iterdir()
    assert path.name not in lead("today").err
    whole = path.read_bytes()
    sealed = whole.rindex(b'"sealed"') + 14
    path.write_bytes(whole[:sealed] + (b"B" if whole[sealed : sealed + 1] != b"B" else b"C") + whole[sealed + 1 :])
    said = lead("today")
    assert (said.code, path.name in said.err) == (0, True)


@pytest.mark.parametrize("size", ["4k", "16k", "24k", "32k"])
@pytest.mark.fault("full-append")
def test_a_joining_that_filled_the_disk_is_gone_on_with_by_the_same_command(tmp_path: Path, size: str) -> None:
    lead, stick = small(tmp_path)
    assert lead("roster", "import", doors(tmp_path)).code == 0
    assert lead("exchange", stick).code == 0
    with small_disk(tmp_path / "disk", size) as disk:
        cadre = laptop(disk / "b", CADRES)
        assert cadre("join", stick, "--name", "王强").code == 1
        assert cadre("today").code == 1
        remount(disk, "size=4m")
        told = re.search(r"\d{5}( \d{5}){5}", cadre("join", stick, "--name", "王强").out)
        assert told
        assert cadre("join", stick, "--name", "王强").code == 1, "once is enough"
        assert len(list((disk / "b" / "keys").glob("*.json"))) == 1
    lead("exchange", stick)
    assert [one["fingerprint"] for one in json.loads(lead("enrol", "--json").out)] == [told[0]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["--help"], ["people", "--json"]])
def test_output_that_has_no_room_is_told_in_a_sentence(tmp_path: Path, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        run = [sys.executable, "-m", "zhubao_tui", "-w", str(tmp_path), *command]
        done = subprocess.run(
            run, stdout=full, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def doors(folder: Path) -> Path:
    """A roster that takes some room."""
    rows = "".join(f"祥和苑,3,{unit},{floor}01\n" for unit in range(1, 9) for floor in range(1, 9))
    path = folder / "doors.csv"
    path.write_text(f"estate,building,unit,door\n{rows}", encoding="utf-8")
    return path


@pytest.mark.fault("full-append")
def test_a_full_disk_of_ones_own_keeps_nothing_from_going_out(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        lead = laptop(disk / "a", LEADS)
        assert lead("init", "--community", "祥和社区", "--founder", "周立群").code == 0
        assert lead("exchange", tmp_path / "first").code == 0
        with (disk / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass
        said = lead("exchange", tmp_path / "second")
        assert (said.code, said.err) == (0, "")
        assert list((tmp_path / "second").glob("zb-*.json"))
