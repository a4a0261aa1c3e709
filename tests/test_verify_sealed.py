"""Verify in a sealed workspace: without any key it judges chains, order and signatures, and opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import sealed_helpers
from conftest import Clock, add_doors
from sealed_helpers import Team
from storage import keys
from storage_helpers import journal_files
from zhubao_tui.workspace.survey import Survey
from zhubao_tui.workspace.verifying import verify

DOOR = "祥和苑/3-1-101"


@pytest.fixture(autouse=True)
def _cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "FLOOR", keys.Cost(64, 1, 1))


@pytest.fixture
def team(tmp_path: Path, clock: Clock) -> Iterator[Team]:
    made = sealed_helpers.begin(tmp_path, clock)
    add_doors(made.lead)
    Survey(made.lead).record_visit(Survey(made.lead).dwelling(DOOR), "not_home")
    yield made
    made.lead.close()


def test_a_sealed_workspace_is_judged_without_keys_and_named_with_them(team: Team) -> None:
    workspace = team.lead
    folder = workspace.store.folder
    report = verify(folder)
    assert report.is_right, [one.words for one in report.told]
    assert report.cache == "closed"
    path = journal_files(folder / "store")[-1]
    last = list(json.loads(path.read_bytes())["records"].values())[-1]
    forged = ("0" if last["sig"][0] != "0" else "1") + last["sig"][1:]
    path.write_bytes(path.read_bytes().replace(last["sig"].encode(), forged.encode()))
    (one,) = (one for one in verify(folder, people=workspace.community.people).told if one.finding.is_wrong)
    assert (one.finding.what, one.finding.numbers) == ("signature", (last["seq"],))
    assert one.person == workspace.me.name if workspace.me else False
    (unnamed,) = (one for one in verify(folder).told if one.finding.is_wrong)
    assert unnamed.person == ""
