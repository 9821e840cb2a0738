"""What can go wrong at the web-admin face: its session, its bot protection, its answers and lists."""

from __future__ import annotations

import pytest

from sandbox import company

TOM = "tom@harbour.example"
LENA = "lena@harbour.example"
COOKIE = "__Secure-next-auth.session-token"


@pytest.mark.parametrize(
    ("fault", "body"),
    [("session_refresh_error", {"error": "RefreshAccessTokenError"}), ("signed_out", {})],
)
async def test_a_dead_session_answers_200(owner, workspace, fault, body):
    """The status of the session endpoint says nothing; a dead session has no accessToken."""
    workspace.faults.switch_on(fault)
    answer = await owner.sign_in()
    assert (answer.status_code, answer.json()) == (200, body)


async def test_a_cookie_can_be_rotated_in_parts(owner, workspace):
    """The rotated cookie comes as .0 and .1, and both together sign in."""
    workspace.faults.switch_on("cookie_in_chunks", times=1)
    answer = await owner.sign_in()
    parts = {name: value for name, value in answer.cookies.items() if name.startswith(COOKIE)}
    assert set(parts) == {f"{COOKIE}.0", f"{COOKIE}.1"}
    header = "; ".join(f"{name}={value}" for name, value in parts.items())
    assert (await owner.http.get("/api/auth/session", headers={"Cookie": header})).json()["accessToken"]


async def test_old_cookies_can_die(owner, workspace):
    """Who does not keep the rotated cookie is signed out at the next use of the old one."""
    workspace.faults.switch_on("old_cookies_die")
    owner.cookie = company.CHATGPT_SESSION
    assert (await owner.sign_in()).json() == {}


async def test_tokens_can_expire_early(owner, workspace):
    """Tokens given out so far are dead; the next one is good."""
    workspace.faults.switch_on("tokens_expired")
    assert (await owner.call("GET", "/users")).json()["error"]["code"] == "token_expired"
    await owner.sign_in()
    assert (await owner.call("GET", "/users")).status_code == 200


async def test_tokens_can_be_revoked_for_good(owner, workspace):
    """No token helps while they are revoked."""
    workspace.faults.switch_on("token_revoked")
    await owner.sign_in()
    refused = await owner.invite(TOM)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_revoked")
    assert workspace.roster.invites == {}


async def test_the_integration_account_can_be_demoted(owner, workspace):
    """A demoted account is refused what owners do, is listed as what it is, and gets its role back."""
    workspace.faults.switch_on("not_owner")
    assert (await owner.call("GET", "/users")).status_code == 403
    maya = workspace.roster.member_by_email("maya@harbour.example").user_id
    assert (await owner.call("PATCH", f"/users/{maya}", json={"role": "account-admin"})).status_code == 403
    check = (await owner.call("GET", "/backend-api/accounts/check/v4-2023-04-27")).json()
    account = check["accounts"][company.CHATGPT_WORKSPACE_ID]["account"]
    assert account["account_user_role"] == "standard-user"
    workspace.faults.switch_off("not_owner")
    assert (await owner.call("GET", "/users")).status_code == 200


@pytest.mark.parametrize("status", [403, 503, 200])
async def test_a_bot_challenge_is_html(owner, workspace, status):
    """The session endpoint and the API alike answer with Cloudflare's page, and nothing happens."""
    workspace.faults.switch_on(f"challenge_{status}")
    for answer in (await owner.invite(TOM), await owner.http.get("/api/auth/session")):
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["cf-mitigated"] == "challenge"
        assert "Just a moment" in answer.text
        assert "challenge-platform" in answer.text
    assert workspace.roster.invites == {}


@pytest.mark.parametrize(
    ("fault", "settings", "status", "body"),
    [
        ("forbidden", {}, 403, {"detail": "Forbidden"}),
        ("forbidden", {"status": 402}, 402, {"detail": "Forbidden"}),
        (
            "workspace_not_found",
            {},
            404,
            {"detail": {"code": "workspace_not_found", "message": "Workspace not found"}},
        ),
        (
            "additional_seat_needed_400",
            {},
            400,
            {"detail": "1 additional seat needed. Add 1 additional seat to send this invite."},
        ),
    ],
)
async def test_an_invite_can_be_refused_whole(owner, workspace, fault, settings, status, body):
    """Each refusal has its status and its shape, and no effect."""
    workspace.faults.switch_on(fault, **settings)
    answer = await owner.invite(TOM)
    assert (answer.status_code, answer.json()) == (status, body)
    assert workspace.roster.invites == {}


@pytest.mark.parametrize("settings", [{}, {"status": 400}])
async def test_a_pending_purchase_can_look_like_a_dead_token(owner, workspace, settings):
    """seat_true_up_pending comes as 401 or 400, on invites and on seats."""
    workspace.faults.switch_on("seat_true_up_pending", **settings)
    maya = workspace.roster.member_by_email("maya@harbour.example").user_id
    switch = {"operation": "switch", "seat_type": "usage_based"}
    for answer in (
        await owner.invite(TOM),
        await owner.call("POST", f"/users/{maya}/seat/update", json=switch),
        await owner.call("PATCH", f"/users/{maya}", json={"seat_type": "usage_based"}),
    ):
        assert answer.status_code == settings.get("status", 401)
        assert answer.json()["error"]["code"] == "seat_true_up_pending"


@pytest.mark.parametrize(
    ("fault", "settings", "into", "entry"),
    [
        (
            "errored_emails",
            {},
            "errored_emails",
            {"email_address": TOM, "error": "Unable to invite user due to an error."},
        ),
        (
            "errored_emails",
            {"key": "email", "text": "Invalid email domain"},
            "errored_emails",
            {"email": TOM, "error": "Invalid email domain"},
        ),
        ("errored_emails_as_text", {}, "errored_emails", TOM),
        ("already_member_emails", {}, "already_member_emails", TOM),
        (
            "additional_seat_needed",
            {},
            "errored_emails",
            {
                "email_address": TOM,
                "error": "1 additional seat needed. Add 1 additional seat to send this invite.",
            },
        ),
    ],
)
async def test_an_address_can_be_refused_with_200(owner, workspace, fault, settings, into, entry):
    """The address stands in a list of the answer; another one of the same call is invited."""
    workspace.faults.switch_on(fault, email=TOM, **settings)
    answer = await owner.invite(LENA, TOM)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop(into) == [entry]
    assert [invite["email_address"] for invite in body.pop("account_invites")] == [LENA]
    assert list(body.values()) == [[]]
    assert set(workspace.roster.invites) == {LENA}


async def test_an_invite_can_be_ignored(owner, workspace):
    """Three empty lists: nothing was done, and nothing says so."""
    workspace.faults.switch_on("invite_ignored")
    body = (await owner.invite(TOM)).json()
    assert body == {"account_invites": [], "errored_emails": [], "already_member_emails": []}
    assert workspace.roster.invites == {}


async def test_removing_can_collide(owner, workspace):
    """409 for the first calls, then it works, for members and for invites."""
    maya = workspace.roster.member_by_email("maya@harbour.example").user_id
    workspace.faults.switch_on("conflict_on_delete", times=2)
    statuses = [(await owner.call("DELETE", f"/users/{maya}")).status_code for _ in range(3)]
    assert statuses == [409, 409, 200]
    await owner.invite(TOM)
    workspace.faults.switch_on("conflict_on_delete", times=1)
    cancel = {"email_address": TOM}
    statuses = [(await owner.call("DELETE", "/invites", json=cancel)).status_code for _ in range(2)]
    assert statuses == [409, 200]


async def test_removing_can_answer_nothing(owner, workspace):
    """204 with an empty body, and it happened."""
    await owner.invite(TOM)
    workspace.faults.switch_on("deletes_answer_nothing")
    answer = await owner.call("DELETE", "/invites", json={"email_address": TOM})
    assert (answer.status_code, answer.content) == (204, b"")
    assert workspace.roster.invites == {}


async def test_an_older_server_has_no_seat_update(owner, workspace):
    """404 on the newer way to change a seat, while the older one works."""
    workspace.faults.switch_on("no_seat_update")
    path = f"/users/{workspace.roster.member_by_email('maya@harbour.example').user_id}"
    switch = {"operation": "switch", "seat_type": "usage_based"}
    assert (await owner.call("POST", f"{path}/seat/update", json=switch)).status_code == 404
    assert (await owner.call("PATCH", path, json={"seat_type": "usage_based"})).status_code == 200


async def test_pages_can_overlap_and_totals_move(owner, workspace):
    """The end of a page comes again on the next one, and the total is one thing now and another then."""

    async def page(offset: int) -> dict:
        return (await owner.call("GET", "/users", params={"offset": offset, "limit": 2})).json()

    real = (await owner.call("GET", "/users")).json()["items"]
    workspace.faults.switch_on("overlapping_pages")
    second = await page(2)
    assert second["offset"] == 2
    assert [item["id"] for item in second["items"]] == [item["id"] for item in real[1:3]]
    workspace.faults.switch_on("moving_total")
    assert [(await page(0))["total"] for _ in range(2)] == [4, 3]
    workspace.faults.switch_off("moving_total")
    workspace.faults.switch_on("no_total")
    assert "total" not in await page(0)


async def test_entries_can_be_strange(owner, workspace):
    """Hidden addresses, unknown words, owners without a seat type: for everybody it concerns, or for one."""
    workspace.faults.switch_on("unknown_role")
    assert (await owner.users())["maya@harbour.example"]["role"] == "account-observer"
    workspace.faults.switch_on("unknown_role", whom="noor@harbour.example", role="tsar")
    roles = {email: item["role"] for email, item in (await owner.users()).items()}
    assert roles["noor@harbour.example"] == "tsar"
    assert roles["maya@harbour.example"] == "standard-user"
    workspace.faults.switch_on("unknown_seat_type", seat_type="sofa")
    assert (await owner.users())["maya@harbour.example"]["seat_type"] == "sofa"
    workspace.faults.clear()
    workspace.faults.switch_on("seatless_owners")
    assert "seat_type" not in (await owner.users())["noor@harbour.example"]
    workspace.faults.switch_on("email_null")
    assert set(await owner.users()) == {None, "noor@harbour.example", "it-chatgpt@harbour.example"}


async def test_invites_can_be_listed_twice_and_in_words(owner, workspace):
    """An older copy of each invite, and a status that is no number."""
    await owner.invite(TOM)
    workspace.faults.switch_on("invites_listed_twice")
    workspace.faults.switch_on("pending_in_words")
    answer = (await owner.call("GET", "/invites")).json()
    newer, older = answer["items"]
    assert newer["email_address"] == older["email_address"] == TOM
    assert newer["created_time"] > older["created_time"]
    assert answer["total"] == 2
    assert {newer["status"], older["status"]} == {"pending"}
