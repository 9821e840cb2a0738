"""Two processes on one PostgreSQL: each step of a sign-in may meet the other one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from sandbox import company
from sandbox.server import Sandbox
from storage.database import Database
from tests.support.authorization import Connect, connecting, know, told, website
from tests.support.clock import MovableClock

pytestmark = pytest.mark.postgres


@pytest.fixture
async def replicas(postgresql_url: str, clock: MovableClock) -> AsyncIterator[tuple[Connect, Connect]]:
    """Two, under one address (the first one's own, as if a load balancer stood there)."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox.start())
        site = await stack.enter_async_context(website())
        site.document()
        databases = []
        for _ in range(2):
            database = await Database.open(postgresql_url, clock=clock)
            stack.push_async_callback(database.close)
            databases.append(database)
        await know(databases[0])
        one = await stack.enter_async_context(connecting(databases[0], sandbox, site))
        public_url = one.config.public_url
        other = await stack.enter_async_context(connecting(databases[1], sandbox, site, public_url=public_url))
        yield one, replace(other, pkce=one.pkce)


async def test_one_login_for_both(replicas: tuple[Connect, Connect]) -> None:
    """Begun on one, consented on the other, back from Slack on the first, exchanged and renewed on the other."""
    one, other = replicas
    there = str(other.client.base_url).rstrip("/")
    async with one.browser() as browser:
        begun = await browser.get(one.asking())
        consent = urlsplit(begun.headers["location"])
        page = await browser.get(f"{there}{consent.path}?{consent.query}")
        assert page.status_code == 200
        ticket = consent.query.removeprefix("ticket=")
        answer = await browser.post(f"{there}/oauth/consent", data={"ticket": ticket, "decision": "continue"})
        back = await browser.post(answer.headers["location"], data={"user": company.LENA.id, "decision": "allow"})
        code = told(await browser.get(back.headers["location"]))["code"]
    tokens = (await other.exchange(code)).json()
    for replica in replicas:
        holder = await replica.holder(tokens["access_token"])
        assert holder is not None
        assert holder.person_id == company.LENA.id
    renewed = (await one.refresh(tokens["refresh_token"])).json()
    assert await other.holder(renewed["access_token"]) is not None
    assert (await other.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert await one.holder(renewed["access_token"]) is None


@pytest.mark.parametrize("what", ["code", "refresh_token"])
async def test_of_two_at_once_one_wins(replicas: tuple[Connect, Connect], what: str) -> None:
    """A code or a refresh token that comes to both at the same moment is used once, and ends the connection."""
    one, other = replicas
    code = (await one.returned())["code"]
    if what == "code":
        answers = await asyncio.gather(*(replica.exchange(code) for replica in replicas * 4))
    else:
        token = (await one.exchange(code)).json()["refresh_token"]
        answers = await asyncio.gather(*(replica.refresh(token) for replica in replicas * 4))
    [winner] = [answer for answer in answers if answer.status_code == 200]
    assert {answer.json()["error"] for answer in answers if answer is not winner} == {"invalid_grant"}
    assert await other.holder(winner.json()["access_token"]) is None
