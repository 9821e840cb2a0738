"""How a tool introduces itself to ChatGPT (OpenAI's tool descriptor reference, and MCP 2026-07-28).

What every descriptor has to say is a parameter here, so that none can leave it out.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, ConfigDict

from bot.chatgpt_app.connections import SCOPE

#: which consent a call needs; at the top level of a descriptor and, for hosts that look there, in its `_meta`
SECURITY_SCHEMES: Final = [{"type": "oauth2", "scopes": [SCOPE]}]


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Effect(Enum):
    """What a call does. Nothing here ever leaves the company's own workspace, so no tool is open-world."""

    READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    TAKES_AWAY = ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
    )


class Answer(BaseModel):
    """What a tool answers with, for the model and for the component."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def describe(
    call: Callable[..., Awaitable[CallToolResult]],
    *,
    title: str,
    effect: Effect,
    doing: str,
    done: str,
    component: str | None = None,
    meta: Mapping[str, Any] = NOTHING,
) -> Tool:
    """A tool. Its name, description, and the schemas of what goes in and comes out are the function's own.

    Args:
        call: answers with `Annotated[CallToolResult, <the answer's model>]`; its docstring is the description.
        title: what people see.
        effect: what a call does.
        doing: what ChatGPT shows meanwhile; at most 64 characters.
        done: what it shows afterwards; at most 64 characters.
        component: the address of the MCP Apps component that shows the answer.
        meta: what else stands in `_meta`, such as `openai/profile`.
    """
    shown: dict[str, Any] = {} if component is None else {"ui": {"resourceUri": component}}
    tool = Tool.from_function(
        call,
        title=title,
        description=" ".join((inspect.getdoc(call) or "").split()),
        annotations=effect.value,
        meta={
            "securitySchemes": SECURITY_SCHEMES,
            "openai/toolInvocation/invoking": doing,
            "openai/toolInvocation/invoked": done,
            **shown,
            **meta,
        },
    )
    tool.fn_metadata.output_model = None  # `say` takes only what that model has made: it need not be checked again
    return tool


def say(words: str, answer: Answer) -> CallToolResult:
    """An answer, and the same in plain words. The SDK writes it as JSON, without what is None."""
    return CallToolResult(content=[TextContent(type="text", text=words)], structured_content=answer)
