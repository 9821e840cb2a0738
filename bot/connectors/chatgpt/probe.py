"""`usher probe`: asks a workspace what Usher asks, and listens.

The calls are the transport's own, made as for any other purpose; here they are only heard. What came is held against
what Usher relies on (`expected`), and told without what was in it (`report`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel

from bot.access.desired import Entitlement
from bot.connectors.chatgpt import report
from bot.connectors.chatgpt.calls import Exchange, listening
from bot.connectors.chatgpt.connector import ChatGPTConnector
from bot.connectors.chatgpt.errors import Answer
from bot.connectors.chatgpt.report import AS_ASSUMED, DIFFERS, Fact, Heard, Report, reported
from bot.connectors.chatgpt.transport import Member
from bot.connectors.chatgpt.wire import same_address
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
            members = await self._asked("members", self._transport.members)
            invites = await self._asked("invites", self._transport.invites)
            await self._asked("seats", self._transport.seats)
            if members:
                self._facts += _hidden(members)
                await self._one(members)
            if invites:
                await self._searched("invites", invites[0].email, self._transport.invites)

    async def _asked(self, name: str, ask: Callable[[], Awaitable[list[Found]] | Awaitable[Found]]) -> list[Found]:
        """What the transport says, with how the list was paged; nothing where it cannot say."""
        began = len(self._ear)
        try:
            found = await ask()
        except ConnectorError as error:
            self._troubles.append(Fact(name=f"Asking for {name}", state=type(error).__name__))
            return []
        pages = [each for each in self._ear.heard(began) if not report.narrowed_by(each.exchange)]
        lists = [page for page in pages if page.answer is not None and report.is_list(page)]
        if isinstance(found, list) and lists:
            different = len({item_id for page in lists for item_id in report.ids_of(page)})
            self._facts.append(report.paging(name, lists, different=different))
        return found if isinstance(found, list) else []

    async def _one(self, members: list[Member]) -> None:
        """One person: by their address in other capitals, and by their id."""
        somebody = next((member for member in members if member.email), None)
        if somebody is None or somebody.email is None:
            return
        email, user_id = somebody.email, somebody.id
        await self._searched("members", email, self._transport.members)
        await self._asked("one member", lambda: self._transport.member(user_id, email=email))

    async def _searched(
        self, name: str, email: str, ask: Callable[[str | None], Awaitable[list[Found]]]
    ) -> None:
        began = len(self._ear)
        await self._asked(f"{name} by address", lambda: ask(email.swapcase()))
        searches = [each for each in self._ear.heard(began) if report.narrowed_by(each.exchange)]
        mine = [each for each in searches if email.casefold() in _wanted(each).casefold()]
        fact = f"Search of {name}"
        if not mine:
            self._facts.append(Fact(name=fact, state=DIFFERS, detail="does not find who is there; lists are read whole"))
            return
        last = mine[-1]
        found = any(same_address(email, address) for address in report.addresses_of(last))
        capitals = "in other capitals" if email not in _wanted(last) else "as written"
        detail = f"{'finds' if found else 'does not find'} an address {capitals}; {len(report.items_of(last))} given"
        self._facts.append(Fact(name=fact, state=AS_ASSUMED if found else DIFFERS, detail=detail))

    # -- changing ------------------------------------------------------------------------------------------------------
    async def observe(self, email: str) -> Account:
        """What is there for the address.

        Raises:
            ConnectorError: it cannot be told.
        """
        self._private.add(email)
        with self._listening():
            return await self.connector.observe(email)

    async def change(self, step: str, change: Change, *, until: Callable[[Account], bool]) -> Seen:
        """Makes one change, and looks until it is to be seen. The step is in the report, however it ends.

        Raises:
            ConnectorError: it was not made, or could not be looked for.
        """
        with self._listening():
            try:
                try:
                    await self.connector.apply(change)
                except UnknownOutcome:  # it may have happened: looking tells
                    pass
                seen = await self._look(change.email, until)
            except ConnectorError as error:
                self._steps.append(Fact(name=step, state="failed", detail=type(error).__name__))
                raise
        state = "done" if seen.as_wanted else "not seen"
        detail = f"{seen.account.status} after {seen.looks} look{'s' * (seen.looks > 1)}, {seen.seconds:.1f} s"
        self._steps.append(Fact(name=step, state=state, detail=detail))
        return seen

    async def _look(self, email: str, until: Callable[[Account], bool]) -> Seen:
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


def standard(connector: ChatGPTConnector) -> Entitlement:
    """The lowest role on the default seat."""
    can = connector.capabilities
    return Entitlement(role=can.roles[0], seat_type=can.seat_types[0])


def _wanted(heard: Heard) -> str:
    """What a list was narrowed to."""
    return heard.exchange.params.get(report.narrowed_by(heard.exchange), "")


def _hidden(members: Iterable[Member]) -> list[Fact]:
    without = [member.email is None for member in members]
    state = AS_ASSUMED if not any(without) else DIFFERS
    return [Fact(name="Hidden addresses", state=state, detail=f"{sum(without)} of {len(without)} members")]
