"""Kinds of records (记录) that the fold knows, grouped by what they touch; `docs/records.md` gives each one's body."""

from __future__ import annotations

AUTHORITY = frozenset({"enrol", "revoke", "role", "adoption", "settings", "epoch"})
"""Who may do what, and which team key is in force: folded first."""

PLACES = frozenset(
    {"roster", "moved_in", "resident", "visit", "consent", "response", "care", "token", "proposed", "settled"}
)
"""Doors, who lives behind them, what was asked there."""

REPORTS = frozenset({"report", "import"})
"""Each makes an issue."""

DECISIONS = frozenset({"merge", "split", "distinct"})
"""What leads decide about which issues are one."""

MOVES = frozenset(
    {
        "support", "claim", "assign", "start", "transfer", "note", "recategorise", "reword", "resolve", "confirm",
        "close_unanswered", "reopen", "postpone", "resume", "reject", "withdraw", "attachment",
    }
)  # fmt: skip
"""What may happen to a case once it is there."""

CASES = REPORTS | DECISIONS | MOVES | frozenset({"personal", "undo", "accept"})
"""Everything that a component of linked issues is replayed from."""

PRIVACY = frozenset({"erasure", "export_log"})
"""What a team lead had erased, and who took out names unmasked."""

ERASABLE = frozenset({"personal", "response", "care", "resident", "token", "proposed", "settled"})
"""All that an erasure can take: what says who somebody is, or what they said."""

DOORSTEP = PLACES | REPORTS | frozenset({"support", "personal"})
"""Doorstep facts: they need only that their author is enrolled anywhere in the set, as one who goes to doors."""

LANDMARKS = AUTHORITY | {"moved_in", "erasure"}
"""What the ledger must track in every record's causal past: rights rest on it, whether two occupancies of one door were
begun without knowing of each other, and which laptops know of an erasure."""
