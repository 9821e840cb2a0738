"""From whatever is there, through whatever goes wrong for a while, an account becomes what its grants say.

The engine, the rules and the database are the real ones. The provider is a few lines here, so that it can fail at every
call in every way, and so that the fewest writes can be counted by a search that knows nothing of the engine.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bot.access import catalog_file, lifecycle, subjects
from bot.access.desired import Claim, Entitlement, desired_account
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.following import converge_account
from bot.access.operations.people import SlackPerson, upsert_people
from bot.connectors.contract import (
    Account,
    CancelInvite,
    Capabilities,
    Change,
    Condition,
    ConnectorError,
    Health,
    Invite,
    NoFreeSeat,
    Remove,
    Resend,
    SeatPool,
    SetRole,
    SetSeatType,
    TryLater,
    UnknownOutcome,
)
from bot.engine.accounts import Accounts
from bot.engine.upkeep import Upkeep
from bot.engine.work import Again, Done, Outcome, Parked, back_off
from storage import task_queue
from storage.clock import Clock
from storage.database import Database, Transaction
from storage.tables import AccessRequest, AccountStatus, EndReason, Grant, GrantState, RequestState
from storage.tables import Account as AccountRow
from storage.task_queue import ClaimedTask
from tests.support import postgresql
from tests.support.clock import START, MovableClock

#: makes a furnished database, which is gone after the story
Copies = Callable[[], AbstractContextManager[str]]

LENA = "lena@harbour.example"
ROLES, SEAT_TYPES = ("member", "admin", "owner"), ("chatgpt", "codex")
CATALOG = """
policies: {default: {approve: [{manager: any}], fallback: [app_admins]}}
applications:
  - key: chatgpt
    name: ChatGPT
    roles: [member, admin, owner]
    seat_types: [chatgpt, codex]
    durations: [7d]
    connector:
      type: chatgpt
      transport: admin_api
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      secret: key
"""
LEASE = timedelta(minutes=5)
#: far more rounds of tasks than the worst of these stories takes
MOST_ROUNDS = 400


# -- the provider ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class There:
    """What the provider has for the address."""

    status: str = "absent"
    has: Entitlement | None = None


NOTHING = There()


def after(there: There, change: Change) -> There:
    """What a change makes of it."""
    match change:
        case Invite(entitlement=wanted) if there.status != "member":
            return There("invited", wanted)
        case CancelInvite() if there.status == "invited":
            return NOTHING
        case Remove() if there.status == "member":
            return NOTHING
        case SetRole(role=role) if there.status == "member" and there.has is not None:
            return There("member", replace(there.has, role=role))
        case SetSeatType(seat_type=seat_type) if there.status == "member" and there.has is not None:
            return There("member", replace(there.has, seat_type=seat_type))
    return there


def fewest_writes(start: There, wanted: Entitlement | None) -> int:
    """How many changes it takes at least: every change of every kind is tried, breadth first."""
    everything = [Entitlement(role=role, seat_type=seat) for role in ROLES for seat in SEAT_TYPES]
    changes: list[Change] = [
        CancelInvite(email=LENA, provider_id="1"),
        Remove(email=LENA, provider_id="1"),
        *(Invite(email=LENA, entitlement=each, key="") for each in everything),
        *(SetRole(email=LENA, provider_id="1", role=role) for role in ROLES),
        *(SetSeatType(email=LENA, provider_id="1", seat_type=seat, key="") for seat in SEAT_TYPES),
    ]
    ahead, known = deque([(start, 0)]), {start}
    while ahead:
        there, writes = ahead.popleft()
        if there.has == wanted:
            return writes
        for change in changes:
            # an open invite cannot be changed: a second one beside it is what must never be
            if isinstance(change, Invite) and there.status == "invited":
                continue
            then = after(there, change)
            if then not in known:
                known.add(then)
                ahead.append((then, writes + 1))
    raise AssertionError("there is always a way")


#: lists are behind for no longer than this: what is not there after an outage of half a minute will not come
BEHIND = timedelta(seconds=25)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Provider:
    """A connector whose provider fails as often as was drawn, and then never again."""

    clock: Clock
    there: There
    at_looks: list[str]  # what goes wrong at the first looks, one after another
    at_changes: list[str]  # and at the first changes
    lag: int  # so many looks after a change still show what was there before it, if they come within BEHIND
    accepts: bool  # does the person accept an invite that is as it should be?
    wanted: Callable[[], Entitlement | None]
    meddling: list[There] = field(default_factory=list)  # what somebody outside makes of it, between calls
    written: list[Change] = field(default_factory=list)  # the changes that changed something
    keys: set[str] = field(default_factory=set)
    shown: deque[There] = field(default_factory=deque)
    behind_until: datetime = LONG_AGO
    looked_at: list[datetime] = field(default_factory=list)
    was_full: bool = False  # did it have no seat, once?
    pauses: list[timedelta] = field(default_factory=list)  # how long its limit asks to wait, at the first questions

    capabilities = Capabilities(
        roles=ROLES, seat_types=SEAT_TYPES, observes=True, sees_invites=True, sees_seats=False, permissions={}
    )

    @property
    def is_well(self) -> bool:
        """What is looked at now is as it is shown, and nobody will change it any more."""
        return not (self.at_looks or self.shown or self.meddling)

    async def check(self) -> Health:
        return Health(conditions=(Condition(name="Reachable", ok=True, detail=""),))

    async def seats(self) -> SeatPool | None:
        return None

    async def accounts(self) -> list[Account]:
        return [await self.observe(LENA)]

    async def observe(self, email: str) -> Account:
        self.looked_at.append(self.clock.now())
        if self.at_looks and self.at_looks.pop(0) == "busy":
            raise TryLater("busy")
        if self.clock.now() >= self.behind_until:
            self.shown.clear()
        seen = self.shown.popleft() if self.shown else self.there
        if not self.shown and self.accepts and self.there == There("invited", self.wanted()):
            self.there = There("member", self.there.has)  # the next look shows it
        if seen.has is None:
            return Account(email=email, status=seen.status)
        return Account(
            email=email, status=seen.status, role=seen.has.role, seat_type=seen.has.seat_type, provider_id="1"
        )

    def pause(self, change: Change) -> timedelta:
        return self.pauses.pop(0) if self.pauses else timedelta()

    async def apply(self, change: Change) -> None:
        fault = self.at_changes.pop(0) if self.at_changes else ""
        errors: dict[str, ConnectorError] = {
            "busy": TryLater("busy"), "lost before": UnknownOutcome("lost"), "full": NoFreeSeat("full")
        }  # fmt: skip
        if fault in errors and (fault != "full" or isinstance(change, Invite | SetSeatType)):
            self.was_full |= fault == "full"
            raise errors[fault]
        self._happens(change)
        if fault == "lost after":
            raise UnknownOutcome("lost")

    def _happens(self, change: Change) -> None:
        assert not isinstance(change, Resend), "nobody has left an invite unanswered for so long"
        if isinstance(change, Invite):
            if change.key in self.keys:
                return  # a provider that knows keys
            assert self.there.status == "absent", "never two invites, nor one for a member"
            self.keys.add(change.key)
        then = after(self.there, change)
        if then == self.there:
            return
        if isinstance(change, Remove):
            assert self.was_full or self.wanted() is None, "somebody who holds a grant was removed"
        if isinstance(change, CancelInvite):
            assert self.was_full or self.there.has != self.wanted(), "the right invite was taken back"
        self.shown.extend([self.there] * self.lag)
        self.behind_until = self.clock.now() + BEHIND
        self.there = then
        self.written.append(change)

    def meddle(self) -> None:
        """Somebody outside does something now."""
        if self.meddling:
            self.there = self.meddling.pop(0)


class OnlyThis:
    """Hands out the one connector."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._limit = asyncio.Semaphore(1)

    def of(self, entry: object) -> Provider:
        return self._provider

    def limit(self, application: str) -> asyncio.Semaphore:
        return self._limit


# -- what is drawn -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Given:
    """A grant, and when it starts and ends, in seconds from the beginning of the story."""

    state: GrantState
    has: Entitlement
    starts: int
    ends: int | None
    replaces: int | None = None  # the number of the grant whose place it takes


@dataclass(frozen=True)
class Story:
    """Where it begins, and what goes wrong on the way."""

    there: There
    baseline: Entitlement | str | None  # "unknown": Usher has never touched the account
    grants: tuple[Given, ...]
    at_looks: tuple[str, ...] = ()
    at_changes: tuple[str, ...] = ()
    lag: int = 0
    accepts: bool = True
    meddling: tuple[There, ...] = ()


entitlements = st.builds(Entitlement, role=st.sampled_from(ROLES), seat_type=st.sampled_from(SEAT_TYPES))
places = st.just(NOTHING) | st.builds(There, st.sampled_from(["invited", "member"]), entitlements)
LONG = 10**7
running = st.builds(
    Given,
    state=st.sampled_from([GrantState.GRANTING, GrantState.WAITING, GrantState.FAILED]),
    has=entitlements,
    starts=st.integers(-500, -1),
    ends=st.sampled_from([None, LONG]),
)
given_before = st.builds(
    Given,
    state=st.sampled_from([GrantState.INVITED, GrantState.ACTIVE]),
    has=entitlements,
    starts=st.integers(-500, -1),
    ends=st.sampled_from([None, LONG]),
)
over = st.builds(
    Given,
    state=st.sampled_from([GrantState.ENDING, GrantState.ACTIVE, GrantState.GRANTING]),
    has=entitlements,
    starts=st.integers(-500, -100),
    ends=st.integers(-99, -1),
)
to_come = st.builds(
    Given, state=st.just(GrantState.SCHEDULED), has=entitlements, starts=st.just(LONG), ends=st.just(2 * LONG)
)
just_starting = st.builds(
    Given, state=st.just(GrantState.SCHEDULED), has=entitlements, starts=st.integers(-60, -1), ends=st.just(LONG)
)
looks = st.lists(st.sampled_from(["", "busy"]), max_size=7).map(tuple)
changes = st.lists(st.sampled_from(["", "busy", "lost before", "lost after", "full"]), max_size=6).map(tuple)
stories = st.builds(
    Story,
    there=places,
    baseline=st.just("unknown") | st.none() | entitlements,
    grants=st.lists(running | given_before | over | to_come | just_starting, min_size=1, max_size=4).map(tuple),
    at_looks=looks,
    at_changes=changes,
    lag=st.integers(0, 4),
    accepts=st.booleans(),
)
turning = st.builds(
    Given,
    state=st.just(GrantState.SCHEDULED),
    has=entitlements,
    starts=st.integers(1, 300),
    ends=st.integers(301, 900),
)


# -- the engine around it ----------------------------------------------------------------------------------------------
class House:
    """Usher's own part: a database in which the story begins, and its tasks."""

    def __init__(self, database: Database, clock: MovableClock, story: Story) -> None:
        self.database, self.clock, self.story = database, clock, story
        self.provider = Provider(
            clock, story.there, list(story.at_looks), list(story.at_changes), story.lag, story.accepts, self.wanted,
            list(story.meddling),
        )  # fmt: skip
        connectors: Any = OnlyThis(self.provider)
        directory: Any = None
        accounts, upkeep = Accounts(database, connectors), Upkeep(database, connectors, directory)
        self.handlers = {subjects.ACCOUNT: accounts.converge, subjects.PROBE: upkeep.probe}
        self.known: list[Grant] = []

    def wanted(self) -> Entitlement | None:
        """What the account should be by what the grants are in the database, as of the last round, and by the clock."""
        now = self.clock.now()
        holding = [
            grant
            for grant in self.known
            if grant.state in lifecycle.HOLDING | {GrantState.SCHEDULED}
            and grant.starts_at <= now
            and (grant.ends_at is None or grant.ends_at > now)
        ]
        taken_over = {grant.replaces_id for grant in holding}
        claims = [
            Claim(entitlement=Entitlement(role=grant.role, seat_type=grant.seat_type), starts_at=grant.starts_at)
            for grant in holding
            if grant.id not in taken_over
        ]
        return desired_account(self.baseline, claims, roles=ROLES, seat_types=SEAT_TYPES)

    @property
    def baseline(self) -> Entitlement | None:
        removed = any(grant.end_reason is EndReason.REMOVED_OUTSIDE for grant in self.known)
        if removed or NOTHING in self.story.meddling:
            return None  # whoever removed it left nothing of what was there before Usher
        known = self.story.baseline
        return self.story.there.has if isinstance(known, str) else known

    async def begin(self) -> None:
        await self.database.write(self._begin)
        await self._look()

    async def _begin(self, tx: Transaction) -> None:
        story = self.story
        for number, given_ in enumerate(story.grants):
            starts_at = START + timedelta(seconds=given_.starts)
            ends_at = None if given_.ends is None else START + timedelta(seconds=given_.ends)
            tx.session.add(
                AccessRequest(
                    id=f"R{number}", requester_id="ULENA", beneficiary_id="ULENA", application="chatgpt",
                    role=given_.has.role, seat_type=given_.has.seat_type, reason="", channel="slack",
                    state=RequestState.APPROVED, stage=0, rules={}, created_at=START, expires_at=START,
                )
            )  # fmt: skip
            await tx.session.flush()
            tx.session.add(
                Grant(
                    id=f"G{number}", request_id=f"R{number}", beneficiary_id="ULENA", application="chatgpt",
                    role=given_.has.role, seat_type=given_.has.seat_type, state=given_.state, created_at=starts_at,
                    starts_at=starts_at, ends_at=ends_at,
                    end_reason=EndReason.REVOKED if given_.state is GrantState.ENDING else None,
                    invited_at=starts_at if given_.state in (GrantState.INVITED, GrantState.ACTIVE) else None,
                    active_at=starts_at if given_.state is GrantState.ACTIVE else None,
                    waiting_since=starts_at if given_.state is GrantState.WAITING else None,
                    replaces_id=None if given_.replaces is None else f"G{given_.replaces}",
                )
            )  # fmt: skip
        if not isinstance(story.baseline, str):
            has, before = story.there.has, story.baseline
            tx.session.add(
                AccountRow(
                    application="chatgpt", person_id="ULENA", email=LENA, status=AccountStatus(story.there.status),
                    role=has.role if has else "", seat_type=has.seat_type if has else "",
                    baseline={"role": before.role, "seat_type": before.seat_type} if before else {},
                )
            )  # fmt: skip
        converge_account(tx, "chatgpt", "ULENA")

    async def _look(self) -> None:
        async with self.database.read() as session:
            self.known = list(await session.scalars(sa.select(Grant).order_by(Grant.id)))

    async def settle(self) -> None:
        """Runs what is due, and skips to what comes next, until nothing goes wrong any more and all is well."""
        for _ in range(MOST_ROUNDS):
            if self.provider.is_well and self.is_as_it_should_be and self._now_or_never():
                return
            claimed, due, _ = await task_queue.claim_due(self.database, owner="test", limit=1, lease=LEASE)
            for task in claimed:
                self.provider.meddle()
                handle = self.handlers.get(task.kind)
                await self._write_down(task, Done() if handle is None else await handle(task))
            if not claimed:
                if due is None:
                    assert self.is_as_it_should_be, f"nothing is left to do: {self.picture()}"
                    return
                self.clock.advance(max(due - self.clock.now(), timedelta()))
            await self._look()
        raise AssertionError(f"not after {MOST_ROUNDS} rounds: {self.picture()}")

    async def _write_down(self, task: ClaimedTask, outcome: Outcome) -> None:
        match outcome:
            case Done():
                await self.database.write(task_queue.finish, task)
            case Again(after=pause, error=error):
                run_at = self.clock.now() + (back_off(task.failures) if pause is None else pause)
                await self.database.write(task_queue.retry, task, run_at=run_at, error=error, failed=error is not None)
            case Parked(incident_id=incident_id, error=error):
                await self.database.write(task_queue.park, task, incident_id=incident_id, error=error)

    def picture(self) -> str:
        grants = [(grant.state.value, grant.role, grant.seat_type, grant.end_reason) for grant in self.known]
        return f"{self.provider}\nwanted: {self.wanted()}\ngrants: {grants}\nnow: {self.clock.now() - START}"

    # -- what counts ---------------------------------------------------------------------------------------------------
    @property
    def is_as_it_should_be(self) -> bool:
        """The account, and what every grant says about it."""
        return self.provider.there.has == self.wanted() and all(map(self._is_right, self.known))

    def _now_or_never(self) -> bool:
        """No grant of this story is still to start or to end."""
        soon = START + timedelta(seconds=LONG - 1)
        turns = [turn for grant in self.known for turn in (grant.starts_at, grant.ends_at) if turn is not None]
        return not any(self.clock.now() < turn < soon for turn in turns)

    def _is_right(self, grant: Grant) -> bool:
        now = self.clock.now()
        if grant.state is GrantState.SCHEDULED:
            return grant.starts_at > now
        if grant.state is GrantState.ENDED or (grant.ends_at is not None and grant.ends_at <= now):
            return grant.state is GrantState.ENDED
        if self.provider.there.status == "member" and self._is_replaced(grant):
            return False  # it has to end
        # Usher has to have seen it: who has just accepted is invited until the next look
        return grant.state is (GrantState.ACTIVE if self.provider.there.status == "member" else GrantState.INVITED)

    def _is_replaced(self, grant: Grant) -> bool:
        return any(other.replaces_id == grant.id and other.state in lifecycle.HOLDING for other in self.known)

    @property
    def on_the_way(self) -> int:
        """The fewest writes where a seat was not to be had at once: first what is held without it, then all of it."""
        held = [
            Claim(entitlement=given_.has, starts_at=START + timedelta(seconds=given_.starts))
            for given_ in self.story.grants
            if given_.state in SEEN and (given_.ends is None or given_.ends > 0)
        ]
        meanwhile = desired_account(self.baseline, held, roles=ROLES, seat_types=SEAT_TYPES)
        places = {There("invited", meanwhile), There("member", meanwhile)} if meanwhile else {NOTHING}
        first, wanted = self.story.there, self.wanted()
        return max(fewest_writes(first, meanwhile) + fewest_writes(place, wanted) for place in places)

    @property
    def from_wish_to_wish(self) -> int:
        """The fewest writes, were every wish of the story fulfilled before the next one comes."""
        grants = [given_ for given_ in self.story.grants if given_.state is not GrantState.ENDING]
        turns = {0, *(turn for given_ in grants for turn in (given_.starts, given_.ends) if 0 < (turn or 0) < LONG)}
        ways, writes = {self.story.there}, 0
        for turn in sorted(turn for turn in turns if turn is not None):
            claims = [
                Claim(entitlement=given_.has, starts_at=START + timedelta(seconds=given_.starts))
                for given_ in grants
                if given_.starts <= turn and (given_.ends is None or given_.ends > turn)
            ]
            wish = desired_account(self.baseline, claims, roles=ROLES, seat_types=SEAT_TYPES)
            writes += max(fewest_writes(way, wish) for way in ways)
            ways = {There("invited", wish), There("member", wish)} if wish else {NOTHING}
        return writes


@contextmanager
def copy_of_file(template: Path) -> Iterator[str]:
    """A database for one story, by its address."""
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        yield f"sqlite+aiosqlite:///{shutil.copy(template, folder)}"


@contextmanager
def copy_on_server(server: postgresql.Server, template: str) -> Iterator[str]:
    """The same on PostgreSQL."""
    name = server.create(template=template)
    try:
        yield server.url(name)
    finally:
        server.drop(name)


async def furnish(url: str) -> None:
    """Writes down the person and the application."""
    database = await Database.open(url, clock=MovableClock())
    lena = SlackPerson(
        id="ULENA", name="Lena", email=LENA, title="", timezone="UTC", manager_id=None,
        is_bot=False, is_guest=False, active=True,
    )  # fmt: skip
    await database.write(upsert_people, [lena], complete=True)
    await database.write(apply_catalog, catalog=catalog_file.read(CATALOG, "catalog.yml"), actor="test")
    await database.close()


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """Databases with the person and the application in them."""
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("convergence")))
    asyncio.run(furnish(f"sqlite+aiosqlite:///{file}"))
    return partial(copy_of_file, file)


@pytest.fixture(scope="module")
def on_postgresql(postgresql_server: postgresql.Server, postgresql_template: str) -> Iterator[Copies]:
    """The same on PostgreSQL."""
    with copy_on_server(postgresql_server, postgresql_template) as url:
        asyncio.run(furnish(url))
        yield partial(copy_on_server, postgresql_server, url.rpartition("/")[2])


@contextmanager
def telling(copies: Copies) -> Iterator[Callable[..., House]]:
    """Tells a story in a new database until all is settled, and returns what it came to."""

    async def told(story: Story, pauses: Sequence[timedelta] = ()) -> House:
        clock = MovableClock()
        with copies() as url:
            database = await Database.open(url, clock=clock)
            house = House(database, clock, story)
            house.provider.pauses += pauses
            try:
                await house.begin()
                await house.settle()
            finally:
                await database.close()
        return house

    with asyncio.Runner() as runner:
        yield lambda story, **more: runner.run(told(story, **more))


@pytest.fixture(scope="module", params=["on_sqlite", pytest.param("on_postgresql", marks=pytest.mark.postgres)])
def tell(request: pytest.FixtureRequest) -> Iterator[Callable[..., House]]:
    """Tells a story, on each of the two databases."""
    with telling(request.getfixturevalue(request.param)) as tell:
        yield tell


OWNER, CODEX = Entitlement(role="owner", seat_type="chatgpt"), Entitlement(role="admin", seat_type="codex")
HELD = Given(state=GrantState.GRANTING, has=CODEX, starts=-10, ends=LONG)


def test_a_look_that_fails_does_not_make_usher_forget_what_it_has_sent(tell: Callable[..., House]) -> None:
    """The invite is out, the next look fails and the one after it lags behind: the person gets no second invite."""
    house = tell(Story(NOTHING, None, (HELD,), at_looks=("", "busy"), lag=1))
    assert [type(change) for change in house.provider.written] == [Invite]


def test_an_invite_taken_back_for_another_is_not_somebody_elses_removal(tell: Callable[..., House]) -> None:
    """Somebody had invited the person anew: Usher makes the invite right, and the grant, active before, lives on."""
    house = tell(Story(There("invited", OWNER), None, (replace(HELD, state=GrantState.ACTIVE),), lag=4, accepts=False))
    assert [type(change) for change in house.provider.written] == [CancelInvite, Invite]
    assert [grant.state for grant in house.known] == [GrantState.INVITED]


def test_who_was_invited_anew_outside_has_to_accept_again(tell: Callable[..., House]) -> None:
    """Somebody removed the person and invited them to the same: Usher sends nothing, and waits from now on."""
    active = replace(HELD, state=GrantState.ACTIVE, starts=-LONG)
    house = tell(Story(NOTHING, None, (active,), accepts=False, meddling=(There("invited", CODEX),)))
    assert house.provider.written == []
    assert [(grant.state, grant.invited_at) for grant in house.known] == [(GrantState.INVITED, START)]


def test_a_key_that_was_answered_is_not_used_for_ever(tell: Callable[..., House]) -> None:
    """An invite's answer is lost, and somebody takes the invite back: with a used key no other would ever be made."""
    house = tell(Story(NOTHING, None, (HELD,), at_changes=("lost after",), accepts=False, meddling=(NOTHING, NOTHING)))
    assert [type(change) for change in house.provider.written] == [Invite, Invite]


LOWER, HIGHER = Entitlement(role="member", seat_type="chatgpt"), Entitlement(role="admin", seat_type="chatgpt")
OLD = Given(state=GrantState.ACTIVE, has=HIGHER, starts=-100, ends=LONG)
NEW = Given(state=GrantState.GRANTING, has=LOWER, starts=-10, ends=LONG, replaces=0)


def test_a_grant_takes_the_place_of_another_without_a_gap(tell: Callable[..., House]) -> None:
    """One write to the lower role, and the old grant ends as replaced."""
    house = tell(Story(There("member", HIGHER), None, (OLD, NEW)))
    assert [type(change) for change in house.provider.written] == [SetRole]
    assert [(grant.state, grant.end_reason) for grant in house.known] == [
        (GrantState.ENDED, EndReason.REPLACED),
        (GrantState.ACTIVE, None),
    ]


@pytest.mark.parametrize("has", ["active", "over"])
def test_who_was_removed_outside_is_not_invited_to_what_they_had_before(tell: Callable[..., House], has: str) -> None:
    """Somebody removed a member whom Usher had only given more: nothing of it comes back, now or when it ends."""
    grant = OLD if has == "active" else replace(OLD, ends=-1)
    house = tell(Story(There("member", HIGHER), LOWER, (grant,), meddling=(NOTHING,)))
    assert house.provider.written == []
    [ended] = house.known
    why = EndReason.REMOVED_OUTSIDE if has == "active" else EndReason.EXPIRED
    assert (ended.state, ended.end_reason) == (GrantState.ENDED, why)


@pytest.mark.parametrize("state", [GrantState.SCHEDULED, GrantState.ENDING])
def test_what_is_never_given_replaces_nothing(tell: Callable[..., House], state: GrantState) -> None:
    """Declined, given up, or still to come: the old grant stands as before."""
    new = replace(NEW, state=state, starts=LONG if state is GrantState.SCHEDULED else -10, ends=2 * LONG)
    house = tell(Story(There("member", HIGHER), None, (OLD, new)))
    assert house.provider.written == []
    assert house.known[0].state is GrantState.ACTIVE


def test_who_is_out_of_turn_calls_nobody(tell: Callable[..., House]) -> None:
    """The place goes to somebody else until the provider's limit allows the change: not even a look is made before."""
    house = tell(Story(NOTHING, None, (HELD,)), pauses=[timedelta(minutes=5), timedelta(minutes=1)])
    assert house.clock.now() - START >= timedelta(minutes=6)
    assert [type(change) for change in house.provider.written] == [Invite]
    assert house.provider.looked_at[0] - START >= timedelta(minutes=6)


#: grants in these states and nothing there: somebody else took it away, which is another story
SEEN = {GrantState.INVITED, GrantState.ACTIVE}
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@given(stories)
@settings(max_examples=15, suppress_health_check=SLOW)
def test_every_account_becomes_what_its_grants_say_with_the_fewest_writes(
    tell: Callable[..., House], story: Story
) -> None:
    """From any account and any grants, through any faults that end; never a second invite, never a removal too many."""
    house = tell(story)
    provider = house.provider
    fewest = fewest_writes(story.there, house.wanted())
    assert len(provider.written) == fewest or (provider.was_full and len(provider.written) <= house.on_the_way), (
        house.picture()
    )


@st.composite
def replacing(draw: st.DrawFn) -> Story:
    """A story in which some grants take the place of earlier ones."""
    story = draw(stories)
    numbers = range(len(story.grants))
    links = [draw(st.none() | st.sampled_from(range(number))) if number else None for number in numbers]
    grants = tuple(replace(one, replaces=link) for one, link in zip(story.grants, links, strict=True))
    return replace(story, grants=grants)


@given(replacing())
@settings(max_examples=20, suppress_health_check=SLOW)
def test_what_is_replaced_ends_when_what_replaces_it_is_there(tell: Callable[..., House], story: Story) -> None:
    """Through any faults that end: the account is as the newer grants say, and the older ones make way."""
    house = tell(story)
    for grant in house.known:
        if grant.end_reason is EndReason.REPLACED:
            assert any(other.replaces_id == grant.id and other.active_at is not None for other in house.known)


#: an invite whose answer was lost is sent again, is refused for the moment, and the lists are behind all the while
REFUSED_MEANWHILE = Story(
    there=NOTHING,
    baseline="unknown",
    grants=(Given(GrantState.SCHEDULED, Entitlement(role="member", seat_type="chatgpt"), -26, 10_000_000),),
    at_looks=("busy",),
    at_changes=("lost before", "lost after", "busy", "lost after"),
    lag=3,
    accepts=False,
)


@example(REFUSED_MEANWHILE, [Given(GrantState.SCHEDULED, Entitlement(role="owner", seat_type="codex"), 60, 530)])
@given(stories, st.lists(turning, min_size=1, max_size=3))
@settings(max_examples=20, suppress_health_check=SLOW)
def test_grants_that_come_and_go_meanwhile_cost_no_write_too_many(
    tell: Callable[..., House], story: Story, more: list[Given]
) -> None:
    """Each start and each end is a new wish: no more writes than from wish to wish, whatever overtakes what."""
    assume(story.there.has is not None or not {grant.state for grant in story.grants} & SEEN)
    house = tell(replace(story, grants=(*story.grants, *more)))
    assert house.provider.was_full or len(house.provider.written) <= house.from_wish_to_wish, house.picture()


@given(replacing(), st.lists(places, min_size=1, max_size=3))
@settings(max_examples=20, suppress_health_check=SLOW)
def test_who_meddles_from_outside_does_not_keep_it_from_its_end(
    tell: Callable[..., House], story: Story, meddling: list[There]
) -> None:
    """Somebody changes, removes or invites the person in the workspace itself while Usher is at work."""
    tell(replace(story, baseline=None, meddling=tuple(meddling)))
