"""What only SCIM has: a directory of Usher's own, a token, and a workspace that follows unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.config import ChatGPTScim
from bot.connectors.contract import (
    CancelInvite,
    Change,
    Connector,
    ConnectorError,
    Health,
    Invite,
    ManagedElsewhere,
    NotPermitted,
    Refused,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
    SignInAgain,
    TryLater,
    Unexpected,
    next_change,
)
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace
from sandbox.chatgpt.directory import follow
from sandbox.chatgpt.scim_json import read_user

pytestmark = pytest.mark.parametrize("transport", ["scim"])

LENA = "lena@harbour.example"
MAYA = "maya@harbour.example"
MEMBER = Entitlement(role="member", seat_type="chatgpt")
INVITE = Invite(email=LENA, entitlement=MEMBER, key="1")
Writes = Callable[[], list[str]]


async def status(connector: Connector, email: str) -> str:
    return (await connector.observe(email)).status


def put(workspace: Workspace, email: str, **attributes: Any) -> str:
    """Somebody whom another system writes into the directory; returns their id."""
    body = read_user({"userName": email, **attributes})
    entry = workspace.directory.create(body, now=workspace.clock.now())
    follow(workspace)
    return entry.id


# -- coming and going --------------------------------------------------------------------------------------------------
async def test_somebody_comes_and_goes(connector: Connector, workspace: Workspace, writes: Writes) -> None:
    """In the directory, and so in the workspace: invited as member on the default seat, and removed again."""
    assert await status(connector, LENA) == "absent"
    await connector.apply(INVITE)
    invite = workspace.roster.invite(LENA)
    assert invite is not None
    assert (invite.role, invite.seat_type, invite.is_scim_managed) == ("standard-user", "default", True)
    there = await connector.observe(LENA)
    assert (there.status, there.entitlement, there.managed_elsewhere) == ("member", MEMBER, None)
    assert there.since is not None
    workspace.accept(LENA)
    assert await connector.observe(LENA) == there
    await connector.apply(Remove(email=LENA, provider_id=there.provider_id or ""))
    assert await status(connector, LENA) == "absent"
    assert workspace.roster.member_by_email(LENA) is None
    assert writes() == ["POST Users", f"DELETE {there.provider_id}"]


async def test_an_invite_that_nobody_has_accepted_is_taken_back(connector: Connector, workspace: Workspace) -> None:
    """By the same call: whether somebody has accepted cannot be seen."""
    for cancellation in (None, CancelInvite(email=LENA, provider_id=None)):
        await connector.apply(INVITE)
        change = cancellation or next_change(await connector.observe(LENA), None, key="2")
        assert change is not None
        await connector.apply(change)
        assert workspace.roster.invite(LENA) is None
        assert await status(connector, LENA) == "absent"


async def test_whoever_comes_back_gets_no_e_mail(connector: Connector, workspace: Workspace) -> None:
    """ChatGPT invites them silently."""
    for _ in range(2):
        await connector.apply(INVITE)
        await connector.apply(CancelInvite(email=LENA, provider_id=None))
    told = [event.what for event in workspace.events if f"for {LENA}" in event.what or f"to {LENA}" in event.what]
    assert ["invite was sent to" in what for what in told if "cancelled" not in what] == [True, False]


async def test_what_is_there_or_gone_already_is_a_success(connector: Connector, writes: Writes, maya: str) -> None:
    """Half-done work is finished by doing it again."""
    await connector.apply(Invite(email=MAYA, entitlement=MEMBER, key="1"))
    assert writes() == ["POST Users"]
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    await connector.apply(CancelInvite(email=MAYA, provider_id=maya))
    assert writes() == ["POST Users", f"DELETE {maya}"]


@pytest.mark.parametrize("fault", ["scim_soft_deletes", "scim_patch_answers_nothing"])
async def test_whoever_is_inactive_is_brought_back(
    connector: Connector, workspace: Workspace, writes: Writes, maya: str, fault: str
) -> None:
    """A directory may keep who was deleted; the answer to a PATCH may be 200 or 204."""
    workspace.directory.soft_deletes = True
    workspace.faults.switch_on(fault)
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    assert await status(connector, MAYA) == "absent"
    assert MAYA not in {account.email for account in await connector.accounts()}
    await connector.apply(Invite(email=MAYA, entitlement=MEMBER, key="1"))
    assert (await connector.observe(MAYA)).provider_id == maya
    assert workspace.roster.invite(MAYA) is not None
    assert writes() == [f"DELETE {maya}", "POST Users", f"PATCH {maya}"]


async def test_what_is_sent_has_no_null_and_says_what_it_is(connector: Connector, workspace: Workspace) -> None:
    """WorkOS refuses a null, and an `active` that is no JSON boolean."""
    await connector.apply(Invite(email="Lena@Harbour.example", entitlement=MEMBER, key="1"))
    [call] = [call for call in workspace.calls if call.method == "POST"]
    assert call.headers["content-type"] == "application/scim+json"
    assert call.json() == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": LENA,
        "externalId": f"usher:{LENA}",
        "emails": [{"value": LENA, "type": "work", "primary": True}],
        "active": True,
    }


# -- finding -----------------------------------------------------------------------------------------------------------
async def test_an_address_is_compared_without_regard_to_case(connector: Connector, workspace: Workspace) -> None:
    """Directories and people write it as they like; a part of an address is another address."""
    put(workspace, "Tom@Harbour.example")
    assert await status(connector, "TOM@harbour.EXAMPLE") == "member"
    assert await status(connector, "om@harbour.example") == "absent"


@pytest.mark.parametrize(
    "email", ['"o\'hara"@harbour.example', '"a\\\\b"@harbour.example', '" or userName pr"@x.example']
)
async def test_an_address_cannot_become_a_part_of_the_filter(connector: Connector, email: str) -> None:
    """Quotes and backslashes are legal in an address, and stay in it."""
    assert await status(connector, email) == "absent"
    await connector.apply(Invite(email=email, entitlement=MEMBER, key="1"))
    assert await status(connector, email) == "member"
    assert await status(connector, MAYA) == "member"


async def test_looking_somebody_up_takes_one_call(connector: Connector, workspace: Workspace) -> None:
    """Whether they are there or not."""
    for email in (LENA, MAYA):
        workspace.calls.clear()
        await connector.observe(email)
        assert [call.method for call in workspace.calls] == ["GET"]
        assert workspace.calls[0].query["filter"] == f'userName eq "{email}"'


@pytest.mark.parametrize("fault", [None, "scim_short_pages", "scim_filter_ignored"])
async def test_everybody_is_listed_once(connector: Connector, workspace: Workspace, fault: str | None) -> None:
    """Over several pages, however long the directory makes them; and found behind a filter that does nothing."""
    for number in range(130):
        put(workspace, f"p{number}@harbour.example")
    if fault:
        workspace.faults.switch_on(fault)
    accounts = [account.email for account in await connector.accounts()]
    assert len(accounts) == len(set(accounts)) == 133
    assert await status(connector, "p129@harbour.example") == "member"
    assert await status(connector, LENA) == "absent"


async def test_an_id_cannot_lead_elsewhere(connector: Connector, workspace: Workspace) -> None:
    """Whatever stands in it, it is one step of the path, and no query."""
    await connector.apply(Remove(email=LENA, provider_id="../Users/x?y=1"))
    assert workspace.calls[0].path.endswith("/Users/../Users/x%3Fy=1")
    assert not workspace.calls[0].query


# -- one source of truth -----------------------------------------------------------------------------------------------
async def test_whom_another_system_has_written_is_left_to_it(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """A directory has one source; what Usher has written carries its mark."""
    id_ = put(workspace, LENA, externalId="00u1a2b3c")
    account = await connector.observe(LENA)
    assert (account.status, account.managed_elsewhere) == ("member", "SCIM")
    changes: list[Change] = [Remove(email=LENA, provider_id=id_), CancelInvite(email=LENA, provider_id=None)]
    for change in changes:
        with pytest.raises(ManagedElsewhere):
            await connector.apply(change)
    assert writes() == []
    workspace.directory.soft_deletes = True
    workspace.directory.delete(id_, now=workspace.clock.now())
    with pytest.raises(ManagedElsewhere, match="inactive"):
        await connector.apply(INVITE)
    assert writes() == ["POST Users"]


async def test_a_directory_that_gives_no_mark_back_is_usher_s(
    connector: Connector, workspace: Workspace, maya: str
) -> None:
    """Most of an entry is optional to return; nobody is kept in the workspace for it."""
    workspace.faults.switch_on("scim_bare_entries")
    await connector.apply(INVITE)
    assert (await connector.observe(LENA)).managed_elsewhere is None
    await connector.apply(Remove(email=MAYA, provider_id=maya))
    assert await status(connector, MAYA) == "absent"


# -- what SCIM cannot do -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (SetRole(email=MAYA, provider_id="", role="admin"), "cannot give anybody the role admin"),
        (SetSeatType(email=MAYA, provider_id="", seat_type="codex", key="1"), "cannot put anybody on a codex seat"),
        (Resend(email=LENA, entitlement=MEMBER), "does not send an invite again"),
    ],
)
async def test_what_scim_cannot_do_is_said(
    connector: Connector, writes: Writes, maya: str, change: Any, words: str
) -> None:
    """With what to do instead."""
    if not isinstance(change, Resend):
        change = replace(change, provider_id=maya)
    with pytest.raises(Refused, match=words) as stopped:
        await connector.apply(change)
    assert stopped.value.remedy != Refused.remedy
    assert writes() == []
    assert await connector.seats() is None


@pytest.mark.parametrize("fault", ["scim_users_held", "scim_sync_late"])
async def test_that_the_workspace_does_not_follow_cannot_be_seen(
    connector: Connector, workspace: Workspace, fault: str
) -> None:
    """The directory has them, ChatGPT does not; the check says that this is so with SCIM."""
    workspace.faults.switch_on(fault)
    await connector.apply(INVITE)
    assert await status(connector, LENA) == "member"
    assert workspace.roster.invite(LENA) is None
    workspace.faults.clear()
    await connector.apply(CancelInvite(email=LENA, provider_id=None))
    await connector.apply(INVITE)
    assert workspace.roster.invite(LENA) is not None
    assert any("does not tell who has accepted" in line.detail for line in (await connector.check()).conditions)


async def test_whom_the_directory_holds_comes_free_by_being_written_again(
    connector: Connector, workspace: Workspace, writes: Writes
) -> None:
    """Under the same id: a PUT, and no second user. There is no invite that could be sent again."""
    workspace.faults.switch_on("scim_users_held")
    await connector.apply(INVITE)
    held = await connector.observe(LENA)
    workspace.faults.clear()
    assert workspace.roster.invite(LENA) is None
    await connector.apply(Resend(email=LENA, entitlement=MEMBER))
    assert workspace.roster.invite(LENA) is not None
    assert await connector.observe(LENA) == held
    assert writes() == ["POST Users", f"PUT {held.provider_id}"]


async def test_whoever_was_there_before_is_removed_all_the_same(connector: Connector, workspace: Workspace) -> None:
    """SCIM does not show who came another way. They keep their role meanwhile; the check and the docs warn."""
    noor = next(e.id for e in workspace.directory.entries.values() if e.user_name == company.NOOR.email)
    member = workspace.roster.member_by_email(company.NOOR.email)
    assert member is not None
    assert (member.role, member.is_scim_managed) == ("account-owner", True)
    await connector.apply(Remove(email=company.NOOR.email, provider_id=noor))
    assert workspace.roster.member_by_email(company.NOOR.email) is None


# -- what goes wrong ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "of_a_read", "of_a_write"),
    [
        ("scim_token_refused", SignInAgain, SignInAgain),
        ("scim_forbidden", NotPermitted, NotPermitted),
        ("scim_directory_gone", NotPermitted, NotPermitted),
        ("scim_conflict", None, Refused),
        ("scim_body_too_large", None, Unexpected),
        ("rate_limited", TryLater, TryLater),
        ("rate_limited_silently", TryLater, TryLater),
        ("reads_fail", TryLater, None),
    ],
)
async def test_every_no_has_its_error(
    connector: Connector,
    workspace: Workspace,
    writes: Writes,
    fault: str,
    of_a_read: type[ConnectorError] | None,
    of_a_write: type[ConnectorError] | None,
) -> None:
    """One call, the right error with a next step, and nobody is in the workspace who should not be."""
    workspace.faults.switch_on(fault)
    if of_a_read:
        with pytest.raises(of_a_read) as stopped:
            await connector.observe(LENA)
        assert type(stopped.value) is of_a_read
    if of_a_write:
        with pytest.raises(of_a_write) as stopped:
            await connector.apply(INVITE)
        assert type(stopped.value) is of_a_write
        assert stopped.value.remedy
        assert writes() == ["POST Users"]
        workspace.faults.clear()
        assert await status(connector, LENA) == "absent"


async def test_the_remedies_are_those_of_a_directory(connector: Connector, workspace: Workspace) -> None:
    """Nobody has to sign in or to make a key."""
    for fault, words in (
        ("scim_token_refused", "make a new token for Usher's directory"),
        ("scim_forbidden", "the token of this very directory"),
        ("scim_directory_gone", "Check base_url"),
    ):
        workspace.faults.clear()
        workspace.faults.switch_on(fault)
        with pytest.raises(ConnectorError) as stopped:
            await connector.observe(MAYA)
        assert words in stopped.value.remedy
        assert "workspace for" not in stopped.value.explanation


async def test_a_lost_directory_is_told_apart_from_somebody_gone(
    connector: Connector, workspace: Workspace, maya: str
) -> None:
    """Both are a 404; a removal that only met the directory's has removed nobody."""
    workspace.faults.switch_on("scim_directory_gone")
    with pytest.raises(NotPermitted, match="no such directory"):
        await connector.apply(Remove(email=MAYA, provider_id=maya))
    workspace.faults.clear()
    workspace.faults.switch_on("scim_directory_gone", method="DELETE")
    with pytest.raises(TryLater, match="yet lists them"):
        await connector.apply(Remove(email=MAYA, provider_id=maya))
    workspace.faults.clear()
    assert await status(connector, MAYA) == "member"


async def test_an_address_that_another_entry_holds_is_refused(connector: Connector, workspace: Workspace) -> None:
    """Two active users cannot share one; the directory's own words are shown."""
    put(workspace, "lena.f", emails=[{"value": LENA, "type": "work"}])
    with pytest.raises(Refused, match="already exists with this email"):
        await connector.apply(INVITE)


@pytest.mark.parametrize("secret", ["", "two words", "line\r\nInjected: yes"])
async def test_what_is_no_token_is_not_even_sent(
    config: ChatGPTScim, http: httpx.AsyncClient, workspace: Workspace, vault: Any, secret: str
) -> None:
    """An admin pasted something else."""
    vault.secret = secret
    with pytest.raises(SignInAgain, match="SCIM token"):
        await build_connector(config, http=http, credential=vault).observe(MAYA)
    assert workspace.calls == []


async def test_the_token_is_never_told(connector: Connector, workspace: Workspace) -> None:
    """Through everything that can go wrong."""
    told: list[str] = []
    for name in sorted(workspace.faults.registry.keys() - {"slow", "answer_never_comes", "call_hangs"}):
        workspace.faults.switch_on(name)
        try:
            await connector.observe(LENA)
            await connector.apply(INVITE)
        except ConnectorError as error:
            told += [repr(error), error.explanation, error.remedy, repr(error.__cause__), repr(error.__context__)]
        told += [f"{condition}" for condition in (await connector.check()).conditions]
        workspace.reset()
    assert len(told) > 100
    assert company.CHATGPT_SCIM_TOKEN not in "\n".join(told)


# -- the check ---------------------------------------------------------------------------------------------------------
def failing(health: Health) -> list[str]:
    for condition in health.conditions:
        assert condition.ok or condition.remedy
    return [condition.name for condition in health.conditions if not condition.ok]


async def test_a_good_directory_is_told_line_by_line(connector: Connector, writes: Writes) -> None:
    """What was read, and what SCIM does not tell."""
    health = await connector.check()
    assert health.ok
    details = {condition.name: condition.detail for condition in health.conditions}
    assert list(details) == ["Reachable", "SCIM token", "Directory", "Invites", "Roles and seats"]
    assert details["Directory"] == "3 active in it."
    assert writes() == []


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("reads_fail", "Reachable"),
        ("rate_limited", "Reachable"),
        ("challenge_403", "Reachable"),
        ("scim_token_refused", "SCIM token"),
        ("scim_forbidden", "Directory"),
        ("scim_directory_gone", "Directory"),
    ],
)
async def test_what_is_wrong_is_named(connector: Connector, workspace: Workspace, fault: str, line: str) -> None:
    """One line, with the next step; and the check itself never fails."""
    workspace.faults.switch_on(fault)
    assert failing(await connector.check()) == [line]


async def test_a_shared_directory_is_noticed(connector: Connector, workspace: Workspace) -> None:
    """Usher and an identity provider would undo each other's work."""
    put(workspace, LENA, externalId="00u1a2b3c")
    health = await connector.check()
    assert failing(health) == ["Directory"]
    assert "1 written by another system" in health.conditions[2].detail
