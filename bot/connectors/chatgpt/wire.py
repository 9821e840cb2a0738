"""The web-admin API's JSON as models, and its words for roles and seats.

The API is undocumented: what is absent, extra or null must not break Usher, so only what an account cannot do without
is required. Role and seat words that are unknown here are carried verbatim and never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, TypeAdapter, ValidationError

from bot.connectors.contract import Refused

ROLES: Final[Mapping[str, str]] = {  # in rank order
    "member": "standard-user",
    "admin": "account-admin",
    "owner": "account-owner",
}
SEAT_TYPES: Final[Mapping[str, str]] = {
    "chatgpt": "default",
    "codex": "usage_based",
    "premium": "prolite",
}
OWNER: Final = "owner"
STANDARD_SEAT: Final = "chatgpt"
CODEX_SEAT: Final = "codex"

_ROLE_WORDS: Final = {"standard_user": "member", "user": "member", "reader": "member"} | {role: role for role in ROLES}
_SEAT_WORDS: Final = {wire: word for word, wire in SEAT_TYPES.items()} | {word: word for word in SEAT_TYPES}


def role_word(wire: str | None) -> str:
    """The product's word for a role, or the wire's own where it is unknown."""
    normal = (wire or "").strip().lower().replace("-", "_").removeprefix("account_")
    return _ROLE_WORDS.get(normal, wire or "")


def seat_word(wire: str | None) -> str:
    """The product's word for a seat type, or the wire's own. Some payloads leave the standard seat out."""
    return _SEAT_WORDS.get((wire or "default").strip().lower(), wire or "")


def role_on_the_wire(role: str) -> str:
    """What to write for a role.

    Raises:
        Refused: Usher does not know this role, so it does not write it.
    """
    return written(ROLES, role, "role")


def seat_on_the_wire(seat_type: str) -> str:
    """What to write for a seat type.

    Raises:
        Refused: Usher does not know this seat type, so it does not write it.
    """
    return written(SEAT_TYPES, seat_type, "seat type")


def written(words: Mapping[str, str], word: str, kind: str) -> str:
    """What to write for one of the product's words.

    Raises:
        Refused: it is none of them.
    """
    if word not in words:
        raise Refused(f'Usher gives no {kind} "{word}" in ChatGPT, only {", ".join(words)}.')
    return words[word]


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two addresses are the same person's: compared without regard to case. No address equals nothing."""
    return bool(one) and bool(other) and str(one).strip().casefold() == str(other).strip().casefold()


# -- tolerance ---------------------------------------------------------------------------------------------------------
_time: Final = TypeAdapter(datetime)


def _lenient_time(value: Any) -> datetime | None:
    try:
        time = _time.validate_python(value)
    except ValidationError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _lenient_int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _lenient_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _lenient_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lenient_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


Time = Annotated[datetime | None, BeforeValidator(_lenient_time)]
Int = Annotated[int | None, BeforeValidator(_lenient_int)]
Text = Annotated[str | None, BeforeValidator(_lenient_text)]
Flag = Annotated[bool, BeforeValidator(lambda value: value is True)]


class Wire(BaseModel):
    """What every model here shares. An error never quotes the input: it may hold a token."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Keyed(Protocol):
    """An item of a list that may be met on two pages."""

    @property
    def key(self) -> str:
        """What makes it one item."""
        ...


# -- lists -------------------------------------------------------------------------------------------------------------
class WireMember(Wire):
    """An item of the members list. Only `id` is certain."""

    id: str
    email: Text = None
    verified_email: Text = None
    role: Text = None
    seat_type: Text = None
    pending_seat_type: Text = None
    created_time: Time = None
    deactivated_time: Any = None  # anything but null: no longer a member
    is_scim_managed: Flag = False

    @property
    def key(self) -> str:
        """What makes it one item on two pages."""
        return self.id


_OVER: Final = frozenset({"accepted", "expired", "cancelled", "canceled", "declined", "revoked"})


def says_over(status: Any) -> bool:
    """Whether the status of an invite says that nobody can accept it any more."""
    return isinstance(status, str) and status.lower() in _OVER


class WireInvite(Wire):
    """An item of the invites list. The id is opaque and not what an invite is cancelled by."""

    email_address: str
    id: Text = None
    role: Text = None
    seat_type: Text = None
    status: Any = None  # 2 or "pending"
    created_time: Time = None
    is_scim_managed: Flag = False

    @property
    def key(self) -> str:
        """What makes it one item on two pages."""
        return self.id or self.email_address.casefold()

    @property
    def is_over(self) -> bool:
        """The list is one of pending invites; an item counts unless it says that it is over."""
        return says_over(self.status)


Item = TypeVar("Item", WireMember, WireInvite)


class Page(Wire, Generic[Item]):
    """A page of a list. `total` may be missing, 0, or move between pages."""

    items: list[Item]
    total: Int = None
    limit: Int = None


def newest_per_address(invites: Iterable[WireInvite]) -> list[WireInvite]:
    """One invite per address: the list repeats them."""
    oldest_first = sorted(invites, key=lambda invite: invite.created_time or datetime.min.replace(tzinfo=UTC))
    return list({invite.email_address.casefold(): invite for invite in oldest_first}.values())


# -- the answer to an invite -------------------------------------------------------------------------------------------
class InviteAnswer(Wire):
    """200 is not success: every address stands in one of three lists."""

    account_invites: Annotated[list[Any], BeforeValidator(_lenient_list)] = []
    errored_emails: Annotated[list[Any], BeforeValidator(_lenient_list)] = []
    already_member_emails: Annotated[list[Any], BeforeValidator(_lenient_list)] = []

    def invited(self, email: str) -> bool:
        """Whether the address was invited or is a member already."""
        return any(
            same_address(email, _address(entry)) for entry in (*self.account_invites, *self.already_member_emails)
        )

    def reason_against(self, email: str) -> str | None:
        """Why the address was not invited, in the provider's words ("" if it has none); None if it was not refused."""
        for entry in self.errored_emails:
            if same_address(email, _address(entry)):
                return _reason(entry)
        return None


def _address(entry: Any) -> str | None:
    if isinstance(entry, dict):
        return _lenient_text(entry.get("email_address")) or _lenient_text(entry.get("email"))
    return _lenient_text(entry)


def _reason(entry: Any) -> str:
    reason = entry.get("error") if isinstance(entry, dict) else None
    if isinstance(reason, dict):
        reason = f"{reason.get('code', '')} {reason.get('message', '')}".strip()
    return _lenient_text(reason) or ""


# -- who, where, how many ----------------------------------------------------------------------------------------------
class WireUser(Wire):
    """Whom a session belongs to."""

    id: Text = None
    email: Text = None


class WireSession(Wire):
    """What NextAuth answers. A dead session is a 200 too: with an error, or without an access token."""

    user: Annotated[WireUser, BeforeValidator(_lenient_dict)] = WireUser()
    access_token: Text = Field(default=None, alias="accessToken", repr=False)
    error: Any = None


class WireWorkspace(Wire):
    """The `account` of an accounts check."""

    account_id: Text = None
    name: Text = None
    structure: Text = None
    plan_type: Text = None
    account_user_role: Text = None
    is_deactivated: Flag = False
    is_usage_based_seat_enabled: Flag = False


class WireAccount(Wire):
    """One account of whoever is signed in."""

    account: Annotated[WireWorkspace, BeforeValidator(_lenient_dict)] = WireWorkspace()


class AccountsCheck(Wire):
    """All accounts of whoever is signed in. The key may be "default", so the id inside counts."""

    accounts: dict[str, WireAccount]

    def workspace(self, workspace_id: str) -> WireWorkspace | None:
        """The workspace with this id, if it is among them."""
        found = (
            entry.account for key, entry in self.accounts.items() if (entry.account.account_id or key) == workspace_id
        )
        return next(found, None)


class SeatCounts(Wire):
    """Members per seat type. `maximum_seats` is the plan's ceiling, not what is paid for."""

    seat_type_counts: dict[str, Int]


class SeatCapacity(Wire):
    """The seats of one type that are paid for."""

    type: Text = None
    paid: Int = None


class Subscription(Wire):
    """What is paid for. Also comes wrapped: in a list, as {"subscription": {...}} or {"subscriptions": [...]}."""

    seats_entitled: Int = None
    seat_capacity: Annotated[list[SeatCapacity], BeforeValidator(_lenient_list)] = []
    active_until: Time = None

    def paid(self, seat_type: str) -> int | None:
        """Paid seats of one of the wire's types; None for those that are paid by use, or where it does not say."""
        by_type = {capacity.type: capacity.paid for capacity in self.seat_capacity}
        if not by_type and seat_type == SEAT_TYPES[STANDARD_SEAT]:
            return self.seats_entitled
        return by_type.get(seat_type)


def _unwrapped(subscription: Any) -> Any:
    """The subscription itself, out of the wrappers that it may come in."""
    if isinstance(subscription, dict):
        inner = subscription.get("subscription") or subscription.get("subscriptions")
        return _unwrapped(inner) if isinstance(inner, dict | list) else subscription
    if isinstance(subscription, list) and subscription:
        return _unwrapped(subscription[0])
    return subscription


class WrappedSubscription(RootModel[Annotated[Subscription, BeforeValidator(_unwrapped)]]):
    """A subscription in any of its wrappers."""

    model_config = ConfigDict(hide_input_in_errors=True)
