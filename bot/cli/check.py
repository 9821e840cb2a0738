"""usher check"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command(epilog="Example: usher check")
def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, for programs.")] = False,
) -> None:
    """Tries everything before you rely on it.

    Settings, database, secrets, Slack token and scopes, alert channel, admins, catalogue, each connector. Changes
    nothing. A line each, with what to do where something is wrong; exits with 1 if one fails.
    """
    from bot.check import as_row, as_text, check_everything
    from bot.cli.output import write_json
    from bot.cli.shell import log_warnings_only, run, say

    log_warnings_only()
    findings = run(check_everything())
    if as_json:
        write_json([as_row(finding) for finding in findings])
    else:
        for finding in findings:
            say(as_text(finding))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
