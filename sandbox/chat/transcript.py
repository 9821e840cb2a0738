"""What stands in a chat: what the person said, what they were told, and which tools were called."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from mcp_types import Tool, ToolAnnotations

from sandbox.chat.router import Example

JSON = dict[str, Any]
#: entries; the oldest go first
_LONGEST: Final = 200


class Effect(Enum):
    """What a call does, as far as its tool says so; for whatever it does not say MCP has the graver default."""

    READS = "reads"
    CHANGES = "changes"
    TAKES_AWAY = "takes away"

    @classmethod
    def of(cls, tool: Tool) -> Effect:
        """The effect that a tool's annotations promise."""
        hints = tool.annotations or ToolAnnotations()
        if hints.read_only_hint:
            return cls.READS
        return cls.CHANGES if hints.destructive_hint is False else cls.TAKES_AWAY


class Stage(Enum):
    """How far a call is."""

    ASKS = "asks"  # whether the person wants it
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DECLINED = "declined"


@dataclass(slots=True, kw_only=True)
class Entry(ABC):
    """One of them. Its number names it, and is given by the transcript."""

    number: int = 0

    @abstractmethod
    def shown(self) -> JSON:
        """For the page."""


@dataclass(slots=True, kw_only=True)
class Said(Entry):
    """By the person."""

    text: str

    def shown(self) -> JSON:
        """For the page."""
        return {"kind": "said", "text": self.text}


@dataclass(slots=True, kw_only=True)
class Told(Entry):
    """To the person, by the router or by the chat itself."""

    text: str
    examples: tuple[Example, ...] = ()
    connect: bool = False  # whether to offer Connect

    def shown(self) -> JSON:
        """For the page."""
        examples = [{"text": each.text, "whole": each.whole} for each in self.examples]
        return {"kind": "told", "text": self.text, "examples": examples, "connect": self.connect}


@dataclass(slots=True, kw_only=True)
class Call(Entry):
    """Of a tool."""

    tool: Tool
    arguments: JSON
    by_component: bool  # and not by a prompt
    stage: Stage = Stage.ASKS
    words: str = ""  # the tool's, or why there are none
    result: JSON | None = None  # as on the wire
    connect: bool = False

    @property
    def effect(self) -> Effect:
        """What it does."""
        return Effect.of(self.tool)

    def shown(self) -> JSON:
        """For the page."""
        meta = self.tool.meta or {}
        ui = meta.get("ui") or {}
        return {
            "kind": "call",
            "tool": self.tool.name,
            "title": self.tool.title or self.tool.name,
            "arguments": self.arguments,
            "effect": self.effect.value,
            "by_component": self.by_component,
            "stage": self.stage.value,
            "doing": meta.get("openai/toolInvocation/invoking") or f"Calling {self.tool.name}…",
            "component": None if self.by_component else ui.get("resourceUri"),
            "words": self.words,
            "result": self.result,
            "connect": self.connect,
        }


@dataclass(slots=True, kw_only=True)
class Noted(Entry):
    """By a component, for the model."""

    text: str

    def shown(self) -> JSON:
        """For the page."""
        return {"kind": "noted", "text": self.text}


E = TypeVar("E", bound=Entry)


class Transcript:
    """The entries, oldest first."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._entries: deque[Entry] = deque(maxlen=_LONGEST)

    def add(self, entry: E) -> E:
        """At the end."""
        entry.number = next(self._numbers)
        self._entries.append(entry)
        return entry

    def call(self, number: int) -> Call | None:
        """The call with this number, if there is one."""
        return next((each for each in self._entries if isinstance(each, Call) and each.number == number), None)

    def clear(self) -> None:
        """A new chat. Numbers go on."""
        self._entries.clear()

    def shown(self) -> list[JSON]:
        """For the page."""
        return [{"id": each.number, **each.shown()} for each in self._entries]
