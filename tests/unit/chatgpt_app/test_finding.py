"""Which applications fit what somebody says."""

from __future__ import annotations

import pytest

from bot.access.catalog import ApplicationEntry
from bot.chatgpt_app.finding import Index


def entry(key: str, name: str, description: str = "", *tags: str) -> ApplicationEntry:
    return ApplicationEntry.model_validate(
        {"key": key, "name": name, "description": description, "tags": tags, "connector": {"type": "manual"}}
    )


INDEX = Index([
    entry("chatgpt", "ChatGPT", "Chat, data analysis, and an agent that writes code", "ai", "writing"),
    entry("figma", "Figma", "Draw screens and prototypes together", "design", "prototyping"),
    entry("miro", "Miro", "A whiteboard for everybody", "design", "workshops"),
    entry("jira-software", "Jira Software", "Plan sprints and track issues", "planning"),
    entry("jira-service", "Jira Service Management", "Answer tickets", "support"),
    entry("datadog", "Datadog", "Watch servers and their logs", "monitoring"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("designing something", "figma"),
        ("What app can help with designing something?", "figma"),
        ("I need a tool to draw prototypes", "figma"),
        ("proto", "figma"),  # a beginning
        ("whitebord", "miro"),  # a slip
        ("WORKSHOP", "miro"),
        ("analysing data", "chatgpt"),
        ("coding agent writes", "chatgpt"),
        ("tracking an issue", "jira-software"),
        ("jira software", "jira-software"),
        ("monitor my server", "datadog"),
    ],
)
def test_the_meaning_of_the_words_finds_it(said: str, first: str) -> None:
    """Stems are compared, words that say nothing are ignored, and slips are forgiven."""
    assert INDEX.find(said)[0].key == first


@pytest.mark.parametrize("said", ["", "Which applications do we have in this organization?", "  ???  "])
def test_without_a_word_that_says_something_everything_is_found(said: str) -> None:
    """In the catalogue's order."""
    assert [each.key for each in INDEX.find(said)] == [each.key for each in INDEX.entries]


@pytest.mark.parametrize("said", ["payroll", "xyzzy plugh", "zz"])
def test_what_fits_nothing_finds_nothing(said: str) -> None:
    """Rather than something that is no answer."""
    assert INDEX.find(said) == ()


def test_what_fits_far_worse_is_left_out() -> None:
    """Both are for designing; only one of them is called so."""
    assert [each.key for each in INDEX.find("figma design")] == ["figma"]
    assert [each.key for each in INDEX.find("design")] == ["figma", "miro"]


def test_a_tag_narrows_what_is_found() -> None:
    """However it is spelled; and the tags there are can be named."""
    assert [each.key for each in INDEX.find("", "Designs")] == ["figma", "miro"]
    assert [each.key for each in INDEX.find("workshops", "design")] == ["miro"]
    assert INDEX.find("", "finance") == ()
    assert INDEX.tags[0] == "design"
    assert set(INDEX.tags) >= {"ai", "writing", "prototyping", "workshops", "planning", "support", "monitoring"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("figma", "figma"),
        ("FIGMA", "figma"),
        ("jira-service", "jira-service"),
        ("Jira Service Management", "jira-service"),
        ("chat gpt", "chatgpt"),
        ("the ChatGPT workspace", "chatgpt"),
        ("Data-Dog", "datadog"),
        ("figmaa", "figma"),
    ],
)
def test_an_application_is_known_by_its_key_or_name_or_close_to_it(said: str, meant: str) -> None:
    """As long as only one can be meant."""
    named = INDEX.named(said)
    assert named.entry is not None
    assert named.entry.key == meant


@pytest.mark.parametrize(
    ("said", "candidates"),
    [("jira", {"jira-software", "jira-service"}), ("the design tool", {"figma", "miro"}), ("salesforce", set())],
)
def test_an_application_that_is_not_clear_is_not_guessed(said: str, candidates: set[str]) -> None:
    """Those that it may be are named, and nothing is where nothing comes near."""
    named = INDEX.named(said)
    assert named.entry is None
    assert {each.key for each in named.candidates} == candidates


def test_no_catalogue_is_no_error() -> None:
    """Nothing is found in it."""
    empty = Index([])
    assert empty.find("design") == empty.find("") == ()
    assert empty.named("figma").entry is None
