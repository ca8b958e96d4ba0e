# SPDX-License-Identifier: Apache-2.0
"""A table of small bad settings against the exact words a person reads."""

from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from sansang_wire.checking import InvalidSettingsError, check


class Target(Struct, forbid_unknown_fields=True):
    name: str
    port: Annotated[int, Meta(ge=1, le=65535)] = 443


class Probe(Struct, forbid_unknown_fields=True):
    enabled: bool = True
    every_s: Annotated[float, Meta(ge=1)] | None = None
    targets: list[Target] = []


class Settings(Struct, forbid_unknown_fields=True):
    agent: str
    probes: dict[str, Probe] = {}
    first: Probe | None = None


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        ({}, ["agent: is missing"]),
        ({"agent": 3}, ["agent: expected `str`, got `int` (it is 3)"]),
        (
            {"agent": "a", "probs": {}},
            ["probs: unknown key — did you mean 'probes'?"],
        ),
        ({"agent": "a", "zzz": 1}, ["zzz: unknown key"]),
        (
            {"agent": "a", "probes": {"host": {"every_s": 0.5}}},
            ["probes.host.every_s: expected `float` >= 1.0 (it is 0.5)"],
        ),
        (
            {"agent": "a", "probes": {"host": {"targets": [{"name": "x"}, {"port": 0}]}}},
            [
                "probes.host.targets[1].name: is missing",
                "probes.host.targets[1].port: expected `int` >= 1 (it is 0)",
            ],
        ),
        (
            {"agent": "a", "first": {"enable": True}},
            ["first.enable: unknown key — did you mean 'enabled'?"],
        ),
        ({"agent": "a", "probes": []}, ["probes: expected `object`, got `array` (it is [])"]),
        (
            {"agent": "a", "probes": {"host": 3}},
            ["probes.host: expected `object`, got `int` (it is 3)"],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(data: dict[str, Any], sentences: list[str]) -> None:
    with pytest.raises(InvalidSettingsError) as raised:
        check(data, Settings)
    assert str(raised.value).split("\n") == sentences


def test_every_mistake_is_reported_at_once() -> None:
    data = {
        "agnt": "a",
        "probes": {"host": {"every_s": "soon", "targets": [{"nam": "x"}]}},
        "first": {"enabled": "yes"},
    }
    with pytest.raises(InvalidSettingsError) as raised:
        check(data, Settings, "settings")
    assert [mistake.path for mistake in raised.value.mistakes] == [
        "settings.agnt",
        "settings.agent",
        "settings.probes.host.every_s",
        "settings.probes.host.targets[0].nam",
        "settings.probes.host.targets[0].name",
        "settings.first.enabled",
    ]


def test_good_settings_become_the_struct() -> None:
    data = {"agent": "a", "probes": {"host": {"every_s": 5, "targets": [{"name": "x"}]}}}
    assert check(data, Settings) == Settings(
        "a", {"host": Probe(every_s=5, targets=[Target("x", 443)])}
    )
