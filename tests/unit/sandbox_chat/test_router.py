"""The chat's router: which words lead to which tool, and what it says where they lead to none."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.chat.router import EXAMPLES, Advice, ToolCall, route


@pytest.mark.parametrize(
    ("prompt", "tool", "arguments"),
    [
        ("What app can help with designing something?", "list_apps", {"query": "designing something"}),
        ("Is there a tool for prototypes?", "list_apps", {"query": "prototypes"}),
        ("I need an app for drawing", "list_apps", {"query": "drawing"}),
        ("Which applications do we have in this organization?", "list_apps", {}),
        ("Show me all applications tagged design", "list_apps", {"tag": "design"}),
        ("What can I ask for in Figma?", "get_app", {"app": "Figma"}),
        ("Tell me about the Studio handbook", "get_app", {"app": "Studio handbook"}),
        ("What do I have, and until when?", "list_my_access", {}),
        ("What apps do I have?", "list_my_access", {}),
        ("What did I ask for?", "list_my_requests", {}),
        ("How is my request going?", "get_request", {}),
        ("How is my request for Figma going?", "get_request", {"app": "Figma"}),
        ("What\N{RIGHT SINGLE QUOTATION MARK}s the status of my request?", "get_request", {}),
        ("Who am I?", "get_profile", {}),
        ("Cancel my request", "cancel_request", {}),
        ("Please, cancel my request for Figma", "cancel_request", {"app": "Figma"}),
        ("Give back Figma", "give_back_access", {"app": "Figma"}),
        ("give my FIGMA seat back", "give_back_access", {"app": "FIGMA"}),
        ("I don\N{RIGHT SINGLE QUOTATION MARK}t need Figma any more", "give_back_access", {"app": "Figma"}),
        (
            "Extend ChatGPT because the audit takes longer",
            "extend_access",
            {"app": "ChatGPT", "reason": "the audit takes longer"},
        ),
        (
            "Extend ChatGPT for another 30 days, the audit is not over",
            "extend_access",
            {"app": "ChatGPT", "duration": "30 days", "reason": "the audit is not over"},
        ),
        (
            "Get me a Codex seat for two weeks, I am trying the agent",
            "request_access",
            {"app": "ChatGPT", "seat_type": "codex", "duration": "two weeks", "reason": "I am trying the agent"},
        ),
        (
            "Make me a ChatGPT admin without an end date because Noor is away",
            "request_access",
            {"app": "ChatGPT", "role": "admin", "duration": "without an end date", "reason": "Noor is away"},
        ),
        (
            "Hi, get me access to Figma to draw the mock-ups",
            "request_access",
            {"app": "Figma", "reason": "draw the mock-ups"},
        ),
        (
            "I want to use Adobe.com for 7d, I cancelled Sketch",
            "request_access",
            {"app": "Adobe.com", "duration": "7d", "reason": "I cancelled Sketch"},
        ),
    ],
)
def test_a_prompt_leads_to_a_tool(prompt: str, tool: str, arguments: dict[str, Any]) -> None:
    """With what the prompt names, and nothing else; what a reason says leads nowhere."""
    assert route(prompt) == ToolCall(tool=tool, arguments=arguments)


@pytest.mark.parametrize(
    ("prompt", "completed"),
    [
        ("I need Figma", "I need Figma because "),
        ("Extend ChatGPT because …", "Extend ChatGPT because "),
        ("Get me a Codex seat, please!", "Get me a Codex seat because "),
    ],
)
def test_without_a_reason_nothing_is_asked_for(prompt: str, completed: str) -> None:
    """Whoever decides reads it, so the prompt comes back to be completed."""
    step = route(prompt)
    assert isinstance(step, Advice)
    assert [(example.text, example.whole) for example in step.examples] == [(completed, False)]


@pytest.mark.parametrize("prompt", ["Get me access because I draw", "Tell me about it"])
def test_an_application_has_to_be_named(prompt: str) -> None:
    """And is never guessed."""
    step = route(prompt)
    assert isinstance(step, Advice)
    assert step.words.startswith("Which application?")


@pytest.mark.parametrize("prompt", ["blah", "Hello!", "?", "", "Write me a poem", "a " * 500])
def test_what_it_does_not_know_it_says(prompt: str) -> None:
    """It is no model, tells so, and shows what it knows."""
    step = route(prompt)
    assert isinstance(step, Advice)
    assert "I am not a model" in step.words
    assert step.examples == EXAMPLES


@pytest.mark.parametrize("example", [example.text for example in EXAMPLES])
def test_it_understands_its_own_examples(example: str) -> None:
    """Those that are to be completed, once they are."""
    assert isinstance(route(f"{example}it is not over" if example.endswith(" ") else example), ToolCall)
