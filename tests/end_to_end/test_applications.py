"""Usher's admins add applications on the Home tab, see what is missing, and check."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine.health import enqueue_due_checks
from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.reading import button_texts, shown_text
from sandbox.slack.submission import Outcome
from storage.tables import HealthReport
from tests.support.studio import Studio

#: nothing but an application by hand, so that the workspace is free for the one that is added
CATALOG = f"""
policies:
  default: {{approve: [{{manager: any}}], fallback: [app_admins]}}
applications:
  - {{key: figma, name: Figma, owner: {company.NOOR.email}, connector: {{type: manual}}}}
"""


@pytest.fixture
async def studio(database_file: Path) -> AsyncIterator[Studio]:
    async with Studio.open(database_file, catalog=CATALOG) as running:
        yield running


def shown(person: Person) -> str:
    """What somebody's Home tab shows, in one line."""
    return shown_text(person.home.blocks).replace("\n", "") if person.home else ""


async def open_home(studio: Studio, person: Person) -> None:
    await person.open_home()
    await studio.until(lambda: "My access" in shown(person))


async def begin(studio: Studio, person: Person, kind: str) -> None:
    """They press Add application and say what it is."""
    await open_home(studio, person)
    outcome = await person.press("Add application", in_=person.home)
    assert outcome.ok, outcome
    await person.submit({"What do you want to add?": kind})


async def connect_chatgpt(studio: Studio, person: Person, **fields: Any) -> Outcome:
    """They fill in the form about the workspace."""
    return await person.submit(
        {
            "Workspace id": company.CHATGPT_WORKSPACE_ID,
            "Integration account": company.CHATGPT_INTEGRATION_EMAIL,
            "Address": studio.sandbox.chatgpt_url,
            **fields,
        }
    )


async def add_chatgpt(studio: Studio, person: Person) -> Outcome:
    """From the Home tab to the last form, sent."""
    await begin(studio, person, "OpenAI ChatGPT")
    await connect_chatgpt(studio, person)
    return await person.submit(
        {
            "Name": "ChatGPT",
            "Description": "Chat and images",
            "Roles": ["Member", "Admin"],
            "Seat types": ["ChatGPT seat", "Codex seat"],
            "Durations": ["30 days", "7 days"],
            "Owner": "Noor Haddad",
            "Admins": ["Noor Haddad"],
            "Key": "chatgpt-design",
        }
    )


async def test_from_nothing_to_a_seat(studio: Studio) -> None:
    """Added in Slack, its credential handed over in the shell, checked, and asked for by an employee."""
    noor, lena = studio.noor, studio.lena
    outcome = await add_chatgpt(studio, noor)
    assert outcome.ok, outcome
    assert noor.modal is not None
    steps = studio.modal(noor)
    for words in (
        company.CHATGPT_INTEGRATION_EMAIL,
        "Invite member",
        "Owner",
        "Accept the invite in that mailbox",
        "usher secret set chatgpt-design-session",
        "usher catalog export",
    ):
        assert words in steps
    await noor.close()
    assert noor.modal is None

    card = await studio.until(lambda: noor.message("Set-up of ChatGPT"))
    assert "Not checked yet" in card.shown
    await studio.until(lambda: "ChatGPT · Not checked yet" in shown(noor))

    assert (await noor.press("Check", in_=card)).ok
    await studio.until(lambda: "✗ Signed in" in card.shown.replace("\n", ""))
    assert "usher secret set chatgpt-design-session" in card.shown
    await studio.until(lambda: "ChatGPT · Needs you" in shown(noor))

    await studio.usher.secrets.put("chatgpt-design-session", company.CHATGPT_SESSION)
    await noor.press("Check", in_=card)
    await studio.until(lambda: "Set-up of ChatGPT · Works" in card.shown)
    assert "✗" not in card.shown
    for condition in ("Reachable", "Signed in", "Role", "Plan", "Seats"):
        assert f"✓ {condition}" in card.shown.replace("\n", "")
    await studio.until(lambda: "ChatGPT · Works" in shown(noor))
    assert len([one for one in studio.told(noor) if "Set-up of ChatGPT" in one.shown]) == 1

    seat = await studio.ask(lena, "chatgpt-design codex 7d to test")
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "· Invited" in seat.shown)
    added = [line for line in await studio.ledger("catalog.application_added") if line[1] == noor.id]
    assert [data["after"]["key"] for _, _, data in added] == ["chatgpt-design"]


async def test_only_ushers_admins_see_it(studio: Studio) -> None:
    """Nobody else's Home tab has the section, and what they forge is refused and changes nothing."""
    noor, lena = studio.noor, studio.lena
    await open_home(studio, lena)
    assert "Applications" not in shown(lena)
    assert lena.home is not None
    assert button_texts(lena.home.blocks) == ["Request access", "I am going away"]

    await begin(studio, noor, "OpenAI ChatGPT")
    await connect_chatgpt(studio, noor)
    assert noor.modal is not None
    before = await studio.ledger()
    studio.slack.views.open(lena.id, noor.modal.body)
    outcome = await lena.submit({"Name": "Mine"})
    assert outcome.ok, outcome
    assert "Only Usher's admins can do that." in studio.modal(lena)
    assert await studio.ledger() == before

    studio.slack.views.publish(lena.id, noor.home.body if noor.home else {}, expected_hash=None)
    await lena.press("Add application", in_=lena.home)
    assert "Only Usher's admins can do that." in studio.modal(lena)
    await lena.press("Check", in_=lena.home)
    await studio.at_rest()
    assert await reports(studio) == []
    assert await studio.ledger() == before


async def test_somebody_who_is_no_admin_any_more_cannot_finish(studio: Studio) -> None:
    """Who may is decided when the form is sent, not when it was opened."""
    noor = studio.noor
    await begin(studio, noor, "Something else (manual)")
    studio.slack.courier.retry_delays = ()
    address, studio.slack.app.request_url = studio.slack.app.request_url, "http://127.0.0.1:9/"
    await noor.submit({"Name": "Miro"})
    studio.slack.app.request_url = address
    studio.slack.deactivate(noor.id)
    await studio.until(lambda: studio.deliveries("user_change")[-1].status == 200)
    await studio.at_rest()
    before = await studio.ledger()
    [sent] = await studio.slack.courier.again(studio.deliveries("view_submission")[-1])
    assert "Only Usher's admins" in str(sent.answer)
    await studio.at_rest()
    assert await studio.ledger() == before


async def test_what_is_wrong_is_said_under_its_field(studio: Studio) -> None:
    """A workspace id that is none, an address that is none, a key that another application has."""
    noor = studio.noor
    await begin(studio, noor, "OpenAI ChatGPT")
    outcome = await connect_chatgpt(
        studio, noor, **{"Workspace id": "our workspace", "Integration account": "it", "Address": "http://10.0.0.1"}
    )
    assert set(outcome.errors) == {"Workspace id", "Integration account", "Address"}
    assert "is not an id such as" in outcome.errors["Workspace id"]
    assert "is not an e-mail address" in outcome.errors["Integration account"]
    assert "https://" in outcome.errors["Address"]
    await connect_chatgpt(studio, noor)
    outcome = await noor.submit({"Name": "Figma"})
    assert outcome.errors == {"Key": "“figma” is the key of Figma already: write another one."}
    outcome = await noor.submit({"Key": "Figma 2"})
    assert "cannot be a name here" in outcome.errors["Key"]
    outcome = await noor.submit({"Key": "figma-2", "Owner": "Usher"})
    assert "is a bot" in outcome.errors["Owner"]
    assert await studio.ledger("catalog.application_changed") == []


async def test_an_application_by_hand(studio: Studio) -> None:
    """It needs no connection: it can be asked for at once, and its admins get the task cards."""
    noor, lena = studio.noor, studio.lena
    await begin(studio, noor, "Something else (manual)")
    outcome = await noor.submit(
        {
            "Name": "Miro",
            "Instructions": "Add them to the team Design.",
            "Link": "https://miro.example/members",
            "Admins": ["Noor Haddad", "Maya Lindqvist"],
        }
    )
    assert outcome.ok, outcome
    assert "There is nothing to connect." in studio.modal(noor)
    card = await studio.until(lambda: noor.message("Set-up of Miro"))
    assert "Set-up of Miro · Works" in card.shown
    await studio.ask(lena, "miro to draw")
    await studio.approve(studio.maya, lena)
    step = await studio.until(lambda: noor.message("Give Lena Fischer access to Miro"))
    assert "Add them to the team Design." in step.shown


async def test_the_same_submission_twice_adds_one_application(studio: Studio) -> None:
    """Slack may deliver it again: one application, one line in the ledger, one card."""
    noor = studio.noor
    await add_chatgpt(studio, noor)
    await studio.until(lambda: noor.message("Set-up of ChatGPT"))
    await studio.at_rest()
    before = await studio.ledger()
    [again] = await studio.slack.courier.again(studio.deliveries("view_submission")[-1])
    assert again.status == 200
    await studio.at_rest()
    assert await studio.ledger() == before
    assert len([one for one in studio.told(noor) if "Set-up of ChatGPT" in one.shown]) == 1


async def test_the_form_asks_for_what_the_plan_needs(studio: Studio) -> None:
    """On Enterprise there are more ways in, and a key has no integration account; what was typed stays."""
    noor = studio.noor
    await begin(studio, noor, "OpenAI ChatGPT")
    await noor.choose("Workspace id", company.CHATGPT_WORKSPACE_ID)
    assert "Admin API" not in noor.options("How Usher gets in")
    await noor.choose("Plan", "Enterprise or Edu")
    await studio.until(lambda: noor.options("How Usher gets in")[0] == "Admin API")
    assert "Integration account" not in [block.get("label", {}).get("text") for block in noor.modal.blocks]
    assert noor.entered("Workspace id") == company.CHATGPT_WORKSPACE_ID
    outcome = await noor.submit({"Address": studio.sandbox.chatgpt_url})
    assert outcome.ok, outcome
    await noor.submit({"Name": "ChatGPT Enterprise"})
    assert "usher secret set chatgpt-enterprise-admin-key" in studio.modal(noor)


async def test_the_steps_can_be_read_again(studio: Studio) -> None:
    """From the Home tab, also for what the file of the catalogue brought."""
    noor = studio.noor
    await open_home(studio, noor)
    await noor.press("Set-up steps", in_=noor.home)
    assert "Set-up of Figma" in studio.modal(noor)


async def test_what_was_not_checked_for_a_day_is_checked(studio: Studio) -> None:
    """Nobody has to press Check: the clock asks for what is due, and the Home tab shows it."""
    noor = studio.noor
    await add_chatgpt(studio, noor)
    await studio.usher.secrets.put("chatgpt-design-session", company.CHATGPT_SESSION)
    await studio.usher.database.write(enqueue_due_checks)
    await studio.until(lambda: "ChatGPT · Works" in shown(noor))
    await studio.at_rest()
    first = await reports(studio)
    await studio.usher.database.write(enqueue_due_checks)
    await studio.at_rest()
    assert await reports(studio) == first, "what was just checked is not due"
    studio.clock.skip(timedelta(days=1).total_seconds())
    await studio.usher.database.write(enqueue_due_checks)
    await studio.at_rest()
    later = await reports(studio)
    assert [key for key, _ in later] == ["chatgpt-design", "figma"]
    assert all(after > before for (_, before), (_, after) in zip(first, later, strict=True))


async def reports(studio: Studio) -> list[tuple[str, datetime]]:
    """Which applications were checked, and when."""
    async with studio.usher.database.read() as session:
        found = await session.scalars(sa.select(HealthReport).order_by(HealthReport.application))
        return [(report.application, report.checked_at) for report in found]
