"""SCIM's JSON: little is needed of an answer, and what is written is exact."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.connectors.chatgpt import scim_wire as wire

ADA = "ada@example.com"


def user(**told: Any) -> wire.WireUser:
    return wire.WireUser.model_validate({"id": "1", "userName": ADA, **told})


def test_an_id_and_a_name_are_enough() -> None:
    """What is strange in the rest is left out, not the user."""
    strange = user(externalId=7, emails="none", meta=[], active=None, name=None, new={})
    assert (strange.active, strange.email, strange.foreign, strange.member().since) == (True, ADA, False, None)
    for missing in ("id", "userName"):
        with pytest.raises(ValidationError, match=missing):
            wire.WireUser.model_validate({key: "x" for key in ("id", "userName") if key != missing})


@pytest.mark.parametrize(
    ("told", "active"), [({}, True), ({"active": True}, True), ({"active": None}, True), ({"active": False}, False)]
)
def test_a_user_is_active_unless_it_says_otherwise(told: dict[str, Any], active: bool) -> None:
    """As RFC 7643 leaves it to the server, and servers leave it out."""
    assert user(**told).active is active


@pytest.mark.parametrize(
    ("told", "foreign"),
    [({}, False), ({"externalId": f"usher:{ADA}"}, False), ({"externalId": "00u1"}, True), ({"externalId": ""}, True)],
)
def test_usher_knows_its_own_by_their_mark(told: dict[str, Any], foreign: bool) -> None:
    """Another's mark is another's user; none says nothing, as a server need not give it back."""
    assert user(**told).foreign is foreign


def test_a_user_of_another_name_is_known_by_the_primary_address() -> None:
    """And by each of the others where one is looked for."""
    told = [{"value": "a@x.example"}, "odd", {"value": None}, {"value": "B@x.example", "primary": True}]
    ada = user(userName="ada", emails=told)
    assert ada.email == "B@x.example"
    assert [ada.has_address(email) for email in ("A@x.example", "b@x.example", "ada", "c@x.example")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert user(userName="ada").email is None


def test_an_empty_list_may_leave_its_users_out() -> None:
    """RFC 7644, 3.4.2; but a list that does not say how long it is, is none."""
    assert wire.Page.model_validate({"totalResults": 0}).items == []
    with pytest.raises(ValidationError, match="totalResults"):
        wire.Page.model_validate({"Resources": []})


@given(st.text(min_size=1))
def test_a_value_stays_one_value_in_a_filter(text: str) -> None:
    """Whatever stands in it: the filter is a name, an operator and one JSON string."""
    words = wire.filter_by(text).split(" ", 2)
    assert words[:2] == ["userName", "eq"]
    assert json.loads(words[2]) == text.strip().lower()


@given(st.emails())
def test_nothing_that_is_written_is_null(email: str) -> None:
    """WorkOS refuses null, and an `active` that is not a boolean."""
    written = wire.new_user(email)
    assert "null" not in json.dumps({key: value for key, value in written.items() if key != "userName"}).split('"')
    assert written["active"] is True
    assert [entry["value"] for entry in written["emails"]] == [written["userName"]]
    assert not wire.WireUser.model_validate({"id": "1", **written}).foreign
