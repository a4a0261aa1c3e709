"""Who was what when: roles, revocations, adoptions, settings, accept (domain.md, sections 2 and 8)."""

from __future__ import annotations

import pytest

from community_helpers import GIVEN, HOME, Pen, World, assert_same, reason
from storage.record import Ref
from zhubao_tui.community.community import Community


def alone(world: World) -> World:
    """From here on nobody sees what others write."""
    for pen in world.pens:
        pen.see()
    world.online = False
    return world


# -- rights rest on the causal past


def test_a_right_is_judged_by_what_its_author_knew() -> None:
    world = World()
    lead, issue = world.person("陈芳", "team_lead"), world.lead.report()
    alone(world)
    world.lead.role(lead, "cadre")  # she does not know of it yet
    before = lead.move("reject", issue)
    lead.see()
    after = lead.move("postpone", issue)
    assert (world.reason(before), world.reason(after)) == ("", "not_allowed")


def test_while_part_of_the_past_is_missing_a_move_is_judged_by_what_is_there_and_marked_provisional() -> None:
    world = World()
    lead = world.person("陈芳", "cadre")
    world.lead.role(lead, "team_lead")
    issue = lead.report()
    ref = lead.move("assign", issue, person=lead.person)
    # the founder's journal, with the role and her group, has not arrived: she is what she said of herself
    partial = world.fold(lead)
    assert reason(partial, ref) == "not_allowed"
    assert {p.provisional for p in partial.problems()} == {True}
    case = partial.case_of(issue)
    assert case is not None
    assert all(line.provisional for line in case.history)
    whole = world.fold()
    assert reason(whole, ref) == ""
    assert not any(line.provisional for line in world.case(issue).history)


def test_an_enrolment_of_oneself_holds_until_a_team_lead_says_otherwise() -> None:
    world = World()
    cadre = world.person("王强", "cadre")
    assert world.fold().role(cadre.person) == "cadre"
    cadre.enrol("team_lead")  # to enrol again, on a further laptop, changes no role
    assert world.fold().role(cadre.person) == "cadre"
    world.lead.role(cadre, "group_lead", "甲")
    assert world.fold().role(cadre.person) == "group_lead"
    cadre.enrol("team_lead")
    assert world.fold().role(cadre.person) == "group_lead"


def test_of_two_concurrent_roles_the_restricting_one_holds_whichever_comes_later() -> None:
    for order in ((0, 1), (1, 0)):
        world = World()
        leads = [world.lead, world.person("陈芳", "team_lead")]
        cadre = world.person("王强", "cadre")
        alone(world)
        for place, role in zip(order, ("observer", "group_lead"), strict=True):
            leads[place].role(cadre, role)
        assert world.fold().role(cadre.person) == "observer"
        world.online = True
        leads[0].role(cadre, "group_lead")  # who knows of both decides
        assert world.fold().role(cadre.person) == "group_lead"


def test_of_two_adoptions_and_of_two_settings_the_later_in_fold_order_holds() -> None:
    world = World()
    other, one, two = (
        world.person(name, role) for name, role in (("陈芳", "team_lead"), ("王强", "cadre"), ("李敏", "cadre"))
    )
    alone(world)
    world.lead.adopt("祥和苑/3", one)
    world.lead.write("settings", {"office_phone": "1"})
    other.write("note", {})  # so that hers come later
    other.write("note", {})
    other.adopt("祥和苑/3", two)
    other.write("settings", {"office_phone": "2"})
    community = world.fold()
    assert [adoption.person for adoption in community.authority.adoptions()] == [two.person]
    assert community.settings == {"name": "祥和社区", "office_phone": "2"}


def test_while_nothing_is_recorded_of_a_person_every_building_is_theirs_and_nothing_after_another_adopts() -> None:
    world = World()
    one, two = world.person("王强", "cadre"), world.person("李敏", "cadre")
    assert world.fold().authority.reach(one.person) is None
    world.lead.adopt("祥和苑/3", one)
    assert world.fold().authority.reach(one.person) == {"祥和苑/3"}
    world.lead.adopt("祥和苑/3", two)
    assert world.fold().authority.reach(one.person) == frozenset()


@pytest.mark.parametrize("kind", ["enrol", "role", "revoke", "adoption", "settings"])
@pytest.mark.parametrize("role", ["cadre", "group_lead", "observer"])
def test_only_a_team_lead_says_who_may_what(kind: str, role: str) -> None:
    world = World()
    pen, other = world.person("王强", role), world.person("李敏", "cadre")
    body = {"person": other.person, "role": "team_lead", "laptop": 9, "level": 3, "place": "祥和苑/3", "name": "x"}
    ref = pen.write(kind, body)
    community = world.fold()
    assert reason(community, ref) == "not_allowed"
    assert (community.role(other.person), community.settings["name"]) == ("cadre", "祥和社区")


# -- revocation


def revoked(world: World, pen: Pen, kept: Ref) -> Ref:
    world.online = True
    return world.lead.revoke(pen, kept)


@pytest.mark.fault("not-allowed")
def test_beyond_what_a_revocation_acknowledges_nothing_has_effect_doorstep_facts_included() -> None:
    world = World()
    lead = world.person("陈芳", "team_lead")
    issue = world.lead.report()
    kept = lead.move("note", issue)
    alone(world)
    late = [lead.move("reject", issue), lead.report(), lead.visit(), lead.support(issue)]
    revoked(world, lead, kept)
    community = world.fold()
    assert [reason(community, ref) for ref in (kept, *late)] == ["", *["revoked"] * 4]
    assert [line.effect for line in world.case(issue).history if line.ref in late] == [False, False]
    assert "祥和苑/3-1-101" not in community.dwellings
    accepted = [world.lead.accept(ref) for ref in late]
    community = world.fold()
    assert [reason(community, ref) for ref in (*late, *accepted)] == [""] * 8
    assert community.dwellings["祥和苑/3-1-101"].household.visits[0].author == lead.person
    case = community.case_of(late[1])
    assert case is not None
    assert case.followers == {HOME}


def test_a_journal_that_a_revocation_does_not_name_lies_beyond_it_too() -> None:
    world = World()
    cadre = world.person("王强", "cadre")
    ref = cadre.visit()
    world.lead.revoke(cadre)
    assert world.reason(ref) == "revoked"


def test_of_several_revocations_the_longest_prefix_holds() -> None:
    world = World()
    other, cadre = world.person("陈芳", "team_lead"), world.person("王强", "cadre")
    issue = world.lead.report()
    first, second, third = (cadre.move("note", issue) for _ in range(3))
    alone(world)
    world.lead.revoke(cadre, first)
    other.revoke(cadre, second)
    assert [world.reason(ref) for ref in (first, second, third)] == ["", "", "revoked"]


def test_only_the_acknowledged_branch_of_a_journal_counts_also_when_its_middle_arrives_last() -> None:
    """A copied laptop went on in two places; the revocation names one of them, and its records come in bit by bit."""
    world = World()
    cadre = world.person("王强", "cadre")
    issue = world.lead.report()
    shared = len(cadre.records)
    notes = [cadre.move("note", issue) for _ in range(4)]
    whole = list(cadre.records)
    del cadre.records[shared:]
    cadre._seen.clear()
    branch = cadre.move("note", issue)  # the other branch
    theirs = cadre.records[shared:]
    cadre.records = whole
    world.online = False  # the last record's name was told on the telephone: no arrival makes the revocation new
    world.lead.revoke(cadre, notes[-1])

    ledger = world.ledger([pen for pen in world.pens if pen is not cadre])
    community = Community(ledger.entries(), founder=world.lead.person)
    pieces = [whole[:shared], theirs, whole[-1:], whole[shared:-1]]
    for piece in pieces:
        community.apply(ledger.take_in(cadre.head, piece), founder=world.lead.person)
        assert_same(community, Community(ledger.entries(), founder=world.lead.person))
    assert [reason(community, ref) for ref in (*notes, branch)] == ["", "", "", "", "revoked"]


def test_leads_who_revoke_each_other_both_lose() -> None:
    world = World()
    one, other = world.person("陈芳", "team_lead"), world.person("孙洁", "team_lead")
    kept = [one.tip, other.tip]
    alone(world)
    one.revoke(other, kept[1])
    other.revoke(one, kept[0])
    people = world.fold().people
    assert (people[one.person].revoked, people[other.person].revoked) == (True, True)


def test_but_not_the_founder() -> None:
    world = World()
    lead = world.person("陈芳", "team_lead")
    kept = [world.lead.tip, lead.tip]
    alone(world)
    against = lead.revoke(world.lead, kept[0])
    world.lead.revoke(lead, kept[1])
    people = world.fold().people
    assert (people[world.lead.person].revoked, people[lead.person].revoked) == (False, True)
    assert world.reason(against) == "founder_holds"


def test_three_leads_who_revoke_each_other_in_a_circle_all_lose() -> None:
    world = World()
    leads = [world.person(name, "team_lead") for name in ("陈芳", "孙洁", "吴刚")]
    kept = [lead.tip for lead in leads]
    alone(world)
    for place, lead in enumerate(leads):
        lead.revoke(leads[(place + 1) % 3], kept[(place + 1) % 3])
    people = world.fold().people
    assert [people[lead.person].revoked for lead in leads] == [True, True, True]


def test_a_revoked_leads_own_revocation_of_a_third_is_void_and_so_are_the_roles_they_gave() -> None:
    world = World()
    lead, cadre, friend = (
        world.person(name, role) for name, role in (("陈芳", "team_lead"), ("王强", "cadre"), ("李敏", "cadre"))
    )
    kept = lead.tip
    alone(world)
    against, gave = lead.revoke(cadre), lead.role(friend, "team_lead")
    friend.see(lead)
    used = friend.write("settings", {"name": "别的名字"})
    world.lead.revoke(lead, kept)
    community = world.fold()
    assert [reason(community, ref) for ref in (against, gave, used)] == ["revoked", "revoked", "not_allowed"]
    assert not community.people[cadre.person].revoked
    assert (community.role(friend.person), community.settings["name"]) == ("cadre", "祥和社区")


def test_only_a_new_enrolment_lets_a_revoked_person_in_again_and_only_from_then_on() -> None:
    world = World()
    cadre = world.person("王强", "cadre")
    kept = cadre.tip
    between = cadre.visit()
    world.lead.revoke(cadre, kept)
    world.lead.role(cadre, "cadre")
    assert world.reason(cadre.visit()) == "revoked"
    world.lead.enrol("cadre", cadre.person)
    assert (world.reason(cadre.visit()), world.reason(between)) == ("", "revoked")


# -- accept


def test_an_accepted_claim_makes_its_author_the_owner_and_takes_effect_once() -> None:
    world = World()
    one, other = world.person("王强", "cadre"), world.person("李敏", "cadre")
    issue = world.lead.report()
    alone(world)
    claims = [one.move("claim", issue), other.move("claim", issue)]
    world.online = True
    late = next(ref for ref in claims if world.reason(ref))
    assert world.reason(late) == "wrong_status"
    accepted = world.lead.accept(late)
    assert world.reason(accepted) == "wrong_status"  # judged by the status at its own place: it is claimed
    assert [line.kind for line in world.case(issue).history if not line.effect] == ["claim", "accept"]
    world.lead.move("start", issue)
    world.lead.move("resolve", issue)
    world.lead.move("reopen", issue)
    assert world.reason(world.lead.accept(late)) == ""
    author = one if late == one.tip else other
    assert (world.case(issue).status, world.case(issue).owner) == ("claimed", author.person)
    line = next(line for line in world.case(issue).history if line.ref == late)
    assert (line.author, line.accepted_by, line.effect) == (author.person, world.lead.person, True)
    assert world.reason(world.lead.accept(late)) == "already"


@pytest.mark.parametrize(
    ("kind", "by", "why"),
    [
        ("postpone", "team_lead", ""), ("postpone", "lead_here", ""), ("postpone", "lead_far", "not_allowed"),
        ("postpone", "cadre", "not_allowed"), ("note", "cadre", "not_allowed"), ("reject", "lead_here", "not_allowed"),
        ("reject", "team_lead", ""), ("note", "lead_here", ""), ("support", "lead_far", "not_allowed"),
        ("support", "lead_here", ""), ("support", "cadre", "not_allowed"), ("visit", "lead_far", "not_allowed"),
        ("visit", "lead_here", ""), ("visit", "cadre", "not_allowed"), ("report", "lead_far", "not_allowed"),
        ("report", "lead_here", ""), ("merge", "lead_here", ""), ("merge", "lead_far", "not_allowed"),
    ],
)  # fmt: skip
def test_only_a_lead_with_the_right_to_a_move_accepts_it(kind: str, by: str, why: str) -> None:
    world = World()
    people = {
        "team_lead": world.lead,
        "lead_here": world.person("陈芳", "group_lead", "甲", "祥和苑/3"),
        "lead_far": world.person("吴刚", "group_lead", "乙", "锦绣苑/9"),
        "cadre": world.person("王强", "cadre", "甲", "祥和苑/5"),
    }
    observer = world.person("郑平", "observer")
    issues = [world.lead.report(), world.lead.report()]
    given = {
        "support": lambda: observer.support(issues[0]),
        "visit": observer.visit,
        "report": observer.report,
        "merge": lambda: observer.merge(*issues),
    }
    ref = given[kind]() if kind in given else observer.move(kind, issues[0], **GIVEN[kind])
    assert world.reason(ref) == "not_allowed"
    accepted = people[by].accept(ref)
    assert (world.reason(accepted), world.reason(ref)) == (why, "not_allowed" if why else "")


def test_authority_records_are_made_anew_instead_of_accepted() -> None:
    world = World()
    cadre = world.person("王强", "cadre")
    ref = cadre.write("settings", {"name": "别的名字"})
    assert world.reason(world.lead.accept(ref)) == "made_anew"
    assert world.fold().settings["name"] == "祥和社区"


def test_what_has_effect_already_needs_no_acceptance() -> None:
    world = World()
    visit, note = world.lead.visit(), world.lead.move("note", world.lead.report())
    assert [world.reason(world.lead.accept(ref)) for ref in (visit, note)] == ["already", "already"]


def piecemeal(world: World, pen: Pen, ref: Ref) -> list[str]:
    """Why a record has no effect while the founder's last record, which its author knew of, is not here; and then."""
    last = world.lead.records[-1:]
    ledger = world.ledger([other for other in world.pens if other not in (pen, world.lead)])
    ledger.take_in(world.lead.head, world.lead.records[:-1])
    community = Community(ledger.entries(), founder=world.lead.person)
    told = []
    for head, records in ((pen.head, pen.records), (world.lead.head, last)):
        community.apply(ledger.take_in(head, records))
        assert_same(community, Community(ledger.entries(), founder=world.lead.person))
        told.append(reason(community, ref))
    return told


def test_a_fact_that_is_found_to_have_had_no_right_leaves_its_door_again() -> None:
    """No authority record arrives last: only what connects one that is here with the author's past."""
    world = World()
    cadre, other = world.person("王强", "cadre"), world.person("陈芳", "team_lead")
    world.lead.role(cadre, "observer")
    world.lead.write("note", {})
    cadre.see()
    visit = cadre.visit()
    other.role(cadre, "cadre")  # so that the set as a whole says cadre
    assert piecemeal(world, cadre, visit) == ["", "not_allowed"]


def test_an_acceptance_that_is_found_to_have_had_no_right_takes_its_effect_back() -> None:
    world = World()
    lead, observer = world.person("陈芳", "group_lead"), world.person("郑平", "observer")
    visit = observer.visit()
    world.lead.role(lead, "cadre")
    world.lead.write("note", {})
    accepted = lead.accept(visit)
    assert piecemeal(world, lead, accepted) == ["", "not_allowed"]
