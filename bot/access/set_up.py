"""What an admin enters to add an application, read as an entry of the catalogue. Pure.

It is held against the very models that `usher catalog apply` uses, and what is wrong is said by field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.access.catalog import ApplicationEntry
from bot.access.catalog_problems import connector_models, sentence
from bot.connectors.config import AnyConnector, connector_config

#: the ways into a workspace: what the catalogue says for each
WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "session": {"type": "chatgpt", "transport": "web_admin"},
    "browser": {"type": "chatgpt", "transport": "web_admin", "via": "browser"},
    "admin_api": {"type": "chatgpt", "transport": "admin_api"},
    "scim": {"type": "chatgpt", "transport": "scim"},
}
#: which of them there are for a plan; the first is offered first
PLANS: Final[Mapping[str, tuple[str, ...]]] = {
    "business": ("session", "browser"),
    "enterprise": ("admin_api", "scim", "session", "browser"),
}
#: what a connector's model may ask for here; whatever else it has keeps its default
CONNECTOR_FIELDS: Final = ("workspace_id", "integration_email", "base_url")

_LONGEST_KEY: Final = 40
_SECRETS: Final[Mapping[str, str]] = {"web_admin": "session", "admin_api": "admin-key", "scim": "scim-token"}
_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    get_args(model.model_fields["transport"].annotation)[0]: model
    for model in connector_models()
    if "transport" in model.model_fields
}
#: stands for a secret's name as long as the application has no key to make one of
_NOT_NAMED: Final = "not-named-yet"


class WrongSetUp(Exception):
    """What was entered cannot be an entry of the catalogue.

    Attributes:
        fields: what is wrong, by field (a key of the entry or of its connector), each a sentence.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = dict(fields)


def asked_by(way: str) -> dict[str, bool]:
    """Which of `CONNECTOR_FIELDS` a way has, and whether each is required."""
    fields = _MODELS[WAYS[way]["transport"]].model_fields
    return {name: fields[name].is_required() for name in CONNECTOR_FIELDS if name in fields}


def key_of(name: str) -> str:
    """A key made of an application's name: `chatgpt-for-design`; "" where nothing in it can stand in a key."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:_LONGEST_KEY].strip("-")


def read_connector(written: Mapping[str, Any]) -> AnyConnector:
    """What was entered about the connector, before its application has a key.

    Raises:
        WrongSetUp: by field.
    """
    try:
        return connector_config.validate_python(_filled({**written, **_secret(written, None)}))
    except ValidationError as error:
        raise WrongSetUp(_by_field(error, otherwise="workspace_id")) from None


def read_entry(written: Mapping[str, Any]) -> ApplicationEntry:
    """The whole entry; its key and the name of its secret are made where none was entered.

    Raises:
        WrongSetUp: by field.
    """
    key = written.get("key") or key_of(str(written.get("name") or ""))
    if not key:
        raise WrongSetUp({"key": "Write a key of lower-case letters: the name has none to make one of."})
    connector = written["connector"]
    entry = {**_filled(written), "key": key, "connector": _filled({**connector, **_secret(connector, key)})}
    try:
        return ApplicationEntry.model_validate(entry)
    except ValidationError as error:
        raise WrongSetUp(_by_field(error, otherwise="name")) from None


def unfinished(connector: AnyConnector) -> dict[str, Any]:
    """What `read_connector` read, without the name of a secret: to be remembered until the key is known."""
    return connector.model_dump(mode="json", exclude={"secret"}, exclude_defaults=True)


def _secret(connector: Mapping[str, Any], key: str | None) -> dict[str, str]:
    if connector.get("type") != "chatgpt" or connector.get("via") == "browser":
        return {}
    suffix = _SECRETS.get(str(connector.get("transport")), "secret")
    return {"secret": f"{key}-{suffix}" if key else _NOT_NAMED}


def _filled(written: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that were left empty."""
    return {name: value for name, value in written.items() if value not in (None, "", [], ())}


def _by_field(error: ValidationError, *, otherwise: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for each in error.errors(include_url=False):
        if "secret" not in each["loc"]:  # nobody entered its name: it is made of the key, and as wrong as that is
            fields.setdefault(_field(each, otherwise), _said(each))
    return fields


def _field(error: ErrorDetails, otherwise: str) -> str:
    names = (*ApplicationEntry.model_fields, *(name for model in connector_models() for name in model.model_fields))
    return next(
        (step for step in reversed(error["loc"]) if isinstance(step, str) and step in names and step != "connector"),
        otherwise,
    )


def _said(error: ErrorDetails) -> str:
    words = "please fill this in" if error["type"] == "missing" else sentence(error)
    return f"{words[:1].upper()}{words[1:]}."
