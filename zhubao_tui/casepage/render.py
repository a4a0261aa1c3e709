"""Pages as HTML: one template and one inlined stylesheet, no script, every text escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from . import words
from .page import STEPS, Page

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

ON_PAPER = 10
"""Cases that one A5 sheet has room for, as `style.css` prints them."""
SMALLEST = 16_384
"""Bytes of the smallest page: most have this size, so that it tells nothing."""


_DIALLED = re.compile(r"\+?[0-9][0-9 -]{3,20}[0-9]")


@cache
def style() -> str:
    """The one stylesheet."""
    return (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")


@cache
def policy(*, form: bool = False) -> str:
    """The content security policy (CSP) that pages are made for: no script, no address but this one, our own style.

    Args:
        form: Let the page send a form to where it came from, as only `serve` can take one.
    """
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    target = "'self'" if form else "'none'"
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {target}"


@cache
def environment() -> Environment:
    """Jinja with the texts for households at hand; whoever adds templates takes an overlay of it."""
    import jinja2
    from markupsafe import Markup

    made = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, loader=jinja2.PackageLoader(str(__package__)),
        keep_trailing_newline=True,
    )  # fmt: skip
    made.globals.update(
        style=Markup(style()),  # noqa: S704 - our own file
        policy=policy(), steps=STEPS, say=words.say, day=words.day, status=words.status, next_step=words.next_step,
        late=words.late, post=words.post, on_paper=ON_PAPER, call=_call,
    )  # fmt: skip
    return made


def case_page(page: Page) -> bytes:
    """One household's page, in both languages."""
    title = " · ".join(words.TEXT["title"])
    return padded(environment().get_template("page.html").render(page=page, title=title))


def _call(phone: str) -> str | Markup:
    """A telephone as a link that dials it, where it is nothing but digits: one touch, and nobody has to copy it."""
    from markupsafe import Markup, escape

    if not _DIALLED.fullmatch(phone):
        return phone
    digits = "".join(char for char in phone if char.isdecimal() or char == "+")
    return Markup('<a href="tel:{}">{}</a>').format(digits, escape(phone))


LEVELS = ("door", "unit", "building", "estate", "around")
"""At or around its home: where a further trouble may be that a household writes down itself; `community.places` has them."""
BUTTONS = {"yes": "ask_yes", "no": "ask_no", "more": "more_send"}
"""By what a form says: what stands on its button."""
SHORTEST_WORDS, LONGEST_WORDS = 2, 200
"""Characters that a household may send from its page."""


def served_page(page: Page, tickets: Sequence[str], ticket: str, waiting: int) -> bytes:
    """One household's page as only the laptop serves it: it can be answered.

    Args:
        page: What it shows.
        tickets: Of each case what its answer must bring along; empty where none is waited for.
        ticket: The same for a further trouble; empty where no more are taken.
        waiting: Troubles that it wrote down and nobody has looked at yet; their words stand nowhere.
    """
    title = " · ".join(words.TEXT["title"])
    return padded(
        environment().get_template("served.html").render(
            page=page, title=title, tickets=tickets, ticket=ticket, waiting=waiting, levels=LEVELS,
            longest=LONGEST_WORDS, policy=policy(form=True),
        )
    )  # fmt: skip


def served_notice(key: str, phone: str, back: str, sent: Mapping[str, str]) -> bytes:
    """That something which was sent was not taken, why, and the way back to the page; what was written stays in the form."""
    again = {"words": ""} | dict(sent) if sent.get("say") in BUTTONS else {}
    return _notice(
        key, phone, back=back, again=again, buttons=BUTTONS, longest=LONGEST_WORDS, policy=policy(form=True)
    )  # fmt: skip


def gone_page(phone: str) -> bytes:
    """What a renewed, withdrawn or unknown token shows: that it is not in use, and whom to call; not whose it was."""
    return _notice("gone", phone)


def index_page(phone: str) -> bytes:
    """The folder's own page: it reveals nothing."""
    return _notice("index", phone)


def _notice(key: str, phone: str, **more: object) -> bytes:
    title = " · ".join(words.TEXT[key])
    fields = {"back": "", "again": {}, "key": key, "phone": phone, "title": title} | more
    return padded(environment().get_template("notice.html").render(fields))


def padded(text: str) -> bytes:
    """Bring a page to the next power of two, from `SMALLEST` up: its size tells no more than how often that doubled."""
    data = text.encode()
    size = SMALLEST
    while size < len(data):
        size *= 2
    return data + b"\n" * (size - len(data))
