"""The functions of ODK XForms, with JavaRosa's idea of each; source: the ODK XForms specification and JavaRosa's results."""

from __future__ import annotations

from . import conditions, days, nodes, numbers, places, texts
from .registry import FUNCTIONS

__all__ = ["FUNCTIONS", "conditions", "days", "nodes", "numbers", "places", "texts"]
