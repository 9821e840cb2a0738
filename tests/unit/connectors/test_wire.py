"""The words and shapes of the web-admin API."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.chatgpt import wire
from bot.connectors.contract import Refused


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ("standard-user", "member"),
        ("standard_user", "member"),
        ("user", "member"),
        ("reader", "member"),
        ("member", "member"),
        ("account-admin", "admin"),
        ("ACCOUNT_ADMIN", "admin"),
        ("admin", "admin"),
        ("account-owner", "owner"),
        ("Owner", "owner"),
    ],
)
def test_every_spelling_of_a_role_is_understood(found: str, word: str) -> None:
    """The APIs of the product spell one role in several ways."""
    assert wire.role_word(found) == word


@pytest.mark.parametrize("unknown", ["account-observer", "Analytics-Viewer", "", "  "])
def test_an_unknown_role_is_carried_verbatim_and_never_written(unknown: str) -> None:
    """What is not understood is shown as it is; Usher gives nobody a role it does not know."""
    assert wire.role_word(unknown) == unknown
    with pytest.raises(Refused):
        wire.role_on_the_wire(unknown)


@pytest.mark.parametrize(
    ("found", "word"),
    [(None, "chatgpt"), ("default", "chatgpt"), ("usage_based", "codex"), ("prolite", "premium"), ("codex", "codex")],
)
def test_a_missing_seat_type_is_the_standard_seat(found: str | None, word: str) -> None:
    """Some payloads leave it out for owners."""
    assert wire.seat_word(found) == word


@pytest.mark.parametrize("unknown", ["automation", "galactic"])
def test_an_unknown_seat_type_is_carried_verbatim_and_never_written(unknown: str) -> None:
    """Service accounts hold such a seat; nobody is put on one."""
    assert wire.seat_word(unknown) == unknown
    with pytest.raises(Refused):
        wire.seat_on_the_wire(unknown)


def test_what_is_written_is_understood_when_read_back() -> None:
    """Otherwise a change would be made again for ever."""
    assert [wire.role_word(wire.role_on_the_wire(role)) for role in wire.ROLES] == list(wire.ROLES)
    assert [wire.seat_word(wire.seat_on_the_wire(seat)) for seat in wire.SEAT_TYPES] == list(wire.SEAT_TYPES)


@given(st.text() | st.none())
def test_no_word_is_lost(found: str | None) -> None:
    """Every string becomes a known word or stays itself."""
    assert wire.role_word(found) in {*wire.ROLES, found or ""}
    assert wire.seat_word(found) in {*wire.SEAT_TYPES, found or ""}


def test_addresses_are_compared_without_regard_to_case() -> None:
    """And no address is nobody's, not even another missing one's."""
    assert wire.same_address("Ada@Example.com", " ada@example.COM")
    assert not wire.same_address("ada@example.com", "ada@example.co")
    assert not wire.same_address(None, None)
    assert not wire.same_address("", "")


def test_only_the_id_of_a_member_is_needed() -> None:
    """Fields come and go in an undocumented API; what is strange in one is left out, not the member."""
    member = wire.WireMember.model_validate({"id": "user-1", "created_time": "not a time", "role": 7, "new": {}})
    assert (member.id, member.email, member.role, member.created_time) == ("user-1", None, None, None)


def test_the_newest_invite_of_an_address_wins() -> None:
    """The list repeats addresses, in other capitals too."""
    invites = [
        wire.WireInvite(id="1", email_address="Ada@example.com", created_time="2026-11-02T00:00:00Z"),
        wire.WireInvite(id="2", email_address="ada@example.com", created_time="2026-11-03T00:00:00Z"),
        wire.WireInvite(id="3", email_address="ada@example.com", created_time=None),
    ]
    assert [invite.id for invite in wire.newest_per_address(invites)] == ["2"]


@pytest.mark.parametrize(
    ("answer", "invited", "reason"),
    [
        ({"account_invites": [{"email_address": "Ada@example.com"}]}, True, None),
        ({"already_member_emails": ["ada@example.com"]}, True, None),
        ({"errored_emails": [{"email_address": "ada@example.com", "error": "no"}]}, False, "no"),
        ({"errored_emails": [{"email": "ada@example.com", "error": {"code": "c", "message": "no"}}]}, False, "c no"),
        ({"errored_emails": ["ada@example.com"]}, False, ""),
        ({"account_invites": [{"email_address": "grace@example.com"}], "errored_emails": None}, False, None),
        ({}, False, None),
    ],
)
def test_an_address_is_looked_up_in_all_three_lists(
    answer: dict[str, object], invited: bool, reason: str | None
) -> None:
    """200 says nothing about an address."""
    parsed = wire.InviteAnswer.model_validate(answer)
    assert parsed.invited("ada@example.com") is invited
    assert parsed.reason_against("ada@example.com") == reason


SUBSCRIPTION = {"seats_entitled": 20, "active_until": "2026-12-01T00:00:00Z"}


@pytest.mark.parametrize(
    "body",
    [SUBSCRIPTION, [SUBSCRIPTION], {"subscription": SUBSCRIPTION}, {"subscriptions": [SUBSCRIPTION, {}]}],
)
def test_a_subscription_is_understood_in_its_wrappers(body: object) -> None:
    """Some answers wrap it."""
    subscription = wire.WrappedSubscription.model_validate(body).root
    assert subscription.paid("default") == 20
    assert subscription.paid("prolite") is None


def test_the_workspace_is_found_by_the_id_inside() -> None:
    """The key may be "default"."""
    accounts = wire.AccountsCheck.model_validate(
        {"accounts": {"default": {"account": {"account_id": "w1", "name": "One"}}, "w2": {"account": None}}}
    )
    found = accounts.workspace("w1")
    assert found is not None
    assert found.name == "One"
    assert accounts.workspace("w3") is None
