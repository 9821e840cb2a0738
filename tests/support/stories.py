"""Stories for the cards: one of every kind, and the means to change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from bot.access.desired import Entitlement, Terms
from bot.access.refusals import Refusal, Refused
from bot.access.story import (
    ApplicationStory,
    Asked,
    BatchStory,
    Choice,
    CommentStory,
    Ending,
    GrantStory,
    HomeStory,
    IncidentStory,
    Leeway,
    Link,
    SeatsLeft,
    SeatStory,
    StepStory,
    Story,
    Who,
)
from bot.connectors.config import ChatGPTWebAdmin, Manual, connector_config
from bot.connectors.contract import Condition
from storage.tables import (
    AccountStatus,
    Decision,
    EndReason,
    GrantState,
    IncidentState,
    RequestState,
    StepState,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)

LENA = Who(id="U0LENA0001", name="Lena Fischer")
TOM = Who(id="U0TOM00001", name="Tom Okafor")
MAYA = Who(id="U0MAYA0001", name="Maya Lindqvist")
NOOR = Who(id="U0NOOR0001", name="Noor Haddad")

#: what `stories` says is in the way while an outage lasts
OUTAGE = "Usher cannot change anything in ChatGPT right now."
REASON = "I would like to try the new agent on the onboarding screens,\nand compare it with what we do by hand."


def asked(who: Who = MAYA, **changes: Any) -> Asked:
    """Somebody who was asked as the manager and has not answered."""
    blank = Asked(
        who=who,
        stage=0,
        why="manager",
        asked_at=NOW,
        unreachable=False,
        decision=None,
        reason=None,
        decided_at=None,
    )
    return replace(blank, **changes)


def story(**changes: Any) -> Story:
    """Lena asks for ChatGPT for herself, for 30 days; Maya is asked."""
    pending = Story(
        id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0001",
        application="chatgpt",
        application_name="ChatGPT",
        by_hand=False,
        requester=LENA,
        beneficiary=LENA,
        beneficiary_email="lena@harbour.example",
        manager_id=MAYA.id,
        entitlement=Entitlement(role="member", seat_type="chatgpt"),
        duration_seconds=30 * 86_400,
        reason=REASON,
        state=RequestState.PENDING,
        stage=0,
        stages=1,
        created_at=NOW,
        expires_at=NOW + 3 * DAY,
        decided_at=None,
        decided_by=None,
        decision_reason=None,
        auto_approved=None,
        asked=(asked(),),
        grant=None,
        extends=None,
        extension=None,
        has_now=None,
        has_status=None,
        seats=None,
        problem=None,
        nobody_to_ask=False,
        permalink="https://harbour.slack.example/archives/D1/p1",
    )
    return replace(pending, **changes)


def approved(**changes: Any) -> Story:
    """The same after Maya pressed Approve."""
    at = NOW + timedelta(minutes=12)
    return story(
        **{
            "state": RequestState.APPROVED,
            "decided_at": at,
            "decided_by": MAYA,
            "asked": (asked(decision=Decision.APPROVED, decided_at=at),),
            **changes,
        }
    )


def ending(*, seen: bool = True, **changes: Any) -> Ending:
    """It began to end when its time was over; afterwards nothing was to be seen any more."""
    at = NOW + timedelta(minutes=12) + 30 * DAY
    over = Ending(
        since=at,
        by=None,
        seen=AccountStatus.ABSENT if seen else None,
        seen_at=at + timedelta(seconds=2) if seen else None,
        confirmed_by=None,
    )
    return replace(over, **changes)


def link(state: RequestState = RequestState.APPROVED, **changes: Any) -> Link:
    """The request before or after this one."""
    after = Link(
        request_id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0009",
        state=state,
        entitlement=Entitlement(role="member", seat_type="chatgpt"),
        grant_state=GrantState.SCHEDULED if state is RequestState.APPROVED else None,
        ends_at=NOW + timedelta(minutes=12) + 60 * DAY if state is RequestState.APPROVED else None,
        permalinks={LENA.id: "https://harbour.slack.example/archives/D1/p9"},
    )
    return replace(after, **changes)


def extended() -> dict[str, Story]:
    """Extensions, and what is extended, at every turn."""
    before = link(grant_state=GrantState.ACTIVE, ends_at=NOW + 2 * DAY)
    starts: dict[str, Any] = {"starts_at": NOW + 2 * DAY, "ends_at": NOW + 32 * DAY}
    return {
        "pending, extension": story(extends=before),
        "pending, extension, no end date": story(extends=before, duration_seconds=None),
        "extension, approved": granted(GrantState.SCHEDULED, grant=starts, extends=before),
        "extension, active": granted(GrantState.ACTIVE, grant=starts, extends=before),
        "active, extension pending": granted(GrantState.ACTIVE, extension=link(RequestState.PENDING)),
        "active, extended": granted(GrantState.ACTIVE, extension=link()),
        "active, extended without end": granted(GrantState.ACTIVE, extension=link(ends_at=None)),
        "ended, extended": granted(GrantState.ENDED, extension=link(grant_state=GrantState.ACTIVE)),
    }


def granted(state: GrantState = GrantState.ACTIVE, *, grant: dict[str, Any] | None = None, **changes: Any) -> Story:
    """The same with a grant in some state."""
    at = NOW + timedelta(minutes=12)
    was_invited = state not in (GrantState.SCHEDULED, GrantState.GRANTING, GrantState.WAITING)
    made = GrantStory(
        id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0002",
        state=state,
        end_reason=EndReason.EXPIRED if state in (GrantState.ENDING, GrantState.ENDED) else None,
        end_note=None,
        starts_at=at,
        ends_at=at + 30 * DAY,
        invited_at=at if was_invited else None,
        remind_at=at + DAY if was_invited else None,
        lapses_at=at + 14 * DAY if was_invited else None,
        active_at=at if state in (GrantState.ACTIVE, GrantState.ENDING, GrantState.ENDED) else None,
        ended_at=at + 30 * DAY if state is GrantState.ENDED else None,
        ending=ending(seen=state is GrantState.ENDED) if state in (GrantState.ENDING, GrantState.ENDED) else None,
    )
    return approved(grant=replace(made, **(grant or {})), **changes)


def stories() -> dict[str, Story]:
    """One request in every state, and the turns that a state can take."""
    for_tom = {"beneficiary": TOM, "beneficiary_email": "tom@harbour.example"}
    denied = {"decided_at": NOW, "decided_by": MAYA}
    both = (asked(), asked(NOOR, why="app_admins"))
    stage_two = (asked(decision=Decision.APPROVED, decided_at=NOW), asked(NOOR, why="owner", stage=1))
    return {
        "pending": story(),
        "pending, two approvers": story(asked=both),
        "pending, nobody to ask": story(asked=(), nobody_to_ask=True),
        "pending, approver out of reach": story(asked=(asked(unreachable=True),), nobody_to_ask=True),
        "pending, second stage": story(asked=stage_two, stage=1, stages=2),
        "pending, fallback": story(asked=(asked(NOOR, why="fallback"),)),
        "pending, for somebody else": story(**for_tom),
        "pending, has access already": story(
            entitlement=Entitlement(role="member", seat_type="codex"),
            has_now=Entitlement(role="member", seat_type="chatgpt"),
            has_status=AccountStatus.MEMBER,
        ),
        "denied": story(state=RequestState.DENIED, decision_reason="We have no budget until spring, sorry.", **denied),
        "denied without a reason": story(state=RequestState.DENIED, **denied),
        "cancelled": story(state=RequestState.CANCELLED, decided_at=NOW, decided_by=LENA),
        "expired": story(state=RequestState.EXPIRED, decided_at=NOW + 3 * DAY),
        "approved": approved(),
        "approved by the policy": approved(
            decided_by=None,
            asked=(),
            auto_approved="Everybody may have this",
            decision_reason="Everybody may have this",
        ),
        "scheduled": granted(GrantState.SCHEDULED, grant={"starts_at": NOW + 7 * DAY}),
        "granting": granted(GrantState.GRANTING, grant={"ends_at": None}),
        "granting by hand": granted(
            GrantState.GRANTING,
            by_hand=True,
            application_name="Figma",
            entitlement=Entitlement(role="", seat_type=""),
        ),
        "granting, problem": granted(GrantState.GRANTING, problem=OUTAGE),
        "waiting": granted(GrantState.WAITING, grant={"ends_at": None}),
        "invited": granted(GrantState.INVITED, grant={"ends_at": None}),
        "invited, for somebody else": granted(GrantState.INVITED, grant={"ends_at": None}, **for_tom),
        "active": granted(GrantState.ACTIVE),
        "active, no end": granted(GrantState.ACTIVE, grant={"ends_at": None}, duration_seconds=None),
        "active, for somebody else": granted(GrantState.ACTIVE, **for_tom),
        "active, in a directory": granted(GrantState.ACTIVE, by_directory=True),
        "active, locked out": granted(GrantState.ACTIVE, by_directory=True, locked_out=True),
        "ended in a directory": granted(GrantState.ENDED, by_directory=True),
        "failed": granted(GrantState.FAILED, problem="ChatGPT does not take addresses of this domain."),
        "ending": granted(GrantState.ENDING),
        "ending, problem": granted(GrantState.ENDING, problem=OUTAGE),
        "ended": granted(GrantState.ENDED),
        **{
            f"ended: {why}": granted(GrantState.ENDED, grant={"end_reason": why})
            for why in EndReason
            if why is not EndReason.EXPIRED
        },
        "ended with a note": granted(
            GrantState.ENDED, grant={"end_reason": EndReason.REVOKED, "end_note": "The pilot is over."}
        ),
        "ended by an admin": granted(
            GrantState.ENDED,
            grant={"end_reason": EndReason.REVOKED, "end_note": "The pilot is over.", "ending": ending(by=NOOR)},
        ),
        **extended(),
        **changed(),
        **talked_about(),
        **to_be_confirmed(),
        **later(),
        **replacing(),
        **emergencies(),
    }


def to_be_confirmed() -> dict[str, Story]:
    """Somebody else asks, and whoever would get it is asked first."""
    for_tom = {"beneficiary": TOM, "beneficiary_email": "tom@harbour.example"}
    no = {"state": RequestState.CANCELLED, "decided_at": NOW, "decided_by": TOM}
    return {
        "pending, to be confirmed": story(unconfirmed=True, asked=(), **for_tom),
        "cancelled, not wanted": story(asked=(), decision_reason="They said “No, thanks”.", **no, **for_tom),
    }


def later() -> dict[str, Story]:
    """Wanted from a later day on."""
    day = NOW + 10 * DAY
    return {
        "pending, from a later day": story(starts_at=day),
        "scheduled for that day": granted(
            GrantState.SCHEDULED, grant={"starts_at": day, "ends_at": None}, starts_at=day
        ),
    }


def replacing() -> dict[str, Story]:
    """Changes, and what is changed, at every turn."""
    codex = Entitlement(role="admin", seat_type="codex")
    before = link(grant_state=GrantState.ACTIVE, entitlement=codex, ends_at=NOW + 9 * DAY)
    has = {"has_now": codex, "has_status": AccountStatus.MEMBER, "offers_others": True}
    return {
        "pending, change": story(replaces=before, **has),
        "granting, change": granted(GrantState.GRANTING, replaces=before, grant={"ends_at": None}, **has),
        "active, change": granted(GrantState.ACTIVE, replaces=before, **has),
        "active, can be replaced": granted(GrantState.ACTIVE, **has),
        "active, change pending": granted(
            GrantState.ACTIVE, replacement=link(RequestState.PENDING, entitlement=codex), **has
        ),
        "active, change approved": granted(GrantState.ACTIVE, replacement=link(entitlement=codex), **has),
        "ended, replaced": granted(
            GrantState.ENDED, replacement=link(entitlement=codex), grant={"end_reason": EndReason.REPLACED}, **has
        ),
    }


def emergencies() -> dict[str, Story]:
    """Given first, decided afterwards."""
    waits: dict[str, Any] = {
        "emergency": True, "state": RequestState.PENDING, "decided_at": None, "decided_by": None, "asked": (asked(),),
        "duration_seconds": 4 * 3600,
    }  # fmt: skip
    until = NOW + timedelta(hours=4)
    over = {"ends_at": until, "ended_at": until, "end_reason": EndReason.EXPIRED}
    back = {"end_reason": EndReason.REVOKED, "end_note": "That was none.", "ending": ending(by=MAYA)}
    denied = waits | {"state": RequestState.DENIED, "decided_at": NOW, "decided_by": MAYA}
    expired = waits | {"state": RequestState.EXPIRED, "decided_at": NOW + 3 * DAY}
    return {
        "pending, emergency, invited": replace(granted(GrantState.INVITED, grant={"ends_at": None}), **waits),
        "pending, emergency, active": replace(granted(grant={"ends_at": until}), **waits),
        "pending, emergency, over before it was decided": replace(granted(GrantState.ENDED, grant=over), **waits),
        "emergency, approved": granted(GrantState.ACTIVE, emergency=True, grant={"ends_at": until}),
        "emergency, denied": replace(granted(GrantState.ENDED, grant=back), decision_reason="That was none.", **denied),
        "emergency, not approved in time": replace(
            granted(GrantState.ENDED, grant={"end_reason": EndReason.NOT_CONFIRMED}), **expired
        ),
    }


def batches() -> dict[str, BatchStory]:
    """Several people in one form."""
    for_tom = {"beneficiary": TOM, "beneficiary_email": "tom@harbour.example", "batch_id": "B1"}
    mine = {"requester": MAYA, "batch_id": "B1"}
    refused = (
        (NOOR, Refused(Refusal.ALREADY_HAVE, who=NOOR.id, detail={"until": NOW + 9 * DAY})),
        (Who(id="U0GUEST001", name="Gus Guest"), Refused(Refusal.GUEST, who="U0GUEST001")),
    )
    asked_for = BatchStory(
        id="B1",
        application_name="ChatGPT",
        requester=MAYA,
        created_at=NOW,
        requests=(story(**mine), story(**(mine | for_tom))),
        refused=(),
    )
    moved = (
        granted(GrantState.ACTIVE, **mine),
        story(**(mine | for_tom), state=RequestState.DENIED, decision_reason="No budget", decided_by=NOOR),
    )
    return {
        "asked for": asked_for,
        "partly": replace(asked_for, refused=refused),
        "moved on": replace(asked_for, requests=moved, refused=refused),
        "25 people": replace(asked_for, requests=tuple(story(**mine) for _ in range(13)), refused=refused[:1] * 12),
    }


def terms(*, days: int | None = 30, role: str = "member", seat_type: str = "chatgpt") -> Terms:
    """What Lena asks for, or what an approver made of it."""
    seconds = None if days is None else days * 86_400
    return Terms(entitlement=Entitlement(role=role, seat_type=seat_type), duration_seconds=seconds)


#: what an approver may make of what Lena asks for
LEEWAY = Leeway(roles=("member",), seat_types=("chatgpt", "codex"), durations=(30 * 86_400, 7 * 86_400))


def changed() -> dict[str, Story]:
    """Requests of which an approver may make less, or did."""
    week = terms(days=7)
    first = asked(decision=Decision.APPROVED, decided_at=NOW, changes=week, reason="A week is enough to try it.")
    alone = asked(decision=Decision.APPROVED, decided_at=NOW + timedelta(minutes=12), changes=terms(days=7))
    return {
        "pending, can be changed": story(leeway=LEEWAY),
        "pending, changed at the first stage": story(
            asked=(first, asked(NOOR, why="owner", stage=1)), stage=1, stages=2, granted=week, leeway=LEEWAY
        ),
        "approved with changes": approved(asked=(alone,), granted=week, by_hand=True, application_name="Figma"),
        "active, changed": granted(
            GrantState.ACTIVE,
            entitlement=Entitlement(role="admin", seat_type="chatgpt"),
            granted=terms(days=7, seat_type="codex"),
            asked=(asked(decision=Decision.APPROVED, decided_at=NOW, changes=terms(days=7, seat_type="codex")),),
            grant={"ends_at": NOW + 7 * DAY},
        ),
        "invited, changed": granted(GrantState.INVITED, granted=week, asked=(alone,), grant={"ends_at": None}),
    }


def comment(who: Who = MAYA, text: str = "How many screens are that?", *, minutes: int = 3) -> CommentStory:
    """Somebody says something about a request."""
    return CommentStory(
        id=f"0199a0c4-7e52-7d7c-9c54-{minutes:012}", author=who, text=text, at=NOW + timedelta(minutes=minutes)
    )


def talked_about() -> dict[str, Story]:
    """Requests about which something was said."""
    question, answer = comment(), comment(LENA, "Six, until Friday.\nTwo of them are hard.", minutes=9)
    long = comment(NOOR, "And one more thing about the seats, please. " * 30, minutes=14)
    return {
        "pending, asked back": story(comments=(question,)),
        "pending, answered": story(comments=(question, answer)),
        "pending, much talked about": story(
            asked=(asked(), asked(NOOR, why="app_admins")), comments=(question, answer, comment(minutes=11), long)
        ),
        "active, talked about": granted(GrantState.ACTIVE, comments=(question, answer)),
    }


def lost(state: GrantState = GrantState.ENDED, *, why: EndReason = EndReason.LEFT, **changes: Any) -> Story:
    """Lena's access, as it went when she left; `ending` changes what is known about that."""
    how = replace(ending(seen=state is GrantState.ENDED), **changes.pop("ending", {}))
    return granted(state, grant={"end_reason": why, "ending": how}, **changes)


def removed() -> dict[str, Story]:
    """What admins are told of, at every turn."""
    note = {"end_reason": EndReason.REVOKED, "end_note": "The pilot is over.", "ending": ending(by=NOOR)}
    return {
        "being removed": lost(GrantState.ENDING),
        "being removed by hand": lost(GrantState.ENDING, by_hand=True),
        "in the way": lost(GrantState.ENDING, problem=OUTAGE),
        "removed": lost(),
        "removed, from before Usher": lost(ending={"seen": AccountStatus.MEMBER}),
        "removed by hand": lost(by_hand=True, ending={"confirmed_by": NOOR}),
        "nothing was there": lost(by_hand=True),
        "revoked": granted(GrantState.ENDED, grant=note),
        "revoked, other access": lost(why=EndReason.REVOKED, ending={"seen": AccountStatus.MEMBER}),
    }


def seat(**changes: Any) -> SeatStory:
    """Lena waits for a standard seat, and nobody waits longer."""
    waiting = SeatStory(
        grant_id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0009",
        state=GrantState.WAITING,
        application_name="ChatGPT",
        beneficiary=LENA,
        entitlement=Entitlement(role="member", seat_type="chatgpt"),
        duration_seconds=30 * 86_400,
        reason=REASON,
        left=SeatsLeft(paid=20, used=18, invited=2, renews_on=date(2026, 12, 8)),
        waiting_since=NOW,
        before=0,
        billed_by=None,
        end_reason=None,
    )
    return replace(waiting, **changes)


def seats() -> dict[str, SeatStory]:
    """Somebody in line, at every turn."""
    return {
        "first in line": seat(),
        "in line": seat(before=2),
        "one is free": seat(left=SeatsLeft(paid=20, used=18, invited=1, renews_on=date(2026, 12, 8))),
        "not counted": seat(left=None),
        "added": seat(state=GrantState.INVITED, billed_by=NOOR),
        "found": seat(state=GrantState.INVITED),
        "declined": seat(state=GrantState.ENDED, end_reason=EndReason.NO_SEAT),
        "given back": seat(state=GrantState.ENDED, end_reason=EndReason.RELEASED),
    }


def incident(**changes: Any) -> IncidentStory:
    """Usher is signed out of ChatGPT, and two people wait."""
    is_open = IncidentStory(
        id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0003",
        state=IncidentState.OPEN,
        cause="SignInAgain",
        application_name="ChatGPT",
        explanation="ChatGPT does not know the session of it-chatgpt@harbour.example any more.",
        remedy="Sign in again as the integration account and hand the new credential over with "
        "`usher secret set chatgpt-session`.",
        count=3,
        opened_at=NOW,
        seen_at=NOW + timedelta(minutes=4),
        note=None,
        resolved_at=None,
        resolved_by=None,
        waiting=(LENA, TOM),
        waiting_total=2,
        can_give_up=True,
        can_do_by_hand=True,
    )
    return replace(is_open, **changes)


def incidents() -> dict[str, IncidentStory]:
    """Incidents of every kind."""
    solved = {"state": IncidentState.RESOLVED, "resolved_at": NOW + timedelta(minutes=9)}
    return {
        "open": incident(),
        "answered": incident(note="Trying again…"),
        "many wait": incident(waiting=(LENA, TOM, MAYA, NOOR) * 2, waiting_total=40),
        "removal": incident(
            cause="CouldNotRemove",
            explanation="The access could not be taken away by hand: the page is down",
            remedy="Take the access away, then press I did it by hand. Usher does not give up on a removal.",
            can_give_up=False,
            count=1,
            waiting=(TOM,),
            waiting_total=1,
        ),
        "cannot get in": incident(
            cause="CannotGetIn",
            explanation="Lena Fischer cannot get in.",
            remedy="Look whether lena@harbour.example is a member.",
            can_give_up=False,
            count=1,
            waiting=(LENA,),
            waiting_total=1,
        ),
        "nobody to ask": incident(
            cause="NobodyToAsk",
            explanation="Lena Fischer has no manager in the directory, and there is no fallback.",
            remedy="Name a manager with `usher people import`, then press Try again.",
            can_give_up=False,
            can_do_by_hand=False,
            count=1,
            waiting=(),
            waiting_total=0,
        ),
        "solved by somebody": incident(resolved_by=NOOR, note="Signed in again.", **solved),
        "went away": incident(**solved),
    }


def step(**changes: Any) -> StepStory:
    """Noor is to give Lena access to Figma."""
    is_open = StepStory(
        id="0199a0c4-7e52-7d7c-9c54-3c6d2a5f0004",
        state=StepState.OPEN,
        application_name="Figma",
        beneficiary=LENA,
        beneficiary_email="lena@harbour.example",
        wanted=Entitlement(role="", seat_type=""),
        until=NOW + 30 * DAY,
        request_reason=REASON,
        instructions="Give lena@harbour.example access.\nUse the group Design.\nhttps://figma.example/admin/members",
        created_at=NOW,
        answered_at=None,
        answered_by=None,
        reason=None,
    )
    return replace(is_open, **changes)


def steps() -> dict[str, StepStory]:
    """Steps in every state."""
    answered = {"answered_at": NOW + timedelta(minutes=5), "answered_by": NOOR}
    return {
        "open": step(),
        "open, take away": step(wanted=None, instructions="Take the access of lena@harbour.example away."),
        "done": step(state=StepState.DONE, **answered),
        "could not": step(state=StepState.REFUSED, reason="All our Figma seats are taken.", **answered),
        "obsolete": step(state=StepState.OBSOLETE),
    }


def choices() -> tuple[Choice, ...]:
    """What can be asked for: an application with everything, one with nothing to choose, one in between."""
    month = 30 * 86_400
    return (
        Choice(
            key="chatgpt",
            name="ChatGPT",
            description="Chat, data analysis and image generation",
            roles=("member", "admin"),
            seat_types=("chatgpt", "codex"),
            durations=(7 * 86_400, month, None),
        ),
        Choice(
            key="figma",
            name="Figma",
            description="Interface design and prototyping",
            roles=(),
            seat_types=(),
            durations=(month,),
        ),
        Choice(
            key="codex",
            name="Codex only",
            description="",
            roles=("member",),
            seat_types=("codex",),
            durations=(month, None),
        ),
    )


def application(**changes: Any) -> ApplicationStory:
    """ChatGPT through an integration account, and it works."""
    works = ApplicationStory(
        key="chatgpt",
        name="ChatGPT",
        retired=False,
        connector=ChatGPTWebAdmin(
            type="chatgpt",
            transport="web_admin",
            workspace_id=UUID("2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"),
            integration_email="it-chatgpt@harbour.example",
            secret="chatgpt-session",
        ),
        findings=(
            Condition(name="Reachable", ok=True, detail="https://chatgpt.com answers."),
            Condition(name="Signed in", ok=True, detail="As it-chatgpt@harbour.example."),
            Condition(name="Role", ok=True, detail="The integration account is owner."),
            Condition(name="Plan", ok=True, detail="team."),
            Condition(name="Seats", ok=True, detail="chatgpt: 3 of 10 paid; codex: 0."),
        ),
        checked_at=NOW,
        outage=None,
    )
    return replace(works, **changes)


def applications() -> dict[str, ApplicationStory]:
    """Applications of every kind, in every state of health."""
    connector = application().connector
    workspace = {"type": "chatgpt", "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"}
    missing = Condition(
        name="Role",
        ok=False,
        detail="The integration account is member.",
        remedy="Let an owner of the workspace give the integration account the role Owner.",
    )
    return {
        "works": application(),
        "not checked yet": application(findings=(), checked_at=None),
        "something is missing": application(findings=(*application().findings[:2], missing)),
        "outage": application(outage="ChatGPT no longer accepts the stored session (HTTP 401)."),
        "browser": application(
            connector=connector.model_copy(update={"via": "browser", "secret": None}), findings=(), checked_at=None
        ),
        "admin key": application(
            connector=connector_config.validate_python(
                {**workspace, "transport": "admin_api", "secret": "chatgpt-admin-key"}
            ),
            findings=(),
            checked_at=None,
        ),
        "scim": application(
            connector=connector_config.validate_python(
                {
                    **workspace,
                    "transport": "scim",
                    "base_url": "https://directory.example/scim/v2",
                    "secret": "chatgpt-scim-token",
                }
            ),
            findings=(),
            checked_at=None,
        ),
        "by hand": application(
            key="figma",
            name="Figma",
            connector=Manual(type="manual", instructions="Use the group Design.", link="https://figma.example/admin"),
            findings=(Condition(name="By hand", ok=True, detail="A human makes every change."),),
        ),
        "retired": application(retired=True),
    }


def home(**changes: Any) -> HomeStory:
    """Lena's Home tab on a normal day."""
    normal = HomeStory(
        who=LENA,
        access=(granted(GrantState.ACTIVE), granted(GrantState.INVITED, grant={"ends_at": None})),
        requests=(story(), stories()["denied"], stories()["ended"]),
        to_decide=(),
        manages=False,
        team=(),
        looks_after=False,
        seats=(),
        incidents=(),
        applications=(),
        is_admin=False,
        now=NOW + 2 * DAY,
    )
    return replace(normal, **changes)


def homes() -> dict[str, HomeStory]:
    """Home tabs of different people."""
    nothing: dict[str, Any] = {"access": (), "requests": (), "to_decide": (), "incidents": ()}
    return {
        "normal": home(),
        "newcomer": home(**nothing),
        "manager": home(
            who=MAYA,
            manages=True,
            team=(granted(GrantState.ACTIVE), granted(GrantState.INVITED, grant={"ends_at": None})),
            **{**nothing, "to_decide": (story(), stories()["pending, for somebody else"])},
        ),
        "admin": home(
            who=NOOR, is_admin=True, looks_after=True, seats=(seat(),), **{**nothing, "incidents": (incident(),)}
        ),
        "admin, all is well": home(who=NOOR, is_admin=True, **nothing),
        "everything at once": home(
            who=MAYA,
            is_admin=True,
            looks_after=True,
            manages=True,
            team=tuple(granted(GrantState.ACTIVE) for _ in range(30)),
            seats=tuple(seat() for _ in range(30)),
            access=tuple(granted(GrantState.ACTIVE) for _ in range(30)),
            requests=tuple(story(requester=MAYA) for _ in range(30)),
            to_decide=tuple(story() for _ in range(30)),
            incidents=tuple(incident() for _ in range(30)),
            applications=tuple(application(key=f"chatgpt-{number}") for number in range(30)),
        ),
    }
