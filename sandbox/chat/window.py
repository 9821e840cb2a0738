"""One person's chat: what they type goes through the router to the app's tools, and what comes back stays here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mcp_types import CallToolResult, TextContent, Tool

from sandbox import company
from sandbox.chat.connection import Connection
from sandbox.chat.oauth import Failed, NotConnected
from sandbox.chat.router import EXAMPLES, Advice, Example, route
from sandbox.chat.transcript import Call, Effect, Noted, Said, Stage, Told, Transcript
from sandbox.chatgpt.changes import Changes

JSON = dict[str, Any]

_CONNECT_FIRST: Final = "The app is not connected. Connect it, and ask once more."
_CONNECT_AGAIN: Final = "The app does not let you in any more. Connect it again."


class Window:
    """The chat in which this person sits."""

    def __init__(self, person: company.Person) -> None:
        self.person = person
        self.changes = Changes()
        self.transcript = Transcript()
        self.connection: Connection | None = None
        self.account: str | None = None  # whose account of the app is connected; None where it does not say
        self._tools: dict[str, Tool] = {}

    def shown(self) -> JSON:
        """For the page."""
        return {
            "version": self.changes.version,
            "connected": self.connection is not None,
            "account": self.account,
            "tools": [_tool(each) for each in self._tools.values()],
            "entries": self.transcript.shown(),
            "examples": [{"text": each.text, "whole": each.whole} for each in EXAMPLES],
        }

    async def connect(self, connection: Connection) -> None:
        """The person has connected the app. Raises Failed or NotConnected where it cannot be used after all."""
        try:
            tools = {tool.name: tool for tool in await connection.tools()}
            account = await _account(connection, tools)
        except (Failed, NotConnected):
            await _end(connection)
            raise
        before = self._drop()
        self.connection, self.account, self._tools = connection, account, tools
        self.tell(
            f"Connected{f' as {account}' if account else ''}. Ask for something, or press one:", examples=EXAMPLES[:4]
        )
        if before is not None:
            await _end(before)

    async def disconnect(self) -> None:
        """The person wants no connection any more, and the app is told."""
        connection = self._drop()
        if connection is not None:
            trouble = await _end(connection)
            self.tell(f"Disconnected here. {trouble}" if trouble else "Disconnected, and the app was told.")

    def tell(self, text: str, *, examples: Sequence[Example] = (), connect: bool = False) -> Told:
        """Tell the person something."""
        told = self.transcript.add(Told(text=text, examples=tuple(examples), connect=connect))
        self.changes.bump()
        return told

    async def say(self, text: str) -> Told | Call:
        """The person has typed this, or a component has for them. Returns what came of it."""
        self.transcript.add(Said(text=text))
        step = route(text)
        if isinstance(step, Advice):
            return self.tell(step.words, examples=step.examples)
        if self.connection is None:
            return self.tell(_CONNECT_FIRST, connect=True)
        if step.tool not in self._tools:
            return self.tell(f"That would be {step.tool}, but the app has no such tool.")
        return await self.call(step.tool, step.arguments)

    async def call(self, tool: str, arguments: JSON, *, by_component: bool = False) -> Call:
        """Call a tool, at once if that only reads, and otherwise when the person agrees.

        Whatever a component only reads stays out of the transcript: it may look every few seconds. Raises LookupError
        if the app has no such tool.
        """
        if tool not in self._tools:
            raise LookupError(f"The app has no tool “{tool}”, or is not connected.")
        call = Call(tool=self._tools[tool], arguments=arguments, by_component=by_component)
        reads = call.effect is Effect.READS
        if not (reads and by_component):
            self.transcript.add(call)
            self.changes.bump()
        if reads:
            await self._run(call)
        return call

    async def decide(self, number: int, *, agreed: bool) -> None:
        """What the person answers to a call that asks first. A second answer changes nothing."""
        call = self.transcript.call(number)
        if call is None or call.stage is not Stage.ASKS:
            return
        if agreed:
            await self._run(call)
        else:
            call.stage = Stage.DECLINED
            self.changes.bump()

    async def page(self, uri: str) -> JSON:
        """A component's page. Raises Failed."""
        if self.connection is None:
            raise Failed(_CONNECT_FIRST)
        try:
            return await self.connection.page(uri)
        except NotConnected as error:
            raise Failed(f"{error} {_CONNECT_AGAIN}") from error

    def note(self, text: str) -> None:
        """A component wants the model to know something. There is none, so it is shown to the person."""
        self.transcript.add(Noted(text=text))
        self.changes.bump()

    def clear(self) -> None:
        """Begin a new chat. The connection stays."""
        self.transcript.clear()
        self.changes.bump()

    async def _run(self, call: Call) -> None:
        call.stage = Stage.RUNNING
        self.changes.bump()
        connection = self.connection
        try:
            if connection is None:
                raise Failed(_CONNECT_FIRST)
            result = await connection.call(call.tool.name, call.arguments)
        except NotConnected:
            if self.connection is connection:
                self._drop()
            call.stage, call.words = Stage.FAILED, _CONNECT_AGAIN
        except Failed as failed:
            call.stage, call.words = Stage.FAILED, str(failed)
        else:
            call.stage = Stage.FAILED if result.is_error else Stage.DONE
            call.words = _words(result)
            call.result = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        call.connect = self.connection is None
        self.changes.bump()

    def _drop(self) -> Connection | None:
        connection, self.connection, self.account, self._tools = self.connection, None, None, {}
        self.changes.bump()
        return connection


async def _end(connection: Connection) -> str | None:
    """Tell the app that a connection is over. Returns why that did not work, if so; it is over here all the same."""
    try:
        await connection.end()
    except Failed as failed:
        return str(failed)
    return None


def _tool(tool: Tool) -> JSON:
    """A tool in the list, for the page."""
    return {
        "name": tool.name,
        "title": tool.title or tool.name,
        "description": tool.description or "",
        "effect": Effect.of(tool).value,
    }


async def _account(connection: Connection, tools: dict[str, Tool]) -> str | None:
    """Whose account it is, by the tool that an app may have for that (OpenAI's profile tool)."""
    for tool in tools.values():
        if (tool.meta or {}).get("openai/profile"):
            profile = (await connection.call(tool.name, {})).structured_content or {}
            name = profile.get("nickname") or profile.get("name") or profile.get("email")
            return str(name) if name else None
    return None


def _words(result: CallToolResult) -> str:
    """What a result says in words."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
