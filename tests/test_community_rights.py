"""The table of rights (domain.md, section 8), cell by cell, by a journal file put into a workspace's inbox.

No screen stands between: whoever the author is and whatever they may see, they sign the record, and the workspace that
takes the file in lets it take effect or lists it under problems.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from community_helpers import FAR_HOME, HOME, NEIGHBOUR, Pen, World
from storage.record import Ref
from storage.store import Store
from zhubao_tui.community.kinds import LANDMARKS
from zhubao_tui.workspace.workspace import Workspace

AUTHORS: dict[str, tuple[str, str, str]] = {
    "cadre, own building": ("cadre", "甲", "祥和苑/3"),
    "cadre, elsewhere": ("cadre", "甲", "祥和苑/5"),
    "group lead of the group": ("group_lead", "甲", ""),
    "group lead of another": ("group_lead", "乙", "锦绣苑/9"),
    "team lead": ("team_lead", "", ""),
    "observer": ("observer", "", ""),
    "observer of the building": ("observer", "甲", "祥和苑/3"),
    "not enrolled": ("", "", ""),
}


class Scene:
    """A case in building 祥和苑/3 and what else a cell needs; `pen` is whose right is tried."""

    def __init__(self, role: str, group: str, building: str) -> None:
        self.world = World()
        self.lead = self.world.lead
        self.house = self.world.person("李敏", "cadre", "甲", "祥和苑/3")
        self.pen = Pen(self.world, "王强")
        if role:
            self.pen.enrol("cadre" if role == "team_lead" else role)
            if group or role == "team_lead":
                self.lead.role(self.pen, role, group)
            if building:
                self.lead.adopt(building, self.pen)
        self.world.person("吴刚", "cadre", "丙", "锦绣苑/9")
        self.issue = self.lead.report()

    def owned(self, category: str = "water_leak", by_me: bool = False) -> Ref:
        issue = self.lead.report(category=category)
        self.lead.assign(issue, self.pen if by_me else self.house)
        return issue

    def resolved(self, *, said_no: bool = False) -> Ref:
        issue = self.owned()
        self.lead.move("resolve", issue)
        if said_no:
            self.lead.confirm(issue, issue, yes=False)
        return issue

    def listed(self) -> Ref:
        """A note of an observer, without effect until somebody accepts it."""
        return self.world.person("郑平", "observer").move("note", self.issue)


Cell = Callable[[Scene], Ref]
CELLS: dict[str, Cell] = {
    "visit": lambda s: s.pen.visit(),
    "visit far": lambda s: s.pen.visit(FAR_HOME),
    "interview": lambda s: s.pen.write(
        "response", {"household": HOME, "visit": "", "form": "zhubao_household", "version": "1", "answers": {"size": 2}}
    ),
    "consent": lambda s: s.pen.write("consent", {"household": HOME, "choice": "all", "notice": "1"}),
    "care": lambda s: s.pen.write("care", {"household": HOME, "answers": {"care_agree": "yes"}}),
    "report": lambda s: s.pen.report(),
    "report far": lambda s: s.pen.report(FAR_HOME),
    "import": lambda s: s.pen.write(
        "import", {"number": "", "category": "unknown", "place": {}, "urgency": "unknown", "behind": False}
    ),
    "support": lambda s: s.pen.support(s.issue, NEIGHBOUR),
    "withdraw": lambda s: s.pen.withdraw(s.issue, s.issue),
    "claim free": lambda s: s.pen.move("claim", s.issue),
    "claim another's": lambda s: s.pen.move("claim", _reopened(s)),
    "note": lambda s: s.pen.move("note", s.issue),
    "start own": lambda s: s.pen.move("start", s.owned(by_me=True)),
    "start another's": lambda s: s.pen.move("start", s.owned()),
    "recategorise own": lambda s: s.pen.move("recategorise", s.owned(by_me=True)),
    "recategorise another's": lambda s: s.pen.move("recategorise", s.owned()),
    "resolve own": lambda s: s.pen.move("resolve", s.owned(by_me=True)),
    "resolve another's": lambda s: s.pen.move("resolve", s.owned()),
    "resume own": lambda s: s.pen.move("resume", _postponed(s, by_me=True)),
    "resume another's": lambda s: s.pen.move("resume", _postponed(s)),
    "assign": lambda s: s.pen.assign(s.issue, s.house),
    "transfer own of class X": lambda s: s.pen.move("transfer", s.owned("light_power", by_me=True)),
    "transfer own of class O": lambda s: s.pen.move("transfer", s.owned(by_me=True)),
    "transfer another's": lambda s: s.pen.move("transfer", s.owned("light_power")),
    "postpone": lambda s: s.pen.move("postpone", s.owned()),
    "close_unanswered": lambda s: s.pen.move("close_unanswered", _tried(s)),
    "accept": lambda s: s.pen.accept(s.listed()),
    "confirm": lambda s: s.pen.confirm(issue := s.resolved(), issue),
    "inspection": lambda s: s.pen.confirm(_found(s), None, way="inspection"),
    "reopen": lambda s: s.pen.move("reopen", s.resolved()),
    "reopen on a no": lambda s: s.pen.move("reopen", s.resolved(said_no=True)),
    "reject": lambda s: s.pen.move("reject", s.issue),
    "outvote": lambda s: s.pen.confirm(issue := s.resolved(said_no=True), issue, way="outvote", note="验收过了"),
    "merge": lambda s: s.pen.merge(s.issue, s.lead.report(NEIGHBOUR)),
    "merge with another group's": lambda s: s.pen.merge(s.issue, s.lead.report(FAR_HOME)),
    "split": lambda s: s.pen.split(_merged(s)),
    "distinct": lambda s: s.pen.distinct(s.issue, s.lead.report(NEIGHBOUR)),
    "enrol another": lambda s: s.pen.enrol("cadre", "ffffffffffffffff"),
    "role": lambda s: s.pen.role(s.house, "observer"),
    "revoke": lambda s: s.pen.revoke(s.house, s.house.tip),
    "adoption": lambda s: s.pen.adopt("祥和苑/3", s.house),
    "settings": lambda s: s.pen.write("settings", {"office_phone": "1"}),
}
CADRES = {"cadre, own building", "cadre, elsewhere"}
HERE, FAR, TEAM = "group lead of the group", "group lead of another", "team lead"
LEADS = {HERE, TEAM}
ALLOWED: dict[str, set[str]] = {
    **dict.fromkeys(
        ("visit", "visit far", "interview", "consent", "care", "report", "report far", "import", "support", "withdraw"),
        CADRES | LEADS | {FAR},
    ),
    "claim free": CADRES | LEADS,
    "claim another's": {"cadre, own building"} | LEADS,
    "note": {"cadre, own building"} | LEADS,
    **dict.fromkeys(("start own", "recategorise own", "resolve own", "resume own"), CADRES | LEADS | {FAR}),
    **dict.fromkeys(("start another's", "recategorise another's", "resolve another's", "resume another's"), LEADS),
    "assign": LEADS,
    "transfer own of class X": CADRES | LEADS | {FAR},
    "transfer own of class O": LEADS | {FAR},
    **dict.fromkeys(("transfer another's", "postpone", "close_unanswered", "accept", "inspection", "reopen"), LEADS),
    "confirm": CADRES | LEADS,
    "reopen on a no": CADRES | LEADS,
    "reject": {TEAM},
    "outvote": {TEAM},
    "merge": LEADS,
    "merge with another group's": {TEAM},
    "split": LEADS,
    "distinct": LEADS,
    **{key: {TEAM} for key in ("enrol another", "role", "revoke", "adoption", "settings")},
}
"""As the table says; a case given to somebody is their own, wherever the door."""


def _reopened(scene: Scene) -> Ref:
    issue = scene.resolved()
    scene.lead.move("reopen", issue)
    return issue


def _postponed(scene: Scene, *, by_me: bool = False) -> Ref:
    issue = scene.owned(by_me=by_me)
    scene.lead.move("postpone", issue)
    return issue


def _tried(scene: Scene) -> Ref:
    issue = scene.resolved()
    scene.world.knock_twice(HOME)
    return issue


def _found(scene: Scene) -> Ref:
    issue = scene.lead.report("", place={"level": "building", "estate": "祥和苑", "building": "3"})
    scene.lead.assign(issue, scene.house)
    scene.lead.move("resolve", issue)
    return issue


def _merged(scene: Scene) -> Ref:
    other = scene.lead.report(NEIGHBOUR)
    scene.lead.merge(scene.issue, other)
    return other


WORK_NONE = {"observer", "observer of the building", "not enrolled"}
"""To whom no case can be given, so that none is their own."""


@pytest.mark.parametrize(
    ("cell", "author"), [(c, a) for c in CELLS for a in AUTHORS if not (a in WORK_NONE and "own" in c.split())]
)
@pytest.mark.fault("not-allowed")
def test_a_record_put_in_by_file_takes_effect_or_is_listed(tmp_path: Path, cell: str, author: str) -> None:
    scene = Scene(*AUTHORS[author])
    ref = CELLS[cell](scene)
    workspace = Workspace(Store.join(tmp_path / "w", scene.world.community_id, now=_now, landmarks=LANDMARKS), _now)
    with workspace:
        for name, content in scene.world.files().items():
            (tmp_path / "w" / "inbox" / name).write_bytes(content)
        assert workspace.refresh()
        community = workspace.community
        problem = next((found for found in community.problems() if found.ref == ref), None)
        if author in ALLOWED[cell]:
            assert problem is None
        else:
            assert problem is not None
            assert (problem.author, problem.reason) == (scene.pen.person, _why(cell, author))
            if (case := community.case_of(problem.issue) if problem.issue else None) is not None:
                assert ref in [line.ref for line in case.history if not line.effect]


def _why(cell: str, author: str) -> str:
    if author == "not enrolled":
        return "not_allowed" if cell in ("enrol another", "role", "revoke", "adoption", "settings") else "not_enrolled"
    if cell == "outvote" and author != FAR and not author.startswith("observer"):
        return "incomplete"  # they may confirm, but this way is not theirs to give
    return "incomplete" if cell == "inspection" and author in CADRES else "not_allowed"


def _now() -> datetime:
    return datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
