"""Exchange at scale and in spite of everything: many journals, a very large one, several laptops at once, kill -9."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from storage.exchange import MARKER, exchange
from storage.files import TEMPORARY
from storage.intake import journal_bytes
from storage.store import Store
from storage_helpers import another, begin, journal_files, look, made, notes, refs, write

Now = Callable[[], datetime]
LAPTOP = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from storage.exchange import exchange
from storage.store import Store
folder, stick, rounds, person = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
store = Store.open(folder, now=lambda: datetime.now(UTC), landmarks=frozenset({"enrol"}))
store.use(person)
print("open", flush=True)
for number in range(rounds):
    store.append("note", {"text": f"{person[0]}{number}"})
    exchange(store, stick)
store.close()
"""


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def laptop(store: Store, stick: Path, rounds: int) -> subprocess.Popen[str]:
    """Another process that writes and exchanges in this workspace."""
    return subprocess.Popen(
        [sys.executable, "-c", LAPTOP, str(store.folder), str(stick), str(rounds), store.person],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def fill(store: Store, count: int, *, texts: int = 1) -> None:
    """Journals of other laptops, put into the store as files."""
    for number in range(1, count + 1):
        words = [f"{number}.{text}" for text in range(texts)]
        head, records = made(words, journal=f"{number:016x}", device=f"{number % 20:016x}", community=store.community)
        (store.folder / "inbox" / f"{number}.json").write_bytes(journal_bytes(head, records))
    store.refresh()


def test_several_laptops_at_once_with_one_folder_simultaneous_exchange(tmp_path: Path, stick: Path, clock: Now) -> None:
    first = begin(tmp_path / "0", clock)
    write(first, "开始")
    laptops = [first, *(another(first, tmp_path / str(n), clock, f"{n:x}" * 16) for n in (1, 2, 3))]
    exchange(first, stick)
    for store in laptops:
        store.close()
    running = [laptop(store, stick, 6) for store in laptops]
    for process in running:
        _out, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
    stores = [look(store.folder, clock, store.person) for store in laptops]
    for store in stores * 2:
        done = exchange(store, stick)
        assert (done.unread, done.sent_failed) == ([], "")
    assert len({tuple(notes(store)) for store in stores}) == 1
    assert len(notes(stores[0])) == 1 + 4 * 6
    assert stores[0].ledger.gaps() == []
    assert not [path for path in stick.iterdir() if path.name.startswith(TEMPORARY)]
    for store in stores:
        store.close()


@pytest.mark.parametrize("seed", range(3))
def test_an_exchange_killed_anywhere_goes_on_from_there(tmp_path: Path, stick: Path, clock: Now, seed: int) -> None:
    dice = random.Random(seed)
    ann = begin(tmp_path / "ann", clock)
    fill(ann, 150)
    ben = another(ann, tmp_path / "ben", clock)
    exchange(ben, stick)
    ben.close()
    ann.close()
    for _again in range(4):
        for store in (ann, ben):
            process = laptop(store, stick, 1)
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            time.sleep(dice.random() * 0.15)
            process.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            process.communicate()
            for path in journal_files(stick):
                assert path.read_bytes().endswith(b"\n}}\n"), "whole or not at all"
    ann, ben = (look(store.folder, clock, store.person) for store in (ann, ben))
    for store in (ann, ben, ann, ben):
        done = exchange(store, stick)
        assert (done.unread, done.sent_failed) == ([], "")
    assert refs(ann) == refs(ben)
    assert {f"{number}.0" for number in range(1, 151)} <= set(notes(ann))
    ann.close()
    ben.close()


def forbid_reading(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    """From now on no journal is read, only the marker, caches and the workspace's settings."""
    reads = Path.read_bytes

    def reading(path: Path) -> bytes:
        assert path.name == MARKER or path.parent.name == "cache" or path.parent == workspace, path.name
        return reads(path)

    monkeypatch.setattr(Path, "read_bytes", reading)


def test_a_journal_of_50_mb_goes_out_comes_in_and_is_then_passed_over(
    tmp_path: Path, stick: Path, clock: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = begin(tmp_path / "ann", clock)
    text = "话" * 199_000
    head, records = made([f"{number} {text}" for number in range(85)], community=ann.community)
    (ann.folder / "inbox" / "large.json").write_bytes(journal_bytes(head, records))
    ann.refresh()
    assert exchange(ann, stick).sent_failed == ""
    path = max(journal_files(stick), key=lambda file: file.stat().st_size)
    assert path.stat().st_size > 49_000_000
    ben = another(ann, tmp_path / "ben", clock)
    assert exchange(ben, stick).records_in == 86
    assert (ben.folder / "store" / path.name).read_bytes() == path.read_bytes()
    forbid_reading(monkeypatch, ben.folder)
    assert exchange(ben, stick).received == []
    ann.close()
    ben.close()


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_many_journals_go_both_ways_and_are_then_not_read(
    tmp_path: Path, stick: Path, clock: Now, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    ann = begin(tmp_path / "ann", clock)
    fill(ann, count)
    ben = another(ann, tmp_path / "ben", clock)
    assert len(exchange(ann, stick).sent) >= count
    assert exchange(ben, stick).records_in >= count
    exchange(ann, stick)
    forbid_reading(monkeypatch, ben.folder)
    done = exchange(ben, stick)
    assert (done.sent, done.received, done.unread) == ([], [], [])
    ann.close()
    ben.close()


@pytest.fixture
def fat_stick(tmp_path: Path) -> Iterator[Path]:
    """A FAT32 image, mounted through FUSE."""
    if not (shutil.which("fusefat") and shutil.which("mkfs.vfat") and Path("/dev/fuse").exists()):
        pytest.skip("no fusefat or mkfs.vfat here; times and names have variants that need none")
    image, mounted = tmp_path / "fat.img", tmp_path / "fat"
    image.write_bytes(b"")
    os.truncate(image, 40 * 1024 * 1024)
    subprocess.run(["mkfs.vfat", "-F", "32", str(image)], check=True, capture_output=True)
    mounted.mkdir()
    if subprocess.run(["fusefat", "-o", "rw+", str(image), str(mounted)], capture_output=True).returncode:
        pytest.skip("FUSE does not mount here; times and names have variants that need none")
    yield mounted
    subprocess.run(["fusermount", "-u", "-z", str(mounted)], check=True)


def test_a_real_fat_stick_both_ways_and_passed_over_fat_names(tmp_path: Path, fat_stick: Path, clock: Now) -> None:
    ann = begin(tmp_path / "ann", clock)
    fill(ann, 12, texts=3)
    ben = another(ann, tmp_path / "ben", clock)
    write(ben, "乙一")
    for store in (ann, ben, ann, ben):
        done = exchange(store, fat_stick)
        assert (done.unread, done.sent_failed) == ([], "")
    assert refs(ann) == refs(ben)
    assert exchange(ben, fat_stick).sent == []
    for name, data in {path.name: path.read_bytes() for path in journal_files(fat_stick)}.items():
        assert data == (ann.folder / "store" / name).read_bytes()
    ann.close()
    ben.close()
