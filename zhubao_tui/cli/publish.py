"""What households and neighbours read: case pages for a web server, and the neighbourhood board."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhubao_tui.i18n import _

from .base import Json, app, folder_named, opened, out, tell
from .begin import change_settings

if TYPE_CHECKING:
    from zhubao_tui.workspace.site import Progress

board = typer.Typer()
app.add_typer(board, name="board", help="Neighbourhood board: counts, no households. 公告栏。")


@app.command()
def publish(
    folder: Annotated[str, typer.Argument(help="New or empty, or of this community's pages. 网页文件夹。")],
    base_url: Annotated[str | None, typer.Option("--base-url", help="https://host/path 办件页网址。")] = None,
    from_folder: Annotated[
        Path | None, typer.Option("--from", help="Pages that a team lead published, from a stick. 队长发布好的文件夹。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the households' case pages for any web server (team lead); with --from, bring them there. 发布办件页。"""
    from zhubao_tui.workspace.publishing import Publishing, carry

    place = folder_named(folder)
    if base_url is not None and from_folder is not None:
        raise typer.BadParameter(_("搬运别人发布的文件夹时不能改网址。"), param_hint="--base-url")
    with opened() as workspace:
        if base_url is not None and base_url != workspace.community.settings.get("base_url"):
            Publishing(workspace).site(place)  # who may not publish there changes no address either
            change_settings(workspace, {"base_url": base_url.strip()})
        with shown() as progress:
            done = (
                carry(workspace, from_folder, place, progress)
                if from_folder is not None
                else Publishing(workspace).publish(place, progress)
            )
        result = {"pages": done.pages, "written": done.written, "ended": done.ended}
        out(
            result,
            as_json,
            lambda: [_("办件页 {pages} 户；写了 {written} 个文件，停用 {ended} 个码。").format(**result)],
        )
        if not workspace.community.settings.get("base_url"):
            tell(_("还没有网址，便民卡打不开这些页：zhubao settings --base-url https://…"))


@contextmanager
def shown() -> Iterator[Progress]:
    """Progress on a terminal, nothing anywhere else."""
    import sys

    from rich.console import Console
    from rich.progress import Progress as Bar

    stream = Console(stderr=True)
    with Bar(console=stream, transient=True, disable=not (sys.stderr and sys.stderr.isatty())) as bar:
        task = bar.add_task("")
        yield lambda done, total, _name: bar.update(task, completed=done, total=total)


@board.command("on")
def board_on() -> None:
    """The next publication shows the board to everybody (team lead). 下次发布起公开。"""
    from zhubao_tui.workspace.neighbourhood import Neighbourhood

    with opened("settings") as workspace:
        Neighbourhood(workspace).put_up()


@board.command("off")
def board_off() -> None:
    """The next publication takes the board away (team lead). 下次发布起撤下。"""
    from zhubao_tui.workspace.neighbourhood import Neighbourhood

    with opened("settings") as workspace:
        Neighbourhood(workspace).take_down()


@board.command("sheet")
def board_sheet(
    file: Annotated[Path, typer.Argument(help="sheet.html")],
    place: Annotated[str, typer.Option(help="祥和苑, 祥和苑/3")] = "",
) -> None:
    """One A3 sheet to print and hang up, of a building or an estate (team lead). 打印一张 A3 公告。"""
    from zhubao_tui.workspace.neighbourhood import Neighbourhood
    from zhubao_tui.workspace.slips import save

    with opened() as workspace:
        save(file, Neighbourhood(workspace).sheet(place.strip()))
