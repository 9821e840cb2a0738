"""A Slack and a ChatGPT that answer at once and know next to nothing: what they cost is no part of what is measured.

They take the calls that Usher makes for a request and a decision, and remember when each came. What a real one would
refuse is the sandbox's business; here everybody is who they say.

`python -m bench.light PEOPLE [SECONDS]` serves both in one process and prints where. Who is invited accepts after so
many seconds; without them, nobody ever does.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bench.crew import email_of, person_id
from sandbox import company

JSON = dict[str, Any]
#: a token that says for itself that it is good for a while
_TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.x"


class Light:
    """Both of them."""

    def __init__(self, people: int, accepted_after: float = math.inf) -> None:
        #: when each thing was heard first, by what tells it from others: a trigger, an address that is invited
        self.heard: dict[str, float] = {}
        self.calls = 0
        self._people = people
        self._accepted_after = accepted_after
        self._numbers = itertools.count(1)
        self._invites: dict[str, JSON] = {}
        self._invited_at: dict[str, float] = {}
        self._members: dict[str, JSON] = {company.CHATGPT_INTEGRATION_EMAIL: _integration()}

    def answer(self, method: str, path: str, given: Mapping[str, Any], came: float) -> JSON | list[JSON]:
        """What one call is answered with."""
        self.calls += 1
        if path == "/heard":
            return {"heard": self.heard}
        if path == "/calls":
            return {"calls": self.calls}
        if path.startswith("/api/"):
            if path == "/api/auth/session":
                user = {"id": "user-integration", "email": company.CHATGPT_INTEGRATION_EMAIL}
                return {"accessToken": _TOKEN, "user": user}
            return {"ok": True, **self._slack(path.removeprefix("/api/"), given, came)}
        return self._chatgpt(method, path, given, came)

    def _slack(self, method: str, given: Mapping[str, Any], came: float) -> JSON:
        number = next(self._numbers)
        match method:
            case "auth.test":
                return {
                    "team_id": company.TEAM_ID,
                    "user_id": "U0BOT",
                    "bot_id": "B0BOT",
                    "url": "https://x.slack.com/",
                }
            case "users.list":
                first = int(given.get("cursor") or 0)
                after = min(first + int(given["limit"]), self._people)
                crew = [_member(person_id(number), email_of(number)) for number in range(first, after)]
                if after < self._people:
                    return {"members": crew, "response_metadata": {"next_cursor": str(after)}}
                return {"members": [*crew, _member(company.NOOR.id, company.NOOR.email)], "response_metadata": {}}
            case "team.profile.get":
                return {"profile": {"fields": []}}
            case "usergroups.list":
                return {"usergroups": []}
            case "conversations.open":
                return {"channel": {"id": f"D{given.get('users')}"}}
            case "chat.postMessage" | "chat.update":
                ts = given.get("ts") or f"{int(time.time())}.{number:06}"
                return {"channel": given.get("channel"), "ts": ts, "message": {"ts": ts}}
            case "chat.getPermalink":
                return {"permalink": f"https://x.slack.com/archives/D/p{number}"}
            case "views.open":
                self.heard.setdefault(str(given.get("trigger_id")), came)
                return {"view": {"id": f"V{number}"}}
        return {}

    def _chatgpt(self, method: str, path: str, given: Mapping[str, Any], came: float) -> JSON | list[JSON]:
        what = path.rpartition("/")[2]
        if method == "POST" and what == "invites":
            for email in given["email_addresses"]:
                self.heard.setdefault(email, came)
                self._invited_at[email] = came
                self._invites[email] = invite = {
                    "id": f"invite-{email}", "email_address": email, "role": given["role"],
                    "seat_type": given["seat_type"], "created_time": "2026-01-01T00:00:00Z", "status": 2,
                }  # fmt: skip
            return {"account_invites": [invite], "errored_emails": []}
        if what == "seat_type_counts":
            return {"seat_type_counts": {"default": 1, "usage_based": len(self._invites)}}
        if what == "subscriptions":
            return {"seats_entitled": 100_000, "seats_in_use": 1}
        if method == "DELETE":
            self._members.pop(what.removeprefix("user-"), None)
            return {"success": True}
        query = str(given.get("query", ""))
        self._let_in(query)
        there = self._members if what == "users" else self._invites
        found = list(there.values()) if not query else [there[query]] if query in there else []
        first, most = int(given.get("offset", 0)), int(given.get("limit", 100))
        return {"items": found[first : first + most], "total": len(found), "limit": most, "offset": first}

    def _let_in(self, email: str) -> None:
        if time.monotonic() < self._invited_at.get(email, math.inf) + self._accepted_after:
            return
        invite = self._invites.pop(email)
        del self._invited_at[email]
        seat = {"role": invite["role"], "seat_type": invite["seat_type"], "created_time": invite["created_time"]}
        self._members[email] = {"id": f"user-{email}", "email": email, "name": email, **seat}


def _member(id_: str, email: str) -> JSON:
    return {
        "id": id_, "team_id": company.TEAM_ID, "name": id_.lower(), "real_name": id_, "tz": "UTC", "deleted": False,
        "is_bot": False, "profile": {"email": email, "real_name": id_, "title": ""},
    }  # fmt: skip


def _integration() -> JSON:
    return {
        "id": "user-integration", "email": company.CHATGPT_INTEGRATION_EMAIL, "name": "IT", "role": "account-owner",
        "seat_type": "default", "created_time": "2025-01-01T00:00:00Z",
    }  # fmt: skip


# -- HTTP, as little as will do ----------------------------------------------------------------------------------------
class _Connection(asyncio.Protocol):
    def __init__(self, answer: Callable[[str, str, Mapping[str, Any], float], Any]) -> None:
        self._answer = answer
        self._rest = b""
        self._came: float | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A call is over when its body is there; it came with its first byte."""
        self._came = self._came or time.monotonic()
        self._rest += data
        while True:
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                return
            line, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            method, target, _ = line.split(" ")
            parts = urlsplit(target)
            given = dict(parse_qsl(parts.query)) | _read(rest[:length], headers.get("content-type", ""))
            body = json.dumps(self._answer(method, unquote(parts.path), given, self._came or time.monotonic())).encode()
            head_out = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head_out.encode() + body)
            self._rest = rest[length:]
            self._came = time.monotonic() if self._rest else None


def _read(body: bytes, kind: str) -> JSON:
    if not body:
        return {}
    return json.loads(body) if "json" in kind else dict(parse_qsl(body.decode()))


async def _serve(people: int, accepted_after: float = math.inf) -> None:
    light = Light(people, accepted_after)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(light.answer), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *map(float, sys.argv[2:])))
