"""What people are told about seats: approvers what one costs, admins who waits, and the one who waits that they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.access.story import SeatStory
from bot.cards.approval import approval_card
from bot.cards.reminder import reminder
from bot.cards.seat import kept_waiting, seat_card
from sandbox.slack.blocks import check_blocks
from storage.tables import EndReason, GrantState
from tests.support import cards, stories
from tests.support.stories import MAYA, NOOR, granted, seat, story

WAITING = {"Invite anyway", "Keep waiting", "Decline"}


@pytest.mark.parametrize("each", stories.seats().values(), ids=stories.seats())
def test_slack_takes_it_and_buttons_stand_while_it_waits(each: SeatStory) -> None:
    """Afterwards nothing can be pressed that would do nothing."""
    card = seat_card(each)
    assert check_blocks(list(card.blocks), "message") == []
    assert set(cards.buttons(card.blocks)) == (WAITING if each.state is GrantState.WAITING else set())


@pytest.mark.parametrize(
    ("each", "says"),
    [
        (seat(), "20 paid for, 18 in use, 2 promised by open invites, 0 free."),
        (seat(), "adds a seat to the bill until the renewal (8 December 2026)"),
        (seat(before=1), "1 person waits longer and will be served first."),
        (seat(before=2), "2 people wait longer and will be served first."),
        (seat(state=GrantState.INVITED, billed_by=NOOR), "@U0NOOR0001 let a seat be added to the bill."),
        (seat(state=GrantState.ACTIVE), "A seat became free, and they were next in line."),
        (seat(state=GrantState.ENDED, end_reason=EndReason.NO_SEAT), "there is no seat for them now"),
        (seat(state=GrantState.ENDED, end_reason=EndReason.RELEASED), "before a seat was free"),
    ],
)
def test_it_says_what_there_is_and_what_an_answer_means(each: SeatStory, says: str) -> None:
    """Enough to decide about the bill without opening the billing page."""
    assert says in cards.seen(seat_card(each).blocks)


def test_keep_waiting_is_answered() -> None:
    """Nothing changes, so the answer says what will happen by itself."""
    assert "next free seat" in cards.seen(kept_waiting().blocks)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"used": 15}, "3 of 20 ChatGPT seats are free."),
        ({"used": 17}, "1 of 20 ChatGPT seats is free."),
        ({}, "No ChatGPT seat of 20 is free: this will add a seat to the bill, or wait until one is."),
    ],
)
def test_an_approver_reads_what_it_would_cost(changes: dict[str, int], says: str) -> None:
    """Before the decision."""
    left = seat().left
    assert left is not None
    asked = story(seats=replace(left, **changes))
    assert says in cards.seen(approval_card(asked, approver_id=MAYA.id).blocks)


def test_whoever_has_such_a_seat_takes_none() -> None:
    """Then there is nothing to say about seats."""
    asked = story(seats=seat().left, has_now=story().entitlement)
    assert "seat of 20" not in cards.seen(approval_card(asked, approver_id=MAYA.id).blocks)


def test_a_reminder_says_where_to_look_and_until_when() -> None:
    """Once the invite is accepted or gone it says that too."""
    text = cards.seen(reminder(granted(GrantState.INVITED)).blocks)
    assert "lena@harbour.example" in text
    assert "Join workspace" in text
    assert "lapses" in text
    assert "does not wait any more" in cards.seen(reminder(granted(GrantState.ACTIVE)).blocks)
