"""Why the workspace says no: one exception per reason. A face decides which status and body carry it."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

SEAT_NEEDED: Final = "1 additional seat needed. Add 1 additional seat to send this invite."


class Refusal(Exception):
    """The workspace does not do it. `str()` is the sentence, `code` OpenAI's word for it where one is known."""

    code: ClassVar[str | None] = None


class Unauthenticated(Refusal):
    """The call carries no usable token."""


class TokenMissing(Unauthenticated):
    """No `Authorization: Bearer` header."""


class TokenExpired(Unauthenticated):
    """The token was good once."""

    code = "token_expired"


class TokenRevoked(Unauthenticated):
    """The token was taken back, or never came from here."""

    code = "token_revoked"


class KeyRefused(Unauthenticated):
    """The Admin key is unknown, expired or revoked, or whoever made it may not administrate any more."""

    code = "invalid_api_key"


class NotAllowed(Refusal):
    """The role of whoever asks is not enough."""


class ScopeMissing(NotAllowed):
    """The Admin key was not made for this."""

    code = "missing_scope"


class WorkspaceDeactivated(Refusal):
    """The workspace is switched off, for example for want of payment."""

    code = "deactivated_workspace"


class NoSuchWorkspace(Refusal):
    """There is no such workspace, or whoever asks is not in it."""

    code = "workspace_not_found"


class NoSuchMember(Refusal):
    """No active member has this id or address."""


class NoSuchInvite(Refusal):
    """No invite is open to this address."""


class AlreadyMember(Refusal):
    """The address belongs to a member."""


class AddressRefused(Refusal):
    """This address cannot be invited: it is malformed, or its domain is not allowed."""


class SeatNeeded(Refusal):
    """Every paid seat of the type is taken and the workspace does not buy another by itself."""


class SeatsExhausted(Refusal):
    """The plan's ceiling of members is reached."""


class SeatTypeClosed(Refusal):
    """The workspace does not offer this seat type."""


class LastOwner(Refusal):
    """A workspace always keeps an owner."""


class Yourself(Refusal):
    """Nobody removes themselves."""


class AlreadyInvited(Refusal):
    """An invite to this address is open."""

    code = "invite_already_exists"


class ManagedByScim(Refusal):
    """A directory made this member or invite, and changes it."""

    code = "scim_managed_resource"


class TooManyCalls(Refusal):
    """The limit of calls is reached. `wait` is how long it takes until the next is let in."""

    code = "rate_limit_exceeded"

    def __init__(self, sentence: str, *, wait: timedelta) -> None:
        super().__init__(sentence)
        self.wait = wait
