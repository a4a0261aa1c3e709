"""Keys (钥匙) of one person on one laptop: made here, locked by that person's passphrase, never copied anywhere.

Ed25519 signs records, X25519 opens what others wrap for this person on this laptop, and a local key seals what never
leaves the laptop (drafts, cache). Argon2id makes the passphrase's key; a file that asks for less than the floor is
refused, one that asks for more than the ceiling, too, as it would only eat the laptop's memory.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .canonical import canonical, digest
from .errors import KeysUnreadable, NoKeysHere, SaveFailed, WeakPassphrase, WrongPassphrase
from .files import replace_whole, saving, small_json

FOLDER = "keys"
SHORTEST = 8
"""Characters of a passphrase."""
_CODE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that is taken for a digit, none that spells words."""
_CODE_LENGTH, _CODE_CHECK = 32, 4
"""160 random bits, and 20 bits that tell a slip of the pen."""
_HEX16 = re.compile(r"[0-9a-f]{16}")
_LENGTH = 96
"""Bytes of what is locked: three keys of 32."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase costs."""

    memory: int = 64 * 1024
    """KiB."""
    iterations: int = 3
    lanes: int = 2


FLOOR = Cost()
_CEILING = Cost(1024 * 1024, 32, 16)


@dataclass(frozen=True)
class Identity:
    """One person's keys on one laptop, unlocked."""

    person: str
    secret: bytes
    """Three keys of 32 bytes: to sign, to open what is wrapped, and for what never leaves this laptop."""

    @cached_property
    def signer(self) -> Ed25519PrivateKey:
        """Signs records."""
        return Ed25519PrivateKey.from_private_bytes(self.secret[:32])

    @cached_property
    def opener(self) -> X25519PrivateKey:
        """Opens what others wrapped for this person on this laptop."""
        return X25519PrivateKey.from_private_bytes(self.secret[32:64])

    @cached_property
    def sign(self) -> str:
        """Public half of the signing key, 64 hex digits; what a journal's head names."""
        return self.signer.public_key().public_bytes_raw().hex()

    @cached_property
    def wrap(self) -> str:
        """Public half of the key that others wrap for, 64 hex digits."""
        return self.opener.public_key().public_bytes_raw().hex()

    @cached_property
    def local(self) -> AESGCM:
        """Seals what never leaves this laptop."""
        return AESGCM(self.secret[64:])

    def __repr__(self) -> str:
        return f"Identity({self.person!r})"


def new_identity(person: str) -> Identity:
    """Fresh keys for a person on this laptop."""
    return Identity(person, secrets.token_bytes(_LENGTH))


def fingerprint(community: str, person: str, device: str, sign: str, wrap: str) -> str:
    """What two people compare by telephone or at a desk: six groups of five digits over keys, laptop and person."""
    number = int(digest("fingerprint", community, person, device, sign, wrap), 16) % 10**30
    digits = f"{number:030}"
    return " ".join(digits[start : start + 5] for start in range(0, 30, 5))


# -- the file


def lock_away(folder: Path, identity: Identity, passphrase: str, cost: Cost | None = None) -> None:
    """Write a person's keys into a workspace's folder, locked; replaces an older file of that person.

    Raises:
        WeakPassphrase: It is shorter than `SHORTEST`.
        SaveFailed: The disk refused; the older file is as it was.
    """
    if len(passphrase.strip()) < SHORTEST:
        raise WeakPassphrase(SHORTEST)
    cost = cost or FLOOR
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    row = {
        "format": 1, "person": identity.person, "sign": identity.sign, "wrap": identity.wrap, "kdf": "argon2id",
        "memory": cost.memory, "iterations": cost.iterations, "lanes": cost.lanes, "salt": salt.hex(),
    }  # fmt: skip
    locked = AESGCM(_stretch(passphrase, salt, cost)).encrypt(nonce, identity.secret, canonical(row))
    row |= {"nonce": nonce.hex(), "locked": base64.b64encode(locked).decode()}
    row["sum"] = _sum(row)
    path = folder / FOLDER / f"{identity.person}.json"
    with saving(path):
        path.parent.mkdir(exist_ok=True)
    replace_whole(path, json.dumps(row).encode())


def key_files(folder: Path) -> list[Path]:
    """Files of all who have keys in a workspace's folder."""
    try:
        return sorted(path for path in (folder / FOLDER).iterdir() if _HEX16.fullmatch(path.stem))
    except OSError:
        return []


def unlock(folder: Path, passphrase: str) -> Identity:
    """Say by a passphrase who is there: every person's file is tried, as no file names anybody.

    Raises:
        NoKeysHere: There are none.
        WrongPassphrase: It opens none of them.
        KeysUnreadable: It opens none, and a file is harmed.
    """
    harmed: KeysUnreadable | None = None
    files = key_files(folder)
    if not files:
        raise NoKeysHere
    for path in files:
        try:
            return _unlocked(path, passphrase)
        except WrongPassphrase:
            continue
        except KeysUnreadable as error:
            harmed = error
    raise harmed or WrongPassphrase


@dataclass(frozen=True, slots=True)
class _File:
    """A file of keys as it is read, not opened."""

    person: str
    cost: Cost
    salt: bytes
    nonce: bytes
    sealed: bytes
    bound: bytes


def examine(path: Path) -> None:
    """Look at a file of keys without opening it; raises `KeysUnreadable`."""
    _read(path)


def _unlocked(path: Path, passphrase: str) -> Identity:
    found = _read(path)
    try:
        stretched = _stretch(passphrase, found.salt, found.cost)
        return Identity(found.person, AESGCM(stretched).decrypt(found.nonce, found.sealed, found.bound))
    except InvalidTag:
        raise WrongPassphrase from None


def _read(path: Path) -> _File:
    try:
        row = small_json(path)
        told = row.pop("sum", None)
        if told is not None and told != _sum(row):  # else a harmed file would read as a wrong passphrase
            raise KeysUnreadable(path.name)
        cost = Cost(*(_count(row[name]) for name in ("memory", "iterations", "lanes")))
        salt, nonce, locked = bytes.fromhex(row.pop("salt")), bytes.fromhex(row.pop("nonce")), row.pop("locked")
        sealed = base64.b64decode(locked, validate=True)
        bound = canonical(row | {"salt": salt.hex()})
        person = str(row["person"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeysUnreadable(path.name) from error
    if person != path.stem or row.get("kdf") != "argon2id" or len(salt) != 16 or len(nonce) != 12 or not _fair(cost):
        raise KeysUnreadable(path.name)
    if len(sealed) != _LENGTH + 16:
        raise KeysUnreadable(path.name)
    return _File(person, cost, salt, nonce, sealed, bound)


def _sum(row: dict[str, Any]) -> str:
    """Digest of all else in a file of keys; older files have none."""
    return digest("file of keys", canonical(row))


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("not a count")
    return value


def _fair(cost: Cost) -> bool:
    return (
        FLOOR.memory <= cost.memory <= _CEILING.memory
        and FLOOR.iterations <= cost.iterations <= _CEILING.iterations
        and cost.lanes <= _CEILING.lanes
    )


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    derive = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory)
    return derive.derive(passphrase.strip().encode("utf-8", "surrogatepass"))


# -- the recovery code


def new_code() -> str:
    """A recovery code (恢复码), to be printed once: nine groups of four letters and digits."""
    plain = "".join(secrets.choice(_CODE) for _ in range(_CODE_LENGTH))
    whole = plain + _checked(plain)
    return "-".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def identity_of_code(code: str, community: str, person: str) -> Identity:
    """The keys that a recovery code stands for: a further laptop of the founder, so to say, that exists on paper only.

    Blanks, hyphens and lower case don't matter, nor do the full-width forms that a Chinese input method gives.

    Raises:
        WrongPassphrase: It is no recovery code: a letter was read wrongly.
    """
    letters = unicodedata.normalize("NFKC", code).upper().translate(str.maketrans("OIL", "011"))
    plain = "".join(letter for letter in letters if letter in _CODE)
    if len(plain) != _CODE_LENGTH + _CODE_CHECK or _checked(plain[:_CODE_LENGTH]) != plain[_CODE_LENGTH:]:
        raise WrongPassphrase
    derive = HKDF(hashes.SHA256(), _LENGTH, salt=bytes.fromhex(community), info=b"zhubao recovery code")
    return Identity(person, derive.derive(plain[:_CODE_LENGTH].encode()))


def _checked(plain: str) -> str:
    number = int(digest("recovery code", plain), 16)
    return "".join(_CODE[(number >> (5 * place)) % 32] for place in range(_CODE_CHECK))


# -- what never leaves this laptop


def seal_locally(identity: Identity, data: bytes, about: bytes) -> bytes:
    """Seal bytes for this person on this laptop; `about` binds them to their place."""
    nonce = secrets.token_bytes(12)
    return nonce + identity.local.encrypt(nonce, data, about)


def open_locally(identity: Identity, data: bytes, about: bytes) -> bytes:
    """Open what `seal_locally` gave; raises `ValueError` for anything else."""
    try:
        return identity.local.decrypt(data[:12], data[12:], about)
    except (InvalidTag, ValueError) as error:
        raise ValueError("not sealed with this key") from error


def public_of(path: Path) -> dict[str, str]:
    """What a file of keys says without being opened: `person`, `sign`, `wrap`; raises `KeysUnreadable`."""
    try:
        row = small_json(path)
        return {name: str(row[name]) for name in ("person", "sign", "wrap")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KeysUnreadable(path.name) from error


def forget(folder: Path, person: str) -> None:
    """Remove a person's keys from this laptop; raises `SaveFailed`."""
    path = folder / FOLDER / f"{person}.json"
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SaveFailed(path.name, "busy") from error
