"""Records are reckoned by runs; held against a ledger that knows nothing but single records."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Clock
from storage.errors import SaveFailed
from storage.exchange import exchange
from storage.intake import journal_bytes
from storage.ledger import Gap, Ledger
from storage.lines import Lines
from storage.record import Erased, Head, Record, Ref
from storage.rows import erased, new_record, sealed_head
from storage.runs import parents_of
from storage.store import Store
from storage_helpers import ANN, COMMUNITY, LANDMARKS, Sealing, another, begin, look, reopen

DAYS = ("2026-05-11", "2026-05-12", "2026-05-13")
KINDS = ("note", "note", "note", "note", "seen", "enrol")


class World:
    """Journals of a few laptops: they name each other's ends, jump in time, go on twice, and lose records."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.heads: dict[str, Head] = {}
        self.records: dict[Ref, tuple[Head, Record]] = {}
        self._ends: list[tuple[Head, Record | None]] = []
        for _ in range(self.chance.randint(5, 60)):
            self._step()

    def _step(self) -> None:
        if not self._ends or self.chance.random() < 0.1:
            before = self.chance.choice([None, *self.records]) if self.records else None
            number = len(self.heads)
            head = sealed_head(
                Head(
                    f"{number:016x}", COMMUNITY, f"{number % 3:016x}", f"{number % 2:016x}", DAYS[0], predecessor=before
                )
            )
            self.heads[head.journal] = head
            self._ends.append((head, None))
        place = self.chance.randrange(len(self._ends))
        head, last = self._ends[place]
        body = {"heads": [str(ref) for ref in self.chance.sample(list(self.records), min(2, len(self.records)))]}
        if self.chance.random() < 0.1:
            body["heads"].append(f"{head.journal}:99:{'0' * 64}")
        seq, prev = (last.seq + 1, last.digest) if last is not None else (1, head.digest)
        clock = (last.clock if last is not None else 0) + self.chance.choice((1, 1, 1, 1, 5))
        at = f"{self.chance.choice(DAYS[: 1 + len(self.records) // 20])}T10:{len(self.records):02d}:00+08:00"
        record = new_record(head.journal, seq, clock, at, self.chance.choice(KINDS), body, prev)
        self.records[record.ref] = (head, record)
        if self.chance.random() < 0.05:
            self._ends.append((head, last))  # an image of the disk goes on from here, too
        self._ends[place] = (head, record)

    def arrive(self, share: float) -> Ledger:
        """A part of it, in pieces in any order; kept and taken up again in between."""
        ledger = Ledger(LANDMARKS)
        records = [pair for pair in self.records.values() if self.chance.random() < share]
        if self.chance.random() < 0.5:
            self.chance.shuffle(records)
        while records:
            count = self.chance.randint(1, 9)
            for head, record in records[:count]:
                ledger.add(head, [record])
            del records[:count]
            if self.chance.random() < 0.5:
                ledger.settle()
                ledger = kept(ledger) if self.chance.random() < 0.3 else ledger
        ledger.settle()
        return ledger


def kept(ledger: Ledger) -> Ledger:
    """The ledger as a cache keeps it, its records read from their files again."""
    branches = [ledger.branches(journal) for journal in {head.journal for head in ledger.journals()}]
    again: Ledger = pickle.loads(pickle.dumps(ledger))
    for (branch,) in (some for some in branches if len(some) == 1):
        if not ledger.is_forked(branch.head.journal):
            again.read_from(branch.head.journal, Lines(branch.head, journal_bytes(branch.head, branch.records), None))
    return again


def by_single_records(world: World, here: set[Ref]) -> dict[Ref, tuple[int, frozenset[Ref], bool]]:
    """Clock, landmarks in the past, and wholeness, as `Entry` says they are."""
    told: dict[Ref, tuple[int, frozenset[Ref], bool]] = {}

    def look_at(ref: Ref) -> tuple[int, frozenset[Ref], bool]:
        if ref not in told:
            parents = parents_of(*world.records[ref])
            known = [(parent, look_at(parent)) for parent in parents if parent in here]
            own = [frozenset({p}) if world.records[p][1].kind in LANDMARKS else frozenset() for p, _ in known]
            told[ref] = (
                1 + max((clock for _, (clock, _past, _whole) in known), default=0),
                frozenset().union(*own, *(past for _, (_clock, past, _whole) in known)),
                len(known) == len(parents) and all(whole for _, (_clock, _past, whole) in known),
            )
        return told[ref]

    for ref in here:
        look_at(ref)
    return told


@settings(deadline=None, max_examples=50)  # machines are busy
@given(st.integers(0, 2**32), st.sampled_from([0.6, 0.9, 1.0]))
def test_runs_say_of_every_record_what_single_records_would(seed: int, share: float) -> None:
    world = World(seed)
    ledger = world.arrive(share)
    here = {entry.ref for entry in ledger.of_all()}
    bits = {entry.bit: entry.ref for entry in ledger.of_all() if entry.bit}
    assert len(ledger) == len(here) == len(list(ledger.of_all()))
    expected = by_single_records(world, here)
    for entry in ledger.of_all():
        past = frozenset(ref for bit, ref in bits.items() if bit & entry.past)
        assert (entry.clock, past, entry.whole) == expected[entry.ref]
        assert entry.kind == world.records[entry.ref][1].kind
        assert ledger.order(entry.ref) == (entry.clock, *entry.ref) == entry.order
        assert ledger.parents(entry.ref) == parents_of(*world.records[entry.ref])
        assert ledger.prev(entry.ref) == world.records[entry.ref][1].prev
    assert {entry.ref for entry in ledger.of_kinds(*LANDMARKS)} == set(bits.values())


@settings(deadline=None, max_examples=50)  # machines are busy
@given(st.integers(0, 2**32), st.sampled_from([0.6, 0.9, 1.0]))
def test_what_rests_on_what_and_what_is_missing(seed: int, share: float) -> None:
    world = World(seed)
    ledger = world.arrive(share)
    here = {entry.ref for entry in ledger.of_all()}
    children: dict[Ref, set[Ref]] = {}
    for ref in here:
        for parent in parents_of(*world.records[ref]):
            children.setdefault(parent, set()).add(ref)
    for ref in here | children.keys():
        assert set(ledger.children(ref)) == children.get(ref, set())
    ends = {
        ref for ref in here
        if not any(
            child[:2] == (ref.journal, ref.seq + 1) and world.records[child][1].prev == ref.digest
            for child in children.get(ref, ())
        )
    }  # fmt: skip
    assert set(ledger.heads()) == ends
    expected: list[Gap] = []
    for journal in {ref.journal for ref in here | children.keys()}:
        numbers = {ref.seq for ref in here if ref.journal == journal}
        named = max((ref.seq for ref in children.keys() - here if ref.journal == journal), default=0)
        lacking = sorted(set(range(1, max({named, *numbers}) + 1)) - numbers)
        firsts = [number for number in lacking if number - 1 not in lacking]
        lasts = [number for number in lacking if number + 1 not in lacking]
        expected += [Gap(journal, "", first, last) for first, last in zip(firsts, lasts, strict=True)]
    assert {replace(gap, device="") for gap in ledger.gaps()} == set(expected)
    doubled = {ref.journal for ref in here if len([one for one in here if one[:2] == ref[:2]]) > 1}
    assert {journal for journal in world.heads if ledger.is_forked(journal)} == doubled
    assert all(ledger.refs(journal) == {ref for ref in here if ref.journal == journal} for journal in world.heads)


@pytest.mark.parametrize("sealed", [False, True], ids=["open", "sealed"])
def test_a_store_that_was_kept_reads_its_records_from_their_files(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, sealed: bool
) -> None:
    monkeypatch.setattr(Sealing, "on", sealed)
    store = begin(tmp_path / "a", clock)
    texts = [f"第 {number} 句" for number in range(5)]
    for text in texts:
        store.append("note", {"text": text})
    store = reopen(store, clock, app=True)
    kept = pickle.loads(pickle.dumps((store.snapshot(), store.ledger.entries())))
    snapshot, entries = kept
    assert snapshot is not None
    assert "第 1 句" not in repr(pickle.dumps(snapshot))
    ring, identity = store.ring, store.identity
    store.close()
    again = Store.open(tmp_path / "a", now=clock, landmarks=LANDMARKS, snapshot=snapshot, ring=Sealing.ring())
    assert again.resumed
    if ring is not None and identity is not None and again.ring is not None:
        again.ring.add(bytes(32))
    assert [entry.record.body["text"] for entry in entries if entry.kind == "note"] == texts
    assert [entry.record for entry in again.ledger.entries()] == [entry.record for entry in entries]
    assert again.person != ANN or again.ledger.contradicted() == []
    again.close()


@pytest.mark.fault("re-encoded")
def test_a_journal_that_an_editor_spelled_otherwise_is_spelled_as_ours_again(tmp_path: Path, clock: Clock) -> None:
    """CRLF or blanks change no digest; what reads the file by its lines later must find them as they were written."""
    store = begin(tmp_path / "a", clock)
    for text in "一二三":
        store.append("note", {"text": text})
    store.close()
    (path,) = (tmp_path / "a" / "store").glob("zb-*.json")
    ours = path.read_bytes()
    for other in (ours.replace(b"\n", b"\r\n"), ours.replace(b'"seq":2', b'"seq": 2')):
        path.write_bytes(other)
        store = look(tmp_path / "a", clock, app=True)
        snapshot = pickle.loads(pickle.dumps(store.snapshot()))
        store.close()
        assert path.read_bytes() == ours
        again = Store.open(tmp_path / "a", now=clock, landmarks=LANDMARKS, snapshot=snapshot)
        assert again.resumed
        assert [e.record.body["text"] for e in again.ledger.entries() if e.kind == "note"] == ["一", "二", "三"]
        again.close()


def test_a_journal_that_went_on_twice_is_kept_with_its_records(tmp_path: Path, clock: Clock) -> None:
    store = begin(tmp_path / "a", clock)
    first = store.append("note", {"text": "一"}).record
    head = store.ledger.head(first.journal)
    assert head is not None
    another(store, tmp_path / "b", clock).close()
    store.close()
    branches = [new_record(head.journal, 2, 2, first.at, "note", {"text": text}, first.digest) for text in ("二", "三")]
    for number, branch in enumerate(branches):
        (tmp_path / "b" / "inbox" / f"{number}.json").write_bytes(journal_bytes(head, [first, branch]))
    store = look(tmp_path / "b", clock, app=True)
    store.absorb_inbox()
    assert store.ledger.is_forked(head.journal)
    snapshot = pickle.loads(pickle.dumps(store.snapshot()))
    store.close()
    again = Store.open(tmp_path / "b", now=clock, landmarks=LANDMARKS, snapshot=snapshot)
    assert again.resumed
    assert sorted(e.record.body["text"] for e in again.ledger.of_kinds("note")) == ["一", "三", "二"]
    again.close()


@pytest.fixture
def grown(tmp_path: Path, clock: Clock) -> tuple[Store, Path, bytes]:
    """Two laptops; the second holds a journal of the first, which has gone on since; its file there, and the whole of it."""
    store = begin(tmp_path / "a", clock)
    store.append("note", {"text": "一"})
    (path,) = (tmp_path / "a" / "store").glob("zb-*.json")
    other = another(store, tmp_path / "b", clock)
    other.absorb([path])
    store.append("note", {"text": "二"})
    store.close()
    other.close()
    return look(tmp_path / "b", clock, app=True), tmp_path / "b" / "store" / path.name, path.read_bytes()


def texts(store: Store) -> list[str]:
    return sorted(str(entry.record.body["text"]) for entry in store.ledger.of_kinds("note"))


@pytest.mark.fault("full-append")
def test_what_could_not_be_kept_is_sent_whole_told_once_and_kept_with_the_next_exchange(
    grown: tuple[Store, Path, bytes], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, here, whole = grown
    stick = tmp_path / "stick"
    exchange(other, stick, new=True)
    (stick / here.name).write_bytes(whole)
    with monkeypatch.context() as full:
        full.setattr("storage.keeper.replace_whole", refuse)
        done = exchange(other, stick)
    assert [trouble.what for trouble in done.unread] == ["not_saved"]
    assert (stick / here.name).read_bytes() == whole, "the good copy stays"
    assert other.snapshot() is None
    assert here.read_bytes() != whole
    exchange(other, stick)
    assert here.read_bytes() == whole
    other.close()
    assert texts(look(other.folder, clock)) == ["一", "二"]


def refuse(path: Path, _data: bytes) -> None:
    raise SaveFailed(path.name, "full")


@pytest.mark.fault("rollback-copy")
def test_an_older_copy_over_a_file_of_the_store_is_written_whole_again(
    grown: tuple[Store, Path, bytes], tmp_path: Path, clock: Clock
) -> None:
    other, here, whole = grown
    older = here.read_bytes()
    (tmp_path / "b" / "inbox" / "x.json").write_bytes(whole)
    other.refresh()
    assert here.read_bytes() == whole
    here.write_bytes(older)
    other.refresh()
    assert here.read_bytes() == whole
    snapshot = pickle.loads(pickle.dumps(other.snapshot()))
    other.close()
    again = Store.open(tmp_path / "b", now=clock, landmarks=LANDMARKS, snapshot=snapshot)
    assert (again.resumed, texts(again)) == (True, ["一", "二"])


@pytest.mark.fault("bit-flip")
def test_one_s_own_journal_that_is_harmed_while_it_is_open_makes_the_next_start_read_it(
    tmp_path: Path, clock: Clock
) -> None:
    store = reopen(begin(tmp_path / "a", clock), clock, app=True)
    store.append("note", {"text": "一"})
    (path,) = (tmp_path / "a" / "store").glob("zb-*.json")
    path.write_bytes(path.read_bytes().replace("一".encode(), "乙".encode()))
    store.append("note", {"text": "二"})
    snapshot = pickle.loads(pickle.dumps(store.snapshot()))
    store.close()
    again = Store.open(tmp_path / "a", now=clock, landmarks=LANDMARKS, snapshot=snapshot)
    assert (again.resumed, texts(again)) == (False, ["二"])
    assert "harmed" in {trouble.what for trouble in again.troubles}


def test_an_entry_made_before_an_erasure_still_says_which_record_it_was(tmp_path: Path, clock: Clock) -> None:
    store = begin(tmp_path / "a", clock)
    ref = store.append("note", {"text": "一"}).record.ref
    store = reopen(store, clock)
    before = store.ledger.get(ref)
    assert before is not None
    store.ledger.replace(erased(before.record))
    after = store.ledger.get(ref)
    assert after is not None
    before.let_go(), after.let_go()
    assert before.record.body == {"text": "一"}
    assert isinstance(after.record.body, Erased)
    assert store.ledger.erased_in(ref.journal) == 1
