# SPDX-License-Identifier: Apache-2.0
"""A speed test for the person who asked for it: how it goes, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from sansang_wire.language import Language, Translate
from sansang_wire.ndt7 import TEST_S
from sansang_wire.speed_readings import LimitedBy, SpeedPhase, ThroughputReading

BAR_CHARACTERS = 20
CLEAR = "\r\x1b[K"
"""To the begin of the line, and nothing after it (ECMA-48, EL)."""


class Live:
    """Shows each line of the worker: on a terminal in place, else a line a second. No colours."""

    def __init__(
        self, out: TextIO, language: Language, translate: Translate, *, in_place: bool
    ) -> None:
        self._out = out
        self._language: Language = language
        self._translate = translate
        self._in_place = in_place
        self._shown: tuple[str, int] | None = None

    def tell(self, said: Mapping[str, Any]) -> None:
        """Take a line of the worker."""
        if "progress" in said:
            progress = said["progress"]
            now = (progress["phase"], progress["elapsed_ms"] // 1000)
            if self._in_place or now != self._shown:
                self._shown = now
                self._show(self._progress(progress))
        elif "waiting" in said:
            translate = self._translate
            waiting = translate("waiting {seconds} s: {why}")
            why = self._waits(said["waiting"]["reason"])
            self._show(waiting.format(seconds=f"{said['waiting']['seconds']:.0f}", why=why))
        elif "done" in said and self._in_place:
            self._out.write(CLEAR)
            self._out.flush()

    def _show(self, text: str) -> None:
        self._out.write(f"{CLEAR}{text}" if self._in_place else f"{text}\n")
        self._out.flush()

    def _progress(self, progress: Mapping[str, Any]) -> str:
        parts = [f"{phases(self._translate)[progress['phase']]:12}"]
        if progress["phase"] != "idle":
            done = min(1.0, progress["elapsed_ms"] / 1000 / TEST_S)
            bar = "#" * round(done * BAR_CHARACTERS)
            parts.append(f"[{bar:{BAR_CHARACTERS}}]")
            parts.append(f"{number(progress['mbps'], self._language):>8} Mb/s")
        if progress["rtt_ms"] is not None:
            parts.append(f"{number(progress['rtt_ms'], self._language):>7} ms")
        return " ".join(parts)

    def _waits(self, reason: str) -> str:
        translate = self._translate
        known = {
            "busy_line": translate("others use the line"),
            "busy": translate("another site is measuring"),
            "too_often": translate("this site has had its tests of the hour"),
        }
        return known.get(reason, reason)


def lines(
    readings: Sequence[ThroughputReading], language: Language, translate: Translate
) -> Iterator[str]:
    """A table, a sentence for what set each limit, and what it cost."""
    made = [each for each in readings if each.outcome == "ok"]
    if made:
        yield from _table(made, language, translate)
    for each in readings:
        name = phases(translate)[each.phase]
        if each.outcome != "ok":
            why = _reasons(translate).get(each.reason or "", each.reason or "")
            yield translate("{phase}: not measured: {why}").format(phase=name, why=why)
        elif each.limited_by is not None:
            yield f"{name}: {_limit(each, language, translate)}"
            if each.cross_traffic:
                yield "  " + translate("others used the line meanwhile")
    used = sum(each.used_bytes or 0 for each in readings)
    left = next((each.budget_left_bytes for each in readings if each.budget_left_bytes), 0)
    cost = translate("Data used: {used} MB; speed tests may use {left} MB more this month")
    yield cost.format(used=number(used / 1e6, language), left=number(left / 1e6, language))


def phases(translate: Translate) -> dict[SpeedPhase, str]:
    """What each phase is called."""
    return {
        "idle": translate("idle line"),
        "download": translate("download"),
        "upload": translate("upload"),
    }


def number(value: float | None, language: Language) -> str:
    """One decimal, as the language writes it."""
    text = "–" if value is None else f"{value:.1f}"
    return text.replace(".", ",") if language == "vi" else text


def _table(
    made: Sequence[ThroughputReading], language: Language, translate: Translate
) -> Iterator[str]:
    first = made[-1]
    family = {"ipv4": "IPv4", "ipv6": "IPv6"}[first.family]
    headline = translate("Measured against {server} over {family} ({address})")
    yield headline.format(server=first.server, family=family, address=first.address)
    columns = ("Mb/s", translate("delay, ms"), translate("19 of 20, ms"), translate("jitter, ms"))
    yield f"  {'':14}" + "".join(f"{each:>16}" for each in columns)
    for each in made:
        rate = number(each.rate_mbps, language)
        if each.lower_bound and each.rate_mbps is not None:
            rate = f"≥ {rate}"
        delay = each.idle_rtt_ms if each.phase == "idle" else each.loaded_rtt_ms
        values = (delay, each.loaded_rtt_p95_ms, each.jitter_ms)
        row = (rate, *(number(value, language) for value in values))
        name = phases(translate)[each.phase]
        yield f"  {name:14}" + "".join(f"{cell:>16}" for cell in row)


def _limit(reading: ThroughputReading, language: Language, translate: Translate) -> str:
    words: dict[LimitedBy, str] = {
        "line": translate("the line itself set the limit"),
        "cpu": translate("the processor of this box set the limit; the line may be faster"),
        "port": translate(
            "the port of this box ({port} Mb/s) set the limit: use a faster port or cable"
        ),
        "server": translate("the measuring server set the limit; the line may be faster"),
        "wifi": translate("the Wi-Fi of this box set the limit: connect it by cable"),
        "unknown": translate("what set the limit is not known"),
    }
    return words[reading.limited_by or "unknown"].format(port=number(reading.port_mbps, language))


def _reasons(translate: Translate) -> dict[str, str]:
    return {
        "no_server": translate("no measuring server is named: set {key} under {table}").format(
            key="server", table="[probes.throughput]"
        ),
        "no_clock": translate(
            "the box does not know the time: start a time service, for budgets are kept by month"
        ),
        "no_budget_file": translate("the folder of the outbox can't be written: run as its user"),
        "no_token": translate("the token can't be read, or everybody can read it"),
        "budget_spent": translate("what tests may use this month is spent"),
        "server_busy": translate("the measuring server is busy: try again later"),
        "too_often": translate("this site has had its tests of the hour"),
        "unauthorised": translate("the measuring server does not know this token"),
        "no_answer": translate("the measuring server does not answer"),
        "no_route": translate("there is no way to the measuring server"),
    }
