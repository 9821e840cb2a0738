"""Requests that nobody should send, as hypothesis thinks them up: malformed, oversized, replayed, wrongly signed.

Where there is a schema, the tools of the ChatGPT app, schemathesis thinks with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sandbox.slack.delivery import Signing, signed_headers
from scoreboard.tool_calls import tool_calls

JSON = Any
#: bytes; more than any door takes
OVERSIZED: Final = 1_500_000
#: what the doors of the authorization server are asked with
PARAMETERS: Final = (
    "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "scope",
    "resource", "grant_type", "code", "code_verifier", "refresh_token", "token", "token_type_hint", "ticket",
    "decision", "error", "iss",
)  # fmt: skip
OAUTH: Final = (
    "/oauth/authorize", "/oauth/consent", "/oauth/slack/callback", "/oauth/token", "/oauth/register", "/oauth/revoke",
    "/oauth/pages.css", "/.well-known/oauth-authorization-server",
)  # fmt: skip
METHODS: Final = (
    "initialize",
    "tools/call",
    "tools/list",
    "resources/read",
    "resources/list",
    "ping",
    "server/discover",
)
VERSIONS: Final = ("2025-11-25", "2026-07-28")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """One request. `signing` is how Slack's signature is made, at the moment when it is sent; None for no signature."""

    path: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    signing: Signing | None = None
    token: int | None = None  # whose, of the people who have connected ChatGPT

    def signed(self, secret: str) -> dict[str, str]:
        """Its headers, with the signature."""
        extra = signed_headers(secret, self.content, self.signing) if self.signing else {}
        return {**self.headers, **extra}


_words = st.text(max_size=40) | st.sampled_from(
    ["", "\x00", "null", "../../etc/passwd", "' OR 1=1 --", "\N{PILE OF POO}" * 50, "a" * 9000]
)
_leaf = st.none() | st.booleans() | st.integers() | st.floats() | _words
_json = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4), max_leaves=8
)
_TYPES: Final = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def _dumped(value: JSON) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@st.composite
def _mutated(draw: st.DrawFn, originals: Sequence[JSON]) -> JSON:
    """Something that Slack has sent, with a part of it replaced or gone."""
    changed = deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        place = changed
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and draw(st.integers(0, 3)):
                place = place[key]
                continue
            if draw(st.booleans()):
                place[key] = draw(_json)
            else:
                del place[key]
            break
    return changed


@st.composite
def _to_slack(draw: st.DrawFn, deliveries: Sequence[tuple[str, JSON]]) -> Stray:
    """Forms and events, most of them rightly signed: only then is there much to go wrong."""
    how = draw(st.sampled_from([Signing.GOOD] * 4 + [Signing.WRONG, Signing.STALE, None]))
    form = {"content-type": "application/x-www-form-urlencoded"}
    match draw(st.integers(0, 9)):
        case 0:
            content, headers = draw(st.binary(max_size=200)), draw(st.sampled_from([form, _TYPES, {}]))
        case 1:
            content, headers = b"payload=" + b"x" * OVERSIZED, form
        case 2:
            content, headers = _dumped(draw(_json)), dict(_TYPES)
        case 3:
            content, headers = urlencode({"payload": _dumped(draw(_json))}).encode(), form
        case 4:  # replayed: word for word what was there before, signed anew as Slack does when it delivers again
            kind, payload = draw(st.sampled_from(deliveries))
            content, headers = _encoded(kind, payload)
        case _:
            kind = draw(st.sampled_from(sorted({kind for kind, _ in deliveries})))
            payload = draw(_mutated([one for of, one in deliveries if of == kind]))
            content, headers = _encoded(kind, payload)
    return Stray(path="/slack/events", content=content, headers=headers, signing=how)


def _encoded(kind: str, payload: JSON) -> tuple[bytes, dict[str, str]]:
    if kind == "events_api":
        return _dumped(payload), {"content-type": "application/json"}
    form = payload if kind == "slash_commands" else {"payload": _dumped(payload)}
    pairs = {name: value if isinstance(value, (str, bytes)) else _dumped(value) for name, value in form.items()}
    return urlencode(pairs, errors="surrogatepass").encode(), {"content-type": "application/x-www-form-urlencoded"}


@st.composite
def _to_mcp(draw: st.DrawFn, tools: Mapping[str, JSON], calls: st.SearchStrategy[bytes], people: int) -> Stray:
    """Calls of tools by their schemas, with arguments of the right names and any values, and what is no call at all."""
    token = draw(st.sampled_from([*range(people), None]))
    headers = {**_TYPES, "mcp-protocol-version": draw(st.sampled_from([*VERSIONS, "1.0"]))}
    if token is None and draw(st.booleans()):
        # a client cannot even send a value that ends with a space
        headers["authorization"] = ("Bearer " + draw(st.text("abcXYZ019-._~+/= ", max_size=60))).rstrip()
    match draw(st.integers(0, 9)):
        case 0:
            content = draw(st.binary(max_size=200) | _json.map(_dumped))
        case 1:
            content = _dumped({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"x": "y" * OVERSIZED}})
        case 2:
            call = {
                "jsonrpc": draw(_leaf),
                "id": draw(_json),
                "method": draw(st.sampled_from(METHODS)),
                "params": draw(_json),
            }
            content = _dumped(call)
        case 3 | 4 | 5 | 6:
            content = draw(calls)
        case _:
            name = draw(st.sampled_from([*tools, "no_such_tool"]))
            properties = list(tools[name].get("properties", {})) if name in tools else ["query"]
            arguments = draw(st.dictionaries(st.sampled_from(properties), _json, max_size=4)) if properties else {}
            params = {"name": name, "arguments": arguments}
            content = _dumped({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    method = draw(st.sampled_from(["POST"] * 8 + ["GET", "DELETE", "PUT"]))
    if method == "GET":
        headers["accept"] = "application/json"  # a stream would stay open
    return Stray(path="/mcp", method=method, content=content, headers=headers, token=token)


@st.composite
def _to_oauth(draw: st.DrawFn) -> Stray:
    """Known parameters with any values, twice or not at all, in the address, in a form or as JSON."""
    path, method = draw(st.sampled_from(OAUTH)), draw(st.sampled_from(["GET", "POST", "POST", "PUT"]))
    pairs = draw(st.lists(st.tuples(st.sampled_from(PARAMETERS), _words), max_size=8))
    query = urlencode(pairs)
    if method == "GET":
        return Stray(path=f"{path}?{query[:8000]}", method=method)
    match draw(st.integers(0, 4)):
        case 0:
            return Stray(path=path, method=method, content=draw(st.binary(max_size=300)), headers=_TYPES)
        case 1:
            return Stray(path=path, method=method, content=_dumped(draw(_json)), headers=_TYPES)
        case 2:
            document = {"redirect_uris": draw(_json), "client_name": draw(_json), "grant_types": draw(_json)}
            return Stray(path="/oauth/register", method=method, content=_dumped(document), headers=_TYPES)
        case 3 if draw(st.booleans()):
            return Stray(path=path, method=method, content=b"code=" + b"x" * OVERSIZED, headers=_FORM)
        case _:
            return Stray(path=path, method=method, content=query.encode(), headers=_FORM)


_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def think_up(
    number: int, chance: int, *, deliveries: Sequence[tuple[str, JSON]], tools: Mapping[str, JSON], people: int
) -> list[Stray]:
    """So many of them. `deliveries` is what Slack has sent, `tools` the schemas of what they can be called with."""
    drawn: list[Stray] = []
    calls = tool_calls(tools)

    @seed(chance)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_to_slack(deliveries) | _to_mcp(tools, calls, people) | _to_oauth())
    def draw(stray: Stray) -> None:
        drawn.append(stray)

    while len(drawn) < number:
        draw()
    return drawn[:number]
