"""What a move must be given: a form of a few fields, made from one table; the rules say what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.due import ASK_AGAIN_DAYS, URGENCIES, postpone_limit
from zhubao_tui.community.issues import Case
from zhubao_tui.community.moves import REJECT_REASONS
from zhubao_tui.community.places import LEVELS
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.casework import MoveRefused

from .fields import Line, OneOf, Words
from .frame import Dialog, Hint
from .pick import Pick

FIELDS: dict[str, tuple[str, ...]] = {
    "claim": ("note",), "start": ("note",), "resume": ("note",), "close_unanswered": ("note",), "note": ("note",),
    "assign": ("person", "note"), "transfer": ("unit", "contact", "ask_on", "note"), "resolve": ("done",),
    "confirm": ("of", "yes", "way", "note"), "reopen": ("note",), "postpone": ("reason", "until"),
    "recategorise": ("issue", "category", "level", "urgency"), "reject": ("reason", "words", "elsewhere"),
    "reword": ("issue", "words"),
    "withdraw": ("of", "note"), "split": ("issue", "note"), "accept": ("record",),
}  # fmt: skip
"""What is asked for, in this order, by the names of `Casework.given`."""
IN_WORDS = N_("为什么，照着能念给住户听的写")
"""Label of the reason of a postponed case, which its households read."""
FEW = frozenset({"yes", "way", "level", "urgency", "reason"})
"""Fields of so few choices that they stand in a row."""
UNCHANGED = frozenset({"category", "level", "urgency"})
"""Fields that are left as they are where nothing is chosen."""
BY_HAND = UNCHANGED | {"yes"}
"""Fields in which nothing is chosen at first: what a household said is never a default."""
LONG = frozenset({"note", "done", "reason", "words", "elsewhere"})
"""Fields that are written in sentences."""
Make = Callable[[str, Mapping[str, str]], None]
"""Makes a move with what was given; raises `MoveRefused` or `StorageError`, and has then written nothing."""


class MoveDialog(Dialog[None]):
    """Asks for what a move must be given and makes it; a move that is refused leaves everything as it was written."""

    CSS_PATH = "case.tcss"
    HELP_TEXT = N_("填好后按 Ctrl+S 或在最后一格按 Enter；Esc 不办。")
    HINTS = (Hint("Ctrl+S", N_("办"), "save"),)
    BINDINGS = [Binding("ctrl+s", "save", show=False, priority=True)]

    def __init__(self, move: str, case: Case, make: Make) -> None:
        super().__init__()
        self._move, self._case, self._make = move, case, make

    def inside(self) -> ComposeResult:
        with VerticalScroll(id="box"):
            title = _("{move} · {number}").format(move=_(wording.MOVES[self._move]), number=clean(self._case.number))
            yield Static(Text(title, style="bold"), markup=False)
            for name in FIELDS[self._move]:
                label = IN_WORDS if (self._move, name) == ("postpone", "reason") else wording.FIELDS[name]
                yield Static(Text(_(label)), markup=False)
                yield from self._field(name)
            yield Static(Text(_("Ctrl+S 办   Esc 不办"), style="dim"), markup=False)

    def written(self) -> str:
        return " ".join(field.value for field in self.query(Words)).strip()

    def _field(self, name: str) -> ComposeResult:
        choices = self._choices(name)
        if choices is None and name in LONG:
            yield Words(id=name)
        elif choices is None:
            yield Line(self._suggested(name), id=name)
        elif name in FEW:
            yield OneOf(choices, "" if name in BY_HAND else choices[0][0], id=name)
        else:
            first = choices[0][0] if choices and name not in UNCHANGED else ""
            yield Pick(_(wording.FIELDS[name]), choices, first, prompt=_("选一个"), id=name)

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
        if name == "reason" and self._move == "reject":
            return [(reason, _(wording.REJECT_REASONS[reason])) for reason in REJECT_REASONS]
        tables: dict[str, list[tuple[str, str]]] = {
            "yes": [("yes", _("好了")), ("no", _("没好"))],
            "category": [(code, wording.category(code)) for code in CATEGORIES],
            "level": [(level, _(wording.LEVELS[level])) for level in LEVELS],
            "urgency": [(urgency, _(wording.URGENCIES[urgency])) for urgency in URGENCIES],
            "way": [(way, _(wording.WAYS[way])) for way in self._ways()],
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
        self.query_one(f"#{FIELDS[self._move][0]}").focus()

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
        try:
            self._make(self._move, {name: self._value(name) for name in FIELDS[self._move]})
        except MoveRefused as error:
            self.zhubao.tell(error)
            wrong = "level" if error.field == "place" else error.field
            if wrong in FIELDS[self._move]:
                self.query_one(f"#{wrong}").focus()
        except StorageError as error:
            self.zhubao.tell(error)
        else:
            self.dismiss(None)

    def _value(self, name: str) -> str:
        """What stands in a field."""
        field = self.query_one(f"#{name}")
        return field.value if isinstance(field, (Line, Words, OneOf, Pick)) else ""
