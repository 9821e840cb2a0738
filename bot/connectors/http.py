"""The HTTP client that all connectors share, in one place so that the library can change."""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from urllib.request import getproxies

import httpx

from bot.connectors.connections import Connections

#: Seconds a connection is kept open unused: the next change should not pay for another TLS handshake.
KEEPALIVE = 90.0
#: connections at the same time
MOST = 50


def new_http_client(*, trust_env: bool = True) -> httpx.AsyncClient:
    """A client with warm connections that follows no redirect and remembers no cookie.

    Args:
        trust_env: whether HTTPS_PROXY and its kin count. Tests say no.
    """
    certificates = _certificates(trust_env=trust_env)
    connections = Connections(certificates=certificates, at_once=MOST, keepalive=KEEPALIVE)
    # httpx knows the proxies; a more special address of one goes before what is mounted for all
    has_proxy_for_all = trust_env and "all" in getproxies()
    client = httpx.AsyncClient(
        follow_redirects=False,
        trust_env=trust_env,
        verify=certificates,
        mounts=None if has_proxy_for_all else {"all://": connections},
        limits=httpx.Limits(max_connections=MOST, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE),
        timeout=httpx.Timeout(15.0, connect=5.0),
    )
    # A cookie belongs to the session that it came to, not to the next caller of the same host.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


@cache
def _certificates(*, trust_env: bool) -> ssl.SSLContext:
    """Whom to believe who they are. Reading that takes longer than a call, and is the same for every client."""
    return httpx.create_ssl_context(trust_env=trust_env)
