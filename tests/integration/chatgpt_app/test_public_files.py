"""What anybody may read at the public address."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from bot.chatgpt_app.public_files import public_file_routes
from bot.serving import listen, serving

CHALLENGE = "/.well-known/openai-apps-challenge"


@asynccontextmanager
async def reading(apps_challenge: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who reads."""
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with (
        serving(Starlette(routes=public_file_routes(apps_challenge)), listener),
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, verify=False) as http,
    ):
        yield http


async def test_the_index_leads_to_every_page() -> None:
    """llms.txt is plain text in the form of llmstxt.org, and each of its links is answered with a page."""
    async with reading() as http:
        index = await http.get("/llms.txt")
        assert index.headers["content-type"] == "text/plain; charset=utf-8"
        assert index.text.startswith("# Usher\n\n> ")
        links = re.findall(r"^- \[.+?\]\(([^)]+)\): .+$", index.text, flags=re.MULTILINE)
        assert "docs/chatgpt-app.md" in links
        assert "README.md" in links
        for link in links:
            page = await http.get(f"/{link}")
            assert (page.status_code, page.text[:2]) == (200, "# "), link


@pytest.mark.parametrize(
    "path", ["/docs/../pyproject.toml", "/docs/%2e%2e/pyproject.toml", "/docs/", "/pyproject.toml"]
)
async def test_nothing_else_can_be_read(path: str) -> None:
    """No file outside the documentation, and no list of files."""
    async with reading() as http:
        assert (await http.get(path)).status_code == 404


async def test_openai_finds_its_challenge_where_there_is_one() -> None:
    """At the address that its domain verification asks; without the setting nothing is there."""
    async with reading("abc-123") as http:
        assert (await http.get(CHALLENGE)).text == "abc-123"
    async with reading() as http:
        assert (await http.get(CHALLENGE)).status_code == 404
