"""What is doubtful and what only this laptop holds, in facts and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storage.holding import OnlyHere
from storage.record import Ref
from zhubao_tui.community.moves import day_of
from zhubao_tui.i18n import _

from . import wording
from .workspace import Workspace

AHEAD = timedelta(hours=24)
"""By so much a clock may be ahead of this laptop's before its records are called doubtful."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whether another laptop holds a record of ours, as far as is known here."""

    elsewhere: bool
    since: date | None = None
    """Day of the first record of another laptop that rests on it."""


class Reliance:
    """Ask what can be relied on."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def is_doubtful(self, ref: Ref) -> bool:
        """Whether a record's wall time can't be right: others contradict it, or it lies ahead of this laptop's clock."""
        entry = self._workspace.community.entry(ref)
        if entry is None or entry.doubtful:
            return entry is not None
        try:
            at = datetime.fromisoformat(entry.record.at)
        except ValueError:
            return True
        return at.tzinfo is not None and at > self._workspace.now() + AHEAD

    def mark(self, ref: Ref) -> str:
        """What stands behind a doubtful time; empty behind any other."""
        return _("？时间存疑") if self.is_doubtful(ref) else ""

    @property
    def is_ready(self) -> bool:
        """Whether who holds what has been reckoned already: the first time takes a moment, so no screen waits for it."""
        return self._workspace.store.knows_holding

    def held(self, ref: Ref) -> Held:
        """Whether another laptop holds a record: one of another laptop is held there."""
        store = self._workspace.store
        if store.is_only_here(ref):
            return Held(elsewhere=False)
        witness = store.witness(ref)
        return Held(elsewhere=True, since=day_of(witness) if witness else None)

    def held_sign(self, ref: Ref) -> str:
        """The same as a sign with words; empty while it is not reckoned yet."""
        if not self.is_ready:
            return ""
        return _("⇅ 别的电脑也有") if self.held(ref).elsewhere else _("▲ 只在这台电脑上")

    def held_line(self, ref: Ref) -> str:
        """As `held_sign`, with the day since which another laptop bears witness."""
        if not self.is_ready:
            return ""
        held = self.held(ref)
        if not held.elsewhere or held.since is None:
            return self.held_sign(ref)
        return _("⇅ 别的电脑也有（{day}起）").format(day=wording.day(held.since, self._workspace.today()))

    def only_here(self) -> OnlyHere:
        """What no other laptop has borne witness to; reckoned now if it is not yet."""
        return self._workspace.store.only_here()

    def only_here_short(self) -> str:
        """For the top line; empty where there is nothing, or while it is not reckoned yet."""
        told = self.only_here() if self.is_ready else OnlyHere(0, None)
        if not told.records or told.since is None:
            return ""
        return _("只在这台电脑上：{count} 条，自 {day}").format(count=told.records, day=self._day(told))

    def farewell(self) -> str:
        """One sentence for who leaves."""
        told = self.only_here()
        if not told.records:
            return _("这台电脑记下的，别的电脑都有了。")
        return _("有 {count} 条只在这台电脑上，自 {day}；交换一次，别的电脑才会有。").format(
            count=told.records, day=self._day(told)
        )

    def after_exchange(self) -> str:
        """One sentence for the account of an exchange; empty where there is nothing to say."""
        told = self.only_here()
        if not told.records:
            return ""
        return _("还有 {count} 条（自 {day}）没听说别的电脑收到；它们收下以后再交换回来，就知道了。").format(
            count=told.records, day=self._day(told)
        )

    def double(self) -> str:
        """What to do where another laptop writes under this one's id; empty where none does."""
        store = self._workspace.store
        if not store.doubles():
            return ""
        if store.must_renew() and store.sealed:
            return _(
                "有另一台电脑和这台用着同一个身份（多半是整盘复制的），两边的记录都完整留着。"
                "请在这台上换新身份：zhubao rejoin，再请队长放行。"
            )
        if store.must_renew():
            return _(
                "有另一台电脑和这台用着同一个身份（多半是整盘复制的），两边的记录都完整留着。"
                "请在这台上换新身份：今日的 Esc 菜单，或 zhubao renew-identity。"
            )
        return _("有另一台电脑和这台用着同一个身份，两边的记录都完整留着。请在另一台上换新身份，这台不用动。")

    @property
    def must_renew(self) -> bool:
        """Whether it is this laptop that should take a new id."""
        return self._workspace.store.must_renew()

    def _day(self, told: OnlyHere) -> str:
        return wording.day(day_of(told.since), self._workspace.today()) if told.since else ""
