"""The part of `usher probe` that changes something: one address of the admin's own, asking before each step."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4

import typer

from bot.access.desired import Entitlement
from bot.connectors.chatgpt.probe import SEEN_WITHIN, Probe, Seen
from bot.connectors.contract import (
    Account,
    CancelInvite,
    Change,
    ConnectorError,
    Invite,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
)

T = TypeVar("T")

#: what ends a conversation: Ctrl+C, and standard input that has come to its end
_STOPPED: Final = (KeyboardInterrupt, typer.Abort)


class Run(Protocol):
    """Runs something to its end, in one event loop for all of them."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


class NotTried(Exception):
    """Nothing was changed; the text says why, and what to do."""


class Trial:
    """Invites one address, changes what it has, and takes it away again.

    Not asynchronous itself, so that Ctrl+C reaches it while it waits for an answer.
    """

    def __init__(
        self, probe: Probe, email: str, *, run: Run, ask: Callable[[str], bool], say: Callable[[str], None]
    ) -> None:
        """Does nothing yet. `ask` may raise `typer.Abort`: nobody answers any more."""
        self._probe = probe
        self._email = email
        self._run = run
        self._ask = ask
        self._say = say
        can = probe.connector.capabilities
        self._can = can
        self._standard = Entitlement(role=can.roles[0], seat_type=can.seat_types[0])
        self._left = False  # something that this trial made may be there

    def begin(self) -> None:
        """Makes sure that nobody's access is touched.

        Raises:
            NotTried: the address is somebody's, or the admin did not agree.
            ConnectorError: it cannot be told.
        """
        account = self._run(self._probe.observe(self._email))
        if account.protected:
            raise NotTried(f"Usher does not try anything on {self._email}. {account.protected} Name another address.")
        if account.status != "absent":
            raise NotTried(
                f"{self._email} is {'invited' if account.status == 'invited' else 'a member'} already. "
                "Name an address of yours that is not in the workspace."
            )
        if not self._agreed(f"Is {self._email} yours, and may Usher invite it and take it away again?"):
            raise NotTried("Nothing was changed: name an address that is yours.")

    def _agreed(self, question: str) -> bool:
        try:
            return self._ask(question)
        except _STOPPED:
            return False

    def go_through(self) -> None:
        """All steps. However they end, what was made is offered to be taken away, and what stays is told."""
        try:
            self._go_through()
        except ConnectorError as error:
            self._say(f"{error.explanation} {error.remedy}")
        except _STOPPED:
            self._say("Stopped.")
        if self._left:
            self._clean_up()

    def _go_through(self) -> None:
        role, seat = self._standard.role, self._standard.seat_type
        if not self._step("invite", f"Invite {self._email} as {role} on a {seat} seat (ChatGPT may bill a seat)?"):
            return
        account = self._invite()
        if account.status == "invited":
            if self._step("resend", f"Send the invite to {self._email} again?"):
                self._do("resend", Resend(email=self._email, entitlement=self._standard), _is_there)
            if self._step("cancel", f"Take the invite of {self._email} back?"):
                account = self._cancel(account)
            account = self._accepted(account)
        if account.status == "member":
            self._change_role(account)
            self._change_seat(account)
            if self._step("remove", f"Remove {self._email} from the workspace?"):
                self._remove(account)

    def _accepted(self, account: Account) -> Account:
        """The account once the person has accepted, if they have."""
        if account.status == "absent":
            again = f"Invite {self._email} once more, for you to accept it, so that changes of a member can be tried?"
            if not self._step("invite again", again):
                return account
            account = self._invite()
        question = f"Accept the invite now, signed in to ChatGPT as {self._email}. Have you accepted it?"
        if not self._step("accept", question):
            return account
        return self._run(self._probe.look("accept", self._email, until=_is_member)).account

    def _change_role(self, account: Account) -> None:
        for role in self._there_and_back(self._can.roles, account.role):
            if not self._step(f"role {role}", f"Give {self._email} the role {role}?"):
                return
            change = SetRole(email=self._email, provider_id=account.provider_id or "", role=role)
            self._do(f"role {role}", change, partial(_has_role, role))

    def _change_seat(self, account: Account) -> None:
        for seat in self._there_and_back(self._can.seat_types, account.seat_type):
            if not self._step(f"seat {seat}", f"Put {self._email} on a {seat} seat (ChatGPT may bill it)?"):
                return
            change = SetSeatType(
                email=self._email, provider_id=account.provider_id or "", seat_type=seat, key=str(uuid4())
            )
            self._do(f"seat {seat}", change, partial(_is_on, seat))

    @staticmethod
    def _there_and_back(all_of_them: tuple[str, ...], now: str) -> tuple[str, ...]:
        """The second of them and then what it is now; nothing where there is no choice."""
        return (all_of_them[1], now) if len(all_of_them) > 1 and now != all_of_them[1] else ()

    # -- single changes ------------------------------------------------------------------------------------------------
    def _step(self, step: str, question: str) -> bool:
        """Whether to do it."""
        agreed = self._ask(question)
        if not agreed:
            self._probe.note(step, "skipped")
        return agreed

    def _do(self, step: str, change: Change, until: Callable[[Account], bool]) -> Account:
        self._run(self._probe.send(step, change))
        return self._see(step, until)

    def _see(self, step: str, until: Callable[[Account], bool]) -> Account:
        seen = self._run(self._probe.look(step, self._email, until=until))
        self._say(_outcome(seen))
        return seen.account

    def _invite(self) -> Account:
        self._left = True  # also where Ctrl+C comes while the call is on its way
        try:
            self._run(
                self._probe.send("invite", Invite(email=self._email, entitlement=self._standard, key=str(uuid4())))
            )
        except ConnectorError:  # it was not made, says the contract
            self._left = False
            raise
        return self._see("invite", _is_there)

    def _cancel(self, account: Account) -> Account:
        cancel = CancelInvite(email=self._email, provider_id=account.provider_id)
        account = self._do("cancel", cancel, _is_absent)
        self._left = account.status != "absent"
        return account

    def _remove(self, account: Account) -> None:
        remove = Remove(email=self._email, provider_id=account.provider_id or "")
        self._left = self._do("remove", remove, _is_absent).status != "absent"

    # -- cleaning up ---------------------------------------------------------------------------------------------------
    def _clean_up(self) -> None:
        try:
            account = self._run(self._probe.look("clean up: look", self._email, until=_is_there)).account
            if account.status == "member" and self._ask(f"Remove {self._email}, so that nothing is left behind?"):
                self._remove(account)
            elif account.status == "invited" and self._ask(
                f"Take the invite of {self._email} back, so that nothing is left behind?"
            ):
                self._cancel(account)
        except ConnectorError as error:
            self._say(f"{error.explanation} {error.remedy}")
        except _STOPPED:
            self._say("Stopped.")
        if self._left:
            self._probe.note("clean up", "left behind")
            self._say(
                f"LEFT BEHIND: Usher has invited {self._email} and could not see it gone. In ChatGPT open Workspace "
                f"settings, Members, and take the invite back or remove {self._email} there."
            )


def _outcome(seen: Seen) -> str:
    what = {"absent": "Nobody there", "invited": "Invited", "member": "A member"}[seen.account.status]
    if seen.as_wanted:
        return f"Seen after {seen.seconds:.1f} s: {what.lower()}."
    return f"Not seen within {SEEN_WITHIN:.0f} s: {what.lower()}."


def _is_there(account: Account) -> bool:
    return account.status != "absent"


def _is_member(account: Account) -> bool:
    return account.status == "member"


def _is_absent(account: Account) -> bool:
    return account.status == "absent"


def _has_role(role: str, account: Account) -> bool:
    return account.role == role


def _is_on(seat_type: str, account: Account) -> bool:
    return (account.pending_seat_type or account.seat_type) == seat_type
