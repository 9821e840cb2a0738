"""What the health check of a web session says, from what was found. Pure."""

from __future__ import annotations

from typing import Final

from bot.connectors.chatgpt.wire import OWNER, WireWorkspace, role_word, same_address
from bot.connectors.contract import Condition, ConnectorError, SeatPool

_PERSONAL_PLANS: Final = frozenset({"free", "go", "plus", "pro"})


def failed(name: str, error: ConnectorError) -> Condition:
    """The line that an error makes."""
    return Condition(name=name, ok=False, detail=error.explanation, remedy=error.remedy)


def signed_in(found: str | None, *, expected: str) -> Condition:
    """Whether the session is the integration account's."""
    if same_address(found, expected):
        return Condition(name="Signed in", ok=True, detail=f"As {found}.")
    return Condition(
        name="Signed in",
        ok=False,
        detail=f"As {found or 'somebody without an address'}, but the catalogue says {expected}.",
        remedy=(
            f"Sign in to ChatGPT as {expected} and hand that session over with `usher secret set`, "
            "or correct integration_email in the catalogue."
        ),
    )


def workspace(found: WireWorkspace | None, *, workspace_id: str) -> tuple[Condition, ...]:
    """Whether the workspace is there and alive, and whether the integration account is its Owner."""
    if found is None:
        return (
            Condition(
                name="Workspace",
                ok=False,
                detail=f"The integration account does not belong to the workspace {workspace_id}.",
                remedy="Check workspace_id in the catalogue, or invite the integration account into it as Owner.",
            ),
        )
    return (_alive(found), _owner(found), _plan(found))


def _alive(found: WireWorkspace) -> Condition:
    name = found.name or "without a name"
    if found.is_deactivated:
        return Condition(
            name="Workspace",
            ok=False,
            detail=f"{name} is deactivated.",
            remedy="An owner has to reactivate the workspace in its billing settings.",
        )
    if found.structure not in {None, "workspace"}:
        return Condition(
            name="Workspace",
            ok=False,
            detail=f"{name} is a {found.structure} account.",
            remedy="Put the id of a workspace into workspace_id in the catalogue.",
        )
    return Condition(name="Workspace", ok=True, detail=f"{name}.")


def _owner(found: WireWorkspace) -> Condition:
    role = role_word(found.account_user_role)
    return Condition(
        name="Role",
        ok=role == OWNER,
        detail=f"The integration account is {role or 'without a role'}.",
        remedy="" if role == OWNER else "Let an owner of the workspace give the integration account the role Owner.",
    )


def _plan(found: WireWorkspace) -> Condition:
    personal = found.plan_type in _PERSONAL_PLANS
    return Condition(
        name="Plan",
        ok=not personal,
        detail=f"{found.plan_type or 'not told'}.",
        remedy="Members can only be managed on Business, Enterprise and Edu." if personal else "",
    )


def seats(pool: SeatPool | None) -> Condition:
    """How full the workspace is. A full workspace is well: requests wait for a seat."""
    if pool is None:
        return Condition(name="Seats", ok=True, detail="ChatGPT does not say how many there are.")
    types = []
    for seat_type, count in pool.by_type.items():
        used = "?" if count.used is None else count.used
        paid = "" if count.paid is None else f" of {count.paid} paid"
        invited = f", {count.invited} invited" if count.invited else ""
        types.append(f"{seat_type}: {used}{paid}{invited}")
    renewal = f" Renewal on {pool.renews_on.isoformat()}." if pool.renews_on else ""
    return Condition(name="Seats", ok=True, detail=f"{'; '.join(types) or 'none'}.{renewal}")
