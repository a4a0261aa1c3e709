"""One folder on disk -> a Community, and the only way to change it: a `Workspace` and one small service per area."""
