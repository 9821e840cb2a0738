"""What a Slack message shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: a block, an element or a view as Slack's API takes it
JSON = dict[str, Any]
#: what somebody entered in a modal, by block_id and action_id: its `view["state"]["values"]`
Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Content:
    """A message: its blocks, and the text that notifications and screen readers use (escaped, no markup)."""

    text: str
    blocks: tuple[JSON, ...] = ()

    @cached_property
    def hash(self) -> str:
        """The same for the same content, in every process and release: what a posted card is compared with."""
        canonical = json.dumps([self.text, self.blocks], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()
