"""Doors and what happens there: roster, visits, interviews, cards, and what waits today."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhubao_tui.i18n import _

from .base import Door, Json, app, opened, opened_to_cases, out, tell

if TYPE_CHECKING:
    from zhubao_tui.casepage import QR
    from zhubao_tui.community.doors import Dwelling
    from zhubao_tui.workspace.board import Board
    from zhubao_tui.workspace.cards import Card
    from zhubao_tui.workspace.roster import RosterImport, RowFault
    from zhubao_tui.workspace.survey import Survey
    from zhubao_tui.workspace.workspace import Workspace

roster = typer.Typer()
app.add_typer(roster, name="roster", help="Doors and households. 门牌和住户。")
INTERVIEWS = ("interviewed", "by_phone", "partial")
"""Outcomes that only an interview gives."""
FAULTS_SHOWN = 20


# -- the roster


@roster.command("import")
def roster_import(file: Annotated[Path, typer.Argument(help="csv, xlsx")], as_json: Json = False) -> None:
    """Import doors: columns estate, building, unit, door, floor, name, phone. 导入门牌册。"""
    from zhubao_tui.workspace.roster import Roster

    with opened("roster") as workspace:
        done = Roster(workspace).read(file)
        faults = [{"row": f.row, "reason": f.reason, "column": f.column, "first_row": f.first_row} for f in done.faults]
        result = {"doors": done.doors, "known": done.known, "residents": done.residents, "encoding": done.encoding,
                  "faults": faults}  # fmt: skip
        out(result, as_json, lambda: roster_lines(done))
        if done.faults:
            tell("\n".join(fault_lines(done.faults)))
            raise typer.Exit(1)


def roster_lines(done: RosterImport) -> Iterator[str]:
    """Account of a roster import."""
    yield _("新门牌 {doors} 个，原有 {known} 个，住户信息 {residents} 条。").format(
        doors=done.doors, known=done.known, residents=done.residents
    )
    if done.encoding == "gb18030":
        yield _("文件是 GBK 编码，已按它读入。")


def fault_lines(faults: list[RowFault]) -> Iterator[str]:
    """What is wrong with which rows."""
    yield _("{count} 行没有收，其余都收了。改好后再导入一次，收过的不会重复。").format(count=len(faults))
    for fault in faults[:FAULTS_SHOWN]:
        yield row_fault(fault)
    if len(faults) > FAULTS_SHOWN:
        yield _("还有 {count} 行，用 --json 看全部。").format(count=len(faults) - FAULTS_SHOWN)


def row_fault(fault: RowFault) -> str:
    """What is wrong with a row; never what stands in it."""
    from zhubao_tui.workspace.wording import COLUMNS

    column = _(COLUMNS[fault.column]) if fault.column else ""
    words = {
        "duplicate": _("第 {row} 行：和第 {first} 行是同一个门牌。"),
        "missing": _("第 {row} 行：{column}没有写或写得不对。"),
        "long": _("第 {row} 行：{column}写得太长。"),
        "formula": _("第 {row} 行：{column}是公式，没有算出的值；请用表格软件打开、保存后再导入。"),
    }[fault.reason]
    return words.format(row=fault.row, first=fault.first_row, column=column)


@roster.command("list")
def roster_list(building: Annotated[str, typer.Argument(help="estate/building")] = "", as_json: Json = False) -> None:
    """List buildings, or one building's doors. 列出楼栋，或一栋楼的门牌。"""
    from zhubao_tui.workspace.reporting import place_named
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        survey = Survey(workspace)
        if building:
            named = place_named(building, "building").building_id
            tell_doors(survey, survey.building(named or building).dwellings, as_json)
            return
        buildings = survey.buildings()
        rows = [{"id": b.id, "reached": b.reached, "base": b.base, "doors": len(b.dwellings)} for b in buildings]
        out(rows, as_json, lambda: (f"{b.id}  {b.reached}/{b.base}" for b in buildings))


@roster.command("find")
def roster_find(text: Annotated[str, typer.Argument(help="Digits, words, initials. 门牌、姓名、拼音首字母。")],
                as_json: Json = False) -> None:  # fmt: skip
    """Find doors. 找门牌。"""
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        survey = Survey(workspace)
        tell_doors(survey, survey.find(text), as_json)


def tell_doors(survey: Survey, doors: list[Dwelling], as_json: bool) -> None:  # noqa: FBT001 - handed on
    """Doors with their latest outcome."""
    from zhubao_tui.workspace import wording

    marks = {door.id: survey.mark(door) for door in doors}
    rows = [
        {"id": d.id, "household": d.household.id, "outcome": marks[d.id].outcome, "open_cases": marks[d.id].open_cases,
         "draft": marks[d.id].draft, "name": d.household.name if survey.may_see_names(d) else None} for d in doors
    ]  # fmt: skip
    out(rows, as_json, lambda: (f"{d.id}  {_(wording.OUTCOMES[marks[d.id].outcome])}" for d in doors))


@roster.command("add")
def roster_add(
    estate: Annotated[str, typer.Argument(help="小区")],
    building: Annotated[str, typer.Argument(help="楼栋")],
    unit: Annotated[str, typer.Argument(help="单元")],
    door: Annotated[str, typer.Argument(help="门牌")],
) -> None:
    """Add a door that no roster knew. 补一个门牌。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.roster import Roster

    with opened("roster") as workspace:
        try:
            made = Roster(workspace).add_door(estate, building, unit, door)
        except ValueError as error:
            column = _(wording.COLUMNS[str(error)])
            raise typer.BadParameter(_("{column}没有写或写得不对。").format(column=column)) from None
        out(None, False, lambda: [made])


@roster.command("moved-in")
def roster_moved_in(door: Door) -> None:
    """A new household lives here. 换了住户。"""
    from zhubao_tui.workspace.survey import Survey

    with opened("moved_in") as workspace:
        survey = Survey(workspace)
        household = survey.moved_in(survey.dwelling(door))
        out(None, False, lambda: [household.id])


# -- at a door


@app.command()
def visit(
    door: Door,
    outcome: Annotated[str, typer.Argument(help="not_home, unable, refused, rented, moved, vacant, shop, no_door")],
    again: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Agreed day. 约好再来的日子。")] = None,
    not_again: Annotated[bool, typer.Option("--not-again", help="They want no more visits. 不要再来。")] = False,
) -> None:
    """Write down what came of a try at a door; once more on the same day corrects it. 记走访结果。"""
    from zhubao_tui.workspace.survey import Survey, UnknownOutcome

    with opened("visit") as workspace:
        survey = Survey(workspace)
        dwelling = survey.dwelling(door)
        if outcome in INTERVIEWS:
            raise UnknownOutcome(outcome)
        before = survey.today_visit(dwelling)
        agreed = again.date() if again else None
        if agreed is not None and agreed < workspace.today():
            raise typer.BadParameter(_("约好的日子不能在今天以前。"), param_hint="--again")
        made = survey.record_visit(
            dwelling, outcome, again=agreed, not_again=not_again, corrects=before.ref if before else None
        )
        typer.echo(str(made))


@app.command()
def interview(
    door: Door,
    answers: Annotated[
        Path, typer.Option("--answers", help='JSON: {"consent": "all", "size": 3, "phone": {"special": "na"}}')
    ],
    by_phone: Annotated[bool, typer.Option("--by-phone", help="By telephone. 电话访。")] = False,
    as_json: Json = False,
) -> None:
    """Interview a household from a file of answers by question name. 用文件里的答案做一次访谈。"""
    from zhubao_tui.workspace.scripted import interview_from, read_answers

    with opened("visit") as workspace:
        done = interview_from(workspace, door, read_answers(answers), by_phone=by_phone)
        result = {"visit": str(done.visit), "response": str(done.response) if done.response else None,
                  "reports": [str(ref) for ref in done.reports]}  # fmt: skip
        out(result, as_json, lambda: [str(done.visit)])


@app.command()
def card(
    door: Door,
    png: Annotated[Path | None, typer.Option("--png", help="Save the code as a picture. 二维码存成图片。")] = None,
    slip: Annotated[
        Path | None, typer.Option("--slip", help="Save the slip, .pdf or .png, for a 58 mm printer. 小条。")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="A slip is lost: a new code, the old one ends. 换码。")
    ] = False,
    no_page: Annotated[bool, typer.Option("--no-page", help="The household wants no page. 不要办件页。")] = False,
    as_json: Json = False,
) -> None:
    """A household's case card: its QR code, its case numbers. 便民卡。"""
    from zhubao_tui.workspace.cards import Cards, own_number
    from zhubao_tui.workspace.survey import Survey

    if renew and no_page:
        raise typer.BadParameter(_("换码和不要办件页不能一起。"), param_hint="--renew")
    with opened("token") if renew or no_page else opened_to_cases() as workspace:
        cards = Cards(workspace)
        household = Survey(workspace).dwelling(door).household
        if renew:
            cards.renew(household)
        if no_page:
            cards.decline(household)
        made = cards.card(household.id)
        if png is not None:
            cards.picture(made, png)
        if slip is not None:
            save_slip(workspace, household.id, slip)
        cases = [{"case": own_number(c, made.household.id), "id": c.id, "status": c.status.value} for c in made.cases]
        result = {"payload": made.payload, "link": made.is_link, "on": made.on.isoformat(), "cases": cases}
        if not as_json and png is None and slip is None:
            draw(made.qr(rows=200))
        out(result, as_json, lambda: card_lines(made))


def save_slip(workspace: Workspace, household_id: str, path: Path) -> None:
    """One household's slip, as the file's name says."""
    from zhubao_tui.casepage.pdf import roll_pdf
    from zhubao_tui.casepage.slip import slip_png
    from zhubao_tui.workspace.slips import Slips, save

    makers = {".pdf": roll_pdf, ".png": slip_png}
    maker = makers.get(path.suffix.casefold())
    if maker is None:
        raise typer.BadParameter(
            _("文件名要以 {endings} 结尾。").format(endings=" / ".join(makers)), param_hint="--slip"
        )
    save(path, maker(Slips(workspace).slip(household_id)))


@app.command()
def slips(
    building: Annotated[str, typer.Argument(help="祥和苑/3")],
    file: Annotated[Path, typer.Argument(help="slips.html, slips.pdf")],
) -> None:
    """A building's slips on A4 sheets with cut marks. 一栋楼的便民卡，A4 打印。"""
    from zhubao_tui.casepage.pdf import sheets_pdf
    from zhubao_tui.casepage.slip import slips_html
    from zhubao_tui.workspace.slips import Slips, save

    makers = {".html": slips_html, ".pdf": sheets_pdf}
    maker = makers.get(file.suffix.casefold())
    if maker is None:
        raise typer.BadParameter(_("文件名要以 {endings} 结尾。").format(endings=" / ".join(makers)))
    with opened_to_cases() as workspace:
        made = Slips(workspace).building(building.strip())
        if not made:
            tell(_("这栋楼还没有同意要办件页的住户，没有便民卡可印。"))
            raise typer.Exit(1)
        save(file, maker(made))
        out(None, False, lambda: [_("便民卡 {count} 张。").format(count=len(made))])


def draw(code: QR) -> None:
    """The code, dark on light whatever the terminal's colours; in whole cells where it has no half blocks."""
    from zhubao_tui.casepage import half_blocks, whole_blocks

    try:
        "█▀▄".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        lines = half_blocks(code)
    except UnicodeEncodeError:
        lines = whole_blocks(code)
    before, behind = ("\x1b[30;107m", "\x1b[0m") if sys.stdout is not None and sys.stdout.isatty() else ("", "")
    typer.echo("".join(f"{before}{line}{behind}\n" for line in lines), nl=False)


def card_lines(made: Card) -> Iterator[str]:
    """The household's cases beside the code."""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.cards import own_number

    for case in made.cases:
        yield f"{own_number(case, made.household.id)}  {_(wording.STATUSES[case.status])}"


# -- today


@app.command()
def today(as_json: Json = False) -> None:
    """This week's three counts and what waits. 今日。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.board import Today
    from zhubao_tui.workspace.survey import Survey

    with opened() as workspace:
        board = Today(workspace, Survey(workspace)).board()
        out(today_row(board), as_json, lambda: today_lines(board))
        for words in wording.unreadable_drafts(workspace.drafts):
            tell(words)


def today_row(board: Board) -> dict[str, Any]:
    """The board as `--json` tells it."""
    counts = {
        who: {"visited": c.visited, "found": c.found, "solved": c.solved}
        for who, c in (("mine", board.mine), ("team", board.team))
    }
    return {
        **counts,
        "tried_today": board.tried_today,
        "drafts": [str(draft.about.get("dwelling", "")) for draft in board.drafts],
        "callbacks": [{"door": door.id, "due": due.isoformat()} for door, due in board.callbacks],
        "waiting": [case.id for case in board.waiting],
        "follow_ups": [case.id for case in board.follow_ups],
        "refused": [str(problem.ref) for problem in board.refused],
        "withdrawn": board.withdrawn,
        "noes": [case.id for case in board.noes],
        "proposals": [str(one.ref) for one in board.proposals],
    }


def today_lines(board: Board) -> Iterator[str]:
    """The board in a few lines."""
    for who, counts in ((_("我"), board.mine), (_("全队"), board.team)):
        yield _("本周{who}：走访 {visited} 户，发现 {found} 件，解决 {solved} 件。").format(
            who=who, visited=counts.visited, found=counts.found, solved=counts.solved
        )
    yield _("没访完 {drafts}，该再访 {callbacks}，等我办 {waiting}，待回访 {follow_ups}，没有生效 {refused}。").format(
        drafts=len(board.drafts), callbacks=len(board.callbacks), waiting=len(board.waiting),
        follow_ups=len(board.follow_ups), refused=len(board.refused),
    )  # fmt: skip
    if board.withdrawn:
        yield _("{count} 户撤回了同意，等您删除").format(count=len(board.withdrawn))
    if board.noes:
        yield _("{count} 件有住户在办件页说没好").format(count=len(board.noes))
    if board.proposals:
        yield _("住户自己写的 {count} 件，等您看").format(count=len(board.proposals))
