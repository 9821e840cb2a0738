"""What somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The known word that is most like this one; None where none is alike by so much, from 0 to 1."""
    from difflib import get_close_matches  # a megabyte, and few make mistakes

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=alike)), None)
