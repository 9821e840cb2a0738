"""Which programs people may connect: those that prove where they come from, and those that say so and return there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.chatgpt_app.oauth import registrations, sign_ins
from bot.serving import listen
from sandbox import company
from storage.database import Transaction
from storage.tables import Base, SignIn
from tests.support.authorization import Connect, connecting, slowly, told

#: which database it is makes no difference here
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CHATGPT = "https://chatgpt.com/connector_platform_oauth_redirect"


async def is_unknown(connect: Connect, client_id: str, **changes: str | None) -> bool:
    """Is the person told that this program cannot be connected?"""
    answer = await connect.client.get(connect.asking(client_id=client_id, **changes))
    assert (answer.status_code, "location" in answer.headers) in {(400, False), (302, True)}
    return answer.status_code == 400


# -- documents --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "https://chatgpt.com/oauth/client.json"},
        {"client_id": None},
        {"redirect_uris": None},
        {"redirect_uris": []},
        {"redirect_uris": "https://chatgpt.com/connector_platform_oauth_redirect"},
        {"redirect_uris": ["https://evil.example/return"]},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": None},  # and the singular field says private_key_jwt
    ],
    ids=str,
)
async def test_a_document_has_to_be_that_of_a_client_for_usher(connect: Connect, changes: dict[str, Any]) -> None:
    """Its own id, addresses to which people may be sent, and no need of a secret."""
    assert await is_unknown(connect, connect.site.document("/wrong.json", **changes))
    assert not await is_unknown(connect, connect.site.document("/right.json"))


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(lambda: JSONResponse({"padding": "x" * 6_000}), id="oversized"),
        pytest.param(lambda: Response(b"x" * 1_000_000), id="huge"),
        pytest.param(slowly, id="slow"),
        pytest.param(lambda: RedirectResponse("/client.json"), id="redirect"),
        pytest.param(lambda: Response("<html>"), id="no JSON"),
        pytest.param(lambda: JSONResponse([]), id="no object"),
        pytest.param(lambda: JSONResponse({}, status_code=500), id="500"),
        pytest.param(lambda: Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}), id="compressed"),
    ],
)
async def test_a_document_that_is_not_to_be_had(connect: Connect, serve: Callable[[], Response]) -> None:
    """Too large, too slow, elsewhere, or none: the person is told, and nobody waits longer than five seconds."""
    connect.site.documents["/wrong.json"] = serve
    assert await is_unknown(connect, f"{connect.site.origin}/wrong.json")


@pytest.mark.parametrize("path", ["", "/", "/a/../client.json", "/./client.json", "/client.json?x", "/client.json#x"])
async def test_an_id_is_an_address_without_tricks(connect: Connect, path: str) -> None:
    """What two readers could read differently is not fetched."""
    assert await is_unknown(connect, f"{connect.site.origin}{path}")
    assert connect.site.asked == []


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "https://user@chatgpt.com"])
async def test_a_host_that_is_not_listed_is_not_asked(connect: Connect, origin: str) -> None:
    """Whatever it would say."""
    assert await is_unknown(connect, f"{origin}/client.json")


async def test_a_private_address_behind_a_listed_name(connect: Connect) -> None:
    """The admin listed a name; that it leads inside now, gains nobody a request to the inside."""
    with listen("127.0.0.1", 0) as inside:
        inside.settimeout(0)
        origin = f"https://localhost:{inside.getsockname()[1]}"
        async with connecting(connect.database, connect.sandbox, connect.site, origins=(origin,)) as listed:
            assert await is_unknown(listed, f"{origin}/client.json")
        with pytest.raises(BlockingIOError):
            inside.accept()


async def test_a_document_is_kept_for_as_long_as_it_says(connect: Connect) -> None:
    """Or for five minutes; not at all, if it says so."""
    for _ in range(2):
        await connect.client.get(connect.asking())
    assert connect.site.asked == ["/client.json"]
    connect.site.document("/fresh.json")
    serve = connect.site.documents["/fresh.json"]

    def uncached() -> Response:
        answer = serve()
        answer.headers["Cache-Control"] = "max-age=60, no-store"
        return answer

    connect.site.documents["/fresh.json"] = uncached
    for _ in range(2):
        await connect.client.get(connect.asking(client_id=f"{connect.site.origin}/fresh.json"))
    assert connect.site.asked.count("/fresh.json") == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_program_on_the_persons_computer(connect: Connect, host: str) -> None:
    """Its document names a loopback address; it listens on whatever port is free (RFC 8252)."""
    client_id = connect.site.document("/codex.json", client_name="Codex", redirect_uris=[f"http://{host}/return"])
    redirect_uri = f"http://{host}:41234/return"
    async with connect.browser() as browser:
        _, page = await connect.consent_page(browser, client_id=client_id, redirect_uri=redirect_uri)
    assert "Connect Codex to Usher?" in page.text
    assert "runs on this computer" in page.text
    answer = await connect.returned(client_id=client_id, redirect_uri=redirect_uri)
    exchanged = await connect.exchange(answer["code"], client_id=client_id, redirect_uri=redirect_uri)
    assert exchanged.status_code == 200
    for wrong in (f"http://{host}:41234/elsewhere", "http://evil.example:41234/return", f"https://{host}:41234/return"):
        assert await is_unknown(connect, client_id, redirect_uri=wrong)


async def test_a_name_cannot_play_tricks(connect: Connect) -> None:
    """It is text on one line: no markup, nothing that turns it around, not endless."""
    name = "<b>Chat\u202eTPG</b>\n" + "x" * 200
    async with connect.browser() as browser:
        _, page = await connect.consent_page(browser, client_id=connect.site.document("/odd.json", client_name=name))
    assert "&lt;b&gt;Chat TPG&lt;/b&gt; xxx" in page.text
    assert "\u202e" not in page.text
    assert "x" * 61 not in page.text


# -- registration -----------------------------------------------------------------------------------------------------
async def register(connect: Connect, http: httpx.AsyncClient | None = None, **changes: Any) -> httpx.Response:
    """A program registers itself."""
    body = {"client_name": "Inspector", "redirect_uris": [connect.site.returns], **changes}
    return await (http or connect.client).post("/oauth/register", json=body)


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic", None])
async def test_a_program_registers_itself(connect: Connect, method: str | None) -> None:
    """It gets an id and no secret, even if it asks for one; the person reads that nobody vouches for the name."""
    answer = await register(connect, **({"token_endpoint_auth_method": method} if method else {}))
    assert answer.status_code == 201, answer.text
    client = answer.json()
    assert client["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in client
    async with connect.browser() as browser:
        _, page = await connect.consent_page(browser, client_id=client["client_id"])
    assert "This program registered itself" in page.text
    assert connect.site.origin.removeprefix("http://") in page.text
    tokens = await connect.returned(client_id=client["client_id"])
    exchanged = await connect.exchange(tokens["code"], client_id=client["client_id"])
    assert exchanged.status_code == 200, exchanged.text
    renewed = await connect.refresh(exchanged.json()["refresh_token"], client_id=client["client_id"])
    assert renewed.status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["https://evil.example/return"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://127.0.0.1:1/return"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_client_metadata"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"client_name": "x" * 10, "redirect_uris": ["{origin}/" + "x" * 3_000]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"scope": "access admin"}, "invalid_client_metadata"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_registration_that_is_refused(connect: Connect, changes: dict[str, Any], error: str) -> None:
    """With RFC 7591's words."""
    uris = changes.get("redirect_uris")
    if uris:
        changes = changes | {"redirect_uris": [uri.replace("{origin}", connect.site.origin) for uri in uris]}
    answer = await register(connect, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text


async def test_chatgpt_returns_to_two_addresses(connect: Connect) -> None:
    """Its host serves what others wrote, too."""
    async with connecting(connect.database, connect.sandbox, connect.site, origins=("https://chatgpt.com",)) as listed:
        for path in ("connector_platform_oauth_redirect", "connector/oauth/abc-123_x"):
            assert (await register(listed, redirect_uris=[f"https://chatgpt.com/{path}"])).status_code == 201
        for path in ("", "share/x", "connector/oauth/", "connector/oauth/../../share/x", "connector/oauth/x?y=z"):
            assert (await register(listed, redirect_uris=[f"https://chatgpt.com/{path}"])).status_code == 400, path


async def test_an_id_is_what_was_registered_and_is_looked_at_anew(connect: Connect) -> None:
    """Nobody can make one that registration would have refused, and one from before counts as the setting is now."""
    for made_up in (
        registrations.write(registrations.Registration(name="x", redirect_uris=("https://evil.example/",))),
        registrations.write(registrations.Registration(name="x", redirect_uris=(CHATGPT,))),
        "registered.",
        "registered.W10",
        "registered.!",
        "registered.WyJ4Il0",
    ):
        assert made_up is not None
        assert await is_unknown(connect, made_up, redirect_uri=None)


async def test_registrations_fill_nothing(connect: Connect) -> None:
    """A thousand of them, from a thousand addresses, leave no row anywhere."""
    before = await rows(connect)
    async with httpx.AsyncClient(base_url=connect.config.public_url, timeout=60, trust_env=False, verify=False) as http:
        for number in range(1_000):
            http.headers["X-Forwarded-For"] = f"198.18.{number // 256}.{number % 256}"
            answer = await register(connect, http, client_name=f"Program {number}")
            assert answer.status_code == 201, answer.text
    assert await rows(connect) == before


async def rows(connect: Connect) -> dict[str, int]:
    """How many rows each table has."""
    async with connect.database.read() as session:
        return {
            table.name: await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


# -- how often --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("path", "calls"), [("/oauth/register", 30), ("/oauth/token", 600), ("/oauth/revoke", 600)])
async def test_one_address_may_not_ask_for_ever(connect: Connect, path: str, calls: int) -> None:
    """It is told when to come again; others are served, and so are its other wishes."""
    statuses = {(await connect.client.post(path, data={})).status_code for _ in range(calls)}
    assert statuses == {400}
    answer = await connect.client.post(path, data={})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["error"] == "temporarily_unavailable"
    other = {"X-Forwarded-For": "198.51.100.7"}
    assert (await connect.client.post(path, data={}, headers=other)).status_code == 400
    assert (await connect.client.get(connect.asking())).status_code == 302


async def test_sign_ins_from_one_network(connect: Connect) -> None:
    """Somebody who presses Connect too often is told on a page; one network of IPv6 is one somebody."""
    for number in range(120):
        headers = {"X-Forwarded-For": f"2001:db8::{number:x}"}
        assert (await connect.client.get(connect.asking(), headers=headers)).status_code == 302
    answer = await connect.client.get(connect.asking(), headers={"X-Forwarded-For": "2001:db8::ffff"})
    assert answer.status_code == 429
    assert "One moment, please" in answer.text
    assert answer.headers["retry-after"]
    other = {"X-Forwarded-For": "2001:db8:0:1::1"}
    assert (await connect.client.get(connect.asking(), headers=other)).status_code == 302


async def crowd(tx: Transaction, count: int) -> None:
    """So many people are signing in."""
    await tx.insert(
        *(
            SignIn(
                id=f"{number:064x}",
                client_id="c",
                client_name="c",
                redirect_uri="https://chatgpt.com/",
                redirect_uri_explicit=True,
                code_challenge="c",
                resource="r",
                created_at=tx.now,
                expires_at=tx.now + sign_ins.TICKET_LASTS,
            )
            for number in range(count)
        )
    )


async def test_sign_ins_under_way_are_counted(connect: Connect) -> None:
    """From however many addresses: beyond the most there is a friendly no, and whoever is on the way gets there."""
    async with connect.browser() as browser:
        back = await connect.signed_in(browser, company.LENA)
        await connect.database.write(crowd, sign_ins.MOST_UNDER_WAY)
        answer = told(await connect.client.get(connect.asking()))
        assert (answer["error"], answer["iss"]) == ("temporarily_unavailable", connect.config.issuer)
        assert "code" in told(await browser.get(back))


async def test_a_body_may_not_be_endless(connect: Connect) -> None:
    """Forms are small."""
    for path in ("/oauth/token", "/oauth/register", "/oauth/revoke", "/oauth/consent", "/oauth/authorize"):
        assert (await connect.client.post(path, content=b"x" * 70_000)).status_code == 413
