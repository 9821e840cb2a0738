"""Sign in with Slack: the codes and tokens of the workspace's OpenID Connect provider (docs.slack.dev)."""

from __future__ import annotations

import base64
import functools
import hashlib
import secrets
import time
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.clock import SandboxClock
from sandbox.signing_key import key_set, new_key
from sandbox.slack import limits
from sandbox.slack.errors import Refusal
from sandbox.slack.faults import ID_TOKEN
from sandbox.slack.state import User

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]
SCOPES: Final = frozenset({"openid", "email", "profile"})
_KEY_ID: Final = "sandbox-openid"


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """What id_tokens are signed with, made once in a process."""
    return new_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What somebody allowed: who, and to which client that asked for it in this way."""

    user: User
    scopes: frozenset[str]
    redirect_uri: str
    nonce: str | None
    at: int  # Unix time
    born: float  # time.monotonic()


class OpenID:
    """The provider. A code is good for one exchange within `code_seconds`; access tokens do not expire, as at Slack.

    What a token says of the time is of `clock`, which apps on the sandbox go by, too.
    """

    def __init__(self, slack: Slack, clock: SandboxClock) -> None:
        self._slack = slack
        self._clock = clock
        self.code_seconds = limits.SIGN_IN_CODE_SECONDS
        self.tokens: dict[str, SignIn] = {}
        self._codes: dict[str, SignIn] = {}

    @property
    def issuer(self) -> str:
        """What https://slack.com is to the world."""
        return self._slack.base_url

    def metadata(self) -> JSON:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/openid/connect/authorize",
            "token_endpoint": f"{self.issuer}/api/openid.connect.token",
            "userinfo_endpoint": f"{self.issuer}/api/openid.connect.userInfo",
            "jwks_uri": f"{self.issuer}/openid/connect/keys",
            "scopes_supported": ["openid", "profile", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["form_post"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "auth_time", "iss"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }

    def keys(self) -> JSON:
        """The JWK set."""
        return key_set(_key(), _KEY_ID)

    def allow(self, user: User, *, scopes: frozenset[str], redirect_uri: str, nonce: str | None) -> str:
        """The person has pressed Allow: a new code."""
        code = f"{self._slack.app.client_id}.{secrets.token_hex(32)}"
        self._codes[code] = SignIn(
            user=user,
            scopes=scopes,
            redirect_uri=redirect_uri,
            nonce=nonce,
            at=self._now(),
            born=time.monotonic(),
        )
        return code

    def demand_client(self, authorization: str, arguments: JSON) -> None:
        """Check who the client says it is, in its form or in the header, and take the secret out of the arguments.

        Raises Refusal invalid_client_id or bad_client_secret.
        """
        client_id, secret = arguments.get("client_id"), arguments.pop("client_secret", None)
        word, _, credentials = authorization.partition(" ")
        if word.lower() == "basic":
            try:
                client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
            except (NotBase64, UnicodeDecodeError):
                raise Refusal("invalid_client_id") from None
        if client_id != self._slack.app.client_id:
            raise Refusal("invalid_client_id")
        if secret != self._slack.app.client_secret:
            raise Refusal("bad_client_secret")

    def exchange(self, code: str, *, redirect_uri: str | None) -> JSON:
        """The access token and the id_token for a code. Raises Refusal invalid_code or bad_redirect_uri."""
        given = self._codes.pop(code, None)
        if given is None or time.monotonic() - given.born > self.code_seconds:
            raise Refusal("invalid_code")
        if redirect_uri != given.redirect_uri:
            raise Refusal("bad_redirect_uri")
        access_token = f"xoxp-{secrets.token_hex(24)}"
        self.tokens[access_token] = given
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "id_token": self._id_token(given, access_token),
        }

    def user_info(self, given: SignIn) -> JSON:
        """Who signed in, as far as the scopes go. Raises Refusal account_inactive."""
        if given.user.deleted:
            raise Refusal("account_inactive")
        team = self._slack.state.team
        about = self._about(given)
        return about | {"https://slack.com/team_name": team.name, "https://slack.com/team_domain": team.domain}

    def _id_token(self, given: SignIn, access_token: str) -> str:
        now = self._now()
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": self._slack.app.client_id,
            "iat": now,
            "exp": now + limits.ID_TOKEN_SECONDS,
            "auth_time": given.at,
            "nonce": given.nonce,
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            **self._about(given),
        }
        fault = self._slack.faults.take(ID_TOKEN)
        if fault is not None:
            claims |= fault.claims
        said = {name: value for name, value in claims.items() if value is not None}
        key = new_key() if fault is not None and fault.kind == "forged" else _key()
        return jwt.encode(said, key, algorithm="RS256", headers={"kid": _KEY_ID})

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _about(self, given: SignIn) -> JSON:
        user = given.user
        about: JSON = {
            "sub": user.id,
            "https://slack.com/user_id": user.id,
            "https://slack.com/team_id": self._slack.state.team.id,
        }
        if "email" in given.scopes and user.email:
            about |= {"email": user.email, "email_verified": True, "date_email_verified": 1_700_000_000}
        if "profile" in given.scopes:
            first, _, last = user.real_name.partition(" ")
            about |= {"name": user.real_name, "given_name": first, "family_name": last, "locale": "en-US"}
        return about
