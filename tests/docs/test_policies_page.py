"""docs/policies.md can be copied: each example is a policy that holds, and together they show every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.access.catalog_file import read
from bot.access.policy_rules import PolicyRules

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
APPLICATION = """
applications:
  - key: chatgpt
    name: ChatGPT
    owner: ada@example.com
    admins: [grace@example.com]
    policy: POLICY
    roles: [member, admin]
    seat_types: [chatgpt, codex]
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      integration_email: it-chatgpt@example.com
      secret: chatgpt-session
"""


def _policy(example: str) -> tuple[str, PolicyRules]:
    [name] = re.findall(r"^  ([\w-]+):$", example, re.MULTILINE)
    catalog = read(example + APPLICATION.replace("POLICY", name), "docs/policies.md")
    return name, catalog.policies[name]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split()[1].rstrip(":"))
def test_every_example_can_be_applied(example: str) -> None:
    """With an application that names it."""
    assert _policy(example)[1].model_fields_set


def test_the_examples_show_every_key() -> None:
    """Whoever reads on knows what can be said; no two have one name."""
    policies = dict(map(_policy, EXAMPLES))
    assert len(policies) == len(EXAMPLES)
    assert {key for policy in policies.values() for key in policy.model_fields_set} == set(PolicyRules.model_fields)
