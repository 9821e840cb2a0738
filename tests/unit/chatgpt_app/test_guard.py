"""Which addresses Usher fetches a client's document from: none that is anybody's inside."""

from __future__ import annotations

import ipaddress

import pytest

from bot.chatgpt_app.oauth.guard import is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.140", "2606:4700:4700::1111", "64:ff9b::8.8.8.8"])
def test_the_internet_is_public(address: str) -> None:
    """Also where an IPv4 address stands behind a translator (RFC 6052)."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.2.1",
        "198.18.0.1", "224.0.0.1", "255.255.255.255",
        "::", "::1", "fc00::1", "fe80::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8",  # IPv4 in IPv6
        "2002:7f00:1::", "2002:808:808::",  # 6to4
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1",  # translated
    ],
)  # fmt: skip
def test_everything_else_is_not(address: str) -> None:
    """This machine, its networks, a cloud's metadata, and tunnels that could lead to them."""
    assert not is_public(ipaddress.ip_address(address))
