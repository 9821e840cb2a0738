"""What Usher's admins hear when access was given in an emergency: at once, and decided about afterwards."""

from __future__ import annotations

from bot.access.story import Story
from bot.cards.content import Content
from bot.cards.escape import date, mrkdwn, one_line
from bot.cards.items import revoke_button
from bot.cards.rich import bold, buttons, emoji, lines, quote, small
from bot.cards.status import what_line
from bot.cards.telling import tell
from bot.cards.voice import Voice
from bot.cards.words import MARKS, NAME, Mark, application, phase
from storage.tables import RequestState

_REASON = 600


def emergency_card(story: Story) -> Content:
    """The alert. It follows the request, and can be used to take the access back."""
    where, open_ = phase(story), story.state is RequestState.PENDING
    title = f"Emergency access to {application(story)} for {one_line(story.beneficiary.name, NAME)}"
    return Content(
        text=mrkdwn(f"{title}: {where}"),
        blocks=(
            lines(
                [emoji(Mark.TROUBLE if open_ else MARKS[where]), " ", bold(f"{title} · {where}")],
                what_line(story, Voice("")),
            ),
            *([quote(story.reason, limit=_REASON)] if story.reason.strip() else []),
            lines(*tell(story, where, Voice(""))),
            small(date("Given", story.created_at)),
            *buttons(revoke_button(story)),
        ),
    )
