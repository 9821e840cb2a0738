"""A catalogue is put in force, and read back, on both databases."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access.catalog_file import CatalogProblems, read, read_with_lines, write
from bot.access.catalog_store import (
    list_choices,
    load_application,
    load_catalog,
    load_offered,
    load_policy,
)
from bot.access.operations.apply_catalog import Difference, apply_catalog
from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.operations.user_groups import SlackGroup, upsert_groups
from storage.database import Database, Transaction
from storage.tables import Application, LedgerLine, Policy, Task, Webhook

FULL = """\
policies:
  strict:
    approve: [{manager: any}, {app_admins: all}]
    decide_within: 1d
applications:
  - key: chatgpt
    name: ChatGPT
    owner: ada@example.com
    admins: [grace@example.com]
    policy: strict
    durations: [7d, unlimited]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      integration_email: it@example.com
      secret: chatgpt-session
  - key: figma
    name: Figma
    connector: {type: manual}
  - key: miro
    name: Miro
    connector: {type: manual}
"""
FIGMA_ALONE = "applications:\n  - {key: figma, name: Figma, connector: {type: manual}}\n"


@pytest.fixture
async def company(database: Database) -> Database:
    """A database that knows Ada and Grace."""
    people = [
        SlackPerson(id="U0ADA000", email="ada@example.com", name="Ada"),
        SlackPerson(id="U0GRACE0", email="grace@example.com", name="Grace"),
    ]
    await database.write(upsert_people, people, complete=True)
    return database


async def apply(database: Database, text: str) -> list[Difference]:
    """As `usher catalog apply` does."""
    catalog, lines = read_with_lines(text, "c.yml")
    return await database.write(apply_catalog, catalog=catalog, actor="shell:ada", lines=lines)


async def ledger(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    async with database.read() as session:
        lines = await session.scalars(sa.select(LedgerLine).order_by(LedgerLine.seq))
        return [(line.event, line.subject, json.loads(line.data)) for line in lines]


async def test_what_is_applied_reads_back_equal(company: Database) -> None:
    """The catalogue in force is the one that was applied, in its order."""
    await apply(company, FULL)
    async with company.read() as session:
        catalog = await load_catalog(session)
        assert catalog == read(FULL, "c.yml")
        assert read(write(catalog), "export.yml") == catalog
        assert await load_application(session, "chatgpt") == catalog.applications[0]
        assert await load_policy(session, "strict") == catalog.policies["strict"]
        [chatgpt, *_] = await list_choices(session)
    assert (chatgpt.key, chatgpt.roles, chatgpt.durations) == ("chatgpt", ("member",), (7 * 86_400, None))


async def test_the_first_apply_says_what_came(company: Database) -> None:
    """Each policy and application is a difference and a line in the ledger, with what it says."""
    differences = await apply(company, FULL)
    assert [str(difference) for difference in differences] == [
        "policy default added",
        "policy strict added",
        "application chatgpt added",
        "application figma added",
        "application miro added",
    ]
    lines = await ledger(company)
    assert [(event, subject) for event, subject, _ in lines] == [
        ("catalog.policy_added", "policy:default"),
        ("catalog.policy_added", "policy:strict"),
        ("catalog.application_added", "application:chatgpt"),
        ("catalog.application_added", "application:figma"),
        ("catalog.application_added", "application:miro"),
    ]
    assert lines[1][2]["after"]["decide_within"] == "1d"


async def test_applying_the_same_again_changes_nothing(company: Database) -> None:
    """Idempotent: no difference, and no line in the ledger."""
    await apply(company, FULL)
    before = await ledger(company)
    assert await apply(company, FULL) == []
    assert await ledger(company) == before


async def test_a_policy_of_an_earlier_version_is_no_change(company: Database) -> None:
    """What an earlier Usher stored lacks the keys that are new; the same file still changes nothing, and a change
    shows what changed and nothing else.
    """
    await apply(company, FULL)
    before = await ledger(company)

    async def store_as_before(tx: Transaction) -> None:
        policies = {row.key: row for row in await tx.session.scalars(sa.select(Policy))}
        stages = {"default": [{"manager": "any"}], "strict": [{"manager": "any"}, {"app_admins": "all"}]}
        for key, approve in stages.items():
            policies[key].document = {
                "approve": approve,
                "fallback": [{"app_admins": "any"}] if key == "default" else [],
                "decide_within": "3d" if key == "default" else "1d",
                "auto_approve": None,
            }

    await company.write(store_as_before)
    assert await apply(company, FULL) == []
    assert await ledger(company) == before
    await company.write(store_as_before)
    changed = FULL.replace("decide_within: 1d", "decide_within: 2d")
    assert [str(difference) for difference in await apply(company, changed)] == [
        "policy strict changed\n  decide_within: 1d -> 2d"
    ]


async def test_a_secret_that_was_named_by_an_older_rule_stays_in_use(company: Database) -> None:
    """Capitals were allowed once: what is stored with them goes on, and only a file has to have another name."""
    hook = "webhooks:\n  - {key: erp, url: https://erp.example.com/in, secret: erp-secret}\n"
    await apply(company, FULL + hook)

    async def as_it_was(tx: Transaction) -> None:
        [chatgpt] = await tx.session.scalars(sa.select(Application).where(Application.key == "chatgpt"))
        connector = {**chatgpt.document["connector"], "secret": "ChatGPT_Session"}
        chatgpt.document = {**chatgpt.document, "connector": connector}
        [erp] = await tx.session.scalars(sa.select(Webhook))
        erp.document = {**erp.document, "secret": "ERP"}

    await company.write(as_it_was)
    async with company.read() as session:
        assert [choice.key for choice in await list_choices(session)] == ["chatgpt", "figma", "miro"]
        catalog = await load_catalog(session)
    assert getattr(catalog.applications[0].connector, "secret", None) == "ChatGPT_Session"
    assert [webhook.secret for webhook in catalog.webhooks] == ["ERP"]
    with pytest.raises(CatalogProblems, match="not the name of a secret"):
        await apply(company, write(catalog))
    renamed = await apply(company, FULL + hook)
    assert [(each.what, each.key, each.how) for each in renamed] == [
        ("application", "chatgpt", "changed"),
        ("webhook", "erp", "changed"),
    ]


async def test_user_groups_must_be_known(company: Database) -> None:
    """By handle or id, whatever its capitals, as long as Slack has it; the line that names another one is said."""
    text = "policies:\n  default:\n    approve: [{usergroup: '@It-Admins'}, {usergroup: S012ABCDEF}]\n"
    with pytest.raises(CatalogProblems, match=r"^c\.yml:3: .*scope usergroups:read"):
        await apply(company, text)
    group = SlackGroup(id="S012ABCDEF", handle="it-admins", name="IT", members=frozenset())
    await company.write(upsert_groups, [group], as_of=company.clock.now())
    with pytest.raises(CatalogProblems, match=r"^c\.yml:3: .*no user group @it-admin: did you mean @it-admins\?$"):
        await apply(company, text.replace("S012ABCDEF", "it-admin"))
    assert [str(difference) for difference in await apply(company, text)] == ["policy default added"]


async def test_a_change_says_from_what_to_what(company: Database) -> None:
    """Only what differs is printed and recorded."""
    await apply(company, FULL)
    changed = FULL.replace("[7d, unlimited]", "[7d, 30d]").replace("decide_within: 1d", "decide_within: 2d")
    differences = await apply(company, changed)
    assert [str(difference) for difference in differences] == [
        "policy strict changed\n  decide_within: 1d -> 2d",
        "application chatgpt changed\n  durations: 7d, unlimited -> 7d, 30d",
    ]
    event, subject, data = (await ledger(company))[-1]
    assert (event, subject) == ("catalog.application_changed", "application:chatgpt")
    assert data.items() >= {"before": {"durations": ["7d", "unlimited"]}, "after": {"durations": ["7d", "30d"]}}.items()


async def test_what_is_gone_is_retired_and_can_come_back(company: Database) -> None:
    """A retired application is offered to nobody, its grants still converge by it, and it can be offered again."""
    await apply(company, FULL)
    assert [str(difference) for difference in await apply(company, FIGMA_ALONE)] == [
        "policy strict removed",
        "application chatgpt retired",
        "application miro retired",
    ]
    async with company.read() as session:
        assert [choice.key for choice in await list_choices(session)] == ["figma"]
        assert await load_offered(session, "chatgpt") is None
        assert await load_application(session, "chatgpt") == read(FULL, "c.yml").applications[0]
        assert await load_catalog(session) == read(FIGMA_ALONE, "c.yml")
        assert list(await session.scalars(sa.select(Policy.key))) == ["default"]
        with pytest.raises(LookupError, match="strict"):
            await load_policy(session, "strict")
    assert await apply(company, FIGMA_ALONE) == []
    assert [str(difference) for difference in await apply(company, FULL)] == [
        "policy strict added",
        "application chatgpt restored",
        "application miro restored",
    ]
    async with company.read() as session:
        assert await load_catalog(session) == read(FULL, "c.yml")


async def test_the_order_of_the_file_is_the_order_of_the_form(company: Database) -> None:
    """Moving an application in the file moves it in the form, and is a difference of its own."""
    await apply(company, FULL)
    head, _, rest = FULL.partition("  - key: figma\n")
    figma, miro = ("  - key: figma\n" + rest).split("  - key: miro\n")
    swapped = head + "  - key: miro\n" + miro + figma
    [difference] = await apply(company, swapped)
    assert str(difference) == (
        "order of the applications changed\n  applications: chatgpt, figma, miro -> chatgpt, miro, figma"
    )
    async with company.read() as session:
        assert [choice.key for choice in await list_choices(session)] == ["chatgpt", "miro", "figma"]


async def test_unknown_people_stop_the_whole(company: Database) -> None:
    """Nothing of a catalogue is put in force that names somebody nobody knows; the line is said."""
    with pytest.raises(CatalogProblems, match=r"^c\.yml:9: applications\[0\]\.admins\[0\]: nobody .*did you mean"):
        await apply(company, FULL.replace("grace@", "gracy@"))
    async with company.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Application)) == 0
    assert await ledger(company) == []


async def test_without_a_directory_the_first_sync_is_the_remedy(database: Database) -> None:
    """On a fresh installation the message says what to run first."""
    with pytest.raises(CatalogProblems, match="run `usher people sync` first"):
        await apply(database, FULL)


async def test_an_old_catalogue_stays_right_when_somebody_leaves(company: Database) -> None:
    """Usher starts with the catalogue it has, although an admin in it left; touching that entry then names them."""
    await apply(company, FULL)
    gone = SlackPerson(id="U0GRACE0", email="grace@example.com", name="Grace", active=False)
    await company.write(upsert_people, [gone], complete=False)
    assert await apply(company, FULL) == []
    with pytest.raises(CatalogProblems, match=r"admins\[0\]: “grace@example.com” has left"):
        await apply(company, FULL.replace("[7d, unlimited]", "[7d]"))


async def test_an_address_that_is_used_again_is_that_of_who_is_there(company: Database) -> None:
    """Two Slack accounts can share an address when one of them is deactivated."""
    before = SlackPerson(id="U0ADA111", email="ada@example.com", name="Ada before", active=False)
    await company.write(upsert_people, [before], complete=False)
    assert len(await apply(company, FULL)) == 5


async def test_a_catalogue_sets_nothing_going(company: Database) -> None:
    """Applying asks for no task: what is offered changes, not what anybody has."""
    await apply(company, FULL)
    await apply(company, FIGMA_ALONE)
    async with company.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Task)) == 0


async def test_two_replicas_that_start_at_once_apply_it_once(company: Database) -> None:
    """Both succeed, and the ledger tells it once."""
    results = await asyncio.gather(*(apply(company, FULL) for _ in range(4)))
    assert sorted(len(differences) for differences in results) == [0, 0, 0, 5]
    assert len(await ledger(company)) == 5
