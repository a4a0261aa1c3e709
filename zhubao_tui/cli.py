"""`zhubao …`: every action is scriptable. Exit 0: done; 1: not done, and why; 2: the command itself is off."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhubao_tui.i18n import LANGUAGES, _, set_language

if TYPE_CHECKING:
    from zhubao_tui.workspace.workspace import Workspace

app = typer.Typer(
    name="zhubao", no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False,
    help="Door-to-door interviewing, offline and by keyboard. 入户走访，离线，全键盘。",
)  # fmt: skip
issue = typer.Typer(help="Issues and cases. 问题和办件。")
roster = typer.Typer(help="Doors and households. 门牌和住户。")
people = typer.Typer(help="Who works here. 工作队的人。", invoke_without_command=True)
app.add_typer(issue, name="issue")
app.add_typer(roster, name="roster")
app.add_typer(people, name="people")

WORKSPACE = "ZHUBAO_WORKSPACE"
Json = Annotated[bool, typer.Option("--json", help="Machine-readable. 给程序读的 JSON。")]


class Chosen:
    """Options that stand before the command."""

    workspace: Path | None = None
    name = ""
    role = ""


def run() -> None:
    """Run the command line; what goes wrong becomes one sentence on stderr and an exit code."""
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit(1)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", envvar=WORKSPACE, help="Folder of the workspace. 工作区文件夹。")
    ] = None,
    name: Annotated[str, typer.Option(help="Who I am. 我的名字。")] = "",
    role: Annotated[
        str, typer.Option(help="cadre, group_lead, team_lead, observer: of a new name. 新名字的角色。")
    ] = "",
    lang: Annotated[str, typer.Option(envvar="ZHUBAO_LANG", help="zh | en")] = "zh",
) -> None:
    """Open the workspace, or run one command on it."""
    if lang not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--lang")
    set_language(lang)
    Chosen.workspace, Chosen.name, Chosen.role = workspace, name, role
    if context.invoked_subcommand is None:
        with explained():
            open_app(place())


def place() -> Path:
    """The workspace's folder: as given, from the environment, else in the user's data folder."""
    if Chosen.workspace is not None:
        return Chosen.workspace.expanduser()
    from platformdirs import user_data_path

    return user_data_path("zhubao", appauthor=False) / "workspace"


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors that are ours into a sentence on stderr and exit 1; anything else into a report without personal text."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - the last stop: no traceback reaches a user
        from zhubao_tui.workspace import wording

        words = wording.sentence(error)
        if words is None and isinstance(error, OSError):
            words = _("系统报错：{what}").format(what=error.strerror or type(error).__name__)
        if words is None:
            words = _("程序出错了，已停下；之前存的都在。报告在 {path}").format(path=write_report(error))
        typer.echo(words, err=True)
        raise typer.Exit(1) from None


def write_report(error: BaseException) -> Path:
    """Write where an unexpected error came from, without any text that somebody entered."""
    import tempfile
    import traceback

    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    handle, name = tempfile.mkstemp(prefix="zhubao-report-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join([type(error).__name__, *lines]) + "\n")
    return Path(name)


@contextmanager
def opened(*, writes: bool = False) -> Iterator[Workspace]:
    """The workspace for one command; with `writes` somebody must be at the keyboard."""
    from zhubao_tui.workspace.workspace import NobodyChosen, Workspace

    with explained(), Workspace.open(place()) as workspace:
        if Chosen.name:
            workspace.choose(Chosen.name, Chosen.role)
        if writes and not workspace.person:
            raise NobodyChosen("nobody")
        workspace.take(workspace.store.absorb_inbox().entries)
        yield workspace


def open_app(folder: Path) -> None:
    """Run the Textual application on a workspace."""
    from zhubao_tui.workspace.workspace import Workspace

    workspace = Workspace.open(folder, app=True)
    if Chosen.name:
        workspace.choose(Chosen.name, Chosen.role)
    from zhubao_tui.app import ZhubaoApp

    ZhubaoApp(workspace).run()


def out(value: object, as_json: bool, lines: Callable[[], Iterator[str]]) -> None:  # noqa: FBT001 - one of two spellings
    """Print a result, as JSON or as lines for people; foreign text is cleaned for the terminal."""
    from zhubao_tui.border import clean

    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
    else:
        for line in lines():
            typer.echo(clean(line))


# -- beginning


@app.command()
def init(
    community: Annotated[str, typer.Option("--community", prompt="社区名称 community", help="社区名称。")],
    founder: Annotated[str, typer.Option("--founder", help="Founder's name; by default --name. 发起人。")] = "",
    phone: Annotated[str, typer.Option(help="Telephone of the community office. 社区电话。")] = "",
) -> None:
    """Begin a community: an unprotected workspace with its founder as team lead. 新建社区。"""
    from zhubao_tui.workspace.workspace import Workspace

    with explained():
        name = founder or Chosen.name or typer.prompt("发起人姓名 founder")
        workspace = Workspace.create(place(), community, name, office_phone=phone)
        workspace.close()
        typer.echo(_("已建好“{name}”，您是队长，这台电脑是 1 号。资料没有加密。").format(name=community))


@app.command()
def join(folder: Annotated[Path, typer.Argument(help="Exchange folder. 交换文件夹。")]) -> None:
    """Begin a second laptop's workspace from an exchange folder. 第二台电脑加入。"""
    from zhubao_tui.workspace import exchanging

    with explained():
        workspace = exchanging.join(folder, place())
        with workspace:
            if Chosen.name:
                workspace.choose(Chosen.name, Chosen.role)
                service = exchanging.Exchanging(workspace)
                service.took_in(service.exchange(folder))
            number = workspace.laptop
            typer.echo(_("已加入“{name}”。").format(name=workspace.name))
            typer.echo(
                _("这台电脑是 {number} 号。").format(number=number)
                if number
                else _("请用 --name 和 --role 说是谁在用。")
            )


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Option("--dir", help="Where to write it. 写到哪里。")] = None,
    ui: Annotated[bool, typer.Option("--ui/--no-ui", help="Open it, or only write it. 打开，或只写出来。")] = True,
    seed: Annotated[int, typer.Option(help="Another seed, another community. 换一个数换一个社区。")] = 1,
) -> None:
    """Open a demo community: invented, realistic. 打开演示社区（全是编的）。"""
    from zhubao_tui.demo import write_demo

    with explained():
        if folder is None:
            from platformdirs import user_data_path

            folder = user_data_path("zhubao", appauthor=False) / f"demo-{seed}"
        if not (folder / "workspace.json").exists():
            typer.echo(_("正在准备演示社区……"))
            write_demo(folder, seed)
        if ui:
            open_app(folder)
        else:
            typer.echo(str(folder))


# -- people, doors


@people.callback()
def list_people(context: typer.Context, as_json: Json = False) -> None:
    """List everybody enrolled. 列出已登记的人。"""
    if context.invoked_subcommand is not None:
        return
    from zhubao_tui.workspace import wording

    with opened() as workspace:
        listed = workspace.people()
        rows = [
            {"id": p.id, "name": p.name, "role": p.role, "group": p.group, "laptops": sorted(p.laptops.values())}
            for p in listed
        ]
        out(rows, as_json, lambda: (f"{p.name}  {_(wording.ROLES[p.role])}" for p in listed))


@roster.command("import")
def roster_import(file: Annotated[Path, typer.Argument(help="csv, xlsx")], as_json: Json = False) -> None:
    """Import doors: columns estate, building, unit, door, floor, name, phone. 导入门牌册。"""
    from zhubao_tui.workspace.roster import Roster

    with opened(writes=True) as workspace:
        done = Roster(workspace).read(file)
        faults = [{"row": f.row, "reason": f.reason, "first_row": f.first_row} for f in done.faults]
        result = {
            "doors": done.doors,
            "known": done.known,
            "residents": done.residents,
            "encoding": done.encoding,
            "faults": faults,
        }
        out(result, as_json, lambda: roster_lines(done))
        for fault in [] if as_json else done.faults[:20]:
            typer.echo(row_fault(fault.row, fault.reason, fault.first_row), err=True)
        if done.faults:
            raise typer.Exit(1)


def roster_lines(done: Any) -> Iterator[str]:
    """Account of a roster import."""
    yield _("新门牌 {doors} 个，原有 {known} 个，住户信息 {residents} 条。").format(
        doors=done.doors, known=done.known, residents=done.residents
    )
    if done.encoding == "gb18030":
        yield _("文件是 GBK 编码，已按它读入。")
    if done.faults:
        yield _("{count} 行没有收，其余都收了。改好后再导入一次，收过的不会重复。").format(count=len(done.faults))


def row_fault(row: int, reason: str, first_row: int) -> str:
    """What is wrong with a row."""
    if reason == "duplicate":
        return _("第 {row} 行：和第 {first} 行是同一个门牌。").format(row=row, first=first_row)
    names = {"estate": _("小区"), "building": _("楼栋"), "unit": _("单元"), "door": _("门牌")}
    return _("第 {row} 行：{column}没有写或写得不对。").format(row=row, column=names.get(reason, reason))


@roster.command("list")
def roster_list(building: Annotated[str, typer.Argument(help="estate/building")] = "", as_json: Json = False) -> None:
    """List buildings, or one building's doors. 列出楼栋，或一栋楼的门牌。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        survey = Survey(workspace)
        if not building:
            buildings = survey.buildings()
            out([{"id": b.id, "reached": b.reached, "base": b.base, "doors": len(b.dwellings)} for b in buildings], as_json,
                lambda: (f"{b.id}  {b.reached}/{b.base}" for b in buildings))  # fmt: skip
            return
        doors = survey.building(building).dwellings
        marks = {door.id: survey.mark(door) for door in doors}
        rows = [
            {"id": d.id, "household": d.household.id, "outcome": marks[d.id].outcome, "open_cases": marks[d.id].open_cases,
             "name": d.household.name if survey.may_see_names(d) else None} for d in doors
        ]  # fmt: skip
        out(rows, as_json, lambda: (f"{d.id}  {_(wording.OUTCOMES[marks[d.id].outcome])}" for d in doors))


@app.command()
def visit(
    door: Annotated[str, typer.Argument(help="祥和苑/3-2-501")],
    outcome: Annotated[str, typer.Argument(help="not_home, unable, refused, rented, moved, vacant, shop, no_door")],
) -> None:
    """Write down what came of a try at a door. 记走访结果。"""
    from zhubao_tui.workspace.survey import Survey

    with opened(writes=True) as workspace:
        survey = Survey(workspace)
        dwelling = survey.dwelling(door)
        before = survey.today_visit(dwelling)
        survey.record_visit(dwelling, outcome, corrects=before.ref if before else None)


@app.command()
def interview(
    door: Annotated[str, typer.Argument(help="祥和苑/3-2-501")],
    answers: Annotated[
        Path, typer.Option("--answers", help='JSON: {"consent": "all", "size": 3, "phone": {"special": "na"}}')
    ],
) -> None:
    """Interview a household from a file of answers by question name. 用文件里的答案做一次访谈。"""
    from zhubao_tui.workspace.scripted import interview_from, read_answers

    with opened(writes=True) as workspace:
        done = interview_from(workspace, door, read_answers(answers))
        typer.echo(str(done.visit))


@app.command()
def card(
    door: Annotated[str, typer.Argument(help="祥和苑/3-2-501")],
    png: Annotated[Path | None, typer.Option("--png", help="Save the code as a picture. 存成图片。")] = None,
    as_json: Json = False,
) -> None:
    """A household's case card: its QR code, its case numbers. 便民卡。"""
    from zhubao_tui.casepage import half_blocks
    from zhubao_tui.workspace.cards import Cards, own_number
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        cards = Cards(workspace)
        made = cards.card(Survey(workspace).dwelling(door).household.id)
        if png is not None:
            cards.picture(made, png)
        numbers = [own_number(case, made.household.id) for case in made.cases]
        result = {"payload": made.payload, "link": made.is_link, "cases": numbers}
        if as_json:
            out(result, as_json, lambda: iter(()))
        else:
            for line in half_blocks(made.qr(rows=60)):
                typer.echo(f"\x1b[30;107m{line}\x1b[0m" if sys.stdout.isatty() else line)
            typer.echo("  ".join(numbers))


@app.command()
def today(as_json: Json = False) -> None:
    """This week's three counts and what waits. 今日。"""
    from zhubao_tui.workspace.board import Today
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        board = Today(workspace, Survey(workspace)).board()
        spell = {
            who: {"visited": c.visited, "found": c.found, "solved": c.solved}
            for who, c in (("mine", board.mine), ("team", board.team))
        }
        result = {**spell, "drafts": len(board.drafts), "callbacks": len(board.callbacks), "waiting": len(board.waiting),
                  "follow_ups": len(board.follow_ups), "refused": len(board.refused)}  # fmt: skip
        out(result, as_json, lambda: today_lines(board))


def today_lines(board: Any) -> Iterator[str]:
    """The board in a few lines."""
    for who, counts in ((_("我"), board.mine), (_("全队"), board.team)):
        yield _("本周{who}：走访 {visited} 户，发现 {found} 件，解决 {solved} 件。").format(
            who=who, visited=counts.visited, found=counts.found, solved=counts.solved
        )
    yield _("没访完 {drafts}，该再访 {callbacks}，等我办 {waiting}，待回访 {follow_ups}，没有生效 {refused}。").format(
        drafts=len(board.drafts), callbacks=len(board.callbacks), waiting=len(board.waiting),
        follow_ups=len(board.follow_ups), refused=len(board.refused),
    )  # fmt: skip


# -- issues


def case_row(workspace: Workspace, case: Any) -> dict[str, Any]:
    """A case as `--json` lists it."""
    from zhubao_tui.workspace.casework import numbers

    owner = workspace.community.people.get(case.owner)
    return {
        "id": case.id, "case": case.number, "text": case.words, "category": case.main.category,
        "category_word": case.main.category_word, "place": case.main.place.to_body(), "status": case.status.value,
        "households": len(case.followers), "reports": len(case.reports), "urgency": case.main.urgency,
        "due": case.due.isoformat(), "owner": owner.name if owner else "", "issues": [str(i.ref) for i in case.issues],
        "numbers": numbers(case),
    }  # fmt: skip


def case_line(workspace: Workspace, case: Any) -> str:
    """A case on one line."""
    from zhubao_tui.workspace import wording

    return "  ".join([
        case.number, _(wording.STATUSES[case.status]), wording.households(case),
        _("{count} 条反映").format(count=len(case.reports)), wording.category(case.main.category, case.main.category_word),
        wording.place(case.main.place), case.words[:60],
    ])  # fmt: skip


@issue.command("list")
def issue_list(
    status: Annotated[str, typer.Option(help="A status, or open, waiting, overdue, mine. 状态。")] = "",
    category: Annotated[str, typer.Option(help="Code or top code. 类别。")] = "",
    building: Annotated[str, typer.Option(help="estate/building")] = "",
    text: Annotated[str, typer.Option(help="Words, numbers, pinyin initials. 文字。")] = "",
    as_json: Json = False,
) -> None:
    """List cases, most urgent first. 列出办件。"""
    from zhubao_tui.workspace.casework import Casework, Filter

    with opened() as workspace:
        cases = Casework(workspace).cases(Filter(status, category, building, text))
        out([case_row(workspace, c) for c in cases], as_json, lambda: (case_line(workspace, c) for c in cases))


@issue.command("show")
def issue_show(name: Annotated[str, typer.Argument(help="Case number or id. 办件号。")], as_json: Json = False) -> None:
    """One case with its history and the moves open to me. 看一件。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.casework import Casework

    with opened() as workspace:
        casework = Casework(workspace)
        case = casework.find(name)
        history = [
            {"record": str(h.ref), "move": h.kind, "author": h.author, "at": h.at, "effect": h.effect, "reason": h.reason,
             "accepted_by": h.accepted_by} for h in case.history
        ]  # fmt: skip
        reports = [
            {"record": str(r.ref), "kind": r.kind, "on": r.on.isoformat(), "door": r.dwelling, "words": r.words}
            for r in case.reports
        ]
        result = {
            **case_row(workspace, case),
            "reports_list": reports,
            "history": history,
            "moves": casework.offered(case),
        }
        out(result, as_json, lambda: iter([
            case_line(workspace, case),
            *(f"  {r.on} {r.dwelling or '-'}  {r.words}" for r in case.reports),
            *(f"  {wording.moment(h.at)} {_(wording.MOVES[h.kind])}{'' if h.effect else ' ' + _(wording.REASONS[h.reason])}" for h in case.history),
            "  " + " ".join(casework.offered(case)),
        ]))  # fmt: skip


@issue.command("import")
def issue_import(file: Annotated[Path, typer.Argument(help="csv, xlsx")], as_json: Json = False) -> None:
    """Import a register: id, text, category, estate, building, unit, reported_on. 导入来件登记。"""
    from zhubao_tui.workspace.register import Register

    with opened(writes=True) as workspace:
        done = Register(workspace).read(file)
        result = {"issues": done.issues, "known": done.known, "empty": done.empty, "shortened": done.shortened, "odd_days": done.odd_days,
                  "unknown_categories": done.unknown_categories, "encoding": done.encoding}  # fmt: skip
        out(result, as_json, lambda: register_lines(done))


def register_lines(done: Any) -> Iterator[str]:
    """Account of a register import."""
    yield _("新增 {issues} 件，{known} 行原来就有。").format(issues=done.issues, known=done.known)
    if done.unknown_categories:
        yield _("{count} 行的类别不在我们的类别里，记为未定，原来的词留在旁边。").format(count=done.unknown_categories)
    for rows, words in (
        (done.empty, _("没有内容，没有收")),
        (done.shortened, _("超过两千字，已截短")),
        (done.odd_days, _("日期认不出，按今天算")),
    ):
        if rows:
            yield _("第 {rows} 行：{what}。").format(rows="、".join(map(str, rows[:10])), what=words)


@issue.command("report")
def issue_report(
    words: Annotated[str, typer.Argument(help="Own words. 原话。")],
    door: Annotated[str, typer.Option(help="祥和苑/3-2-501")],
    category: Annotated[str, typer.Option(help="light_stair …")],
    level: Annotated[str, typer.Option("--place", help="door, unit, building, estate, around")] = "unit",
    urgency: Annotated[str, typer.Option(help="danger, soon, normal")] = "normal",
) -> None:
    """Take an issue down for a door. 记一个问题。"""
    from zhubao_tui.workspace.reporting import NewReport, Reporting
    from zhubao_tui.workspace.survey import Survey

    with opened(writes=True) as workspace:
        dwelling = Survey(workspace).dwelling(door)
        reporting = Reporting(workspace)
        household = dwelling.household.id if reporting.may_name(dwelling.household) else ""
        ref = reporting.report(NewReport(words, category, level, urgency, dwelling.id, household))
        case = workspace.community.case_of(ref)
        typer.echo(case.number if case else str(ref))


@issue.command("support")
def issue_support(
    name: Annotated[str, typer.Argument(help="Case number or id. 办件号。")],
    door: Annotated[str, typer.Option(help="祥和苑/3-2-501")],
    words: Annotated[str, typer.Option(help="Own words, if any. 原话。")] = "",
) -> None:
    """Let a household join a case. 也反映。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.reporting import Reporting
    from zhubao_tui.workspace.survey import Survey

    with opened(writes=True) as workspace:
        case = Casework(workspace).find(name)
        typer.echo(
            str(Reporting(workspace).support(case.main.ref, Survey(workspace).dwelling(door).household.id, words))
        )


@issue.command("move")
def issue_move(
    name: Annotated[str, typer.Argument(help="Case number or id. 办件号。")],
    move: Annotated[str, typer.Argument(help="claim, assign, start, transfer, resolve, confirm, …")],
    given: Annotated[list[str], typer.Argument(help="name=value, as docs/records.md names them")] = [],  # noqa: B006 - Typer reads it only
) -> None:
    """Make a move on a case. 办一步。"""
    from zhubao_tui.workspace.casework import Casework

    with opened(writes=True) as workspace:
        casework = Casework(workspace)
        case = casework.find(name)
        fields, personal = parse_given(given)
        person = workspace.person_named(fields.get("person", "")) if "person" in fields else None
        if person is not None:
            fields["person"] = person.id
        typer.echo(str(casework.move(move, name if ":" in name else case.main.ref, personal, **fields)))


def parse_given(given: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read `name=value` pairs; `household` and a confirmation's `note` are personal."""
    fields: dict[str, Any] = {}
    for pair in given:
        name, found, value = pair.partition("=")
        if not found:
            raise typer.BadParameter(pair)
        fields[name] = {"true": True, "false": False}.get(value, value)
    personal = {"household": fields.pop("household")} if "household" in fields else {}
    if fields.get("of") is not None or "yes" in fields:
        fields.setdefault("on", date.today().isoformat())  # noqa: DTZ011 - the laptop's own day
    return fields, personal


@issue.command("accept")
def issue_accept(record: Annotated[str, typer.Argument(help="journal:seq:digest")]) -> None:
    """As a lead, let a listed record take effect. 认可一条没有生效的记录。"""
    from storage.record import Ref
    from zhubao_tui.workspace.casework import Casework

    with opened(writes=True) as workspace:
        typer.echo(str(Casework(workspace).accept(Ref.parse(record))))


@issue.command("twins")
def issue_twins(as_json: Json = False) -> None:
    """Groups of likely twins, most households first. 疑似重复。"""
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened() as workspace:
        groups = Deduplication(workspace).groups()
        rows = [
            {"score": round(g.score, 3), "households": g.households, "cases": [case_row(workspace, c) for c in g.cases]}
            for g in groups
        ]
        out(rows, as_json, lambda: (line for g in groups for line in ("", *(case_line(workspace, c) for c in g.cases))))


@issue.command("merge")
def issue_merge(
    names: Annotated[list[str], typer.Argument(help="Two or more case numbers or ids. 办件号。")],
    main_issue: Annotated[str, typer.Option("--main", help="Which becomes the main one. 主件。")] = "",
    note: str = "",
) -> None:
    """Join cases into one. 合并。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened(writes=True) as workspace:
        casework = Casework(workspace)
        main = casework.find(main_issue).main if main_issue else None
        typer.echo(str(Deduplication(workspace).merge([casework.find(n) for n in names], main, note)))


@issue.command("distinct")
def issue_distinct(
    names: Annotated[list[str], typer.Argument(help="Two or more. 两件或更多。")], note: str = ""
) -> None:
    """Say that cases only look alike. 不是同一件。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened(writes=True) as workspace:
        casework = Casework(workspace)
        for ref in Deduplication(workspace).tell_apart([casework.find(n) for n in names], note):
            typer.echo(str(ref))


@issue.command("undo")
def issue_undo(record: Annotated[str, typer.Argument(help="journal:seq:digest")]) -> None:
    """Make one's own report, support, merge, split or distinct unmade. 撤销。"""
    from storage.record import Ref
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened(writes=True) as workspace:
        Deduplication(workspace).undo([Ref.parse(record)])


# -- exchange


@app.command()
def exchange(
    folder: Annotated[Path, typer.Argument(help="Stick, shared folder. U 盘、共享文件夹。")],
    new: Annotated[
        bool, typer.Option("--new", help="Begin here although an earlier exchange folder is gone. 重新开始。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Exchange with a folder, both ways. 交换。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.exchanging import Exchanging

    with opened() as workspace:
        service = Exchanging(workspace)
        done = service.exchange(folder, new=new)
        service.took_in(done)
        unread = [{"file": t.name, "what": t.what, "detail": t.detail} for t in done.unread]
        result = {"sent": done.sent, "received": done.received, "records_in": done.records_in, "unread": unread,
                  "sent_failed": done.sent_failed, "not_sent": done.not_sent}  # fmt: skip
        out(result, as_json, lambda: iter(wording.account(done)))
        if done.sent_failed:
            raise typer.Exit(1)


@app.command()
def problems(as_json: Json = False) -> None:
    """Records without effect, and files that could not be read. 没有生效的记录，读不了的文件。"""
    from zhubao_tui.workspace import wording

    with opened() as workspace:
        found = workspace.community.problems()
        rows = [
            {"record": str(p.ref), "kind": p.kind, "author": p.author, "at": p.at, "reason": p.reason} for p in found
        ]
        files = [{"file": t.name, "what": t.what, "detail": t.detail} for t in workspace.store.troubles]
        out({"records": rows, "files": files}, as_json, lambda: iter([
            *(f"{wording.moment(p.at)} {_(wording.MOVES.get(p.kind, p.kind))}: {_(wording.REASONS[p.reason])}" for p in found),
            *(f"{t.name}: {_(wording.TROUBLES.get(t.what, t.what))} {t.detail}" for t in workspace.store.troubles),
        ]))  # fmt: skip
