"""What `workspace.json` says of this laptop: its id, the machine it wrote on, small settings that never leave it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import SaveFailed
from .machine import differs, fingerprint
from .record import Ref
from .settings import keep_settings, settings_in

MACHINE = "machine"
"""Setting: on which machine this laptop wrote last, digested."""
_RENEWED_FROM = "renewed_from"
"""Setting: the last record before this laptop took a new id."""
_EARLIER_DEVICES = "earlier_devices"
"""Setting: ids that this laptop wrote under before it took a new one."""
_LAST_JOURNAL = "last_journal"
"""Setting: the journal that this disk began last; a copy of the disk soon has another."""


class Laptop:
    """This laptop, as one workspace knows it."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.community = str(settings["community"])
        self.device = str(settings["device"])
        """The id it writes under."""
        self.moved = False
        """The machine is not the one that wrote here last: carried, restored or imaged."""
        self._folder = folder
        self._settings = settings

    @property
    def sealed(self) -> bool:
        """Whether bodies are sealed and records signed here."""
        return self._settings.get("sealed") is True

    def recall(self, name: str) -> Any:
        """A setting kept by `remember`; `None` where there is none."""
        return self._settings.get(name)

    def remember(self, name: str, value: Any) -> None:
        """Keep a small setting; raises `SaveFailed`."""
        if self._settings.get(name) != value:
            self._keep({name: value})

    def _keep(self, changed: dict[str, Any]) -> None:
        settings = {**(settings_in(self._folder) or self._settings), **changed}  # a command may write, too
        keep_settings(self._folder, settings)
        self._settings = settings

    # -- the machine

    def look_at_machine(self) -> None:
        """Notice that this is another machine; then nothing is gone on with, and a new journal begins."""
        self.moved = differs(self.recall(MACHINE), fingerprint(self.device))

    def remember_machine(self) -> None:
        """Keep what can be told of the machine that wrote here last."""
        if not self.moved:
            told, now = self.recall(MACHINE), fingerprint(self.device)
            with suppress(SaveFailed):  # a full disk: the next start will do
                self.remember(MACHINE, {**(told if isinstance(told, dict) else {}), **now})

    def has_begun(self, journal: str) -> None:
        """Keep which journal this disk began last, and after a move that it was this machine."""
        told = {_LAST_JOURNAL: journal} | ({MACHINE: fingerprint(self.device)} if self.moved else {})
        with suppress(SaveFailed):  # both matter only should this disk be copied
            self._keep(told)
            self.moved = False

    @property
    def last_begun(self) -> Any:
        """The journal that this disk began last."""
        return self.recall(_LAST_JOURNAL)

    # -- its ids

    @property
    def own_devices(self) -> frozenset[str]:
        """The ids under which this laptop writes, or wrote before it took a new one."""
        earlier = self.recall(_EARLIER_DEVICES)
        return frozenset([self.device, *(map(str, earlier) if isinstance(earlier, list) else ())])

    def renew(self, last: Ref | None) -> None:
        """Take a new id behind the last record; raises `SaveFailed`, then the old id stays."""
        device = secrets.token_hex(8)
        earlier = [*sorted(self.own_devices - {self.device}), self.device]
        came_from = str(last) if last is not None else None
        self._keep(
            {"device": device, _EARLIER_DEVICES: earlier, _RENEWED_FROM: came_from, MACHINE: fingerprint(device)}
        )
        self.device, self.moved = device, False

    @property
    def renewed_from(self) -> Ref | None:
        """The last record under the old id; `None` where there was none."""
        try:
            return Ref.parse(self.recall(_RENEWED_FROM))
        except ValueError:
            return None
