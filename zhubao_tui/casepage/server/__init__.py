"""The small server: pages from the laptop, on the spot. Knows nothing of records; a `Desk` answers for it."""
