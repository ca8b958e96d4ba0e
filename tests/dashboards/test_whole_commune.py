# SPDX-License-Identifier: Apache-2.0
"""The dashboard *Toàn xã* as it is committed: current, of values that exist, and never silent."""

import re
from typing import Any, get_args

import pytest
import yaml

from dashboards import build, words
from dashboards.influxql import SOURCE
from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation
from sansang_collector.store.shapes import shape
from sansang_collector.watch.cause import Cause
from sansang_wire import schema
from sansang_wire.readings import JUDGED, KINDS
from tests.dashboards.grafana import FOLDER, Asked, identifiers, load, panels, queries

DASHBOARD = load()
QUERIES = [*queries(DASHBOARD)]
PANELS = panels(DASHBOARD)
OF_NUMBERS = {"mean", "median", "min", "max", "sum", "percentile", "stddev", "spread"}
each_query = pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.title)
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])


@pytest.mark.parametrize("name", build.documents())
def test_the_json_is_current(name: str) -> None:
    assert (build.FOLDER / name).read_text() == build.documents()[name], (
        "out of date: .venv/bin/python -m dashboards.build"
    )


def measurement(query: str) -> str:
    [found] = re.findall(r'FROM "(\w+)"', query)
    assert found in KINDS | JUDGED, f"there is no reading {found}"
    return found


@each_query
def test_every_name_in_a_query_exists(asked: Asked) -> None:
    """Measurement, fields and tags are those of the readings; what AS names may be used, too."""
    kind = shape(measurement(asked.text))
    known = {kind.kind, *kind.fields, *kind.labels, "site", "agent"}
    known |= set(re.findall(r'AS "([^"]+)"', asked.text))
    assert identifiers(asked.text) - known == set()


@each_query
def test_only_numbers_are_reckoned_with(asked: Asked) -> None:
    """InfluxDB answers nothing, and no error, when the mean of a text is asked for."""
    kind = shape(measurement(asked.text))
    for function, field in re.findall(r'(\w+)\("(\w+)"\)', asked.text):
        if function in OF_NUMBERS and field in kind.fields:
            assert kind.fields[field] != "str", f"{function} of {field}"


@each_query
def test_a_label_is_compared_with_a_word_that_it_can_be(asked: Asked) -> None:
    labels = {label.name: label for label in schema.kind(measurement(asked.text)).labels}
    for name, word in re.findall(r"\"(\w+)\" = '(\w+)'", asked.text):
        assert word in labels[name].words


@each_query
def test_a_query_keeps_to_the_time_and_the_sites_that_were_chosen(asked: Asked) -> None:
    """A question without an end would read the whole store on each refresh."""
    assert asked.text.count("$timeFilter") == asked.text.count("WHERE")
    assert asked.text.count("${site:regex}") == 1


@each_panel
def test_a_panel_without_data_says_so(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["noValue"]
    assert panel["title"]
    assert panel["description"]


@each_panel
def test_a_panel_finds_its_source_by_uid(panel: dict[str, Any]) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert all(each == {"type": "influxdb", "uid": SOURCE.uid} for each in sources)


@pytest.mark.parametrize(
    "panel",
    [each for each in PANELS if each["type"] == "table"],
    ids=lambda panel: panel["title"],
)
def test_a_table_has_a_title_and_a_place_for_each_column(panel: dict[str, Any]) -> None:
    """A column that is only in the query would be shown under its English name, anywhere."""
    query = panel["targets"][0]["query"]
    outer = re.sub(r"(?s)\(.*\)", "()", query) if "FROM (" in query else query
    listed = re.sub(r'\w+\("\w+"\) AS ', "", query.split("FROM")[0])
    columns = identifiers(listed) | identifiers(outer.rsplit("GROUP BY", 1)[1]) | {"Time"}
    assert {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]} == columns
    [organize] = panel["transformations"]
    assert set(organize["options"]["indexByName"]) == columns


@each_panel
def test_a_figure_with_a_unit_in_its_name_has_one_in_the_panel(panel: dict[str, Any]) -> None:
    """A number without a unit is a guess."""
    for override in panel["fieldConfig"]["overrides"]:
        name = override["matcher"]["options"]
        if name.rpartition("_")[2] in schema.UNITS and "_" in name:
            assert "unit" in {each["id"] for each in override["properties"]}, name
    if panel["type"] == "timeseries":
        assert panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize(
    "annotation", DASHBOARD["annotations"]["list"], ids=lambda annotation: annotation["name"]
)
def test_an_annotation_names_columns_that_its_query_has(annotation: dict[str, Any]) -> None:
    """Of words, which Grafana splits at commas; and it puts the time in once."""
    query = annotation["query"]
    kind = shape(measurement(query))
    tags = annotation["tagsColumn"].split(",")
    assert [annotation["textColumn"], *tags] == re.findall(r'"(\w+)"', query.split("FROM")[0])
    assert all(kind.fields.get(each, "str") == "str" for each in (annotation["textColumn"], *tags))
    assert query.count("$timeFilter") == 1
    assert annotation["datasource"]["uid"] == SOURCE.uid


def test_every_cause_has_the_word_of_the_page() -> None:
    translation = Translation("vi")
    of_page = {cause: translation(each.name).casefold() for cause, each in CAUSES.items()}
    assert {cause: word.casefold() for cause, word in words.CAUSES.items()} == of_page
    assert set(of_page) == set(get_args(Cause))


def test_panels_lie_side_by_side() -> None:
    """None over another, none beyond the edge, each with a number of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_the_provisioned_source_is_the_one_the_dashboard_asks_for() -> None:
    [source] = yaml.safe_load((FOLDER / "datasources" / "sansang.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == (SOURCE.uid, SOURCE.type_val)
    assert source["jsonData"]["version"] == "InfluxQL"
