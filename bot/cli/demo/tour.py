"""One whole lifecycle, played through what people see and hold: a seat is asked for, given, used and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from sandbox import company
from sandbox.server import Sandbox

T = TypeVar("T")

#: seconds; far more than any step takes
PATIENCE = 30.0


class TourFailed(Exception):
    """A step of the tour was not seen; the message says which."""


async def take_tour(sandbox: Sandbox) -> AsyncIterator[str]:
    """Plays the lifecycle and yields each step once it was observed.

    Raises:
        TourFailed: something that should be seen was not.
    """
    workspace = sandbox.chatgpt
    lena, maya = (sandbox.slack.person(person.id) for person in (company.LENA, company.MAYA))

    async def see(what: str, predicate: Callable[[], T]) -> T:
        try:
            return await sandbox.slack.until(predicate, PATIENCE)
        except TimeoutError as error:
            raise TourFailed(f"{what}: not seen in {PATIENCE:.0f} seconds") from error

    def member() -> bool:
        return workspace.roster.member_by_email(company.LENA.email) is not None

    await lena.command("/request-access", "chatgpt codex 2m to try the new agent")
    answer = await lena.submit({})
    if not answer.closed:
        raise TourFailed(f"the form was not taken: {answer.errors or answer.error}")
    await see("Lena's card", lambda: lena.message("Waiting for approval"))
    yield f"{lena.name} asked for a Codex seat for two minutes with /request-access, and has a card to follow"

    card = await see("Maya's card", lambda: maya.message(f"{lena.name} asks for"))
    yield f"{maya.name}, her manager, was asked"
    await maya.press("Approve", in_=card)
    invite = await see("the invite", lambda: workspace.roster.invites[company.LENA.email])
    if (invite.role, invite.seat_type) != ("standard-user", "usage_based"):
        raise TourFailed(f"the invite is for {invite.role} on {invite.seat_type}, not as approved")
    yield f"{maya.name} pressed Approve, and the invite stands in the ChatGPT workspace as approved: member, Codex seat"
    await see("the approver's card without buttons", lambda: not maya.message(f"{lena.name} asks for").buttons)
    yield "No card has buttons any more"

    await see("the card that says Invited", lambda: lena.message("Invited"))
    workspace.accept(company.LENA.email)
    await see("the card that says Active", lambda: lena.message("Active"))
    if not member():
        raise TourFailed("the card says Active, but Lena is no member")
    yield f"{lena.name} accepted the invite, is a member, and her card says Active"

    sandbox.clock.skip(120)
    await see("the removal", lambda: not member() and company.LENA.email not in workspace.roster.invites)
    yield "Two minutes later she is no member any more"
    await see("the card that says Ended", lambda: lena.message("Ended"))
    yield "Her card says Ended, and she was told"

    invites = sum(
        call.method == "POST" and call.path.endswith("/invites") and company.LENA.email in call.addresses
        for call in workspace.calls
    )
    if invites != 1:
        raise TourFailed(f"{invites} invites were sent for one seat")
    yield "One invite was sent, and one member removed"
