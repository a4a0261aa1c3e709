"""Reading files that have been through anything: what is whole is used, what is harmed is named, nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.canonical import bytes_sum, canonical, encode
from storage.errors import JournalUnreadable, NotPlainData
from storage.intake import journal_bytes, troubles_of
from storage.ledger import Ledger
from storage.reader import MAX_FILE, JournalFile, read_journal, sniff
from storage.record import Erased, Head, Record
from storage.rows import LARGEST_BODY, erased, head_row, opening, record_row
from storage_helpers import BEN, COMMUNITY, made, made_bytes, parsed, said

TEXTS = ("三单元路灯不亮", "水管漏水", "楼道堆物", "噪音")
HEAD, RECORDS = made(TEXTS)
WHOLE = journal_bytes(HEAD, RECORDS)


def troubles(found: JournalFile | str) -> list[str]:
    assert isinstance(found, JournalFile), found
    return [f"{trouble.what} {trouble.detail}".rstrip() for trouble in troubles_of("x.json", found)]


def rows(data: bytes) -> dict[str, dict[str, dict[str, object]]]:
    return json.loads(data)


def test_a_whole_journal_is_read_without_a_word() -> None:
    assert said(parsed(WHOLE)) == list(TEXTS)
    assert troubles(parsed(WHOLE)) == []


RE_ENCODED: dict[str, bytes] = {
    "BOM": b"\xef\xbb\xbf" + WHOLE,
    "CRLF": WHOLE.replace(b"\n", b"\r\n"),
    "UTF-16 LE": b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"),
    "UTF-16 BE": b"\xfe\xff" + WHOLE.decode().encode("utf-16-be"),
    "GBK": WHOLE.decode().encode("gbk"),
    "indented": json.dumps(rows(WHOLE), indent=2, ensure_ascii=False).encode(),
    "one line, as TinyDB's own storage writes": json.dumps(rows(WHOLE)).encode(),
    "tables in another order": json.dumps(dict(reversed(rows(WHOLE).items()))).encode(),
    "keys in another order": json.dumps(rows(WHOLE), sort_keys=True).encode(),
    "no line end at the end": WHOLE.rstrip(),
    "blanks at the end": WHOLE + b"  \r\n\0\0",
}


@pytest.mark.parametrize("data", RE_ENCODED.values(), ids=RE_ENCODED.keys())
def test_a_journal_saved_by_another_program_holds_the_same_records(data: bytes, tmp_path: Path) -> None:
    assert parsed(data, "").records == RECORDS  # type: ignore[union-attr]  # a reading that failed fails here
    assert troubles(parsed(data)) == []


@pytest.mark.parametrize("name", ["BOM", "CRLF", "UTF-16 LE", "GBK", "indented"])
def test_a_journal_saved_by_another_program_is_known_by_its_first_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / "微信.txt").write_bytes(RE_ENCODED[name])
    assert sniff(tmp_path / "微信.txt")


def test_text_that_an_encoding_cannot_hold_is_refused_and_the_program_named() -> None:
    data = made_bytes("路灯😀", "水管").decode().encode("gbk", "replace")
    assert said(parsed(data)) == ["水管"]
    assert troubles(parsed(data)) == ["encoding gb18030", "harmed 1"]


def edited(*pairs: tuple[str, str]) -> bytes:
    text = WHOLE.decode()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


HARMED: dict[str, tuple[bytes, list[str], list[str]]] = {
    "a word changed by hand": (edited(("水管", "煤气")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "a time changed by hand": (edited(("10:00:00", "10:00:01")), list(TEXTS[1:]), ["harmed 1"]),
    "a fraction": (edited((TEXTS[1] + '"', '","n":1.5')), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "NaN": (edited((f'"{TEXTS[1]}"', "NaN")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "Infinity": (edited((f'"{TEXTS[1]}"', "-Infinity")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "1e999": (edited((f'"{TEXTS[1]}"', "1e999")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "5,000 digits": (edited((f'"{TEXTS[1]}"', "9" * 5000)), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "beyond 2^53": (edited((f'"{TEXTS[1]}"', str(2**53 + 1))), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "brackets": (edited((f'"{TEXTS[1]}"', "[" * 100_000)), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "closed brackets": (
        edited((f'"{TEXTS[1]}"', "[" * 40 + "]" * 40)), [TEXTS[0], *TEXTS[2:]], ["harmed 2"],
    ),
    "a lone surrogate": (edited((TEXTS[1], "\\ud800")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "a lone surrogate as kind": (edited(('"note"', '"\\ud800"')), list(TEXTS[1:]), ["harmed 1"]),
    "10 MB of text": (edited((TEXTS[1], "话" * 3_500_000)), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "a key twice in a record": (edited(('"seq":2', '"seq":2,"seq":2')), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "number 0": (edited(('\n"2":', '\n"0":')), [TEXTS[0], *TEXTS[2:]], ["harmed 0"]),
    "number -1": (edited(('\n"2":', '\n"-1":')), [TEXTS[0], *TEXTS[2:]], ["harmed 0"]),
    "number 02": (edited(('\n"2":', '\n"02":')), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "number x": (edited(('\n"2":', '\n"x":')), [TEXTS[0], *TEXTS[2:]], ["harmed 0"]),
    "another's number": (edited(('\n"2":', '\n"5":')), [TEXTS[0], *TEXTS[2:]], ["harmed 5"]),
    "a million blanks": (edited(('\n"2":', '\n"2":' + " " * 900_000 + "x")), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "a line twice": (edited(("\n}}\n", ",\n" + WHOLE.decode().split("\n")[3].rstrip(",") + "\n}}\n")),
                     list(TEXTS), ["harmed 2"]),
    "a salt in capitals": (
        edited((f'"salt":"{RECORDS[1].salt}"', f'"salt":"{RECORDS[1].salt.upper()}"')), [TEXTS[0], *TEXTS[2:]], ["harmed 2"],
    ),
    "salt of an erasure": (edited((RECORDS[1].salt, "#" * 32)), [TEXTS[0], *TEXTS[2:]], ["harmed 2"]),
    "cut": (WHOLE[:-90], list(TEXTS[:3]), ["incomplete 3"]),
    "cut behind a record": (WHOLE[: WHOLE.index(b'\n"3"')], list(TEXTS[:2]), ["incomplete 2"]),
    "zeros at the end": (WHOLE[:-90] + b"\0" * 90, list(TEXTS[:3]), ["incomplete 3"]),
}  # fmt: skip


@pytest.mark.parametrize(("data", "used", "named"), HARMED.values(), ids=HARMED.keys())
def test_a_harmed_record_is_named_and_the_others_are_used(data: bytes, used: list[str], named: list[str]) -> None:
    assert said(parsed(data)) == used
    assert troubles(parsed(data)) == named


UNUSABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "zeros": (b"\0" * 4000, "empty"),
    "blanks": (b"\r\n \t\n", "empty"),
    "null": (b"null", "unreadable"),
    "a list": (b"[1, 2]", "unreadable"),
    "a number": (b"7", "unreadable"),
    "an empty object": (b"{}", "unreadable"),
    "records without a head": (b'{"records": {}}', "unreadable"),
    "a head of null": (b'{"journal": null, "records": {}}', "unreadable"),
    "records of null": (opening({"journal": {"1": head_row(HEAD)}}, "records")[:-1] + b"null}", "unreadable"),
    "a photo": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "unreadable"),
    "a zip archive": (b"PK\x03\x04" + bytes(range(256)) * 20, "unreadable"),
    "100,000 brackets": (b"[" * 100_000, "unreadable"),
    "the head twice": (WHOLE.replace(b'"1":', b'"1":{},"1":', 1), "unreadable"),
    "cut in the head": (WHOLE[:200], "unreadable"),
    "a path as journal": (edited(("1" * 16, "../../etc/passwd")), "unreadable"),
    "a device with a drive": (edited(("d" * 16, "c:\\ddddddddddddd")), "unreadable"),
    "another community": (made_bytes(*TEXTS, community="ee" * 32), "other_community"),
}


@pytest.mark.parametrize(("data", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_is_no_journal_is_put_aside_with_the_reason(data: bytes, reason: str) -> None:
    assert parsed(data) == reason


def test_limits_hold_before_parsing(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.write(WHOLE)
        file.truncate(MAX_FILE + 1)
    with pytest.raises(JournalUnreadable, match="too_large"):
        read_journal(large)
    with pytest.raises(JournalUnreadable, match="unreadable"):
        read_journal(tmp_path / "gone.json")
    with pytest.raises(JournalUnreadable, match="unreadable"):
        read_journal(tmp_path)


def test_a_record_that_may_be_written_may_be_read() -> None:
    """Or an acknowledged record would be refused by every reader, one's own at the next start first."""
    with pytest.raises(NotPlainData):
        made(["话" * (LARGEST_BODY // 3)])
    assert said(parsed(made_bytes("话" * 199_000))) == ["话" * 199_000]


@pytest.mark.parametrize(
    ("body", "why"),
    [({"a": 1.5}, "fraction"), ({"a": 2**53 + 1}, "2^53"), ({1: "a"}, "key"), ({"a": "\udfff"}, "surrogate"),
     ({"a": {"b"}}, "set"), (json.loads("[" * 40 + "]" * 40), "depth")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_has_no_place_in_a_record_is_never_written(body: object, why: str) -> None:
    with pytest.raises(NotPlainData):
        canonical(body)


# -- whose records they are


def test_a_changed_head_gives_nobody_elses_records_away() -> None:
    """The author stands in the head; the first record's digest proves it."""
    stolen = parsed(edited(("c" * 16, BEN)))
    assert isinstance(stolen, JournalFile)
    assert stolen.true_head == HEAD.digest != stolen.head.digest
    assert troubles(stolen) == ["harmed 0"]
    flipped = parsed(edited(("c0" * 32, "d0" + "c0" * 31)))
    assert isinstance(flipped, JournalFile), "a flipped bit makes no other community"
    assert flipped.true_head == HEAD.digest


def test_records_of_another_journal_are_refused() -> None:
    _other, theirs = made(["别人的"], journal="2" * 16)
    data = journal_bytes(HEAD, [*RECORDS, replace(theirs[0], seq=5)])
    assert said(parsed(data)) == list(TEXTS)
    assert troubles(parsed(data)) == ["harmed 5"]


# -- newer versions


def newer(record: Record, **fields: object) -> Record:
    return replace(record, extra={"weight": 7, **fields})


def signed(head: Head, row: dict[str, object]) -> dict[str, object]:
    return {**row, "sig": "f" * 128} if head.key or head.format > 1 else row


@pytest.mark.parametrize("fields", [{"format": 2}, {"key": "x" * 64}, {"extra": {"zone": "北"}}], ids=str)
@pytest.mark.parametrize("body", [{"text": "话"}, "c2VhbGVk", ["列"], None, 7], ids=str)
def test_what_this_version_does_not_know_is_handed_on_to_the_byte(fields: dict[str, object], body: object) -> None:
    head, _none = made([], **fields)
    salt, prev, lines = "00" * 16, head.digest, []
    for seq in (1, 2, 3):
        row: dict[str, object] = {
            "journal": head.journal, "seq": seq, "clock": seq, "at": "2026-05-12T10:00:00+08:00", "kind": "hologram",
            "salt": salt, "body": body, "sum": bytes_sum(salt, canonical(body)), "prev": prev, "weight": [1, {"a": "x"}],
        }  # fmt: skip
        from storage.rows import record_digest

        prev = record_digest(row)
        lines.append(b'\n"%d":' % seq + encode(signed(head, {**row, "sig": prev})))
    data = opening({"journal": {"1": head_row(head)}}, "records") + b",".join(lines) + b"\n}}\n"
    found = parsed(data)
    assert isinstance(found, JournalFile)
    assert [record.seq for record in found.records] == [1, 2, 3]
    again = parsed(journal_bytes(found.head, found.records))
    assert isinstance(again, JournalFile)
    assert (again.head, again.records) == (found.head, found.records)
    assert rows(journal_bytes(found.head, found.records)) == rows(data)
    assert all(dict(record.body) == (body if isinstance(body, dict) else {}) for record in found.records)
    flipped = parsed(data.replace(b'"seq":2,"clock":2', b'"seq":2,"clock":9'))
    assert isinstance(flipped, JournalFile)
    assert 2 not in [record.seq for record in flipped.records], "the next record's digest tells"


def test_an_erased_body_is_filler_of_the_same_length_and_never_used() -> None:
    gone = erased(RECORDS[1])
    data = journal_bytes(HEAD, [RECORDS[0], gone, *RECORDS[2:]])
    assert len(data) == len(WHOLE)
    found = parsed(data)
    assert isinstance(found, JournalFile)
    assert isinstance(found.records[1].body, Erased)
    assert dict(found.records[1].body) == {}
    assert [record.ref for record in found.records] == [record.ref for record in RECORDS]
    assert erased(found.records[1]) == gone


@pytest.mark.parametrize("body", ['{"text":"改成别的话"}', '"###x"', "{}", "null"])
def test_a_salt_of_filler_over_anything_else_is_no_erasure(body: str) -> None:
    row = record_row(erased(RECORDS[1]))
    data = edited(
        (encode(record_row(RECORDS[1])).decode(), encode(row).decode().replace(encode(row["body"]).decode(), body))
    )
    assert troubles(parsed(data)) == ["harmed 2"]


# -- any harm at all


def ledger_of(*files: JournalFile | str) -> list[Record]:
    ledger = Ledger()
    for found in files:
        if isinstance(found, JournalFile) and not found.true_head:
            ledger.take_in(found.head, found.records)
    return list({entry.record.ref: entry.record for entry in ledger.entries()}.values())


def cut(data: bytes, at: int, _bit: int) -> bytes:
    return data[: at % (len(data) + 1)]


def flip(data: bytes, at: int, bit: int) -> bytes:
    at %= max(1, len(data))
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] if data else data


def zero(data: bytes, at: int, _bit: int) -> bytes:
    at %= max(1, len(data))
    return data[:at] + b"\0" * (len(data) - at)


def drop(data: bytes, at: int, bit: int) -> bytes:
    at %= max(1, len(data))
    return data[:at] + data[at + 1 + bit * 40 :]


def double(data: bytes, at: int, bit: int) -> bytes:
    at %= max(1, len(data))
    return data[: at + bit * 40] + data[at:]


HARMS: tuple[Callable[[bytes, int, int], bytes], ...] = (cut, flip, zero, drop, double)
VARIETY = made_bytes("路灯不亮", "pipe", 'quote " and \\ and \n', "😀🏠", "", "}}", '"2":{"a":1}', *("话" * 9,) * 3)
GOOD = {record.ref: record for record in parsed(VARIETY).records}  # type: ignore[union-attr]  # a reading that failed fails here


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(HARMS), st.integers(0, len(VARIETY)), st.integers(0, 7)), min_size=1, max_size=2)
)
def test_any_cut_and_any_flipped_bit_leaves_only_unharmed_records_or_a_named_error(
    harms: list[tuple[Callable[[bytes, int, int], bytes], int, int]],
) -> None:
    data = VARIETY
    for harm, at, bit in harms:
        data = harm(data, at, bit)
    found = parsed(data)
    if isinstance(found, str):
        assert found in {"empty", "unreadable", "encoding", "other_community"}
        return
    assert all(GOOD.get(record.ref) == record for record in found.records)
    if {record.ref for record in found.records} != GOOD.keys():
        assert troubles(found), "records are missing without a word"
    if not found.true_head:
        assert found.head.digest == made([])[0].digest or 1 not in {record.seq for record in found.records}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(HARMS), st.integers(0, len(VARIETY)), st.integers(0, 7)), min_size=0, max_size=6
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_came_before_the_good_copy_makes_it_whole(
    harms: list[tuple[Callable[[bytes, int, int], bytes], int, int]], dice: Random
) -> None:
    files = [VARIETY, *(harm(VARIETY, at, bit) for harm, at, bit in harms)] * 2
    dice.shuffle(files)
    assert {record.ref for record in ledger_of(*map(parsed, files))} == GOOD.keys()


def test_every_cut_of_a_small_journal_is_said_and_uses_the_whole_records_before_it() -> None:
    data = made_bytes("一", "二")
    second = data.index(b'\n"2"')
    for length in range(1, len(data)):
        found = parsed(data[:length])
        if isinstance(found, JournalFile):
            assert len(found.records) == (length >= second - 1) + (length >= len(data) - len("\n}}\n")), length
            assert troubles(found) or length >= len(data) - 2, length
        else:
            assert found == "unreadable"
            assert length < data.index(b'\n"1"')


def test_community_of_these_files_is_what_the_reader_was_asked_for() -> None:
    assert HEAD.community == COMMUNITY
    assert parsed(WHOLE, "") != "other_community"
