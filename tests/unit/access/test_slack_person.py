"""A person as Usher knows them, from what Slack's objects say."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.operations.people import UNKNOWN, SlackPerson
from bot.access.slack_person import slack_person

FIELD = "Xf0MANAGER1"
LENA: dict[str, Any] = {
    "id": "U0LENA0001",
    "team_id": "T0HARBOUR1",
    "name": "lena",
    "real_name": "Lena Fischer",
    "tz": "Europe/Berlin",
    "deleted": False,
    "profile": {"real_name": "Lena Fischer", "title": "Designer", "email": "Lena@Harbour.example"},
}


def lena(**changes: object) -> SlackPerson:
    return slack_person({**LENA, **changes}, FIELD, team_id="T0HARBOUR1")


def profile(**changes: object) -> SlackPerson:
    return lena(profile={**LENA["profile"], **changes})


def test_a_member_is_taken_over_as_slack_describes_them() -> None:
    """Addresses are compared in lower case; what a list leaves out of a profile is not known."""
    assert lena() == SlackPerson(
        id="U0LENA0001",
        email="lena@harbour.example",
        name="Lena Fischer",
        title="Designer",
        timezone="Europe/Berlin",
        manager_id=UNKNOWN,
    )


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted", "is_stranger"])
def test_guests_are_known_as_guests(flag: str) -> None:
    """Single- and multi-channel guests, and people from a shared channel."""
    assert lena(**{flag: True}).is_guest


def test_members_of_other_workspaces_are_guests() -> None:
    """Slack Connect brings people in who are not of the company; another workspace of the same grid does not."""
    assert lena(team_id="T0ELSEWHERE").is_guest
    assert not lena(team_id="T0ELSEWHERE", enterprise_user={"id": "U0LENA0001"}).is_guest
    assert not slack_person({**LENA, "team_id": "T0ELSEWHERE"}, FIELD).is_guest


@pytest.mark.parametrize("changes", [{"is_bot": True}, {"id": "USLACKBOT"}, {"is_workflow_bot": True}])
def test_bots_are_known_as_bots(changes: dict[str, object]) -> None:
    """Slackbot does not call itself a bot, and is one."""
    assert lena(**changes).is_bot


def test_somebody_deactivated_is_not_active() -> None:
    """Slack's object of a deactivated person has neither a time zone nor most flags."""
    gone = {"id": "U0LENA0001", "name": "lena", "deleted": True, "profile": {}}
    person = slack_person(gone, FIELD, team_id="T0HARBOUR1")
    assert (person.active, person.name, person.email, person.timezone) == (False, "lena", None, "UTC")


@pytest.mark.parametrize(
    ("fields", "manager"),
    [
        ({FIELD: {"value": "U0MAYA0001", "alt": ""}}, "U0MAYA0001"),
        ({FIELD: {"value": "", "alt": ""}}, UNKNOWN),
        ({"Xf0OTHER": {"value": "U0MAYA0001"}}, UNKNOWN),
        ({}, UNKNOWN),
        ([], UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_manager_is_taken_from_the_profile_where_it_stands(fields: object, manager: object) -> None:
    """Where a profile says nothing about the field, it may have been left out: that is not an answer."""
    assert profile(fields=fields).manager_id == manager


def test_a_name_is_always_there() -> None:
    """Real name, display name, handle or, if all else is empty, the id."""
    assert profile(real_name="  ").name == "Lena Fischer"
    assert lena(real_name="", profile={"display_name": "lf"}).name == "lf"
    assert lena(real_name=None, name="", profile=None).name == "U0LENA0001"
