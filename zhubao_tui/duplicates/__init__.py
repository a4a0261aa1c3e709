"""How alike two reports are, and which are twins. Pure."""
