"""The way through Connect and back to the chat: it belongs to whoever began it, in the browser in which they did."""

from __future__ import annotations

from http import HTTPStatus

import httpx2
import pytest

from sandbox import company
from sandbox.chat.walk import AGREE, ALLOW, LostTheWay, Walker, walking
from sandbox.server import Sandbox
from tests.integration.sandbox_chat.conftest import Demo

CALLBACK = "/chat/oauth/callback"


async def begin(http: httpx2.AsyncClient, person: company.Person, sandbox: Sandbox) -> str:
    """Press Connect in somebody's chat: where they are sent."""
    url = (await http.post(f"{sandbox.url}/chat/page/connect", json={"as": person.id})).json()["url"]
    assert isinstance(url, str)
    return url


async def agree(browser: Walker, url: str, person: company.Person) -> None:
    """From where Connect sends them to the chat."""
    await browser.open(url)
    await browser.press(AGREE)
    await browser.press(ALLOW, user=person.id)


async def test_a_link_to_somebody_elses_connect_connects_nothing(demo: Demo, http: httpx2.AsyncClient) -> None:
    """Whoever is talked into agreeing does not connect their Usher to the chat of somebody else."""
    noors = demo.sandbox.chat.window("noor")
    url = await begin(http, company.NOOR, demo.sandbox)
    async with walking() as victim:
        with pytest.raises(LostTheWay, match=f"{CALLBACK} answers with 400"):
            await agree(victim, url, company.LENA)
    assert "was not begun in this browser" in victim.text
    assert noors.connection is None
    assert noors.shown()["entries"] == []
    # … and the way back is still open for whoever began it, once
    assert (await http.get(str(victim.url))).headers["location"] == "/chat?as=noor"
    assert noors.account == company.LENA.name
    assert (await http.get(str(victim.url))).status_code == HTTPStatus.BAD_REQUEST
    await noors.disconnect()


@pytest.mark.parametrize("query", ["state=made-up&code=c", "code=c", "error=access_denied", "state="])
async def test_a_state_that_was_not_given_out_is_refused(demo: Demo, http: httpx2.AsyncClient, query: str) -> None:
    """With a page that says what to do, whatever else comes with it."""
    await begin(http, company.TOM, demo.sandbox)
    answer = await http.get(f"{CALLBACK}?{query}")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "press Connect there" in answer.text
    assert demo.sandbox.chat.window("tom").connection is None


async def test_an_answer_of_somebody_else_than_the_app_is_refused(demo: Demo, http: httpx2.AsyncClient) -> None:
    """`iss` has to be the server that was asked (RFC 9207), or a code could be carried to the wrong one."""
    url = httpx2.URL(await begin(http, company.TOM, demo.sandbox))
    answer = {"state": url.params["state"], "code": "c", "iss": "https://evil.example"}
    assert (await http.get(CALLBACK, params=answer)).headers["location"] == "/chat?as=tom"
    told = demo.sandbox.chat.window("tom").shown()["entries"][-1]
    assert told["text"].startswith("Somebody else than the app sent you back")
    assert told["connect"]


async def test_who_cancels_reads_it_in_the_chat(demo: Demo, http: httpx2.AsyncClient) -> None:
    """In the words of the app, with Connect beside them."""
    http.follow_redirects = True
    browser = Walker(http)
    await browser.open(await begin(http, company.MAYA, demo.sandbox))
    await browser.press("Cancel")
    assert browser.url.path == "/chat"
    mayas = demo.sandbox.chat.window("maya")
    assert mayas.connection is None
    [told] = mayas.shown()["entries"]
    assert (told["text"], told["connect"]) == ("You cancelled. Nothing was connected.", True)


async def test_two_sandboxes_of_one_host_keep_their_cookies_apart(demo: Demo, http: httpx2.AsyncClient) -> None:
    """Cookies do not know ports: a Connect that was begun in another demo meanwhile does not spoil this one."""
    http.follow_redirects = True
    lenas = demo.sandbox.chat.window("lena")
    url = await begin(http, company.LENA, demo.sandbox)
    async with Sandbox.start() as other:
        other.chat.mcp_url = demo.sandbox.chat.mcp_url
        await begin(http, company.LENA, other)
    await agree(Walker(http), url, company.LENA)
    assert lenas.account == company.LENA.name
    await lenas.disconnect()


async def test_the_client_introduces_itself_as_chatgpt_does(demo: Demo, http: httpx2.AsyncClient) -> None:
    """At the address that is its id; an app that reads only the singular method would not let it in."""
    document = (await http.get("/chat/oauth/client.json")).json()
    assert document["client_id"] == f"{demo.sandbox.url}/chat/oauth/client.json"
    assert document["redirect_uris"] == [f"{demo.sandbox.url}{CALLBACK}"]
    assert document["token_endpoint_auth_method"] == "private_key_jwt"
    assert "none" in document["token_endpoint_auth_methods_supported"]
    [key] = (await http.get(document["jwks_uri"])).json()["keys"]
    assert key["kty"] == "RSA"
    assert not {"d", "p", "q"} & set(key)
