# SPDX-License-Identifier: Apache-2.0
"""What programs read: the API, health and metrics."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from sansang_collector.store.base import Latest
from sansang_collector.views import (
    AgentView,
    CollectorView,
    SeriesAnswer,
    SiteDetail,
    SiteView,
)
from tests.collector.speeding import commune_with_tests
from tests.collector.web.reading import MINUTE, SSID, Browse, held, one_site, over_time, wifi
from tests.fakes import (
    NOW,
    FixedSources,
    agent_view,
    availability_view,
    collector_view,
    epoch_view,
    outage_detail,
    outage_view,
    site_view,
)

SEEN = 1_795_260_720_000_000
EPOCHS = [epoch_view(received=118, outstanding=2, lost=1, last_received=SEEN)]
AGENT = agent_view(last_seen=SEEN, epochs=EPOCHS, rejected={'odd "reason"\n': 3})
QUESTION = "?kind=wifi&value=on_air&start=0&end=7200000000&step=3600000000"
SOURCES = FixedSources(
    [site_view([AGENT])],
    strangers=[agent_view("cu-1", site=None)],
    collector_shown=collector_view(unregistered={"la-1": 12}),
    outage_details=[outage_detail(outage_view(1))],
    availability_views=[availability_view()],
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


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/sites/nvh-dong/nothing", "/api/v2"])
def test_what_the_api_does_not_have_is_told_in_json(path: str, browse: Browse) -> None:
    """A program asked, not a browser."""
    client = browse(SOURCES)
    answer = client.get(f"{path}?lang=en")
    told = f"There is no {path}: /api/v1/openapi.json names all."
    assert (answer.status_code, answer.json()) == (404, {"detail": told})
    assert client.get(path).json()["detail"].startswith(f"Không có {path}")


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


def test_every_operation_is_described_with_an_example_that_fits_its_schema(
    browse: Browse, tmp_path: Path
) -> None:
    """And what the API answers fits it as well."""
    with commune_with_tests(tmp_path) as tested:
        _check_described(browse(replace(SOURCES, speeds=tested.speeds)))


def _check_described(client: TestClient) -> None:
    described: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    for path, method, operation in operations(described):
        assert operation["summary"]
        if path == "/metrics":
            continue
        for status in ("200", "201", "404", "422", "503"):
            if "example" not in str(operation["responses"].get(status)):
                continue
            content = operation["responses"][status]["content"]["application/json"]
            schema = {**content["schema"], "components": described["components"]}
            jsonschema.validate(content["example"], schema)
            if status == "200" and method == "get":
                asked = path.format(agent="dong-1", site="nvh-dong", number=1) + QUESTION
                jsonschema.validate(client.get(asked).json(), schema)


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of each."""
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


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


def test_a_site_comes_with_its_services_and_newest_readings(browse: Browse) -> None:
    """Its own and no other's; a program may read them back."""
    sources = one_site(wifi(on_air=True, stations=4))
    other = msgspec.structs.replace(held("down"), site="nvh-tay")
    sources.service_views = [held("up"), other]
    detail = msgspec.json.decode(
        browse(sources).get("/api/v1/sites/nvh-dong").content, type=SiteDetail
    )
    assert detail.services == [held("up")]
    [reading] = detail.latest
    assert (reading.kind, reading.labels, reading.fields["stations"]) == (
        "wifi",
        {"ssid": SSID},
        4,
    )


def test_a_site_comes_with_its_guests_journey(browse: Browse) -> None:
    """Stage by stage, and the service says at which of them guests are turned away."""
    fields: dict[str, float | str] = {
        "outcome": 1,
        "failed_stage": "address",
        "reason": "no_offer",
        "scan_ms": 812.0,
    }
    journey = Latest("wifi_journey", "nvh-dong", "dong-1", {"ssid": SSID}, NOW, fields)
    sources = one_site(wifi(on_air=True), journey)
    sources.service_views = [held("down", stage="address")]
    detail = msgspec.json.decode(
        browse(sources).get("/api/v1/sites/nvh-dong").content, type=SiteDetail
    )
    assert [each.stage for each in detail.services] == ["address"]
    [reading] = [each for each in detail.latest if each.kind == "wifi_journey"]
    assert (reading.labels, reading.at, reading.fields) == ({"ssid": SSID}, NOW, fields)


def test_a_value_over_time_is_told_with_its_unit(browse: Browse) -> None:
    """Asked for a day until now, by five minutes, unless told otherwise."""
    at = NOW - MINUTE
    labels = {"target": "x", "family": "ipv6", "scope": "domestic"}
    sources = one_site()
    sources.series_given = {("reachability", "rtt_avg_ms"): [over_time(labels, (at, 7.5))]}
    answer = msgspec.json.decode(
        browse(sources)
        .get("/api/v1/sites/nvh-dong/series?kind=reachability&value=rtt_avg_ms")
        .content,
        type=SeriesAnswer,
    )
    assert (answer.unit, answer.step) == ("ms", 300_000_000)
    assert answer.end - answer.start == 86_400_000_000
    assert [(each.labels, each.points) for each in answer.series] == [(labels, [(at, 7.5)])]


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ("nvh-tay/series?kind=wifi&value=on_air", 404, "There is no site 'nvh-tay'."),
        ("nvh-tay?", 404, "There is no site 'nvh-tay'."),
        (
            "nvh-dong/series?kind=wify&value=on_air",
            422,
            "There is no kind of reading 'wify'; did you mean 'wifi'?",
        ),
        (
            "nvh-dong/series?kind=radio&value=x",
            422,
            "'radio' has no value 'x'; there are channel, deauthenticated, frequency_mhz, ",
        ),
        ("nvh-dong/series?kind=wifi&end=now", 422, "value is missing; end is a whole number of"),
        ("nvh-dong/series?kind=wifi&value=on_air&end=-1", 422, "end is a whole number of micro"),
        (
            "nvh-dong/series?kind=wifi&value=on_air&start=5&end=5",
            422,
            "start must be before end, both in µs since the Unix epoch.",
        ),
        ("nvh-dong/series?kind=wifi&value=on_air&step=999999", 422, "step is in µs, and 1000000"),
        (
            "nvh-dong/series?kind=wifi&value=on_air&start=0&end=5001000000&step=1000000",
            422,
            "That would be 5001 points a series, 5000 at most: ask for a step of 1000200 µs.",
        ),
    ],
)
def test_a_question_without_an_answer_is_told_in_a_sentence(
    asked: str, status: int, detail: str, browse: Browse
) -> None:
    """What is wrong with it, and what would be right."""
    answer = browse(one_site()).get(f"/api/v1/sites/{asked}&lang=en")
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["nvh-dong", "nvh-dong/series?kind=wifi&value=on_air"])
def test_a_store_that_can_not_be_read_is_503_with_its_sentence(path: str, browse: Browse) -> None:
    sources = one_site()
    sources.store_fault = "InfluxDB does not answer"
    answer = browse(sources).get(f"/api/v1/sites/{path}")
    assert (answer.status_code, answer.json()) == (503, {"detail": "InfluxDB does not answer"})
