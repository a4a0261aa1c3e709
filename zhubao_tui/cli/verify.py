"""Look at a whole workspace without changing it; take a new id for a laptop whose disk was imaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from zhubao_tui.i18n import _

from .base import Chosen, Json, app, explained, identity_at, opened, out, place, tell

if TYPE_CHECKING:
    from storage.keys import Identity
    from zhubao_tui.workspace.verifying import Report, Told


@app.command()
def verify(as_json: Json = False) -> None:
    """Check every record, chain, clock and file; changes nothing. Exit 1 where something is wrong. 核对全部记录。"""
    from zhubao_tui.workspace import verifying

    with explained():
        report = verifying.verify(place(), identity=who_if_told())
        out(report_row(report), as_json, lambda: report_lines(report))
        if not report.is_right:
            tell(verifying.summary(report))
            raise typer.Exit(1)
        if not as_json:
            typer.echo(verifying.summary(report))


def who_if_told() -> Identity | None:
    """Who gave a passphrase: then names can be told. Nobody needs one to verify, least of all where it opens nothing."""
    from storage.errors import KeysUnreadable, NoKeysHere, WrongPassphrase
    from zhubao_tui.workspace.errors import TooSoon
    from zhubao_tui.workspace.sentences import sentence

    if Chosen.passphrase_fd is None:
        return None
    try:
        return identity_at(place())
    except (KeysUnreadable, NoKeysHere, TooSoon, WrongPassphrase) as error:
        tell(sentence(error) or "")
        return None


def report_row(report: Report) -> dict[str, Any]:
    """A report as `--json` gives it."""
    return {
        "ok": report.is_right,
        "files": report.files,
        "records": report.records,
        "cache": report.cache,
        "findings": [finding_row(one) for one in report.told],
    }


def finding_row(one: Told) -> dict[str, Any]:
    """One finding as `--json` gives it."""
    found = one.finding
    return {
        "what": found.what, "wrong": found.is_wrong, "file": found.file, "journal": found.journal,
        "device": found.device, "laptop": one.laptop, "person": one.person, "numbers": list(found.numbers),
        "day": found.day, "detail": found.detail, "words": one.words, "advice": one.advice,
    }  # fmt: skip


def report_lines(report: Report) -> Iterator[str]:
    """A report for people: what is wrong first, each with what to do."""
    from zhubao_tui.workspace import verifying

    for one in report.told:
        yield f"{'!' if one.finding.is_wrong else '·'} {one.words}"
        yield f"    {one.advice}"
    yield _(verifying.CACHES[report.cache])


@app.command("renew-identity")
def renew_identity(as_json: Json = False) -> None:
    """Take a new id for this laptop, where another one writes under the same. 换新身份（整盘复制过的电脑）。"""
    with opened() as workspace:
        number = workspace.renew_identity()
        words = _("这台电脑换了新身份，是 {number} 号。以前记下的都还算它的。").format(number=number)
        if not number:
            words = _("这台电脑换了新身份；下次有人选名字时给它编号。以前记下的都还算它的。")
        out({"laptop": number, "device": workspace.store.device}, as_json, lambda: [words])
