# SPDX-License-Identifier: Apache-2.0
"""What programs read: the API, health and metrics."""

from collections.abc import Callable
from typing import Any

import jsonschema
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from sansang_collector.views import AgentView, CollectorView, SiteView
from sansang_collector.web.sources import Sources
from tests.fakes import FixedSources, agent_view, collector_view, epoch_view, site_view

Browse = Callable[[Sources], TestClient]

SEEN = 1_795_260_720_000_000
EPOCHS = [epoch_view(received=118, outstanding=2, lost=1, last_received=SEEN)]
AGENT = agent_view(last_seen=SEEN, epochs=EPOCHS, rejected={'odd "reason"\n': 3})
SOURCES = FixedSources(
    [site_view([AGENT])],
    strangers=[agent_view("cu-1", site=None)],
    collector_shown=collector_view(unregistered={"la-1": 12}),
)


def test_the_api_says_what_the_views_say(browse: Browse) -> None:
    """To the letter: a program may read them back into the same structs."""
    client = browse(SOURCES)
    for path, shape, expected in (
        ("collector", CollectorView, SOURCES.collector()),
        ("sites", list[SiteView], SOURCES.sites()),
        ("agents", list[AgentView], SOURCES.agents()),
        ("agents/dong-1", AgentView, AGENT),
    ):
        answer = client.get(f"/api/v1/{path}")
        assert answer.headers["content-type"] == "application/json"
        assert msgspec.json.decode(answer.content, type=shape) == expected


def test_an_agent_that_is_not_there_is_told_in_a_sentence(browse: Browse) -> None:
    """404, in the language that was asked for."""
    client = browse(SOURCES)
    answer = client.get("/api/v1/agents/none?lang=en")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no agent 'none'."})
    answer = client.get("/api/v1/agents/none")
    assert answer.json() == {"detail": "Không có thiết bị đo nào mang mã 'none'."}


@pytest.mark.parametrize(
    ("view", "status", "problems"),
    [
        (collector_view(), 200, []),
        (collector_view(registry="bad"), 200, []),
        (
            collector_view(store="disk full", broker="refused"),
            503,
            [
                "The centre has no connection to the message broker: nothing new arrives: refused",
                "The centre can't store readings: they wait in the boxes: disk full",
            ],
        ),
    ],
)
def test_health_is_broker_record_and_store(
    view: CollectorView, status: int, problems: list[str], browse: Browse
) -> None:
    """503 with a sentence for each that fails; a broken registry file leaves the old one."""
    answer = browse(FixedSources(collector_shown=view)).get("/healthz?lang=en")
    assert answer.status_code == status
    assert answer.json() == {"healthy": status == 200, "problems": problems}


def test_every_operation_is_described_with_an_example_that_fits_its_schema(browse: Browse) -> None:
    """And what the API answers fits it as well."""
    client = browse(SOURCES)
    described: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    for path, operations in described["paths"].items():
        operation = operations["get"]
        assert operation["summary"]
        if path == "/metrics":
            continue
        for status in ("200", "404", "503"):
            if status not in operation["responses"]:
                continue
            content = operation["responses"][status]["content"]["application/json"]
            schema = {**content["schema"], "components": described["components"]}
            jsonschema.validate(content["example"], schema)
            if status == "200":
                jsonschema.validate(client.get(path.replace("{agent}", "dong-1")).json(), schema)


def test_metrics_are_what_prometheus_reads(browse: Browse) -> None:
    """Counted by agent and reason; hostile words are escaped."""
    answer = browse(SOURCES).get("/metrics")
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    agent = (("agent", "dong-1"), ("site", "nvh-dong"))
    expected = {
        ("sansang_collector_part_up", (("part", "store"),)): 1,
        ("sansang_collector_queued", ()): 0,
        ("sansang_collector_readings_total", ()): 14_808,
        ("sansang_collector_unregistered_total", (("agent", "la-1"),)): 12,
        ("sansang_agent_batches_total", agent): 118,
        ("sansang_agent_outstanding", agent): 2,
        ("sansang_agent_lost", agent): 1,
        (
            "sansang_agent_rejected_total",
            (("agent", "dong-1"), ("reason", 'odd "reason"\n'), ("site", "nvh-dong")),
        ): 3,
        ("sansang_agent_last_seen_timestamp_seconds", agent): SEEN / 1e6,
        ("sansang_agent_batches_total", (("agent", "cu-1"), ("site", ""))): 0,
    }
    assert {key: samples.get(key) for key in expected} == expected
