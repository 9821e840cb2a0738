"""Slack takes every card, whatever people wrote, and interprets nothing of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.access.desired import Entitlement
from bot.access.history import TOLD, Happening
from bot.access.lists import Item, ListName, Look, Sheet
from bot.access.paging import PAGE, Turn
from bot.access.refusals import Refusal, Refused
from bot.access.story import Choice, HomeStory, IncidentStory, StepStory, Story, Who
from bot.cards.approval import approval_card, deny_form
from bot.cards.batch import batch_card
from bot.cards.comments import comment_reply
from bot.cards.content import Content
from bot.cards.emergency import emergency_card
from bot.cards.form import Draft, extension_form, request_form
from bot.cards.home import home_view
from bot.cards.incident import incident_card
from bot.cards.lists import list_view
from bot.cards.looked_after import revoke_form
from bot.cards.notice import notice
from bot.cards.refusals import refusal
from bot.cards.removal import removal_card
from bot.cards.replacing import replacement_form
from bot.cards.request_detail import request_view
from bot.cards.status import status_card
from bot.cards.step import could_not_form, step_card
from bot.cards.texts import help_text, not_understood, status_list
from bot.cards.told import Milestone, told
from sandbox.slack import limits
from sandbox.slack.blocks import check_blocks, check_view, text_length
from storage.tables import EndReason, GrantState, RequestState
from tests.support import cards, stories

HOSTILE = (
    "<!channel>", "<!here|@all>", "<@U0LENA0001>", "<https://evil.example|ok>", "*", "_", "~", "`", "```", ":tada:",
    "&", "&lt;", "\n", "\r\n", "\t", "\u200b", "\u200d", "\u202e", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "é", "\x00", "\x07",
)  # fmt: skip
#: stands in everything that others wrote
CANARY = "CANARY"

nasty = st.lists(st.sampled_from(HOSTILE) | st.characters(codec="utf-8"), max_size=120).map("".join)
names = st.builds(lambda front, back: f"{front}{CANARY}{back}", nasty, nasty)
reasons = st.builds(lambda text, times: (CANARY + text * times)[:3000], nasty, st.integers(1, 200))


def spoil(story: Story, name: str, reason: str) -> Story:
    """The same request in a company of hostile texts."""

    def who(person: Who) -> Who:
        return replace(person, name=name)

    return replace(
        story,
        application_name=name,
        requester=who(story.requester),
        beneficiary=who(story.beneficiary),
        beneficiary_email=f"{name}@example.com",
        entitlement=Entitlement(role=name, seat_type=name),
        reason=reason,
        decided_by=who(story.decided_by) if story.decided_by else None,
        decision_reason=reason if story.decision_reason else None,
        auto_approved=reason if story.auto_approved else None,
        asked=tuple(replace(one, who=who(one.who), reason=reason) for one in story.asked) * 40,
        grant=replace(story.grant, end_note=reason) if story.grant else None,
        has_now=Entitlement(role=name, seat_type=name) if story.has_now else None,
        problem=reason if story.problem else None,
        comments=tuple(replace(one, author=who(one.author), text=reason) for one in story.comments),
        granted=replace(story.granted, entitlement=Entitlement(role=name, seat_type=reason)) if story.granted else None,
    )


def request_cards(story: Story) -> Iterator[Content]:
    """Every message about a request."""
    for reader in (story.requester.id, story.beneficiary.id):
        yield status_card(story, viewer_id=reader)
        yield from filter(None, (told(story, event, viewer_id=reader) for event in Milestone))
    if story.grant is not None and story.grant.ends_at is not None:
        yield notice(story)
    if story.grant is not None and story.grant.ending is not None:
        yield removal_card([story] * 12)
    for approver in (stories.MAYA.id, stories.NOOR.id, story.requester.id):
        yield approval_card(story, approver_id=approver)
        yield from (comment_reply(story, one, reader_id=approver) for one in story.comments)
    yield status_list([story] * 30, stories.NOW)


def other_cards() -> Iterator[Content]:
    """Every message about something else."""
    yield from (incident_card(each) for each in stories.incidents().values())
    yield from (step_card(each, viewer_id=stories.NOOR.id) for each in stories.steps().values())
    for code in Refusal:
        yield refusal(Refused(code, who=stories.MAYA.id, permalink="https://a.example/p1"), reader_id=stories.LENA.id)
    yield from (batch_card(each) for each in stories.batches().values())
    yield from (emergency_card(each) for each in stories.emergencies().values())
    yield from (help_text(), not_understood("chatgtp"), not_understood("chatgtp", stories.choices()))
    yield status_list([], stories.NOW)


def assert_fine(content: Content) -> None:
    """Slack takes it, nothing that others wrote is interpreted, and no id is to be seen."""
    blocks = list(content.blocks)
    assert check_blocks(blocks, "message") == []
    assert text_length(blocks) <= limits.BLOCK_TEXT_IN_MESSAGE
    assert 0 < len(content.text) <= limits.UPDATED_MESSAGE_TEXT
    assert not re.search(r"[<>]", content.text)
    assert_nothing_interpreted(blocks)


def assert_nothing_interpreted(blocks: list[Any]) -> None:
    """No foreign text and no id stands where Slack would read it as markup."""
    for text in cards.mrkdwn(blocks):
        assert CANARY not in text
        assert not re.search(r"[<>]", re.sub(r"<!date\^\d+\^[^<>|^]+\|[^<>|^]+>", "", text))
    visible = re.sub(r"@U0\w+", "", cards.seen(blocks))
    assert "U0LENA" not in visible.replace("<@U0LENA0001>", "")
    assert "0199a0c4" not in visible


@pytest.mark.parametrize("name", stories.stories())
def test_slack_takes_the_cards_of_a_request_in_every_state(name: str) -> None:
    """Each state of a request has cards that Slack takes."""
    for content in request_cards(stories.stories()[name]):
        assert_fine(content)


def test_slack_takes_all_other_cards() -> None:
    """So do incidents, steps and short answers."""
    for content in other_cards():
        assert_fine(content)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.sampled_from(list(stories.stories().values())), name=names, reason=reasons)
def test_hostile_texts_break_no_request_card(story: Story, name: str, reason: str) -> None:
    """Names, reasons and words from outside are shown as text, within Slack's limits, with forty approvers."""
    for content in request_cards(spoil(story, name, reason)):
        assert_fine(content)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    incident=st.sampled_from(list(stories.incidents().values())),
    step=st.sampled_from(list(stories.steps().values())),
    name=names,
    reason=reasons,
)
def test_hostile_texts_break_no_admin_card(incident: IncidentStory, step: StepStory, name: str, reason: str) -> None:
    """What providers, catalogues and admins wrote is text as well."""
    who = Who(id="U0LENA0001", name=name)
    assert_fine(
        incident_card(
            replace(
                incident,
                application_name=name,
                explanation=reason,
                remedy=reason,
                note=reason if incident.note else None,
                waiting=(who,) * 8,
                waiting_total=40,
            )
        )
    )
    spoiled = replace(
        step,
        application_name=name,
        beneficiary=who,
        wanted=Entitlement(role=name, seat_type=name) if step.wanted else None,
        request_reason=reason,
        instructions=reason,
        reason=reason if step.reason else None,
    )
    assert_fine(step_card(spoiled, viewer_id="U0NOOR0001"))
    assert check_view(could_not_form(spoiled), "modal") == []


def sheets(name: str, reason: str) -> Iterator[Sheet]:
    """A full page of every list, in a company of hostile texts, narrowed in every way and with pages around it."""
    story = spoil(stories.story(), name, reason)
    granted = spoil(stories.granted(), name, reason)
    who = Who(id="U0LENA0001", name=name)
    item: dict[ListName, Item] = {
        **dict.fromkeys(ListName, granted),
        ListName.TO_DECIDE: story,
        ListName.MY_REQUESTS: story,
        ListName.SEATS: stories.seat(
            application_name=name, beneficiary=who, entitlement=Entitlement(role=name, seat_type=name), reason=reason
        ),
        ListName.INCIDENTS: stories.incident(
            application_name=name, explanation=reason, remedy=reason, note=reason, waiting=(who,) * 8, waiting_total=40
        ),
        ListName.APPLICATIONS: stories.application(name=name, outage=reason),
    }
    for each in ListName:
        look = Look(name=each, person_id="U0LENA0001", application="a" * 75, state=RequestState.PENDING)
        yield Sheet(
            look=look,
            items=(item[each],) * PAGE,
            previous=Turn(before="0199a0c4-7e52"),
            next=Turn(after="0199a0c4-7e52"),
            application_name=name,
        )


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(name=names, reason=reasons)
def test_hostile_texts_break_no_view(name: str, reason: str) -> None:
    """Modals and the Home tab take them, too."""
    story = spoil(stories.story(), name, reason)
    assert check_view(deny_form(story), "modal") == []
    assert check_view(extension_form(spoil(stories.granted(), name, reason), stories.choices()[0]), "modal") == []
    assert check_view(replacement_form(spoil(stories.granted(), name, reason), stories.choices()[0]), "modal") == []
    assert check_view(revoke_form(spoil(stories.granted(), name, reason)), "modal") == []
    for sheet in sheets(name, reason):
        found = list_view(sheet, reader_id="U0MAYA0001", now=stories.NOW)
        assert check_view(found, "modal") == []
        assert len(json.dumps(found)) <= limits.VIEW_BYTES
        assert_nothing_interpreted(found["blocks"])
    asked = spoil(stories.granted(GrantState.ENDED, grant={"end_reason": EndReason.REVOKED}), name, reason)
    happened = Happening(at=stories.NOW, event=f"grant.{name}", by=asked.requester, from_shell=False, decision=None)
    detail = request_view(asked, [happened] * TOLD, viewer_id="U0NOOR0001")
    assert check_view(detail, "modal") == []
    assert len(json.dumps(detail)) <= limits.VIEW_BYTES
    assert_nothing_interpreted(detail["blocks"])
    view = home_view(stories.home(who=Who(id="U0MAYA0001", name=name), access=(story,), to_decide=(story,)))
    assert check_view(view, "home") == []
    assert_nothing_interpreted(view["blocks"])
    choice = Choice(
        key="k", name=name, description=reason[:500], roles=(name[:75], "b"), seat_types=("x",), durations=(1, None)
    )
    form = request_form((choice,), Draft(application="k", reason=reason))
    assert check_view(form, "modal") == []
    assert_nothing_interpreted(form["blocks"])


@pytest.mark.parametrize("home", stories.homes().values(), ids=stories.homes())
def test_slack_takes_every_home_tab(home: HomeStory) -> None:
    """However much there is, a Home tab stays within Slack's 100 blocks."""
    assert check_view(home_view(home), "home") == []


@pytest.mark.parametrize("reason", ["<!channel> *now* :tada: `rm`\n\n> really & truly", "😀" * 3000, "x" * 3000])
def test_the_approver_reads_the_reason_as_it_was_written(reason: str) -> None:
    """All 3,000 characters of a reason stand on the card that is to be decided."""
    card = approval_card(stories.story(reason=reason), approver_id=stories.MAYA.id)
    assert cards.quotes(card.blocks) == [reason]


def test_the_same_content_has_the_same_hash() -> None:
    """A card is edited only when it shows something else."""
    first = status_card(stories.story(), viewer_id=stories.LENA.id)
    assert first.hash == status_card(stories.story(), viewer_id=stories.LENA.id).hash
    assert first.hash != status_card(stories.approved(), viewer_id=stories.LENA.id).hash
    assert re.fullmatch(r"[0-9a-f]{64}", first.hash)
