"""Case pages from this laptop, on the spot or in the community hall, for a limited time."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from zhubao_tui.i18n import _

from .base import Json, app, opened, tell

if TYPE_CHECKING:
    from zhubao_tui.casepage.server.running import Address
    from zhubao_tui.workspace.pages_here import PagesHere
    from zhubao_tui.workspace.workspace import Workspace

PORT, MINUTES, MOST_MINUTES = 8765, 120, 720
"""The first two as `workspace.pages_here` has them, which is not loaded for `--help`."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="127.0.0.1; 0.0.0.0: others, too. 0.0.0.0：手机也能看。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free. 0：随便一个空的。")] = PORT,
    minutes: Annotated[
        int, typer.Option("--for", min=1, max=MOST_MINUTES, help="Minutes, then it stops. 多少分钟以后停。")
    ] = MINUTES,
    as_json: Json = False,
) -> None:
    """Show the households' pages from this laptop until Ctrl+C; they can answer there. 现场看办件页，住户可以当场回答。"""
    import asyncio

    from zhubao_tui.workspace.pages_here import PagesHere

    with opened("serve") as workspace:
        pages = PagesHere(workspace, host, port, minutes, workspace.refresh)
        _say_begun(workspace, pages.address, minutes, as_json=as_json)
        with _stopped_by_ctrl_c(pages):
            asyncio.run(pages.until_stopped())
        _say_ended(pages, as_json=as_json)


@contextmanager
def _stopped_by_ctrl_c(pages: PagesHere) -> Iterator[None]:
    """Ctrl+C (and what a system sends to end a program) stops it as the end of its time does."""
    before = {
        number: signal.signal(number, lambda *_caught: pages.stop()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_begun(workspace: Workspace, address: Address, minutes: int, *, as_json: bool) -> None:
    until = workspace.now() + timedelta(minutes=minutes)
    if as_json:
        typer.echo(json.dumps({"address": address.url, "until": until.isoformat(timespec="seconds")}))
        return
    if address.is_for_others:
        from zhubao_tui.casepage import encode, half_blocks

        for line in half_blocks(encode(address.url.upper())):
            typer.echo(f"\x1b[30;47m{line}\x1b[0m" if _is_terminal() else line)
    typer.echo(_("办件页在 {address}，到 {until} 为止。Ctrl+C 停。").format(
        address=address.url, until=until.strftime("%H:%M")))  # fmt: skip
    if not address.is_for_others:
        tell(_("只有这台电脑看得到。要让手机也能看：zhubao serve --host 0.0.0.0"))


def _is_terminal() -> bool:
    import sys

    return sys.stdout.isatty()


def _say_ended(pages: PagesHere, *, as_json: bool) -> None:
    result = {"visits": pages.visits, "answers": pages.answers, "proposals": pages.proposals}
    if as_json:
        typer.echo(json.dumps(result))
        return
    words = _("停了。看了 {visits} 次，回答 {answers} 个，新写 {proposals} 件。")
    typer.echo(words.format(**result))
