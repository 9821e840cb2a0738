"""Every connector to a provider says how good it is, and what it says is checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
CONNECTORS = sorted(path.parent for path in (ROOT / "bot" / "connectors").glob("*/connector.py"))
RULES = {
    "configuration-validated",
    "credential-only-to-configured-host",
    "secrets-never-told",
    "credential-rotation",
    "reauthentication",
    "check-names-next-step",
    "permissions-named",
    "errors-closed",
    "unknown-outcome-never-replayed",
    "idempotent-changes",
    "rate-limits-honoured",
    "challenges-respected",
    "calls-bounded-in-time",
    "lists-complete",
    "own-account-protected",
    "last-owner-protected",
    "managed-elsewhere-respected",
    "unknown-words-never-written",
    "seats-counted",
    "invites-expire",
    "last-activity",
    "official-api",
    "tried-live",
}


def scale(connector: Path) -> dict[str, Any]:
    rules: dict[str, Any] = YAML(typ="safe").load(connector / "quality.yaml")["rules"]
    return rules


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda path: path.name)
def test_every_rule_is_answered(connector: Path) -> None:
    """None is left out, none is invented, and whatever is not done says why."""
    rules = scale(connector)
    assert set(rules) == RULES
    for name, rule in rules.items():
        assert rule["status"] in {"done", "todo", "exempt"}, name
        assert rule.get("proof" if rule["status"] == "done" else "comment"), name


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda path: path.name)
def test_what_is_done_is_proved_by_a_test(connector: Path) -> None:
    """The test that it names is there."""
    for name, rule in scale(connector).items():
        if rule["status"] == "done":
            file, _, test = rule["proof"].partition("::")
            assert re.search(rf"^(async )?def {re.escape(test)}\(", (ROOT / file).read_text(), re.MULTILINE), name
