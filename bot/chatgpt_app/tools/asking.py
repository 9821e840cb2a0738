"""Asking for access, and for access to go on. The same operations decide about it as for Slack's form."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult
from pydantic import Field

from bot.access.operations.extend import extend
from bot.access.operations.submit import submit
from bot.access.refusals import Refusal, Refused
from bot.access.wish import LONGEST_REASON
from bot.chatgpt_app import words
from bot.chatgpt_app.choosing import Choices, choose, demand_reason
from bot.chatgpt_app.component import REQUEST_URI
from bot.chatgpt_app.desk import Desk, one_of
from bot.chatgpt_app.door import caller
from bot.chatgpt_app.picking import EXTEND, pick
from bot.chatgpt_app.reads import find_same, load_both, load_details
from bot.chatgpt_app.tools.answers import Requested
from bot.chatgpt_app.tools.describe import Effect, describe, say
from bot.chatgpt_app.tools.own import AppName, RequestId

#: the door, as requests have it
CHANNEL = "chatgpt"
#: what a repeated call runs into, whatever became of the first one meanwhile
_THERE_ALREADY = (Refusal.ALREADY_ASKED, Refusal.ALREADY_HAVE)

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="What the user needs it for, in their own words. Whoever decides reads it.",
    ),
]
Duration = Annotated[
    str | None,
    Field(max_length=60, description="For how long, such as “7 days”, “2 weeks” or “no end date”; empty: the default."),
]


def asking_tools(desk: Desk) -> list[Tool]:
    """`request_access` and `extend_access`."""
    database = desk.database

    async def request_access(
        app: Annotated[str, Field(min_length=1, max_length=200, description="The application's key or name.")],
        reason: Reason,
        role: Annotated[str | None, Field(max_length=100, description="The role; empty: the default.")] = None,
        seat_type: Annotated[
            str | None, Field(max_length=100, description="The seat type; empty: the default.")
        ] = None,
        duration: Duration = None,
    ) -> Annotated[CallToolResult, Requested]:
        """Use this when the user wants access to an application for themselves and has said why. It makes the same
        request as Usher's form in Slack: whoever has to decide is asked in Slack, and nothing is given before they
        agree. What is left out gets the application's default; tell the user what was taken. Asking again for the same
        makes no second request. It cannot ask for somebody else, in an emergency, or for a later day: Slack can."""
        me = caller().person_id
        shelf, _ = await desk.around()
        entry = one_of(app, shelf.index)
        wish, assumed = choose(entry, role=role, seat_type=seat_type, duration=duration, reason=reason, person_id=me)
        try:
            made = await database.write(submit, wish=wish, requester_id=me, channel=CHANNEL)
        except Refused as refused:
            same = await database.look(find_same, me, application=entry.key, role=wish.role, seat_type=wish.seat_type)
            return await there_already(refused, same)
        return await requested(made.request_id, new=True, assumed=assumed)

    async def extend_access(
        reason: Reason, app: AppName = None, request_id: RequestId = None, duration: Duration = None
    ) -> Annotated[CallToolResult, Requested]:
        """Use this when the user has an access that ends and wants to keep it longer. It makes a request of its own:
        whoever has to decide is asked in Slack, and until they agree nothing changes. Name the application, or the
        request where several can be meant. The duration counts from the present end."""
        me = caller().person_id
        stories = await database.look(load_both, me, database.clock.now())
        story = pick(stories, EXTEND, me=me, app=app, request_id=request_id)
        shelf, _ = await desk.around()
        entry = shelf.index.by_key.get(story.application)
        if entry is None:
            raise Refused(Refusal.NOT_OFFERED)
        demand_reason(reason)
        choices = Choices(entry)
        seconds = choices.duration(duration)
        try:
            made = await database.write(
                extend,
                request_id=story.id,
                actor=me,
                duration_seconds=seconds,
                reason=reason,
                channel=CHANNEL,
            )
        except Refused as refused:
            return await there_already(refused, story.extension.request_id if story.extension else None)
        return await requested(made.request_id, new=True, assumed=tuple(choices.assumed))

    async def there_already(refused: Refused, request_id: str | None) -> CallToolResult:
        """A call that is repeated is told what the first one made, as a success. Raises what was refused otherwise."""
        if refused.refusal not in _THERE_ALREADY or request_id is None:
            raise refused
        return await requested(request_id, new=False, assumed=())

    async def requested(request_id: str, *, new: bool, assumed: tuple[str, ...]) -> CallToolResult:
        details = await database.look(load_details, request_id, caller().person_id)
        answer = Requested(**dict(details), new=new, assumed=list(assumed))
        begins = "Asked for." if new else "There is nothing new to ask for: this is there already."
        return say("\n".join([begins, *assumed, words.details_words(details)]), answer)

    return [
        describe(
            request_access,
            title="Request access",
            effect=Effect.ADDS,
            doing="Asking for access…",
            done="Asked for access",
            component=REQUEST_URI,
        ),
        describe(
            extend_access,
            title="Extend access",
            effect=Effect.ADDS,
            doing="Asking for more time…",
            done="Asked for more time",
        ),
    ]
