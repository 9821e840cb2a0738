"""The keyring: what seals and unseals, and how its setting can be wrong."""

from __future__ import annotations

import base64

import pytest

from storage.errors import SecretKeysMalformed, SecretUnreadable
from storage.secrets import Keyring, key_id, new_key


def test_what_was_sealed_is_unsealed_with_the_same_key_and_context() -> None:
    """And twice the same content is never the same bytes."""
    keyring = Keyring.from_setting(new_key())
    first, second = (keyring.seal(b"cookie", context="secrets:chatgpt") for _ in range(2))
    assert first != second
    assert keyring.unseal(first, sealed_with=keyring.first, context="secrets:chatgpt") == b"cookie"


def test_every_key_unseals_and_the_first_one_seals() -> None:
    """A new key goes in front of the old one, and nothing becomes unreadable."""
    old, new = new_key(), new_key()
    before, after = Keyring.from_setting(old), Keyring.from_setting(f"{new}, {old}")
    sealed = before.seal(b"cookie", context="secrets:x")
    assert after.unseal(sealed, sealed_with=before.first, context="secrets:x") == b"cookie"
    assert after.first == key_id(base64.urlsafe_b64decode(new))
    with pytest.raises(SecretUnreadable, match="which is not among them"):
        before.unseal(after.seal(b"cookie", context="secrets:x"), sealed_with=after.first, context="secrets:x")


def test_a_sealed_value_does_not_open_in_another_row() -> None:
    """Whoever can write to the database cannot swap two secrets."""
    keyring = Keyring.from_setting(new_key())
    sealed = keyring.seal(b"cookie", context="secrets:figma")
    with pytest.raises(SecretUnreadable, match="belongs to another row"):
        keyring.unseal(sealed, sealed_with=keyring.first, context="secrets:chatgpt")


@pytest.mark.parametrize(
    "setting", ["", "hunter2", "bm90IDMyIGJ5dGVz", "A" * 43 + "=,short", "A" * 43 + "=,", "ä" * 44, "!" * 44]
)
def test_a_wrong_setting_says_how_a_key_is_made_and_does_not_repeat_it(setting: str) -> None:
    """The sentence holds a command that makes a key, and nothing of what was set."""
    with pytest.raises(SecretKeysMalformed) as raised:
        Keyring.from_setting(setting)
    assert "32 bytes" in str(raised.value)
    assert "os.urandom(32)" in str(raised.value)
    assert raised.value.__cause__ is None
    assert all(part not in str(raised.value) for part in setting.split(",") if part)


def test_a_keyring_shows_no_keys() -> None:
    """Its repr may end in a log."""
    key = new_key()
    assert key not in repr(Keyring.from_setting(key))
