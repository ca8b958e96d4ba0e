# SPDX-License-Identifier: Apache-2.0
"""What others' NDT7 servers say, as the specification spells it."""

import msgspec

from sansang_wire.ndt7 import AppInfo, Measurement, ServerInfo, TcpInfo

OF_ANOTHERS_SERVER = b"""{
    "AppInfo": {"ElapsedTime": 1234, "NumBytes": 5678},
    "BBRInfo": {"ElapsedTime": 1234, "BW": 4321, "MinRTT": 55},
    "ConnectionInfo": {
        "Client": "192.0.2.7:5678", "Server": "[2001:db8::1]:2345", "UUID": "some-name"
    },
    "Origin": "server",
    "Test": "download",
    "TCPInfo": {
        "BusyTime": 11, "BytesAcked": 12, "BytesReceived": 13, "BytesSent": 14,
        "BytesRetrans": 15, "ElapsedTime": 16, "MinRTT": 17, "RTT": 18, "RTTVar": 19,
        "RWndLimited": 20, "SndBufLimited": 21
    }
}"""
"""Every field of the specification, `spec/ndt7-protocol.md` of ndt-server."""


def test_a_measurement_of_any_server_is_read() -> None:
    """What we have no use for is passed over; what a server leaves out is not known."""
    told = msgspec.json.decode(OF_ANOTHERS_SERVER, type=Measurement)
    assert told.app_info == AppInfo(elapsed_time=1234, num_bytes=5678)
    assert told.tcp_info == TcpInfo(
        elapsed_time=16,
        bytes_acked=12,
        bytes_received=13,
        bytes_sent=14,
        bytes_retrans=15,
        min_rtt=17,
        rtt=18,
    )
    assert (told.test, told.origin, told.san_sang) == ("download", "server", None)
    assert msgspec.json.decode(b"{}", type=Measurement) == Measurement()


def test_ours_is_spelled_as_the_specification_does() -> None:
    """Other clients know nothing of `SanSang`, and everything of the rest."""
    ours = Measurement(
        app_info=AppInfo(elapsed_time=1, num_bytes=2),
        tcp_info=TcpInfo(elapsed_time=1, bytes_received=3, min_rtt=4, rtt=5),
        san_sang=ServerInfo(limit_mbps=300, work_pct=12.5),
        test="upload",
        origin="server",
    )
    assert msgspec.json.decode(msgspec.json.encode(ours)) == {
        "AppInfo": {"ElapsedTime": 1, "NumBytes": 2},
        "TCPInfo": {"ElapsedTime": 1, "BytesReceived": 3, "MinRTT": 4, "RTT": 5},
        "SanSang": {"LimitMbps": 300, "WorkPct": 12.5},
        "Test": "upload",
        "Origin": "server",
    }
