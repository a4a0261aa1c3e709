"""Case card (便民卡): the household's QR code, dark on light whatever the theme, its case numbers beside it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from storage.errors import StorageError
from zhubao_tui.border import clean
from zhubao_tui.casepage import TooLong
from zhubao_tui.i18n import N_, _
from zhubao_tui.workspace import wording
from zhubao_tui.workspace.cards import Card, Cards, own_number
from zhubao_tui.workspace.errors import NoSuchFolder

from .frame import HelpScreen, Hint, Keys
from .qr_code import drawn
from .text import fit

WIDE = 100
"""Columns from which on the cases stand beside the code; below, the code has the screen for itself."""


class CardScreen(Keys[None], Screen[None]):
    """One household's card; no frame, as every row counts at 80x24."""

    CSS_PATH = "card.tcss"
    HELP_TEXT = N_(
        "便民卡：请住户扫码。没有网址时，码里是一小段文字和日期。F9 存成图片和 58 毫米小条。"
        "卡丢了按 1 换一张码，旧码停用；住户不要办件页按 2。Enter 或 Esc 返回。"
    )
    BINDINGS = [
        Binding("enter,escape,space", "leave", show=False),
        Binding("f9", "picture", show=False),
        Binding("f4", "take_down", show=False),
        Binding("f1", "help", show=False),
        Binding("ctrl+l", "hide", show=False, priority=True),
    ]

    def __init__(self, household_id: str) -> None:
        super().__init__()
        self._household_id = household_id
        self._asked = 0
        """The digit that must be pressed once more, as what it does can't be undone."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="card"):
            yield Static("", id="code", markup=False)
            with Vertical(id="beside"):
                yield Static("", id="cases", markup=False)
        yield Static("", id="keys", markup=False)

    def on_mount(self) -> None:
        self.draw_card()

    def on_resize(self) -> None:
        self.draw_card()

    def draw_card(self) -> None:
        """Draw the code as large as it needs, and the words where there is room."""
        card = self.zhubao.cards.card(self._household_id)
        code = self.query_one("#code", Static)
        try:
            picture = self._code(card)
        except TooLong:
            code.update(Text(_("终端太小，放不下二维码。把窗口放大，或按 F9 存成图片。")))
            code.styles.width = "auto"
            room = self.app.size.width - 3
        else:
            code.update(picture)
            width = max(map(cell_len, picture.plain.splitlines()))
            code.styles.width = width
            room = self.app.size.width - width - 3
        self.query_one("#cases", Static).update(self._words(max(20, room)))
        self.show_status()

    def show_status(self) -> None:
        """The one line of keys gives way to what is to be said: every other row belongs to the code."""
        card = self.zhubao.cards.card(self._household_id)
        words, _severity = self.zhubao.said
        if words:
            self.query_one("#keys", Static).update(Text(words))
            return
        keys = _("Enter 返回   F4 记问题   F9 存小条   F1 帮助")
        if card.household.consent == "all":
            keys += "   " + _("1 换码   2 不要办件页")
        numbers = "  ".join(own_number(case, self._household_id) for case in card.cases[:3])
        more = "   " + _("办件号 {numbers}").format(numbers=numbers) if numbers else ""
        fits = cell_len(keys + more) <= self.app.size.width - 2
        self.query_one("#keys", Static).update(Text(keys + more if fits else keys))

    def _code(self, card: Card) -> Text:
        return drawn(card.qr, self.app.size.width, self.app.size.height - 1, wide=self.zhubao.wide_signs)

    def _words(self, width: int) -> Text:
        card = self.zhubao.cards.card(self._household_id)
        text = Text(_("您家的事，扫码就能看") if card.is_link else _("您家的事，扫码看这段话"), style="bold")
        text.append("\n" + _("截至{day}").format(day=wording.day(card.on)))
        if not self.zhubao.workspace.sealed:
            text.append("   " + _("未加密"), "dim")
        text.append("\n\n")
        for case in card.cases:
            kind = wording.category(case.main.category, case.main.category_word)
            text.append(fit(f"{own_number(case, self._household_id)}  {kind}", width).rstrip() + "\n", "bold")
            shared = len(case.followers)
            more = _("和另外 {count} 户一起反映 · ").format(count=shared - 1) if shared > 1 else ""
            text.append(f"  {more}{_(wording.STATUSES[case.status])}\n")
        if not card.cases:
            text.append(_("还没有反映过问题。") + "\n")
        if card.phone:
            text.append("\n" + _("社区电话 {phone}").format(phone=card.phone))
        return text

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        if not self.typed_digit(event):
            self._asked = 0

    def digit(self, digit: int) -> bool:
        """1 renews the code, 2 ends the page: each only when it is pressed once more."""
        household = self.zhubao.cards.card(self._household_id).household
        if digit not in (1, 2) or household.consent != "all" or not self.zhubao.workspace.may_write:
            return False
        if self._asked != digit:
            self._asked = digit
            asked = (
                _("旧卡上的码会停用。再按一次 1 就换。") if digit == 1 else _("这户的办件页会撤下。再按一次 2 就撤。")
            )
            self.app.notify(asked, severity="warning", markup=False)
            return True
        self._asked = 0
        try:
            if digit == 1:
                self.zhubao.cards.renew(household)
            else:
                self.zhubao.cards.decline(household)
        except StorageError as error:
            self.zhubao.tell(error)
        else:
            told = (
                _("换好了，请扫新码；旧码从下次发布起停用。") if digit == 1 else _("记下了，从下次发布起没有办件页。")
            )
            self.app.notify(told, markup=False)
            self.draw_card()
        return True

    def action_help(self) -> None:
        hints = [
            Hint("F4", N_("记问题"), "take_down"), Hint("F9", N_("存图、小条"), "picture"), Hint("1", N_("换一张码")),
            Hint("2", N_("不要办件页")),
        ]  # fmt: skip
        self.app.push_screen(HelpScreen(_(self.HELP_TEXT), hints))

    def action_hide(self) -> None:
        self.zhubao.hide()

    def action_take_down(self) -> None:
        self.zhubao.take_down(self._household_id.partition("#")[0])

    def action_picture(self) -> None:
        """Save the code as a picture and the slip to print, under names that tell nobody whose they are."""
        from zhubao_tui.casepage.pdf import roll_pdf
        from zhubao_tui.workspace.slips import Slips, save

        card = Cards(self.zhubao.workspace).card(self._household_id)  # not the address of an hour
        number = own_number(card.cases[0], self._household_id) if card.cases else card.on.isoformat()
        folder = self.zhubao.workspace.folder
        try:
            self.zhubao.cards.picture(card, folder / f"card-{number}.png")
            slip = Slips(self.zhubao.workspace).slip(self._household_id)
            path = save(folder / f"slip-{number}.pdf", roll_pdf(slip))
        except (NoSuchFolder, StorageError) as error:
            self.zhubao.tell(error)
        else:
            self.app.notify(_("已存成 {path}，图片在旁边").format(path=clean(str(path))), markup=False)
