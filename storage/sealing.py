"""How a line of the ledger is hashed so that a value can be erased from it later and the chain still holds. Pure.

Each value of a line (its actor, its subject, every leaf of its data) goes into the line's hash as a digest of its own,
salted: SHA-256 of the value's salt and its canonical JSON. A value's salt is made of the line's, which is random, and
the value's path. To erase a value, it is replaced by a pseudonym, its digest is kept in its place, and its salt is
forgotten: the hash comes out as before, and nobody can try values until the digest fits.

So whoever can write to the database can hide a value, which shows, but not put another one in its place.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

#: what the hash of a line begins with whose values are sealed one by one; earlier versions hashed the line as a whole
SEALED: Final = "2."
#: what stands in the place of an erased text that names nobody
TEXT_ERASED: Final = "(erased)"
_PSEUDONYM = re.compile(r"erased-[0-9a-f]{12}")


class Sealable(Protocol):
    """What is hashed of a line, and what its digests are made of."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def previous(self) -> str: ...
    @property
    def salt(self) -> str | None: ...
    @property
    def seals(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """A line after values were erased from it: what its columns hold."""

    actor: str
    subject: str
    data: str
    seals: str | None


def new_salt() -> str:
    """128 random bits for one line."""
    return secrets.token_hex(16)


def new_pseudonym() -> str:
    """A name that says nothing about whom it stands for."""
    return f"erased-{secrets.token_hex(6)}"


def is_pseudonym(text: str) -> bool:
    """Is this how somebody is named who was erased?"""
    return _PSEUDONYM.fullmatch(text) is not None


def canonical(value: object) -> str:
    """JSON that is the same for the same content: sorted keys, no spaces, UTF-8 as it is.

    Times become ISO 8601 in UTC, durations seconds, sets sorted lists. Raises TypeError for anything else.
    """
    return _ENCODER.encode(value)


def values_of(actor: str, subject: str, data: str) -> dict[str, Any]:
    """The values of a line by their paths: `actor`, `subject`, `data/reason`, `data/after/admins/#0`.

    Raises:
        ValueError: the data is not canonical JSON.
    """
    read = json.loads(data)
    if canonical(read) != data:
        raise ValueError("not canonical")
    return _values(actor, subject, read)


def new_hash(line: Sealable) -> str:
    """`sealed_hash` of a line that is being written, so is canonical and complete: in half the time."""
    values = _values(line.actor, line.subject, json.loads(line.data))
    return _hash(line, {path: _digest(_salt(line, path), value) for path, value in values.items()})


def sealed_hash(line: Sealable) -> str:
    """The hash that a line with sealed values must have; "" for one that can have none."""
    try:
        values = values_of(line.actor, line.subject, line.data)
        kept, erased = _seals(line, values)
        digests = {
            path: erased[path] if path in erased else _digest(kept[path], value) for path, value in values.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    if not all(_stands_for_erased(values.get(path)) for path in erased):
        return ""
    return _hash(line, digests)


def without(line: Sealable, replaced: Mapping[str, str]) -> Remains:
    """A line with some values, by their paths, replaced by what stands for them, and their salts forgotten.

    A line that was hashed as a whole gets no seals.
    """
    values = values_of(line.actor, line.subject, line.data)
    seals = None
    if line.salt is not None or line.seals is not None:
        kept, erased = _seals(line, values)
        erased |= {path: _digest(kept[path], values[path]) for path in replaced if path not in erased}
        seals = canonical({"kept": {path: kept[path] for path in values.keys() - erased.keys()}, "erased": erased})
    return Remains(
        actor=replaced.get("actor", line.actor),
        subject=replaced.get("subject", line.subject),
        data=canonical(_replaced(json.loads(line.data), "data", replaced)),
        seals=seals,
    )


def content_digest(line: Sealable) -> str:
    """A digest of everything that a line says, for one that was hashed as a whole and is no longer all there."""
    return _sha256(canonical([line.seq, line.at, line.actor, line.event, line.subject, line.data]))


def _seals(line: Sealable, paths: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The salts of the values that are there, and the digests of those that were erased."""
    if line.seals is not None:
        seals = json.loads(line.seals)
        return dict(seals["kept"]), dict(seals["erased"])
    return {path: _salt(line, path) for path in paths}, {}


def _salt(line: Sealable, path: str) -> str:
    if line.salt is None:
        raise ValueError("no salt")
    return _sha256(line.salt + path)[:32]


def _hash(line: Sealable, digests: Mapping[str, str]) -> str:
    return SEALED + _sha256(canonical([line.previous, line.seq, line.at, line.event, digests]))


def _digest(salt: str, value: object) -> str:
    # what nobody said is most of it, and the encoder takes its time
    return _sha256(salt + ("null" if value is None else canonical(value)))


def _stands_for_erased(value: object) -> bool:
    return isinstance(value, str) and (value == TEXT_ERASED or is_pseudonym(value))


def _values(actor: str, subject: str, data: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"actor": actor, "subject": subject}
    _gather(values, data, "data")
    return values


def _gather(values: dict[str, Any], value: Any, path: str) -> None:
    """Adds the values inside a value, by their paths; a list's places cannot be taken for an object's keys."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            _gather(values, each, f"{path}/{_escaped(key)}")
    elif isinstance(value, list) and value:
        for place, each in enumerate(value):
            _gather(values, each, f"{path}/#{place}")
    else:
        values[path] = value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("#", "~2")


def _replaced(value: Any, path: str, replaced: Mapping[str, str]) -> Any:
    if path in replaced:
        return replaced[path]
    if isinstance(value, dict):
        return {key: _replaced(each, f"{path}/{_escaped(key)}", replaced) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, f"{path}/#{place}", replaced) for place, each in enumerate(value)]
    return value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case set() | frozenset():
            return sorted(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} cannot stand in the ledger")


# made once: a line is encoded value by value
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
