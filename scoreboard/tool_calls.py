"""Calls of the tools, as schemathesis makes them of the tools' own schemas: what fits them, and what just does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

JSON = dict[str, Any]
_RESPONSES: Final = {"200": {"description": "JSON-RPC's answer"}}


def tool_calls(tools: Mapping[str, JSON]) -> st.SearchStrategy[bytes]:
    """Bodies for /mcp. `tools` are the schemas of what each tool can be called with."""
    # schemathesis reads OpenAPI, and MCP has one address for all of its tools: here each has a path of its own
    paths = {f"/{name}": {"post": _operation(name, arguments)} for name, arguments in tools.items()}
    schema = schemathesis.openapi.from_dict(
        {"openapi": "3.1.0", "info": {"title": "Usher's tools", "version": "1"}, "paths": paths}
    )
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    calls = [schema[path]["POST"].as_strategy(generation_mode=mode).map(_body) for path in paths for mode in modes]
    return st.one_of(calls)


def _operation(name: str, arguments: JSON) -> JSON:
    call = _object(
        jsonrpc={"const": "2.0"},
        id={"type": "integer"},
        method={"const": "tools/call"},
        params=_object(name={"const": name}, arguments=arguments),
    )
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": call}}},
        "responses": _RESPONSES,
    }


def _object(**properties: JSON) -> JSON:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _body(case: Case[Any]) -> bytes:
    if isinstance(case.body, bytes):
        return case.body
    return json.dumps(case.body).encode("utf-8", "surrogatepass")
