"""Who is signed in: session cookies, and the access tokens that a session gives out.

A cookie value is `<name>` or `<name>~<generation>`; reading the session gives the next generation, as NextAuth's
rotation does. Nothing about generations is kept but the newest, so a client may outlive the sandbox that it got
its cookie from.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.chatgpt.refusals import TokenExpired, TokenRevoked

TOKEN_LIFE: Final = timedelta(days=10)
SESSION_LIFE: Final = timedelta(days=90)  # only stated: a visitor who skips a year need not sign in again
AUTH_CLAIM: Final = "https://api.openai.com/auth"
PROFILE_CLAIM: Final = "https://api.openai.com/profile"


@dataclass(slots=True, kw_only=True)
class Session:
    """A browser that is signed in. `account_id` is the account it acts for: a workspace or its own."""

    cookie: str
    user_id: str
    email: str
    name: str
    account_id: str
    generation: int = 0

    @property
    def personal_account_id(self) -> str:
        """The account that everybody has besides any workspace."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a valid access token says."""

    user_id: str
    account_id: str


class Sessions:
    """All sessions. `strict` makes every cookie but the newest of its session useless."""

    def __init__(self) -> None:
        self.strict = False
        self._sessions: dict[str, Session] = {}
        self._key = secrets.token_bytes(32)
        self._issued = 0
        self._expired_up_to = 0

    def sign_in(self, *, user_id: str, email: str, name: str, cookie: str | None = None) -> str:
        """Sign somebody in and return the value of their session cookie."""
        session = Session(
            cookie=cookie or secrets.token_urlsafe(24), user_id=user_id, email=email, name=name, account_id=""
        )
        session.account_id = session.personal_account_id
        self._sessions[session.cookie] = session
        return session.cookie

    def find(self, cookie: str) -> Session | None:
        """The session that this cookie opens."""
        name, _, generation = cookie.partition("~")
        session = self._sessions.get(name)
        number = int(generation) if generation.isdecimal() else 0
        if session is None or (self.strict and number < session.generation):
            return None
        session.generation = max(session.generation, number)
        return session

    def of(self, user_id: str) -> Session:
        """A session of this person. Raises TokenRevoked if they are signed out everywhere."""
        for session in self._sessions.values():
            if session.user_id == user_id:
                return session
        raise TokenRevoked("Your session has ended. Please log in again.")

    def rotate(self, session: Session) -> str:
        """The session's next cookie value."""
        session.generation += 1
        return f"{session.cookie}~{session.generation}"

    def sign_out(self, cookie: str) -> None:
        """End the session that this cookie opens; nothing happens if it opens none."""
        session = self.find(cookie)
        if session is not None:
            del self._sessions[session.cookie]

    def sign_out_everywhere(self, user_id: str) -> None:
        """End every session of this person."""
        self._sessions = {k: v for k, v in self._sessions.items() if v.user_id != user_id}

    def expire_tokens(self) -> None:
        """Every access token given out so far counts as expired; the next ones are good."""
        self._expired_up_to = self._issued

    def issue(self, session: Session, *, plan_type: str, organization_id: str, now: datetime) -> str:
        """An access token (a signed JWT with the claims of the original) for the session's account."""
        self._issued += 1
        account = {
            "chatgpt_account_id": session.account_id,
            "chatgpt_plan_type": plan_type,
            "chatgpt_user_id": session.user_id,
            "user_id": session.user_id,
            "poid": organization_id,
        }
        claims = {
            "iss": "https://auth.openai.com",
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "jti": str(self._issued),
            AUTH_CLAIM: account,
            PROFILE_CLAIM: {"email": session.email, "email_verified": True},
        }
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def read(self, token: str, *, now: datetime) -> Token:
        """What the token says. Raises TokenExpired or TokenRevoked (also for one that is not from here)."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise TokenRevoked("Encountered invalidated oauth token for user, failing request")
        claims = _decode(signed.partition(".")[2])
        if claims["exp"] <= now.timestamp() or int(claims["jti"]) <= self._expired_up_to:
            raise TokenExpired("Provided authentication token is expired. Please try signing in again.")
        account = claims[AUTH_CLAIM]
        return Token(user_id=account["user_id"], account_id=account["chatgpt_account_id"])

    def _signature(self, signed: str) -> str:
        return _base64(hmac.digest(self._key, signed.encode(), hashlib.sha256))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _decode(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded
