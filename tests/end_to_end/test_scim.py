"""ChatGPT Enterprise by SCIM: Usher writes its own directory, and the workspace follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox import company
from sandbox.slack.state import Message
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


async def locked_out(studio: Studio) -> tuple[Message, Message]:
    """The directory holds Lena back, she waits in vain and says so: her card, and the alert."""
    lena = studio.lena
    studio.chatgpt.faults.switch_on("scim_users_held")
    card = await studio.ask(lena, "chatgpt 7d to try it")
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "I cannot get in" in card.buttons)
    assert studio.has(lena) is None
    old = list(card.blocks)
    await lena.press("I cannot get in", in_=card)
    await studio.until(lambda: "It works now" in card.buttons)
    new, card.blocks = card.blocks, old
    await lena.press("I cannot get in", in_=card)
    card.blocks = new
    alert = await studio.until(lambda: studio.open_alert("ChatGPT does not let somebody in"))
    studio.chatgpt.faults.switch_off("scim_users_held")
    return card, alert


async def test_who_cannot_get_in_says_so_and_the_admins_read_what_to_look_at(studio: Studio) -> None:
    """One incident and one alert, however often it is pressed and looked at; it goes away by nobody's guess."""
    lena, tom = studio.lena, studio.tom
    card, alert = await locked_out(studio)
    said = alert.shown.replace("\n", "")
    for words in ("Concerns: Lena Fischer", "Members: is lena@harbour.example there", "held back (“Validating”)"):
        assert words in said
    assert alert.buttons == ["Try again", "I did it by hand"]
    assert "the admins have been told" in card.shown
    studio.clock.skip(timedelta(days=1, minutes=1).total_seconds())
    await studio.at_rest()
    assert alert.buttons
    old = list(card.blocks)
    studio.slack.state.conversations[card.channel].members.add(tom.id)
    await tom.press("It works now", in_=card)
    assert "Only the people this access is about can do that." in studio.answers(tom)[-1]
    await lena.press("It works now", in_=card)
    await studio.until(lambda: not alert.buttons and "They say that it works now." in alert.shown)
    await studio.until(lambda: "I cannot get in" in card.buttons)
    card.blocks = old
    await lena.press("It works now", in_=card)
    await studio.at_rest()
    [incident] = await studio.incidents()
    assert (incident.cause, incident.scope, incident.count) == ("CannotGetIn", f"chatgpt:{lena.id}", 1)
    assert len(studio.alerts()) == 1
    assert [actor for _, actor, _ in await studio.ledger("incident.opened")] == [lena.id]
    assert [actor for _, actor, _ in await studio.ledger("incident.resolved")] == [lena.id]


async def test_try_again_writes_them_into_the_directory_once_more(studio: Studio) -> None:
    """Which is what frees somebody whom the directory held back."""
    card, alert = await locked_out(studio)
    await studio.noor.press("Try again", in_=alert)
    await studio.until(lambda: studio.has(studio.lena) == ("invited", "standard-user", "default"))
    await studio.until(lambda: "· Solved" in alert.shown and "Asked for once more" in alert.shown)
    await studio.until(lambda: "I cannot get in" in card.buttons)
    assert len(studio.alerts()) == 1
    assert sum(call.method == "PUT" for call in studio.chatgpt.calls) == 1


async def test_an_outage_meanwhile_only_puts_it_off(studio: Studio) -> None:
    """What Try again could not do during an outage is done after it, and closed by nothing else."""
    card, alert = await locked_out(studio)
    studio.chatgpt.faults.switch_on("scim_token_refused")
    await studio.noor.press("Try again", in_=alert)
    outage = await studio.until(lambda: studio.open_alert("Usher is signed out of ChatGPT"))
    studio.chatgpt.faults.switch_off("scim_token_refused")
    assert alert.buttons
    await studio.noor.press("Try again", in_=outage)
    await studio.in_time(lambda: not outage.buttons and not alert.buttons)
    assert studio.has(studio.lena) == ("invited", "standard-user", "default")
    assert "· Active" in card.shown


async def test_done_by_hand_is_taken_for_done(studio: Studio) -> None:
    """Nothing of it could be seen. Whoever still cannot get in says so again, which is another incident."""
    card, alert = await locked_out(studio)
    await studio.noor.press("I did it by hand", in_=alert)
    await studio.until(lambda: "· Solved" in alert.shown and "Done by hand." in alert.shown)
    await studio.until(lambda: "I cannot get in" in card.buttons)
    await studio.lena.press("I cannot get in", in_=card)
    await studio.until(lambda: len(studio.alerts()) == 2)


async def test_what_ends_meanwhile_is_solved(studio: Studio) -> None:
    """Who gives it back has nothing left to get into; the card says what was seen of that, and no more."""
    card, alert = await locked_out(studio)
    old = list(card.blocks)
    await studio.lena.press("Give back", in_=card)
    await studio.in_time(lambda: "· Ended" in card.shown and not alert.buttons)
    assert "taken out of the directory" in card.shown
    assert "Usher cannot see that: its admins can check." in card.shown
    card.blocks = old
    await studio.lena.press("It works now", in_=card)
    await studio.at_rest()
    assert len(await studio.incidents()) == 1
