"""Policies of an organisation: stages, rules, stand-ins, reminders, escalation, and an admin's word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import CATALOG, Studio

KAI = company.Person(
    id="U0KAI00001", name="Kai Berg", email="kai@harbour.example", title="Head of everything", tz="Europe/Oslo"
)
POLICIES = f"""
policies:
  default:
    approve: [{{manager: any}}]
  staged:
    approve:
      - manager: any
      - usergroup: {{all: security}}
  rules:
    approve: [{{manager: any}}]
    rules:
      - name: no end date
        when: {{duration: {{longer_than: 100d}}}}
        deny: Ask for 30 days or less, please
      - name: short ones
        when: {{duration: {{at_most: 2m}}, seat_type: codex}}
        auto_approve: Two minutes hurt nobody
  patient:
    approve: [{{manager: any}}]
    fallback: [{{users: [{company.NOOR.email}]}}]
    decide_within: 6d
    escalate_after: 2d
"""


def labels(person: Person) -> set[str]:
    """The buttons on somebody's Home tab."""
    return set(cards.buttons(person.home.blocks)) if person.home else set()


def catalog() -> str:
    return POLICIES + CATALOG[CATALOG.index("applications:") :].replace("policy: handbook", "policy: default")


def replies(studio: Studio, card: Message) -> list[Message]:
    """What stands in the thread of a card."""
    messages = studio.slack.state.conversations[card.channel].messages.values()
    return [message for message in messages if message.thread_ts == card.ts and message is not card]


async def test_a_user_group_decides_at_the_second_stage(database_file: Path) -> None:
    """Everybody in it is asked after the manager, but nobody about their own wish."""
    async with Studio.open(database_file, policy="staged", catalog=catalog()) as studio:
        card = await studio.ask(studio.tom)
        await studio.approve(studio.maya, studio.tom)
        asked = await studio.asked(studio.noor, studio.tom)
        assert "You are asked because you are in a group that approves ChatGPT." in cards.seen(asked.blocks)
        assert "Step 2 of 2" in asked.shown
        assert [approval for approval in studio.told(studio.tom) if "asks for" in approval.shown] == []
        await studio.noor.press("Approve", in_=asked)
        await studio.until(lambda: "· Invited" in card.shown)


async def test_a_rule_denies_and_another_approves(database_file: Path) -> None:
    """The requester reads why; the rule stands on the card and in the ledger."""
    async with Studio.open(database_file, policy="rules", catalog=catalog()) as studio:
        await studio.submit(studio.lena, "chatgpt codex unlimited to stay")
        denied = await studio.until(lambda: next(one for one in studio.told(studio.lena) if "· Denied" in one.shown))
        assert "Ask for 30 days or less, please" in denied.shown
        assert "Rule “no end date”: it has no end date" in denied.shown
        assert studio.told(studio.maya) == []
        await studio.submit(studio.lena, "chatgpt codex 2m to try")
        await studio.until(lambda: any("Two minutes hurt nobody" in one.shown for one in studio.told(studio.lena)))
        [first, second] = await studio.ledger("request.submitted")
        assert (first[2]["rule"], second[2]["rule"]) == ("no end date", "short ones")
        assert second[2]["because"] == ["the seat type is codex", "it is for 2 minutes"]


async def test_while_maya_is_away_somebody_stands_in(database_file: Path) -> None:
    """The stand-in is asked, told for whom, and named on every card; when she is back she is asked again."""
    async with Studio.open(database_file, newcomers=[KAI], catalog=catalog()) as studio:
        kai = studio.slack.person(KAI.id)
        await studio.maya.open_home()
        await studio.until(lambda: "I am going away" in labels(studio.maya))
        await studio.maya.press("I am going away", in_=studio.maya.home)
        wrong = await studio.maya.submit({"Who decides for me": studio.maya.name, "Last day": "2030-01-01"})
        assert "That is you" in str(wrong.errors)
        day = (studio.clock.now() + timedelta(days=3)).date().isoformat()
        assert (await studio.maya.submit({"Who decides for me": kai.name, "Last day": day})).closed
        card = await studio.ask(studio.lena)
        asked = await studio.asked(kai, studio.lena)
        assert "You are asked because you are standing in for @U0MAYA0001, who is away." in cards.seen(asked.blocks)
        stand_in = "@U0KAI00001 (standing in for @U0MAYA0001, who is away) was asked"
        await studio.until(lambda: stand_in in cards.seen(card.blocks))
        await kai.press("Approve", in_=asked)
        await studio.until(lambda: "by @U0KAI00001 for @U0MAYA0001." in cards.seen(card.blocks))
        [(_, actor, vote)] = await studio.ledger("request.vote")
        assert (actor, vote["on_behalf_of"]) == (KAI.id, company.MAYA.id)
        await studio.maya.open_home()
        await studio.until(lambda: "I am back" in labels(studio.maya))
        await studio.maya.press("I am back", in_=studio.maya.home)
        await studio.submit(studio.tom)
        await studio.asked(studio.maya, studio.tom)


async def test_who_does_not_answer_is_reminded_and_then_somebody_else_is_asked(database_file: Path) -> None:
    """After a day in their daytime, under the card; after two the fallback can decide too; after six it is over, and
    can be asked again with one press.
    """
    async with Studio.open(database_file, policy="patient", catalog=catalog()) as studio:
        card = await studio.ask(studio.lena)
        asked = await studio.asked(studio.maya, studio.lena)
        await studio.in_time(lambda: replies(studio, asked), within=timedelta(days=2))
        [reminded] = replies(studio, asked)
        assert "Still waiting for you" in reminded.shown
        await studio.until(lambda: "Reminded" in asked.shown)
        escalated = await studio.in_time(
            lambda: next(one for one in studio.told(studio.noor) if "Approve" in one.buttons), within=timedelta(days=2)
        )
        assert "stepping in, because nobody has answered yet" in cards.seen(escalated.blocks)
        assert "Approve" in asked.buttons
        await studio.in_time(lambda: "· Expired" in card.shown, within=timedelta(days=6))
        await studio.until(lambda: asked.buttons == escalated.buttons == [])
        assert (await studio.lena.press("Ask again", in_=card)).ok
        assert (await studio.lena.press("Ask again", in_=card)).ok
        await studio.asked(studio.maya, studio.lena)
        assert len(await studio.requests()) == 2


async def test_a_nudge_once_a_day(database_file: Path) -> None:
    """The approver hears of it in their daytime; a second press is told when it is possible again."""
    async with Studio.open(database_file, policy="patient", catalog=catalog()) as studio:
        card = await studio.ask(studio.lena)
        asked = await studio.asked(studio.maya, studio.lena)
        assert (await studio.lena.press("Nudge", in_=card)).ok
        await studio.in_time(lambda: replies(studio, asked), within=timedelta(hours=20))
        assert "@U0LENA0001 asks you to take a look" in cards.seen(replies(studio, asked)[0].blocks)
        await studio.until(lambda: "They were asked to take a look" in cards.seen(card.blocks))
        await studio.lena.press("Nudge", in_=card)
        assert "less than a day ago" in studio.answers(studio.lena)[-1]


async def test_an_admin_decides_for_somebody_absent(database_file: Path) -> None:
    """From the list of all requests, with a reason; marked as such everywhere."""
    async with Studio.open(database_file, catalog=catalog()) as studio:
        card = await studio.ask(studio.lena)
        asked = await studio.asked(studio.maya, studio.lena)
        await studio.noor.open_home()
        await studio.until(lambda: "All requests" in labels(studio.noor))
        await studio.noor.press("All requests", in_=studio.noor.home)
        await studio.noor.press("Open")
        await studio.noor.press("Decide for them")
        assert "Everybody concerned reads this." in studio.modal(studio.noor)
        outcome = await studio.noor.submit({"Decision": "Approve", "Reason": "Maya is on a boat"})
        assert outcome.ok, outcome
        await studio.until(lambda: "Invited" in card.shown)
        assert "by @U0NOOR0001 as an admin" in cards.seen(card.blocks)
        assert "Maya is on a boat" in card.shown
        await studio.until(lambda: asked.buttons == [] and "by @U0NOOR0001 as an admin" in cards.seen(asked.blocks))
        [(_, actor, line)] = await studio.ledger("request.overridden")
        assert (actor, line["instead_of"], line["reason"]) == (company.NOOR.id, [company.MAYA.id], "Maya is on a boat")
