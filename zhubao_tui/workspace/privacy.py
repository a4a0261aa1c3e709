"""The privacy register (个人信息台账): consents, withdrawals, erasures, and who took out names unmasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from storage.record import Entry, Ref
from zhubao_tui.community.erasures import Erasure

from .erasing import Erasing, is_something_left
from .errors import MoveRefused
from .verdicts import need_right
from .workspace import Workspace

REASON_MIN = 2
"""Characters of a reason for taking out names unmasked."""


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One consent, or its withdrawal."""

    household: str
    at: str
    choice: str
    notice: str
    """Version of the notice that was read out."""
    by: str
    taker: str


@dataclass(frozen=True, slots=True)
class ErasureLine:
    """One erasure, or the exception from one."""

    household: str
    at: str
    reason: str
    records: int
    exception: str
    carried_out: bool
    """This laptop holds nothing any more of what it names."""
    laptops: int
    """Laptops that know of it: each erases as soon as it does."""
    of: int
    """All laptops."""
    author: str


@dataclass(frozen=True, slots=True)
class ExportLine:
    """Names that were taken out unmasked."""

    at: str
    author: str
    what: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Register:
    """All of it, in fold order."""

    consents: list[ConsentLine]
    erasures: list[ErasureLine]
    awaiting: list[str]
    """Households that took their consent back and wait for a team lead."""
    exports: list[ExportLine]


class Privacy:
    """The register, and what is written into it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def may_read(self) -> bool:
        """Whether I may read the register: leads."""
        return self._workspace.is_lead

    def register(self) -> Register:
        """The register as of now; raises `MoveRefused` for who is no lead."""
        if not self.may_read():
            raise MoveRefused("register", "not_allowed")
        entries = sorted(self._workspace.community.entries(), key=attrgetter("order"))
        return Register(
            [_consent(entry) for entry in entries if entry.record.kind == "consent"],
            [self._erasure(one) for one in self._workspace.community.erasures.in_force],
            Erasing(self._workspace).awaiting(),
            [_export(entry) for entry in entries if entry.record.kind == "export_log"],
        )

    def _erasure(self, erasure: Erasure) -> ErasureLine:
        return ErasureLine(
            erasure.household, erasure.at, erasure.reason, len(erasure.records), erasure.exception,
            not erasure.exception and self._is_carried_out(erasure), len(self._knowing(erasure)),
            len(self._laptops()), erasure.author,
        )  # fmt: skip

    def _is_carried_out(self, erasure: Erasure) -> bool:
        return erasure.whole and not any(trouble.what == "not_erased" for trouble in self._workspace.store.troubles)

    def _knowing(self, erasure: Erasure) -> set[str]:
        """Laptops that wrote something resting on an erasure, or the erasure itself."""
        ledger = self._workspace.store.ledger
        tips = [entry for ref in ledger.heads() if (entry := ledger.get(ref)) is not None]
        return {tip.device for tip in tips if (tip.past | tip.bit) & erasure.bit}

    def _laptops(self) -> set[str]:
        return {head.device for head in self._workspace.store.ledger.journals()}

    def need_unmasked(self, reason: str) -> None:
        """See that names may be taken out unmasked: by a team lead, with a reason; raises `MoveRefused`."""
        need_right(self._workspace, "export_log")
        if self._workspace.role != "team_lead":
            raise MoveRefused("export_log", "not_allowed")
        if len(reason.strip()) < REASON_MIN:
            raise MoveRefused("export_log", "incomplete", "note")

    def log_unmasked(self, what: str, reason: str, count: int) -> Ref:
        """Record that names are taken out unmasked, before they are; raises as `need_unmasked`."""
        self.need_unmasked(reason)
        return self._log(what, reason, count)

    def log_sheet(self, household: str) -> Ref:
        """Record that a household was given what is held on it; raises `MoveRefused` for who is no lead."""
        need_right(self._workspace, "export_log")
        if not self._workspace.is_lead:
            raise MoveRefused("export_log", "not_allowed")
        return self._log("sheet", household, 1)

    def _log(self, what: str, reason: str, count: int) -> Ref:
        return self._workspace.write("export_log", {"what": what, "reason": reason.strip(), "count": count})

    def left(self) -> Iterator[str]:
        """Households of whom an erasure took everything and something has come since."""
        done = {one.household for one in self._workspace.community.erasures.in_force if one.records}
        return (household for household in sorted(done) if is_something_left(self._workspace, household))


def _word(entry: Entry, name: str) -> str:
    value = entry.record.body.get(name)
    return value if isinstance(value, str) else ""


def _consent(entry: Entry) -> ConsentLine:
    return ConsentLine(
        _word(entry, "household"), entry.record.at, _word(entry, "choice"), _word(entry, "notice"),
        _word(entry, "by") or "self", entry.person,
    )  # fmt: skip


def _export(entry: Entry) -> ExportLine:
    count = entry.record.body.get("count")
    return ExportLine(
        entry.record.at, entry.person, _word(entry, "what"), _word(entry, "reason"),
        count if isinstance(count, int) else 0,
    )  # fmt: skip
