"""Who may ask for what, and for whom. Pure."""

from __future__ import annotations

from bot.access.catalog import ApplicationEntry
from bot.access.policy import Facts
from bot.access.policy_rules import PolicyRules
from bot.access.refusals import Refusal, Refused


def demand_may_ask(facts: Facts, entry: ApplicationEntry, rules: PolicyRules) -> None:
    """Raises `Refused` where these two people may not ask for an application, or have it.

    Facts say who they are: nobody who is unknown, has left or is a bot, and guests only where the policy lets them.
    """
    for person_id in (facts.requester_id, facts.beneficiary_id):
        person = facts.colleagues.get(person_id)
        if person is None or not person.can_decide:
            raise Refused(Refusal.NOT_IN_DIRECTORY, who=person_id)
        if person.is_guest and not rules.guests:
            raise Refused(Refusal.GUEST, who=person_id)
    beneficiary = facts.colleagues[facts.beneficiary_id]
    if beneficiary.email is None:
        raise Refused(Refusal.NO_EMAIL, who=beneficiary.id)
    if not entry.takes_address(beneficiary.email):
        raise Refused(Refusal.EMAIL_DOMAIN, who=beneficiary.id, detail={"domains": entry.email_domains})
    if not may_ask_for_them(facts, rules):
        raise Refused(Refusal.NOT_ON_BEHALF, who=beneficiary.id)


def may_ask_for_them(facts: Facts, rules: PolicyRules) -> bool:
    """Does the policy let this requester ask for this beneficiary?"""
    if facts.requester_id == facts.beneficiary_id or rules.on_behalf == "everybody":
        return True
    if rules.on_behalf == "nobody":
        return False
    manager = facts.manager_of(facts.beneficiary_id)
    admins = (facts.find(name) for name in (*facts.admins, *([facts.owner] if facts.owner else [])))
    return facts.requester_id in {manager, facts.manager_of(manager), *(each.id for each in admins if each)}
