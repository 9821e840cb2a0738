"""The same over the routes of Enterprise: the right account in the end, or an incident that says what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.connectors.chatgpt.scim_seen import FOLLOWS_WITHIN
from bot.engine.accounts import SENT_IN_SILENCE
from sandbox import company
from sandbox.chatgpt.faults_admin_api import ADMIN_API_FAULTS
from sandbox.chatgpt.faults_scim import SCIM_FAULTS
from sandbox.slack.state import Message
from tests.support.faults import Case, Route, ends_well
from tests.support.studio import Studio

SIGNED_OUT = "Usher is signed out of ChatGPT"
NO_PERMISSION = "Usher lacks a permission in ChatGPT"
ELSEWHERE = "An account in ChatGPT is managed elsewhere"
REFUSED = "ChatGPT refused a change"
UNEXPECTED = "ChatGPT gave an unexpected answer"

CATALOG = f"""
applications:
  - key: chatgpt
    name: ChatGPT
    owner: {company.NOOR.email}
    admins: [{company.NOOR.email}]
    seat_types: SEATS
    durations: [7d]
    connector:
      type: chatgpt
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
"""
ADMIN_API = CATALOG.replace("SEATS", "[codex]") + (
    "      transport: admin_api\n      base_url: BASE_URL/v1\n      secret: chatgpt-admin-key\n"
)
SCIM = CATALOG.replace("SEATS", "[chatgpt]") + (
    f"      transport: scim\n      base_url: BASE_URL/scim/v2.0/{company.CHATGPT_DIRECTORY_KEY}\n"
    "      secret: chatgpt-scim\n"
)
SCIM_SEEN = SCIM + "      admin_secret: chatgpt-admin-key\n      admin_base_url: BASE_URL/v1\n"
BY_KEY = Route(habits=("enterprise_plan",))
BY_DIRECTORY = Route(
    words="chatgpt 7d to test",
    seat=("standard-user", "default"),
    before_joining="· Active",
    habits=("enterprise_plan",),
)

OF_THE_ADMIN_API = (
    Case(fault="plan_without_api", incident=NO_PERMISSION),
    Case(fault="admin_key_revoked", incident=SIGNED_OUT),
    Case(fault="admin_key_expired", while_="taking", incident=SIGNED_OUT),
    Case(fault="admin_key_lacks_scope", while_="taking", incident=NO_PERMISSION),
    Case(fault="scim_manages_everybody", while_="taking", incident=ELSEWHERE),
    Case(fault="email_filter_ignored"),
    Case(fault="email_filter_minds_case", while_="joining"),
    Case(fault="no_single_user", while_="asking"),
    Case(fault="list_never_ends"),
    Case(fault="bare_lists", while_="joining"),
    Case(fault="lists_in_other_words"),
    Case(fault="lists_in_another_envelope", incident=UNEXPECTED),
    Case(fault="invites_answered_as_list"),
    Case(fault="invites_answered_with_nothing"),
    Case(fault="conflicts_are_400"),
    Case(fault="invite_denied_with_200", incident=REFUSED),
)
OF_SCIM = (
    Case(fault="scim_token_refused", incident=SIGNED_OUT),
    Case(fault="scim_forbidden", while_="taking", incident=NO_PERMISSION),
    Case(fault="scim_directory_gone", incident=NO_PERMISSION),
    Case(fault="scim_conflict", incident=REFUSED),
    Case(fault="scim_body_too_large", incident=UNEXPECTED),
    Case(fault="scim_patch_answers_nothing"),
    Case(fault="scim_filter_ignored"),
    Case(fault="scim_short_pages", while_="taking"),
    Case(fault="scim_bare_entries"),
    Case(fault="scim_soft_deletes", while_="taking"),
)
#: what SCIM cannot see: docs/connect-chatgpt.md says so, and `usher check` too
UNSEEN = {"scim_users_held", "scim_sync_late"}


def test_every_fault_has_its_case() -> None:
    """A new fault cannot be forgotten here."""
    assert {case.fault for case in OF_THE_ADMIN_API} == {fault.name for fault in ADMIN_API_FAULTS} - {"enterprise_plan"}
    assert {case.fault for case in OF_SCIM} | UNSEEN == {fault.name for fault in SCIM_FAULTS}


async def not_followed(studio: Studio) -> Message:
    """The time passes in which the workspace should have followed, and once more; returns the incident's card."""
    for _ in range(SENT_IN_SILENCE):
        await studio.at_rest()
        studio.clock.skip((FOLLOWS_WITHIN + timedelta(minutes=1)).total_seconds())
    return await studio.until(studio.open_alert)


@pytest.mark.parametrize("fault", sorted(UNSEEN))
async def test_with_a_key_beside_it_a_workspace_that_does_not_follow_is_an_incident(
    database_file: Path, fault: str
) -> None:
    """Nobody is said to be in who is not: after the time that OpenAI names a human is told, and it mends itself."""
    async with Studio.open(database_file, catalog=SCIM_SEEN) as studio:
        BY_DIRECTORY.mend(studio)
        studio.chatgpt.faults.switch_on(fault)
        card = await studio.ask(studio.lena, "chatgpt 7d to test")
        await studio.approve(studio.maya, studio.lena)
        alert = await not_followed(studio)
        assert "A change in ChatGPT may not have gone through" in alert.shown
        assert "· Active" not in card.shown
        assert "· Invited" not in card.shown
        BY_DIRECTORY.mend(studio)
        await studio.noor.press("Try again", in_=alert)
        await studio.in_time(lambda: "· Invited" in card.shown, within=timedelta(hours=4))
        studio.chatgpt.accept(str(studio.lena.user.email))
        await studio.in_time(lambda: "· Active" in card.shown)
        await studio.in_time(lambda: not alert.buttons)


async def test_with_a_key_beside_it_a_removal_that_is_not_followed_is_an_incident(database_file: Path) -> None:
    """Ended is said when the workspace shows it, and not when the directory does."""
    async with Studio.open(database_file, catalog=SCIM_SEEN) as studio:
        BY_DIRECTORY.mend(studio)
        card = await studio.ask(studio.lena, "chatgpt 7d to test")
        await studio.approve(studio.maya, studio.lena)
        await studio.in_time(lambda: "· Invited" in card.shown)
        studio.chatgpt.accept(str(studio.lena.user.email))
        await studio.in_time(lambda: "· Active" in card.shown)
        studio.chatgpt.faults.switch_on("scim_sync_late")
        await studio.lena.press("Give back", in_=card)
        alert = await not_followed(studio)
        assert "A change in ChatGPT may not have gone through" in alert.shown
        assert "· Ended" not in card.shown
        assert studio.chatgpt.directory.entries == {}
        BY_DIRECTORY.mend(studio)
        await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(hours=4))
        await studio.in_time(lambda: not alert.buttons)


@pytest.mark.parametrize("accepted", [False, True])
async def test_with_a_key_beside_it_a_workspace_that_follows_late_is_no_incident(
    database_file: Path, accepted: bool
) -> None:
    """Half an hour is what OpenAI says it may take: nobody is woken, nothing is sent twice."""
    async with Studio.open(database_file, catalog=SCIM_SEEN) as studio:
        BY_DIRECTORY.mend(studio)
        studio.chatgpt.faults.switch_on("scim_sync_late")
        card = await studio.ask(studio.lena, "chatgpt 7d to test")
        await studio.approve(studio.maya, studio.lena)
        await studio.at_rest()
        studio.clock.skip(timedelta(minutes=30).total_seconds())
        await studio.at_rest()
        BY_DIRECTORY.mend(studio)
        await studio.in_time(lambda: "· Invited" in card.shown)
        if accepted:
            studio.chatgpt.accept(str(studio.lena.user.email))
            await studio.in_time(lambda: "· Active" in card.shown)
        await studio.lena.press("Give back", in_=card)
        await studio.in_time(lambda: "· Ended" in card.shown)
        assert studio.has(studio.lena) is None
        assert studio.alerts() == []
        posts = [call for call in studio.chatgpt.calls if call.method == "POST" and "/Users" in call.path]
        assert len(posts) == 1


@pytest.mark.parametrize("case", OF_THE_ADMIN_API, ids=str)
async def test_over_the_admin_api(database_file: Path, case: Case) -> None:
    """With an incident: its card says what it is, and Try again mends it once the cause is gone."""
    async with Studio.open(database_file, catalog=ADMIN_API) as studio:
        BY_KEY.mend(studio)
        await ends_well(studio, case, BY_KEY)


@pytest.mark.parametrize("case", OF_SCIM, ids=str)
async def test_over_scim(database_file: Path, case: Case) -> None:
    """Likewise; what the workspace makes of the directory nobody can see from here."""
    async with Studio.open(database_file, catalog=SCIM) as studio:
        BY_DIRECTORY.mend(studio)
        await ends_well(studio, case, BY_DIRECTORY)
