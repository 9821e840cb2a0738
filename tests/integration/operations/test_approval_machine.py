"""Approvals over every order of events that hypothesis thinks of: who may, decides; nobody else; nothing gets stuck."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bot.access import catalog_file, subjects
from bot.access.operations.answer_incident import Answer, answer_incident
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.ask_anew import ask_anew
from bot.access.operations.asking import verdict
from bot.access.operations.away import WrongAbsence, come_back, go_away
from bot.access.operations.cancel import cancel
from bot.access.operations.confirm import confirm, decline
from bot.access.operations.decide import decide
from bot.access.operations.escalate import escalate
from bot.access.operations.expire import expire
from bot.access.operations.leave import leave
from bot.access.operations.nudge import nudge
from bot.access.operations.override import override
from bot.access.operations.people import SlackPerson, note_managers, upsert_people
from bot.access.operations.skip_approver import skip_approver
from bot.access.operations.submit import submit
from bot.access.refusals import Refused
from bot.access.request_rules import rules_of
from bot.access.wish import Wish, WrongWish
from storage import audit
from storage.database import Database, Transaction
from storage.engines import Limits
from storage.tables import (
    AccessRequest,
    Approval,
    Decision,
    Delegation,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    LedgerLine,
    Person,
    RequestState,
    Task,
    TaskState,
)
from tests.support import postgresql
from tests.support.clock import MovableClock

CATALOG = """
policies:
  plain: {approve: [manager], fallback: [app_admins], escalate_after: 1d, decide_within: 3d}
  staged: {approve: [manager, app_admins], on_behalf: everybody, escalate_after: 12h}
  carried:
    on_behalf: everybody
    approve: [{who: [manager, owner]}, {users: {all: [ben@harbour.example, eve@harbour.example]}}]
    fallback: [owner]
    escalate_after: 12h
  two:
    approve:
      - {who: [manager, owner, app_admins], need: {at_least: 2}, delegates: false}
      - {manager_of_manager: any, fresh: true}
    fallback: [{users: [eve@harbour.example]}]
    on_behalf: everybody
  both: {approve: [{who: [manager, owner], need: {at_least: 2}}], on_behalf: everybody, escalate_after: 12h}
  lonely: {approve: [owner], on_behalf: everybody, decide_within: 1d}
  pressing:
    approve: [manager]
    on_behalf: everybody
    beneficiary_confirms: true
    emergency: {longest: 4h, confirm_within: 1d, approve: [app_admins]}
  free: {auto_approve: Everybody may, on_behalf: everybody, beneficiary_confirms: true}
  never: {approve: [manager], rules: [{name: always, when: {member: full}, deny: Not any more}]}
applications:
"""
APPLICATIONS = ("plain", "staged", "carried", "two", "both", "lonely", "pressing", "free", "never")
#: of these, those in which people say something
ASKING = ("plain", "staged", "carried", "two", "both", "lonely", "pressing")
PEOPLE = ("UANN", "UBOB", "UBEN", "UCAT", "UDAN", "UEVE")
MANAGERS = {"UANN": "UBEN", "UBOB": "UBEN", "UBEN": "UCAT", "UDAN": "UCAT"}
people = st.sampled_from(PEOPLE)
applications = st.sampled_from([*APPLICATIONS, *2 * ASKING])
words = st.sampled_from([Decision.APPROVED, Decision.APPROVED, Decision.APPROVED, Decision.DENIED])
WEEK = 7 * 86_400
OVER = {
    "request.approved": RequestState.APPROVED,
    "request.denied": RequestState.DENIED,
    "request.cancelled": RequestState.CANCELLED,
    "request.expired": RequestState.EXPIRED,
}


def catalog() -> str:
    """All policies, an application for each."""
    entry = "  - {{key: {0}, name: {0}, policy: {0}, durations: [7d], owner: cat@harbour.example, "
    entry += "admins: [dan@harbour.example, eve@harbour.example], connector: {{type: manual}}}}\n"
    return CATALOG + "".join(entry.format(key) for key in APPLICATIONS)


def somebody(id_: str, *, active: bool = True, manager: str | None = None) -> SlackPerson:
    name = id_[1:].title()
    return SlackPerson(id=id_, name=name, email=f"{name.lower()}@harbour.example", active=active, manager_id=manager)


@dataclass
class Seen:
    """Everything in the database that says something about requests."""

    people: dict[str, Person]
    requests: dict[str, AccessRequest]
    approvals: dict[str, list[Approval]]
    grants: dict[str, list[Grant]]
    incidents: set[str]  # scopes of the open ones
    delegations: list[Delegation]
    tasks: Counter[tuple[str, str]]  # open ones
    lines: dict[str, list[LedgerLine]]  # by subject

    def may_decide(self, request_id: str, person_id: str, clock: MovableClock) -> bool:
        """Has this person still something to say? By what is written down, and by nothing that decides it."""
        request = self.requests[request_id]
        asked = any(
            each.approver_id == person_id and each.stage == request.stage and each.decision is None
            for each in self.approvals.get(request_id, [])
        )
        own = person_id in (request.requester_id, request.beneficiary_id)
        waits = request.state is RequestState.PENDING and request.expires_at > clock.now()
        return asked and not own and waits and self.people[person_id].active


class ApprovalMachine(RuleBasedStateMachine):
    """A company in which everybody tries everything."""

    new_database: ClassVar[Callable[[], str]]
    asked = Bundle("asked")

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovableClock()
        self.runner = asyncio.Runner()
        self.url = type(self).new_database()
        self.open()
        self.numbers = count()
        staff = [somebody(id_, manager=MANAGERS.get(id_)) for id_ in PEOPLE]
        self.write(upsert_people, staff, complete=True)
        self.write(apply_catalog, catalog=catalog_file.read(catalog(), "c.yml"), actor="shell:test")
        self.managers: dict[str, str | None] = {id_: MANAGERS.get(id_) for id_ in PEOPLE}

    def open(self) -> None:
        self.database = self.runner.run(Database.open(self.url, clock=self.clock, limits=Limits(connections=2)))

    def teardown(self) -> None:
        self.check_ledger()
        self.runner.run(self.database.close())
        self.runner.close()

    def write(self, operation: Callable[..., Awaitable[Any]], *args: object, **options: object) -> Any:
        return self.runner.run(self.database.write(operation, *args, **options))

    def attempt(self, operation: Callable[..., Awaitable[Any]], **options: object) -> bool:
        """Does it, unless it is refused."""
        try:
            self.write(operation, **options)
        except (Refused, WrongWish, WrongAbsence):
            return False
        return True

    def see(self) -> Seen:
        return self.runner.run(self.database.look(_see))

    # -- what people do ------------------------------------------------------------------------------------------------
    @initialize(target=asked, wishes=st.lists(st.tuples(st.sampled_from(ASKING), people), min_size=3, max_size=6))
    def begin(self, wishes: list[tuple[str, str]]) -> Any:
        """There is always something to decide."""
        return multiple(*(one for application, by in wishes for one in self.submit_one(application, by, by)))

    @rule(target=asked, application=applications, by=people, for_=st.none() | people, urgent=st.booleans())
    def submit(self, application: str, by: str, for_: str | None, urgent: bool) -> Any:
        return multiple(*self.submit_one(application, by, for_ or by, urgent=urgent and application == "pressing"))

    def submit_one(self, application: str, by: str, for_: str, *, urgent: bool = False) -> list[str]:
        wish = Wish(
            application=application,
            duration_seconds=WEEK,
            reason="to test",
            beneficiary_id=for_,
            emergency=urgent,
        )
        try:
            submitted = self.write(
                submit, wish=wish, requester_id=by, channel="slack", origin=f"view-{next(self.numbers)}"
            )
        except Refused:
            return []
        return [submitted.request_id]

    @rule(request=asked, by=people, decision=words, stage=st.none() | st.integers(0, 1))
    def decide(self, request: str, by: str, decision: Decision, stage: int | None) -> None:
        self.vote(request, by, decision, stage)

    @rule(decision=words, which=st.integers(0, 999))
    def answer(self, decision: Decision, which: int) -> None:
        """As people mostly do: somebody who was asked answers."""
        seen = self.see()
        may = [(one, by) for one in sorted(seen.requests) for by in PEOPLE if seen.may_decide(one, by, self.clock)]
        if may:
            request, by = may[which % len(may)]
            self.vote(request, by, decision, None)

    @rule(request=asked)
    def all_agree(self, request: str) -> None:
        """Everybody who is asked says yes, stage by stage."""
        while may := [by for by in PEOPLE if self.see().may_decide(request, by, self.clock)]:
            self.vote(request, may[0], Decision.APPROVED, None)

    def vote(self, request: str, by: str, decision: Decision, stage: int | None) -> None:
        before = self.see()
        may = before.may_decide(request, by, self.clock) and stage in (None, before.requests[request].stage)
        self.attempt(decide, request_id=request, approver_id=by, decision=decision, stage=stage)
        after = self.see()
        said = len(after.lines[subjects.request(request)]) > len(before.lines[subjects.request(request)])
        assert said == may, "whoever may decide can, and nobody else leaves a trace"
        if not may:
            assert after.requests[request].state is before.requests[request].state

    @rule(request=asked, by=people)
    def cancel(self, request: str, by: str) -> None:
        mine = self.see().requests[request].requester_id == by
        assert self.attempt(cancel, request_id=request, actor=by) <= mine

    @rule(request=asked, by=people, yes=st.booleans())
    def answer_as_beneficiary(self, request: str, by: str, yes: bool) -> None:
        theirs = self.see().requests[request].beneficiary_id == by
        assert self.attempt(confirm if yes else decline, request_id=request, actor=by) <= theirs

    @rule(request=asked, by=st.sampled_from(["UDAN", "UCAT", "UANN"]), decision=st.sampled_from(Decision))
    def override(self, request: str, by: str, decision: Decision) -> None:
        before = self.see()
        one = before.requests[request]
        done = self.attempt(override, request_id=request, admin_id=by, decision=decision, reason="They are away")
        assert not done or (by not in (one.requester_id, one.beneficiary_id) and before.people[by].active)

    @rule(request=asked, by=people)
    def nudge(self, request: str, by: str) -> None:
        self.attempt(nudge, request_id=request, actor=by)

    @rule(target=asked, request=asked, by=people)
    def ask_anew(self, request: str, by: str) -> Any:
        one = self.see().requests[request]
        try:
            again = self.write(ask_anew, request_id=request, actor=by, channel="slack")
        except Refused:
            return multiple()
        assert one.state is RequestState.EXPIRED
        assert one.requester_id == by
        return again.request_id

    @rule(by=people, delegate=people, days=st.integers(1, 3), later=st.booleans())
    def go_away(self, by: str, delegate: str, days: int, later: bool) -> None:
        begins = self.clock.now() + timedelta(hours=6 if later else 0)
        self.attempt(
            go_away, person_id=by, delegate_id=delegate, starts_at=begins, ends_at=begins + timedelta(days=days)
        )

    @rule(by=people)
    def come_back(self, by: str) -> None:
        self.write(come_back, person_id=by)

    @rule()
    def try_again(self) -> None:
        """An admin presses Try again on every card about somebody to ask."""
        for incident_id in self.runner.run(self.database.look(_incidents)):
            self.attempt(answer_incident, incident_id=incident_id, actor="UDAN", answer=Answer.TRY_AGAIN)

    # -- what happens to them ------------------------------------------------------------------------------------------
    @rule(who=people, noticed=st.booleans())
    def leave(self, who: str, noticed: bool) -> None:
        self.hear(who, active=False)
        if noticed:
            self.work()

    @rule(who=people)
    def come_back_to_the_company(self, who: str) -> None:
        self.hear(who, active=True)

    def hear(self, who: str, *, active: bool) -> None:
        """What Slack says of somebody."""
        self.write(upsert_people, [somebody(who, active=active, manager=self.managers[who])], complete=False)

    @rule(who=people, manager=st.none() | people)
    def change_manager(self, who: str, manager: str | None) -> None:
        self.write(note_managers, {who: manager})
        self.managers[who] = None if manager == who else manager

    @rule(request=asked, who=people)
    def card_cannot_be_delivered(self, request: str, who: str) -> None:
        self.write(skip_approver, request_id=request, approver_id=who, why="channel_not_found")

    @rule(hours=st.sampled_from([1, 7, 13, 25, 73]))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.work()

    @rule()
    def restart(self) -> None:
        self.runner.run(self.database.close())
        self.open()
        self.work()

    @rule()
    def work(self) -> None:
        """Runs what is due, as the dispatcher would."""
        self.write(_work)

    # -- what always holds ---------------------------------------------------------------------------------------------
    @invariant()
    def everything_is_as_it_may_be(self) -> None:
        seen = self.see()
        unnoticed = any(kind == subjects.LEFT for kind, _ in seen.tasks)
        for request in seen.requests.values():
            approvals = seen.approvals.get(request.id, [])
            for approval in approvals:
                self.asked_rightly(request, approval, seen)
            self.follows_its_policy(request, approvals)
            self.gives_at_most_one_grant(request, seen)
            self.is_explained(request, approvals, seen.lines[subjects.request(request.id)])
            if request.state is RequestState.PENDING:
                assert seen.tasks[subjects.EXPIRE, request.id] == 1, "it will expire"
                assert unnoticed or self.somebody_can_act(request, approvals, seen), "it is stuck"
            else:
                assert subjects.request(request.id) not in seen.incidents, "nobody is told of what is over"

    def asked_rightly(self, request: AccessRequest, approval: Approval, seen: Seen) -> None:
        assert approval.approver_id not in (request.requester_id, request.beneficiary_id)
        if approval.for_id is not None:
            assert rules_of(request).approve[approval.stage].delegates or approval.why in ("fallback", "escalation")
            assert approval.for_id not in (request.requester_id, request.beneficiary_id)
            assert any(
                absence.person_id == approval.for_id
                and absence.delegate_id == approval.approver_id
                and absence.starts_at <= approval.asked_at < absence.ends_at
                and (absence.cancelled_at is None or absence.cancelled_at >= approval.asked_at)
                for absence in seen.delegations
            ), "a delegate of nobody"

    def follows_its_policy(self, request: AccessRequest, approvals: list[Approval]) -> None:
        rules = rules_of(request)
        come_to = [verdict(stage, approvals, at=at) for at, stage in enumerate(rules.approve)]
        if request.state is RequestState.APPROVED:
            assert rules.auto_approve or set(come_to) == {Decision.APPROVED}, "somebody has not agreed"
        elif request.state is RequestState.PENDING and rules.approve:
            assert set(come_to[: request.stage]) <= {Decision.APPROVED}
            assert come_to[request.stage] is None, "it is decided, and waits all the same"
        elif request.state is RequestState.DENIED:
            assert rules.deny or Decision.DENIED in come_to, "nobody said no"

    def gives_at_most_one_grant(self, request: AccessRequest, seen: Seen) -> None:
        grants = seen.grants.get(request.id, [])
        assert len(grants) <= 1
        if request.state is RequestState.APPROVED:
            assert len(grants) == 1
        elif not request.emergency:
            assert not grants
        elif request.state is not RequestState.PENDING:
            over = {GrantState.ENDING, GrantState.ENDED}
            assert {grant.state for grant in grants} <= over, "what was not confirmed is taken back"

    def is_explained(self, request: AccessRequest, approvals: list[Approval], lines: list[LedgerLine]) -> None:
        first, *rest = lines
        assert (first.event, first.actor) == ("request.submitted", request.requester_id)
        outcomes = [OVER[line.event] for line in rest if line.event in OVER]
        assert len(outcomes) <= 1, "two outcomes"
        assert request.state is (outcomes[0] if outcomes else RequestState.PENDING)
        votes = {}
        for line in rest:
            if line.event in ("request.vote", "request.overridden"):
                data = json.loads(line.data)
                votes[line.actor, data["stage"]] = data["decision"]
        written = {
            (each.approver_id, each.stage): each.decision.value
            for each in approvals
            if each.decision is not None and each.counted_from is None
        }
        assert votes == written, "every vote is a line, and every line a vote"
        fresh = {at for at, stage in enumerate(rules_of(request).approve) if stage.fresh}
        for each in approvals:
            before = {one.stage for one in approvals if one.approver_id == each.approver_id and one.stage < each.stage}
            yes = any(votes.get((each.approver_id, at)) == "approved" for at in before)
            again = each.counted_from is None and each.why != "override" and each.stage not in fresh
            assert not (yes and again), "nobody is asked twice"
            if each.counted_from is not None:
                assert votes[each.approver_id, each.counted_from] == "approved"
        confirmed = any(line.event == "request.confirmed" for line in rest)
        asks_them = rules_of(request).beneficiary_confirms and request.requester_id != request.beneficiary_id
        if asks_them and not rules_of(request).deny:
            assert request.unconfirmed is not confirmed
        if request.unconfirmed:
            assert request.state is not RequestState.APPROVED

    def somebody_can_act(self, request: AccessRequest, approvals: list[Approval], seen: Seen) -> bool:
        if request.unconfirmed or subjects.request(request.id) in seen.incidents:
            return True
        stage = rules_of(request).approve[request.stage]
        here = [each for each in approvals if each.stage == request.stage]
        agreed = sum(each.decision is Decision.APPROVED for each in here)
        can = sum(seen.may_decide(request.id, each.approver_id, self.clock) for each in here)
        return request.expires_at <= self.clock.now() or (can > 0 and agreed + can >= stage.least)

    def check_ledger(self) -> None:
        assert self.runner.run(self.database.look(audit.verify)).intact


async def _see(session: Any) -> Seen:
    requests = list(await session.scalars(sa.select(AccessRequest)))
    approvals: dict[str, list[Approval]] = {}
    for approval in await session.scalars(sa.select(Approval)):
        approvals.setdefault(approval.request_id, []).append(approval)
    grants: dict[str, list[Grant]] = {}
    for grant in await session.scalars(sa.select(Grant)):
        grants.setdefault(grant.request_id, []).append(grant)
    lines: dict[str, list[LedgerLine]] = {}
    for line in await session.scalars(sa.select(LedgerLine).order_by(LedgerLine.seq)):
        lines.setdefault(line.subject, []).append(line)
    tasks = await session.execute(sa.select(Task.kind, Task.key).where(Task.state != TaskState.DONE))
    incidents = await session.scalars(sa.select(Incident.scope).where(Incident.state == IncidentState.OPEN))
    return Seen(
        people={person.id: person for person in await session.scalars(sa.select(Person))},
        requests={request.id: request for request in requests},
        approvals=approvals,
        grants=grants,
        incidents=set(incidents),
        delegations=list(await session.scalars(sa.select(Delegation))),
        tasks=Counter((kind, key) for kind, key in tasks),
        lines=lines,
    )


async def _incidents(session: Any) -> list[str]:
    return list(await session.scalars(sa.select(Incident.id).where(Incident.state == IncidentState.OPEN)))


async def _work(tx: Transaction) -> None:
    run: dict[str, Callable[[str], Awaitable[Any]]] = {
        subjects.LEFT: lambda key: leave(tx, person_id=key),
        subjects.EXPIRE: lambda key: expire(tx, request_id=key),
        subjects.ESCALATE: lambda key: escalate(tx, request_id=key),
    }
    due = sa.select(Task).where(Task.kind.in_(run), Task.state != TaskState.DONE, Task.run_at <= tx.now)
    for task in (await tx.session.scalars(due)).all():
        again = await run[task.kind](task.key)
        task.state, task.run_at = (TaskState.OPEN, again) if again else (TaskState.DONE, task.run_at)
        if not again:
            task.finished_at = tx.now
        await tx.session.flush()


def run(new_database: Callable[[], str], *, examples: int) -> None:
    machine = type("Machine", (ApprovalMachine,), {"new_database": staticmethod(new_database)})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=25,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],  # shrinking against a database takes longer than a test may
    )
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder for databases that need not survive anything."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


def test_on_sqlite(sqlite_template: Path, memory: Path) -> None:
    """Whatever people do, on SQLite."""
    numbers = count()

    def new_database() -> str:
        file = memory / f"{next(numbers)}.db"
        shutil.copy(sqlite_template, file)
        return f"sqlite+aiosqlite:///{file}"

    run(new_database, examples=20)


@pytest.mark.postgres
def test_on_postgresql(postgresql_server: postgresql.Server, postgresql_template: str) -> None:
    """Whatever people do, on PostgreSQL."""
    names: list[str] = []

    def new_database() -> str:
        names.append(postgresql_server.create(template=postgresql_template))
        return postgresql_server.url(names[-1])

    try:
        run(new_database, examples=6)
    finally:
        for name in names:
            postgresql_server.drop(name)
