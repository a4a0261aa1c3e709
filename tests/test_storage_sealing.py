"""Sealing and signatures: what is written is read by who may, by nobody else, and nobody else can have written it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import keys
from storage.drafts import Drafts
from storage.errors import KeysUnreadable, Locked, WeakPassphrase, WrongPassphrase
from storage.intake import journal_bytes
from storage.keys import Identity, new_identity
from storage.record import Head, Record, Sealed
from storage.rows import erased, new_record, sealed_head, signature_holds
from storage.sealing import Keyring, SealingPen, wrapped
from storage.store import Store
from storage_helpers import ANN, BEN, COMMUNITY, LANDMARKS, journal_files, parsed

TEXTS = ["楼道灯不亮", "张三丰 13912345678", "高血压"]
Now = Callable[[], datetime]


pytestmark = pytest.mark.usefixtures("cheap_passphrases")


def ring_of(*epochs: bytes) -> Keyring:
    ring = Keyring({"care": frozenset({"answers"})})
    for epoch in epochs:
        ring.add(epoch)
    return ring


def sealed_journal(identity: Identity, ring: Keyring, epoch: str, care: str = "") -> tuple[Head, list[Record]]:
    head = sealed_head(Head("1" * 16, COMMUNITY, "d" * 16, identity.person, "2026-05-12", identity.sign, epoch))
    pen, records = SealingPen(ring, identity, epoch, care), list[Record]()
    for text in TEXTS:
        prev = records[-1].digest if records else head.digest
        at = "2026-05-12T10:00:00+08:00"
        number = len(records) + 1
        records.append(new_record(head.journal, number, number, at, "note", {"text": text}, prev, pen))
    return head, records


EPOCH = secrets.token_bytes(32)
RING = ring_of(EPOCH)
(EPOCH_ID,) = RING.epochs
IDENTITY = new_identity(ANN)
HEAD, RECORDS = sealed_journal(IDENTITY, RING, EPOCH_ID)
WHOLE = journal_bytes(HEAD, RECORDS)


def read(data: bytes, ring: Keyring | None) -> tuple[list[object], list[tuple[int, str]]]:
    from storage.reader import JournalFile, parse_journal

    found = parse_journal("x.json", data, COMMUNITY, ring)
    assert isinstance(found, JournalFile)
    return [record.body.get("text") for record in found.records], found.harmed


def test_a_sealed_journal_is_read_with_its_key_and_says_nothing_without() -> None:
    assert not any(text.encode() in WHOLE for text in TEXTS)
    assert read(WHOLE, RING) == (TEXTS, [])
    assert read(WHOLE, ring_of()) == ([None] * 3, []), "order, digests and signatures need no key"
    assert read(WHOLE, ring_of(secrets.token_bytes(32))) == ([None] * 3, [])


def test_the_same_text_twice_looks_different() -> None:
    _, again = sealed_journal(IDENTITY, RING, EPOCH_ID)
    assert {r.salt for r in again}.isdisjoint(r.salt for r in RECORDS)
    for one, other in zip(RECORDS, again, strict=True):
        assert isinstance(one.body, Sealed)
        assert isinstance(other.body, Sealed)
        assert one.body.text != other.body.text


@pytest.mark.parametrize("field", ["journal", "seq", "kind"])
def test_a_body_put_in_another_place_does_not_open(field: str) -> None:
    body = RECORDS[0].body
    assert isinstance(body, Sealed)
    place = {"journal": HEAD.journal, "seq": 1, "kind": "note"} | {
        field: {"journal": "2" * 16, "seq": 2, "kind": "care"}[field]
    }
    nonce = RECORDS[0].salt
    there = Sealed(
        body.text, RING, (str(place["journal"]), EPOCH_ID, nonce), int(str(place["seq"])), str(place["kind"])
    )
    assert there.look() is None


def test_who_has_another_key_can_sign_nothing_in_this_journal() -> None:
    """A record is forged as well as one can without the author's key: every digest holds, only the signature is another's."""
    thief = SealingPen(RING, new_identity(BEN), EPOCH_ID, "")
    forged = new_record(
        HEAD.journal, 4, 4, "2026-05-12T11:00:00+08:00", "note", {"text": "假的"}, RECORDS[-1].digest, thief
    )
    assert read(journal_bytes(HEAD, [*RECORDS, forged]), RING) == (TEXTS, [(4, "signature")])
    instead = new_record(
        HEAD.journal, 3, 3, "2026-05-12T11:00:00+08:00", "note", {"text": "假的"}, RECORDS[1].digest, thief
    )
    assert read(journal_bytes(HEAD, [*RECORDS[:2], instead]), RING) == (TEXTS[:2], [(3, "signature")])


def test_a_partial_copy_with_a_hole_is_still_proved_by_signatures() -> None:
    thief = SealingPen(RING, new_identity(BEN), EPOCH_ID, "")
    forged = new_record(HEAD.journal, 1, 1, "2026-05-12T09:00:00+08:00", "note", {"text": "假的"}, HEAD.digest, thief)
    assert read(journal_bytes(HEAD, [forged, RECORDS[2]]), RING) == (TEXTS[2:], [(1, "signature")])
    assert read(journal_bytes(HEAD, [RECORDS[0], RECORDS[2]]), RING) == ([TEXTS[0], TEXTS[2]], [])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_named_and_nothing_changed_is_read(at: int, bit: int) -> None:
    harmed = WHOLE[:at] + bytes([WHOLE[at] ^ 1 << bit]) + WHOLE[at + 1 :]
    found = parsed(harmed)
    if isinstance(found, str):
        return
    assert {record.ref for record in found.records} <= {record.ref for record in RECORDS}


def test_an_erased_record_keeps_chain_and_signatures() -> None:
    gone = journal_bytes(HEAD, [RECORDS[0], erased(RECORDS[1]), RECORDS[2]])
    assert len(gone) == len(WHOLE)
    assert read(gone, RING) == ([TEXTS[0], None, TEXTS[2]], [])
    assert signature_holds(erased(RECORDS[1]), HEAD)


def test_what_is_confidential_opens_for_the_care_key_alone() -> None:
    writers, leads = ring_of(EPOCH), ring_of(EPOCH)
    care = leads.add_care(secrets.token_bytes(32))
    pen = SealingPen(writers, IDENTITY, EPOCH_ID, care)
    _, _, body = pen.seal(HEAD.journal, 1, "care", {"household": "祥和苑/3-1-101#1", "answers": {"need": "高血压"}})
    assert dict(body) == {"household": "祥和苑/3-1-101#1"}
    place = (HEAD.journal, EPOCH_ID, body._place[2])
    assert Sealed(body.text, leads, place, 1, "care")["answers"] == {"need": "高血压"}


def test_keys_open_with_their_passphrase_and_nothing_else(tmp_path: Path) -> None:
    ann, ben = new_identity(ANN), new_identity(BEN)
    keys.lock_away(tmp_path, ann, "correct horse")
    keys.lock_away(tmp_path, ben, "battery staple")
    assert keys.unlock(tmp_path, " battery staple ").secret == ben.secret
    with pytest.raises(WrongPassphrase):
        keys.unlock(tmp_path, "correct horsf")
    with pytest.raises(WeakPassphrase):
        keys.lock_away(tmp_path, ann, "1234567")
    keys.lock_away(tmp_path, ann, "another horse")
    assert keys.unlock(tmp_path, "another horse").secret == ann.secret
    with pytest.raises(WrongPassphrase):
        keys.unlock(tmp_path, "correct horse")


@pytest.mark.parametrize(
    "harm",
    [lambda row: row.replace('"memory": 64', '"memory": 8'), lambda row: row.replace('"memory": 64', '"memory": 99999999'),
     lambda row: row.replace('"iterations": 1', '"iterations": "1"'), lambda row: row[:40], lambda row: "",
     lambda row: row.replace(ANN, BEN)],
    ids=["cheaper than the floor", "eats the memory", "no number", "cut", "empty", "another person's"],
)  # fmt: skip
def test_a_harmed_file_of_keys_is_named(harm: Callable[[str], str], tmp_path: Path) -> None:
    keys.lock_away(tmp_path, new_identity(ANN), "correct horse")
    (path,) = keys.key_files(tmp_path)
    path.write_text(harm(path.read_text()))
    with pytest.raises(KeysUnreadable, match=path.name):
        keys.unlock(tmp_path, "correct horse")


def test_a_recovery_code_survives_handwriting_and_tells_a_slip() -> None:
    code = keys.new_code()
    same = keys.identity_of_code(code.lower().replace("-", " ").replace("0", "o"), COMMUNITY, ANN)
    assert same.secret == keys.identity_of_code(code, COMMUNITY, ANN).secret
    typed = code.translate({ord(one): ord(one) + 0xFEE0 for one in code})  # as a Chinese input method gives it
    assert keys.identity_of_code(typed, COMMUNITY, ANN).secret == same.secret
    assert same.secret != keys.identity_of_code(code, "ee" * 32, ANN).secret
    slip = ("1" if code[0] != "1" else "2") + code[1:]
    for wrong in (slip, code[:-1], "", "祥和"):
        with pytest.raises(WrongPassphrase):
            keys.identity_of_code(wrong, COMMUNITY, ANN)


def test_a_team_key_opens_for_those_it_was_wrapped_for() -> None:
    ann, ben, thief = new_identity(ANN), new_identity(BEN), new_identity("f" * 16)
    body = {"epoch": EPOCH_ID, "care": "", "wraps": wrapped(EPOCH, EPOCH_ID, {ann.sign: ann.wrap, ben.sign: ben.wrap})}
    for identity, knows in ((ann, True), (ben, True), (thief, False)):
        ring = ring_of()
        ring.let_in(identity)
        assert ring.learn(body) is knows
        assert bool(ring.epochs) is knows
    ring = ring_of()
    ring.let_in(ann)
    other = secrets.token_bytes(32)
    assert not ring.learn({"epoch": EPOCH_ID, "wraps": wrapped(other, EPOCH_ID, {ann.sign: ann.wrap})}), (
        "its id is its digest"
    )


# -- a store


def sealed_store(folder: Path, now: Now) -> tuple[Store, Identity]:
    ring, identity = ring_of(), new_identity(ANN)
    store = Store.create(folder, ANN, now=now, landmarks=LANDMARKS, identity=identity, ring=ring)
    epoch, care = ring.add(secrets.token_bytes(32)), ring.add_care(secrets.token_bytes(32))
    store.seal_under(epoch, care)
    store.unlock(identity)
    mine = {identity.sign: identity.wrap}
    store.append("epoch", {"epoch": epoch, "care": care, "wraps": wrapped(ring.epochs[epoch], epoch, mine)})
    return store, identity


def texts(store: Store) -> list[str]:
    return [str(e.record.body.get("text")) for e in store.ledger.entries() if e.record.kind == "note"]


def test_a_sealed_store_opens_for_its_people_alone(tmp_path: Path, clock: Now) -> None:
    store, identity = sealed_store(tmp_path / "a", clock)
    for text in TEXTS:
        store.append("note", {"text": text})
    store.close()
    (path,) = journal_files(tmp_path / "a" / "store")
    assert not any(text.encode() in path.read_bytes() for text in TEXTS)
    again = Store.open(tmp_path / "a", now=clock, landmarks=LANDMARKS, ring=ring_of())
    assert texts(again) == ["None"] * 3
    again.use(ANN)
    with pytest.raises(Locked):
        again.append("note", {"text": "没有钥匙"})
    again.unlock(identity)
    assert texts(again) == TEXTS
    again.close()


def test_a_harmed_signature_in_the_store_gives_way_to_a_good_copy(tmp_path: Path, clock: Now) -> None:
    store, identity = sealed_store(tmp_path / "a", clock)
    for text in TEXTS:
        store.append("note", {"text": text})
    store.close()
    (path,) = journal_files(tmp_path / "a" / "store")
    good = path.read_bytes()
    sig = next(e.record.sig for e in store.ledger.entries() if e.record.seq == 2)
    flipped = ("0" if sig[0] != "0" else "1") + sig[1:]
    path.write_bytes(good.replace(sig.encode(), flipped.encode()))
    (tmp_path / "copy.json").write_bytes(good)
    again = Store.open(tmp_path / "a", now=clock, landmarks=LANDMARKS, ring=ring_of())
    again.unlock(identity)
    again.absorb([tmp_path / "copy.json"])
    again.close()
    assert path.read_bytes() == good


def test_a_copy_with_a_harmed_signature_never_gets_in(tmp_path: Path, clock: Now) -> None:
    store, _ = sealed_store(tmp_path / "a", clock)
    for text in TEXTS:
        store.append("note", {"text": text})
    (path,) = journal_files(tmp_path / "a" / "store")
    sig = next(e.record.sig for e in store.ledger.entries() if e.record.seq == 2)
    other = Store.join(tmp_path / "b", store.community, now=clock, landmarks=LANDMARKS, ring=ring_of())
    (tmp_path / "copy.json").write_bytes(path.read_bytes().replace(sig.encode(), ("00" * 64).encode()))
    intake = other.absorb([tmp_path / "copy.json"])
    assert [(t.what, t.detail) for t in intake.troubles] == [("harmed", "2")]
    assert {e.record.seq for e in other.ledger.entries()} == {1, 3, 4}
    other.absorb([path])
    assert {e.record.seq for e in other.ledger.entries()} == {1, 2, 3, 4}
    store.close()
    other.close()


def test_a_new_team_key_begins_a_journal(tmp_path: Path, clock: Now) -> None:
    store, _ = sealed_store(tmp_path / "a", clock)
    first = store.append("note", {"text": "旧"})
    assert store.ring is not None
    store.seal_under(store.ring.add(secrets.token_bytes(32)), store.ring.add_care(secrets.token_bytes(32)))
    second = store.append("note", {"text": "新"})
    assert first.record.journal != second.record.journal
    assert texts(store) == ["旧", "新"]
    store.close()


def test_drafts_are_sealed_and_everybody_sees_their_own(tmp_path: Path) -> None:
    ann, ben = new_identity(ANN), new_identity(BEN)
    drafts = Drafts(tmp_path, ann)
    draft = drafts.begin({"household": "祥和苑/3-1-101#1"})
    draft.append({"answer": TEXTS[1]}, {"answer": TEXTS[2]})
    drafts.close()
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(text.encode() in data for text in [*TEXTS, "祥和苑"])
    (again,) = Drafts(tmp_path, ann).all()
    assert [step["answer"] for step in again.steps] == TEXTS[1:]
    others = Drafts(tmp_path, ben)
    assert others.all() == []
    assert others.unreadable == []


def test_an_identity_shows_no_secret_when_printed() -> None:
    assert IDENTITY.secret.hex()[:16] not in repr(IDENTITY)
    assert repr(replace(IDENTITY, person=BEN)) == f"Identity({BEN!r})"
