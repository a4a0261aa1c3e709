"""`zhubao …` as scripts use it: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from media import remount, small_disk
from zhubao_tui import cli
from zhubao_tui.border import clean
from zhubao_tui.community.numbers import case_number
from zhubao_tui.workspace.workspace import Workspace

REAL = Path(__file__).parent / "data" / "dedup" / "real_dev.csv"
ROSTER = "小区,楼栋,单元,房号,户主,电话\n祥和苑,3,2,501,张三,13812345678\n祥和苑,3,2,502,李四,\n祥和苑,3,2,503,,\n"
ANSWERS: dict[str, Any] = {
    "consent": "all", "respondent": "head", "phone": {"special": "na"}, "tenure": "own", "size": 2, "aged60": 1, "aged80": 0,
    "minors": 0, "area": 60, "gas": "pipe", "home_state": "good", "ebike": "none", "hazards": ["none"], "any_issue": "no",
    "any_care": "no", "renew": "5", "know": "face", "sat": "4",
}  # fmt: skip
LAMP = {"words": "楼道灯不亮，晚上摸黑", "category": "light_stair", "told": ["office", "property"], "show_words": "yes"}
CASE_FIELDS = {
    "id", "case", "text", "category", "category_word", "place", "status", "households", "reports", "urgency", "reported_on",
    "due", "owner", "issues", "numbers",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def zhubao(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; whatever it says must be harmless for a terminal."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["zhubao", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.run()
        captured = capsys.readouterr()
        said = Said(int(left.value.code or 0), captured.out, captured.err)
        assert "Traceback" not in said.err
        assert all(clean(line) == line for line in [*said.out.split("\n"), *said.err.split("\n")])
        assert said.code in (0, 1, 2)
        assert said.code == 0 or said.err.strip()
        return said

    return run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the workspace is, by the environment."""
    folder = tmp_path / "laptop1"
    monkeypatch.setenv("ZHUBAO_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def begun(zhubao: Run, place: Path, tmp_path: Path) -> Path:
    """A community of three doors; 周立群, its founder, is at the keyboard."""
    (tmp_path / "门牌.csv").write_text(ROSTER, encoding="utf-8")
    assert (
        zhubao(
            "init", "--unprotected", "--community", "祥和社区", "--founder", "周立群", "--phone", "010-55501234"
        ).code
        == 0
    )
    assert zhubao("roster", "import", tmp_path / "门牌.csv").code == 0
    return place


def answers(tmp_path: Path, **changed: Any) -> Path:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ANSWERS | changed, ensure_ascii=False), encoding="utf-8")
    return path


def records(folder: Path) -> int:
    with Workspace.open(folder) as workspace:
        return len(workspace.store.ledger)


def process(*arguments: object, **more: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "zhubao_tui", *map(str, arguments)]
    return subprocess.Popen(
        command, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    )


# -- beginning


@pytest.mark.fault("terminal-codes")
def test_a_hostile_name_of_a_community_is_harmless_from_its_first_line(zhubao: Run, place: Path) -> None:
    said = zhubao(
        "init", "--unprotected", "--community", "祥和\x1b[31m社区\u202e", "--founder", "周立群"
    )  # `zhubao` itself looks at it
    assert (said.code, "祥和␛[31m社区" in said.out) == (0, True)


@pytest.mark.parametrize("command", [(), ("today",), ("issue", "list", "--json"), ("visit", "3-2-501", "vacant")])
def test_where_there_is_no_workspace_yet_it_says_how_to_begin(zhubao: Run, command: tuple[str, ...]) -> None:
    said = zhubao(*command)
    assert said.code == 1
    assert all(f"zhubao {way}" in said.err for way in ("init", "join", "demo"))


@pytest.mark.parametrize(
    "command",
    [
        ("--workspace", "W", "--name", "周立群", "init", "--unprotected", "--community", "祥和社区"),
        ("init", "--unprotected", "--community", "祥和社区", "--founder", "周立群", "--workspace", "W"),
        ("init", "--unprotected", "--name=周立群", "--community", "祥和社区", "-w", "W"),
    ],
)
def test_where_and_who_may_be_said_before_or_behind_the_command(
    zhubao: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert zhubao(*command).code == 0
    (founder,) = zhubao("people", "--json", "--workspace", "W").value
    assert (founder["name"], founder["role"], founder["laptops"], founder["me"]) == ("周立群", "team_lead", [1], True)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("init", "--unprotected", "--community", "", "--founder", "周"), 2),
        (("init", "--unprotected", "--community", "祥和社区", "--founder", " "), 2),
        (("init", "--unprotected", "--community", "祥" * 31, "--founder", "周"), 2),
        (("init", "--community", "祥和社区"), 1),  # asks, and nobody answers
        (("-w", "/dev/null", "init", "--unprotected", "--community", "祥和社区", "--founder", "周"), 1),
        (("-w", "/proc/none", "init", "--unprotected", "--community", "祥和社区", "--founder", "周"), 1),
    ],
)
def test_a_beginning_that_cannot_be(
    zhubao: Run, place: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert zhubao(*command).code == code
    assert not place.exists()


def test_a_workspace_is_never_begun_over_another(zhubao: Run, begun: Path) -> None:
    before = records(begun)
    assert zhubao("init", "--unprotected", "--community", "别的社区", "--founder", "王").code == 1
    assert records(begun) == before


def test_a_name_that_is_enrolled_is_that_person_and_a_new_one_needs_a_role(zhubao: Run, begun: Path) -> None:
    assert zhubao("--name", "李明", "today").code == 1
    assert zhubao("--name", "李明", "--role", "king", "today").code == 2
    assert zhubao("--name", " ", "today").code == 2
    assert zhubao("exchange", "").code == 2
    assert zhubao("--name", "李明", "--role", "cadre", "today").code == 0
    assert zhubao("--name", "李明", "--role", "team_lead", "today").code == 0
    found = {p["name"]: (p["role"], p["laptops"], p["me"]) for p in zhubao("people", "--json").value}
    assert found == {"周立群": ("team_lead", [1], False), "李明": ("cadre", [1], True)}


def test_a_laptop_that_joins_takes_the_lowest_free_number(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    assert zhubao("exchange", stick).code == 0
    for number, name in ((2, "李明"), (3, "王强")):
        said = zhubao("join", stick, "--workspace", tmp_path / f"laptop{number}", "--name", name, "--role", "cadre")
        assert said.code == 0
        assert f"{number}" in said.out
    assert zhubao("join", stick, "--workspace", tmp_path / "laptop4").code == 0
    assert zhubao("--workspace", tmp_path / "laptop4", "--name", "李明", "today").code == 0
    assert zhubao("--workspace", tmp_path / "laptop4", "exchange", stick).code == 0
    assert zhubao("exchange", stick).code == 0
    found = {p["name"]: p["laptops"] for p in zhubao("people", "--json").value}
    assert found == {"周立群": [1], "李明": [2, 4], "王强": [3]}


def test_an_unknown_name_joins_first_and_is_asked_for_its_role(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("exchange", tmp_path / "stick")
    said = zhubao("join", tmp_path / "stick", "--workspace", tmp_path / "laptop2", "--name", "李明")
    assert said.code == 1
    assert "--role" in said.err
    again = zhubao("people", "--workspace", tmp_path / "laptop2", "--name", "李明", "--role", "cadre", "--json")
    assert {p["name"]: p["laptops"] for p in again.value} == {"周立群": [1], "李明": [2]}


def test_the_demo_is_written_whole_where_it_is_asked_for(
    zhubao: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def write(folder: Path, seed: int) -> None:  # the real one takes seconds, and has tests of its own
        seen.append(folder)
        with Workspace.create(folder, f"演示 {seed}", "周立群") as made:
            made.store.remember("demo", seed)

    monkeypatch.setattr("zhubao_tui.demo.write_demo", write)
    folder = tmp_path / "new" / "demo"
    for _time in range(2):
        said = zhubao("demo", "--dir", folder, "--no-ui", "--seed", 7)
        assert (said.code, said.out.strip()) == (0, str(folder))
    assert zhubao("settings", "--workspace", folder, "--json").value["name"] == "演示 7"
    assert len(seen) == 1
    assert seen[0] != folder  # should it be stopped half-way, nothing stands there
    assert list(folder.parent.iterdir()) == [folder]


def test_a_real_community_is_never_opened_as_the_demo(zhubao: Run, begun: Path) -> None:
    said = zhubao("demo", "--dir", begun, "--no-ui")
    assert said.code == 1
    assert begun.name in said.err


def test_the_demo_is_not_written_over_anything(zhubao: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    before = sorted(tmp_path.iterdir())
    assert zhubao("demo", "--dir", tmp_path, "--no-ui").code == 1
    assert zhubao("demo", "--dir", tmp_path / "notes.txt", "--no-ui").code == 1
    assert sorted(tmp_path.iterdir()) == before


def test_settings_are_a_team_leads(zhubao: Run, begun: Path) -> None:
    assert zhubao("settings", "--base-url", "https://zhubao.cn", "--phone", "12345").code == 0
    assert zhubao("settings", "--json").value == {
        "name": "祥和社区",
        "office_phone": "12345",
        "lock_minutes": "",
        "base_url": "https://zhubao.cn",
        "retention_months": "",
    }
    assert zhubao("settings", "--base-url", "javascript:x").code == 2
    long = zhubao("settings", "--base-url", "https://zhubao.office.beiyuan.example.gov.cn/cases")
    assert (long.code, "35" in long.err) == (0, True)
    assert zhubao("--name", "李明", "--role", "group_lead", "settings", "--base-url", "https://evil.cn").code == 1
    assert "evil" not in zhubao("settings", "--json").out


# -- a half-day by commands


def test_a_half_day_by_commands_alone(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    assert zhubao("visit", "3-2-503", "not_home", "--again", "2099-01-01").code == 0
    first = zhubao(
        "interview", "祥和苑/3-2-501", "--answers", answers(tmp_path, any_issue="yes", issues=[LAMP]), "--json"
    )
    assert (first.code, len(first.value["reports"])) == (0, 1)
    (lamp,) = zhubao("issue", "list", "--json").value
    assert set(lamp) == CASE_FIELDS
    assert (lamp["status"], lamp["households"], lamp["reports"]) == ("new", 1, 1)
    assert (lamp["category"], lamp["place"]) == (
        "light_stair",
        {"level": "unit", "estate": "祥和苑", "building": "3", "unit": "2"},
    )

    (twin,) = zhubao("issue", "suggest", "楼道灯坏了不亮", "--door", "3-2-502", "--json").value
    assert twin["case"] == lamp["case"]
    joined = answers(
        tmp_path, any_issue="yes", issues=[{"join": lamp["case"], "words": "我家门口也黑", "show_words": "no"}]
    )
    assert zhubao("interview", "3-2-502", "--answers", joined).code == 0
    other = zhubao(
        "issue", "report", "楼道灯坏了，黑得看不见", "--door", "3-2-503", "--category", "light_stair"
    ).out.strip()
    zhubao("issue", "report", "小区大门口积水", "--at", "祥和苑", "--place", "estate", "--category", "drain_flood")
    (group,) = zhubao("issue", "twins", "--json").value
    assert {case["case"] for case in group["cases"]} == {lamp["case"], other}

    merged = zhubao("issue", "merge", lamp["case"], other, "--note", "同一盏灯").out.strip()
    shown = zhubao("issue", "show", other, "--json").value
    assert (shown["case"], shown["households"], shown["reports"], shown["numbers"]) == (
        lamp["case"],
        2,
        3,
        [lamp["case"], other],
    )
    assert {report["door"] for report in shown["reports_list"]} == {f"祥和苑/3-2-50{door}" for door in (1, 2, 3)}
    assert "张三" not in json.dumps(shown, ensure_ascii=False)
    assert zhubao("issue", "undo", merged).code == 0
    assert len(zhubao("issue", "list", "--json").value) == 3
    zhubao("issue", "merge", lamp["id"], other)
    assert zhubao("issue", "split", other).code == 0
    assert zhubao("issue", "distinct", lamp["case"], other).code == 0
    assert zhubao("issue", "twins", "--json").value == []

    zhubao("--name", "李明", "--role", "cadre", "today")
    zhubao("--name", "周立群", "issue", "move", lamp["case"], "assign", "person=李明")
    assert zhubao("--name", "李明", "issue", "move", lamp["case"], "resolve", "done=换了灯泡，试亮了三次").code == 0
    assert zhubao("issue", "move", lamp["case"], "confirm", "door=3-2-502", "yes=yes", "way=door").code == 0
    (done,) = zhubao("issue", "list", "--status", "confirmed", "--json").value
    assert (done["case"], done["owner"]) == (lamp["case"], "李明")
    board = zhubao("today", "--json", "--name", "周立群").value
    assert (board["mine"]["visited"], board["team"]["solved"], board["tried_today"]) == (2, 1, 3)


def test_an_interview_by_file_is_all_or_nothing(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    lamp = LAMP | {"told": ["nobody", "office"]}
    cases = [
        ({"size": 0}, "size"),
        ({"aged60": 5}, "aged60"),
        ({"consent": "maybe"}, "consent"),
        ({"phone": "123"}, "phone"),
        ({"siez": 2}, "siez"),
        ({"gas": {"special": "no"}}, "gas"),
        ({"any_issue": "yes", "issues": [lamp]}, "told"),
        ({"any_issue": "yes", "issues": [LAMP | {"words": "灯"}]}, "原话"),
        ({"any_issue": "yes", "issues": [{"join": "01-9999-1"}]}, "01-9999-1"),
        ({"any_issue": "yes", "issues": ["灯"]}, "issues"),
        ({"any_issue": "yes", "issues": LAMP}, "issues"),
        ({"any_issue": "no", "issues": [LAMP]}, "issues"),
        ({"worries": {"any_issue": "yes"}}, "worries"),
    ]
    for changed, named in cases:
        said = zhubao("interview", "3-2-501", "--answers", answers(tmp_path, **changed))
        assert (said.code, named in said.err) == (1, True), (changed, said.err)
    assert zhubao("issue", "list", "--json").value == []
    assert zhubao("today", "--json").value["drafts"] == []
    assert zhubao("roster", "find", "501", "--json").value[0]["outcome"] == ""


def test_a_household_that_does_not_agree_is_a_visit_and_nothing_else(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    path = tmp_path / "no.json"
    path.write_text('{"consent": "no"}')
    said = zhubao("interview", "3-2-501", "--answers", path, "--json")
    assert (said.code, said.value["response"]) == (0, None)
    assert zhubao("roster", "list", "祥和苑/3", "--json").value[0]["outcome"] == "refused"


def test_the_card_of_a_door(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("interview", "3-2-501", "--answers", answers(tmp_path, any_issue="yes", issues=[LAMP]))
    card = zhubao("card", "3-2-501", "--json").value
    assert (card["link"], card["cases"][0]["case"]) == (False, "01-0001-8")
    assert "▄" in zhubao("card", "3-2-501").out
    assert zhubao("card", "3-2-501", "--png", tmp_path / "card.png").code == 0
    assert (tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")
    zhubao("settings", "--base-url", "https://zhubao.cn")
    assert zhubao("card", "3-2-501", "--json").value["link"] is True


def test_a_register_becomes_cases_that_hold_many_reports(zhubao: Run, begun: Path) -> None:
    said = zhubao("issue", "import", REAL, "--json")
    assert (said.code, said.value["issues"]) == (0, 303)
    assert zhubao("issue", "import", REAL, "--json").value["known"] == 303
    group = zhubao("issue", "twins", "--json").value[0]
    assert zhubao("issue", "merge", *(case["case"] for case in group["cases"])).code == 0
    listed = zhubao("issue", "list", "--json").value
    assert len(listed) == 303 - len(group["cases"]) + 1
    assert sum(case["reports"] for case in listed) == 303
    assert max(case["reports"] for case in listed) == len(group["cases"])
    assert {case["households"] for case in listed} == {0}


def test_the_list_is_narrowed_by_status_category_place_and_words(zhubao: Run, begun: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    zhubao("issue", "report", "下水堵了", "--door", "3-2-502", "--category", "drain_block", "--place", "door")
    for options, count in (
        ((), 2),
        (("--status", "open"), 2),
        (("--status", "resolved"), 0),
        (("--category", "light"), 1),
        (("--category", "drain_block"), 1),
        (("--building", "祥和苑/3号楼"), 2),
        (("--building", "祥和苑/4"), 0),
        (("--building", "祥和苑"), 2),
        (("--text", "堵"), 1),
        (("--text", "ldd 不亮"), 1),
        (("--text", "xhy3"), 2),
        (("--text", "01-0002-6"), 1),
    ):
        assert len(zhubao("issue", "list", "--json", *options).value) == count, options


def test_doors_and_buildings_are_found_as_people_spell_them(zhubao: Run, begun: Path) -> None:
    for door in ("祥和苑/3-2-501", "祥和苑/三号楼-2单元-501室", "3-2-501", "三号楼2单元501室"):
        assert zhubao("visit", door, "vacant").code == 0
    for building in ("祥和苑/3", "祥和苑/３号楼"):
        doors = zhubao("roster", "list", building, "--json").value
        assert {door["id"]: door["outcome"] for door in doors}["祥和苑/3-2-501"] == "vacant"


# -- what is refused


REFUSED = [
    (("issue", "show", "01-0001-9"), 1), (("issue", "show", "1:2"), 1), (("visit", "3-2-999", "vacant"), 1),
    (("visit", "3-2-501", "flying"), 1), (("visit", "3-2-501", "interviewed"), 1),
    (("visit", "3-2-501", "vacant", "--again", "soon"), 2), (("roster", "list", "祥和苑/9"), 1),
    (("roster", "import", "/none.csv"), 1), (("roster", "import", "/"), 1),
    (("roster", "add", "祥和苑", "", "1", "101"), 2), (("roster", "moved-in", "9-9-9"), 1),
    (("issue", "import", "/none.csv"), 1), (("interview", "3-2-501", "--answers", "/none.json"), 1),
    (("interview", "3-2-501", "--answers", "/"), 1), (("interview", "9-9-9", "--answers", os.devnull), 1),
    (("card", "9-9-9"), 1), (("card", "3-2-501", "--png", "/none/card.png"), 1),
    (("card", "3-2-501", "--png", "/"), 1),
    (("issue", "report", "灯", "--door", "3-2-501", "--category", "light_stair"), 1),
    (("issue", "report", "长" * 10_000, "--door", "3-2-501", "--category", "light_stair"), 1),
    (("issue", "report", "灯不亮", "--door", "3-2-501", "--category", "lamp"), 1),
    (("issue", "report", "灯不亮", "--door", "3-2-501", "--category", "light_stair", "--place", "moon"), 1),
    (("issue", "report", "灯不亮", "--door", "3-2-501", "--category", "light_stair", "--urgency", "now"), 1),
    (("issue", "report", "灯不亮", "--door", "3-2-501", "--category", "light_stair", "--remark", "长" * 2001), 1),
    (("issue", "report", "灯不亮", "--at", "祥和苑/3", "--place", "unit", "--category", "light_stair"), 1),
    (("issue", "report", "灯不亮", "--category", "light_stair"), 2),
    (("issue", "report", "灯\udcff不亮", "--door", "3-2-501", "--category", "light_stair"), 1),
    (("issue", "support", "01-0001-8", "--door", "3-2-502", "--words", "长" * 2001), 1),
    (("issue", "support", "01-0001-8", "--door", "9-9-9"), 1), (("issue", "move", "01-0001-8", "fly"), 1),
    (("issue", "move", "01-0001-8", "support"), 1), (("issue", "move", "01-0001-8", "claim", "x"), 2),
    (("issue", "move", "01-0001-8", "claim", "x=1"), 2), (("issue", "move", "01-0001-8", "start"), 1),
    (("issue", "move", "01-0001-8", "assign", "person=没有这个人"), 1),
    (("issue", "move", "01-0001-8", "note", "note=短"), 1),
    (("issue", "move", "01-0001-8", "note", "note=" + "长" * 10_000), 1), (("issue", "merge", "01-0001-8"), 1),
    (("issue", "merge", "01-0001-8", "01-0001-8"), 1), (("issue", "distinct", "01-0001-8", "01-0001-8"), 1),
    (("issue", "split", "01-0001-8"), 1), (("issue", "undo", "x"), 1), (("issue", "undo", "a:1:b"), 1),
    (("issue", "accept", "x"), 1), (("issue", "accept", "a:1:b"), 1), (("issue", "list", "--status", "sleeping"), 2),
    (("issue", "list", "--category", "lamp"), 2), (("exchange", "/none/stick"), 1), (("exchange", os.devnull), 1),
    (("join", "/none"), 1), (("--lang", "fr", "today"), 2), (("nonsense",), 2), (("issue",), 2),
    (("issue", "list", "--nonsense"), 2), (("issue", "show"), 2),
    (("--name", "名" * 31, "--role", "cadre", "today"), 2), (("--workspace", os.devnull, "today"), 1),
    (("visit", "\x1b[31m", "\x1b]0;x\x07"), 1), (("\x1b[31m",), 2), (("issue", "list", "--\x9b"), 2),
]  # fmt: skip


def test_a_refusal_is_a_sentence_and_writes_nothing(zhubao: Run, begun: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    before = records(begun)
    for command, code in REFUSED:
        said = zhubao(*command)
        ours = "zhubao-report" not in said.err and len(said.err) < 600
        assert (command, said.code, ours) == (command, code, True), said.err
    assert records(begun) == before


def test_an_observer_writes_nothing(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    zhubao("--name", "纪委", "--role", "observer", "today")
    before = records(begun)
    for command in (
        ("visit", "3-2-501", "vacant"),
        ("roster", "import", tmp_path / "门牌.csv"),
        ("issue", "import", REAL),
        ("issue", "move", "01-0001-8", "claim"),
        ("issue", "report", "灯不亮", "--door", "3-2-501", "--category", "light_stair"),
        ("issue", "support", "01-0001-8", "--door", "3-2-502"),
        ("interview", "3-2-501", "--answers", answers(tmp_path)),
        ("roster", "moved-in", "3-2-501"),
    ):
        assert zhubao(*command).code == 1
    assert records(begun) == before


def test_an_observer_reads_counts_and_no_cases(zhubao: Run, begun: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    zhubao("--name", "纪委", "--role", "observer", "today")
    for command in (
        ("list",),
        ("list", "--json"),
        ("show", "01-0001-8"),
        ("twins",),
        ("suggest", "楼道灯", "--at", "祥和苑"),
    ):
        said = zhubao("issue", *command)
        assert (said.code, said.out) == (1, "")
    assert zhubao("today", "--json").value["team"]["found"] == 1


def test_a_decision_that_is_the_leads_is_refused_to_a_cadre(zhubao: Run, begun: Path) -> None:
    for words in ("楼道灯不亮", "楼道灯坏了"):
        zhubao("issue", "report", words, "--door", "3-2-501", "--category", "light_stair")
    zhubao("--name", "李明", "--role", "cadre", "today")
    before = records(begun)
    assert zhubao("issue", "merge", "01-0001-8", "01-0002-6").code == 1
    assert zhubao("issue", "distinct", "01-0001-8", "01-0002-6").code == 1
    founders = zhubao("issue", "show", "01-0001-8", "--json").value["id"]
    assert zhubao("issue", "undo", founders).code == 1
    assert zhubao("issue", "accept", founders).code == 1
    assert records(begun) == before


def test_a_household_that_refused_is_not_named_by_a_command(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    (tmp_path / "no.json").write_text('{"consent": "no"}')
    zhubao("interview", "3-2-502", "--answers", tmp_path / "no.json")
    before = records(begun)
    said = zhubao("issue", "support", "01-0001-8", "--door", "3-2-502", "--words", "我家门口也黑")
    assert (said.code, "同意" in said.err, records(begun)) == (1, True, before)
    zhubao("interview", "3-2-503", "--answers", answers(tmp_path))
    assert zhubao("issue", "support", "01-0001-8", "--door", "3-2-503", "--words", "我家门口也黑").code == 0


def test_a_refused_move_says_which_field_is_wrong(zhubao: Run, begun: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    said = zhubao("issue", "move", "01-0001-8", "resolve", "done=短")
    assert (said.code, "做了什么" in said.err) == (1, True)
    assert zhubao("issue", "move", "01-0001-8", "resolve", "done=换了灯泡，试亮了三次").code == 0


HOSTILE = (
    "灯[/red]坏了\x1b]52;c;aGk=\x07\x9b31m \u202e颠倒\u2066 零\u200b宽 e"
    + "\u0301" * 300
    + " \U000e0041 {x} %s [@click=app.quit]"
)


@pytest.mark.fault("terminal-codes", "bidi-and-invisible", "markup-text")
def test_strange_text_is_stored_as_it_is_and_shown_as_signs(zhubao: Run, begun: Path) -> None:
    number = zhubao(
        "issue", "report", HOSTILE, "--door", "3-2-501", "--category", "light_stair", "--remark", HOSTILE
    ).out.strip()
    assert zhubao("issue", "show", number, "--json").value["text"] == HOSTILE
    assert zhubao("issue", "move", number, "note", f"note={HOSTILE}").code == 0
    for command in (("list",), ("show", number), ("suggest", HOSTILE, "--door", "3-2-501")):
        assert "灯[/red]坏了␛]52;c;aGk=␇" in zhubao("issue", *command).out
    assert zhubao("--name", "\x1b[31m李\u202e明", "--role", "cadre", "people").out.startswith("␛[31m李�明")


def test_one_number_for_two_cases_names_them_both(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    with Workspace.open(begun) as workspace:
        body = {"number": case_number(1, 1), "category": "drain_block", "place": {"level": "estate", "estate": "祥和苑"},
                "urgency": "normal", "on": "2026-05-13", "behind": False}  # fmt: skip
        workspace.write("report", body)
    said = zhubao("issue", "show", "01-0001-8")
    ids = [case["id"] for case in zhubao("issue", "list", "--json").value]
    assert said.code == 1
    assert all(name in said.err for name in ids)
    assert {zhubao("issue", "show", name, "--json").value["category"] for name in ids} == {"light_stair", "drain_block"}


# -- files that are not as they should be


@pytest.mark.fault("renamed", "torn-tail", "other-community", "garbage")
def test_files_in_the_inbox_are_taken_in_or_named(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    stick, second = tmp_path / "stick", tmp_path / "laptop2"
    zhubao("exchange", stick)
    zhubao("join", stick, "--workspace", second, "--name", "李明", "--role", "cadre")
    zhubao("init", "--unprotected", "--workspace", tmp_path / "foreign", "--community", "别处", "--founder", "王")
    for number in range(6):
        zhubao(
            "--workspace",
            second,
            "issue",
            "report",
            f"第{number}盏灯不亮",
            "--door",
            "3-2-501",
            "--category",
            "light_stair",
        )
    with Workspace.open(second) as workspace:
        (own,) = [
            path
            for path in (second / "store").glob("zb-*.json")
            if path.name not in {p.name for p in (begun / "store").iterdir()}
        ]
        assert workspace.laptop == 2
    whole = own.read_bytes()
    inbox = begun / "inbox"
    (inbox / "李明的 - 副本.json.txt").write_bytes(whole[: len(whole) * 2 // 3])
    (inbox / "foreign.json").write_bytes(next((tmp_path / "foreign" / "store").glob("zb-*")).read_bytes())
    (inbox / "photo.json").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    told = {file["file"]: file["what"] for file in zhubao("problems", "--json").value["files"]}
    assert told == {
        "李明的 - 副本.json.txt": "incomplete",
        "foreign.json": "other_community",
        "photo.json": "unreadable",
    }
    some = len(zhubao("issue", "list", "--json").value)
    assert 0 < some < 6
    (inbox / "again.json").write_bytes(whole)
    assert len(zhubao("issue", "list", "--json").value) == 6
    assert len(zhubao("people", "--json").value) == 2


def test_a_marked_folder_is_joined_though_a_foreign_journal_lies_there(
    zhubao: Run, begun: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    zhubao("exchange", stick)
    zhubao("init", "--unprotected", "--workspace", tmp_path / "foreign", "--community", "别处", "--founder", "王")
    foreign = next((tmp_path / "foreign" / "store").glob("zb-*"))
    (stick / foreign.name).write_bytes(foreign.read_bytes())
    assert zhubao("exchange", stick, "--workspace", tmp_path / "foreign").code == 1
    said = zhubao("join", stick, "--workspace", tmp_path / "laptop2")
    assert said.code == 0
    assert foreign.name in said.err
    assert [p["name"] for p in zhubao("people", "--json", "--workspace", tmp_path / "laptop2").value] == ["周立群"]
    (stick / "zhubao-exchange.json").unlink()
    assert zhubao("join", stick, "--workspace", tmp_path / "laptop3").code == 1
    assert not (tmp_path / "laptop3").exists()


@pytest.mark.fault("emptied-folder")
def test_an_exchange_folder_that_has_gone_is_not_taken_for_empty(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    zhubao("exchange", stick)
    (stick / "zhubao-exchange.json").unlink()
    assert zhubao("exchange", stick).code == 1
    assert zhubao("exchange", stick, "--new", "--json").code == 0


@pytest.mark.fault("stick-full", "stick-read-only")
def test_a_full_and_a_read_only_stick_still_bring_what_they_hold(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    stick, second = tmp_path / "stick", tmp_path / "laptop2"
    zhubao("exchange", tmp_path / "office")
    zhubao("join", tmp_path / "office", "--workspace", second, "--name", "李明", "--role", "cadre")
    zhubao("issue", "import", REAL)
    before = records(begun)
    with small_disk(stick):
        assert zhubao("exchange", stick, "--workspace", second).code == 0
        full = zhubao("exchange", stick, "--json")
        assert (full.code, full.value["sent_failed"]) == (1, "full")
        assert "李明" in zhubao("people").out
        remount(stick, "ro")
        said = zhubao("exchange", stick, "--json")
        assert (said.code, said.value["sent_failed"], said.value["sent"]) == (1, "read_only", [])
        remount(stick, "rw,size=4m")
        assert zhubao("exchange", stick).code == 0
    assert records(begun) >= before
    assert len(zhubao("issue", "list", "--json").value) == 303


@pytest.mark.fault("read-only-workspace")
def test_a_workspace_that_cannot_be_written_is_read(zhubao: Run, begun: Path, tmp_path: Path) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    with small_disk(tmp_path / "disk", "8m"):
        subprocess.run(["cp", "-r", begun, tmp_path / "disk" / "w"], check=True)
        remount(tmp_path / "disk", "ro")
        there = tmp_path / "disk" / "w"
        assert len(zhubao("issue", "list", "--json", "-w", there).value) == 1
        assert zhubao("visit", "3-2-501", "vacant", "-w", there).code == 1
        assert zhubao("today", "-w", there, "--name", "新来的", "--role", "cadre").code == 1


@pytest.mark.fault("two-instances")
def test_a_command_beside_the_open_app_writes_a_journal_of_its_own(zhubao: Run, begun: Path) -> None:
    with Workspace.open(begun, app=True) as app:
        assert zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair").code == 0
        assert app.refresh()
        assert [case.words for case in app.community.cases()] == ["楼道灯不亮"]
        app.write("moved_in", {"dwelling": "祥和苑/3-2-501"})
    assert len(zhubao("issue", "list", "--json").value) == 1


# -- processes


HEAVY = {"textual", "openpyxl", "pyxform", "elementpath", "PIL", "pypinyin", "rapidfuzz", "qrcode"}
LOADED = f"""
import sys
from zhubao_tui.cli import run
try:
    run()
finally:
    sys.stderr.write(" ".join({HEAVY!r} & set(sys.modules)))
"""
READING = [
    ("--help",),
    ("issue", "list"),
    ("issue", "list", "--json"),
    ("issue", "show", "01-0001-8"),
    ("today",),
    ("problems",),
]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_a_command_does_not_need_is_not_loaded(zhubao: Run, begun: Path, command: tuple[str, ...]) -> None:
    zhubao("issue", "report", "楼道灯不亮", "--door", "3-2-501", "--category", "light_stair")
    said = subprocess.run([sys.executable, "-c", LOADED, *command], capture_output=True, check=True)
    assert said.stderr == b""
    assert said.stdout


def test_without_a_terminal_the_app_says_so(begun: Path) -> None:
    said = process()
    _out, err = said.communicate()
    assert said.returncode == 1
    assert "zhubao --help" in err.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and signals of POSIX")
def test_a_reader_that_has_seen_enough_is_no_error(begun: Path) -> None:
    subprocess.run([sys.executable, "-m", "zhubao_tui", "issue", "import", REAL], check=True, capture_output=True)
    for command in (("issue", "list", "--json"), ("issue", "list")):
        reader, writer = os.pipe()
        os.close(reader)
        said = process(*command, stdout=writer)
        os.close(writer)
        _out, err = said.communicate()
        assert (said.returncode, err) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_output_that_cannot_be_written_is_told(begun: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        said = process("people", stdout=full)
        _out, err = said.communicate()
    assert said.returncode == 1
    assert err
    assert b"Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_with_a_sentence(place: Path) -> None:
    waiting = process("init", "--unprotected", "--community", "祥和社区", stdin=subprocess.PIPE)  # asks for the founder
    assert waiting.stdout is not None
    assert waiting.stdout.read(3)
    waiting.send_signal(signal.SIGINT)
    _out, err = waiting.communicate()
    assert waiting.returncode == 1
    assert err.decode().strip()
    assert b"Traceback" not in err
    assert not place.exists()


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_a_terminal_of_another_encoding_gets_what_it_can_show(begun: Path, encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    listed = process("people", "--json", env=environment)
    assert json.loads(listed.communicate()[0].decode("ascii"))[0]["name"] == "周立群"
    for command in (("people",), ("card", "3-2-501"), ("nonsense",)):
        said = process(*command, env=environment)
        out, err = said.communicate()
        assert (said.returncode, b"Traceback" in err) == (2 if command == ("nonsense",) else 0, False)
        assert out or err
