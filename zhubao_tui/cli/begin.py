"""Beginning: a community, a further laptop, the demo; who works here, and the community's settings."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storage.errors import WorkspaceExists
from zhubao_tui.i18n import _

from .base import (
    Chosen,
    Json,
    app,
    choose,
    data_folder,
    explained,
    folder_named,
    new_passphrase,
    open_app,
    opened,
    out,
    place,
    plain_name,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zhubao_tui.workspace.workspace import Workspace

SETTINGS = ("name", "office_phone", "base_url", "lock_minutes", "retention_months")
COMFORTABLE_BASE = 35
"""Characters of a base address up to which a case page's QR code keeps 19 terminal rows."""


@app.command()
def init(
    community: Annotated[str | None, typer.Option("--community", help="Its name. 社区名称。")] = None,
    founder: Annotated[str | None, typer.Option("--founder", help="Founder's name; else --name. 发起人。")] = None,
    phone: Annotated[str, typer.Option(help="Telephone of the community office. 社区电话。")] = "",
    unprotected: Annotated[
        bool, typer.Option("--unprotected", help="Without encryption: for training only. 不加密，只用于培训。")
    ] = False,
) -> None:
    """Begin a community: an encrypted workspace with its founder as team lead. 新建社区（加密）。

    The passphrase is asked for, or read from --passphrase-fd. The recovery code is printed once. 恢复码只显示一次。
    """
    from zhubao_tui.workspace.workspace import Workspace

    with explained():
        called = plain_name(typer.prompt(_("社区名称")) if community is None else community, "--community")
        given = Chosen.name if founder is None else founder
        name = plain_name(typer.prompt(_("您的姓名")) if given is None else given, "--founder")
        number = plain_name(phone, "--phone") if phone else ""
        if unprotected:
            Workspace.create(place(), called, name, office_phone=number).close()
            out(
                None,
                False,
                lambda: [_("已建好“{name}”，您是队长，这台电脑是 1 号。资料没有加密。").format(name=called)],
            )
            return
        from zhubao_tui.workspace.founding import found

        tell(_("口令忘了、恢复码也丢了，资料就再也打不开，谁也帮不上忙。"))
        founded = found(place(), called, name, new_passphrase(_("给自己定一个口令")), office_phone=number)
        founded.workspace.close()
        out(None, False, lambda: [_("已建好“{name}”，您是队长，这台电脑是 1 号。资料已加密。").format(name=called)])
        say_code(founded.code)


def say_code(code: str) -> None:
    """Show a recovery code, the only time that it is to be seen."""
    out(None, False, lambda: [_("恢复码（只显示这一次，请抄在纸上锁好，不要存进电脑）："), "", f"    {code}", ""])


@app.command()
def join(folder: Annotated[str, typer.Argument(help="Exchange folder. 交换文件夹。")]) -> None:
    """Begin a further laptop's workspace from an exchange folder. 第二台电脑加入。

    An encrypted community is asked first: a team lead compares the fingerprint and lets you in (zhubao enrol).
    """
    from zhubao_tui.workspace import exchanging, wording
    from zhubao_tui.workspace.workspace import UnknownPerson

    stick = folder_named(folder)
    with explained():
        if Chosen.name is not None:
            plain_name(Chosen.name, "--name")
        found = exchanging.to_join(stick)
        if found.sealed:
            ask_to_join(stick, found.community)
            return
        with exchanging.join(stick, place()) as workspace:
            out(None, False, lambda: [_("已加入“{name}”。").format(name=workspace.name)])
            try:
                choose(workspace)
            except UnknownPerson:
                tell(_("工作区已经建好，不用再加入一次；只差登记：命令后写 --name 和 --role。"))
                raise
            service = exchanging.Exchanging(workspace)
            done = service.exchange(stick)
            service.took_in(done)
            for line in wording.account(done, workspace.whose) if done.unread or done.sent_failed else []:
                tell(line)
            number = workspace.laptop
            typer.echo(
                _("这台电脑是 {number} 号。").format(number=number)
                if number
                else _("请用 --name 和 --role 说是谁在用。")
            )


def ask_to_join(stick: Path, community: str) -> None:
    """Ask an encrypted community to be let in, and say what happens next."""
    from zhubao_tui.workspace import joining

    if place().exists() and not joining.may_begin(place()):
        raise WorkspaceExists(place().name)
    name = plain_name(typer.prompt(_("您的姓名")) if Chosen.name is None else Chosen.name, "--name")
    told = joining.ask_to_join(stick, place(), community, name, new_passphrase(_("给自己定一个口令")))
    out(None, False, lambda: asked_lines(told))


def asked_lines(told: str) -> Iterator[str]:
    """What somebody who has asked to be let in does next; `told` is their fingerprint."""
    yield _("已申请加入，还要队长放行。请把这台电脑的指纹念给队长核对：")
    yield ""
    yield f"    {told}"
    yield ""
    yield _("队长放行（zhubao enrol）并交换以后，您在这里再交换一次：zhubao exchange 交换文件夹。")


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Option("--dir", help="Where to write it. 写到哪里。")] = None,
    ui: Annotated[bool, typer.Option("--ui/--no-ui", help="Open it, or only write it. 打开，或只写出来。")] = True,
    seed: Annotated[int, typer.Option(help="Another seed, another community. 换一个数换一个社区。")] = 1,
) -> None:
    """Open a demo community: invented, realistic. 打开演示社区（全是编的）。"""
    with explained():
        where = folder.expanduser().absolute() if folder is not None else data_folder() / f"demo-{seed}"
        if not (where / "workspace.json").exists() or not is_demo(where, seed):
            prepare_demo(where, seed)
        if ui:
            open_app(where)
        else:
            out(None, False, lambda: [str(where)])


def is_demo(folder: Path, seed: int) -> bool:
    """Whether a folder is the demo of a seed; a real community must never be opened as one."""
    from zhubao_tui.demo import demo_seed

    return demo_seed(folder) == seed


def prepare_demo(folder: Path, seed: int) -> None:
    """Write the demo, whole or not at all; a folder that holds anything else is left alone."""
    from storage.files import TEMPORARY
    from zhubao_tui.demo import write_demo

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceExists(folder.name)
    tell(_("正在准备演示社区……"))
    if folder.exists():
        write_demo(folder, seed)
        return

    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f"{TEMPORARY}{secrets.token_hex(6)}")
    write_demo(unfinished, seed)
    unfinished.rename(folder)


@app.command()
def people(as_json: Json = False) -> None:
    """Who works here: everybody enrolled. 工作队的人。"""
    from zhubao_tui.workspace import wording

    with opened() as workspace:
        listed = workspace.people()
        rows = [
            {"id": p.id, "name": p.name, "role": p.role, "group": p.group, "laptops": sorted(p.laptops.values()),
             "me": p.id == workspace.person, "revoked": p.revoked} for p in listed
        ]  # fmt: skip
        out(
            rows,
            as_json,
            lambda: (f"{p.name}  {_(wording.ROLES[p.role])}" + (_("  已停用") if p.revoked else "") for p in listed),
        )


@app.command()
def settings(
    name: Annotated[str | None, typer.Option("--community", help="The community's name. 社区名称。")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone of the community office. 社区电话。")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Where case pages are hosted; empty: nowhere. 办件页的网址。")
    ] = None,
    lock_minutes: Annotated[
        int | None,
        typer.Option("--lock-minutes", min=1, max=240, help="Minutes until the screen locks. 几分钟没动就锁屏。"),
    ] = None,
    retention_months: Annotated[
        int | None,
        typer.Option(
            "--retention-months", min=0, max=1200, help="Months that personal records are kept; 0: no limit. 保存月数。"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the community's settings, or change them as a team lead. 看设置、改设置（队长）。"""
    months = None if retention_months is None else str(retention_months or "")
    given = {"name": name, "office_phone": phone, "base_url": base_url, "retention_months": months}
    changed: dict[str, str | int] = {key: value.strip() for key, value in given.items() if value is not None}
    if lock_minutes is not None:
        changed["lock_minutes"] = lock_minutes
    with opened("settings" if changed else "") as workspace:
        if changed:
            change_settings(workspace, changed)
        found = {key: str(workspace.community.settings.get(key, "")) for key in SETTINGS}
        out(found, as_json, lambda: settings_lines(found))


def change_settings(workspace: Workspace, changed: dict[str, str | int]) -> None:
    """Write settings; says so where a base address makes the QR code larger."""
    from zhubao_tui.casepage.server_files import base_address
    from zhubao_tui.workspace.errors import MoveRefused

    if workspace.role != "team_lead":
        raise MoveRefused("settings", "not_allowed")
    for key in changed.keys() & {"name", "office_phone"}:
        if changed[key] or key == "name":
            changed[key] = plain_name(str(changed[key]), "--community" if key == "name" else "--phone")
    base = str(changed.get("base_url", ""))
    if base:
        try:
            base = changed["base_url"] = base_address(base)
        except ValueError:
            raise typer.BadParameter(_("网址要像 https://host/path 这样写。"), param_hint="--base-url") from None
    if len(base.rstrip("/")) >= COMFORTABLE_BASE:
        tell(_("网址有 {count} 个字符，超过 {most} 个：二维码会大一些或容错差一些。").format(
            count=len(base), most=COMFORTABLE_BASE))  # fmt: skip
    workspace.write("settings", dict(changed))


def settings_lines(found: dict[str, str]) -> Iterator[str]:
    """Settings as people read them."""
    for words, key in (
        (_("社区"), "name"),
        (_("社区电话"), "office_phone"),
        (_("办件页网址"), "base_url"),
        (_("锁屏分钟"), "lock_minutes"),
        (_("个人信息保存月数"), "retention_months"),
    ):
        yield f"{words}  {found[key] or '-'}"
