# SPDX-License-Identifier: Apache-2.0
"""What a collector's settings may say, and every word a person gets when they are wrong."""

import tomllib
from pathlib import Path

import pytest

from sansang_collector.config import (
    Address,
    CollectorConfig,
    EmbeddedStoreConfig,
    InfluxDB1Config,
    InfluxDB2Config,
    check_config,
    load,
)
from sansang_collector.notify.channels import Bot
from sansang_collector.settings_file import InvalidFileError
from sansang_collector.watch.service import HoldDown
from sansang_wire.session import Broker

HERE = 'broker.listen = "127.0.0.1:1883"\n'

BAD = {
    "nothing at all": (
        "",
        [
            (
                "broker: listen (the broker inside the collector) or url (one of your own), not"
                " both: neither is given"
            )
        ],
    ),
    "both brokers": (
        'broker = {listen = "127.0.0.1:1883", url = "mqtt://broker"}',
        [
            (
                "broker: listen (the broker inside the collector) or url (one of your own), not"
                " both: both are given"
            )
        ],
    ),
    "a key of the other broker": (
        'broker = {listen = "127.0.0.1:1883", user = "me"}',
        ["broker.user: means nothing beside listen: it is for a broker of your own"],
    ),
    "an unknown section": (
        HERE + 'strore.kind = "embedded"',
        ["strore: unknown key — did you mean 'store'?"],
    ),
    "an unknown key": (
        'broker.lisen = "127.0.0.1:1883"\nbroker.url = "mqtt://broker"',
        ["broker.lisen: unknown key — did you mean 'listen'?"],
    ),
    "a section that is none": (
        HERE + "web = 8080",
        ["web: is not a table (it is 8080)"],
    ),
    "a wrong type": (
        HERE + "data_dir = 7",
        ["data_dir: expected `str`, got `int` (it is 7)"],
    ),
    "an address without a port": (
        'broker.listen = "127.0.0.1"',
        [
            "broker.listen: '127.0.0.1' is not an address and a port, as in '127.0.0.1:8080'",
        ],
    ),
    "a URL that is none": (
        'broker.url = "tcp://broker"',
        ["broker.url: 'tcp://broker' is not mqtt://host[:port] or mqtts://host[:port]"],
    ),
    "a CA where nothing is encrypted": (
        'broker = {url = "mqtt://broker", ca_file = "open"}',
        ["broker.ca_file: means nothing without TLS: the url must begin with mqtts://"],
    ),
    "a CA file that is not there": (
        'broker = {url = "mqtts://broker", ca_file = "absent"}',
        ["broker.ca_file: there is no file FOLDER/absent"],
    ),
    "a secret that is not there": (
        'broker = {url = "mqtt://broker", password_file = "absent"}',
        ["broker.password_file: FOLDER/absent can't be read: No such file or directory"],
    ),
    "a secret for everybody": (
        'broker = {url = "mqtt://broker", password_file = "open"}',
        ["broker.password_file: everybody can read FOLDER/open: chmod o-r FOLDER/open"],
    ),
    "an empty secret": (
        'broker = {url = "mqtt://broker", password_file = "empty"}',
        ["broker.password_file: FOLDER/empty is empty"],
    ),
    "an unknown store": (
        HERE + 'store.kind = "influxdb3"',
        [
            (
                "store.kind: 'influxdb3' is not one of embedded, influxdb1, influxdb2"
                " — did you mean 'influxdb2'?"
            )
        ],
    ),
    "all that InfluxDB 1 lacks": (
        HERE + 'store = {kind = "influxdb1", org = "xa", user = "me"}',
        [
            "store: user and password_file go together: one of them is missing",
            "store.database: is missing: kind 'influxdb1' needs it",
            "store.org: means nothing for kind 'influxdb1'",
            "store.url: is missing: kind 'influxdb1' needs it",
        ],
    ),
    "all that InfluxDB 2 lacks": (
        HERE + 'store = {kind = "influxdb2", url = "influx", database = "xa"}',
        [
            "store.bucket: is missing: kind 'influxdb2' needs it",
            "store.database: means nothing for kind 'influxdb2'",
            "store.org: is missing: kind 'influxdb2' needs it",
            "store.token_file: is missing: kind 'influxdb2' needs it",
            "store.url: 'influx' is not http://host[:port] or https://host[:port]",
        ],
    ),
    "a password in a URL": (
        HERE + 'store = {kind = "influxdb1", url = "http://me:secret@db", database = "xa"}',
        ["store.url: holds a user or password: those stand in files"],
    ),
    "a page for everybody": (
        HERE + 'web.listen = "0.0.0.0:8080"',
        [
            (
                "web.listen: 0.0.0.0:8080 can be reached from other machines, and the page has no"
                " users or passwords yet: use 127.0.0.1:8080, and an SSH tunnel from elsewhere"
            )
        ],
    ),
    "a public address that anybody can listen to": (
        HERE + 'web.public_url = "http://wifi.example.vn"',
        ["web.public_url: 'http://wifi.example.vn' is not https://host[:port]"],
    ),
    "mistakes everywhere": (
        (
            'data_dri = "/x"\nbroker = {url = "tcp://b", port = 1}\nstore.kind = "sqlite"\n'
            'web.listen = ":80"'
        ),
        [
            "broker.port: unknown key",
            "broker.url: 'tcp://b' is not mqtt://host[:port] or mqtts://host[:port]",
            "data_dri: unknown key — did you mean 'data_dir'?",
            "store.kind: 'sqlite' is not one of embedded, influxdb1, influxdb2",
            "web.listen: ':80' is not an address and a port, as in '127.0.0.1:8080'",
        ],
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good secret, one that everybody can read, and an empty one."""
    for name, content, mode in (
        ("secret", "s3cret\n", 0o600),
        ("open", "s3cret\n", 0o644),
        ("empty", "", 0o600),
    ):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(mode)
    return tmp_path


def read(text: str, folder: Path) -> CollectorConfig:
    return check_config(tomllib.loads(text), folder / "collector.toml")


@pytest.mark.parametrize("case", BAD)
def test_every_mistake_is_told_at_once(case: str, folder: Path) -> None:
    """In the order of the keys, each with its path and what to write instead."""
    text, expected = BAD[case]
    with pytest.raises(InvalidFileError) as raised:
        read(text, folder)
    told = [str(mistake).replace(str(folder), "FOLDER") for mistake in raised.value.mistakes]
    assert told == expected
    assert raised.value.file == folder / "collector.toml"


def test_the_shortest_file_is_one_line(folder: Path) -> None:
    """A broker inside the collector, an embedded store, the page on loopback."""
    config = read(HERE, folder)
    assert config == CollectorConfig(
        data_dir=Path("/var/lib/sansang"),
        registry=folder / "registry.toml",
        broker=Address("127.0.0.1", 1883),
        store=EmbeddedStoreConfig(),
        web=Address("127.0.0.1", 8080),
        own_line=(
            Address("1.1.1.1", 443),
            Address("8.8.8.8", 443),
            Address("2606:4700:4700::1111", 443),
        ),
    )


@pytest.mark.parametrize(
    "url", ["https://wifi.example.vn", "https://wifi.example.vn:8443/", "http://127.0.0.1:8080"]
)
def test_keepers_reach_their_page_under_an_address_of_its_own(url: str, folder: Path) -> None:
    """Encrypted, or on this machine."""
    assert read(f'{HERE}web.public_url = "{url}"', folder).public_url == url.rstrip("/")


def test_zalos_password_is_as_zalo_takes_it(folder: Path) -> None:
    """And is shown to nobody."""
    secret = folder / "zalo"
    secret.touch(0o600)
    secret.write_text("a-Password_8\n")
    text = HERE + 'notify.zalo_webhook_secret_file = "zalo"'
    config = read(text, folder)
    assert config.notify.zalo_webhook_secret == "a-Password_8"
    assert "a-Password_8" not in repr(config)
    for wrong in ("short", "x" * 257, "two words here", "mật-khẩu-zalo"):
        secret.write_text(wrong)
        with pytest.raises(InvalidFileError, match="holds something else than one word of 8") as it:
            read(text, folder)
        assert wrong not in str(it.value)


def test_the_bot_that_writes_to_chats_has_its_token_in_a_file(folder: Path) -> None:
    """Shown to nobody, and sent nowhere that is not encrypted."""
    token = folder / "token"
    token.touch(0o600)
    token.write_text("1234567:a-Secret_token\n")
    text = HERE + '[zalo]\ntoken_file = "token"\napi = "https://zalo.example.vn/"'
    config = read(text, folder)
    assert config.notify.bot == Bot("1234567:a-Secret_token", "https://zalo.example.vn")
    assert "a-Secret_token" not in repr(config)
    assert read(HERE, folder).notify.bot is None
    token.write_text("a-Secret token/x")
    for wrong, what in (
        (text, "zalo.token_file: .* holds no token of a bot"),
        (HERE + "[zalo]", "zalo.token_file: is missing: the bot can't write without it"),
        (text.replace("https", "http"), "zalo.api: 'http://zalo.example.vn/' is not https"),
    ):
        if "api" in what:
            token.write_text("1234567:a-Secret_token")
        with pytest.raises(InvalidFileError, match=what) as it:
            read(wrong, folder)
        assert "a-Secret" not in str(it.value)


def test_a_line_that_is_called_zalo_would_be_another_thing(folder: Path) -> None:
    """The name means the chats that link themselves."""
    secrets = folder / "urls"
    secrets.touch(0o600)
    secrets.write_text("zalo = json://hook.example/\n")
    with pytest.raises(InvalidFileError, match="line 1 begins with zalo, which means the chats"):
        read(HERE + 'notify.urls_file = "urls"', folder)


def test_who_is_told_stands_in_a_file_of_its_own(folder: Path) -> None:
    """An address a line; comments and empty lines are none."""
    secrets = folder / "urls"
    secrets.touch(0o600)
    secrets.write_text(
        "# the keeper\n\nmailto://u:a-secret@mail.example\njson://hook.example/a-secret\n"
    )
    config = read(
        HERE + '[notify]\nurls_file = "urls"\nlanguage = "en"\n[watch]\nup_after_s = 5', folder
    )
    assert [each.name for each in config.notify.channels] == [
        "mailto://mail.example",
        "json://hook.example",
    ]
    assert (config.notify.language, config.hold) == ("en", HoldDown(120_000_000, 5_000_000))
    assert "a-secret" not in repr(config)


def test_an_address_that_is_none_is_told_without_its_secret(folder: Path) -> None:
    """By its line; what everybody may read is refused."""
    secrets = folder / "urls"
    secrets.touch(0o600)
    secrets.write_text("\njson://hook.example\nnothing://a-secret\njson://hook.example\n")
    with pytest.raises(InvalidFileError) as raised:
        read(
            HERE + 'notify = {urls_file = "urls", languag = "vi"}\nwatch.down_after_s = -1', folder
        )
    told = [str(mistake).replace(str(folder), "FOLDER") for mistake in raised.value.mistakes]
    assert told == [
        "notify.languag: unknown key — did you mean 'language'?",
        (
            "notify.urls_file: FOLDER/urls: line 3 is not an address that Apprise knows:"
            " see appriseit.com"
        ),
        "notify.urls_file: FOLDER/urls: line 4 repeats an earlier line",
        "watch.down_after_s: expected `float` >= 0.0 (it is -1)",
    ]
    secrets.write_text("\n# nobody yet\n")
    with pytest.raises(InvalidFileError, match="holds no address: write one a line"):
        read(HERE + 'notify.urls_file = "urls"', folder)
    secrets.chmod(0o644)
    with pytest.raises(InvalidFileError, match="everybody can read"):
        read(HERE + 'notify.urls_file = "urls"', folder)


def test_a_broker_of_your_own_and_paths_beside_the_file(folder: Path) -> None:
    """Relative paths count from the folder of the settings, not from where one stands."""
    config = read(
        'data_dir = "data"\nregistry = "xa.toml"\nweb.listen = "[::1]:80"\n[broker]\n'
        'url = "mqtts://broker.example"\npassword_file = "secret"\nca_file = "open"',
        folder,
    )
    assert (config.data_dir, config.registry) == (folder / "data", folder / "xa.toml")
    assert config.broker == Broker(
        host="broker.example",
        port=8883,
        user="collector",
        tls=True,
        ca_file=str(folder / "open"),
        password="s3cret",
    )
    assert str(config.web) == "[::1]:80"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                'kind = "influxdb1"\nurl = "http://127.0.0.1:8086/"\ndatabase = "xa"\nuser = "me"\n'
                'password_file = "secret"'
            ),
            InfluxDB1Config("http://127.0.0.1:8086", "xa", "me", "s3cret"),
        ),
        (
            (
                'kind = "influxdb2"\nurl = "https://db"\norg = "xa"\nbucket = "b"\n'
                'token_file = "secret"'
            ),
            InfluxDB2Config("https://db", "xa", "b", "s3cret"),
        ),
    ],
)
def test_series_may_go_to_influxdb(text: str, expected: object, folder: Path) -> None:
    """Secrets come from their files, and no representation shows them."""
    config = read(HERE + "[store]\n" + text, folder)
    assert config.store == expected
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "the file can't be read: No such file or directory"),
        (b"\xff", "not UTF-8: "),
        (b"a = ", "not TOML: "),
    ],
)
def test_a_file_that_can_not_be_read_is_a_mistake_too(
    content: bytes | None, expected: str, tmp_path: Path
) -> None:
    """Absent, not text, or not TOML: one sentence, and which file it is."""
    path = tmp_path / "collector.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidFileError) as raised:
        load(path)
    assert raised.value.file == path
    assert str(raised.value).startswith(expected)
