"""Who may read and write in a sealed community: letting in, shutting out, new keys, lost passphrases."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from conftest import Clock
from sealed_helpers import CADRE, LEAD, Team
from storage import keys
from storage.errors import Locked, WeakPassphrase, WrongPassphrase
from storage.holding import Holding
from storage.intake import journal_bytes
from storage.keys import new_identity
from storage.record import Head, Record, Ref
from storage.rows import new_record, record_row, sealed_head
from zhubao_tui.workspace import joining
from zhubao_tui.workspace.attaching import Attaching
from zhubao_tui.workspace.casework import Casework
from zhubao_tui.workspace.consenting import withdraw
from zhubao_tui.workspace.erasing import Erasing
from zhubao_tui.workspace.errors import MoveRefused, NotTheirCode, PassphraseTaken, TooSoon
from zhubao_tui.workspace.exchanging import Exchanging, join
from zhubao_tui.workspace.founding import found
from zhubao_tui.workspace.reporting import NewReport, Reporting
from zhubao_tui.workspace.trust import Trust
from zhubao_tui.workspace.unlocking import FREE, Unlocking
from zhubao_tui.workspace.verifying import verify
from zhubao_tui.workspace.wording import account
from zhubao_tui.workspace.workspace import NotLetIn, ShutOut, SomebodyElse, Workspace

DOOR = "祥和苑/3-1-101"
LIGHT = NewReport("楼道灯坏了，黑灯瞎火的", "light_stair", "unit", "normal", dwelling=DOOR)

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


def report(workspace: Workspace, words: str = LIGHT.words) -> Ref:
    return Reporting(workspace).report(NewReport(words, "light_stair", "unit", "normal", dwelling=DOOR))


def words_of(workspace: Workspace) -> set[str]:
    return {one.words for case in workspace.community.cases() for one in case.reports}


def problems(workspace: Workspace) -> list[tuple[str, str]]:
    return [(problem.kind, problem.reason) for problem in workspace.community.problems()]


# -- letting in


def test_somebody_is_let_in_by_fingerprint_and_works_from_then_on(team: Team, clock: Clock) -> None:
    told = team.join("b")
    with pytest.raises(NotLetIn) as waiting:
        team.open("b")
    assert waiting.value.fingerprint == told
    (head,) = [h for h in team.lead.store.ledger.journals() if h.device != team.lead.store.device] or [None]
    assert head is None, "the request is on the stick, not here yet"
    assert team.let_in(told) == 2
    assert CADRE.encode() not in b"".join(path.read_bytes() for path in team.stick.iterdir())
    assert joining.exchange_waiting(team.folder("b"), team.stick, now=clock)
    with team.open("b") as cadre:
        assert (cadre.name, cadre.me and cadre.me.name, cadre.role, cadre.laptop) == ("祥和社区", CADRE, "cadre", 2)
        report(cadre)
        team.exchange(cadre)
    team.exchange(team.lead)
    assert words_of(team.lead) == {LIGHT.words}
    assert problems(team.lead) == []


def test_before_that_join_writes_no_record(team: Team) -> None:
    team.join("b")
    heads = [path for path in (team.folder("b") / "store").iterdir() if b'"request"' in path.read_bytes()]
    assert len(heads) == 1
    assert heads[0].read_bytes().endswith(b'"records": {\n}}\n')


def test_what_was_written_before_one_came_is_readable(team: Team) -> None:
    report(team.lead)
    Trust(team.lead).renew()
    report(team.lead, "井盖响个不停，夜里吵")
    with team.second() as cadre:
        assert words_of(cadre) == {LIGHT.words, "井盖响个不停，夜里吵"}


def test_only_a_team_lead_lets_in_and_a_wrong_digit_lets_nobody_in(team: Team) -> None:
    with team.second() as cadre:
        team.join("c", "李明", "another passphrase")
        team.exchange(team.lead, cadre)
        (request,) = Trust(cadre).requests()
        assert request.name == "", "who works here is for leads to read"
        with pytest.raises(MoveRefused):
            Trust(cadre).grant(request, "cadre")
        (seen_by_lead,) = Trust(team.lead).requests()
        assert seen_by_lead.name == "李明"
        with pytest.raises(ValueError, match="king"):
            Trust(team.lead).grant(seen_by_lead, "king")


def test_one_person_on_two_laptops_is_one_person(team: Team) -> None:
    with team.second("b") as one, team.second("c") as other:
        assert one.person == other.person
        assert (one.laptop, other.laptop) == (2, 3)
        report(one, "楼道灯坏了两个月")
        report(other, "单元门锁不上")
        team.exchange(one, other, team.lead)
        assert len(words_of(team.lead)) == 2
        assert problems(team.lead) == []


def test_a_sealed_community_is_not_joined_without_keys(team: Team, tmp_path: Path) -> None:
    team.exchange(team.lead)
    with pytest.raises(Locked):
        join(team.stick, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_one_is_who_unlocked(team: Team) -> None:
    with pytest.raises(SomebodyElse):
        team.lead.choose("李明", "cadre")
    assert team.lead.choose(LEAD).id == team.lead.person
    with pytest.raises(Locked):
        Workspace.open(team.folder("a"))


# -- who signed


def forge(team: Team, clock: Clock, laptop: str = "b") -> Workspace:
    """A laptop whose owner has the team's key but signs with a key that no lead let in, in the cadre's name."""
    cadre = team.second(laptop)
    cadre.store.unlock(new_identity(cadre.person))
    cadre.store.ring.add(next(iter(team.lead.store.ring.epochs.values())))  # type: ignore[union-attr]
    return cadre


@pytest.mark.fault("not-allowed")
def test_what_an_unknown_key_signs_is_kept_and_listed_until_a_lead_accepts_it(team: Team, clock: Clock) -> None:
    cadre = forge(team, clock)
    ref = report(cadre)
    cadre.write("note", {"issue": str(ref), "note": "这是我写的一条备注"})
    team.exchange(cadre, team.lead)
    assert {(kind, reason) for kind, reason in problems(team.lead)} >= {("report", "not_enrolled")}
    assert words_of(team.lead) == set()
    assert problems(cadre) == problems(team.lead), "alike on all laptops"
    Casework(team.lead).accept(ref)
    assert [case.main.ref for case in team.lead.community.cases()] == [ref]
    cadre.close()


@pytest.mark.fault("not-allowed")
def test_nobody_lets_themselves_in(team: Team, clock: Clock) -> None:
    cadre = forge(team, clock)
    identity = cadre.store.identity
    assert identity is not None
    body = cadre.enrolment(cadre.person, CADRE, "team_lead", 2) | {"key": identity.sign, "wrap": identity.wrap}
    cadre.write("enrol", body)
    team.exchange(cadre, team.lead)
    assert ("enrol", "not_enrolled") in problems(team.lead)
    assert team.lead.community.role(cadre.person) == "cadre"
    cadre.close()


# -- a lost laptop


@pytest.mark.fault("not-allowed")
def test_a_lost_laptop_is_shut_out_and_what_it_wrote_before_still_counts(team: Team) -> None:
    cadre = team.second()
    report(cadre, "丢之前记的一条")
    team.exchange(cadre, team.lead)
    report(cadre, "丢之后才交换出来的")
    lost = Trust(team.lead).lose(cadre.store.device)
    assert (lost.laptop.number, lost.acknowledged) == (
        2,
        3
        + sum(e.device == cadre.store.device and e.record.kind == "seen" for e in team.lead.store.ledger.of_all())
        - 1,
    )
    assert lost.records >= lost.acknowledged
    after = report(team.lead, "换了钥匙以后记的")
    team.exchange(cadre, team.lead, cadre)
    assert words_of(team.lead) == {"丢之前记的一条", "换了钥匙以后记的"}
    assert ("report", "revoked") in problems(team.lead)
    entry = cadre.store.ledger.get(after)
    assert entry is not None
    assert dict(entry.record.body) == {}, "the new team key does not open for it"
    assert cadre.shut_out
    with pytest.raises(ShutOut):
        report(cadre, "还想再写一条")
    cadre.close()


@pytest.mark.fault("key-change-offline")
def test_a_laptop_that_was_away_reads_and_is_read_after_a_change_of_keys(team: Team) -> None:
    cadre, lost = team.second("b"), team.second("c", "李明")
    report(cadre, "在外面用旧钥匙记的")
    Trust(team.lead).lose(lost.store.device)
    report(team.lead, "用新钥匙记的")
    team.exchange(team.lead, cadre, team.lead, lost)
    assert words_of(cadre) == words_of(team.lead) == {"在外面用旧钥匙记的", "用新钥匙记的"}
    assert "用新钥匙记的" not in words_of(lost)
    report(cadre, "换钥匙以后")
    team.exchange(cadre, lost)
    assert "换钥匙以后" not in words_of(lost)
    for one in (cadre, lost):
        one.close()


def test_who_is_let_in_while_another_lead_changes_the_keys_gets_the_new_one_all_the_same(
    team: Team, clock: Clock
) -> None:
    other = team.second("b", "赵敏", "team_lead")
    told = team.join("c", "李明", "another passphrase")
    team.exchange(other)
    Trust(other).renew()
    team.let_in(told)  # the first lead knows nothing of the new key
    team.exchange(other)  # who made it hands it on
    report(other, "用新钥匙记的")
    team.exchange(other)
    assert joining.exchange_waiting(team.folder("c"), team.stick, now=clock)
    with team.open("c", "another passphrase") as cadre:
        assert words_of(cadre) == {"用新钥匙记的"}
    other.close()


def test_nobody_shuts_out_the_laptop_they_sit_at(team: Team) -> None:
    with pytest.raises(MoveRefused):
        Trust(team.lead).lose(team.lead.store.device)


# -- passphrases


def test_wrong_passphrases_make_the_next_try_wait_longer_also_after_a_restart(team: Team, clock: Clock) -> None:
    folder = team.folder("a")
    for _ in range(FREE + 1):
        with pytest.raises(WrongPassphrase):
            Unlocking(folder, clock).unlock("wrong passphrase")
    with pytest.raises(TooSoon) as first:
        Unlocking(folder, clock).unlock("correct horse")
    clock.forward(seconds=first.value.seconds)
    with pytest.raises(WrongPassphrase):
        Unlocking(folder, clock).unlock("wrong passphrase")
    with pytest.raises(TooSoon) as second:
        Unlocking(folder, clock).unlock("correct horse")
    assert second.value.seconds > first.value.seconds
    clock.forward(days=-400)  # a clock that was set back must not lock anybody out for a year
    assert Unlocking(folder, clock).wait() <= 300
    clock.forward(days=401)
    assert Unlocking(folder, clock).unlock("correct horse").person == team.lead.person
    assert Unlocking(folder, clock).wait() == 0


def test_a_passphrase_is_changed(team: Team, clock: Clock) -> None:
    unlocking = Unlocking(team.folder("a"), clock)
    with pytest.raises(WrongPassphrase):
        unlocking.change("wrong passphrase", "a new passphrase")
    with pytest.raises(WeakPassphrase):
        unlocking.change("correct horse", "short")
    unlocking.change("correct horse", "a new passphrase")
    assert unlocking.unlock("a new passphrase").person == team.lead.person


@pytest.mark.fault("forgotten-passphrase")
def test_the_recovery_code_opens_and_a_new_passphrase_is_set(team: Team, clock: Clock) -> None:
    report(team.lead)
    team.lead.close()
    with pytest.raises(NotTheirCode):
        joining.recover(team.folder("a"), keys.new_code(), "a new passphrase", now=clock)
    recovered = joining.recover(team.folder("a"), team.code, "a new passphrase", now=clock)
    report(recovered, "用恢复码进来以后记的")
    recovered.close()
    with pytest.raises(WrongPassphrase):
        team.open("a", "correct horse")
    team.lead = team.open("a", "a new passphrase")
    assert words_of(team.lead) == {LIGHT.words, "用恢复码进来以后记的"}
    assert (team.lead.role, team.lead.laptop) == ("team_lead", 1)
    assert problems(team.lead) == []


@pytest.mark.fault("forgotten-passphrase")
def test_a_new_code_takes_the_old_ones_place(team: Team, clock: Clock) -> None:
    code = Trust(team.lead).renew()
    report(team.lead)
    team.lead.close()
    with pytest.raises(NotTheirCode):
        joining.recover(team.folder("a"), team.code, "a new passphrase", now=clock)
    with joining.recover(team.folder("a"), code, "a new passphrase", now=clock) as recovered:
        assert words_of(recovered) == {LIGHT.words}
    team.lead = team.open("a", "a new passphrase")


@pytest.mark.fault("forgotten-passphrase")
def test_a_lead_lets_a_member_in_again(team: Team, clock: Clock) -> None:
    with team.second() as cadre:
        person = cadre.person
        report(cadre)
        team.exchange(cadre)
    told = joining.ask_again(team.folder("b"), CADRE, "a new passphrase", now=clock)
    joining.exchange_waiting(team.folder("b"), team.stick, now=clock)
    assert team.let_in(told) == 2
    assert joining.exchange_waiting(team.folder("b"), team.stick, now=clock)
    with team.open("b", "a new passphrase") as again:
        assert again.person == person
        assert words_of(again) == {LIGHT.words}
        report(again, "重新放行以后记的")
        team.exchange(again, team.lead)
    assert problems(team.lead) == []


def test_a_weak_passphrase_begins_nothing(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(WeakPassphrase):
        found(tmp_path / "a", "祥和社区", LEAD, "short", now=clock)
    assert not (tmp_path / "a").exists()


# -- what lies about


@pytest.mark.fault("canary")
def test_nothing_personal_is_readable_in_any_file(team: Team, tmp_path: Path) -> None:
    team.lead.write("resident", {"household": DOOR + "#1", "name": "金丝雀", "phone": "13900001111"})
    report(team.lead, "我有红斑狼疮，楼道灯也不亮")
    team.lead.drafts.begin({"household": DOOR + "#1"}).append({"answer": "金丝雀"})
    team.exchange(team.lead)
    team.lead.close()
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for word in ("金丝雀", "13900001111", "红斑狼疮", "祥和", LEAD):
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            assert word.encode(encoding) not in data
        assert not any(word in name for name in names)
    team.lead = team.open("a", "correct horse")


def test_a_photo_is_sealed_and_opens_for_the_team(team: Team, tmp_path: Path) -> None:
    ref = report(team.lead)
    Image.new("RGB", (40, 30), "red").save(tmp_path / "金丝雀.png")
    attaching = Attaching(team.lead)
    (case,) = team.lead.community.cases()
    attaching.attach(case, tmp_path / "金丝雀.png", "灯头烧了")
    with team.second() as cadre:
        team.exchange(team.lead, cadre)
        (here,) = cadre.community.cases()
        written = Attaching(cadre).write_out(here, tmp_path)
        with Image.open(written.files[0]) as shown:
            assert shown.size == (40, 30)
        assert here.main.ref == ref
    for path in [*(team.stick / "media").iterdir(), *(team.folder("b") / "media").iterdir()]:
        assert b"PNG" not in path.read_bytes()


def test_a_cache_serves_its_owner_alone(team: Team) -> None:
    with team.second() as cadre:
        report(cadre)
        cadre.close()
        caches = list((team.folder("b") / "cache").glob("community-*.bin"))
        assert len(caches) == 1
        with team.open("b") as again:
            assert again.store.resumed
            assert words_of(again) == {LIGHT.words}
    team.lead.close()
    shutil.copy(caches[0], team.folder("a") / "cache" / f"community-{team.lead.person}.bin")
    team.lead = team.open("a", "correct horse")
    assert not team.lead.store.resumed
    assert team.lead.name == "祥和社区"


@pytest.mark.fault("cloned-laptop")
def test_a_copied_disk_gets_a_new_identity_and_keys_of_its_own(team: Team, clock: Clock) -> None:
    with team.second() as cadre:
        report(cadre, "复制之前记的")
        team.exchange(cadre)
    shutil.copytree(team.folder("b"), team.folder("c"))
    for laptop, words in (("b", "原来那台后来记的"), ("c", "复制的那台记的")):
        clock.forward(days=1)
        with team.open(laptop) as one:
            report(one, words)
            team.exchange(one)
    with team.open("b") as one, team.open("c") as other:
        team.exchange(one, other, one)
        (asked,) = [w for w in (one, other) if w.store.must_renew()]
        with pytest.raises(MoveRefused):
            asked.renew_identity()
        folder, device = asked.store.folder, asked.store.device
    told = joining.ask_again(folder, CADRE, "a new passphrase", now=clock)
    joining.exchange_waiting(folder, team.stick, now=clock)
    assert team.let_in(told) == 3
    assert joining.exchange_waiting(folder, team.stick, now=clock)
    with team.open(folder.name, "a new passphrase") as renewed:
        assert renewed.store.device != device
        assert renewed.laptop == 3
        report(renewed, "换了身份以后记的")
        team.exchange(renewed, team.lead)
        assert words_of(team.lead) == words_of(renewed)
        assert len(words_of(renewed)) == 4
        assert not renewed.store.must_renew()
    assert problems(team.lead) == []


@pytest.mark.fault("erasure")
def test_what_is_erased_is_gone_from_every_file_and_opens_for_nobody(team: Team, clock: Clock) -> None:
    household = f"{DOOR}#1"
    with team.second() as cadre:
        cadre.write("consent", {"household": household, "choice": "all", "notice": "2026-1", "by": "self"})
        cadre.write("resident", {"household": household, "name": "金丝雀", "phone": "13900001111"})
        cadre.write("care", {"household": household, "visit": "", "agreed": True, "answers": {"need": "红斑狼疮"}})
        Reporting(cadre).report(NewReport("我家门口的灯坏了", "light_stair", "unit", "normal", DOOR, household))
        sealed = {
            e.record.ref: record_row(e.record)["body"]
            for e in cadre.store.ledger.of_kinds("resident", "care", "personal")
        }
        team.exchange(cadre, team.lead)
        withdraw(team.lead, household)
        Erasing(team.lead).erase([household], "withdrawn")
        team.exchange(team.lead, cadre, team.lead)
        everything = b"".join(p.read_bytes() for p in team.root.rglob("*") if p.is_file())
        assert len(sealed) == 3
        assert not any(str(body).encode() in everything for body in sealed.values())
        for workspace in (team.lead, cadre):
            assert verify(workspace.store.folder, identity=workspace.store.identity).is_right
            assert household not in {r.household for case in workspace.community.cases() for r in case.reports}
            assert [len(case.reports) for case in workspace.community.cases()] == [1]


@pytest.mark.fault("hand-edited")
def test_a_harmed_record_is_named_with_journal_number_and_author(team: Team) -> None:
    with team.second() as cadre:
        ref = report(cadre)
        team.exchange(cadre)
    (path,) = team.stick.glob(f"*{ref.journal}*.json")
    data = path.read_bytes()
    sig = data.index(b'"sig":"', data.index(f'\n"{ref.seq}":'.encode())) + 7
    path.write_bytes(data[:sig] + (b"11" if data[sig : sig + 2] == b"00" else b"00") + data[sig + 2 :])
    done = Exchanging(team.lead).exchange(team.stick)
    (told,) = [line for line in account(done, team.lead.whose) if path.name in line]
    assert told.endswith(f"（{ref.seq}；2 号电脑，{CADRE}）"), told


# -- who has a stick, and no key


def written(team: Team, head: Head, *bodies: tuple[str, dict[str, object]], sign: bool = False) -> None:
    """Put a journal of a stranger's making on the stick."""
    thief, records = new_identity(head.person), list[Record]()
    head = sealed_head(replace(head, key=thief.sign) if sign else head)
    for kind, body in bodies:
        prev, at = (records[-1].digest if records else head.digest), "2026-05-13T12:00:00+00:00"
        record = new_record(head.journal, len(records) + 1, 99, at, kind, body, prev)
        sig = thief.signer.sign(bytes.fromhex(record.digest)).hex() if sign else "00"
        records.append(replace(record, sig=sig))
    (team.stick / f"zb-{head.journal}.json").write_bytes(journal_bytes(head, records))


def stranger(team: Team, **fields: object) -> Head:
    plain = Head("5" * 16, team.lead.store.community, "6" * 16, "7" * 16, "2026-05-13")
    return replace(plain, **fields)  # type: ignore[arg-type]  # fields of a head


@pytest.mark.fault("not-allowed")
@pytest.mark.parametrize("disguise", ["newer", "unsigned", "own key"])
def test_nobody_without_an_enrolled_key_decides_anything(team: Team, disguise: str) -> None:
    team.exchange(team.lead)
    me, key = team.lead.person, team.lead.store.founder_key
    head = {
        "newer": stranger(team, person=me, key=key, format=2),
        "unsigned": stranger(team, person=me),
        "own key": stranger(team, person=me),
    }[disguise]
    enrol = {"person": "7" * 16, "name": "外人", "role": "team_lead", "laptop": 9}
    written(team, head, ("settings", {"name": "改了名的社区"}), ("enrol", enrol), sign=disguise == "own key")
    team.exchange(team.lead)
    assert team.lead.name == "祥和社区"
    assert [person.name for person in team.lead.people()] == [LEAD]
    if disguise == "own key":
        assert {("settings", "not_enrolled"), ("enrol", "not_enrolled")} <= set(problems(team.lead))


@pytest.mark.fault("replayed")
def test_a_head_that_claims_to_found_the_community_takes_it_from_nobody(team: Team, clock: Clock) -> None:
    team.exchange(team.lead)
    founding = next(head for head in team.lead.store.ledger.journals() if head.salt)
    written(team, stranger(team, key=founding.key, salt=founding.salt))
    team.exchange(team.lead)
    team.lead.close()
    team.lead = team.open("a", "correct horse")
    assert (team.lead.role, team.lead.store.founder) == ("team_lead", founding.person)
    assert problems(team.lead) == []


@pytest.mark.parametrize("body", [{}, {"epoch": "x", "care": "zz"}, {"epoch": 1, "care": [1], "wraps": [1]}], ids=str)
def test_a_strangers_team_key_neither_breaks_nor_spies_on_who_joins(team: Team, body: dict[str, object]) -> None:
    team.exchange(team.lead)
    written(team, stranger(team), ("epoch", body), ("wrap", body), sign=True)
    team.let_in(team.join("b"))
    joining.exchange_waiting(team.folder("b"), team.stick)
    with team.open("b") as cadre:
        assert (cadre.role, cadre.me and cadre.me.name) == ("cadre", CADRE)


def test_a_strangers_word_is_no_witness(team: Team) -> None:
    team.second().close()
    ref = report(team.lead)
    team.exchange(team.lead)
    written(
        team, stranger(team), ("seen", {"heads": [str(head) for head in team.lead.store.ledger.heads()]}), sign=True
    )
    team.exchange(team.lead)
    assert team.lead.store.is_only_here(ref)
    with team.open("b") as cadre:
        team.exchange(cadre, team.lead)
    assert not team.lead.store.is_only_here(ref)


def test_who_is_shut_out_while_the_first_look_goes_on_beside_is_no_witness(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with team.second() as cadre:
        ref = report(team.lead)
        team.exchange(team.lead, cadre, team.lead)
    store, me = team.lead.store, team.lead.store.identity
    assert me is not None
    beside = Thread(target=store.trust, args=(frozenset({me.sign}),))
    catch_up = Holding.catch_up

    def slowly(holding: Holding) -> None:
        catch_up(holding)
        beside.start()
        beside.join(0.5)  # it waits for the look, or else has been and gone by then

    with monkeypatch.context() as patched:
        patched.setattr(Holding, "catch_up", slowly)
        assert not store.is_only_here(ref)
    beside.join()
    assert store.is_only_here(ref)


@pytest.mark.fault("key-change-offline")
def test_a_lost_laptop_does_not_keep_a_key_that_another_lead_made_meanwhile(team: Team) -> None:
    other, lost = team.second("b", "赵敏", "team_lead"), team.second("c", "李明")
    team.exchange(other)
    Trust(team.lead).lose(lost.store.device)
    for _ in range(2):
        Trust(other).renew()
    team.exchange(team.lead, other, team.lead, other, team.lead, lost)
    after = report(team.lead, "丢了以后记的")
    team.exchange(team.lead, other, lost)
    entry = lost.store.ledger.get(after)
    assert entry is not None
    assert dict(entry.record.body) == {}
    assert "丢了以后记的" in words_of(other)
    for one in (other, lost):
        one.close()


def test_two_persons_of_one_laptop_cannot_have_one_passphrase(team: Team, clock: Clock) -> None:
    with pytest.raises(PassphraseTaken):
        joining.ask_again(team.folder("a"), CADRE, "correct horse", now=clock)
    told = joining.ask_again(team.folder("a"), CADRE, "battery staple", now=clock)
    team.lead.refresh()
    assert team.let_in(told) == 1
    lead = team.lead
    lead.close()
    with team.open("a") as cadre:
        assert (cadre.me and cadre.me.name, cadre.laptop) == (CADRE, 1)
        assert cadre.store.doubles() == []
    team.lead = team.open("a", "correct horse")


def test_whoever_bears_a_leads_name_is_said_to_be_that_lead(team: Team) -> None:
    team.join("b", LEAD)
    team.exchange(team.lead)
    trust = Trust(team.lead)
    (request,) = trust.requests()
    known = trust.known_as(request)
    assert known is not None
    assert known.role == "team_lead"


@pytest.mark.parametrize(
    "told",
    ['{"wrong": 1e400, "at": "2026-05-13T09:00:00"}', "[" * 5000, '{"wrong": 99999999999999, "at": "x"}',
     '{"wrong": 5, "at": "2026-05-13T09:00:00"}'],
)  # fmt: skip
def test_a_harmed_count_of_wrong_passphrases_shuts_nobody_out(team: Team, clock: Clock, told: str) -> None:
    (team.folder("a") / "keys" / "attempts.json").write_text(told)
    assert Unlocking(team.folder("a"), clock).unlock("correct horse").person == team.lead.person


def test_care_needs_open_for_leads_and_helpers_alone(team: Team, clock: Clock) -> None:
    team.let_in(team.join("b"))
    told = team.join("c", "李明", "another passphrase")
    team.exchange(team.lead)
    (request,) = [one for one in Trust(team.lead).requests() if one.fingerprint == told]
    Trust(team.lead).grant(request, "cadre", helper=True)
    body: dict[str, object] = {"household": f"{DOOR}#1", "visit": "", "agreed": True, "answers": {"need": "高血压"}}
    team.exchange(team.lead)
    for laptop in ("b", "c"):
        joining.exchange_waiting(team.folder(laptop), team.stick, now=clock)
    with team.open("b") as cadre, team.open("c", "another passphrase") as helper:
        ref = cadre.write("care", body)
        team.exchange(cadre, team.lead, helper)
        read = {}
        for name, one in (("cadre", cadre), ("lead", team.lead), ("helper", helper)):
            entry = one.store.ledger.get(ref)
            assert entry is not None
            read[name] = "answers" in entry.record.body
        assert read == {"cadre": False, "lead": True, "helper": True}
    with team.open("b") as again:
        entry = again.store.ledger.get(ref)
        assert entry is not None
        assert dict(entry.record.body).keys() == {"household", "visit", "agreed"}
