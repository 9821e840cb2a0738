"""What the environment may say, and what is answered when it says something wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, unknown_variables, variable, where

ENOUGH = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s1gn1ng",
    "USHER_ADMINS": "ada@example.com",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENOUGH.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    """Without any variable, Usher keeps its data in usher.db and listens on this machine only."""
    settings = Settings.load()
    assert settings.database_url == "sqlite+aiosqlite:///usher.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.mode == "http"


def test_every_setting_says_what_it_is_for() -> None:
    """Each variable has a sentence, and an example or a default."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert (field.examples and field.examples[0]) or field.default is not None, name


@pytest.mark.usefixtures("enough")
@pytest.mark.parametrize("name", ENOUGH)
def test_a_missing_setting_names_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A run without a setting that it needs says which, what it is for, and where to get it."""
    monkeypatch.delenv(name)
    field = next(field for key, field in Settings.model_fields.items() if variable(key) == name)
    with pytest.raises(SettingsError) as error:
        Settings.load().for_run()
    assert f"{name} is not set. What it is: {field.description}" in str(error.value)
    assert where(field) in str(error.value)
    assert len(error.value.problems) == 1


@pytest.mark.usefixtures("enough")
def test_all_missing_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to start Usher three times to learn of three missing settings."""
    for name in ENOUGH:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as error:
        Settings.load().for_run()
    assert [problem.split()[0] for problem in error.value.problems] == list(ENOUGH)


@pytest.mark.usefixtures("enough")
def test_socket_mode_needs_no_signing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an app token Usher uses Socket Mode, where nothing is signed."""
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert Settings.load().for_run().mode == "socket"


@pytest.mark.usefixtures("enough")
def test_the_chatgpt_app_needs_the_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public address turns the ChatGPT app on, and that needs the sign-in through Slack."""
    monkeypatch.setenv("USHER_PUBLIC_URL", "https://usher.example.com/")
    settings = Settings.load()
    assert settings.public_url == "https://usher.example.com"
    assert [problem.split()[0] for problem in settings.missing_for_run()] == [
        "SLACK_SIGNIN_CLIENT_ID",
        "SLACK_SIGNIN_CLIENT_SECRET",
    ]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-9", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-9", "xapp-"),
        ("SLACK_API_URL", "slack.com", "https://"),
        ("USHER_ADMINS", "ada@example.com, Grace", "“Grace” is neither a Slack user id"),
        ("USHER_ALERT_CHANNEL", "#it-alerts", "C012ABCDEF"),
        ("USHER_PUBLIC_URL", "http://usher.example.com", "https://"),
        ("USHER_PORT", "eighty", "write a whole number"),
        ("USHER_PORT", "70000", "write a number of at most 65535"),
        ("USHER_LOG_LEVEL", "loud", "choose from 'debug', 'info'"),
        ("USHER_LOG_FORMAT", "xml", "'json'"),
        ("USHER_DATABASE_URL", "mysql://root@db/usher", "postgresql+psycopg://"),
        ("USHER_SHUTDOWN_SECONDS", "0", "write a number greater than 0"),
        ("USHER_CHATGPT_GUESTS", "maybe", "write true or false. What it is: whether guests"),
    ],
)
def test_a_wrong_value_is_named_and_explained(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str
) -> None:
    """A value that cannot be right is refused with its variable and what to write instead."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        Settings.load()
    assert str(error.value).startswith(f"{name} is wrong: ")
    assert hint in str(error.value)


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "USHER_DATABASE_URL", "USHER_SHUTDOWN_SECONDS"])
def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What was written stands in no message, because a mistyped secret is one too."""
    monkeypatch.setenv(name, "mysql://hunter2")
    with pytest.raises(SettingsError) as error:
        Settings.load()
    assert "hunter2" not in str(error.value)


def test_a_command_is_stopped_only_by_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong Slack token keeps nobody from listing grants."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "wrong")
    monkeypatch.setenv("USHER_DATABASE_URL", "sqlite+aiosqlite:///other.db")
    settings = Settings.load("database_url")
    assert settings.database_url == "sqlite+aiosqlite:///other.db"
    assert settings.slack_bot_token is None
    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN"):
        Settings.load("slack_bot_token")


def test_a_line_that_sets_nothing_is_named_and_not_repeated(tmp_path: Path) -> None:
    """A slip in the .env file is an error with its line, as a setting that is left out unseen is a worse one."""
    (tmp_path / ".env").write_text("# mine\nUSHER_PORT=4000\nSLACK_BOT_TOKEN xoxb-1\n", encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        Settings.load("database_url")
    assert str(error.value) == ".env, line 3: this is not NAME=value, as in USHER_PORT=3000; a comment begins with #."
    assert Settings.load_what_is_right().port == 4000


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings may stand in a .env file; a variable of the process goes before it."""
    (tmp_path / ".env").write_text("USHER_PORT=4000\nUSHER_HOST=0.0.0.0\n", encoding="utf-8")
    monkeypatch.setenv("USHER_PORT", "5000")
    settings = Settings.load()
    assert (settings.host, settings.port) == ("0.0.0.0", 5000)


def test_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """`USHER_PUBLIC_URL=` in a .env file is the same as no line at all."""
    for field in Settings.model_fields:
        monkeypatch.setenv(variable(field), "")
    assert Settings.load().model_dump() == Settings.given().model_dump()


def test_admins_are_words() -> None:
    """Admins are separated by commas, spaces or both, and addresses are compared without regard to case."""
    assert Settings.given(admins="Ada@Example.com, U012ABCDEF  grace@example.com").admins == (
        "ada@example.com",
        "U012ABCDEF",
        "grace@example.com",
    )


def test_given_settings_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo and the tests are not touched by what happens to be set."""
    monkeypatch.setenv("USHER_PORT", "5000")
    assert Settings.given(host="::1").port == 3000


def test_secrets_are_not_shown() -> None:
    """Printing the settings shows no secret, and the log knows all of them."""
    settings = Settings.given(
        slack_bot_token="xoxb-secret-one",
        secret_keys="secret-two",
        database_url="postgresql+psycopg://usher:secret-three@db/usher",
    )
    assert "secret-" not in repr(settings)
    assert set(settings.secret_values()) == {"xoxb-secret-one", "secret-two", "secret-three"}


def test_a_slip_of_the_pen_is_noticed() -> None:
    """A variable that is almost a setting is asked about; what is far from any, and every secret, is left alone."""
    found = unknown_variables(["USHER_ADMIN", "USHER_SECRET_FIGMA", "USHER_PORT", "USHER_WHATEVER", "PATH"])
    assert found == ("USHER_ADMIN is not a setting; did you mean USHER_ADMINS?",)
