"""What pages, slips and boards say, in both languages side by side: the one table of wording for households.

Source: the field handbook, "What a household sees": short sentences, days as 5月8日, no promise of success, never
«流程», «系统», «工单». It does not pass through the program's own catalogue: a page always holds both languages.
"""

from __future__ import annotations

from datetime import date

from .page import Both, CaseView

TEXT: dict[str, Both] = {
    "title": Both("您家反映的事", "What you told us about"),
    "as_of": Both("截至{day}", "As of {day}"),
    "other": Both("English", "中文"),
    "none": Both("还没有反映过问题。有事随时找我们。", "You have not told us of any trouble yet. Call us at any time."),
    "own": Both("您说的", "In your words"),
    "confidential": Both("您反映的一件事", "Something that you told us about"),
    "sharing": Both("和您一样反映的有{count}户", "Households that told us the same: {count}"),
    "post": Both("谁在管：筑堡工作队{group}", "Who sees to it: work team {group}"),
    "nobody": Both("谁在管：正在安排", "Who sees to it: being arranged"),
    "next": Both("下一步", "Next"),
    "phone": Both("社区电话", "Community office"),
    "no_phone": Both("有话要说，请到社区，或下次上门时告诉我们。", "To tell us more, come to the community office, or wait for our next visit."),
    "answer": Both(
        "没办好，或者还有别的事：请打上面的电话，或下次上门时告诉我们。",
        "Not solved, or something else? Call the number above, or tell us at our next visit.",
    ),
    "answer_none": Both(
        "有事请打上面的电话，或下次上门时告诉我们。", "Anything to tell us? Call the number above, or wait for our next visit."
    ),
    "ask_by": Both("{day}以前", " by {day}"),
    "we_answer": Both("{day}以前我们回您的话", "We answer you by {day}"),
    "said_done": Both("{day}说的", "said on {day}"),
    "number": Both("办件号 {number}", "Case number {number}"),
    "late": Both("比说好的日子（{due}）晚了，我们在催。", "Later than we said ({due}); we are pressing for it."),
    "danger": Both(
        "有危险，先离开，先打电话：着火119，有人要伤人110。燃气味：开窗、出门，再打燃气抢修电话。",
        "Danger: get away first, then call. Fire 119, violence 110. Smell of gas: open windows, go out, call the gas emergency line.",
    ),
    "said_yes": Both("您说过：好了。谢谢。", "You said that it is solved. Thank you."),
    "said_no": Both("您说过：没好。我们会回您的话。", "You said that it is not solved. We will answer you."),
    "said_outvoted": Both(
        "您说过：没好。队长看过，定为办好了。不同意，请打社区电话。",
        "You said that it is not solved. The team lead looked and took it for solved. If you disagree, call the office.",
    ),
    "rest": Both("还有{count}件，请扫码看。", "{count} more: scan the code to see them."),
    "ask": Both("好了没有？", "Is it solved?"),
    "ask_why": Both("为什么（不写也行）", "Why (you need not say)"),
    "ask_yes": Both("好了", "Solved"),
    "ask_no": Both("没好", "Not solved"),
    "more": Both("还有别的事？", "Something else?"),
    "more_words": Both("哪儿，怎么了（不要写姓名、电话、病情）", "Where, and what is wrong (no names, telephones, illnesses)"),
    "more_where": Both("在哪里", "Where it is"),
    "more_rule": Both("我们的人看过才记下来，别人看不到。", "One of us reads it before it is taken down; nobody else sees it."),
    "more_send": Both("交给社区", "Send it to the office"),
    "more_waits": Both("您写的事有{count}件，等我们的人来看。", "Things that you wrote and that wait for one of us: {count}"),
    "at_door": Both("家里", "At home"),
    "at_unit": Both("楼道里", "In the stairwell"),
    "at_building": Both("这栋楼", "In this building"),
    "at_estate": Both("小区里", "On the estate"),
    "at_around": Both("小区外面", "Outside the gate"),
    "stale": Both("没有记下来", "Not taken down"),
    "stale_why": Both("这件事刚有变化，请再看一遍，再回答。", "Something has changed. Please look again, then answer."),
    "too_soon": Both("请等一分钟", "Please wait a minute"),
    "too_soon_why": Both("刚记下您的话，过一分钟才能再说。", "We have just taken down what you said; you can say more in a minute."),
    "bad_words": Both("没有记下来", "Not taken down"),
    "bad_words_why": Both("请写2到200个字。", "Please write 2 to 200 characters."),
    "unsaved": Both("没有记下来", "Not taken down"),
    "unsaved_why": Both("这台电脑现在存不了，请打社区电话。", "This computer can't save it now. Please call the community office."),
    "again": Both("您写的话还在这里：", "What you wrote is still here:"),
    "back": Both("回到您的办件页", "Back to your page"),
    "gone": Both("此码已停用", "This code is no longer in use"),
    "gone_why": Both(
        "请用新的便民卡。没有新卡，或想知道办得怎样，请打社区电话。",
        "Please use your new card. If you have none, or want to know how it goes, call the community office.",
    ),
    "index": Both("请扫便民卡上的码", "Please scan the code on your card"),
    "index_why": Both("每家有自己的码，这里没有目录。", "Every household has its own code; there is no list here."),
    "noted": Both("记下了", "Noted"),
    "taken": Both("有人管", "Taken up"),
    "working": Both("在办", "Under way"),
    "done": Both("办好了", "Done"),
    "reached": Both("已到", "reached"),
    "ahead": Both("还没到", "not yet"),
    "ask_office": Both("详情请打社区电话", "call the office for details"),
    "office": Both("社区", "the community office"),
    "a_unit": Both("专门的单位", "the unit in charge"),
    "board": Both("大家反映的事", "What people told us"),
    "board_small": Both("小事，办好了", "Small things done"),
    "board_done": Both("办好了的", "Done"),
    "board_open": Both("还在办的", "Under way"),
    "board_row": Both("反映{raised}件，办好{done}件", "raised {raised}, done {done}"),
    "board_day": Both("，一般1天", " (usually 1 day)"),
    "board_days": Both("，一般{days}天", " (usually {days} days)"),
    "board_none": Both("够三户反映的事还没有。", "Nothing yet that three households told us of."),
    "board_rule": Both("只列三户以上反映的事，不列哪一家。", "Only what three households or more told us of; no household is listed."),
    "slip_title": Both("您家的事，扫码就能看", "Scan to see how your matter goes"),
    "slip_plain": Both("您家的事，扫码看这段话", "Scan to read this"),
    "slip_phone": Both("不会扫码，打电话问", "No smartphone? Call"),
    "slip_stub": Both("送到后剪掉这条", "cut this strip off when you hand it over"),
    "slip_keep": Both("这张卡别给外人看，丢了请打电话换。", "Keep this card to yourself; call us if you lose it."),
}  # fmt: skip
_STATUS: dict[str, Both] = {
    "new": Both("已经记下，正在安排人。", "Noted; somebody is being found for it."),
    "claimed": Both("有人接手了。", "Somebody has taken it up."),
    "assigned": Both("已经派给人办。", "It was given to somebody."),
    "working": Both("正在办。", "It is being worked on."),
    "transferred": Both("已经交给{unit}去办，我们盯着。", "Handed to {unit}; we keep an eye on it."),
    "reopened": Both("还没办好，重新在办。", "Not solved yet; it is being worked on again."),
    "postponed": Both("眼下办不了，因为{reason}；{until}再办。", "It can't be done now, because: {reason}. We take it up again on {until}."),
    "resolved": Both("说是办好了，请您看看好了没有。", "It is said to be done: please look whether it is."),
    "confirmed": Both("办好了，住户也说好了。", "Done, and households say so, too."),
    "unanswered": Both("已经办了，没等到回话；没好就告诉我们。", "Done, but nobody answered us; if it is not solved, tell us."),
    "rejected": Both("这件办不了，因为{reason}；可以找{elsewhere}。", "We can't do this, because: {reason}. You can turn to: {elsewhere}."),
    "withdrawn": Both("您说不用办了。", "You said that it need not be done."),
}  # fmt: skip
_NEXT: dict[str, Both] = {
    "new": Both("{first_by}以前有人接手", "Somebody takes it up by {first_by}"),
    "claimed": Both("去看、去办；{due}以前给您回话", "We look and act; you hear from us by {due}"),
    "assigned": Both("去看、去办；{due}以前给您回话", "We look and act; you hear from us by {due}"),
    "working": Both("接着办；{due}以前给您回话", "We go on; you hear from us by {due}"),
    "transferred": Both("{until}我们再去问", "We ask there again on {until}"),
    "reopened": Both("接着办；{due}以前给您回话", "We go on; you hear from us by {due}"),
    "postponed": Both("{until}再办", "We take it up again on {until}"),
    "resolved": Both("{ask_by}我们来问您好了没有", "We come and ask you whether it is solved{ask_by}"),
    "unanswered": Both("没好就告诉我们", "If it is not solved, tell us"),
}
"""By status: what happens next and by when; of the others nothing more."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LANGUAGES = ("zh", "en")


def say(key: str, language: str, **fields: object) -> str:
    """One text of the table."""
    return _in(TEXT[key], language).format(**fields)


def day(on: date | None, language: str, today: date) -> str:
    """5月8日, 8 May; with its year where that is another than today's."""
    if on is None:
        return ""
    if language == "zh":
        return f"{on.month}月{on.day}日" if on.year == today.year else f"{on.year}年{on.month}月{on.day}日"
    words = f"{on.day} {_MONTHS[on.month - 1]}"
    return words if on.year == today.year else f"{words} {on.year}"


def status(case: CaseView, language: str, today: date) -> str:
    """Where a case stands, in the words that residents use."""
    return _in(_STATUS[case.status], language).format(
        unit=case.unit or say("a_unit", language),
        reason=case.reason.rstrip("。.；;") or say("ask_office", language),
        elsewhere=case.elsewhere.removeprefix("可以找").rstrip("。.；;") or say("office", language),
        until=day(case.until, language, today),
    )


def next_step(case: CaseView, language: str, today: date) -> str:
    """What happens next and by when; empty where nothing does, or where the day has passed (see `late`)."""
    if case.status not in _NEXT or (case.overdue and case.status not in ("resolved", "unanswered")):
        return ""
    if case.said:
        return (
            say("we_answer", language, day=day(case.until, language, today)) if case.said == "no" and case.until else ""
        )
    by = say("ask_by", language, day=day(case.until, language, today)) if case.until else ""
    return _in(_NEXT[case.status], language).format(
        first_by=day(case.first_by, language, today), due=day(case.due, language, today),
        until=day(case.until, language, today), ask_by=by,
    )  # fmt: skip


def late(case: CaseView, language: str, today: date) -> str:
    """That a day has passed; empty where none has."""
    if not case.overdue or case.status == "resolved":
        return ""
    promised = case.until if case.status == "postponed" else case.due
    return say("late", language, due=day(promised, language, today))


def post(case: CaseView, language: str) -> str:
    """Which post answers for it."""
    if case.post is None:
        return say("nobody", language)
    return say("post", language, group=case.post).rstrip()


def _in(both: Both, language: str) -> str:
    return both.en if language == "en" else both.zh
