# SPDX-License-Identifier: Apache-2.0
"""A house with a public Wi-Fi and the Internet behind it, inside the virtual machine.

    wlan0 (hostapd) ─ br-lan ─ router: dnsmasq ─ up0 ═ eth0 ─ namespace `net`: the Internet
                         └──── veth ─ namespace `rogue`: somebody else's DHCP server
    wlan1, wlan2: spare radios of the box · wlan3: somebody else's access point

Faults are options of `router()` and `access_point()`, or commands between them.
"""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import trustme

from tests.lab.inside import inside, run, run_all, simulate, started
from tests.lab.vm import FOLDER

SSID, NEIGHBOUR = "NVH thôn Đông", "Nhà bên cạnh"
PASSPHRASE = "a-passphrase"
POINT, GUEST, SECOND, STRANGER = "wlan0", "wlan1", "wlan2", "wlan3"
ROUTER4, ROUTER6 = "192.168.7.1", "2001:db8:7::1"
LOUD_DBM, FAINT_DBM = -50, -88
"""Simulated radios add the 20 dBm that they send with."""
SERVER4, SERVER6 = "198.51.100.10", "2001:db8:99::10"
INTERNET = "https://www.test/"
NAMES = ("www.test", "portal.test", "connectivitycheck.gstatic.com", "captive.apple.com")
SECURITY = {
    "open": "",
    "owe": "wpa=2\nwpa_key_mgmt=OWE\nrsn_pairwise=CCMP\nieee80211w=2\n",
    "wpa2": f"wpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase={PASSPHRASE}\n",
    "wpa2_wpa3": "wpa=2\nwpa_key_mgmt=WPA-PSK SAE\nrsn_pairwise=CCMP\nieee80211w=1\n"
    f"wpa_passphrase={PASSPHRASE}\n",
    "wpa3": "wpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\nieee80211w=2\n"
    f"wpa_passphrase={PASSPHRASE}\n",
}
"""Of hostapd.conf(5)."""
TOPOLOGY = f"""
ip netns add net
ip netns add rogue
ip link add br-lan type bridge
ip addr add {ROUTER4}/24 dev br-lan
ip -6 addr add {ROUTER6}/64 dev br-lan nodad
ip link set br-lan up
ip link add lan1 type veth peer name eth0 netns rogue
ip link set lan1 master br-lan up
ip -n rogue addr add 192.168.7.66/24 dev eth0
ip -n rogue link set eth0 up
ip link add up0 type veth peer name eth0 netns net
ip addr add 203.0.113.1/30 dev up0
ip -6 addr add 2001:db8:1::1/64 dev up0 nodad
ip link set up0 up
ip -n net link set lo up
ip -n net addr add 203.0.113.2/30 dev eth0
ip -n net -6 addr add 2001:db8:1::2/64 dev eth0 nodad
ip -n net addr add {SERVER4}/32 dev lo
ip -n net -6 addr add {SERVER6}/128 dev lo nodad
ip -n net link set eth0 up
ip -n net route add 192.168.7.0/24 via 203.0.113.1
ip -n net -6 route add 2001:db8:7::/64 via 2001:db8:1::1
ip route add default via 203.0.113.2
ip -6 route add default via 2001:db8:1::2
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.ipv6.conf.all.forwarding=1
"""


@contextlib.contextmanager
def town(radios: int = 4) -> Generator[Path]:
    """The radios, the networks and the Internet; gives the file of whom its servers trust."""
    simulate(radios)
    run_all(TOPOLOGY)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(FOLDER / "ca.pem")
    certificate = FOLDER / "www.pem"
    authority.issue_cert("www.test", "portal.test").private_key_and_cert_chain_pem.write_to_path(
        certificate
    )
    server = inside("net", sys.executable, "-m", "tests.lab.internet", str(certificate))
    with started(*server, until=lambda: _answers(SERVER4, 443)):
        yield FOLDER / "ca.pem"


@contextlib.contextmanager
def access_point(
    security: str = "wpa2",
    interface: str = POINT,
    channel: int = 6,
    *,
    ssid: str = SSID,
    band: str = "g",
    more: str = "",
    until: Callable[[], bool] | None = None,
) -> Generator["subprocess.Popen[bytes]"]:
    """hostapd, beaconing, or as far as `until` says."""
    config = FOLDER / f"{interface}.conf"
    bridge = "bridge=br-lan\n" if interface == POINT else ""
    config.write_text(
        f'interface={interface}\n{bridge}driver=nl80211\nssid2="{ssid}"\nutf8_ssid=1\n'
        f"hw_mode={band}\nchannel={channel}\nctrl_interface={FOLDER}/hostapd\n{SECURITY[security]}{more}"
    )
    enabled = until or (lambda: is_enabled(interface))
    with started("hostapd", str(config), until=enabled) as point:
        yield point


def is_enabled(interface: str = POINT) -> bool:
    return "state=ENABLED" in hostapd("status", interface)


def hostapd(command: str, interface: str = POINT) -> str:
    """What hostapd_cli(1) says."""
    folders = ("-p", str(FOLDER / "hostapd"), "-s", str(FOLDER))
    return run("hostapd_cli", *folders, "-i", interface, *command.split(), check=False)


@contextlib.contextmanager
def router(
    *options: str, ipv4: bool = True, ipv6: bool = True, names: tuple[str, str] | None = None
) -> Generator[None]:
    """dnsmasq(8) as routers have it: addresses and names for guests. `names` sends them elsewhere,
    as a router does with those who have not logged in.
    """
    server4, server6 = names or (SERVER4, SERVER6)
    families = [each for each, there in ((server4, ipv4), (server6, ipv6)) if there]
    command = [
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"),
        *("--user=root", "--pid-file=", "--interface=br-lan", "--except-interface=lo"),
        *("--bind-dynamic", f"--dhcp-leasefile={FOLDER}/leases", "--dhcp-authoritative"),
        *(f"--host-record={','.join((name, *families))}" for name in NAMES),
        *(("--dhcp-range=192.168.7.100,192.168.7.200,1h",) if ipv4 else ()),
        *(("--dhcp-range=2001:db8:7::,ra-only,64,1h", "--enable-ra") if ipv6 else ()),
        *options,
    ]
    (FOLDER / "leases").unlink(missing_ok=True)
    with started(*command, until=lambda: bool(_bound_to_53())):
        yield


@contextlib.contextmanager
def rogue() -> Generator[None]:
    """Somebody plugs in a box that gives addresses, too."""
    command = inside(
        "rogue",
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"),
        *("--pid-file=", f"--dhcp-leasefile={FOLDER}/rogue-leases", "--interface=eth0"),
        *("--dhcp-range=192.168.7.210,192.168.7.220,1h", "--dhcp-authoritative"),
    )
    held = ["ip", "netns", "exec", "rogue", "ss", "-Hlun", "sport", "=", ":67"]
    with started(*command, until=lambda: bool(run(*held))):
        yield


@contextlib.contextmanager
def login_page() -> Generator[None]:
    """On the router."""
    with started(sys.executable, "-m", "tests.lab.internet", until=lambda: _answers(ROUTER4, 80)):
        yield


@contextlib.contextmanager
def cut() -> Generator[None]:
    """The line to the Internet, between router and carrier."""
    run("ip", "-n", "net", "link", "set", "eth0", "down")
    yield
    run_all(
        "ip -n net link set eth0 up\n"
        "ip -n net -6 addr add 2001:db8:1::2/64 dev eth0 nodad\n"
        "ip -n net route replace 192.168.7.0/24 via 203.0.113.1\n"
        "ip -n net -6 route replace 2001:db8:7::/64 via 2001:db8:1::1"
    )


def fade(interface: str, dbm: int) -> None:
    """How strongly the radio of this interface is heard, from now on; the file takes no minus."""
    phy = Path(f"/sys/class/net/{interface}/phy80211").resolve().name
    Path(f"/sys/kernel/debug/ieee80211/{phy}/hwsim/rx_rssi").write_text(str(2**64 + dbm))


def address(interface: str) -> str:
    """Its hardware address."""
    return Path(f"/sys/class/net/{interface}/address").read_text().strip()


def _bound_to_53() -> str:
    return run("ss", "-Hlun", "src", f"{ROUTER4}:53", check=False) or run(
        "ss", "-Hlun", "sport", "=", ":67", check=False
    )


def _answers(address: str, port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((address, port)) == 0
