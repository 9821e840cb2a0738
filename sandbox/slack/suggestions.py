"""The options an app answers for an external select."""

from __future__ import annotations

from typing import Any

from sandbox.slack.block_elements import OPTION_GROUPS, OPTION_LIST, all_options
from sandbox.slack.errors import Refusal

JSON = dict[str, Any]


def checked_options(answer: JSON) -> list[JSON]:
    """The options in the answer, in groups or not. Raises Refusal invalid_options; no options at all are fine."""
    for name, check in (("options", OPTION_LIST), ("option_groups", OPTION_GROUPS)):
        offered = answer.get(name)
        if offered and (problems := list(check(offered, f"/{name}"))):
            raise Refusal("invalid_options", map(str, problems))
    return all_options(answer)
