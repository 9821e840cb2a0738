"""docs/states.md says which answer is which error, and says it of every answer that the code knows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import incident
from bot.connectors import contract
from bot.connectors.chatgpt import errors, scim
from bot.connectors.chatgpt.admin_api_rights import ADMIN_KEY
from bot.connectors.chatgpt.errors import SESSION, Answer, Call, failure, refusal

PAGE = (Path(__file__).parents[2] / "docs" / "states.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
BY_STATUS = [row for row in ROWS if re.match(r"\d{3}", row[0])]
BY_WORDS = [row for row in ROWS if len(row) == 2 and row[1].strip("`") in vars(contract) and "`" in row[0]]
READ = Call(what="read the members", writes=False, need="Admin")
WRITE = Call(what="invite ada@example.com", writes=True, need="Owner")
WAYS = {"with the integration account": [SESSION], "with an Admin key or over SCIM": [ADMIN_KEY, scim._ACCESS]}


def _row(status: int, way: str) -> list[str]:
    """The one row of the page that speaks of this status."""
    found = []
    for row in BY_STATUS:
        first, last, whose = re.fullmatch(r"(\d{3})(?:-(\d{3}))?(?:, (.*))?", row[0]).groups()  # type: ignore[union-attr]
        if int(first) <= status <= int(last or first) and whose in {None, way}:
            found.append(row)
    assert len(found) == 1, (status, way, found)
    return found[0]


@pytest.mark.parametrize("way", WAYS)
def test_every_status_stands_on_the_page_as_the_code_has_it(way: str) -> None:
    """Each status, of a read and of a change, with each credential: one row, and the right one."""
    for access in WAYS[way]:
        for status in range(300, 600):
            _, *expected = _row(status, way)
            answer = Answer(status=status, headers={}, body=b"")
            for call, name in zip((READ, WRITE), expected, strict=True):
                error = failure(replace(call, access=access), answer)
                assert f"`{type(error).__name__}`" == name, (status, way, call.what)


def test_what_chatgpt_says_is_read_as_the_page_has_it() -> None:
    """Each wording of the page means the error beside it, in a failure and in a 200 about one address."""
    assert BY_WORDS
    for said, name in BY_WORDS:
        for words in re.findall(r"`([^`]+)`", said):
            body = json.dumps({"detail": words}).encode()
            for error in (refusal(WRITE, words), failure(WRITE, Answer(status=400, headers={}, body=body))):
                assert f"`{type(error).__name__}`" == name, words


def test_no_wording_that_the_code_knows_is_missing() -> None:
    """Whoever teaches Usher another wording has to tell it on the page."""
    told = [words for said, _ in BY_WORDS for words in re.findall(r"`([^`]+)`", said)]
    for pattern, _ in errors._WORDS:
        for alternative in pattern.pattern.split("|"):
            # an alternative of its own, not one inside brackets
            if alternative.count("(") == alternative.count(")"):
                assert any(re.search(alternative, words, re.IGNORECASE) for words in told), alternative


def test_the_marks_of_a_challenge_are_told() -> None:
    """So that an admin recognises one in what they see themselves."""
    for mark in (*errors._CHALLENGE_MARKS, b"cf-mitigated"):
        assert mark.decode() in PAGE.lower()


@pytest.mark.parametrize("cause", incident._TITLES)
def test_every_cause_of_an_incident_is_told(cause: str) -> None:
    """What a card can be about, its page explains."""
    assert f"`{cause}`" in PAGE


def test_no_error_is_without_an_answer() -> None:
    """Each error of the closed set is in a table of answers, but for the one that no provider gives."""
    answers = PAGE.partition("### Which answer is which error")[2]
    names = {error.__name__ for error in contract.ConnectorError.__subclasses__()} - {"ByHand"}
    assert {name for name in names if f"`{name}`" not in answers} == set()
