"""Secrets: from the environment, or sealed in the database for exactly the row that they stand in.

AES-256-GCM; the authenticated context is "secrets:<name>", so a sealed value that is moved to another row does not
open. Keys come from USHER_SECRET_KEYS: the first seals, all open, and each row says which one sealed it.

The environment goes before the store. A connector may rotate a secret while it runs (a session cookie); what it was
rotated to is stored together with a hash of the value from the environment that it came from, inside the sealed
content, and is used as long as the environment still holds that value. So a new value in the environment always wins.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, Transaction
from storage.errors import SecretKeysMalformed, SecretKeysMissing, SecretNameInvalid, SecretUnreadable
from storage.tables import Secret
from storage.upsert import insert_into

ENVIRONMENT_PREFIX: Final = "USHER_SECRET_"
_KEY_BYTES, _NONCE_BYTES = 32, 12  # AES-256; the nonce size that GCM is made for (NIST SP 800-38D)
#: short and in lower case, so that a secret which is given in its place does not pass
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
#: what a name could be before that; under one that is in use a secret is found, but none is stored any more
_FORMER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_RESERVED = {"keys"}  # USHER_SECRET_KEYS


class Keyring:
    """The keys that open sealed values; the first of them seals."""

    def __init__(self, keys: list[bytes]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # eight megabytes, of no use without a key

        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self.first = key_id(keys[0])

    @classmethod
    def from_setting(cls, setting: str) -> Keyring:
        """Reads USHER_SECRET_KEYS; raises `SecretKeysMalformed`, which says how a key is made."""
        keys = [_decode(part.strip(), position) for position, part in enumerate(setting.split(","), start=1)]
        return cls(keys)

    def seal(self, content: bytes, *, context: str) -> bytes:
        """Encrypts with the first key, for this context only."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[self.first].encrypt(nonce, content, context.encode())

    def unseal(self, sealed: bytes, *, sealed_with: str, context: str) -> bytes:
        """Decrypts; raises `SecretUnreadable` when the key is missing or this was sealed for something else."""
        from cryptography.exceptions import InvalidTag

        cipher = self._ciphers.get(sealed_with)
        if cipher is None:
            raise SecretUnreadable(f"{context} was stored with key {sealed_with}, which is not among them")
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag as error:
            raise SecretUnreadable(f"{context} was changed, or belongs to another row") from error

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._ciphers)})"


def new_key() -> str:
    """A key for USHER_SECRET_KEYS."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


def key_id(key: bytes) -> str:
    """A name for a key that says nothing about it."""
    return hashlib.sha256(b"usher secret key " + key).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretInfo:
    """What may be shown of a secret."""

    name: str
    #: when it was first stored and last changed; None when only the environment holds it
    created_at: datetime | None
    updated_at: datetime | None
    age: timedelta | None
    in_environment: bool


class SecretStore:
    """The secrets that connectors use by name. Values never stand in a log line, an error or the ledger."""

    def __init__(self, db: Database, keyring: Keyring | None, environment: Mapping[str, str] | None = None) -> None:
        self._db = db
        self._keyring = keyring
        self._environment = os.environ if environment is None else environment

    async def get(self, name: str) -> str | None:
        """The value in force, or None. Raises `SecretKeysMissing` or `SecretUnreadable` when it cannot be read."""
        row = await self._db.look(_row, name)
        return self._in_force(name, row, self._given(name))

    async def put(self, name: str, value: str, *, actor: str = "usher") -> None:
        """Stores a value, in place of the one before. Raises `SecretKeysMissing`."""
        check_name(name)
        sealed, sealed_with = self._seal(name, value, origin=None)

        async def store(tx: Transaction) -> None:
            await _save(tx, name, sealed, sealed_with)
            tx.record("secret.stored", actor=actor, subject=f"secret:{name}")

        await self._db.write(store)

    async def remove(self, name: str, *, actor: str = "usher") -> bool:
        """Forgets the stored value. False when there was none; `SecretNameInvalid` when there never could be one."""

        async def forget(tx: Transaction) -> bool:
            row = await _row(tx.session, name, for_update=True)
            if row is None:
                check_name(name)
                return False
            await tx.session.delete(row)
            tx.record("secret.removed", actor=actor, subject=f"secret:{name}")
            return True

        return await self._db.write(forget)

    async def names(self) -> list[SecretInfo]:
        """Every secret that is stored or in the environment, by name."""
        now = self._db.clock.now()
        async with self._db.read() as session:
            rows = (await session.scalars(sa.select(Secret))).all()
        stored = [
            SecretInfo(
                name=row.name, created_at=row.created_at, updated_at=row.updated_at, age=now - row.updated_at,
                in_environment=self._given(row.name) is not None,
            )
            for row in rows
        ]  # fmt: skip
        known = {environment_name(row.name) for row in rows} | {environment_name(name) for name in _RESERVED}
        given = [
            SecretInfo(name=_readable(variable), created_at=None, updated_at=None, age=None, in_environment=True)
            for variable, value in self._environment.items()
            if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known and value
        ]
        return sorted(stored + given, key=lambda secret: secret.name)

    async def replace_if(self, name: str, old: str, new: str) -> bool:
        """Puts `new` in the place of `old`, if `old` is still in force; of several replicas one succeeds.

        False means that somebody else has replaced it: ask `get` again. Raises as `get` and `put` do.
        """
        given = self._given(name)

        async def replace(tx: Transaction) -> bool:
            row = await _row(tx.session, name, for_update=True)
            current = self._in_force(name, row, given)
            if current is None or not hmac.compare_digest(current.encode(), old.encode()):
                return False
            sealed, sealed_with = self._seal(name, new, origin=given)
            if row is not None:
                row.sealed, row.key_id, row.updated_at = sealed, sealed_with, tx.now
                return True
            return await _save(tx, name, sealed, sealed_with, only_new=True)

        return await self._db.write(replace)

    async def rotate(self, *, actor: str = "usher") -> int:
        """Seals anew with the first key whatever another key sealed. Returns how many; afterwards those keys can go."""
        keyring = self._keys()

        async def reseal(tx: Transaction) -> int:
            old = sa.select(Secret).where(Secret.key_id != keyring.first).with_for_update()
            rows = (await tx.session.scalars(old)).all()
            for row in rows:
                content = keyring.unseal(row.sealed, sealed_with=row.key_id, context=_context(row.name))
                row.sealed = keyring.seal(content, context=_context(row.name))
                row.key_id = keyring.first
                tx.record("secret.key_rotated", actor=actor, subject=f"secret:{row.name}", key=keyring.first)
            return len(rows)

        return await self._db.write(reseal)

    async def check(self) -> None:
        """Raises what `get` would raise for any stored secret, so that a wrong key stops the start, not a removal."""
        async with self._db.read() as session:
            rows = (await session.scalars(sa.select(Secret))).all()
        for row in rows:
            self._unseal(row)

    def _given(self, name: str) -> str | None:
        check_name(name, stored=True)
        return self._environment.get(environment_name(name)) or None

    def _in_force(self, name: str, row: Secret | None, given: str | None) -> str | None:
        if row is None:
            return given
        if given is None:
            return self._unseal(row)[0]
        try:
            value, origin = self._unseal(row)
        except SecretUnreadable:
            return given  # the environment is also the way out when a key is lost
        return value if origin == _fingerprint(name, given) else given

    def _seal(self, name: str, value: str, *, origin: str | None) -> tuple[bytes, str]:
        keyring = self._keys()
        content = {"value": value, "origin": None if origin is None else _fingerprint(name, origin)}
        return keyring.seal(json.dumps(content).encode(), context=_context(name)), keyring.first

    def _unseal(self, row: Secret) -> tuple[str, str | None]:
        content = json.loads(self._keys().unseal(row.sealed, sealed_with=row.key_id, context=_context(row.name)))
        return content["value"], content["origin"]

    def _keys(self) -> Keyring:
        if self._keyring is None:
            raise SecretKeysMissing
        return self._keyring


def environment_name(name: str) -> str:
    """The environment variable that holds the secret: USHER_SECRET_CHATGPT_SESSION for "chatgpt-session"."""
    return ENVIRONMENT_PREFIX + name.upper().replace("-", "_")


def _readable(variable: str) -> str:
    return variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("_", "-")


def _context(name: str) -> str:
    return f"secrets:{name}"


def _fingerprint(name: str, value: str) -> str:
    return hashlib.sha256(f"{name}\0{value}".encode()).hexdigest()


def check_name(name: str, *, stored: bool = False) -> None:
    """Raises `SecretNameInvalid` where a secret cannot be called that; without the name, which may be the secret.

    What is `stored` already may also have a name that could be given before.
    """
    pattern = _FORMER_NAME if stored else _NAME
    if not pattern.fullmatch(name) or name.lower() in _RESERVED:
        raise SecretNameInvalid


def _decode(key: str, position: int) -> bytes:
    try:
        decoded = base64.b64decode(key.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != _KEY_BYTES:
        # `from None`: the decoder's own error may quote what it was given
        raise SecretKeysMalformed(f"key {position} is not") from None
    return decoded


async def _row(session: AsyncSession, name: str, *, for_update: bool = False) -> Secret | None:
    wanted = sa.select(Secret).where(Secret.name == name)
    row: Secret | None = await session.scalar(wanted.with_for_update() if for_update else wanted)
    return row


async def _save(tx: Transaction, name: str, sealed: bytes, sealed_with: str, *, only_new: bool = False) -> bool:
    """Writes the row. With `only_new`, False when another replica has just written one."""
    insert = insert_into(Secret, is_sqlite=tx.is_sqlite)
    insert = (
        insert.on_conflict_do_nothing(index_elements=["name"])
        if only_new
        else insert.on_conflict_do_update(
            index_elements=["name"],
            set_={key: insert.excluded[key] for key in ("sealed", "key_id", "updated_at")},
        )
    )
    values = {"name": name, "sealed": sealed, "key_id": sealed_with, "created_at": tx.now, "updated_at": tx.now}
    written = await tx.session.scalar(insert.returning(Secret.name), values)
    return written is not None
