"""Harbour Studio with a real Usher in it: the sandbox in this process, `usher run` in another."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from sandbox import company
from sandbox.chatgpt import Call
from sandbox.server import Sandbox
from sandbox.slack.delivery import Courier, Delivery
from sandbox.slack.element_state import all_elements
from sandbox.slack.payloads import Outgoing
from sandbox.slack.person import Person
from sandbox.slack.reading import element_label
from sandbox.slack.state import Message
from storage import audit
from storage.clock import SystemClock
from storage.database import Database
from storage.tables import AccessRequest, Approval, Grant, Task
from tests.support.usher_process import USHER_RUN, UsherProcess

T = TypeVar("T")

#: seconds; far more than any step takes on a busy machine
PATIENCE = 120.0

#: with it Usher can keep the session that ChatGPT rotates at every sign-in
SECRET_KEY = base64.urlsafe_b64encode(bytes(32)).decode()

CATALOG = """
policies:
  default:
    approve: [{manager: any}]
    fallback: [app_admins]
    decide_within: 3d
  either:
    approve: [{users: {any: [maya@harbour.example, tom@harbour.example]}}]
    decide_within: 3d
  chain:
    approve: [{who: [manager, manager_of_manager], need: any}]
    decide_within: 3d
applications:
  - key: chatgpt
    name: ChatGPT
    owner: noor@harbour.example
    admins: [noor@harbour.example]
    policy: POLICY
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    durations: [7d, 3s, 5s]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: WORKSPACE
      integration_email: INTEGRATION
      base_url: BASE_URL
      secret: chatgpt-session
"""


async def eventually(check: Callable[[], Awaitable[T]], *, within: float = PATIENCE) -> T:
    """What `check` returns, as soon as it raises no AssertionError and returns something true."""
    deadline = time.monotonic() + within
    while True:
        try:
            if found := await check():
                return found
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, f"not within {within} seconds"
        await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody who asks, and whoever is asked."""

    who: Person
    manager: Person
    email: str


class Harbour:
    """A company, one or more Ushers, and what people do there."""

    def __init__(self, sandbox: Sandbox, directory: Path, database_url: str) -> None:
        self.sandbox = sandbox
        self.slack = sandbox.slack
        self.chatgpt = sandbox.chatgpt
        self.directory = directory
        self.database_url = database_url
        self.usher = self.another_usher()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, directory: Path, database_url: str, *, policy: str = "default", show_log: bool = True
    ) -> AsyncIterator[Harbour]:
        """The company, with an Usher that is not started yet, and what that wrote printed at the end."""
        async with Sandbox.start() as sandbox:
            sandbox.slack.courier.ack_seconds = PATIENCE  # the machine may be busy
            catalog = CATALOG.replace("POLICY", policy).replace("WORKSPACE", company.CHATGPT_WORKSPACE_ID)
            catalog = catalog.replace("INTEGRATION", company.CHATGPT_INTEGRATION_EMAIL)
            (directory / "catalog.yml").write_text(catalog.replace("BASE_URL", sandbox.chatgpt_url), encoding="utf-8")
            harbour = cls(sandbox, directory, database_url)
            try:
                yield harbour
            finally:
                if show_log:  # pytest shows it on failure
                    print(f"What Usher wrote since its last start:\n{harbour.usher.errors}")
                if harbour.usher.is_running:
                    await harbour.usher.kill()

    # -- Usher ---------------------------------------------------------------------------------------------------------
    def another_usher(
        self,
        *,
        before_exec: Callable[[], None] | None = None,
        command: Sequence[str | Path] = USHER_RUN,
        **settings: str,
    ) -> UsherProcess:
        """A process with the company's settings, not started yet."""
        app = company.SLACK_APP
        environment = {
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "SLACK_API_URL": self.sandbox.slack_api_url,
            "USHER_DATABASE_URL": self.database_url,
            "USHER_ADMINS": company.NOOR.email,
            "USHER_ALERT_CHANNEL": company.ALERT_CHANNEL.id,
            "USHER_CATALOG": "catalog.yml",
            "USHER_SECRET_CHATGPT_SESSION": company.CHATGPT_SESSION,
            "USHER_SECRET_KEYS": SECRET_KEY,
            **settings,
        }
        return UsherProcess(environment, self.directory, before_exec=before_exec, command=command)

    async def start(self) -> None:
        """Starts Usher, and tells Slack where it listens."""
        self.slack.app.request_url = f"{await self.usher.start()}/slack/events"

    async def kill(self) -> None:
        """`kill -9`."""
        await self.usher.kill()

    # -- people --------------------------------------------------------------------------------------------------------
    def person(self, known: company.Person) -> Person:
        """Somebody of the company."""
        return self.slack.person(known.id)

    def hire(
        self, number: int, *, manager: company.Person | None = None, chief: company.Person | None = None
    ) -> Employee:
        """A new employee, with a manager of their own unless one is given. Before a start only: Slack tells nobody."""
        boss = manager or self.join("boss", number, manager=chief)
        new = self.join("crew", number, manager=boss)
        return Employee(who=self.person(new), manager=self.person(boss), email=new.email)

    def join(self, what: str, number: int, *, manager: company.Person | None = None) -> company.Person:
        """Somebody new, who is called for what they are. Before a start only."""
        person = company.Person(
            id=f"U0{what.upper()}{number:04}",
            name=f"{what.capitalize()} {number}",
            email=f"{what}{number}@harbour.example",
            title=what.capitalize(),
            manager=manager.id if manager else None,
        )
        self.slack.state.add_user(person)
        return person

    async def until(self, condition: Callable[[], T], *, within: float = PATIENCE) -> T:
        """What the condition returns, as soon as it is true; "not yet" may also be a LookupError."""
        return await self.slack.until(condition, within)

    async def sees(self, who: Person, text: str) -> Message:
        """The newest message that shows this text, as soon as they have one."""
        return await self.until(lambda: who.message(text))

    async def ask(self, employee: Employee, wish: str = "chatgpt codex 7d to test") -> Message:
        """They ask for access; returns the card on which their manager decides."""
        await self.submit(employee.who, wish)
        await self.sees(employee.who, "Waiting for approval")
        return await self.card(employee.manager, employee.who)

    async def submit(self, who: Person, wish: str = "chatgpt codex 7d to test") -> None:
        """They fill in the form and send it."""
        opened = await who.command("/request-access", wish)
        assert not opened.error, opened
        sent = await who.submit({})
        assert sent.closed, sent

    async def card(self, approver: Person, who: Person) -> Message:
        """The card by which an approver is asked about somebody, once it has its buttons."""

        def asked() -> Message | None:
            message = approver.message(f"{who.name} asks for")
            return message if "Approve" in message.buttons else None

        found = await self.until(asked)
        assert found is not None
        return found

    async def approved(self, employee: Employee, wish: str = "chatgpt codex 7d to test") -> None:
        """They ask, and their manager presses Approve."""
        card = await self.ask(employee, wish)
        pressed = await employee.manager.press("Approve", in_=card)
        assert not pressed.error, pressed

    async def invited(self, *crew: Employee) -> None:
        """Waits until ChatGPT has invited them, Usher has told them so, and nothing is left to do."""
        for employee in crew:
            await self.sees(employee.who, "Your invite to ChatGPT")
        await self.at_rest()

    async def accept(self, employee: Employee) -> None:
        """They accept the invite as soon as their card tells them of it."""
        await self.sees(employee.who, "· Invited")
        self.chatgpt.accept(employee.email)

    async def press_at(self, url: str, who: Person, button: str, card: Message) -> Delivery:
        """They press a button, and Slack delivers it to this Usher of several."""
        block, element = next(
            (block, element) for block, element in all_elements(card.blocks) if element_label(block, element) == button
        )
        slack = self.slack
        action = {
            "type": "button",
            "block_id": block["block_id"],
            "action_id": element["action_id"],
            "text": element["text"],
            "value": element["value"],
            "action_ts": card.ts,
        }
        outgoing = slack.payloads.block_actions(
            user=who.user,
            where=card,
            action=action,
            trigger_id=slack.views.new_trigger(who.id),
            response_url=slack.response_url(user=who.id, channel=card.channel, message_ts=card.ts),
        )
        return await self.deliver_to(url, outgoing)

    async def deliver_to(self, url: str, outgoing: Outgoing) -> Delivery:
        """Slack delivers something to this Usher of several."""
        slack = self.slack
        courier = Courier(replace(slack.app, request_url=f"{url}/slack/events"), slack.socket, slack.changes)
        courier.ack_seconds = PATIENCE
        try:
            return await courier.send(outgoing)
        finally:
            await courier.close()

    # -- what is there -------------------------------------------------------------------------------------------------
    def is_member(self, email: str) -> bool:
        """Are they a member of the ChatGPT workspace?"""
        return self.chatgpt.roster.member_by_email(email) is not None

    def invite_calls(self, email: str) -> list[Call]:
        """The calls that asked ChatGPT to invite this address, whatever became of them."""
        return [
            call
            for call in self.chatgpt.calls
            if call.method == "POST" and call.path.endswith("/invites") and email in call.addresses
        ]

    def invites_sent(self, email: str) -> int:
        """How many of them put an invite into somebody's mailbox."""
        return sum("an invite was sent" in call.what for call in self.invite_calls(email))

    def told(self, person: Person) -> list[Message]:
        """What Usher has written to somebody in person."""
        return [message for message in person.dm.messages.values() if message.bot_id]

    def alerts(self) -> list[Message]:
        """What stands in the admins' channel."""
        return list(self.slack.state.conversations[company.ALERT_CHANNEL.id].messages.values())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """The database as it is now."""
        database = await Database.open(self.database_url, clock=SystemClock(), exclusive=False)
        try:
            async with database.read() as session:
                yield session
        finally:
            await database.close()

    async def grants(self) -> Sequence[Grant]:
        """Every grant there is, oldest first."""
        async with self.reading() as session:
            return (await session.scalars(sa.select(Grant).order_by(Grant.created_at))).all()

    async def requests(self) -> Sequence[AccessRequest]:
        """Every request there is, oldest first."""
        async with self.reading() as session:
            return (await session.scalars(sa.select(AccessRequest).order_by(AccessRequest.created_at))).all()

    async def votes(self) -> Sequence[Approval]:
        """Everybody who was asked, and what they said."""
        async with self.reading() as session:
            return (await session.scalars(sa.select(Approval))).all()

    async def at_rest(self, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Waits until nothing runs and no card has to be brought up to date, unless something else came true."""
        soon = SystemClock().now() + timedelta(hours=1)  # what is told before an end is days away
        busy = sa.select(Task).where(
            Task.state == "open",
            sa.or_(Task.owner.is_not(None), sa.and_(Task.kind.in_(["cards", "home"]), Task.run_at < soon)),
        )
        database = await Database.open(self.database_url, clock=SystemClock(), exclusive=False)

        async def nothing() -> bool:
            async with database.read() as session:
                found = (await session.scalars(busy)).all()
            assert not found or unless(), [
                (task.kind, task.key, task.run_at, task.failures, task.error) for task in found
            ]
            return True

        try:
            await eventually(nothing)
        finally:
            await database.close()

    async def demand_whole_ledger(self) -> None:
        """The chain of the ledger is unbroken."""
        async with self.reading() as session:
            result = await audit.verify(session)
        assert result.intact, result.problem
