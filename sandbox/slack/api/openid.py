"""openid.connect.*: what an app asks when somebody has signed in with Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method
from sandbox.slack.errors import Refusal

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


@method("openid.connect.token", caller="client")
def token(slack: Slack, arguments: Arguments) -> JSON:
    """The id_token for a code."""
    if (arguments.get("grant_type") or "authorization_code") != "authorization_code":
        raise Refusal("invalid_grant_type")
    return slack.openid.exchange(arguments.text("code") or "", redirect_uri=arguments.text("redirect_uri"))


@method("openid.connect.userInfo", caller="user")
def user_info(slack: Slack, arguments: Arguments) -> JSON:
    """Whose access token this is."""
    return slack.openid.user_info(slack.openid.tokens[arguments.required("token")])
