"""A small language for shapes of JSON: every check is a pure function from a value to its problems.

The wording follows the messages that Slack itself returns, e.g.
`must be less than 3001 characters [json-pointer:/blocks/1/text/text]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """What is wrong, and where: a JSON pointer."""

    message: str
    pointer: str

    def __str__(self) -> str:
        """As Slack writes it."""
        return f"{self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]


def anything(_value: Any, _pointer: str) -> Iterator[Problem]:
    """Accepts every value."""
    return iter(())


def boolean(value: Any, pointer: str) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield Problem("must be a boolean", pointer)


def integer(value: Any, pointer: str) -> Iterator[Problem]:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem("must be an integer", pointer)


def string(longest: int, *, shortest: int = 0) -> Check:
    """A string of `shortest` to `longest` characters."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem("must be a string", pointer)
        elif len(value) > longest:
            yield Problem(f"must be less than {longest + 1} characters", pointer)
        elif len(value) < shortest:
            yield Problem(f"must be more than {shortest - 1} characters", pointer)

    return check


def matching(pattern: str, called: str) -> Check:
    """A string that a regular expression matches as a whole; `called` names it to the reader."""
    compiled = re.compile(pattern)

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem("must be a string", pointer)
        elif not compiled.fullmatch(value):
            yield Problem(f"must be {called}", pointer)

    return check


def between(least: int, most: int) -> Check:
    """A whole number of `least` to `most`."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem("must be an integer", pointer)
        elif value < least:
            yield Problem(f"must be greater than {least - 1}", pointer)
        elif value > most:
            yield Problem(f"must be less than {most + 1}", pointer)

    return check


def one_of(*allowed: str) -> Check:
    """One of the words given."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(f"must be a valid enum value: {', '.join(allowed)}", pointer)

    return check


def items(check_item: Check, most: int, *, fewest: int = 0) -> Check:
    """A list of `fewest` to `most` items, each of which passes `check_item`."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("must be an array", pointer)
            return
        if len(value) > most:
            yield Problem(f"no more than {most} items allowed", pointer)
        if len(value) < fewest:
            yield Problem(f"no fewer than {fewest} items allowed", pointer)
        for position, item in enumerate(value):
            yield from check_item(item, f"{pointer}/{position}")

    return check


def nothing_more(_value: Mapping[str, Any], _pointer: str) -> Iterator[Problem]:
    """The rule of a shape that has no rule beyond its fields."""
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object: its fields, which of them must be there, and what holds between them."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    rule: Check = nothing_more

    def __call__(self, value: Any, pointer: str) -> Iterator[Problem]:
        """The problems of `value`."""
        if not isinstance(value, dict):
            yield Problem("must provide an object", pointer)
            return
        for name in self.required:
            if value.get(name) is None:
                yield Problem(f"missing required field: {name}", pointer)
        known = {**self.required, **self.optional}
        for name, member in value.items():
            if name not in known:
                yield Problem(f"invalid additional property: {name}", pointer)
            elif member is not None:
                yield from known[name](member, f"{pointer}/{name}")
        yield from self.rule(value, pointer)


def by_type(shapes: Mapping[str, Shape], *, allowed: Callable[[str], bool] = lambda _type: True) -> Check:
    """An object whose `type` names its shape; types that are not `allowed` here are refused."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("must provide an object", pointer)
            return
        kind = value.get("type")
        if kind is None:
            yield Problem("missing required field: type", pointer)
        elif kind not in shapes or not allowed(kind):
            yield Problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from shapes[kind](value, pointer)

    return check


def exactly_one(*names: str) -> Check:
    """A rule: one of these fields, and only one."""
    listed = " or ".join(f"`{name}`" for name in names)

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if sum(value.get(name) is not None for name in names) != 1:
            yield Problem(f"must define either {listed}", pointer)

    return check


def at_least_one(*names: str) -> Check:
    """A rule: one of these fields, or several."""
    listed = " or ".join(f"`{name}`" for name in names)

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        if all(value.get(name) is None for name in names):
            yield Problem(f"must define either {listed}", pointer)

    return check


def rules(*checks: Check) -> Check:
    """All of these."""

    def check(value: Any, pointer: str) -> Iterator[Problem]:
        for each in checks:
            yield from each(value, pointer)

    return check
