"""What people type and choose, read and held against what is offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement
from bot.access.durations import parse_duration, say_duration, say_time_left, write_duration
from bot.access.story import Choice
from bot.access.wish import LONGEST_REASON, Wish, Words, WrongWish, read_words, terms

CHATGPT = Choice(
    key="chatgpt", name="ChatGPT", description="", roles=("member", "admin"), seat_types=("chatgpt", "codex"),
    durations=(7 * 86_400, 30 * 86_400, None),
)  # fmt: skip
HANDBOOK = Choice(key="handbook", name="Studio handbook", description="", roles=(), seat_types=(), durations=(None,))
ENTRY = ApplicationEntry.model_validate(
    {"key": "handbook", "name": "Studio handbook", "durations": ["7d"], "connector": {"type": "manual"}}
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", Words()),
        ("chatgpt", Words(application="chatgpt")),
        ("ChatGPT codex 30d to try the new agent",
         Words(application="chatgpt", seat_type="codex", duration="30d", reason="to try the new agent")),
        ("chatgpt 30d admin chatgpt", Words(application="chatgpt", role="admin", seat_type="chatgpt", duration="30d")),
        ("chatgpt 99d please", Words(application="chatgpt", reason="99d please")),
        ("chatgpt codex codex", Words(application="chatgpt", seat_type="codex", reason="codex")),
        ("studio handbook to read", Words(application="handbook", reason="to read")),
        ("chatgpt unlimited", Words(application="chatgpt", duration="unlimited")),
    ],
)  # fmt: skip
def test_words_are_read(typed: str, read: Words) -> None:
    """An application, its choices in any order, and the rest is the reason."""
    assert read_words(typed, (CHATGPT, HANDBOOK)) == read


@pytest.mark.parametrize("typed", ["gibberish", "please chatgpt", "<!channel>"])
def test_nonsense_is_known_as_such(typed: str) -> None:
    """Whoever names no application gets an answer, not a form."""
    assert read_words(typed, (CHATGPT, HANDBOOK)) is None


def wish(**changed: object) -> Wish:
    return Wish(**({"application": "handbook", "reason": "to read", "beneficiary_id": "U1"} | changed))  # type: ignore[arg-type]


def test_what_leaves_no_choice_is_filled_in() -> None:
    """One duration is that duration, and where there are no roles none is asked for."""
    assert terms(wish(), ENTRY).duration_seconds == 7 * 86_400
    assert terms(wish(), ENTRY).entitlement == Entitlement(role="", seat_type="")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"role": "boss"}, "role"),
        ({"seat_type": "gold"}, "seat_type"),
        ({"duration_seconds": 5}, "duration"),
        ({"duration_seconds": None}, "duration"),
        ({"reason": " \n"}, "reason"),
        ({"reason": "x" * (LONGEST_REASON + 1)}, "reason"),
    ],
)
def test_what_is_not_offered_is_refused_at_its_field(changed: dict[str, object], field: str) -> None:
    """Each with a sentence that says what to do."""
    with pytest.raises(WrongWish) as wrong:
        terms(wish(**changed), ENTRY)
    assert list(wrong.value.fields) == [field]
    assert wrong.value.fields[field].endswith(".")


@given(st.integers(1, 10**8) | st.none())
def test_a_duration_reads_back_as_it_was_written(seconds: int | None) -> None:
    """The catalogue, the form and the JSON spell it alike."""
    assert parse_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "said"), [(90, "1 minute 30 seconds"), (604_800, "7 days"), (None, "no end date"), (3600, "1 hour")]
)
def test_a_duration_is_said_as_people_do(seconds: int | None, said: str) -> None:
    """In its two largest units."""
    assert say_duration(seconds) == said


def test_time_left_is_said_in_its_largest_unit() -> None:
    """Nobody counts seconds over days."""
    assert [say_time_left(seconds) for seconds in (0, 59, 61, 7300, 600_000)] == [
        "less than a minute left", "less than a minute left", "1 minute left", "2 hours left", "6 days left",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7 days", "1.5h", "0d", "forever"])
def test_what_is_no_duration_is_explained(text: str) -> None:
    """The message says how one is written."""
    with pytest.raises(ValueError, match="90s, 15m, 8h, 7d, 2w or unlimited"):
        parse_duration(text)
