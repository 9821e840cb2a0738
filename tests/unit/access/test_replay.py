"""What a draft would have made of a request that was recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.access.catalog import Catalog
from bot.access.catalog_file import read
from bot.access.policy import Colleague
from bot.access.replay import Happened, Recorded, Replay, Tally, Today, Would
from storage.tables import RequestState

DAY = 86_400
NO_EMERGENCY = "There is no emergency access here. Ask without it."
LENA, MAYA, NOOR, GUEST, GONE = "U0LENA0001", "U0MAYA0001", "U0NOOR0001", "U0GUEST001", "U0GONE0001"


def colleague(id_: str, *, manager: str | None = None, can_decide: bool = True, is_guest: bool = False) -> Colleague:
    email = f"{id_.strip('U01').lower()}@harbour.example"
    return Colleague(
        id=id_, email=email, manager_id=manager, can_decide=can_decide, is_guest=is_guest, title="Engineer"
    )


TODAY = Today(
    people={
        LENA: colleague(LENA, manager=MAYA),
        MAYA: colleague(MAYA, manager=NOOR),
        NOOR: colleague(NOOR),
        GUEST: colleague(GUEST, manager=MAYA, is_guest=True),
        GONE: colleague(GONE, manager=MAYA, can_decide=False),
    },
    members={"crew": (LENA, NOOR)},
)
RECORDED = Recorded(
    id="r1",
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
    requester_id=LENA,
    beneficiary_id=LENA,
    application="figma",
    role="",
    seat_type="",
    duration_seconds=7 * DAY,
    channel="slack",
    extension=False,
    emergency=False,
    state=RequestState.APPROVED,
    asked=((MAYA,),),
)


def draft(policy: str) -> Catalog:
    """A draft with one application under this policy."""
    return read(
        f"policies:\n  default: {policy}\n"
        "applications:\n  - key: figma\n    name: Figma\n    admins: [noor@harbour.example]\n"
        "    durations: [7d, 30d]\n    connector: {type: manual}\n",
        "draft.yml",
    )


def test_whom_a_draft_would_ask() -> None:
    """By stage; somebody who agreed at an earlier stage is asked once."""
    policy = draft("{approve: [manager, {who: [manager, app_admins], need: all}]}")
    found = Replay(policy, TODAY).of(RECORDED)
    assert (found.would, found.asked) == (Would.ASK, ((MAYA,), (MAYA, NOOR)))
    assert found.once == (MAYA, NOOR)
    fresh = draft("{approve: [manager, {who: [manager, app_admins], need: all, fresh: true}]}")
    assert Replay(fresh, TODAY).of(RECORDED).once == (MAYA, MAYA, NOOR)


@pytest.mark.parametrize(
    ("policy", "changes", "would", "why"),
    [
        ("{auto_approve: Everybody may}", {}, Would.AUTO_APPROVE, "Everybody may"),
        ("{deny: Not any more}", {}, Would.DENY, "Not any more"),
        (
            "{approve: [manager], rules: [{when: {usergroup: Crew, title: eng*}, deny: Not the crew}]}",
            {},
            Would.DENY,
            "Not the crew",
        ),
        ("{approve: [manager], rules: [{when: {raises_bill: false}, deny: Never}]}", {}, Would.ASK, ""),
        ("{approve: [manager], rules: [{when: {raises_bill: true}, deny: Never}]}", {}, Would.ASK, ""),
        (
            "{approve: [manager], rules: [{when: {extension: true}, deny: No more}]}",
            {"extension": True},
            Would.DENY,
            "No more",
        ),
        ("{approve: [manager]}", {"application": "miro"}, Would.REFUSE, "The draft does not offer it."),
        ("{approve: [manager]}", {"duration_seconds": None}, Would.REFUSE, "Choose one of: 7 days, 30 days."),
        ("{approve: [manager]}", {"beneficiary_id": GUEST}, Would.REFUSE, "Guests may not have it."),
        ("{approve: [manager]}", {"beneficiary_id": MAYA}, Would.REFUSE, "They may not ask for somebody else."),
        ("{approve: [manager]}", {"emergency": True}, Would.REFUSE, NO_EMERGENCY),
        ("{approve: [manager], guests: true}", {"requester_id": GUEST, "beneficiary_id": GUEST}, Would.ASK, ""),
        ("{approve: [{users: [lena@harbour.example]}]}", {}, Would.NOBODY, ""),
        ("{approve: [{who: [manager, app_admins], need: {at_least: 2}}]}", {"requester_id": NOOR}, Would.NOBODY, ""),
        ("{approve: [manager]}", {"requester_id": GONE, "beneficiary_id": GONE}, Would.ASK, ""),
    ],
)  # fmt: skip
def test_what_a_draft_would_make_of_it(policy: str, changes: dict[str, object], would: Would, why: str) -> None:
    """Approved, denied, asked, asked of too few, or not to be had; who left since could ask all the same."""
    found = Replay(draft(policy), TODAY).of(replace(RECORDED, **changes))  # type: ignore[arg-type]
    assert (found.would, found.why) == (would, why)


def test_an_emergency_asks_those_who_are_asked_afterwards() -> None:
    """As it would be when it is asked for."""
    policy = draft("{approve: [manager], emergency: {longest: 4h, approve: [app_admins]}}")
    assert Replay(policy, TODAY).of(replace(RECORDED, emergency=True)).asked == ((NOOR,),)


def test_an_address_that_is_used_again_is_that_of_who_is_there() -> None:
    """Of two people with one address, whoever is active is asked."""
    before = replace(colleague("U0NOOR0000", can_decide=False), email="noor@harbour.example")
    for people in ({**TODAY.people, before.id: before}, {before.id: before, **TODAY.people}):
        found = Replay(draft("{approve: [app_admins]}"), replace(TODAY, people=people)).of(RECORDED)
        assert found.asked == ((NOOR,),)


def test_the_sum_compares_then_with_the_draft() -> None:
    """How many outcomes changed, who is asked more or less, and how many seats more or less may come of it."""
    policy = draft("{approve: [app_admins], rules: [{when: {channel: chatgpt}, auto_approve: It is fine}, "
                   "{when: {duration: {longer_than: 7d}}, deny: A week}]}")  # fmt: skip
    replaying = Replay(policy, TODAY)
    tally = Tally()
    for changes in (
        {},
        {"channel": "chatgpt"},
        {"channel": "chatgpt", "state": RequestState.DENIED},
        {"channel": "chatgpt", "state": RequestState.EXPIRED},
        {"channel": "chatgpt", "state": RequestState.CANCELLED},
        {"duration_seconds": 30 * DAY},
        {"duration_seconds": 30 * DAY, "asked": ()},
        {"duration_seconds": 30 * DAY, "state": RequestState.DENIED},
        {"application": "miro"},
    ):
        tally.add(replaying.of(replace(RECORDED, **changes)))  # type: ignore[arg-type]
    assert (tally.total, tally.asked, tally.more, tally.fewer) == (9, 8, 2, 3)
    assert (tally.happened(Happened.AUTO_APPROVED), tally.happened(Happened.APPROVED)) == (1, 4)
    assert [tally.would(word) for word in Would] == [4, 1, 0, 3, 1]
    assert tally.approvers() == [(MAYA, 8, 0), (NOOR, 0, 1)]
