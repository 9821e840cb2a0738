"""What admins are told about access that was taken back, and people before it ends."""

from __future__ import annotations

import pytest

from bot.access.story import Story
from bot.cards.notice import notice
from bot.cards.removal import removal_card
from storage.tables import AccountStatus, EndReason, GrantState
from tests.support import cards, stories
from tests.support.stories import NOOR, granted, lost


@pytest.mark.parametrize(
    ("story", "says"),
    [
        (lost(GrantState.ENDING), "What is being removed: Member · ChatGPT seat."),
        (lost(GrantState.ENDING), "It is being taken away now."),
        (lost(GrantState.ENDING, by_hand=True), "An admin of ChatGPT has been asked to take it away by hand."),
        (lost(GrantState.ENDING, problem="ChatGPT is down."), "Something is in the way: ChatGPT is down."),
        (lost(), "What was removed: Member · ChatGPT seat"),
        (
            lost(),
            "ChatGPT were read again 23 Dec 2026 at 10:12 UTC: neither among the members nor among the invites.",
        ),
        (lost(ending={"seen": AccountStatus.MEMBER}), "still a member."),
        (lost(ending={"seen": AccountStatus.MEMBER}), "That was there before Usher"),
        (lost(ending={"seen": AccountStatus.MEMBER}, why=EndReason.REVOKED), "It is there by other access"),
        (lost(by_hand=True, ending={"confirmed_by": NOOR}), "@U0NOOR0001 took it away by hand and confirmed it 23 Dec"),
        (lost(by_directory=True), "Taken out of the directory, which was read again 23 Dec"),
        (lost(by_directory=True), "Usher cannot see that: please look at its members then."),
        (lost(by_hand=True), "Nothing had been set up in ChatGPT yet"),
    ],
)
def test_it_says_what_went_and_how_that_is_known(story: Story, says: str) -> None:
    """First that it is being removed; afterwards what was read, or who did it, or what is in the way."""
    assert says in cards.seen(removal_card([story]).blocks)


def test_nothing_is_said_to_be_gone_before_it_was_seen() -> None:
    """Of two grants one is over: it is still being removed."""
    text = cards.seen(removal_card([lost(), lost(GrantState.ENDING)]).blocks)
    assert "What is being removed" in text
    assert "read again" not in text


def test_who_took_it_back_reads_their_reason() -> None:
    """It is their card: it names the person and the application, and repeats why."""
    story = granted(GrantState.ENDED, grant={"end_reason": EndReason.REVOKED, "end_note": "The pilot is over."})
    card = removal_card([story])
    assert card.text == "You took back ChatGPT · Lena Fischer"
    assert cards.quotes(card.blocks) == ["The pilot is over."]


@pytest.mark.parametrize(
    ("name", "says", "buttons"),
    [
        ("active", "Your access to ChatGPT ends 23 Dec 2026 at 10:12 UTC.", {"Extend"}),
        ("active", "Usher then takes it back by itself.", {"Extend"}),
        ("active, extension pending", "An extension is waiting for approval.", set()),
        ("active, extended", "Your access to ChatGPT goes on.", set()),
        ("active, extended", "It was extended until 22 Jan 2027", set()),
        ("ended", "Your access to ChatGPT has ended.", set()),
        ("ended, extended", "Your access to ChatGPT went on: it was extended.", set()),
    ],
)
def test_the_notice_says_when_and_what_can_be_done(name: str, says: str, buttons: set[str]) -> None:
    """Its button stands there as long as it works."""
    shown = notice(stories.stories()[name])
    assert says in cards.seen(shown.blocks)
    assert set(cards.buttons(shown.blocks)) == buttons
