"""Which words of a provider may be told to strangers. Pure.

A role that Usher does not know is worth telling; an address, a name, an id or a token is not, wherever it stands. So a
word is told only if it looks like one that a programmer has chosen, and nobody in the answers is called so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

HIDDEN: Final = "(not shown)"

_PART: Final = r"[A-Za-z]?[a-z]{0,15}\d{0,2}"
_WORD: Final = re.compile(
    rf"[A-Za-z][a-z]{{0,15}}\d{{0,2}}(?:[-_]{_PART}){{0,5}}|[A-Z]{{2,16}}(?:_[A-Z]{{1,16}}){{0,5}}"
)
_NAME: Final = re.compile(rf"_?[a-z]{{1,16}}\d{{0,2}}(?:[-_]{_PART}|[A-Z][a-z]{{1,15}}){{0,5}}")
_LONGEST: Final = 48
_RUNS: Final = re.compile(r"[^\W_]+")


class Redaction:
    """Tells words apart from data, by all the data that there is."""

    def __init__(self, bodies: Iterable[Any], *, words: frozenset[str], also: Iterable[str] = ()) -> None:
        """Reads everything once.

        Args:
            bodies: parsed JSON.
            words: names of the fields whose values are a programmer's words.
            also: more that is data: what the catalogue says.
        """
        values = (value for body in bodies for value in _data(body, words))
        self._data = frozenset(run.casefold() for value in (*values, *also) for run in _RUNS.findall(value))

    def word(self, value: str) -> str:
        """A value that should be a programmer's word, if it is one."""
        return self._told(value, _WORD)

    def name(self, value: str) -> str:
        """The name of a field, if it is one: what stands where a name belongs can be data."""
        return self._told(value, _NAME)

    def _told(self, value: str, pattern: re.Pattern[str]) -> str:
        looks_like_one = len(value) <= _LONGEST and pattern.fullmatch(value)
        somebodys = all(run.casefold() in self._data for run in _RUNS.findall(value))
        return value if looks_like_one and not somebodys else HIDDEN


def _data(value: Any, words: frozenset[str], name: str = "") -> Iterator[str]:
    match value:
        case str() if name not in words:
            yield value
        case Mapping():
            for key, inner in value.items():
                yield from _data(inner, words, key)
        case list():
            for inner in value:
                yield from _data(inner, words, name)
