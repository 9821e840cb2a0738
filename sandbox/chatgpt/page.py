"""JSON for the sandbox's page: what is in the workspace, and what a visitor can do to it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.chatgpt.refusals import NoSuchMember, Refusal
from sandbox.chatgpt.roster import CODEX_SEAT, MEMBER, PREMIUM_SEAT, ROLES, SEAT_TYPES, STANDARD_SEAT, Member
from sandbox.chatgpt.web_admin_json import zulu
from sandbox.chatgpt.workspace import Workspace

LOG_LENGTH: Final = 50
PATIENCE: Final = 25.0  # seconds until a page that waits is told that nothing changed


def routes(workspace: Workspace) -> list[Route]:
    """The page's routes, below the prefix that the server gives them."""
    page = _Page(workspace)
    acts: dict[str, Callable[[dict[str, Any]], None]] = {
        "/accept": page.accept,
        "/remove": page.remove,
        "/invite": page.invite,
        "/role": page.role,
        "/seat": page.seat,
        "/faults": page.fault,
        "/faults/clear": lambda _: workspace.faults.clear(),
        "/reset": lambda _: workspace.reset(),
    }
    return [
        Route("/state", page.state, methods=["GET"]),
        Route("/changes", page.wait, methods=["GET"]),
        *(Route(path, _acting(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _acting(act: Callable[[dict[str, Any]], None]) -> Callable[[Request], Any]:
    """An endpoint that does what the JSON body says, and says what is wrong with it otherwise."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else {}
            if not isinstance(body, dict):
                raise TypeError("the body has to be a JSON object")
            act(body)
        except KeyError as missing:
            return JSONResponse({"error": f"{missing.args[0]} is missing"}, 400)
        except (Refusal, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"ok": True})

    return endpoint


class _Page:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def state(self, _: Request) -> Response:
        """GET /state: everything the page shows."""
        self._workspace.settle()
        profile = self._workspace.profile
        return JSONResponse(
            {
                "version": self._workspace.changes.version,
                "workspace": {"id": profile.id, "name": profile.name, "plan": profile.plan_type},
                "seats": self._seats(),
                "members": self._members(),
                "invites": self._invites(),
                "accepted": self._workspace.accepted,
                "faults": self._faults(),
                "log": self._log(),
            }
        )

    async def wait(self, request: Request) -> Response:
        """GET /changes?since=n: answers when something has changed, or after a while."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return JSONResponse({"error": "since has to be a version"}, 400)
        version = await self._workspace.changes.beyond(int(since), seconds=PATIENCE)
        return JSONResponse({"version": version})

    def _seats(self) -> dict[str, Any]:
        roster, paid = self._workspace.roster, self._workspace.profile.paid
        shown = (STANDARD_SEAT, CODEX_SEAT, *((PREMIUM_SEAT,) if paid.get(PREMIUM_SEAT) else ()))
        return {
            seat: {"used": roster.used(seat), "invited": roster.invited(seat), "paid": paid.get(seat)} for seat in shown
        }

    def _members(self) -> list[dict[str, Any]]:
        return [
            {
                "user_id": member.user_id,
                "name": member.name,
                "email": member.email,
                "role": member.role,
                "seat_type": member.seat_type,
                "pending_seat_type": member.pending_seat_type,
                "since": zulu(member.created_time),
                "is_integration": member.email == self._workspace.profile.integration_email,
                "deactivated": not member.active,
            }
            for member in self._workspace.roster.members.values()
        ]

    def _invites(self) -> list[dict[str, Any]]:
        return [
            {
                "id": invite.id,
                "email": invite.email,
                "role": invite.role,
                "seat_type": invite.seat_type,
                "created": zulu(invite.created_time),
                "expires": None,
            }
            for invite in self._workspace.roster.invites.values()
        ]

    def _faults(self) -> list[dict[str, Any]]:
        shown = []
        for fault in self._workspace.faults.registry.values():
            active = self._workspace.faults.active(fault.name)
            shown.append(
                {
                    "name": fault.name,
                    "title": fault.title,
                    "description": fault.description,
                    "settings": {**fault.settings, **(active.settings if active else {})},
                    "on": active is not None,
                    "remaining": active.remaining if active else None,
                }
            )
        return shown

    def _log(self) -> list[dict[str, Any]]:
        return [
            {
                "at": zulu(call.at),
                "method": call.method,
                "path": call.path,
                "status": call.status,
                "what": call.what,
            }
            for call in self._workspace.calls[-LOG_LENGTH:]
        ]

    # By hand

    def accept(self, body: dict[str, Any]) -> None:
        """POST /accept {email}: the invited person accepts."""
        self._workspace.accept(_text(body, "email"))

    def remove(self, body: dict[str, Any]) -> None:
        """POST /remove {email}: somebody removes the member, or cancels the invite."""
        email = _text(body, "email")
        if self._workspace.roster.invite(email) is not None:
            self._workspace.cancel_invite(email)
        else:
            self._workspace.remove(self._member(email).user_id)

    def invite(self, body: dict[str, Any]) -> None:
        """POST /invite {email, role?, seat_type?}."""
        role = _one_of(body.get("role", MEMBER), ROLES)
        self._workspace.invite(_text(body, "email"), role=role, seat_type=_seat(body.get("seat_type")))

    def role(self, body: dict[str, Any]) -> None:
        """POST /role {email, role}."""
        self._workspace.set_role(self._member(_text(body, "email")).user_id, _one_of(body["role"], ROLES))

    def seat(self, body: dict[str, Any]) -> None:
        """POST /seat {email, seat_type}."""
        seat_type = _one_of(body["seat_type"], SEAT_TYPES)
        self._workspace.set_seat(self._member(_text(body, "email")).user_id, seat_type)

    def fault(self, body: dict[str, Any]) -> None:
        """POST /faults {name, on, times?, method?, path?, email?, ...settings}."""
        settings = {key: value for key, value in body.items() if key not in {"name", "on"}}
        name = _text(body, "name")
        if body["on"]:
            self._workspace.faults.switch_on(name, **settings)
        else:
            self._workspace.faults.switch_off(name)

    def _member(self, email: str) -> Member:
        member = self._workspace.roster.member_by_email(email)
        if member is None:
            raise NoSuchMember(f"{email} is not a member")
        return member


def _text(body: dict[str, Any], key: str) -> str:
    value = body[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} has to be a text")
    return value.strip()


def _one_of(value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
    return value


def _seat(value: object) -> str | None:
    return None if value is None else _one_of(value, SEAT_TYPES)
