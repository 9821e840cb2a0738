"""The catalogue as it was written becomes the one that is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.catalog_file import Directory, Lines, check_names
from bot.access.operations.write_webhooks import write_webhooks
from bot.access.policy_rules import PolicyRules
from bot.access.user_groups import known_groups
from bot.access.webhook_entries import WebhookEntry, without_query
from bot.connectors.config import STORED
from storage.database import Transaction
from storage.tables import Application, Person, Policy, Webhook

Document = dict[str, Any]

_LOCK = 0x63617461  # "cata": two replicas that apply their file at the same start do it one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that an apply changed."""

    what: str  # application, policy, order, webhook
    key: str  # "" for the order
    how: str  # added, changed, retired, restored, removed
    before: Mapping[str, Any]  # only the keys that differ
    after: Mapping[str, Any]

    def __str__(self) -> str:
        head = f"{self.what} {self.key} {self.how}" if self.key else f"{self.what} of the applications {self.how}"
        if self.how != "changed":
            return head
        return "\n".join([head, *(f"  {line}" for key in self.keys for line in _changed(self.before, self.after, key))])

    @property
    def keys(self) -> list[str]:
        """The keys that differ, in the order in which they are written."""
        return list(dict.fromkeys([*self.before, *self.after]))


async def apply_catalog(
    tx: Transaction, *, catalog: Catalog, actor: str, lines: Lines | None = None
) -> list[Difference]:
    """Puts a catalogue in force. Applying the same again changes nothing and leaves no line in the ledger.

    An application that is gone is retired: it cannot be requested any more, and the grants that live on keep
    converging by what it last said. Requests keep the policy under which they were made.

    Args:
        actor: a Slack user id, or "shell:<user>".
        lines: where the parts of the catalogue stand in its file, for the problems.

    Raises:
        CatalogProblems: it names people who are unknown, have left, or are bots, or user groups that Slack does not
            have. Only what is new or changed is looked at: that somebody left does not make an old catalogue wrong.
    """
    await lock_catalog(tx)
    policies = {row.key: row for row in await tx.session.scalars(sa.select(Policy).order_by(Policy.key))}
    in_order = sa.select(Application).order_by(Application.position, Application.key)
    applications = {row.key: row for row in await tx.session.scalars(in_order)}
    webhooks = {row.key: row for row in await tx.session.scalars(sa.select(Webhook).order_by(Webhook.position))}
    differences = [
        *_policy_differences(policies, catalog),
        *_application_differences(applications, catalog),
        *_order_difference(applications, catalog),
        *_webhook_differences(webhooks, catalog),
    ]
    touched = {(difference.what, difference.key) for difference in differences}
    mentions = [mention for mention in catalog.mentions() if mention.within in touched]
    if mentions:
        check_names(mentions, lines or Lines.unknown(), await read_directory(tx.session))

    await _write(tx, policies, applications, catalog)
    await write_webhooks(tx, webhooks, catalog.webhooks)
    for difference in differences:
        tx.record(
            f"catalog.{difference.what}_{difference.how}",
            actor=actor,
            subject=f"{difference.what}:{difference.key}" if difference.key else "catalog",
            before=difference.before,
            after=difference.after,
        )
    return differences


async def lock_catalog(tx: Transaction) -> None:
    """Nobody else changes the catalogue until this transaction ends. Take it before you read what you will change."""
    await tx.take_turns(_LOCK)


# -- what differs (pure) -----------------------------------------------------------------------------------------------
def _document(value: BaseModel) -> Document:
    return value.model_dump(mode="json")


def _said_today(model: type[BaseModel], document: Document) -> Document:
    """What a stored document says in today's words: one that an earlier version stored lacks the keys that are new."""
    try:
        return _document(model.model_validate(document, context=STORED))
    except ValidationError:
        return document


def _policy_differences(stored: Mapping[str, Policy], catalog: Catalog) -> Iterator[Difference]:
    for key, rules in catalog.policies.items():
        before = _said_today(PolicyRules, stored[key].document) if key in stored else None
        after = _document(rules)
        if before != after:
            yield _difference("policy", key, "changed" if before else "added", before, after)
    for key, row in stored.items():
        if key not in catalog.policies:
            yield _difference("policy", key, "removed", row.document, None)


def _application_differences(stored: Mapping[str, Application], catalog: Catalog) -> Iterator[Difference]:
    for entry in catalog.applications:
        row, after = stored.get(entry.key), _document(entry)
        before = None if row is None else _said_today(ApplicationEntry, row.document)
        if row is None:
            yield _difference("application", entry.key, "added", None, after)
        elif row.retired_at is not None:
            yield _difference("application", entry.key, "restored", before, after)
        elif before != after:
            yield _difference("application", entry.key, "changed", before, after)
    offered = {entry.key for entry in catalog.applications}
    for key, row in stored.items():
        if key not in offered and row.retired_at is None:
            yield _difference("application", key, "retired", row.document, None)


def _order_difference(stored: Mapping[str, Application], catalog: Catalog) -> Iterator[Difference]:
    wanted = [entry.key for entry in catalog.applications]
    offered = [key for key, row in stored.items() if row.retired_at is None]
    before, after = [key for key in offered if key in wanted], [key for key in wanted if key in offered]
    if before != after:
        yield Difference(
            what="order", key="", how="changed", before={"applications": before}, after={"applications": after}
        )


def _webhook_differences(stored: Mapping[str, Webhook], catalog: Catalog) -> Iterator[Difference]:
    wanted = {entry.key: _document(entry) for entry in catalog.webhooks}
    for key, after in wanted.items():
        before = _said_today(WebhookEntry, stored[key].document) if key in stored else None
        if before != after:
            yield _without_query(_difference("webhook", key, "changed" if before else "added", before, after))
    for key, row in stored.items():
        if key not in wanted:
            yield _without_query(_difference("webhook", key, "removed", row.document, None))


def _without_query(difference: Difference) -> Difference:
    """As the ledger may keep it: the address of a webhook may have a credential in its query."""
    before, after = without_query(difference.before), without_query(difference.after)
    return replace(difference, before=before, after=after)


def _difference(what: str, key: str, how: str, before: Document | None, after: Document | None) -> Difference:
    """With the keys that differ, and no others."""
    old, new = before or {}, after or {}
    return Difference(
        what=what,
        key=key,
        how=how,
        before={name: value for name, value in old.items() if name not in new or new[name] != value},
        after={name: value for name, value in new.items() if name not in old or old[name] != value},
    )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> Iterator[str]:
    """`roles: member -> member, admin`; of a mapping, what differs in it: `connector.via: http -> browser`."""
    old, new = before.get(key), after.get(key)
    if isinstance(old, dict) and isinstance(new, dict):
        for inner in dict.fromkeys([*old, *new]):
            if old.get(inner) != new.get(inner):
                yield from (f"{key}.{line}" for line in _changed(old, new, inner))
    else:
        yield f"{key}: {_said(before, key)} -> {_said(after, key)}"


def _said(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or "nothing"
    return "nothing" if value in (None, "", [], {}) else str(value)


# -- reading and writing -----------------------------------------------------------------------------------------------
async def read_directory(session: AsyncSession) -> Directory:
    """Everybody, by e-mail address and by Slack user id, and every user group. An address can be used again by
    somebody who is active.
    """
    people = await session.execute(sa.select(Person.id, Person.email, Person.active, Person.is_bot))
    active, left, bots = set[str](), set[str](), set[str]()
    for id_, email, is_active, is_bot in people:
        names = bots if is_bot else active if is_active else left
        names |= {id_, email} if email else {id_}
    groups = {name.lower() for name in await known_groups(session)}
    return Directory(active=active, left=left, bots=bots, groups=groups)


async def _write(
    tx: Transaction, policies: Mapping[str, Policy], applications: Mapping[str, Application], catalog: Catalog
) -> None:
    # SQLAlchemy writes only what is not what it was, so all of it may be said again.
    for key, rules in catalog.policies.items():
        if key not in policies:
            tx.session.add(Policy(key=key, document=_document(rules)))
        else:
            policies[key].document = _document(rules)
    await tx.session.flush()  # before the applications that name them

    for position, entry in enumerate(catalog.applications):
        row = applications.get(entry.key)
        if row is None:
            row = Application(key=entry.key)
            tx.session.add(row)
        row.name, row.policy_key, row.document = entry.name, entry.policy, _document(entry)
        row.position, row.retired_at = position, None
    offered = {entry.key for entry in catalog.applications}
    for key, row in applications.items():
        if key not in offered:
            row.retired_at = row.retired_at or tx.now
            if row.policy_key not in catalog.policies:  # nobody can ask for it, so any policy does
                row.policy_key = "default"
    await tx.session.flush()

    for key, policy in policies.items():
        if key not in catalog.policies:
            await tx.session.delete(policy)
    await tx.session.flush()
