# SPDX-License-Identifier: Apache-2.0
"""The collector's settings: `/etc/sansang/collector.toml`, checked whole before anything starts.

    data_dir = "/var/lib/sansang"       # the record, and the embedded series store
    registry = "registry.toml"          # sites and agents; beside this file unless told otherwise

    [broker]                            # one of the two:
    listen = "0.0.0.0:1883"             #   the broker inside the collector
    # url = "mqtts://broker.example"    #   one of your own: user, password_file, ca_file

    [store]
    kind = "embedded"                   # or influxdb1, influxdb2: url, database | org, bucket …

    [web]
    listen = "127.0.0.1:8080"
    # public_url = "https://wifi.example.vn"  # where keepers reach /k/ from their phones

    [watch]                             # how long it must be so before it counts
    down_after_s = 120
    up_after_s = 60
    silent_after_s = 180              # at the least; three batches of a box that sends seldomer
    own_line = ["1.1.1.1:443"]        # while none of these answers any more, nobody is silent

    [notify]                            # who is told; nobody without a file
    urls_file = "notify.urls"           #   an Apprise address a line
    language = "vi"
    # zalo_webhook_secret_file = "zalo.secret"  # Zalo's password for /z/zalo

    # [zalo]                          # the bot that writes to the chats of contacts
    # token_file = "zalo.token"
    # api = "https://zalo.example.vn" # through a proxy of one's own

Relative paths count from the folder of the file. Secrets stand in files of their own.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from sansang_collector.addresses import origin
from sansang_collector.notify.channels import Bot, Channel, parse_channels
from sansang_collector.settings_file import (
    InvalidFileError,
    Section,
    check_table,
    is_table,
    read_toml,
)
from sansang_collector.watch.service import HoldDown
from sansang_wire.checking import Mistake, suggestion
from sansang_wire.language import Language
from sansang_wire.session import Broker, InvalidBrokerUrlError, parse_url

DEFAULT_PATH = Path("/etc/sansang/collector.toml")
DEFAULT_DATA_DIR = "/var/lib/sansang"
DEFAULT_WEB = "127.0.0.1:8080"
STORE_KINDS = ("embedded", "influxdb1", "influxdb2")
HOLD = HoldDown(down_us=120_000_000, up_us=60_000_000)
OWN_LINE = (*("1.1.1.1:443", "8.8.8.8:443"), "[2606:4700:4700::1111]:443")
TOKEN = re.compile(r"[\w:.-]+", re.ASCII)
STORE_KEYS = {
    "embedded": (),
    "influxdb1": ("url", "database", "user", "password_file"),
    "influxdb2": ("url", "org", "bucket", "token_file"),
}


class BrokerSection(Struct, frozen=True, kw_only=True):
    """`[broker]`: the embedded one, or one of your own."""

    listen: str | None = None
    url: str | None = None
    user: str = "collector"
    password_file: str | None = None
    ca_file: str | None = None


class StoreSection(Struct, frozen=True, kw_only=True):
    """`[store]`: where the series go."""

    kind: str = "embedded"
    url: str | None = None
    database: str | None = None
    user: str | None = None
    password_file: str | None = None
    org: str | None = None
    bucket: str | None = None
    token_file: str | None = None


class WebSection(Struct, frozen=True, kw_only=True):
    """`[web]`: where the page and the API are."""

    listen: str = DEFAULT_WEB
    public_url: str | None = None


class WatchSection(Struct, frozen=True, kw_only=True):
    """`[watch]`: how long evidence must go on before it counts."""

    down_after_s: Annotated[float, Meta(ge=0, le=86_400)] = HOLD.down_us / 1e6
    up_after_s: Annotated[float, Meta(ge=0, le=86_400)] = HOLD.up_us / 1e6
    silent_after_s: Annotated[float, Meta(ge=1, le=86_400)] = HOLD.silent_us / 1e6
    own_line: list[str] = msgspec.field(default_factory=lambda: list(OWN_LINE))


class NotifySection(Struct, frozen=True, kw_only=True):
    """`[notify]`: who is told, and in which language."""

    urls_file: str | None = None
    language: Language = "vi"
    zalo_webhook_secret_file: str | None = None


class ZaloSection(Struct, frozen=True, kw_only=True):
    """`[zalo]`: the bot that writes to the chats that contacts have linked."""

    token_file: str | None = None
    api: str | None = None


class CollectorFile(Struct, frozen=True, kw_only=True):
    """The keys that stand outside a section; sections are checked one by one."""

    data_dir: str = DEFAULT_DATA_DIR
    registry: str | None = None
    broker: Any = None
    store: Any = None
    web: Any = None
    watch: Any = None
    notify: Any = None
    zalo: Any = None


SECTIONS: Mapping[str, type[Struct]] = {
    "broker": BrokerSection,
    "store": StoreSection,
    "web": WebSection,
    "watch": WatchSection,
    "notify": NotifySection,
    "zalo": ZaloSection,
}


class Address(NamedTuple):
    """A host, by its IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class EmbeddedStoreConfig:
    """Series are kept in the data directory."""


@dataclass(frozen=True, slots=True)
class InfluxDB1Config:
    """InfluxDB 1.x: `/write` and `/query`. Without a user it is asked without a password."""

    url: str
    database: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InfluxDB2Config:
    """InfluxDB 2 or 3, or what takes the same writes."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


StoreConfig = EmbeddedStoreConfig | InfluxDB1Config | InfluxDB2Config


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """Who is told, and in which language."""

    channels: tuple[Channel, ...] = ()
    language: Language = "vi"
    zalo_webhook_secret: str | None = field(default=None, repr=False)
    bot: Bot | None = None


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    """The file as checked. `broker` is where to listen, or the broker to connect to."""

    data_dir: Path
    registry: Path
    broker: Address | Broker
    store: StoreConfig
    web: Address
    public_url: str | None = None
    """Where the pages for keepers are reached from outside, without a slash at its end."""
    hold: HoldDown = HOLD
    own_line: tuple[Address, ...] = ()
    """What the collector reaches while its own line is well."""
    notify: NotifyConfig = NotifyConfig()


def load(path: Path) -> CollectorConfig:
    """Raises InvalidFileError with all that is wrong with the file."""
    # Whole paths in every message: where a person stood when starting it is soon forgotten.
    path = path.absolute()
    return check_config(read_toml(path), path)


def check_config(data: Mapping[str, Any], path: Path) -> CollectorConfig:
    """Raises InvalidFileError with every mistake in `data`, which was read from `path`."""
    mistakes: list[Mistake] = []
    folder = path.parent
    check_table(data, CollectorFile, "", mistakes)
    for name, struct in SECTIONS.items():
        check_table(data.get(name, {}), struct, name, mistakes)
    broker = _broker(Section("broker", data.get("broker"), folder, mistakes))
    store = _store(Section("store", data.get("store"), folder, mistakes))
    web = _web(Section("web", data.get("web"), folder, mistakes))
    own_line = _own_line(Section("watch", data.get("watch"), folder, mistakes), data.get("watch"))
    public_url = _public_url(Section("web", data.get("web"), folder, mistakes))
    channels = _channels(Section("notify", data.get("notify"), folder, mistakes))
    zalo_secret = _zalo_secret(Section("notify", data.get("notify"), folder, mistakes))
    bot = _bot(Section("zalo", data.get("zalo"), folder, mistakes)) if "zalo" in data else None
    if mistakes or broker is None or store is None or web is None:
        raise InvalidFileError(path, sorted(mistakes))
    return CollectorConfig(
        data_dir=folder / data.get("data_dir", DEFAULT_DATA_DIR),
        registry=folder / data.get("registry", "registry.toml"),
        broker=broker,
        store=store,
        web=web,
        own_line=own_line,
        public_url=public_url,
        hold=_hold(msgspec.convert(data.get("watch", {}), WatchSection)),
        notify=NotifyConfig(
            channels,
            msgspec.convert(data.get("notify", {}), NotifySection).language,
            zalo_secret,
            bot,
        ),
    )


def _hold(section: WatchSection) -> HoldDown:
    return HoldDown(
        int(section.down_after_s * 1e6),
        int(section.up_after_s * 1e6),
        int(section.silent_after_s * 1e6),
    )


def _own_line(section: Section, data: object) -> tuple[Address, ...]:
    """Of what is not a list of texts, `check_table` has told already."""
    given = cast("dict[str, object]", data).get("own_line") if is_table(data) else None
    found: list[Address] = []
    for text in cast("list[object]", given) if isinstance(given, list) else OWN_LINE:
        try:
            found += [parse_address(text)] if isinstance(text, str) else []
        except ValueError as error:
            section.mistake("own_line", str(error))
    return tuple(found)


def _channels(section: Section) -> tuple[Channel, ...]:
    text = section.confidential("urls_file")
    if text is None:
        return ()
    channels, mistakes = parse_channels(text)
    if not channels and not mistakes:
        mistakes.append("holds no address: write one a line, or leave urls_file out")
    for mistake in mistakes:
        section.mistake("urls_file", f"{section.file('urls_file')}: {mistake}")
    return tuple(channels)


def _zalo_secret(section: Section) -> str | None:
    secret = section.secret("zalo_webhook_secret_file")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{8,256}", secret):
        section.mistake(
            "zalo_webhook_secret_file",
            f"{section.file('zalo_webhook_secret_file')} holds something else than one word of 8 to"
            " 256 letters, digits, - and _",
        )
    return secret


def _bot(section: Section) -> Bot | None:
    section.needed("token_file", "the bot can't write without it")
    token, api = section.secret("token_file"), section.text("api")
    if token is not None and not TOKEN.fullmatch(token):
        section.mistake("token_file", f"{section.file('token_file')} holds no token of a bot")
    try:
        return None if token is None else Bot(token, None if api is None else origin(api))
    except ValueError as error:
        section.mistake("api", f"{api!r} {error}")
        return None


def parse_address(text: str) -> Address:
    """`127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`. Raises ValueError with a sentence."""
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = ""
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is not an address and a port, as in '127.0.0.1:8080'")
    return Address(host, int(port))


def _broker(section: Section) -> Address | Broker | None:
    listens, connects = section.has("listen"), section.has("url")
    if listens == connects:
        what = "both are given" if listens else "neither is given"
        section.mistake(
            "",
            f"listen (the broker inside the collector) or url (one of your own), not both: {what}",
        )
        return None
    if listens:
        for key in ("user", "password_file", "ca_file"):
            section.unwanted(key, "means nothing beside listen: it is for a broker of your own")
        return _address(section, "listen")
    return _own_broker(section)


def _own_broker(section: Section) -> Broker | None:
    password = section.secret("password_file")
    ca_file = section.file("ca_file")
    if ca_file is not None and not ca_file.is_file():
        section.mistake("ca_file", f"there is no file {ca_file}")
    url = section.text("url")
    if url is None:
        return None
    try:
        host, port, tls = parse_url(url)
    except InvalidBrokerUrlError as error:
        section.mistake("url", str(error))
        return None
    if ca_file is not None and not tls:
        section.mistake("ca_file", "means nothing without TLS: the url must begin with mqtts://")
    return Broker(
        host=host,
        port=port,
        user=section.text("user", "collector") or "",
        tls=tls,
        ca_file=str(ca_file) if ca_file else None,
        password=password,
    )


def _store(section: Section) -> StoreConfig | None:
    kind = section.text("kind", "embedded")
    if kind not in STORE_KINDS:
        if kind is not None:
            known = ", ".join(STORE_KINDS)
            near = suggestion(kind, list(STORE_KINDS))
            section.mistake("kind", f"{kind!r} is not one of {known}{near}")
        return None
    for key in sorted({key for keys in STORE_KEYS.values() for key in keys}):
        if key not in STORE_KEYS[kind]:
            section.unwanted(key, f"means nothing for kind {kind!r}")
    match kind:
        case "influxdb1":
            return _influxdb1(section)
        case "influxdb2":
            return _influxdb2(section)
        case _:
            return EmbeddedStoreConfig()


def _influxdb1(section: Section) -> InfluxDB1Config:
    why = "kind 'influxdb1' needs it"
    if section.has("user") != section.has("password_file"):
        section.mistake("", "user and password_file go together: one of them is missing")
    return InfluxDB1Config(
        url=_http_url(section, why),
        database=section.needed("database", why),
        user=section.text("user"),
        password=section.secret("password_file"),
    )


def _influxdb2(section: Section) -> InfluxDB2Config:
    why = "kind 'influxdb2' needs it"
    url, org = _http_url(section, why), section.needed("org", why)
    bucket = section.needed("bucket", why)
    section.needed("token_file", why)
    return InfluxDB2Config(
        url=url, org=org, bucket=bucket, token=section.secret("token_file") or ""
    )


def _http_url(section: Section, why: str) -> str:
    url = section.needed("url", why)
    if not url:
        return url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        section.mistake("url", f"{url!r} is not a URL: {error}")
        return url
    if parts.username or parts.password:
        section.mistake("url", "holds a user or password: those stand in files")
    elif parts.scheme not in {"http", "https"} or not parts.hostname:
        section.mistake("url", f"{url!r} is not http://host[:port] or https://host[:port]")
    return url.rstrip("/")


def _web(section: Section) -> Address | None:
    address = _address(section, "listen", DEFAULT_WEB)
    if address is not None and not ipaddress.ip_address(address.host).is_loopback:
        section.mistake(
            "listen",
            f"{address} can be reached from other machines, and the page has no users or passwords"
            f" yet: use 127.0.0.1:{address.port}, and an SSH tunnel from elsewhere",
        )
        return None
    return address


def _public_url(section: Section) -> str | None:
    url = section.text("public_url")
    try:
        return None if url is None else origin(url)
    except ValueError as error:
        section.mistake("public_url", f"{url!r} {error}")
        return None


def _address(section: Section, key: str, default: str | None = None) -> Address | None:
    text = section.text(key, default)
    if text is None:
        return None
    try:
        return parse_address(text)
    except ValueError as error:
        section.mistake(key, str(error))
        return None
