"""What all commands share: where the workspace is, who is at the keyboard, how results and errors are told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhubao_tui.i18n import _

if TYPE_CHECKING:
    from storage.keys import Identity
    from zhubao_tui.workspace.workspace import Workspace

app = typer.Typer(name="zhubao", add_completion=False, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Machine-readable: docs/commands.md. 给程序读的 JSON。")]
Door = Annotated[str, typer.Argument(help="祥和苑/3-2-501")]
ROLES = ("cadre", "group_lead", "team_lead", "observer")
"""As `community.authority` has them, the commonest first; named here so that `--help` need not load it."""
UNREAD = ("unreadable", "empty", "too_large", "harmed", "incomplete", "encoding")
"""Of `storage.intake.Trouble.what`: less came in than the file was meant to hold."""
NAME_MAX = 30
"""Characters of a person's name, as where one is typed into the app."""


class Chosen:
    """Options that say where and who, given before or behind the command."""

    workspace: Path | None = None
    name: str | None = None
    role = ""
    passphrase_fd: int | None = None
    """An open file descriptor whose lines are passphrases; never an argument, which every user of the machine sees."""


def place() -> Path:
    """The workspace's folder: as given, from the environment, else in the user's data folder."""
    return Chosen.workspace.expanduser().absolute() if Chosen.workspace is not None else data_folder() / "workspace"


def data_folder() -> Path:
    """Where this user's workspaces lie."""
    from platformdirs import user_data_path

    return user_data_path("zhubao", appauthor=False)


def plain_name(text: str, option: str) -> str:
    """A name as it is kept; a blank or endless one is refused as a wrong use of the command."""
    name = " ".join(text.split())
    if not name or len(name) > NAME_MAX:
        raise typer.BadParameter(_("名字要写，最多 {most} 个字。").format(most=NAME_MAX), param_hint=option)
    return name


def folder_named(text: str) -> Path:
    """An exchange folder as it was typed; an empty word, as an unset variable leaves it, is no folder."""
    if not text.strip():
        raise typer.BadParameter(_("没有写文件夹。"))
    return Path(text).expanduser()


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors that are ours into a sentence on stderr and exit 1; anything else into a report without personal text."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except Exception as error:  # noqa: BLE001 - the last stop: no traceback reaches a user
        tell(_sentence(error))
        raise typer.Exit(1) from None


def _sentence(error: Exception) -> str:
    from storage.errors import NotAWorkspace
    from zhubao_tui.workspace.sentences import sentence

    if isinstance(error, NotAWorkspace) and Chosen.workspace is None:
        return _("这台电脑上还没有工作区。新建社区：zhubao init；加入：zhubao join 交换文件夹；先看看：zhubao demo。")
    if isinstance(error, NoPassphrase):
        return _("工作区是加密的，要口令：在终端里运行就会问，程序里用 --passphrase-fd 给一个打开着的文件。")
    words = sentence(error)
    if words is None and isinstance(error, OSError):
        return _("系统报错：{what}").format(what=error.strerror or type(error).__name__)
    return words or _unexpected(error)


def _unexpected(error: Exception) -> str:
    try:
        return _("程序出错了，已停下；之前存的都在。报告在 {path}").format(path=write_report(error))
    except OSError:  # where the disk has no room, not even for that
        return _("程序出错了，已停下；之前存的都在。报告写不下来，多半是磁盘满了。")


def write_report(error: BaseException) -> Path:
    """Write where an unexpected error came from, without any text that somebody entered."""
    import tempfile
    import traceback

    lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    handle, name = tempfile.mkstemp(prefix="zhubao-report-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join([type(error).__name__, *lines]) + "\n")
    return Path(name)


class NoPassphrase(ValueError):
    """A passphrase is needed, and there is neither a terminal to ask at nor a `--passphrase-fd`."""


def passphrase(words: str) -> str:
    """A passphrase: the next line of `--passphrase-fd`, else asked for without an echo; raises `NoPassphrase`."""
    if Chosen.passphrase_fd is not None:
        return _line_of(Chosen.passphrase_fd)
    if not sys.stdin.isatty():
        raise NoPassphrase
    return str(typer.prompt(words, hide_input=True, err=True))


def new_passphrase(words: str) -> str:
    """A passphrase that is to be kept: at a terminal asked for twice."""
    first = passphrase(words)
    if Chosen.passphrase_fd is None and passphrase(_("再写一遍")) != first:
        raise typer.BadParameter(_("两遍写得不一样，什么都没有做。"))
    return first


def _line_of(descriptor: int) -> str:
    """One line of a descriptor, byte by byte: what follows is somebody else's."""
    line = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError:
        raise NoPassphrase from None
    return line.decode("utf-8", "replace").rstrip("\r")


def identity_at(folder: Path) -> Identity | None:
    """Who is at the keyboard of a sealed workspace, by a passphrase; `None` of an unprotected one."""
    from storage.settings import is_sealed

    if not is_sealed(folder):
        return None
    from zhubao_tui.workspace.unlocking import Unlocking

    unlocking = Unlocking(folder)
    if seconds := unlocking.wait():
        from zhubao_tui.workspace.errors import TooSoon

        raise TooSoon(seconds)
    return unlocking.unlock(passphrase(_("口令")))


@contextmanager
def opened(writes: str = "", *, inbox: bool = True, mend_from: Path | None = None) -> Iterator[Workspace]:
    """The workspace for one command, with whatever lies in its inbox taken in.

    Args:
        writes: What the command is about to write, by its kind of record: then somebody who may must be at the
            keyboard. Empty where it only reads.
        inbox: Leave it to the command where that must tell what could not be read.
        mend_from: An exchange folder, where one is named: what a harmed workspace can't open without comes from there.
    """
    from zhubao_tui.workspace.verdicts import need_right
    from zhubao_tui.workspace.workspace import ShutOut

    with explained(), _unlocked(mend_from) as workspace:
        if inbox:
            workspace.take(workspace.store.absorb_inbox().entries)
        if inbox and mend_from is None:
            _say_what_is_unread(workspace)
        if workspace.shut_out:
            tell(_sentence(ShutOut()))
        choose(workspace)
        if writes:
            need_right(workspace, writes)
        yield workspace


def _say_what_is_unread(workspace: Workspace) -> None:
    """A command that shows less than there is says so: what a harmed file held is not in what it prints."""
    unread = {trouble.name for trouble in workspace.store.troubles if trouble.what in UNREAD}
    if unread:
        tell(_("有 {count} 个文件读不了或读不全，里面的没有算进来：zhubao problems。").format(count=len(unread)))


def _unlocked(mend_from: Path | None) -> Workspace:
    from zhubao_tui.workspace.workspace import KeysNotHere, Workspace

    identity = identity_at(place())
    try:
        return Workspace.open(place(), identity=identity)
    except KeysNotHere:
        if mend_from is None:
            raise
        from zhubao_tui.workspace.joining import bring_back

        bring_back(place(), mend_from)
    return Workspace.open(place(), identity=identity)


@contextmanager
def opened_to_cases() -> Iterator[Workspace]:
    """The workspace of somebody who may read cases: an observer sees counts alone."""
    with opened() as workspace:
        if workspace.role == "observer":  # where nobody is chosen yet, one may look
            from zhubao_tui.workspace.errors import CountsOnly

            raise CountsOnly
        yield workspace


def choose(workspace: Workspace) -> None:
    """Let the person of `--name` sit down at the keyboard."""
    if Chosen.name is not None:
        workspace.sit_down(plain_name(Chosen.name, "--name"), Chosen.role)


def open_app(folder: Path) -> None:
    """Run the Textual application on a workspace; it needs a terminal to draw on."""
    from storage.settings import is_sealed
    from zhubao_tui.workspace.workspace import Workspace

    drawn_on = sys.__stdout__ if sys.platform == "win32" else sys.__stderr__  # as Textual's drivers have it
    on_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, drawn_on))
    sealed = is_sealed(folder)
    if not on_terminal:
        tell(_("这里不是终端，打不开界面。请在终端里运行，或用 zhubao --help 里的命令。"))
        raise typer.Exit(1)
    workspace = Workspace.open(folder, app=True, identity=identity_on_screen(folder) if sealed else None)
    try:
        choose(workspace)
    except BaseException:
        workspace.close()
        raise
    from zhubao_tui.app import run

    run(workspace)


def identity_on_screen(folder: Path) -> Identity | None:
    """Who unlocks a sealed workspace on its own screen. Leaving the screen ends the program."""
    if Chosen.passphrase_fd is not None:
        return identity_at(folder)
    from screens.unlock import ask

    identity = ask(folder)
    if identity is None:
        raise typer.Exit(1)
    return identity


def out(value: object, as_json: bool, lines: Callable[[], Iterable[str]]) -> None:  # noqa: FBT001 - one of two spellings
    """Print a result, as JSON or as lines for people; foreign text is made harmless for the terminal either way."""
    from zhubao_tui.border import clean, escape_json

    if as_json:
        encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").casefold()
        narrow = not encoding.startswith("utf")
        typer.echo(escape_json(json.dumps(value, ensure_ascii=narrow, indent=1)))
        return
    typer.echo("".join(f"{clean(line)}\n" for line in lines()), nl=False)


def tell(words: str) -> None:
    """A sentence on stderr."""
    from zhubao_tui.border import clean

    typer.echo(clean(words, lines=True), err=True)
