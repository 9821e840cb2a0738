"""What only the Admin API has: a key, a limit, lists that lag behind, and guesses that may be wrong."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.chatgpt.admin_api import AdminApi
from bot.connectors.chatgpt.connector import ChatGPTConnector
from bot.connectors.chatgpt.pace import Pace
from bot.connectors.config import ChatGPTAdminApi
from bot.connectors.contract import (
    CancelInvite,
    Change,
    Connector,
    ConnectorError,
    Health,
    Invite,
    ManagedElsewhere,
    NoFreeSeat,
    NotPermitted,
    Refused,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
    SignInAgain,
    TryLater,
    Unexpected,
    UnknownOutcome,
)
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace
from sandbox.chatgpt.admin_keys import ALL_SCOPES, READ_INVITES, READ_USERS, WRITE_INVITES, AdminKey, Limiter
from sandbox.chatgpt.workspace import user_id
from sandbox.clock import SandboxClock

pytestmark = pytest.mark.parametrize("transport", ["admin_api"])

LENA = "lena@harbour.example"
MAYA = "maya@harbour.example"
OWN = "it-chatgpt@harbour.example"
MEMBER = Entitlement(role="member", seat_type="chatgpt")
INVITE = Invite(email=LENA, entitlement=MEMBER, key="1")
REMOVE_MAYA = Remove(email=MAYA, provider_id=user_id(MAYA))
Writes = Callable[[], list[str]]


async def status(connector: Connector, email: str) -> str:
    return (await connector.observe(email)).status


def put_key(workspace: Workspace, **changes: Any) -> None:
    """The key that the connector has, otherwise made."""
    key = AdminKey(secret=company.CHATGPT_ADMIN_KEY, made_by=user_id(OWN), workspace_id=company.CHATGPT_WORKSPACE_ID)
    workspace.admin_keys.put(replace(key, **changes))


# -- the key -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", ["admin_key_revoked", "admin_key_expired"])
async def test_a_dead_key_needs_a_human(connector: Connector, workspace: Workspace, writes: Writes, fault: str) -> None:
    """One call, no replay: a key is not renewed by asking. The remedy says where a new one is made."""
    workspace.faults.switch_on(fault)
    with pytest.raises(SignInAgain, match="Admin key") as stopped:
        await connector.apply(INVITE)
    assert "admin.openai.com" in stopped.value.remedy
    assert "usher secret set" in stopped.value.remedy
    assert writes() == ["POST invites"]


async def test_a_key_lives_as_long_as_it_was_made_for(
    connector: Connector, workspace: Workspace, clock: SandboxClock
) -> None:
    """And as long as whoever made it is in the workspace."""
    put_key(workspace, expires_at=clock.now() + timedelta(days=30))
    assert await status(connector, MAYA) == "member"
    clock.skip(timedelta(days=30).total_seconds())
    with pytest.raises(SignInAgain):
        await connector.observe(MAYA)
    put_key(workspace, made_by=user_id(LENA))
    with pytest.raises(SignInAgain):
        await connector.observe(MAYA)


@pytest.mark.parametrize(
    ("scopes", "change", "need"),
    [
        ({READ_INVITES, WRITE_INVITES}, REMOVE_MAYA, "Users: Read"),
        ({READ_USERS, READ_INVITES, WRITE_INVITES}, REMOVE_MAYA, "Users: Write"),
        ({READ_USERS, READ_INVITES}, INVITE, "Invitations: Write"),
        ({READ_USERS}, CancelInvite(email=LENA, provider_id=None), "Invitations: Read"),
        (
            {READ_USERS},
            SetRole(email=MAYA, provider_id=user_id(MAYA), role="admin"),
            "Users: Write, in a key that an Owner made",
        ),
    ],
)
async def test_what_a_key_may_not_do_is_named(
    connector: Connector, workspace: Workspace, scopes: set[str], change: Change, need: str
) -> None:
    """In the words of the page on which keys are made."""
    put_key(workspace, scopes=frozenset(scopes))
    with pytest.raises(NotPermitted) as stopped:
        await connector.apply(change)
    assert stopped.value.need == need
    assert need in stopped.value.remedy


@pytest.mark.parametrize("secret", ["", "  ", "two words", "line\r\nInjected: yes", "schlüssel"])
async def test_what_is_no_key_is_not_even_sent(
    config: ChatGPTAdminApi, http: httpx.AsyncClient, workspace: Workspace, vault: Any, secret: str
) -> None:
    """An admin pasted something else."""
    vault.secret = secret
    with pytest.raises(SignInAgain):
        await build_connector(config, http=http, credential=vault).observe(MAYA)
    assert workspace.calls == []


async def test_a_pasted_line_break_does_no_harm(config: ChatGPTAdminApi, http: httpx.AsyncClient, vault: Any) -> None:
    """Shells and editors leave one."""
    vault.secret += "\n"
    assert await status(build_connector(config, http=http, credential=vault), MAYA) == "member"


async def test_the_key_is_never_told(
    config: ChatGPTAdminApi,
    http: httpx.AsyncClient,
    workspace: Workspace,
    vault: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At the most talkative level, through everything that can go wrong; nor does a call carry anything else."""
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    raised: list[BaseException] = []
    for name in sorted(workspace.faults.registry.keys() - {"slow", "answer_never_comes", "call_hangs"}):
        connector = build_connector(config, http=http, credential=vault)
        workspace.faults.switch_on(name)
        try:
            await connector.observe(LENA)
            await connector.apply(INVITE)
        except ConnectorError as error:
            raised.append(error)
        told += [f"{condition}" for condition in (await connector.check()).conditions]
        assert all("cookie" not in call.headers for call in workspace.calls)
        workspace.reset()
    for error in raised:
        assert isinstance(error, ConnectorError)
        assert isinstance(error.__cause__ or error.__context__ or error, ConnectorError)
        told.append(f"{error!r} {error.explanation} {error.remedy}")
    heard = "\n".join([*told, caplog.text, *(str(record.__dict__) for record in caplog.records)])
    assert len(raised) > 15
    assert company.CHATGPT_ADMIN_KEY not in heard


async def test_nothing_is_written_back(connector: Connector, vault: Any) -> None:
    """A key does not rotate."""
    await connector.apply(INVITE)
    assert vault.replaced == []


# -- the check ---------------------------------------------------------------------------------------------------------
def failing(health: Health) -> list[str]:
    for condition in health.conditions:
        assert condition.ok or condition.remedy
    return [condition.name for condition in health.conditions if not condition.ok]


async def test_a_good_key_is_told_line_by_line(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """What can be read was read; what only a change would show is named."""
    workspace.invite(LENA, role="standard-user", seat_type="usage_based")
    health = await connector.check()
    assert health.ok
    details = {condition.name: condition.detail for condition in health.conditions}
    assert list(details) == ["Reachable", "Admin key", "Workspace", "Users", "Invitations", "Seats"]
    assert details["Users"] == "3 in the list. To change them the key needs Users: Write, in a key that an Owner made."
    assert details["Invitations"] == "1 pending. To send and cancel them the key needs Invitations: Write."
    assert details["Seats"] == "chatgpt: 3; codex: 0, 1 invited."
    assert writes() == []


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("challenge_403", "Reachable"),
        ("reads_fail", "Reachable"),
        ("rate_limited", "Reachable"),
        ("admin_key_revoked", "Admin key"),
        ("admin_key_expired", "Admin key"),
        ("plan_without_api", "Workspace"),
        ("workspace_deactivated", "Workspace"),
        ("admin_key_lacks_scope", "Users"),
        ("lists_in_another_envelope", "Users"),
        ("list_never_ends", "Users"),
    ],
)
async def test_what_is_wrong_is_named(connector: Connector, workspace: Workspace, fault: str, line: str) -> None:
    """One line, with the next step; and the check itself never fails."""
    workspace.faults.switch_on(fault)
    assert failing(await connector.check()) == [line]


async def test_a_key_that_cannot_read_invites_is_noticed(connector: Connector, workspace: Workspace) -> None:
    """Everything before it was well."""
    put_key(workspace, scopes=ALL_SCOPES - {READ_INVITES, WRITE_INVITES})
    assert failing(await connector.check()) == ["Invitations"]


async def test_a_key_of_another_workspace_is_noticed(
    config: ChatGPTAdminApi, http: httpx.AsyncClient, vault: Any
) -> None:
    """A key is bound to one workspace."""
    other = config.model_copy(update={"workspace_id": "00000000-0000-4000-8000-000000000000"})
    health = await build_connector(other, http=http, credential=vault).check()
    assert failing(health) == ["Users"]
    assert "not authorized for this workspace" in health.conditions[-1].detail


async def test_a_plan_without_the_api_is_told_apart_from_somebody_gone(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """Both are a 404; a removal that only met the plan's has removed nobody."""
    assert await status(connector, MAYA) == "member"
    workspace.faults.switch_on("plan_without_api")
    for change in (REMOVE_MAYA, INVITE):
        with pytest.raises(NotPermitted, match="no such workspace") as stopped:
            await connector.apply(change)
        assert "web_admin" in stopped.value.remedy
    workspace.faults.clear()
    workspace.faults.switch_on("plan_without_api", method="DELETE")
    with pytest.raises(TryLater, match="yet lists them"):
        await connector.apply(REMOVE_MAYA)
    assert await status(connector, MAYA) == "member"


# -- the limit ---------------------------------------------------------------------------------------------------------
async def test_the_limit_is_never_run_into(
    config: ChatGPTAdminApi, http: httpx.AsyncClient, workspace: Workspace, vault: Any
) -> None:
    """More calls than are allowed wait for their turn instead of being refused."""
    limit, per = 4, timedelta(milliseconds=200)
    workspace.limiter = Limiter(limit=limit, per=per)
    transport = AdminApi(config, http=http, credential=vault, pace=Pace(limit=limit, per=per))
    connector = ChatGPTConnector(transport)
    looked = await asyncio.gather(*(connector.observe(MAYA) for _ in range(3 * limit)))
    assert {account.status for account in looked} == {"member"}
    await asyncio.gather(
        *(connector.apply(Invite(email=f"p{n}@harbour.example", entitlement=MEMBER, key="1")) for n in range(limit + 2))
    )
    await asyncio.gather(*(transport.seats() for _ in range(2 * limit)))
    assert {call.status for call in workspace.calls} == {200, 201}
    routes = Counter((call.method, call.path.rpartition("/")[2]) for call in workspace.calls)
    assert min(routes["GET", "invites"], routes["POST", "invites"]) > limit


async def test_chatgpt_s_own_word_to_wait_holds_for_everybody(connector: Connector, workspace: Workspace) -> None:
    """Others use the limit too. Until the time is over no call of that route is sent; other routes go on."""
    await connector.observe(MAYA)
    workspace.faults.switch_on("rate_limited", times=1, method="POST", retry_after=17)
    workspace.calls.clear()
    for seconds in (17, 16):
        with pytest.raises(TryLater) as stopped:
            await connector.apply(INVITE)
        assert stopped.value.after is not None
        assert timedelta(seconds=seconds) <= stopped.value.after <= timedelta(seconds=17)
    assert [call.method for call in workspace.calls] == ["POST"]
    assert await status(connector, LENA) == "absent"


# -- lists that lag behind ---------------------------------------------------------------------------------------------
async def test_whoever_is_gone_is_gone_although_the_list_lags(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """The list is eventually consistent; a user read by their id is not."""
    assert await status(connector, MAYA) == "member"
    workspace.faults.switch_on("list_lag", reads=50)
    await connector.apply(REMOVE_MAYA)
    assert MAYA in {account.email for account in await connector.accounts()}
    assert await status(connector, MAYA) == "absent"
    await connector.apply(REMOVE_MAYA)
    assert writes() == [f"DELETE {user_id(MAYA)}"]


async def test_a_new_role_shows_although_the_list_lags(connector: Connector, workspace: Workspace) -> None:
    """Otherwise it would be given again."""
    await connector.observe(MAYA)
    workspace.faults.switch_on("list_lag", reads=50)
    await connector.apply(SetRole(email=MAYA, provider_id=user_id(MAYA), role="admin"))
    await connector.apply(SetSeatType(email=MAYA, provider_id=user_id(MAYA), seat_type="codex", key="1"))
    assert (await connector.observe(MAYA)).entitlement == Entitlement(role="admin", seat_type="codex")


async def test_an_invite_that_the_list_does_not_show_yet_is_not_refused(
    connector: Connector, workspace: Workspace
) -> None:
    """It is there already, says ChatGPT: a success, and the next look will show it."""
    workspace.faults.switch_on("list_lag", reads=50)
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "absent"
    await connector.apply(INVITE)
    workspace.reset()


@pytest.mark.parametrize("fault", ["email_filter_ignored", "email_filter_minds_case", "no_single_user"])
async def test_a_way_to_look_is_believed_only_when_it_has_found_somebody(
    connector: Connector, workspace: Workspace, fault: str
) -> None:
    """A filter that finds nobody and an id that leads nowhere would count everybody as gone."""
    workspace.faults.switch_on("seats_bought_automatically")
    workspace.faults.switch_on(fault)
    for number in range(120):
        workspace.invite(f"p{number}@harbour.example", role="standard-user")
        workspace.accept(f"p{number}@harbour.example")
    assert await status(connector, "MAYA@harbour.example") == "member"
    assert await status(connector, "P119@Harbour.example") == "member"
    assert await status(connector, LENA) == "absent"
    await connector.apply(REMOVE_MAYA)
    assert await status(connector, MAYA) == "absent"
    with pytest.raises(TryLater, match="no longer a member"):
        await connector.apply(SetRole(email=MAYA, provider_id=user_id(MAYA), role="admin"))


async def test_looking_somebody_up_takes_two_calls(connector: Connector, workspace: Workspace) -> None:
    """One read of the users and one of the invites; whom Usher itself has changed is read once more by their id."""
    await connector.observe(MAYA)
    workspace.calls.clear()
    assert await status(connector, LENA) == "absent"
    assert sorted(call.path.rpartition("/")[2] for call in workspace.calls) == ["invites", "users"]
    assert next(call.query["email"] for call in workspace.calls if call.path.endswith("users")) == LENA
    for again in ([], [user_id(MAYA)], []):
        workspace.calls.clear()
        await connector.observe(MAYA)
        assert sorted(call.path.rpartition("/")[2] for call in workspace.calls) == sorted(["invites", "users", *again])
        if not again:  # from now on the list may be behind, until it was seen to be right
            await connector.apply(SetRole(email=MAYA, provider_id=user_id(MAYA), role="admin"))


async def test_an_inactive_user_is_no_member(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """They can still be read by their id; there is nothing to remove, and no role to give."""
    await connector.observe(MAYA)
    workspace.faults.switch_on("removed_members_linger")
    workspace.remove(user_id(MAYA))
    assert await status(connector, MAYA) == "absent"
    await connector.apply(REMOVE_MAYA)
    with pytest.raises(TryLater, match="no longer a member"):
        await connector.apply(SetRole(email=MAYA, provider_id=user_id(MAYA), role="admin"))
    assert writes() == []


# -- invites -----------------------------------------------------------------------------------------------------------
async def test_an_invite_is_sent_again_and_cancelled_by_its_id(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """Each by a call of its own."""
    await connector.apply(INVITE)
    invite = workspace.roster.invite(LENA)
    assert invite is not None
    assert (await connector.observe(LENA)).provider_id == invite.id
    await connector.apply(Resend(email=LENA, entitlement=MEMBER))
    await connector.apply(CancelInvite(email=LENA, provider_id=invite.id))
    assert writes() == ["POST invites", "POST resend", f"DELETE {invite.id}"]
    with pytest.raises(TryLater, match="no pending invite"):
        await connector.apply(Resend(email=LENA, entitlement=MEMBER))


async def test_what_scim_manages_answers_for_itself(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """The lists do not show who made an entry; the refusal of a change does."""
    workspace.invite(LENA, role="standard-user", managed_by_scim=True)
    changes: list[Change] = [CancelInvite(email=LENA, provider_id=None), Resend(email=LENA, entitlement=MEMBER)]
    for change in changes:
        with pytest.raises(ManagedElsewhere):
            await connector.apply(change)
    workspace.accept(LENA)
    lena = user_id(LENA)
    changes = [
        Remove(email=LENA, provider_id=lena),
        SetRole(email=LENA, provider_id=lena, role="admin"),
        SetSeatType(email=LENA, provider_id=lena, seat_type="codex", key="1"),
    ]
    for change in changes:
        with pytest.raises(ManagedElsewhere):
            await connector.apply(change)
    assert len(writes()) == 5
    assert await status(connector, LENA) == "member"
    workspace.faults.switch_on("scim_manages_everybody")
    with pytest.raises(ManagedElsewhere):
        await connector.apply(Invite(email="tom@harbour.example", entitlement=MEMBER, key="1"))


@pytest.mark.parametrize("fault", ["invites_answered_as_list", "invites_answered_with_nothing"])
async def test_an_invite_is_made_however_it_is_answered(connector: Connector, workspace: Workspace, fault: str) -> None:
    """Nobody has published the answer."""
    workspace.faults.switch_on(fault)
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "invited"


async def test_an_answer_that_says_nothing_is_looked_into(connector: Connector, workspace: Workspace) -> None:
    """And where nothing is to be seen, the outcome is unknown."""
    workspace.faults.switch_on("invites_answered_with_nothing")
    workspace.faults.switch_on("list_lag", reads=50)
    with pytest.raises(UnknownOutcome, match="does not mention"):
        await connector.apply(INVITE)


async def test_whoever_is_there_already_is_found_behind_a_refusal(connector: Connector, workspace: Workspace) -> None:
    """How the API answers for them is not known: whatever it says, what is there counts."""
    workspace.faults.switch_on("conflicts_are_400")
    await connector.apply(INVITE)
    await connector.apply(INVITE)
    await connector.apply(Invite(email=MAYA, entitlement=MEMBER, key="1"))
    workspace.profile = replace(workspace.profile, allowed_domains=frozenset({"harbour.example"}))
    with pytest.raises(Refused, match="domain is not allowed"):
        await connector.apply(Invite(email="grace@elsewhere.example", entitlement=MEMBER, key="1"))


async def test_an_address_that_is_refused_with_200_is_refused(connector: Connector, workspace: Workspace) -> None:
    """The reason stands beside the address."""
    workspace.faults.switch_on("invite_denied_with_200")
    with pytest.raises(Refused, match="no"):
        await connector.apply(INVITE)
    assert await status(connector, LENA) == "absent"


@pytest.mark.parametrize(
    ("seat", "words"),
    [({"default": 3}, NoFreeSeat), ({"default": 10}, None)],
)
async def test_a_full_workspace_is_told_apart(
    connector: Connector, workspace: Workspace, seat: dict[str, int], words: type[ConnectorError] | None
) -> None:
    """The same words as everywhere."""
    workspace.profile = replace(workspace.profile, paid=seat)
    if words is None:
        await connector.apply(INVITE)
    else:
        with pytest.raises(words):
            await connector.apply(INVITE)


async def test_a_conflict_that_nobody_explains_is_for_a_human(connector: Connector, workspace: Workspace) -> None:
    """The last owner, for one: it does not pass by itself."""
    workspace.set_role(user_id("noor@harbour.example"), "standard-user")
    transport = connector._transport  # type: ignore[attr-defined]  # past the connector's own rule
    with pytest.raises(Refused, match="at least one owner"):
        await transport.set_role(user_id(OWN), "member")


# -- guesses that are wrong --------------------------------------------------------------------------------------------
async def test_the_bare_minimum_is_enough(connector: Connector, workspace: Workspace) -> None:
    """An id and an address; what is not told is not made up, and a list that does not say where it ends is read on."""
    workspace.faults.switch_on("seats_bought_automatically")
    for number in range(130):
        workspace.invite(f"p{number}@harbour.example", role="standard-user")
    workspace.faults.switch_on("bare_lists")
    accounts = {account.email: account for account in await connector.accounts()}
    assert len(accounts) == 133
    assert (accounts[MAYA].role, accounts[MAYA].seat_type) == ("", "chatgpt")
    assert await status(connector, "p129@harbour.example") == "invited"
    assert (await connector.observe(MAYA)).role == "member"


async def test_other_words_are_understood(connector: Connector, workspace: Workspace) -> None:
    """Those of the workspace settings' own calls."""
    workspace.invite(LENA, role="account-admin", seat_type="usage_based")
    workspace.faults.switch_on("lists_in_other_words")
    accounts = {account.email: account for account in await connector.accounts()}
    assert accounts[LENA].entitlement == Entitlement(role="admin", seat_type="codex")
    assert accounts[OWN].entitlement == Entitlement(role="owner", seat_type="chatgpt")


async def test_what_is_not_understood_is_shown_without_its_values(connector: Connector, workspace: Workspace) -> None:
    """So that the bug report says what to change, and nobody's address."""
    workspace.faults.switch_on("lists_in_another_envelope")
    with pytest.raises(Unexpected) as stopped:
        await connector.observe(MAYA)
    assert "data: missing" in stopped.value.explanation
    assert "results: [{object: str, id: str, email: str" in stopped.value.explanation
    assert "harbour" not in stopped.value.explanation


async def test_a_list_that_cannot_be_read_to_its_end_is_not_believed(
    connector: Connector, workspace: Workspace
) -> None:
    """Whoever stands in the rest of it would count as gone."""
    workspace.faults.switch_on("list_never_ends")
    with pytest.raises(Unexpected, match="goes on"):
        await connector.accounts()


async def test_seats_are_counted_and_never_made_up(connector: Connector, workspace: Workspace) -> None:
    """Who holds and who is invited to which type, those that Usher does not know too; what is paid for is not told."""
    workspace.invite(LENA, role="standard-user", seat_type="usage_based")
    workspace.faults.switch_on("unknown_seat_type", whom=MAYA)
    pool = await connector.seats()
    assert pool is not None
    assert {word: (seats.used, seats.invited, seats.paid) for word, seats in pool.by_type.items()} == {
        "chatgpt": (2, 0, None),
        "codex": (0, 1, None),
        "galactic": (1, 0, None),
    }
    assert pool.renews_on is None


async def test_an_id_cannot_lead_elsewhere(connector: Connector, workspace: Workspace) -> None:
    """Whatever stands in it, it is one step of the path, and no query."""
    await connector.observe(MAYA)
    workspace.calls.clear()
    await connector.apply(Remove(email=LENA, provider_id="../invites/x?y=1"))
    asked = workspace.calls[0]
    assert asked.path.endswith("/users/../invites/x%3Fy=1")
    assert not asked.query
