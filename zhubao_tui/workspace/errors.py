"""Errors of the services: whoever puts one into words, or catches it, needs its class, not its service."""

from __future__ import annotations

from collections.abc import Sequence


class DraftUnusable(ValueError):
    """An unfinished interview can't be resumed: its form or one of its steps is not understood."""


class AnswersUnusable(ValueError):
    """A file of answers, or one answer in it, can't be used; `name` says which."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


class PartlyTaken(ValueError):
    """Answers of a file were refused, and what they had written already could not be undone; the draft stays."""


class CountsOnly(ValueError):
    """An observer asked for more than counts."""


class NoSuchFolder(ValueError):
    """A file is to be written into a folder that is not there, or under the name of a folder."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no such folder: {name}")
        self.name = name


class UnknownCase(ValueError):
    """No case, or no one case, bears this number or id."""


class NumberTwice(UnknownCase):
    """A number stands for two cases: laptops that had not heard of each other gave it out."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(name)
        self.name, self.issues = name, tuple(ids)
        self.count = len(ids)


class MoveRefused(ValueError):
    """A move would have no effect, or has none; `reason` as in `community.replay.Problem`.

    `field` names what was not given, or not as it must be, where that is the reason.
    """

    def __init__(self, move: str, reason: str, field: str = "") -> None:
        super().__init__(f"{move}: {reason}")
        self.move, self.reason, self.field = move, reason, field


class IncompleteReport(ValueError):
    """A report lacks something; `field` says what: `words`, `category`, `place`, `urgency` or `remark`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"a report needs {field}")
        self.field = field


class NotAgreed(ValueError):
    """A household that did not agree to be recorded was to be named. Nothing was written."""


class NoPage(ValueError):
    """A household that did not agree to a case page was to have one. Nothing was written."""


class PagesError(ValueError):
    """Pages can't be published as asked; `name` is the folder's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NoPagesFolder(PagesError):
    """The folder holds something else than case pages, or its parent is not there."""


class OtherPages(PagesError):
    """The folder holds another community's pages."""


class PagesAhead(PagesError):
    """The folder's pages rest on records that are not here: publishing would end pages that this laptop knows nothing of."""


class PagesNotWhole(PagesError):
    """A folder of pages lacks something, or was changed on its way."""


class PagesUnsigned(PagesError):
    """A folder of pages bears no signature of a team lead of this community."""


class PagesOlder(PagesError):
    """The folder holds a later publication than the one that is to be brought there."""


class BadAddress(ValueError):
    """A base address is set that no configuration of a web server can hold."""


class PassphraseTaken(ValueError):
    """A new passphrase opens keys that are on this laptop already."""


class AddressTaken(ValueError):
    """Pages can't be served at this address and port; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotTheirCode(ValueError):
    """A recovery code is well written, but it is not this community's, or was replaced by a newer one."""


class NotCarried(ValueError):
    """A request to be let in could not be written into the exchange folder; it waits on this laptop."""


class TooSoon(ValueError):
    """After wrong passphrases one has to wait: `seconds` more."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class ColumnsMissing(ValueError):
    """A table lacks columns that must be there."""

    def __init__(self, missing: Sequence[str], found: Sequence[str]) -> None:
        super().__init__(f"missing columns: {', '.join(missing)}")
        self.missing, self.found = tuple(missing), tuple(found)


class TableUnreadable(ValueError):
    """A file is no table that we read; `reason`: `missing`, `kind`, `encoding`, `damaged`, `quotes`, `empty`, `too_large`."""

    def __init__(self, name: str, reason: str, row: int = 0) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason
        self.row = row
        """Where it is damaged, if that is known."""
