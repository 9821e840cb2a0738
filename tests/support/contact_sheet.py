"""Every card on one wall: posts them to a running sandbox and photographs its page.

`python -m tests.support.contact_sheet FOLDER` writes a picture of each kind of card, modal and Home tab there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.lists import ListName, Look, Sheet
from bot.access.paging import Turn
from bot.access.refusals import Refusal, Refused
from bot.cards.applications import set_up_card, steps_view
from bot.cards.approval import approval_card, deny_form, what_is_asked
from bot.cards.batch import batch_card
from bot.cards.change_form import change_form
from bot.cards.comments import answer_form, comment_reply, question_form
from bot.cards.content import JSON, Content
from bot.cards.emergency import emergency_card
from bot.cards.form import Draft, extension_form, request_form
from bot.cards.home import home_view
from bot.cards.incident import incident_card
from bot.cards.lists import list_view
from bot.cards.looked_after import revoke_form
from bot.cards.notice import notice
from bot.cards.refusals import refusal
from bot.cards.reminder import reminder
from bot.cards.removal import removal_card
from bot.cards.replacing import replacement_form
from bot.cards.seat import seat_card
from bot.cards.set_up_forms import Connection, chatgpt_form, kind_form
from bot.cards.status import status_card
from bot.cards.step import could_not_form, step_card
from bot.cards.texts import help_text, not_understood, status_list
from bot.cards.told import Milestone, told
from sandbox import company
from sandbox.server import Sandbox
from sandbox.slack.faults import RateLimit
from storage.tables import GrantState
from tests.support import stories as sample

_PER_PICTURE = 6


def messages() -> Iterator[tuple[str, str, Content]]:
    """Every message: the kind of card, who gets it, and what it shows."""
    all_stories = sample.stories()
    for one in all_stories.values():
        yield "status", one.requester.id, status_card(one, viewer_id=one.requester.id)
    for name in ("pending, for somebody else", "invited, for somebody else", "active, for somebody else"):
        yield "status-beneficiary", company.TOM.id, status_card(all_stories[name], viewer_id=company.TOM.id)
    for one in all_stories.values():
        yield "approval", company.MAYA.id, approval_card(one, approver_id=company.MAYA.id)
    loud = sample.story(reason="<!channel> *now* :tada: `rm -rf`\n\n> a & b <script>\n" + "really 😀 " * 40)
    yield "loud", company.MAYA.id, approval_card(loud, approver_id=company.MAYA.id)
    for incident in sample.incidents().values():
        yield "incident", company.NOOR.id, incident_card(incident)
    for application in sample.applications().values():
        yield "set-up", company.NOOR.id, set_up_card(application, catalog_in_file=False)
    for step in sample.steps().values():
        yield "step", company.NOOR.id, step_card(step, viewer_id=company.NOOR.id)
    yield from _seats()
    yield from _before_and_after_the_end()
    for one in all_stories.values():
        for event in Milestone:
            reply = told(one, event)
            if reply:
                yield "told", company.LENA.id, reply
    for said in sample.talked_about()["pending, much talked about"].comments:
        yield "comment", company.LENA.id, comment_reply(sample.story(), said, reader_id=company.LENA.id)
    yield from _for_others()
    yield from _refusals()
    yield "texts", company.LENA.id, status_list(list(all_stories.values()), sample.NOW)
    yield "texts", company.LENA.id, status_list([], sample.NOW)
    yield "texts", company.LENA.id, help_text()
    yield "texts", company.LENA.id, not_understood("chatgtp please", sample.choices())


def _for_others() -> Iterator[tuple[str, str, Content]]:
    """Several people at once, somebody who has to agree, and what admins hear of emergencies."""
    for batch in sample.batches().values():
        yield "batch", company.MAYA.id, batch_card(batch)
    for emergency in sample.emergencies().values():
        yield "emergency", company.NOOR.id, emergency_card(emergency)
    asks = sample.to_be_confirmed()["pending, to be confirmed"]
    yield "status-beneficiary", company.TOM.id, status_card(asks, viewer_id=company.TOM.id)


def _refusals() -> Iterator[tuple[str, str, Content]]:
    for code in Refusal:
        refused = Refused(code, who=company.MAYA.id, permalink="https://harbour.slack.example/archives/D1/p1")
        yield "refusals", company.LENA.id, refusal(refused, reader_id=company.LENA.id)


def _before_and_after_the_end() -> Iterator[tuple[str, str, Content]]:
    """Before access ends, and when it was taken back."""
    for name in ("active", "active, extension pending", "active, extended", "ended"):
        yield "notice", company.LENA.id, notice(sample.stories()[name])
    for removed in sample.removed().values():
        yield "removal", company.NOOR.id, removal_card([removed])


def _seats() -> Iterator[tuple[str, str, Content]]:
    """About seats and invites."""
    for each in sample.seats().values():
        yield "seat", company.NOOR.id, seat_card(each)
    asked = sample.story(seats=sample.seat().left)
    yield "seat-approval", company.MAYA.id, approval_card(asked, approver_id=company.MAYA.id)
    for state in (GrantState.INVITED, GrantState.ACTIVE):
        yield "reminder", company.LENA.id, reminder(sample.granted(state))


def modals() -> Mapping[str, JSON]:
    """Every modal."""
    choices = sample.choices()
    return {
        "form-blank": request_form(choices, Draft()),
        "form-chatgpt": request_form(choices, Draft(application="chatgpt", seat_type="codex")),
        "form-figma": request_form(choices, Draft(application="figma", reason="To look at the mock-ups")),
        "form-codex": request_form(choices, Draft(application="codex")),
        "form-everything": request_form(
            [replace(choices[0], emergency=4 * 3600)],
            Draft(people=(company.LENA.id, company.TOM.id), start=sample.NOW.date(), emergency=True),
        ),
        "form-replacement": replacement_form(sample.granted(), choices[0]),
        "form-extension": extension_form(sample.granted(), choices[0]),
        "list-team": list_view(
            Sheet(
                look=Look(name=ListName.TEAM),
                items=tuple(sample.extended().values())[2:5],
                previous=None,
                next=Turn(after="x"),
            ),
            reader_id=sample.MAYA.id,
            now=sample.NOW,
        ),
        "revoke": revoke_form(sample.granted()),
        "form-empty": request_form((), Draft()),
        "changes": change_form(sample.story(), sample.LEEWAY),
        "question": question_form(sample.story(), intro=what_is_asked(sample.story())),
        "answer": answer_form(sample.story(), sample.comment()),
        "deny": deny_form(sample.stories()["pending, for somebody else"]),
        "could-not": could_not_form(sample.step()),
        "set-up-kind": kind_form(catalog_in_file=True),
        "set-up-business": chatgpt_form(Connection(plan="business", way="session")),
        "set-up-enterprise": chatgpt_form(Connection(plan="enterprise", way="scim")),
        "set-up-steps": steps_view(sample.application(findings=()), catalog_in_file=True),
    }


async def photograph(folder: Path) -> None:
    """Takes all pictures."""
    async with async_playwright() as playwright, Sandbox.start() as sandbox:
        sandbox.slack.rate_limit = RateLimit(per_second=1000, burst=1000)
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        client = AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=sandbox.slack_api_url)
        wall = _Wall(sandbox, client, browser, folder)
        for kind in dict.fromkeys(kind for kind, _, _ in messages()):
            chosen = [(who, content) for each, who, content in messages() if each == kind]
            for first in range(0, len(chosen), _PER_PICTURE):
                await wall.messages(f"{kind}-{first // _PER_PICTURE}", chosen[first : first + _PER_PICTURE])
        for name, home in sample.homes().items():
            await wall.home(name, home.who.id, home_view(home))
        for name, view in modals().items():
            await wall.modal(name, view)
        await browser.close()


@dataclass(frozen=True, slots=True)
class _Wall:
    sandbox: Sandbox
    client: AsyncWebClient
    browser: Browser
    folder: Path

    async def messages(self, name: str, chosen: Sequence[tuple[str, Content]]) -> None:
        """A conversation with nothing but these cards."""
        reader = chosen[0][0]
        self.sandbox.slack.state.dm(reader).messages.clear()
        for who, content in chosen:
            opened = await self.client.conversations_open(users=who)
            channel = opened["channel"]["id"]
            await self.client.chat_postMessage(channel=channel, text=content.text, blocks=list(content.blocks))
        await self._photograph(name, reader, height=300 + 260 * len(chosen))

    async def home(self, name: str, who: str, view: JSON) -> None:
        """One person's Home tab."""
        await self.client.views_publish(user_id=who, view=view)
        await self._photograph(f"home-{name}", who, where="/home", height=max(700, 60 * len(view["blocks"])))

    async def modal(self, name: str, view: JSON) -> None:
        """A modal over Lena's conversation."""
        trigger = self.sandbox.slack.views.new_trigger(company.LENA.id)
        await self.client.views_open(trigger_id=trigger, view=view)
        await self._photograph(name, company.LENA.id, height=1000)
        self.sandbox.slack.views.clear(company.LENA.id)

    async def _photograph(self, name: str, who: str, *, height: int, where: str = "") -> None:
        page = await self.browser.new_page(viewport={"width": 1280, "height": height})
        await page.goto(f"{self.sandbox.url}/#{company.person(who).name.split()[0].lower()}{where}")
        await page.wait_for_timeout(800)
        await page.screenshot(path=self.folder / f"{name}.png", clip={"x": 268, "y": 0, "width": 664, "height": height})
        await page.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(photograph(target))
