"""XForm engine: relevance, constraints, calculations, repeats. Pure."""

from .answers import Verdict
from .form import Form, FormUnreadable
from .interview import SPECIALS, Interview
from .positions import Choice, End, Missing, OutlineItem, Position, Question, RepeatPrompt, Reviewed, Section
from .result import Result

__all__ = [
    "SPECIALS", "Choice", "End", "Form", "FormUnreadable", "Interview", "Missing", "OutlineItem", "Position", "Question",
    "RepeatPrompt", "Result", "Reviewed", "Section", "Verdict",
]  # fmt: skip
