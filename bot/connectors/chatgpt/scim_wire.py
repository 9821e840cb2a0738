"""SCIM's JSON (RFC 7643 and 7644) as models, and what Usher writes.

Only what an account cannot do without is required of an answer. What is written obeys WorkOS, who serves the endpoint
for OpenAI: no nulls, `active` a JSON boolean, at least one address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot.connectors.chatgpt.transport import Member
from bot.connectors.chatgpt.wire import Int, Text, Time, Wire, same_address

#: SCIM can choose neither: OpenAI invites whoever comes by SCIM as Member, with the workspace's default seat type.
ROLES: Final[Mapping[str, str]] = {"member": "member"}
SEAT_TYPES: Final[Mapping[str, str]] = {"chatgpt": "chatgpt"}

_USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
_PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_MARK: Final = "usher:"  # begins the externalId of every user that Usher has created


def _lenient_dicts(value: Any) -> list[Any]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


class WireEmail(Wire):
    """One address of a user."""

    value: Text = None
    primary: Any = None


class WireMeta(Wire):
    """When a user was created."""

    created: Time = None


class WireUser(Wire):
    """A user of the directory."""

    id: str
    user_name: str = Field(alias="userName")
    external_id: Text = Field(default=None, alias="externalId")
    emails: Annotated[tuple[WireEmail, ...], BeforeValidator(_lenient_dicts)] = ()
    active: Annotated[bool, BeforeValidator(lambda value: value is not False)] = True  # as RFC 7643 has it by default
    meta: Annotated[WireMeta, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = WireMeta()

    @property
    def key(self) -> str:
        """What makes it one item on two pages."""
        return self.id

    @property
    def email(self) -> str | None:
        """The address by which the person is known: Usher uses it as userName; others need not."""
        if "@" in self.user_name:
            return self.user_name
        ranked = sorted(self.emails, key=lambda email: email.primary is not True)
        return next((email.value for email in ranked if email.value), None)

    def has_address(self, email: str) -> bool:
        """Whether the person is known by this address, or has it among others."""
        return any(same_address(email, own) for own in (self.user_name, *(entry.value for entry in self.emails)))

    @property
    def foreign(self) -> bool:
        """Whether another system wrote it. A server need not give an externalId back, so none says nothing."""
        return self.external_id is not None and not self.external_id.startswith(_MARK)

    def member(self) -> Member:
        """In the product's words: role and seat are those that everybody gets who comes by SCIM."""
        return Member(
            id=self.id,
            email=self.email,
            role=next(iter(ROLES)),
            seat_type=next(iter(SEAT_TYPES)),
            since=self.meta.created,
            scim_managed=self.foreign,
        )


class Page(Wire):
    """A page of users."""

    items: list[WireUser] = Field(default=[], alias="Resources")  # RFC 7644: may be missing where there are none
    total: int = Field(alias="totalResults")
    limit: Int = Field(default=None, alias="itemsPerPage")


# -- what is written ---------------------------------------------------------------------------------------------------
def spelled(email: str) -> str:
    """The one way in which Usher writes an address, whatever a server thinks of capitals."""
    return email.strip().lower()


def filter_by(email: str) -> str:
    """The filter that finds whoever is known by this address. Values are JSON strings (RFC 7644, 3.4.2.2)."""
    return f"userName eq {json.dumps(spelled(email), ensure_ascii=False)}"


def new_user(email: str) -> dict[str, Any]:
    """The user that Usher creates for an address, with the mark by which it knows its own."""
    address = spelled(email)
    return {
        "schemas": [_USER],
        "userName": address,
        "externalId": f"{_MARK}{address}",
        "emails": [{"value": address, "type": "work", "primary": True}],
        "active": True,
    }


def activation() -> dict[str, Any]:
    """The PATCH that brings an inactive user back."""
    return {"schemas": [_PATCH], "Operations": [{"op": "replace", "path": "active", "value": True}]}
