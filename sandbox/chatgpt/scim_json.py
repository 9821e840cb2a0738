"""The JSON of the SCIM face (RFC 7643 and 7644), as strictly as WorkOS reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.responses import JSONResponse

from sandbox.chatgpt.directory import Entry, Unacceptable
from sandbox.chatgpt.roster import address

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"

LONGEST_BODY: Final = 2_000 * 1024  # bytes
LONGEST_PAGE: Final = 100  # our choice

_EXPECTED: Final[Mapping[str, tuple[type, str]]] = {
    "userName": (str, "string"),
    "externalId": (str, "string"),
    "displayName": (str, "string"),
    "active": (bool, "boolean"),
    "emails": (list, "array"),
    "name": (dict, "object"),
}
_READ_ONLY: Final = frozenset({"id", "schemas", "meta"})
_FILTER: Final = re.compile(r'\s*userName\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)


class ScimAnswer(JSONResponse):
    """JSON under SCIM's own name."""

    media_type = "application/scim+json"


def error_answer(status: int, detail: str = "", scim_type: str | None = None) -> ScimAnswer:
    """A refusal, in SCIM's shape."""
    body = {"schemas": [ERROR], "status": str(status), "scimType": scim_type, "detail": detail or None}
    return ScimAnswer({key: value for key, value in body.items() if value is not None}, status)


# -- what comes in -----------------------------------------------------------------------------------------------------
def read_user(body: Any, *, replaces: bool = False) -> dict[str, Any]:
    """The attributes of a whole user, checked. Raises Unacceptable."""
    attributes = {key: value for key, value in _object(body).items() if key not in _READ_ONLY}
    _check_types(attributes)
    user_name = attributes.get("userName", "").strip()
    if not user_name:
        raise Unacceptable(400, "invalidValue: 'userName' is required", "invalidValue")
    emails = attributes.get("emails", [])
    if not any(isinstance(entry, dict) and str(entry.get("value", "")).strip() for entry in emails):
        if "@" not in user_name:
            kind = "invalidSyntax" if replaces else "invalidValue"
            raise Unacceptable(400, f"{kind}: Required attributes missing: emails", kind)
        emails = [{"value": user_name, "type": "work", "primary": True}]
    return {**attributes, "userName": user_name, "emails": emails}


def read_patch(body: Any, entry: Entry) -> dict[str, Any]:
    """The attributes that a user has after the operations of a PATCH, checked. Raises Unacceptable."""
    attributes = dict(entry.attributes)
    operations = _object(body).get("Operations")
    if not isinstance(operations, list) or not operations:
        raise Unacceptable(400, "invalidSyntax: 'Operations' is required", "invalidSyntax")
    for operation in map(_object, operations):
        path, value = operation.get("path"), operation.get("value")
        if path is not None and path not in _EXPECTED:
            raise Unacceptable(400, f"invalidPath: '{path}'", "invalidPath")
        match str(operation.get("op")).lower():
            case "add" | "replace":
                attributes |= _object(value) if path is None else {path: value}
            case "remove":
                attributes.pop(path or "", None)
            case other:
                raise Unacceptable(400, f"invalidSyntax: 'op' is expected add, remove or replace, received {other}")
    return read_user(attributes, replaces=True)


def read_filter(text: str | None) -> str | None:
    """The userName that is looked for; None for everybody. Raises Unacceptable for any other filter (our choice)."""
    if text is None:
        return None
    found = _FILTER.fullmatch(text)
    if found is None:
        raise Unacceptable(400, "The specified filter syntax was invalid", "invalidFilter")
    return str(json.loads(found[1]))


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Unacceptable(400, "invalidSyntax: the request is not a JSON object", "invalidSyntax")
    return body


def _check_types(attributes: Mapping[str, Any]) -> None:
    for key, value in attributes.items():
        kind, name = _EXPECTED.get(key, (object, "string"))
        if value is None or not isinstance(value, kind):
            received = f"'{key}' is expected {name}, received {_received(value)}"
            raise Unacceptable(400, f"invalidSyntax: {received}", "invalidSyntax")


def _received(value: Any) -> str:
    names = {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "number")


# -- what goes out -----------------------------------------------------------------------------------------------------
def user_json(entry: Entry, *, location: str) -> dict[str, Any]:
    """A user."""
    return {
        "schemas": [USER],
        "id": entry.id,
        **entry.attributes,
        "active": entry.active,
        "meta": {
            "resourceType": "User",
            "created": entry.created.isoformat(),
            "lastModified": entry.modified.isoformat(),
            "location": location,
        },
    }


def page_json(users: list[dict[str, Any]], *, start: int, count: int) -> dict[str, Any]:
    """A page of them; `start` counts from 1."""
    page = users[start - 1 : start - 1 + min(count, LONGEST_PAGE)]
    return {
        "schemas": [LIST],
        "totalResults": len(users),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": page,
    }


def named(entries: Iterable[Entry], user_name: str | None) -> list[Entry]:
    """Those with this userName, in any case; everybody for None."""
    return [entry for entry in entries if user_name is None or address(entry.user_name) == address(user_name)]
