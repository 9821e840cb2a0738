"""Whatever ChatGPT answers: the right account in the end, or an incident that says what to do; never silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.chatgpt.demo import FAULTS
from sandbox.chatgpt.faults_admin_api import ADMIN_API_FAULTS
from sandbox.chatgpt.faults_scim import SCIM_FAULTS
from tests.support.faults import Case, ends_well, strike
from tests.support.studio import Studio

SIGNED_OUT = "Usher is signed out of ChatGPT"
NO_PERMISSION = "Usher lacks a permission in ChatGPT"
BLOCKED = "ChatGPT does not let Usher in"
WAITING = "ChatGPT keeps Usher waiting"
REFUSED = "ChatGPT refused a change"
UNEXPECTED = "ChatGPT gave an unexpected answer"
NOT_SEEN = "A change in ChatGPT may not have gone through"

CASES = (
    # the session
    Case(fault="session_refresh_error", while_="asking", incident=SIGNED_OUT),
    Case(fault="signed_out", while_="asking", incident=SIGNED_OUT),
    Case(fault="token_revoked", incident=SIGNED_OUT),
    Case(fault="token_revoked", while_="taking", incident=SIGNED_OUT),
    Case(fault="tokens_expired"),
    Case(fault="cookie_in_chunks", while_="asking"),
    Case(fault="old_cookies_die", while_="asking"),
    # what the account may do
    Case(fault="not_owner", incident=NO_PERMISSION),
    Case(fault="forbidden", incident=NO_PERMISSION),
    Case(fault="workspace_not_found", incident=NO_PERMISSION),
    Case(fault="workspace_deactivated", while_="taking", incident=NO_PERMISSION),
    Case(fault="challenge_403", incident=BLOCKED),
    Case(fault="challenge_until_passed", incident=BLOCKED),
    Case(fault="challenge_503", while_="joining", incident=BLOCKED),
    Case(fault="challenge_200", while_="taking", incident=BLOCKED),
    # the network and the servers
    Case(fault="slow", settings={"ms": 300}),
    Case(fault="rate_limited", incident=WAITING),
    Case(fault="rate_limited_silently", while_="taking", incident=WAITING),
    Case(fault="reads_fail", incident=WAITING),
    Case(fault="call_lost", while_="joining", incident=WAITING),
    Case(fault="call_hangs", settings={"times": 1}),
    Case(fault="writes_fail", incident=NOT_SEEN),
    Case(fault="bad_gateway", while_="taking", incident=NOT_SEEN),
    Case(fault="done_but_500"),
    Case(fault="answer_lost"),
    Case(fault="answer_lost", while_="taking"),
    Case(fault="answer_never_comes", settings={"times": 1}),
    Case(fault="list_lag"),
    # one address
    Case(fault="errored_emails", incident=REFUSED),
    Case(fault="errored_emails_as_text", incident=REFUSED),
    Case(fault="already_member_emails", incident=NOT_SEEN),
    Case(fault="invite_ignored", incident=NOT_SEEN),
    # seats
    Case(fault="additional_seat_needed", waits_for_seat=True),
    Case(fault="additional_seat_needed_400", waits_for_seat=True),
    Case(fault="seat_true_up_pending", incident=WAITING),
    Case(fault="seats_bought_automatically"),
    Case(fault="downgrades_wait", while_="joining"),
    Case(fault="removed_members_linger", while_="taking"),
    Case(fault="no_seat_update", while_="joining"),
    # removing
    Case(fault="conflict_on_delete", while_="taking", incident=WAITING),
    Case(fault="deletes_answer_nothing", while_="taking"),
    # lists
    Case(fault="overlapping_pages"),
    Case(fault="moving_total"),
    Case(fault="no_total"),
    Case(fault="seatless_owners"),
    Case(fault="invites_listed_twice"),
    Case(fault="pending_in_words"),
    Case(fault="email_null", while_="joining", incident=UNEXPECTED),
    Case(fault="email_null", while_="taking", incident=UNEXPECTED),
    Case(fault="unknown_role", while_="joining", incident=NOT_SEEN),
    Case(fault="unknown_seat_type", while_="joining", incident=NOT_SEEN),
)


def test_every_fault_of_the_simulator_has_its_case() -> None:
    """A new fault cannot be forgotten here."""
    of_this_route = {fault.name for fault in FAULTS} - {fault.name for fault in (*ADMIN_API_FAULTS, *SCIM_FAULTS)}
    assert {case.fault for case in CASES} == of_this_route


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_fault_ends_in_the_right_account_or_in_the_right_incident(studio: Studio, case: Case) -> None:
    """With an incident: its card in #it-alerts says what it is, and Try again mends it once the cause is gone.

    Without a seat: the person waits in line, the admins have the seat card, and the next free seat is given by itself.
    """
    await ends_well(studio, case)


@pytest.mark.parametrize(
    "case",
    [
        Case(fault="token_revoked", while_="taking", incident=SIGNED_OUT),
        Case(fault="writes_fail", incident=NOT_SEEN),
        Case(fault="errored_emails", incident=REFUSED),
        Case(fault="invite_ignored", incident=NOT_SEEN),
    ],
    ids=str,
)
async def test_what_went_wrong_comes_right_by_itself_within_the_hour(studio: Studio, case: Case) -> None:
    """Nobody presses anything; however long it lasted, one card tells of it and is marked as solved."""
    _, is_right = await strike(studio, case)
    alert = await studio.in_time(studio.open_alert)
    struck = studio.clock.now()
    await studio.in_time(lambda: studio.clock.now() > struck + timedelta(hours=3), within=timedelta(hours=5))
    assert len(studio.alerts()) == 1
    studio.chatgpt.faults.clear()
    await studio.in_time(is_right, within=timedelta(minutes=61))
    await studio.in_time(lambda: "Solved" in alert.shown and not alert.buttons)
