# SPDX-License-Identifier: Apache-2.0
"""What an agent's settings may say, and every word a person gets when they are wrong."""

import re
from pathlib import Path

import pytest

from sansang_agent.config import AgentFile, BrokerSettings, OutboxSettings, load
from sansang_agent.probes.base import all_probes
from sansang_wire.checking import InvalidSettingsError

PAGE = Path(__file__).parents[2] / "docs" / "agent.md"
GOOD = 'agent = "nvh-1"\nbroker.url = "mqtt://broker"\n'
RULE = "1 to 63 of a-z, 0-9 and inner hyphens; 'collector' is taken"

BAD = {
    "nothing at all": ("", ["agent: is missing", "broker: is missing"]),
    "no URL": ('agent = "nvh-1"\n[broker]', ["broker.url: is missing"]),
    "an id that no topic takes": (
        'agent = "Nhà 1"\nbroker.url = "mqtt://broker"',
        [f"agent: 'Nhà 1' is not an agent id: {RULE}"],
    ),
    "the collector's name": (
        'agent = "collector"\nbroker.url = "mqtt://broker"',
        [f"agent: 'collector' is not an agent id: {RULE}"],
    ),
    "wrong types": (
        "agent = 7\nbroker.url = 8",
        [
            "agent: expected `str`, got `int` (it is 7)",
            "broker.url: expected `str`, got `int` (it is 8)",
        ],
    ),
    "a URL of something else": (
        'agent = "nvh-1"\nbroker.url = "https://broker"',
        ["broker.url: 'https://broker' is not mqtt://host[:port] or mqtts://host[:port]"],
    ),
    "a secret in the URL": (
        'agent = "nvh-1"\nbroker.url = "mqtt://nvh-1:secret@broker"',
        ["broker.url: the URL holds a user or password: use password_file"],
    ),
    "a misspelt section": (
        GOOD + 'outbx.path = "x"',
        ["outbx: unknown key — did you mean 'outbox'?"],
    ),
    "a misspelt key": (GOOD + "batch_every = 3", ["batch_every: unknown key — did you mean"]),
    "a profile that is none": (
        GOOD + 'profile = "cheap"',
        ["profile: invalid enum value 'cheap' (it is 'cheap')"],
    ),
    "an outbox without room": (
        GOOD + "outbox = {max_mib = 0, max_age_d = -1}",
        [
            "outbox.max_age_d: expected `float` > 0.0 (it is -1)",
            "outbox.max_mib: expected `float` > 0.0 (it is 0)",
        ],
    ),
    "files that are not there": (
        GOOD + 'broker.ca_file = "/absent/ca"\nbroker.password_file = "/absent/word"',
        [
            "broker.ca_file: there is no file /absent/ca",
            "broker.password_file: can't be read: [Errno 2] No such file or directory:",
        ],
    ),
    "a password for everybody": (
        GOOD + 'broker.password_file = "FOLDER/open"',
        ["broker.password_file: everybody can read FOLDER/open: chmod o-r FOLDER/open"],
    ),
    "an empty password": (
        GOOD + 'broker.password_file = "FOLDER/empty"',
        ["broker.password_file: FOLDER/empty is empty"],
    ),
    "a password that is no text": (
        GOOD + 'broker.password_file = "FOLDER/binary"',
        ["broker.password_file: can't be read: 'utf-8' codec can't decode byte 0xff"],
    ),
    "an unknown probe": (
        GOOD + "probes.reachabilty.enabled = false",
        ["probes.reachabilty: unknown probe — did you mean 'reachability'?"],
    ),
    "a probe that is no table": (GOOD + "probes.host = 60", ["probes.host: is not a table"]),
    "probes that are no table": (
        GOOD + "probes = 60",
        ["probes: expected `object`, got `int` (it is 60)"],
    ),
    "a key no probe knows": (
        GOOD + "probes.host.every = 60",
        ["probes.host.every: unknown key — did you mean 'every_s'?"],
    ),
    "a probe without rest": (
        GOOD + "probes.host.every_s = 0",
        ["probes.host.every_s: expected `float` >= 1.0 (it is 0)"],
    ),
    "everything at once": (
        'agent = "-"\nbroker.url = "x"\nbatch_every_s = 0\n[probes]\nhost.every_s = "x"\nlik = 1',
        [
            f"agent: '-' is not an agent id: {RULE}",
            "batch_every_s: expected `float` >= 1.0 (it is 0)",
            "broker.url: 'x' is not mqtt://host[:port] or mqtts://host[:port]",
            "probes.host.every_s: expected `float | null`, got `str` (it is 'x')",
            "probes.lik: unknown probe — did you mean 'link'?",
        ],
    ),
    "no TOML": ("agent: nvh-1", ["not TOML: "]),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Beside it a password for everybody, an empty one, one that is no text, and a good one."""
    files = {"open": (b"x", 0o644), "empty": (b"\n", 0o600), "binary": (b"\xff", 0o600)}
    for name, (content, mode) in {**files, "secret": (b"bi-mat\n", 0o640)}.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
    return tmp_path / "agent.toml"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_with_every_mistake(name: str, file: Path) -> None:
    """In the order of the keys; each is what a person reads, or its beginning."""
    text, expected = BAD[name]
    folder = str(file.parent)
    file.write_text(text.replace("FOLDER", folder))
    with pytest.raises(InvalidSettingsError) as caught:
        load(file)
    told = [str(mistake) for mistake in caught.value.mistakes]
    assert len(told) == len(expected), told
    for line, beginning in zip(told, expected, strict=True):
        assert line.startswith(beginning.replace("FOLDER", folder))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match=r"can't be read: .* No such file"):
        load(tmp_path / "agent.toml")


def test_two_lines_are_enough(file: Path) -> None:
    """Every probe there is runs as it is made; only what asks others waits to be told whom."""
    file.write_text(GOOD)
    config = load(file)
    assert (config.host, config.port, config.tls) == ("broker", 1883, False)
    assert (config.file.profile, config.batch_every_s) == ("default", 30)
    assert (config.file.outbox.max_mib, config.file.outbox.max_age_d) == (64, 90)
    assert config.file.outbox.path == "/var/lib/sansang/outbox.db"
    assert config.password is None
    assert set(config.probes) == set(all_probes())
    off = [kind for kind, each in config.probes.items() if not each.enabled]
    assert off == ["ipv6_only", "path", "wifi_journey", "wifi_scan"]


def test_a_metered_line_sends_less_often_unless_told(file: Path) -> None:
    """The profile is a default."""
    file.write_text('profile = "metered"\n' + GOOD)
    assert load(file).batch_every_s == 300
    file.write_text('profile = "metered"\nbatch_every_s = 60\n' + GOOD)
    assert load(file).batch_every_s == 60


@pytest.mark.parametrize(
    ("url", "host", "port", "address"),
    [
        ("mqtts://thu-thap.xa.vn", "thu-thap.xa.vn", 8883, "thu-thap.xa.vn:8883"),
        ("mqtt://[2001:db8::1]:1884", "2001:db8::1", 1884, "[2001:db8::1]:1884"),
    ],
)
def test_a_broker_is_found_by_its_url(
    file: Path, url: str, host: str, port: int, address: str
) -> None:
    file.write_text(f'agent = "nvh-1"\nbroker.url = "{url}"')
    config = load(file)
    assert (config.host, config.port, config.address) == (host, port, address)
    assert config.tls == url.startswith("mqtts")


def test_the_password_is_read_and_never_shown(file: Path) -> None:
    """Neither by the settings nor by what becomes of them in a traceback."""
    file.write_text(GOOD + f'broker.password_file = "{file.parent}/secret"')
    config = load(file)
    assert config.password == "bi-mat"
    assert "bi-mat" not in repr(config)


def test_the_sample_in_the_documents_loads_and_names_every_default(tmp_path: Path) -> None:
    """What the page says a key is by default is what it is."""
    samples = re.findall(r"(?ms)^```toml\n(.*?)^```", PAGE.read_text())
    minimal, full = samples
    words = tmp_path / "broker.password"
    words.write_text("bi-mat")
    words.chmod(0o600)
    ca = tmp_path / "ca.crt"
    ca.write_text("")
    for path, there in (("/etc/sansang/broker.password", words), ("/etc/sansang/ca.crt", ca)):
        full = full.replace(path, str(there))
    (tmp_path / "full.toml").write_text(full)
    (tmp_path / "minimal.toml").write_text(minimal)
    one, other = load(tmp_path / "full.toml"), load(tmp_path / "minimal.toml")
    assert one.file.outbox == other.file.outbox
    assert (one.file.profile, one.batch_every_s) == (other.file.profile, other.batch_every_s)
    keys = set(re.findall(r"(?m)^(?:# )?(\w+) =", full))
    for struct in (AgentFile, BrokerSettings, OutboxSettings):
        assert {*struct.__struct_fields__} - {"broker", "outbox", "probes"} <= keys
