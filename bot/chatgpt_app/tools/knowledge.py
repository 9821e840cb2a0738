"""The catalogue as company knowledge: `search` and `fetch`, in the shapes that OpenAI prescribes for them."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult
from pydantic import Field

from bot.chatgpt_app.desk import Desk, Sorry, offered
from bot.chatgpt_app.home_link import HomeLink
from bot.chatgpt_app.tools.answers import MOST
from bot.chatgpt_app.tools.describe import Answer, Effect, describe, say


class Result(Answer):
    """A document that was found."""

    id: str
    title: str
    url: str = Field(description="Where the user can see it: Usher in Slack.")


class Results(Answer):
    """Documents, the most fitting first."""

    results: list[Result]


class Document(Result):
    """A document."""

    text: str


def knowledge_tools(desk: Desk, home: HomeLink) -> list[Tool]:
    """`search` and `fetch`."""

    async def search(
        query: Annotated[str, Field(max_length=500, description="What is looked for, in words.")],
    ) -> Annotated[CallToolResult, Results]:
        """Use this when you search the company's knowledge for which application to use for something. The documents
        are the entries of the organization's application catalogue; fetch reads one. It changes nothing."""
        shelf, _ = await desk.around()
        url = await home.url()
        found = shelf.index.find(query)[:MOST]
        results = Results(results=[Result(id=entry.key, title=entry.name, url=url) for entry in found])
        return say(results.model_dump_json(), results)

    async def fetch(
        id: Annotated[str, Field(max_length=100, description="The id of a result of search.")],  # noqa: A002
    ) -> Annotated[CallToolResult, Document]:
        """Use this when you need the whole text of a result of search: what the application is for, what can be asked
        for in it, and who owns it. It changes nothing."""
        shelf, own = await desk.around()
        if id not in shelf.apps:
            raise Sorry(f"There is no document “{id}”. {offered(shelf.index)}")
        app, line = shelf.shown(id, own)
        document = Document(id=app.app, title=app.name, url=await home.url(), text=line)
        return say(document.model_dump_json(), document)

    return [
        describe(
            search,
            title="Search the applications",
            effect=Effect.READS,
            doing="Searching the applications…",
            done="Searched the applications",
        ),
        describe(
            fetch,
            title="Read about an application",
            effect=Effect.READS,
            doing="Reading about the application…",
            done="Read about the application",
        ),
    ]
