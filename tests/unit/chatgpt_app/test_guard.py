"""What is fetched from an address that somebody else gave, and what is not: nothing from inside."""

from __future__ import annotations

import ipaddress

import httpx
import pytest

from bot.chatgpt_app.oauth.guard import Guard, NotFetched, is_public

INSIDE = (
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",  # private, and carriers'
    "127.0.0.1", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255",  # this machine, metadata, everybody
    "192.0.2.1", "198.18.0.1", "240.0.0.1",  # for documents, benchmarks, nobody
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1",
    "2002:a00:1::1", "2002:808:808::", "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # 6to4, a network's own translator, Teredo: whatever is inside
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_the_inside_is_not_public(address: str) -> None:
    """Private, of this machine, of the cloud's metadata, also where an IPv4 address hides in an IPv6 one."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    """Also one that NAT64 translates."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/c", "https://[::1]/c", "https://[::ffff:127.0.0.1]/c", "https://169.254.169.254/latest",
        "https://localhost/c", "https://0x7f000001/c", "https://2130706433/c", "https://127.1/c",
    ],
)  # fmt: skip
async def test_nothing_inside_is_called(url: str) -> None:
    """However the address is written; no call is made."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(_never)) as http:
        with pytest.raises(NotFetched):
            await Guard(http).document(url)


def _never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)


async def test_the_address_that_was_looked_at_is_the_one_that_is_called() -> None:
    """A name that stands for something else a moment later (DNS rebinding) gains nothing: it is not looked up again."""
    called: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await Guard(http).document("http://localhost:8123/client.json")
    [request] = called
    assert ipaddress.ip_address(request.url.host).is_loopback
    assert request.headers["host"] == "localhost:8123"
    assert request.extensions["sni_hostname"] == "localhost"


async def test_a_redirect_leads_nowhere() -> None:
    """Not even to where it would be let in: what answers elsewhere is not what was looked at."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/client.json"
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True) as http:
        with pytest.raises(NotFetched, match="302"):
            await Guard(http).document("http://127.0.0.1:8123/client.json")
