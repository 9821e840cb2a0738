"""What an approver may give instead of what was asked for: never more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement, Terms
from bot.access.leeway import Changes, demand_within, leeway
from bot.access.request_rules import terms_of, write_terms
from bot.access.story import Leeway
from bot.access.wish import WrongWish
from storage.tables import AccessRequest, RequestState

DAY = 86_400
WORKSPACE = {
    "type": "chatgpt",
    "transport": "web_admin",
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "integration_email": "it@harbour.example",
    "secret": "session",
}
CHATGPT = ApplicationEntry.model_validate(
    {
        "key": "chatgpt",
        "name": "ChatGPT",
        "roles": ["owner", "member", "admin"],  # in another order than their ranks
        "seat_types": ["chatgpt", "codex"],
        "durations": ["7d", "unlimited", "1d", "30d"],
        "connector": WORKSPACE,
    }
)
FIGMA = ApplicationEntry.model_validate(
    {"key": "figma", "name": "Figma", "durations": ["30d"], "connector": {"type": "manual"}}
)


def terms(role: str = "admin", seat_type: str = "codex", days: int | None = 30) -> Terms:
    seconds = None if days is None else days * DAY
    return Terms(entitlement=Entitlement(role=role, seat_type=seat_type), duration_seconds=seconds)


def asks(
    what: Terms, *, granted: Terms | None = None, extends: str | None = None, emergency: bool = False
) -> AccessRequest:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return AccessRequest(
        id="r", requester_id="ULENA", beneficiary_id="ULENA", application="chatgpt", role=what.entitlement.role,
        seat_type=what.entitlement.seat_type, duration_seconds=what.duration_seconds, reason="", channel="slack",
        extends_id=extends, emergency=emergency, state=RequestState.PENDING, rules={}, created_at=at, expires_at=at,
        terms=write_terms(granted) if granted else None,
    )  # fmt: skip


def only(what: Terms) -> Leeway:
    return Leeway(
        roles=(what.entitlement.role,), seat_types=(what.entitlement.seat_type,), durations=(what.duration_seconds,)
    )


def test_lower_roles_shorter_times_and_other_seats() -> None:
    """Roles go by the connector's rank, whatever order the catalogue has them in; what stands comes first."""
    limits = leeway(asks(terms()), CHATGPT)
    assert limits.roles == ("admin", "member")
    assert limits.seat_types == ("codex", "chatgpt")
    assert limits.durations == (30 * DAY, 7 * DAY, DAY)
    assert limits.is_any


def test_no_end_date_is_longer_than_everything() -> None:
    """So it can be made any time that is offered."""
    assert leeway(asks(terms(days=None)), CHATGPT).durations == (None, 30 * DAY, 7 * DAY, DAY)


def test_what_an_earlier_approver_took_away_does_not_come_back() -> None:
    """The next one chooses from what is left; a seat type that was changed is settled."""
    stands = terms("member", "chatgpt", 7)
    limits = leeway(asks(terms("owner", "codex", None), granted=stands), CHATGPT)
    assert limits == Leeway(roles=("member",), seat_types=("chatgpt",), durations=(7 * DAY, DAY))


def test_an_extension_can_only_be_made_shorter() -> None:
    """It goes on with the role and seat that there are."""
    limits = leeway(asks(terms(), extends="g"), CHATGPT)
    assert limits == Leeway(roles=("admin",), seat_types=("codex",), durations=(30 * DAY, 7 * DAY, DAY))


@pytest.mark.parametrize(
    ("request_", "entry"),
    [
        (asks(terms(), emergency=True), CHATGPT),
        (asks(terms()), None),
        (asks(terms("", "", 30)), FIGMA),
        (asks(terms("member", "codex", 1)), CHATGPT.model_copy(update={"seat_types": ("codex",)})),
    ],
    ids=["emergency", "not offered any more", "one duration and no roles", "the least already"],
)
def test_where_there_is_nothing_to_choose(request_: AccessRequest, entry: ApplicationEntry | None) -> None:
    """What stands can still be approved as it stands."""
    limits = leeway(request_, entry)
    assert limits == only(terms_of(request_))
    assert not limits.is_any
    demand_within(limits, terms_of(request_))


def test_a_role_that_the_connector_does_not_know_has_none_below_it() -> None:
    """Nobody guesses what is less than that."""
    assert leeway(asks(terms("wizard")), CHATGPT).roles == ("wizard",)


@pytest.mark.parametrize(
    ("wanted", "field", "says"),
    [
        (terms("owner"), "role", "Choose one of: admin, member."),
        (terms(days=None), "duration", "Choose one of: 30 days, 7 days, 1 day."),
        (terms(days=8), "duration", "Choose one of: 30 days, 7 days, 1 day."),
        (terms(seat_type="gold"), "seat_type", "Choose one of: codex, chatgpt."),
    ],
)
def test_more_than_that_is_refused_with_the_field(wanted: Terms, field: str, says: str) -> None:
    """And with what can be chosen."""
    with pytest.raises(WrongWish) as wrong:
        demand_within(leeway(asks(terms()), CHATGPT), wanted)
    assert wrong.value.fields == {field: says}


def test_what_is_not_chosen_stays() -> None:
    """No end date is a choice; nothing chosen is none."""
    stands = terms()
    assert Changes().of(stands) == stands
    assert Changes(duration_seconds=DAY).of(stands) == terms(days=1)
    assert Changes(duration_seconds=None).of(stands) == terms(days=None)
    assert Changes(role="member", seat_type="chatgpt").of(stands) == terms("member", "chatgpt")
