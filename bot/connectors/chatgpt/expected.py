"""What is known of ChatGPT's answers beyond the models that Usher reads them into.

From public clients of the workspace settings' calls, the examples in OpenAI's documentation and WorkOS's SCIM
requirements; none of it was seen live by whoever wrote it. `usher probe` holds a workspace against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.connectors.chatgpt import admin_api_wire, scim_wire, wire
from bot.connectors.chatgpt.shapes import Expectations, Expected


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXPECTED: Final[Expectations] = {
    # -- web_admin
    wire.Page: Expected(usual=_names("total limit"), unused=_names("offset")),
    wire.WireMember: Expected(
        needed=_names("email role"),
        usual=_names("seat_type created_time deactivated_time is_scim_managed"),
        unused=_names("account_user_id name creation_source reclaimable_seat_type credit_limits is_trial trial_state"),
    ),
    wire.WireInvite: Expected(
        usual=_names("id role seat_type status created_time is_scim_managed"), unused=_names("creation_source")
    ),
    wire.InviteAnswer: Expected(usual=_names("account_invites errored_emails")),
    wire.WireSession: Expected(
        needed=_names("accessToken"), usual=_names("user"), unused=_names("expires account authProvider sessionToken")
    ),
    wire.WireUser: Expected(
        usual=_names("id email"), unused=_names("name image picture idp iat mfa groups intercom_hash")
    ),
    wire.AccountsCheck: Expected(unused=_names("account_ordering")),
    wire.WireAccount: Expected(
        needed=_names("account"), unused=_names("features entitlement last_active_subscription")
    ),
    wire.WireWorkspace: Expected(
        needed=_names("account_user_role"),
        usual=_names("account_id name structure plan_type is_deactivated"),
        unused=_names(
            "workspace_type account_user_id organization_id is_default is_usage_based_seat_enabled created_time"
        ),
    ),
    wire.SeatCounts: Expected(unused=_names("maximum_seats")),
    wire.Subscription: Expected(
        usual=_names("seats_entitled seat_capacity active_until"),
        unused=_names(
            "id plan_type seats_in_use assigned active_start billing_period will_renew billing_currency is_delinquent "
            "is_active"
        ),
    ),
    wire.SeatCapacity: Expected(
        usual=_names("type paid"),
        unused=_names(
            "held available renewal_requested pending_unoccupied_removal pending_occupied_downgrades "
            "pending_unoccupied_downgrades"
        ),
    ),
    # -- admin_api
    admin_api_wire.Page: Expected(usual=_names("has_more last_id"), unused=_names("object first_id")),
    admin_api_wire.WireUser: Expected(
        needed=_names("email role"), usual=_names("seat_type"), unused=_names("object name")
    ),
    admin_api_wire.WireInvite: Expected(
        needed=_names("id"),
        usual=_names("role seat_type status created_at"),
        unused=_names("object expires_at"),
    ),
    # -- scim
    scim_wire.Page: Expected(usual=_names("Resources itemsPerPage"), unused=_names("schemas startIndex")),
    scim_wire.WireUser: Expected(
        usual=_names("externalId emails active meta"),
        unused=_names("schemas name displayName nickName title locale timezone userType groups"),
    ),
    scim_wire.WireEmail: Expected(usual=_names("value primary"), unused=_names("type display")),
    scim_wire.WireMeta: Expected(usual=_names("created"), unused=_names("resourceType lastModified location version")),
}


# -- words -------------------------------------------------------------------------------------------------------------
_PLANS: Final = _names(
    "team business self_serve_business self_serve_business_usage_based self_serve_business_prolite enterprise edu"
    " free go plus pro"
)
_STATUSES: Final = _names("2 pending active inactive deactivated")
_SERVICE_SEAT: Final = "automation"  # counted beside the others; no person has one


def _is_role(word: str) -> bool:
    return wire.role_word(word) in wire.ROLES


def _is_seat(word: str) -> bool:
    return wire.seat_word(word) in wire.SEAT_TYPES or word == _SERVICE_SEAT


def _is_status(word: str) -> bool:
    return word.lower() in _STATUSES or wire.says_over(word)


def _anything(_: str) -> bool:
    return True


#: the fields whose values are words that a programmer has chosen: of what they are a word, and whether Usher knows it
WORDS: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "role": ("role", _is_role),
    "account_user_role": ("role", _is_role),
    "seat_type": ("seat type", _is_seat),
    "pending_seat_type": ("seat type", _is_seat),
    "seat_type_counts": ("seat type", _is_seat),  # the names in it
    "status": ("status", _is_status),
    "plan_type": ("plan", _PLANS.__contains__),
    "structure": ("kind of account", _names("workspace personal").__contains__),
    "creation_source": ("origin", _anything),  # nothing hangs on it, and its values are nowhere listed
}


def words_in(value: Any, name: str = "") -> list[tuple[str, str, bool]]:
    """Every word in a body: of what, which, and whether Usher knows it."""
    if isinstance(value, dict):
        names = [word for word in value if isinstance(word, str)] if name == "seat_type_counts" else []
        found = [_known(name, word) for word in names]
        return found + [each for key, inner in value.items() for each in words_in(inner, key)]
    if isinstance(value, list):
        return [each for inner in value for each in words_in(inner, name)]
    is_word = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100)
    return [_known(name, str(value))] if name in WORDS and is_word else []


def _known(name: str, word: str) -> tuple[str, str, bool]:
    kind, knows = WORDS[name]
    return kind, word, knows(word)


# -- paths -------------------------------------------------------------------------------------------------------------
_SEGMENTS: Final = _names(
    "api auth session backend-api accounts check v4-2023-04-27 users invites seat_type_counts subscriptions seat"
    " update resend manage workspaces Users"
)


def path_of(url: str, *, base_url: str) -> str:
    """Where a call went, below the configured address; whatever is no fixed part of the path is left out."""
    segments = url.removeprefix(base_url).partition("?")[0].strip("/").split("/")
    return "/" + "/".join(segment if segment in _SEGMENTS else "…" for segment in segments)
