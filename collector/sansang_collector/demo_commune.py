# SPDX-License-Identifier: Apache-2.0
"""The commune of the demo: this machine, simulated houses, and one house without a box. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

REAL_SITE, REAL_AGENT = "may-nay", "may-nay-1"
NO_BOX_SITE = "chua-co-may"
COMMUNE, COMMUNE_NAME = "00000", "Xã Mẫu"
VILLAGES = ("Đông", "Đoài", "Trung", "Thượng", "Hạ", "Bắc", "Nam", "Tiền", "Hậu", "Nội", "Ngoại")

SPEEDS = ("healthy", "slow_evening", "port", "metered", None)
"""What speed tests find, house by house; the last one has none."""
PACKAGES_MBPS = {"healthy": 150, "slow_evening": 200, "port": 300, None: 150}
TARGET_MBPS = 100
"""What the plan of the commune wants of fixed lines."""


class SimulatedHouse(NamedTuple):
    """One simulated cultural house and what is special about it."""

    id: str
    name: str
    ssid: str
    ipv6: bool
    ipv6_as: str
    loss: float
    dark: bool
    guest: bool
    failing: bool
    speed: str | None


def houses(count: int) -> list[SimulatedHouse]:
    """So many houses, always the same. The Wi-Fi of the second one fails while you watch."""
    return [
        SimulatedHouse(
            id=f"mo-phong-{number}",
            name=f"Nhà văn hóa thôn {_village(number - 1)}",
            ssid=f"NVH {_village(number - 1)}",
            ipv6=number % 3 != 1,
            ipv6_as={1: "nat64", 3: "black_hole"}.get(number % 4, "healthy"),
            loss=0.3 if number % 8 == 3 else 0.0,
            dark=number % 4 == 0,
            guest=number % 3 == 0,
            failing=number == 2,
            speed=SPEEDS[(number - 1) % len(SPEEDS)],
        )
        for number in range(1, count + 1)
    ]


def _village(index: int) -> str:
    name = VILLAGES[index % len(VILLAGES)]
    return name if index < len(VILLAGES) else f"{name} {1 + index // len(VILLAGES)}"


def registry(
    here: str, simulated: list[SimulatedHouse], passwords: Mapping[str, str]
) -> Iterator[str]:
    """The registry, a table at a time. `here` is what this machine is called."""
    yield _site(REAL_SITE, here, "office")
    yield _agent(REAL_AGENT, REAL_SITE, passwords[REAL_AGENT])
    for house in simulated:
        what = f"ssids = [{quoted(house.ssid)}]\nsimulated = true\n"
        yield _site(house.id, house.name, "cultural_house") + what + _line(house)
        yield _agent(house.id, house.id, passwords[house.id])
    without = "Nhà văn hóa thôn Mới"
    yield _site(NO_BOX_SITE, without, "cultural_house") + "simulated = true\n"
    yield f'[[speed.targets]]\nline_kind = "fixed"\nmbps = {TARGET_MBPS}\n'


def _site(name: str, title: str, kind: str) -> str:
    return (
        f'[[sites]]\nid = "{name}"\nname = {quoted(title)}\ncommune = "{COMMUNE}"\n'
        f'commune_name = "{COMMUNE_NAME}"\nkind = "{kind}"\n'
    )


def _line(house: SimulatedHouse) -> str:
    if house.speed == "metered":
        return 'line_kind = "mobile"\n'
    return f"package_mbps = {PACKAGES_MBPS[house.speed]}\n"


def _agent(name: str, site: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f'[[agents]]\nid = "{name}"\nsite = "{site}"\npassword_sha256 = "{digest}"\n'


def simulation(house: SimulatedHouse, password: str) -> dict[str, Any]:
    """What the simulation is told of a house."""
    site = {
        "agent": house.id,
        "ssid": house.ssid,
        "ipv6": house.ipv6,
        "ipv6_as": house.ipv6_as,
        "loss": house.loss,
        "dark": house.dark,
        "guest": house.guest,
        "speed": house.speed,
    }
    return {"site": site, "password": password, "failing": house.failing}


def quoted(value: object) -> str:
    """As TOML has it; a JSON string is a TOML basic string."""
    return json.dumps(str(value), ensure_ascii=False)
