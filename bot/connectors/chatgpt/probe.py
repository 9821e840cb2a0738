"""`usher probe`: asks a workspace what Usher asks, and listens.

The calls are the transport's own, made as for any other purpose; here they are only heard. What came is held against
what Usher relies on (`expected`), and told without what was in it (`report`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from bot.connectors.chatgpt import report
from bot.connectors.chatgpt.calls import Exchange, listening
from bot.connectors.chatgpt.connector import ChatGPTConnector
from bot.connectors.chatgpt.errors import Answer
from bot.connectors.chatgpt.report import AS_ASSUMED, DIFFERS, Fact, Heard, Report, reported
from bot.connectors.chatgpt.transport import Member
from bot.connectors.config import ChatGPTAdminApi, ChatGPTScim, ChatGPTWebAdmin
from bot.connectors.contract import Account, Change, ConnectorError, UnknownOutcome

#: how long a change is looked for: nobody has said how far the lists lag behind
SEEN_WITHIN: Final = 30.0
_LOOK_EVERY: Final = 1.0

Found = TypeVar("Found")
ChatGPT = ChatGPTWebAdmin | ChatGPTAdminApi | ChatGPTScim


class Ear:
    """Keeps what is heard, in order. Implements `Listener`."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._models: dict[int, type[BaseModel]] = {}  # by the identity of an answer that is kept

    def answered(self, exchange: Exchange) -> None:
        """Keeps it."""
        self._exchanges.append(exchange)

    def relied_on(self, answer: Answer, model: type[BaseModel]) -> None:
        """Keeps which model it is read into."""
        self._models[id(answer)] = model

    def heard(self, since: int = 0) -> list[Heard]:
        """Everything from the exchange with this number on."""
        return [Heard(exchange=each, model=self._models.get(id(each.outcome))) for each in self._exchanges[since:]]

    def __len__(self) -> int:
        return len(self._exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What became of a change: the account as last observed, whether it is as wanted, and how long that took."""

    account: Account
    as_wanted: bool
    looks: int
    seconds: float


class Probe:
    """One probe of one workspace. Its parts may be awaited one after the other, in whichever tasks."""

    def __init__(self, connector: ChatGPTConnector, config: ChatGPT, *, version: str) -> None:
        """Asks nothing yet. `version` is Usher's."""
        self.connector = connector
        self._transport = connector.transport
        self._config = config
        self._version = version
        self._ear = Ear()
        self._facts: list[Fact] = []
        self._steps: list[Fact] = []
        self._troubles: list[Fact] = []
        self._private: set[str] = {str(config.workspace_id), getattr(config, "integration_email", "")}

    def _listening(self) -> AbstractContextManager[None]:
        return listening(self._ear)

    # -- reading -------------------------------------------------------------------------------------------------------
    async def read(self) -> None:
        """Makes every kind of call that only reads. Never raises `ConnectorError`: what fails is in the report."""
        with self._listening():
            health = await self.connector.check()
            self._facts += [
                Fact(name=f"Check: {condition.name}", state="ok" if condition.ok else "failed")
                for condition in health.conditions
            ]
            members = await self._listed("members", self._transport.members())
            invites = await self._listed("invites", self._transport.invites())
            await self._asked("seats", self._transport.seats())
            self._facts += _hidden(members)
            somebody = next((member for member in members if member.email), None)
            if somebody is not None and somebody.email is not None:
                await self._searched("members", somebody.email, self._transport.members)
                await self._asked("one member", self._transport.member(somebody.id, email=somebody.email))
            if invites:
                await self._searched("invites", invites[0].email, self._transport.invites)

    async def _asked(self, name: str, asking: Awaitable[Found]) -> Found | None:
        """What the transport says; None where it cannot say."""
        try:
            return await asking
        except ConnectorError as error:
            self._troubles.append(Fact(name=f"Asking for {name}", state=type(error).__name__))
            return None

    async def _listed(self, name: str, asking: Awaitable[list[Found]]) -> list[Found]:
        """A whole list, and how it was paged."""
        began = len(self._ear)
        found = await self._asked(name, asking)
        pages = [each for each in self._ear.heard(began) if report.is_list(each)]
        if found is not None and pages:
            self._facts.append(report.paging(name, pages))
        return found or []

    async def _searched(self, name: str, email: str, ask: Callable[[str], Awaitable[list[Found]]]) -> None:
        """Whether an address in other capitals finds whom the list has given."""
        began = len(self._ear)
        await self._asked(f"{name} by address", ask(email.swapcase()))
        searches = [each for each in self._ear.heard(began) if report.narrowed_by(each.exchange)]
        if searches:
            self._facts.append(report.search(name, searches, email))

    # -- changing ------------------------------------------------------------------------------------------------------
    async def observe(self, email: str) -> Account:
        """What is there for the address.

        Raises:
            ConnectorError: it cannot be told.
        """
        self._private.add(email)
        with self._listening():
            return await self.connector.observe(email)

    async def send(self, step: str, change: Change) -> None:
        """Makes one change. An unknown outcome is none: whoever looks afterwards knows.

        Raises:
            ConnectorError: it was not made. The step is in the report.
        """
        with self._listening(), suppress(UnknownOutcome):
            try:
                await self.connector.apply(change)
            except UnknownOutcome:
                raise
            except ConnectorError as error:
                self.note(step, "failed", type(error).__name__)
                raise

    async def look(self, step: str, email: str, *, until: Callable[[Account], bool]) -> Seen:
        """Looks until a change is to be seen, or too long. The step is in the report.

        Raises:
            ConnectorError: it could not be looked for.
        """
        with self._listening():
            try:
                seen = await self._seen(email, until)
            except ConnectorError as error:
                self.note(step, "failed", type(error).__name__)
                raise
        detail = f"{seen.account.status} after {seen.looks} look{'s' * (seen.looks > 1)}, {seen.seconds:.1f} s"
        self.note(step, "done" if seen.as_wanted else "not seen", detail)
        return seen

    async def _seen(self, email: str, until: Callable[[Account], bool]) -> Seen:
        began = time.monotonic()
        looks = 0
        while True:
            account = await self.connector.observe(email)
            looks += 1
            seconds = time.monotonic() - began
            if until(account) or seconds >= SEEN_WITHIN:
                return Seen(account=account, as_wanted=until(account), looks=looks, seconds=seconds)
            await asyncio.sleep(_LOOK_EVERY)

    def note(self, step: str, state: str, detail: str = "") -> None:
        """Puts a step into the report that was not made, or what is left of one. In our own words only."""
        self._steps.append(Fact(name=step, state=state, detail=detail))

    # -- telling -------------------------------------------------------------------------------------------------------
    def report(self) -> Report:
        """What was found so far."""
        heard = self._ear.heard()
        found = (report.expiries(heard), report.times(heard))
        return reported(
            heard,
            about=self._about(),
            base_url=self._config.base_url,
            private=self._private,
            facts=[*self._facts, *(fact for fact in found if fact is not None)],
            steps=self._steps,
            troubles=self._troubles,
        )

    def _about(self) -> Mapping[str, str]:
        return {
            "usher": self._version,
            "transport": self._config.transport,
            "via": getattr(self._config, "via", "http"),
        }


def _hidden(members: Sequence[Member]) -> list[Fact]:
    without = [member.email is None for member in members]
    if not members:
        return []
    state = AS_ASSUMED if not any(without) else DIFFERS
    return [Fact(name="Hidden addresses", state=state, detail=f"{sum(without)} of {len(without)} members")]
