"""An interview at a door: every answer on disk, resumed anywhere, and what it leaves behind as records."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from textual.widgets import OptionList

from conftest import Clock
from keys import until, until_screen, words_on
from screens import interview as interview_screen
from screens.interview import InterviewScreen
from storage import files
from storage.drafts import Draft
from storage.errors import SaveFailed
from storage.journal import Journal
from storage.record import Ref
from zhubao_tui import forms
from zhubao_tui.app import ZhubaoApp
from zhubao_tui.interview import End, Form, Question, RepeatPrompt
from zhubao_tui.workspace.board import Today
from zhubao_tui.workspace.errors import DraftUnusable, PartlyTaken
from zhubao_tui.workspace.interviewing import LONG_FORM, Interviewing
from zhubao_tui.workspace.reporting import NewReport
from zhubao_tui.workspace.scripted import AnswersUnusable, interview_from, read_answers
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.session import NOTICE, InterviewSession
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

DOOR = "祥和苑/3-1-101"
ISSUE = "/data/worries/issue"
LONG: Mapping[str, Any] = {
    "consent": "all", "respondent": "head", "phone": "13912345678", "tenure": "rent", "size": 2, "aged60": 0,
    "minors": 0, "gas": "pipe", "home_state": "good", "ebike": "none", "any_issue": "no", "any_care": "no",
    "know": "no", "sat": "4",
}  # fmt: skip
SHORT: Mapping[str, Any] = {"any_issue": "no", "any_care": "no", "sat": "5"}
CARE: Mapping[str, Any] = {"any_care": "yes", "care_agree": "yes", "care_need": ["alone", "ill"], "care_who": "王奶奶"}


def begin(workspace: Workspace, *, by_phone: bool = False) -> InterviewSession:
    return Interviewing(workspace).begin(Survey(workspace).dwelling(DOOR), by_phone=by_phone)


def resumed(workspace: Workspace) -> InterviewSession:
    """The interview as a program that was started anew finds it."""
    again = Workspace.open(workspace.store.folder, now=workspace.now)
    try:
        (draft,) = Survey(again).drafts()
        return Interviewing(again).resume(draft)
    finally:
        again.close()


def body(workspace: Workspace, ref: Ref | None) -> Mapping[str, Any]:
    entry = workspace.community.entry(ref) if ref else None
    assert entry is not None
    return entry.record.body


def records(workspace: Workspace, kind: str) -> list[Mapping[str, Any]]:
    return [entry.record.body for entry in workspace.store.ledger.entries() if entry.record.kind == kind]


def go(session: InterviewSession, answers: Mapping[str, Any], *, until: str = "") -> None:
    """Answer in the form's own order up to the end, or until a question is at hand."""
    while not isinstance(session.interview.position, End):
        position = session.interview.position
        if isinstance(position, Question):
            if position.name == until:
                return
            value = answers.get(position.name)
            if value is not None and not position.readonly:
                assert session.answer(value if isinstance(value, list) else str(value)).ok, position.name
        assert session.go_on().ok, position


def interviewed(workspace: Workspace, answers: Mapping[str, Any]) -> InterviewSession:
    session = begin(workspace)
    go(session, answers)
    session.finish()
    return session


def new(words: str = "楼道灯不亮好几天了") -> NewReport:
    return NewReport(words, "light_stair", "unit", "normal", DOOR)


# -- every answer is on disk


def test_an_interview_is_resumed_after_every_single_step(workspace: Workspace) -> None:
    session = begin(workspace)
    while not isinstance(session.interview.position, End):
        position = session.interview.position
        if isinstance(position, Question) and not position.readonly:
            if position.name == "size":
                assert session.answer_special("na").ok
            elif position.name in {**LONG, **CARE}:
                assert session.answer(_text(position.name)).ok
            session.remark(f"备注：{position.name}")
            found = resumed(workspace)
            assert found.interview.position == session.interview.position
            assert found.interview.leaves() == session.interview.leaves()
        session.go_on()
        found = resumed(workspace)
        assert found.interview.position == session.interview.position
        assert found.interview.result() == session.interview.result()
        found.draft.close()
    assert session.interview.missing() == ()
    assert resumed(workspace).interview.result().specials == {"/data/home/size": "na"}


def _text(name: str) -> str | list[str]:
    value = {**LONG, **CARE}[name]
    return value if isinstance(value, list) else str(value)


def test_reports_and_repeats_are_resumed_too(workspace: Workspace) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    session.jump(ISSUE)
    session.report(new(), ISSUE)
    session.report(new("电梯老停，吓人"))  # F4, beside the form
    session.undo_report(session.report(new("说错了的那件"), ISSUE))
    found = resumed(workspace)
    assert found.reports == session.reports
    assert [place for _ref, place in found.reports] == [f"{ISSUE}[1]", ""]
    assert found.interview.position == session.interview.position
    assert found.interview.result() == session.interview.result()
    assert isinstance(found.interview.position, RepeatPrompt)
    assert found.interview.position.count == 1


def test_a_report_written_just_before_the_power_failed_is_not_lost_from_its_interview(workspace: Workspace) -> None:
    session = begin(workspace)
    go(session, LONG, until="tenure")
    new = NewReport("灯坏了", "light_stair", "unit", "normal", DOOR, session.household.id)
    ref = session._reporting.report(new, agreed=True)
    assert resumed(workspace).reports == [(ref, "")]


# -- what becomes of a draft


def changed(session: InterviewSession, old: str, new: str) -> Path:
    """Write into an unfinished interview's file what this program would not."""
    session.draft.close()
    path = file_of(session)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def file_of(session: InterviewSession) -> Path:
    return session._workspace.store.folder / "drafts" / f"{session.draft.id}.json"


class Held(OSError):
    """What Windows says of a file that another program has open."""

    winerror = 32


def refuse(*_given: object) -> NoReturn:
    raise SaveFailed("draft.json", "full")


def test_an_interview_goes_on_with_the_form_it_began_with(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(workspace)
    go(session, LONG, until="tenure")
    before = forms.load(LONG_FORM)
    after = Form(before.xform.replace(f'version="{before.version}"', 'version="2099-1"').replace("tenure", "lease"))
    monkeypatch.setitem(forms._loaded, LONG_FORM, after)
    shutil.rmtree(workspace.store.folder / "cache")
    found = resumed(workspace)
    assert found.interview.position == session.interview.position
    found.draft.close()
    assert begin(workspace).interview.form.version == "2099-1"
    go(session, LONG)
    response = body(workspace, session.finish().response)
    assert (response["version"], response["answers"]["home"]["tenure"]) == (before.version, "rent")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"dwelling":"', '"dwelling":"无', "door"),
        ('"household":"', '"household":"无', "household"),
        ('"household":', '"house":', "household"),
        ('"xform":"', '"xform":"<', "version"),
        ('"presets":{', '"preset":{', "unreadable"),
        ('"presets":{"last_open":"0"}', '"presets":7', "unreadable"),
        ('"do":"answer"', '"do":"sing"', "step 1"),
        ('"do":"answer"', '"did":"answer"', "unreadable"),
        ('"value":"all"', '"value":"castle"', "step 1"),
        ('"do":"answer","ref":"/data/open/consent"', '"do":"report","ref":"x"', "unreadable"),
    ],
)
def test_a_draft_that_can_not_be_gone_on_with_stays_as_it_is_and_blocks_no_door(
    workspace: Workspace, old: str, new: str, why: str
) -> None:
    session = begin(workspace)
    session.answer("all")
    path = changed(session, old, new)
    workspace.drafts.close()
    data = path.read_bytes()
    dwelling, interviewing = Survey(workspace).dwelling(DOOR), Interviewing(workspace)
    (draft,) = Survey(workspace).drafts()
    with pytest.raises(DraftUnusable) as caught:
        interviewing.resume(draft)
    assert str(caught.value) == why
    assert interviewing.waiting(dwelling) is None
    second = interviewing.begin(dwelling)
    assert interviewing.waiting(dwelling) is second.draft
    go(second, LONG)
    second.finish()
    assert Survey(workspace).drafts() == [draft]
    assert path.read_bytes() == data


def test_a_draft_from_before_forms_were_kept_goes_on_while_its_form_is_here(workspace: Workspace) -> None:
    session = begin(workspace)
    session.answer("all")
    changed(session, '"xform":', '"formerly":')
    assert resumed(workspace).interview.value_of("consent") == "all"
    changed(session, '"version":"', '"version":"9')
    with pytest.raises(DraftUnusable, match="version"):
        resumed(workspace)


def test_an_unfinished_interview_stays_with_the_family_that_moved_out(workspace: Workspace, clock: Clock) -> None:
    survey, interviewing = Survey(workspace), Interviewing(workspace)
    session = begin(workspace)
    go(session, LONG, until="tenure")
    assert interviewing.waiting(survey.dwelling(DOOR)) is session.draft
    clock.forward(days=3)
    new_family = survey.moved_in(survey.dwelling(DOOR))
    assert interviewing.waiting(survey.dwelling(DOOR)) is None
    assert not survey.drafted()
    found = resumed(workspace)
    found.draft.close()
    assert found.household.id == f"{DOOR}#1"
    session.put_down()
    go(session, LONG)
    done = session.finish()
    old_family = workspace.community.dwellings[DOOR].households[0]
    assert [visit.outcome for visit in old_family.visits] == ["interviewed"]
    assert (body(workspace, done.response)["household"], old_family.phone) == (f"{DOOR}#1", "13912345678")
    now = workspace.community.dwellings[DOOR].household
    assert (now.id, now.visits, now.responses, now.consent, now.phone) == (new_family.id, [], [], "", "")


@pytest.mark.fault("locked-file")
def test_a_finished_interview_is_not_written_twice_though_somebody_holds_its_draft(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(workspace)
    go(session, LONG)
    with monkeypatch.context() as held:
        held.setattr(session.draft, "discard", refuse)
        done = session.finish()
        assert session.finish() == done
        assert file_of(session).exists()
    assert session.finish() == done
    assert not file_of(session).exists()
    assert [len(records(workspace, kind)) for kind in ("visit", "response", "consent")] == [1, 1, 1]


def test_a_finished_interview_is_never_offered_and_goes_as_soon_as_it_can(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    session = begin(workspace)
    go(session, LONG)
    with monkeypatch.context() as held:
        held.setattr(Draft, "discard", refuse)
        held.setattr(Draft, "try_discard", lambda _draft: False)
        session.finish()
        session.draft.close()
        assert Survey(workspace).drafts() == []
        clock.forward(minutes=5)
        go(again := begin(workspace), LONG)
        again.finish()  # the visit that names the first draft is replaced by now
        again.draft.close()
        assert Survey(workspace).drafts() == []
        assert Interviewing(workspace).waiting(Survey(workspace).dwelling(DOOR)) is None
    assert file_of(session).exists()
    workspace.close()
    with Workspace.open(workspace.store.folder, app=True, now=clock) as opened:
        assert Today(opened, Survey(opened)).board().drafts == []
    assert not any((workspace.store.folder / "drafts").iterdir())


@pytest.mark.fault("locked-file")
def test_a_virus_scanner_that_holds_a_draft_for_a_moment_is_waited_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(workspace)
    tries: list[str] = []
    unlink = Path.unlink

    def held(path: Path, *, missing_ok: bool = False) -> None:
        tries.append(path.name)
        if len(tries) < 3:
            raise Held
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(files, "PATIENCE", (0, 0, 0))
    monkeypatch.setattr(Path, "unlink", held)
    session.draft.discard()
    assert len(tries) == 3
    assert not file_of(session).exists()


# -- a full disk


WRITING: Mapping[str, Callable[[InterviewSession], object]] = {
    "answer": lambda session: session.answer("own"),
    "answer_special": lambda session: session.answer_special("na"),
    "go_on": lambda session: session.go_on(),
    "back": lambda session: session.back(),
    "jump": lambda session: session.jump("/data/open/consent"),
    "remark": lambda session: session.remark("晚上才在家"),
    "clear": lambda session: session.clear(),
    "add_repeat": lambda session: session.add_repeat(ISSUE),
    "remove_repeat": lambda session: session.remove_repeat(ISSUE, 1),
}


@pytest.mark.fault("full-append")
@pytest.mark.parametrize("change", WRITING)
def test_what_could_not_be_saved_has_not_happened_and_the_same_key_saves_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    session.report(new(), ISSUE)
    session.report(new("电梯老停"), ISSUE)
    session.jump("/data/home/tenure")
    before = (session.interview.position, session.interview.leaves(), session.interview.result(), session.reports)
    with monkeypatch.context() as full:
        full.setattr(session.draft, "append", refuse)
        with pytest.raises(SaveFailed):
            WRITING[change](session)
    assert before == (
        session.interview.position, session.interview.leaves(), session.interview.result(), session.reports
    )  # fmt: skip
    WRITING[change](session)
    found = resumed(workspace)
    after = (session.interview.position, session.interview.leaves(), session.interview.result(), session.reports)
    assert after == (found.interview.position, found.interview.leaves(), found.interview.result(), found.reports)
    assert before != after


@pytest.mark.parametrize("change", ["report", "support", "undo_report", "put_down", "finish"])
def test_records_that_could_not_be_saved_leave_the_interview_as_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    ref = session.report(new(), ISSUE)
    case = workspace.community.case_of(ref)
    assert case is not None
    session.jump(f"{ISSUE}[1]/show_words")
    session.answer("yes")
    go(session, LONG)
    doing: Mapping[str, Callable[[], object]] = {
        "report": lambda: session.report(new("电梯老停"), ISSUE),
        "support": lambda: session.support(case, "", ISSUE),
        "undo_report": lambda: session.undo_report(ref),
        "put_down": session.put_down,
        "finish": session.finish,
    }
    before = (session.interview.position, session.interview.leaves(), list(session.reports), len(session.draft.steps))
    with monkeypatch.context() as full:
        full.setattr(Journal, "append", refuse)
        with pytest.raises(SaveFailed):
            doing[change]()
    assert before == (
        session.interview.position, session.interview.leaves(), session.reports, len(session.draft.steps)
    )  # fmt: skip
    doing[change]()
    assert len(list(workspace.community.cases())) == {"report": 2, "undo_report": 0}.get(change, 1)
    assert len(records(workspace, "visit")) == (change in ("put_down", "finish"))


def test_a_report_that_stands_is_not_called_unsaved_because_the_draft_is_full(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    with monkeypatch.context() as full:
        full.setattr(session.draft, "append", refuse)
        kept = session.report(new(), ISSUE)
        beside = session.report(new("电梯老停"))
        assert session.reports == [(kept, f"{ISSUE}[1]"), (beside, "")]
        assert resumed(workspace).reports == [(kept, ""), (beside, "")]  # killed here, the draft knows neither
        for change in (lambda: session.answer("no"), session.put_down):
            with pytest.raises(SaveFailed):
                change()
        assert session.interview.value_of("words") == "楼道灯不亮好几天了"
    session.answer("no")
    found = resumed(workspace)
    assert found.reports == session.reports
    assert found.interview.leaves() == session.interview.leaves()
    assert len(list(workspace.community.cases())) == 2


def test_copies_move_up_when_a_report_before_them_is_undone(workspace: Workspace) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    first, second, third = (session.report(new(words), ISSUE) for words in ("灯坏了", "电梯老停", "下水道堵了"))
    session.undo_report(first)
    assert session.reports == [(second, f"{ISSUE}[1]"), (third, f"{ISSUE}[2]")]
    assert resumed(workspace).reports == session.reports
    session.undo_report(second)
    found = resumed(workspace)
    for one in (session, found):
        assert one.reports == [(third, f"{ISSUE}[1]")]
        assert one.interview.value_of("words") == "下水道堵了"
    found.draft.close()
    session.remove_repeat(ISSUE, 1)
    assert session.reports == resumed(workspace).reports == [(third, "")]


def test_a_report_undone_just_before_the_power_failed_is_gone_from_its_interview(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    first, second = (session.report(new(words), ISSUE) for words in ("灯坏了", "电梯老停"))
    with monkeypatch.context() as full:
        full.setattr(session.draft, "append", refuse)
        session.undo_report(first)
    session.draft.close()
    found = resumed(workspace)
    assert found.reports == session.reports == [(second, f"{ISSUE}[1]")]
    assert found.interview.leaves() == session.interview.leaves()
    found.answer("no")
    found.draft.close()
    assert resumed(workspace).reports == [(second, f"{ISSUE}[1]")]


# -- what it leaves behind


def test_a_finished_interview_is_a_visit_a_consent_and_a_response(workspace: Workspace) -> None:
    session = begin(workspace)
    go(session, {**LONG, "any_issue": "yes"}, until="any_care")
    session.jump(ISSUE)
    issue = session.report(new(), ISSUE)
    for name, value in (("told", ["grid"]), ("show_words", "yes")):
        session.jump(f"{ISSUE}[1]/{name}")
        session.answer(value)
    session.jump("/data/renewal/renew")
    session.answer_special("na")
    session.remark("说了不算")
    session.jump("/data/care/any_care")
    go(session, LONG)
    done = session.finish()
    response = body(workspace, done.response)
    assert response["answers"]["worries"] == {
        "any_issue": "yes",
        "issue": [
            {"words": "楼道灯不亮好几天了", "category": "light_stair", "place": "unit", "urgency": "normal",
             "told": ["grid"], "show_words": "yes"},
        ],
    }  # fmt: skip
    assert response["answers"]["home"]["size"] == 2
    assert (response["form"], response["household"]) == ("zhubao_household", f"{DOOR}#1")
    assert response["visit"] == str(done.visit)
    assert response["specials"] == {"/data/renewal/renew": "na"}
    assert response["remarks"] == {"/data/renewal/renew": "说了不算"}
    assert response["reports"] == [str(issue)] == [str(ref) for ref in done.reports]
    assert body(workspace, done.visit)["outcome"] == "interviewed"
    (consent,) = records(workspace, "consent")
    assert (consent["choice"], consent["notice"], consent["visit"]) == ("all", NOTICE, str(done.visit))
    household = workspace.community.dwellings[DOOR].household
    assert (household.consent, household.phone) == ("all", "13912345678")
    assert len(household.token) == 26
    assert Survey(workspace).drafts() == []
    assert json.dumps(response, ensure_ascii=False)


def test_care_answers_are_a_record_of_their_own(workspace: Workspace) -> None:
    interviewed(workspace, {**LONG, **CARE})
    (care,) = records(workspace, "care")
    (response,) = records(workspace, "response")
    assert care["answers"] == {**CARE}
    assert care["visit"] == response["visit"]
    assert "care" not in response["answers"]
    assert "王奶奶" not in json.dumps(response, ensure_ascii=False)
    assert workspace.community.dwellings[DOOR].household.care


def test_by_telephone_is_said(workspace: Workspace) -> None:
    session = begin(workspace, by_phone=True)
    go(session, LONG, until="tenure")
    found = resumed(workspace)
    found.draft.close()
    go(session, LONG)
    assert body(workspace, session.finish().visit)["outcome"] == "by_phone"


def test_no_consent_leaves_only_door_day_and_that(workspace: Workspace) -> None:
    session = begin(workspace)
    go(session, LONG, until="know")
    session.jump("/data/open/consent")
    session.answer("no")
    ref = session.report(new("楼道灯坏了"))
    while not isinstance(session.interview.position, End):
        session.go_on()
    done = session.finish()
    assert done.response is None
    visit = body(workspace, done.visit)
    assert (visit["outcome"], visit["not_again"]) == ("refused", True)
    for kind in ("response", "care", "resident", "token"):
        assert records(workspace, kind) == []
    case = workspace.community.case_of(ref)
    assert case is not None
    assert (case.followers, case.reports[0].household) == (frozenset(), "")
    everything = [path.read_text("utf-8") for path in workspace.store.folder.rglob("*.json")]
    assert not any("13912345678" in text for text in everything)
    assert not any(path.name == f"{session.draft.id}.json" for path in workspace.store.folder.rglob("*"))


def test_an_interview_can_not_be_finished_while_something_is_missing(workspace: Workspace) -> None:
    session = begin(workspace)
    session.answer("all")
    with pytest.raises(ValueError, match="not complete"):
        session.finish()
    assert records(workspace, "visit") == []
    assert len(Survey(workspace).drafts()) == 1


def test_put_down_shows_at_the_door_once_a_day_and_is_corrected_by_the_end(workspace: Workspace, clock: Clock) -> None:
    survey = Survey(workspace)
    session = begin(workspace)
    go(session, LONG, until="tenure")
    session.put_down()
    session.put_down()
    assert [visit.outcome for visit in workspace.community.dwellings[DOOR].household.visits] == ["partial"]
    assert survey.mark(survey.dwelling(DOOR)).draft
    clock.forward(hours=2)
    go(session, LONG)
    session.finish()
    assert [visit.outcome for visit in workspace.community.dwellings[DOOR].household.visits] == ["interviewed"]


def test_put_down_is_shown_although_nobody_was_in_before(workspace: Workspace) -> None:
    Survey(workspace).record_visit(Survey(workspace).dwelling(DOOR), "not_home")
    session = begin(workspace)
    go(session, LONG, until="tenure")
    session.put_down()
    assert workspace.community.dwellings[DOOR].household.visits[-1].outcome == "partial"


# -- the next time


def test_the_short_form_from_the_second_interview_on(workspace: Workspace, clock: Clock) -> None:
    session = begin(workspace)
    go(session, LONG, until="any_care")
    session.report(new())
    go(session, LONG)
    session.finish()
    clock.forward(days=30)
    second = begin(workspace)
    assert second.interview.form.id == "zhubao_return"
    assert second.interview.value_of("last_open") == "1"
    assert isinstance(second.interview.position, Question)
    assert second.interview.position.name == "solved"
    go(second, {**SHORT, "solved": "none"})
    second.finish()
    assert len(records(workspace, "consent")) == 1  # none was read out this time
    assert records(workspace, "response")[-1]["answers"]["last"] == {"last_open": "1", "solved": "none"}
    clock.forward(days=366)
    assert begin(workspace).interview.form.id == "zhubao_household"


@pytest.mark.parametrize("choice", ["no", "record"])
def test_without_a_standing_consent_the_long_form_is_asked(workspace: Workspace, clock: Clock, choice: str) -> None:
    interviewed(workspace, LONG)
    clock.forward(days=30)
    workspace.write("consent", {"household": f"{DOOR}#1", "choice": choice, "notice": NOTICE})
    assert begin(workspace).interview.form.id == ("zhubao_household" if choice == "no" else "zhubao_return")


def test_a_new_family_is_asked_everything_anew(workspace: Workspace, clock: Clock) -> None:
    interviewed(workspace, LONG)
    clock.forward(days=30)
    Survey(workspace).moved_in(Survey(workspace).dwelling(DOOR))
    session = begin(workspace)
    assert session.interview.form.id == "zhubao_household"
    session.answer("all")
    assert session.interview.value_of("last_open") == "0"
    session.clear()
    assert session.consent == ""


def test_what_was_just_saved_is_opened_again_with_every_answer(workspace: Workspace, clock: Clock) -> None:
    first = begin(workspace)
    go(first, {**LONG, **CARE, "any_issue": "yes"}, until="any_care")
    first.jump(ISSUE)
    issue = first.report(new(), ISSUE)
    first.jump(f"{ISSUE}[1]/show_words")
    first.answer("no")
    first.jump("/data/care/any_care")
    go(first, {**LONG, **CARE})
    before = first.interview.result()
    first.finish()
    clock.forward(minutes=5)
    again = begin(workspace)
    assert again.interview.result() == before
    again.jump("/data/home/size")
    again.answer("4")
    assert resumed(workspace).interview.result() == again.interview.result()
    assert [ref for ref, _place in resumed(workspace).reports] == [issue]
    assert resumed(workspace).interview.position == again.interview.position
    again.jump("")
    again.finish()
    household = workspace.community.dwellings[DOOR].household
    assert [visit.outcome for visit in household.visits] == ["interviewed"]
    (response,) = household.responses
    assert response.answers["home"]["size"] == 4
    assert response.reports == (str(issue),)
    assert len(records(workspace, "token")) == 1
    clock.forward(days=1)
    assert begin(workspace).interview.form.id == "zhubao_return"


# -- from a file


def test_a_file_of_answers_is_an_interview(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    issues = [
        {"words": "楼道灯不亮", "category": "light_stair", "place": "unit", "show_words": "yes", "told": ["grid"]}
    ]
    given = {**LONG, "any_issue": "yes", "issues": issues, "party": {"special": "na"}}
    path.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8-sig")
    done = interview_from(workspace, "3-1-101", read_answers(path))
    response = body(workspace, done.response)
    assert response["specials"] == {"/data/home/party": "na"}
    assert response["answers"]["worries"]["issue"][0]["told"] == ["grid"]
    assert response["reports"] == [str(done.reports[0])]
    number = records(workspace, "report")[0]["number"]
    joining = {**LONG, "any_issue": "yes", "issues": [{"join": number, "show_words": "no"}]}
    second = interview_from(workspace, "3-2-101", joining)
    case = workspace.community.case_of(done.reports[0])
    assert case is not None
    assert case.followers == {f"{DOOR}#1", "祥和苑/3-2-101#1"}
    assert body(workspace, second.response)["answers"]["worries"]["issue"][0]["joined"] == case.id


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        ({"size": 0}, "size", "constraint"),
        ({"size": "三"}, "size", "type"),
        ({"tenure": "castle"}, "tenure", "type"),
        ({"tenure": None}, "tenure", "required"),
        ({"consent": None}, "consent", "required"),
        ({"consent": {"special": "na"}}, "consent", "special"),
        ({"size": {"special": "perhaps"}}, "size", "special"),
        ({"sise": 3}, "sise", "unknown"),
        ({"any_issue": "yes", "issues": ["灯"]}, "issues", "object"),
    ],
)
def test_a_bad_answer_is_named_and_nothing_is_kept(
    workspace: Workspace, change: dict[str, Any], name: str, why: str
) -> None:
    with pytest.raises(AnswersUnusable) as caught:
        interview_from(workspace, DOOR, {**LONG, **change})
    assert (caught.value.name, caught.value.why) == (name, why)
    assert workspace.community.dwellings[DOOR].household.visits == []
    assert Survey(workspace).drafts() == []


def test_reports_of_a_file_that_fails_later_take_no_effect(workspace: Workspace) -> None:
    good = {"words": "楼道灯不亮", "category": "light_stair", "show_words": "yes"}
    with pytest.raises(AnswersUnusable):
        interview_from(workspace, DOOR, {**LONG, "any_issue": "yes", "issues": [good], "sat": "9"})
    assert list(workspace.community.cases()) == []


def test_where_even_undoing_is_refused_that_is_said_and_the_draft_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_of: object) -> None:
        raise SaveFailed("store", "full")

    monkeypatch.setattr("zhubao_tui.workspace.scripted.undo", refuse)
    good = {"words": "楼道灯不亮", "category": "light_stair", "show_words": "yes"}
    with pytest.raises(PartlyTaken) as caught:
        interview_from(workspace, DOOR, {**LONG, "any_issue": "yes", "issues": [good], "sat": "9"})
    assert "接着问" in (sentence(caught.value) or "")
    assert len(list(workspace.community.cases())) == 1
    assert len(Survey(workspace).drafts()) == 1


def test_a_correction_that_fails_leaves_what_was_saved_before(workspace: Workspace, clock: Clock) -> None:
    good = {"words": "楼道灯不亮", "category": "light_stair", "show_words": "yes"}
    interview_from(workspace, DOOR, {**LONG, "any_issue": "yes", "issues": [good]})
    clock.forward(minutes=5)
    with pytest.raises(AnswersUnusable):
        interview_from(workspace, DOOR, {"size": "0"})
    assert len(list(workspace.community.cases())) == 1
    assert workspace.community.dwellings[DOOR].household.responses[0].answers["home"]["size"] == 2


def test_a_file_that_the_disk_refused_at_the_end_takes_no_effect(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"words": "楼道灯不亮", "category": "light_stair", "show_words": "yes"}
    with monkeypatch.context() as full:
        full.setattr(InterviewSession, "finish", refuse)
        with pytest.raises(SaveFailed):
            interview_from(workspace, DOOR, {**LONG, "any_issue": "yes", "issues": [good, {**good, "words": "电梯"}]})
    assert list(workspace.community.cases()) == []
    assert Survey(workspace).drafts() == []


@pytest.mark.parametrize("data", [b"[1]", b"{", b"\xff", b'"all"', b""])
def test_a_file_that_is_no_answers_is_refused_by_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(data)
    for one in (path, tmp_path / "nothing.json"):
        with pytest.raises(AnswersUnusable) as caught:
            read_answers(one)
        assert caught.value.name == one.name


async def test_of_many_choices_a_digit_that_another_may_follow_is_shown_and_taken(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lone 1 of thirteen choices is never kept in the dark until some later key makes another number of it."""
    monkeypatch.setattr(interview_screen, "NO_FURTHER", 60)  # however slow a machine is between two keys
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        screen = app.screen
        assert isinstance(screen, InterviewScreen)
        session = screen._session
        go(session, {**LONG, **CARE}, until="care_need")
        screen.draw_question()

        def ticked() -> set[str]:
            position = session.interview.position
            return set(position.value.split()) if isinstance(position, Question) else set()

        choices = screen.query_one("#choices", OptionList)
        await until(pilot, lambda: choices.option_count > 10)
        choices.focus()
        await pilot.press("2")
        await until(pilot, lambda: ticked() == {"nest"}, "no other number begins with 2")
        await pilot.press("1")
        await until(pilot, lambda: choices.highlighted == 0)
        await pilot.press("2")
        position = session.interview.position
        assert isinstance(position, Question)
        twelfth = position.choices[11].value
        await until(pilot, lambda: ticked() == {"nest", twelfth}, "12 is one choice")
        await pilot.press("1", "9")
        await until(pilot, lambda: "没有第 19 项" in words_on(pilot))
        monkeypatch.setattr(interview_screen, "NO_FURTHER", 0.05)
        await pilot.press("1")
        await until(pilot, lambda: ticked() == {"alone", "nest", twelfth}, "a lone 1 counts after a while")
        monkeypatch.setattr(interview_screen, "NO_FURTHER", 60)
        await pilot.press("1", "enter")
        await until(pilot, lambda: "care_who" in str(session.interview.position), "Enter takes the 1 and goes on")
        assert session.interview.position != position
        session.jump(position.ref)
        assert ticked() == {"nest", twelfth}


async def test_the_notice_that_is_read_out_before_consent_is_one_key_away(workspace: Workspace) -> None:
    app = ZhubaoApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.interview(DOOR)
        await until_screen(pilot, InterviewScreen)
        await pilot.press("f1")
        await until(pilot, lambda: f"告知书 {NOTICE}" in words_on(pilot) and "撤回同意" in words_on(pilot))
        assert workspace.name in words_on(pilot)
