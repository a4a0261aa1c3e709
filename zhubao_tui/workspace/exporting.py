"""Taking everything out (导出): one plain TinyDB file of the whole workspace, bodies open, masked unless asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from storage.canonical import encode
from storage.files import replace_whole
from storage.record import Entry, Erased, Opaque
from storage.rows import head_row
from zhubao_tui.community.kinds import ERASABLE
from zhubao_tui.community.masking import mask_name, mask_phone, mask_text
from zhubao_tui.community.refs import ref_of

from .errors import MoveRefused, NoSuchFolder
from .privacy import Privacy
from .workspace import Workspace

NAMES = frozenset({"name", "care_who", "contact"})
PHONES = frozenset({"phone"})
_ID = re.compile(r"[0-9a-f]{16}")
LEFT_OUT = {
    "care": frozenset({"answers"}), "personal": frozenset({"remark"}), "response": frozenset({"remarks"}),
}  # fmt: skip
HIDDEN = "＊＊"
"""Stands where a masked file leaves something out as a whole."""
PLAIN = frozenset({"token"})
"""Fields of which nothing is shown in a masked file: who has a token has the household's page."""


class Exporting:
    """Write files for other programs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def tinydb(self, path: Path) -> int:
        """Write a masked file; returns how many records it holds. Raises `SaveFailed`, `NoSuchFolder`, `MoveRefused`."""
        self._need_lead()
        names = frozenset(filter(None, self._names()))
        return self._write(path, lambda entry: _masked(_without_confidential(entry, self._body(entry)), names))

    def tinydb_unmasked(self, path: Path, reason: str) -> int:
        """The same with every name as it is, by a team lead with a reason, which is recorded first."""
        Privacy(self._workspace).need_unmasked(reason)
        _need_folder(path)
        Privacy(self._workspace).log_unmasked("tinydb", reason, len(self._workspace.community))
        return self._write(path, self._body)

    def _need_lead(self) -> None:
        if not self._workspace.is_lead:
            raise MoveRefused("export_log", "not_allowed")

    def _names(self) -> list[str]:
        community = self._workspace.community
        households = [household for dwelling in community.dwellings.values() for household in dwelling.households]
        return [household.name for household in households] + [person.name for person in community.people.values()]

    def _body(self, entry: Entry) -> Any:
        """A record's content; `None` where it was erased, or its household took its consent back."""
        if entry.record.kind in ERASABLE and self._workspace.community.is_out_of_use(entry):
            return None
        body = entry.record.body
        if isinstance(body, Erased):
            return None
        return body.value if isinstance(body, Opaque) else dict(body)

    def _write(self, path: Path, body_of: Callable[[Entry], Any]) -> int:
        _need_folder(path)
        heads = {str(number): head_row(head) for number, head in enumerate(self._workspace.store.ledger.journals(), 1)}
        entries = sorted(self._workspace.community.entries(), key=attrgetter("order"))
        rows = {str(number): _row(entry, body_of(entry)) for number, entry in enumerate(entries, 1)}
        replace_whole(path, encode({"journals": heads, "records": rows}))
        return len(rows)


def _need_folder(path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise NoSuchFolder(path.name if path.is_dir() else path.parent.name)


def _row(entry: Entry, body: Any) -> dict[str, Any]:
    record = entry.record
    return {
        "journal": record.journal, "seq": record.seq, "digest": record.digest, "clock": entry.clock, "at": record.at,
        "person": entry.person, "device": entry.device, "kind": record.kind, "body": body,
    }  # fmt: skip


def _without_confidential(entry: Entry, body: Any) -> Any:
    """A body without care needs and remarks: what nobody's name needs to be known for to harm them."""
    left_out = LEFT_OUT.get(entry.record.kind)
    if left_out is None or not isinstance(body, Mapping):
        return body
    return {name: HIDDEN if name in left_out else value for name, value in body.items()}


def _masked(value: Any, names: frozenset[str], field: str = "") -> Any:
    """A body with names, telephones and identity numbers masked, wherever they stand."""
    if isinstance(value, Mapping):
        return {key: _masked(inner, names, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, names, field) for inner in value]
    if not isinstance(value, str):
        return value
    if field in NAMES:
        return mask_name(value)
    if field in PHONES:
        return mask_phone(value)
    if ref_of(value) is not None or _ID.fullmatch(value):
        return value  # digits in it are nobody's number
    return "" if field in PLAIN else mask_text(value, names)
