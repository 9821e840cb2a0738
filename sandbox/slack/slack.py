"""The simulated Slack: wires its rooms together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.slack.app import App, Command, Shortcut
from sandbox.slack.calls import Call, Hook
from sandbox.slack.changes import Changes
from sandbox.slack.delivery import Courier, Delivery
from sandbox.slack.errors import Refusal
from sandbox.slack.faults import Faults, RateLimit
from sandbox.slack.interactions import Interactions
from sandbox.slack.message_events import MessageEvents
from sandbox.slack.openid import OpenID
from sandbox.slack.payloads import Payloads
from sandbox.slack.person import Person
from sandbox.slack.response_url import ResponseUrls
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.state import Message, Team, User, Workspace
from sandbox.slack.user_groups import UserGroups
from sandbox.slack.views import Views

JSON = dict[str, Any]
T = TypeVar("T")


class Slack:
    """One workspace with one app in it. `base_url` is where web.api_routes are mounted, without a slash at its end.

    Messages are posted, and people signed in, in the time of `clock`. The signatures of what Slack sends, and its
    limits, go by the real time, as Bolt does.

    `before_effect` and `before_answer` are where a test can hold the world: async callables, each given the Call. The
    first run when a call is allowed and nothing has happened yet, the second when it has happened and the caller does
    not know yet.
    """

    def __init__(
        self,
        *,
        team: Team,
        app: App,
        people: Iterable[company.Person],
        channels: Iterable[company.Channel],
        user_groups: Iterable[company.UserGroup] = (),
        clock: SandboxClock | None = None,
        base_url: str = "",
        rate_limit: RateLimit | None = None,
    ) -> None:
        clock = clock or SandboxClock()
        self.app = app
        self.base_url = base_url
        self.changes = Changes()
        self.state = Workspace(
            team=team,
            people=people,
            channels=channels,
            bot_user=app.bot_user,
            bot_id=app.bot_id,
            clock=clock,
        )
        self.state.audience = MessageEvents(self)
        self.views = Views()
        self.faults = Faults()
        self.rate_limit = rate_limit or RateLimit()
        self.payloads = Payloads(app, self.state)
        self.socket = SocketMode(app, self.changes)
        self.courier = Courier(app, self.socket, self.changes)
        self.interactions = Interactions(self)
        self.response_urls = ResponseUrls(self.state)
        self.openid = OpenID(self, clock)
        self.user_groups = UserGroups(self, user_groups)
        self.manager_label = "Manager"  # of the profile field; empty: the workspace has no such field
        self.calls: list[Call] = []
        self.before_effect: list[Hook] = []
        self.before_answer: list[Hook] = []
        self.closing = asyncio.Event()

    @classmethod
    def harbour(
        cls,
        *,
        request_url: str | None = None,
        clock: SandboxClock | None = None,
        base_url: str = "",
        rate_limit: RateLimit | None = None,
    ) -> Slack:
        """The workspace of Harbour Studio with Usher installed, as sandbox/company.py describes both."""
        known = company.SLACK_APP
        return cls(
            team=Team(id=company.TEAM_ID, name=company.COMPANY_NAME, domain="harbour-studio"),
            app=App(
                app_id=known.app_id,
                bot_id=known.bot_id,
                bot_user=company.USHER.id,
                bot_token=known.bot_token,
                app_token=known.app_token,
                signing_secret=known.signing_secret,
                client_id=known.client_id,
                client_secret=known.client_secret,
                commands=(
                    Command(
                        command="/request-access",
                        description="Ask for access to an application",
                        usage_hint="[application] [role or seat type] [duration] [reason] | status | help",
                    ),
                ),
                shortcuts=(Shortcut(callback_id="request_access", name="Request access"),),
                request_url=request_url,
            ),
            people=company.EVERYONE,
            channels=(company.ALERT_CHANNEL,),
            user_groups=company.USER_GROUPS,
            clock=clock,
            base_url=base_url,
            rate_limit=rate_limit,
        )

    # What the outside sees

    @property
    def version(self) -> int:
        """Grows with each change that somebody could see."""
        return self.changes.version

    async def until(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:  # noqa: ASYNC109
        """What `predicate` returns, as soon as it is true: looked at again whenever something happens.

        LookupError, StopIteration and AssertionError inside it mean "not yet". Raises TimeoutError.
        """
        return await self.changes.until(predicate, timeout=timeout)

    def person(self, who: str) -> Person:
        """The driver of a person, by Slack user id, e-mail address or name. Raises LookupError."""
        for user in self.state.users.values():
            if who in {user.id, user.email, user.real_name}:
                return Person(self, user)
        raise LookupError(f"nobody is called {who}")

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to deliver something to the app."""
        return self.courier.log

    def calls_of(self, method: str) -> list[Call]:
        """The calls of this method so far."""
        return [call for call in self.calls if call.method == method]

    # People come, change and go

    def join(self, person: company.Person) -> User:
        """Somebody new."""
        user = self.state.add_user(person)
        self.interactions.user_changed(user, joined=True)
        return user

    def deactivate(self, user_id: str) -> None:
        """An account is deactivated: it leaves its channels, closes its modals, and the app hears of it."""
        user = self.state.user(user_id)
        user.deleted = True
        for conversation in self.state.conversations.values():
            if not conversation.is_im:
                conversation.members.discard(user_id)
        self.views.clear(user_id)
        self._changed(user)

    def reactivate(self, user_id: str) -> None:
        """A deactivated account is active again (it is not put back into channels)."""
        user = self.state.user(user_id)
        user.deleted = False
        self._changed(user)

    def change_profile(self, user_id: str, **changes: str | bool | None) -> None:
        """Change real_name, email, title, manager, tz, is_admin or is_restricted of somebody."""
        user = self.state.user(user_id)
        for name, value in changes.items():
            if name not in {"real_name", "email", "title", "manager", "tz", "is_admin", "is_restricted"}:
                raise TypeError(f"a profile has no {name} that could be changed")
            setattr(user, name, value)
        self._changed(user)

    def _changed(self, user: User) -> None:
        user.updated = max(int(time.time()), user.updated + 1)
        self.interactions.user_changed(user)

    # For the rooms inside

    @staticmethod
    def now() -> int:
        """Slack's time is the real one: Bolt compares signatures with it."""
        return int(time.time())

    def demand_scope(self, scope: str) -> None:
        """Raises Refusal missing_scope if the token does not carry this scope."""
        if scope not in self.app.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(self.app.scopes)))

    def emit(self, subscription: str, event: JSON) -> asyncio.Task[Delivery] | None:
        """Deliver an event if the app hears of such: the task of the first attempt."""
        if not self.app.hears(subscription):
            return None
        return self.courier.event(self.payloads.event(event))

    def response_url(self, *, user: str, channel: str, message_ts: str | None = None) -> str:
        """A new response_url for something that this person did there."""
        key = self.response_urls.new(user=user, channel=channel, message_ts=message_ts)
        return f"{self.base_url}/response/{key}"

    def socket_url(self) -> str:
        """A new address for one Socket Mode connection. Raises Refusal too_many_websockets."""
        return f"{self.base_url.replace('http', 'ws', 1)}/socket?ticket={self.socket.new_ticket()}"

    def permalink(self, message: Message) -> str:
        """The address of a message."""
        return f"https://{self.state.team.domain}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"

    async def close(self) -> None:
        """Stop: hanging calls end, retries stop, connections close."""
        self.closing.set()
        self.changes.bump()  # long polls end
        await self.socket.disconnect("link_disabled")
        await self.courier.close()
