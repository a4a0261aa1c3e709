"""The union of all journals: order-free, nothing lost, holes shown, one reckoned order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.ledger import Gap, Ledger
from storage.record import Entry, Head, Record, Ref
from storage.rows import new_record, sealed_head
from storage.witness import HEADS_A_RECORD, Witness, in_pieces
from storage_helpers import COMMUNITY, made


def united(*parts: tuple[Head, list[Record]]) -> Ledger:
    ledger = Ledger(frozenset({"enrol"}))
    for head, records in parts:
        ledger.take_in(head, records)
    return ledger


def clocks(ledger: Ledger) -> dict[str, int]:
    return {str(entry.record.body.get("text", "")): entry.clock for entry in ledger.entries()}


def seen(head: Head, records: list[Record], *heads: Ref, clock: int = 0) -> Record:
    prev = records[-1].digest if records else head.digest
    body = {"heads": [str(ref) for ref in heads]}
    number = len(records) + 1
    return new_record(head.journal, number, clock or number, "2026-05-12T10:00:00+08:00", "seen", body, prev)


@pytest.mark.fault("hole")
def test_a_hole_is_shown_and_closes_by_itself_in_any_order() -> None:
    head, records = made("一二三四五六")
    ledger = united((head, [records[0], records[4], records[5]]))
    assert ledger.gaps() == [Gap(head.journal, head.device, 2, 4)]
    ledger.take_in(head, [records[2]])
    assert [(gap.first, gap.last) for gap in ledger.gaps()] == [(2, 2), (4, 4)]
    ledger.take_in(head, [records[3], records[1]])
    assert ledger.gaps() == []
    assert [entry.clock for entry in ledger.entries()] == [1, 2, 3, 4, 5, 6]
    assert all(entry.whole for entry in ledger.entries())


@pytest.mark.fault("hole")
def test_a_journal_that_is_missing_altogether_is_shown_by_those_that_name_it() -> None:
    first = made("一二三")
    second = made("四", journal="2" * 16, predecessor=first[1][-1].ref)
    third = made("五", journal="3" * 16, device="e" * 16)
    witness = seen(*third, first[1][1].ref)
    ledger = united(second, (third[0], [*third[1], witness]))
    assert ledger.gaps() == [Gap(first[0].journal, first[0].device, 1, 3)]
    ledger.take_in(first[0], first[1][:2])
    assert ledger.gaps() == [Gap(first[0].journal, first[0].device, 3, 3)]
    ledger.take_in(*first)
    assert ledger.gaps() == []


@pytest.mark.fault("wrong-clock")
def test_a_head_that_never_was_pushes_nobodys_clock() -> None:
    head, records = made("一")
    ghost = Ref("f" * 16, 10**12, "f" * 64)
    records.append(seen(head, records, ghost, clock=10**12))
    last = new_record(
        head.journal, 3, 10**12 + 1, "2026-05-12T10:00:00+08:00", "note", {"text": "二"}, records[-1].digest
    )
    ledger = united((head, [*records, last]))
    assert clocks(ledger)["二"] == 3
    assert ledger.contradicted() == [], "what is missing may still explain the claim"
    honest = united((head, [*records[:1], new_record(
        head.journal, 2, 99, "2026-05-12T10:00:00+08:00", "note", {"text": "三"}, records[0].digest)]))  # fmt: skip
    assert [entry.record.body["text"] for entry in honest.contradicted()] == ["三"]


def test_what_was_seen_comes_before_whoever_saw_it() -> None:
    far = made("一二三四五", journal="9" * 16, device="e" * 16)
    head, records = made("六")
    records.append(seen(head, records, far[1][-1].ref))
    after = new_record(head.journal, 3, 7, "2026-05-12T10:00:00+08:00", "note", {"text": "七"}, records[-1].digest)
    ledger = united((head, [*records, after]), far)
    assert clocks(ledger)["七"] == 7
    assert [entry.record.body.get("text") for entry in ledger.entries()][-1] == "七"


@pytest.mark.fault("cloned-laptop")
def test_both_ways_that_a_journal_went_are_kept_with_a_file_for_each() -> None:
    head, common = made("一二")
    _same, one = made("三四", prefix=common, at=5)
    _same, other = made("五", prefix=common, at=6)
    ledger = united((head, one), (head, other))
    assert ledger.forks() == [head.journal]
    before = ledger.branches(head.journal)
    assert sorted("".join(str(r.body["text"]) for r in branch.records) for branch in before) == ["一二三四", "一二五"]
    assert sorted(bool(branch.mark) for branch in before) == [False, True]
    ledger.take_in(head, made("六七八九", prefix=other, at=7)[1])
    after = ledger.branches(head.journal)
    assert [branch.mark for branch in after] == [branch.mark for branch in before], "files keep their names"
    assert {r.ref for branch in after for r in branch.records} == {entry.record.ref for entry in ledger.entries()}


def test_two_journals_that_name_one_predecessor_are_a_fork() -> None:
    first = made("一")
    second = made("二", journal="2" * 16, predecessor=first[1][-1].ref)
    third = made("三", journal="3" * 16, predecessor=first[1][-1].ref)
    assert united(first, second).forks() == []
    assert united(first, second, third).forks() == ["2" * 16, "3" * 16]


def test_landmarks_in_the_past_are_known() -> None:
    lead = made(["lead"], journal="9" * 16, device="e" * 16, kind="enrol")
    head, records = made("一")
    records.append(seen(head, records, lead[1][-1].ref))
    ledger = united((head, records), lead)
    before, after = (ledger.get(record.ref) for record in records)
    mark = ledger.get(lead[1][0].ref)
    assert before is not None
    assert after is not None
    assert mark is not None
    assert not before.past & mark.bit
    assert after.past & mark.bit


def test_a_seen_stays_below_64_kb() -> None:
    heads = [Ref(f"{number:016x}", 10**14 + number, "f" * 64) for number in range(2 * HEADS_A_RECORD + 1)]
    pieces = in_pieces(heads)
    head, _none = made([])
    assert [len(piece["heads"]) for piece in pieces] == [HEADS_A_RECORD, HEADS_A_RECORD, 1]
    assert all(len(str(piece).encode()) < 64 * 1024 for piece in pieces)
    assert [text for piece in pieces for text in piece["heads"]] == [str(ref) for ref in heads]
    assert head.community == COMMUNITY


def test_seen_alone_is_no_news() -> None:
    head, records = made("一")
    ledger = united((head, records))
    witness = Witness(ledger)
    assert witness.due() == [records[0].ref]
    mine = made([], journal="2" * 16, device="e" * 16)[0]
    witness.note([seen(mine, [], records[0].ref)])
    assert witness.due() == []
    ledger.take_in(head, [seen(head, records, Ref("2" * 16, 1, "0" * 64))])
    assert witness.due() == [], "two laptops would answer each other for ever"


# -- any order at all


def world(dice: random.Random) -> list[tuple[Head, list[Record]]]:
    """Three laptops' journals that chain, see each other and fork."""
    journals: list[tuple[Head, list[Record]]] = []
    for number in range(6):
        device = f"{number % 3:016x}"
        last = [part for part in journals if part[0].device == device and part[1]]
        predecessor = last[-1][1][-1].ref if last and dice.random() < 0.8 else None
        head = sealed_head(
            Head(f"{number:016x}", COMMUNITY, device, device, "2026-05-12", predecessor=predecessor)
        )  # fmt: skip
        records: list[Record] = []
        for step in range(dice.randint(0, 6)):
            others = [record.ref for _head, mine in journals for record in mine]
            if others and dice.random() < 0.4:
                records.append(seen(head, records, *dice.sample(others, min(3, len(others)))))
            else:
                kind = "enrol" if dice.random() < 0.3 else "note"
                prev = records[-1].digest if records else head.digest
                text, at = {"text": f"{number}.{step}"}, "2026-05-12T10:00:00+08:00"
                records.append(new_record(head.journal, len(records) + 1, len(records) + 1, at, kind, text, prev))
        journals.append((head, records))
        if len(records) > 2 and dice.random() < 0.4:
            cut = dice.randint(1, len(records) - 1)
            branch = made(["岔"], journal=head.journal, prefix=records[:cut], at=9)[1]
            journals.append((head, branch))
    return journals


def picture(ledger: Ledger) -> list[tuple[Record, int, bool, frozenset[Ref]]]:
    marks: dict[int, Ref] = {entry.bit: entry.record.ref for entry in ledger.entries() if entry.bit}

    def past(entry: Entry) -> frozenset[Ref]:
        return frozenset(ref for bit, ref in marks.items() if entry.past & bit)

    return [(entry.record, entry.clock, entry.whole, past(entry)) for entry in ledger.entries()]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
@pytest.mark.fault("replayed")
def test_any_order_repetition_and_interleaving_gives_the_same_ledger(seed: int) -> None:
    dice = random.Random(seed)
    journals = world(dice)
    wanted = united(*journals)
    parts = [
        (head, dice.sample(records, dice.randint(0, len(records)))) for head, records in journals for _again in range(3)
    ]
    parts += journals
    dice.shuffle(parts)
    ledger = Ledger(frozenset({"enrol"}))
    kept: dict[Ref, Entry] = {}
    for number, (head, records) in enumerate(parts):
        told = ledger.take_in(head, records) if number % 2 else (ledger.add(head, records), ledger.settle())[1]
        kept |= {entry.record.ref: entry for entry in told}
        assert kept == {entry.record.ref: entry for entry in ledger.entries()}, "whoever was told all knows all"
    assert picture(ledger) == picture(wanted)
    assert ledger.gaps() == wanted.gaps()
    assert ledger.forks() == wanted.forks()
    for journal in {head.journal for head, _records in journals}:
        branches = ledger.branches(journal)
        assert branches == wanted.branches(journal)
        assert len({branch.mark for branch in branches}) == len(branches)
        assert all(len({r.seq for r in branch.records}) == len(branch.records) for branch in branches)
    held = {r.ref for head in ledger.journals() for branch in ledger.branches(head.journal) for r in branch.records}
    assert held == {entry.record.ref for entry in ledger.entries()}
