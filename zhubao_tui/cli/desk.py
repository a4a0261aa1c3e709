"""The lead's desk: likely twins, and what is decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .base import Json, opened, opened_to_cases, out
from .issues import At, Level, Name, case_line, case_row, chosen, issue, read_record

if TYPE_CHECKING:
    from zhubao_tui.duplicates import Trait
    from zhubao_tui.workspace.deduplication import TwinGroup
    from zhubao_tui.workspace.workspace import Workspace

Names = Annotated[list[str], typer.Argument(help="Two or more case numbers or ids. 两个以上办件号。")]
Note = Annotated[str, typer.Option(help="Why. 说明。")]


@issue.command("twins")
def issue_twins(as_json: Json = False) -> None:
    """Groups of likely twins, most households first. 疑似重复。"""
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened_to_cases() as workspace:
        groups = Deduplication(workspace).groups()
        out([group_row(workspace, group) for group in groups], as_json, lambda: group_lines(groups))


def group_row(workspace: Workspace, group: TwinGroup) -> dict[str, Any]:
    """A group as `--json` lists it."""
    return {
        "score": round(group.score, 3),
        "households": group.households,
        "cases": [case_row(workspace, case) for case in group.cases],
        "agree": trait_rows(group.agree),
        "differ": trait_rows(group.differ),
    }


def trait_rows(traits: Iterable[Trait]) -> list[dict[str, str]]:
    """Traits as `--json` lists them, each once."""
    return [{"kind": kind, "value": value} for kind, value in dict.fromkeys((one.kind, one.value) for one in traits)]


def group_lines(groups: list[TwinGroup]) -> Iterator[str]:
    """Groups, an empty line between them."""
    for place, group in enumerate(groups):
        if place:
            yield ""
        yield from map(case_line, group.cases)


@issue.command("suggest")
def issue_suggest(
    words: Annotated[str, typer.Argument(help="Own words. 原话。")],
    category: Annotated[str, typer.Option(help="light_stair …")] = "",
    door: Annotated[str, typer.Option(help="祥和苑/3-2-501")] = "",
    at: At = "",
    level: Level = "unit",
    as_json: Json = False,
) -> None:
    """Cases that a report may be telling of, before it is taken down. 是不是已经有人反映过。"""
    from zhubao_tui.workspace.deduplication import Deduplication
    from zhubao_tui.workspace.reporting import NewReport, place_named
    from zhubao_tui.workspace.survey import Survey

    with opened_to_cases() as workspace:
        dwelling = Survey(workspace).dwelling(door).id if door else ""
        place = None if dwelling else place_named(at, level)
        new = NewReport(words, category, level, "normal", dwelling, place=place)
        twins = Deduplication(workspace).suggest(new)
        rows = [{"score": round(twin.match.score, 3), **case_row(workspace, twin.case)} for twin in twins]
        out(rows, as_json, lambda: (case_line(twin.case) for twin in twins))


@issue.command("merge")
def issue_merge(
    names: Names,
    main_issue: Annotated[str, typer.Option("--main", help="Which becomes the main one. 主件。")] = "",
    note: Note = "",
) -> None:
    """Join cases into one. 合并。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened("merge") as workspace:
        casework = Casework(workspace)
        main = casework.find_issue(main_issue) if main_issue else None
        typer.echo(str(Deduplication(workspace).merge(chosen(casework, names), main, note)))


@issue.command("split")
def issue_split(name: Name, note: Note = "") -> None:
    """Take an issue out of its case. 拆分。"""
    from zhubao_tui.workspace.casework import Casework

    with opened("split") as workspace:
        casework = Casework(workspace)
        typer.echo(str(casework.move("split", casework.find_issue(name).ref, note=note)))


@issue.command("distinct")
def issue_distinct(names: Names, note: Note = "") -> None:
    """Say that cases only look alike. 不是同一件。"""
    from zhubao_tui.workspace.casework import Casework
    from zhubao_tui.workspace.deduplication import Deduplication

    with opened("distinct") as workspace:
        for ref in Deduplication(workspace).tell_apart(chosen(Casework(workspace), names), note):
            typer.echo(str(ref))


@issue.command("undo")
def issue_undo(record: Annotated[str, typer.Argument(help="journal:seq:digest")]) -> None:
    """Make one's own report, support, merge, split or distinct unmade. 撤销。"""
    from zhubao_tui.workspace.verdicts import undo

    with opened("undo") as workspace:
        undo(workspace, [read_record("undo", record)])
