"""How alike two reports are, and which are twins. Pure: suggests, never decides."""

from .groups import Group, groups
from .index import TwinIndex
from .report import Match, Report, Trait
from .score import LIKELY, LISTED, SURE, compare, score

__all__ = ["LIKELY", "LISTED", "SURE", "Group", "Match", "Report", "Trait", "TwinIndex", "compare", "groups", "score"]
