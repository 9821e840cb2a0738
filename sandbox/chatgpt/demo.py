"""Harbour Studio's ChatGPT workspace as it is on the first day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from sandbox import company
from sandbox.chatgpt.admin_keys import AdminKey
from sandbox.chatgpt.directory import Directory
from sandbox.chatgpt.faults_admin_api import ADMIN_API_FAULTS
from sandbox.chatgpt.faults_common import COMMON_FAULTS
from sandbox.chatgpt.faults_lists import LIST_FAULTS
from sandbox.chatgpt.faults_scim import SCIM_FAULTS
from sandbox.chatgpt.faults_web_admin import WEB_ADMIN_FAULTS
from sandbox.chatgpt.profile import Profile
from sandbox.chatgpt.roster import PREMIUM_SEAT, STANDARD_SEAT, Member
from sandbox.chatgpt.workspace import BILLING_PERIOD, Clock, Workspace, user_id

FAULTS: Final = (*WEB_ADMIN_FAULTS, *ADMIN_API_FAULTS, *SCIM_FAULTS, *LIST_FAULTS, *COMMON_FAULTS)
_STANDARD_SEATS: Final = {STANDARD_SEAT: company.CHATGPT_PAID_SEATS, PREMIUM_SEAT: 0}


def harbour_studio(
    clock: Clock,
    *,
    members: Iterable[company.ChatGPTMember] = company.CHATGPT_MEMBERS,
    paid: Mapping[str, int] = _STANDARD_SEATS,
    plan_type: str = company.CHATGPT_PLAN,
) -> Workspace:
    """The company's workspace, with its integration account signed in (`company.CHATGPT_SESSION`), an Admin key that
    this account made (`company.CHATGPT_ADMIN_KEY`) and an empty SCIM directory (`company.CHATGPT_SCIM_TOKEN`).

    `members` are there from the beginning, in this order; `paid` is the number of seats bought per seat type.
    """
    now = clock.now()
    workspace = Workspace(
        clock=clock,
        profile=Profile(
            id=company.CHATGPT_WORKSPACE_ID,
            name=company.COMPANY_NAME,
            plan_type=plan_type,
            created_time=now - timedelta(days=400),
            renews_at=now + BILLING_PERIOD / 2,
            integration_email=company.CHATGPT_INTEGRATION_EMAIL,
            paid=paid,
        ),
        members=[
            Member(
                user_id=user_id(member.email),
                email=member.email,
                name=member.name,
                role=member.role,
                seat_type=member.seat_type,
                created_time=now - timedelta(days=300),
            )
            for member in members
        ],
        names={person.email: person.name for person in company.PEOPLE},
        faults=FAULTS,
        directory=Directory(key=company.CHATGPT_DIRECTORY_KEY, token=company.CHATGPT_SCIM_TOKEN),
    )
    sign_in(workspace, company.CHATGPT_INTEGRATION_EMAIL, cookie=company.CHATGPT_SESSION)
    workspace.admin_keys.put(
        AdminKey(
            secret=company.CHATGPT_ADMIN_KEY,
            made_by=user_id(company.CHATGPT_INTEGRATION_EMAIL),
            workspace_id=company.CHATGPT_WORKSPACE_ID,
        )
    )
    return workspace


def sign_in(workspace: Workspace, email: str, *, cookie: str | None = None) -> str:
    """Sign a member in on a browser and return the value of the session cookie. Raises KeyError for a stranger."""
    member = workspace.roster.member_by_email(email)
    if member is None:
        raise KeyError(email)
    return workspace.sessions.sign_in(user_id=member.user_id, email=member.email, name=member.name, cookie=cookie)
