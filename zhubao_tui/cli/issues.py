"""Issues and cases: list, show, import, report, join, and the moves that work a case off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhubao_tui.i18n import _

from .base import Json, app, opened, opened_to_cases, out, tell

if TYPE_CHECKING:
    from storage.record import Ref
    from zhubao_tui.community.issues import Case
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.register import RegisterImport
    from zhubao_tui.workspace.workspace import Workspace

issue = typer.Typer()
app.add_typer(issue, name="issue", help="Issues and cases. 问题和办件。")

Name = Annotated[str, typer.Argument(help="Case number or id. 办件号。")]
Level = Annotated[str, typer.Option("--place", help="door, unit, building, estate, around")]
At = Annotated[
    str, typer.Option("--at", help="Where there is no door: 祥和苑/3-2, 祥和苑/3, 祥和苑. 没有门牌时的地方。")
]
SHORT = 60
ROWS_SHOWN = 10


# -- reading


def case_row(workspace: Workspace, case: Case) -> dict[str, Any]:
    """A case as `--json` lists it; described in docs/commands.md."""
    from zhubao_tui.workspace.casework import numbers

    owner = workspace.community.people.get(case.owner)
    return {
        "id": case.id, "case": case.number, "text": case.words, "category": case.main.category,
        "category_word": case.main.category_word, "place": case.main.place.to_body(), "status": case.status.value,
        "households": len(case.followers), "reports": len(case.reports), "urgency": case.main.urgency,
        "reported_on": case.reported_on.isoformat(), "due": case.due.isoformat(), "owner": owner.name if owner else "",
        "issues": [str(one.ref) for one in case.issues], "numbers": numbers(case),
    }  # fmt: skip


def case_line(case: Case) -> str:
    """A case on one line."""
    from zhubao_tui.workspace import wording

    text = " ".join(case.words.split())
    return "  ".join([
        case.number, _(wording.STATUSES[case.status]), wording.households(case),
        _("{count} 条反映").format(count=len(case.reports)), wording.category(case.main.category, case.main.category_word),
        wording.place(case.main.place), text if len(text) <= SHORT else f"{text[: SHORT - 1]}…",
    ])  # fmt: skip


@issue.command("list")
def issue_list(
    status: Annotated[str, typer.Option(help="A status, or open, waiting, overdue, mine. 状态。")] = "",
    category: Annotated[str, typer.Option(help="Code or top code. 类别。")] = "",
    building: Annotated[str, typer.Option(help="estate/building, or an estate. 楼栋。")] = "",
    text: Annotated[str, typer.Option(help="Words, numbers, pinyin initials. 文字。")] = "",
    as_json: Json = False,
) -> None:
    """List cases, most urgent first. 列出办件。"""
    from zhubao_tui.community.categories import CATEGORIES, TOPS, UNKNOWN
    from zhubao_tui.community.issues import Status
    from zhubao_tui.workspace.casework import FILTERS, Casework, Filter
    from zhubao_tui.workspace.reporting import place_named

    if status not in ("", *Status, *FILTERS):
        raise typer.BadParameter(", ".join([*FILTERS, *Status]), param_hint="--status")
    if category not in ("", UNKNOWN, *CATEGORIES, *TOPS):
        raise typer.BadParameter(", ".join([*TOPS, UNKNOWN]), param_hint="--category")
    where = place_named(building, "building")
    with opened_to_cases() as workspace:
        cases = Casework(workspace).cases(Filter(status, category, where.building_id or where.estate or building, text))
        out([case_row(workspace, case) for case in cases], as_json, lambda: map(case_line, cases))


@issue.command("show")
def issue_show(name: Name, as_json: Json = False) -> None:
    """One case with its history and the moves open to me. 看一件。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.reliance import Reliance

    with opened_to_cases() as workspace:
        casework, reliance = Casework(workspace), Reliance(workspace)
        case = casework.find(name)
        offered = casework.offered(case)
        history = [
            {"record": str(h.ref), "move": h.kind, "author": h.author, "at": h.at, "doubtful": reliance.is_doubtful(h.ref),
             "effect": h.effect, "reason": h.reason, "accepted_by": h.accepted_by} for h in case.history
        ]  # fmt: skip
        reports = [
            {"record": str(r.ref), "issue": str(r.issue), "kind": r.kind, "on": r.on.isoformat(), "door": r.dwelling,
             "words": r.words, "source_id": r.source_id} for r in case.reports
        ]  # fmt: skip
        answers = [
            {"of": str(r.ref), "door": r.dwelling, "yes": a.yes, "way": a.way, "on": a.on.isoformat(), "words": a.words}
            for r in case.reports if r.behind and (a := case.answers.get(r.follower)) is not None
        ]  # fmt: skip
        result = {**case_row(workspace, case), "reports_list": reports, "answers": answers, "history": history, "moves": offered,
                  "attachments": attachment_rows(workspace, case)}  # fmt: skip
        out(result, as_json, lambda: show_lines(workspace, case, offered))


def show_lines(workspace: Workspace, case: Case, offered: list[str]) -> Iterator[str]:
    """A case with doors (not names), history and moves."""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.history import History
    from zhubao_tui.workspace.reliance import Reliance

    reliance = Reliance(workspace)
    yield case_line(case)
    for one in case.issues:
        yield f"{one.number}  {wording.category(one.category, one.category_word)}  {wording.place(one.place)}"
        for report in one.reports:
            yield f"  {report.on}  {report.dwelling or report.source_id or '-'}  {report.words}"
    for line in History(workspace).lines(case):
        what = line.happening
        author = workspace.community.people.get(what.author)
        words = [
            f"{wording.moment(what.at)} {reliance.mark(what.ref)}".rstrip(),
            author.name if author else "?",
            _(wording.MOVES[what.kind]),
        ]
        words += [line.attachment] if line.attachment else []
        if what.kind == "confirm":
            words += [_("说好了") if line.yes else _("说没好"), _(wording.WAYS.get(line.way, ""))]
        yield "  ".join(["", *words, *([] if what.effect else [_(wording.REASONS[what.reason]), str(what.ref)])])
    yield _("现在能办：{moves}").format(moves=" ".join(offered) or "-")


# -- taking down


@issue.command("import")
def issue_import(file: Annotated[Path, typer.Argument(help="csv, xlsx")], as_json: Json = False) -> None:
    """Import a register: id, text, category, estate, building, unit, reported_on. 导入来件登记。"""
    from zhubao_tui.workspace.register import Register

    with opened("import") as workspace:
        done = Register(workspace).read(file)
        result = {"issues": done.issues, "known": done.known, "unknown_categories": done.unknown_categories,
                  "empty": done.empty, "too_long": done.too_long, "long": done.long, "odd_days": done.odd_days,
                  "encoding": done.encoding}  # fmt: skip
        out(result, as_json, lambda: register_lines(done))
        for line in row_lines(done):
            tell(line)
        if done.too_long:
            raise typer.Exit(1)


def register_lines(done: RegisterImport) -> Iterator[str]:
    """Account of a register import."""
    yield _("新增 {issues} 件，{known} 行原来就有。").format(issues=done.issues, known=done.known)
    if done.unknown_categories:
        yield _("{count} 行的类别不在我们的类别里，记为未定，原来的词留在旁边。").format(count=done.unknown_categories)
    if done.encoding == "gb18030":
        yield _("文件是 GBK 编码，已按它读入。")


def row_lines(done: RegisterImport) -> Iterator[str]:
    """Rows that somebody should look at."""
    for rows, words in (
        (done.empty, _("没有内容，没有收")),
        (done.too_long, _("写得太长，没有收")),
        (done.long, _("超过两千字，全文收下了")),
        (done.odd_days, _("日期认不出，按今天算")),
    ):
        if rows:
            more = "…" if len(rows) > ROWS_SHOWN else ""
            yield _("第 {rows} 行：{what}。").format(rows="、".join(map(str, rows[:ROWS_SHOWN])) + more, what=words)


@issue.command("report")
def issue_report(
    words: Annotated[str, typer.Argument(help="Own words. 原话。")],
    category: Annotated[str, typer.Option(help="light_stair, 楼道灯 …")],
    door: Annotated[str, typer.Option(help="祥和苑/3-2-501")] = "",
    at: At = "",
    level: Level = "",
    urgency: Annotated[str, typer.Option(help="danger, soon, normal")] = "normal",
    remark: Annotated[str, typer.Option(help="Taker's remark. 备注。")] = "",
) -> None:
    """Take an issue down, for a door or a place. 记一个问题。"""
    from zhubao_tui.community.categories import by_word
    from zhubao_tui.workspace.reporting import NewReport, Reporting, level_of, place_named
    from zhubao_tui.workspace.survey import Survey

    category = by_word(category) or category
    if bool(door) == bool(at):
        raise typer.BadParameter(_("--door 和 --at 要写一个。"), param_hint="--door")
    with opened("report") as workspace:
        reporting = Reporting(workspace)
        if door:
            dwelling = Survey(workspace).dwelling(door)
            household = dwelling.household.id if reporting.may_name(dwelling.household) else ""
            new = NewReport(words, category, level or "unit", urgency, dwelling.id, household, remark)
        else:
            level = level or level_of(place_named(at, "unit"))
            new = NewReport(words, category, level, urgency, remark=remark, place=place_named(at, level))
        ref = reporting.report(new)
        case = workspace.community.case_of(ref)
        typer.echo(case.number if case else str(ref))
        if door and not new.household:
            tell(_("这户还没有同意登记：这件只记到楼道，不在它的办件页上。"))


@issue.command("support")
def issue_support(
    name: Name,
    door: Annotated[str, typer.Option(help="祥和苑/3-2-501")],
    words: Annotated[str, typer.Option(help="Own words, if any. 原话。")] = "",
) -> None:
    """Let a household join a case. 也反映。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.errors import MoveRefused
    from zhubao_tui.workspace.reporting import Reporting
    from zhubao_tui.workspace.survey import Survey

    with opened("support") as workspace:
        case = Casework(workspace).find(name)
        if case.status == "withdrawn":
            raise MoveRefused("support", "wrong_status")
        household = Survey(workspace).dwelling(door).household.id
        typer.echo(str(Reporting(workspace).support(case.main.ref, household, words)))


# -- what households wrote down on their pages


@issue.command("written")
def issue_written(as_json: Json = False) -> None:
    """What households wrote on their pages and nobody has looked at yet. 住户自己写的，等着看的。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.proposals import Proposals

    with opened_to_cases() as workspace:
        found = Proposals(workspace).waiting()
        rows = [
            {"record": str(one.ref), "door": one.household.partition("#")[0], "words": one.words, "level": one.level,
             "on": one.on.isoformat()} for one in found
        ]  # fmt: skip
        out(rows, as_json, lambda: (
            f"{one.ref}  {one.household.partition('#')[0]}  {_(wording.LEVELS[one.level])}  {' '.join(one.words.split())}"
            for one in found
        ))  # fmt: skip


@issue.command("take-over")
def issue_take_over(
    record: Annotated[str, typer.Argument(help="As `issue written` names it. 记录编号。")],
    category: Annotated[str, typer.Option(help="light_stair, 楼道灯 …")],
    level: Level = "",
    urgency: Annotated[str, typer.Option(help="danger, soon, normal")] = "normal",
) -> None:
    """Take down what a household wrote as its report. 记成这户的反映。"""
    from zhubao_tui.community.categories import by_word
    from zhubao_tui.workspace.proposals import Proposals
    from zhubao_tui.workspace.reporting import NewReport

    with opened("proposed") as workspace:
        one = Proposals(workspace).find(read_record("proposed", record))
        door = one.household.partition("#")[0]
        new = NewReport(one.words, by_word(category) or category, level or one.level, urgency, door, one.household)
        ref = Proposals(workspace).take_over(one, new)
        case = workspace.community.case_of(ref)
        typer.echo(case.number if case else str(ref))


@issue.command("put-aside")
def issue_put_aside(
    record: Annotated[str, typer.Argument(help="As `issue written` names it. 记录编号。")],
    note: Annotated[str, typer.Argument(help="Why it becomes no report. 为什么不记。")],
) -> None:
    """What a household wrote becomes no report. 不记，写明为什么。"""
    from zhubao_tui.workspace.proposals import Proposals

    with opened("proposed") as workspace:
        proposals = Proposals(workspace)
        typer.echo(str(proposals.put_aside(proposals.find(read_record("proposed", record)), note)))


# -- working off


@issue.command("move")
def issue_move(
    name: Name,
    move: Annotated[str, typer.Argument(help="claim, assign, start, transfer, resolve, confirm, …")],
    given: Annotated[
        list[str] | None, typer.Argument(help="name=value: note, person, done, door, yes … (docs/commands.md)")
    ] = None,
) -> None:
    """Make a move on a case. 办一步。"""
    from zhubao_tui.workspace.casework import ASKED, Casework

    fields = read_pairs(ASKED.get(move, ("note",)), given or [])
    with opened(move) as workspace:
        casework = Casework(workspace)
        case, one = casework.find(name), casework.find_issue(name)
        body, personal = casework.given(move, case, fields, one)
        typer.echo(str(casework.make(move, case, body, personal)))


@issue.command("attach")
def issue_attach(
    name: Name,
    file: Annotated[Path, typer.Argument(help="A photo or any file, up to 20 MB. 照片或文件。")],
    caption: Annotated[str, typer.Option(help="What it shows. 说明。")] = "",
) -> None:
    """Attach a photo or file to a case; where a photo was taken is taken out of it. 附照片。"""
    from zhubao_tui.workspace.attaching import Attaching
    from zhubao_tui.workspace.casework import Casework

    with opened("attachment") as workspace:
        casework = Casework(workspace)
        case, one = casework.find(name), casework.find_issue(name)
        typer.echo(str(Attaching(workspace).attach(case, file.expanduser(), caption, one)))


@issue.command("media")
def issue_media(
    name: Name,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to write them into. 写到哪个文件夹。")],
    as_json: Json = False,
) -> None:
    """Write a case's attachments into a folder. 取出附件。"""
    from zhubao_tui.workspace.attaching import Attaching
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.sentences import sentence

    with opened_to_cases() as workspace:
        done = Attaching(workspace).write_out(Casework(workspace).find(name), out_folder.expanduser())
        result = {"files": [path.name for path in done.files], "failed": [error.reason for error in done.failed]}
        out(result, as_json, lambda: [path.name for path in done.files] or ([] if done.failed else [_("没有附件。")]))
        for error in done.failed:
            tell(sentence(error) or "")
        if done.failed:
            raise typer.Exit(1)


def attachment_rows(workspace: Workspace, case: Case) -> list[dict[str, Any]]:
    """A case's attachments, as `--json` lists them."""
    from zhubao_tui.workspace.attaching import Attaching

    return [
        {"record": str(one.record), "media": one.media, "type": one.type, "size": one.size, "caption": one.caption,
         "author": one.author, "at": one.at} for one in Attaching(workspace).of(case)
    ]  # fmt: skip


def read_pairs(known: Sequence[str], given: list[str]) -> dict[str, str]:
    """`name=value` pairs; a name that the move does not know is a wrong use."""
    pairs: dict[str, str] = {}
    for pair in given:
        name, found, value = pair.partition("=")
        if not found or name not in known:
            raise typer.BadParameter(
                _("{pair}：这里可以写 {known}").format(pair=pair, known=" ".join(f"{k}=" for k in known))
            )
        pairs[name] = value
    return pairs


@issue.command("accept")
def issue_accept(record: Annotated[str, typer.Argument(help="journal:seq:digest")]) -> None:
    """As a lead, let a listed record take effect. 认可一条没有生效的记录。"""
    from zhubao_tui.workspace.casework import Casework

    with opened("accept") as workspace:
        typer.echo(str(Casework(workspace).accept(read_record("accept", record))))


def read_record(move: str, text: str) -> Ref:
    """A record's id as it was typed."""
    from storage.record import Ref
    from zhubao_tui.workspace.errors import MoveRefused

    try:
        return Ref.parse(text.strip())
    except ValueError:
        raise MoveRefused(move, "unknown_record") from None


def chosen(casework: Casework, names: list[str]) -> list[Case]:
    """Cases by their names, each once."""
    return list({case.id: case for case in map(casework.find, names)}.values())
