"""The session endpoint and the tokens it gives out."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

from sandbox import company
from sandbox.chatgpt import Workspace, sign_in
from sandbox.clock import SandboxClock

COOKIE = "__Secure-next-auth.session-token"


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def test_exchange_gives_a_workspace_token_and_rotates_the_cookie(http, owner):
    """The exchanged token names the workspace, and a new session cookie comes with it."""
    before = owner.cookie
    answer = await owner.sign_in()
    assert answer.json()["account"] == {"id": company.CHATGPT_WORKSPACE_ID}
    assert answer.json()["user"]["email"] == company.CHATGPT_INTEGRATION_EMAIL
    account = claims(owner.token)["https://api.openai.com/auth"]
    assert account["chatgpt_account_id"] == company.CHATGPT_WORKSPACE_ID
    assert account["chatgpt_plan_type"] == "team"
    assert owner.cookie not in (before, company.CHATGPT_SESSION)
    assert "Secure" in answer.headers["set-cookie"]
    assert (await owner.call("GET", "/users")).status_code == 200


async def test_a_rotated_cookie_outlives_the_sandbox(http):
    """A client that kept a rotated cookie can sign in to a sandbox that was started anew."""
    answer = await http.get("/api/auth/session", headers={"Cookie": f"{COOKIE}=sandbox-session~41"})
    assert answer.json()["user"]["email"] == company.CHATGPT_INTEGRATION_EMAIL
    assert answer.cookies[COOKIE] == "sandbox-session~42"


async def test_a_cookie_may_come_in_parts(http):
    """NextAuth splits a long cookie; the parts open the session in order."""
    answer = await http.get(
        "/api/auth/session", headers={"Cookie": f"{COOKIE}.1=-session; {COOKIE}.0=sandbox; oai-did=1"}
    )
    assert answer.json()["accessToken"]


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=nobody", "other=1"])
async def test_a_stranger_is_signed_out(http, cookie):
    """Without a session the answer is 200 and empty."""
    answer = await http.get("/api/auth/session", headers={"Cookie": cookie})
    assert (answer.status_code, answer.json()) == (200, {})


async def test_a_personal_token_reads_but_does_not_write(http, owner):
    """Before the exchange the token is the person's own: the workspace can be read, not changed."""
    owner.cookie = company.CHATGPT_SESSION
    await owner.sign_in(workspace_id="another")
    assert (await owner.call("GET", "/users")).status_code == 200
    assert (await owner.invite("lena@harbour.example")).status_code == 403


async def test_calls_without_a_good_token_are_refused(owner):
    """No token, a token from elsewhere and an old token are 401, each in its own shape."""
    missing = await owner.call("GET", "/users", headers={"Authorization": ""})
    assert missing.status_code == 401
    assert missing.json() == {"detail": {"message": "Unauthorized - Access token is missing"}}
    forged = await owner.call("GET", "/users", headers={"Authorization": "Bearer a.b.c"})
    assert (forged.status_code, forged.json()["error"]["code"]) == (401, "token_revoked")


async def test_a_token_expires_and_the_session_gives_another(owner, clock: SandboxClock):
    """Ten days on, the access token is dead, and the session is not."""
    clock.skip(10 * 86400 + 1)
    expired = await owner.call("GET", "/users")
    assert (expired.status_code, expired.json()["error"]["code"]) == (401, "token_expired")
    await owner.sign_in()
    assert (await owner.call("GET", "/users")).status_code == 200


async def test_the_account_header_has_to_match(owner):
    """A call about one account with the header of another is refused, and an unknown account is not found."""
    other = await owner.call("GET", "/users", headers={"chatgpt-account-id": "another"})
    assert other.status_code == 403
    path = "/backend-api/accounts/00000000-0000-0000-0000-000000000000/users"
    unknown = await owner.call("GET", path)
    assert (unknown.status_code, unknown.json()["detail"]["code"]) == (404, "workspace_not_found")


async def test_who_left_the_workspace_does_not_find_it(http: httpx.AsyncClient, workspace: Workspace, as_role):
    """A removed administrator keeps their session and loses the workspace."""
    maya = await as_role("account-admin")
    workspace.remove(workspace.roster.member_by_email("maya@harbour.example").user_id)
    assert (await maya.call("GET", "/users")).status_code == 404
    check = await maya.call("GET", "/backend-api/accounts/check/v4-2023-04-27")
    assert company.CHATGPT_WORKSPACE_ID not in check.json()["accounts"]
    await maya.sign_in()
    assert claims(maya.token)["https://api.openai.com/auth"]["chatgpt_account_id"] != company.CHATGPT_WORKSPACE_ID


def test_strangers_cannot_be_signed_in(workspace: Workspace):
    """Only somebody of the workspace can be given a session."""
    with pytest.raises(KeyError):
        sign_in(workspace, "nobody@harbour.example")
