"""Harbour Studio with a running Usher in this process: every part real, calls over sockets, time that can be moved."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.app import Usher, running
from bot.engine.pace import GAP
from bot.serving import listen
from bot.settings import Settings
from sandbox import company
from sandbox.chatgpt.roster import Member
from sandbox.server import Sandbox
from sandbox.slack.delivery import Delivery
from sandbox.slack.person import Person
from sandbox.slack.reading import shown_text
from sandbox.slack.state import Message
from storage import audit, engines
from storage.tables import AccessRequest, Grant, Incident, LedgerLine, Task, TaskState
from tests.support.quick_loop import PER_SECOND

T = TypeVar("T")

#: seconds of the loop; far more than any step takes when the machine is busy
PATIENCE = 20.0 * PER_SECOND
SECRET_KEY = base64.urlsafe_b64encode(bytes(32)).decode()

CATALOG = f"""
policies:
  default:
    approve: [{{manager: any}}]
    fallback: [app_admins]
    decide_within: 3d
  either:
    approve: [{{users: {{any: [{company.MAYA.email}, {company.NOOR.email}]}}}}]
    on_behalf: everybody
  confirmed:
    approve: [{{manager: any}}]
    beneficiary_confirms: true
  urgent:
    approve: [{{manager: any}}]
    emergency: {{longest: 4h, confirm_within: 1d}}
  handbook:
    auto_approve: Everybody may read it
applications:
  - key: chatgpt
    name: ChatGPT
    description: Chat, data analysis and image generation
    owner: {company.NOOR.email}
    admins: [{company.NOOR.email}]
    policy: POLICY
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    durations: [7d, 2m, 30d, unlimited]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      integration_email: {company.CHATGPT_INTEGRATION_EMAIL}
      base_url: BASE_URL
      secret: chatgpt-session
  - key: figma
    name: Figma
    owner: {company.NOOR.email}
    admins: [{company.NOOR.email}]
    durations: [30d, unlimited]
    connector: {{type: manual, instructions: Figma > Admin > Members}}
  - key: handbook
    name: Handbook
    owner: {company.NOOR.email}
    policy: handbook
    durations: [unlimited]
    connector: {{type: manual}}
"""


class Studio:
    """The company, and what people do and see there."""

    def __init__(self, sandbox: Sandbox, usher: Usher, settings: Settings, environment: Mapping[str, str]) -> None:
        self.sandbox = sandbox
        self.usher = usher
        self.slack = sandbox.slack
        self.chatgpt = sandbox.chatgpt
        self.clock = sandbox.clock
        self.lena, self.tom, self.maya, self.noor = (
            sandbox.slack.person(person.id) for person in (company.LENA, company.TOM, company.MAYA, company.NOOR)
        )
        self._settings = settings
        self._environment = environment
        self._engine = _past_usher(settings.database_url)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        file: Path,
        *,
        socket_mode: bool = False,
        policy: str = "default",
        newcomers: Sequence[company.Person] = (),
        catalog: str = CATALOG,
        secrets: Mapping[str, str] | None = None,
        app: bool = False,
        database_url: str | None = None,
    ) -> AsyncIterator[Studio]:
        """Starts the company and Usher in it.

        Args:
            file: a migrated SQLite database; the catalogue is written beside it.
            socket_mode: how Slack reaches Usher; over HTTP otherwise.
            policy: who decides about ChatGPT: a policy of the catalogue above.
            newcomers: people who are there from the beginning, beside those whom everybody knows.
            catalog: what can be asked for, with POLICY and BASE_URL to be filled in.
            secrets: those that it names besides ChatGPT's, as environment variables.
            app: whether people can connect ChatGPT, as the sandbox's chat does.
            database_url: a migrated database to be used instead of the file.
        """
        async with Sandbox.start() as sandbox:
            listener = listen("127.0.0.1", 0)  # Usher says its own address to others before it runs
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            sandbox.slack.app.redirect_urls = (f"{url}/oauth/slack/callback",)
            sandbox.chat.mcp_url = f"{url}/mcp"
            # these are counted in the machine's seconds, or have to be long enough for its work
            sandbox.slack.rate_limit.per_second *= PER_SECOND
            sandbox.slack.courier.ack_seconds *= PER_SECOND
            sandbox.slack.views.trigger_seconds *= PER_SECOND
            for person in newcomers:
                sandbox.slack.state.add_user(person)
            written = file.with_suffix(".yml")
            text = catalog.replace("BASE_URL", sandbox.chatgpt_url).replace("POLICY", policy)
            written.write_text(text, encoding="utf-8")
            settings = Settings.given(
                slack_bot_token=company.SLACK_APP.bot_token,
                slack_signing_secret=company.SLACK_APP.signing_secret,
                slack_app_token=company.SLACK_APP.app_token if socket_mode else None,
                slack_api_url=sandbox.slack_api_url,
                database_url=database_url or f"sqlite+aiosqlite:///{file}",
                secret_keys=SECRET_KEY,
                admins=company.NOOR.email,
                alert_channel=company.ALERT_CHANNEL.id,
                catalog=str(written),
                public_url=url if app else None,
                chatgpt_origins=sandbox.url,
                slack_signin_client_id=company.SLACK_APP.client_id if app else None,
                slack_signin_client_secret=company.SLACK_APP.client_secret if app else None,
            )
            environment = {
                **(secrets or {}),
                "USHER_SECRET_CHATGPT_SESSION": company.CHATGPT_SESSION,
                "USHER_SECRET_CHATGPT_ADMIN_KEY": company.CHATGPT_ADMIN_KEY,
                "USHER_SECRET_CHATGPT_SCIM": company.CHATGPT_SCIM_TOKEN,
            }
            async with running(settings, clock=sandbox.clock, environment=environment, listener=listener) as usher:
                sandbox.clock.on_skip.append(usher.engine.dispatcher.nudge)
                if not socket_mode:
                    sandbox.slack.app.request_url = f"{usher.url}/slack/events"
                studio = cls(sandbox, usher, settings, environment)
                yield studio
                studio._engine.dispose()

    @asynccontextmanager
    async def on_another_database(self, file: Path) -> AsyncIterator[Studio]:
        """A second Usher in the same company, which Slack does not reach, on another database."""
        settings = self._settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{file}"})
        async with running(settings, clock=self.clock, environment=self._environment) as usher:
            self.clock.on_skip.append(usher.engine.dispatcher.nudge)
            yield Studio(self.sandbox, usher, settings, self._environment)

    # -- time ----------------------------------------------------------------------------------------------------------
    async def until(self, condition: Callable[[], T]) -> T:
        """What the condition returns, as soon as it is true; "not yet" may also be a LookupError or AssertionError."""
        return await self._wait(condition, lambda: None)

    async def in_time(self, condition: Callable[[], T], *, within: timedelta = timedelta(hours=2)) -> T:
        """As `until`, while time passes: whenever Usher has nothing to do, the clock skips to what it waits for."""
        began = self.clock.now()

        def pass_time() -> None:
            now, due = self.clock.now(), self._next_due()
            assert now - began < within, f"not within {within}:\n{self.picture()}"
            if due > now:
                self.clock.skip((due - now).total_seconds() + 0.001)

        return await self._wait(condition, pass_time)

    async def at_rest(self) -> None:
        """Waits until Usher has done everything that was to be done by now, or as soon as Slack takes it."""
        await self.until(lambda: self._next_due() > self.clock.now() and not self._waits_for_its_second())

    async def _wait(self, condition: Callable[[], T], meanwhile: Callable[[], None]) -> T:
        loop = asyncio.get_running_loop()
        patience = loop.time() + PATIENCE
        while True:
            try:
                if found := condition():
                    return found
            except (LookupError, StopIteration, AssertionError):
                pass
            assert loop.time() < patience, f"not within {PATIENCE} seconds:\n{self.picture()}"
            meanwhile()
            await asyncio.sleep(0.01)

    def _waits_for_its_second(self) -> bool:
        """Is there a card whose turn at Slack comes soon?"""
        soon = self.clock.now() + 5 * timedelta(seconds=GAP)
        cards = sa.select(Task.id).where(
            Task.state == TaskState.OPEN, Task.kind == "cards", Task.failures == 0, Task.run_at < soon
        )
        return bool(self._look(cards))

    def _next_due(self) -> datetime:
        """When the next task is due: long ago while one runs. Read in one go, so that nothing happens in between."""
        tasks = sa.select(sa.func.count(Task.owner), sa.func.min(Task.run_at)).where(Task.state == TaskState.OPEN)
        [(running, due)] = self._look(tasks)
        if running:
            return datetime.min.replace(tzinfo=UTC)
        return due or datetime.max.replace(tzinfo=UTC)

    def picture(self) -> str:
        """What there is, for a test that failed."""
        unfinished = sa.select(Task.kind, Task.key, Task.state, Task.run_at, Task.failures, Task.error).where(
            Task.state != TaskState.DONE
        )
        grants = sa.select(Grant.application, Grant.state, Grant.end_reason)
        incidents = sa.select(Incident.scope, Incident.cause, Incident.state, Incident.count, Incident.note)
        rows = [str(tuple(row)) for query in (unfinished, grants, incidents) for row in self._look(query)]
        return "\n".join([str(self.clock.now()), *rows, *(message.shown for message in self.alerts())])

    def _look(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """At the database, past Usher, while everything else stands still."""
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    # -- asking --------------------------------------------------------------------------------------------------------
    async def submit(self, who: Person, words: str = "chatgpt codex 7d to test", **fields: Any) -> None:
        """They type `/request-access` and these words, fill in these fields, and send the form."""
        opened = await who.command("/request-access", words)
        assert opened.ok, opened
        outcome = await who.submit({name.capitalize(): value for name, value in fields.items()})
        assert outcome.closed, outcome

    async def ask(self, who: Person, words: str = "chatgpt codex 7d to test", **fields: Any) -> Message:
        """They ask for something; returns their status card."""
        earlier = {message.ts for message in who.dm.messages.values()}
        await self.submit(who, words, **fields)
        return await self.until(
            lambda: next(
                message for message in self.told(who) if message.ts not in earlier and "· Waiting for" in message.shown
            )
        )

    async def asked(self, approver: Person, about: Person) -> Message:
        """The newest card on which somebody is to decide about somebody, once it is there."""
        return await self.until(
            lambda: next(
                message
                for message in reversed(self.told(approver))
                if f"{about.name} asks for" in message.shown and "Approve" in message.buttons
            )
        )

    async def approve(self, approver: Person, about: Person) -> Message:
        """They press Approve on that card."""
        card = await self.asked(approver, about)
        outcome = await approver.press("Approve", in_=card)
        assert outcome.ok, outcome
        return card

    async def give_seat(self, who: Person, words: str = "chatgpt codex 7d to test") -> Message:
        """From the request to the card that says Active; returns it."""
        card = await self.ask(who, words)
        await self.approve(self.maya, who)
        await self.until(lambda: "· Invited" in card.shown)
        self.chatgpt.accept(str(who.user.email))
        await self.in_time(lambda: "· Active" in card.shown)
        return card

    def modal(self, person: Person) -> str:
        """What the modal in front of somebody says, in one line; "" without one."""
        return shown_text(person.modal.blocks).replace("\n", "") if person.modal else ""

    # -- what there is -------------------------------------------------------------------------------------------------
    def told(self, person: Person) -> list[Message]:
        """What Usher has written to somebody in person, oldest first; what only they see in a moment included."""
        return [message for message in person.dm.messages.values() if message.bot_id]

    def answers(self, person: Person) -> list[str]:
        """The ephemeral answers that somebody got, oldest first."""
        return [message.shown for message in person.messages() if message.visible_to == person.id]

    def alerts(self) -> list[Message]:
        """What stands in #it-alerts for everybody, oldest first."""
        messages = self.slack.state.conversations[company.ALERT_CHANNEL.id].messages.values()
        return [message for message in messages if message.visible_to is None]

    def open_alert(self, text: str = "") -> Message:
        """The newest card in #it-alerts that still waits for an answer and shows this text."""
        return next(one for one in reversed(self.alerts()) if "Try again" in one.buttons and text in one.shown)

    def member(self, person: Person) -> Member | None:
        """The person as a member of the ChatGPT workspace."""
        return self.chatgpt.roster.member_by_email(str(person.user.email))

    def has(self, person: Person) -> tuple[str, str, str] | None:
        """What they truly have in ChatGPT: whether as member or invited, role and seat, in ChatGPT's words."""
        if member := self.member(person):
            return "member", member.role, member.seat_type
        invite = self.chatgpt.roster.invite(str(person.user.email))
        return ("invited", invite.role, invite.seat_type) if invite else None

    def mails(self, person: Person) -> int:
        """How many invites ChatGPT has mailed to somebody."""
        return sum(f"an invite was sent to {person.user.email}" in event.what for event in self.chatgpt.events)

    def deliveries(self, kind: str) -> list[Delivery]:
        """What Slack has delivered of one type of payload."""
        return self.slack.courier.of_kind(kind)

    # -- what Usher remembers ------------------------------------------------------------------------------------------
    async def requests(self) -> Sequence[AccessRequest]:
        """Every request, oldest first."""
        async with self.usher.database.read() as session:
            return (await session.scalars(sa.select(AccessRequest).order_by(AccessRequest.id))).all()

    async def grants(self) -> Sequence[Grant]:
        """Every grant, oldest first."""
        async with self.usher.database.read() as session:
            return (await session.scalars(sa.select(Grant).order_by(Grant.id))).all()

    async def incidents(self) -> Sequence[Incident]:
        """Every incident, oldest first."""
        async with self.usher.database.read() as session:
            return (await session.scalars(sa.select(Incident).order_by(Incident.id))).all()

    async def ledger(self, event: str | None = None) -> list[tuple[str, str, dict[str, Any]]]:
        """The lines of the ledger (event, actor, details), of one event where one is named; the chain is whole."""
        async with self.usher.database.read() as session:
            checked = await audit.verify(session)
            assert checked.intact, checked.problem
            lines = await session.scalars(sa.select(LedgerLine).order_by(LedgerLine.seq))
            return [(line.event, line.actor, json.loads(line.data)) for line in lines if event in (None, line.event)]


def _past_usher(address: str) -> sa.Engine:
    """A way of one's own to Usher's database."""
    url = engines.parse(address)
    if engines.is_sqlite(url):
        return sa.create_engine(url.set(drivername="sqlite"), poolclass=sa.NullPool)
    return sa.create_engine(url, isolation_level="AUTOCOMMIT")
