"""Where clients may live, and where people may be sent back to.

Compared as text, character by character: what two parsers would read differently is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

_CHATGPT: Final = "https://chatgpt.com"
#: where ChatGPT's connections return to (OpenAI's documentation); not everything on that host is ChatGPT's own
_CHATGPT_RETURNS: Final = re.compile(r"/connector_platform_oauth_redirect|/connector/oauth/[\w-]+", re.ASCII)
#: a scheme, an authority without a user, a path, a query; no fragment, and nothing that browsers would rewrite
_PLAIN: Final = re.compile(r"https?://[A-Za-z0-9.\-_:\[\]]+(?:/[!-\[\]-~]*)?")
_LOOPBACK: Final = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?(?=/|$)")


def origin_of(url: str) -> str | None:
    """`https://host[:port]` of a web address; None where it is none, or not a plain one."""
    if _PLAIN.fullmatch(url) is None or "#" in url:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def host_of(url: str) -> str:
    """The host (and port) of an address, for people."""
    return urlsplit(url).netloc


def is_loopback(uri: str) -> bool:
    """Does it lead to a program on the person's own computer? Any port will do (RFC 8252, section 7.3)."""
    return _LOOPBACK.match(uri) is not None


def without_port(uri: str) -> str:
    """A loopback address as RFC 8252 compares them."""
    return re.sub(r":\d+(?=/|$)", "", uri, count=1)


def may_return_to(uri: str, origins: Collection[str]) -> bool:
    """Is it the address of a program that people may connect?"""
    origin = origin_of(uri)
    if origin == _CHATGPT and origin in origins:
        return _CHATGPT_RETURNS.fullmatch(uri.removeprefix(_CHATGPT)) is not None
    return origin in origins


def may_introduce(url: str, origins: Collection[str]) -> bool:
    """Is it where the metadata document of such a program may be (a client id that is an address)?"""
    origin = origin_of(url)
    path = url.removeprefix(origin or "")
    return origin in origins and path not in {"", "/"} and "?" not in path and not {".", ".."} & set(path.split("/"))
