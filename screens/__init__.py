"""Textual screens and widgets of zhubao_tui, each with its .tcss."""

OWNER = "zhubao_tui"
"""Whose `screens` this is; see `storage.OWNER`."""
