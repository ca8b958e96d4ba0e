# SPDX-License-Identifier: Apache-2.0
"""The date of a certificate from its bytes, compared with openssl(1)."""

import subprocess
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net.tls import days_left, not_after
from tests.capabilities import program

END = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
BYTES = trustme.CA().issue_cert("a.test", not_after=END).cert_chain_pems[0].bytes()


def der(pem: bytes) -> bytes:
    openssl = program("openssl", "certificates read by another program")
    command = (openssl, "x509", "-outform", "DER")
    return subprocess.run(command, input=pem, capture_output=True, check=True).stdout


@pytest.mark.parametrize("year", [1951, 2019, 2049, 2050, 2051, 9999])
def test_every_year_is_as_openssl_reads_it(year: int) -> None:
    """Dates are written with two digits until 2049, with four afterwards."""
    begin, end = datetime(1950, 1, 2, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    issued = trustme.CA().issue_cert("a.test", not_before=begin, not_after=end)
    pem = issued.cert_chain_pems[0].bytes()
    openssl = program("openssl", "certificates read by another program")
    command = (openssl, "x509", "-noout", "-enddate", "-dateopt", "iso_8601")
    said = subprocess.run(command, input=pem, capture_output=True, check=True).stdout.decode()
    assert f"notAfter={not_after(der(pem)):%Y-%m-%d %H:%M:%SZ}\n" == said


def test_days_are_counted_to_both_sides() -> None:
    certificate = der(BYTES)
    assert days_left(certificate, END.timestamp() - 36 * 3600) == 1.5
    assert days_left(certificate, END.timestamp() + 36 * 3600) == -1.5


@given(st.integers(0, 2000), st.binary(max_size=8))
def test_anything_else_is_no_certificate(at: int, noise: bytes) -> None:
    """Nothing but ValueError is raised for whatever the bytes are."""
    certificate = der_once()
    with suppress(ValueError):
        not_after(certificate[:at] + noise + certificate[at + len(noise) :])


@pytest.mark.parametrize("noise", [b"", b"\x30", b"\x30\x80", b"\x30\x02\x30\x00", b"\xff" * 9])
def test_noise_is_no_certificate(noise: bytes) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        not_after(noise)


_DER: list[bytes] = []


def der_once() -> bytes:
    if not _DER:
        _DER.append(der(BYTES))
    return _DER[0]
