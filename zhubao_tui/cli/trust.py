"""Who is let in, on which laptop, with which keys; passphrases and the recovery code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from zhubao_tui.i18n import _

from .base import ROLES, Chosen, Json, app, explained, new_passphrase, opened, out, passphrase, place, plain_name
from .begin import asked_lines, say_code

if TYPE_CHECKING:
    from zhubao_tui.workspace.trust import Laptop, Request, Trust
    from zhubao_tui.workspace.workspace import Workspace


@app.command()
def enrol(
    fingerprint: Annotated[list[str] | None, typer.Argument(help="30 digits, as read out. 指纹，30 个数字。")] = None,
    group: Annotated[str, typer.Option(help="Work group. 工作组。")] = "",
    helper: Annotated[
        bool, typer.Option("--helper", help="Helps care households: reads care needs here. 帮扶人，能看关爱需求。")
    ] = False,
    as_json: Json = False,
) -> None:
    """List who asks to be let in, or let one in by fingerprint, with --role. 放行（队长）。"""
    from zhubao_tui.workspace import wording

    with opened() as workspace:
        trust = sealed_trust(workspace)
        asked = trust.requests()
        if not fingerprint:
            out([request_row(one) for one in asked], as_json, lambda: request_lines(asked))
            return
        digits = "".join(one for one in unicodedata.normalize("NFKC", "".join(fingerprint)) if one not in " -")
        request = next((one for one in asked if one.fingerprint.replace(" ", "") == digits), None)
        if request is None:
            raise typer.BadParameter(_("没有这个指纹的申请。请一位一位核对；有一位不对就不要放行。"))
        known = trust.known_as(request)
        if known is not None and Chosen.role not in ("", known.role):
            words = _(
                "{name} 已经在册，是{role}：放行就是这个人换了电脑或钥匙。要放行，不写 --role；不是本人就不要放行。"
            )
            raise typer.BadParameter(words.format(name=known.name, role=_(wording.ROLES[known.role])))
        role = known.role if known is not None else Chosen.role
        if role not in ROLES:
            raise typer.BadParameter(" | ".join(ROLES), param_hint="--role")
        number = trust.grant(request, role, group.strip(), helper=helper)
        out(
            {"person": request.person, "name": request.name, "role": role, "laptop": number},
            as_json,
            lambda: [
                _("已放行 {name}，电脑 {number} 号。交换以后对方就能用了。").format(name=request.name, number=number)
            ],
        )


def sealed_trust(workspace: Workspace) -> Trust:
    """The service for keys; an unprotected workspace has none."""
    from zhubao_tui.workspace.trust import Trust

    if not workspace.sealed:
        raise typer.BadParameter(_("这个工作区没有加密，没有钥匙可管。"))
    return Trust(workspace)


def request_row(one: Request) -> dict[str, str]:
    """A request for programs."""
    return {
        "person": one.person,
        "name": one.name,
        "device": one.device,
        "day": one.day,
        "fingerprint": one.fingerprint,
    }


def request_lines(asked: list[Request]) -> Iterator[str]:
    """Requests for people."""
    if not asked:
        yield _("没有人在等放行。")
    for one in asked:
        yield f"{one.day}  {one.name or '?'}  {one.fingerprint}"


@app.command()
def laptops(as_json: Json = False) -> None:
    """Laptops that people were let in on. 电脑。"""
    with opened() as workspace:
        found = sealed_trust(workspace).laptops()
        out([laptop_row(one) for one in found], as_json, lambda: map(laptop_line, found))


def laptop_row(one: Laptop) -> dict[str, object]:
    """A laptop for programs."""
    return {"number": one.number, "device": one.device, "people": [person.name for person in one.people],
            "last": one.last, "records": one.records, "revoked": one.revoked}  # fmt: skip


def laptop_line(one: Laptop) -> str:
    """A laptop for people."""
    from zhubao_tui.workspace import wording

    names = "、".join(person.name for person in one.people)
    heard = wording.moment(one.last) if one.last else "-"
    words = _("{number} 号  {names}  {records} 条，最近 {heard}").format(
        number=one.number, names=names, records=one.records, heard=heard
    )
    return words + (_("  已停用") if one.revoked else "")


@app.command()
def lost(
    number: Annotated[int, typer.Argument(help="The laptop's number. 电脑编号。")],
    as_json: Json = False,
) -> None:
    """A laptop is lost: shut its keys out, make a new team key, say what was on it. 电脑丢了（队长）。"""
    with opened("revoke") as workspace:
        trust = sealed_trust(workspace)
        laptop = next((one for one in trust.laptops() if one.number == number and not one.revoked), None)
        if laptop is None:
            raise typer.BadParameter(_("没有 {number} 号电脑，或它已经停用。").format(number=number))
        told = trust.lose(laptop.device)
        row = {
            "laptop": number,
            "records": told.records,
            "households": told.households,
            "acknowledged": told.acknowledged,
        }
        out(row, as_json, lambda: [
            _("{number} 号电脑已停用，团队钥匙已更换。请尽快和各台电脑交换。").format(number=number),
            _("上面当时有：{records} 条记录，涉及 {households} 户的个人资料；它写的 {own} 条仍然算数。").format(
                records=told.records, households=told.households, own=told.acknowledged),
        ])  # fmt: skip


@app.command(name="renew-keys")
def renew_keys() -> None:
    """Make a new team key and a new recovery code; the old code opens nothing new. 换团队钥匙和恢复码（队长）。"""
    with opened("epoch") as workspace:
        code = sealed_trust(workspace).renew()
        out(None, False, lambda: [_("团队钥匙已更换，旧的恢复码作废。请尽快和各台电脑交换。")])
        say_code(code)


@app.command(name="passphrase")
def change_passphrase() -> None:
    """Change one's passphrase on this laptop. 换口令。"""
    from storage.settings import is_sealed
    from zhubao_tui.workspace.unlocking import Unlocking

    with explained():
        if not is_sealed(place()):
            raise typer.BadParameter(_("这个工作区没有加密，没有钥匙可管。"))
        old = passphrase(_("现在的口令"))
        Unlocking(place()).change(old, new_passphrase(_("新口令")))
        out(None, False, lambda: [_("口令已更换。")])


@app.command()
def rejoin() -> None:
    """Ask to be let in on this laptop, anew or as a further person who shares it. 重新申请，或几个人合用。

    For who forgot the passphrase, whose keys were stopped, or who is to share this laptop. 忘了口令、被停用、合用电脑，都用它。
    """
    from storage.settings import is_sealed
    from zhubao_tui.workspace.joining import ask_again

    with explained():
        if not is_sealed(place()):
            raise typer.BadParameter(_("这个工作区没有加密，没有钥匙可管。"))
        name = plain_name(typer.prompt(_("您的姓名")) if Chosen.name is None else Chosen.name, "--name")
        told = ask_again(place(), name, new_passphrase(_("给自己定一个口令")))
        out(None, False, lambda: asked_lines(told))


@app.command()
def recover() -> None:
    """Open with the recovery code and set a new passphrase. 用恢复码打开，重设口令。"""
    from storage.settings import is_sealed
    from zhubao_tui.workspace.joining import recover as recovered

    with explained():
        if not is_sealed(place()):
            raise typer.BadParameter(_("这个工作区没有加密，没有钥匙可管。"))
        code = passphrase(_("恢复码"))
        recovered(place(), code, new_passphrase(_("新口令"))).close()
        out(None, False, lambda: [_("已用恢复码打开，口令已重设。恢复码用过就该换：zhubao renew-keys。")])


@app.command()
def fingerprint(as_json: Json = False) -> None:
    """The fingerprint of one's keys on this laptop, as digits and as a QR code. 这台电脑的钥匙指纹。"""
    from storage.settings import is_sealed
    from zhubao_tui.workspace.joining import fingerprints_here

    with explained():
        if not is_sealed(place()):
            raise typer.BadParameter(_("这个工作区没有加密，没有钥匙可管。"))
        told = fingerprints_here(place())
        out(told, as_json, lambda: fingerprint_lines(told))


def fingerprint_lines(told: list[str]) -> Iterator[str]:
    """Digits, and below them the same as a code."""
    from zhubao_tui.casepage.qr import encode, half_blocks

    for one in told:
        yield one
        yield from half_blocks(encode(one.replace(" ", "")))
