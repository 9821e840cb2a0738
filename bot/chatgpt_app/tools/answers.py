"""What the tools answer with. The model reads it, and so does the component: names stay as they are."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bot.cards.progress import Stand
from bot.chatgpt_app.tools.describe import Answer

#: how many items one answer holds
MOST = 20


class Mine(Answer):
    """What the person has in an application, or has asked for."""

    what: str = Field(description="The role and seat type, such as “Member · Codex seat”; may be empty.")
    status: str = Field(description="Where it stands, such as “Active” or “Waiting for approval”.")
    until: datetime | None = Field(default=None, description="When it ends; missing where that is not known, or never.")


class App(Answer):
    """An application of the organization."""

    app: str = Field(description="The application's key, to name it in other calls.")
    name: str
    description: str = ""
    tags: list[str] = Field(default=[])
    owner: str | None = Field(default=None, description="Who answers for it.")
    roles: list[str] = Field(default=[], description="What can be asked for; the first is the default.")
    seat_types: list[str] = Field(default=[], description="The seats that can be asked for; the first is the default.")
    durations: list[str] = Field(description="For how long it can be asked for; the first is the default.")
    mine: list[Mine] = Field(default=[], description="What the person who asks has there, or has asked for.")


class Apps(Answer):
    """Applications, the most fitting first."""

    apps: list[App]
    more: int = Field(default=0, description="How many more there are; narrow the search to see them.")
    tags: list[str] = Field(default=[], description="The tags there are, where nothing was found.")


class Request(Answer):
    """A request and what came of it."""

    request_id: str = Field(description="Names this request in other calls.")
    app: str = Field(description="The application's name.")
    what: str = Field(description="The role, seat type and duration, such as “Member · Codex seat · 14 days”.")
    status: str = Field(description="Where it stands, such as “Active” or “Waiting for approval”.")
    until: datetime | None = Field(default=None, description="When the access ends; missing where not known, or never.")
    for_whom: str | None = Field(default=None, description="Who gets the access, where that is not who asked.")


class Progress(Answer):
    """A step on the way to access."""

    step: str = Field(description="Such as “Approval” or “Invite”.")
    stand: Stand
    at: datetime | None = Field(default=None, description="When it came about.")


class RequestDetails(Request):
    """The same with what is to be known about it."""

    progress: list[Progress] = Field(description="The way to access, step by step.")
    details: list[str] = Field(description="What happened, and what comes next.")
    can: list[str] = Field(default=[], description="The tools that this person can call about it now.")
    link: str | None = Field(default=None, description="Its card in Slack.")


class Requested(RequestDetails):
    """What was asked for."""

    new: bool = Field(description="False where there was such a request, or the access, already.")
    assumed: list[str] = Field(default=[], description="What was taken because nothing was said about it.")


class Requests(Answer):
    """Requests, or access."""

    requests: list[Request]
    more: bool = Field(default=False, description="Whether there are more; Usher's Home tab in Slack shows them.")
