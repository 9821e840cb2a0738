"""`python -m bot.cli` is `usher`."""

from __future__ import annotations

from bot.cli import main

main()
