"""A sealed team: laptops that found, join, are let in, and exchange over one folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage import keys
from zhubao_tui.workspace import joining
from zhubao_tui.workspace.exchanging import Exchanging, to_join
from zhubao_tui.workspace.founding import found
from zhubao_tui.workspace.trust import Trust
from zhubao_tui.workspace.workspace import Workspace

Now = Callable[[], datetime]
LEAD, CADRE = "周立群", "王强"
PASSPHRASES = {LEAD: "correct horse", CADRE: "battery staple"}


@dataclass
class Team:
    """A founder's laptop, a folder between all, and whoever joined."""

    root: Path
    now: Now
    lead: Workspace
    code: str

    @property
    def stick(self) -> Path:
        return self.root / "stick"

    def folder(self, name: str) -> Path:
        return self.root / name

    def join(self, laptop: str, name: str = CADRE, passphrase: str = "battery staple") -> str:
        """Ask to be let in; returns the fingerprint."""
        self.exchange(self.lead)
        found_there = to_join(self.stick)
        return joining.ask_to_join(
            self.stick, self.folder(laptop), found_there.community, name, passphrase, now=self.now
        )

    def let_in(self, fingerprint: str, role: str = "cadre") -> int:
        self.exchange(self.lead)
        trust = Trust(self.lead)
        (request,) = [one for one in trust.requests() if one.fingerprint == fingerprint]
        number = trust.grant(request, role)
        self.exchange(self.lead)
        return number

    def open(self, laptop: str, passphrase: str = "battery staple", *, app: bool = False) -> Workspace:
        folder = self.folder(laptop)
        return Workspace.open(folder, now=self.now, app=app, identity=keys.unlock(folder, passphrase))

    def second(self, laptop: str = "b", name: str = CADRE, role: str = "cadre") -> Workspace:
        """A laptop that was let in and knows it."""
        self.let_in(self.join(laptop, name), role)
        assert joining.exchange_waiting(self.folder(laptop), self.stick, now=self.now)
        return self.open(laptop)

    def exchange(self, *workspaces: Workspace) -> None:
        for workspace in workspaces:
            service = Exchanging(workspace)
            service.took_in(service.exchange(self.stick))


def begin(root: Path, now: Now) -> Team:
    founded = found(root / "a", "祥和社区", LEAD, PASSPHRASES[LEAD], office_phone="010-55501234", now=now)
    return Team(root, now, founded.workspace, founded.code)
