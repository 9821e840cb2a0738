"""Every environment variable: its type, its default, what it is for and where to get it. A `.env` file is read too.

Nothing but `app.py` and the command line reads this; everybody else is handed what they need.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.nearest import nearest

ENV_FILE = ".env"
SECRET_PREFIX = "USHER_SECRET_"  # noqa: S105 - the beginning of names, not a secret
_SLACK_ID = re.compile(r"[UW][A-Z0-9]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Mode = Literal["socket", "http"]

logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # `unreadable_lines` says it better


class SettingsError(Exception):
    """Settings are missing or wrong; the text is a sentence a line, each naming its variable and what to do.

    Attributes:
        problems: the sentences.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def variable(field: str) -> str:
    """The environment variable of a field: `slack_bot_token` is SLACK_BOT_TOKEN, `port` is USHER_PORT."""
    return field.upper() if field.startswith("slack_") else f"USHER_{field.upper()}"


def _words(value: object) -> object:
    return tuple(re.split(r"[\s,]+", value.strip(" ,\t\n"))) if isinstance(value, str) else value


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _people(people: tuple[str, ...]) -> tuple[str, ...]:
    for person in people:
        if not (_SLACK_ID.fullmatch(person) or _EMAIL.fullmatch(person)):
            raise ValueError(f"“{person}” is neither a Slack user id (U012ABCDEF) nor an e-mail address")
    return tuple(person.lower() if "@" in person else person for person in people)


def _starting_with(prefix: str) -> AfterValidator:
    """For tokens: the value is not quoted in the message, because a wrong secret is a secret too."""

    def check(value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"it should begin with {prefix}")
        return value

    return AfterValidator(check)


def _channel_id(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[CG][A-Z0-9]+", value):
        raise ValueError(f"“{value}” is not a channel id: one looks like C012ABCDEF, without a #")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"“{value}” is not a web address: write https://…")
    return value


def _api_url(value: str) -> str:
    return f"{_web_address(value).rstrip('/')}/"


def _public_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urlsplit(_web_address(value))
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise ValueError("it must begin with https://")
    return value.rstrip("/")


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        parts = urlsplit(_web_address(value))
        if value != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
            raise ValueError(f"“{value}” is not an origin: write https:// and a host, without a path")
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError(f"“{value}” must begin with https://")
    return values


def _database_url(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if not separator or scheme.partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError(  # without the value: it may hold a password
            "it is no address of a database that Usher knows: write sqlite+aiosqlite:///usher.db or "
            "postgresql+psycopg://user:password@host/name"
        )
    return value


def _setting(default: Any, description: str, *, where: str = "", example: str = "") -> Any:
    """A field that knows what it is for, where to get it, and how one looks."""
    return Field(default, description=description, examples=[example], json_schema_extra={"where": where})


Token = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]


class Settings(BaseSettings):
    """What the environment says. Reading it fails only on what is wrong; what a command lacks, `for_run` says."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        alias_generator=variable,
    )

    slack_bot_token: Annotated[Token, _starting_with("xoxb-")] = _setting(
        None,
        "the token with which Usher speaks to Slack",
        where="api.slack.com/apps, your app, OAuth & Permissions, Bot User OAuth Token",
        example="xoxb-…",
    )
    slack_signing_secret: Token = _setting(
        None,
        "the secret that proves that a request over HTTP comes from Slack; not needed in Socket Mode",
        where="api.slack.com/apps, your app, Basic Information, Signing Secret",
        example="8f7421…",
    )
    slack_app_token: Annotated[Token, _starting_with("xapp-")] = _setting(
        None,
        "the token that opens the Socket Mode connection, so that no address has to be public; without it Usher "
        "listens over HTTP",
        where="api.slack.com/apps, your app, Basic Information, App-Level Tokens, with the scope connections:write",
        example="xapp-…",
    )
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = _setting(
        "https://slack.com/api/",
        "the address of Slack's Web API; another only for GovSlack, a proxy or the sandbox",
        example="https://slack.com/api/",
    )
    slack_manager_field: str = _setting(
        "Manager",
        "the label of the field in Slack profiles that names a person's manager, a field of the type user",
        where="Slack, Workspace settings, Customize member profiles",
        example="Manager",
    )
    slack_signin_client_id: Annotated[str | None, BeforeValidator(_blank_is_none)] = _setting(
        None,
        "the client id with which people of the ChatGPT app sign in through Slack; needed once USHER_PUBLIC_URL is set",
        where="api.slack.com/apps, your app, Basic Information, App Credentials, Client ID",
        example="123456.789012",
    )
    slack_signin_client_secret: Token = _setting(
        None,
        "the secret that belongs to SLACK_SIGNIN_CLIENT_ID",
        where="api.slack.com/apps, your app, Basic Information, App Credentials, Client Secret",
        example="0a1b2c…",
    )
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite+aiosqlite:///usher.db",
        description="the place where everything is kept: an SQLite file for one process, or PostgreSQL for replicas",
        examples=["postgresql+psycopg://usher:password@db.example.com/usher"],
        repr=False,
    )
    database_pool: Annotated[int, Field(ge=2, le=500)] = _setting(
        10, "the most connections that this process has to PostgreSQL at once; SQLite needs no number", example="10"
    )
    secret_keys: Token = _setting(
        None,
        "the keys that seal the secrets in the database, separated by commas: the first seals, all of them open",
        where='python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"',
        example="kq3v…=",
    )
    admins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words), AfterValidator(_people)] = _setting(
        (),
        "the people who run Usher: Slack user ids or e-mail addresses, separated by commas",
        where="Slack, a person's profile, ⋮, Copy member ID",
        example="ada@example.com,U012ABCDEF",
    )
    alert_channel: Annotated[str | None, BeforeValidator(_blank_is_none), AfterValidator(_channel_id)] = _setting(
        None,
        "the id of the Slack channel in which Usher tells the admins what failed; invite Usher to it. Without one they "
        "are told in person",
        where="Slack, the channel's name, About, at the very bottom",
        example="C012ABCDEF",
    )
    public_url: Annotated[str | None, BeforeValidator(_blank_is_none), AfterValidator(_public_url)] = _setting(
        None,
        "the address under which the world reaches this process, https and without a slash at the end; turns the "
        "ChatGPT app on",
        example="https://usher.example.com",
    )
    chatgpt_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words), AfterValidator(_origins)] = _setting(
        ("https://chatgpt.com",),
        "the web origins whose programs people may connect to Usher's app, separated by commas; a program introduces "
        "itself there, and a person who connected returns there",
        example="https://chatgpt.com",
    )
    chatgpt_guests: bool = _setting(
        False, "whether guests of the Slack workspace may connect ChatGPT, too: true or false", example="false"
    )
    openai_apps_challenge: Annotated[str | None, BeforeValidator(_blank_is_none)] = _setting(
        None,
        "the text with which OpenAI verifies that the public address is yours, if you publish the app in its directory",
        where="platform.openai.com/plugins, your app, domain verification",
        example="k8f2…",
    )
    host: str = _setting("127.0.0.1", "the network address to listen on; 0.0.0.0 in a container", example="0.0.0.0")  # noqa: S104
    port: Annotated[int, Field(ge=0, le=65_535)] = _setting(3000, "the port to listen on", example="3000")
    metrics_token: Token = _setting(
        None,
        "the token that a reader of /metrics has to bring, as “Authorization: Bearer …”; without one, whoever reaches "
        "the address reads them",
        example="a-long-random-text",
    )
    catalog: Annotated[Path | None, BeforeValidator(_blank_is_none)] = _setting(
        None, "a catalogue file that is applied at every start", example="catalog.yml"
    )
    browser_profiles: Path = _setting(
        Path("browser-profiles"),
        "the directory in which the browsers of Usher's own keep their sign-ins, one sub-directory for each "
        "application with via: browser; whoever can read it is signed in",
        example="/var/lib/usher/browser-profiles",
    )
    browser_program: Annotated[str | None, BeforeValidator(_blank_is_none)] = _setting(
        None,
        "the Chromium that is run for applications with via: browser, a path or a name on PATH; without it Usher takes "
        "the machine's",
        example="/usr/bin/chromium",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = _setting(
        "info", "the least important log lines that are written: debug, info, warning or error", example="info"
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(str.lower)] = _setting(
        "console", "the form of log lines: console for people, json for programs, one object a line", example="json"
    )
    shutdown_seconds: Annotated[float, Field(gt=0, le=600)] = _setting(
        10.0, "the seconds that a process may take to finish what it is doing when it is asked to stop", example="10"
    )

    @classmethod
    def load(cls, *needed: str) -> Settings:
        """What the environment and the `.env` file say.

        Args:
            needed: the fields that the caller reads; what is wrong with others is then no hindrance. None: all.

        Raises:
            SettingsError: a value is wrong, or a line of the file says none.
        """
        if problems := unreadable_lines():
            raise SettingsError(problems)
        try:
            return cls()
        except ValidationError as error:
            wrong = _wrong(error)
            if not needed or any(variable(field) in wrong for field in needed):
                raise SettingsError(sentences(error)) from None
            return cls.load_what_is_right()

    @classmethod
    def load_what_is_right(cls) -> Settings:
        """The same with the default in the place of every value that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            defaults = {variable(name): field.default for name, field in cls.model_fields.items()}
            return cls(**{name: defaults[name] for name in _wrong(error)})

    @classmethod
    def given(cls, **values: Any) -> Settings:
        """Settings from these values alone, by field name; nothing is read from the environment (demo, tests).

        Raises:
            SettingsError: a value is wrong, or there is no such field.
        """
        try:
            return _Given(**{variable(field): value for field, value in values.items()})
        except ValidationError as error:
            raise SettingsError(sentences(error)) from None

    @property
    def mode(self) -> Mode:
        """How Slack reaches this process."""
        return "socket" if self.slack_app_token else "http"

    def for_run(self) -> Settings:
        """These settings, if they are enough for `usher run`.

        Raises:
            SettingsError: something that the bot cannot do without is missing.
        """
        if problems := self.missing_for_run():
            raise SettingsError(problems)
        return self

    def missing_for_run(self) -> tuple[str, ...]:
        """A sentence for each setting that the bot cannot do without and that is not there."""
        needed = ["slack_bot_token", "admins"]
        if self.mode == "http":
            needed.insert(1, "slack_signing_secret")
        if self.public_url:
            needed += ["slack_signin_client_id", "slack_signin_client_secret"]
        return tuple(missing(field) for field in needed if not getattr(self, field))

    def secret_values(self) -> tuple[str, ...]:
        """Every secret among the settings in clear, so that the log can mask them."""
        secrets = (getattr(self, field) for field in type(self).model_fields)
        values = [secret.get_secret_value() for secret in secrets if isinstance(secret, SecretStr)]
        if password := urlsplit(self.database_url).password:
            values.append(password)
        return tuple(values)


class _Given(Settings):
    """Settings that come from the caller alone."""

    model_config = SettingsConfigDict(env_file=None, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


# -- in words ----------------------------------------------------------------------------------------------------------
def field_of(name: str) -> FieldInfo | None:
    """The field of a variable, or None where there is no such variable."""
    return next((field for key, field in Settings.model_fields.items() if variable(key) == name), None)


def where(field: FieldInfo) -> str:
    """Where the value of a field is found; "" where it needs no finding."""
    extra = field.json_schema_extra
    return str(extra["where"]) if isinstance(extra, dict) and "where" in extra else ""


def _about(name: str) -> str:
    field = field_of(name)
    if field is None:
        return ""
    place = where(field)
    return f" What it is: {field.description}." + (f" Get it here: {place}." if place else "")


def missing(field: str) -> str:
    """What to say where a setting that is needed is not there."""
    name = variable(field)
    instead = " Or set SLACK_APP_TOKEN, and Usher uses Socket Mode." if field == "slack_signing_secret" else ""
    return f"{name} is not set.{_about(name)}{instead}"


def _wrong(error: ValidationError) -> set[str]:
    return {str(problem["loc"][0]) for problem in error.errors()}


def sentences(error: ValidationError) -> list[str]:
    """One sentence for each wrong setting: its name, what is wrong, what it is for, where to get it."""
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else "The settings"
        found.append(f"{name} is wrong: {_what_is_wrong(problem)}.{_about(name)}")
    return found


#: pydantic's names of what can be wrong (https://docs.pydantic.dev/latest/errors/validation_errors/)
_SENTENCES: Final[Mapping[str, str]] = {
    "bool_parsing": "write true or false",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "greater_than": "write a number greater than {gt}",
    "greater_than_equal": "write a number of at least {ge}",
    "less_than_equal": "write a number of at most {le}",
    "literal_error": "choose from {expected}",
}


def _what_is_wrong(problem: ErrorDetails) -> str:
    if sentence := _SENTENCES.get(problem["type"]):
        return sentence.format(**problem.get("ctx", {}))
    message = problem["msg"].removeprefix("Value error, ").rstrip(".")
    return message[:1].lower() + message[1:]


def environment() -> Mapping[str, str]:
    """The process's environment over the `.env` file's, as `Settings` reads them."""
    from_file = {name: value for name, value in dotenv_values(ENV_FILE).items() if value is not None}
    return from_file | dict(os.environ)


def unreadable_lines() -> tuple[str, ...]:
    """A sentence for each line of the `.env` file that sets nothing; without what it says, which may be a secret."""
    try:
        with open(ENV_FILE, encoding="utf-8") as file:
            wrong = [line.original.line for line in parse_stream(file) if line.error]
    except OSError:
        return ()
    return tuple(
        f"{ENV_FILE}, line {number}: this is not NAME=value, as in USHER_PORT=3000; a comment begins with #."
        for number in wrong
    )


def unknown_variables(names: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each variable that is almost one of Usher's: most likely a slip of the pen."""
    known = [variable(field) for field in Settings.model_fields]
    strangers = (
        name
        for name in sorted(names)
        if name.startswith("USHER_") and not name.startswith(SECRET_PREFIX) and name not in known
    )
    return tuple(
        f"{name} is not a setting; did you mean {meant}?"
        for name in strangers
        if (meant := nearest(name, known, alike=0.8))
    )
