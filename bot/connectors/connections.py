"""aiohttp's connections under httpx: with many calls under way one costs a quarter of what it costs on httpx's own.

What stays httpx's: requests, answers, and how errors are called. That is told here with care, because whether a change
was sent at all decides whether it may be sent again.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from yarl import URL

#: bytes of a body that are handed on at a time
_CHUNK = 64 * 1024
#: what aiohttp would add to a request that does not have it
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Connections(httpx.AsyncBaseTransport):
    """Warm connections that know no proxy, follow no redirect and remember no cookie."""

    def __init__(self, *, certificates: ssl.SSLContext, at_once: int, keepalive: float) -> None:
        """Connects to nobody yet.

        Args:
            certificates: whom to believe who they are.
            at_once: how many connections there are at most.
            keepalive: seconds for which one is kept open unused.
        """
        self._certificates = certificates
        self._at_once = at_once
        self._keepalive = keepalive
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request.

        Raises:
            httpx.TransportError: there was no answer. `ConnectError` and `ConnectTimeout`: it was not sent.
        """
        timeouts = request.extensions.get("timeout", {})
        content = await request.aread()
        with _in_words_of_httpx(request):
            answer = await self._open().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("latin-1"), value.decode("utf-8")) for name, value in request.headers.raw],
                data=content or None,
                allow_redirects=False,
                server_hostname=request.extensions.get("sni_hostname"),
                timeout=aiohttp.ClientTimeout(
                    connect=timeouts.get("pool"), sock_connect=timeouts.get("connect"), sock_read=timeouts.get("read")
                ),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer, request), request=request)

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # only inside an event loop can there be one
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._at_once, keepalive_timeout=self._keepalive, ssl=self._certificates
                ),
                middlewares=(_once,),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_NOT_ADDED,
            )
        return self._session


class _Broken(aiohttp.ClientError):
    """A connection broke on which a request may have been sent."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends what it holds to be idempotent once more by itself. Whether to is for whoever calls to say."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Broken(str(error)) from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _in_words_of_httpx(self._request):
            async for chunk in self._answer.content.iter_chunked(_CHUNK):
                yield chunk

    async def aclose(self) -> None:
        self._answer.release()  # to the next call, or closed where not all of it was read


@contextmanager
def _in_words_of_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, ValueError) as error:
        raise _said(error)(str(error) or type(error).__name__, request=request) from error


def _said(error: Exception) -> type[httpx.TransportError]:
    """What httpx calls it. Only what is known not to have been sent counts as not sent."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout
        case aiohttp.ClientConnectionError() | aiohttp.ClientPayloadError() | _Broken():
            return httpx.ReadError
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.UnsupportedProtocol
        case aiohttp.ClientError():
            return httpx.RemoteProtocolError
    return httpx.LocalProtocolError  # a header that cannot be one
