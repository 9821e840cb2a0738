"""usher webhook: list, deliveries, replay, test"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.engine.webhook_calls import Answered

app = typer.Typer(help="Endpoints outside that are told what happens to requests and grants.")

Json = Annotated[bool, typer.Option("--json", help="One JSON array with everything, for programs.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The key in the catalogue.", show_default=False)]


@app.command("list", epilog="Example: usher webhook list")
def list_(as_json: Json = False) -> None:
    """Lists the webhooks of the catalogue.

    With what waits for each and what was given up. States: ok, failing, down (it is left alone for a while).
    """
    from bot.cli import webhook_rows
    from bot.cli.output import Column, say_number, say_when, show
    from bot.cli.shell import open_database, run

    async def read() -> list[webhook_rows.Row]:
        async with open_database() as database, database.read() as session:
            return await webhook_rows.webhooks(session, now=database.clock.now())

    columns = [
        Column("id", "webhook", whole=True),
        Column("state", "state", whole=True),
        Column("url", "address"),
        Column("events", "events", lambda events: ", ".join(events) if isinstance(events, list) else ""),
        Column("waiting", "waiting", say_number),
        Column("failed", "failed", say_number),
        Column("failing_since", "failing since", say_when),
    ]
    show(run(read()), columns, as_json=as_json, nothing="The catalogue has no webhooks.")


@app.command(epilog="Example: usher webhook deliveries --webhook siem --state failed")
def deliveries(
    webhook: Annotated[str | None, typer.Option(help="Only those of one webhook, by its key.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state", metavar="STATE", help="Only these; give it more than once for several.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    limit: Annotated[
        int, typer.Option("--limit", min=0, metavar="COUNT", help="The most rows of a table; 0 is all. Not for --json.")
    ] = 100,
) -> None:
    """Lists what was sent, newest first; the log goes back 30 days. States: waiting, delivered, failed."""
    from bot.cli import webhook_rows
    from bot.cli.output import Column, say_when, show
    from bot.cli.shell import CommandError, open_database, run
    from storage.tables import DeliveryState, Webhook

    known = [word.value for word in DeliveryState]
    if stranger := next((word for word in state or () if word not in known), None):
        raise typer.BadParameter(f"“{stranger}” is no state: choose from {', '.join(known)}", param_hint="--state")

    async def read() -> list[webhook_rows.Row]:
        async with open_database() as database, database.read() as session:
            found = await webhook_rows.deliveries(session, webhook=webhook, states=state or ())
            if webhook is not None and not found and await session.get(Webhook, webhook) is None:
                raise CommandError(_no_webhook(webhook))
            return found

    columns = [
        Column("id", "id", whole=True),
        Column("state", "state", whole=True),
        Column("webhook", "webhook", whole=True),
        Column("type", "event", whole=True),
        Column("seq", "line"),
        Column("created_at", "happened", say_when),
        Column("next_try_at", "next try", say_when),
        Column("tries", "tries", lambda tries: str(len(tries)) if isinstance(tries, list) else ""),
        Column("error", "last try"),
    ]
    show(run(read()), columns, as_json=as_json, nothing="There is nothing to show.", limit=limit)


@app.command(epilog="Example: usher webhook replay --since 2h --webhook siem")
def replay(
    delivery_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The id that `usher webhook deliveries` shows.", show_default=False),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Instead of one: everything since 2026-11-01, 2026-11-01T08:00:00Z, or 2h for two hours."),
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="Whom to send everything, by its key.")] = None,
) -> None:
    """Sends an event once more, or all of a time.

    Also what was delivered, and what a webhook was never told because it was added later. Each has the id that it had.
    """
    from bot.access.operations.replay_events import replay as replay_one
    from bot.access.operations.replay_events import replay_since
    from bot.access.refusals import Refused
    from bot.cli.audit import moment
    from bot.cli.shell import CommandError, actor, open_database, run, say

    if (delivery_id is None) == (since is None) or (since is None) != (webhook is None):
        raise typer.BadParameter("give either the id of a delivery, or --since and --webhook", param_hint="ID")

    async def again() -> int:
        async with open_database() as database:
            if since is not None and webhook is not None:
                return await database.write(replay_since, key=webhook, since=moment(since), actor=actor())
            await database.write(replay_one, delivery_id=delivery_id or "", actor=actor())
            return 1

    try:
        count = run(again())
    except Refused:
        if delivery_id is not None:
            raise CommandError(
                f"There is no delivery {delivery_id}, or its webhook is gone: `usher webhook deliveries` lists them."
            ) from None
        raise CommandError(_no_webhook(str(webhook))) from None
    say(f"{count} event{'' if count == 1 else 's'} will be sent once more.")


@app.command(epilog="Example: usher webhook test siem")
def test(key: Key) -> None:
    """Sends one webhook an event of the type `ping` and prints its answer.

    Signed as any other. Exits with 1 if the endpoint does not take it.
    """
    from bot.cli.shell import CommandError, run, say

    answered = run(_ping(key))
    tried = answered.tried
    if answered.said.strip():
        say(answered.said.strip())
    if tried.error is not None:
        raise CommandError(f"{key} did not take the event: {tried.error}. Mend the endpoint, the entry or the secret.")
    say(f"{key} took the event: it answered {tried.status} after {tried.seconds:.2f} s.")


async def _ping(key: str) -> Answered:
    from bot.access.events import ping
    from bot.access.webhook_entries import stored_webhook
    from bot.cli.secret import store
    from bot.cli.shell import CommandError, log_warnings_only, open_database
    from bot.connectors.http import new_http_client
    from bot.engine.webhooks import Webhooks
    from storage.ids import new_id
    from storage.tables import Webhook

    log_warnings_only()
    async with open_database() as database, new_http_client() as http:
        async with database.read() as session:
            webhook = await session.get(Webhook, key)
        if webhook is None:
            raise CommandError(_no_webhook(key))
        entry = stored_webhook(webhook.document)
        id_ = new_id()
        return await Webhooks(database, http, store(database)).send(
            entry, id_=id_, body=ping(id_, database.clock.now())
        )


def _no_webhook(key: str) -> str:
    return f"There is no webhook {key}: `usher webhook list` shows them."
