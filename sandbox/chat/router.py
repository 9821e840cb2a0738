"""From a typed prompt to a tool, by a table of words. This is no model, and says so."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.chat.reading import Reading, pattern, read

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A prompt to press. One that is not `whole` is put into the composer to be completed."""

    text: str
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """The tool to call, and with what."""

    tool: str
    arguments: JSON = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to tell the person instead of calling a tool."""

    words: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Prompts with these words go to this tool; it takes what the prompt names, and needs some of it."""

    words: re.Pattern[str]
    tool: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def _words(*alternatives: str) -> re.Pattern[str]:
    return pattern(r"\b(?:", "|".join(alternatives), r")\b")


_APP: Final = "(?:app|application|tool|program|software|service)s?"

#: the first that fits is taken
_RULES: Final = (
    _Rule(words=_words("who am i", "whose account", "who is connected", "which account"), tool="get_profile"),
    _Rule(words=_words("cancel", "withdraw"), tool="cancel_request", takes=("app",)),
    _Rule(
        words=_words("(?:give|hand|take) .*back", "return", "no longer need", "do(?: not|n't) need"),
        tool="give_back_access",
        takes=("app",),
    ),
    _Rule(
        words=_words("extend", "extension", "prolong", "longer", "more time"),
        tool="extend_access",
        takes=("app", "duration", "reason"),
        needs=("reason",),
    ),
    _Rule(
        words=_words("did i (?:ask for|request)", "have i (?:asked|requested)", "my requests"),
        tool="list_my_requests",
    ),
    _Rule(
        words=_words("how(?: is|'s| are).*(?:request|going)", "status", "my request", "who decides"),
        tool="get_request",
        takes=("app",),
    ),
    _Rule(
        words=_words("(?:do|have) i (?:already )?(?:have|got)", "i have", "until when", "my (?:access|seats?|apps)"),
        tool="list_my_access",
    ),
    _Rule(
        words=_words(f"(?:which|what|any|an?|all|list|show|find) .*{_APP}", f"{_APP} (?:for|to|that)", "helps? .*with"),
        tool="list_apps",
        takes=("query", "tag"),
    ),
    _Rule(
        words=_words("tell me (?:more )?about", "what(?: is|'s)", "ask for in", "describe"),
        tool="get_app",
        takes=("app",),
        needs=("app",),
    ),
    _Rule(
        words=_words(
            "(?:get|give|make) me", "i(?: would|'d)? (?:need|want|like)", "can i (?:have|get|use)", "request", "ask for"
        ),
        tool="request_access",
        takes=("app", "role", "seat_type", "duration", "reason"),
        needs=("app", "reason"),
    ),
)

EXAMPLES: Final = (
    Example(text="What app can help with designing something?"),
    Example(text="Which applications do we have in this organization?"),
    Example(text="What do I have, and until when?"),
    Example(text="Get me a Codex seat for two weeks, I am trying the agent"),
    Example(text="How is my request going?"),
    Example(text="What did I ask for?"),
    Example(text="Extend ChatGPT because ", whole=False),
    Example(text="Cancel my request"),
    Example(text="Give back Figma"),
    Example(text="Who am I?"),
)

_NOT_UNDERSTOOD: Final = (
    "Sorry, I did not get that. I am not a model, only a router that looks for a few words. I know these, for example:"
)
_NO_APP: Final = "Which application? Say its name. To see what there is, ask:"


def route(prompt: str) -> ToolCall | Advice:
    """What to do with a prompt."""
    reading = read(prompt)
    rule = _rule_for(reading)
    if rule is None:
        return Advice(words=_NOT_UNDERSTOOD, examples=EXAMPLES)
    named = {name: value for name in rule.takes if (value := getattr(reading, name)) is not None}
    if "app" in rule.needs and "app" not in named:
        return Advice(words=_NO_APP, examples=EXAMPLES[:2])
    if "reason" in rule.needs and "reason" not in named:
        return Advice(
            words="Why? Whoever decides reads that. Say it after “because”:",
            examples=(Example(text=f"{reading.head} because ", whole=False),),
        )
    return ToolCall(tool=rule.tool, arguments=named)


def _rule_for(reading: Reading) -> _Rule | None:
    """A reason may hold any words, so what stands before it counts first."""
    return next((rule for text in (reading.head, reading.whole) for rule in _RULES if rule.words.search(text)), None)
