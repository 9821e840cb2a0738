"""What a workspace is, apart from who is in it: its plan, its seats, its habits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.chatgpt.roster import PREMIUM_SEAT, STANDARD_SEAT


def _ten_seats() -> Mapping[str, int]:
    return {STANDARD_SEAT: 10, PREMIUM_SEAT: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The workspace's own data and settings.

    `paid` is the number of seats bought per seat type; codex seats are paid per use and have none. `renews_at` is
    the end of the billing period. `allowed_domains` empty means that every domain may be invited.
    """

    id: str
    name: str
    created_time: datetime
    renews_at: datetime
    integration_email: str = ""
    plan_type: str = "team"
    paid: Mapping[str, int] = field(default_factory=_ten_seats)
    maximum_seats: int = 200
    default_seat_type: str = STANDARD_SEAT
    allowed_domains: frozenset[str] = frozenset()
    is_deactivated: bool = False
    usage_based_enabled: bool = True
    auto_true_up: bool = False  # a missing seat is bought instead of refused
    downgrades_wait: bool = False  # a cheaper seat begins with the next billing period
    removed_linger: bool = False  # a removed member stays listed, with `deactivated_time`, until the renewal

    @property
    def organization_id(self) -> str:
        """The id of the organization behind the workspace."""
        return f"org-{uuid.uuid5(uuid.NAMESPACE_URL, self.id).hex[:24]}"

    @property
    def subscription_id(self) -> str:
        """The id of the subscription that pays for it."""
        return f"sub_{uuid.uuid5(uuid.NAMESPACE_OID, self.id).hex[:24]}"
