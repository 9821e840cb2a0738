"""The requester's card says where the request stands, who decided, and what can be done."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.story import Story
from bot.cards.status import status_card
from bot.cards.words import MARKS, Phase, phase, replaceable, waiting_for
from storage.tables import GrantState, RequestState
from tests.support import cards, stories
from tests.support.stories import LENA, MAYA, NOOR, TOM, granted, story


def shown(one: Story, viewer: str = LENA.id) -> str:
    return cards.seen(status_card(one, viewer_id=viewer).blocks)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pending", "@U0MAYA0001 (your manager) was asked 23 Nov"),
        ("pending", "is due by 26 Nov 2026 at 10:00 UTC"),
        ("pending, two approvers", "@U0NOOR0001 (an admin of ChatGPT) were asked"),
        ("pending, fallback", "(standing in, because nobody else could be asked)"),
        ("pending, nobody to ask", "Nobody can be asked to approve it right now. The admins have been told"),
        ("pending, second stage", "@U0MAYA0001 said yes already."),
        ("pending, second stage", "@U0NOOR0001 (the owner of ChatGPT) was asked"),
        ("denied", "Denied 23 Nov 2026 at 10:00 UTC by @U0MAYA0001:"),
        ("denied", "We have no budget until spring, sorry."),
        ("cancelled", "by you. Nothing was given."),
        ("expired", "Nobody decided by 26 Nov"),
        ("expired", "Ask again any time with `/request-access`"),
        ("approved by the policy", "Approved by the policy: “Everybody may have this”"),
        ("scheduled", "starts 30 Nov 2026"),
        ("granting", "The account is being set up."),
        ("granting by hand", "An admin of Figma sets it up by hand."),
        ("granting, problem", "Something is in the way: Usher cannot change anything in ChatGPT right now."),
        ("waiting", "Every seat is taken right now. The approval holds"),
        ("invited", "to lena@harbour.example."),
        ("invited", "Open the mail from OpenAI (noreply@tm.openai.com) and press Join workspace."),
        ("invited", "The time (30 days) starts to count after that."),
        ("active", "Approved 23 Nov 2026 at 10:12 UTC by @U0MAYA0001."),
        ("active", "lasts until 23 Dec 2026 at 10:12 UTC"),
        ("active, no end", "It has no end date."),
        ("active, in a directory", "It can take up to 40 minutes until ChatGPT lets you in"),
        ("active, in a directory", "press I cannot get in if it takes longer."),
        ("active, locked out", "You cannot get in: the admins have been told what to look at."),
        ("ended in a directory", "It was taken out of the directory by 23 Dec 2026"),
        ("ended in a directory", "Usher cannot see that: its admins can check."),
        ("failed", "The admins have been told."),
        ("ending", "The access is being taken back now."),
        ("ended", "ran out 23 Dec 2026"),
        ("ended with a note", "An admin took it back."),
        ("ended with a note", "The pilot is over."),
        ("ended by an admin", "@U0NOOR0001 took it back."),
        ("pending, extension", "Extension · Member · ChatGPT seat · 30 days"),
        ("pending, extension", "What there is now lasts until 25 Nov 2026 at 10:00 UTC, whatever comes of this."),
        ("extension, approved", "It takes over from what ends 25 Nov 2026 at 10:00 UTC, without a gap."),
        ("extension, approved", "lasts until 25 Dec 2026"),
        ("active, extension pending", "lasts until 23 Dec 2026 at 10:12 UTC"),
        (
            "active, extension pending",
            "An extension is waiting for approval. Until then nothing changes. See its card.",
        ),
        ("active, extended", "It was extended until 22 Jan 2027 at 10:12 UTC. See its card."),
        ("active, extended without end", "It was extended: it has no end date now."),
        ("ended, extended", "The access went on. It was extended until 22 Jan 2027"),
    ],
)
def test_it_tells_what_the_requester_wants_to_know(name: str, says: str) -> None:
    """In each state the card answers: who, why, until when, what next."""
    assert says in shown(stories.stories()[name])


@pytest.mark.parametrize("name", stories.stories())
def test_it_names_the_state(name: str) -> None:
    """The headline and the notification name the state in the same word."""
    one = stories.stories()[name]
    card = status_card(one, viewer_id=LENA.id)
    assert f"{one.application_name} · {phase(one)}" in cards.seen(card.blocks)
    assert card.text.endswith(f": {phase(one)}")


def test_every_state_has_its_word_and_mark() -> None:
    """No state of a request or a grant is without a phase, no phase without a mark."""
    names = {state.name for state in (*RequestState, *GrantState)} - {"APPROVED"}
    assert names == {each.name for each in Phase} == {each.name for each in MARKS}


def test_the_beneficiary_is_spoken_to() -> None:
    """Who gets access that somebody else asked for reads their own words."""
    for_tom: dict[str, Any] = {"beneficiary": TOM, "beneficiary_email": "tom@harbour.example"}
    assert "@U0LENA0001 asked for you: Member · ChatGPT seat · 30 days" in shown(story(**for_tom), TOM.id)
    assert "@U0MAYA0001 (your manager) was asked" in shown(story(**for_tom), TOM.id)
    assert "For @U0TOM00001 · Member" in shown(story(**for_tom), LENA.id)
    assert "@U0MAYA0001 (@U0TOM00001's manager)" in shown(story(**for_tom), LENA.id)
    invited = granted(GrantState.INVITED, grant={"ends_at": None}, **for_tom)
    assert "Open the mail from OpenAI" in shown(invited, TOM.id)
    assert "Open the mail from OpenAI" not in shown(invited, LENA.id)


@pytest.mark.parametrize("name", stories.stories())
@pytest.mark.parametrize("viewer", [LENA, TOM, MAYA])
def test_its_buttons_are_those_that_would_work(name: str, viewer: stories.Who) -> None:
    """Nudge, Cancel request and Answer for the requester while pending, Ask again where nobody decided in time;
    Extend and Give back for both while there is something to; what only the beneficiary can know, for them alone.
    """
    one = stories.stories()[name]
    found = cards.buttons(status_card(one, viewer_id=viewer.id).blocks)
    expected = set()
    if phase(one) is Phase.PENDING and one.unconfirmed and viewer == one.beneficiary:
        expected = {"Yes, please", "No, thanks"}
    if phase(one) is Phase.PENDING and viewer == one.requester:
        expected = {"Cancel request"} | ({"Nudge"} if any(waiting_for(one)) else set())
        expected |= {"Answer"} if one.comments and one.comments[-1].author != viewer else set()
    if phase(one) is Phase.EXPIRED and viewer == one.requester:
        expected = {"Ask again"}
    over = {None, GrantState.ENDING, GrantState.ENDED}
    if viewer in (one.requester, one.beneficiary) and (one.grant.state if one.grant else None) not in over:
        expected = {"Give back"}
        has_end = one.grant is not None and one.grant.state is GrantState.ACTIVE and one.grant.ends_at is not None
        expected |= {"Extend"} if has_end and one.extension is None else set()
        expected |= {"Change"} if replaceable(one) else set()
        if one.by_directory and phase(one) is Phase.ACTIVE and viewer == one.beneficiary:
            expected |= {"It works now" if one.locked_out else "I cannot get in"}
    assert set(found) == expected
    assert all(button["value"] == one.id for button in found.values())
    assert all("confirm" in button for label, button in found.items() if label == "Give back")


@pytest.mark.parametrize(
    ("name", "progress"),
    [
        ("pending", "Request ✓ → Approval … → Invite → Access"),
        ("pending, has access already", "Request ✓ → Approval … → Access"),
        ("scheduled", "Request ✓ → Approval ✓ → Invite … → Access"),
        ("granting", "Request ✓ → Approval ✓ → Invite … → Access"),
        ("granting by hand", "Request ✓ → Approval ✓ → Access …"),
        ("invited", "Request ✓ → Approval ✓ → Invite … → Access"),
    ],
)
def test_it_shows_how_far_it_is(name: str, progress: str) -> None:
    """The way to access stands on one line; nobody is invited where they are already."""
    assert progress in shown(stories.stories()[name])


def test_forty_approvers_are_four_names_and_a_number() -> None:
    """A card stays a card however many were asked."""
    asked = tuple(stories.asked(NOOR, why="users") for _ in range(40))
    assert "and 36 others were asked" in shown(story(asked=asked))
