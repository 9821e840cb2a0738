"""Whoever may not connect is told so: on the way back to the program, or on a page where there is no way back."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from bot.chatgpt_app.oauth.sign_ins import CODE_LASTS, TICKET_LASTS
from sandbox import company
from sandbox.slack.faults import ID_TOKEN
from storage import audit
from storage.tables import Connection, ConnectionEnd, LedgerLine, SignIn
from tests.support.authorization import Connect, connecting, know, told
from tests.support.clock import MovableClock

LENA = company.LENA
TEAM = "https://slack.com/team_id"


async def refused(connect: Connect, error: str, person: company.Person = LENA) -> str:
    """The whole way, at whose end the program is told of an error that is the issuer's: in which words."""
    answer = await connect.returned(person)
    assert (answer["error"], answer["iss"]) == (error, connect.config.issuer), answer
    assert answer["state"]
    assert "code" not in answer
    async with connect.database.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0
        assert await session.scalar(sa.select(sa.func.count()).select_from(Connection)) == 0
    words = answer["error_description"]
    assert words.isascii()
    assert not set('"\\') & set(words)
    return words


# -- people -----------------------------------------------------------------------------------------------------------
async def test_another_workspace(connect: Connect) -> None:
    """`team` in the address is a hint; what counts is the workspace that Slack names."""
    connect.sandbox.slack.faults.add(ID_TOKEN, "claims", claims={TEAM: "T0ELSEWHERE"})
    assert "another Slack workspace" in await refused(connect, "access_denied")


@pytest.mark.parametrize("what", [{"active": False}, {"is_guest": True}, {"is_bot": True}])
async def test_who_may_not(connect: Connect, what: dict[str, bool]) -> None:
    """Leavers, guests and bots, as the directory knows them, whatever Slack lets sign in."""
    await know(connect.database, **what)
    assert "may not use Usher" in await refused(connect, "access_denied")


async def test_a_stranger(connect: Connect) -> None:
    """Somebody who is in Slack and not in the directory."""
    connect.sandbox.slack.faults.add(ID_TOKEN, "claims", claims={"https://slack.com/user_id": "U0STRANGER"})
    assert "not known" in await refused(connect, "access_denied")


async def test_guests_come_in_where_the_setting_says_so(connect: Connect) -> None:
    """And lose their connection when it no longer does."""
    await know(connect.database, is_guest=True)
    async with connecting(connect.database, connect.sandbox, connect.site, guests=True) as welcoming:
        tokens = await welcoming.connected()
        assert await welcoming.holder(tokens["access_token"]) is not None
    async with connecting(
        connect.database, connect.sandbox, connect.site, public_url=welcoming.config.public_url
    ) as strict:
        assert await strict.holder(tokens["access_token"]) is None
        assert (await strict.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


# -- Slack ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"iss": "https://slack.example"},
        {"aud": "another client"},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000},
        {"exp": None},
    ],
    ids=str,
)
async def test_what_slack_says_has_to_be_for_this_sign_in(connect: Connect, wrong: dict[str, str | int | None]) -> None:
    """Another sign-in's, another client's, another issuer's, of another time."""
    connect.sandbox.slack.faults.add(ID_TOKEN, "claims", claims=wrong)
    assert "Slack could not say who you are" in await refused(connect, "server_error")


async def test_what_somebody_else_signed_is_not_slacks(connect: Connect) -> None:
    """The signature is looked at."""
    connect.sandbox.slack.faults.add(ID_TOKEN, "forged")
    await refused(connect, "server_error")


@pytest.mark.parametrize("kind", ["error", "server_error", "close_after_effect"])
async def test_slack_refuses(connect: Connect, kind: str) -> None:
    """HTTP 200 with ok:false, no JSON, no answer: nobody is let in."""
    connect.sandbox.slack.faults.add("openid.connect.token", kind)  # type: ignore[arg-type]
    await refused(connect, "server_error")


async def test_slack_cannot_be_asked(connect: Connect) -> None:
    """Which workspace is ours is not known yet: the person comes back to the program, and a second try works."""
    connect.sandbox.slack.faults.add("auth.test", "server_error", times=1)
    async with connect.browser() as browser:
        ticket, _ = await connect.consent_page(browser)
        answer = told(await browser.post("/oauth/consent", data={"ticket": ticket, "decision": "continue"}))
    assert answer["error"] == "temporarily_unavailable"
    assert answer["iss"] == connect.config.issuer
    assert "code" in await connect.returned()


async def test_the_person_cancels_in_slack(connect: Connect) -> None:
    """Slack says so, and the program hears it."""
    async with connect.browser() as browser:
        slack = await connect.agreed(browser)
        back = await browser.post(slack, data={"decision": "cancel"})
        answer = told(await browser.get(back.headers["location"]))
    assert (answer["error"], answer["iss"]) == ("access_denied", connect.config.issuer)


async def test_slack_posts_its_answer(connect: Connect) -> None:
    """Its metadata speaks of `form_post`: such a post brings no cookie, and is followed by a request that does."""
    async with connect.browser() as browser:
        back = urlsplit(await connect.signed_in(browser, LENA))
        form = {key: values[0] for key, values in parse_qs(back.query).items()}
        async with connect.browser() as without_cookies:
            posted = await without_cookies.post(back.path, data=form)
        assert posted.status_code == 303
        assert "code" in told(await browser.get(posted.headers["location"]))


# -- consent ----------------------------------------------------------------------------------------------------------
async def test_the_person_declines(connect: Connect) -> None:
    """Nothing is connected; the ticket is gone."""
    async with connect.browser() as browser:
        ticket, _ = await connect.consent_page(browser)
        answer = told(await browser.post("/oauth/consent", data={"ticket": ticket, "decision": "cancel"}))
        assert (answer["error"], answer["iss"]) == ("access_denied", connect.config.issuer)
        again = await browser.post("/oauth/consent", data={"ticket": ticket, "decision": "continue"})
    assert again.status_code == 400
    assert "This sign-in is over" in again.text


async def test_a_link_that_was_passed_on(connect: Connect) -> None:
    """Whoever gets the consent page, its form, or Slack's answer from somebody else can do nothing with it."""
    async with connect.browser() as mallory, connect.browser() as lena:
        begun = await mallory.get(connect.asking())
        page = await mallory.get(begun.headers["location"])
        assert page.status_code == 200
        assert (await lena.get(begun.headers["location"])).status_code == 400
        ticket, _ = await connect.consent_page(mallory)
        await connect.consent_page(lena)
        assert (await lena.post("/oauth/consent", data={"ticket": ticket, "decision": "continue"})).status_code == 400
        back = await connect.signed_in(mallory, LENA)
        for thief in (lena, connect.client):
            stolen = await thief.get(back)
            assert (stolen.status_code, "location" in stolen.headers) == (400, False)
        assert "code" in told(await mallory.get(back))


async def test_slack_is_no_way_around_consent(connect: Connect) -> None:
    """Who signed in without having agreed gets nothing."""
    async with connect.browser() as browser:
        ticket, _ = await connect.consent_page(browser)
        skipped = await browser.get("/oauth/slack/callback", params={"code": "x", "state": ticket})
    assert skipped.status_code == 400


async def test_slacks_answer_works_once(connect: Connect) -> None:
    """Going back in the browser does not make a second code."""
    async with connect.browser() as browser:
        back = await connect.signed_in(browser, LENA)
        assert "code" in told(await browser.get(back))
        assert (await browser.get(back)).status_code == 400


@pytest.mark.parametrize("step", ["page", "consent", "slack"])
async def test_a_ticket_lasts_ten_minutes(connect: Connect, clock: MovableClock, step: str) -> None:
    """At every step."""
    async with connect.browser() as browser:
        if step == "page":
            begun = await browser.get(connect.asking())
            clock.advance(TICKET_LASTS)
            late = await browser.get(begun.headers["location"])
        elif step == "consent":
            ticket, _ = await connect.consent_page(browser)
            clock.advance(TICKET_LASTS)
            late = await browser.post("/oauth/consent", data={"ticket": ticket, "decision": "continue"})
        else:
            back = await connect.signed_in(browser, LENA)
            clock.advance(TICKET_LASTS)
            late = await browser.get(back)
    assert late.status_code == 400
    assert "This sign-in is over" in late.text


# -- what the program asks for ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "access admin"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": "x" * 5_000}, "invalid_request"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_request_that_is_wrong(connect: Connect, changes: dict[str, str | None], error: str) -> None:
    """The program is told by whom and why, before the person is asked anything."""
    answer = told(await connect.client.get(connect.asking(**changes)))
    assert (answer["error"], answer["iss"]) == (error, connect.config.issuer)


async def test_a_slash_at_the_end_of_the_resource(connect: Connect) -> None:
    """Some clients write one."""
    answer = await connect.returned(resource=f"{connect.config.resource}/")
    assert (await connect.exchange(answer["code"], resource=f"{connect.config.resource}/")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/return"},
        {"redirect_uri": "/return"},
        {"redirect_uri": ""},
        {"client_id": "https://evil.example/client.json"},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
    ids=str,
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_programs(
    connect: Connect, changes: dict[str, str | None]
) -> None:
    """A page says that it did not work; there is no redirect."""
    answer = await connect.client.get(connect.asking(**changes))
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "This program cannot be connected" in answer.text
    assert "evil" not in answer.text


# -- codes and tokens -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"redirect_uri": "https://chatgpt.com/connector_platform_oauth_redirect"}, 400, "invalid_request"),
        ({"resource": "https://elsewhere.example/mcp"}, 400, "invalid_target"),
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": "https://evil.example/client.json"}, 401, "invalid_client"),
        ({"code": "nonsense"}, 400, "invalid_grant"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_code_is_the_programs_that_asked_for_it(
    connect: Connect, changes: dict[str, str | None], status: int, error: str
) -> None:
    """With its verifier, its address, for its resource. What failed did not use the code up."""
    code = (await connect.returned())["code"]
    form: dict[str, str | None] = {"code": code} | changes
    answer = await connect.exchange(**form)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert (await connect.exchange(code)).status_code == 200


async def test_a_code_of_another_program(connect: Connect) -> None:
    """One that may be connected as well."""
    other = connect.site.document("/other.json")
    code = (await connect.returned())["code"]
    assert (await connect.exchange(code, client_id=other)).json()["error"] == "invalid_grant"
    assert (await connect.exchange(code)).status_code == 200


async def test_a_code_lasts_a_minute(connect: Connect, clock: MovableClock) -> None:
    """By Usher's clock."""
    code = (await connect.returned())["code"]
    clock.advance(CODE_LASTS)
    assert (await connect.exchange(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("hours", [0, 12])
@pytest.mark.parametrize("verifier", ["right", "wrong" * 10])
async def test_a_code_that_comes_again_ends_what_was_made_of_it(
    connect: Connect, clock: MovableClock, hours: int, verifier: str
) -> None:
    """Somebody else has it, too (RFC 6749, section 4.1.2). The ledger says so."""
    code = (await connect.returned())["code"]
    tokens = (await connect.exchange(code)).json()
    clock.advance(timedelta(hours=hours))
    fresh = (await connect.refresh(tokens["refresh_token"])).json()
    again = await connect.exchange(code, **({} if verifier == "right" else {"code_verifier": verifier}))
    assert again.json()["error"] == "invalid_grant"
    assert await connect.holder(fresh["access_token"]) is None
    assert (await connect.refresh(fresh["refresh_token"])).status_code == 400
    assert await ended(connect) == [ConnectionEnd.REPLAYED]


async def test_a_refresh_token_that_comes_again_ends_the_connection(connect: Connect) -> None:
    """Whichever of the two was the thief: all that came of it is over (RFC 9700, section 4.14)."""
    first = await connect.connected()
    second = (await connect.refresh(first["refresh_token"])).json()
    assert (await connect.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert await connect.holder(second["access_token"]) is None
    assert (await connect.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert await ended(connect) == [ConnectionEnd.REPLAYED]


async def test_a_refresh_token_of_another_program(connect: Connect) -> None:
    """It is refused, and the connection stays."""
    other = connect.site.document("/other.json")
    tokens = await connect.connected()
    assert (await connect.refresh(tokens["refresh_token"], client_id=other)).json()["error"] == "invalid_grant"
    elsewhere = await connect.refresh(tokens["refresh_token"], resource="https://elsewhere.example/mcp")
    assert elsewhere.json()["error"] == "invalid_target"
    assert (await connect.refresh(tokens["refresh_token"])).status_code == 200


async def ended(connect: Connect) -> list[ConnectionEnd | None]:
    """Why the connections ended; the ledger has a line for each, and is whole."""
    async with connect.database.read() as session:
        reasons = list(await session.scalars(sa.select(Connection.ended_why)))
        lines = await session.scalars(sa.select(LedgerLine).where(LedgerLine.event == "chatgpt.disconnected"))
        assert ['"door":"chatgpt"' in line.data for line in lines] == [True] * len(reasons)
        assert (await audit.verify(session)).intact
    return reasons
