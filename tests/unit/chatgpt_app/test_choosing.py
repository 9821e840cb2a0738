"""What somebody chose, from what they said."""

from __future__ import annotations

import pytest

from bot.access.catalog import ApplicationEntry
from bot.access.wish import Wish
from bot.chatgpt_app.choosing import NotOffered, choose, understand_duration

DAY = 86_400
CHATGPT = ApplicationEntry.model_validate({
    "key": "chatgpt",
    "name": "ChatGPT",
    "roles": ["member", "admin"],
    "seat_types": ["chatgpt", "codex"],
    "durations": ["7d", "14d", "unlimited"],
    "connector": {
        "type": "chatgpt", "transport": "web_admin", "integration_email": "it@harbour.example", "secret": "session",
        "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    },
})  # fmt: skip
FIGMA = ApplicationEntry.model_validate({"key": "figma", "name": "Figma", "connector": {"type": "manual"}})


def chosen(entry: ApplicationEntry = CHATGPT, **said: str) -> tuple[Wish, tuple[str, ...]]:
    everything = {"role": None, "seat_type": None, "duration": None, "reason": "to test"} | said
    return choose(entry, person_id="ULENA", **everything)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("14d", 14 * DAY),
        ("2w", 14 * DAY),
        ("two weeks", 14 * DAY),
        ("for 14 days", 14 * DAY),
        ("A fortnight", 14 * DAY),
        ("a month", 30 * DAY),
        ("90 minutes", 5400),
        ("8-hour", 8 * 3600),
        ("no end date", None),
        ("Permanently.", None),
    ],
)
def test_durations_are_understood_as_people_say_them(said: str, seconds: int | None) -> None:
    """In figures, in words, and without an end."""
    assert understand_duration(said) == seconds


@pytest.mark.parametrize("said", ["soon", "2 moons", "-3 days", "until Friday", "9999999999 weeks", "", "1e3 days"])
def test_what_is_no_duration_is_not_guessed(said: str) -> None:
    """Nothing is taken for something else."""
    with pytest.raises(ValueError, match="duration"):
        understand_duration(said)


@pytest.mark.parametrize("seat", ["codex", "Codex", "Codex seat", "codex-seat"])
@pytest.mark.parametrize("role", ["admin", "Admin", "admin role"])
def test_choices_are_known_by_the_catalogues_words_and_by_ours(role: str, seat: str) -> None:
    """What one answer said can go into the next call."""
    wish, assumed = chosen(role=role, seat_type=seat, duration="14 days")
    assert (wish.role, wish.seat_type, wish.duration_seconds) == ("admin", "codex", 14 * DAY)
    assert assumed == ()


def test_what_was_not_chosen_is_the_default_and_is_named() -> None:
    """The first of each; nothing is said where there was no choice."""
    wish, assumed = chosen()
    assert (wish.role, wish.seat_type, wish.duration_seconds) == ("member", "chatgpt", 7 * DAY)
    assert assumed == (
        "No role was named, so the default was taken: Member.",
        "No seat type was named, so the default was taken: ChatGPT seat.",
        "No duration was named, so the default was taken: 7 days.",
    )
    wish, assumed = chosen(FIGMA)
    assert (wish.role, wish.seat_type, wish.duration_seconds, assumed) == (None, None, 30 * DAY, ())


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"role": "king"}, "ChatGPT has no role “king”. Possible: Member, Admin."),
        ({"seat_type": "sofa"}, "ChatGPT has no seat type “sofa”. Possible: ChatGPT seat, Codex seat."),
        ({"duration": "3 days"}, "ChatGPT is not given for 3 days. Possible: 7 days, 14 days, no end date."),
        ({"duration": "a while"}, "“a while” is not a duration that Usher understands. Possible: 7 days"),
        ({"reason": "  "}, "Ask the user what they need it for"),
    ],
)
def test_what_is_not_possible_is_answered_with_what_is(said: dict[str, str], answer: str) -> None:
    """In a sentence."""
    with pytest.raises(NotOffered) as refused:
        chosen(**said)
    assert str(refused.value).startswith(answer)


def test_a_choice_where_there_is_none_is_said() -> None:
    """It is not dropped without a word."""
    with pytest.raises(NotOffered, match=r"Figma has no role to choose: leave it out\."):
        chosen(FIGMA, role="editor")
