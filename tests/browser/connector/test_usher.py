"""A whole Usher whose ChatGPT is reached through a browser, and the admins who keep it signed in."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.browser.connector.person import sign_in
from tests.browser.connector.test_sign_in import USHER, command, window
from tests.support.harbour import SECRET_KEY, Harbour


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'usher.db')}"


async def test_an_admin_signs_in_beside_a_running_usher(database_url: str, tmp_path: Path) -> None:
    """The alert names the command. Usher lets go of its browser for it, and then gives what had to wait; `usher check`
    gets the browser for a moment, too.
    """
    async with Harbour.open(tmp_path, database_url) as harbour:
        catalog = tmp_path / "catalog.yml"
        catalog.write_text(catalog.read_text().replace("secret: chatgpt-session", "via: browser"))
        harbour.usher = harbour.another_usher(HOME=str(tmp_path))
        employee = harbour.hire(1)
        await harbour.start()
        await harbour.approved(employee)

        def alerted() -> bool:
            return any("usher browser sign-in chatgpt" in alert.shown for alert in harbour.alerts())

        await harbour.until(alerted)
        settings = {"USHER_DATABASE_URL": database_url, "USHER_CATALOG": "catalog.yml"}
        async with command(tmp_path, "chatgpt", "--debug-port", "0", variables=settings) as running:
            async with window(running) as page:
                await sign_in(page, harbour.sandbox.chatgpt_url)
                code, _ = await running.ends()
            assert code == 0, running.told
        await harbour.sees(employee.who, "Your invite to ChatGPT")

        checking = await asyncio.create_subprocess_exec(
            *(USHER, "check", "--json"),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "USHER_SECRET_KEYS": SECRET_KEY, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, _ = await checking.communicate()
        found = {row["id"]: row["state"] for row in json.loads(out)}
        assert found["ChatGPT, Signed in"] == "ok", out.decode()
        assert await harbour.usher.stop() == 0
