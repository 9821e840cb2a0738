"""Admin keys: what the Admin API face is called with, and how often."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sandbox.chatgpt.refusals import KeyRefused, ScopeMissing, TooManyCalls

READ_USERS: Final = "chatgpt.enterprise.user.read"
WRITE_USERS: Final = "chatgpt.enterprise.user.write"
# OpenAI names no scopes for the category Invitations: these two are modelled on the users'.
READ_INVITES: Final = "chatgpt.enterprise.invite.read"
WRITE_INVITES: Final = "chatgpt.enterprise.invite.write"
ALL_SCOPES: Final = frozenset({READ_USERS, WRITE_USERS, READ_INVITES, WRITE_INVITES})


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminKey:
    """A key of one workspace. It can do what its scopes and the role of whoever made it allow."""

    secret: str = field(repr=False)
    made_by: str  # user id
    workspace_id: str
    scopes: frozenset[str] = ALL_SCOPES
    expires_at: datetime | None = None
    revoked: bool = False


class AdminKeys:
    """All keys, by their secret."""

    def __init__(self) -> None:
        self._keys: dict[str, AdminKey] = {}

    def put(self, key: AdminKey) -> None:
        """Make a key, or put it in the place of one with the same secret."""
        self._keys[key.secret] = key

    def find(self, secret: str, *, now: datetime) -> AdminKey:
        """The living key with this secret. Raises KeyRefused."""
        key = self._keys.get(secret)
        if key is None:
            raise KeyRefused("Incorrect API key provided.")
        if key.revoked:
            raise KeyRefused("This API key has been revoked.")
        if key.expires_at is not None and key.expires_at <= now:
            raise KeyRefused("This API key has expired.")
        return key


def require_scope(key: AdminKey, scope: str) -> None:
    """A key does what it has a scope for. Raises ScopeMissing."""
    if scope not in key.scopes:
        raise ScopeMissing(f"Missing scopes: {scope}")


class Limiter:
    """At most `limit` calls of one route within `per`, by the clock that is handed in. Refused calls do not count."""

    def __init__(self, *, limit: int = 100, per: timedelta = timedelta(minutes=1)) -> None:
        self.limit = limit
        self.per = per
        self._calls: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def count(self, route: str, *, now: datetime) -> None:
        """Count a call. Raises TooManyCalls with the time after which the next one is let in."""
        calls = self._calls[route]
        while calls and calls[0] + self.per <= now:
            calls.popleft()
        if len(calls) >= self.limit:
            raise TooManyCalls("Rate limit reached for this workspace and route.", wait=calls[0] + self.per - now)
        calls.append(now)

    def forget(self) -> None:
        """Begin anew."""
        self._calls.clear()
