"""From the answers that were heard to a report that may be attached to a public bug report. Pure.

Everything in it went through `Redaction`, or is one of our own words, or is a number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel

from bot.connectors.chatgpt.calls import Exchange
from bot.connectors.chatgpt.errors import Answer, Said, failure
from bot.connectors.chatgpt.expected import EXPECTED, WORDS, path_of, words_in
from bot.connectors.chatgpt.redaction import Redaction
from bot.connectors.chatgpt.shapes import Difference, Kind, compare, json_types
from bot.connectors.chatgpt.wire import same_address

AS_ASSUMED: Final = "as assumed"
DIFFERS: Final = "differs"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An exchange, and the model that its answer was read into, if it was read into one."""

    exchange: Exchange
    model: type[BaseModel] | None

    @property
    def answer(self) -> Answer | None:
        """What came back, if anything did."""
        return self.exchange.outcome if isinstance(self.exchange.outcome, Answer) else None

    @property
    def body(self) -> Any:
        """The JSON that came back; None where none did."""
        try:
            return json.loads(self.answer.body) if self.answer is not None else None
        except ValueError:
            return None

    @property
    def error(self) -> str:
        """The contract's error that the connector makes of it; empty where it makes none."""
        error = failure(self.exchange.call, self.exchange.outcome)
        return "" if error is None else type(error).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something found out that no field says: `name`, how it is, and more on it."""

    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """All calls of one kind."""

    what: str
    call: str
    times: int
    statuses: tuple[int, ...]
    content_types: tuple[str, ...]
    milliseconds: tuple[int, ...]
    state: str
    errors: tuple[str, ...]
    codes: tuple[str, ...]  # of errors
    outline: str  # of the first answer to a change, and of the first failure: names of fields and types
    limits: Mapping[str, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """A word of the provider's, and whether Usher knows it."""

    kind: str
    word: str
    known: bool
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found, fit for strangers."""

    about: Mapping[str, str]
    calls: tuple[CallRow, ...]
    words: tuple[WordRow, ...]
    facts: tuple[Fact, ...]
    steps: tuple[Fact, ...] = ()
    troubles: tuple[Fact, ...] = field(default=())

    @property
    def broken(self) -> tuple[str, ...]:
        """What keeps Usher from working, in words; empty where nothing does."""
        calls = [f"“{row.what}” failed" for row in self.calls if row.state == FAILED]
        fields = [
            f"“{row.what}” lacks {each.name or 'the object'}" if each.kind is Kind.MISSING
            else f"“{row.what}” has another type of {each.name or 'body'}"
            for row in self.calls for each in row.differences if each.breaks
        ]  # fmt: skip
        steps = [f"the step “{step.name}” ended so: {step.state}" for step in self.steps if step.state in BAD_STEPS]
        found = [*calls, *fields, *steps]
        return tuple(dict.fromkeys(found or [f"“{each.name}” failed ({each.state})" for each in self.troubles]))

    @property
    def state(self) -> str:
        """In one word."""
        if self.broken:
            return FAILED
        differing = any(row.state != AS_ASSUMED for row in self.calls) or not all(word.known for word in self.words)
        return DIFFERS if differing else AS_ASSUMED


BAD_STEPS: Final = frozenset({"failed", "not seen", "left behind"})


def reported(
    heard: Sequence[Heard],
    *,
    about: Mapping[str, str],
    base_url: str,
    private: Iterable[str],
    facts: Iterable[Fact] = (),
    steps: Iterable[Fact] = (),
    troubles: Iterable[Fact] = (),
) -> Report:
    """The report on what was heard.

    Args:
        heard: every call, in order.
        about: our own words on what was probed.
        base_url: of the connector; what comes before a path, and told to nobody.
        private: what else is data: addresses and ids in the catalogue.
        facts, steps, troubles: found out besides; in our own words.
    """
    redaction = Redaction((each.body for each in heard), words=_WORD_FIELDS, also=private)
    groups: dict[tuple[str, str], list[Heard]] = {}
    for each in heard:
        groups.setdefault(_kind_of(each, base_url), []).append(each)
    return Report(
        about=about,
        calls=tuple(_call_row(kind, group, redaction) for kind, group in groups.items()),
        words=_words(heard, redaction),
        facts=tuple(facts),
        steps=tuple(steps),
        troubles=tuple(troubles),
    )


#: "code" stands in the bodies of errors
_WORD_FIELDS: Final = frozenset({*WORDS, "code"})


def _kind_of(heard: Heard, base_url: str) -> tuple[str, str]:
    """What was asked, in our words, and where. What a change is about can hold an address, so it is left out."""
    exchange = heard.exchange
    narrowed = narrowed_by(exchange)
    path = f"{exchange.method} {path_of(exchange.url, base_url=base_url)}{f'?{narrowed}=' if narrowed else ''}"
    what = "change" if exchange.call.writes else exchange.call.what
    return (f"{what}, by address" if narrowed else what), path


def narrowed_by(exchange: Exchange) -> str:
    """The name of the parameter that asks a list for one address; empty where it asks for everybody."""
    return next((name for name in ("email", "query", "filter") if exchange.params.get(name)), "")


def _call_row(kind: tuple[str, str], group: Sequence[Heard], redaction: Redaction) -> CallRow:
    errors = tuple(dict.fromkeys(each.error for each in group if each.error))
    differences = tuple(dict.fromkeys(each for each in _differences(group, redaction)))
    statuses = tuple(dict.fromkeys(each.answer.status for each in group if each.answer is not None))
    if errors:
        state = FAILED
    elif differences or any(status >= 300 for status in statuses):
        state = DIFFERS
    else:
        state = AS_ASSUMED
    return CallRow(
        what=kind[0],
        call=kind[1],
        times=len(group),
        statuses=statuses,
        content_types=tuple(dict.fromkeys(_content_type(each.answer) for each in group if each.answer is not None)),
        milliseconds=tuple(sorted(round(each.exchange.seconds * 1000) for each in group)),
        state=state,
        errors=errors,
        codes=tuple(dict.fromkeys(redaction.word(code) for each in group if (code := _code(each)))),
        outline=next((outline(each.body, redaction) for each in group if each.exchange.call.writes or each.error), ""),
        limits=_limits(group),
        differences=differences,
    )


def _differences(group: Sequence[Heard], redaction: Redaction) -> Iterable[Difference]:
    by_model: dict[type[BaseModel], list[Any]] = {}
    for each in group:
        good = each.answer is not None and 200 <= each.answer.status < 300 and not each.error
        if good and each.model is not None:
            by_model.setdefault(each.model, []).append(each.body)
    for model, bodies in by_model.items():
        for difference in compare(model, bodies, EXPECTED):
            name = redaction.name(difference.name) if difference.kind is Kind.NEW else difference.name
            yield Difference(
                kind=difference.kind,
                path=difference.path,
                name=name,
                expected=difference.expected,
                came=difference.came,
                breaks=difference.breaks,
            )


def _code(heard: Heard) -> str:
    """The code in the body of a failure."""
    failed = heard.answer is not None and heard.answer.status >= 400
    return Said.in_body(heard.answer.body).code if failed and heard.answer is not None else ""


def outline(value: Any, redaction: Redaction, *, depth: int = 3) -> str:
    """The names of the fields in it and the types of their values: "{id: string, items: [{email: null}]}"."""
    match value:
        case dict() if depth:
            fields = {redaction.name(name): outline(of, redaction, depth=depth - 1) for name, of in value.items()}
            return "{" + ", ".join(f"{name}: {of}" for name, of in fields.items()) + "}"
        case [first, *_]:
            return f"[{outline(first, redaction, depth=depth)}]"
    return json_types([value])


def _content_type(answer: Answer | None) -> str:
    """The media type if it is a usual one; a header can hold anything."""
    told = answer.headers.get("content-type", "") if answer is not None else ""
    media_type = told.partition(";")[0].strip().lower()
    return media_type if media_type in _MEDIA_TYPES else ("another" if told else "none")


_MEDIA_TYPES: Final = frozenset({"application/json", "application/scim+json", "text/html", "text/plain"})
_LIMITS: Final = frozenset({
    "retry-after", "ratelimit-limit", "ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
})  # fmt: skip


def _limits(group: Sequence[Heard]) -> Mapping[str, int]:
    """What the provider says of its limits, where that is a number."""
    headers = [each.answer.headers for each in group if each.answer is not None]
    told = ((name, each.get(name, "").strip()) for each in headers for name in sorted(_LIMITS))
    return {name: int(value) for name, value in told if value.isascii() and value.isdecimal() and len(value) < 10}


def _words(heard: Sequence[Heard], redaction: Redaction) -> tuple[WordRow, ...]:
    met = Counter(word for each in heard if each.model is not None for word in words_in(each.body))
    shown: Counter[tuple[str, str, bool]] = Counter()
    for (kind, word, known), times in met.items():
        number = len(word) <= 2 and word.isascii() and word.isdecimal()  # longer, and it could be a telephone's
        safe = number or (known and kind != "origin")
        shown[kind, word if safe else redaction.word(word), known] += times
    return tuple(
        WordRow(kind=kind, word=word, known=known, times=times) for (kind, word, known), times in sorted(shown.items())
    )


# -- facts that no single field says -----------------------------------------------------------------------------------
def items_of(heard: Heard) -> list[dict[str, Any]]:
    """The items of a list, in whichever envelope."""
    body = heard.body if isinstance(heard.body, dict) else {}
    listed: list[Any] = next((body[name] for name in _ENVELOPES if isinstance(body.get(name), list)), [])
    return [item for item in listed if isinstance(item, dict)]


def is_list(heard: Heard) -> bool:
    """Whether it is a page of a list."""
    body = heard.body
    return isinstance(body, dict) and any(isinstance(body.get(name), list) for name in _ENVELOPES)


_ENVELOPES: Final = ("items", "data", "Resources")


def total_of(heard: Heard) -> int | None:
    """How many there are, says the list."""
    body = heard.body if isinstance(heard.body, dict) else {}
    return next((body[name] for name in ("total", "totalResults") if type(body.get(name)) is int), None)


def paging(name: str, pages: Sequence[Heard]) -> Fact:
    """How a list was paged: what its pages said, and how many different items came."""
    lengths = ", ".join(str(len(items_of(page))) for page in pages[:10]) + (", …" if len(pages) > 10 else "")
    different = len({_id_of(item) for page in pages for item in items_of(page)})
    totals = sorted({total for page in pages if (total := total_of(page)) is not None})
    said = " or ".join(map(str, totals)) if totals else "not told"
    fits = not totals or totals == [different]
    detail = f"pages of {lengths}; {different} different; total {said}"
    return Fact(name=f"Paging of {name}", state=AS_ASSUMED if fits else DIFFERS, detail=detail)


def search(name: str, searches: Sequence[Heard], email: str) -> Fact:
    """Whether looking for an address finds the one whom the list has given."""
    fact = f"Search of {name}"
    mine = [each for each in searches if email.casefold() in _wanted(each).casefold()]
    if not mine:
        return Fact(name=fact, state=DIFFERS, detail="does not find the integration account; lists are read whole")
    last = mine[-1]
    found = any(same_address(email, address) for address in _addresses_of(last))
    detail = f"{'finds' if found else 'does not find'} an address {_spelling(email, _wanted(last))}"
    came = len(items_of(last))
    detail += f"; {came} item{'' if came == 1 else 's'} came"
    return Fact(name=fact, state=AS_ASSUMED if found else DIFFERS, detail=detail)


def _wanted(heard: Heard) -> str:
    return heard.exchange.params.get(narrowed_by(heard.exchange), "")


def _spelling(email: str, wanted: str) -> str:
    return "as it is written" if email in wanted else "in other capitals"


def _id_of(item: Mapping[str, Any]) -> str:
    return str(item.get("id") or next((item[name] for name in _ADDRESSES if item.get(name)), ""))


def _addresses_of(heard: Heard) -> set[str]:
    """Every address that stands in the items of a page."""
    items = items_of(heard)
    inner = [each for item in items if isinstance(item.get("emails"), list) for each in item["emails"]]
    told = [item.get(name) for item in items for name in _ADDRESSES]
    told += [each.get("value") for each in inner if isinstance(each, dict)]
    return {each for each in told if isinstance(each, str)}


_ADDRESSES: Final = ("email", "verified_email", "email_address", "userName")


def expiries(heard: Sequence[Heard]) -> Fact | None:
    """Whether invites say when they expire; None where there is no invite to look at."""
    items = [item for each in heard if each.exchange.call.what == "read the invites" for item in items_of(each)]
    told = [value for item in items for name, value in item.items() if "expir" in name.lower()]
    if not items:
        return None
    return Fact(
        name="Expiry of invites", state=AS_ASSUMED if not any(told) else DIFFERS, detail=json_types(told) or "not told"
    )


def times(heard: Sequence[Heard]) -> Fact | None:
    """How times are written, with every digit a 9; None where there is none."""
    items = [item for each in heard if each.model is not None for item in items_of(each)]
    written = (item.get(name) for item in items for name in ("created_time", "created_at"))
    patterns = {_pattern(value) for value in written if value is not None}
    if not patterns:
        return None
    return Fact(name="Times", state=AS_ASSUMED, detail=" or ".join(sorted(patterns)))


def _pattern(value: Any) -> str:
    if not isinstance(value, str):
        return json_types([value])
    masked = "".join("9" if character.isdigit() else character for character in value)
    ours = set(masked) <= set("9T:.+-Z ") and len(masked) <= 40
    return masked if ours else "a string of another form"
