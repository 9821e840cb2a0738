"""What became of access that an admin took back, or that somebody lost who left: told to admins, with the proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.access.story import Story
from bot.cards.content import Content
from bot.cards.escape import mrkdwn, one_line
from bot.cards.rich import Line, bold, emoji, lines, listed, quote, user, when
from bot.cards.verdict import NAMED
from bot.cards.words import NAME, Mark, application, entitlement_words
from storage.tables import AccountStatus, EndReason, GrantState

#: how much of the reason is repeated
_REASON = 600


def removal_card(stories: Sequence[Story]) -> Content:
    """One card about what one person loses in one application at once.

    Args:
        stories: the requests by which they had it; at least one. Their grants are ending, or over.
    """
    first = stories[0]
    title = _title(first)
    said = first.grant.end_note if first.grant and first.grant.end_reason is EndReason.REVOKED else None
    return Content(
        text=mrkdwn(title),
        blocks=(
            lines([emoji(_mark(stories)), " ", bold(title)], _what(stories)),
            lines(*_proof(stories)),
            *([quote(said, limit=_REASON)] if said else []),
        ),
    )


def is_over(stories: Sequence[Story]) -> bool:
    """Has all of it been seen to be gone?"""
    return all(story.grant is not None and story.grant.state is GrantState.ENDED for story in stories)


def _title(story: Story) -> str:
    name, whom = application(story), one_line(story.beneficiary.name, NAME)
    if story.grant and story.grant.end_reason is EndReason.LEFT:
        return f"{whom} left · {name}"
    return f"You took back {name} · {whom}"


def _mark(stories: Sequence[Story]) -> Mark:
    if is_over(stories):
        return Mark.YOURS if _is_left_to_do(stories[0]) or _is_to_be_checked(stories[0]) else Mark.GOOD
    return Mark.TROUBLE if stories[0].problem else Mark.WAITS


def _what(stories: Sequence[Story]) -> Line:
    """`What was removed: Member · Codex seat`."""
    word = "What was removed: " if is_over(stories) else "What is being removed: "
    each = dict.fromkeys(entitlement_words(story.terms.entitlement) or "the access" for story in stories)
    return [word, *listed([[words] for words in each], most=NAMED), "."]


def _is_left_to_do(story: Story) -> bool:
    """Is something there that Usher did not give, of somebody who is not there any more?"""
    ending = story.grant.ending if story.grant and story.grant.end_reason is EndReason.LEFT else None
    return ending is not None and ending.seen is not None and ending.seen is not AccountStatus.ABSENT


def _is_to_be_checked(story: Story) -> bool:
    """Is it gone for all that Usher sees, which is not all that there is?"""
    ending = story.grant.ending if story.grant else None
    return story.by_directory and ending is not None and ending.seen is AccountStatus.ABSENT


def _proof(stories: Sequence[Story]) -> Iterator[Line]:
    first = stories[0]
    name, ending = application(first), first.grant.ending if first.grant else None
    if not is_over(stories):
        if first.problem:
            yield ["Something is in the way: ", first.problem]
            yield ["Usher does not give up on a removal: it tries again, and the admins have been told what to do."]
        elif first.by_hand:
            yield [f"An admin of {name} has been asked to take it away by hand. You will read here when it is done."]
        else:
            yield ["It is being taken away now. You will read here what was seen afterwards."]
        return
    if ending is None or ending.seen_at is None:
        return
    if first.by_hand:
        yield from _by_word(first, name)
        return
    if _is_to_be_checked(first):
        yield ["Taken out of the directory, ", when("which was read again", ending.seen_at), "."]
        yield [f"{name} follows within 40 minutes or so. Usher cannot see that: please look at its members then."]
        return
    read: Line = [f"Members and invites of {name} ", when("were read again", ending.seen_at), ": "]
    match ending.seen:
        case AccountStatus.ABSENT:
            yield [*read, "neither among the members nor among the invites."]
        case AccountStatus.INVITED:
            yield [*read, "there is still an invite."]
            yield _stays(first)
        case _:
            yield [*read, "still a member."]
            yield _stays(first)


def _by_word(story: Story, name: str) -> Iterator[Line]:
    ending = story.grant.ending if story.grant else None
    if ending is None or ending.seen_at is None:
        return
    if ending.confirmed_by is None:
        yield [f"Nothing had been set up in {name} yet, so there was nothing to take away."]
    else:
        yield [user(ending.confirmed_by), " took it away by hand and ", when("confirmed it", ending.seen_at), "."]


def _stays(story: Story) -> Line:
    """Why something is still there."""
    if _is_left_to_do(story):
        return [f"That was there before Usher, which takes back only what it gave. Remove it in {application(story)}."]
    return ["It is there by other access: approved on another request, or from before Usher."]
