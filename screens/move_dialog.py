"""What a move must be given: a form of a few fields, made from one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.due import ASK_AGAIN_DAYS, URGENCIES, postpone_limit
from zhubao_tui.community.issues import Case
from zhubao_tui.community.moves import DONE_LENGTH, NOTE_LENGTH, REJECT_REASONS
from zhubao_tui.community.places import LEVELS
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording

from .fields import Line, OneOf, Words
from .frame import Dialog, Hint
from .pick import Pick


@dataclass(slots=True)
class Given:
    """What was given, by the names in a record's body."""

    fields: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)


FIELDS: dict[str, tuple[str, ...]] = {
    "claim": ("note",), "start": ("note",), "resume": ("note",), "close_unanswered": ("note",), "note": ("note",),
    "assign": ("person", "note"), "transfer": ("unit", "contact", "ask_on", "note"), "resolve": ("done",),
    "confirm": ("of", "yes", "way", "note"), "reopen": ("note",), "postpone": ("reason", "until"),
    "recategorise": ("issue", "category", "level", "urgency"), "reject": ("why", "words", "elsewhere"),
    "withdraw": ("of", "note"), "split": ("issue", "note"), "accept": ("record",),
}  # fmt: skip
LABELS = {
    "note": N_("说明"), "person": N_("派给谁"), "unit": N_("交给哪个单位"), "contact": N_("联系人、电话"),
    "ask_on": N_("哪天再问（年-月-日，两周之内）"), "done": N_("做了什么（十个字以上）"), "of": N_("哪一户说的"),
    "yes": N_("好了没有"), "way": N_("怎么问的"), "reason": N_("为什么，照着能念给住户听的写"),
    "until": N_("哪天再办（年-月-日）"), "issue": N_("哪一个问题"), "category": N_("类别"), "level": N_("在哪里"),
    "urgency": N_("多急"), "why": N_("原因"), "words": N_("怎么跟住户说"), "elsewhere": N_("可以找谁"),
    "record": N_("认可哪一条"),
}  # fmt: skip


FEW = frozenset({"yes", "way", "level", "urgency", "why"})
"""Fields of so few choices that they stand in a row."""
UNCHANGED = frozenset({"category", "level", "urgency"})
"""Fields that are left as they are where nothing is chosen."""
LONG = frozenset({"note", "done", "reason", "words", "elsewhere"})
"""Fields that are written in sentences."""


Attempt = Callable[[str, Given], bool]
"""Makes a move with what it was given; says whether it holds, and says why where it does not."""
SHORTEST = {("resolve", "done"): DONE_LENGTH, ("note", "note"): NOTE_LENGTH}
"""Characters that a text needs, by move and field."""


class MoveDialog(Dialog[None]):
    """Asks for what a move must be given and makes it; a move that is refused leaves everything as it was written."""

    CSS_PATH = "case.tcss"
    HELP_TEXT = N_("填好后按 Ctrl+S 或在最后一格按 Enter；Esc 不办。")
    HINTS = (Hint("Ctrl+S", N_("办"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, move: str, case: Case, attempt: Attempt) -> None:
        super().__init__()
        self._move, self._case, self._attempt = move, case, attempt

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            title = _("{move} · {number}").format(move=_(wording.MOVES[self._move]), number=self._case.number)
            yield Static(Text(title, style="bold"), markup=False)
            for name in FIELDS[self._move]:
                yield Static(Text(_(LABELS[name])), markup=False)
                yield from self._field(name)
            yield Static(Text(_("Ctrl+S 办   Esc 不办"), style="dim"), markup=False)

    def _field(self, name: str) -> ComposeResult:
        choices = self._choices(name)
        if choices is None and name in LONG:
            yield Words(id=name)
        elif choices is None:
            yield Line(self._suggested(name), id=name)
        elif name in FEW:
            yield OneOf(choices, "" if name in UNCHANGED else choices[0][0], id=name)
        else:
            first = choices[0][0] if choices and name not in UNCHANGED else ""
            yield Pick(_(LABELS[name]), choices, first, prompt=_("选一个"), id=name)

    def _choices(self, name: str) -> list[tuple[str, str]] | None:
        """Values and labels of a field that is chosen from; `None` of one that is written."""
        workspace = self.zhubao.workspace
        if name == "person":
            may = workspace.community.rights.may_own
            return [
                (p.id, f"{p.name} · {_(wording.ROLES[p.role])}")
                for p in workspace.people()
                if may(workspace.person, p.id)
            ]
        if name == "of":
            named = [(str(r.ref), r.dwelling or _("没有门牌")) for r in self._case.reports if r.behind]
            return named or [("", _("实地查看（没有住户）"))]
        if name == "issue":
            return [(str(i.ref), f"{i.number} {i.words[:30]}") for i in self._case.issues]
        if name == "record":
            lines = [line for line in self._case.history if not line.effect]
            return [(str(line.ref), f"{_(wording.MOVES[line.kind])} {wording.moment(line.at)}") for line in lines]
        tables: dict[str, list[tuple[str, str]]] = {
            "yes": [("yes", _("好了")), ("no", _("没好"))],
            "category": [(code, wording.category(code)) for code in CATEGORIES],
            "level": [(level, _(wording.LEVELS[level])) for level in LEVELS],
            "urgency": [(urgency, _(wording.URGENCIES[urgency])) for urgency in URGENCIES],
            "way": [(way, _(wording.WAYS[way])) for way in self._ways()],
            "why": [(reason, _(wording.REJECT_REASONS[reason])) for reason in REJECT_REASONS],
        }
        return tables.get(name)

    def _ways(self) -> tuple[str, ...]:
        if not self._case.followers:
            return ("inspection",)
        return ("door", "telephone", "outvote") if self.zhubao.workspace.role == "team_lead" else ("door", "telephone")

    def _suggested(self, name: str) -> str:
        today = self.zhubao.workspace.today()
        if name == "ask_on":
            return (today + timedelta(days=ASK_AGAIN_DAYS)).isoformat()
        if name == "until":
            return (today + timedelta(days=min(30, postpone_limit(self._case.main.category)))).isoformat()
        return ""

    def on_mount(self) -> None:
        first = FIELDS[self._move][0]
        self.query_one(f"#{first}").focus()

    @on(Input.Submitted)
    @on(Words.Submitted)
    @on(OneOf.Submitted)
    @on(Pick.Submitted)
    def next_field(self) -> None:
        if self.focused is not None and self.focused.id == FIELDS[self._move][-1]:
            self.action_save()
        else:
            self.focus_next()

    def action_save(self) -> None:
        given = Given()
        for name in FIELDS[self._move]:
            value = self._value(name)
            if value is None:
                self.app.notify(_("请填：{field}").format(field=_(LABELS[name])), severity="warning", markup=False)
                self.query_one(f"#{name}").focus()
                return
            least = SHORTEST.get((self._move, name), 0)
            if len(value) < least:
                words = _("{field}：要写 {least} 个字以上，现在 {count} 个").format(
                    field=_(LABELS[name]), least=least, count=len(value)
                )
                self.app.notify(words, severity="warning", markup=False)
                self.query_one(f"#{name}").focus()
                return
            self._put(given, name, value)
        if self._move == "resolve" and self._case.status == "new":
            given.fields["on_spot"] = True
        if self._move == "confirm":
            given.fields["on"] = self.zhubao.workspace.today().isoformat()
        if self._move == "withdraw":
            given.fields["on"] = self.zhubao.workspace.today().isoformat()
        if self._attempt(self._move, given):
            self.dismiss(None)

    def _put(self, given: Given, name: str, value: str) -> None:
        personal = self._move in ("confirm", "withdraw") and name == "note" and given.fields.get("way") != "outvote"
        if personal:
            given.personal["note"] = value
            report = next((r for r in self._case.reports if str(r.ref) == given.fields.get("of")), None)
            given.personal["household"] = report.household if report else ""
        elif name == "yes":
            given.fields["yes"] = value == "yes"
        elif name == "why":
            given.fields["reason"] = value
        elif name == "level":
            if value:
                place = self._case.main.place
                given.fields["place"] = place._replace(level=value).to_body()
        elif value:
            given.fields[name] = value

    def _value(self, name: str) -> str | None:
        """What stands in a field; `None` where something must stand there and does not."""
        found = self.query_one(f"#{name}")
        if isinstance(found, (OneOf, Pick)):
            return found.value if found.value or name in (*UNCHANGED, "of") else None
        value = found.value.strip() if isinstance(found, (Line, Words)) else ""
        if name in ("ask_on", "until") and not _is_day(value):
            return None
        needed = name in ("unit", "contact", "done", "reason", "words", "elsewhere") or (
            name == "note" and self._move in ("note", "transfer", "reopen", "close_unanswered")
        )
        return None if needed and not value else value


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
