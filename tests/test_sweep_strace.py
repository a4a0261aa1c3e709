"""Every system call on a workspace's files, one after another: the process is killed there, or the call fails.

Random kills are a hope; here the n-th call is the one that is hit, for every n (`-m slow`) or a seeded sample of them. After
each, `sweep_driver` asserts what must hold: what was acknowledged is there and whole, nothing is half-read, saving works
at once; and an error was a sentence and a non-zero exit.
"""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from straced import Call, Run, straced
from sweep_driver import OPERATIONS, act

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
SAMPLE = 5
"""Calls that are hit in an ordinary run, of each operation and fault."""
CHANGES = ("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2", "unlink",
           "unlinkat", "mkdir", "mkdirat", "close", "flock")  # fmt: skip
ROOM = (
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
)


@dataclass(frozen=True)
class Fault:
    """What strace does at a call, and where."""

    row: str
    how: str
    calls: tuple[str, ...]
    onward: bool = False
    """Every later call of the same name fails, too: the disk stays full, the stick stays out."""


FAULTS = {
    "kill": Fault("kill-append", "signal=KILL", CHANGES),
    "full": Fault("full-append", "error=ENOSPC", ROOM),
    "full-for-good": Fault("full-append", "error=ENOSPC", ROOM, onward=True),
    "broken": Fault("full-append", "error=EIO", (*CHANGES, "read", "lseek")),
    "broken-for-good": Fault("full-append", "error=EIO", (*CHANGES, "read", "lseek"), onward=True),
    "held": Fault("locked-file", "error=EACCES", ("openat", "rename", "renameat", "renameat2", "unlink", "unlinkat")),
    "locked": Fault("locked-file", "error=EAGAIN", ("flock",)),
}
ROWS = {("interview", "kill"): "kill-interview", ("draft", "kill"): "kill-interview", ("cache", "kill"): "cache-bad"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[Call]]]:
    """Each operation's place, to be copied, and the calls that it makes there undisturbed."""
    found: dict[str, tuple[Path, list[Call]]] = {}

    def prepare(name: str) -> tuple[Path, list[Call]]:
        if name not in found:
            place = tmp_path_factory.mktemp(name)
            OPERATIONS[name].prepare(place)
            for _warm in range(2):  # the second time nothing is imported any more, here or there
                copy = Path(shutil.copytree(place, place.with_name(f"{place.name}-once"), dirs_exist_ok=False))
                run = straced(partial(act, name, copy), "-s", "4096", log=place.with_name(f"{place.name}.log"))
                assert (run.code, run.words, run.traceback) == (0, "", ""), run
                OPERATIONS[name].check(copy, run.said)
                shutil.rmtree(copy)
            found[name] = place, [call for call in run.calls if f"{copy}/" in call.args or f"{copy}>" in call.args]
        return found[name]

    return prepare


def hit(name: str, fault: Fault, call: Call, place: Path, folder: Path) -> Run:
    """Run an operation on a copy of its place, with the fault at one call."""
    copy = Path(shutil.copytree(place, folder / "hit"))
    when = f"{call.nth}+" if fault.onward else str(call.nth)
    run = straced(
        partial(act, name, copy), "-e", f"inject={call.name}:{fault.how}:when={when}", log=folder / "strace.log"
    )
    assert run.injected, "the call did not come"
    assert not run.traceback, run.traceback
    if fault.how.startswith("signal"):
        assert run.code == -signal.SIGKILL
    else:
        assert "程序出错了" not in run.words, "an error that nobody thought of"
        assert run.code == 0 or run.words, "it failed without a word"
        assert run.code in (0, 1)
    OPERATIONS[name].check(copy, run.said)
    shutil.rmtree(copy)
    return run


def pairs() -> list[object]:
    return [
        pytest.param(
            name, fault, id=f"{name}-{fault}", marks=pytest.mark.fault(ROWS.get((name, fault), FAULTS[fault].row))
        )
        for name in OPERATIONS
        for fault in FAULTS
    ]


def sweep(name: str, fault: Fault, calls: list[Call], place: Path, folder: Path) -> None:
    harmed: list[str] = []
    for call in calls:
        try:
            hit(name, fault, call, place, folder)
        except AssertionError as error:
            harmed.append(f"{call.name} {call.nth} ({call.args}): {error}")
            shutil.rmtree(folder / "hit")
    assert not harmed, f"{len(harmed)} of {len(calls)}:\n" + "\n".join(harmed)


@pytest.mark.parametrize(("name", "fault"), pairs())
def test_a_sample_of_all_calls(
    name: str, fault: str, prepared: Callable[[str], tuple[Path, list[Call]]], tmp_path: Path
) -> None:
    place, calls = prepared(name)
    there = [call for call in calls if call.name in FAULTS[fault].calls]
    chosen = random.Random(f"{name} {fault}").sample(there, min(SAMPLE, len(there)))
    assert chosen or fault == "locked"
    sweep(name, FAULTS[fault], chosen, place, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "fault"), pairs())
def test_every_call(
    name: str,
    fault: str,
    prepared: Callable[[str], tuple[Path, list[Call]]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    place, calls = prepared(name)
    there = [call for call in calls if call.name in FAULTS[fault].calls]
    record_property("injections", len(there))
    sweep(name, FAULTS[fault], there, place, tmp_path)
