"""What all tests share: a clock that stands still until it is moved, a small community, the demo community."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")  # as the program itself does, before Textual is first imported

import sealed_helpers
from storage import keys
from zhubao_tui import i18n
from zhubao_tui.community.places import Address
from zhubao_tui.demo import write_demo
from zhubao_tui.workspace.workspace import Workspace

TODAY = date(2026, 5, 13)
"""A Wednesday."""


class Clock:
    """Stands still until it is moved; every workspace of a test shares one unless it is given its own."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        """Move on, e.g. by `days=1`."""
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 5, 13, 9, 30, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    i18n.set_language("zh")
    yield
    i18n.set_language("zh")


@pytest.fixture(autouse=True)
def _nobody_elses_workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes what the user of this machine has."""
    monkeypatch.delenv("ZHUBAO_WORKSPACE", raising=False)
    monkeypatch.delenv("ZHUBAO_LANG", raising=False)
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


def add_doors(
    workspace: Workspace, estate: str = "祥和苑", building: str = "3", units: int = 2, floors: int = 3
) -> None:
    """Write a roster of one building: two doors a floor and unit."""
    doors = [[str(u), f"{f}0{d}", f] for u in range(1, units + 1) for f in range(1, floors + 1) for d in (1, 2)]
    workspace.write("roster", {"estate": estate, "building": building, "doors": doors})
    assert Address(estate, building, "1", "101").dwelling_id in workspace.community.dwellings


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    """A community of one building of twelve doors; 周立群, team lead and founder, is at the keyboard."""
    made = Workspace.create(tmp_path / "laptop1", "祥和社区", "周立群", office_phone="010-55501234", now=clock)
    add_doors(made)
    yield made
    made.close()


@pytest.fixture
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess at a passphrase costs next to nothing: tests make hundreds."""
    monkeypatch.setattr(keys, "FLOOR", keys.Cost(64, 1, 1))


@pytest.fixture
def team(tmp_path: Path, clock: Clock, cheap_passphrases: None) -> Iterator[sealed_helpers.Team]:
    """A sealed community of one building; its founder's workspace is `lead`."""
    made = sealed_helpers.begin(tmp_path, clock)
    add_doors(made.lead)
    yield made
    made.lead.close()


@pytest.fixture(scope="session")
def demo_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo community, written once; never opened for writing: take `demo`."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    write_demo(folder, seed=1, today=TODAY)
    return folder


@pytest.fixture
def demo(demo_master: Path, tmp_path: Path) -> Path:
    """A fresh copy of the demo community's folder; its last half-day is `TODAY`'s week."""
    return Path(shutil.copytree(demo_master, tmp_path / "demo"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything that the tests need is there: a skip is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
