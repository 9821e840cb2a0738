"""The connector's requests run inside a page of a browser in which a person has signed in."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.browser.browser import Browser
from bot.connectors.browser.chromium import chromium
from bot.connectors.browser.profile import Profile
from bot.connectors.browser.transport import HOME, TIMEOUT, BrowserTransport
from bot.connectors.config import AnyConnector
from bot.connectors.contract import (
    Blocked,
    CancelInvite,
    Connector,
    Invite,
    NotPermitted,
    Remove,
    SetRole,
    SetSeatType,
    SignInAgain,
    TryLater,
    UnknownOutcome,
)
from bot.connectors.http import new_http_client
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace
from sandbox.server import Sandbox
from tests.browser.connector.conftest import PATIENCE, NoCredential
from tests.browser.connector.person import pass_the_check
from tests.support.waiting import until

LENA, MAYA = "lena@harbour.example", "maya@harbour.example"
INVITE = Invite(email=LENA, entitlement=Entitlement(role="member", seat_type="chatgpt"), key="1")


@pytest.mark.usefixtures("signed_in")
async def test_somebody_comes_and_goes(connector: Connector, workspace: Workspace) -> None:
    """Invited, the invite taken back, invited again, a member with another role and seat, removed; and never a Cookie
    header or a name of Usher's own.
    """
    await connector.apply(INVITE)
    assert (await connector.observe(LENA)).status == "invited"
    await connector.apply(CancelInvite(email=LENA, provider_id=None))
    assert (await connector.observe(LENA)).status == "absent"
    await connector.apply(Invite(email=LENA, entitlement=INVITE.entitlement, key="2"))
    workspace.accept(LENA)
    lena = (await connector.observe(LENA)).provider_id or ""
    await connector.apply(SetRole(email=LENA, provider_id=lena, role="admin"))
    await connector.apply(SetSeatType(email=LENA, provider_id=lena, seat_type="codex", key="3"))
    assert (await connector.observe(LENA)).entitlement == Entitlement(role="admin", seat_type="codex")
    await connector.apply(Remove(email=LENA, provider_id=lena))
    assert (await connector.observe(LENA)).status == "absent"
    assert (await connector.check()).ok
    for call in workspace.calls:
        assert "Chrome" in call.headers["user-agent"]
        assert "Usher" not in call.headers["user-agent"]


@pytest.mark.usefixtures("signed_in")
async def test_the_sign_in_outlives_the_browser(
    connector: Connector, browser: Browser, directory: Path, workspace: Workspace
) -> None:
    """ChatGPT rotates the session at every look, and only the newest counts: the browser has it after a restart."""
    workspace.faults.switch_on("old_cookies_die")
    assert (await connector.observe(MAYA)).status == "member"
    await browser.close()
    workspace.sessions.expire_tokens()
    assert (await connector.observe(MAYA)).status == "member"
    assert os.stat(directory).st_mode & 0o077 == 0


async def test_without_a_sign_in_somebody_has_to_sign_in(connector: Connector) -> None:
    """It says with which command."""
    with pytest.raises(SignInAgain) as stopped:
        await connector.observe(MAYA)
    assert "`usher browser sign-in`" in stopped.value.remedy
    health = await connector.check()
    assert [(each.name, "usher browser" in each.remedy) for each in health.conditions if not each.ok] == [
        ("Signed in", True)
    ]


@pytest.mark.usefixtures("signed_in")
async def test_a_session_that_ends_is_told(connector: Connector, workspace: Workspace) -> None:
    """The account was signed out everywhere; the next call says so."""
    assert (await connector.observe(MAYA)).status == "member"
    owner = workspace.roster.member_by_email(company.CHATGPT_INTEGRATION_EMAIL)
    assert owner is not None
    workspace.sessions.sign_out_everywhere(owner.user_id)
    workspace.sessions.expire_tokens()
    with pytest.raises(SignInAgain, match="signed out"):
        await connector.apply(INVITE)


# -- the check for bots ------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("signed_in")
async def test_a_person_passes_the_check_and_usher_does_not(
    connector: Connector,
    browser: Browser,
    directory: Path,
    workspace: Workspace,
    base_url: str,
) -> None:
    """Usher stops at a challenge and says what to do; once a person has passed it in that browser, it goes on. A plain
    client never gets through.
    """
    workspace.faults.switch_on("challenge_until_passed")
    with pytest.raises(Blocked) as stopped:
        await connector.apply(INVITE)
    assert "`usher browser sign-in`" in stopped.value.remedy
    await browser.close()
    profile = Profile(directory)
    profile.take()
    async with chromium(profile, program=None) as context:
        await pass_the_check(context.pages[0], base_url)
    profile.give_back()
    await connector.apply(INVITE)
    assert (await connector.observe(LENA)).status == "invited"
    async with new_http_client(trust_env=False) as plain:
        answer = await plain.get(f"{base_url}/api/auth/session")
    assert (answer.status_code, answer.headers["cf-mitigated"]) == (403, "challenge")


# -- where requests go -------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("signed_in")
async def test_only_the_configured_origin_is_asked(http: httpx.AsyncClient, base_url: str) -> None:
    """Another port is another origin; it hears nothing."""
    async with Sandbox.start() as elsewhere:
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get(f"{elsewhere.chatgpt_url}/api/auth/session")
        assert elsewhere.chatgpt.calls == []


@pytest.mark.usefixtures("signed_in")
async def test_no_redirect_is_followed(http: httpx.AsyncClient, workspace: Workspace, base_url: str) -> None:
    """The caller sees that there was one, and nothing else is sent."""
    answer = await http.post(f"{base_url}/auth/logout")
    assert answer.status_code == 302
    assert workspace.calls[-1].path == "/auth/logout"


# -- what breaks -------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("breaks", ["page", "browser"])
async def test_a_crash_is_survived(connector: Connector, browser: Browser, base_url: str, breaks: str) -> None:
    """The page, or the whole browser, dies: the next call starts another, still signed in."""
    assert (await connector.observe(MAYA)).status == "member"
    async with browser.page(base_url + HOME, within=PATIENCE) as page:
        devtools = await page.context.new_cdp_session(page)
        dying = devtools.send("Page.crash" if breaks == "page" else "Browser.crash")
        ended = page.wait_for_event("crash" if breaks == "page" else "close", timeout=PATIENCE * 1000)
        crash = asyncio.gather(dying, return_exceptions=True)
        await ended
        if breaks == "browser":
            await crash
        else:
            crash.cancel()
    assert (await connector.observe(MAYA)).status == "member"


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("fault", ["answer_lost", "done_but_500"])
async def test_the_outcome_of_a_lost_answer_is_unknown(connector: Connector, workspace: Workspace, fault: str) -> None:
    """It may have happened, so it is looked for; what was not sent is not."""
    assert (await connector.observe(LENA)).status == "absent"
    workspace.faults.switch_on(fault)
    with pytest.raises(UnknownOutcome):
        await connector.apply(INVITE)
    workspace.faults.clear()
    assert (await connector.observe(LENA)).status == "invited"


@pytest.mark.usefixtures("signed_in")
async def test_an_answer_is_not_waited_for_for_ever(
    connector: Connector, http: httpx.AsyncClient, workspace: Workspace
) -> None:
    """The client's timeouts count in the browser, too."""
    assert (await connector.observe(LENA)).status == "absent"
    http.timeout = httpx.Timeout(0.5, connect=PATIENCE)
    workspace.faults.switch_on("call_hangs", method="POST")
    with pytest.raises(UnknownOutcome, match="ReadTimeout"):
        await connector.apply(INVITE)
    workspace.faults.switch_on("call_hangs")
    with pytest.raises(TryLater, match="ReadTimeout"):
        await connector.observe(LENA)


async def test_nobody_at_the_address_is_tried_later(config: AnyConnector, browser: Browser) -> None:
    """A change that was never sent has not happened."""
    async with Sandbox.start() as gone:
        base_url = gone.chatgpt_url
    async with httpx.AsyncClient(transport=BrowserTransport(browser, base_url), timeout=TIMEOUT) as http:
        there = config.model_copy(update={"base_url": base_url})
        with pytest.raises(TryLater, match="could not be reached"):
            await build_connector(there, http=http, credential=NoCredential()).apply(INVITE)


# -- one profile, one process ------------------------------------------------------------------------------------------
_HOLD = """
import sys
from pathlib import Path
from bot.connectors.browser.profile import Profile
Profile(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("signed_in")
async def test_a_profile_serves_one_process(connector: Connector, browser: Browser, directory: Path) -> None:
    """Another process has it: the error names it and says what to do. Once it is gone, however it went, all is well."""
    await browser.close()
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(directory), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    try:
        with pytest.raises(NotPermitted, match=f"id {holder.pid}. uses the browser profile") as stopped:
            await connector.observe(MAYA)
        assert "USHER_BROWSER_PROFILES" in stopped.value.remedy
    finally:
        holder.kill()
        await holder.communicate()
    assert (await connector.observe(MAYA)).status == "member"


@pytest.mark.usefixtures("signed_in")
async def test_a_profile_moves_to_another_machine(connector: Connector, browser: Browser, directory: Path) -> None:
    """Chromium takes what another machine left locked for in use, and each new container is another machine."""
    await browser.close()
    os.symlink("another-machine-4711", Profile(directory).data / "SingletonLock")
    assert (await connector.observe(MAYA)).status == "member"


@pytest.mark.usefixtures("signed_in")
async def test_whoever_signs_in_gets_the_profile_for_a_moment(
    connector: Connector, browser: Browser, directory: Path, base_url: str
) -> None:
    """A running Usher ends what it has begun and begins nothing new, lets go of its browser, and goes on afterwards."""
    somebody = Profile(directory)
    async with browser.page(base_url + HOME, within=PATIENCE) as page:
        borrowing = asyncio.create_task(somebody.borrow())
        await until(Profile(directory).is_wanted, within=PATIENCE)
        with pytest.raises(TryLater, match="signing in"):
            await connector.observe(MAYA)
        assert not page.is_closed()
        assert not borrowing.done()
    await borrowing
    with pytest.raises(TryLater, match="signing in"):
        await connector.observe(MAYA)
    somebody.give_back()
    assert (await connector.observe(MAYA)).status == "member"


# -- what is not installed ---------------------------------------------------------------------------------------------
_WITHOUT_PLAYWRIGHT = """
import asyncio, sys
sys.modules["playwright"] = None
from pathlib import Path
import httpx
from bot.connectors.browser.transport import Browsers
from bot.connectors.contract import NotPermitted
async def call():
    browsers = Browsers(Path(sys.argv[1]))
    try:
        await browsers.client("chatgpt", "http://127.0.0.1:9").get("http://127.0.0.1:9/")
    except NotPermitted as error:
        print(error.remedy)
    await browsers.close()
asyncio.run(call())
"""


async def test_without_playwright_it_says_how_to_install_it(tmp_path: Path) -> None:
    """The driver is an optional part, which only those have to install who need it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WITHOUT_PLAYWRIGHT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert "pip install 'usher[browser]'" in out.decode()


async def test_without_chromium_it_says_where_to_get_it(config: AnyConnector, tmp_path: Path, base_url: str) -> None:
    """The setting that names it is named, and the profile is free for another try."""
    browser = Browser(Profile(tmp_path), program="/no/such/chromium")
    async with httpx.AsyncClient(transport=BrowserTransport(browser, base_url), timeout=TIMEOUT) as http:
        with pytest.raises(NotPermitted) as stopped:
            await build_connector(config, http=http, credential=NoCredential()).observe(MAYA)
    assert "USHER_BROWSER_PROGRAM" in stopped.value.remedy
    Profile(tmp_path).take()
