# SPDX-License-Identifier: Apache-2.0
"""Whom TLS trusts, why it did not, and until when a certificate is good.

The date is read from the certificate's bytes (RFC 5280 §4.1): Python's ssl decodes only those that
it trusts, and the date matters most of those that it doesn't.
"""

import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sansang_wire.session import X509_V_FLAG_NO_CHECK_TIME

_DAY_S = 86_400

# X509_V_ERR_… of x509_vfy.h.
_REASONS: Mapping[int, str] = {
    9: "certificate_not_yet_valid",
    10: "certificate_expired",
    62: "certificate_name_mismatch",
    64: "certificate_name_mismatch",
}
_EXPLICIT_VERSION = 0xA0
_UTC_TIME = 0x17
_LONG_FORM = 0x80


def trusting(ca_file: str | None, *, check_dates: bool) -> ssl.SSLContext:
    """Those that the system trusts, or the ones in `ca_file` alone. Raises OSError."""
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    if not check_dates:
        context.verify_flags |= X509_V_FLAG_NO_CHECK_TIME
    return context


def trusting_anybody() -> ssl.SSLContext:
    """To look at a certificate, and for nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def reason_of(error: ssl.SSLError) -> str:
    """Why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _REASONS.get(error.verify_code, "certificate_untrusted")
    return "tls_failed"


def days_left(certificate: bytes, now_s: float) -> float:
    """Negative when it has expired; `now_s` counts from the Unix epoch. Raises ValueError."""
    return (not_after(certificate).timestamp() - now_s) / _DAY_S


def not_after(certificate: bytes) -> datetime:
    """The end of its validity. Raises ValueError for what is no certificate in DER."""
    try:
        to_be_signed = _inside(_inside(certificate))
        fields = list(_elements(to_be_signed))
        # Serial number, algorithm and issuer come before, the version too, but for the first one.
        _, validity = fields[4 if fields[0][0] == _EXPLICIT_VERSION else 3]
        _, (kind, text) = _elements(validity)
    except (IndexError, ValueError) as error:
        raise ValueError("this is no certificate") from error
    spelled = text.decode("ascii")
    if kind == _UTC_TIME:
        spelled = ("20" if spelled < "50" else "19") + spelled
    return datetime.strptime(spelled, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _inside(data: bytes) -> bytes:
    """The content of the first element."""
    return next(_elements(data), (0, b""))[1]


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element (X.690 §8.1). Raises IndexError or ValueError."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & _LONG_FORM:
            size = length - _LONG_FORM
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("it ends within an element")
        yield tag, data[at : at + length]
        at += length
