"""The request form offers what the application offers, and what comes back is read without trust."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.access.story import Choice
from bot.cards import actions
from bot.cards.form import Draft, field_errors, options_for, read_form, request_form
from sandbox.slack.blocks import check_view
from sandbox.slack.element_state import completed, values_for
from tests.support import cards, stories

CHOICES = stories.choices()
MONTH = 30 * 86_400


def inputs(form: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["label"]["text"]: block for block in form["blocks"] if block["type"] == "input"}


def options(form: dict[str, Any], label: str) -> list[str]:
    return [option["text"]["text"] for option in inputs(form)[label]["element"]["options"]]


def entered(form: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """What Slack would send: what was entered in the form before, else what it starts with."""
    values: dict[str, Any] = values_for(completed(form["blocks"]), before)
    return values


def test_the_inputs_are_labelled_as_promised() -> None:
    """Application, Role, Seat type, Duration, Reason, For, Start."""
    form = request_form(CHOICES, Draft(application="chatgpt"))
    assert list(inputs(form)) == ["Application", "Role", "Seat type", "Duration", "Reason", "For", "Start"]
    assert options(form, "Role") == ["Member", "Admin"]
    assert options(form, "Seat type") == ["ChatGPT seat", "Codex seat"]
    assert options(form, "Duration") == ["7 days", "30 days", "No end date"]


def test_before_an_application_is_chosen_nothing_depends_on_one() -> None:
    """A blank form asks for the application, the reason and for whom."""
    form = request_form(CHOICES, Draft())
    assert list(inputs(form)) == ["Application", "Reason", "For", "Start"]
    assert inputs(form)["Application"]["dispatch_action"] is True


def test_what_leaves_no_choice_is_chosen_already() -> None:
    """One role, one seat type or one duration is chosen, and what an application does not know is not asked."""
    form = inputs(request_form(CHOICES, Draft(application="codex")))
    assert list(form) == ["Application", "Role", "Seat type", "Duration", "Reason", "For", "Start"]
    assert [len(form[name]["element"]["options"]) for name in ("Role", "Seat type")] == [1, 1]
    assert form["Role"]["element"]["initial_option"]["value"] == "member"
    form = inputs(request_form(CHOICES, Draft(application="figma")))
    assert list(form) == ["Application", "Duration", "Reason", "For", "Start"]


def test_the_only_application_is_chosen_already() -> None:
    """Nobody has to choose from a list of one."""
    form = request_form(CHOICES[:1], Draft())
    assert inputs(form)["Application"]["element"]["initial_option"]["value"] == "chatgpt"
    assert "Role" in inputs(form)


def test_words_fill_it_in() -> None:
    """What was typed after the command stands in the form, and what is not offered does not."""
    draft = Draft(application="chatgpt", role="owner", seat_type="codex", duration_seconds=None, reason="to *try*")
    read = read_form(entered(request_form(CHOICES, draft)), CHOICES)
    assert read == Draft(
        application="chatgpt", role="member", seat_type="codex", duration_seconds=None, reason="to *try*"
    )


def test_another_application_starts_its_own_choices_afresh_and_keeps_the_reason() -> None:
    """Slack keeps values by block_id across an update of the view: only the reason's stays the same."""
    first = request_form(CHOICES, Draft(application="chatgpt"))
    typed = entered(first)
    typed["seat_type:chatgpt"][actions.VALUE]["selected_option"] = {"value": "codex"}
    typed[actions.REASON_BLOCK][actions.VALUE]["value"] = "half a sentence"
    other = Choice(
        key="other", name="Other", description="", roles=(), seat_types=("chatgpt", "codex"), durations=(60,)
    )
    choices = (*CHOICES, other)
    typed["application"][actions.CHOOSE_APPLICATION]["selected_option"] = {"value": "other"}
    draft = read_form(typed, choices)
    assert draft == Draft(application="other", role="", seat_type=None, duration_seconds=60, reason="half a sentence")
    now = read_form(entered(request_form(choices, draft), typed), choices)
    assert (now.application, now.seat_type, now.reason) == ("other", "chatgpt", "half a sentence")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("codex", Draft(application="codex", role="member", seat_type="codex", duration_seconds=MONTH)),
        ("figma", Draft(application="figma", role="", seat_type="", duration_seconds=MONTH)),
    ],
)
def test_what_was_not_asked_is_filled_in_when_read(key: str, expected: Draft) -> None:
    """A draft is complete although the form had fewer inputs."""
    assert read_form(entered(request_form(CHOICES, Draft(application=key))), CHOICES) == expected


def test_what_is_not_offered_counts_as_not_chosen() -> None:
    """A forged or outdated value never becomes a wish."""
    values = entered(request_form(CHOICES, Draft(application="chatgpt")))
    values["role:chatgpt"][actions.VALUE]["selected_option"] = {"value": "owner"}
    values["duration:chatgpt"][actions.VALUE]["selected_option"] = {"value": "999d"}
    read = read_form(values, CHOICES)
    assert (read.role, read.duration_seconds) == (None, ...)
    values["application"][actions.CHOOSE_APPLICATION]["selected_option"] = {"value": "gone"}
    assert read_form(values, CHOICES) == Draft()
    assert read_form({}, CHOICES) == Draft()


def test_for_may_be_left_empty() -> None:
    """Empty means for me; several can be named, and a form from before that could name one."""
    form = request_form(CHOICES, Draft(people=("U0TOM00001", "U0MAYA0001")))
    assert inputs(form)["For"]["optional"] is True
    assert read_form(entered(form), CHOICES).people == ("U0TOM00001", "U0MAYA0001")
    assert read_form(entered(request_form(CHOICES, Draft())), CHOICES).people == ()
    earlier = {actions.FOR_BLOCK: {actions.VALUE: {"type": "users_select", "selected_user": "U0TOM00001"}}}
    assert read_form(earlier, CHOICES).people == ("U0TOM00001",)


def test_a_day_can_be_chosen() -> None:
    """No day means as soon as it is approved."""
    form = request_form(CHOICES, Draft(start=date(2026, 12, 3)))
    assert inputs(form)["Start"]["optional"] is True
    assert read_form(entered(form), CHOICES).start == date(2026, 12, 3)


def test_emergencies_can_be_told_only_where_the_policy_knows_them() -> None:
    """With the longest time that it is given for; another application starts afresh."""
    urgent = replace(CHOICES[0], emergency=4 * 3600)
    form = request_form([urgent], Draft(emergency=True))
    assert "For at most 4 hours." in inputs(form)["Emergency"]["hint"]["text"]
    assert read_form(entered(form), [urgent]).emergency
    assert not read_form(entered(request_form([urgent], Draft())), [urgent]).emergency
    assert "Emergency" not in inputs(request_form(CHOICES, Draft(application="chatgpt")))


def test_many_applications_are_searched_instead_of_listed() -> None:
    """Beyond the 100 options of a select, Slack asks for those that fit what was typed."""
    many = tuple(
        Choice(key=f"app-{n}", name=f"App {n}", description="", roles=(), seat_types=(), durations=(60,))
        for n in range(250)
    )
    form = request_form(many, Draft(application="app-7"))
    assert inputs(form)["Application"]["element"]["type"] == "external_select"
    assert check_view(form, "modal") == []
    assert len(options_for("", many)) == 100
    assert [option["value"] for option in options_for(" APP 24", many)] == [
        "app-24",
        *(f"app-24{n}" for n in range(10)),
    ]
    assert [option["value"] for option in options_for("data analysis", CHOICES)] == ["chatgpt"]


def test_an_empty_catalogue_is_explained() -> None:
    """There is nothing to send, and the next step is told."""
    form = request_form((), Draft())
    assert "submit" not in form
    assert "An admin has to add an application first." in cards.seen(form["blocks"])


def test_errors_stand_under_their_fields() -> None:
    """Slack wants them by block_id; a field that is not in the form is told under the first."""
    view = request_form(CHOICES, Draft(application="chatgpt"))
    assert field_errors({"reason": "Say why.", "seat_type": "Choose."}, view) == {
        "reason": "Say why.",
        "seat_type:chatgpt": "Choose.",
    }
    assert field_errors({"role": "None.", "application": "Gone."}, request_form(CHOICES, Draft())) == {
        "application": "None. Gone."
    }
    assert field_errors({"for": "Guests cannot."}, view) == {"for": "Guests cannot."}
