"""docs/monitoring.md, the dashboard and the alerts say what /metrics says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.metrics.definitions import METRICS, Kind
from docs import dashboard

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "monitoring.md").read_text(encoding="utf-8")
ALERTS = DOCS / "monitoring" / "alerts.yml"


def test_every_metric_has_its_line() -> None:
    """In the order of their definitions, word for word."""
    lines = [
        f"| `{metric.name}{'_total' if metric.kind is Kind.COUNTER else ''}` | {metric.kind.value} | "
        f"{', '.join(f'`{label}`' for label in metric.labels)} | {metric.says} |".replace("|  |", "| |")
        for metric in METRICS
    ]
    assert [line for line in PAGE.splitlines() if line.startswith("| `usher_")] == lines


def test_the_dashboard_is_made_of_the_metrics() -> None:
    """`python -m docs.dashboard` would change nothing."""
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.written()
    assert len(json.loads(dashboard.written())["panels"]) == len(METRICS)


def test_every_alert_has_its_line_and_asks_for_metrics_that_exist() -> None:
    """An alert on a name that nobody counts would never fire."""
    rules = [rule for group in YAML(typ="safe").load(ALERTS)["groups"] for rule in group["rules"]]
    assert re.findall(r"^\| `(Usher\w+)` \|", PAGE, re.MULTILINE) == [rule["alert"] for rule in rules]
    known = {metric.series for metric in METRICS}
    for rule in rules:
        assert set(re.findall(r"usher_\w+", rule["expr"])) <= known, rule["alert"]


def test_prometheus_takes_the_alerts() -> None:
    """`promtool check rules` finds nothing wrong with them."""
    if shutil.which("promtool") is None:
        no_promtool = "no promtool: install Prometheus (Debian: prometheus)"
        (pytest.fail if os.environ.get("USHER_REQUIRE_ALL_PARTS") else pytest.skip)(no_promtool)
    checked = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
