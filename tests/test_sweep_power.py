"""The power is cut between any two system calls of a save: from every folder that the disk may then hold the work goes on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tinydb import TinyDB

from simulated_disk import SECTOR, Choose, Disk, Written, every, laid_out, some
from storage.errors import JournalUnreadable
from storage.journal import END, AppendingJSON
from storage_helpers import made_bytes, parsed
from storage_helpers import said as texts_in
from straced import Call, straced
from sweep_driver import OPERATIONS, act

pytestmark = [
    pytest.mark.fault("power-append"),
    pytest.mark.fault("zeros"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
SAMPLE, MOST = 60, 60_000
"""States looked at in an ordinary run, and at most of one operation on demand."""
AT_ONE_CUT = 400
"""States of one moment; what a longer write may leave is sampled."""
Found = dict[str, bytes | None]


def acknowledged(call: Call) -> list[str]:
    """What a `sendto` of the child told."""
    text = re.search(r'"((?:\\x[0-9a-f]{2})*)"', call.args)
    line = bytes.fromhex(text[1].replace("\\x", "")) if text and call.name == "sendto" else b""
    return [json.loads(line)["said"]] if line.startswith(b'{"said"') else []


@pytest.fixture
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, list[Call]]:
    """An operation's place as it was, and all that it then did to it."""
    name = request.param
    place = tmp_path / "place"
    place.mkdir()
    OPERATIONS[name].prepare(place)
    before = Path(shutil.copytree(place, tmp_path / "before"))
    run = straced(partial(act, name, place), "-xx", "-s", "2000000", log=tmp_path / "log")
    assert (run.code, run.words, run.traceback) == (0, "", ""), run
    assert run.said
    shutil.rmtree(place)
    before.rename(place)
    return name, place, run.calls


def states(name: str, place: Path, calls: list[Call]) -> Iterator[tuple[str, list[str], Callable[[Choose], Found]]]:
    """Each moment at which the power may be cut: behind which call, what had been acknowledged, what may be found."""
    disk, said = Disk(place), list[str]()
    for number, call in enumerate(calls):
        disk.take(call)
        said += acknowledged(call)
        if call.name not in ("read", "lseek", "close", "flock"):
            yield f"{number} {call.name} {call.nth}", list(said), disk.after_the_cut


def go_on(name: str, found: Found, said: list[str], folder: Path) -> str:
    """What is wrong after a power cut; empty: nothing."""
    place = laid_out(found, folder / "cut")
    try:
        OPERATIONS[name].check(place, said)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is collected and told
        return f"{type(error).__name__} {error}"
    finally:
        shutil.rmtree(place)
    return ""


@pytest.mark.parametrize("shift", range(-2, 8))
def test_a_sector_may_end_anywhere_in_the_end_of_a_journal(shift: int, tmp_path: Path) -> None:
    """Where old and new meet in the middle of the end that each append replaces, the record before it stays whole."""
    texts = ["一", "二" * 40, "三", "四" * 200]
    plain = len(made_bytes(*texts[:2]))
    texts[0] += "x" * ((shift - plain + len(END)) % SECTOR)
    old, new = (made_bytes(*texts[:number], salt="") for number in (2, 4))
    assert (len(old) - len(END) - shift) % SECTOR == 0
    write = Written(len(old) - len(END), new[len(old) - len(END) :])
    for number, found in enumerate(every(lambda choose: {"journal": write.over(old, choose)}, 5000)):
        data = found["journal"] or b""
        assert texts_in(parsed(data))[:2] == texts[:2]
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        try:
            AppendingJSON(path).close()
        except JournalUnreadable:
            assert data.count(texts[3].encode()), "only where a later record of the same flush is whole"
            continue
        with TinyDB(path) as readable:
            assert [row["body"]["text"] for row in readable.table("records").all()][:2] == texts[:2]


@pytest.mark.parametrize("recorded", OPERATIONS, indirect=True)
def test_the_last_calls_alone_make_what_the_program_left(
    recorded: tuple[str, Path, list[Call]], tmp_path: Path
) -> None:
    """Without a cut the simulated disk holds what the real one does, or its states would prove nothing."""
    name, place, calls = recorded
    disk = Disk(place)
    for call in calls:
        disk.take(call)
    assert (
        go_on(
            name, disk.after_the_cut(lambda _many: 0), [said for call in calls for said in acknowledged(call)], tmp_path
        )
        == ""
    )


@pytest.mark.parametrize("recorded", OPERATIONS, indirect=True)
def test_a_sample_of_what_a_power_cut_leaves(recorded: tuple[str, Path, list[Call]], tmp_path: Path) -> None:
    name, place, calls = recorded
    moments = sum(1 for _moment in states(name, place, calls))
    wrong = []
    for number, (at, said, build) in enumerate(states(name, place, calls)):
        due = SAMPLE * (number + 1) // moments - SAMPLE * number // moments  # spread evenly over all moments
        for found in some(build, due, f"{name} {at}"):
            wrong += [f"{at}: {what}" for what in [go_on(name, found, said, tmp_path)] if what]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("recorded", OPERATIONS, indirect=True)
def test_everything_that_a_power_cut_may_leave(
    recorded: tuple[str, Path, list[Call]], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    name, place, calls = recorded
    wrong, seen, cut_short = [], set[int](), 0
    for at, said, build in states(name, place, calls):
        found_now = list(every(build, AT_ONE_CUT + 1))
        if len(found_now) > AT_ONE_CUT:
            cut_short += 1
            found_now += some(build, AT_ONE_CUT, f"{name} {at}")
        for found in found_now:
            known = hash((tuple(sorted(found.items())), tuple(said)))
            if known not in seen and len(seen) < MOST:
                seen.add(known)
                wrong += [f"{at}: {what}" for what in [go_on(name, found, said, tmp_path)] if what]
    record_property("states", len(seen))
    record_property("moments sampled", cut_short)
    assert not wrong, f"{len(wrong)} of {len(seen)}:\n" + "\n".join(wrong[:40])
