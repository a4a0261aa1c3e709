"""Exchange with a folder, and what could not be read or took no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhubao_tui.i18n import _

from .base import Json, app, explained, folder_named, opened, out, tell
from .base import place as workspace_folder

if TYPE_CHECKING:
    from pathlib import Path

    from storage.holding import OnlyHere
    from storage.store import Trouble
    from zhubao_tui.community.replay import Problem


@app.command()
def exchange(
    folder: Annotated[str, typer.Argument(help="Stick, shared folder. U 盘、共享文件夹。")],
    new: Annotated[
        bool, typer.Option("--new", help="Begin here although an earlier exchange folder is gone. 重新开始。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Exchange with a folder, both ways. 交换。"""
    from zhubao_tui.workspace import wording
    from zhubao_tui.workspace.exchanging import Exchanging
    from zhubao_tui.workspace.reliance import Reliance

    place = folder_named(folder)
    if bring_request(place, as_json):
        return
    with opened(mend_from=place) as workspace:
        service = Exchanging(workspace)
        done = service.exchange(place, new=new)
        service.took_in(done)
        result = {"sent": done.sent, "received": done.received, "records_in": done.records_in,
                  "unread": file_rows(done.unread), "sent_failed": done.sent_failed, "not_sent": done.not_sent,
                  "only_here": only_here_row(Reliance(workspace).only_here())}  # fmt: skip
        reliance = Reliance(workspace)
        told = [*wording.account(done, workspace.whose), *filter(None, [reliance.after_exchange()])]
        out(result, as_json, lambda: [] if done.sent_failed else told)
        if done.sent_failed:
            tell("\n".join(told))
            raise typer.Exit(1)
        if double := reliance.double():
            tell(double)


def bring_request(stick: Path, as_json: bool) -> bool:  # noqa: FBT001 - one of two spellings
    """On a laptop that waits to be let in: carry its request there and look for the answer; says whether it waits."""
    from zhubao_tui.workspace.joining import exchange_waiting, waits

    with explained():
        if not waits(workspace_folder()):
            return False
        let_in = exchange_waiting(workspace_folder(), stick)
        if as_json:
            out({"let_in": let_in}, as_json, list)
        if let_in:
            tell(_("队长已放行，可以用口令打开了：zhubao"))
        else:
            tell(_("申请已写到交换文件夹；队长放行并交换以后，再在这里交换一次。"))
    return True


@app.command()
def problems(as_json: Json = False) -> None:
    """Records without effect, and files that could not be read. 没有生效的记录，读不了的文件。"""
    from zhubao_tui.workspace.exchanging import Exchanging

    with opened(inbox=False) as workspace:
        files = [*workspace.store.troubles, *Exchanging(workspace).take_inbox().troubles]
        found = workspace.community.problems()
        rows = [
            {"record": str(p.ref), "kind": p.kind, "author": p.author, "at": p.at, "reason": p.reason} for p in found
        ]
        out({"records": rows, "files": file_rows(files)}, as_json, lambda: problem_lines(found, files, workspace.whose))


def only_here_row(told: OnlyHere) -> dict[str, Any]:
    """What no other laptop is known to hold."""
    return {"records": told.records, "since": told.since.record.at if told.since else None}


def file_rows(troubles: Iterable[Trouble]) -> list[dict[str, Any]]:
    """Files that could not be read, wholly or in part."""
    return [{"file": trouble.name, "what": trouble.what, "detail": trouble.detail} for trouble in troubles]


def problem_lines(found: Sequence[Problem], files: Sequence[Trouble], whose: Callable[[Trouble], str]) -> Iterator[str]:
    """Each with its reason."""
    from zhubao_tui.workspace import wording

    if not found and not files:
        yield _("没有无效的记录，也没有读不了的文件。")
    for problem in found:
        move = _(wording.MOVES.get(problem.kind, problem.kind))
        yield f"{wording.moment(problem.at)}  {move}: {_(wording.REASONS[problem.reason])}  {problem.ref}"
    for trouble in files:
        yield wording.trouble(trouble, whose(trouble))
