"""Somebody who left is forgotten wherever they are named, and the ledger still proves itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access import subjects
from bot.access.catalog_store import load_application
from bot.access.operations.erase_person import StillNeeded, erase_person
from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.person_file import read_person_file
from bot.access.request_rules import rules_of
from storage import audit
from storage.audit import VerifyResult
from storage.database import Database, Transaction
from storage.tables import (
    AccessRequest,
    Account,
    AccountStatus,
    Application,
    Approval,
    Base,
    Batch,
    Card,
    Comment,
    Connection,
    ConnectionToken,
    Decision,
    Delegation,
    DeliveryState,
    EndReason,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    LedgerLine,
    ManualStep,
    Person,
    Policy,
    RequestState,
    StepState,
    TokenKind,
    UserGroup,
    UserGroupMember,
    Webhook,
    WebhookDelivery,
)

ZOE, TOM = "U0ZOE00001", "U0TOM00001"
EMAIL, NAME = "zoë.ann@harbour.example", "Zoë Ann"
#: what may be found nowhere: who she is, and what she wrote or others wrote about her
GONE = (ZOE, EMAIL, NAME, "my back hurts", "on probation", "see my doctor", "D0ZOEDM", "provider-zoe", "tired of Tom")
RULES = {"policy": {"approve": [{"users": {"any": [ZOE, EMAIL]}}]}}


async def fill(tx: Transaction) -> None:
    """Zoë, who has left, in every table in which somebody can be named; and Tom, whose colleague she was."""
    now = tx.now
    tx.session.add_all(
        [
            Person(id=ZOE, name=NAME, email=EMAIL, title="Painter", active=False, dm_channel="D0ZOEDM", updated_at=now),
            Person(id=TOM, name="Tom", email="joann@harbour.example", manager_from_slack=ZOE, updated_at=now),
            Policy(key="default", document={}),
            UserGroup(id="S1", handle="painters", name="Painters", active=True, updated_at=now),
        ]
    )
    await tx.session.flush()
    figma = {"key": "figma", "name": "Figma", "admins": [EMAIL], "durations": ["7d"], "connector": {"type": "manual"}}
    tx.session.add_all(
        [
            Application(key="chatgpt", name="ChatGPT", policy_key="default", document={}, position=0),
            Application(key="figma", name="Figma", policy_key="default", document=figma, position=1, retired_at=now),
        ]
    )
    await tx.session.flush()
    for id_, who, text in (("hers", ZOE, "my back hurts"), ("toms", TOM, "to draw")):
        tx.session.add(
            AccessRequest(
                id=id_, requester_id=who, beneficiary_id=who, application="chatgpt", role="member", seat_type="",
                reason=text, channel="slack", origin=f"view:{who}", rules=RULES, created_at=now, expires_at=now,
                state=RequestState.APPROVED, decided_at=now, decided_by=TOM if who == ZOE else ZOE,
                decision_reason="on probation" if who == ZOE else "tired of Tom",
            )
        )  # fmt: skip
    await tx.session.flush()
    tx.session.add_all([
        Approval(
            request_id="toms", stage=0, approver_id=ZOE, why="users", asked_at=now, decision=Decision.APPROVED,
            reason="tired of Tom", decided_at=now,
        ),
        Approval(
            request_id="hers", stage=0, approver_id=TOM, why="users", for_id=ZOE, asked_at=now, reason="on probation",
        ),
        Comment(id="C1", request_id="hers", author_id=TOM, text="on probation", created_at=now, origin="1"),
        Comment(id="C2", request_id="toms", author_id=ZOE, text="see my doctor", created_at=now, origin="2"),
        Comment(id="C3", request_id="toms", author_id=TOM, text=f"as {NAME} said, joann", created_at=now, origin="3"),
        Grant(
            id="G1", request_id="hers", beneficiary_id=ZOE, application="chatgpt", role="", seat_type="",
            state=GrantState.ENDED, end_reason=EndReason.LEFT, end_note="on probation", created_at=now, starts_at=now,
        ),
        Grant(
            id="G2", request_id="toms", beneficiary_id=TOM, application="chatgpt", role="", seat_type="",
            state=GrantState.ENDED, end_reason=EndReason.REVOKED, end_note="tired of Tom", created_at=now,
            starts_at=now, billed_by=ZOE,
        ),
        Account(
            application="chatgpt", person_id=ZOE, email=EMAIL, status=AccountStatus.ABSENT, provider_id="provider-zoe",
            last_change=f"remove {EMAIL}",
        ),
        ManualStep(
            id="M1", application="chatgpt", person_id=ZOE, change={}, instructions=f"Remove {NAME} ({EMAIL})",
            state=StepState.DONE, created_at=now, answered_by=TOM, reason="on probation",
        ),
        Delegation(
            id="D1", person_id=TOM, delegate_id=ZOE, starts_at=now, ends_at=now, created_at=now, cancelled_at=now,
        ),
        Batch(
            id="B1", requester_id=TOM, application="chatgpt", document={"refused": [{"person": ZOE}]}, created_at=now,
        ),
        Incident(
            id="I1", scope=f"chatgpt:{ZOE}", application="chatgpt", person_id=ZOE, cause="Refused", remedy="",
            explanation=f"{EMAIL.upper()} was refused", state=IncidentState.RESOLVED, opened_at=now, seen_at=now,
        ),
        Card(
            id="K1", subject="request:hers", slot=f"status:{ZOE}", recipient=ZOE, channel="D0ZOEDM", ts="1",
            permalink="https://slack/D0ZOEDM", updated_at=now,
        ),
        Webhook(key="siem", document={}, position=0, seq=0),
        WebhookDelivery(
            id="W1", webhook="siem", seq=1, event_id="e", type="t", body=json.dumps({"who": NAME}, ensure_ascii=False),
            state=DeliveryState.DELIVERED, created_at=now, next_try_at=now, give_up_at=now, tries=[],
        ),
        UserGroupMember(group_id="S1", person_id=ZOE),
        Connection(
            id="N1", person_id=ZOE, client_id="c", client_name="ChatGPT", resource="r", created_at=now, used_at=now,
        ),
        ConnectionToken(id="T1", connection_id="N1", kind=TokenKind.ACCESS, created_at=now, expires_at=now),
    ])  # fmt: skip
    tx.enqueue(subjects.HOME, ZOE, lock_key=f"home:{ZOE}", payload={"person": ZOE, "names": [NAME]})
    tx.record("request.submitted", actor=ZOE, subject="request:hers", reason="my back hurts", application="chatgpt")
    tx.record("request.approved", actor=TOM, subject="request:hers", reason="on probation", grant="G1")
    tx.record("request.vote", actor=ZOE, subject="request:toms", reason="tired of Tom", decision="approved")
    tx.record("grant.ending", actor=ZOE, subject="grant:G2", note="tired of Tom", before="active")
    tx.record("account.change_sent", actor="usher", subject=f"chatgpt:{ZOE}", change=f"remove {EMAIL}", grants=["G1"])
    tx.record("group.changed", actor="slack", subject="group:S1", added=[TOM, ZOE], removed=[])
    tx.record("request.cancelled", actor="usher", subject="request:other", reason=f"{NAME} has left the company.")
    tx.record("grant.ended", actor=TOM, subject="grant:G1", note="on probation")
    tx.record("person.away", actor=TOM, subject=f"person:{TOM}", delegate="U0ZOE000012")  # somebody else
    await tx.session.flush()


async def written_before(tx: Transaction) -> None:
    """Two lines as earlier versions wrote them, hashed as a whole."""
    previous = audit.FIRST_PREVIOUS
    for seq, (actor, data) in enumerate(((ZOE, '{"reason":"my back hurts"}'), (TOM, '{"reason":"to draw"}')), start=1):
        line = LedgerLine(
            seq=seq, at=tx.now, actor=actor, event="request.submitted", subject=f"request:old-{seq}", data=data,
            previous=previous, hash="",
        )  # fmt: skip
        line.hash = previous = audit.line_hash(line)
        tx.session.add(line)
    await tx.session.flush()


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(written_before)
    await database.write(fill)
    return database


async def erase(database: Database, admins: Sequence[str] = ()) -> str:
    return await database.write(erase_person, person_id=ZOE, admins=admins, actor="shell:noor")


async def test_a_name_that_is_a_common_word_takes_nothing_else_with_it(filled: Database) -> None:
    """Somebody whom Slack calls “usher” leaves Usher's lines, keys and states alone; sentences name them no more."""

    async def rename(tx: Transaction) -> None:
        await tx.execute(sa.update(Person).where(Person.id == ZOE).values(name="usher"))
        tx.record("request.cancelled", actor="usher", subject="request:x", reason="usher has left the company.")

    await filled.write(rename)
    pseudonym = await erase(filled)
    by_usher = [line for line in (await lines(filled)).values() if line.actor == "usher"]
    assert [line.event for line in by_usher] == ["account.change_sent", "request.cancelled", "request.cancelled"]
    assert json.loads(by_usher[-1].data) == {"door": "usher", "reason": pseudonym}
    assert (await verify(filled)).intact


async def dump(database: Database) -> dict[str, str]:
    """Every table as text."""
    async with database.read() as session:
        return {
            table.name: json.dumps(
                [dict(row) for row in (await session.execute(sa.select(table))).mappings()],
                default=str, ensure_ascii=False,
            )
            for table in Base.metadata.sorted_tables
        }  # fmt: skip


async def verify(database: Database) -> VerifyResult:
    async with database.read() as session:
        return await audit.verify(session)


async def lines(database: Database) -> dict[int, LedgerLine]:
    async with database.read() as session:
        return {line.seq: line async for line in audit.export(session)}


async def test_nothing_is_left_of_them(filled: Database) -> None:
    """Neither who they were nor what they wrote; what was decided is, under one pseudonym, and others' words are."""
    head = (await verify(filled)).head
    pseudonym = await erase(filled)
    for table, text in (await dump(filled)).items():
        assert not [word for word in GONE if word.lower() in text.lower().replace("u0zoe000012", "")], (table, text)
    async with filled.read() as session:
        requests = {request.id: request for request in await session.scalars(sa.select(AccessRequest))}
        assert requests["hers"].beneficiary_id == requests["toms"].decided_by == pseudonym
        assert (requests["hers"].reason, requests["toms"].reason) == ("(erased)", "to draw")
        comments = await session.scalars(sa.select(Comment))
        assert {comment.id: comment.text for comment in comments} == {
            "C1": "(erased)",
            "C2": "(erased)",
            "C3": f"as {pseudonym} said, joann",
        }
        assert (await session.get_one(Person, TOM)).email == "joann@harbour.example"
        # what was kept of policies and of a retired application can still be read
        assert rules_of(requests["hers"]).approve
        retired = await load_application(session, "figma")
        assert retired is not None
        assert retired.admins == (pseudonym,)
    result = await verify(filled)
    assert (result.intact, result.erased, result.lines) == (True, 9, 12)
    assert head is not None
    async with filled.read() as session:
        assert (await audit.verify(session, known=head)).intact
    last = (await lines(filled))[12]
    assert (last.event, last.actor, last.subject) == ("person.erased", "shell:noor", f"person:{pseudonym}")
    assert json.loads((await lines(filled))[8].data)["added"] == [TOM, pseudonym]
    assert json.loads((await lines(filled))[11].data)["delegate"] == "U0ZOE000012"


async def test_what_was_pruned_is_erased_from_the_ledger_too(filled: Database) -> None:
    """The ledger itself tells which requests and grants were theirs, when their rows are gone."""

    async def prune(tx: Transaction) -> None:
        for entity in (Comment, Approval, Grant, AccessRequest):
            await tx.execute(sa.delete(entity))

    await filled.write(prune)
    await erase(filled)
    assert "on probation" not in (await dump(filled))["ledger"]
    assert (await verify(filled)).intact


@pytest.mark.parametrize(
    ("seq", "values", "at"),
    [
        (3, {"actor": TOM}, 3),  # somebody else in the place of the pseudonym
        (3, {"actor": "erased-0123456789ab"}, None),  # one pseudonym says as little as another
        (3, {"data": '{"application":"chatgpt","door":"usher","reason":"because"}'}, 3),
        (3, {"data": '{"application":"figma","door":"usher","reason":"(erased)"}'}, 3),  # a value that was kept
        (4, {"actor": "erased-0123456789ab"}, 4),  # hidden, without anybody having been erased
        (3, {"seals": None}, 3),
        (1, {"subject": "request:another"}, 1),  # a line from before: vouched for by the line that tells of the erasure
        (2, {"subject": "request:another"}, 2),
    ],
)
async def test_an_erasure_is_no_cover_for_a_change(
    filled: Database, seq: int, values: dict[str, Any], at: int | None
) -> None:
    """A value can be hidden, which shows; not replaced by another one."""
    await erase(filled)

    async def tamper(tx: Transaction) -> None:
        await tx.execute(sa.update(LedgerLine).where(LedgerLine.seq == seq).values(**values))

    await filled.write(tamper)
    assert (await verify(filled)).broken_at == at


async def test_two_people_can_be_erased_from_one_line(filled: Database) -> None:
    """Also from one that was hashed as a whole; the second erasure vouches for it then."""
    await erase(filled)

    async def leave(tx: Transaction) -> None:
        await tx.execute(sa.update(Person).where(Person.id == TOM).values(active=False))

    await filled.write(leave)
    second = await filled.write(erase_person, person_id=TOM, admins=(), actor="shell:noor")
    assert (await verify(filled)).intact
    assert json.loads((await lines(filled))[8].data)["added"][0] == second
    assert not [table for table, text in (await dump(filled)).items() if TOM in text or "to draw" in text]


async def test_what_still_needs_them_is_said(filled: Database) -> None:
    """All of it at once, each with what to do first; nothing is changed."""

    async def need(tx: Transaction) -> None:
        request = AccessRequest(
            id="new", requester_id=ZOE, beneficiary_id=ZOE, application="chatgpt", role="", seat_type="", reason="",
            channel="slack", rules={}, created_at=tx.now, expires_at=tx.now + timedelta(days=1),
            state=RequestState.PENDING,
        )  # fmt: skip
        tx.session.add(request)
        await tx.session.flush()
        tx.session.add(Approval(request_id="new", stage=0, approver_id=ZOE, why="users", asked_at=tx.now))
        for entity, values in (
            (Person, {"active": True}),
            (Grant, {"state": GrantState.ACTIVE}),
            (Policy, {"document": {"approve": [{"users": {"any": [EMAIL]}}]}}),
            (WebhookDelivery, {"state": DeliveryState.WAITING}),
        ):
            await tx.execute(sa.update(entity).values(values))

    await filled.write(need)
    before = await dump(filled)
    with pytest.raises(StillNeeded) as refused:
        await erase(filled, admins=[EMAIL])
    for what in (
        "active in Slack", "they have access: `usher grant revoke`", "(G1)", "pending", "(new)", "their decision",
        "policy default", "USHER_ADMINS", "webhook",
    ):  # fmt: skip
        assert what in str(refused.value)
    assert await dump(filled) == before


async def test_the_directory_does_not_bring_them_back(filled: Database) -> None:
    """Slack goes on listing who left; who comes back to the company is a new person."""
    await erase(filled)

    async def sync(tx: Transaction, *, active: bool) -> None:
        zoe = SlackPerson(id=ZOE, name=NAME, email=EMAIL, active=active)
        await upsert_people(tx, [zoe, SlackPerson(id=TOM, name="Tom", email=None)], complete=True)

    await filled.write(sync, active=False)
    assert ZOE not in (await dump(filled))["people"]
    await filled.write(sync, active=True)
    async with filled.read() as session:
        file = await read_person_file(session, await session.get_one(Person, ZOE))
    assert [row["kind"] for row in file] == ["person"]


async def test_a_persons_file_has_everything_about_them(filled: Database) -> None:
    """A row for each that names them, with what others wrote about their requests, and no row of somebody else's."""
    async with filled.read() as session:
        file = await read_person_file(session, await session.get_one(Person, ZOE))
    assert {(row["kind"], row["id"]) for row in file if row["kind"] != "ledger"} == {
        ("person", ZOE), ("group", f"S1:{ZOE}"), ("absence", "D1"), ("request", "hers"),
        ("approval", f"toms:0:{ZOE}"), ("approval", f"hers:0:{TOM}"), ("comment", "C1"), ("comment", "C2"),
        ("grant", "G1"), ("account", f"chatgpt:{ZOE}"), ("step", "M1"), ("incident", "I1"), ("card", "K1"),
        ("connection", "N1"),
    }  # fmt: skip
    text = json.dumps(file, default=str, ensure_ascii=False)
    assert all(word in text for word in ("my back hurts", "on probation", "see my doctor", "provider-zoe"))
    assert [row["id"] for row in file if row["kind"] == "ledger"] == ["1", "3", "4", "5", "6", "7", "8", "9", "10"]
