"""Other people's text is shortened and escaped without harm to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.escape import date, in_utc, mrkdwn, one_line, plain, shorten
from tests.support.stories import NOW


def test_the_three_characters_that_slack_reads_are_escaped_once() -> None:
    """`<!channel>` in a notification calls nobody."""
    assert mrkdwn("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_plain_text_stays_as_it_was_written() -> None:
    """Only control characters go, and line ends become one kind."""
    assert plain("a <b> & *c*\r\nd\x00") == "a <b> & *c*\nd"


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("abc   def", 6, "abc…"),
        ("ab👨‍👩‍👧", 6, "ab…"),  # a family of three, joined
        ("ab👍🏽cd", 6, "ab…"),  # a thumb and its skin tone
        ("ab🇩🇪🇫🇷", 7, "ab🇩🇪…"),  # flags are pairs of letters
        ("abe\u0301fg", 4, "ab…"),  # an e and its accent
        ("😀😀😀", 5, "😀😀…"),  # two UTF-16 units each
        ("👨‍👩‍👧", 3, "…"),
    ],
)
def test_no_character_is_cut_in_two(text: str, limit: int, shown: str) -> None:
    """An ellipsis stands in place of whole characters, as people see them."""
    assert shorten(text, limit) == shown


@given(text=st.text(), limit=st.integers(1, 50))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    """The limit holds in UTF-16 units, which is never fewer than code points."""
    assert len(shorten(text, limit).encode("utf-16-le", "surrogatepass")) // 2 <= limit


def test_a_label_is_never_empty() -> None:
    """Slack refuses empty texts."""
    assert one_line(" \n ", 10) == "…"
    assert one_line("two\nlines", 20) == "two lines"


def test_a_date_is_shown_in_the_readers_time_zone_or_else_in_utc() -> None:
    """The token has a fallback that can be read."""
    assert in_utc("until", NOW) == "until 23 Nov 2026 at 10:00 UTC"
    assert date("until", NOW) == (
        "<!date^1795428000^until {date_short_pretty} at {time}|until 23 Nov 2026 at 10:00 UTC>"
    )
