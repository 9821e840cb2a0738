"""Writes docs/monitoring/dashboard.json, Grafana's picture of every metric: `python -m docs.dashboard`.

It is made of the metrics' definitions, and a test holds the file to them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.metrics.definitions import METRICS, Kind, Metric

FILE = Path(__file__).parent / "monitoring" / "dashboard.json"
#: Grafana's grid is 24 wide
_WIDTH, _HEIGHT = 12, 8
_SOURCE = {"type": "prometheus", "uid": "${source}"}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it (grafana.com/docs, “Dashboard JSON model”)."""
    return {
        "title": "Usher",
        "uid": "usher",
        "tags": ["usher"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(number, metric) for number, metric in enumerate(METRICS)],
    }


def written() -> str:
    """The file's text."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


def _panel(number: int, metric: Metric) -> dict[str, Any]:
    row, column = divmod(number, 24 // _WIDTH)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": _title(metric),
        "description": metric.says,
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": _unit(metric), "min": 0}, "overrides": []},
        "targets": [
            {"refId": refid, "expr": expression, "legendFormat": legend, "datasource": _SOURCE}
            for refid, (expression, legend) in zip("ABC", _queries(metric), strict=False)
        ],
    }


def _queries(metric: Metric) -> list[tuple[str, str]]:
    by = ", ".join(metric.labels)
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.labels)
    match metric.kind:
        case Kind.GAUGE:  # every replica says the same
            return [(f"max by ({by}) ({metric.series})" if by else f"max({metric.series})", legend or "now")]
        case Kind.COUNTER:
            return [(f"sum by ({by}) (rate({metric.series}[$__rate_interval]))", legend)]
        case Kind.HISTOGRAM:
            rate = f"sum by (le, {by}) (rate({metric.series}[$__rate_interval]))"
            return [(f"histogram_quantile({q}, {rate})", f"{legend} p{int(q * 100)}") for q in (0.5, 0.99)]


def _title(metric: Metric) -> str:
    words = metric.name.removeprefix("usher_").replace("_", " ").capitalize()
    return f"{words} per second" if metric.kind is Kind.COUNTER else words


def _unit(metric: Metric) -> str:
    if metric.name.endswith("_seconds"):
        return "s"
    return "ops" if metric.kind is Kind.COUNTER else "short"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
