"""usher probe: a workspace is held against what Usher relies on, and strangers may read what comes out."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sandbox import company
from sandbox.chatgpt.directory import follow
from sandbox.chatgpt.scim_json import read_user
from sandbox.server import Sandbox
from tests.integration.cli.conftest import PATIENCE, Outcome, Shell

EVERY = ["web_admin", "admin_api", "scim"]
SECRETS = {
    "web_admin": company.CHATGPT_SESSION,
    "admin_api": company.CHATGPT_ADMIN_KEY,
    "scim": company.CHATGPT_SCIM_TOKEN,
}
NEW = "probe@harbour.example"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start() as running:
        yield running


@pytest.fixture(params=EVERY)
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def ready(sandbox: Sandbox, usher: Shell, transport: str) -> Shell:
    """A catalogue with the workspace in it, over one transport, and somebody who is invited."""
    workspace = sandbox.chatgpt
    if transport != "web_admin":
        workspace.faults.switch_on("enterprise_plan")
    if transport == "scim":
        for member in company.CHATGPT_MEMBERS:
            workspace.directory.create(_by_usher(member.email), now=workspace.clock.now())
        follow(workspace)
    else:
        workspace.invite("grace@harbour.example", role="standard-user")
    own = {
        "web_admin": f"base_url: {sandbox.chatgpt_url}, integration_email: {company.CHATGPT_INTEGRATION_EMAIL}",
        "admin_api": f"base_url: {sandbox.chatgpt_url}/v1",
        "scim": f"base_url: {sandbox.chatgpt_url}/scim/v2.0/{company.CHATGPT_DIRECTORY_KEY}",
    }[transport]
    usher.variables |= {
        "USHER_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "USHER_SECRET_CHATGPT": SECRETS[transport],
        "USHER_CATALOG": "catalog.yml",
    }
    usher.write(
        "catalog.yml",
        f"""\
applications:
  - key: chatgpt
    name: ChatGPT
    owner: {company.NOOR.email}
    connector:
      {{type: chatgpt, transport: {transport}, workspace_id: {company.CHATGPT_WORKSPACE_ID}, secret: chatgpt, {own}}}
  - key: figma
    name: Figma
    owner: {company.NOOR.email}
    connector: {{type: manual}}
""",
    )
    return usher


def _by_usher(email: str) -> dict[str, Any]:
    return read_user({"userName": email, "externalId": f"usher:{email}"})


def of(outcome: Outcome, kind: str) -> dict[str, dict[str, Any]]:
    """The rows of one kind, by their id."""
    return {row["id"]: row for row in outcome.rows if row["kind"] == kind}


def clean(outcome: Outcome) -> bool:
    """Whether nothing is in it that strangers must not read."""
    private = [
        company.DOMAIN, company.CHATGPT_WORKSPACE_ID, company.CHATGPT_DIRECTORY_KEY, *SECRETS.values(),
        "Lindqvist", "Haddad", "Harbour", "user-", "eyJ", "127.0.0.1", "@",
    ]  # fmt: skip
    return not any(each.casefold() in outcome.out.casefold() for each in private)


# -- as assumed --------------------------------------------------------------------------------------------------------
async def test_a_workspace_as_assumed(ready: Shell, transport: str, sandbox: Sandbox) -> None:
    """Every call that reads is made, none that changes; the report is short, narrow and names nobody."""
    before = sandbox.chatgpt.roster
    outcome = await ready("probe", "chatgpt")
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert re.match(rf"Usher [\w.]+, transport {transport}, via http: as assumed\.", outcome.out), outcome.out
    assert "What differs" not in outcome.out
    assert max(len(line.rstrip()) for line in outcome.out.splitlines()) <= 100, outcome.out
    assert clean(outcome), outcome.out
    assert sandbox.chatgpt.roster == before
    assert {call.method for call in sandbox.chatgpt.calls} == {"GET"}


async def test_rows_for_programs(ready: Shell, transport: str) -> None:
    """One array; each kind of call with its status, type and time, each word, and what was found out."""
    outcome = await ready("probe", "chatgpt", "--json")
    assert outcome.code == 0, outcome
    assert clean(outcome)
    assert all({"id", "kind", "state"} <= set(row) for row in outcome.rows)
    [about] = of(outcome, "probe").values()
    assert (about["state"], about["transport"]) == ("as assumed", transport)
    calls = of(outcome, "call")
    assert {row["state"] for row in calls.values()} == {"as assumed"}
    assert all(row["statuses"] == [200] and len(row["milliseconds"]) == row["times"] for row in calls.values())
    assert of(outcome, "difference") == {}
    assert all(row["state"] == "known" for row in of(outcome, "word").values())
    facts = of(outcome, "fact")
    assert facts["Paging of members"]["detail"] == "pages of 3; 3 different; total " + (
        "not told" if transport == "admin_api" else "3"
    )
    assert facts["Hidden addresses"]["detail"] == "0 of 3 members"
    assert facts["Search of members"]["detail"].startswith("finds an address")
    expected = {
        "web_admin": {
            "sign in as the integration account: GET /api/auth/session",
            "look the workspace up: GET /backend-api/accounts/check/v4-2023-04-27",
            "read the members: GET /backend-api/accounts/…/users",
            "read the members, by address: GET /backend-api/accounts/…/users?query=",
            "read the invites: GET /backend-api/accounts/…/invites",
            "read the invites, by address: GET /backend-api/accounts/…/invites?query=",
            "count the seats: GET /backend-api/accounts/…/users/seat_type_counts",
            "read the subscription: GET /backend-api/subscriptions",
        },
        "admin_api": {
            "read the users: GET /manage/workspaces/…/users",
            "read the users, by address: GET /manage/workspaces/…/users?email=",
            "read a user: GET /manage/workspaces/…/users/…",
            "read the invites: GET /manage/workspaces/…/invites",
        },
        "scim": {
            "read the directory: GET /Users",
            "read the directory, by address: GET /Users?filter=",
            "read a user: GET /Users/…",
        },
    }
    assert set(calls) == expected[transport]


@pytest.mark.parametrize("transport", ["web_admin"])
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["probe", "figma"], 1, "figma is administered by hand"),
        (["probe", "slack"], 1, "There is no application slack in the catalogue: it has chatgpt, figma."),
        (["probe", "chatgpt", "--writes", "nobody"], 2, "nobody is no e-mail address"),
        (["probe"], 2, "APP"),
    ],
)
async def test_what_cannot_be_probed(ready: Shell, words: list[str], code: int, said: str) -> None:
    """A sentence says why."""
    outcome = await ready(*words)
    assert (outcome.code, said in outcome.err) == (code, True), outcome


# -- as not assumed ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("transport", "fault", "settings", "kind", "id_", "expected"),
    [
        ("web_admin", "unknown_role", {}, "word", "role account-observer", {"state": "unknown", "of": "role"}),
        ("web_admin", "unknown_role", {"role": "Maya Lindqvist"}, "word", "role (not shown)", {"state": "unknown"}),
        ("web_admin", "unknown_role", {"role": "maya-lindqvist"}, "word", "role (not shown)", {"state": "unknown"}),
        ("web_admin", "unknown_role", {"role": "maya@harbour.example"}, "word", "role (not shown)", {}),
        ("web_admin", "unknown_seat_type", {}, "word", "seat type galactic", {"state": "unknown"}),
        (
            "web_admin", "email_null", {"whom": "maya@harbour.example"},
            "fact", "Hidden addresses", {"state": "differs", "detail": "1 of 3 members"},
        ),
        (
            "web_admin", "email_null", {"whom": "maya@harbour.example"},
            "difference", "read the members: items[].email", {"state": "null", "breaks": False},
        ),
        ("web_admin", "no_total", {}, "difference", "read the members: total", {"state": "absent"}),
        ("web_admin", "moving_total", {}, "fact", "Paging of members", {}),
        ("web_admin", "pending_in_words", {}, "word", "status pending", {"state": "known"}),
        ("admin_api", "email_filter_minds_case", {}, "fact", "Search of members",
         {"state": "differs", "detail": "does not find an address in other capitals; 0 items came"}),
        ("admin_api", "email_filter_ignored", {}, "fact", "Search of members",
         {"detail": "finds an address in other capitals; 3 items came"}),
        ("admin_api", "no_single_user", {}, "call", "read a user: GET /manage/workspaces/…/users/…",
         {"state": "differs", "statuses": [404]}),
        ("admin_api", "lists_in_other_words", {}, "word", "role standard-user", {"state": "known"}),
        ("scim", "scim_bare_entries", {}, "difference", "read the directory: Resources[].meta", {"state": "absent"}),
    ],
)  # fmt: skip
async def test_what_differs_and_does_no_harm(
    ready: Shell, sandbox: Sandbox, fault: str, settings: Any, kind: str, id_: str, expected: dict[str, Any]
) -> None:
    """It stands in the report, and the command is content: Usher works so."""
    sandbox.chatgpt.faults.switch_on(fault, **settings)
    outcome = await ready("probe", "chatgpt", "--json")
    assert outcome.code == 0, outcome
    row = of(outcome, kind)[id_]
    assert row == {**row, **expected}
    assert clean(outcome)


@pytest.mark.parametrize(
    ("transport", "fault", "said"),
    [
        ("web_admin", "challenge_403", "“sign in as the integration account” failed"),
        ("web_admin", "signed_out", "“sign in as the integration account” lacks accessToken"),
        ("web_admin", "workspace_deactivated", "“read the members” failed"),
        ("web_admin", "reads_fail", "failed"),
        ("admin_api", "plan_without_api", "“read the users” failed"),
        ("admin_api", "admin_key_revoked", "“read the users” failed"),
        ("admin_api", "lists_in_another_envelope", "“read the users” lacks data"),
        ("admin_api", "bare_lists", "“read the users” lacks role"),
        ("scim", "scim_directory_gone", "“read the directory” failed"),
        ("scim", "scim_token_refused", "“read the directory” failed"),
    ],
)
async def test_what_usher_cannot_work_with(ready: Shell, sandbox: Sandbox, fault: str, said: str) -> None:
    """The report is printed all the same, and a sentence says what it is about."""
    sandbox.chatgpt.faults.switch_on(fault)
    for words in (["probe", "chatgpt"], ["probe", "chatgpt", "--json"]):
        outcome = await ready(*words)
        assert (outcome.code, said in outcome.err) == (1, True), outcome
        assert outcome.err.count("\n") == 1
        assert clean(outcome)
    assert outcome.rows[0]["state"] == "failed"


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_a_challenge_is_told_as_one(ready: Shell, sandbox: Sandbox) -> None:
    """Whoever reads the report sees that a page came where JSON belongs."""
    sandbox.chatgpt.faults.switch_on("challenge_403")
    outcome = await ready("probe", "chatgpt", "--json")
    [row] = of(outcome, "call").values()
    assert (row["statuses"], row["content_types"], row["errors"]) == ([403], ["text/html"], ["Blocked"])


@pytest.mark.parametrize("transport", ["admin_api"])
async def test_without_a_secret_nothing_is_called(ready: Shell) -> None:
    """The report says what kept it from asking."""
    del ready.variables["USHER_SECRET_CHATGPT"]
    outcome = await ready("probe", "chatgpt", "--json")
    assert outcome.code == 1
    assert of(outcome, "call") == {}
    assert of(outcome, "trouble")["Asking for members"]["state"] == "SignInAgain"


# -- changes -----------------------------------------------------------------------------------------------------------
def steps(outcome: Outcome) -> dict[str, str]:
    """How each step ended; of several by one name, the last."""
    return {name: row["state"] for name, row in of(outcome, "step").items()}


async def test_every_step_agreed_to(ready: Shell, sandbox: Sandbox, transport: str) -> None:
    """Invited, sent again, taken back; over SCIM put into the directory and taken out. Nothing is left."""
    before = sandbox.chatgpt.roster
    answers = "y\n" * (3 if transport == "scim" else 4) + "n\n"
    outcome = await ready("probe", "chatgpt", "--writes", NEW, "--json", stdin=answers)
    assert outcome.code == 0, outcome
    want = {"invite": "done", "remove": "done"}
    if transport != "scim":
        want = {"invite": "done", "resend": "done", "cancel": "done", "invite again": "skipped"}
    assert steps(outcome) == want
    assert clean(outcome)
    assert NEW in outcome.err
    roster = sandbox.chatgpt.roster
    assert (roster.invite(NEW), roster.member_by_email(NEW)) == (None, None)
    assert list(roster.active()) == list(before.active())
    changed = [row for row in of(outcome, "call").values() if row["id"].startswith("change")]
    assert changed
    assert transport == "scim" or any("id: string" in row["outline"] for row in changed)


async def talk(shell: Shell, *answers: tuple[str, str, Callable[[], object]]) -> Outcome:
    """Answers the questions of `usher probe --writes` as a person does: each when it is asked.

    Each answer is what the question says, what is typed, and what happens before that. An empty one is Ctrl+C. When
    nothing is left to say, standard input ends; after Ctrl+C it does not, as its end could be seen before.
    """
    process = await asyncio.create_subprocess_exec(
        *shell.command, "probe", "chatgpt", "--writes", NEW, "--json",
        cwd=shell.directory, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **shell.variables},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        preexec_fn=_heed_ctrl_c,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr  # noqa: PT018
    told = ""
    try:
        async with asyncio.timeout(2 * PATIENCE):
            for question, typed, happens in answers:
                asked = (await process.stderr.readuntil(b"[y/N]: ")).decode()
                told += asked
                assert question in asked, told
                happens()
                if typed:
                    process.stdin.write(f"{typed}\n".encode())
                    await process.stdin.drain()
                else:
                    await _waits(process.pid)
                    process.send_signal(signal.SIGINT)
            if not answers or answers[-1][1]:
                process.stdin.close()
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    told += err.decode()
    assert "Traceback" not in told
    assert process.returncode is not None
    return Outcome(code=process.returncode, out=out.decode(), err=told)


async def _waits(pid: int) -> None:
    """Until whoever reads the answers sleeps, and so waits for one: a signal before that would not end the waiting."""
    readers = _readers(pid)
    quiet = 0
    while quiet < 5:
        states = {(reader / "stat").read_text().rpartition(")")[2].split()[0] for reader in readers}
        quiet = quiet + 1 if states == {"S"} else 0
        await asyncio.sleep(0.02)


def _readers(pid: int) -> list[Path]:
    """The process with this standard input, and the warm one that stands behind it."""
    answers = Path(f"/proc/{pid}/fd/0").readlink()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if (process / "fd/0").readlink() == answers:
                found.append(process)
    return found


def _heed_ctrl_c() -> None:
    """Whatever runs the tests in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def nothing() -> None:
    """What happens between most questions."""


YES, NO = "y", "n"
BEGIN = [("and may Usher invite it", YES, nothing), ("Invite probe@", YES, nothing)]


@pytest.mark.parametrize("transport", ["web_admin", "admin_api"])
async def test_a_member_changed_there_and_back(ready: Shell, sandbox: Sandbox) -> None:
    """Once the person has accepted, role and seat are changed and changed back, and the member is removed."""
    outcome = await talk(
        ready,
        *BEGIN,
        ("Send the invite", NO, nothing),
        ("Take the invite", NO, nothing),
        ("Have you accepted it?", YES, lambda: sandbox.chatgpt.accept(NEW)),
        ("the role admin?", YES, nothing),
        ("the role member?", YES, nothing),
        ("on a codex seat", YES, nothing),
        ("on a chatgpt seat", YES, nothing),
        ("Remove probe@", YES, nothing),
    )
    assert outcome.code == 0, outcome
    assert steps(outcome) == {
        "invite": "done", "resend": "skipped", "cancel": "skipped", "accept": "done", "role admin": "done",
        "role member": "done", "seat codex": "done", "seat chatgpt": "done", "remove": "done",
    }  # fmt: skip
    assert sandbox.chatgpt.roster.member_by_email(NEW) is None
    assert clean(outcome)


@pytest.mark.parametrize("transport", ["web_admin"])
@pytest.mark.parametrize("clean_up", [YES, NO])
async def test_no_to_everything_is_asked_once_more(ready: Shell, sandbox: Sandbox, clean_up: str) -> None:
    """What was made is offered to be taken away at the end; whoever says no is told what is left."""
    outcome = await talk(
        ready,
        *BEGIN,
        ("Send the invite", NO, nothing),
        ("Take the invite", NO, nothing),
        ("Have you accepted it?", NO, nothing),
        ("so that nothing is left behind?", clean_up, nothing),
    )
    left = clean_up == NO
    assert (sandbox.chatgpt.roster.invite(NEW) is not None) == left
    assert outcome.code == int(left)
    assert ("LEFT BEHIND" in outcome.err) == left
    assert clean(outcome)


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_no_before_the_first_change(ready: Shell, sandbox: Sandbox) -> None:
    """Nothing is sent, and nothing is asked any more."""
    for answers in ([("and may Usher", NO, nothing)], [BEGIN[0], ("Invite probe@", NO, nothing)]):
        await talk(ready, *answers)
    assert {call.method for call in sandbox.chatgpt.calls} == {"GET"}


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_ctrl_c_offers_to_clean_up(ready: Shell, sandbox: Sandbox) -> None:
    """Whoever stops in the middle is asked about what was made; a second time, they are told what is left."""
    outcome = await talk(ready, *BEGIN, ("Send the invite", "", nothing), ("left behind?", YES, nothing))
    assert (outcome.code, "Stopped." in outcome.err) == (0, True), outcome
    assert sandbox.chatgpt.roster.invite(NEW) is None
    outcome = await talk(ready, *BEGIN, ("Send the invite", "", nothing), ("left behind?", "", nothing))
    assert (outcome.code, "LEFT BEHIND" in outcome.err) == (1, True), outcome
    assert sandbox.chatgpt.roster.invite(NEW) is not None


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_answers_that_end_leave_word_of_what_is_there(ready: Shell, sandbox: Sandbox) -> None:
    """Where nobody answers any more, nothing is decided for them."""
    outcome = await talk(ready, *BEGIN)
    assert (outcome.code, "LEFT BEHIND" in outcome.err) == (1, True), outcome
    assert sandbox.chatgpt.roster.invite(NEW) is not None


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_a_step_that_fails_is_followed_by_cleaning_up(ready: Shell, sandbox: Sandbox) -> None:
    """A refusal in the middle ends the trial, stands in the report, and the invite is offered to be taken back."""
    sandbox.chatgpt.faults.switch_on("rate_limited", method="POST", times=1)
    outcome = await talk(ready, *BEGIN)
    assert steps(outcome) == {"invite": "failed"}
    assert "left behind" not in outcome.err.lower()

    def break_it() -> None:
        sandbox.chatgpt.faults.switch_on("rate_limited", method="POST", times=1)

    outcome = await talk(ready, *BEGIN, ("Send the invite", YES, break_it), ("left behind?", YES, nothing))
    assert outcome.code == 1
    assert {"invite": "done", "resend": "failed", "cancel": "done"}.items() <= steps(outcome).items()
    assert sandbox.chatgpt.roster.invite(NEW) is None
    assert of(outcome, "step")["resend"]["detail"] == "TryLater"


@pytest.mark.parametrize("transport", ["web_admin"])
async def test_lists_that_lag_are_waited_for_and_measured(ready: Shell, sandbox: Sandbox) -> None:
    """How far the lists lag behind is one of the open facts: the report says how often Usher had to look."""
    sandbox.chatgpt.faults.switch_on("list_lag")
    outcome = await talk(ready, *BEGIN, ("Send the invite", NO, nothing), ("Take the invite", YES, nothing),
                         ("once more", NO, nothing))  # fmt: skip
    assert outcome.code == 0, outcome
    looks = re.match(r"invited after (\d+) looks", of(outcome, "step")["invite"]["detail"])
    assert looks is not None
    assert int(looks[1]) > 1


@pytest.mark.parametrize("transport", ["web_admin"])
@pytest.mark.parametrize(
    ("email", "why"),
    [
        (company.CHATGPT_INTEGRATION_EMAIL, "the account that Usher itself works with"),
        ("Maya@Harbour.example", "is a member already"),
        ("grace@harbour.example", "is invited already"),
    ],
)
async def test_nobodys_access_is_touched(ready: Shell, sandbox: Sandbox, email: str, why: str) -> None:
    """Only an address that is not in the workspace will do."""
    outcome = await ready("probe", "chatgpt", "--writes", email, stdin="y\n" * 9)
    assert (outcome.code, why in outcome.err) == (1, True), outcome
    assert {call.method for call in sandbox.chatgpt.calls} == {"GET"}
