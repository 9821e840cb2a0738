"""Everything that goes wrong between Usher and ChatGPT ends in the right account or in the right error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.contract import (
    Blocked,
    CancelInvite,
    Change,
    Connector,
    ConnectorError,
    Invite,
    NoFreeSeat,
    NotPermitted,
    Refused,
    Remove,
    SetRole,
    SetSeatType,
    SignInAgain,
    TryLater,
    Unexpected,
    UnknownOutcome,
)
from sandbox.chatgpt import Call, Workspace

LENA = "lena@harbour.example"
MAYA = "maya@harbour.example"
MEMBER = Entitlement(role="member", seat_type="chatgpt")
INVITE = Invite(email=LENA, entitlement=MEMBER, key="1")
Writes = Callable[[], list[str]]
#: what only the workspace settings' own calls have
WEB_ADMIN = pytest.mark.parametrize("transport", ["web_admin"])
#: SCIM sees its directory and not the workspace: neither invites nor roles nor seats, nor who came another way
SEES_THE_WORKSPACE = pytest.mark.parametrize("transport", ["web_admin", "admin_api"])


async def status(connector: Connector, email: str) -> str:
    return (await connector.observe(email)).status


# -- a change that may have happened -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "afterwards"),
    [
        ("done_but_500", "invited"),
        ("answer_lost", "invited"),
        ("answer_never_comes", "invited"),
        ("call_lost", "absent"),
        ("call_hangs", "absent"),
        ("bad_gateway", "absent"),
        ("writes_fail", "absent"),
    ],
)
async def test_a_change_without_a_usable_answer_is_sent_once_and_looked_at(
    connector: Connector,
    workspace: Workspace,
    http: httpx.AsyncClient,
    writes: Writes,
    fault: str,
    afterwards: str,
    invited: str,
    inviting: str,
) -> None:
    """Whether it happened is not guessed: the error says unknown, and the next observation knows."""
    await connector.observe(LENA)
    patience = http.timeout
    # Only a change that is met with silence is given up soon: a busy machine answers all others in its time.
    if fault in ("answer_never_comes", "call_hangs"):
        http.timeout = httpx.Timeout(1)
    workspace.faults.switch_on(fault, method="POST")
    with pytest.raises(UnknownOutcome):
        await connector.apply(INVITE)
    workspace.faults.clear()
    http.timeout = patience
    assert writes() == [inviting]
    assert await status(connector, LENA) == (invited if afterwards == "invited" else afterwards)


async def test_a_removal_whose_answer_is_lost_is_found_done(
    connector: Connector, workspace: Workspace, writes: Writes, maya: str
) -> None:
    """And doing it again is a success without another call."""
    workspace.faults.switch_on("answer_lost")
    with pytest.raises(UnknownOutcome):
        await connector.apply(Remove(email=MAYA, provider_id=maya))
    workspace.faults.clear()
    assert await status(connector, MAYA) == "absent"
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    assert writes() == [f"DELETE {maya}"]


async def test_a_read_that_breaks_once_is_read_again(connector: Connector, workspace: Workspace) -> None:
    """A kept connection is closed by the other side now and then."""
    workspace.faults.switch_on("call_lost", times=1)
    assert await status(connector, MAYA) == "member"


async def test_a_provider_out_of_reach_is_tried_later(
    connector: Connector, workspace: Workspace, http: httpx.AsyncClient
) -> None:
    """Silence on a read, and a server that keeps breaking the connection."""
    assert await status(connector, MAYA) == "member"
    http.timeout = httpx.Timeout(0.3)
    for fault in ("call_hangs", "call_lost", "reads_fail"):
        workspace.faults.clear()
        workspace.faults.switch_on(fault, method="GET")
        with pytest.raises(TryLater):
            await connector.observe(MAYA)


# -- the session -------------------------------------------------------------------------------------------------------
@WEB_ADMIN
async def test_an_expired_token_is_replaced_and_the_change_made_once(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """What was rejected for its token had no effect, so it is replayed; nobody has to sign in."""
    await connector.observe(LENA)
    workspace.sessions.expire_tokens()
    await connector.apply(INVITE)
    assert writes() == ["POST invites", "POST invites"]
    assert [call.status for call in workspace.calls if call.method == "POST"] == [401, 200]
    assert sum("invite was sent" in event.what for event in workspace.events) == 1


@WEB_ADMIN
async def test_a_token_that_is_rejected_even_when_new_needs_a_human(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """One refresh and one replay, no more."""
    await connector.observe(LENA)
    workspace.calls.clear()
    workspace.faults.switch_on("token_revoked")
    with pytest.raises(SignInAgain):
        await connector.apply(INVITE)
    assert writes() == ["POST invites", "POST invites"]
    assert sum(call.path == "/api/auth/session" for call in workspace.calls) == 1
    workspace.faults.clear()
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "invited"


@WEB_ADMIN
@pytest.mark.parametrize("fault", ["session_refresh_error", "signed_out"])
async def test_a_dead_session_answers_200(connector: Connector, workspace: Workspace, fault: str) -> None:
    """No access token means signed out, whatever the status."""
    workspace.faults.switch_on(fault)
    with pytest.raises(SignInAgain) as stopped:
        await connector.observe(LENA)
    assert "usher secret set" in stopped.value.remedy
    workspace.faults.clear()
    assert await status(connector, LENA) == "absent"


# -- no thoroughfare ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", [403, 503, 200])
async def test_a_challenge_stops_everything(
    connector: Connector, workspace: Workspace, writes: Writes, page: int, inviting: str
) -> None:
    """Reads and changes, whatever its status; Usher neither retries nor gets around it."""
    await connector.observe(LENA)
    workspace.faults.switch_on(f"challenge_{page}")
    with pytest.raises(Blocked):
        await connector.observe(LENA)
    with pytest.raises(Blocked) as stopped:
        await connector.apply(INVITE)
    assert stopped.value.hits_everybody
    assert writes() == [inviting]
    workspace.faults.clear()
    assert await status(connector, LENA) == "absent"


async def test_a_challenge_at_the_session_is_a_challenge(connector: Connector, workspace: Workspace) -> None:
    """Not a lost session: signing in again would not help."""
    workspace.faults.switch_on("challenge_403")
    with pytest.raises(Blocked):
        await connector.observe(LENA)


@WEB_ADMIN
@pytest.mark.parametrize(
    ("fault", "settings", "expected"),
    [
        ("forbidden", {"status": 403}, NotPermitted),
        ("forbidden", {"status": 402}, NotPermitted),
        ("not_owner", {}, NotPermitted),
        ("workspace_not_found", {}, NotPermitted),
        ("workspace_deactivated", {}, NotPermitted),
        ("seat_true_up_pending", {"status": 401}, TryLater),
        ("seat_true_up_pending", {"status": 400}, TryLater),
        ("additional_seat_needed", {}, NoFreeSeat),
        ("additional_seat_needed_400", {}, NoFreeSeat),
        ("errored_emails", {}, Refused),
        ("errored_emails", {"key": "email"}, Refused),
        ("errored_emails", {"text": "You have reached maximum number of seats"}, NoFreeSeat),
        ("errored_emails_as_text", {}, Refused),
        ("invite_ignored", {}, UnknownOutcome),
        ("rate_limited", {}, TryLater),
    ],
)
async def test_an_invite_that_is_not_made_says_why(
    connector: Connector,
    workspace: Workspace,
    writes: Writes,
    fault: str,
    settings: dict[str, Any],
    expected: type[ConnectorError],
) -> None:
    """One call, the right error, and nobody invited. 200 alone is not success."""
    await connector.observe(LENA)
    workspace.faults.switch_on(fault, **settings)
    entitlement = Entitlement(role="admin", seat_type="chatgpt")
    with pytest.raises(expected) as stopped:
        await connector.apply(Invite(email=LENA, entitlement=entitlement, key="1"))
    assert type(stopped.value) is expected
    assert writes() == ["POST invites"]
    workspace.faults.clear()
    assert await status(connector, LENA) == "absent"


async def test_a_wait_is_as_long_as_chatgpt_says(connector: Connector, workspace: Workspace) -> None:
    """Retry-After counts."""
    workspace.faults.switch_on("rate_limited", retry_after=17)
    with pytest.raises(TryLater) as stopped:
        await connector.observe(LENA)
    assert stopped.value.after == timedelta(seconds=17)


@WEB_ADMIN
async def test_somebody_who_is_a_member_already_is_a_success(connector: Connector, workspace: Workspace) -> None:
    """They joined between the observation and the invite."""
    workspace.faults.switch_on("already_member_emails")
    await connector.apply(INVITE)


# -- removing ----------------------------------------------------------------------------------------------------------
@WEB_ADMIN
async def test_a_conflict_on_removal_is_tried_again_soon(connector: Connector, workspace: Workspace, maya: str) -> None:
    """Somebody else changes the members at this moment."""
    workspace.faults.switch_on("conflict_on_delete", times=1)
    removal = Remove(email=MAYA, provider_id=maya)
    with pytest.raises(TryLater) as stopped:
        await connector.apply(removal)
    assert stopped.value.after == timedelta(seconds=5)
    await connector.apply(removal)
    assert await status(connector, MAYA) == "absent"


@WEB_ADMIN
async def test_an_empty_answer_to_a_removal_is_a_success(connector: Connector, workspace: Workspace, maya: str) -> None:
    """204, of a member and of an invite."""
    workspace.invite(LENA, role="standard-user")
    workspace.faults.switch_on("deletes_answer_nothing")
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    await connector.apply(CancelInvite(email=LENA, provider_id=None))
    assert [await status(connector, email) for email in (MAYA, LENA)] == ["absent", "absent"]


@WEB_ADMIN
async def test_gone_is_believed_only_when_the_list_agrees(
    connector: Connector, workspace: Workspace, maya: str
) -> None:
    """404 with the member still listed: the list may lag, or the 404 may be wrong. Another look decides."""
    workspace.faults.switch_on("list_lag", reads=50)
    workspace.invite(LENA, role="standard-user")
    removal = Remove(email=MAYA, provider_id=maya)
    await connector.apply(removal)
    with pytest.raises(TryLater):
        await connector.apply(removal)
    workspace.reset()
    workspace.invite(LENA, role="standard-user")
    workspace.faults.switch_on("list_lag", reads=50)
    cancellation = CancelInvite(email=LENA, provider_id=None)
    await connector.apply(cancellation)
    with pytest.raises(TryLater):
        await connector.apply(cancellation)


async def test_whoever_lingers_in_the_list_is_gone(
    connector: Connector, workspace: Workspace, maya: str, invited: str
) -> None:
    """A removed member keeps an entry until the renewal, for the seat they held."""
    workspace.faults.switch_on("removed_members_linger")
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    assert await status(connector, MAYA) == "absent"
    assert MAYA not in {account.email for account in await connector.accounts()}
    await connector.apply(Invite(email=MAYA, entitlement=MEMBER, key="1"))
    assert await status(connector, MAYA) == invited


# -- an older server, and lists that do not fit together ---------------------------------------------------------------
@WEB_ADMIN
async def test_an_older_server_changes_seats_too(
    connector: Connector, workspace: Workspace, writes: Writes, maya: str
) -> None:
    """By its own call."""
    workspace.faults.switch_on("no_seat_update")
    await connector.apply(SetSeatType(email=MAYA, provider_id=maya, seat_type="codex", key="1"))
    assert (await connector.observe(MAYA)).seat_type == "codex"
    assert writes() == ["POST update", f"PATCH {maya}"]


@WEB_ADMIN
@pytest.mark.parametrize("fault", ["overlapping_pages", "moving_total", "no_total"])
async def test_pages_that_do_not_fit_together_lose_nobody(
    connector: Connector, workspace: Workspace, fault: str
) -> None:
    """Somebody comes or goes while the list is being read."""
    workspace.faults.switch_on("seats_bought_automatically")
    people = {f"p{number}@harbour.example" for number in range(150)}
    for email in people:
        workspace.invite(email, role="standard-user")
        workspace.accept(email)
    workspace.faults.switch_on(fault)
    accounts = [account.email for account in await connector.accounts()]
    assert people <= set(accounts)
    assert len(accounts) == len(set(accounts)) == 153


@WEB_ADMIN
async def test_somebody_who_leaves_while_the_list_is_read_hides_nobody(
    connector: Connector, workspace: Workspace
) -> None:
    """Whoever stood behind them moves up to a page that was read already; the second reading finds them."""
    workspace.faults.switch_on("seats_bought_automatically")
    for number in range(150):
        workspace.invite(f"p{number}@harbour.example", role="standard-user")
        workspace.accept(f"p{number}@harbour.example")

    async def leave(call: Call) -> None:
        leaver = workspace.roster.member_by_email("p0@harbour.example")
        if call.path.endswith("/users") and call.query.get("query", "") == "" and leaver is not None:
            workspace.remove(leaver.user_id)

    workspace.before_answer.append(leave)
    accounts = {account.email for account in await connector.accounts()}
    assert {f"p{number}@harbour.example" for number in range(1, 150)} <= accounts
    assert "p0@harbour.example" not in accounts


@WEB_ADMIN
async def test_a_server_may_give_shorter_pages(connector: Connector, workspace: Workspace) -> None:
    """It says which, and nobody is lost between them."""
    short = 40

    async def shorten(call: Call) -> None:
        call.query = {**call.query, "limit": str(short)}

    workspace.faults.switch_on("seats_bought_automatically")
    for number in range(90):
        workspace.invite(f"p{number}@harbour.example", role="standard-user")
    workspace.before_effect.append(shorten)
    assert len(await connector.accounts()) == 93
    assert sum(call.path.endswith("/invites") for call in workspace.calls) == 3


async def test_a_search_that_does_not_find_even_usher_is_not_believed(
    connector: Connector, workspace: Workspace
) -> None:
    """Otherwise a member whom it does not find would count as gone."""

    async def find_nothing(call: Call) -> None:
        if call.query.get("query"):
            call.query = {**call.query, "query": "nobody at all"}

    workspace.before_effect.append(find_nothing)
    assert await status(connector, MAYA) == "member"
    assert await status(connector, LENA) == "absent"


@WEB_ADMIN
async def test_usher_knows_itself_without_an_address(connector: Connector, workspace: Workspace) -> None:
    """A workspace may hide the integration account's address too; its id tells that the search works."""
    workspace.faults.switch_on("email_null", whom="it-chatgpt@harbour.example")
    assert await status(connector, MAYA) == "member"
    assert [call.query["query"] for call in workspace.calls if call.path.endswith("/users")] == [
        "it-chatgpt@harbour.example",
        MAYA,
    ]


@SEES_THE_WORKSPACE
async def test_hidden_addresses_are_not_guessed(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """A search that finds somebody without showing their address ends in words, never in "absent"."""
    workspace.faults.switch_on("email_null", whom=MAYA)
    with pytest.raises(Unexpected, match="hides their address"):
        await connector.observe(MAYA)
    assert await status(connector, LENA) == "absent"
    assert {account.email for account in await connector.accounts()} == {
        "it-chatgpt@harbour.example",
        "noor@harbour.example",
    }
    assert writes() == []


@SEES_THE_WORKSPACE
async def test_unknown_words_are_carried_verbatim(connector: Connector, workspace: Workspace, maya: str) -> None:
    """A role and a seat type that ChatGPT has and Usher does not know yet."""
    workspace.faults.switch_on("unknown_role", role="account-observer")
    workspace.faults.switch_on("unknown_seat_type", seat_type="galactic")
    account = await connector.observe(MAYA)
    assert (account.role, account.seat_type) == ("account-observer", "galactic")
    with pytest.raises(Refused):
        await connector.apply(SetRole(email=MAYA, provider_id=maya, role="account-observer-2"))


@SEES_THE_WORKSPACE
async def test_owners_without_a_seat_type_sit_on_the_standard_one(connector: Connector, workspace: Workspace) -> None:
    """Some payloads leave it out."""
    workspace.faults.switch_on("seatless_owners")
    assert (await connector.observe("noor@harbour.example")).seat_type == "chatgpt"


@WEB_ADMIN
@pytest.mark.parametrize("fault", ["invites_listed_twice", "pending_in_words"])
async def test_an_invite_is_one_invite(connector: Connector, workspace: Workspace, fault: str) -> None:
    """However often and in whatever words it is listed; the newest counts."""
    created = workspace.invite(LENA, role="account-admin").created_time
    workspace.faults.switch_on(fault)
    account = await connector.observe(LENA)
    assert (account.status, account.role) == ("invited", "admin")
    assert account.since is not None
    assert abs(account.since - created) < timedelta(seconds=1)
    assert [one.email for one in await connector.accounts() if one.status == "invited"] == [LENA]


@SEES_THE_WORKSPACE
async def test_a_lagging_list_is_a_look_too_early(connector: Connector, workspace: Workspace) -> None:
    """What was done shows a little later; doing it again meanwhile has no second effect."""
    workspace.faults.switch_on("list_lag", reads=1)
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "absent"
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "invited"
    assert sum("invite was sent" in event.what for event in workspace.events) == 1


@SEES_THE_WORKSPACE
async def test_what_is_changed_by_hand_meanwhile_is_seen(connector: Connector, workspace: Workspace, maya: str) -> None:
    """The connector remembers nobody."""
    assert await status(connector, MAYA) == "member"
    workspace.remove(maya)
    assert await status(connector, MAYA) == "absent"
    change: Change = Remove(email=MAYA, provider_id=maya)
    await connector.apply(change)
