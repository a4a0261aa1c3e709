"""Joining a sealed community (加入): a further person or laptop asks, with a journal that is only its head."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing, suppress
from operator import attrgetter
from pathlib import Path

from storage.access import EPOCH, WRAP
from storage.errors import KeysUnreadable, NoKeysHere, WeakPassphrase, WrongPassphrase
from storage.exchange import exchange
from storage.files import saving
from storage.keys import (
    SHORTEST,
    Identity,
    fingerprint,
    forget,
    identity_of_code,
    key_files,
    lock_away,
    new_identity,
    public_of,
    unlock,
)
from storage.sealing import sealed_to
from storage.settings import setting, settings_in
from storage.store import Store
from zhubao_tui.community.kinds import LANDMARKS

from .errors import NotCarried, NotTheirCode, PassphraseTaken
from .founding import public, wraps_of_all
from .workspace import ASKED, Now, Progress, Workspace, new_ring, wall_clock

REQUEST = "request"
NOT_YET = ""
"""Value of the setting `ASKED` while a joining has begun and not asked yet."""


def ask_to_join(
    exchange_folder: Path,
    folder: Path,
    community: str,
    name: str,
    passphrase: str,
    *,
    now: Now = wall_clock,
    progress: Progress | None = None,
) -> str:
    """Begin a laptop's workspace of a sealed community and ask to be let in; no record is written before that.

    Returns:
        The fingerprint to read to a team lead.

    Raises:
        WorkspaceExists: `folder` is a workspace already.
        WeakPassphrase: The passphrase is too short.
        SaveFailed: The disk refused.
        NotCarried: The request is made, but could not be written into the exchange folder.
    """
    if len(passphrase.strip()) < SHORTEST:
        raise WeakPassphrase(SHORTEST)
    store = _broken_off(folder, community, now)
    if store is None:
        store = Store.join(folder, community, now=now, landmarks=LANDMARKS, ring=new_ring())
    try:
        store.remember(ASKED, value=NOT_YET)
        exchange(store, exchange_folder, progress=progress)
        told = ask(store, name, passphrase)
        done = exchange(store, exchange_folder)
    finally:
        store.close()
    if done.sent_failed:
        raise NotCarried
    return told


def may_begin(folder: Path) -> bool:
    """Whether a folder that is there looks as if a joining may begin, or go on, in it; asked before a passphrase is."""
    told = settings_in(folder)
    return folder.is_dir() and (told.get(ASKED) in (None, NOT_YET) if told is not None else not any(folder.iterdir()))


def _broken_off(folder: Path, community: str, now: Now) -> Store | None:
    """A joining that a full disk or a kill broke off before it had asked: it may go on, with other keys."""
    told = settings_in(folder)
    if told is None or told.get(ASKED) != NOT_YET or told["community"] != community:
        return None
    for path in key_files(folder):  # nobody has been told of these, nor seen the request with them
        forget(folder, path.stem)
    for path in (folder / "store").glob(f"zb-{str(told['device'])[:8]}-*.json"):
        with saving(path):
            path.unlink()
    return Store.open(folder, now=now, landmarks=LANDMARKS, ring=new_ring())


def ask(store: Store, name: str, passphrase: str) -> str:
    """Make keys for somebody on this laptop and ask for them to be let in; returns their fingerprint.

    The name is sealed to the leads: a stick tells nobody who works here.

    Raises:
        PassphraseTaken: The passphrase opens somebody's keys here already; two files that one opens can't be told apart.
        SaveFailed: The disk refused.
    """
    with suppress(WrongPassphrase, KeysUnreadable, NoKeysHere):
        unlock(store.folder, passphrase)
        raise PassphraseTaken
    identity = new_identity(secrets.token_hex(8))
    lock_away(store.folder, identity, passphrase)
    told: dict[str, object] = {"wrap": identity.wrap}
    epochs = sorted(
        (e for e in store.ledger.of_kinds(EPOCH) if store.founder_key and e.key == store.founder_key),
        key=attrgetter("order"),
    )  # who else may begin one can't be read here yet; leads keep every care key
    if epochs:
        told["name"] = sealed_to(str(epochs[-1].record.body["care"]), name.strip().encode(), REQUEST)
    store.ask(identity, {REQUEST: told})
    store.remember(ASKED, value=identity.sign)
    return fingerprint(store.community, identity.person, store.device, identity.sign, identity.wrap)


def ask_again(folder: Path, name: str, passphrase: str, *, now: Now = wall_clock) -> str:
    """Ask anew with fresh keys on a laptop whose keys were stopped, or whose passphrase is gone; returns the fingerprint.

    Raises:
        WeakPassphrase: The passphrase is too short.
        SaveFailed: The disk refused.
    """
    if len(passphrase.strip()) < SHORTEST:
        raise WeakPassphrase(SHORTEST)
    with closing(Store.open(folder, now=now, landmarks=LANDMARKS, ring=new_ring())) as store:
        if store.must_renew():  # another laptop writes under this one's id and with its keys
            store.renew()
        return ask(store, name, passphrase)


def waits(folder: Path) -> bool:
    """Whether a workspace's laptop has asked to be let in and not heard of it since; raises `NotAWorkspace`."""
    return bool(setting(folder, ASKED))


def exchange_waiting(folder: Path, exchange_folder: Path, *, now: Now = wall_clock) -> bool:
    """Exchange without anybody's keys, as a laptop does that waits to be let in; says whether it has been by now.

    Raises:
        NotCarried: It has not, and its request could not be written there.
    """
    with closing(Store.open(folder, now=now, landmarks=LANDMARKS, ring=new_ring())) as store:
        done = exchange(store, exchange_folder)
        mine = store.recall(ASKED)
        wraps = (entry.record.body.get("wraps") for entry in store.ledger.of_kinds(EPOCH, WRAP))
        let_in = any(mine in one for one in wraps if isinstance(one, Mapping))  # whether it is true, its key must show
    if done.sent_failed and not let_in:
        raise NotCarried
    return let_in


def bring_back(folder: Path, exchange_folder: Path, *, new: bool = False, now: Now = wall_clock) -> None:
    """Mend a sealed workspace that can't be opened, as its files are harmed, from copies in an exchange folder."""
    with closing(Store.open(folder, now=now, landmarks=LANDMARKS, ring=new_ring())) as store:
        exchange(store, exchange_folder, new=new)


def fingerprints_here(folder: Path, *, now: Now = wall_clock) -> list[str]:
    """Fingerprints of everybody who has keys on this laptop, told without unlocking any."""
    store = Store.open(folder, now=now, landmarks=LANDMARKS)
    with closing(store):
        return [
            fingerprint(store.community, row["person"], store.device, row["sign"], row["wrap"])
            for row in map(public_of, key_files(folder))
        ]


def recover(folder: Path, code: str, passphrase: str, *, now: Now = wall_clock) -> Workspace:
    """Let the owner of a recovery code in on this laptop, with new keys behind a new passphrase.

    Raises:
        WrongPassphrase: The code was written down or read wrongly.
        NotTheirCode: It is not the code that is in force here.
        WeakPassphrase: The new passphrase is too short.
        SaveFailed: The disk refused.
    """
    if len(passphrase.strip()) < SHORTEST:
        raise WeakPassphrase(SHORTEST)
    store = Store.open(folder, now=now, landmarks=LANDMARKS, ring=new_ring())
    try:
        workspace = _as_recovered(store, code, now)
        let_in_anew(workspace, passphrase)
    except BaseException:
        store.close()
        raise
    return workspace


def _as_recovered(store: Store, code: str, now: Now) -> Workspace:
    """The workspace as the owner of a recovery code sees it, writing with the code's own keys."""
    identity = identity_of_code(code, store.community, "")
    store.unlock(identity)
    if store.ring is None or not store.ring.epochs:
        raise NotTheirCode
    workspace = Workspace(store, now)
    owner = next((one for one in workspace.community.authority.enrolled() if one.key == identity.sign), None)
    if owner is None or owner.revoked:
        raise NotTheirCode
    store.unlock(Identity(owner.person, identity.secret))
    workspace.sit_as(owner.person)
    return workspace


def let_in_anew(workspace: Workspace, passphrase: str) -> None:
    """Give who is here new keys on this laptop, and write from then on with these."""
    me, store = workspace.community.people[workspace.person], workspace.store
    fresh = new_identity(me.id)
    lock_away(store.folder, fresh, passphrase)
    laptop = me.laptops.get(store.device) or workspace.laptop or workspace.free_laptop()
    with workspace.writing() as batch:
        batch.add("enrol", workspace.enrolment(me.id, me.name, me.role, laptop) | public(fresh))
        for body in wraps_of_all(workspace, {fresh.sign: fresh.wrap}, keeps_care=True):
            batch.add(WRAP, body)
    store.unlock(fresh)
    workspace.became(fresh)
