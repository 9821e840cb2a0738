"""Who hears of a comment, under which card."""

from __future__ import annotations

from datetime import timedelta

from bot.access.story import Story
from bot.engine.comment_replies import comment_replies
from storage.tables import Decision
from tests.support import stories
from tests.support.stories import LENA, MAYA, NOOR, NOW, TOM, asked, comment, story


def heard(one: Story) -> dict[str, str | None]:
    """By who hears of it: the card under which they do."""
    return {each.recipient: each.reply_to for each in comment_replies(one)}


def test_everybody_with_a_card_hears_of_it_but_its_author() -> None:
    """Each under their own card: the requester, the beneficiary, and all who were asked."""
    one = story(beneficiary=TOM, asked=(asked(), asked(NOOR, why="owner")), comments=(comment(MAYA),))
    assert heard(one) == {
        LENA.id: f"status:{LENA.id}",
        TOM.id: f"status:{TOM.id}",
        NOOR.id: f"approval:{NOOR.id}",
    }


def test_who_is_asked_later_reads_it_on_their_card() -> None:
    """What was said before is no news to them; what is said afterwards is."""
    first = asked(decision=Decision.APPROVED, decided_at=NOW)
    later = asked(NOOR, why="owner", stage=1, asked_at=NOW + timedelta(minutes=5))
    before = story(asked=(first, later), stage=1, stages=2, comments=(comment(LENA, minutes=3),))
    assert heard(before) == {MAYA.id: f"approval:{MAYA.id}"}
    after = story(asked=(first, later), stage=1, stages=2, comments=(comment(LENA, minutes=6),))
    assert heard(after).keys() == {MAYA.id, NOOR.id}


def test_who_is_asked_twice_hears_of_it_once() -> None:
    """At both stages it is one card, which they have since the first."""
    twice = (asked(), asked(stage=1, asked_at=NOW + timedelta(minutes=5)))
    assert len(list(comment_replies(story(asked=twice, stages=2, comments=(comment(LENA),))))) == 1


def test_who_has_no_card_hears_nothing() -> None:
    """Slack delivers nothing to somebody who is out of reach."""
    assert heard(story(asked=(asked(unreachable=True),), comments=(comment(LENA),))) == {}


def test_each_comment_is_told_once() -> None:
    """In a slot of its own: what was told is known, whatever is said afterwards."""
    one = stories.talked_about()["pending, much talked about"]
    slots = [each.slot for each in comment_replies(one)]
    assert len(slots) == len(set(slots)) == 2 * len(one.comments)
