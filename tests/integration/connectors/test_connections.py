"""What is under the HTTP client of all connectors: what is sent is what was given, once, and an error says whether it
was.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.connectors.http import new_http_client
from tests.support.raw_http import OK, Server

METHODS = pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client(trust_env=False) as client:
        yield client


async def test_what_is_sent_is_what_was_given(http: httpx.AsyncClient) -> None:
    """No header is added but whom it is for, and an address goes out letter by letter."""
    async with Server(OK).listening() as server:
        request = httpx.Request("GET", f"{server.url}/a%2Fb?query=lena%2Bx%40harbour.example", headers={"X-One": "1"})
        answer = await http.send(request)
    line, *headers = server.heard[0].decode().strip().split("\r\n")
    assert line == "GET /a%2Fb?query=lena%2Bx%40harbour.example HTTP/1.1"
    assert sorted(headers) == [f"Host: {server.url.removeprefix('http://')}", "X-One: 1"]
    assert (answer.status_code, answer.text) == (200, "OK")


async def test_connections_are_kept_and_cookies_are_not(http: httpx.AsyncClient) -> None:
    """A cookie belongs to the session that it came to, not to the next caller of the same host."""
    with_cookie = OK.replace(b"Content", b"Set-Cookie: session=one\r\nContent", 1)
    async with Server(with_cookie, OK).listening() as server:
        first = await http.get(server.url)
        await http.get(server.url)
    assert (first.headers["set-cookie"], server.connections) == ("session=one", 1)
    assert b"cookie" not in server.heard[1].lower()


async def test_no_redirect_is_followed(http: httpx.AsyncClient) -> None:
    """Where an answer points is for whoever called to look at."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with Server(moved).listening() as server:
        assert (await http.get(server.url)).headers["location"] == "/elsewhere"
    assert len(server.heard) == 1


async def test_what_was_packed_is_unpacked(http: httpx.AsyncClient) -> None:
    """Once."""
    body = gzip.compress(b"a list")
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with Server(packed).listening() as server:
        assert (await http.get(server.url)).text == "a list"


@METHODS
@pytest.mark.parametrize("warm", [False, True], ids=["first", "kept"])
async def test_what_breaks_after_it_was_sent_was_sent_once(http: httpx.AsyncClient, method: str, *, warm: bool) -> None:
    """Also on a connection that was kept; nothing below the caller sends anything once more by itself."""
    async with Server(*[OK] * warm, None, OK).listening() as server:
        if warm:
            await http.get(server.url)
        with pytest.raises(httpx.ReadError):
            await http.request(method, server.url, json={"an": "invite"} if method == "POST" else None)
    assert len(server.heard) == warm + 1


@METHODS
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhangs up", httpx.ReadError),
        (b"nothing that HTTP knows\r\n\r\n", httpx.RemoteProtocolError),
    ],
    ids=["half an answer", "no HTTP"],
)
async def test_an_answer_that_is_none_does_not_say_that_nothing_was_sent(
    http: httpx.AsyncClient, method: str, answer: bytes, error: type[Exception]
) -> None:
    """It was heard, and may have been done."""
    async with Server(answer, OK).listening() as server:
        with pytest.raises(error):
            await http.request(method, server.url)
    assert len(server.heard) == 1


async def test_silence_after_it_was_sent_is_no_failure_to_connect(http: httpx.AsyncClient) -> None:
    """It was heard, and may have been done."""
    silent = asyncio.Event()

    async def hear(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await silent.wait()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(httpx.ReadTimeout):
            await http.post(url, timeout=httpx.Timeout(60, read=0.2))
        silent.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nobody.invalid", "https://127.0.0.1:1"])
async def test_who_cannot_be_reached_was_sent_nothing(http: httpx.AsyncClient, url: str) -> None:
    """Whoever calls may try again without looking."""
    with pytest.raises(httpx.ConnectError):
        await http.post(url)


async def test_who_cannot_prove_who_they_are_is_sent_nothing(http: httpx.AsyncClient) -> None:
    """One who does not even speak TLS."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 another protocol\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(httpx.ConnectError):
            await http.post(url)


async def test_what_cannot_be_sent_says_so(http: httpx.AsyncClient) -> None:
    """It is Usher's own mistake, and not the network's."""
    with pytest.raises(httpx.UnsupportedProtocol):
        await http.get("ftp://harbour.example")
    async with Server(OK).listening() as server:
        with pytest.raises(httpx.LocalProtocolError):
            await http.get(server.url, headers={"X-One": "1\r\nX-Two: 2"})
    assert server.heard == []


@pytest.mark.parametrize(
    ("setting", "reached"),
    [("http_proxy", "proxy"), ("all_proxy", "proxy"), ("no_proxy", "server"), (None, "server")],
)
async def test_proxies_of_the_environment_count(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, reached: str
) -> None:
    """HTTPS_PROXY and its kin, as every admin knows them."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with Server(OK).listening() as proxy, Server(OK).listening() as server:
        if setting == "no_proxy":
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
        elif setting is not None:
            monkeypatch.setenv(setting, proxy.url)
        async with new_http_client() as http:
            await http.get(server.url)
    assert {"proxy": len(proxy.heard), "server": len(server.heard)} == {"proxy": 0, "server": 0, reached: 1}
