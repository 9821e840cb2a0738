"""ChatGPT Enterprise by SCIM: Usher writes its own directory, and the workspace follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox import company
from tests.support.studio import Studio

CATALOG = f"""
applications:
  - key: chatgpt
    name: ChatGPT
    owner: {company.NOOR.email}
    admins: [{company.NOOR.email}]
    durations: [2m, 7d]
    connector:
      type: chatgpt
      transport: scim
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      base_url: BASE_URL/scim/v2.0/{company.CHATGPT_DIRECTORY_KEY}
      secret: chatgpt-scim
"""


@pytest.fixture
async def studio(database_file: Path) -> AsyncIterator[Studio]:
    async with Studio.open(database_file, catalog=CATALOG) as running:
        running.chatgpt.faults.switch_on("enterprise_plan")
        yield running


async def test_a_seat_is_given_and_taken_back(studio: Studio) -> None:
    """Approved, in the directory, invited by ChatGPT, active at once for Usher, and gone at its end."""
    lena = studio.lena
    card = await studio.ask(lena, "chatgpt 2m to try it")
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: studio.has(lena) == ("invited", "standard-user", "default"))
    await studio.until(lambda: "· Active" in card.shown)
    studio.chatgpt.accept(str(lena.user.email))
    member = studio.member(lena)
    assert member is not None
    assert member.is_scim_managed
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.has(lena) is None
    assert studio.chatgpt.directory.entries == {}
    assert studio.mails(lena) == 1
    assert studio.alerts() == []
    [grant] = await studio.grants()
    assert grant.end_reason == "expired"


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_seat_is_given_back(studio: Studio, accepted: bool) -> None:
    """Whether the invite was accepted or not."""
    lena = studio.lena
    card = await studio.ask(lena, "chatgpt 7d to try it")
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "· Active" in card.shown)
    if accepted:
        studio.chatgpt.accept(str(lena.user.email))
    await lena.press("Give back", in_=card)
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.has(lena) is None


async def test_a_refused_token_is_one_incident(studio: Studio) -> None:
    """It says what to do, and once a token is accepted again Try again gives the seat."""
    lena = studio.lena
    studio.chatgpt.faults.switch_on("scim_token_refused")
    card = await studio.ask(lena, "chatgpt 7d to try it")
    await studio.approve(studio.maya, lena)
    alert = await studio.in_time(studio.open_alert)
    assert "make a new token for Usher" in alert.shown
    assert studio.has(lena) is None
    studio.chatgpt.faults.clear()
    studio.chatgpt.faults.switch_on("enterprise_plan")
    await studio.noor.press("Try again", in_=alert)
    await studio.in_time(lambda: "· Active" in card.shown)
    assert studio.has(lena) == ("invited", "standard-user", "default")
