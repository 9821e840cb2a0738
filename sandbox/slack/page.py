"""The JSON behind the page on which a visitor plays a person of the workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.errors import Refusal
from sandbox.slack.objects import team_object, view_object
from sandbox.slack.state import Conversation, Message, User
from sandbox.slack.submission import Outcome
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]
Act = Callable[[JSON], Awaitable[JSON]]
LONG_POLL_SECONDS = 25.0


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _outcome(outcome: Outcome) -> JSON:
    """What the page learns of an act."""
    if outcome.ok:
        return {"ok": True, "closed": outcome.closed}
    if outcome.errors:
        return {"ok": False, "errors": dict(outcome.errors)}
    return {"ok": False, "error": outcome.error, "told": outcome.told}


def _endpoint(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """An act as an endpoint: JSON in, JSON out, refusals as {"ok": false, "error": code}."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json()
            if not isinstance(body, dict):
                raise Refusal("json_not_object")
            return JSONResponse(await act(body))
        except Refusal as refusal:
            return JSONResponse({"ok": False, "error": refusal.code})
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_json"}, status_code=400)
        except KeyError as missing:
            return JSONResponse({"ok": False, "error": f"missing field: {missing.args[0]}"}, status_code=400)

    return endpoint


@dataclass(frozen=True, slots=True)
class Page:
    """Reads the workspace for the page, and hands the visitor's acts on to the interactions."""

    slack: Slack

    def _viewer(self, request: Request) -> User:
        return self.slack.state.user(request.query_params.get("as"))

    def _view(self, view: View | None) -> JSON | None:
        return view_object(view, self.slack.state, self.slack.app) if view is not None else None

    async def state(self, request: Request) -> Response:
        """GET state?as=U: everything around the conversations."""
        slack = self.slack
        try:
            viewer = self._viewer(request)
        except Refusal as refusal:
            return JSONResponse({"ok": False, "error": refusal.code}, status_code=404)
        return JSONResponse(
            {
                "version": slack.version,
                "team": team_object(slack.state.team),
                "people": [self._person(user) for user in slack.state.users.values()],
                "user_groups": [{"id": one.id, "handle": one.handle} for one in slack.user_groups.all.values()],
                "conversations": [
                    self._summary(one, viewer) for one in slack.state.conversations.values() if viewer.id in one.members
                ],
                "modal": self._view(slack.views.modal(viewer.id)),
                "commands": [
                    {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
                    for one in slack.app.commands
                ],
                "shortcuts": [{"callback_id": one.callback_id, "name": one.name} for one in slack.app.shortcuts],
            }
        )

    @staticmethod
    def _person(user: User) -> JSON:
        return {
            "id": user.id,
            "name": user.real_name,
            "title": user.title,
            "initials": _initials(user.real_name),
            "color": f"#{user.color}",
            "is_bot": user.is_bot,
            "active": not user.deleted,
        }

    def _summary(self, conversation: Conversation, viewer: User) -> JSON:
        state = self.slack.state
        seen = conversation.visible_to(viewer.id)
        bot = state.users[state.bot_user]
        return {
            "id": conversation.id,
            "name": bot.real_name if conversation.is_im else conversation.name,
            "kind": "dm" if conversation.is_im else "channel",
            "unread": state.unread(conversation, viewer.id),
            "last_ts": seen[-1].ts if seen else None,
            "asks": any(one.buttons for one in seen),
        }

    async def changes(self, request: Request) -> Response:
        """GET changes?since=n: answers as soon as the version is above n, after 25 seconds at the latest."""
        since = request.query_params.get("since", "")
        version = await self.slack.changes.after(int(since) if since.isdigit() else 0, timeout=LONG_POLL_SECONDS)
        return JSONResponse({"version": version})

    async def conversation(self, request: Request) -> Response:
        """GET conversation/{id}?as=U: its messages, oldest first; reading marks them as read."""
        slack = self.slack
        try:
            viewer = self._viewer(request)
            conversation = slack.state.conversation(request.path_params["id"])
        except Refusal as refusal:
            return JSONResponse({"ok": False, "error": refusal.code}, status_code=404)
        if viewer.id not in conversation.members:
            return JSONResponse({"ok": False, "error": "not_in_channel"}, status_code=404)
        seen = conversation.visible_to(viewer.id)
        if seen and slack.state.unread(conversation, viewer.id):
            conversation.last_read[viewer.id] = seen[-1].ts
            slack.changes.bump()
        return JSONResponse({"messages": [self._message(one) for one in seen]})

    def _message(self, message: Message) -> JSON:
        return {
            "ts": message.ts,
            "user": message.user,
            "user_name": self.slack.state.users[message.user].real_name,
            "text": "\n".join(
                [*filter(None, [message.text]), *(f":paperclip: {one['name']}" for one in message.files)]
            ),
            "blocks": message.blocks,
            "edited": message.edited_ts is not None,
            "thread_ts": message.thread_ts,
            "ephemeral": message.visible_to is not None,
            "permalink": self.slack.permalink(message),
        }

    async def home(self, request: Request) -> Response:
        """GET home?as=U: the Home tab. Without quiet=1 the app is told that it was opened."""
        try:
            viewer = self._viewer(request)
            if request.query_params.get("quiet") != "1":
                await self.slack.interactions.open_home(viewer.id, wait=False)
        except Refusal as refusal:
            return JSONResponse({"ok": False, "error": refusal.code}, status_code=404)
        return JSONResponse({"view": self._view(self.slack.views.homes.get(viewer.id))})

    def acts(self) -> dict[str, Callable[[Request], Awaitable[Response]]]:
        """What is posted: the name of each act and its endpoint."""
        acts: dict[str, Act] = {
            "command": self._command,
            "shortcut": self._shortcut,
            "action": self._action,
            "submit": self._submit,
            "close": self._close,
            "suggest": self._suggest,
            "say": self._say,
            "control": self._control,
        }
        return {name: _endpoint(act) for name, act in acts.items()}

    async def _command(self, body: JSON) -> JSON:
        acts = self.slack.interactions
        return _outcome(await acts.command(body["as"], body["channel"], body["command"], body.get("text") or ""))

    async def _shortcut(self, body: JSON) -> JSON:
        return _outcome(await self.slack.interactions.shortcut(body["as"], body["callback_id"]))

    async def _action(self, body: JSON) -> JSON:
        acts = self.slack.interactions
        where = acts.container(body["as"], body["container"])
        return _outcome(await acts.act(body["as"], where, body["block_id"], body["action_id"], body.get("value")))

    def _own_view(self, body: JSON) -> View:
        found = self.slack.interactions.container(body["as"], {"type": "view", "view_id": body["view_id"]})
        if not isinstance(found, View):
            raise Refusal("not_found")
        return found

    async def _submit(self, body: JSON) -> JSON:
        view = self._own_view(body)
        return _outcome(await self.slack.interactions.submit(body["as"], view, body.get("values") or {}))

    async def _close(self, body: JSON) -> JSON:
        return _outcome(await self.slack.interactions.close(body["as"], self._own_view(body)))

    async def _suggest(self, body: JSON) -> JSON:
        container = body.get("container") or {"type": "view", "view_id": body["view_id"]}
        acts = self.slack.interactions
        where = acts.container(body["as"], container)
        options = await acts.suggest(body["as"], where, body["block_id"], body["action_id"], body.get("query") or "")
        return {"options": [{"text": one["text"]["text"], "value": one["value"]} for one in options]}

    async def _say(self, body: JSON) -> JSON:
        message = self.slack.interactions.say(body["as"], body["channel"], body["text"], body.get("thread_ts"))
        return {"ok": True, "ts": message.ts}

    async def _control(self, body: JSON) -> JSON:
        """{"deactivate": U}, {"reactivate": U}, {"fault": {method, kind, ...}} or {"clear_faults": true}."""
        slack = self.slack
        if "deactivate" in body:
            slack.deactivate(body["deactivate"])
        if "reactivate" in body:
            slack.reactivate(body["reactivate"])
        if body.get("clear_faults"):
            slack.faults.clear()
        if "fault" in body:
            given = body["fault"]
            known = {name: given[name] for name in ("error", "retry_after", "claims", "times") if name in given}
            slack.faults.add(given["method"], given["kind"], **known)
        return {"ok": True}
