"""What has to be there when somebody was given a seat: one of everything, whatever happened on the way."""

from __future__ import annotations

from tests.support.harbour import Employee, Harbour


def is_active(employee: Employee) -> bool:
    """Does their card say so?"""
    return "· Active" in employee.who.message("ChatGPT · ").shown


def demand_one_of_everything(harbour: Harbour, employee: Employee, when: str) -> None:
    """One invite, one member, one card that says so with its replies, and a decided card without buttons."""
    assert harbour.invites_sent(employee.email) == 1, f"{when}: {harbour.invites_sent(employee.email)} invites"
    assert harbour.is_member(employee.email), f"{when}: no member"
    card, *replies = harbour.told(employee.who)
    assert "· Active" in card.shown, f"{when}: {card.shown}"
    assert "Give back" in card.buttons, f"{when}: {card.buttons}"
    texts = [reply.shown for reply in replies]
    assert all(reply.thread_ts == card.ts for reply in replies), f"{when}: replies elsewhere {texts}"
    assert len(set(texts)) == len(texts) <= 2, f"{when}: replies twice {texts}"
    assert "is active" in texts[-1], f"{when}: {texts}"
    asked = [message for message in harbour.told(employee.manager) if message.visible_to is None]
    assert len(asked) == 1, f"{when}: the manager was asked {len(asked)} times"
    assert asked[0].buttons == [], f"{when}: {asked[0].shown}"
