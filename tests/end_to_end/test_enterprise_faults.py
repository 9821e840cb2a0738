"""The same over the routes of Enterprise: the right account in the end, or an incident that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import company
from sandbox.chatgpt.faults_admin_api import ADMIN_API_FAULTS
from sandbox.chatgpt.faults_scim import SCIM_FAULTS
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
