"""`python -m sandbox`: the sandbox alone, for whoever brings an app of their own."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from sandbox import company
from sandbox.server import Sandbox


async def _run(*, host: str, port: int, request_url: str | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with Sandbox.start(host=host, port=port, request_url=request_url) as sandbox:
        app = company.SLACK_APP
        sys.stdout.write(
            f"{company.COMPANY_NAME} is open at {sandbox.url}\n\n"
            f"SLACK_API_URL={sandbox.slack_api_url}\n"
            f"SLACK_BOT_TOKEN={app.bot_token}\n"
            f"SLACK_APP_TOKEN={app.app_token}\n"
            f"SLACK_SIGNING_SECRET={app.signing_secret}\n"
            f"SLACK_SIGNIN_CLIENT_ID={app.client_id}\n"
            f"SLACK_SIGNIN_CLIENT_SECRET={app.client_secret}\n"
            f"ChatGPT base_url: {sandbox.chatgpt_url}\n"
        )
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Run until Ctrl+C. Returns the exit code: 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--request-url", help="where Slack delivers in HTTP mode; without it: Socket Mode")
    chosen = parser.parse_args()
    try:
        asyncio.run(_run(host=chosen.host, port=chosen.port, request_url=chosen.request_url))
    except OSError as error:
        sys.stderr.write(
            f"The sandbox could not start at {chosen.host}:{chosen.port}: {os.strerror(error.errno or 0)}.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
