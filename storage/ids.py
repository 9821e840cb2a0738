"""Ids: opaque to everybody, and in the order in which they were made."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text. Ids made later sort later, so an index on them grows at one end."""
    return str(uuid_utils.uuid7())
