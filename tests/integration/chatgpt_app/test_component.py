"""The pages that ChatGPT shows instead of text, as resources of the MCP server."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mcp import MCPError
from mcp_types import TextResourceContents

import bot.chatgpt_app.component
from bot.cards.words import MARKS, Mark, Phase
from bot.chatgpt_app.component import CATALOG_URI, REQUEST_URI
from bot.chatgpt_app.component.pages import CATALOG, REQUEST, Page
from tests.support.mcp_app import ERAS, Served

MIME_TYPE = "text/html;profile=mcp-app"
PAGES = pytest.mark.parametrize("page", [CATALOG, REQUEST], ids=lambda page: page.name)
PARTS = Path(bot.chatgpt_app.component.__file__).parent / "parts"


@pytest.mark.parametrize("era", ERAS)
async def test_both_pages_are_listed_and_can_be_read(app: Served, era: str) -> None:
    """In both eras, with what a host has to know: no address is needed, and a border is welcome."""
    async with app.client("ULENA", era=era) as client:
        listed = (await client.list_resources()).resources
        assert {each.uri: each.mime_type for each in listed} == {CATALOG_URI: MIME_TYPE, REQUEST_URI: MIME_TYPE}
        shown = {
            (each.meta or {})["ui"]["resourceUri"]
            for each in (await client.list_tools()).tools
            if "ui" in (each.meta or {})
        }
        assert shown == {CATALOG_URI, REQUEST_URI}
        for each in listed:
            read = await client.read_resource(each.uri)
            [content] = read.contents
            assert isinstance(content, TextResourceContents)
            assert (content.uri, content.mime_type) == (each.uri, MIME_TYPE)
            assert content.text in (CATALOG.html, REQUEST.html)
            assert content.meta == each.meta
            assert content.meta is not None
            assert content.meta["ui"] == {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}
            assert 0 < len(content.meta["openai/widgetDescription"]) < 300
            if era == "auto":  # the era before knows neither of both
                assert (read.ttl_ms, read.cache_scope) == (3_600_000, "public")
                assert client.server_capabilities.extensions == {"io.modelcontextprotocol/ui": {}}


async def test_a_page_of_an_earlier_version_is_answered_with_todays(app: Served) -> None:
    """A host may know an address from before an update; any other address is none."""
    async with app.client("ULENA") as client:
        [content] = (await client.read_resource("ui://usher/request/0123456789ab.html")).contents
        assert isinstance(content, TextResourceContents)
        assert content.text == REQUEST.html
        assert content.uri == "ui://usher/request/0123456789ab.html"
        for nothing in (
            "ui://usher/other/v1.html",
            "ui://usher/catalog/../secret.html",
            "ui://elsewhere/request/v1.html",
        ):
            with pytest.raises(MCPError):
                await client.read_resource(nothing)


def test_another_page_has_another_address() -> None:
    """Hosts keep a page by its address."""
    page = Page(name="request", title="Request", description="", html=REQUEST.html + " ")
    assert page.uri != REQUEST.uri
    assert Page(name="request", title="Other", description="", html=REQUEST.html).uri == REQUEST.uri


class Parsed(HTMLParser):
    """What a document holds, and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: dict[str, str] = {}
        self.rules = ""
        self.attributes: list[tuple[str, str | None]] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.attributes += attrs
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.rules = dict(attrs)["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.inline[self._inside] = self.inline.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@PAGES
def test_a_page_is_whole(page: Page) -> None:
    """One document: it loads nothing, and the rules that it brings allow just its own script and style."""
    parsed = Parsed(page.html)
    names = {name for name, _ in parsed.attributes}
    assert not names & {"src", "href", "action", "style"}
    assert not [name for name in names if name.startswith("on")]
    digests = {
        tag: base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        for tag, inline in parsed.inline.items()
    }
    assert parsed.rules == (
        f"default-src 'none'; script-src 'sha256-{digests['script']}'; style-src 'sha256-{digests['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(page.html) < 40_000


@pytest.mark.parametrize("part", sorted(PARTS.glob("*.js")), ids=lambda part: part.name)
def test_no_part_makes_markup_of_text_or_reaches_out(part: Path) -> None:
    """Nor does it run text, keep anything, or go anywhere."""
    text = part.read_text(encoding="utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacent|createContextualFragment|DOMParser|document\.write|setHTML|\beval\b|"
    )
    forbidden += r"new Function|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(|localStorage|cookie|location\b|</"
    assert re.findall(forbidden, text) == []


def test_every_phase_has_a_look() -> None:
    """What is under way is looked at again; what is good, in trouble or over is told apart."""
    tones = dict(re.findall(r'"([^"]+)": "(\w+)"', re.search(r"const TONES = {(.*?)};", REQUEST.html)[1]))  # type: ignore[index]
    assert tones.keys() == {phase.value for phase in Phase}
    assert {where for where, tone in tones.items() if tone == "waits"} == {
        phase.value for phase in Phase if MARKS[phase] in (Mark.WAITS, Mark.MAIL)
    }
    assert (tones["Active"], tones["Held up"], tones["Denied"]) == ("good", "bad", "over")
