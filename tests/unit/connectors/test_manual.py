"""The manual connector: it tells a human what to do, and claims nothing."""

from __future__ import annotations

import pytest

from bot.access.desired import Entitlement
from bot.connectors.config import Manual
from bot.connectors.contract import ByHand, CancelInvite, Change, Invite, Remove, Resend, SetRole, SetSeatType
from bot.connectors.manual import ManualConnector

ADA = "ada@example.com"
NOTHING = Entitlement(role="", seat_type="")
FULL = Entitlement(role="admin", seat_type="full")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Invite(email=ADA, entitlement=NOTHING, key="k"), "Give ada@example.com access."),
        (
            Invite(email=ADA, entitlement=FULL, key="k"),
            "Give ada@example.com access with role admin and seat type full.",
        ),
        (Resend(email=ADA, entitlement=NOTHING), "Send ada@example.com the invite again."),
        (CancelInvite(email=ADA, provider_id=None), "Take back the invite of ada@example.com."),
        (SetRole(email=ADA, provider_id="1", role="admin"), "Give ada@example.com the role admin."),
        (
            SetSeatType(email=ADA, provider_id="1", seat_type="full", key="k"),
            "Put ada@example.com on a seat of the type full.",
        ),
        (Remove(email=ADA, provider_id="1"), "Take the access of ada@example.com away."),
    ],
)
async def test_every_change_becomes_steps_in_words(change: Change, sentence: str) -> None:
    """The change, what the catalogue adds to it, and where to do it."""
    config = Manual(type="manual", instructions="Open People.", link="https://figma.example/people")
    with pytest.raises(ByHand) as stopped:
        await ManualConnector(config).apply(change)
    assert stopped.value.explanation == f"{sentence}\nOpen People.\nhttps://figma.example/people"
    assert "Done" in stopped.value.remedy


async def test_it_is_always_well_and_counts_no_seats() -> None:
    """There is nothing that could fail before a human tries."""
    connector = ManualConnector(Manual(type="manual"))
    health = await connector.check()
    assert health.ok
    assert len(health.conditions) == 1
    assert await connector.seats() is None


async def test_it_never_says_what_it_cannot_see() -> None:
    """Neither absent nor member: whoever asks in spite of `observes` gets an error of the contract."""
    connector = ManualConnector(Manual(type="manual"))
    assert not connector.capabilities.observes
    with pytest.raises(ByHand):
        await connector.observe(ADA)
    with pytest.raises(ByHand):
        await connector.accounts()
