# SPDX-License-Identifier: Apache-2.0
"""What an answer of a resolver says of it, in the words that readings carry.

Source: RFC 1035 §4.1.1 (response codes).
"""

from collections.abc import Mapping

from sansang_agent.net import reasons
from sansang_agent.net.dns_query import Came
from sansang_wire.reading import Outcome

REASONS: Mapping[str, str] = {
    "FORMERR": "format_error",
    "SERVFAIL": "server_failure",
    "NXDOMAIN": "name_not_found",
    "NOTIMP": "not_implemented",
    "REFUSED": "refused",
}
"""By response code; `error_code` for those that an ordinary question should never bring."""
ANSWERED_WRONGLY = {
    *(reasons.MALFORMED_ANSWER, reasons.INCOMPLETE_ANSWER),
    *("port_unreachable", "connection_refused", "connection_reset"),
}


def reason_of(came: Came) -> str | None:
    """Why there are no addresses; None when there are."""
    if came.answer is None:
        return came.reason
    if came.answer.rcode != "NOERROR":
        return REASONS.get(came.answer.rcode, "error_code")
    return None if came.answer.addresses else reasons.NO_ADDRESS


def outcome_of(came: Came) -> Outcome:
    """Who refuses is there, and answers wrongly."""
    reason = reason_of(came)
    if reason is None:
        return "ok"
    if reason in reasons.BROKEN:
        return "broken"
    return "failed" if came.answer or reason in ANSWERED_WRONGLY else "unreachable"
