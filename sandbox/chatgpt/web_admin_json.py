"""The JSON of the web-admin face: what it accepts (as FastAPI would check it) and what it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, StrictBool, StrictStr, model_validator

from sandbox.chatgpt.roster import (
    BOUGHT_SEATS,
    CODEX_SEAT,
    PREMIUM_SEAT,
    SEAT_TYPES,
    SERVICE_SEAT,
    STANDARD_SEAT,
    Invite,
    Member,
)
from sandbox.chatgpt.sessions import SESSION_LIFE, Session
from sandbox.chatgpt.workspace import BILLING_PERIOD, Workspace

PENDING: Final = 2
COUNTED_SEATS: Final = (STANDARD_SEAT, CODEX_SEAT, SERVICE_SEAT, PREMIUM_SEAT)

Role = Literal["standard-user", "account-admin", "account-owner"]
SeatType = Literal["default", "usage_based", "prolite"]


class InviteBody(BaseModel):
    """POST invites."""

    email_addresses: Annotated[list[StrictStr], Field(min_length=1, max_length=100)]
    role: Role
    seat_type: SeatType | None = None
    resend_emails: StrictBool = False
    submission_id: StrictStr | None = None


class CancelBody(BaseModel):
    """DELETE invites."""

    email_address: StrictStr


class MemberBody(BaseModel):
    """PATCH users: a role or a seat type, not both."""

    role: Role | None = None
    seat_type: SeatType | None = None

    @model_validator(mode="after")
    def _one(self) -> MemberBody:
        if (self.role is None) == (self.seat_type is None):
            raise ValueError("exactly one of role and seat_type is needed")
        return self


class SeatUpdateBody(BaseModel):
    """POST users/…/seat/update."""

    operation: Literal["switch"]
    seat_type: SeatType
    mutation_attempt_id: StrictStr | None = None


class DefaultSeatBody(BaseModel):
    """POST settings/default_seat_type."""

    value: SeatType


class Page(BaseModel):
    """The query of a list. `limit` above 100 counts as 100."""

    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1)] = 25
    query: str = ""
    include_pending: bool = True

    def json_of(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """The envelope with the page's part of all the items."""
        limit = min(self.limit, 100)
        part = items[self.offset : self.offset + limit]
        return {"items": part, "total": len(items), "limit": limit, "offset": self.offset}


def moment(at: datetime | None) -> str | None:
    """A time as lists show it."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def zulu(at: datetime) -> str:
    """A time as subscriptions and invites show it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def account_user_id(workspace: Workspace, user_id: str) -> str:
    """The id of the membership."""
    return f"{user_id}__{workspace.profile.id}"


def member_json(workspace: Workspace, member: Member) -> dict[str, Any]:
    """An item of the members list."""
    return {
        "id": member.user_id,
        "account_user_id": account_user_id(workspace, member.user_id),
        "email": member.email,
        "verified_email": None,
        "name": member.name,
        "role": member.role,
        "seat_type": member.seat_type,
        "pending_seat_type": member.pending_seat_type,
        "reclaimable_seat_type": member.reclaimable_seat_type,
        "created_time": moment(member.created_time),
        "deactivated_time": moment(member.deactivated_time),
        "is_scim_managed": member.is_scim_managed,
        "creation_source": member.creation_source,
        "credit_limits": None,
        "is_trial": False,
        "trial_state": None,
    }


def invite_json(invite: Invite) -> dict[str, Any]:
    """An item of the invites list, and of the answer to an invite."""
    return {
        "id": invite.id,
        "email_address": invite.email,
        "role": invite.role,
        "seat_type": invite.seat_type,
        "status": PENDING,
        "created_time": moment(invite.created_time),
        "is_scim_managed": invite.is_scim_managed,
        "creation_source": invite.creation_source,
    }


def seat_counts(workspace: Workspace) -> dict[str, int]:
    """Members per seat type."""
    return {seat: workspace.roster.used(seat) for seat in COUNTED_SEATS}


def _capacity(workspace: Workspace, seat_type: str) -> dict[str, Any]:
    return {
        "type": seat_type,
        "paid": workspace.profile.paid.get(seat_type, 0),
        "held": workspace.roster.reclaimable(seat_type),
        "available": max(0, workspace.free(seat_type)),
        "renewal_requested": None,
        "pending_unoccupied_removal": 0,
        "pending_occupied_downgrades": [
            account_user_id(workspace, member.user_id)
            for member in workspace.roster.active()
            if member.pending_seat_type is not None and member.seat_type == seat_type
        ],
        "pending_unoccupied_downgrades": [],
    }


def subscription_json(workspace: Workspace) -> dict[str, Any]:
    """The subscription: seats paid and free, and when it renews."""
    profile = workspace.profile
    return {
        "id": profile.subscription_id,
        "plan_type": profile.plan_type,
        "seats_in_use": sum(workspace.roster.used(seat) for seat in SEAT_TYPES),
        "seats_entitled": sum(profile.paid.values()),
        "seat_capacity": [_capacity(workspace, seat) for seat in BOUGHT_SEATS],
        "assigned": seat_counts(workspace),
        "active_start": zulu(profile.renews_at - BILLING_PERIOD),
        "active_until": zulu(profile.renews_at),
        "billing_period": "monthly",
        "will_renew": not profile.is_deactivated,
        "billing_currency": "usd",
        "is_delinquent": profile.is_deactivated,
        "is_active": not profile.is_deactivated,
    }


def account_json(workspace: Workspace, user_id: str, role: str) -> dict[str, Any]:
    """The workspace as the accounts check shows it to one of its members."""
    profile = workspace.profile
    return {
        "account": {
            "account_id": profile.id,
            "name": profile.name,
            "structure": "workspace",
            "plan_type": profile.plan_type,
            "workspace_type": None,
            "account_user_role": role,
            "account_user_id": account_user_id(workspace, user_id),
            "organization_id": profile.organization_id,
            "is_deactivated": profile.is_deactivated,
            "is_default": False,
            "is_usage_based_seat_enabled": profile.usage_based_enabled,
            "created_time": zulu(profile.created_time),
        },
        "features": ["workspace_members", "invite_members"],
        "entitlement": {
            "subscription_id": profile.subscription_id,
            "has_active_subscription": not profile.is_deactivated,
            "subscription_plan": f"chatgpt{profile.plan_type}plan",
            "expires_at": zulu(profile.renews_at + timedelta(hours=6)),
            "renews_at": zulu(profile.renews_at),
        },
        "last_active_subscription": {
            "subscription_id": profile.subscription_id,
            "purchase_origin_platform": "chatgpt_web",
            "will_renew": not profile.is_deactivated,
        },
    }


def personal_account_json(account_id: str, user_id: str) -> dict[str, Any]:
    """The account that everybody has besides a workspace."""
    return {
        "account": {
            "account_id": account_id,
            "name": None,
            "structure": "personal",
            "plan_type": "free",
            "workspace_type": None,
            "account_user_role": "account-owner",
            "account_user_id": f"{user_id}__{account_id}",
            "organization_id": None,
            "is_deactivated": False,
            "is_default": True,
            "is_usage_based_seat_enabled": False,
        },
        "features": [],
        "entitlement": {
            "subscription_id": None,
            "has_active_subscription": False,
            "subscription_plan": "chatgptfreeplan",
        },
        "last_active_subscription": None,
    }


def session_json(session: Session, *, token: str, cookie: str, now: datetime) -> dict[str, Any]:
    """The answer of the session endpoint."""
    return {
        "user": {"id": session.user_id, "name": session.name, "email": session.email},
        "expires": (now + SESSION_LIFE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "account": {"id": session.account_id},
        "accessToken": token,
        "authProvider": "openai",
        "sessionToken": cookie,
    }
