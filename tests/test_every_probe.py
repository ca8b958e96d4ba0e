# SPDX-License-Identifier: Apache-2.0
"""Every probe has a page that is true and a test; whoever adds one is told what is missing."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_agent.probes.base import Probe, ProbeSettings, all_probes
from sansang_wire import checking, readings, schema

ROOT = Path(__file__).parent.parent
SAMPLE = re.compile(r"(?s)```toml\n(.*?)```")
PROBES = all_probes()

every_probe = pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)


def page(probe: type[Probe[ProbeSettings]]) -> Path:
    return ROOT / "docs" / "probes" / f"{probe.kind}.md"


def sample(probe: type[Probe[ProbeSettings]]) -> dict[str, Any]:
    """The settings that the page shows."""
    found = SAMPLE.findall(page(probe).read_text())
    assert found, f"{page(probe)}: no ```toml block"
    return tomllib.loads(found[0])["probes"][probe.kind]


def test_there_are_probes() -> None:
    assert {"host", "link", "reachability"} <= set(PROBES)


@every_probe
def test_it_has_a_page(probe: type[Probe[ProbeSettings]]) -> None:
    assert page(probe).exists()


@every_probe
def test_the_sample_of_its_page_shows_the_defaults(probe: type[Probe[ProbeSettings]]) -> None:
    """It loads, and whoever copies it unchanged changes nothing."""
    shown = checking.check(sample(probe), probe.settings_type)
    assert shown.every_s == probe.every_s["default"]
    assert msgspec.structs.replace(shown, every_s=None) == probe.settings_type()


@every_probe
def test_the_sample_names_every_setting(probe: type[Probe[ProbeSettings]]) -> None:
    """One without a default is shown as a comment."""
    names = {field.encode_name for field in msgspec.structs.fields(probe.settings_type)}
    [shown, *_] = SAMPLE.findall(page(probe).read_text())
    assert {*sample(probe), *re.findall(r"(?m)^# (\w+) = ", shown)} == names


@every_probe
def test_the_table_of_its_page_is_current(probe: type[Probe[ProbeSettings]]) -> None:
    """`python -m sansang_wire.schema docs` writes it."""
    text = page(probe).read_text()
    assert schema.table(probe.kind) in text
    assert schema.with_current_table(text, probe.kind) == text


@every_probe
def test_its_page_says_how_often_it_runs(probe: type[Probe[ProbeSettings]]) -> None:
    text = page(probe).read_text()
    for profile, seconds in probe.every_s.items():
        assert f"{seconds:g} s ({profile})" in text


@every_probe
def test_it_has_a_test(probe: type[Probe[ProbeSettings]]) -> None:
    assert (ROOT / "tests" / "agent" / "probes" / f"test_{probe.kind}.py").exists()


@every_probe
def test_its_file_says_what_it_needs(probe: type[Probe[ProbeSettings]]) -> None:
    """What, method, source, privileges and data stand at the top of the file."""
    top = importlib.import_module(probe.__module__).__doc__ or ""
    for word in ("Method:", "Source:", "Privileges:", "Data:"):
        assert word in top


@every_probe
def test_its_readings_are_of_its_kind(probe: type[Probe[ProbeSettings]]) -> None:
    assert probe.kind in readings.KINDS
    assert probe.kind == probe.__module__.rpartition(".")[2]


def test_no_page_is_left_of_a_probe_that_is_gone() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "probes").glob("*.md")}
    assert pages == set(PROBES)
