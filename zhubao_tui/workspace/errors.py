"""Errors of services that are slow to import: whoever puts an error into words needs its class, not its service."""

from __future__ import annotations


class DraftUnusable(ValueError):
    """An unfinished interview can't be resumed: its form or one of its steps is not understood."""


class AnswersUnusable(ValueError):
    """A file of answers, or one answer in it, can't be used; `name` says which."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


class CountsOnly(ValueError):
    """An observer asked for more than counts."""


class NoSuchFolder(ValueError):
    """A file is to be written into a folder that is not there, or under the name of a folder."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no such folder: {name}")
        self.name = name
