# SPDX-License-Identifier: Apache-2.0
"""Speed tests in words: what set the limit and by which evidence, why a test ended, how fast that
is beside the package, and the one thing to do.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import NARROW, Translation, mark
from sansang_collector.speed_judgement import Judged, Verdict
from sansang_collector.web.reasons import SPEED, in_words
from sansang_collector.web.states import Line, Tone
from sansang_wire.speed_readings import (
    LimitedBy,
    SpeedPhase,
    StopReason,
    Streams,
    ThroughputReading,
)


class Limit(NamedTuple):
    """What set the limit of a test: its name, the sentence, and what to do about it."""

    name: str
    what: str
    todo: str


LIMITS: Mapping[LimitedBy, Limit] = MappingProxyType(
    {
        "line": Limit(
            mark("the line"),
            mark("The line itself sets the limit."),
            mark("send the carrier these tests and ask why it is slower than the package."),
        ),
        "cpu": Limit(
            mark("the box"),
            mark("The box was too slow for the line: the line can do this at least."),
            mark("put a faster box here, or have it measure without encryption."),
        ),
        "port": Limit(
            mark("the box's network port"),
            mark("The box's network port was full: the line can do this at least."),
            mark("use a box, a cable and a port of the modem that are faster than the package."),
        ),
        "server": Limit(
            mark("the measuring server"),
            mark("The measuring server gave no more: the line can do this at least."),
            mark("raise the server's limit or use a server with a faster line."),
        ),
        "wifi": Limit(
            mark("the box's Wi-Fi"),
            mark("The box's own Wi-Fi was full: the line can do this at least."),
            mark("connect the box to the modem by cable."),
        ),
        "unknown": Limit(
            mark("not known"),
            mark("What set the limit is not known."),
            mark("wait for the next tests; one alone says little."),
        ),
    }
)
STOPS: Mapping[StopReason, str] = MappingProxyType(
    {
        "time": mark("Ran its whole time"),
        "stable": mark("Ended early, for the speed was steady"),
        "byte_cap": mark("Ended at the most data that a test may use"),
        "server": mark("The server ended it"),
        "failed": mark("The connection broke"),
    }
)
PHASES: Mapping[SpeedPhase, str] = MappingProxyType(
    {"idle": mark("Delay"), "download": mark("Download"), "upload": mark("Upload")}
)
STREAMS: Mapping[Streams, str] = MappingProxyType(
    {
        "none": mark("without load"),
        "single": mark("one connection"),
        "several": mark("several connections"),
    }
)
VERDICTS: Mapping[Verdict, tuple[Tone, str]] = MappingProxyType(
    {
        "met": ("ok", mark("fast enough")),
        "not_met": ("bad", mark("too slow")),
        "too_few": ("none", mark("too few tests")),
        "not_measured": ("none", mark("not measured")),
    }
)


def mbps(rate: float, translate: Translation) -> str:
    """94,2 Mb/s; a decimal is of no use from 100 on."""
    return f"{rate_figure(rate, translate)}{NARROW}Mb/s"


def rate_figure(rate: float, translate: Translation) -> str:
    """The same without its unit."""
    return translate.number(rate, 0 if rate >= 100 or rate == int(rate) else 1)


def rate_words(rate: float, translate: Translation, *, bound: bool) -> str:
    """A lower bound says that it is one."""
    shown = mbps(rate, translate)
    return translate("at least {rate}", rate=shown) if bound else shown


def at_least(count: int, highest_mbps: float, translate: Translation) -> str:
    """How many lower bounds there are, and what they say together."""
    highest = mbps(highest_mbps, translate)
    return translate.plural(
        "{count} test says “at least”, up to {highest}",
        "{count} tests say “at least”, up to {highest}",
        count,
        highest=highest,
    )


def verdict(judged: Judged | None, translate: Translation) -> Line:
    """None: nobody said what the site should reach."""
    if judged is None:
        return Line("none", translate("no package in the registry"))
    if judged.verdict == "too_few" and judged.left_out:
        return Line("none", translate("can't be told yet"))
    tone, word = VERDICTS[judged.verdict]
    return Line(tone, translate(word))


def evidence(test: ThroughputReading, translate: Translation) -> list[str]:
    """What speaks for the limit: all that was known of the box, its port, the server, the line."""
    return [*_limits(test, translate), *_others(test, translate), *_kernel(test, translate)]


def _limits(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    percent = translate.percent
    if test.busiest_core_pct is not None:
        yield translate("the box's busiest core {share}", share=percent(test.busiest_core_pct))
    if test.throttled_pct:
        yield translate("waited for a processor {share}", share=percent(test.throttled_pct))
    if test.port_mbps is not None:
        yield translate("port {rate}", rate=mbps(test.port_mbps, translate))
    if test.wifi_mbps is not None:
        yield translate("the box's Wi-Fi {rate}", rate=mbps(test.wifi_mbps, translate))
    if test.server_limit_mbps is not None:
        limit = mbps(test.server_limit_mbps, translate)
        yield translate("the server gives {rate} at most", rate=limit)
    if test.server_work_pct is not None:
        yield translate(
            "the server was at work {share} of the time", share=percent(test.server_work_pct)
        )


def _others(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    if test.cross_traffic:
        share = translate.percent(test.cross_pct) if test.cross_pct is not None else ""
        yield translate("others used the line {share}", share=share).rstrip()
    elif test.cross_traffic is None and test.outcome == "ok":
        yield translate("whether others used the line is not known")
    if test.line_mbps is not None:
        yield translate("all that crossed the port {rate}", rate=mbps(test.line_mbps, translate))


def _kernel(test: ThroughputReading, translate: Translation) -> Iterator[str]:
    if test.retransmitted_pct is not None:
        yield translate("sent again {share}", share=translate.percent(test.retransmitted_pct, 1))
    if test.min_rtt_ms is not None:
        least = translate.milliseconds(test.min_rtt_ms)
        yield translate("shortest round trip {delay}", delay=least)


def why_missing(reason: str, translate: Translation) -> str:
    """Why no test was made, or what one failed at."""
    return in_words(reason, SPEED, translate)
