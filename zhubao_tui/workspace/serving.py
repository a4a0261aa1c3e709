"""Serving (现场看): pages from the laptop, and what households say there, as records of whoever serves."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from time import monotonic, perf_counter

from storage.errors import StorageError
from zhubao_tui.casepage.render import LEVELS, LONGEST_WORDS, SHORTEST_WORDS, served_page
from zhubao_tui.casepage.server.desk import Taken
from zhubao_tui.casepage.server.limits import Allowance, Clock
from zhubao_tui.community.doors import Household
from zhubao_tui.community.issues import Case, Report, Status

from .casework import Casework
from .errors import MoveRefused
from .neighbourhood import Neighbourhood
from .pages import Pages
from .workspace import Workspace

ANSWER_SECONDS = 60
"""Between two things that one household says."""
ANSWERS_A_SECOND, ANSWERS_AT_ONCE = 0.5, 30
"""Of all households together."""
MOST_WAITING = 3
"""Troubles of one household that wait to be looked at; no more are taken until somebody has."""
HOUSEHOLDS = 100_000
ANSWERABLE = frozenset({Status.RESOLVED, Status.UNANSWERED})
LOOK_SECONDS = 1.0
"""Between two looks for what other programs wrote here, and never more than a twentieth of the time."""
LOOK_SHARE = 20


class Serving:
    """The desk behind the server."""

    def __init__(
        self, workspace: Workspace, look: Callable[[], object] = lambda: None, clock: Clock = monotonic
    ) -> None:
        """Serve a workspace; `look` takes in what came from elsewhere, where nobody else does."""
        self._workspace, self._look, self._clock = workspace, look, clock
        self._casework = Casework(workspace)
        self._key = secrets.token_bytes(32)
        """Nothing that somebody sends is compared with a token: only digests under this key are."""
        self._known: tuple[int, object] | None = None
        self._living: dict[bytes, Household] = {}
        self._pages = Pages(workspace)
        self._next_look = 0.0
        self._households = Allowance(1 / ANSWER_SECONDS, 1, HOUSEHOLDS, clock)
        self._everybody = Allowance(ANSWERS_A_SECOND, ANSWERS_AT_ONCE, 1, clock)
        self.answers = 0
        self.proposals = 0

    @property
    def phone(self) -> str:
        """The community office's."""
        return self._pages.phone

    def page(self, token: str) -> bytes | None:
        """The page that a token opens now; `None` of any other text."""
        household = self._household(token)
        if household is None:
            return None
        waiting = len(household.proposals)
        tickets = [self._ticket(token, case) for case in self._pages.cases(household)]
        ticket = self._ticket(token) if waiting < MOST_WAITING else ""
        return served_page(self._pages.page(household), tickets, ticket, waiting)

    def board(self) -> bytes | None:
        """The neighbourhood board, where a team lead has put it up."""
        self._refresh()
        neighbourhood = Neighbourhood(self._workspace)
        return neighbourhood.page() if neighbourhood.is_public else None

    def take(self, token: str, fields: Mapping[str, str]) -> Taken:
        """Write down what a household sent from its page: an answer or a further trouble."""
        household = self._household(token)
        if household is None:
            return Taken.UNKNOWN
        if not self._workspace.may_write:
            return Taken.UNSAVED
        said, ticket = fields.get("say", ""), fields.get("ticket", "")
        words = "\n".join(fields.get("words", "").split("\r\n")).strip()
        shortest = SHORTEST_WORDS if said == "more" else 0
        if not shortest <= len(words) <= LONGEST_WORDS or "\0" in words:
            return Taken.BAD_WORDS
        case = next((c for c in self._pages.cases(household) if self._is_ticket(ticket, token, c)), None)
        is_proposal = said == "more" and self._is_ticket(ticket, token) and len(household.proposals) < MOST_WAITING
        if not is_proposal and (case is None or said not in ("yes", "no")):
            return Taken.STALE
        if not self._households.has(household.id) or not self._everybody.take(""):
            return Taken.TOO_SOON
        self._households.take(household.id)
        try:
            if case is not None:
                self._answer(token, household, case, said == "yes", words)
            else:
                self._propose(token, household, fields.get("level", ""), words)
        except MoveRefused:
            return Taken.STALE
        except StorageError:  # the disk is full, another program has the workspace: the household must hear of it
            return Taken.UNSAVED
        return Taken.DONE

    def _answer(self, token: str, household: Household, case: Case, yes: bool, words: str) -> None:  # noqa: FBT001 - one of two answers
        report = own_report(case, household)
        body = {"issue": str(report.issue), "of": str(report.ref), "yes": yes, "way": "page",
                "on": self._workspace.today().isoformat(), "token": token_mark(token)}  # fmt: skip
        self._casework.make("confirm", case, body, {"household": household.id, "note": words})
        self.answers += 1

    def _propose(self, token: str, household: Household, level: str, words: str) -> None:
        body: dict[str, object] = {
            "household": household.id, "words": words, "level": level if level in LEVELS else "unit", "via": "page",
            "on": self._workspace.today().isoformat(), "token": token_mark(token),
        }  # fmt: skip
        self._workspace.write("proposed", body)
        self.proposals += 1

    # -- what opens what

    def _household(self, token: str) -> Household | None:
        self._refresh()
        return self._living.get(self._digest(token))

    def _refresh(self) -> None:
        """Know what is known now: a code that was renewed a moment ago opens nothing."""
        if self._clock() >= self._next_look:
            begun = perf_counter()
            with suppress(StorageError):  # what is here goes on being shown
                self._look()
            self._next_look = self._clock() + max(LOOK_SECONDS, LOOK_SHARE * (perf_counter() - begun))
        now = (self._workspace.version, self._workspace.today())
        if now != self._known:
            self._known, self._pages = now, Pages(self._workspace)
            self._living = {self._digest(token): one for token, one in self._pages.living().items()}

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), "sha256")

    def _ticket(self, token: str, case: Case | None = None) -> str:
        """What a form must bring along: made for this page, this case and its latest «done»; of others none is made."""
        if case is None:
            return self._digest("more", token).hex()
        if case.status not in ANSWERABLE:
            return ""
        done = [str(line.ref) for line in case.history if line.kind == "resolve" and line.effect]
        return self._digest("answer", token, case.id, *done[-1:]).hex()

    def _is_ticket(self, ticket: str, token: str, case: Case | None = None) -> bool:
        return hmac.compare_digest(ticket.encode(), (self._ticket(token, case) or secrets.token_hex()).encode())


def own_report(case: Case, household: Household) -> Report:
    """The report or support by which a household follows a case."""
    return next(report for report in case.reports if report.behind and report.follower == household.id)


def token_mark(token: str) -> str:
    """What a record keeps of the token through which it came: enough to compare, nothing to open a page with."""
    return sha256(f"zhubao page {token}".encode()).hexdigest()
