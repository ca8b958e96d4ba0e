# SPDX-License-Identifier: Apache-2.0
"""Where a secret may be sent to."""

import pytest

from sansang_collector.addresses import origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://wifi.example.vn", "https://wifi.example.vn"),
        ("https://wifi.example.vn:8443/", "https://wifi.example.vn:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_encrypted_or_of_this_machine(url: str, expected: str) -> None:
    """With or without a port, without the slash at its end."""
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "wifi.example.vn",
        "https://",
        "https://me@wifi.example.vn",
        "https://:word@wifi.example.vn",
        "https://wifi.example.vn:0",
        "https://wifi.example.vn:70000",
        "https://[::1",
        "https://wifi.example.vn/k",
        "https://wifi.example.vn?k",
        "https://wifi.example.vn#k",
        "http://wifi.example.vn",
        "http://10.0.0.1",
        "http://localhost.example.vn",
        "http://127.0.0.1@wifi.example.vn",
        "ftp://127.0.0.1",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    """What others could read, and what is more than an address of a server."""
    with pytest.raises(ValueError):
        origin(url)
