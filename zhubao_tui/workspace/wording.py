"""Words for codes: statuses, outcomes, roles, reasons, as people read them; `sentences` has those for errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from zhubao_tui.border import clean
from zhubao_tui.community.categories import CATEGORIES, TOPS, UNKNOWN
from zhubao_tui.community.issues import Case
from zhubao_tui.community.places import Address, Place
from zhubao_tui.i18n import N_, _, language

if TYPE_CHECKING:
    from storage.drafts import Drafts
    from storage.exchange import Exchanged
    from storage.intake import Trouble
    from zhubao_tui.duplicates import Trait

    from .privacy import ErasureLine

STATUSES = {
    "new": N_("待认领"), "claimed": N_("已认领"), "assigned": N_("已派单"), "working": N_("办理中"),
    "transferred": N_("已转办"), "reopened": N_("重办中"), "postponed": N_("暂缓"), "resolved": N_("待回访"),
    "confirmed": N_("已解决"), "unanswered": N_("办结未答"), "rejected": N_("不予办理"), "withdrawn": N_("已撤回"),
}  # fmt: skip
MOVES = {
    "report": N_("反映"), "import": N_("登记"), "support": N_("也反映"), "claim": N_("认领"), "assign": N_("派单"),
    "start": N_("开始办"), "transfer": N_("转办"), "note": N_("备注"), "recategorise": N_("改类别"), "reword": N_("定办件页上的说法"),
    "resolve": N_("办结"), "confirm": N_("回访确认"), "close_unanswered": N_("按办结未答结案"), "reopen": N_("重办"),
    "postpone": N_("改为暂缓"), "resume": N_("恢复办理"), "reject": N_("定为不予办理"), "withdraw": N_("撤回"),
    "merge": N_("合并"), "split": N_("拆分"), "distinct": N_("不是同一件"), "undo": N_("撤销"), "accept": N_("认可"),
    "visit": N_("走访"), "response": N_("应答"), "consent": N_("同意"), "roster": N_("门牌"), "resident": N_("住户"),
    "care": N_("关爱需求"), "token": N_("办件页"), "moved_in": N_("入住"), "enrol": N_("登记人员"), "role": N_("角色"),
    "revoke": N_("停用"), "adoption": N_("包联"), "settings": N_("设置"), "personal": N_("原话"),
    "attachment": N_("附件"), "erasure": N_("删除"),
    "export_log": N_("导出登记"), "register": N_("看台账"), "sheet": N_("看清单"),
    "publish": N_("发布办件页"), "proposed": N_("住户自己写的"), "settled": N_("住户自己写的"), "serve": N_("现场看办件页"),
}  # fmt: skip
CONSENTS = {
    "all": N_("同意登记并给办件页"), "record": N_("只同意登记"), "no": N_("不同意"), "withdrawn": N_("撤回"),
}  # fmt: skip
CONSENT_BY = {"self": N_("本人"), "guardian": N_("监护人")}
EXPORTS = {"tinydb": N_("全部记录"), "sheet": N_("一户的清单")}
ERASURES = {"asked": N_("住户要求"), "withdrawn": N_("撤回同意"), "retention": N_("超过保存期限")}
OUTCOMES = {
    "interviewed": N_("已访"), "partial": N_("未访完"), "by_phone": N_("电话访"), "not_home": N_("无人"),
    "unable": N_("不便应答"), "refused": N_("拒访"), "rented": N_("出租中"), "moved": N_("已搬离"),
    "vacant": N_("空置"), "shop": N_("商用"), "no_door": N_("无此门牌"), "": N_("未访"),
}  # fmt: skip
ROLES = {
    "cadre": N_("包联干部"), "group_lead": N_("组长"), "team_lead": N_("队长"), "observer": N_("观察员"),
    "": N_("未登记"),
}  # fmt: skip
LEVELS = {
    "door": N_("家里"), "unit": N_("本单元"), "building": N_("本楼"), "estate": N_("小区"), "around": N_("周边"),
    "unknown": N_("未定"),
}  # fmt: skip
FORMS = {"zhubao_household": N_("入户走访"), "zhubao_return": N_("回访问卷")}
FAMILIES = {
    name: name
    for name in (
        N_("照明"), N_("供水供电"), N_("排水"), N_("房屋漏损"), N_("环境卫生"), N_("消防"), N_("绿化"), N_("宠物"),
        N_("道路交通"), N_("停车"), N_("门禁安防"), N_("电梯"), N_("高空抛物"), N_("噪音"), N_("油烟"), N_("违建"), N_("邻里"),
        N_("物业"), N_("公共设施"), N_("教育"), N_("民生"), N_("拆迁规划"), N_("污染"),
    )
}  # fmt: skip
"""Families of categories that twins are compared by."""
URGENCIES = {"danger": N_("有危险"), "soon": N_("较急"), "normal": N_("一般"), "unknown": N_("未定")}
REJECT_REASONS = {
    "not_ours": N_("不归我们管"), "unlawful": N_("不合法规"), "no_money": N_("没有经费"), "private": N_("属于私事"),
    "not_found": N_("找不到"),
}  # fmt: skip
WAYS = {
    "door": N_("上门"), "telephone": N_("电话"), "page": N_("办件页"), "inspection": N_("实地查看"),
    "outvote": N_("队长裁定"),
}  # fmt: skip
REASONS = {
    "unknown_issue": N_("它说的问题还没有传到这里；等那台电脑的记录来了会自动生效"),
    "unknown_record": N_("它说的记录不在这里，或没有被退回"),
    "unknown_move": N_("没有这样的操作"),
    "unknown_household": N_("它说的住户还没有传到这里；等那台电脑的记录来了会自动生效"),
    "concurrent": N_("两台电脑各自记了这一户的入住；请组长看是不是同一户"),
    "rejoin": N_("加密的工作区请用 zhubao rejoin 换新身份，再请队长放行"),
    "own_laptop": N_("正在用的这台电脑不能自己停用，请在另一台上做"),
    "made_anew": N_("这类记录不能认可；请队长重新做一份"),
    "not_enrolled": N_("记录人还没有登记；登记的记录传来后会自动生效"),
    "not_allowed": N_("记录人没有这个权限；请组长或队长办，或由他们认可"),
    "lead_only": N_("记录人没有这个权限，只有队长能办"),
    "wrong_status": N_("这件事当时的状态不能这样办；请看它的经过"),
    "incomplete": N_("该填的没有填全，或填得不对"),
    "rule": N_("条件还不满足"),
    "revoked": N_("记录人已停用；队长可以认可"),
    "not_undoable": N_("只能撤销自己的反映、合并、拆分或“不是同一件”"),
    "not_in_force": N_("要撤销的记录没有生效"),
    "moved_on": N_("之后已经有了别的操作，不能再撤销"),
    "too_long": N_("文字不能超过两千字"),
    "already": N_("它已经生效了"),
    "nothing_to_split": N_("这件只有一个问题，没有可拆的"),
    "founder_holds": N_("发起人的决定有效"),
    "withdrawn": N_("这户撤回了同意，记的不再使用；重新征得同意再记"),
}
FIELDS = {
    "note": N_("说明"), "person": N_("派给谁"), "unit": N_("交给哪个单位"), "contact": N_("联系人、电话"),
    "ask_on": N_("哪天再问（年-月-日，两周之内）"), "done": N_("做了什么（十个字以上）"), "of": N_("哪一户说的"),
    "yes": N_("好了没有"), "way": N_("怎么问的"), "on": N_("哪天问的"), "until": N_("哪天再办（年-月-日）"),
    "issue": N_("哪一个问题"), "category": N_("类别"), "place": N_("在哪里"), "level": N_("在哪里"), "urgency": N_("多急"),
    "media": N_("附件"), "type": N_("附件是什么"), "size": N_("附件多大"),
    "reason": N_("原因"), "words": N_("怎么跟住户说"), "elsewhere": N_("可以找谁"), "record": N_("认可哪一条"),
}  # fmt: skip
"""What a move may be given, as forms name it and refusals say it."""
COLUMNS = {
    "estate": N_("小区"), "building": N_("楼栋"), "unit": N_("单元"), "door": N_("门牌"), "name": N_("户主"),
    "phone": N_("电话"), "text": N_("内容"),
}  # fmt: skip
MEDIA_TYPES = {
    "image/jpeg": N_("照片"), "image/png": N_("图片"), "image/webp": N_("图片"), "application/pdf": N_("PDF 文件"),
}  # fmt: skip
"""What was attached; anything else is a file."""
TROUBLES = {
    "unreadable": N_("读不了；请重新拷贝一份"),
    "harmed": N_("有损坏的记录，没有采用；请向原来那台电脑再要一份"),
    "incomplete": N_("只拷了一部分；完整的部分已收下，请重新拷贝一份"),
    "other_community": N_("是别的社区的，没有收"),
    "gap": N_("中间缺记录；缺的传来后会自动补上"),
    "fork": N_("同一台电脑有两份不同的后续，都保留了；请给其中一台换新身份"),
    "encoding": N_("被别的程序另存过；请用原文件再拷一次"),
    "empty": N_("是空的，或只有零；请重新拷贝一份"),
    "too_large": N_("超过 64 MB，没有读"),
    "newer": N_("有新版本写的记录，原样留着；请更新程序"),
    "not_saved": N_("收下了，但没能存进工作区；请腾出空间再交换一次"),
    "not_erased": N_("里面该删除的内容还没能抹掉；请关掉占用它的程序，或让它可以写"),
}


def category(code: str, word: str = "") -> str:
    """A category's name; of an unknown one the register's own word beside it."""
    known = CATEGORIES.get(code)
    if known:
        return known.en if language() == "en" else known.zh
    name = _("未定") if code in (UNKNOWN, "") else clean(code)
    return f"{name} ({clean(word)})" if word else name


def top_category(code: str) -> str:
    """Name of a top code."""
    return TOPS[code][language() == "en"]


def spot(where: Place) -> str:
    """A place's address alone: `祥和苑 3-2`."""
    address = "-".join(part for part in (where.building, where.unit) if part)
    return " ".join(clean(part) for part in (where.estate, address) if part)


def place(where: Place) -> str:
    """A place as people read it: `祥和苑 3-2 · 本单元`."""
    level = _(LEVELS[where.level]) if where.level in LEVELS else ""
    address = spot(where)
    return f"{address} · {level}" if address else level


def door(address: Address) -> str:
    """A door as cadres say it: `3-2-501`."""
    return clean(f"{address.building}-{address.unit}-{address.door}")


WEEKDAYS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
"""Not the system's: under a Chinese locale it would speak Chinese to somebody who reads English."""


def day(on: date, today: date | None = None) -> str:
    """A day: `5月8日`, `8 May`; with its year where that is another than today's."""
    words = _("{month}月{day}日").format(month=on.month, day=on.day, name=_MONTHS[on.month - 1])
    return words if today is None or on.year == today.year else _("{year}年{day}").format(year=on.year, day=words)


def weekday(on: date) -> str:
    """A day of the week: 周三, Wed."""
    return _(WEEKDAYS[on.weekday()])


def moment(at: str) -> str:
    """A record's wall time: day and minute."""
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        return clean(at)
    return f"{day(when.date())} {when:%H:%M}"


def attachment(body: Mapping[str, object]) -> str:
    """What was attached, in words: `照片 1.2 MB 楼道灯`; empty of a record that attaches nothing."""
    kind, size, caption = body.get("type"), body.get("size"), body.get("caption")
    if not isinstance(kind, str) or not isinstance(size, int):
        return ""
    what = f"{_(MEDIA_TYPES.get(kind, N_('文件')))} {megabytes(size)}"
    return f"{what} {clean(caption)}" if isinstance(caption, str) and caption else what


def megabytes(size: int) -> str:
    """A size as people read it: `35 KB`, `1.2 MB`."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} KB"


NAMED = 10
"""Files that did not go out and are named one by one."""


def trouble(found: Trouble, whose: str = "") -> str:
    """What is wrong with a file, which records (or what else is known of it), and whose they are."""
    words = _(TROUBLES.get(found.what, TROUBLES["unreadable"]))
    if found.name.startswith("media/") and found.what != "not_saved":
        words = _("附件损坏或不全，没有用它；有好文件的电脑来交换一次就会补上")
    more = "；".join(filter(None, (clean(found.detail), whose)))
    return f"{clean(found.name)}：{words}" + (f"（{more}）" if more else "")


def unreadable_drafts(drafts: Drafts) -> list[str]:
    """What to say of unfinished interviews that can't be gone on with, one sentence each."""
    drafts.all()
    words = _("没访完的访谈“{name}”打不开，原样留着。请重新访一次。")
    return [words.format(name=clean(name)) for name in drafts.unreadable]


MANY_MISSING = 5
"""Files that are gone from an exchange folder from which on it is worth a word: a tool or a person has tidied up."""


def account(done: Exchanged, whose: Callable[[Trouble], str] = lambda _found: "") -> list[str]:
    """A plain account of an exchange: what went out, what came in, what could not be read."""
    lines = [_("这里做成了交换文件夹。")] if done.made_new and not done.sent_failed else []
    lines.append(_("拷出 {files} 个文件，收到 {records} 条新记录（{received} 个文件）。").format(
        files=len(done.sent), records=done.records_in, received=len(done.received)))  # fmt: skip
    if done.missing >= MANY_MISSING and not done.sent_failed:
        words = _("文件夹里少了 {count} 个上次还在的文件。没有丢：这台电脑都有，已经补回去了。")
        lines.append(words.format(count=done.missing))
    if done.media_sent or done.media_received:
        lines.append(_("附件：拷出 {sent} 个，收到 {received} 个。").format(
            sent=len(done.media_sent), received=len(done.media_received)))  # fmt: skip
    if done.media_removed:
        lines.append(_("按删除决定，从文件夹里删掉了 {count} 个附件。").format(count=len(done.media_removed)))
    if done.sent_failed:
        why = {"full": _("满了"), "read_only": _("不能写"), "busy": _("正被占用"), "gone": _("不见了")}.get(
            done.sent_failed, _("出错")
        )
        lines.append(_("文件夹{why}：{count} 个文件没有拷出去，收进来的都在。换一个或腾出空间再交换。").format(
            why=why, count=done.not_sent))  # fmt: skip
        lines += [f"  {name}" for name in done.left_out[:NAMED]]
        if len(done.left_out) > NAMED:
            lines.append(_("  还有 {count} 个").format(count=len(done.left_out) - NAMED))
    for found in done.unread:
        lines.append(trouble(found, whose(found)))
    for name in done.not_erased:
        lines.append(f"{clean(name)}：{_(TROUBLES['not_erased'])}")
    if done.stopped:
        lines.append(_("中途停下了；已经拷的都是完整的，再交换一次就接着来。"))
    return lines


def erasure(line: ErasureLine) -> str:
    """An erasure, or the exception from one, in a line."""
    head = f"{moment(line.at)}  {clean(line.household)}  {_(ERASURES[line.reason])}"
    if line.exception:
        why = _("例外：{why}").format(why=clean(line.exception))
        return f"{head}  {why}"
    state = _("本机已删") if line.carried_out else _("本机还没删完")
    known = _("{laptops}/{all} 台电脑知道").format(laptops=line.laptops, all=line.of)
    count = _("{count} 条").format(count=line.records)
    return f"{head}  {count}  {state}  {known}"


def form_title(form: str, title: str) -> str:
    """A questionnaire's name: of the built-in ones in the language spoken, else as the form says."""
    return _(FORMS[form]) if form in FORMS else clean(title)


def trait(found: Trait) -> str:
    """Something in which two reports agree or differ."""
    value = clean(found.value)
    if found.kind == "category":
        return _(FAMILIES[value]) if value in FAMILIES else value
    if found.kind == "place_building":
        return _("{number} 号楼").format(number=value)
    if found.kind == "place_unit":
        return _("{number} 单元").format(number=value)
    return _("相隔 {days} 天").format(days=value) if found.kind == "days" else value


def households(case: Case) -> str:
    """How many households share a case; of one that no household stands behind, how many reports it holds."""
    if case.followers:
        return _("{count} 户").format(count=len(case.followers))
    return _("{count} 条").format(count=len(case.reports))


def reason_of(kind: str, body: Mapping[str, object]) -> str:
    """The reason that a move was given, in words: `reject` has a code, others are written; empty where there is none."""
    reason = body.get("reason")
    if not isinstance(reason, str):
        return ""
    return _(REJECT_REASONS[reason]) if kind == "reject" and reason in REJECT_REASONS else clean(reason)
