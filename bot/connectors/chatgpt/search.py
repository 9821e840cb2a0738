"""Finding one address in what a list gave. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.connectors.chatgpt.transport import Member
from bot.connectors.chatgpt.wire import same_address
from bot.connectors.contract import Unexpected


def with_address(email: str, listed: Iterable[Member], *, searched: bool) -> list[Member]:
    """The members who have this address, out of a whole list or out of what a search for it found.

    Raises:
        Unexpected: the search finds only members whose address is hidden. "Absent" would be a guess, and a wrong one
            would leave somebody in who should be out.
    """
    members = list(listed)
    found = [member for member in members if same_address(member.email, email)]
    if searched and not found and members and not any(member.email for member in members):
        raise Unexpected(
            f"ChatGPT finds a member by {email} but hides their address, so Usher cannot tell whether it is them.",
            remedy="Look at the workspace's members, make the change by hand and press I did it by hand.",
        )
    return found
