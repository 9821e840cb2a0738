"""What every listener works with, and how a refusal reaches the person who acted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import queries
from bot.access.operations.away import WrongAbsence
from bot.access.refusals import Refusal, Refused
from bot.access.wish import WrongWish
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.form import field_errors
from bot.cards.lists import read_look
from bot.cards.refusals import refusal
from bot.cards.rich import label
from bot.handlers.list_views import make_view, replace_view
from storage.database import Database, Transaction

Body = Mapping[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

#: how Slack does not take an answer
_NOT_TAKEN = (SlackApiError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The database to write decisions to, and who the admins are."""

    database: Database
    admins: tuple[str, ...]  # Slack user ids or e-mail addresses
    #: the catalogue is applied from a file at every start, so what is added in Slack has to go there, too
    catalog_in_file: bool = False

    async def is_admin(self, person_id: str) -> bool:
        """Is this one of Usher's admins, as the directory knows them now?"""
        return person_id in await self.database.look(queries.admin_ids, self.admins)

    async def admin_only(self, person_id: str, why: Refusal = Refusal.NOT_ADMIN) -> None:
        """Raises `Refused` for everybody else."""
        if not await self.is_admin(person_id):
            raise Refused(why)

    async def act(
        self,
        ack: AsyncAck,
        body: Body,
        client: AsyncWebClient,
        operation: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> bool:
        """One press, one transaction, and then the acknowledgement. What is shown follows from tasks.

        Returns whether it was done; if not, the person has been told why.
        """
        done = True
        try:
            await self.database.write(operation, *args, **kwargs)
        except Refused as refused:
            done = False
            await tell(body, client, refusal(refused, reader_id=person_of(body)))
        else:
            await self._show_list_anew(body, client)
        await ack()
        return done

    async def open_form(
        self,
        ack: AsyncAck,
        body: Body,
        client: AsyncWebClient,
        make_form: Callable[[AsyncSession, str, str, datetime], Awaitable[JSON]],
    ) -> None:
        """Opens a form about what was pressed: `make_form(session, value, person_id, now)`.

        Whom it refuses is told why, so that nobody fills a form in for nothing. Nothing changes before it is sent.
        """
        person_id = person_of(body)
        try:
            form = await self.database.look(make_form, value_of(body), person_id, self.database.clock.now())
        except Refused as refused:
            await tell(body, client, refusal(refused, reader_id=person_id))
        else:
            await show(body, client, form)
        await ack()

    async def enter(
        self,
        ack: Callable[..., Awaitable[object]],
        body: Body,
        operation: Callable[Concatenate[Transaction, P], Awaitable[object]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """A form was sent: one transaction, and then the acknowledgement.

        What is wrong is said under its field; a refusal takes the place of the form.
        """
        try:
            await self.database.write(operation, *args, **kwargs)
        except (WrongWish, WrongAbsence) as wrong:
            await ack(response_action="errors", errors=field_errors(wrong.fields, body["view"]))
        except Refused as refused:
            await ack(response_action="update", view=notice(refusal(refused, reader_id=person_of(body))))
        else:
            await ack()

    async def _show_list_anew(self, body: Body, client: AsyncWebClient) -> None:
        """A list in which something was pressed shows what came of it; messages and Home tabs follow by tasks."""
        view = body.get("view") or {}
        if view.get("callback_id") == actions.LIST:
            look = read_look(view["private_metadata"])
            await replace_view(client, view, await make_view(self.database, self.admins, person_of(body), look))


def person_of(body: Body) -> str:
    """Who acted, by Slack user id: what Slack signed, never what a message says."""
    return str(body["user"]["id"])


def value_of(body: Body) -> str:
    """The opaque id on the button that was pressed."""
    return str(body["actions"][0].get("value", ""))


def origin_of(view: Body, person_id: str, entered: object) -> str:
    """The same for every delivery of one submission, and different for everything else that anybody submits."""
    asked = [view.get("id"), view.get("hash"), person_id, repr(entered)]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def closing_all(ack: AsyncAck) -> Callable[..., Awaitable[object]]:
    """An acknowledgement that closes the modals below, too: what they show is over (docs.slack.dev, “Modals”)."""
    return partial(ack, response_action="clear")


def notice(content: Content) -> dict[str, Any]:
    """A small modal that says one thing."""
    return {
        "type": "modal",
        "title": label("Usher"),
        "close": label("Close"),
        "blocks": list(content.blocks),
    }


async def show(body: Body, client: AsyncWebClient, view: JSON) -> None:
    """Opens a modal: over the modal in which something was pressed, if it was in one."""
    over_another = (body.get("view") or {}).get("type") == "modal"
    await (client.views_push if over_another else client.views_open)(trigger_id=body["trigger_id"], view=view)


async def tell(body: Body, client: AsyncWebClient, content: Content) -> None:
    """Answers the person who acted, and nobody else: in the conversation, or in a small window over the Home tab.

    It is only an answer: when Slack does not take it, the refusal stands all the same.
    """
    channel = body.get("channel", {}).get("id")
    if channel:
        await whisper(client, content, channel=channel, person_id=person_of(body))
        return
    try:
        await show(body, client, notice(content))
    except _NOT_TAKEN as error:
        log.warning("answer.not_delivered", error=type(error).__name__)


async def whisper(
    client: AsyncWebClient, content: Content, *, channel: str, person_id: str, thread_ts: str | None = None
) -> None:
    """Says something in a conversation, or in a thread of it, that only one person sees. As `tell`, it is only that."""
    try:
        await client.chat_postEphemeral(
            channel=channel, user=person_id, text=content.text, blocks=list(content.blocks), thread_ts=thread_ts
        )
    except _NOT_TAKEN as error:
        log.warning("answer.not_delivered", error=type(error).__name__)
