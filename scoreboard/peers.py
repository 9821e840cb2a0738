"""What open-source peers made of the same trials when they were run, from their public repositories, on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DISCORD: Final = "[discord/access](https://github.com/discord/access)"
FIVEXL: Final = "[fivexl/terraform-aws-sso-elevator](https://github.com/fivexl/terraform-aws-sso-elevator)"
SOURCES: Final = (DISCORD, FIVEXL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A trial, and what came of it with each of the peers. `read`: seen in their code, not tried."""

    name: str  # of Usher's own trial
    trial: str
    measured: Mapping[str, str]


PEERS: Final = (
    Peer(
        name="presses",
        trial="Two approvals of one request at once, 20 trials",
        measured={
            DISCORD: "20 of 20 granted twice (PostgreSQL)",
            FIVEXL: "0 in one process; its guard is not shared between processes",
        },
    ),
    Peer(
        name="submissions",
        trial="8 concurrent submissions by one person",
        measured={DISCORD: "8 open requests on SQLite, 6 on PostgreSQL", FIVEXL: "does not check"},
    ),
    Peer(
        name="kill",
        trial="`kill -9` right after the approval",
        measured={
            DISCORD: "the call that grants is lost for good",
            FIVEXL: "the grant may stay without an end (read in its code)",
        },
    ),
    Peer(
        name="ends",
        trial="A grant whose time is over",
        measured={DISCORD: "never revoked with the configuration it comes with", FIVEXL: "revoked on time"},
    ),
)
