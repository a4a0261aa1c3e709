"""Attachments (附件) of cases: photos and files, kept in `media/`, named in the case's history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.errors import MediaUnusable
from storage.files import replace_whole
from storage.media import Media, read_limited
from storage.record import Ref
from zhubao_tui.community.issues import Case, Issue
from zhubao_tui.community.moves import LARGEST_ATTACHMENT

from .casework import Casework
from .errors import NoSuchFolder
from .photos import TYPES, cleaned, type_of
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that somebody attached to a case."""

    record: Ref
    media: str
    """Its digest, by which `Media` gives it."""
    type: str
    size: int
    """Bytes."""
    caption: str
    author: str
    at: str


@dataclass(slots=True)
class WrittenOut:
    """What of a case's attachments could be written into a folder, and what could not."""

    files: list[Path]
    failed: list[MediaUnusable]


class Attaching:
    """Attach files to cases, and get them back."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _media(self) -> Media:
        """As sealed now: the team key may have changed."""
        return self._workspace.store.media()

    def attach(self, case: Case, file: Path, caption: str = "", issue: Issue | None = None) -> Ref:
        """Attach a file: first it is kept, then the record names it.

        Args:
            case: Where it belongs.
            file: A photo is cleaned of where and when it was taken; its name is not kept.
            caption: What it shows.
            issue: The one of the case's issues that it shows; else the main one.

        Raises:
            MediaUnusable: The file can't be kept.
            MoveRefused: I may not, or the caption is too long; nothing was kept.
        """
        data = cleaned(file.name, read_limited(file))
        kind, size = type_of(data), len(data)
        body: dict[str, object] = {"issue": str((issue or case.main).ref), "type": kind, "size": size}
        if caption.strip():
            body["caption"] = caption.strip()
        casework = Casework(self._workspace)
        if size and size <= LARGEST_ATTACHMENT:  # what is wrong with its size, the media say in their own words
            casework.check("attachment", case, {**body, "media": "0" * 64})
        try:
            digest = self._media.put(data)
        except MediaUnusable as error:
            raise MediaUnusable(file.name, error.reason) from error
        return casework.make("attachment", case, {**body, "media": digest})

    def of(self, case: Case) -> Iterator[Attachment]:
        """A case's attachments, oldest first."""
        for line in case.history:
            entry = self._workspace.community.entry(line.ref) if line.kind == "attachment" and line.effect else None
            if entry is None or not entry.record.body:
                continue
            body = entry.record.body
            caption = body.get("caption")
            yield Attachment(
                line.ref, str(body["media"]), str(body["type"]), int(body["size"]),
                caption if isinstance(caption, str) else "", line.author, line.at,
            )  # fmt: skip

    def write_out(self, case: Case, folder: Path) -> WrittenOut:
        """Write a case's attachments into a folder, numbered in their order; what is not here yet is said.

        Raises:
            NoSuchFolder: The folder can't be made.
            SaveFailed: The disk refused.
        """
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            raise NoSuchFolder(folder.name) from None
        done = WrittenOut([], [])
        for number, one in enumerate(self.of(case), start=1):
            try:
                data = self._media.get(one.media)
            except MediaUnusable as error:
                done.failed.append(error)
                continue
            path = folder / f"{case.number or case.main.ref.journal}-{number}.{_extension(one.type)}"
            replace_whole(path, data)
            done.files.append(path)
        return done


def _extension(kind: str) -> str:
    return next((extension for extension, known in TYPES.items() if known == kind), "bin")
