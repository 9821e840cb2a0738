"""Who is asked at which stage, who stands in, and who steps in when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access import catalog_file
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.ask_anew import ask_anew
from bot.access.operations.away import WrongAbsence, come_back, go_away
from bot.access.operations.escalate import escalate
from bot.access.operations.expire import expire
from bot.access.operations.nudge import nudge
from bot.access.operations.override import override
from bot.access.operations.people import upsert_people
from bot.access.operations.skip_approver import skip_approver
from bot.access.refusals import Refusal
from storage.database import Database
from storage.tables import AccessRequest, Approval, Decision, Grant, Incident, IncidentState, RequestState
from tests.integration.operations.asking import approve, ask, count, deny, lines, refusal, rows, wish
from tests.integration.operations.conftest import somebody
from tests.support.clock import MovableClock

POLICIES = """
policies:
  two: {approve: [{users: {at_least: 2, of: [maya@harbour.example, noor@harbour.example, kai@harbour.example]}}]}
  few: {approve: [{app_admins: {at_least: 2}}], fallback: [{users: [kai@harbour.example]}]}
  lonely: {approve: [{app_admins: {at_least: 2}}]}
  carried: {approve: [{manager: any}, {users: {all: [maya@harbour.example, noor@harbour.example]}}]}
  forbidden: {approve: [{manager: any, delegates: false}]}
  above: {approve: [{manager_of_manager: any}], fallback: [{users: [noor@harbour.example]}]}
  urgent: {approve: [{manager: any}], fallback: [{users: [noor@harbour.example]}], escalate_after: 1d}
  mixed: {approve: [{who: [manager, {users: [noor@harbour.example]}], need: all}], escalate_after: 1d}
applications:
  - key: base
    name: Base
    connector: &workspace
      {type: chatgpt, transport: web_admin, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11,
       integration_email: it@harbour.example, secret: session}
"""
KEYS = ("two", "few", "lonely", "carried", "forbidden", "above", "urgent", "mixed")


@pytest.fixture
async def organisation(company: Database) -> Database:
    """The company, with an application for each policy, and Kai, who is Maya's manager."""
    await company.write(upsert_people, [somebody("UKAI", "Kai"), somebody("UMAYA", "Maya", "UKAI")], complete=False)
    shared = (
        "admins: [maya@harbour.example], roles: [member], durations: [7d], connector: {<<: *workspace, workspace_id: "
    )
    offers = [
        f"  - {{key: {key}, name: {key}, policy: {key}, {shared}2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a8e{number:02}}}}}"
        for number, key in enumerate(KEYS)
    ]
    catalog = catalog_file.read(POLICIES + "\n".join(offers), "policies.yml")
    await company.write(apply_catalog, catalog=catalog, actor="usher")
    return company


async def asked(database: Database, request_id: str, *, stage: int = 0) -> dict[str, str]:
    """Who was asked, and why."""
    found = await rows(database, Approval, Approval.request_id == request_id, Approval.stage == stage)
    return {one.approver_id: one.why for one in found}


async def state(database: Database, request_id: str) -> RequestState:
    [request] = await rows(database, AccessRequest, AccessRequest.id == request_id)
    return request.state


async def away(database: Database, who: str, delegate: str, *, clock: MovableClock, days: int = 3) -> None:
    now = clock.now()
    await database.write(
        go_away, person_id=who, delegate_id=delegate, starts_at=now, ends_at=now + timedelta(days=days)
    )


async def test_two_of_three_have_to_agree(organisation: Database) -> None:
    """One yes is not enough, two are, and the third need not answer."""
    one = await ask(organisation, wish("two"))
    assert await approve(organisation, one.request_id, "UNOOR") is RequestState.PENDING
    assert await approve(organisation, one.request_id, "UKAI") is RequestState.APPROVED
    assert await count(organisation, Grant) == 1


async def test_too_few_are_joined_by_the_fallback(organisation: Database) -> None:
    """Where fewer are named than have to agree, the fallback makes up the number; else the admins are told."""
    few = await ask(organisation, wish("few"))
    assert await asked(organisation, few.request_id) == {"UMAYA": "app_admins", "UKAI": "fallback"}
    lonely = await ask(organisation, wish("lonely"))
    assert await approve(organisation, lonely.request_id, "UMAYA") is RequestState.PENDING
    [incident] = await rows(organisation, Incident, Incident.state == IncidentState.OPEN)
    assert (incident.scope, incident.cause) == (f"request:{lonely.request_id}", "NobodyToAsk")


async def test_a_yes_from_an_earlier_stage_counts(organisation: Database) -> None:
    """Maya said yes as the manager, so only Noor is still asked; the ledger has one vote of each."""
    one = await ask(organisation, wish("carried"))
    assert await approve(organisation, one.request_id, "UMAYA") is RequestState.PENDING
    second = await rows(organisation, Approval, Approval.request_id == one.request_id, Approval.stage == 1)
    assert {each.approver_id: (each.decision, each.counted_from) for each in second} == {
        "UMAYA": (Decision.APPROVED, 0),
        "UNOOR": (None, None),
    }
    assert await approve(organisation, one.request_id, "UNOOR") is RequestState.APPROVED
    assert [actor for _, actor, _ in await lines(organisation, "request.vote")] == ["UMAYA", "UNOOR"]


async def test_the_managers_manager(organisation: Database) -> None:
    """Kai is Maya's manager; nobody is above Kai, so that of a wish of Maya's the fallback decides."""
    lena = await ask(organisation, wish("above"))
    assert await asked(organisation, lena.request_id) == {"UKAI": "manager_of_manager"}
    maya = await ask(organisation, wish("above", for_="UMAYA"), by="UMAYA")
    assert await asked(organisation, maya.request_id) == {"UNOOR": "fallback"}


async def test_a_stand_in_decides_for_somebody_who_is_away(organisation: Database, clock: MovableClock) -> None:
    """Only for what is asked from then on, and only until they are back; the vote says for whom."""
    before = await ask(organisation, wish("urgent"))
    await away(organisation, "UMAYA", "UTOM", clock=clock)
    during = await ask(organisation, wish("mixed"))
    assert await asked(organisation, before.request_id) == {"UMAYA": "manager"}
    approvals = await rows(organisation, Approval, Approval.request_id == during.request_id)
    assert {one.approver_id: one.for_id for one in approvals} == {"UTOM": "UMAYA", "UNOOR": None}
    await approve(organisation, during.request_id, "UTOM")
    [(_, _, vote)] = await lines(organisation, "request.vote")
    assert vote["on_behalf_of"] == "UMAYA"
    await organisation.write(come_back, person_id="UMAYA")
    after = await ask(organisation, wish("above", for_="UTOM"), by="UTOM")
    assert "UKAI" in await asked(organisation, after.request_id)


async def test_standing_in_is_not_handed_on(organisation: Database, clock: MovableClock) -> None:
    """Tom stands in for Maya and Kai for Tom: Tom is asked, not Kai."""
    await away(organisation, "UMAYA", "UTOM", clock=clock)
    await away(organisation, "UTOM", "UKAI", clock=clock)
    one = await ask(organisation, wish("urgent"))
    assert await asked(organisation, one.request_id) == {"UTOM": "manager"}


async def test_nobody_decides_about_their_own_wish_as_a_stand_in(organisation: Database, clock: MovableClock) -> None:
    """Maya left her decisions to Tom; of Tom's wish she is asked herself. A policy may forbid it at all."""
    await away(organisation, "UMAYA", "UTOM", clock=clock)
    own = await ask(organisation, wish("urgent", for_="UTOM"), by="UTOM")
    assert await asked(organisation, own.request_id) == {"UMAYA": "manager"}
    assert await refusal(
        organisation, override, request_id=own.request_id, admin_id="UTOM", decision=Decision.APPROVED, reason="me"
    ) is Refusal.OWN_REQUEST  # fmt: skip
    forbidden = await ask(organisation, wish("forbidden"))
    assert await asked(organisation, forbidden.request_id) == {"UMAYA": "manager"}


async def test_who_stands_in_and_leaves_hands_it_back(organisation: Database, clock: MovableClock) -> None:
    """A stand-in who cannot be reached: whoever is away is asked after all."""
    await away(organisation, "UMAYA", "UTOM", clock=clock)
    one = await ask(organisation, wish("urgent"))
    await organisation.write(skip_approver, request_id=one.request_id, approver_id="UTOM", why="left")
    assert await asked(organisation, one.request_id) == {"UTOM": "manager", "UMAYA": "manager"}
    assert await count(organisation, Incident) == 0


async def test_absences_that_cannot_be(organisation: Database, clock: MovableClock) -> None:
    """Each wrong field is named, and nothing is written."""
    now = clock.now()
    for delegate, starts, ends, field in (
        ("UMAYA", 0, 1, "delegate"), ("UNOBODY", 0, 1, "delegate"),
        ("UTOM", -3, -1, "until"), ("UTOM", 0, 400, "until"),
    ):  # fmt: skip
        with pytest.raises(WrongAbsence) as wrong:
            await organisation.write(
                go_away, person_id="UMAYA", delegate_id=delegate,
                starts_at=now + timedelta(days=starts), ends_at=now + timedelta(days=ends),
            )  # fmt: skip
        assert list(wrong.value.fields) == [field]


async def test_nobody_answers_so_somebody_above_is_asked_too(organisation: Database, clock: MovableClock) -> None:
    """Once, after the time that the policy says. Both can then decide; where all must agree, theirs is enough."""
    one = await ask(organisation, wish("urgent"))
    due = await organisation.write(escalate, request_id=one.request_id)
    assert due == clock.now() + timedelta(days=1)
    clock.advance(timedelta(days=1))
    for _ in range(2):
        assert await organisation.write(escalate, request_id=one.request_id) is None
    assert await asked(organisation, one.request_id) == {"UMAYA": "manager", "UKAI": "escalation"}
    assert len(await lines(organisation, "request.escalated")) == 1
    assert await approve(organisation, one.request_id, "UKAI") is RequestState.APPROVED
    both = await ask(organisation, wish("mixed"))
    await approve(organisation, both.request_id, "UNOOR")
    clock.advance(timedelta(days=1))
    await organisation.write(escalate, request_id=both.request_id)
    assert await approve(organisation, both.request_id, "UKAI") is RequestState.APPROVED


async def test_an_admin_decides_in_their_place(organisation: Database) -> None:
    """The whole stage, with a reason; never about their own request, and not what is decided already."""
    one = await ask(organisation, wish("two"))
    decided = await organisation.write(
        override, request_id=one.request_id, admin_id="UTOM", decision=Decision.APPROVED, reason="They are on a boat"
    )
    assert decided is RequestState.APPROVED
    [request] = await rows(organisation, AccessRequest, AccessRequest.id == one.request_id)
    assert (request.decided_by, request.decision_reason) == ("UTOM", "They are on a boat")
    [word] = await rows(organisation, Approval, Approval.approver_id == "UTOM")
    assert (word.why, word.decision, word.reason) == ("override", Decision.APPROVED, "They are on a boat")
    again = {"request_id": one.request_id, "admin_id": "UTOM", "decision": Decision.DENIED, "reason": "no"}
    assert await refusal(organisation, override, **again) is Refusal.ALREADY_DECIDED
    other = await ask(organisation, wish("lonely"))
    await organisation.write(
        override, request_id=other.request_id, admin_id="UTOM", decision=Decision.DENIED, reason="Not now"
    )
    assert await state(organisation, other.request_id) is RequestState.DENIED
    assert await count(organisation, Incident, Incident.state == IncidentState.OPEN) == 0


async def test_a_nudge_a_day(organisation: Database, clock: MovableClock) -> None:
    """By whoever it is about, and no more often."""
    one = await ask(organisation, wish("urgent"))
    assert await refusal(organisation, nudge, request_id=one.request_id, actor="UTOM") is Refusal.NOT_YOURS
    await organisation.write(nudge, request_id=one.request_id, actor="ULENA")
    assert await refusal(organisation, nudge, request_id=one.request_id, actor="ULENA") is Refusal.NUDGED
    clock.advance(timedelta(days=1))
    await organisation.write(nudge, request_id=one.request_id, actor="ULENA")
    await deny(organisation, one.request_id)
    assert await refusal(organisation, nudge, request_id=one.request_id, actor="ULENA") is Refusal.ALREADY_DECIDED


async def test_asked_again_with_one_press(organisation: Database, clock: MovableClock) -> None:
    """What nobody decided in time, by whoever asked; pressing twice is one request."""
    one = await ask(organisation, wish("urgent"))
    again = {"request_id": one.request_id, "channel": "slack"}
    assert await refusal(organisation, ask_anew, actor="ULENA", **again) is Refusal.STALE
    clock.advance(timedelta(days=3))
    await organisation.write(expire, request_id=one.request_id)
    assert await refusal(organisation, ask_anew, actor="UTOM", **again) is Refusal.NOT_YOURS
    first = await organisation.write(ask_anew, actor="ULENA", **again)
    second = await organisation.write(ask_anew, actor="ULENA", **again)
    assert first == second
    assert first.request_id != one.request_id
    assert await count(organisation, AccessRequest, AccessRequest.state == RequestState.PENDING) == 1
