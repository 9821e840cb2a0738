"""/metrics tells operators what there is, what was done, and how the calls outside go."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics.definitions import METRICS
from tests.support.studio import Studio

Labels = frozenset[tuple[str, str]]


async def read(studio: Studio) -> dict[str, dict[Labels, float]]:
    """Every number on the page, by the name of its series and by its labels."""
    async with httpx.AsyncClient() as http:
        page = (await http.get(f"{studio.usher.url}/metrics")).raise_for_status()
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(page.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def labels(**labels: str) -> Labels:
    return frozenset(labels.items())


async def test_a_lifecycle_can_be_followed_in_numbers(studio: Studio) -> None:
    """What waits, what was decided and how long that took, what the connector and Slack were asked, and the seats."""
    await studio.ask(studio.lena, "chatgpt codex 2m to try the new agent")
    before = await read(studio)
    assert before["usher_requests"][labels(state="pending")] == 1
    await studio.maya.press("Approve", in_=await studio.asked(studio.maya, studio.lena))
    await studio.until(lambda: studio.has(studio.lena) is not None)
    await studio.at_rest()
    after = await read(studio)
    assert after["usher_requests"] == {
        labels(state=state): float(state == "approved")
        for state in ("pending", "approved", "denied", "cancelled", "expired")
    }
    assert after["usher_grants"] == {labels(application="chatgpt", state="invited"): 1}
    assert after["usher_events_total"][labels(event="request.approved")] == 1
    assert after["usher_decision_seconds_count"] == {labels(decision="approved"): 1}
    invites = labels(application="chatgpt", call="invite", outcome="ok")
    assert after["usher_connector_calls_total"][invites] == 1
    assert after["usher_connector_seconds_count"][labels(application="chatgpt", call="invite")] == 1
    assert after["usher_slack_calls_total"][labels(method="chat.postMessage", outcome="ok")] >= 2
    assert after["usher_seats"][labels(application="chatgpt", seat_type="codex", what="invited")] >= 0
    assert set(after["usher_task_lag_seconds"]) == {labels()}


async def test_what_goes_wrong_is_counted_by_its_kind(studio: Studio) -> None:
    """An outage shows as errors of the connector, as an incident, and as tasks that wait for it."""
    studio.chatgpt.faults.switch_on("challenge_403")
    await studio.ask(studio.lena, "chatgpt codex 2m to try the new agent")
    await studio.maya.press("Approve", in_=await studio.asked(studio.maya, studio.lena))
    await studio.until(lambda: bool(studio.alerts()))
    numbers = await read(studio)
    assert numbers["usher_incidents_open"] == {labels(application="chatgpt", cause="Blocked"): 1}
    assert numbers["usher_tasks"][labels(kind="account", state="parked")] == 1
    failed = [dict(key)["outcome"] for key in numbers["usher_connector_calls_total"] if ("outcome", "ok") not in key]
    assert set(failed) == {"Blocked"}


async def test_the_page_says_what_each_number_means(studio: Studio) -> None:
    """Each metric is there with its sentence and its kind, and nothing that Usher counts is without a definition."""
    async with httpx.AsyncClient() as http:
        page = (await http.get(f"{studio.usher.url}/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(page)}
    for metric in METRICS:
        assert (families[metric.name].documentation, families[metric.name].type) == (metric.says, metric.kind.value)
    ours = {name for name in families if name.startswith("usher_") and not name.endswith("_created")}
    assert ours == {metric.name for metric in METRICS}
    assert "process_resident_memory_bytes" in families
