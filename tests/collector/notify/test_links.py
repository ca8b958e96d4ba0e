# SPDX-License-Identifier: Apache-2.0
"""Links that a keeper gets: ours, whole, of one house and outage, and only for a while."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.notify import links
from sansang_collector.notify.links import (
    ExpiredLinkError,
    ForgedLinkError,
    Link,
    LinkKeyError,
    link_key,
    make_link,
    read_link,
)

SECRET = bytes(range(32))
NOW = 1_795_223_700_000_000
DAY = 86_400_000_000
LINK = Link("nvh-dong", "o-17", "keeper-1", NOW + DAY)
TOKEN = make_link(SECRET, LINK.site, LINK.outage, LINK.contact, LINK.expires_at)
names = st.text(max_size=64)


@given(names, names, names, st.integers(NOW + 1, 2**62), st.binary(min_size=1, max_size=64))
def test_a_link_says_what_was_written_into_it(
    site: str, outage: str, contact: str, expires_at: int, secret: bytes
) -> None:
    """In letters that stand in a URL as they are."""
    token = make_link(secret, site, outage, contact, expires_at)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert read_link(secret, token, NOW) == Link(site, outage, contact, expires_at)


def test_a_link_is_short() -> None:
    """It stands in a message that a person reads."""
    assert len(TOKEN) < 80


def test_a_link_expires_at_its_instant() -> None:
    """Not a microsecond later."""
    assert read_link(SECRET, TOKEN, NOW + DAY - 1) == LINK
    with pytest.raises(ExpiredLinkError, match="use that of the newest message"):
        read_link(SECRET, TOKEN, NOW + DAY)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_letter_may_be_another(at: int, letter: str) -> None:
    """Also where base64 does not care: of a link there is one spelling."""
    token = TOKEN[:at] + letter + TOKEN[at + 1 :]
    if token != TOKEN:
        with pytest.raises(ForgedLinkError):
            read_link(SECRET, token, NOW)


@given(st.text(max_size=600) | st.text("abcXYZ019-_=+/.", max_size=600))
def test_nobody_guesses_a_link(token: str) -> None:
    """Nor does any text make the reader fail otherwise."""
    for guess in (token, TOKEN + token, token + TOKEN):
        if guess != TOKEN:
            with pytest.raises(ForgedLinkError, match="open it as it was sent"):
                read_link(SECRET, guess, NOW)


@given(st.binary(max_size=100))
def test_what_is_sealed_but_no_link_is_none(content: bytes) -> None:
    """As of a version that wrote something else under the same key."""
    try:
        msgspec.msgpack.decode(content, type=Link)
    except msgspec.DecodeError:
        with pytest.raises(ForgedLinkError):
            read_link(SECRET, links._token(SECRET, content), NOW)


def test_a_link_of_another_key_is_forged() -> None:
    """Whoever takes over a commune's page makes no links of ours."""
    with pytest.raises(ForgedLinkError):
        read_link(SECRET[::-1], TOKEN, NOW)


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    """32 bytes of chance, the same after a restart, also when the first start was cut short."""
    (tmp_path / "link.key.new").write_bytes(b"half")
    file = tmp_path / "link.key"
    key = link_key(file)
    assert (len(key), file.stat().st_mode & 0o777) == (32, 0o600)
    assert link_key(file) == key
    assert link_key(tmp_path / "another.key") != key
    assert sorted(each.name for each in tmp_path.iterdir()) == ["another.key", "link.key"]


def test_a_key_that_can_not_be_trusted_is_refused(tmp_path: Path) -> None:
    """With what to do; a new one is never made in its place in silence."""
    file = tmp_path / "link.key"
    for content, mode, why in (
        (b"x" * 31, 0o600, "is not 32 bytes long: remove it"),
        (b"", 0o600, "is not 32 bytes long: remove it"),
        (b"x" * 32, 0o604, "everybody can read"),
    ):
        file.write_bytes(content)
        file.chmod(mode)
        with pytest.raises(LinkKeyError, match=why):
            link_key(file)
        assert file.read_bytes() == content
    with pytest.raises(LinkKeyError, match="can't be used: No such file or directory"):
        link_key(tmp_path / "absent" / "link.key")
