"""The `manual` connector: a human makes every change, Usher tells them which."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

from bot.connectors.config import Manual
from bot.connectors.contract import (
    Account,
    ByHand,
    CancelInvite,
    Capabilities,
    Change,
    Condition,
    Health,
    Invite,
    Remove,
    Resend,
    SeatPool,
    SetRole,
    SetSeatType,
)

CAPABILITIES = Capabilities(
    roles=(), seat_types=(), observes=False, sees_invites=False, sees_seats=False, permissions={}
)


def in_words(change: Change) -> str:
    """One change as a sentence that a human can act on."""
    match change:
        case Invite(email=email, entitlement=entitlement):
            extras = [
                f"{name} {value}"
                for name, value in (("role", entitlement.role), ("seat type", entitlement.seat_type))
                if value
            ]
            return f"Give {email} access" + (f" with {' and '.join(extras)}." if extras else ".")
        case Resend(email=email):
            return f"Send {email} the invite again."
        case CancelInvite(email=email):
            return f"Take back the invite of {email}."
        case SetRole(email=email, role=role):
            return f"Give {email} the role {role}."
        case SetSeatType(email=email, seat_type=seat_type):
            return f"Put {email} on a seat of the type {seat_type}."
        case Remove(email=email):
            return f"Take the access of {email} away."


class ManualConnector:
    """Implements `Connector` for what has no API. `observes` is False, so the engine never asks what is there."""

    def __init__(self, config: Manual) -> None:
        self._config = config

    @property
    def capabilities(self) -> Capabilities:
        """Nothing is seen, nothing is chosen."""
        return CAPABILITIES

    async def check(self) -> Health:
        """Always well: there is nothing that could fail before a human tries."""
        return Health(conditions=(Condition(name="By hand", ok=True, detail="A human makes every change."),))

    async def observe(self, email: str) -> Account:  # noqa: ARG002  # the contract's
        """Raises ByHand: a caller has to look at `capabilities.observes` before it asks."""
        return self._unseen()

    async def accounts(self) -> list[Account]:
        """Raises ByHand, as `observe` does."""
        return self._unseen()

    def pause(self, change: Change) -> timedelta:  # noqa: ARG002
        """Not at all: nothing is called."""
        return timedelta()

    async def apply(self, change: Change) -> None:
        """Raises ByHand with the steps: the change, the catalogue's instructions and the page to do it on."""
        steps = (in_words(change), self._config.instructions, self._config.link)
        raise ByHand(
            "\n".join(step for step in steps if step), remedy="Do it, then press Done; if it cannot be done, Could not."
        )

    async def seats(self) -> SeatPool | None:
        """None: nobody counts them."""
        return None

    @staticmethod
    def _unseen() -> NoReturn:
        raise ByHand("Usher cannot see who has access here; only a human can say it.")
