"""What a connector's error tells an admin to do, made exact.

A connector does not know how its secret is called, nor which application it is of.
"""

from __future__ import annotations

from typing import Final

from bot.access.catalog import ApplicationEntry

_SET_SECRET: Final = "`usher secret set`"  # noqa: S105 - a command
_SIGN_IN: Final = "`usher browser sign-in`"


def exact(remedy: str, entry: ApplicationEntry) -> str:
    """The remedy with the key and the secret of this application in its commands."""
    remedy = remedy.replace(_SIGN_IN, f"`usher browser sign-in {entry.key}`")
    secret = getattr(entry.connector, "secret", None)
    return remedy.replace(_SET_SECRET, f"`usher secret set {secret}`") if secret else remedy
