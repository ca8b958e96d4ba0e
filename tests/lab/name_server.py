# SPDX-License-Identifier: Apache-2.0
"""A DNS server for a lab: `python -m tests.lab.name_server ADDRESS ZONE`, on UDP port 53.

ZONE is JSON: name → list of addresses. A name that is there without an address of the family asked
for is answered with no data, another with NXDOMAIN (RFC 1035 §4.1, RFC 2308 §2).
"""

import json
import os
import socket
import struct
import sys
from ipaddress import ip_address

TYPES = {1: 4, 28: 6}
"""A and AAAA to the version of IP."""
RESPONSE = 0x8580
NAME_NOT_FOUND = 3


def answer(query: bytes, zone: dict[str, list[str]]) -> bytes:
    labels: list[str] = []
    at = 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    (kind,) = struct.unpack_from("!H", query, at + 1)
    known = zone.get(".".join(labels).lower())
    addresses = [ip_address(each) for each in known or []]
    records = b"".join(
        struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(address.packed)) + address.packed
        for address in addresses
        if address.version == TYPES.get(kind)
    )
    flags = RESPONSE | (NAME_NOT_FOUND if known is None else 0)
    count = sum(address.version == TYPES.get(kind) for address in addresses)
    return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + query[12 : at + 5] + records


def main(address: str, zone: dict[str, list[str]]) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 53))
        os.write(1, b"ready\n")
        while True:
            query, client = sock.recvfrom(512)
            sock.sendto(answer(query, zone), client)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
