"""What `usher probe` makes of answers: what differs is told, and what is somebody's is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.cli.probe_rows import rows
from bot.connectors.chatgpt import admin_api_wire, scim_wire, wire
from bot.connectors.chatgpt.calls import Exchange
from bot.connectors.chatgpt.errors import Answer, Call
from bot.connectors.chatgpt.expected import EXPECTED, path_of
from bot.connectors.chatgpt.redaction import HIDDEN, Redaction
from bot.connectors.chatgpt.report import Heard, Report, reported
from bot.connectors.chatgpt.shapes import Kind, compare

MEMBER: dict[str, Any] = {
    "id": "user-1", "email": "ada@example.com", "role": "standard-user", "seat_type": "default",
    "created_time": "2026-10-02T09:15:27.123456+00:00", "deactivated_time": None, "is_scim_managed": False,
    "pending_seat_type": None,
}  # fmt: skip
PAGE = {"items": [MEMBER], "total": 1, "limit": 100, "offset": 0}
MEMBERS = wire.Page[wire.WireMember]


def without(name: str) -> dict[str, Any]:
    return {**PAGE, "items": [{key: value for key, value in MEMBER.items() if key != name}]}


def with_(**changes: Any) -> dict[str, Any]:
    return {**PAGE, "items": [MEMBER | changes]}


@pytest.mark.parametrize(
    ("model", "body", "found"),
    [
        (MEMBERS, PAGE, set()),
        (MEMBERS, {**PAGE, "items": []}, set()),
        (MEMBERS, without("id"), {(Kind.MISSING, "items[]", "id", True)}),
        (MEMBERS, without("email"), {(Kind.MISSING, "items[]", "email", True)}),
        (MEMBERS, with_(email=None), {(Kind.MISSING, "items[]", "email", True)}),
        (MEMBERS, {**PAGE, "items": [MEMBER, MEMBER | {"email": None}]}, {(Kind.NULL, "items[]", "email", False)}),
        (MEMBERS, without("seat_type"), {(Kind.ABSENT, "items[]", "seat_type", False)}),
        (MEMBERS, with_(role=7), {(Kind.TYPE, "items[]", "role", False)}),
        (MEMBERS, with_(id=7), {(Kind.TYPE, "items[]", "id", True)}),
        (MEMBERS, with_(created_time="yesterday"), {(Kind.TYPE, "items[]", "created_time", False)}),
        (MEMBERS, with_(created_time=1795430400), set()),
        (MEMBERS, with_(is_scim_managed="no"), {(Kind.TYPE, "items[]", "is_scim_managed", False)}),
        (MEMBERS, with_(shoe_size=42), {(Kind.NEW, "items[]", "shoe_size", False)}),
        (MEMBERS, {**PAGE, "items": {}}, {(Kind.TYPE, "", "items", True)}),
        (MEMBERS, {**PAGE, "total": True}, {(Kind.TYPE, "", "total", False)}),
        (MEMBERS, {"results": []}, {
            (Kind.MISSING, "", "items", True), (Kind.ABSENT, "", "total", False), (Kind.ABSENT, "", "limit", False),
            (Kind.NEW, "", "results", False),
        }),
        (MEMBERS, [], {(Kind.TYPE, "", "", True)}),
        (wire.AccountsCheck, {"accounts": {"x": {"account": {"account_id": "x"}}}}, {
            (Kind.MISSING, "accounts.*.account", "account_user_role", True),
            *((Kind.ABSENT, "accounts.*.account", name, False)
              for name in ("name", "structure", "plan_type", "is_deactivated")),
        }),
        (wire.WrappedSubscription, {"subscriptions": [
            {"seats_entitled": 3, "active_until": "2026-12-01T00:00:00Z", "seat_capacity": [{"type": "a", "paid": "3"}]}
        ]}, {(Kind.TYPE, "seat_capacity[]", "paid", False)}),
        (admin_api_wire.Page[admin_api_wire.WireInvite], {
            "object": "list", "has_more": False, "last_id": "1", "data": [{
                "email_address": "a@b.example", "invite_id": "1", "role": "member", "seat_type": "chatgpt",
                "status": "pending", "created_time": "2026-10-02T09:15:27Z",
            }],
        }, set()),
        (scim_wire.Page, {"totalResults": 0}, {
            (Kind.ABSENT, "", "Resources", False), (Kind.ABSENT, "", "itemsPerPage", False),
        }),
    ],
)  # fmt: skip
def test_an_answer_is_held_against_its_model(
    model: type[BaseModel], body: Any, found: set[tuple[Kind, str, str, bool]]
) -> None:
    """Missing, absent, null, of another type, new: each by the names of the model, with what it means for Usher."""
    differences = compare(model, [body], EXPECTED)
    assert {(each.kind, each.path, each.name, each.breaks) for each in differences} == found


@pytest.mark.parametrize("word", ["account-observer", "analytics_viewer", "Owner", "READ_ONLY", "seat2"])
def test_a_word_that_a_programmer_chose_is_told(word: str) -> None:
    """Also when a part of it stands in somebody's name."""
    redaction = Redaction([{"name": "Account Team"}], words=frozenset())
    assert redaction.word(word) == word


@pytest.mark.parametrize(
    "word",
    [
        "ada", "ada-byron", "Byron", "Ada Byron", "ada@example.com", "user-Zk3vQ1bX9sT7mN0pL5cR2dHa",
        "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "se_1a2b3c4d5e6f", "",
        "abcdefghijklmnopqrstuvwxyzabcdef", "sk-AbCdEfGhIjKlMnOpQrStUvWx", "a.b", "line\nbreak", "é",
    ],
)  # fmt: skip
def test_what_may_be_somebodys_is_hidden(word: str) -> None:
    """An address, a name, an id or a token, wherever it stands."""
    redaction = Redaction([{"items": [{"name": "Ada Byron", "email": "ada@example.com"}]}], words=frozenset())
    assert (redaction.word(word), redaction.name(word)) == (HIDDEN, HIDDEN)


def heard(body: Any, *, status: int = 200, writes: bool = False) -> Heard:
    call = Call(what="invite ada@example.com" if writes else "read the members", writes=writes, need="Owner")
    answer = Answer(status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
    exchange = Exchange(
        call=call, method="GET", url="https://secret.example/key/backend-api/accounts/Ada/users",
        params={"query": "ada@example.com"}, outcome=answer, seconds=0.1,
    )  # fmt: skip
    return Heard(exchange=exchange, model=None if writes else MEMBERS)


def report_on(*all_heard: Heard) -> Report:
    return reported(all_heard, about={}, base_url="https://secret.example/key", private=["grace@example.com"])


secret = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=5, max_size=40).filter(
    lambda text: any(character.isalnum() for character in text)
)
OURS = json.dumps(rows(report_on(heard(PAGE), heard(PAGE, writes=True), heard(PAGE, status=403))), ensure_ascii=False)


@given(secret, st.sampled_from(["role", "seat_type", "status", "creation_source", "name", "new_field", "email", "id"]))
def test_nothing_of_anybodys_gets_out(data: str, field: str) -> None:
    """Whatever is somebody's name or address may stand in any field, as its name or its value: it stays inside."""
    hostile = {**PAGE, "items": [{**MEMBER, "name": data, field: data, data: data, "more": {data: [data]}}], data: data}
    failing = {"error": {"code": data, "message": data, data: data}, "name": data}
    report = report_on(heard(hostile), heard(hostile, writes=True), heard(failing, status=403))
    told = json.dumps(rows(report), ensure_ascii=False)
    if data.casefold() not in OURS.casefold():
        assert data.casefold() not in told.casefold()
        assert data.casefold() not in " ".join(report.broken).casefold()


def test_where_a_call_went_is_told_without_ids() -> None:
    """Only the fixed parts of a path stand in the report, and nothing of the configured address."""
    told = json.dumps(rows(report_on(heard(PAGE))), ensure_ascii=False)
    assert "GET /backend-api/accounts/…/users?query=" in told
    assert not any(private in told for private in ("secret", "key", "Ada", "ada@example.com"))
    assert path_of("https://x.example/v1/manage/workspaces/1/users/ada?email=b", base_url="https://x.example/v1") == (
        "/manage/workspaces/…/users/…"
    )


def test_what_a_call_was_about_is_not_told() -> None:
    """The words of a change name an address; the report says that it was a change."""
    report = report_on(heard({"id": "1"}, writes=True))
    assert [row.what for row in report.calls] == ["change, by address"]
    assert [row.outline for row in report.calls] == ["{id: string}"]
    assert report.state == "as assumed"
