"""A fault of the simulated ChatGPT, struck at one step of the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.slack.state import Message
from tests.support.studio import Studio


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, when it strikes, and the incident it ends in; none where Usher copes with it."""

    fault: str
    while_: str = "giving"  # asking, giving, joining or taking
    incident: str = ""
    waits_for_seat: bool = False  # the seat card, instead of an incident
    settings: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.fault} while {self.while_}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What the story is like over one transport."""

    #: what Lena types
    words: str = "chatgpt codex 7d to test"
    #: what she then has in ChatGPT, in its own words
    seat: tuple[str, str] = ("standard-user", "usage_based")
    #: what her card says before she has accepted the invite
    before_joining: str = "· Invited"
    #: switches of the simulator that are no faults here
    habits: tuple[str, ...] = ()

    def mend(self, studio: Studio) -> None:
        """Switches every fault off."""
        studio.chatgpt.faults.clear()
        for habit in self.habits:
            studio.chatgpt.faults.switch_on(habit)


WEB_ADMIN = Route()


async def strike(studio: Studio, case: Case, route: Route = WEB_ADMIN) -> tuple[Message, Callable[[], bool]]:
    """Goes through the story until the fault is to strike. Returns Lena's card, and what tells that all is well."""
    lena = studio.lena
    if case.while_ == "asking":
        studio.chatgpt.faults.switch_on(case.fault, **case.settings)
    card = await studio.ask(lena, route.words)
    asked = await studio.asked(studio.maya, lena)
    await studio.at_rest()
    if case.while_ in ("joining", "taking"):
        await studio.maya.press("Approve", in_=asked)
        await studio.until(lambda: route.before_joining in card.shown)
    if case.while_ == "taking":
        studio.chatgpt.accept(str(lena.user.email))
        await studio.in_time(lambda: "· Active" in card.shown)

    if case.while_ != "asking":
        studio.chatgpt.faults.switch_on(case.fault, **case.settings)
    match case.while_:
        case "asking" | "giving":
            await studio.maya.press("Approve", in_=asked)
            return card, lambda: studio.has(lena) == ("invited", *route.seat) and route.before_joining in card.shown
        case "joining":
            studio.chatgpt.accept(str(lena.user.email))
            return card, lambda: studio.has(lena) == ("member", *route.seat) and "· Active" in card.shown
        case _:
            await lena.press("Give back", in_=card)
            return card, lambda: studio.has(lena) is None and "· Ended" in card.shown


async def ends_well(studio: Studio, case: Case, route: Route = WEB_ADMIN) -> None:
    """The right account; or the right incident first, whose card is mended by Try again once the cause is gone."""
    card, is_right = await strike(studio, case, route)
    if case.incident:
        alert = await studio.in_time(studio.open_alert)
        assert case.incident in alert.shown
        assert not is_right()
        await studio.in_time(lambda: "admins have been told" in card.shown)
        route.mend(studio)
        await studio.noor.press("Try again", in_=alert)
        await studio.in_time(lambda: not alert.buttons)
    if case.waits_for_seat:
        await studio.in_time(lambda: "· Waiting for a seat" in card.shown)
        await studio.until(lambda: any("Invite anyway" in message.buttons for message in studio.told(studio.noor)))
        assert not is_right()
        route.mend(studio)
    await studio.in_time(is_right)
    assert len(studio.alerts()) == bool(case.incident), studio.picture()
    assert studio.mails(studio.lena) == 1
