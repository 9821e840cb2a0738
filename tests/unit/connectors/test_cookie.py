"""The session cookie between Set-Cookie, the secret store and Cookie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.chatgpt.cookie import NAME, cookie_header, rotated, session_value
from bot.connectors.contract import SignInAgain

values = st.text(alphabet="abcXYZ019._-~", min_size=1, max_size=9000)


@given(values)
def test_a_value_survives_the_way_through_a_header(value: str) -> None:
    """However long it is, and also where an admin hands the header over instead of the value."""
    assert session_value(cookie_header(value)) == value
    assert rotated([f"{part}; Path=/; Secure; HttpOnly" for part in cookie_header(value).split("; ")]) == value


@given(values)
def test_no_single_cookie_is_longer_than_a_browser_keeps(value: str) -> None:
    """NextAuth splits at the same length."""
    assert all(len(part) <= 4096 for part in cookie_header(value).split("; "))


def test_only_the_session_cookie_counts() -> None:
    """Other cookies are none of Usher's business, and a deletion is no value."""
    others = ["__cf_bm=abc; Path=/", "__Secure-next-auth.callback-url=x", f"{NAME}-other=x"]
    assert rotated(others) is None
    assert rotated([*others, f"{NAME}=new; Path=/; Secure", f"{NAME}.0=; Max-Age=0", f"{NAME}.1=; Max-Age=0"]) == "new"
    assert rotated([f"{NAME}=; Max-Age=0"]) is None


def test_parts_are_put_together_by_number() -> None:
    """Ten comes after nine, whatever order they arrive in."""
    parts = [f"{NAME}.{number}={letter}" for number, letter in enumerate("abcdefghijkl")]
    assert rotated(reversed(parts)) == "abcdefghijkl"


@pytest.mark.parametrize(
    "wrong", ["", "  ", "two words", "semi;colon", "line\nbreak", "ümlaut", '"quoted"', f"{NAME}="]
)
def test_what_is_no_cookie_value_is_not_sent_and_not_quoted(wrong: str) -> None:
    """An admin pasted something else."""
    with pytest.raises(SignInAgain) as stopped:
        session_value(wrong)
    assert not wrong.strip() or wrong.strip() not in stopped.value.explanation
