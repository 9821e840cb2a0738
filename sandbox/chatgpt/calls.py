"""One call to the workspace, as data: what was asked, and afterwards what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from starlette.datastructures import Headers
from starlette.requests import Request


@dataclass(slots=True, kw_only=True)
class Call:
    """What came in, in plain values, so that a fault can replace a part of it. `path` is the one below the mount.

    `started` and `finished` are `time.monotonic()` seconds, `at` is the sandbox's time. `status` is None while the
    call is on its way, and stays None if it was never answered. `what` says in words what it did.
    """

    method: str
    path: str
    path_params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Headers = field(repr=False)  # they carry tokens
    body: bytes
    at: datetime
    started: float = field(default_factory=time.monotonic)
    finished: float | None = None
    status: int | None = None
    what: str = ""

    @classmethod
    async def of(cls, request: Request, *, at: datetime) -> Self:
        """Read the request whole. Raises starlette's ClientDisconnect if the client leaves meanwhile."""
        return cls(
            method=request.method,
            path=request.url.path.removeprefix(request.scope.get("root_path", "")),
            path_params=request.path_params,
            query=dict(request.query_params),
            headers=request.headers,
            body=await request.body(),
            at=at,
        )

    def json(self) -> Any:
        """The body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The e-mail addresses that the body names, whichever field it uses for them."""
        body = self.json()
        if not isinstance(body, dict):
            return ()
        several = body.get("email_addresses")
        named = [
            body.get("email_address"),
            body.get("email"),
            body.get("userName"),
            *(several if isinstance(several, list) else ()),
        ]
        return tuple(email for email in named if isinstance(email, str))
