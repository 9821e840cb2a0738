"""docs/catalog.md says what the models say: every key has its paragraph, and every example can be applied."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.catalog_file import read, read_with_lines
from bot.access.catalog_problems import connector_models
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import SlackPerson, upsert_people
from bot.access.operations.user_groups import SlackGroup, upsert_groups
from bot.access.policy_rules import ApproverKind, Condition, EmergencyRules, PolicyRules, Rule, Span, Stage
from bot.connectors.registry import capabilities_of
from storage.database import Database

PAGE = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.split("\n## ")[1:]}
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def heading(model: type[BaseModel]) -> str:
    """A connector's section is called what the catalogue calls the connector."""
    words = (
        (key, get_args(model.model_fields[key].annotation))
        for key in ("type", "transport")
        if key in model.model_fields
    )
    return ", ".join(f"`{key}: {word}`" for key, [word] in words)


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("The file", Catalog),
        ("A policy", PolicyRules),
        ("A stage", Stage),
        ("A rule", Rule),
        ("A condition", Condition),
        ("An emergency", EmergencyRules),
        ("An application", ApplicationEntry),
        *((heading(model), model) for model in connector_models()),
    ],
)
def test_every_key_has_its_paragraph(section: str, model: type[BaseModel]) -> None:
    """A key that is not explained cannot be used; one that is explained but does not exist misleads."""
    assert set(re.findall(r"\*\*`(\w+)`\*\*", SECTIONS[section])) == set(model.model_fields)


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("An application", ApplicationEntry),
        ("A rule", Rule),
        ("An emergency", EmergencyRules),
        *((heading(model), model) for model in connector_models()),
    ],
)
def test_what_is_required_is_said(section: str, model: type[BaseModel]) -> None:
    """A paragraph says “Required” where the key cannot be left out, and nowhere else."""
    paragraphs = [part for part in SECTIONS[section].split("\n\n") if part.startswith("**`")]
    said = {key for part in paragraphs if "Required" in part for key in re.findall(r"\*\*`(\w+)`\*\*", part)}
    assert said == {key for key, field in model.model_fields.items() if field.is_required()}


@pytest.mark.parametrize("kind", ApproverKind)
def test_every_kind_of_approver_is_explained(kind: ApproverKind) -> None:
    """The table of a policy's stages names each kind of approver."""
    assert f"| `{{{kind}: " in SECTIONS["A stage"]


@pytest.mark.parametrize("key", Span.model_fields)
def test_every_key_of_a_duration_is_explained(key: str) -> None:
    """A condition's duration is short enough for one paragraph."""
    assert f"`{{{key}: " in SECTIONS["A condition"]


@pytest.mark.parametrize("example", EXAMPLES, ids=["full", "anchors"])
def test_every_example_is_right(example: str) -> None:
    """What stands on the page can be copied."""
    assert read(example, "docs/catalog.md").applications


def test_the_full_example_uses_every_key() -> None:
    """Whoever copies the full example has seen everything."""
    catalog = read(EXAMPLES[0], "docs/catalog.md")
    connectors = {type(entry.connector): entry.connector for entry in catalog.applications}
    assert set(connectors) == set(connector_models())
    policies = catalog.policies.values()
    rules = [rule for policy in policies for rule in policy.rules]
    for model, used in (
        (PolicyRules, policies),
        (Rule, rules),
        (Condition, [rule.when for rule in rules]),
        (Span, [rule.when.duration for rule in rules if rule.when.duration]),
        (EmergencyRules, [policy.emergency for policy in policies if policy.emergency]),
        (Stage, [stage for policy in policies for stage in policy.stages()]),
        (ApplicationEntry, catalog.applications),
        *((type(connector), [connector]) for connector in connectors.values()),
    ):
        assert {key for each in used for key in each.model_fields_set} >= set(model.model_fields) - {"type"}


def test_the_roles_of_a_connector_are_the_ones_it_has() -> None:
    """What may be asked for is copied from the page."""
    for entry in read(EXAMPLES[0], "docs/catalog.md").applications:
        section = SECTIONS[heading(type(entry.connector))].replace("\n", " ")
        roles = capabilities_of(entry.connector).roles
        assert (f"Roles: {', '.join(f'`{role}`' for role in roles)}." if roles else "neither roles") in section


async def test_the_full_example_applies(database: Database) -> None:
    """The example goes into a database and is in force."""
    people = [
        SlackPerson(id=f"U0{name.upper()}000", email=f"{name}@example.com", name=name) for name in ("ada", "grace")
    ]
    await database.write(upsert_people, people, complete=True)
    group = SlackGroup(id="S012ABCDEF", handle="it-admins", name="IT", members=frozenset({"U0ADA000"}))
    await database.write(upsert_groups, [group], as_of=database.clock.now())
    catalog, lines = read_with_lines(EXAMPLES[0], "docs/catalog.md")
    differences = await database.write(apply_catalog, catalog=catalog, actor="shell:ada", lines=lines)
    assert len(differences) == len(catalog.policies) + len(catalog.applications) + len(catalog.webhooks)
