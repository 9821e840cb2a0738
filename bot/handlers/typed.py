"""What people typed into Slack, as plain words: Slack spells mentions, links and three characters its own way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_TOKEN: Final = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_PERSON: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_ESCAPED: Final = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def people_in(text: str) -> frozenset[str]:
    """The Slack user ids of those who are mentioned."""
    return frozenset(_PERSON.findall(text))


def plain_words(text: str, names: Mapping[str, str]) -> str:
    """The text as its author saw it (docs.slack.dev, formatting message text).

    Args:
        text: as Slack sends it.
        names: of the people who are mentioned, by Slack user id.
    """

    def read(token: re.Match[str]) -> str:
        target, label = token[1], token[2]
        match target[0]:
            case "@":
                return f"@{names.get(target[1:]) or label or 'somebody'}"
            case "#":
                return f"#{label or 'a channel'}"
            case "!":
                return label or f"@{target[1:].partition('^')[0].replace('subteam', 'a group')}"
            case _:
                return f"{label} ({target})" if label and label not in target else label or target

    return re.sub("|".join(_ESCAPED), lambda found: _ESCAPED[found[0]], _TOKEN.sub(read, text))
