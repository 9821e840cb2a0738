"""Fetches small JSON documents from addresses that somebody else gave, and nothing from inside.

A name is looked up once, and the address that was looked at is the one that is connected to: a name that changes its
mind in between (DNS rebinding) gains nothing. TLS still proves the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx

#: bytes and seconds; what the draft of client id metadata documents recommends
LARGEST: Final = 5 * 1024
PATIENCE: Final = 5.0
#: seconds that a document is kept which does not say for how long, and the most that one may say
KEPT: Final = 300.0
KEPT_AT_MOST: Final = 24 * 3600.0
#: documents; there are as many as programs that people connect
_MOST: Final = 100
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
#: translators of a network's own (RFC 8215); older Pythons take it for public
_LOCAL_NAT64: Final = ipaddress.ip_network("64:ff9b:1::/48")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """The text says why, for the log."""


@dataclass(frozen=True, slots=True)
class _Kept:
    document: dict[str, Any]
    until: float  # time.monotonic()


class Guard:
    """Fetches documents and keeps them for a while."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._kept: dict[str, _Kept] = {}

    async def document(self, url: str) -> dict[str, Any]:
        """The JSON object at an address of https; of http, if it is this machine's own.

        Raises:
            NotFetched: it is not to be had, or not to be fetched.
        """
        kept = self._kept.get(url)
        if kept is not None and kept.until > time.monotonic():
            return kept.document
        try:
            async with asyncio.timeout(PATIENCE):
                document, seconds = await self._fetch(httpx.URL(url))
        except TimeoutError:
            raise NotFetched(f"it took more than {PATIENCE:.0f} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotFetched(str(error) or type(error).__name__) from error
        self._kept.pop(url, None)
        if len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)))  # the oldest
        self._kept[url] = _Kept(document, time.monotonic() + seconds)
        return document

    async def _fetch(self, url: httpx.URL) -> tuple[dict[str, Any], float]:
        address = await _reachable(url)
        async with self._http.stream(
            "GET",
            url.copy_with(host=str(address)),
            headers={"Host": url.netloc.decode(), "Accept": "application/json", "Accept-Encoding": "identity"},
            extensions={"sni_hostname": url.host},
            follow_redirects=False,
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NotFetched(f"it is answered with {answer.status_code}")
            body = b""
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > LARGEST:
                    raise NotFetched(f"it is larger than {LARGEST} bytes")
        try:
            document = json.loads(body)
        except ValueError:
            raise NotFetched("it is not JSON") from None
        if not isinstance(document, dict):
            raise NotFetched("it is not a JSON object")
        return document, _lasts(answer.headers.get("cache-control", ""))


async def _reachable(url: httpx.URL) -> Address:
    """The address that a name stands for, if it is nobody's inside. All of them have to be what the one has to be."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(each[4][0]) for each in found]
    for address in addresses:
        # settings allow http for origins of this very machine only
        if not (address.is_loopback if url.scheme == "http" else is_public(address)):
            raise NotFetched("its name stands for an address that is not public")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Is it somewhere in the internet, also where an IPv4 address stands inside it?"""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        holds_another = address.ipv4_mapped or address.sixtofour or address.teredo or address in _LOCAL_NAT64
        if holds_another or address.is_site_local:  # site-local is deprecated (RFC 3879), and still somebody's inside
            return False
    return address.is_global and not address.is_multicast


def _lasts(cache_control: str) -> float:
    """Seconds that an answer may be kept (RFC 9111)."""
    said = cache_control.lower()
    if re.search(r"\bno-(?:store|cache)\b", said):
        return 0
    age = re.search(r"\bmax-age=(\d{1,9})", said)
    return min(float(age[1]), KEPT_AT_MOST) if age else KEPT
