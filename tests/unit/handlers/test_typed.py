"""What people typed, read as they saw it."""

from __future__ import annotations

import pytest

from bot.handlers.typed import people_in, plain_words


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("plain words", "plain words"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("ask <@U0MAYA0001>, or <@U0NOBODY>", "ask @Maya Lindqvist, or @somebody"),
        ("<@U0NOBODY|nils>", "@nils"),
        ("in <#C0IT|it> and <#C0NEW>", "in #it and #a channel"),
        ("<!here> <!subteam^S0IT|@it-admins> <!subteam^S0IT>", "@here @it-admins @a group"),
        ("<!date^1795460400^{date}|23 Nov>", "23 Nov"),
        ("<https://x.example/a?b&amp;c>", "https://x.example/a?b&c"),
        ("<https://x.example|the site> <http://x.example|x.example>", "the site (https://x.example) x.example"),
        ("<mailto:lena@harbour.example|lena@harbour.example>", "lena@harbour.example"),
        ("1 &lt; 2 <", "1 < 2 <"),
        ("&lt;@U0MAYA0001&gt;", "<@U0MAYA0001>"),
    ],
)
def test_slacks_spelling_becomes_plain_words(sent: str, read: str) -> None:
    """Mentions have names, links show where they lead, and what looks like markup but was typed stays as typed."""
    assert plain_words(sent, {"U0MAYA0001": "Maya Lindqvist"}) == read


def test_who_is_mentioned_is_found() -> None:
    """The ids of people, and of nothing else."""
    text = "<@U0MAYA0001> <@W0NOOR|noor> <#C0IT> <!here> &lt;@U0LENA0001&gt;"
    assert people_in(text) == {"U0MAYA0001", "W0NOOR"}
