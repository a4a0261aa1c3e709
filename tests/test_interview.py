"""The interview as an object: skip logic, «don't know», going about in it, and resuming after any step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhubao_tui import forms
from zhubao_tui.interview import End, Form, Interview, Question, RepeatPrompt

ISSUE = "/data/worries/issue"
Answers = Mapping[str, Any]
FAMILY: Answers = {
    "consent": "all",
    "respondent": "spouse",
    "phone": "13912345678",
    "slot": ["eve", "we"],
    "tenure": "own",
    "size": "3",
    "aged60": "1",
    "aged80": "0",
    "minors": "1",
    "party": "0",
    "area": "72.5",
    "gas": "pipe",
    "home_state": "good",
    "ebike": "shed",
    "hazards": ["none"],
    "any_issue": "no",
    "any_care": "no",
    "renew": "4",
    "renew_items": ["stair", "lift"],
    "meet": "maybe",
    "can_help": ["none"],
    "activity": ["clinic"],
    "know": "face",
    "sat": "4",
    "remark": "门口有狗",
}


def begun(name: str = "zhubao_household", language: str = "zh", **presets: str) -> Interview:
    return Interview(
        forms.load(name),
        language=language,
        presets={"last_open": "0"} | presets,
        today=date(2026, 5, 13),
        no_specials=forms.NO_SPECIALS,
    )


def asked(interview: Interview) -> Question:
    position = interview.position
    assert isinstance(position, Question)
    return position


def at(interview: Interview, name: str) -> Question:
    """Jump to a question by its name."""
    found = [item.ref for section in interview.outline() for item in section.questions]
    interview.jump(next(ref for ref in found if ref.rpartition("/")[2] == name))
    return asked(interview)


def put(interview: Interview, **answers: str | list[str]) -> None:
    for name, value in answers.items():
        at(interview, name)
        verdict = interview.answer(value)
        assert verdict.ok, f"{name}: {verdict}"


def go_through(interview: Interview, answers: Answers) -> list[str]:
    """Answer in the form's own order; returns the names of what was asked."""
    names = []
    while not isinstance(interview.position, End):
        position = interview.position
        if isinstance(position, Question):
            names.append(position.name)
            if position.name in answers and not position.readonly:
                assert interview.answer(answers[position.name]).ok, position.name
        verdict = interview.go_on()
        assert verdict.ok, f"{position}: {verdict}"
    return names


def state(interview: Interview) -> tuple[Any, ...]:
    """All that one can see of an interview."""
    return interview.position, interview.leaves(), interview.review(), interview.missing(), interview.result()


def test_nothing_is_asked_before_consent() -> None:
    interview = begun()
    assert asked(interview).name == "consent"
    assert {q.ref for section in interview.outline() for q in section.questions} == {"/data/open/consent"}
    assert interview.go_on().kind == "required"
    for special in ("dk", "na"):
        assert interview.answer_special(special).kind == "special"


def test_no_leads_to_the_thanks_and_the_end() -> None:
    interview = begun()
    assert go_through(interview, {"consent": "no"}) == ["consent", "no_thanks"]
    assert interview.missing() == ()
    assert interview.result().answers == {"open": {"consent": "no"}}


def test_a_whole_interview_by_the_book() -> None:
    interview = begun()
    names = go_through(interview, FAMILY)
    assert names == [*[name for name in FAMILY if name not in ("remark",)], "remark", "thanks"]
    assert interview.missing() == ()
    answers = interview.result().answers
    assert answers["home"] == {
        "tenure": "own", "size": 3, "aged60": 1, "aged80": 0, "minors": 1, "party": 0, "alone": "no",
    }  # fmt: skip
    assert answers["dwelling"]["area"] == "72.5"
    assert answers["dwelling"]["hazards"] == ["none"]
    assert answers["open"]["slot"] == ["eve", "we"]
    number, total = interview.progress
    assert (number, total) == (len(names), len(names))


@pytest.mark.parametrize(
    ("before", "name", "shown"),
    [
        ({"aged60": "0"}, "aged80", False),
        ({"aged60": "2"}, "aged80", True),
        ({"tenure": "rent"}, "area", False),
        ({"tenure": "own"}, "area", True),
        ({"any_care": "no"}, "care_agree", False),
        ({"any_care": "yes"}, "care_agree", True),
        ({"any_care": "yes", "care_agree": "no"}, "care_need", False),
        ({"any_care": "yes", "care_agree": "yes"}, "care_need", True),
        ({"any_care": "yes", "care_agree": "yes"}, "care_who", True),
        ({"sat": "2"}, "sat_why", True),
        ({"sat": "3"}, "sat_why", False),
        ({"consent": "record"}, "thanks", False),
        ({"consent": "record"}, "phone", True),
    ],
)
def test_skip_logic(before: dict[str, str], name: str, shown: bool) -> None:
    interview = begun()
    interview.answer("all")
    put(interview, **before)
    names = {item.ref.rpartition("/")[2] for section in interview.outline() for item in section.questions}
    assert (name in names) == shown


def test_solved_is_asked_only_of_those_with_earlier_cases() -> None:
    for earlier, shown in (("0", False), ("1", True), ("12", True)):
        interview = begun(last_open=earlier)
        interview.answer("all")
        names = {item.ref for section in interview.outline() for item in section.questions}
        assert ("/data/last/solved" in names) == shown
        assert "/data/last/last_open" not in names


@pytest.mark.parametrize(
    ("before", "name", "value", "ok"),
    [
        ({}, "phone", "13912345678", True),
        ({}, "phone", "027-87654321", True),
        ({}, "phone", "02787654321", True),
        ({}, "phone", "12912345678", False),
        ({}, "phone", "1391234567", False),
        ({}, "phone", "139123456789", False),
        ({}, "size", "0", False),
        ({}, "size", "20", True),
        ({}, "size", "21", False),
        ({"size": "3"}, "aged60", "4", False),
        ({"size": "3"}, "aged60", "3", True),
        ({"size": "3"}, "aged60", "-1", False),
        ({"size": "3", "aged60": "2"}, "aged80", "3", False),
        ({"size": "3", "aged60": "2"}, "minors", "2", False),
        ({"size": "3", "aged60": "2"}, "minors", "1", True),
        ({"size": "3"}, "party", "4", False),
        ({"tenure": "own"}, "area", "7.9", False),
        ({"tenure": "own"}, "area", "1000", True),
        ({}, "hazards", "none wire", False),
        ({}, "hazards", "pile wire", True),
        ({}, "hazards", "none", True),
        ({}, "renew_items", "pipe roof stair lift", False),
        ({}, "renew_items", "pipe roof stair", True),
        ({}, "can_help", "none repair", False),
        ({}, "activity", "none clinic", False),
        ({}, "remark", "字" * 2000, True),
        ({}, "remark", "字" * 2001, False),
    ],
)
def test_constraints(before: dict[str, str], name: str, value: str, ok: bool) -> None:
    interview = begun()
    interview.answer("all")
    put(interview, **before)
    at(interview, name)
    verdict = interview.answer(value)
    assert verdict.ok == ok
    assert asked(interview).value == ({"02787654321": value}.get(value, value) if ok else "")
    if not ok:
        assert verdict.kind == "constraint"
        assert verdict.message


def test_a_constraint_speaks_the_chosen_language() -> None:
    interview = begun()
    interview.answer("all")
    at(interview, "phone")
    assert interview.answer("1").message == "号码不对，请再核对"
    interview.language = "en"
    assert interview.answer("1").message == "Not a telephone number"


def test_numbers_may_come_from_a_full_width_keyboard() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, size="１２", tenure="own", area="７２。５")
    assert (interview.value_of("size"), interview.value_of("area")) == ("12", "72.5")
    for value in ("三", "3.5", "1e1", "٣", "3 "):
        at(interview, "size")
        assert interview.answer(value).ok == (value == "3 "), value


@pytest.mark.parametrize("special", ["dk", "na"])
def test_dont_know_satisfies_required_and_leaves_the_node_empty(special: str) -> None:
    interview = begun()
    interview.answer("all")
    put(interview, aged60="2")
    question = at(interview, "size")
    assert question.required
    assert interview.go_on().kind == "required"
    assert interview.answer_special(special).ok
    assert (asked(interview).value, asked(interview).special) == ("", special)
    assert interview.go_on().ok
    for name, value in (("aged60", "9"), ("minors", "7"), ("party", "5")):  # an empty neighbour binds nobody
        at(interview, name)
        assert interview.answer(value).ok, name
    result = interview.result()
    assert "size" not in result.answers["home"]
    assert result.specials == {"/data/home/size": special}
    put(interview, size="9")
    assert interview.result().specials == {}


def test_an_unknown_number_of_old_people_binds_nobody() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, size="3")
    at(interview, "aged60")
    interview.answer_special("dk")
    put(interview, minors="3")
    names = {item.ref for section in interview.outline() for item in section.questions}
    assert "/data/home/aged80" not in names
    assert interview.result().answers["home"]["alone"] == "no"


def test_living_alone_is_reckoned_and_follows_every_change() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, size="1", aged60="1")
    assert interview.value_of("alone") == "yes"
    put(interview, size="2")
    assert interview.value_of("alone") == "no"


def test_back_and_jump_lose_nothing() -> None:
    interview = begun()
    go_through(interview, FAMILY)
    before = interview.result()
    for _ in range(40):
        interview.back()
    assert asked(interview).name == "consent"
    interview.back()
    assert asked(interview).name == "consent"
    interview.jump("/data/last/sat")
    interview.jump("")
    assert isinstance(interview.position, End)
    assert interview.result() == before
    with pytest.raises(ValueError, match="not asked now"):
        interview.jump("/data/home/nothing")


def test_what_becomes_irrelevant_is_kept_but_not_in_the_result() -> None:
    interview = begun()
    go_through(
        interview, {**FAMILY, "any_care": "yes", "care_agree": "yes", "care_need": ["alone"], "care_who": "奶奶"}
    )
    put(interview, any_care="no")
    assert interview.result().answers["care"] == {"any_care": "no"}
    put(interview, any_care="yes")
    assert interview.result().answers["care"]["care_who"] == "奶奶"
    put(interview, consent="no")
    assert interview.result().answers == {"open": {"consent": "no"}}
    put(interview, consent="record")
    assert interview.result().answers["home"]["size"] == 3


def test_a_remark_on_any_question_and_on_an_empty_one() -> None:
    interview = begun()
    interview.answer("all")
    at(interview, "phone")
    interview.remark("下次带名片")
    at(interview, "gas")
    interview.remark("没让看")
    interview.remark("")
    assert interview.result().remarks == {"/data/open/phone": "下次带名片"}
    assert asked(interview).remark == ""
    put(interview, consent="no")
    assert interview.result().remarks == {}


def test_the_review_lists_what_is_missing_and_masks_what_is_sensitive() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, phone="13912345678", slot=["wd_am", "eve"])
    missing = [one.ref.rpartition("/")[2] for one in interview.missing()]
    assert missing[:4] == ["respondent", "tenure", "size", "aged60"]
    assert "phone" not in missing
    shown = {one.ref.rpartition("/")[2]: one for one in interview.review()}
    assert shown["slot"].value == "工作日上午、晚上"
    assert shown["phone"].sensitive
    assert not shown["slot"].sensitive
    interview.jump(interview.missing()[0].ref)
    assert asked(interview).name == "respondent"


def issue(interview: Interview, **values: str) -> str:
    instance = interview.add_repeat(ISSUE)
    interview.set_values(instance, values)
    return instance


def test_issues_are_a_repeat_of_their_own_that_begins_with_none() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, any_issue="yes")
    interview.go_on()
    prompt = interview.position
    assert isinstance(prompt, RepeatPrompt)
    assert (prompt.ref, prompt.count, prompt.appearance) == (ISSUE, 0, "zhubao-issue")
    issue(interview, words="楼道灯不亮", category="light_stair", place="unit", urgency="danger")
    issue(interview, joined="j:1:d")
    first = [item.ref for section in interview.outline() for item in section.questions if f"{ISSUE}[1]" in item.ref]
    assert [ref.rpartition("/")[2] for ref in first] == [
        "words", "category", "place", "urgency", "danger_now", "told", "show_words",
    ]  # fmt: skip
    missing = [one.ref for one in interview.missing() if ISSUE in one.ref]
    assert missing == [f"{ISSUE}[1]/show_words", f"{ISSUE}[2]/show_words"]  # one that was joined needs no words
    interview.jump(f"{ISSUE}[2]/words")
    assert not asked(interview).required
    interview.jump(f"{ISSUE}[1]/words")
    assert asked(interview).required
    for special in ("dk", "na"):
        assert not interview.answer_special(special).ok
    interview.jump(f"{ISSUE}[1]/told")
    assert interview.answer("nobody grid").kind == "constraint"
    assert interview.answer_special("dk").ok
    listed = interview.result().answers["worries"]["issue"]
    assert [one.get("words", one.get("joined")) for one in listed] == ["楼道灯不亮", "j:1:d"]


def test_an_issue_taken_away_takes_its_answers_and_remarks_along() -> None:
    interview = begun()
    interview.answer("all")
    put(interview, any_issue="yes")
    for words in ("一号", "二号", "三号"):
        issue(interview, words=f"{words}楼漏水")
    interview.jump(f"{ISSUE}[3]/told")
    interview.answer_special("na")
    interview.remark("问过物业")
    interview.remove_repeat(ISSUE, 2)
    result = interview.result()
    assert [one["words"] for one in result.answers["worries"]["issue"]] == ["一号楼漏水", "三号楼漏水"]
    assert result.specials == {f"{ISSUE}[2]/told": "na"}
    assert result.remarks == {f"{ISSUE}[2]/told": "问过物业"}
    put(interview, any_issue="no")
    assert interview.result().answers["worries"] == {"any_issue": "no"}
    with pytest.raises(IndexError):
        interview.remove_repeat(ISSUE, 3)


def test_show_words_is_only_asked_of_those_who_get_a_page() -> None:
    interview = begun()
    interview.answer("record")
    put(interview, any_issue="yes")
    issue(interview, words="楼道灯不亮", category="light_stair", place="unit", urgency="normal")
    assert not any("show_words" in item.ref for section in interview.outline() for item in section.questions)


def test_the_short_form_needs_no_second_consent() -> None:
    interview = begun("zhubao_return", last_open="2", consent="all")
    names = go_through(
        interview, {"solved": "some", "any_issue": "no", "any_care": "no", "sat": "1", "sat_why": "太慢"}
    )
    assert names == ["solved", "any_issue", "any_care", "sat", "sat_why", "remark"]
    assert interview.result().answers["consent"] == "all"
    assert interview.missing() == ()


def test_a_result_taken_over_is_the_same_interview_again() -> None:
    interview = begun(last_open="1")
    go_through(interview, {**FAMILY, "solved": "all"})
    put(interview, any_issue="yes")
    issue(interview, words="楼道灯不亮", category="light_stair", place="unit", urgency="normal", told="grid office")
    at(interview, "meet")
    interview.answer_special("na")
    interview.remark("再问")
    one = interview.result()
    again = begun(last_open="1")
    again.load(one.answers, one.specials, one.remarks)
    assert again.result() == one
    assert asked(again).name == "consent"
    third = begun(last_open="1")
    third.replay(again.steps)
    assert state(third) == state(again)


WORDS = st.sampled_from(
    ["", "楼道灯", "[/] \x1b[2J", "3", "１２", "-1", "0", "yes", "no", "all", "none", "own", "丁" * 30]
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), WORDS),
        st.tuples(st.just("choose"), st.integers(0, 59)),
        st.tuples(st.just("special"), st.sampled_from(["dk", "na"])),
        st.tuples(st.just("remark"), WORDS),
        st.tuples(st.just("clear"), st.none()),
        st.tuples(st.sampled_from(["on", "back"]), st.none()),
        st.tuples(st.just("jump"), st.integers(0, 80)),
        st.tuples(st.just("add"), WORDS),
        st.tuples(st.just("remove"), st.integers(1, 3)),
    ),
    max_size=40,
)


def act(interview: Interview, action: str, value: Any) -> None:
    position = interview.position
    question = position if isinstance(position, Question) and not position.readonly else None
    if action == "answer" and question:
        interview.answer(value)
    elif action == "choose" and question and question.choices:
        interview.answer(question.choices[value % len(question.choices)].value)
    elif action == "special" and question:
        interview.answer_special(value)
    elif action == "remark" and question:
        interview.remark(value)
    elif action == "clear" and question:
        interview.clear()
    elif action == "on":
        interview.go_on()
    elif action == "back":
        interview.back()
    elif action == "jump":
        refs = [item.ref for section in interview.outline() for item in section.questions]
        interview.jump([*refs, ""][value % (len(refs) + 1)])
    elif action == "add" and isinstance(position, RepeatPrompt):
        interview.set_values(interview.add_repeat(position.ref), {"words": value, "category": "light_stair"})
    elif action == "remove" and isinstance(position, RepeatPrompt) and position.count >= value:
        interview.remove_repeat(position.ref, value)


@settings(max_examples=60, deadline=None)
@given(ACTIONS)
def test_resuming_after_any_step_gives_the_same_interview_at_the_same_question(actions: list[tuple[str, Any]]) -> None:
    interview = begun(last_open="1")
    interview.answer("all")
    put(interview, any_issue="yes")
    interview.go_on()
    seen = {len(interview.steps): state(interview)}
    for action, value in actions:
        act(interview, action, value)
        seen[len(interview.steps)] = state(interview)
    for length, expected in seen.items():
        resumed = begun(last_open="1")
        resumed.replay(interview.steps[:length])
        assert state(resumed) == expected
        assert resumed.steps == interview.steps[:length]


def test_steps_that_make_no_sense_are_named_by_their_number() -> None:
    good = {"do": "answer", "ref": "/data/open/consent", "value": "all"}
    for bad in (
        {"do": "dance", "ref": "/data/open/consent"},
        {"do": "answer", "ref": "/data/open/consent", "value": "perhaps"},
        {"do": "answer", "ref": "/data/nowhere", "value": "x"},
        {"do": "go", "ref": "/data/care/care_who"},
        {"do": "remove", "ref": ISSUE, "index": 1},
        {"do": "set", "ref": f"{ISSUE}[1]", "values": {}},
        {"ref": "/data/open/consent"},
    ):
        with pytest.raises(ValueError, match=r"^step 2$"):
            begun().replay([good, bad])


def chain(length: int, last: str) -> Interview:
    """A form of calculations, each resting on the one *behind* it."""
    rows = [f"| | calculate | c{n} | | ${{c{n + 1}}} + 1 |" for n in range(length - 1)]
    survey = ["| survey |", "| | type | name | label | calculation |", "| | integer | a | A | |", *rows]
    text = "\n".join(
        [*survey, f"| | calculate | c{length - 1} | | {last} |", "| settings |", "| | form_id |", "| | chain |"]
    )
    return Interview(Form(forms.compile_markdown(text)), today=date(2026, 5, 13))


def test_a_long_chain_of_calculations_is_followed_to_its_end() -> None:
    interview = chain(60, "${a} * 2")
    interview.answer("5")
    assert interview.value_of("c0") == "69"
    interview.answer("6")
    assert interview.value_of("c0") == "71"


def test_a_circle_of_calculations_ends() -> None:
    interview = chain(5, "coalesce(${c0}, 0) + ${a}")
    interview.answer("1")
    assert interview.value_of("c0")


def test_a_counted_repeat_has_as_many_instances_as_its_count_says() -> None:
    text = "\n".join(
        [
            "| survey |",
            "| | type | name | label | repeat_count | required |",
            "| | integer | n | How many | | |",
            "| | begin repeat | person | Person | ${n} | |",
            "| | text | who | Who | | yes |",
            "| | end repeat | | | | |",
            "| | text | last | Last | | |",
            "| settings |",
            "| | form_id |",
            "| | counted |",
        ]
    )
    interview = Interview(Form(forms.compile_markdown(text)), today=date(2026, 5, 13))
    interview.answer("2")
    assert [one.ref for one in interview.missing()] == ["/data/person[1]/who", "/data/person"]
    names = go_through(interview, {"n": "2", "who": "张", "last": "完"})
    assert names == ["n", "who", "who", "last"]
    assert interview.missing() == ()
    assert interview.result().answers["person"] == [{"who": "张"}, {"who": "张"}]
    resumed = Interview(interview.form, today=date(2026, 5, 13))
    resumed.replay(interview.steps)
    assert state(resumed) == state(interview)
    put(interview, n="1")
    assert sum("who" in item.ref for section in interview.outline() for item in section.questions) == 1
    interview.back()
    assert asked(interview).name == "n"
