"""The demo: the sandbox with its chat, and Usher as the app that people connect there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio

from bot.app import Usher
from bot.cli.demo.stage import stage
from sandbox import company
from sandbox.chat.connection import Connection
from sandbox.chat.walk import walking
from sandbox.chat.window import Window
from sandbox.server import Sandbox
from tests.support.logging_as_before import logging_as_before


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of a file share one demo, and so one event loop: starting it takes a second."""
    for item in items:
        if "integration/sandbox_chat/" in item.path.as_posix():
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """It runs."""

    sandbox: Sandbox
    usher: Usher

    async def connected(self, person: company.Person) -> tuple[Window, Connection]:
        """Somebody's window, with a new connection."""
        async with walking() as browser:
            await browser.connect(self.sandbox.url, person)
        window = self.sandbox.chat.window(person.id)
        assert window.connection is not None
        return window, window.connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[Demo]:
    with logging_as_before():
        async with stage() as (sandbox, usher):
            yield Demo(sandbox=sandbox, usher=usher)


@pytest_asyncio.fixture(loop_scope="module")
async def http(demo: Demo) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at the sandbox that follows no redirects."""
    async with httpx2.AsyncClient(base_url=demo.sandbox.url, timeout=60, trust_env=False) as http:
        yield http
