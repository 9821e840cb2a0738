"""How long somebody looked at a request before they decided. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds_looked(card_ts: str | None, *, asked_at: datetime, now: datetime) -> float:
    """Seconds since the card was posted to this approver; since they were asked, where it never was.

    Args:
        card_ts: the card's `ts`, the second in which Slack posted it (docs.slack.dev, “Retrieving messages”).
        asked_at: when they were asked.
        now: when they decided.
    """
    posted_at = datetime.fromtimestamp(float(card_ts), UTC) if card_ts else asked_at
    # Slack's clock is another one than Usher's.
    return round((now - min(max(posted_at, asked_at), now)).total_seconds(), 3)
