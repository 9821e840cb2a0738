"""Dynamic client registration (RFC 7591) that keeps nothing: the client's id is what it registered.

Every client is public, so a registration holds no secret and proves nothing. What it says is looked at anew each time
it is used; it cannot expire, and there is nothing that a million of them could fill.
"""

from __future__ import annotations

import base64
import json
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = "registered."
#: characters; an id has to fit into an address
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a client says about itself."""

    name: str
    redirect_uris: tuple[str, ...]


def is_registration(client_id: str) -> bool:
    """Does a client have this id because it registered itself?"""
    return client_id.startswith(_PREFIX)


def write(registration: Registration) -> str | None:
    """The client id of a registration; None where it would be too long."""
    text = json.dumps([registration.name, *registration.redirect_uris], ensure_ascii=False, separators=(",", ":"))
    client_id = _PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return client_id if len(client_id) <= _LONGEST else None


def read(client_id: str) -> Registration | None:
    """The registration that an id stands for; None where it is not one that `write` makes."""
    encoded = client_id.removeprefix(_PREFIX)
    try:
        said = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (NotBase64, ValueError):
        return None
    if not (isinstance(said, list) and len(said) > 1 and all(isinstance(each, str) for each in said)):
        return None
    registration = Registration(name=said[0], redirect_uris=tuple(said[1:]))
    return registration if write(registration) == client_id else None
