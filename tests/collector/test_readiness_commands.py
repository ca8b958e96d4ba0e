# SPDX-License-Identifier: Apache-2.0
"""`sansang readiness`, as a person runs it."""

import json

from tests.collector.serving import page
from tests.collector.test_cli import sansang
from tests.collector.web.readying import ready_commune


def test_readiness_is_a_table_with_the_first_thing_to_do() -> None:
    """Score, verdict; with --json everything; of one site if wished."""
    with page(ready_commune()) as url:
        ran = sansang("readiness", "--url", url, "--lang", "en")
        told = json.loads(sansang("readiness", "nvh-2", "--url", url, "--json").stdout)
        nowhere = sansang("readiness", "nowhere", "--url", url, "--lang", "en")
    assert ran.returncode == 0, ran.stderr
    text = " ".join(ran.stdout.split())
    assert "nvh-3 Nhà văn hóa thôn" in text
    assert "■ 40 / 100".replace(" / ", "\u00a0/\u00a0") in ran.stdout
    assert "not measured" in text
    assert "Measured at this site; not an official figure." in text
    [site] = told
    assert site["assessment"]["caps"] == [{"reason": "pmtu_black_hole", "at": 40}]
    assert nowhere.returncode == 1
    assert "There is no site 'nowhere'." in nowhere.stderr
