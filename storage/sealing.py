"""Sealing: what a record's body looks like to whom, under the team's keys.

Each record is sealed by itself (AES-256-GCM, a random nonce, key per journal by HKDF from the team key; journal, seq and kind
as associated data). What is confidential in a kind goes into a `secret` part first, sealed by HPKE to the public half of
the care key. `seen`, `epoch` and `wrap` stay open: order, gaps and keys need no key.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .canonical import canonical, digest, load
from .errors import Locked, MediaUnusable
from .keys import Identity
from .record import Body, Sealed

EPOCH, WRAP = "epoch", "wrap"
SECRET = "secret"  # noqa: S105 - a field's name
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
Confidential = Mapping[str, frozenset[str]]
"""By kind: fields that only leads and helpers may read."""


class Keyring:
    """The team's keys as far as somebody here may use them; empty while nobody has unlocked."""

    def __init__(self, confidential: Confidential | None = None) -> None:
        self.confidential = dict(confidential or {})
        self._epochs: dict[str, bytes] = {}
        self._care: dict[str, X25519PrivateKey] = {}
        self._journals: dict[tuple[str, str], AESGCM] = {}
        self._identity: Identity | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"confidential": self.confidential}  # a cache holds no key

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["confidential"])  # type: ignore[misc]  # as made anew: only the fields, no keys

    # -- keys

    @property
    def epochs(self) -> dict[str, bytes]:
        """Team keys by their ids."""
        return dict(self._epochs)

    @property
    def care(self) -> dict[str, bytes]:
        """Private halves of care keys by their public halves."""
        return {public: key.private_bytes_raw() for public, key in self._care.items()}

    def let_in(self, identity: Identity) -> None:
        """Somebody has unlocked: open what is wrapped for them from now on."""
        self._identity = identity

    def add(self, epoch: bytes) -> str:
        """Learn a team key; returns its id."""
        name = epoch_id(epoch)
        self._epochs[name] = epoch
        return name

    def add_care(self, private: bytes) -> str:
        """Learn a care key; returns its public half."""
        key = X25519PrivateKey.from_private_bytes(private)
        public = key.public_key().public_bytes_raw().hex()
        self._care[public] = key
        return public

    def learn(self, body: Body) -> bool:
        """Open what an `epoch` or `wrap` record holds for who is here; says whether a key was new."""
        if self._identity is None:
            return False
        before = (len(self._epochs), len(self._care))
        epoch, care = body.get("epoch"), body.get("care")
        if isinstance(epoch, str) and epoch not in self._epochs:
            key = self._unwrapped(body.get("wraps"), epoch)
            if key is not None and epoch_id(key) == epoch:
                self.add(key)
        if isinstance(care, str) and care not in self._care:
            key = self._unwrapped(body.get("care_wraps"), care)
            if key is not None and len(key) == 32 and public_of(key) == care:
                self.add_care(key)
        return (len(self._epochs), len(self._care)) != before

    def _unwrapped(self, wraps: object, about: str) -> bytes | None:
        identity = self._identity
        mine = wraps.get(identity.sign) if isinstance(wraps, Mapping) and identity is not None else None
        if not isinstance(mine, str) or identity is None:
            return None
        try:
            return bytes(_SUITE.decrypt(base64.b64decode(mine, validate=True), identity.opener, about.encode()))
        except (InvalidTag, ValueError):
            return None

    # -- bodies

    def unsealed(self, text: str, about: str) -> bytes | None:
        """What `sealed_to` sealed to the public half of a care key that is here; `None` for anything else."""
        public, _, sealed = text.partition(":")
        key = self._care.get(public)
        try:
            return (
                None
                if key is None
                else bytes(_SUITE.decrypt(base64.b64decode(sealed, validate=True), key, about.encode()))
            )
        except (InvalidTag, ValueError):
            return None

    def of_journal(self, journal: str, epoch: str) -> AESGCM | None:
        """What seals and opens a journal's bodies; `None` without its team key."""
        known = self._journals.get((journal, epoch))
        if known is None and (key := self._epochs.get(epoch)) is not None:
            derive = HKDF(hashes.SHA256(), 32, salt=None, info=b"zhubao journal " + journal.encode())
            known = self._journals[journal, epoch] = AESGCM(derive.derive(key))
        return known

    def for_media(self, epoch: str) -> AESGCM | None:
        """What seals and opens attachments under a team key; `None` without it."""
        key = self._epochs.get(epoch)
        if key is None:
            return None
        return AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=b"zhubao media").derive(key))

    def open(self, place: tuple[str, str, str], seq: int, kind: str, text: str) -> dict[str, Any] | None:
        """A sealed body (`place`: journal, epoch, nonce); `None` without its key, or where it is not what it claims."""
        journal, epoch, nonce = place
        key = self.of_journal(journal, epoch)
        if key is None:
            return None
        try:
            data = key.decrypt(bytes.fromhex(nonce), base64.b64decode(text), associated(journal, seq, kind))
            opened = _loaded(data)
        except (InvalidTag, ValueError, RecursionError):
            return None
        return self._revealed(kind, opened) if isinstance(opened, dict) else None

    def _revealed(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """A body with its confidential part, where the care key is here; else without it."""
        if kind not in self.confidential or not isinstance(body.get(SECRET), str):
            return body
        rest = {name: value for name, value in body.items() if name != SECRET}
        data = self.unsealed(body[SECRET], kind)
        try:
            opened = _loaded(data) if data is not None else {}
        except (ValueError, RecursionError):
            return rest
        hidden = self.confidential[kind]  # anything else in there would show leads another record than cadres
        return rest | {name: opened[name] for name in hidden & opened.keys()} if isinstance(opened, dict) else rest


class MediaSeal:
    """Seals attachments under the team key; the same photo gives the same file, so that it is kept once."""

    def __init__(self, ring: Keyring, epoch: str) -> None:
        self._ring, self._epoch = ring, epoch

    def seal(self, data: bytes, digest: str) -> bytes:
        """The team key's id, a nonce that the content's digest gives, and the sealed bytes; raises `Locked`."""
        key = self._ring.for_media(self._epoch)
        if key is None:
            raise Locked("media")
        nonce = sha256(b"zhubao media" + digest.encode()).digest()[:12]
        return bytes.fromhex(self._epoch) + nonce + key.encrypt(nonce, data, b"media")

    def unseal(self, data: bytes, digest: str) -> bytes:
        """Back to the bytes; raises `MediaUnusable` (`locked`) without the key that they were sealed under."""
        key = self._ring.for_media(data[:16].hex())
        try:
            if key is not None:
                return key.decrypt(data[16:28], data[28:], b"media")
        except InvalidTag:
            pass
        raise MediaUnusable(digest[:8], "locked")


class SealingPen:
    """Writes one journal of a sealed workspace."""

    def __init__(self, ring: Keyring, identity: Identity, epoch: str, care: str) -> None:
        """Write under a team key; `care` is the public half of the care key."""
        self._ring, self._identity = ring, identity
        self.epoch, self._care = epoch, care

    def seal(self, journal: str, seq: int, kind: str, body: dict[str, Any]) -> tuple[str, bytes, Sealed]:
        """A body's nonce in hex, its sealed bytes, and what rules see of it."""
        key = self._ring.of_journal(journal, self.epoch)
        if key is None:
            raise KeyError(self.epoch)
        nonce = secrets.token_bytes(12)
        data = key.encrypt(nonce, _plain(self._hidden(kind, body)), associated(journal, seq, kind))
        text = base64.b64encode(data).decode()
        return nonce.hex(), data, Sealed(text, self._ring, (journal, self.epoch, nonce.hex()), seq, kind)

    def _hidden(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        fields = self._ring.confidential.get(kind, frozenset()) & body.keys()
        if not fields:
            return body
        rest = {name: value for name, value in body.items() if name not in fields}
        return rest | {SECRET: sealed_to(self._care, _plain({name: body[name] for name in fields}), kind)}

    def sign(self, record_digest: str) -> str:
        """Ed25519 over a record's digest, 128 hex digits."""
        return self._identity.signer.sign(bytes.fromhex(record_digest)).hex()


def sealed_to(public: str, data: bytes, about: str) -> str:
    """Bytes that only who has a care key's private half can read; `about` binds them to their use."""
    key = X25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return f"{public}:{base64.b64encode(_SUITE.encrypt(data, key, about.encode())).decode()}"


def public_of(private: bytes) -> str:
    """Public half of an X25519 key, 64 hex digits."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw().hex()


def _loaded(data: bytes) -> Any:
    """JSON as an open body may be, to the letter; raises `ValueError`, `RecursionError`."""
    value = load(data.decode())
    canonical(value)
    return value


def _plain(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def associated(journal: str, seq: int, kind: str) -> bytes:
    """What binds a body to its place."""
    return f"{journal}:{seq}:{kind}".encode()


def epoch_id(key: bytes) -> str:
    """A team key's id: 32 hex digits of its digest, so that no other key can claim it."""
    return digest("epoch", key)[:32]


def wrapped(secret: bytes, about: str, keys: Mapping[str, str]) -> dict[str, str]:
    """A secret for several persons on laptops: by signing key (`keys`: its X25519 key), what HPKE made of it."""
    return {
        sign: base64.b64encode(
            _SUITE.encrypt(secret, X25519PublicKey.from_public_bytes(bytes.fromhex(wrap)), about.encode())
        ).decode()
        for sign, wrap in keys.items()
    }


def holds(key: str, sig: str, record_digest: str) -> bool:
    """Whether a signature over a record's digest is that of a key (both in hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(sig), bytes.fromhex(record_digest))
    except (InvalidSignature, ValueError):
        return False
    return True
