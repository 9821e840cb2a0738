"""What people have, and what became of what they asked for."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult
from pydantic import Field

from bot.access.lists import ListName
from bot.access.operations.cancel import cancel
from bot.access.operations.release import release
from bot.chatgpt_app import words
from bot.chatgpt_app.component import REQUEST_URI
from bot.chatgpt_app.desk import Desk
from bot.chatgpt_app.door import caller
from bot.chatgpt_app.picking import CANCEL, GIVE_BACK, SEE, Purpose, pick
from bot.chatgpt_app.reads import load_both, load_details, load_own
from bot.chatgpt_app.tools.answers import MOST, RequestDetails, Requests
from bot.chatgpt_app.tools.describe import Effect, describe, say

AppName = Annotated[
    str | None, Field(max_length=200, description="The application's key or name; enough where only one can be meant.")
]
RequestId = Annotated[
    str | None, Field(max_length=100, description="The request_id of another answer, where several can be meant.")
]


def own_tools(desk: Desk) -> list[Tool]:
    """`list_my_access`, `list_my_requests`, `get_request`, `cancel_request` and `give_back_access`."""
    database = desk.database

    async def list_my_access() -> Annotated[CallToolResult, Requests]:
        """Use this when the user asks what they have, and until when. It lists the access that is there or on its way,
        the one that ends first at the top, 20 at most. It changes nothing."""
        return await listed(ListName.MY_ACCESS, "The user has no access that came through Usher.")

    async def list_my_requests() -> Annotated[CallToolResult, Requests]:
        """Use this when the user asks what they asked for and where it stands, also long ago. It lists their requests,
        the newest at the top, 20 at most. It changes nothing."""
        return await listed(ListName.MY_REQUESTS, "The user has not asked for anything yet.")

    async def get_request(
        app: AppName = None, request_id: RequestId = None
    ) -> Annotated[CallToolResult, RequestDetails]:
        """Use this when the user asks how one of their requests is going: who decides, what happened, what comes next.
        Name the application for the newest request in it, or the request. It changes nothing."""
        return await details(await picked(SEE, app, request_id))

    async def cancel_request(
        app: AppName = None, request_id: RequestId = None
    ) -> Annotated[CallToolResult, RequestDetails]:
        """Use this when the user wants to take back a request of theirs that nobody has decided yet. It is over then,
        and those who were asked see that; it can be asked anew. give_back_access ends what was given already."""
        found = await picked(CANCEL, app, request_id)
        await database.write(cancel, request_id=found, actor=caller().person_id)
        return await details(found)

    async def give_back_access(
        app: AppName = None, request_id: RequestId = None
    ) -> Annotated[CallToolResult, RequestDetails]:
        """Use this when the user no longer needs an access they have and wants to give it back before its time. They
        lose it, and what they kept only there may go with it; it can be asked for anew. Confirm it with the user
        first."""
        found = await picked(GIVE_BACK, app, request_id)
        await database.write(release, request_id=found, actor=caller().person_id)
        return await details(found)

    async def listed(name: ListName, nothing: str) -> CallToolResult:
        me = caller().person_id
        stories, more = await database.look(load_own, name, me, database.clock.now(), size=MOST)
        requests = [words.request(story, me) for story in stories]
        lines = [words.request_line(each) for each in requests] or [nothing]
        rest = ["There are more: Usher's Home tab in Slack shows them."] if more else []
        return say("\n".join([*lines, *rest]), Requests(requests=requests, more=more))

    async def picked(purpose: Purpose, app: str | None, request_id: str | None) -> str:
        me = caller().person_id
        stories = await database.look(load_both, me, database.clock.now())
        return pick(stories, purpose, me=me, app=app, request_id=request_id).id

    async def details(request_id: str) -> CallToolResult:
        found = await database.look(load_details, request_id, caller().person_id)
        return say(words.details_words(found), found)

    return [
        describe(
            list_my_access,
            title="List my access",
            effect=Effect.READS,
            doing="Looking up what you have…",
            done="Looked up what you have",
        ),
        describe(
            list_my_requests,
            title="List my requests",
            effect=Effect.READS,
            doing="Looking up your requests…",
            done="Looked up your requests",
        ),
        describe(
            get_request,
            title="Show a request",
            effect=Effect.READS,
            doing="Looking at the request…",
            done="Looked at the request",
            component=REQUEST_URI,
        ),
        describe(
            cancel_request,
            title="Cancel a request",
            effect=Effect.TAKES_AWAY,
            doing="Cancelling the request…",
            done="Cancelled the request",
        ),
        describe(
            give_back_access,
            title="Give access back",
            effect=Effect.TAKES_AWAY,
            doing="Giving it back…",
            done="Gave it back",
        ),
    ]
