"""The faults of lists: pages of the web-admin face that do not fit together, entries of any face nobody expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from sandbox.chatgpt.admin_api_json import ROLES as ADMIN_API_ROLES
from sandbox.chatgpt.faults import Fault, Scope, Turn
from sandbox.chatgpt.faults_admin_api import MANAGE
from sandbox.chatgpt.faults_common import Around, altered
from sandbox.chatgpt.faults_web_admin import ACCOUNT
from sandbox.chatgpt.roster import MEMBER, OWNER, address

USERS: Final = Scope.of("GET", rf"({ACCOUNT}/users|{MANAGE}/users(/[^/]+)?)$")
INVITES: Final = Scope.of("GET", ACCOUNT + r"/invites$")
LISTS: Final = Scope.of("GET", ACCOUNT + r"/(users|invites)$")


_MEMBER: Final = {MEMBER, ADMIN_API_ROLES[MEMBER]}
_OWNER: Final = {OWNER, ADMIN_API_ROLES[OWNER]}


def _people(body: Any) -> list[Any]:
    """Everybody in an answer: in a list of the web-admin face, in one of the Admin API, or alone."""
    people: list[Any] = next((body[name] for name in ("items", "data") if name in body), [body])
    return people


async def _overlapping(turn: Turn) -> Response:
    """The entry at the end of one page comes again at the top of the next, as if somebody had joined between."""
    offset = int(turn.call.query.get("offset") or 0)
    shifted = {**turn.call.query, "offset": str(max(0, offset - 1))}
    real = await turn.go_on(replace(turn.call, query=shifted))
    if real.status_code != 200:
        return real
    return JSONResponse({**json.loads(bytes(real.body)), "offset": offset})


def _moving_total(turn: Turn, body: Any) -> None:
    body["total"] += turn.nth % 2


def _no_total(_: Turn, body: Any) -> None:
    del body["total"]


def _every_item(field: str, value: Callable[[Turn], object]) -> Around:
    """Set a field of every listed person that the setting `whom` names; without it, of every plain member."""

    def alter(turn: Turn, body: Any) -> None:
        whom = address(turn.settings.get("whom", ""))
        for item in _people(body):
            email = address(item.get("email") or item.get("email_address") or "")
            if email == whom if whom else item["role"] in _MEMBER:
                item[field] = value(turn)

    return altered(alter)


def _seatless_owners(_: Turn, body: Any) -> None:
    for item in _people(body):
        if item["role"] in _OWNER:
            del item["seat_type"]


def _listed_twice(_: Turn, body: Any) -> None:
    earlier = "2020-01-01T00:00:00.000000+00:00"
    body["items"] += [{**item, "id": f"{item['id']}-old", "created_time": earlier} for item in body["items"]]
    body["total"] *= 2


def _pending_in_words(_: Turn, body: Any) -> None:
    for item in body["items"]:
        item["status"] = "pending"


LIST_FAULTS: Final = (
    Fault(
        name="overlapping_pages",
        title="Pages overlap",
        description="Every page after the first begins with the last entry of the one before.",
        scope=LISTS,
        around=_overlapping,
    ),
    Fault(
        name="moving_total",
        title="The total moves",
        description="Every other page says that there is one more.",
        scope=LISTS,
        around=altered(_moving_total),
    ),
    Fault(
        name="no_total",
        title="The total is missing",
        description="Lists come without `total`.",
        scope=LISTS,
        around=altered(_no_total),
    ),
    Fault(
        name="email_null",
        title="Addresses are hidden",
        description="Members (or the one whose address is `whom`) are listed with email null.",
        scope=USERS,
        around=_every_item("email", lambda _: None),
        settings={"whom": ""},
    ),
    Fault(
        name="unknown_role",
        title="A role nobody knows",
        description="Members (or the one whose address is `whom`) are listed with the role `role`.",
        scope=USERS,
        around=_every_item("role", lambda turn: turn.settings["role"]),
        settings={"whom": "", "role": "account-observer"},
    ),
    Fault(
        name="unknown_seat_type",
        title="A seat type nobody knows",
        description="Members (or the one whose address is `whom`) are listed with the seat type `seat_type`.",
        scope=USERS,
        around=_every_item("seat_type", lambda turn: turn.settings["seat_type"]),
        settings={"whom": "", "seat_type": "galactic"},
    ),
    Fault(
        name="seatless_owners",
        title="Owners without a seat type",
        description="Owners are listed without `seat_type`.",
        scope=USERS,
        around=altered(_seatless_owners),
    ),
    Fault(
        name="invites_listed_twice",
        title="Invites are listed twice",
        description="Every open invite comes with an older copy of itself.",
        scope=INVITES,
        around=altered(_listed_twice),
    ),
    Fault(
        name="pending_in_words",
        title="The status of an invite in words",
        description='Invites have the status "pending" instead of 2.',
        scope=INVITES,
        around=altered(_pending_in_words),
    ),
)
