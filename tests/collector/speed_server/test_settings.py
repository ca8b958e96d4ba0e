# SPDX-License-Identifier: Apache-2.0
"""What the measuring server's settings may say, and what is told of wrong ones."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from sansang_collector.config import Address
from sansang_collector.settings_file import InvalidFileError
from sansang_collector.speed_server.settings import (
    LISTEN,
    LimitsSection,
    SpeedFile,
    TlsSection,
    check_config,
    load,
    tokens_file,
)

ROOT = Path(__file__).parents[3]
BOTH = (Address("0.0.0.0", 4443), Address("::", 4443))

BAD = {
    "nothing at all": (
        "",
        [
            (
                "tokens_file: is missing: without tokens nobody may test, unless `open = true` lets"
                " everybody"
            )
        ],
    ),
    "several at once": (
        'lisen = []\nopen = "yes"\n[limits]\nmax_mbps = 0\nturns_at_once = 1.5',
        [
            "limits.max_mbps: expected `float` >= 1.0 (it is 0)",
            "limits.turns_at_once: expected `int`, got `float` (it is 1.5)",
            "lisen: unknown key — did you mean 'listen'?",
            "open: expected `bool`, got `str` (it is 'yes')",
            (
                "tokens_file: is missing: without tokens nobody may test, unless `open = true` lets"
                " everybody"
            ),
        ],
    ),
    "addresses that are none": (
        'open = true\nlisten = ["speed.example:4443", "127.0.0.1"]',
        [
            "listen: '127.0.0.1' is not an address and a port, as in '127.0.0.1:8080'",
            "listen: 'speed.example:4443' is not an address and a port, as in '127.0.0.1:8080'",
        ],
    ),
    "nowhere to listen": (
        "open = true\nlisten = []",
        ["listen: names no address: leave it out, or name one"],
    ),
    "half of TLS": ('open = true\ntls.certificate = "a"', ["tls.key: is missing: TLS needs both"]),
    "a key that is not there": (
        'open = true\ntls = {certificate = "a", key = "b"}',
        ["tls.key: FOLDER/b can't be read: No such file or directory"],
    ),
    "a key for everybody to read": (
        'open = true\ntls = {certificate = "a", key = "seen"}',
        ["tls.key: everybody can read FOLDER/seen: chmod o-r FOLDER/seen"],
    ),
    "sections that are none": (
        "open = true\nlimits = 1\ntls = 2",
        [
            "limits: is not a table (it is 1)",
            "tls: is not a table (it is 2)",
            "tls.certificate: is missing: TLS needs both",
            "tls.key: is missing: TLS needs both",
        ],
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a certificate."""
    made = trustme.CA().issue_cert("speed.example.vn")
    made.cert_chain_pems[0].write_to_path(tmp_path / "speed.crt")
    made.private_key_pem.write_to_path(tmp_path / "speed.key")
    (tmp_path / "speed.key").chmod(0o600)
    (tmp_path / "seen").write_text("secret")
    (tmp_path / "seen").chmod(0o644)
    return tmp_path


@pytest.mark.parametrize(("text", "mistakes"), BAD.values(), ids=BAD)
def test_every_mistake_is_told(folder: Path, text: str, mistakes: list[str]) -> None:
    with pytest.raises(InvalidFileError) as caught:
        check_config(tomllib.loads(text), folder / "speed.toml")
    found = [str(each).replace(str(folder), "FOLDER") for each in caught.value.mistakes]
    assert found == mistakes


def test_what_is_no_certificate_is_a_mistake_too(folder: Path) -> None:
    (folder / "junk").write_text("no PEM")
    (folder / "junk").chmod(0o600)
    data = {"open": True, "tls": {"certificate": "junk", "key": "junk"}}
    with pytest.raises(
        InvalidFileError, match=r"tls\.certificate: .*junk and .*junk can't be used"
    ):
        check_config(data, folder / "speed.toml")


def test_the_page_shows_every_setting_and_its_default(folder: Path) -> None:
    page = (ROOT / "docs" / "speed-server.md").read_text()
    [sample] = re.findall(r"(?ms)^```toml\n(.*?)^```", page)
    (folder / "speed.toml").write_text(sample)
    found = load(folder / "speed.toml")
    assert found.tokens_file == folder / "speed.tokens"
    assert found.listen == BOTH
    assert found.tls is not None
    shown: dict[str, Any] = tomllib.loads(sample)
    for struct, table in (
        (SpeedFile, shown),
        (TlsSection, shown["tls"]),
        (LimitsSection, shown["limits"]),
    ):
        assert set(table) == {field.name for field in msgspec.structs.fields(struct)}
    assert shown["limits"] == msgspec.to_builtins(LimitsSection())
    assert shown["listen"] == list(LISTEN)
    assert shown["open"] is SpeedFile().open


@pytest.mark.parametrize("file", ["speed-server/speed.toml", "compose/speed-server/speed.toml"])
def test_the_shipped_settings_are_taken(folder: Path, file: str) -> None:
    """With TLS; only the places of the certificate are this test's."""
    text = (ROOT / "deploy" / file).read_text()
    for name in ("crt", "key"):
        text = re.sub(rf'"/.*server\.{name}"', f'"{folder}/speed.{name}"', text)
    (folder / "speed.toml").write_text(text)
    found = load(folder / "speed.toml")
    assert found.tls is not None
    assert not found.open
    assert found.listen == BOTH


def test_a_token_is_made_where_the_certificate_cannot_be_read(tmp_path: Path) -> None:
    """Everything else of the settings must be right; what lacks its own place is told so."""
    file = tmp_path / "speed.toml"
    file.write_text('tokens_file = "mine"\ntls = {certificate = "absent", key = "absent"}')
    assert tokens_file(file) == tmp_path / "mine"
    file.write_text("open = true")
    with pytest.raises(InvalidFileError, match="tokens_file: is missing"):
        tokens_file(file)
