"""All commands in one tree."""

from __future__ import annotations

import typer

from bot.cli import (
    audit,
    browser,
    catalog,
    chatgpt,
    check,
    db,
    demo,
    grant,
    lists,
    manifest,
    people,
    policy,
    probe,
    run,
    secret,
    task,
    trace,
    webhook,
)

app = typer.Typer(
    help="Usher shows people to their ChatGPT seat and sees them out again.",
    epilog="Try it without an account anywhere: usher demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts in a third of the time
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (run, demo, check, probe, manifest, lists, trace):
    app.registered_commands += module.app.registered_commands
for name, family in (
    ("catalog", catalog),
    ("secret", secret),
    ("browser", browser),
    ("policy", policy),
    ("people", people),
    ("grant", grant),
    ("task", task),
    ("chatgpt", chatgpt),
    ("webhook", webhook),
    ("audit", audit),
    ("db", db),
):
    app.add_typer(family.app, name=name, no_args_is_help=True)
