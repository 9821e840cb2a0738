"""Puts `securitySchemes` where ChatGPT looks for it: on a tool itself. The SDK's model of a tool drops it there.

The same list stands in each tool's `_meta`, so nothing is made up here: it is copied in answers to `tools/list`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

_KEY: Final = "securitySchemes"


async def security_schemes_on_top(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware of the SDK's server: it sees each answer as it goes out."""
    answer = await call_next(ctx)
    if ctx.method == "tools/list" and isinstance(answer, MutableMapping):
        for tool in answer["tools"]:
            tool[_KEY] = tool["_meta"][_KEY]
    return answer
