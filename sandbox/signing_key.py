"""The RSA keys that the sandbox signs with, and the public halves as others read them (RFC 7517)."""

from __future__ import annotations

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


def new_key() -> rsa.RSAPrivateKey:
    """A key for RS256. Making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    """The JSON Web Key Set that holds this one."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**public, "kid": key_id, "use": "sig", "alg": "RS256"}]}
