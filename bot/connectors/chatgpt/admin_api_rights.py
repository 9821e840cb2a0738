"""What an Admin key may do, in the words of the page on which it is made, and what to do where it may not.

From OpenAI's help page "Managing Admin keys": a custom key has None, Read or Write for each category of calls, among
them Users and Invitations; only an Owner's key changes roles and seat types.
"""

from __future__ import annotations

from typing import Final

from bot.connectors.chatgpt import admin_api_wire as wire
from bot.connectors.chatgpt.errors import Access
from bot.connectors.contract import Capabilities

READ_USERS: Final = "Users: Read"
WRITE_USERS: Final = "Users: Write"
READ_INVITES: Final = "Invitations: Read"
WRITE_INVITES: Final = "Invitations: Write"
OWNERS_KEY: Final = "Users: Write, in a key that an Owner made"

CAPABILITIES: Final = Capabilities(
    roles=tuple(wire.ROLES),
    seat_types=tuple(wire.SEAT_TYPES),
    observes=True,
    sees_invites=True,
    sees_seats=False,  # counts of who has one, but never how many are paid for
    permissions={
        "observe": f"{READ_USERS}; {READ_INVITES}",
        "accounts": f"{READ_USERS}; {READ_INVITES}",
        "seats": f"{READ_USERS}; {READ_INVITES}",
        "invite": WRITE_INVITES,
        "cancel_invite": WRITE_INVITES,
        "remove": WRITE_USERS,
        "set_role": OWNERS_KEY,
        "set_seat_type": OWNERS_KEY,
    },
)

ADMIN_KEY: Final = Access(
    credential="the workspace's Admin key",
    renew="At admin.openai.com open the workspace, Credentials, Admin keys; make a new key (Custom: Users Write, "
    "Invitations Write) and hand it over with `usher secret set`. A key of the API platform does not work here.",
    allow="Make an Admin key of this very workspace with the permission {need} (admin.openai.com, the workspace, "
    "Credentials, Admin keys), and hand it over with `usher secret set`.",
    workspace="an Enterprise or Edu workspace",
    find="Check workspace_id in the catalogue. Only Enterprise and Edu have the Admin API; for Business, the "
    "transport is web_admin.",
    not_found=frozenset({404}),
    conflicts_pass=False,
)
