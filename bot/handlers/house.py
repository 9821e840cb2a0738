"""What every listener works with, and how a refusal reaches the person who acted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.access.refusals import Refusal, Refused
from bot.cards.content import Content
from bot.cards.refusals import refusal
from bot.cards.rich import label
from storage.database import Database, Transaction

Body = Mapping[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

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

    async def admin_only(self, person_id: str) -> None:
        """Raises `Refused` for everybody else."""
        if not await self.is_admin(person_id):
            raise Refused(Refusal.NOT_ADMIN)

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
        await ack()
        return done


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


def notice(content: Content) -> dict[str, Any]:
    """A small modal that says one thing."""
    return {
        "type": "modal",
        "title": label("Usher"),
        "close": label("Close"),
        "blocks": list(content.blocks),
    }


async def tell(body: Body, client: AsyncWebClient, content: Content) -> None:
    """Answers the person who acted, and nobody else: in the conversation, or in a small window over the Home tab.

    It is only an answer: when Slack does not take it, the refusal stands all the same.
    """
    channel = body.get("channel", {}).get("id")
    try:
        if channel:
            await client.chat_postEphemeral(
                channel=channel, user=person_of(body), text=content.text, blocks=list(content.blocks)
            )
        else:
            await client.views_open(trigger_id=body["trigger_id"], view=notice(content))
    except (SlackApiError, OSError, TimeoutError) as error:
        log.warning("answer.not_delivered", error=type(error).__name__)
