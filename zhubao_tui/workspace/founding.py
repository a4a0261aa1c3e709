"""Founding a sealed community (新建加密社区): its founder's keys, the first team key, and the recovery code on paper."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from storage.errors import WeakPassphrase
from storage.keys import SHORTEST, Identity, identity_of_code, lock_away, new_code, new_identity
from storage.sealing import Keyring, wrapped
from storage.store import Store
from zhubao_tui.community.kinds import LANDMARKS

from .workspace import Now, Workspace, new_ring, wall_clock


class Founded(NamedTuple):
    """A community that was just begun."""

    workspace: Workspace
    code: str
    """The recovery code: printed once, kept nowhere."""


def found(
    folder: Path, community_name: str, founder: str, passphrase: str, *, office_phone: str = "", now: Now = wall_clock
) -> Founded:
    """Begin a sealed community; the founder becomes its first team lead, on laptop 1.

    Raises:
        WorkspaceExists: The folder holds something already.
        WeakPassphrase: The passphrase is too short.
        ValueError: A name is empty.
        SaveFailed: The disk refused.
    """
    if not community_name.strip() or not founder.strip():
        raise ValueError("a community and its founder need a name")
    if len(passphrase.strip()) < SHORTEST:
        raise WeakPassphrase(SHORTEST)
    person, code, ring = secrets.token_hex(8), new_code(), new_ring()
    identity = new_identity(person)
    store = Store.create(folder, person, now=now, landmarks=LANDMARKS, identity=identity, ring=ring)
    lock_away(folder, identity, passphrase)
    epoch = begin_epoch(ring)
    store.seal_under(*epoch)
    store.unlock(identity)
    workspace = Workspace(store, now)
    workspace.sit_as(person)
    recovery = identity_of_code(code, store.community, person)
    settings = {"name": community_name.strip(), "office_phone": office_phone.strip()}
    with workspace.writing() as batch:
        batch.add("enrol", workspace.enrolment(person, founder, "team_lead", 1) | public(identity))
        batch.add("epoch", wraps_of(ring, epoch, [identity, recovery], [identity, recovery]) | {"begins": True})
        batch.add("enrol", recovery_enrolment(workspace, person, founder, recovery))
        batch.add("settings", {name: value for name, value in settings.items() if value})
    return Founded(workspace, code)


def begin_epoch(ring: Keyring) -> tuple[str, str]:
    """Make a team key and a care key; returns the id of the one and the public half of the other."""
    return ring.add(secrets.token_bytes(32)), ring.add_care(secrets.token_bytes(32))


def public(identity: Identity) -> dict[str, object]:
    """What an `enrol` says of somebody's keys on a laptop."""
    return {"key": identity.sign, "wrap": identity.wrap}


def recovery_enrolment(workspace: Workspace, person: str, name: str, recovery: Identity) -> dict[str, object]:
    """Body of the `enrol` of a recovery code: a laptop of its owner's that exists on paper only."""
    body: dict[str, object] = {"person": person, "name": name.strip(), "role": "team_lead", "recovery": True}
    return body | {"device": ""} | public(recovery)


def wraps_of(
    ring: Keyring, epoch: tuple[str, str], members: list[Identity], keepers: list[Identity]
) -> dict[str, object]:
    """Body of an `epoch` or `wrap` record for people whose keys are at hand; `keepers` may read care needs, too."""
    return wraps_for(ring, epoch, {m.sign: m.wrap for m in members}, {k.sign: k.wrap for k in keepers})


def wraps_of_all(workspace: Workspace, keys: dict[str, str], *, keeps_care: bool) -> list[dict[str, object]]:
    """Bodies of `wrap` records that give somebody every team key there was, so that they can read what is old, too.

    Args:
        workspace: Whose ring has the keys.
        keys: By signing key: the key to wrap for.
        keeps_care: Whether they get the care keys as well.
    """
    ring = workspace.store.ring
    known = [pair for pair in workspace.community.authority.epochs() if ring is not None and pair[0] in ring.epochs]
    return [wraps_for(ring, pair, keys, keys if keeps_care else {}) for pair in known if ring is not None]


def wraps_for(
    ring: Keyring, epoch: tuple[str, str], members: dict[str, str], keepers: dict[str, str]
) -> dict[str, object]:
    """The same, by signing key and the key to wrap for."""
    name, care = epoch
    return {
        "epoch": name,
        "care": care,
        "wraps": wrapped(ring.epochs[name], name, members),
        "care_wraps": wrapped(ring.care[care], care, keepers) if care in ring.care else {},
    }
