# SPDX-License-Identifier: Apache-2.0
"""`/metrics`: the collector's and every agent's figures for Prometheus, made at each request."""

import contextlib
from collections import Counter
from collections.abc import Iterator

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sansang_collector.record import RecordUnavailableError
from sansang_collector.views import AgentView, CollectorView, OutageView
from sansang_collector.web.sources import Sources

AGENT_COUNTERS = (
    ("batches", "Batches received"),
    ("readings", "Readings received"),
    ("duplicates", "Batches received again"),
    ("undated", "Readings that no clock could date"),
)
AGENT_GAUGES = (
    ("outstanding", "Batches numbered by the agent and not yet here"),
    ("lost", "Batches the agent gave up before they got here"),
    ("dropped_batches", "Batches the agent says it gave up"),
    ("dropped_readings", "Readings the agent says it gave up"),
    ("outbox_resets", "Times the agent began its outbox anew"),
)
COLLECTOR_COUNTERS = (
    ("batches", "Batches received since the start"),
    ("readings", "Readings received since the start"),
    ("queue_dropped", "Messages turned away because the queue was full"),
    ("points_refused", "Readings the series store refused for good"),
    ("failed", "Messages that could not be stored through a mistake of the collector's own"),
    ("messages_sent", "Messages to people that a channel took"),
    ("messages_given_up", "Messages to people that a channel did not take for a day"),
)


def add_route(app: FastAPI, sources: Sources) -> None:
    """Adds `/metrics` to the application."""
    registry = CollectorRegistry()
    registry.register(Figures(sources))

    @app.get("/metrics", tags=["health"], summary="Figures for Prometheus")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Figures(Collector):
    """Takes the figures from the sources whenever it is asked."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def describe(self) -> list[Metric]:
        """None: prometheus_client would ask for all figures to find out their names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, labelled with its agent and site."""
        yield from _of_collector(self._sources.collector())
        yield from _of_agents(self._sources.agents())
        # Whether the record can be read is told as a part of the collector.
        with contextlib.suppress(RecordUnavailableError):
            yield _of_outages(self._sources.outages(self._sources.now(), None, None))


def _of_collector(view: CollectorView) -> Iterator[Metric]:
    yield InfoMetricFamily("sansang_collector", "Version", value={"version": view.version})
    yield GaugeMetricFamily(
        "sansang_collector_start_time_seconds", "Start of the collector", value=view.started / 1e6
    )
    up = GaugeMetricFamily(
        "sansang_collector_part_up", "1 when this part of the collector works", labels=["part"]
    )
    for part, problem in (
        ("broker", view.broker),
        ("store", view.store),
        ("record", view.record),
        ("registry", view.registry),
    ):
        up.add_metric([part], float(problem is None))
    yield up
    for name, text, value in (
        ("queued", "Messages received and not yet stored", view.queued),
        (
            "messages_waiting",
            "Messages to people that not every channel has",
            view.messages_waiting,
        ),
        ("channels", "Ways to reach people", view.channels),
        ("channels_failing", "Those that took nothing last time", len(view.channels_failing)),
    ):
        yield GaugeMetricFamily(f"sansang_collector_{name}", text, value=value)
    for name, text in COLLECTOR_COUNTERS:
        yield CounterMetricFamily(f"sansang_collector_{name}", text, value=getattr(view, name))
    strangers = CounterMetricFamily(
        "sansang_collector_unregistered",
        "Messages of agents that the registry does not know",
        labels=["agent"],
    )
    for agent, count in view.unregistered.items():
        strangers.add_metric([agent], count)
    yield strangers


def _of_outages(outages: list[OutageView]) -> GaugeMetricFamily:
    count = Counter((each.service, each.cause or "") for each in outages if each.end is None)
    family = GaugeMetricFamily(
        "sansang_outages_open", "What is not well now", labels=["service", "cause"]
    )
    for labels, number in sorted(count.items()):
        family.add_metric(labels, number)
    return family


def _of_agents(agents: list[AgentView]) -> Iterator[Metric]:
    labels = ["agent", "site"]
    for name, text in AGENT_COUNTERS:
        counter = CounterMetricFamily(f"sansang_agent_{name}", text, labels=labels)
        for agent in agents:
            counter.add_metric(_labels(agent), getattr(agent, name))
        yield counter
    for name, text in AGENT_GAUGES:
        gauge = GaugeMetricFamily(f"sansang_agent_{name}", text, labels=labels)
        for agent in agents:
            gauge.add_metric(_labels(agent), getattr(agent, name))
        yield gauge
    rejected = CounterMetricFamily(
        "sansang_agent_rejected", "Readings and batches left out", labels=[*labels, "reason"]
    )
    seen = GaugeMetricFamily(
        "sansang_agent_last_seen_timestamp_seconds", "When it was last heard", labels=labels
    )
    for agent in agents:
        for reason, count in agent.rejected.items():
            rejected.add_metric([*_labels(agent), reason], count)
        if agent.last_seen is not None:
            seen.add_metric(_labels(agent), agent.last_seen / 1e6)
    yield from (rejected, seen)


def _labels(agent: AgentView) -> list[str]:
    return [agent.agent, agent.site or ""]
