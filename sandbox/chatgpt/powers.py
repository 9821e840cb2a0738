"""What each role may do (OpenAI's help pages on Business members). `None` is somebody who may do everything."""

from __future__ import annotations

from sandbox.chatgpt.refusals import NotAllowed
from sandbox.chatgpt.roster import ADMIN, MEMBER, OWNER, Member


def require_owner(by: Member | None) -> None:
    """Only owners change roles, seat types and settings. Raises NotAllowed."""
    if by is not None and by.role != OWNER:
        raise NotAllowed("Only workspace owners can do this")


def require_reader(by: Member) -> None:
    """Owners and admins see the administration. Raises NotAllowed."""
    if by.role not in {OWNER, ADMIN}:
        raise NotAllowed("You do not have permission to view this workspace's members")


def require_inviter(by: Member | None, *, role: str, seat_type: str, default_seat_type: str) -> None:
    """Owners invite anybody, admins only members, members only members on the default seat. Raises NotAllowed."""
    if by is None or by.role == OWNER:
        return
    if role != MEMBER:
        raise NotAllowed("Only workspace owners can invite admins and owners")
    if by.role != ADMIN and seat_type != default_seat_type:
        raise NotAllowed("Members can only invite with the default seat type")


def require_remover(by: Member | None, *, target_role: str | None) -> None:
    """Owners and admins cancel invites and remove members; only owners remove owners. Raises NotAllowed."""
    if by is None or by.role == OWNER:
        return
    if by.role != ADMIN or target_role == OWNER:
        raise NotAllowed("You do not have permission to remove this user")
