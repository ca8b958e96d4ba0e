# SPDX-License-Identifier: Apache-2.0
"""Web services as settings name them, and what a fetch says of one."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from sansang_agent.net import reasons
from sansang_agent.net.web import Fetch, Place, parse_url
from sansang_wire.reading import Outcome

CA_FILE_UNUSABLE = "ca_file_unusable"


class WebService(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One web address. With `ca_file` its certificate must come from there, not from the system's
    authorities.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    url: Annotated[str, Meta(min_length=1, max_length=1024)]
    ca_file: str | None = None

    def __post_init__(self) -> None:
        parse_url(self.url)


def judged(place: Place, came: Fetch) -> tuple[Outcome, str | None]:
    """Outcome and reason: who refuses a connection, or breaks it off, is there."""
    reason = came.reason or _reason_of_answer(place, came)
    if reason is None:
        return "ok", None
    if reason in reasons.BROKEN or reason == CA_FILE_UNUSABLE:
        return "broken", reason
    if reason == "connection_refused" or (came.connect_ms and reason != reasons.NO_ANSWER):
        return "failed", reason
    return "unreachable", reason


def _reason_of_answer(place: Place, came: Fetch) -> str | None:
    """RFC 9110 §15.4 to §15.6. Without TLS anybody on the way can answer, and send elsewhere."""
    if came.status is None or came.status < 300:
        return None
    if came.status < 400:
        elsewhere = not place.tls and _leads_elsewhere(place, came)
        return "redirected_elsewhere" if elsewhere else None
    return "client_error" if came.status < 500 else "server_error"


def _leads_elsewhere(place: Place, came: Fetch) -> bool:
    """To a host that is neither the same, nor above or below it, nor the address that was asked."""
    try:
        host = urlsplit(came.location or "").hostname
    except ValueError:
        return False
    own = place.host, str(came.address)
    related = f".{host}".endswith(f".{place.host}") or f".{place.host}".endswith(f".{host}")
    return host is not None and host not in own and not related
