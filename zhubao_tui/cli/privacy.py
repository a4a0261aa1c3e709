"""Personal data: consent and its withdrawal, erasures, retention, the register, what is held on a household, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhubao_tui.i18n import _

from .base import Door, Json, app, opened, out, tell

if TYPE_CHECKING:
    from zhubao_tui.workspace.erasing import Belongings
    from zhubao_tui.workspace.privacy import Register
    from zhubao_tui.workspace.workspace import Workspace

privacy = typer.Typer()
app.add_typer(privacy, name="privacy", help="Personal data. 个人信息。")
Confirm = Annotated[bool, typer.Option("--confirm", help="Do it; without it only say what would be done. 确认执行。")]


def household_at(workspace: Workspace, name: str) -> str:
    """A household by its id, or by the door behind which it lives now."""
    from zhubao_tui.workspace.survey import Survey

    known = workspace.community.household(name)
    return known.id if known is not None and "#" in name else Survey(workspace).dwelling(name).household.id


@app.command()
def consent(
    door: Door,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back. 撤回。")] = False,
    by: Annotated[str, typer.Option(help="self, guardian: who takes it back. 谁撤回。")] = "self",
    as_json: Json = False,
) -> None:
    """A household's consent; or take it back for it. 同意，撤回同意。"""
    from zhubao_tui.workspace import consenting

    with opened("consent" if withdraw else "") as workspace:
        household = household_at(workspace, door)
        if withdraw:
            consenting.withdraw(workspace, household, by=by)
        known = workspace.community.household(household)
        choice = known.consent if known else ""
        out({"household": household, "consent": choice}, as_json, lambda: [f"{household}  {choice or '-'}"])


@privacy.command("register")
def privacy_register(as_json: Json = False) -> None:
    """Consents, withdrawals, erasures, unmasked exports; for leads. 个人信息台账。"""
    from zhubao_tui.workspace.privacy import Privacy

    with opened() as workspace:
        found = Privacy(workspace).register()
        out(asdict(found), as_json, lambda: register_lines(workspace, found))


def register_lines(workspace: Workspace, found: Register) -> Iterator[str]:
    """The register as people read it."""
    from zhubao_tui.workspace import wording

    people = workspace.community.people
    yield _("同意 {count} 条").format(count=len(found.consents))
    for one in found.consents:
        choice = _(wording.CONSENTS.get(one.choice, one.choice))
        yield f"  {wording.moment(one.at)}  {one.household}  {choice}  {one.notice}  {_(wording.CONSENT_BY.get(one.by, one.by))}"
    yield _("等队长删除 {count} 户").format(count=len(found.awaiting))
    yield from (f"  {household}" for household in found.awaiting)
    yield _("删除 {count} 条").format(count=len(found.erasures))
    yield from (f"  {wording.erasure(line)}" for line in found.erasures)
    yield _("不脱敏导出 {count} 次").format(count=len(found.exports))
    for export_ in found.exports:
        person = people.get(export_.author)
        yield f"  {wording.moment(export_.at)}  {person.name if person else '?'}  {export_.what}  {export_.count}  {export_.reason}"


@privacy.command("sheet")
def privacy_sheet(
    door: Door,
    file: Annotated[
        Path | None, typer.Option("--out", help="Where to write it: .html to print, else text. 写到哪里。")
    ] = None,
) -> None:
    """What is held on a household, for the household that asks; for leads. 您家的信息清单。"""
    from storage.files import replace_whole
    from zhubao_tui.workspace.errors import NoSuchFolder
    from zhubao_tui.workspace.privacy import Privacy
    from zhubao_tui.workspace.sheet import lines_of, page_of, sheet_of

    with opened("export_log") as workspace:
        household = household_at(workspace, door)
        made = sheet_of(workspace, household)
        if file is not None and (file.is_dir() or not file.parent.is_dir()):
            raise NoSuchFolder(file.name if file.is_dir() else file.parent.name)
        Privacy(workspace).log_sheet(household)
        if file is None:
            out(None, False, lambda: lines_of(made))
            return
        text = (
            page_of(made)
            if file.suffix.lower() in (".html", ".htm")
            else "".join(f"{line}\n" for line in lines_of(made))
        )
        replace_whole(file, text.encode())


@privacy.command("erase")
def privacy_erase(
    doors: Annotated[list[str], typer.Argument(help="祥和苑/3-2-501 …; --awaiting")],
    reason: Annotated[str, typer.Option(help="asked, withdrawn, retention")] = "asked",
    confirm: Confirm = False,
    as_json: Json = False,
) -> None:
    """Erase what a household said, on every laptop; by a team lead. 删除一户的个人信息。"""
    from zhubao_tui.workspace.erasing import Erasing

    with opened("erasure" if confirm else "") as workspace:
        erasing = Erasing(workspace)
        households = [household_at(workspace, door) for door in doors]
        found = [erasing.preview(household) for household in households]
        if confirm:
            erasing.erase(households, reason)
        rows = [{"household": one.household, "records": one.counts(), "erased": confirm} for one in found]
        out(rows, as_json, lambda: erase_lines(found, done=confirm))
        if not confirm:
            tell(_("还没有删。删了就找不回来；确实要删，加 --confirm。"))


def erase_lines(found: list[Belongings], *, done: bool) -> Iterator[str]:
    """What goes, or went."""
    from zhubao_tui.workspace import wording

    for one in found:
        counts = " · ".join(f"{_(wording.MOVES[kind])} {count}" for kind, count in one.counts().items())
        words = _("{household}：已删除 {what}") if done else _("{household}：会删除 {what}")
        yield words.format(household=one.household, what=counts or _("没有什么可删的"))


@privacy.command("keep")
def privacy_keep(door: Door, reason: Annotated[str, typer.Option(help="Why it must be kept. 为什么要留。")]) -> None:
    """Record why nothing is erased although consent was taken back; by a team lead. 登记例外。"""
    from zhubao_tui.workspace.erasing import Erasing

    with opened("erasure") as workspace:
        typer.echo(str(Erasing(workspace).except_from(household_at(workspace, door), reason)))


@privacy.command("retention")
def privacy_retention(confirm: Confirm = False, as_json: Json = False) -> None:
    """Households kept longer than the community keeps records; a team lead has them erased. 超过保存期限的。"""
    from zhubao_tui.workspace.erasing import Erasing
    from zhubao_tui.workspace.errors import MoveRefused
    from zhubao_tui.workspace.retention import months_kept, outdated

    with opened("erasure" if confirm else "") as workspace:
        if not workspace.is_lead:
            raise MoveRefused("erasure", "not_allowed")
        months, found = months_kept(workspace), outdated(workspace)
        if confirm and found:
            Erasing(workspace).erase([one.household for one in found], "retention")
        rows = [{"household": one.household, "last": one.last.isoformat(), "erased": confirm} for one in found]
        out({"months": months, "households": rows}, as_json, lambda: (f"{one.last}  {one.household}" for one in found))
        if not months:
            tell(_("没有设保存期限：zhubao settings --retention-months 月数。"))
        elif found and not confirm:
            tell(_("还没有删。删了就找不回来；确实要删，加 --confirm。"))


@app.command()
def export(
    tinydb: Annotated[
        Path, typer.Option("--tinydb", help="One plain TinyDB file of everything. 全部记录，一个 TinyDB 文件。")
    ],
    unmasked: Annotated[
        bool, typer.Option("--unmasked", help="With names; by a team lead, recorded. 不脱敏。")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why unmasked. 为什么不脱敏。")] = "",
) -> None:
    """Take everything out as one file, masked unless asked; for leads. 导出。"""
    from zhubao_tui.workspace.exporting import Exporting

    with opened("export_log" if unmasked else "") as workspace:
        exporting = Exporting(workspace)
        count = exporting.tinydb_unmasked(tinydb, reason) if unmasked else exporting.tinydb(tinydb)
        words = _("写出 {count} 条记录，没有脱敏，已登记。") if unmasked else _("写出 {count} 条记录，已脱敏。")
        out(None, False, lambda: [words.format(count=count)])
