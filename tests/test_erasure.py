"""Erasure (faults.md `erasure`) and consent (`consent`): what a household said is readable nowhere, the case stays."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Clock, add_doors
from keys import until, words_on
from screens.privacy import EraseDialog, PrivacyScreen, WithdrawDialog
from storage.errors import SaveFailed
from storage.intake import files_in
from storage.reader import read_journal
from storage.record import Erased, Ref
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.community.issues import Case
from zhubao_tui.community.masking import mask_name, mask_phone, mask_text
from zhubao_tui.workspace import consenting
from zhubao_tui.workspace.cards import Cards
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.erasing import Erasing
from zhubao_tui.workspace.errors import MoveRefused
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.exporting import Exporting
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.privacy import Privacy
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.retention import months_before, outdated
from zhubao_tui.workspace.scripted import interview_from
from zhubao_tui.workspace.sheet import lines_of, page_of, sheet_of
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

HOME, NEXT = "祥和苑/3-1-101#1", "祥和苑/3-1-102#1"
SECRETS = ("欧阳秋月", "13912340001", "腰椎间盘突出", "楼道灯不亮摔了一跤")


def tell_all(workspace: Workspace, household: str = HOME) -> Ref:
    """A household that said a lot: name, telephone, answers, illness, and words about a case."""
    name, phone, illness, words = SECRETS
    with workspace.writing() as batch:
        batch.add(
            "visit", {"dwelling": household[:-2], "household": household, "on": "2026-05-13", "outcome": "interviewed"}
        )
        batch.add("consent", {"household": household, "choice": "all", "notice": "2026-1", "by": "self"})
        batch.add("resident", {"household": household, "name": name, "phone": phone})
        batch.add("token", {"household": household, "token": "T" * 26})
        batch.add("care", {"household": household, "answers": {"care_agree": "yes", "care_who": illness}})
        batch.add("response", {"household": household, "visit": "", "form": "f", "version": "1",
                               "answers": {"sat_why": illness}, "specials": {}, "remarks": {}, "reports": []})  # fmt: skip
    return Reporting(workspace).report(NewReport(words, "light_stair", "unit", "normal", household[:-2], household))


def readable(*folders: Path) -> list[str]:
    """Where any of the secrets can still be read, in whatever file, under whatever name."""
    return [
        f"{path.name}: {secret}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
        or secret.encode("utf-16-le") in path.read_bytes()
        or json.dumps(secret).strip('"').encode() in path.read_bytes()
    ]


def swap(workspace: Workspace, folder: Path) -> None:
    service = Exchanging(workspace)
    service.took_in(service.exchange(folder))


def the_case(workspace: Workspace, issue: Ref) -> Case:
    found = workspace.community.case_of(issue)
    assert found is not None
    return found


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def two(workspace: Workspace, stick: Path, tmp_path: Path, clock: Clock) -> Iterator[tuple[Workspace, Workspace]]:
    """Two laptops that hold the same."""
    swap(workspace, stick)
    other = join(stick, tmp_path / "laptop2", now=clock)
    other.choose("王强", "cadre")
    swap(other, stick)
    swap(workspace, stick)
    yield workspace, other
    other.close()


@pytest.mark.fault("erasure")
def test_erasure_reaches_every_file_of_both_laptops_and_the_stick(
    two: tuple[Workspace, Workspace], stick: Path, tmp_path: Path
) -> None:
    lead, other = two
    issue = tell_all(other)
    swap(other, stick)
    swap(lead, stick)
    other.close()  # offline, with the old bodies, its cache and all
    for path in files_in(stick):  # conflict copies, other names, an unfinished file
        if "楼道灯".encode() in path.read_bytes():
            (stick / f"{path.stem} (冲突).json.txt").write_bytes(path.read_bytes())
            (stick / f".zb-tmp-{path.stem[-6:]}").write_bytes(path.read_bytes()[:-40])
            (lead.store.folder / "inbox" / "收到的.json").write_bytes(path.read_bytes())
            (lead.store.folder / "quarantine").mkdir(exist_ok=True)
            (lead.store.folder / "quarantine" / "old.json").write_bytes(
                path.read_bytes().replace(b"interviewed", b"interviewEd")
            )
    lead.refresh()
    assert readable(stick, lead.store.folder, other.store.folder)
    sizes = {path.name: path.stat().st_size for path in files_in(stick)}
    Erasing(lead).erase([HOME], "asked")
    assert readable(lead.store.folder) == []
    swap(lead, stick)
    assert readable(stick) == []
    copies = [path for path in files_in(stick) if "冲突" in path.name]
    assert copies
    assert all(path.stat().st_size == sizes[path.name] for path in copies)
    back = Workspace.open(other.store.folder, now=other.now)
    try:
        swap(back, stick)
        assert readable(stick, lead.store.folder, back.store.folder) == []
        swap(lead, stick)
        assert readable(stick, lead.store.folder, back.store.folder) == []
        for one in (lead, back):
            case = the_case(one, issue)
            assert (len(case.followers), case.words, case.reports[0].household) == (1, "", "")
            assert one.community.household(HOME).name == ""  # type: ignore[union-attr]
            assert [t for t in one.store.troubles if t.what != "gap"] == []
    finally:
        back.close()
    with Workspace.open(other.store.folder, now=other.now) as again:  # chains hold after a start from scratch, too
        assert again.community.problems() == []
        assert readable(again.store.folder) == []


@pytest.mark.fault("erasure")
def test_erasure_that_a_stick_still_contradicts_is_not_undone_by_an_old_copy(
    two: tuple[Workspace, Workspace], stick: Path
) -> None:
    lead, _other = two
    tell_all(lead)
    swap(lead, stick)
    old = {path.name: path.read_bytes() for path in files_in(stick)}
    Erasing(lead).erase([HOME], "asked")
    swap(lead, stick)
    for name, data in old.items():  # a sync tool brings the older versions back, somebody mails one to us
        (stick / name).write_bytes(data)
        (lead.store.folder / "inbox" / name).write_bytes(data)
    lead.refresh()
    swap(lead, stick)
    assert readable(lead.store.folder, stick) == []


@pytest.mark.fault("erasure")
def test_erasure_looking_records_that_nobody_erased_give_way_to_their_original(
    two: tuple[Workspace, Workspace], stick: Path
) -> None:
    lead, other = two
    issue = tell_all(lead)
    swap(lead, stick)
    swap(other, stick)
    path = next(path for path in files_in(other.store.folder / "store") if SECRETS[3].encode() in path.read_bytes())
    other.close()
    found = read_journal(path)
    from storage.intake import journal_bytes
    from storage.rows import erased

    path.write_bytes(journal_bytes(found.head, [erased(r) if r.kind == "personal" else r for r in found.records]))
    with Workspace.open(other.store.folder, now=other.now) as back:
        assert the_case(back, issue).words == ""
        swap(back, stick)
        assert the_case(back, issue).words == SECRETS[3]
        assert SECRETS[3].encode() in path.read_bytes()


@pytest.mark.fault("erasure")
def test_erasure_by_one_who_may_not_takes_nothing(two: tuple[Workspace, Workspace]) -> None:
    _lead, other = two
    issue = tell_all(other)
    with pytest.raises(MoveRefused):
        Erasing(other).erase([HOME], "asked")
    personal = next(e.record.ref for e in other.store.ledger.entries() if e.record.kind == "personal")
    ref = other.write(
        "erasure", {"household": HOME, "reason": "asked", "records": [str(personal)], "parts": [str(issue)]}
    )
    assert other.community.problem_of(ref).reason == "not_allowed"  # type: ignore[union-attr]
    assert the_case(other, issue).words == SECRETS[3]
    assert readable(other.store.folder)


@pytest.mark.fault("erasure")
def test_erasure_never_takes_what_others_rest_on(workspace: Workspace) -> None:
    enrol = next(e.record.ref for e in workspace.store.ledger.entries() if e.record.kind == "enrol")
    workspace.write("erasure", {"household": HOME, "reason": "asked", "records": [str(enrol)]})
    assert workspace.role == "team_lead"
    assert not isinstance(workspace.store.ledger.get(enrol).record.body, Erased)  # type: ignore[union-attr]


@pytest.mark.fault("erasure")
def test_erasure_counts_one_household_once_and_its_answer_stands(workspace: Workspace, clock: Clock) -> None:
    one, other = tell_all(workspace), tell_all(workspace, NEXT)
    reporting, casework = Reporting(workspace), Casework(workspace)
    second = reporting.report(NewReport("灯又坏了", "light_stair", "unit", "normal", HOME[:-2], HOME))
    workspace.write("merge", {"issues": [str(one), str(other), str(second)], "members": []})
    casework.move("claim", one)
    casework.move("resolve", one, done="换了声控灯，试过亮了")
    casework.move("confirm", one, {"household": HOME}, of=str(one), yes=True, way="door", on="2026-05-13")
    before = the_case(workspace, one)
    assert (len(before.followers), before.status) == (2, "confirmed")
    Erasing(workspace).erase([HOME], "asked")
    after = the_case(workspace, one)
    assert (len(after.followers), after.status) == (2, "confirmed")
    assert HOME not in after.followers
    assert [answer.yes for answer in after.answers.values()] == [True]
    assert the_case(workspace, one) not in workspace.community.cases_at(HOME[:-2])


@pytest.mark.fault("erasure")
def test_erasure_leaves_a_case_that_was_closed_for_want_of_an_answer_closed(workspace: Workspace, clock: Clock) -> None:
    issue = tell_all(workspace)
    casework, survey = Casework(workspace), Survey(workspace)
    casework.move("claim", issue)
    casework.move("resolve", issue, done="换了声控灯，试过亮了")
    for days in (2, 2):
        clock.forward(days=days)
        survey.record_visit(survey.dwelling(HOME[:-2]), "not_home")
    clock.forward(days=12)
    casework.move("close_unanswered", issue, note="两次都没有人")
    Erasing(workspace).erase([HOME], "asked")
    assert the_case(workspace, issue).status == "unanswered"


@pytest.mark.fault("erasure")
def test_erasure_takes_the_draft_of_that_household_alone(workspace: Workspace, clock: Clock) -> None:
    survey, interviewing = Survey(workspace), Interviewing(workspace)
    mine, theirs = (interviewing.begin(survey.dwelling(door[:-2])) for door in (HOME, NEXT))
    for session in (mine, theirs):
        session.answer("all")
    tell_all(workspace)
    Erasing(workspace).erase([HOME], "asked")
    assert [draft.about["household"] for draft in workspace.drafts.all()] == [NEXT]


KILLED = """
import sys
from pathlib import Path
from zhubao_tui.workspace.workspace import Workspace
from zhubao_tui.workspace.erasing import Erasing
import storage.eraser, os, signal
calls, replace = 0, storage.eraser.replace_whole
def dying(path, data):
    global calls
    calls += path.name != "workspace.json"
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(path, data)
storage.eraser.replace_whole = dying
workspace = Workspace.open(Path(sys.argv[1]))
Erasing(workspace).erase(["祥和苑/3-1-101#1"], "asked")
"""


@pytest.mark.fault("erasure")
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("nth", [1, 2])
def test_erasure_killed_on_its_way_goes_on_at_the_next_start(workspace: Workspace, clock: Clock, nth: int) -> None:
    tell_all(workspace)
    clock.forward(days=1)
    tell_all(workspace, HOME)
    folder = workspace.store.folder
    store = sorted((folder / "store").iterdir())
    (folder / "inbox" / "x.json").write_bytes(store[0].read_bytes())
    workspace.close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(nth)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Workspace.open(folder, now=clock) as back:
        back.refresh()
        assert back.community.erasures.in_force
        assert readable(folder) == []


@pytest.mark.fault("erasure")
def test_erasure_of_a_copy_that_cannot_be_written_is_told_and_done_later(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import storage.eraser as module

    tell_all(workspace)
    replace = module.replace_whole

    def refused(path: Path, data: bytes) -> None:
        raise SaveFailed(path.name, "busy")

    monkeypatch.setattr(module, "replace_whole", refused)
    household = Erasing(workspace).preview(HOME)
    body = {"household": HOME, "reason": "asked", "records": [str(e.record.ref) for e in household.records]}
    workspace.write("erasure", body)
    assert "not_erased" in {trouble.what for trouble in workspace.store.troubles}
    monkeypatch.setattr(module, "replace_whole", replace)
    workspace.refresh()
    assert readable(workspace.store.folder) == []
    assert "not_erased" not in {trouble.what for trouble in workspace.store.troubles}


@pytest.mark.fault("erasure")
@pytest.mark.parametrize("seed", range(12))
def test_erasure_takes_the_words_out_of_a_harmed_copy_as_well(workspace: Workspace, seed: int) -> None:
    tell_all(workspace)
    Erasing(workspace).erase([HOME], "retention")
    dice = random.Random(seed)
    targets = workspace.store.erased
    assert targets
    other = Workspace.create(workspace.store.folder.parent / "b", "祥和社区", "周立群", now=workspace.now)
    add_doors(other)
    tell_all(other)
    path = next(p for p in files_in(other.store.folder / "store") if SECRETS[3].encode() in p.read_bytes())
    data = bytearray(path.read_bytes())
    refs = frozenset(e.record.ref for e in Erasing(other).preview(HOME).records)
    bodies = data.index(b'"kind":"resident"')
    if seed % 3 == 0:
        data[dice.randrange(bodies, len(data) - 200)] ^= 1 << dice.randrange(8)
    elif seed % 3 == 1:
        del data[dice.randrange(bodies, len(data)) :]
    else:
        data = bytearray(
            json.dumps(json.loads(bytes(data)), ensure_ascii=seed % 2 == 0, sort_keys=True, indent=1).encode()
        )
    other.store.erase(refs, frozenset({"personal", "response", "care", "resident", "token"}))
    (workspace.store.folder.parent / "left").mkdir()
    (workspace.store.folder.parent / "left" / "x").write_bytes(other.store.without_erased("x", bytes(data)))
    assert readable(workspace.store.folder.parent / "left") == []
    other.close()


# -- consent


@pytest.mark.fault("consent")
def test_consent_taken_back_stops_all_use_at_once_and_waits_for_a_lead(
    two: tuple[Workspace, Workspace], stick: Path
) -> None:
    lead, other = two
    issue = tell_all(other)
    consenting.withdraw(other, HOME)
    household = other.community.household(HOME)
    assert household is not None
    assert (household.name, household.phone, household.token, household.care, household.responses) == (
        "",
        "",
        "",
        False,
        [],
    )
    assert the_case(other, issue).words == ""
    assert Cards(other).card(HOME).cases == ()
    assert not Reporting(other).may_name(household)
    swap(other, stick)
    swap(lead, stick)
    assert Erasing(lead).awaiting() == [HOME]
    Exporting(lead).tinydb_unmasked(stick / "all.json", "审计抽查")
    assert not any(secret in (stick / "all.json").read_text("utf-8") for secret in SECRETS)
    Erasing(lead).erase([HOME], "withdrawn")
    assert Erasing(lead).awaiting() == []
    swap(lead, stick)
    swap(other, stick)
    assert readable(lead.store.folder, other.store.folder, stick) == []


@pytest.mark.fault("consent")
def test_consent_taken_back_is_not_overruled_by_one_who_did_not_know(
    two: tuple[Workspace, Workspace], stick: Path
) -> None:
    lead, other = two
    tell_all(other)
    swap(other, stick)
    swap(lead, stick)
    consenting.withdraw(lead, HOME)
    for _number in range(5):
        tell_all(other)  # offline, and later in the order
    swap(lead, stick)
    swap(other, stick)
    for one in (lead, other):
        swap(one, stick)
        household = one.community.household(HOME)
        assert household is not None
        assert (household.consent, household.name, household.responses) == ("withdrawn", "", [])
    assert {problem.reason for problem in lead.community.problems()} == {"withdrawn"}


@pytest.mark.fault("consent")
def test_consent_given_again_uses_nothing_of_what_was_said_before(workspace: Workspace) -> None:
    tell_all(workspace)
    consenting.withdraw(workspace, HOME)
    household = workspace.community.household(HOME)
    assert household is not None
    workspace.write(
        "consent", {"household": HOME, "choice": "record", "notice": "2026-1"} | consenting.renewed(household)
    )
    household = workspace.community.household(HOME)
    assert household is not None
    assert (household.consent, household.name, household.responses) == ("record", "", [])
    assert Erasing(workspace).awaiting() == [HOME]


@pytest.mark.fault("consent")
def test_consent_taken_back_may_have_a_recorded_exception(workspace: Workspace) -> None:
    tell_all(workspace)
    consenting.withdraw(workspace, HOME)
    with pytest.raises(MoveRefused):
        Erasing(workspace).except_from(HOME, " ")
    Erasing(workspace).except_from(HOME, "法院要求保全")
    assert Erasing(workspace).awaiting() == []
    assert workspace.community.household(HOME).name == ""  # type: ignore[union-attr]
    assert [line.exception for line in Privacy(workspace).register().erasures] == ["法院要求保全"]


@pytest.mark.fault("consent")
def test_consent_refused_at_the_door_leaves_only_the_outcome(workspace: Workspace) -> None:
    session = Interviewing(workspace).begin(Survey(workspace).dwelling(HOME[:-2]))
    session.answer("no")
    session.report(NewReport("墙上有裂缝", "build_crack", "unit", "normal", HOME[:-2], HOME))
    session.finish()
    written = {entry.record.kind for entry in workspace.store.ledger.entries() if entry.person == workspace.person}
    assert written & {"response", "care", "resident", "token"} == set()
    personal = next(e.record.body for e in workspace.store.ledger.entries() if e.record.kind == "personal")
    assert set(personal) == {"of", "words"}


@pytest.mark.fault("consent")
def test_consent_by_one_who_may_not_give_it_does_not_count(workspace: Workspace) -> None:
    session = Interviewing(workspace).begin(Survey(workspace).dwelling(HOME[:-2]))
    assert session.answer("all").ok
    session.go_on()
    assert session.interview.position.name == "respondent"
    assert not session.answer("minor").ok
    ref = workspace.write("consent", {"household": HOME, "choice": "all", "notice": "1", "by": "child"})
    assert workspace.community.problem_of(ref).reason == "incomplete"  # type: ignore[union-attr]
    assert workspace.community.household(HOME).consent == ""  # type: ignore[union-attr]


@pytest.mark.fault("consent")
def test_consent_through_a_guardian_says_so_and_names_what_it_comes_after(workspace: Workspace) -> None:
    tell_all(workspace)
    withdrawal = consenting.withdraw(workspace, HOME)
    answers = {
        "consent": "all", "respondent": "guardian", "phone": {"special": "na"}, "tenure": "own", "size": 2, "aged60": 0,
        "minors": 1, "gas": "pipe", "home_state": "good", "ebike": "none", "any_issue": "no", "any_care": "no",
        "know": "face", "sat": "4",
    }  # fmt: skip
    interview_from(workspace, HOME[:-2], answers)
    given = [e.record.body for e in workspace.store.ledger.entries() if e.record.kind == "consent"][-1]
    assert (given["by"], given["renews"]) == ("guardian", [str(withdrawal)])
    household = workspace.community.household(HOME)
    assert household is not None
    assert (household.consent, len(household.responses), household.name) == ("all", 1, "")


# -- register, sheet, export, retention


def test_register_says_who_knows_of_an_erasure(two: tuple[Workspace, Workspace], stick: Path) -> None:
    lead, other = two
    tell_all(lead)
    Erasing(lead).erase([HOME], "asked")
    line = Privacy(lead).register().erasures[0]
    assert (line.carried_out, line.laptops, line.of) == (True, 1, 2)
    swap(lead, stick)
    swap(other, stick)
    swap(lead, stick)
    assert Privacy(lead).register().erasures[0].laptops == 2
    with pytest.raises(MoveRefused):
        Privacy(other).register()


@pytest.mark.fault("masked-export")
def test_masked_export_holds_no_name_and_no_number(workspace: Workspace, tmp_path: Path) -> None:
    tell_all(workspace)
    Reporting(workspace).report(
        NewReport("找欧阳秋月，13912340001，身份证 110101199003071234", "help_errand", "unit", "normal", NEXT[:-2])
    )
    Exporting(workspace).tinydb(tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text("utf-8")
    assert "欧阳＊＊" not in text
    assert "欧＊＊" in text
    assert not any(secret in text for secret in ("欧阳秋月", "13912340001", "110101199003071234", "周立群"))
    tables = json.loads(text)
    assert tables.keys() == {"journals", "records"}
    refs = [row["body"]["of"] for row in tables["records"].values() if row["kind"] == "personal"]
    assert all(workspace.community.entry(Ref.parse(ref)) for ref in refs)
    with pytest.raises(MoveRefused):
        Exporting(workspace).tinydb_unmasked(tmp_path / "open.json", "")
    assert not (tmp_path / "open.json").exists()
    Exporting(workspace).tinydb_unmasked(tmp_path / "open.json", "纪委核查")
    assert "欧阳秋月" in (tmp_path / "open.json").read_text("utf-8")
    log = Privacy(workspace).register().exports
    assert [(line.what, line.reason) for line in log] == [("tinydb", "纪委核查")]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("13812345678", "138＊＊＊＊5678"), ("138 1234 5678", "138＊＊＊＊5678"), ("010-55501234", "010＊＊＊＊1234"),
        ("11010119900307123X", "110＊＊＊＊＊＊＊＊＊＊＊＊＊3X"), ("3-2-501 第 12 件", "3-2-501 第 12 件"),
        ("１３８１２３４５６７８", "１３８＊＊＊＊５６７８"),
    ],
)  # fmt: skip
def test_masking_by_table(said: str, shown: str) -> None:
    assert mask_text(said) == shown


def test_masking_of_names_and_odd_telephones() -> None:
    assert (mask_name("张三"), mask_name("张"), mask_name("")) == ("张＊＊", "张＊＊", "")
    assert (mask_phone("12345"), mask_phone("")) == ("＊＊＊＊", "")
    assert mask_text("找张三丰", ["张三丰", "张三"]) == "找张＊＊"


def test_sheet_tells_a_household_all_that_is_held_on_it(two: tuple[Workspace, Workspace]) -> None:
    lead, other = two
    tell_all(lead)
    sheet = sheet_of(lead, HOME)
    text = "\n".join(lines_of(sheet))
    assert all(secret in text for secret in SECRETS)
    assert "包联干部" not in text
    assert "队长" in text
    with pytest.raises(MoveRefused):
        sheet_of(other, HOME)
    Reporting(lead).report(NewReport("<script>alert(1)</script>", "light_stair", "unit", "normal", HOME[:-2], HOME))
    page = page_of(sheet_of(lead, HOME))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_retention_lists_what_is_old_and_erases_when_a_lead_confirms(workspace: Workspace, clock: Clock) -> None:
    issue = tell_all(workspace)
    tell_all(workspace, NEXT)
    casework = Casework(workspace)
    assert outdated(workspace) == []
    workspace.write("settings", {"retention_months": "12"})
    casework.move("reject", issue, reason="private", words="这是自家的事", elsewhere="社区调解")
    clock.forward(days=400)
    found = outdated(workspace)
    assert [one.household for one in found] == [HOME]  # the other one's case is still open
    Erasing(workspace).erase([one.household for one in found], "retention")
    assert outdated(workspace) == []
    assert workspace.community.household(NEXT).name == SECRETS[0]  # type: ignore[union-attr]


def test_retention_counts_calendar_months() -> None:
    from datetime import date

    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 5, 13), 24) == date(2024, 5, 13)


# -- on the screen


@pytest.mark.fault("consent")
async def test_consent_is_taken_back_at_the_door_and_a_lead_erases_by_a_digit_never_by_enter(
    workspace: Workspace,
) -> None:
    tell_all(workspace)
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_door(HOME[:-2])
        await pilot.pause()
        assert SECRETS[0] in words_on(app)
        await app.screen.run_action("withdraw")
        await until(pilot, lambda: isinstance(app.screen, WithdrawDialog))
        await pilot.press("enter")
        assert isinstance(app.screen, WithdrawDialog)
        await pilot.press("１")  # full width, as an input method gives it
        await until(pilot, lambda: not isinstance(app.screen, WithdrawDialog))
        await pilot.pause()
        assert SECRETS[0] not in words_on(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "1 户撤回了同意" in words_on(app))
        app.open_privacy()
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen) and HOME in words_on(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EraseDialog))
        await pilot.press("enter")
        await pilot.pause()
        assert workspace.community.erasures.in_force == []
        await pilot.press("9")
        await until(pilot, lambda: isinstance(app.screen, PrivacyScreen))
        assert readable(workspace.store.folder) == []
        await pilot.press("2")
        await until(pilot, lambda: "本机已删" in words_on(app))
        await pilot.press("3")
        await until(pilot, lambda: "没有设保存期限" in words_on(app))


async def test_the_register_is_for_leads(two: tuple[Workspace, Workspace]) -> None:
    _lead, other = two
    app = ZhubaoApp(other)
    async with app.run_test() as pilot:
        app.open_privacy()
        await pilot.pause()
        assert not isinstance(app.screen, PrivacyScreen)
        assert "组长、队长" in app.said[0]
