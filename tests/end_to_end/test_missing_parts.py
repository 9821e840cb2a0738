"""Whatever part of a delivery is missing or null, Usher answers without a 500."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from sandbox.slack.payloads import Outgoing
from tests.support.studio import Studio

Path = tuple[str | int, ...]


async def test_every_part_may_be_missing_or_null(studio: Studio) -> None:
    """Each part of a command, a form, a press and a look at the Home tab, one after the other, signed as by Slack."""
    card = await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    await studio.lena.open_home()
    assert card.shown
    stumbled = []
    for kind, payload in _kinds(studio):
        for path in _paths(payload):
            for change in ("missing", "null"):
                delivery = await studio.slack.courier.send(Outgoing(kind=kind, payload=_changed(payload, path, change)))
                if delivery.status is None or delivery.status >= 500:
                    stumbled.append((kind, path, change, delivery.status))
    assert stumbled == []


def _kinds(studio: Studio) -> list[tuple[Any, dict[str, Any]]]:
    """The last delivery of each kind."""
    found = {}
    for delivery in studio.slack.deliveries:
        payload = dict(delivery.outgoing.payload)
        found[delivery.outgoing.kind, payload.get("type"), payload.get("command")] = (delivery.outgoing.kind, payload)
    return list(found.values())


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _paths(each, (*path, key))


def _changed(payload: dict[str, Any], path: Path, change: str) -> dict[str, Any]:
    changed = copy.deepcopy(payload)
    inside: Any = changed
    for key in path[:-1]:
        inside = inside[key]
    if change == "null":
        inside[path[-1]] = None
    else:
        del inside[path[-1]]
    return changed
