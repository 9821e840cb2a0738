"""A simulated Slack: strict, stateful, on real sockets. It refuses what Slack refuses, with Slack's own error codes."""

from __future__ import annotations

from sandbox.slack.calls import Call
from sandbox.slack.person import Person
from sandbox.slack.slack import Slack
from sandbox.slack.submission import Outcome
from sandbox.slack.user_groups import UserGroup
from sandbox.slack.web import api_routes, page_routes

__all__ = ["Call", "Outcome", "Person", "Slack", "UserGroup", "api_routes", "page_routes"]
