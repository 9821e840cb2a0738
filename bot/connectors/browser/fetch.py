"""One HTTP request as a `fetch()` of a page, and its answer, or httpx's exception for why there is none."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    from playwright.async_api import Page

#: What a page may not set, or has its own of: the Fetch standard's forbidden request headers, and the browser's name.
_THE_BROWSERS_OWN: Final = frozenset(
    {
        *("accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method"),
        *("connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin"),
        *("referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via"),
    }
)
#: The browser has unpacked the body already, so these no longer describe it.
_ABOUT_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})

#: A redirect is not followed: a token goes to the configured origin and nowhere else.
_FETCH: Final = """
async ({url, method, headers, body, milliseconds}) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  try {
    const answer = await fetch(url, {
      method, headers, body: body === null ? undefined : bytes(body),
      mode: "same-origin", credentials: "include", redirect: "manual", cache: "no-store",
      signal: AbortSignal.timeout(milliseconds),
    });
    let letters = "";
    for (const byte of new Uint8Array(await answer.arrayBuffer())) letters += String.fromCharCode(byte);
    return {type: answer.type, status: answer.status, headers: [...answer.headers], body: btoa(letters)};
  } catch (error) {
    return {failed: error.name};
  }
}
"""


async def fetch(page: Page, request: httpx.Request, *, within: float) -> httpx.Response:
    """Sends the request from inside the page, with the cookies that the browser has for it.

    Args:
        page: at the request's origin.
        request: what to send; the headers that are a browser's own are left to it.
        within: seconds for the whole of it.

    Raises:
        httpx.ReadTimeout: no whole answer in time.
        httpx.ReadError: the connection broke, or the page went away. As with any broken connection, the request may
            have arrived. A browser sends a request twice if a connection that it kept open turns out to be dead.
    """
    from playwright.async_api import Error

    body = await request.aread()
    asked = {
        "url": str(request.url),
        "method": request.method,
        "headers": {name: value for name, value in request.headers.items() if not _is_the_browsers_own(name)},
        "body": base64.b64encode(body).decode() if body else None,
        "milliseconds": int(within * 1000),
    }
    try:
        came: dict[str, Any] = await page.evaluate(_FETCH, asked)
    except Error:
        raise httpx.ReadError("the page went away") from None
    if came.get("failed") == "TimeoutError":
        raise httpx.ReadTimeout("no answer in time")
    if "failed" in came:
        raise httpx.ReadError("the browser got no answer")
    redirected = came["type"] == "opaqueredirect"  # a page learns neither the status nor where to
    return httpx.Response(
        302 if redirected else came["status"],
        headers=[(name, value) for name, value in came["headers"] if name not in _ABOUT_THE_WIRE],
        content=base64.b64decode(came["body"]),
        request=request,
    )


def _is_the_browsers_own(header: str) -> bool:
    return header in _THE_BROWSERS_OWN or header.startswith(("proxy-", "sec-"))
