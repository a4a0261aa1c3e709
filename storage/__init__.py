"""Append-only journals, their union, drafts and exchange. Knows nothing of households."""

OWNER = "zhubao_tui"
"""Whose `storage` this is: the program checks it, since another package could carry this common name."""
