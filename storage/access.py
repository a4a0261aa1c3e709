"""Who has unlocked their keys here, and what those open, seal and sign; in an unprotected workspace nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Locked
from .record import Entry, Head

if TYPE_CHECKING:  # an unprotected workspace needs none of it
    from .keys import Identity
    from .media import Media
    from .sealing import Keyring, SealingPen

EPOCH, WRAP = "epoch", "wrap"
"""Kinds of records that carry keys."""


class Access:
    """The keys that this process has of a workspace."""

    def __init__(self, name: str, ring: Keyring | None, *, sealed: bool) -> None:
        """Begin with nobody here; `name` is the workspace's, for errors."""
        self.identity: Identity | None = None
        """Keys of who is here; `None` while nobody has unlocked, and in an unprotected workspace."""
        self.ring = ring
        """The team's keys, as far as who is here may use them; `None` in an unprotected workspace."""
        self.sealed = sealed
        """Whether bodies are sealed and records signed here."""
        self.learned = 0
        """Counts keys that came in: what was unreadable before may be read now."""
        self._name = name
        self._epoch, self._care = "", ""
        """Id of the team key in force, and public half of the care key."""

    @property
    def is_open(self) -> bool:
        """Whether anybody is here whose records could be sealed, where they must be."""
        return not self.sealed or self.identity is not None

    def let_in(self, identity: Identity, carriers: Iterable[Entry]) -> None:
        """Open for somebody what was wrapped for them; `carriers` are all records that carry keys."""
        self.identity = identity
        if self.ring is not None:
            self.ring.let_in(identity)
            self.learn(carriers)

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take the keys out of records that came in."""
        if self.ring is not None:
            bodies = [entry.record.body for entry in entries if entry.record.kind in (EPOCH, WRAP)]
            self.learned += sum([self.ring.learn(body) for body in bodies])

    def seal_under(self, epoch: str, care: str) -> None:
        """Say which team key is in force, and the public half of the care key."""
        self._epoch, self._care = epoch, care

    def signs_as(self) -> tuple[str, str]:
        """Signing key and team key of journals that are begun now; both empty in an unprotected workspace."""
        return (self.identity.sign, self._epoch) if self.identity is not None else ("", "")

    def must_have_key_of(self, head: Head) -> None:
        """Raise `Locked` where a journal's records are to be sealed with a key that is not here."""
        if self.sealed and (self.ring is None or self.ring.of_journal(head.journal, head.epoch) is None):
            raise Locked(self._name)

    def must_be_open(self) -> None:
        """Raise `Locked` where somebody must unlock first."""
        if not self.is_open:
            raise Locked(self._name)

    def pen(self, head: Head) -> SealingPen | None:
        """What seals and signs a journal's records; `None` in an unprotected workspace, raises `Locked`."""
        self.must_be_open()
        self.must_have_key_of(head)
        if self.ring is None or self.identity is None or not self.sealed:
            return None
        from .sealing import SealingPen

        return SealingPen(self.ring, self.identity, head.epoch, self._care)

    def media(self, folder: Path) -> Media:
        """Attachments in a folder; in a sealed workspace they are sealed, too."""
        from .media import Media

        if self.ring is None:
            return Media(folder)
        from .sealing import MediaSeal

        seal = MediaSeal(self.ring, self._epoch)
        return Media(folder, seal.seal, seal.unseal)
