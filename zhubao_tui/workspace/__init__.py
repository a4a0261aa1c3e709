"""One folder on disk -> a Community, and the only way to change it."""
