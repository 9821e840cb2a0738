"""The way of an account through a ChatGPT workspace, as the connector observes and makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.access.desired import Entitlement
from bot.connectors.contract import (
    CancelInvite,
    Change,
    Connector,
    Invite,
    ManagedElsewhere,
    NoFreeSeat,
    NotPermitted,
    Refused,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
    TryLater,
    next_change,
)
from sandbox.chatgpt import Call, Workspace

LENA = "lena@harbour.example"
MAYA = "maya@harbour.example"
NOOR = "noor@harbour.example"
OWN = "it-chatgpt@harbour.example"
MEMBER = Entitlement(role="member", seat_type="chatgpt")
Writes = Callable[[], list[str]]
#: what only the workspace settings' own calls have
WEB_ADMIN = pytest.mark.parametrize("transport", ["web_admin"])
#: SCIM sees its directory and not the workspace: neither invites nor roles nor seats, nor who came another way
SEES_THE_WORKSPACE = pytest.mark.parametrize("transport", ["web_admin", "admin_api"])


def invite(email: str, entitlement: Entitlement = MEMBER, key: str = "1") -> Invite:
    return Invite(email=email, entitlement=entitlement, key=key)


def user_id(workspace: Workspace, email: str) -> str:
    member = workspace.roster.member_by_email(email)
    assert member is not None
    return member.user_id


@SEES_THE_WORKSPACE
async def test_somebody_comes_and_goes(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """Absent, invited, member, absent: one call for each change."""
    assert (await connector.observe(LENA)).status == "absent"
    await connector.apply(invite(LENA, Entitlement(role="admin", seat_type="codex")))
    invited = await connector.observe(LENA)
    assert (invited.status, invited.role, invited.seat_type) == ("invited", "admin", "codex")
    assert invited.since is not None
    workspace.accept(LENA)
    member = await connector.observe(LENA)
    assert (member.status, member.role, member.seat_type) == ("member", "admin", "codex")
    assert member.provider_id == user_id(workspace, LENA)
    assert member.protected is None
    await connector.apply(Remove(email=LENA, provider_id=member.provider_id))
    assert (await connector.observe(LENA)).status == "absent"
    assert writes() == ["POST invites", f"DELETE {member.provider_id}"]


@SEES_THE_WORKSPACE
async def test_any_state_reaches_any_other(connector: Connector, workspace: Workspace) -> None:
    """Observe, make the next change, observe again, until nothing is left to do."""
    wishes = [
        MEMBER,
        Entitlement(role="admin", seat_type="chatgpt"),
        None,
        Entitlement(role="owner", seat_type="codex"),
        Entitlement(role="member", seat_type="chatgpt"),
        None,
    ]
    for number, wish in enumerate(wishes):
        for step in range(4):
            change = next_change(await connector.observe(LENA), wish, key=f"{number}.{step}")
            if change is None:
                break
            await connector.apply(change)
            if number == 3:
                workspace.accept(LENA)
        assert (await connector.observe(LENA)).entitlement == wish


@SEES_THE_WORKSPACE
async def test_an_address_is_compared_without_regard_to_case(connector: Connector, workspace: Workspace) -> None:
    """Directories and people write it as they like; a part of an address is another address."""
    workspace.invite("Lena@Harbour.example", role="standard-user")
    assert (await connector.observe("LENA@harbour.EXAMPLE")).status == "invited"
    assert (await connector.observe("ena@harbour.example")).status == "absent"
    assert (await connector.observe("MAYA@harbour.example")).status == "member"
    assert (await connector.observe("aya@harbour.example")).status == "absent"


@SEES_THE_WORKSPACE
async def test_everybody_is_listed_once(connector: Connector, workspace: Workspace) -> None:
    """Members and invites, over several pages."""
    for number in range(230):
        workspace.profile = replace(workspace.profile, paid={"default": 500}, maximum_seats=500)
        workspace.invite(f"p{number}@harbour.example", role="standard-user")
        if number % 2:
            workspace.accept(f"p{number}@harbour.example")
    accounts = {account.email: account for account in await connector.accounts()}
    assert len(accounts) == 233
    assert (accounts["p0@harbour.example"].status, accounts["p1@harbour.example"].status) == ("invited", "member")


# -- already there, already gone ---------------------------------------------------------------------------------------
@SEES_THE_WORKSPACE
async def test_what_is_there_or_gone_already_is_a_success(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """Half-done work is finished by doing it again."""
    maya = user_id(workspace, MAYA)
    await connector.apply(invite(MAYA))
    await connector.apply(CancelInvite(email=LENA, provider_id="any"))
    await connector.apply(Remove(email=LENA, provider_id="user-nobody"))
    await connector.apply(SetRole(email=MAYA, provider_id=maya, role="member"))
    await connector.apply(SetSeatType(email=MAYA, provider_id=maya, seat_type="chatgpt", key="1"))
    assert writes() == ["POST invites"]
    assert (await connector.observe(MAYA)).entitlement == MEMBER


@WEB_ADMIN
async def test_one_intent_has_one_effect_however_often_it_is_sent(connector: Connector, workspace: Workspace) -> None:
    """The key becomes the id by which ChatGPT knows a submission."""
    await connector.apply(invite(LENA))
    before = workspace.events[:]
    await connector.apply(invite(LENA))
    assert workspace.events == before
    await connector.apply(invite(LENA, key="2"))
    assert len(workspace.events) == len(before) + 1


@SEES_THE_WORKSPACE
async def test_an_invite_can_be_sent_again(connector: Connector, workspace: Workspace) -> None:
    """Each time it is asked for."""
    await connector.apply(invite(LENA))
    for _ in range(2):
        await connector.apply(Resend(email=LENA, entitlement=MEMBER))
    assert sum("an invite was sent" in event.what for event in workspace.events) == 3
    assert (await connector.observe(LENA)).status == "invited"


# -- whom not to touch -------------------------------------------------------------------------------------------------
@WEB_ADMIN
async def test_the_integration_account_is_never_touched(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """Usher would saw off the branch it sits on, whatever it is told, by address or by id."""
    own = user_id(workspace, OWN)
    assert (await connector.observe(OWN)).protected
    changes: list[Change] = [
        invite(OWN),
        Resend(email=OWN, entitlement=MEMBER),
        CancelInvite(email=OWN, provider_id=None),
        Remove(email=OWN.upper(), provider_id=own),
        SetRole(email=OWN, provider_id=own, role="member"),
        SetSeatType(email=OWN, provider_id=own, seat_type="codex", key="1"),
        Remove(email="alias@harbour.example", provider_id=own),
        SetSeatType(email="alias@harbour.example", provider_id=own, seat_type="codex", key="1"),
    ]
    for change in changes:
        with pytest.raises(Refused, match="Usher itself works with"):
            await connector.apply(change)
    assert writes() == []


@SEES_THE_WORKSPACE
async def test_the_last_owner_stays_owner(
    connector: Connector, workspace: Workspace, writes: Writes, transport: str
) -> None:
    """Somebody made the integration account an admin by hand, so one owner is left."""
    noor = user_id(workspace, NOOR)
    assert (await connector.observe(NOOR)).protected is None
    workspace.set_role(user_id(workspace, OWN), "account-admin")
    assert (await connector.observe(NOOR)).protected == "It is the last owner of the workspace."
    assert {account.email for account in await connector.accounts() if account.protected} == (
        {NOOR, OWN} if transport == "web_admin" else {NOOR}
    )
    for change in (
        Remove(email=NOOR, provider_id=noor),
        SetRole(email=NOOR, provider_id=noor, role="admin"),
    ):
        with pytest.raises(Refused, match="last owner"):
            await connector.apply(change)
    assert writes() == []


@SEES_THE_WORKSPACE
async def test_one_of_several_owners_can_go(connector: Connector, workspace: Workspace) -> None:
    """With the integration account there is always another."""
    noor = user_id(workspace, NOOR)
    await connector.apply(SetRole(email=NOOR, provider_id=noor, role="admin"))
    assert (await connector.observe(NOOR)).role == "admin"


@WEB_ADMIN
async def test_what_scim_manages_is_left_to_it(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """It would undo what Usher does at its next run."""
    workspace.invite(LENA, role="standard-user", managed_by_scim=True)
    assert (await connector.observe(LENA)).managed_elsewhere == "SCIM"
    with pytest.raises(ManagedElsewhere):
        await connector.apply(CancelInvite(email=LENA, provider_id=None))
    workspace.accept(LENA)
    lena = user_id(workspace, LENA)
    changes: list[Change] = [
        Remove(email=LENA, provider_id=lena),
        SetRole(email=LENA, provider_id=lena, role="admin"),
        SetSeatType(email=LENA, provider_id=lena, seat_type="codex", key="1"),
    ]
    for change in changes:
        with pytest.raises(ManagedElsewhere):
            await connector.apply(change)
    assert writes() == []


async def test_members_are_changed_by_id(connector: Connector, writes: Writes, maya: str) -> None:
    """Somebody else at the same address is somebody else; without an id nothing is changed."""
    await connector.apply(Remove(email=MAYA, provider_id="user-of-old"))
    with pytest.raises(Refused, match="id"):
        await connector.apply(Remove(email=MAYA, provider_id=""))
    assert writes() == []
    await connector.apply(Remove(email="maya.old@harbour.example", provider_id=maya))
    assert (await connector.observe(MAYA)).status == "absent"


@pytest.mark.parametrize(
    "entitlement", [Entitlement(role="observer", seat_type="chatgpt"), Entitlement(role="member", seat_type="galactic")]
)
async def test_an_unknown_word_is_never_written(connector: Connector, entitlement: Entitlement, writes: Writes) -> None:
    """Not even when the catalogue asks for it."""
    with pytest.raises(Refused, match="gives no"):
        await connector.apply(invite(LENA, entitlement))
    assert writes() == []


# -- what the workspace itself says no to ------------------------------------------------------------------------------
@SEES_THE_WORKSPACE
async def test_a_full_workspace_says_so(connector: Connector, workspace: Workspace, transport: str) -> None:
    """Ten seats are paid for."""
    for number in range(20):
        try:
            await connector.apply(invite(f"p{number}@harbour.example", key=str(number)))
        except NoFreeSeat:
            break
    else:
        pytest.fail("the workspace was never full")
    assert workspace.free("default") == 0
    # A codex seat is paid by use.
    await connector.apply(invite(LENA, Entitlement(role="member", seat_type="codex")))
    pool = await connector.seats()
    assert pool is not None
    assert (pool.by_type["codex"].invited, pool.by_type["codex"].paid) == (1, None)
    counts = pool.by_type["chatgpt"]
    assert (counts.used, counts.invited) == (3, 7)
    told = (counts.free, pool.renews_on)
    assert told == ((0, workspace.profile.renews_at.date()) if transport == "web_admin" else (None, None))


@SEES_THE_WORKSPACE
async def test_a_seat_that_is_bought_meanwhile_is_given(connector: Connector, workspace: Workspace) -> None:
    """Waiting for a seat ends: a spent key would get the old answer, so another try comes with another key."""
    workspace.profile = replace(workspace.profile, paid={"default": 3})
    with pytest.raises(NoFreeSeat):
        await connector.apply(invite(LENA))
    workspace.profile = replace(workspace.profile, paid={"default": 4})
    await connector.apply(invite(LENA, key="2"))
    assert (await connector.observe(LENA)).status == "invited"


@SEES_THE_WORKSPACE
async def test_a_domain_that_is_not_allowed_is_refused(connector: Connector, workspace: Workspace) -> None:
    """In the provider's own words."""
    workspace.profile = replace(workspace.profile, allowed_domains=frozenset({"harbour.example"}))
    with pytest.raises(Refused, match="domain is not allowed"):
        await connector.apply(invite("grace@elsewhere.example"))


@SEES_THE_WORKSPACE
async def test_an_admin_cannot_give_roles(connector: Connector, workspace: Workspace) -> None:
    """The error names the role that it takes."""
    workspace.set_role(user_id(workspace, OWN), "account-admin")
    with pytest.raises(NotPermitted) as stopped:
        await connector.apply(SetRole(email=MAYA, provider_id=user_id(workspace, MAYA), role="admin"))
    assert "Owner" in stopped.value.need


@SEES_THE_WORKSPACE
async def test_somebody_who_has_left_gets_no_role(connector: Connector, writes: Writes) -> None:
    """They were a member a moment ago; the engine looks again."""
    changes: list[Change] = [
        SetRole(email=LENA, provider_id="user-gone", role="admin"),
        SetSeatType(email=LENA, provider_id="user-gone", seat_type="codex", key="1"),
    ]
    for change in changes:
        with pytest.raises(TryLater, match="no longer a member"):
            await connector.apply(change)
    assert writes() == []


# -- seats, and how many calls it takes --------------------------------------------------------------------------------
@SEES_THE_WORKSPACE
async def test_an_invite_is_the_first_thing_sent(connector: Connector, workspace: Workspace) -> None:
    """Between a decision and ChatGPT stands one observation, both its reads at once, then the invite itself."""
    assert (await connector.check()).ok
    await connector.observe(MAYA)
    workspace.calls.clear()
    both_reads_have_come = asyncio.Barrier(2)

    async def hold(call: Call) -> None:
        if call.method == "GET":
            await both_reads_have_come.wait()

    workspace.before_effect.append(hold)
    assert (await connector.observe(LENA)).status == "absent"
    await connector.apply(invite(LENA))
    paths = [f"{call.method} {call.path.rpartition('/')[2]}" for call in workspace.calls]
    assert sorted(paths[:2]) == ["GET invites", "GET users"]
    assert paths[2:] == ["POST invites"]


@WEB_ADMIN
async def test_a_scheduled_downgrade_is_shown(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """It counts as what the person will have, and is not asked for again."""
    workspace.faults.switch_on("downgrades_wait")
    change = SetSeatType(email=MAYA, provider_id=user_id(workspace, MAYA), seat_type="codex", key="1")
    await connector.apply(change)
    account = await connector.observe(MAYA)
    assert (account.seat_type, account.pending_seat_type) == ("chatgpt", "codex")
    await connector.apply(change)
    assert writes() == ["POST update"]
