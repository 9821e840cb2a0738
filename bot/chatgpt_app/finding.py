"""Finds applications by what people say: by name, or by the meaning of the words that describe them. Pure.

Words are compared by their stems (Snowball), so that “designing” finds “design”; a word that no application uses is
taken for a beginning (“proto”) or a slip (“desing”). Rare words say more than those that half the catalogue uses.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import snowballstemmer  # type: ignore[import-untyped]
from rapidfuzz import fuzz, process

from bot.access.catalog import ApplicationEntry

#: how much a word says, by where it stands
_IN_NAME, _IN_TAGS, _IN_DESCRIPTION = 3.0, 2.0, 1.0
#: of what the best one scores; whatever fits much worse is no answer
_WORTH_SHOWING: Final = 0.35
#: of a word that had to be guessed
_GUESSED: Final = 0.6
#: in per cent; “desing” and “design” are alike by 83
_ALIKE: Final = 80
#: letters; shorter words are alike by chance
_GUESSABLE: Final = 4
_BEGINNING: Final = 3
#: what was looked for lately
_REMEMBERED: Final = 512

_WORD: Final = re.compile(r"[^\W_]+")
_STOP: Final = frozenset(
    _WORD.findall("""
    a about all am an and any anything are as at available be been but by can could do does for from give had has
    have help helps how i if in into is it its just know let like list looking make may me might my need needs of on
    one or org organisation organization our own please request should show some somebody something such tell than
    that the their them then there these they thing things this those to us use used useful uses using want wants was
    we what when where which who will with would you your access account app application applications apps company
    license licence login program programs seat seats software tool tools
    """)
)
_STEMMER: Final = snowballstemmer.stemmer("english")


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def words_of(text: str) -> Iterator[str]:
    """The words that say something."""
    return (word for word in _WORD.findall(text.casefold()) if word not in _STOP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The application that somebody named; None, and those it may be, where that is not clear."""

    entry: ApplicationEntry | None
    candidates: tuple[ApplicationEntry, ...] = ()


class Index:
    """What can be found, made once for a catalogue as it stands."""

    def __init__(self, entries: Sequence[ApplicationEntry]) -> None:
        self.entries = tuple(entries)
        self.by_key: Mapping[str, ApplicationEntry] = {entry.key: entry for entry in entries}
        #: as they are written, without twins, most used first
        self.tags: tuple[str, ...] = _most_used(tag for entry in entries for tag in entry.tags)
        #: by stem: how much it says about which of the entries
        self._says = _weigh(entries)
        self._words = sorted({word for entry in entries for word in words_of(_text(entry))})
        #: people of one company look for the same things
        self.find = lru_cache(maxsize=_REMEMBERED)(self._find)

    def _find(self, query: str, tag: str = "") -> tuple[ApplicationEntry, ...]:
        """Those that fit, best first; without a word that says something, all of them in the catalogue's order."""
        wanted = {_stem(word): word for word in words_of(query)}
        scores: dict[int, float] = defaultdict(float) if wanted else dict.fromkeys(range(len(self.entries)), 0.0)
        for word in wanted.values():
            for number, weight in self._meant(word).items():
                scores[number] += weight
        least = _WORTH_SHOWING * max(scores.values(), default=0.0)
        fitting = [(-score, number) for number, score in scores.items() if score >= least]
        found = (self.entries[number] for _, number in sorted(fitting))
        return tuple(entry for entry in found if not tag or _has_tag(entry, tag))

    def named(self, text: str) -> Named:
        """The application with this key or name, or one so like it that no other can be meant."""
        likely = [self.entries[number] for number in named(text, [(each.key, each.name) for each in self.entries])]
        if len(likely) == 1:
            return Named(entry=likely[0])
        return Named(entry=None, candidates=tuple(likely or self.find(text)))

    def _meant(self, word: str) -> Mapping[int, float]:
        """How much a word says about which entries."""
        if _stem(word) in self._says:
            return self._says[_stem(word)]
        found: dict[int, float] = {}
        for guess in self._guesses(word):
            for number, weight in self._says[_stem(guess)].items():
                found[number] = max(found.get(number, 0.0), weight * _GUESSED)
        return found

    def _guesses(self, word: str) -> list[str]:
        """Words of the catalogue of which this may be the beginning, or else a slip; a stem would hide that."""
        begins = [known for known in self._words if known.startswith(word)] if len(word) >= _BEGINNING else []
        if begins or len(word) < _GUESSABLE:
            return begins
        alike = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5)
        return [known for known, score, _ in alike if score >= alike[0][1]]


def named(text: str, names: Sequence[tuple[str, str]]) -> list[int]:
    """Whose key or name it is, by number; or else all that it may be: by the words, or by the spelling."""
    said = _spelled(text)
    exact = [number for number, both in enumerate(names) if said in map(_spelled, both)]
    return exact or _with_words(text, names) or _spelled_like(said, names)


def _with_words(text: str, names: Sequence[tuple[str, str]]) -> list[int]:
    """Those whose name says all that was said, or is said as a part of it: “jira”, “the ChatGPT workspace”."""
    said = frozenset(_WORD.findall(text.casefold()))
    each = enumerate(frozenset(_WORD.findall(name.casefold())) for _key, name in names)
    return [number for number, name in each if said and name and (said <= name or name <= said)]


def _spelled_like(said: str, names: Sequence[tuple[str, str]]) -> list[int]:
    if len(said) < _GUESSABLE:
        return []
    spelled = [_spelled(name) for _key, name in names]
    alike = process.extract(said, spelled, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=5)
    return [number for _name, score, number in alike if score >= alike[0][1]]


def _text(entry: ApplicationEntry) -> str:
    return " ".join((entry.name, *entry.tags, entry.description))


def _weigh(entries: Sequence[ApplicationEntry]) -> dict[str, dict[int, float]]:
    says: dict[str, dict[int, float]] = defaultdict(dict)
    for number, entry in enumerate(entries):
        places = ((entry.description, _IN_DESCRIPTION), (" ".join(entry.tags), _IN_TAGS), (entry.name, _IN_NAME))
        for text, weight in places:  # the heaviest comes last, and stays
            for word in words_of(text):
                says[_stem(word)][number] = weight
    for word, where in says.items():
        rarity = math.log(1 + len(entries) / len(where))
        says[word] = {number: weight * rarity for number, weight in where.items()}
    return dict(says)


def _has_tag(entry: ApplicationEntry, tag: str) -> bool:
    wanted = set(map(_stem, words_of(tag)))
    return any(
        _spelled(each) == _spelled(tag) or (wanted and wanted <= set(map(_stem, words_of(each)))) for each in entry.tags
    )


def _most_used(tags: Iterable[str]) -> tuple[str, ...]:
    counts: dict[str, int] = defaultdict(int)
    for tag in tags:
        counts[tag] += 1
    return tuple(sorted(counts, key=lambda tag: (-counts[tag], tag)))


def _spelled(text: str) -> str:
    """Letters and digits alone, so that `chat-gpt` is `ChatGPT`."""
    return "".join(_WORD.findall(text.casefold()))
