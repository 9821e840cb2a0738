"""The closed set of reasons for which Usher does not do what somebody wants. The words are in bot/cards/refusals.py."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Refusal(StrEnum):
    """Why it was refused. `who` is the Slack user id that goes with it; where it is the person who acts, the words say
    “you”."""

    # -- deciding ------------------------------------------------------------------------------------------------------
    #: they are not among those who were asked at this stage
    NOT_ASKED = "not_asked"
    #: the requester asked the approvers to look less than a day ago; detail["again"] is when they may again
    NUDGED = "nudged"
    #: nothing less can be given than what stands
    NOTHING_LESS = "nothing_less"
    #: nobody decides about what they asked for or would get
    OWN_REQUEST = "own_request"
    #: somebody was faster: `who` decided the request, answered the step or resolved the incident; None for nobody
    ALREADY_DECIDED = "already_decided"
    #: the request was cancelled; `who` did it
    CANCELLED = "cancelled"
    #: nobody decided in time
    EXPIRED = "expired"

    # -- one's own requests and access ---------------------------------------------------------------------------------
    #: only the people it is about may do this
    NOT_YOURS = "not_yours"
    #: there is nothing to give back any more
    NOT_ACTIVE = "not_active"
    #: there is nothing to extend any more
    NOTHING_TO_EXTEND = "nothing_to_extend"
    #: what is to be extended has no end date
    NO_END_DATE = "no_end_date"
    #: the time of what is to be extended has not begun to count
    NOT_BEGUN = "not_begun"
    #: there is nothing to change any more, or not yet
    NOTHING_TO_CHANGE = "nothing_to_change"
    #: what is to be extended cannot be asked for any more
    NOT_OFFERED = "not_offered"
    #: what the button was about is not there
    GONE = "gone"

    # -- talking about a request ---------------------------------------------------------------------------------------
    #: nothing was said that they have not answered, or it is decided
    NOTHING_TO_ANSWER = "nothing_to_answer"
    #: they neither asked, nor get it, nor were asked
    NOT_CONCERNED = "not_concerned"
    #: the reply stands under a message that is about no request
    NO_REQUEST_HERE = "no_request_here"
    #: there is nothing but a file, or nothing at all
    NO_WORDS = "no_words"

    # -- asking --------------------------------------------------------------------------------------------------------
    #: `who` is not in the directory, has left, or is a bot
    NOT_IN_DIRECTORY = "not_in_directory"
    #: `who` is a guest
    GUEST = "guest"
    #: this person may not ask for `who`
    NOT_ON_BEHALF = "not_on_behalf"
    #: `who` has no e-mail address
    NO_EMAIL = "no_email"
    #: the address of `who` is not one that the application takes; detail["domains"] names those that it does
    EMAIL_DOMAIN = "email_domain"
    #: `who` has just this already; detail["until"] is a datetime, or None for no end date
    ALREADY_HAVE = "already_have"
    #: `who` has asked for just this, and it is not decided yet
    ALREADY_ASKED = "already_asked"
    #: the catalogue is empty
    NOTHING_TO_REQUEST = "nothing_to_request"

    # -- admins --------------------------------------------------------------------------------------------------------
    #: only Usher's admins may do this, or the application's
    NOT_ADMIN = "not_admin"
    #: only Usher's admins may do this
    NOT_USHERS_ADMIN = "not_ushers_admin"
    #: a removal is never given up
    CANNOT_GIVE_UP = "cannot_give_up"

    # -- any -----------------------------------------------------------------------------------------------------------
    #: the form or card was made from something that has changed since
    STALE = "stale"


class Refused(Exception):
    """An operation did not do what was wanted, and nothing was changed."""

    def __init__(
        self,
        refusal: Refusal,
        *,
        who: str | None = None,
        permalink: str | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """
        Args:
            refusal: why.
            who: the Slack user id of the person it is about, as `Refusal` says.
            permalink: of the card that shows what there is instead.
            detail: what else the words need, as `Refusal` says.
        """
        super().__init__(refusal.value)
        self.refusal = refusal
        self.who = who
        self.permalink = permalink
        self.detail: dict[str, object] = dict(detail or {})
