"""Anything at all in any file that the program reads: a named error or the unharmed part, in bounded time and memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import add_doors
from storage.exchange import exchange
from storage_helpers import journal_files
from sweep_driver import now
from zhubao_tui import forms
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.interviewing import Interviewing
from zhubao_tui.workspace.sentences import sentence
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.workspace import Workspace

DOOR = "祥和苑/3-1-201"
KINDS = {
    "own journal": "w/store/zb-*.json",
    "journal in the inbox": "w/inbox/*.json",
    "journal on the stick": "stick/zb-*.json",
    "marker": "stick/zhubao-exchange.json",
    "settings": "w/workspace.json",
    "draft": "w/drafts/draft-*.json",
    "cache": "w/cache/community.bin",
    "form": "w/cache/form-*.xml",
    "lock note": "w/lock.json",
}
"""Every kind of file that the program reads, by where one lies."""
DISPOSABLE = {"cache", "form", "lock note", "marker", "draft"}
"""Kinds that hold no record: whatever is in them, every record is there."""
MEMORY = 1_200
"""Megabytes that a process may use in all, to read what is at most 64 MB large."""
PATIENCE = 120


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one of every kind of file."""
    place = tmp_path_factory.mktemp("place")
    workspace = Workspace.create(place / "w", "祥和社区", "周立群", now=now)
    add_doors(workspace)
    exchange(workspace.store, place / "stick")
    other = join(place / "stick", place / "other", now=now)
    other.choose("王强", "cadre")
    Exchanging(other).exchange(place / "stick")
    other.write("note", {"issue": "", "note": "楼道灯坏了"})
    Exchanging(other).exchange(place / "stick")
    (theirs,) = [path for path in journal_files(place / "stick") if not (place / "w" / "store" / path.name).exists()]
    shutil.copy(theirs, place / "w" / "inbox" / "从微信来.json")
    forms._loaded.clear()  # as in a process that has just started
    session = Interviewing(workspace).begin(Survey(workspace).dwelling(DOOR))
    session.answer("yes")
    session.put_down()
    workspace.close()
    other.close()
    (place / "w" / "lock.json").write_text(json.dumps({"process": 7, "computer": "x"}))
    shutil.rmtree(place / "other")
    return place


def used(place: Path) -> set[object]:
    """All that the program does with these files; returns the records that it knows then."""
    with Workspace.open(place / "w", app=True, now=now) as workspace:
        with Workspace.open(place / "w", app=True, now=now) as second:
            assert second.read_only
            second.store.holder  # noqa: B018 - it reads the note
        Exchanging(workspace).take_inbox()
        exchanging = Exchanging(workspace)
        exchanging.took_in(exchanging.exchange(place / "stick"))
        for draft in Survey(workspace).drafts():
            Interviewing(workspace).resume(draft)
        Interviewing(workspace).waiting(workspace.community.dwellings[DOOR])
        assert workspace.store.troubles is not None
        workspace.write("note", {"issue": "", "note": "又能存了"})
        return {entry.record.ref for entry in workspace.store.ledger.entries()}


def bad(place: Path, copy: Path, kind: str, data: bytes) -> None:
    """Put some bytes into a file of a kind, use everything, and see that nothing but that file suffered."""
    shutil.copytree(place, copy)
    before = known(copy)
    path = next(copy.glob(KINDS[kind]))
    path.write_bytes(data)
    if kind == "form":
        forms._loaded.clear()
    try:
        found = used(copy)
        assert len(found - before) <= 8, "records that nobody wrote"  # a `seen`, a note
        if kind in DISPOSABLE:
            assert before <= found
    except Exception as error:
        if sentence(error) is None:
            raise
        if kind not in ("settings", "marker", "draft", "own journal"):
            raise AssertionError(f"{kind} keeps everything from opening") from error
    finally:
        shutil.rmtree(copy)


def known(place: Path) -> set[object]:
    with Workspace.open(place / "w", now=now) as workspace:
        return {entry.record.ref for entry in workspace.store.ledger.entries()}


def nested(depth: int) -> bytes:
    return b"[" * depth


ODD: dict[str, bytes] = {
    "empty": b"", "NaN": b"NaN", "Infinity": b'{"community": Infinity}', "1e999": b'{"id": 1e999, "community": 1e999}',
    "5,000 digits": b'{"journal": {"1": ' + b"9" * 5000 + b"}}", "100,000 brackets": nested(100_000),
    "100,000 braces": b'{"a":' * 100_000, "brackets in the place of an id": b'{"id": ' + nested(100_000),
    "a lone surrogate": b'{"id": "\\ud800", "community": "\\udfff", "device": "\\ud800"}',
    "10 MB of text": b'{"id": "' + "话".encode() * 3_500_000 + b'"}', "NUL inside": b'{"id": "a\\u0000b", "process": "\\u0000"}',
    "a list": b"[1, [2]]", "a number": b"7", "null": b"null", "an empty object": b"{}", "zeros": b"\0" * 5000,
    "ids": b'{"journal": {"0": {}, "-1": {}, "01": {}, "x": {}},\n"records": {\n"0":{},\n"-1":{},\n"01":{},\n"x":{}\n}}\n',
    "draft of brackets": b'{"draft": {"1":{}},\n"steps": {\n"1":{"a":' + nested(100_000) + b"}\n}}\n",
    "a photo": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "a zip archive": b"PK\x03\x04" + bytes(range(256)) * 40,
    "UTF-16": '{"id": "x"}'.encode("utf-16"), "lists for objects": b'{"draft": [], "steps": [], "journal": [], "records": []}',
    "numbers for texts": b'{"community": 7, "device": [], "exchange_folders": 3, "person": {}, "process": [], "id": {}}',
}  # fmt: skip


@pytest.mark.fault("odd-json")
@pytest.mark.fault("garbage")
@pytest.mark.parametrize("kind", KINDS)
def test_odd_contents_of_every_kind_of_file(kind: str, place: Path, tmp_path: Path) -> None:
    for name, data in ODD.items():
        try:
            bad(place, tmp_path / "copy", kind, data)
        except Exception as error:  # a name for what would be a traceback
            raise AssertionError(f"{name}: {type(error).__name__}") from error


HARMS: tuple[Callable[[bytes, int, int], bytes], ...] = (
    lambda data, at, bit: data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :],
    lambda data, at, _bit: data[:at],
    lambda data, at, _bit: data[:at] + b"\0" * (len(data) - at),
    lambda data, at, bit: data[:at] + data[at + 1 + 40 * bit :],
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["journal", "records", "draft", "steps", "1", "community", "id", "device", "process", "head"])
        | st.text(max_size=4), inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.fault("bit-flip")
@pytest.mark.fault("torn-tail")
@pytest.mark.fault("zeros")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_harm_to_every_kind_of_file(kind: str, place: Path, tmp_path: Path, data: st.DataObject) -> None:
    good = next(place.glob(KINDS[kind])).read_bytes()
    harm = data.draw(st.sampled_from(HARMS))
    harmed = harm(good, data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7)))
    bad(place, tmp_path / "copy", kind, harmed)


@pytest.mark.fault("odd-json")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_and_arbitrary_json_in_every_kind_of_file(
    kind: str, place: Path, tmp_path: Path, data: bytes
) -> None:
    bad(place, tmp_path / "copy", kind, data)


def limited(places: list[Path]) -> None:
    """Use everything in some places, one after another, in a process that may not have much memory."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(MEMORY), *map(str, places)], capture_output=True, text=True, timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-900:]


def copied(place: Path, copy: Path, kind: str) -> Path:
    """The file of a kind in a copy of a place."""
    return next(Path(shutil.copytree(place, copy)).glob(KINDS[kind]))


@pytest.mark.fault("odd-json")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by RLIMIT_AS")
def test_a_file_of_8_gigabytes_in_the_place_of_any_other(place: Path, tmp_path: Path) -> None:
    copies = {kind: tmp_path / kind for kind in KINDS}
    for kind, copy in copies.items():
        path = copied(place, copy, kind)
        path.write_bytes(b"")
        os.truncate(path, 8 * 2**30)  # nothing but a number on most disks
    limited(list(copies.values()))


@pytest.mark.slow
@pytest.mark.fault("odd-json")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by RLIMIT_AS")
@pytest.mark.parametrize("kind", KINDS)
def test_time_and_memory_stay_bounded(kind: str, place: Path, tmp_path: Path) -> None:
    path = copied(place, tmp_path / "copy", kind)
    good = path.read_bytes()
    for data in (good + b"\0" * 60_000_000, b"[" * 60_000_000, good + b"\n" * 60_000_000, good + good[-300:] * 100_000):
        path.write_bytes(data)
        limited([tmp_path / "copy"])


_LIMITED = """
import resource, sys
from pathlib import Path
from test_fuzz_files import used
from zhubao_tui.workspace.sentences import sentence
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20,) * 2)
for place in sys.argv[2:]:
    try:
        used(Path(place))
    except Exception as error:
        if sentence(error) is None:
            raise
"""
