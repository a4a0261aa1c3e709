"""What is held on a household (您家的信息清单): one sheet for the household that asks, as text and as a page to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from operator import attrgetter
from typing import Any

from storage.ledger import SEEN
from storage.record import Entry, Ref
from zhubao_tui import forms
from zhubao_tui.border import clean
from zhubao_tui.community.doors import Household
from zhubao_tui.community.kinds import ERASABLE
from zhubao_tui.community.refs import refs_in
from zhubao_tui.i18n import N_, _

from . import wording
from .erasing import belongings
from .errors import MoveRefused
from .survey import Survey, UnknownDoor
from .workspace import Workspace

NOT_SAID = frozenset({"household", "dwelling", "of", "visit", "form", "version", "reports", "care", "corrects", "draft",
                      "renews", "records", "parts", "token", "proposal", "report", "via"})  # fmt: skip
"""Fields that only tie records together; a token is on the household's own slip."""


NAMES = {
    "name": N_("姓名"), "time": N_("几点"), "outcome": N_("结果"), "choice": N_("同意"), "notice": N_("告知书版本"),
    "by": N_("谁同意的"), "again": N_("约好再来"), "not_again": N_("不再来"), "words": N_("原话"), "remark": N_("备注"),
    "on": N_("哪天"), "reason": N_("原因"), "except": N_("例外"), "level": N_("在哪里"), "note": N_("说明"),
}  # fmt: skip
VALUES = {
    "outcome": wording.OUTCOMES,
    "choice": wording.CONSENTS,
    "by": wording.CONSENT_BY,
    "reason": wording.ERASURES,
    "level": wording.LEVELS,
}


@dataclass(frozen=True, slots=True)
class Held:
    """One record about a household."""

    at: str
    kind: str
    role: str
    """Of whoever took it down."""
    laptops: int
    """Laptops of the work team that have it."""
    said: tuple[tuple[str, str], ...]
    """What it says: name and value."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is held on a household."""

    household: Household
    community: str
    phone: str
    on: str
    held: tuple[Held, ...]
    followed: tuple[tuple[str, str], ...]
    """Cases that it follows: number and status."""


def sheet_of(workspace: Workspace, household_id: str) -> Sheet:
    """A household's sheet.

    Raises:
        MoveRefused: I am no lead who may see this household's name.
        UnknownDoor: There is no such household.
    """
    community = workspace.community
    household = community.household(household_id)
    if household is None:
        raise UnknownDoor(household_id)
    if not workspace.is_lead or not Survey(workspace).may_see_names(community.dwellings[household.dwelling]):
        raise MoveRefused("sheet", "not_allowed")
    copies = _copies(workspace)
    entries = belongings(workspace, [household_id])[household_id].records
    entries += [
        entry for entry in community.entries()
        if entry.record.kind not in ERASABLE and entry.record.body.get("household") == household_id
    ]  # fmt: skip
    followed = [case for case in community.cases_at(household.dwelling) if household_id in case.followers]
    return Sheet(
        household, workspace.name, str(community.settings.get("office_phone", "")), workspace.today().isoformat(),
        tuple(_held(workspace, entry, copies) for entry in sorted(entries, key=attrgetter("order"))),
        tuple((case.number, case.status.value) for case in followed),
    )  # fmt: skip


def _copies(workspace: Workspace) -> dict[str, dict[str, int]]:
    """By laptop: how much of each journal it has said that it holds."""
    known: dict[str, dict[str, int]] = {}
    for entry in workspace.store.ledger.of_all():
        mine = known.setdefault(entry.device, {})
        own: tuple[Ref, ...] = (entry.ref,)
        for ref in (*own, *(refs_in(entry.record.body, "heads") if entry.kind == SEEN else ())):
            mine[ref.journal] = max(mine.get(ref.journal, 0), ref.seq)
    return known


def _held(workspace: Workspace, entry: Entry, copies: Mapping[str, Mapping[str, int]]) -> Held:
    record = entry.record
    person = workspace.community.people.get(entry.person)
    here = {device for device, held in copies.items() if held.get(record.journal, 0) >= record.seq}
    said = tuple(_said(record.body, forms_of=str(record.body.get("form", ""))))
    return Held(record.at, record.kind, person.role if person else "", len(here | {workspace.store.device}), said)


def _said(body: Mapping[str, Any], forms_of: str) -> Iterator[tuple[str, str]]:
    labels = _labels(forms_of if forms_of in forms.BUILT_IN else forms.BUILT_IN[0])
    for name, value in body.items():
        if name not in NOT_SAID:
            yield from _flat(name, value, labels)


def _flat(name: str, value: Any, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each value by the words of its question."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(key, inner, labels)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(name, inner, labels)
    elif value not in ("", None):
        words = " ".join(labels.get(f"{name}={part}", part) for part in str(value).split(" "))
        if str(value) in VALUES.get(name, {}):
            words = _(VALUES[name][str(value)])
        short = name.rpartition("/")[2]
        yield _(NAMES[short]) if short in NAMES else labels.get(short, short), words


@lru_cache(maxsize=4)
def _labels(form: str) -> dict[str, str]:
    """Questions and choices of a built-in questionnaire by their names, in Chinese: the household reads this."""
    found: dict[str, str] = {}
    table = ""
    lists: dict[str, list[str]] = {}
    for line in forms.source(form).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 3:
            table = cells[0] if cells[0] else table
        elif table == "survey" and cells[1] not in ("", "type") and cells[2]:
            found[cells[2]] = cells[3] if len(cells) > 3 and cells[3] else cells[2]
            lists.setdefault(cells[1].partition(" ")[2], []).append(cells[2])
        elif table == "choices" and cells[1] != "list_name" and len(cells) > 3:
            found |= {f"{question}={cells[2]}": cells[3] for question in lists.get(cells[1], ())}
    return found


def lines_of(sheet: Sheet) -> Iterator[str]:
    """The sheet as text."""
    yield _("您家的信息清单 · {community} · {door}").format(community=sheet.community, door=sheet.household.id)
    yield _("截至 {day}。有哪里不对，或想删掉，打电话 {phone}。").format(day=sheet.on, phone=sheet.phone or "—")
    yield ""
    for number, status in sheet.followed:
        yield _("反映的事：{number} {status}").format(number=number, status=_(wording.STATUSES[status]))
    for held in sheet.held:
        yield f"{wording.moment(held.at)}  {_(wording.MOVES.get(held.kind, held.kind))}  {_got(held)}"
        for name, value in held.said:
            yield "    " + _("{name}：{value}").format(name=name, value=value)
    if not sheet.held:
        yield _("没有记着您家的任何信息。")


def _got(held: Held) -> str:
    return _("由{role}记下，工作队 {count} 台电脑上有").format(role=_(wording.ROLES[held.role]), count=held.laptops)


def page_of(sheet: Sheet) -> str:
    """The sheet as a page of its own, to print; what people said is text in it, never markup."""
    title, until, *rest = lines_of(sheet)
    body = "".join(f"<p{' class=v' if line.startswith(' ') else ''}>{escape(clean(line.strip()))}</p>" for line in rest)
    return (
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(clean(title))}</title>"
        "<style>body{font:12pt sans-serif;max-width:44em;margin:2em auto}p{margin:.3em 0}.v{margin-left:2em}</style>"
        f"</head><body><h1>{escape(clean(title))}</h1><p>{escape(clean(until))}</p>{body}</body></html>\n"
    )
