"""The secret store: what connectors read, what may be seen of it, and how it survives a change of keys."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import audit
from storage.database import Database, Transaction
from storage.errors import SecretKeysMissing, SecretNameInvalid, SecretUnreadable
from storage.secrets import Keyring, SecretStore, new_key
from storage.tables import Secret
from tests.support.clock import START, MovableClock

COOKIE = "eyJhbGciOi.a-session-token"


@pytest.fixture
def keyring() -> Keyring:
    """One key."""
    return Keyring.from_setting(new_key())


@pytest.fixture
def store(database: Database, keyring: Keyring) -> SecretStore:
    """A store with nothing in the environment."""
    return SecretStore(database, keyring, {})


async def test_a_stored_secret_is_read_back(store: SecretStore) -> None:
    """And a later one takes its place; what was never stored is None."""
    assert await store.get("chatgpt-session") is None
    await store.put("chatgpt-session", "first")
    await store.put("chatgpt-session", COOKIE)
    assert await store.get("chatgpt-session") == COOKIE


async def test_the_environment_goes_before_the_store(database: Database, keyring: Keyring) -> None:
    """A file or a vault can hand a secret over without the store; an empty variable is none."""
    await SecretStore(database, keyring, {}).put("chatgpt-session", "stored")
    given = SecretStore(database, keyring, {"USHER_SECRET_CHATGPT_SESSION": "given"})
    assert await given.get("chatgpt-session") == "given"
    empty = SecretStore(database, keyring, {"USHER_SECRET_CHATGPT_SESSION": ""})
    assert await empty.get("chatgpt-session") == "stored"


async def test_the_environment_needs_no_keys(database: Database) -> None:
    """Nothing is stored then, so nothing has to be sealed."""
    store = SecretStore(database, None, {"USHER_SECRET_CHATGPT_SESSION": "given"})
    assert await store.get("chatgpt-session") == "given"


async def test_storing_without_keys_says_how_to_make_one(database: Database) -> None:
    """Never in plain text instead."""
    with pytest.raises(SecretKeysMissing, match="USHER_SECRET_KEYS is not set"):
        await SecretStore(database, None, {}).put("chatgpt-session", COOKIE)
    async with database.read() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Secret)) == 0


async def test_the_wrong_key_is_told_from_a_missing_one(database: Database, store: SecretStore) -> None:
    """At the start (`check`) as at the first use, with what to do, and without the secret."""
    await store.put("chatgpt-session", COOKIE)
    for keys, words in ((Keyring.from_setting(new_key()), "cannot be decrypted"), (None, "is not set")):
        other = SecretStore(database, keys, {})
        for use in (other.get("chatgpt-session"), other.check()):
            with pytest.raises(SecretUnreadable, match=words) as raised:
                await use
            assert COOKIE not in str(raised.value)


async def test_the_environment_is_the_way_out_when_the_key_is_lost(database: Database, store: SecretStore) -> None:
    """An unreadable row does not stand in the way of a value that was handed over."""
    await store.put("chatgpt-session", "lost")
    other = SecretStore(database, Keyring.from_setting(new_key()), {"USHER_SECRET_CHATGPT_SESSION": "given"})
    assert await other.get("chatgpt-session") == "given"


async def test_sealed_values_cannot_change_places(database: Database, store: SecretStore) -> None:
    """Somebody with the database but without the key cannot give one connector another one's secret."""
    await store.put("one", "first")
    await store.put("two", "second")

    async def swap(tx: Transaction) -> None:
        one, two = [await tx.session.get_one(Secret, name) for name in ("one", "two")]
        one.sealed, two.sealed = two.sealed, one.sealed

    await database.write(swap)
    with pytest.raises(SecretUnreadable, match="belongs to another row"):
        await store.get("one")


async def test_only_names_and_ages_are_shown(database: Database, keyring: Keyring, clock: MovableClock) -> None:
    """`usher secret list`: what is stored and what the environment holds; the keys themselves are no secret of it."""
    environment = {"USHER_SECRET_FIGMA_TOKEN": "f", "USHER_SECRET_KEYS": "k", "USHER_SECRET_STORED_TOO": "s"}
    store = SecretStore(database, keyring, environment)
    await store.put("chatgpt-session", COOKIE)
    await store.put("stored_too", COOKIE)
    clock.advance(timedelta(days=3))
    names = await store.names()
    assert [(each.name, each.age, each.in_environment) for each in names] == [
        ("chatgpt-session", timedelta(days=3), False),
        ("figma-token", None, True),
        ("stored_too", timedelta(days=3), True),
    ]
    assert names[0].created_at == names[0].updated_at == START
    assert COOKIE not in repr(names)


async def test_a_removed_secret_is_gone(store: SecretStore) -> None:
    """Removing what is not there is told apart."""
    await store.put("chatgpt-session", COOKIE)
    assert await store.remove("chatgpt-session")
    assert await store.get("chatgpt-session") is None
    assert not await store.remove("chatgpt-session")


@pytest.mark.parametrize("name", ["", "keys", "KEYS", "a b", "../x", "-x", "x" * 101, "eyJ.e30.c2ln"])
async def test_a_name_that_cannot_be_a_variable_is_refused(store: SecretStore, name: str) -> None:
    """`keys` would be USHER_SECRET_KEYS."""
    with pytest.raises(SecretNameInvalid):
        await store.put(name, COOKIE)
    with pytest.raises(SecretNameInvalid):
        await store.get(name)


async def test_a_secret_with_a_name_of_before_is_found_and_can_be_removed(database: Database, keyring: Keyring) -> None:
    """Names once had capitals, and up to 100 letters: nothing more is stored so, but what is there works."""
    store = SecretStore(database, keyring, {"USHER_SECRET_OLD_NAME": COOKIE})

    async def as_it_was(tx: Transaction) -> None:
        await tx.insert(Secret(name="Stored", sealed=b"-", key_id=keyring.first, created_at=tx.now, updated_at=tx.now))

    await database.write(as_it_was)
    assert await store.get("Old_Name") == COOKIE
    assert await store.get("x" * 100) is None
    for name in ("Old_Name", "x" * 61, "sk-Ab0"):
        with pytest.raises(SecretNameInvalid):
            await store.put(name, COOKIE)
    assert await store.remove("Stored")
    with pytest.raises(SecretNameInvalid):
        await store.remove("Stored")


async def test_keys_can_be_changed(database: Database) -> None:
    """New key in front, rotate, take the old one away: everything is still readable."""
    old, new = new_key(), new_key()
    await SecretStore(database, Keyring.from_setting(old), {}).put("one", "first")
    both = SecretStore(database, Keyring.from_setting(f"{new},{old}"), {})
    await both.put("two", "second")
    assert await both.rotate() == 1
    assert await both.rotate() == 0
    only_new = SecretStore(database, Keyring.from_setting(new), {})
    assert [await only_new.get(name) for name in ("one", "two")] == ["first", "second"]


async def test_a_rotation_that_cannot_read_everything_changes_nothing(database: Database) -> None:
    """Half of the secrets under a new key would be found out too late."""
    old, lost, new = (new_key() for _ in range(3))
    await SecretStore(database, Keyring.from_setting(old), {}).put("one", "first")
    await SecretStore(database, Keyring.from_setting(lost), {}).put("two", "second")
    with pytest.raises(SecretUnreadable, match="secrets:two"):
        await SecretStore(database, Keyring.from_setting(f"{new},{old}"), {}).rotate()
    assert await SecretStore(database, Keyring.from_setting(old), {}).get("one") == "first"


async def test_a_rotated_cookie_goes_before_the_one_that_it_came_from(database: Database, keyring: Keyring) -> None:
    """The environment still holds the first value after a restart; the provider no longer takes it."""
    environment = {"USHER_SECRET_CHATGPT_SESSION": "first"}
    assert await SecretStore(database, keyring, environment).replace_if("chatgpt-session", "first", "second")
    assert await SecretStore(database, keyring, environment).replace_if("chatgpt-session", "second", "third")
    assert await SecretStore(database, keyring, environment).get("chatgpt-session") == "third"


async def test_a_new_cookie_in_the_environment_goes_before_a_rotated_one(database: Database, keyring: Keyring) -> None:
    """An admin who hands over a fresh sign-in is obeyed."""
    await SecretStore(database, keyring, {"USHER_SECRET_X": "first"}).replace_if("x", "first", "second")
    assert await SecretStore(database, keyring, {"USHER_SECRET_X": "fresh"}).get("x") == "fresh"


async def test_a_cookie_is_replaced_only_by_who_knows_it(store: SecretStore) -> None:
    """A replica that is late does not overwrite what another one was given meanwhile."""
    await store.put("x", "first")
    assert await store.replace_if("x", "first", "second")
    assert not await store.replace_if("x", "first", "late")
    assert await store.get("x") == "second"
    assert not await store.replace_if("never-stored", "first", "second")


@pytest.mark.parametrize("stored", [True, False])
async def test_of_several_replicas_one_replaces(database: Database, keyring: Keyring, stored: bool) -> None:
    """Whether the value stood in the store or came from the environment."""
    environment = {} if stored else {"USHER_SECRET_X": "first"}
    store = SecretStore(database, keyring, environment)
    if stored:
        await store.put("x", "first")
    replicas = range(5)
    await asyncio.gather(*(store.get("x") for _ in replicas))  # connects, so that all of them begin at once
    replaced = await asyncio.gather(*(store.replace_if("x", "first", f"by {number}") for number in replicas))
    assert sum(replaced) == 1
    assert await store.get("x") == f"by {replaced.index(True)}"


async def test_secrets_stand_nowhere_in_plain_text(
    database: Database, store: SecretStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the table, not in the ledger, not in the log at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        await store.put("chatgpt-session", COOKIE, actor="shell:ada")
        await store.replace_if("chatgpt-session", COOKIE, COOKIE + "2")
        await store.get("chatgpt-session")
        await store.remove("chatgpt-session", actor="shell:ada")
    async with database.read() as session:
        lines = [(line.event, line.actor, line.subject, line.data) async for line in audit.export(session)]
    assert lines == [
        ("secret.stored", "shell:ada", "secret:chatgpt-session", '{"door":"usher"}'),
        ("secret.removed", "shell:ada", "secret:chatgpt-session", '{"door":"usher"}'),
    ]
    await store.put("chatgpt-session", COOKIE)
    async with database.read() as session:
        sealed = await session.scalar(sa.select(Secret.sealed))
    assert sealed is not None
    assert COOKIE.encode() not in sealed
    records = json.dumps([record.getMessage() for record in caplog.records if record.name != "aiosqlite"])
    assert COOKIE not in records
