"""The SCIM transport on a server that somebody else wrote: scim2-server, in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.access.desired import Entitlement
from bot.connectors.config import connector_config
from bot.connectors.contract import Connector, Invite, NotPermitted, Remove, SignInAgain, next_change
from bot.connectors.registry import build_connector

TOKEN = "se_peer"
LENA = "Lena@harbour.example"
MEMBER = Entitlement(role="member", seat_type="chatgpt")
PATIENCE = 60.0


class Token:
    """A credential that is what it is."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    async def value(self) -> str:
        return self.secret

    async def replace(self, old: str, new: str) -> None:
        raise AssertionError("a SCIM token does not rotate")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[str]:
    """The address of an empty directory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("scim2-server")
    with (
        (tmp_path / "peer.log").open("wb") as log,
        subprocess.Popen([program, "--bearer-token", TOKEN, "--port", str(port)], stdout=log, stderr=log) as process,
    ):
        try:
            deadline = time.monotonic() + PATIENCE
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None, (tmp_path / "peer.log").read_text()
                assert time.monotonic() < deadline, "the peer does not listen"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/v2"
        finally:
            process.terminate()


def connected(address: str, http: httpx.AsyncClient, token: str = TOKEN) -> Connector:
    config = connector_config.validate_python(
        {
            "type": "chatgpt",
            "transport": "scim",
            "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
            "base_url": address,
            "secret": "chatgpt-scim",
        }
    )
    return build_connector(config, http=http, credential=Token(token))


async def test_somebody_comes_goes_and_comes_back(peer: str, http: httpx.AsyncClient) -> None:
    """Created, found in any case, created again without a second entry, removed, removed again, created anew."""
    connector = connected(peer, http)
    assert (await connector.observe(LENA)).status == "absent"
    for key in ("1", "2"):
        await connector.apply(Invite(email=LENA, entitlement=MEMBER, key=key))
    there = await connector.observe(LENA.upper())
    assert (there.status, there.entitlement, there.managed_elsewhere) == ("member", MEMBER, None)
    assert there.since is not None
    assert len(await connector.accounts()) == 1
    removal = Remove(email=LENA, provider_id=there.provider_id or "")
    for _ in range(2):
        await connector.apply(removal)
        assert (await connector.observe(LENA)).status == "absent"
    await connector.apply(Invite(email=LENA, entitlement=MEMBER, key="3"))
    assert (await connector.observe(LENA)).provider_id not in (None, there.provider_id)


async def test_any_state_reaches_the_other(peer: str, http: httpx.AsyncClient) -> None:
    """Observe, make the next change, observe again."""
    connector = connected(peer, http)
    for wish in (MEMBER, None, MEMBER):
        change = next_change(await connector.observe(LENA), wish, key="1")
        assert change is not None
        await connector.apply(change)
        assert (await connector.observe(LENA)).entitlement == wish


async def test_an_inactive_user_is_brought_back(peer: str, http: httpx.AsyncClient) -> None:
    """This server answers a PATCH with 204."""
    connector = connected(peer, http)
    await connector.apply(Invite(email=LENA, entitlement=MEMBER, key="1"))
    id_ = (await connector.observe(LENA)).provider_id
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    url, headers = f"{peer}/Users/{id_}", {"Authorization": f"Bearer {TOKEN}"}
    (await http.patch(url, json=patch, headers=headers)).raise_for_status()
    assert (await connector.observe(LENA)).status == "absent"
    await connector.apply(Invite(email=LENA, entitlement=MEMBER, key="2"))
    again = await connector.observe(LENA)
    assert (again.status, again.provider_id) == ("member", id_)


async def test_everybody_is_listed_once_over_several_pages(peer: str, http: httpx.AsyncClient) -> None:
    """Addresses with quotes and backslashes among them."""
    connector = connected(peer, http)
    people = [f"p{number}@harbour.example" for number in range(105)] + ['"o\\\\\'h"@harbour.example']
    for email in people:
        await connector.apply(Invite(email=email, entitlement=MEMBER, key="1"))
    accounts = [account.email for account in await connector.accounts()]
    assert sorted(accounts) == sorted(people)
    assert (await connector.observe(people[-1])).status == "member"
    assert (await connector.observe("p10@harbour.example")).status == "member"
    assert (await connector.observe("10@harbour.example")).status == "absent"


async def test_the_check_and_what_is_wrong(peer: str, http: httpx.AsyncClient) -> None:
    """A good token, a wrong one, and an address where there is no directory."""
    assert (await connected(peer, http).check()).ok
    with pytest.raises(SignInAgain):
        await connected(peer, http, "se_wrong").observe(LENA)
    assert not (await connected(peer, http, "se_wrong").check()).ok
    with pytest.raises(NotPermitted, match="no such directory"):
        await connected(f"{peer}/elsewhere", http).observe(LENA)
