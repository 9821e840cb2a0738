"""Sign in with Slack: what the provider tells a client, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest

from sandbox import company
from sandbox.slack import Slack
from sandbox.slack.faults import ID_TOKEN

APP = company.SLACK_APP
CALLBACK = "https://usher.example/oauth/slack/callback"
LENA = company.LENA


@pytest.fixture
async def http(slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    """A browser and a client in one, that follows no redirects. The app may send people back to CALLBACK."""
    slack.app.redirect_urls = (CALLBACK,)
    async with httpx.AsyncClient(base_url=slack.base_url, timeout=30, trust_env=False) as http:
        yield http


def asking(**changes: str) -> str:
    """The address that a client sends a person to, below the issuer."""
    asked = {
        "response_type": "code",
        "scope": "openid profile email",
        "client_id": APP.client_id,
        "state": "the state",
        "nonce": "the nonce",
        "redirect_uri": CALLBACK,
        "team": company.TEAM_ID,
    }
    return f"/openid/connect/authorize?{urlencode(asked | changes)}"


async def allow(http: httpx.AsyncClient, *, user: str = LENA.id, **asked: str) -> str:
    """Sign somebody in: the code."""
    answer = await http.post(asking(**asked), data={"user": user, "decision": "allow"})
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def exchange(http: httpx.AsyncClient, code: str, **changes: str) -> dict[str, Any]:
    """What the token endpoint says to the client."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
    }
    answer = await http.post("/api/openid.connect.token", data=form | changes)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def claims_of(slack: Slack, http: httpx.AsyncClient, id_token: str) -> dict[str, Any]:
    """What an id_token says, verified as a client verifies it. Raises jwt.PyJWTError."""
    metadata = (await http.get("/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict((await http.get(metadata["jwks_uri"])).json())
    return jwt.decode(
        id_token,
        keys[jwt.get_unverified_header(id_token)["kid"]].key,
        algorithms=["RS256"],
        audience=APP.client_id,
        issuer=slack.base_url,
    )


async def test_a_person_signs_in(slack: Slack, http: httpx.AsyncClient) -> None:
    """From the discovery document to who it is: every claim that Slack documents, for five minutes."""
    metadata = (await http.get("/.well-known/openid-configuration")).json()
    assert metadata["issuer"] == slack.base_url
    assert metadata["authorization_endpoint"] == f"{slack.base_url}/openid/connect/authorize"
    assert metadata["token_endpoint"] == f"{slack.base_url}/api/openid.connect.token"
    allowed = await http.post(asking(), data={"user": LENA.id, "decision": "allow"})
    back = urlsplit(allowed.headers["location"])
    query = {name: value for name, [value] in parse_qs(back.query).items()}
    assert (allowed.status_code, back._replace(query="").geturl()) == (303, CALLBACK)
    assert query == {"code": query["code"], "state": "the state"}

    given = await exchange(http, query["code"])
    assert given["ok"] is True
    assert given["access_token"].startswith("xoxp-")
    assert "expires_in" not in given
    assert "refresh_token" not in given
    claims = await claims_of(slack, http, given["id_token"])
    assert claims["exp"] - claims["iat"] == 300
    half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
    for measured in ("exp", "iat", "auth_time", "date_email_verified"):
        assert isinstance(claims.pop(measured), int)
    assert claims == {
        "iss": slack.base_url,
        "sub": LENA.id,
        "aud": APP.client_id,
        "nonce": "the nonce",
        "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
        "https://slack.com/team_id": company.TEAM_ID,
        "https://slack.com/user_id": LENA.id,
        "email": LENA.email,
        "email_verified": True,
        "name": LENA.name,
        "given_name": "Lena",
        "family_name": "Fischer",
        "locale": "en-US",
    }
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    about = (await http.get("/api/openid.connect.userInfo", headers=bearer)).json()
    assert about["sub"] == LENA.id
    assert about["https://slack.com/team_name"] == company.COMPANY_NAME


async def test_scopes_say_how_much_a_client_learns(slack: Slack, http: httpx.AsyncClient) -> None:
    """With openid alone no name and no address."""
    given = await exchange(http, await allow(http, scope="openid"))
    claims = await claims_of(slack, http, given["id_token"])
    assert claims["sub"] == LENA.id
    assert {"name", "email", "locale"}.isdisjoint(claims)


async def test_the_secret_may_come_in_the_header(http: httpx.AsyncClient) -> None:
    """client_secret_basic is as good as client_secret_post."""
    code = await allow(http)
    basic = httpx.BasicAuth(APP.client_id, APP.client_secret)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert (await http.post("/api/openid.connect.token", data=form, auth=basic)).json()["ok"] is True


async def test_a_code_is_good_once_for_ten_minutes_where_it_was_meant_for(
    slack: Slack, http: httpx.AsyncClient
) -> None:
    """A failure is HTTP 200 with ok: false, as with every method."""
    code = await allow(http)
    assert (await exchange(http, code))["ok"] is True
    assert await exchange(http, code) == {"ok": False, "error": "invalid_code"}
    elsewhere = await exchange(http, await allow(http), redirect_uri=f"{CALLBACK}/elsewhere")
    assert elsewhere == {"ok": False, "error": "bad_redirect_uri"}
    code = await allow(http)
    assert slack.openid.code_seconds == 600
    slack.openid.code_seconds = 0
    assert await exchange(http, code) == {"ok": False, "error": "invalid_code"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "guessed"}, "bad_client_secret"),
        ({"grant_type": "client_credentials"}, "invalid_grant_type"),
    ],
)
async def test_only_the_app_exchanges_codes(http: httpx.AsyncClient, changes: dict[str, str], error: str) -> None:
    """And the attempt of another does not use the code up."""
    code = await allow(http)
    assert await exchange(http, code, **changes) == {"ok": False, "error": error}
    assert (await exchange(http, code))["ok"] is True


async def test_the_record_of_calls_keeps_no_secret(slack: Slack, http: httpx.AsyncClient) -> None:
    """It says which code was exchanged, and not with what."""
    await exchange(http, await allow(http))
    [call] = slack.calls_of("openid.connect.token")
    assert call.ok
    assert APP.client_secret not in str(call.arguments)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.example/"}, "bad_redirect_uri"),
        ({"redirect_uri": f"{CALLBACK}-or-so"}, "bad_redirect_uri"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid chat:write"}, "invalid_scope"),
        ({"team": "T0ELSEWHERE"}, "invalid_team_for_non_distributed_app"),
    ],
)
async def test_a_wrong_address_sends_nobody_anywhere(
    http: httpx.AsyncClient, changes: dict[str, str], code: str
) -> None:
    """The person is told on Slack's own page, whether they look or press."""
    looked = await http.get(asking(**changes))
    pressed = await http.post(asking(**changes), data={"user": LENA.id, "decision": "allow"})
    for answer in (looked, pressed):
        assert answer.status_code == 400
        assert code in answer.text


async def test_a_path_below_a_configured_address_is_allowed(http: httpx.AsyncClient) -> None:
    """Slack takes the configured address for the beginning of many."""
    below = f"{CALLBACK}/chatgpt?from=slack"
    answer = await http.post(asking(redirect_uri=below), data={"user": LENA.id, "decision": "allow"})
    assert answer.headers["location"].startswith(f"{below}&code=")


async def test_who_cancels_is_sent_back_without_a_code(http: httpx.AsyncClient) -> None:
    """With the state, so that the client knows what ended."""
    answer = await http.post(asking(), data={"user": LENA.id, "decision": "cancel"})
    assert answer.headers["location"] == f"{CALLBACK}?error=access_denied&state=the+state"


async def test_whoever_has_no_account_cannot_sign_in(slack: Slack, http: httpx.AsyncClient) -> None:
    """Not a leaver, not a bot, not a stranger; the page does not offer them either."""
    slack.deactivate(company.TOM.id)
    offered = (await http.get(asking())).text
    assert LENA.name in offered
    assert company.TOM.name not in offered
    assert f'value="{company.USHER.id}"' not in offered
    for user in (company.TOM.id, company.USHER.id, "U0NOBODY"):
        assert (await http.post(asking(), data={"user": user, "decision": "allow"})).status_code == 400


async def test_a_leavers_token_says_nothing_any_more(slack: Slack, http: httpx.AsyncClient) -> None:
    """userInfo looks at the account as it is now."""
    given = await exchange(http, await allow(http))
    slack.deactivate(LENA.id)
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    about = (await http.get("/api/openid.connect.userInfo", headers=bearer)).json()
    assert about == {"ok": False, "error": "account_inactive"}
    stranger = {"Authorization": "Bearer xoxp-guessed"}
    assert (await http.get("/api/openid.connect.userInfo", headers=stranger)).json()["error"] == "invalid_auth"


async def test_names_cannot_become_markup(slack: Slack, http: httpx.AsyncClient) -> None:
    """A person's name is shown as it was written."""
    slack.change_profile(LENA.id, real_name="<b>Lena</b>")
    assert "&lt;b&gt;Lena&lt;/b&gt;" in (await http.get(asking())).text


@pytest.mark.parametrize(
    ("claims", "seen"),
    [
        ({"https://slack.com/team_id": "T0ELSEWHERE"}, {"https://slack.com/team_id": "T0ELSEWHERE"}),
        ({"nonce": "another"}, {"nonce": "another"}),
        ({"nonce": None}, {}),
    ],
)
async def test_a_fault_makes_the_token_say_something_else(
    slack: Slack, http: httpx.AsyncClient, claims: dict[str, Any], seen: dict[str, Any]
) -> None:
    """Signed all the same; the next token is true again."""
    slack.faults.add(ID_TOKEN, "claims", claims=claims, times=1)
    told = await claims_of(slack, http, (await exchange(http, await allow(http)))["id_token"])
    assert {name: told[name] for name in claims if name in told} == seen
    told = await claims_of(slack, http, (await exchange(http, await allow(http)))["id_token"])
    assert (told["nonce"], told["https://slack.com/team_id"]) == ("the nonce", company.TEAM_ID)


async def test_a_fault_makes_a_token_that_is_not_to_be_believed(slack: Slack, http: httpx.AsyncClient) -> None:
    """Signed by somebody else, or expired: whoever verifies it finds out."""
    slack.faults.add(ID_TOKEN, "forged", times=1)
    with pytest.raises(jwt.InvalidSignatureError):
        await claims_of(slack, http, (await exchange(http, await allow(http)))["id_token"])
    slack.faults.add(ID_TOKEN, "claims", claims={"exp": 1_700_000_000}, times=1)
    with pytest.raises(jwt.ExpiredSignatureError):
        await claims_of(slack, http, (await exchange(http, await allow(http)))["id_token"])


async def test_the_methods_meet_the_faults_of_all_methods(slack: Slack, http: httpx.AsyncClient) -> None:
    """ok: false of any code, as for any other method; a fault of everything is one of calls, not of the token."""
    code = await allow(http)
    slack.faults.add("openid.connect.token", "error", error="internal_error", times=1)
    assert await exchange(http, code) == {"ok": False, "error": "internal_error"}
    slack.faults.add("*", "error", error="fatal_error", times=1)
    assert await exchange(http, code) == {"ok": False, "error": "fatal_error"}
    assert (await exchange(http, code))["ok"] is True
