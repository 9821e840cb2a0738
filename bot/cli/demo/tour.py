"""What the demo plays without a browser, through what people see and hold: a lifecycle, and the app in ChatGPT."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from sandbox import company
from sandbox.chat.transcript import Call, Stage
from sandbox.chat.walk import LostTheWay, walking
from sandbox.server import Sandbox
from sandbox.slack.reading import shown_text

T = TypeVar("T")

#: seconds; far more than any step takes
PATIENCE = 30.0


class TourFailed(Exception):
    """A step of the tour was not seen; the message says which."""


async def take_tour(sandbox: Sandbox) -> AsyncIterator[str]:
    """Plays everything and yields each step once it was observed.

    Raises:
        TourFailed: something that should be seen was not.
    """
    async for step in _a_lifecycle(sandbox):
        yield step
    async for step in _the_app(sandbox):
        yield step


async def _see(sandbox: Sandbox, what: str, predicate: Callable[[], T]) -> T:
    try:
        return await sandbox.slack.until(predicate, PATIENCE)
    except TimeoutError as error:
        raise TourFailed(f"{what}: not seen in {PATIENCE:.0f} seconds") from error


async def _a_lifecycle(sandbox: Sandbox) -> AsyncIterator[str]:
    """A seat is asked for, given, used and taken back."""
    workspace = sandbox.chatgpt
    lena, maya = (sandbox.slack.person(person.id) for person in (company.LENA, company.MAYA))

    def member() -> bool:
        return workspace.roster.member_by_email(company.LENA.email) is not None

    await lena.command("/request-access", "chatgpt codex 2m to try the new agent")
    answer = await lena.submit({})
    if not answer.closed:
        raise TourFailed(f"the form was not taken: {answer.errors or answer.error}")
    await _see(sandbox, "Lena's card", lambda: lena.message("Waiting for approval"))
    yield f"{lena.name} asked for a Codex seat for two minutes with /request-access, and has a card to follow"

    card = await _see(sandbox, "Maya's card", lambda: maya.message(f"{lena.name} asks for"))
    yield f"{maya.name}, her manager, was asked"
    await maya.press("Approve", in_=card)
    invite = await _see(sandbox, "the invite", lambda: workspace.roster.invites[company.LENA.email])
    if (invite.role, invite.seat_type) != ("standard-user", "usage_based"):
        raise TourFailed(f"the invite is for {invite.role} on {invite.seat_type}, not as approved")
    yield f"{maya.name} pressed Approve, and the invite stands in the ChatGPT workspace as approved: member, Codex seat"
    await _see(
        sandbox, "the approver's card without buttons", lambda: not maya.message(f"{lena.name} asks for").buttons
    )
    yield "No card has buttons any more"

    await _see(sandbox, "the card that says Invited", lambda: lena.message("Invited"))
    workspace.accept(company.LENA.email)
    await _see(sandbox, "the card that says Active", lambda: lena.message("Active"))
    if not member():
        raise TourFailed("the card says Active, but Lena is no member")
    yield f"{lena.name} accepted the invite, is a member, and her card says Active"

    sandbox.clock.skip(120)
    await _see(sandbox, "the removal", lambda: not member() and company.LENA.email not in workspace.roster.invites)
    yield "Two minutes later she is no member any more"
    await _see(sandbox, "the card that says Ended", lambda: lena.message("Ended"))
    yield "Her card says Ended, and she was told"

    invites = sum(
        call.method == "POST" and call.path.endswith("/invites") and company.LENA.email in call.addresses
        for call in workspace.calls
    )
    if invites != 1:
        raise TourFailed(f"{invites} invites were sent for one seat")
    yield "One invite was sent, and one member removed"


async def _the_app(sandbox: Sandbox) -> AsyncIterator[str]:
    """The same from inside ChatGPT: connect, ask, and see the card in Slack."""
    chat = sandbox.chat.window(company.TOM.id)
    maya = sandbox.slack.person(company.MAYA.id)
    try:
        async with walking() as browser:
            await browser.connect(sandbox.url, company.TOM)
    except LostTheWay as lost:
        raise TourFailed(f"the way through Connect: {lost}") from lost
    if chat.account != company.TOM.name:
        raise TourFailed("Tom came back to his ChatGPT, but it is not connected as his")
    yield "Tom connected Usher in his ChatGPT: over its consent page and Slack, and back"

    asked = await chat.say("Get me a Codex seat for two weeks, I am trying the agent")
    await chat.decide(asked.number, agreed=True)
    if not isinstance(asked, Call) or asked.stage is not Stage.DONE:
        raise TourFailed(f"request_access did not ask for the seat: {asked.shown()}")
    card = await _see(sandbox, "Maya's card about Tom", lambda: maya.message(f"{company.TOM.name} asks for"))
    if "Codex seat · 14 days" not in shown_text(card.blocks) or not card.buttons:
        raise TourFailed("Maya's card does not say what Tom asked for in his ChatGPT")
    yield "He asked there for a Codex seat for two weeks, and Maya has the same card in Slack as for any request"
