"""Somebody else's access, for those who look after it: the button on the Home tab, the list, and Revoke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.access.story import HomeStory, Story, Who
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.reason_form import reason_form
from bot.cards.rich import Line, bold, button, label, lines, small, user, when
from bot.cards.words import application, asked_for, entitlement_words, phase


def find_access_button(home: HomeStory) -> Iterator[JSON]:
    """For those who look after other people's access."""
    if home.looks_after:
        yield button("Find somebody's access", actions.FIND_ACCESS)


def found_access(stories: Sequence[Story], total: int, *, whose: Who | None) -> JSON:
    """The modal: choose a person, or take what ends soonest.

    Args:
        stories: the access that is shown, with living grants.
        total: how much there is.
        whose: the person who was chosen; None for everybody.
    """
    select: JSON = {
        "type": "users_select",
        "action_id": actions.WHOSE_ACCESS,
        "placeholder": label("Everybody"),
        **({"initial_user": whose.id} if whose else {}),
    }
    more = total - len(stories)
    return {
        "type": "modal",
        "callback_id": actions.FOUND_ACCESS,
        "title": label("Somebody's access"),
        "close": label("Close"),
        "blocks": [
            {
                "type": "section",
                "block_id": actions.WHOSE_ACCESS,
                "text": label("Whose access?"),
                "accessory": select,
            },
            {"type": "divider"},
            *(block for story in stories for block in _item(story)),
            *([] if stories else [lines(_nothing(whose))]),
            *([small(f"and {more} more: choose a person above")] if more > 0 else []),
        ],
    }


def revoke_form(story: Story) -> JSON:
    """The modal that asks why, before access is taken back."""
    grant_id = story.grant.id if story.grant else ""
    return reason_form(
        callback_id=actions.REVOKE_FORM,
        about=grant_id,
        title="Revoke access",
        submit="Revoke",
        intro=lines(
            [bold(application(story)), " · ", user(story.beneficiary)],
            ["It is taken back at once, and its extension with it. Both of you are told when it is gone."],
        ),
        hint="They will read this.",
    )


def _item(story: Story) -> Iterator[JSON]:
    grant = story.grant
    yield lines([user(story.beneficiary), " · ", bold(f"{application(story)} · {phase(story)}")], _details(story))
    if grant is not None:
        yield {"type": "actions", "elements": [button("Revoke", actions.REVOKE, grant.id, style="danger")]}


def _details(story: Story) -> Line:
    grant = story.grant
    if grant is None or grant.ends_at is None:
        return [asked_for(story)]
    held = entitlement_words(story.entitlement)
    return [f"{held} · " if held else "", when("until", grant.ends_at)]


def _nothing(whose: Who | None) -> Line:
    if whose is None:
        return ["Nobody has access through Usher yet in what you look after."]
    return [user(whose), " has no access through Usher in what you look after."]
