"""The approver's card: enough to decide, and no button once their word is not wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.access.desired import Entitlement
from bot.cards import actions
from bot.cards.approval import approval_card, deny_form
from bot.cards.reason_form import read_reason
from storage.tables import AccountStatus, Decision
from tests.support import cards, stories
from tests.support.stories import LENA, MAYA, NOOR, NOW, TOM, asked, story


def shown(one: stories.Story, approver: str = MAYA.id) -> str:
    return cards.seen(approval_card(one, approver_id=approver).blocks)


def labels(one: stories.Story, approver: str = MAYA.id) -> list[str]:
    return list(cards.buttons(approval_card(one, approver_id=approver).blocks))


def test_it_says_who_asks_for_what_and_why_this_person_is_asked() -> None:
    """Everything that a decision needs stands on the card."""
    text = shown(stories.stories()["pending, for somebody else"])
    assert "Lena Fischer asks for ChatGPT" in text
    assert "For @U0TOM00001 · Member · ChatGPT seat · 30 days" in text
    assert stories.REASON in text
    assert "You are asked because you are @U0TOM00001's manager." in text
    assert "@U0TOM00001 has no access to ChatGPT yet." in text
    assert "decide by 26 Nov 2026 at 10:00 UTC" in text


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("manager", "you are @U0LENA0001's manager"),
        ("app_admins", "you are an admin of ChatGPT"),
        ("owner", "you are the owner of ChatGPT"),
        ("users", "you are named as an approver for ChatGPT"),
        ("fallback", "you are standing in, because nobody else could be asked"),
    ],
)
def test_it_says_why_them_for_every_kind_of_approver(why: str, says: str) -> None:
    """Nobody wonders why they are asked."""
    assert says in shown(story(asked=(asked(why=why),)))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (AccountStatus.MEMBER, "@U0LENA0001 has access to ChatGPT already: Admin · Codex seat."),
        (AccountStatus.INVITED, "@U0LENA0001 has an open invite to ChatGPT: Admin · Codex seat."),
    ],
)
def test_it_says_what_the_beneficiary_has_already(status: AccountStatus, says: str) -> None:
    """A change of what somebody has is not mistaken for something new."""
    assert says in shown(story(has_now=Entitlement(role="admin", seat_type="codex"), has_status=status))


def test_the_buttons_are_approve_and_deny_and_a_question() -> None:
    """Labelled exactly so; each carries the request's id and nothing else."""
    one = story()
    found = cards.buttons(approval_card(one, approver_id=MAYA.id).blocks)
    assert {label: (button["action_id"], button["value"]) for label, button in found.items()} == {
        "Approve": (actions.APPROVE, f"{one.id}/0"),
        "Deny": (actions.DENY, f"{one.id}/0"),
        "Ask a question": (actions.ASK, f"{one.id}/0"),
    }
    assert found["Approve"]["style"] == "primary"


def decided(decision: Decision) -> tuple[stories.Asked, ...]:
    return (asked(decision=decision, decided_at=NOW), asked(NOOR, why="app_admins"))


@pytest.mark.parametrize(
    "one",
    [each for name, each in stories.stories().items() if not name.startswith("pending")],
    ids=[name for name in stories.stories() if not name.startswith("pending")],
)
@pytest.mark.parametrize("approver", [MAYA.id, NOOR.id])
def test_a_decided_card_has_no_buttons_for_anybody(one: stories.Story, approver: str) -> None:
    """Also not on the copy of an approver who never answered."""
    assert labels(replace(one, asked=(*one.asked, asked(NOOR))), approver) == []


def test_who_has_answered_is_not_asked_again() -> None:
    """While all must agree, the buttons stand with those whose word is missing."""
    one = story(asked=decided(Decision.APPROVED))
    assert labels(one, MAYA.id) == []
    assert "You said yes already." in shown(one, MAYA.id)
    assert labels(one, NOOR.id) == ["Approve", "Deny", "Ask a question"]
    assert "@U0MAYA0001 said yes already." in shown(one, NOOR.id)


def test_buttons_stand_only_with_the_stage_that_decides_now() -> None:
    """An approver of an earlier stage has nothing to press."""
    one = story(asked=(asked(), asked(NOOR, why="owner", stage=1)), stage=1, stages=2)
    assert labels(one, MAYA.id) == []
    assert labels(one, NOOR.id) == ["Approve", "Deny", "Ask a question"]
    assert "Step 2 of 2" in shown(one, NOOR.id)


@pytest.mark.parametrize("person", [LENA, TOM])
def test_nobody_gets_buttons_for_their_own_access(person: stories.Who) -> None:
    """Not as requester and not as beneficiary, even if they stand among the approvers."""
    one = story(beneficiary=TOM, asked=(asked(person),))
    assert labels(one, person.id) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("approved", "Lena Fischer asks for ChatGPT · Approved"),
        ("approved", "Approved 23 Nov 2026 at 10:12 UTC by you."),
        ("denied", "Denied 23 Nov 2026 at 10:00 UTC by you:"),
        ("denied", "We have no budget until spring, sorry."),
        ("cancelled", "Cancelled 23 Nov 2026 at 10:00 UTC by @U0LENA0001"),
        ("expired", "Nobody decided by 26 Nov"),
    ],
)
def test_it_says_afterwards_who_decided_when_and_why(name: str, says: str) -> None:
    """The card remains as a record."""
    assert says in shown(stories.stories()[name])


def test_the_form_asks_why_and_says_who_will_read_it() -> None:
    """A denial has a reason, and its writer knows its readers."""
    form = deny_form(stories.stories()["pending, for somebody else"])
    assert (form["callback_id"], form["private_metadata"]) == (actions.DENY_FORM, f"{story().id}/0")
    assert "Lena Fischer and Tom Okafor will read this." in cards.seen(form["blocks"])
    [block] = [block for block in form["blocks"] if block["type"] == "input"]
    assert block["label"]["text"] == "Reason"
    values = {block["block_id"]: {block["element"]["action_id"]: {"value": " no budget\n"}}}
    assert read_reason(values) == "no budget"
    assert read_reason({}) == ""
