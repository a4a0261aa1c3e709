"""What the sweeps do to real files: operations that a child process runs, what each acknowledges, what must hold afterwards.

A further operation is one more entry of `OPERATIONS`; the sweeps over system calls and over power cuts then meet it, too.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NoReturn

import typer

from community_helpers import state
from conftest import add_doors
from storage import bundle, keys
from storage.drafts import Drafts
from storage.errors import StorageError, WorkspaceExists, WrongPassphrase
from storage.exchange import exchange
from storage.files import TEMPORARY
from storage.intake import journal_name
from storage.reader import read_journal
from storage_helpers import BEN, another, begin, journal_files, look, made, made_bytes, notes, refs, write
from test_erasure import HOME, SECRETS, readable, tell_all
from test_kill import DOOR, State, between, picked_up, script_of, state_of, undisturbed
from zhubao_tui import cli
from zhubao_tui.cli.base import explained, tell
from zhubao_tui.workspace.erasing import Erasing
from zhubao_tui.workspace.founding import found
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.unlocking import Unlocking
from zhubao_tui.workspace.workspace import Workspace

Say = Callable[[str], None]
LONG = "很长。" * 210
"""Over three sectors of a disk."""
TEXTS = ("路灯不亮", "水管漏水", LONG, "楼道堆物", "噪音")
PACKS = (("一", "二"), ("三", LONG, "四"), ("五", "六"))
OLD, NEW = b"the old key" * 40, b"the new key" * 60


def now() -> datetime:
    """A clock that stands still."""
    return datetime(2026, 5, 13, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Operation:
    """Something that the program does; `place` is a folder with the workspace `w` and whatever else it needs."""

    prepare: Callable[[Path], None]
    run: Callable[[Path, Say], None]
    """Says what is acknowledged, as soon as it is."""
    check: Callable[[Path, list[str]], None]
    """Asserts that everything acknowledged is there and whole, nothing half-read, and that saving works at once."""


# -- the child


class _Spoken:
    """A stderr that no fault of a disk reaches."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, tell_on: Callable[[str], None]) -> None:
        self.write, self.flush = tell_on, lambda: None
        self.isatty = lambda: False


def act(name: str, place: Path, line: socket.socket) -> NoReturn:
    """Run an operation as a command would, once the parent says go; tell what it acknowledges and what went wrong."""

    def told(what: str, words: str) -> None:
        line.sendall(json.dumps({what: words}).encode() + b"\n")

    code = 1
    try:
        sys.stderr = _Spoken(lambda words: told("words", words))  # type: ignore[assignment]  # writes and flushes, that is all
        line.recv(1)
        bundle._flushed = _flushed_in_turn  # type: ignore[assignment]  # this child's own; strace counts by thread
        with explained():
            OPERATIONS[name].run(place, lambda words: told("said", words))
        code = 0
    except (typer.Exit, SystemExit) as end:
        code = int(getattr(end, "exit_code", None) or getattr(end, "code", None) or 0)
    except BaseException:  # noqa: BLE001 - this is what the sweeps look for
        told("traceback", traceback.format_exc())
    finally:
        os._exit(code)


def _flushed_in_turn(waiting: Iterable[bundle._Waiting]) -> list[OSError | None]:
    """The same flushes as several threads make, one behind the other."""
    return [bundle._flush(one) for one in waiting]


def pressed(change: Callable[[], object]) -> None:
    """Press a key that saves; where that is refused, say why, and press the same key again."""
    try:
        change()
    except StorageError as error:
        tell(str(sentence(error)))
        change()


# -- records


def prepare_notes(place: Path) -> None:
    store = begin(place / "w", now)
    write(store, "原来就有")
    store.close()


def append(place: Path, say: Say) -> None:
    store = look(place / "w", now)
    for text in TEXTS:
        pressed(lambda text=text: store.append("note", {"text": text}))  # type: ignore[misc]  # a default binds the loop's value
        say(text)
    store.close()


def append_packs(place: Path, say: Say) -> None:
    store = look(place / "w", now)
    for pack in PACKS:

        def save(pack: tuple[str, ...] = pack) -> None:
            with store.batch() as batch:
                for text in pack:
                    batch.add("note", {"text": text})

        pressed(save)
        for text in pack:
            say(text)
    store.close()


def check_notes(place: Path, said: list[str]) -> None:
    usable(place / "w", said, [*TEXTS, *(text for pack in PACKS for text in pack)])


def usable(folder: Path, acknowledged: list[str], known: list[str]) -> None:
    """A store holds what was acknowledged, in order, nothing that nobody wrote, and takes more at once, restarts included."""
    store = look(folder, now)
    assert not store.read_only, "it can not be written any more"
    there = notes(store)
    assert [text for text in there if text in acknowledged] == acknowledged, f"{acknowledged} against {there}"
    assert set(there) <= {"原来就有", *acknowledged, *known}, f"nobody wrote all of {there}"
    assert there.count("原来就有") == 1, f"it was there before: {there}"
    write(store, "又能存了")
    store.close()
    store = look(folder, now)
    assert sorted(notes(store)) == sorted([*there, "又能存了"]), "what was saved after it is gone"
    write(store, "再存一次")
    store.close()
    assert [path.name for path in (folder / "store").iterdir() if not is_ours(path.name)] == []


def is_ours(name: str) -> bool:
    return name.startswith((TEMPORARY, "zb-"))


# -- drafts and interviews

STEPS = (("一",), ("二", LONG, "三"), ("四" * 200, "五"), ("六",))


def prepare_draft(place: Path) -> None:
    prepare_notes(place)
    draft = Drafts(place / "w" / "drafts").begin({"about": "门"})
    draft.append({"answer": "零"})
    draft.close()


def draft_steps(place: Path, say: Say) -> None:
    drafts = Drafts(place / "w" / "drafts")
    found = drafts.all()
    if not found:
        tell("".join(drafts.unreadable))
        raise typer.Exit(1)
    (draft,) = found
    for steps in STEPS:
        pressed(lambda steps=steps: draft.append(*({"answer": step} for step in steps)))  # type: ignore[misc]  # a default binds the loop's value
        for step in steps:
            say(step)
    draft.discard()
    say("gone")


def check_draft(place: Path, said: list[str]) -> None:
    drafts = Drafts(place / "w" / "drafts")
    found = drafts.all()
    assert drafts.unreadable == [], "a draft is unreadable as a whole"
    every = ["零", *(step for steps in STEPS for step in steps)]
    if "gone" in said:
        assert found == []
    for draft in found:
        there = [str(step["answer"]) for step in draft.steps]
        assert there == every[: len(there)]
        assert len(there) > len(said)
        draft.append({"answer": "又能存了"})
        draft.close()
        assert [step["answer"] for step in Drafts(place / "w" / "drafts").all()[0].steps] == [*there, "又能存了"]
    assert found or len(said) >= len(every) - 1, "the draft is gone before its work was"


def prepare_interview(place: Path) -> None:
    workspace = Workspace.create(place / "w", "祥和社区", "周立群", now=now)
    add_doors(workspace)
    Interviewing(workspace).begin(workspace.community.dwellings[DOOR]).draft.discard()
    workspace.close()


def interview(place: Path, say: Say) -> None:
    for number, step in enumerate(script_of(place / "w", now), start=1):
        step()
        say(str(number))


def check_interview(place: Path, said: list[str]) -> None:
    states = interview_states()
    if not said and not any((place / "w" / "drafts").glob("draft-*")):
        return  # it was not begun
    if len(said) == len(states) - 2 and offered_again(place / "w"):
        return
    found = picked_up(place / "w", now)
    before, after = states[len(said)], states[min(len(said) + 1, len(states) - 1)]
    assert between(before, found, after), f"after {len(said)} steps: {found} between {before} and {after}"


def offered_again(folder: Path) -> bool:
    """A finished interview of which the disk kept a part only: the draft has it all, and finishes it once more."""
    with Workspace.open(folder, app=True, now=now) as workspace:
        drafts = Survey(workspace).drafts()
        if not drafts:
            return False
        session = Interviewing(workspace).resume(drafts[0])
        assert state_of(session) == interview_states()[-2]
        session.finish()
        household = workspace.community.dwellings[DOOR].household
        assert [visit.outcome for visit in household.visits] == ["interviewed"]
        assert household.responses[-1].visit == str(household.visits[-1].ref)
    return True


@cache
def interview_states() -> list[State]:
    """The state after each step of an undisturbed interview."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_interview(Path(folder))
        return undisturbed(Path(folder) / "w", now)


# -- files that are replaced whole


OLD_WORDS, NEW_WORDS = "correct horse", "battery staple"


def cheap_passphrases() -> None:
    """What a guess costs is no matter here, and each of hundreds of children makes some."""
    keys.FLOOR = keys.Cost(64, 1, 1)


def prepare_sealed(place: Path) -> None:
    cheap_passphrases()
    found(place / "w", "祥和社区", "周立群", OLD_WORDS, now=now).workspace.close()


def opened_by(place: Path, words: str) -> Workspace:
    cheap_passphrases()
    return Workspace.open(place / "w", now=now, identity=keys.unlock(place / "w", words))


def change_passphrase(place: Path, say: Say) -> None:
    cheap_passphrases()
    pressed(lambda: Unlocking(place / "w", now).change(OLD_WORDS, NEW_WORDS))
    say("changed")


def check_passphrase(place: Path, said: list[str]) -> None:
    cheap_passphrases()
    opening = [words for words in (OLD_WORDS, NEW_WORDS) if opens(place, words)]
    assert opening == [NEW_WORDS] or (opening == [OLD_WORDS] and not said), f"{opening} after {said}"
    with opened_by(place, opening[0]) as workspace:
        assert workspace.name == "祥和社区"
        workspace.write("settings", {"office_phone": "又能存了"})
    Unlocking(place / "w", now).change(opening[0], "third passphrase")
    assert opens(place, "third passphrase")


def opens(place: Path, words: str) -> bool:
    try:
        keys.unlock(place / "w", words)
    except WrongPassphrase:
        return False
    return True


def append_sealed(place: Path, say: Say) -> None:
    workspace = opened_by(place, OLD_WORDS)
    for number in "123":
        pressed(lambda number=number: workspace.write("settings", {"office_phone": number}))  # type: ignore[misc]  # a default binds the loop's value
        say(number)
    workspace.close()


def check_sealed(place: Path, said: list[str]) -> None:
    with opened_by(place, OLD_WORDS) as workspace:
        there = str(workspace.community.settings.get("office_phone", "0"))
        assert len(said) <= int(there) <= len(said) + 1
        workspace.write("settings", {"office_phone": "9"})
    with opened_by(place, OLD_WORDS) as again:
        assert again.community.settings["office_phone"] == "9"
        assert again.community.problems() == []


def prepare_erasure(place: Path) -> None:
    with Workspace.create(place / "w", "祥和社区", "周立群", now=now) as workspace:
        add_doors(workspace)
        tell_all(workspace)
        Interviewing(workspace).begin(workspace.community.dwellings[HOME[:-2]])
    (store,) = (
        path for path in (place / "w" / "store").iterdir() if any(w.encode() in path.read_bytes() for w in SECRETS)
    )
    shutil.copy(store, place / "w" / "inbox" / "从微信来.json")


def erase(place: Path, say: Say) -> None:
    workspace = Workspace.open(place / "w", now=now)
    pressed(lambda: Erasing(workspace).erase([HOME], "asked"))
    left = [trouble for trouble in workspace.store.troubles if trouble.what == "not_erased"]
    workspace.close()
    if left:
        tell(f"还没能抹掉：{left}")
        raise typer.Exit(1)
    say("erased")


def check_erased(place: Path, said: list[str]) -> None:
    """Once it is recorded, the next start erases what is left; before that nothing is gone."""
    with Workspace.open(place / "w", now=now) as workspace:
        workspace.refresh()
        recorded = bool(workspace.community.erasures.in_force)
        assert recorded or not said
        assert not [trouble for trouble in workspace.store.troubles if trouble.what == "not_erased"]
        workspace.write("settings", {"office_phone": "又能存了"})
    left = {line.rpartition(": ")[2] for line in readable(place / "w")}
    assert left == (set() if recorded else set(SECRETS)), left
    with Workspace.open(place / "w", now=now) as again:
        assert again.community.settings["office_phone"] == "又能存了"


def remember(place: Path, say: Say) -> None:
    store = look(place / "w", now)
    for number in "123":
        pressed(lambda number=number: store.remember("zoom", number))  # type: ignore[misc]  # a default binds the loop's value
        say(number)
    store.close()


def check_remembered(place: Path, said: list[str]) -> None:
    store = look(place / "w", now)
    found = store.recall("zoom") or "0"
    assert len(said) <= int(found) <= len(said) + 1
    store.remember("zoom", "9")
    store.close()
    usable(place / "w", [], [])


# -- exchange, inbox


def prepare_exchange(place: Path) -> None:
    ann = begin(place / "w", now)
    write(ann, "安的", LONG)
    ben = another(ann, place / "ben", now)
    write(ben, "本的")
    exchange(ben, place / "stick")
    cat = another(ann, place / "cat", now, person="c" * 16)
    write(cat, "猫的")
    exchange(cat, place / "stick")
    for store in (ann, ben, cat):
        store.close()


def swap(place: Path, say: Say) -> None:
    store = look(place / "w", now)
    done = exchange(store, place / "stick")
    if not store.read_only and not done.unread:  # else it was told that what came could not be kept
        for text in notes(store):
            say(text)
    for name in done.sent:
        say(f"sent {name}")
    store.close()
    if done.sent_failed or done.unread:
        tell(f"没有全部发出：{done.sent_failed} {done.unread}")
        raise typer.Exit(1)


def check_swap(place: Path, said: list[str]) -> None:
    sent = {text.removeprefix("sent ") for text in said if text.startswith("sent ")}
    on_stick = {path.name for path in journal_files(place / "stick")}
    assert sent <= on_stick, f"{sent - on_stick} did not go out"
    for path in journal_files(place / "stick"):
        found = read_journal(path)
        assert found.complete, f"{path.name} is not whole"
        assert not found.harmed
        assert not found.true_head
    store = look(place / "w", now)
    there = set(notes(store))
    assert {text for text in said if not text.startswith("sent ")} | {"安的", LONG} <= there, f"{said} against {there}"
    exchange(store, place / "stick")
    write(store, "又能存了")
    assert set(notes(store)) == {"安的", LONG, "本的", "猫的", "又能存了"}, f"not all came: {notes(store)}"
    ben = look(place / "ben", now, person=BEN)
    for _round in range(2):
        exchange(ben, place / "stick")
        exchange(store, place / "stick")
    assert refs(ben) == refs(store), "they do not hold the same"
    ben.close()
    store.close()


HARMED_TEXTS = ("好的", "坏的", "也好的")


def prepare_heal(place: Path) -> None:
    store = begin(place / "w", now)
    write(store, "原来就有")
    head, _records = made(HARMED_TEXTS, community=store.community)
    good = made_bytes(*HARMED_TEXTS, community=store.community)
    (place / "w" / "store" / journal_name(head)).write_bytes(good.replace("坏的".encode(), "杯的".encode()))
    (place / "w" / "inbox" / "从微信来.json").write_bytes(good)
    store.close()


def heal(place: Path, say: Say) -> None:
    store = look(place / "w", now)
    intake = store.absorb_inbox()
    if not store.read_only and not intake.troubles:
        for text in notes(store):
            say(text)
    store.close()
    failed = [trouble for trouble in intake.troubles if trouble.what == "not_saved"]
    if failed:
        tell(f"没能存进工作区：{failed}")
        raise typer.Exit(1)


def check_heal(place: Path, said: list[str]) -> None:
    store = look(place / "w", now)
    assert {*said, "原来就有", "好的", "也好的"} - {"坏的"} <= set(notes(store))
    store.absorb_inbox()
    assert set(notes(store)) == {"原来就有", *HARMED_TEXTS}
    store.close()
    usable(place / "w", [], list(HARMED_TEXTS))


# -- the whole program


def keep_cache(place: Path, say: Say) -> None:
    workspace = Workspace.open(place / "w", app=True, now=now)
    pressed(lambda: workspace.write("note", {"issue": "", "note": "写下了"}))
    say("note")
    workspace.close()


def check_cache(place: Path, said: list[str]) -> None:
    with Workspace.open(place / "w", app=True, now=now) as fast:
        quick, number = state(fast.community), len(fast.store.ledger)
        assert not fast.read_only
        texts = [entry.record.body.get("note") for entry in fast.store.ledger.entries()]
        assert "写下了" in texts or not said
    shutil.rmtree(place / "w" / "cache", ignore_errors=True)
    with Workspace.open(place / "w", app=True, now=now) as slow:
        assert state(slow.community) == quick
        assert len(slow.store.ledger) == number
        slow.write("note", {"issue": "", "note": "又能存了"})
    with Workspace.open(place / "w", app=True, now=now) as again:
        assert len(again.store.ledger) == number + 1


def found_community(place: Path, say: Say) -> None:
    Workspace.create(place / "w", "祥和社区", "周立群", now=now).close()
    say("made")


def check_founded(place: Path, said: list[str]) -> None:
    """What was not acknowledged may be half there; the same command then makes it whole, or it is whole already."""
    try:
        Workspace.create(place / "w", "祥和社区", "周立群", now=now).close()
        assert not said
    except WorkspaceExists:
        pass
    with Workspace.open(place / "w", app=True, now=now) as workspace:
        workspace.choose("周立群")
        assert workspace.is_lead, "a community without a founder"
        add_doors(workspace)


def command(place: Path, say: Say) -> None:
    sys.argv = ["zhubao", "-w", str(place / "w"), "visit", DOOR, "not_home"]
    sys.stdout = _Spoken(lambda _words: None)  # type: ignore[assignment]  # it has what print asks for
    try:
        cli.run()
    except SystemExit as end:
        if not end.code:
            say("visited")
        raise


def check_command(place: Path, said: list[str]) -> None:
    with Workspace.open(place / "w", app=True, now=now) as workspace:
        visits = workspace.community.dwellings[DOOR].household.visits
        assert len(said) <= len(visits) <= 1
        add_doors(workspace, building="4")
    with Workspace.open(place / "w", app=True, now=now) as workspace:
        assert "祥和苑/4-1-101" in workspace.community.dwellings


OPERATIONS: dict[str, Operation] = {
    "append": Operation(prepare_notes, append, check_notes),
    "batch": Operation(prepare_notes, append_packs, check_notes),
    "draft": Operation(prepare_draft, draft_steps, check_draft),
    "interview": Operation(prepare_interview, interview, check_interview),
    "exchange": Operation(prepare_exchange, swap, check_swap),
    "heal": Operation(prepare_heal, heal, check_heal),
    "sealed": Operation(prepare_sealed, append_sealed, check_sealed),
    "passphrase": Operation(prepare_sealed, change_passphrase, check_passphrase),
    "erasure": Operation(prepare_erasure, erase, check_erased),
    "settings": Operation(prepare_notes, remember, check_remembered),
    "cache": Operation(prepare_interview, keep_cache, check_cache),
    "init": Operation(lambda _place: None, found_community, check_founded),
    "command": Operation(prepare_interview, command, check_command),
}
