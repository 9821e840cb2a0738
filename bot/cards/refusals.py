"""The words for every `Refusal`: why something was not done, and what to do instead. They stand nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.access.refusals import Refusal, Refused
from bot.cards.content import Content
from bot.cards.escape import mrkdwn
from bot.cards.rich import Line, code, lines, link, spoken, user_id, when

_COMMAND: Final = "/request-access"


def refusal(refused: Refused, *, reader_id: str) -> Content:
    """The answer that only the person who acted sees."""
    line = refusal_line(refused, reader_id=reader_id)
    see: Line = [" ", link(refused.permalink, "See the card.")] if refused.permalink else []
    return Content(text=mrkdwn(spoken(line, {})), blocks=(lines([*line, *see]),))


def refusal_words(refused: Refused, *, reader_id: str, name: str | None = None) -> str:
    """The same as plain words, for an error under a field, where Slack shows no names and no links.

    Args:
        refused: what was refused.
        reader_id: who reads it.
        name: the name of the person `refused.who`.
    """
    words = spoken(refusal_line(refused, reader_id=reader_id), {refused.who: name} if refused.who and name else {})
    words = words[:1].upper() + words[1:]
    return f"{words} {refused.permalink}" if refused.permalink else words


def refusal_line(refused: Refused, *, reader_id: str) -> Line:
    """The same as a line of a card."""
    who = None if refused.who == reader_id else refused.who
    return _LINES[refused.refusal](refused, who)


def _already_decided(refused: Refused, who: str | None) -> Line:
    if who:
        return [user_id(who), " was faster: this is answered already."]
    return ["You have answered this already." if refused.who else "This is answered already."]


def _cancelled(_refused: Refused, who: str | None) -> Line:
    by: Line = [" by ", user_id(who)] if who else []
    return ["This request was cancelled", *by, ", so there is nothing left to decide."]


def _not_in_directory(_refused: Refused, who: str | None) -> Line:
    if who:
        return [user_id(who), " cannot be given access: only colleagues with an active Slack account can."]
    return ["Usher does not know you yet. New colleagues are picked up within the hour: please try again then."]


def _guest(_refused: Refused, who: str | None) -> Line:
    if who:
        return [user_id(who), " is a guest in this workspace, and guests cannot be given access here."]
    return ["Guests cannot ask for access here. Please ask the colleague you work with."]


def _no_email(_refused: Refused, who: str | None) -> Line:
    whom: Line = [user_id(who), " has"] if who else ["You have"]
    return [*whom, " no e-mail address in Slack, and access is tied to one. A Slack admin can add it."]


def _email_domain(refused: Refused, who: str | None) -> Line:
    whose: Line = ["The address of ", user_id(who)] if who else ["Your address"]
    domains = refused.detail.get("domains")
    takes = " or ".join(f"@{domain}" for domain in domains) if isinstance(domains, tuple) else "others"
    return [*whose, f" cannot have access here: this application takes {takes} only. Its admins can say more."]


def _not_on_behalf(_refused: Refused, who: str | None) -> Line:
    whom: Line = [user_id(who)] if who else ["somebody else"]
    return ["You cannot ask for ", *whom, ": their manager and the application's admins can, and they themselves."]


def _nudged(refused: Refused, _who: str | None) -> Line:
    again = refused.detail.get("again")
    until: Line = [" ", when("You can again", again), "."] if isinstance(again, datetime) else []
    return ["They were asked to look less than a day ago.", *until]


def _already_have(refused: Refused, who: str | None) -> Line:
    until = refused.detail.get("until")
    whom: Line = [user_id(who), " has"] if who else ["You have"]
    if isinstance(until, datetime):
        return [*whom, " this already, ", when("until", until), "."]
    return [*whom, " this already."]


def _already_asked(_refused: Refused, who: str | None) -> Line:
    whom: Line = [user_id(who), " has"] if who else ["You have"]
    return [*whom, " asked for just this already, and it is not decided yet."]


def _always(*line: str) -> Callable[[Refused, str | None], Line]:
    """Words in which nobody is named; those that start with a slash are something to type."""
    pieces: Line = [code(piece) if piece.startswith("/") else piece for piece in line]
    return lambda _refused, _who: pieces


_LINES: Final[Mapping[Refusal, Callable[[Refused, str | None], Line]]] = {
    Refusal.NOT_ASKED: _always("You were not asked to decide this, or somebody else is asked now."),
    Refusal.OWN_REQUEST: _always(
        "Nobody decides about access that they asked for or would get themselves. Somebody else has been asked."
    ),
    Refusal.ALREADY_DECIDED: _already_decided,
    Refusal.NOTHING_LESS: _always("Nothing less than this can be given here: approve it as it is, or deny it."),
    Refusal.CANCELLED: _cancelled,
    Refusal.EXPIRED: _always("Nobody decided in time, so this request is over. It can be asked anew: ", _COMMAND, "."),
    Refusal.NUDGED: _nudged,
    Refusal.NOT_ON_BEHALF: _not_on_behalf,
    Refusal.NOT_YOURS: _always("Only the people this access is about can do that."),
    Refusal.NOT_ACTIVE: _always("There is nothing to give back: this access has ended, or is ending."),
    Refusal.NOTHING_TO_EXTEND: _always(
        "There is nothing to extend: this access has ended, or is ending. Ask for it anew with ", _COMMAND, "."
    ),
    Refusal.NOTHING_TO_CHANGE: _always("Only access that is active and approved can be changed, and this is not."),
    Refusal.NO_END_DATE: _always("This access has no end date, so there is nothing to extend."),
    Refusal.NOT_BEGUN: _always("Its time only starts to count when the invite is accepted. It can be extended then."),
    Refusal.NOT_OFFERED: _always(
        "This is not offered any more, so it ends as planned. See what is with ", _COMMAND, "."
    ),
    Refusal.GONE: _always("This is not there any more. Usher's Home tab shows what is."),
    Refusal.NOT_CONCERNED: _always(
        "This is kept between the people the request is about and those who were asked, so it was not passed on."
    ),
    Refusal.NOTHING_TO_ANSWER: _always(
        "There is nothing to answer any more. What you write under the card is passed on all the same."
    ),
    Refusal.NO_REQUEST_HERE: _always(
        "Nobody reads what is written here. Replies under the card of a request are passed on; ",
        f"{_COMMAND} help",
        " shows what else Usher can do.",
    ),
    Refusal.NO_WORDS: _always("Only words are passed on, no files. Say in a few of them what it shows, please."),
    Refusal.NOT_IN_DIRECTORY: _not_in_directory,
    Refusal.GUEST: _guest,
    Refusal.NO_EMAIL: _no_email,
    Refusal.EMAIL_DOMAIN: _email_domain,
    Refusal.ALREADY_HAVE: _already_have,
    Refusal.ALREADY_ASKED: _already_asked,
    Refusal.NOTHING_TO_REQUEST: _always("There is nothing to ask for yet: an admin has to add an application first."),
    Refusal.NOT_ADMIN: _always("Only the admins can answer this. They see it as well."),
    Refusal.NOT_USHERS_ADMIN: _always("Only Usher's admins can do that. Please ask one of them."),
    Refusal.CANNOT_GIVE_UP: _always(
        "Taking access away is never given up. Take it away by hand, then press I did it by hand."
    ),
    Refusal.STALE: _always("This has changed since it was opened. Close it and start again with ", _COMMAND, "."),
}
