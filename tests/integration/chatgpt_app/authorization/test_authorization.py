"""Connect, from the program's request to its tokens: consent, Sign in with Slack, code, rotation, revocation."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.chatgpt_app.connections import ACCESS_LASTS
from sandbox import company
from storage.tables import Connection, ConnectionToken, SignIn
from tests.support.authorization import Connect, know, told
from tests.support.clock import MovableClock

LENA = company.LENA


async def test_the_whole_way(connect: Connect) -> None:
    """A person reads what they are asked, signs in with Slack, and the program gets tokens that are theirs."""
    async with connect.browser() as browser:
        _, page = await connect.consent_page(browser)
        assert "Connect ChatGPT to Usher?" in page.text
    answer = await connect.returned()
    assert answer["iss"] == connect.config.issuer
    assert answer["state"] == "ö = the client's own & state"
    exchanged = await connect.exchange(answer["code"])
    assert exchanged.status_code == 200, exchanged.text
    assert exchanged.headers["cache-control"] == "no-store"
    tokens = exchanged.json()
    assert (tokens["token_type"], tokens["scope"], tokens["expires_in"]) == ("Bearer", "access", 3600)
    holder = await connect.holder(tokens["access_token"])
    assert holder is not None
    assert (holder.person_id, holder.client_id) == (LENA.id, f"{connect.site.origin}/client.json")


async def test_tokens_are_renewed(connect: Connect, clock: MovableClock) -> None:
    """An access token lasts an hour; the refresh token gives the next pair, also while the document is away."""
    tokens = await connect.connected()
    clock.advance(ACCESS_LASTS + timedelta(seconds=1))
    assert await connect.holder(tokens["access_token"]) is None
    connect.site.documents.clear()
    renewed = await connect.refresh(tokens["refresh_token"])
    assert renewed.status_code == 200, renewed.text
    assert await connect.holder(renewed.json()["access_token"]) is not None
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]


async def test_nothing_in_the_database_opens_anything(connect: Connect) -> None:
    """Tickets, codes and tokens are kept as hashes; what comes back from Slack is not kept at all."""
    answer = await connect.returned()
    tokens = (await connect.exchange(answer["code"])).json()
    async with connect.database.read() as session:
        rows = [
            str(vars(row))
            for table in (SignIn, Connection, ConnectionToken)
            for row in (await session.scalars(sa.select(table))).all()
        ]
    assert len(rows) == 4
    for secret in (answer["code"], tokens["access_token"], tokens["refresh_token"], "xoxp-"):
        assert not any(secret in row for row in rows)


async def test_the_page_is_private(connect: Connect) -> None:
    """It is kept by nobody, framed by nobody, runs nothing, and tells nobody where the person came from."""
    async with connect.browser() as browser:
        _, page = await connect.consent_page(browser)
        style = await browser.get("/oauth/pages.css")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy + page.text
    assert "HttpOnly" in page.headers["set-cookie"]
    assert "SameSite=lax" in page.headers["set-cookie"]
    assert style.headers["content-type"].startswith("text/css")


async def test_two_sign_ins_in_one_browser(connect: Connect) -> None:
    """Who begins twice can finish both."""
    async with connect.browser() as browser:
        first = await connect.signed_in(browser, LENA, state="one")
        second = await connect.signed_in(browser, LENA, state="two")
        assert told(await browser.get(first))["state"] == "one"
        assert "code" in told(await browser.get(second))


async def test_metadata_is_what_clients_compare_letter_by_letter(connect: Connect) -> None:
    """RFC 8414 and RFC 9728: one issuer, one resource, PKCE, no secrets, `iss` on every answer."""
    server = (await connect.client.get("/.well-known/oauth-authorization-server")).json()
    assert server["issuer"] == connect.config.public_url
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["token_endpoint_auth_methods_supported"] == ["none"]
    assert server["client_id_metadata_document_supported"] is True
    assert server["authorization_response_iss_parameter_supported"] is True
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        answer = await connect.client.get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        resource = answer.json()
        assert resource["resource"] == f"{connect.config.public_url}/mcp"
        assert resource["authorization_servers"] == [server["issuer"]]
        assert resource["scopes_supported"] == server["scopes_supported"] == ["access"]


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_token_that_is_given_back_ends_the_connection(connect: Connect, kind: str) -> None:
    """RFC 7009: either of the two does; a stranger's client id does nothing, and learns nothing."""
    tokens = await connect.connected()
    client_id = f"{connect.site.origin}/client.json"
    for form in ({"client_id": "https://chatgpt.com/x", "token": tokens[kind]}, {"client_id": client_id, "token": "x"}):
        assert (await connect.client.post("/oauth/revoke", data=form)).status_code == 200
        assert await connect.holder(tokens["access_token"]) is not None
    answer = await connect.client.post("/oauth/revoke", data={"client_id": client_id, "token": tokens[kind]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert await connect.holder(tokens["access_token"]) is None
    assert (await connect.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await connect.client.post("/oauth/revoke", data={"client_id": client_id})).status_code == 400


async def test_whoever_leaves_is_out_at_once(connect: Connect) -> None:
    """Between two calls: the token is as good as before, the person is not."""
    tokens = await connect.connected()
    assert await connect.holder(tokens["access_token"]) is not None
    await know(connect.database, active=False)
    assert await connect.holder(tokens["access_token"]) is None
    assert (await connect.refresh(tokens["refresh_token"])).status_code == 400


async def test_who_leaves_on_the_way_gets_no_tokens(connect: Connect) -> None:
    """The code was given; the person is looked up again when it is exchanged."""
    answer = await connect.returned()
    await know(connect.database, active=False)
    assert (await connect.exchange(answer["code"])).json()["error"] == "invalid_grant"
