"""Who is asked, and when that is enough: whatever a policy says, nobody decides for themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.catalog import PolicyRules, Stage
from bot.access.policy import FALLBACK, Approver, Colleague, Facts, Vote, outcome, who_decides
from storage.tables import Decision

PEOPLE = ("U0ANN0001", "U0BEN0001", "U0CAT0001", "U0DAN0001", "U0EVE0001")
APPROVED, DENIED = Decision.APPROVED, Decision.DENIED


def colleague(id_: str, *, manager: str | None = None, can_decide: bool = True) -> Colleague:
    return Colleague(id=id_, email=f"{id_[2:5].lower()}@example.com", manager_id=manager, can_decide=can_decide)


def facts(
    *, requester: str = "U0ANN0001", beneficiary: str = "U0ANN0001", manager: str | None = "U0BEN0001", **more: object
) -> Facts:
    people = {id_: colleague(id_, manager=manager if id_ == beneficiary else None) for id_ in PEOPLE}
    return Facts(
        requester_id=requester,
        beneficiary_id=beneficiary,
        owner="cat@example.com",
        admins=("dan@example.com", "U0EVE0001"),
        colleagues=people,
        unreachable=frozenset(more.get("unreachable", ())),  # type: ignore[call-overload]
    )


def rules(*approve: object, fallback: tuple[object, ...] = ()) -> PolicyRules:
    return PolicyRules.model_validate({"approve": list(approve), "fallback": list(fallback)})


def test_each_kind_of_approver_is_found() -> None:
    """By the directory, by e-mail address or by Slack user id, with the reason why they are asked."""
    found = {
        kind: [approver.id for approver in who_decides(rules(stage), 0, facts())]
        for kind, stage in {
            "manager": {"manager": "any"},
            "owner": {"owner": "any"},
            "app_admins": {"app_admins": "all"},
            "users": {"users": ["ben@example.com", "U0CAT0001", "cat@example.com"]},
        }.items()
    }
    assert found == {
        "manager": ["U0BEN0001"],
        "owner": ["U0CAT0001"],
        "app_admins": ["U0DAN0001", "U0EVE0001"],
        "users": ["U0BEN0001", "U0CAT0001"],
    }


@pytest.mark.parametrize("missing", [{"manager": None}, {"manager": "U0ANN0001"}, {"unreachable": ["U0BEN0001"]}])
def test_without_a_manager_the_fallback_is_asked(missing: dict[str, object]) -> None:
    """No manager, a manager who asks for themselves, or one out of reach: missing data never approves."""
    asked = who_decides(rules({"manager": "any"}, fallback=("app_admins",)), 0, facts(**missing))  # type: ignore[arg-type]
    assert asked == (Approver(id="U0DAN0001", why=FALLBACK), Approver(id="U0EVE0001", why=FALLBACK))


def test_nobody_left_is_nobody() -> None:
    """A request whose every approver is the requester waits; it is not approved."""
    only_ann = {"users": ["ann@example.com"]}
    assert who_decides(rules(only_ann, fallback=(only_ann,)), 0, facts()) == ()


@given(
    requester=st.sampled_from(PEOPLE),
    beneficiary=st.sampled_from(PEOPLE),
    manager=st.sampled_from([*PEOPLE, None, "U0NOBODY1"]),
    stage=st.sampled_from(["manager", "owner", "app_admins"]),
    users=st.lists(st.sampled_from([*PEOPLE, "ann@example.com", "x@example.com"]), min_size=1, max_size=4),
    unreachable=st.sets(st.sampled_from(PEOPLE)),
)
def test_nobody_is_ever_asked_about_themselves(
    requester: str, beneficiary: str, manager: str | None, stage: str, users: list[str], unreachable: set[str]
) -> None:
    """Neither requester nor beneficiary, by no kind of approver and by no fallback; nor anybody out of reach."""
    known = facts(requester=requester, beneficiary=beneficiary, manager=manager, unreachable=unreachable)
    asked = who_decides(rules({stage: "any"}, fallback=({"users": users},)), 0, known)
    assert not {approver.id for approver in asked} & {requester, beneficiary, *unreachable}


def vote(decision: Decision | None, *, reachable: bool = True) -> Vote:
    return Vote(approver_id="X", decision=decision, reachable=reachable)


@pytest.mark.parametrize(
    ("need", "votes", "expected"),
    [
        ("any", [None, None], None),
        ("any", [APPROVED, None], APPROVED),
        ("any", [APPROVED, DENIED], DENIED),
        ("all", [APPROVED, None], None),
        ("all", [APPROVED, APPROVED], APPROVED),
        ("all", [None, DENIED], DENIED),
        ("all", [], None),
    ],
)
def test_votes_add_up(need: str, votes: list[Decision | None], expected: Decision | None) -> None:
    """One denial ends it; any wants one approval, all wants everybody's; no votes decide nothing."""
    assert outcome(Stage.model_validate({"app_admins": need}), map(vote, votes)) is expected


def test_all_does_not_wait_for_whom_nobody_can_reach() -> None:
    """But it does not pass on absence alone."""
    everybody = Stage.model_validate({"app_admins": "all"})
    assert outcome(everybody, [vote(APPROVED), vote(None, reachable=False)]) is APPROVED
    assert outcome(everybody, [vote(None, reachable=False)]) is None
