"""What the catalogue says about webhooks: what is wrong is told with its line and what to write instead."""

from __future__ import annotations

import pytest

from bot.access import catalog_file
from bot.access.catalog_file import CatalogProblems
from bot.access.webhook_entries import WebhookEntry, shown

HEAD = "applications: []\nwebhooks:\n"
GOOD = "  - {key: siem, url: https://siem.example.com/usher?a=b, secret: siem, events: [request.*, grant.ended]}\n"


def problems(text: str) -> str:
    with pytest.raises(CatalogProblems) as wrong:
        catalog_file.read(HEAD + text, "c.yml")
    return str(wrong.value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{key: siem, url: http://siem.example.com, secret: siem}", "must start with https://"),
        ("{key: siem, url: ftp://siem.example.com, secret: siem}", "must be an address such as https://"),
        ('{key: siem, url: "https://me:pw@siem.example.com", secret: siem}', "without a user"),
        ("{key: siem, url: https://siem.example.com}", "“secret” is missing"),
        ("{key: siem, url: https://x.example, secret: siem, events: [grant.endet]}", "did you mean “grant.ended”?"),
        ("{key: siem, url: https://x.example, secret: siem, events: [grant.*, grant.*]}", "stands there twice"),
        ("{key: siem, adress: https://x.example, secret: siem}", "there is no key “adress” here"),
        ("{key: Siem!, url: https://x.example, secret: siem}", "cannot be a name here"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(entry: str, words: str) -> None:
    """As for everything else in the catalogue."""
    said = problems(f"  - {entry}\n")
    assert said.startswith("c.yml:3: ")
    assert words in said


def test_a_key_that_stands_twice() -> None:
    """The second names the line of the first."""
    assert "c.yml:4: webhooks[1].key: the webhook “siem” is already on line 3" in problems(GOOD + GOOD)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:9000/"])
def test_this_machine_may_be_reached_without_tls(url: str) -> None:
    """For a relay beside Usher, and for a trial."""
    assert WebhookEntry(key="x", url=url, secret="x").url == url


def test_what_is_written_reads_back_equal() -> None:
    """`usher catalog export` says what was applied."""
    catalog = catalog_file.read(HEAD + GOOD, "c.yml")
    assert catalog_file.read(catalog_file.write(catalog), "again") == catalog


def test_a_query_is_not_shown() -> None:
    """Some endpoints have a credential in it."""
    assert shown("https://siem.example.com/a/b?token=hush") == "https://siem.example.com/a/b?…"
    assert shown("https://siem.example.com/a/b") == "https://siem.example.com/a/b"
