"""What may go wrong in storage; each error carries data, the words for people are found elsewhere."""

from __future__ import annotations


class StorageError(Exception):
    """Base of all that storage raises on purpose."""


class NotAWorkspace(StorageError):
    """A folder holds no workspace."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no workspace")
        self.name = name


class WorkspaceExists(StorageError):
    """A folder holds a workspace (or something else) already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is in use already")
        self.name = name


class ReadOnlyStore(StorageError):
    """Another app writes here, or the folder can't be written."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is read-only here")
        self.name = name


class JournalUnreadable(StorageError):
    """A file is no journal, or too harmed to use; `reason` is one of `Trouble`'s codes, `detail` says more."""

    def __init__(self, name: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{name}: {reason} {detail}".rstrip())
        self.name, self.reason, self.detail = name, reason, detail


class OtherCommunity(StorageError):
    """A journal or exchange folder belongs to another community."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} belongs to another community")
        self.name = name


class NotAppended(StorageError):
    """A journal was asked for anything but an append."""


class SaveFailed(StorageError):
    """The disk refused; what was to be saved is not saved, everything before it is whole.

    `reason` is one of `full`, `read_only`, `busy`, `disk`.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} could not be saved: {reason}")
        self.name, self.reason = name, reason


class ExchangeNotThere(StorageError):
    """An exchange folder is not there: gone, not plugged in, or without its marker file. Never taken for empty."""

    def __init__(self, name: str) -> None:
        super().__init__(f"exchange folder {name} is not there")
        self.name = name


class NoExchangeFolder(StorageError):
    """What was named can't be an exchange folder: it is a workspace, lies in one, or is a file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} can't be an exchange folder")
        self.name = name


class Locked(StorageError):
    """A sealed workspace is to be read or written, and nobody has unlocked it."""


class WrongPassphrase(StorageError):
    """A passphrase opens nobody's keys here, or a recovery code was written down wrongly."""


class NoKeysHere(StorageError):
    """Nobody has keys in this workspace's folder: they were removed, or a beginning was broken off."""


class WeakPassphrase(StorageError):
    """A new passphrase is too short; `least` characters are needed."""

    def __init__(self, least: int) -> None:
        super().__init__(f"a passphrase of at least {least} characters is needed")
        self.least = least


class KeysUnreadable(StorageError):
    """A file of somebody's keys is harmed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} holds no keys that can be read")
        self.name = name


class NotPlainData(StorageError, ValueError):
    """A value has no place in a record: a fraction, an integer beyond 2^53, a lone surrogate, an object."""


class MediaUnusable(StorageError):
    """An attachment can't be kept or given.

    `reason` is one of `missing`, `unreadable`, `empty`, `too_large`, `harmed`, `locked`, `erased`; of photos also `place_inside`,
    `no_picture`.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason
