"""What a method of the Web API is: its name, who may call it, and how it reads its arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.slack.errors import Refusal

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]
Caller = Literal["bot", "app", "user", "client"]
Handler = Callable[["Slack", "Arguments"], JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: its handler answers at once and atomically. `scope` is what the token must carry.

    `caller` is whose token it takes; a client comes with its id and its secret instead.
    """

    name: str
    handler: Handler
    scope: str | None
    caller: Caller


METHODS: Final[dict[str, Method]] = {}


def method(name: str, *, scope: str | None = None, caller: Caller = "bot") -> Callable[[Handler], Handler]:
    """Register a handler under this name."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name=name, handler=handler, scope=scope, caller=caller)
        return handler

    return register


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments, from a query, a form or a JSON body: numbers and flags may have come as text."""

    given: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """The argument as it came, or None; empty text is as good as none."""
        value = self.given.get(name)
        return None if value == "" else value

    def required(self, name: str) -> Any:
        """The argument. Raises Refusal invalid_arguments if it is missing."""
        value = self.get(name)
        if value is None:
            raise Refusal("invalid_arguments", [f"missing required field: {name}"])
        return value

    def text(self, name: str) -> str | None:
        """The argument as text. Raises Refusal invalid_arguments if it is something else."""
        value = self.get(name)
        if value is not None and not isinstance(value, str):
            raise Refusal("invalid_arguments", [f"must be a string [json-pointer:/{name}]"])
        return value

    def flag(self, name: str) -> bool:
        """The argument as a yes or no; no if it is missing."""
        return self.get(name) in {True, "true", "True", "1"}

    def number(self, name: str, *, default: int, most: int, code: str = "invalid_limit") -> int:
        """The argument as a whole number of 1 to `most`. Raises Refusal with `code`."""
        value = self.get(name)
        if value is None:
            return default
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise Refusal(code) from None
        if not 1 <= number <= most:
            raise Refusal(code)
        return number

    def json(self, name: str, *, code: str) -> Any:
        """The argument as JSON, whether it came parsed or as a string. Raises Refusal with `code`."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(code) from None


def page(found: list[Any], arguments: Arguments, *, limit: int) -> tuple[list[Any], JSON]:
    """One page of a list and its response_metadata. Raises Refusal invalid_cursor.

    Cursors are opaque to callers; here they are the place to go on from.
    """
    cursor = arguments.text("cursor") or "at:0"
    word, _, start = cursor.partition(":")
    if word != "at" or not start.isdigit() or int(start) > len(found):
        raise Refusal("invalid_cursor")
    end = int(start) + limit
    more = end < len(found)
    return found[int(start) : end], {"next_cursor": f"at:{end}" if more else ""}
