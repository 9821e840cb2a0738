"""What the values of a catalogue are made of: durations, names of people, keys. Each says what to write instead."""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from bot.access.durations import parse_duration, write_duration
from storage.sealing import is_pseudonym

#: a word, or a duration in seconds
T = TypeVar("T", str, int | None)

#: a longer one would end after the calendar does
_LONGEST = 100 * 365 * 86_400


def _seconds(value: object) -> int | None:
    if not isinstance(value, str):
        raise ValueError(f"“{value}” is not a duration: write 90s, 15m, 8h, 7d, 2w or unlimited")  # noqa: TRY004 - pydantic's
    seconds = parse_duration(value)
    if seconds is not None and seconds > _LONGEST:
        raise ValueError(f"“{value}” is longer than a hundred years: write unlimited")
    return seconds


def _limited_seconds(value: object) -> int:
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError("this time cannot be unlimited: write 3d, for example")
    return seconds


_SLACK_ID = re.compile(r"[UW][A-Z0-9]{5,}")


def no_twins(values: tuple[T, ...]) -> tuple[T, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            said = value if isinstance(value, str) else write_duration(value)
            raise ValueError(f"“{said}” stands there twice: keep one")
    return values


def _email_or_id(value: str) -> str:
    if "@" in value:
        return value.lower()
    if not _SLACK_ID.fullmatch(value) and not is_pseudonym(value):
        raise ValueError(f"“{value}” is neither an e-mail address nor a Slack user id (U012ABCDEF)")
    return value


#: seconds, or None for unlimited; written and read as text, such as 7d
Duration = Annotated[int | None, BeforeValidator(_seconds), PlainSerializer(write_duration, return_type=str)]
#: seconds; written and read as text
LimitedDuration = Annotated[int, BeforeValidator(_limited_seconds), PlainSerializer(write_duration, return_type=str)]
#: an e-mail address (lower case) or a Slack user id; a pseudonym where what was written down named somebody erased
PersonName = Annotated[str, Field(min_length=1, max_length=254), AfterValidator(_email_or_id)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
DOMAIN = r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
EmailDomain = Annotated[str, StringConstraints(to_lower=True, pattern=DOMAIN)]
ShortText = Annotated[str, Field(min_length=1, max_length=70)]


class Value(BaseModel):
    """A part of the catalogue: never changed, and with no key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
