"""The Admin API's JSON: what is published is read, what is not may be otherwise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.connectors.chatgpt import admin_api_wire as wire

ADA = "ada@example.com"


@pytest.mark.parametrize(
    ("told", "active"),
    [
        ({}, True),
        ({"status": "active"}, True),
        ({"status": "something new"}, True),
        ({"status": "inactive"}, False),
        ({"status": "Deactivated"}, False),
        ({"is_active": False}, False),
        ({"deactivated_at": 1795430400}, False),
        ({"deactivated_time": "2026-11-01T00:00:00Z"}, False),
        ({"deactivated_at": None, "is_active": None}, True),
    ],
)
def test_a_user_counts_unless_they_are_said_to_be_inactive(told: dict[str, object], active: bool) -> None:
    """However it is said."""
    assert wire.WireUser.model_validate({"id": "user-1", **told}).active is active


def test_only_the_id_of_a_user_is_needed() -> None:
    """Fields come and go; what is strange in one is left out, not the user."""
    strange = {"id": "user-1", "email": None, "name": None, "role": {"name": "member"}, "seat_type": 7, "new": []}
    member = wire.WireUser.model_validate(strange).member()
    assert (member.id, member.email, member.role, member.seat_type) == ("user-1", None, "", "chatgpt")


def test_unknown_words_are_carried_verbatim() -> None:
    """Analytics viewers have a role whose name is not published."""
    user = {"id": "user-1", "role": "analytics-viewer", "seat_type": "prolite_max"}
    member = wire.WireUser.model_validate(user).member()
    assert (member.role, member.seat_type) == ("analytics-viewer", "prolite_max")


@pytest.mark.parametrize(
    ("told", "pending"),
    [
        ({"email": ADA}, True),
        ({"email_address": ADA, "status": 2, "created_time": "2026-11-01T00:00:00Z"}, True),
        ({"email": ADA, "invite_id": "inv_1", "status": "pending"}, True),
        ({"email": ADA, "status": "accepted"}, False),
        ({"email": ADA, "status": "expired"}, False),
    ],
)
def test_an_invite_needs_an_address_and_counts_until_it_is_over(told: dict[str, object], pending: bool) -> None:
    """Nothing else about it is certain."""
    invite = wire.WireInvite.model_validate(told)
    assert invite.email == ADA
    assert invite.pending is pending
    with pytest.raises(ValidationError):
        wire.WireInvite.model_validate({"id": "inv_1"})


def test_the_newest_invite_of_an_address_wins() -> None:
    """A list may repeat them, in other capitals too."""
    told = [
        {"id": "1", "email": "Ada@example.com", "created_at": 1795430400},
        {"id": "2", "email": ADA, "created_at": 1795430500},
        {"id": "3", "email": ADA, "created_at": "whenever"},
        {"id": "4", "email": "grace@example.com"},
    ]
    invites = [wire.WireInvite.model_validate(each).invite() for each in told]
    assert {invite.id for invite in wire.newest_per_address(invites, None)} == {"2", "4"}
    assert [invite.id for invite in wire.newest_per_address(invites, "ADA@EXAMPLE.COM")] == ["2"]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ({"data": [{"id": "a"}], "last_id": "b"}, {"after": "b"}),
        ({"data": [{"id": "a"}]}, {"after": "a"}),
        ({"data": [{"id": "a"}], "cursor": "c"}, {"cursor": "c"}),
        ({"data": [{"id": "a"}], "next_cursor": "c", "last_id": "b"}, {"cursor": "c"}),
        ({"data": []}, {}),
    ],
)
def test_a_list_is_walked_on_by_whatever_it_gives(page: dict[str, object], query: dict[str, str]) -> None:
    """By the last id, as published for users, or by a cursor, as its sibling for groups has one."""
    assert wire.Page[wire.WireUser].model_validate(page).following() == query


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"object": "workspace.invite", "email": "Ada@Example.com"}, (True, None)),
        ({"data": [{"email": "grace@example.com"}, {"email": ADA, "error": None}]}, (True, None)),
        ({"invites": [{"email_address": ADA}], "errors": []}, (True, None)),
        ({"failed": [{"email": ADA, "error": "domain not allowed"}]}, (True, "domain not allowed")),
        ({"failed": [{"email": ADA, "error": {"code": "c", "message": "no"}}]}, (True, "c no")),
        ({"failed": [{"email": ADA, "errors": [{"message": "no"}]}]}, (True, "no")),
        ({"failed": [{"email": ADA, "reason": 7}]}, (True, "")),
        ({"data": [{"email": "grace@example.com"}]}, (False, None)),
        ([], (False, None)),
        ("done", (False, None)),
    ],
)
def test_an_address_is_found_in_any_shape_of_answer(answer: object, said: tuple[bool, str | None]) -> None:
    """One invite, a list, or lists by outcome."""
    assert wire.said_of(json.dumps(answer).encode(), ADA) == said


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_no_answer_to_an_invite_is_too_strange(body: bytes) -> None:
    """204 without a body among them."""
    assert wire.said_of(body, ADA) == (False, None)
