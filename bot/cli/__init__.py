"""The command line: an admin's shell. One module a family of commands; what is heavy is imported when it is needed."""

from __future__ import annotations


def main() -> None:
    """The command `usher`. Exits with 0 (done), 1 (it did not work, one sentence says why) or 2 (wrong usage)."""
    from bot.cli.app import app
    from bot.cli.shell import failing_in_words

    with failing_in_words():
        app(prog_name="usher")
