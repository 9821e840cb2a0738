"""What Slack sends, as far as anybody here relies on its shape (docs.slack.dev, “Interactivity”, “Events API”).

Only what went wrong is held against these shapes: whether that was a defect, or something that Slack never sends.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

JSON = dict[str, Any]


class _Part(BaseModel):
    """Whatever else it holds, nobody relies on it."""

    model_config = ConfigDict(strict=True, defer_build=True)


class _Named(_Part):
    id: str


class _Option(_Part):
    value: str


class _Entered(_Part):
    type: str = ""
    value: str | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_user: str | None = None
    selected_users: list[str] | None = None
    selected_date: str | None = None
    selected_time: str | None = None
    selected_date_time: int | None = None


class _State(_Part):
    values: dict[str, dict[str, _Entered]]


class _Block(_Part):
    type: str
    block_id: str = ""
    element: JSON | None = None


class _View(_Part):
    id: str
    type: str
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: _State | None = None
    blocks: list[_Block] = Field(default_factory=list)
    team_id: str | None = None
    app_installed_team_id: str | None = None


class _Action(_Entered):
    action_id: str
    block_id: str = ""


class _Where(_Part):
    """What Bolt reads of everything."""

    type: str = ""
    team: _Named | None = None
    team_id: str | None = None
    enterprise: _Named | None = None
    enterprise_id: str | None = None
    is_enterprise_install: bool | str | None = None
    authorizations: list[_Authorization] | None = None
    response_url: str | None = None
    response_urls: list[JSON] = Field(default_factory=list)
    function_data: JSON | None = None
    bot_access_token: str | None = None


class _Authorization(_Part):
    team_id: str | None = None
    enterprise_id: str | None = None
    user_id: str | None = None
    is_enterprise_install: bool | None = None
    is_bot: bool | None = None


class _Message(_Part):
    ts: str = ""
    thread_ts: str | None = None
    user: str | None = None
    bot_id: str | None = None


class _Interaction(_Where):
    user: _Named
    trigger_id: str | None = None
    view: _View | None = None
    channel: _Named | None = None
    message: _Message | None = None
    container: JSON | None = None
    state: _State | None = None


class _Pressed(_Interaction):
    actions: list[_Action] = Field(min_length=1)


class _SentView(_View):
    state: _State


class _Sent(_Interaction):
    view: _SentView


class _Closed(_Interaction):
    view: _View


class _Looking(_Interaction):
    action_id: str
    block_id: str
    value: str


class _Called(_Interaction):
    callback_id: str
    trigger_id: str


class _Command(_Where):
    command: str
    user_id: str
    trigger_id: str
    text: str = ""
    channel_id: str = ""


class _Profile(_Part):
    email: str | None = None
    real_name: str | None = None
    display_name: str | None = None
    title: str | None = None
    fields: Any = None  # null, and even a list, where there are none


class _Account(_Named):
    """Somebody's account, as the events have it that say it changed."""

    team_id: str | None = None
    name: str | None = None
    real_name: str | None = None
    tz: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_stranger: bool | None = None
    profile: _Profile | None = None


class _Event(_Part):
    """An event that tells where it happened and who did it."""

    type: str
    subtype: str | None = None
    user: str | None = None
    channel: str | JSON | None = None
    channel_type: str | None = None
    tab: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    text: str | None = None
    bot_id: str | None = None
    team: str | None = None
    user_team: str | None = None
    source_team: str | None = None
    message: _Message | None = None
    previous_message: _Message | None = None
    item: JSON | None = None
    assistant_thread: JSON | None = None

    @model_validator(mode="after")
    def _names_who_looks(self) -> _Event:
        if self.type == "app_home_opened" and self.user is None:
            raise ValueError("nobody opened it")
        return self


class _AboutAccount(_Part):
    type: Literal["team_join", "user_change", "user_profile_changed"]
    user: _Account


class _Told(_Where):
    type: Literal["event_callback"]
    event: _AboutAccount | _Event
    is_ext_shared_channel: bool | None = None


class _Verification(_Part):
    challenge: str


_SHAPES: Final[dict[str, type[_Part]]] = {
    "block_actions": _Pressed,
    "view_submission": _Sent,
    "view_closed": _Closed,
    "block_suggestion": _Looking,
    "shortcut": _Called,
    "message_action": _Called,
    "event_callback": _Told,
    "url_verification": _Verification,
}


def is_of_slack(payload: object) -> bool:
    """Has it a shape that Slack sends?"""
    kind = payload.get("type") if isinstance(payload, dict) else None
    shape = _SHAPES.get(kind, _Command) if isinstance(kind, str) else _Command
    try:
        shape.model_validate(payload)
    except ValidationError:
        return False
    return True
