"""Exchange (交换): a folder, both ways; what the last one was; joining a community from such a folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import ExchangeNotThere, Locked, SaveFailed
from storage.record import Entry
from storage.store import Intake, Store
from zhubao_tui.community.authority import Authority
from zhubao_tui.community.erasures import Erasures
from zhubao_tui.community.kinds import AUTHORITY, ERASABLE, LANDMARKS

from .workspace import Now, Progress, Workspace, wall_clock

if TYPE_CHECKING:  # an exchange begins after the first screen
    from storage.exchange import Exchanged


class NothingToJoin(ValueError):
    """A folder holds no journal of any community."""


class SeveralCommunities(ValueError):
    """A folder holds journals of more than one community."""


def folder_named(text: str) -> Path:
    """A folder as people write it, `~` included; raises `ExchangeNotThere` where it names nobody's home."""
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError:
        raise ExchangeNotThere(text.strip()) from None


def learn_erasures(store: Store) -> list[Entry]:
    """Have a store erase what the erasures in it name; needs no Community, which belongs to another thread."""
    with store.at_rest():
        erasing = store.ledger.of_kinds("erasure")
        if not erasing:
            return []
        known = store.ledger.of_kinds(*AUTHORITY)
        authority = Authority(known, founder=store.founder, founder_key=store.founder_key, records=store.ledger)
        return store.erase(Erasures(erasing, authority).settled, ERASABLE)


class Exchanging:
    """Bring journals together."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def exchange(
        self,
        folder: Path,
        *,
        new: bool = False,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Exchanged:
        """Unite this workspace with a folder, both ways; see `storage.exchange.exchange` for what is raised.

        Call `took_in` with the result from the thread that owns the workspace.
        """
        store = self._workspace.store
        learn = partial(learn_erasures, store)
        from storage.exchange import exchange

        return exchange(store, folder, new=new, progress=progress, stop=stop, learn=learn)

    def took_in(self, done: Exchanged) -> None:
        """Let what came in take effect and remember when."""
        self._workspace.take(done.entries)
        if self._workspace.sealed:
            from .trust import Trust

            Trust(self._workspace).hand_on()
        if not self._workspace.read_only:
            with suppress(SaveFailed):  # it took place all the same
                self._workspace.store.remember("exchanged", self._workspace.now().isoformat(timespec="seconds"))

    def take_inbox(self) -> Intake:
        """Take in files that somebody copied into `inbox/` by hand."""
        intake = self._workspace.store.absorb_inbox()
        self._workspace.take(intake.entries)
        return intake

    def last(self) -> date | None:
        """Day of the last exchange; `None` before the first."""
        told = self._workspace.store.recall("exchanged")
        try:
            return datetime.fromisoformat(told).date() if isinstance(told, str) else None
        except ValueError:
            return None

    def last_folder(self) -> Path | None:
        """Folder of the last exchange."""
        told = self._workspace.store.recall("exchange_folder")
        return Path(told) if isinstance(told, str) and told else None


@dataclass(frozen=True, slots=True)
class ToJoin:
    """The community whose journals lie in a folder."""

    community: str
    sealed: bool


def to_join(exchange_folder: Path) -> ToJoin:
    """Whose journals lie in a folder.

    Raises:
        NothingToJoin: The folder holds no journals.
        SeveralCommunities: It holds those of several, and no marker says whose it is.
    """
    from storage.exchange import community_marked, heads_in

    heads = heads_in(exchange_folder)
    communities = {head.community for head in heads}
    communities = communities & community_marked(exchange_folder) or communities
    if not communities:
        raise NothingToJoin(exchange_folder.name)
    if len(communities) > 1:
        raise SeveralCommunities(exchange_folder.name)
    (community,) = communities
    return ToJoin(community, any(head.community == community and head.key for head in heads))


def join(exchange_folder: Path, folder: Path, *, now: Now = wall_clock, progress: Progress | None = None) -> Workspace:
    """Begin a further laptop's unprotected workspace: the folder's journals are taken in before anything is written.

    Raises:
        NothingToJoin: The folder holds no journals.
        SeveralCommunities: It holds those of several, and no marker says whose it is.
        Locked: The community is sealed: `joining.ask_to_join` is the way.
        WorkspaceExists: `folder` is a workspace already.
    """
    found = to_join(exchange_folder)
    if found.sealed:
        raise Locked(exchange_folder.name)
    store = Store.join(folder, found.community, now=now, landmarks=LANDMARKS)
    workspace = Workspace(store, now)
    exchanging = Exchanging(workspace)
    exchanging.took_in(exchanging.exchange(exchange_folder, progress=progress))
    return workspace
