"""`zhubao …`: every action is scriptable. Exit 0: done; 1: not done, and why on stderr; 2: the command itself is off."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from zhubao_tui.i18n import LANGUAGES, _, set_language

from . import begin, desk, doors, exchange, issues, privacy, publish, serve, trust, verify  # noqa: F401 - they register their commands
from .base import ROLES, Chosen, app, explained, open_app, place, tell

WORKSPACE, LANGUAGE = "ZHUBAO_WORKSPACE", "ZHUBAO_LANG"
ANYWHERE = ("--workspace", "-w", "--name", "--role", "--lang", "--passphrase-fd")
"""Options that may stand behind the command, too."""


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", envvar=WORKSPACE, help="Folder of the workspace. 工作区文件夹。")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Who I am. 我的名字。")] = None,
    role: Annotated[
        str, typer.Option(help="cadre, group_lead, team_lead, observer: of a new name. 新名字的角色。")
    ] = "",
    lang: Annotated[str, typer.Option(envvar=LANGUAGE, help="zh | en")] = "zh",
    passphrase_fd: Annotated[
        int | None,
        typer.Option("--passphrase-fd", help="Open file whose next line is the passphrase. 从这个文件描述符读口令。"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Which version this is. 版本。")] = False,
) -> None:
    """Door-to-door interviewing, offline and by keyboard: opens the workspace, or runs one command on it. 入户走访，离线，全键盘。

    These options may stand behind the command, too. 这些选项也可以写在命令后面。
    """
    if lang not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--lang")
    set_language(lang)
    if role and role not in ROLES:
        raise typer.BadParameter(" | ".join(ROLES), param_hint="--role")
    Chosen.workspace, Chosen.name, Chosen.role, Chosen.passphrase_fd = workspace, name, role, passphrase_fd
    if version:
        from importlib import metadata

        typer.echo(metadata.version("zhubao_tui"))
        raise typer.Exit
    if context.invoked_subcommand is None:
        with explained():
            open_app(place())


def run() -> None:
    """Run the command line; whatever goes wrong becomes one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows no Han is no reason to stop
    arguments = hoisted(sys.argv[1:])
    speak(arguments)
    try:
        code = app(arguments, prog_name="zhubao", standalone_mode=False)
    except typer.TyperException as fault:
        code = _wrong_use(fault)
    except (typer.Abort, KeyboardInterrupt):
        code = STOPPED
    except OSError as error:  # what Typer itself prints, as --help, had no room
        tell(_("系统报错：{what}").format(what=error.strerror or type(error).__name__))
        code = 1
    if code == STOPPED:
        tell(_("已停下；存好的都在。"))
        code = 1
    sys.exit(code)


def speak(arguments: Sequence[str]) -> None:
    """Choose the language as early as a wrong use may have to be told; Typer checks it once more."""
    given = [value for option, value in pairwise(arguments) if option == "--lang"]
    given += [one.partition("=")[2] for one in arguments if one.startswith("--lang=")]
    chosen = given[-1] if given else os.environ.get(LANGUAGE, "")
    if chosen in LANGUAGES:
        set_language(chosen)


STOPPED = 130
"""Typer's code for Ctrl+C."""


def _wrong_use(fault: BaseException) -> int:
    context = getattr(fault, "ctx", None)
    words = fault.format_message() if hasattr(fault, "format_message") else str(fault)
    tell(_("用法不对：{what}").format(what=words))
    tell(_("看用法：{command} --help").format(command=context.command_path if context is not None else "zhubao"))
    return 2


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Bring the options that may stand anywhere before the command, where Typer looks for them."""
    first: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            rest += [argument, *given]
        elif argument in ANYWHERE:
            first += [argument, *([value] if (value := next(given, None)) is not None else [])]
        elif argument.partition("=")[0] in ANYWHERE and "=" in argument:
            first.append(argument)
        else:
            rest.append(argument)
    return first + rest
