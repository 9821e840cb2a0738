"""Who is asked, and when that is enough: whatever a policy says, nobody decides for themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.policy import (
    ESCALATION,
    FALLBACK,
    OVERRIDE,
    Approver,
    Colleague,
    Facts,
    Vote,
    approvers,
    can_still_agree,
    escalation,
    outcome,
    who_decides,
)
from bot.access.policy_rules import PolicyRules, Stage
from storage.tables import Decision

PEOPLE = ("U0ANN0001", "U0BEN0001", "U0CAT0001", "U0DAN0001", "U0EVE0001")
APPROVED, DENIED = Decision.APPROVED, Decision.DENIED


def colleague(
    id_: str, *, manager: str | None = None, can_decide: bool = True, delegate: str | None = None
) -> Colleague:
    email = f"{id_[2:5].lower()}@example.com"
    return Colleague(id=id_, email=email, manager_id=manager, can_decide=can_decide, delegate_id=delegate)


def facts(
    *,
    requester: str = "U0ANN0001",
    beneficiary: str = "U0ANN0001",
    manager: str | None = "U0BEN0001",
    above: str | None = None,
    delegates: dict[str, str] | None = None,
    gone: Collection[str] = (),
    unreachable: Collection[str] = (),
) -> Facts:
    """Five people; `manager` manages the beneficiary, `above` manages that manager."""
    people = {
        id_: colleague(
            id_,
            manager=manager if id_ == beneficiary else above if id_ == manager else None,
            can_decide=id_ not in gone,
            delegate=(delegates or {}).get(id_),
        )
        for id_ in PEOPLE
    }
    return Facts(
        requester_id=requester,
        beneficiary_id=beneficiary,
        owner="cat@example.com",
        admins=("dan@example.com", "U0EVE0001"),
        colleagues=people,
        groups={"it": ("U0DAN0001", "U0ANN0001"), "empty": ()},
        unreachable=frozenset(unreachable),
    )


def rules(*approve: object, fallback: tuple[object, ...] = ()) -> PolicyRules:
    return PolicyRules.model_validate({"approve": list(approve), "fallback": list(fallback)})


def test_each_kind_of_approver_is_found() -> None:
    """By the directory, by e-mail address or by Slack user id, with the reason why they are asked."""
    found = {
        kind: [approver.id for approver in who_decides(rules(stage), 0, facts(above="U0EVE0001"))]
        for kind, stage in {
            "manager": {"manager": "any"},
            "owner": {"owner": "any"},
            "app_admins": {"app_admins": "all"},
            "users": {"users": ["ben@example.com", "U0CAT0001", "cat@example.com"]},
            "manager_of_manager": {"manager_of_manager": "any"},
            "usergroup": {"usergroup": "it"},
            "usergroup of nobody": {"usergroup": "empty"},
            "usergroup that is not there": {"usergroup": "gone"},
            "several": {"who": ["owner", "manager", {"users": ["cat@example.com"]}]},
        }.items()
    }
    assert found == {
        "manager": ["U0BEN0001"],
        "owner": ["U0CAT0001"],
        "app_admins": ["U0DAN0001", "U0EVE0001"],
        "users": ["U0BEN0001", "U0CAT0001"],
        "manager_of_manager": ["U0EVE0001"],
        "usergroup": ["U0DAN0001"],
        "usergroup of nobody": [],
        "usergroup that is not there": [],
        "several": ["U0CAT0001", "U0BEN0001"],
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


def test_fallbacks_fill_up_a_stage_that_wants_more() -> None:
    """Where a stage wants two and finds one, the fallbacks are asked in their order until there are enough."""
    wanted = rules({"app_admins": {"at_least": 2}}, fallback=("owner", "manager"))
    asked = who_decides(wanted, 0, facts(gone=["U0EVE0001"]))
    assert asked == (Approver(id="U0DAN0001", why="app_admins"), Approver(id="U0CAT0001", why=FALLBACK))


# -- delegates ---------------------------------------------------------------------------------------------------------
def test_a_delegate_is_asked_in_place_of_somebody_who_is_away() -> None:
    """And it is said for whom."""
    asked = who_decides(rules("manager"), 0, facts(delegates={"U0BEN0001": "U0CAT0001"}))
    assert asked == (Approver(id="U0CAT0001", why="manager", for_id="U0BEN0001"),)


def test_a_delegate_of_a_delegate_does_not_count() -> None:
    """Whoever was named decides, even while they are away themselves."""
    away = {"U0BEN0001": "U0CAT0001", "U0CAT0001": "U0DAN0001"}
    assert [each.id for each in who_decides(rules("manager"), 0, facts(delegates=away))] == ["U0CAT0001"]


@pytest.mark.parametrize(
    "unable",
    [
        {"delegates": {"U0BEN0001": "U0ANN0001"}},
        {"delegates": {"U0BEN0001": "U0CAT0001"}, "gone": ["U0CAT0001"]},
        {"delegates": {"U0BEN0001": "U0CAT0001"}, "unreachable": ["U0CAT0001"]},
        {"delegates": {"U0BEN0001": "U0NOBODY1"}},
    ],
    ids=["asks for themselves", "has left", "is out of reach", "is not known"],
)
def test_where_the_delegate_may_not_decide_whoever_is_away_is_asked(unable: dict[str, Any]) -> None:
    """A delegate is nobody's way to their own request, and an absence leaves nobody unasked."""
    assert who_decides(rules("manager"), 0, facts(**unable)) == (Approver(id="U0BEN0001", why="manager"),)


def test_a_stage_can_forbid_delegates() -> None:
    """Then whoever is away is asked themselves."""
    own = {"manager": "any", "delegates": False}
    asked = who_decides(rules(own), 0, facts(delegates={"U0BEN0001": "U0CAT0001"}))
    assert asked == (Approver(id="U0BEN0001", why="manager"),)


def test_somebody_who_is_asked_twice_over_speaks_for_themselves() -> None:
    """A delegate who is an approver too is asked once, and with their own word."""
    stage = Stage.model_validate({"who": ["manager", "owner"], "need": "all"})
    asked = approvers(stage, facts(delegates={"U0BEN0001": "U0CAT0001"}))
    assert asked == (Approver(id="U0CAT0001", why="owner"),)


@given(
    requester=st.sampled_from(PEOPLE),
    beneficiary=st.sampled_from(PEOPLE),
    manager=st.sampled_from([*PEOPLE, None, "U0NOBODY1"]),
    above=st.sampled_from([*PEOPLE, None]),
    stage=st.sampled_from(["manager", "manager_of_manager", "owner", "app_admins", {"usergroup": "it"}]),
    users=st.lists(st.sampled_from([*PEOPLE, "ann@example.com", "x@example.com"]), min_size=1, max_size=4),
    delegates=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    gone=st.sets(st.sampled_from(PEOPLE)),
    unreachable=st.sets(st.sampled_from(PEOPLE)),
)
def test_nobody_is_ever_asked_about_themselves(
    requester: str,
    beneficiary: str,
    manager: str | None,
    above: str | None,
    stage: object,
    users: list[str],
    delegates: dict[str, str],
    gone: set[str],
    unreachable: set[str],
) -> None:
    """Neither requester nor beneficiary, by no kind of approver, fallback, delegate or escalation; nor anybody who has
    left or is out of reach.
    """
    known = facts(
        requester=requester,
        beneficiary=beneficiary,
        manager=manager,
        above=above,
        delegates=delegates,
        gone=gone,
        unreachable=unreachable,
    )
    policy = rules(stage, fallback=({"users": users},))
    asked = who_decides(policy, 0, known)
    later = escalation(policy, known, already_asked={each.id for each in asked})
    ids = [each.id for each in (*asked, *later)]
    assert not set(ids) & {requester, beneficiary, *unreachable, *gone}
    assert len(ids) == len(set(ids)), "nobody is asked twice"
    for each in asked:
        assert each.for_id is None or delegates[each.for_id] == each.id


# -- when nobody answers -----------------------------------------------------------------------------------------------
def test_the_managers_manager_is_asked_too() -> None:
    """And where there is none, or they were asked already, the first fallback that has somebody new."""
    policy = rules("manager", fallback=("owner", "app_admins"))
    above = Approver(id="U0EVE0001", why=ESCALATION)
    owner = Approver(id="U0CAT0001", why=ESCALATION)
    known = facts(above="U0EVE0001")
    assert escalation(policy, known, already_asked={"U0BEN0001"}) == (above,)
    assert escalation(policy, known, already_asked={"U0BEN0001", "U0EVE0001"}) == (owner,)
    assert escalation(policy, facts(), already_asked={"U0BEN0001"}) == (owner,)
    assert escalation(policy, facts(), already_asked={"U0BEN0001", "U0CAT0001"}) == (
        Approver(id="U0DAN0001", why=ESCALATION),
        Approver(id="U0EVE0001", why=ESCALATION),
    )
    assert escalation(rules("manager"), facts(), already_asked={"U0BEN0001"}) == ()


# -- what they say -----------------------------------------------------------------------------------------------------
def vote(decision: Decision | None, *, reachable: bool = True, why: str = "") -> Vote:
    return Vote(approver_id="X", decision=decision, reachable=reachable, why=why)


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
        ({"at_least": 2}, [APPROVED, None, None], None),
        ({"at_least": 2}, [APPROVED, None, APPROVED], APPROVED),
        ({"at_least": 2}, [APPROVED, APPROVED, DENIED], DENIED),
        ({"at_least": 2}, [APPROVED], None),
    ],
)
def test_votes_add_up(need: object, votes: list[Decision | None], expected: Decision | None) -> None:
    """One denial ends it; any wants one approval, all wants everybody's; no votes decide nothing."""
    assert outcome(Stage.model_validate({"app_admins": need}), map(vote, votes)) is expected


def test_all_does_not_wait_for_whom_nobody_can_reach() -> None:
    """But it does not pass on absence alone."""
    everybody = Stage.model_validate({"app_admins": "all"})
    assert outcome(everybody, [vote(APPROVED), vote(None, reachable=False)]) is APPROVED
    assert outcome(everybody, [vote(None, reachable=False)]) is None


def test_an_override_stands_for_the_whole_stage() -> None:
    """An admin's word is enough, whatever the stage wants."""
    for need in ("all", {"at_least": 3}):
        stage = Stage.model_validate({"app_admins": need})
        assert outcome(stage, [vote(None), vote(None), vote(APPROVED, why=OVERRIDE)]) is APPROVED
        assert outcome(stage, [vote(APPROVED), vote(DENIED, why=OVERRIDE)]) is DENIED


def test_whoever_was_asked_because_nobody_answered_decides_for_those() -> None:
    """Where all have to agree; one who is asked in vain holds nobody up, and where two are wanted it takes two."""
    everybody = Stage.model_validate({"app_admins": "all"})
    assert outcome(everybody, [vote(None), vote(APPROVED, why=ESCALATION)]) is APPROVED
    assert outcome(everybody, [vote(APPROVED), vote(None, why=ESCALATION)]) is APPROVED
    two = Stage.model_validate({"app_admins": {"at_least": 2}})
    assert outcome(two, [vote(None), vote(APPROVED, why=ESCALATION)]) is None
    assert outcome(two, [vote(APPROVED), vote(APPROVED, why=ESCALATION)]) is APPROVED


@pytest.mark.parametrize(
    ("need", "votes", "can"),
    [
        ("any", [vote(None)], True),
        ("any", [], False),
        ("any", [vote(None, reachable=False)], False),
        ("all", [vote(None), vote(None, reachable=False)], True),
        ({"at_least": 2}, [vote(APPROVED), vote(None)], True),
        ({"at_least": 2}, [vote(APPROVED), vote(None, reachable=False)], False),
        ({"at_least": 2}, [vote(None)], False),
    ],
)
def test_whether_those_who_were_asked_can_still_agree(need: object, votes: list[Vote], can: bool) -> None:
    """If not, others have to be asked, or the admins told."""
    assert can_still_agree(Stage.model_validate({"app_admins": need}), votes) is can
