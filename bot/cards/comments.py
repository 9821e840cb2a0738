"""What people said about a request: on its cards, in a reply that notifies, and in the form to say more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.access.story import CommentStory, Story
from bot.access.wish import LONGEST_REASON
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.escape import mrkdwn, one_line, shorten
from bot.cards.rich import Line, bold, button, label, lines, quote, quoted, rich, running, small, user, when
from bot.cards.voice import Voice
from bot.cards.words import NAME, application
from storage.tables import RequestState

#: how many comments a card shows, and how much of each; all of each stands in the replies under the card
_MOST: Final = 3
_SHOWN: Final = 300
_IN_A_LINE: Final = 150
#: of a notification
_SPOKEN: Final = 300


def comments(story: Story, voice: Voice) -> Iterator[JSON]:
    """The latest of what was said, the newest last: one block, or none."""
    if not story.comments:
        return
    earlier = len(story.comments) - _MOST
    parts = [running([f"{earlier} earlier comment{'' if earlier == 1 else 's'}"])] if earlier > 0 else []
    for one in story.comments[-_MOST:]:
        who = voice.name(one.author, first=True)
        parts += [running([bold(who) if isinstance(who, str) else who, " ", when("·", one.at)]), _words(one)]
    yield rich(*parts)


def last_word(story: Story, voice: Voice) -> Line:
    """The latest of it in a line, where there is no room for more."""
    if not story.comments:
        return []
    last = story.comments[-1]
    return [voice.name(last.author, first=True), " ", when("wrote", last.at), f": “{one_line(last.text, _IN_A_LINE)}”"]


def comment_reply(story: Story, comment: CommentStory, *, reader_id: str) -> Content:
    """The reply under somebody's card by which they hear of a comment."""
    voice = Voice(reader_id)
    about: Line = [*voice.own(story.requester), f" request for {application(story)}"]
    said = one_line(f"{comment.author.name}: {comment.text}", _SPOKEN)
    return Content(
        text=mrkdwn(said), blocks=(lines([user(comment.author), " about ", *about, ":"]), quote(comment.text))
    )


def to_answer(story: Story, reader_id: str) -> CommentStory | None:
    """What somebody else said last to the person who follows a pending request on their card."""
    if story.state is not RequestState.PENDING or reader_id not in (story.requester.id, story.beneficiary.id):
        return None
    last = story.comments[-1] if story.comments else None
    return last if last is not None and last.author.id != reader_id else None


def answer_button(story: Story, reader_id: str) -> Iterator[JSON]:
    """Answer, where there is something to answer."""
    if to_answer(story, reader_id) is not None:
        yield button("Answer", actions.ANSWER, story.id)


def answer_hint(story: Story, reader_id: str) -> Iterator[JSON]:
    """That one need not press it."""
    if to_answer(story, reader_id) is not None:
        yield small("Press Answer, or just reply in this thread: whoever was asked will see it")


def question_form(story: Story, *, intro: JSON) -> JSON:
    """The modal in which somebody who was asked asks back."""
    names = dict.fromkeys(one_line(who.name, NAME) for who in (story.requester, story.beneficiary))
    return _form(
        story, "Ask a question", intro, "Your question", f"{' and '.join(names)} will read this, and can answer."
    )


def answer_form(story: Story, comment: CommentStory) -> JSON:
    """The modal in which it is answered."""
    question = rich(running([user(comment.author), " ", when("·", comment.at)]), _words(comment, limit=LONGEST_REASON))
    return _form(story, "Answer", question, "Your answer", "Everybody who was asked will read this.")


def read_comment(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """What was written, out of `view["state"]["values"]`, without blanks around it."""
    return (values.get(actions.COMMENT_BLOCK, {}).get(actions.VALUE, {}).get("value") or "").strip()


def _words(comment: CommentStory, *, limit: int = _SHOWN) -> JSON:
    return quoted(shorten(comment.text, limit))


def _form(story: Story, title: str, intro: JSON, name: str, hint: str) -> JSON:
    element = {
        "type": "plain_text_input",
        "action_id": actions.VALUE,
        "multiline": True,
        "max_length": LONGEST_REASON,
    }
    return {
        "type": "modal",
        "callback_id": actions.COMMENT_FORM,
        "private_metadata": story.id,
        "title": label(title),
        "submit": label("Send"),
        "close": label("Back"),
        "blocks": [
            intro,
            {
                "type": "input",
                "block_id": actions.COMMENT_BLOCK,
                "label": label(name),
                "hint": label(hint),
                "element": element,
            },
        ],
    }
