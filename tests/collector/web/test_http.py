# SPDX-License-Identifier: Apache-2.0
"""Whom the page answers, in which language, and what a browser may do with it."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from sansang_collector.web.sources import Sources
from tests.fakes import FixedSources

Browse = Callable[[Sources], TestClient]


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "[::1]"]
)
def test_this_machine_is_answered(name: str, browse: Browse) -> None:
    """By each of its own names, with or without a port."""
    assert browse(FixedSources()).get("/", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:8080", "localhost.evil.example", "10.0.0.1", "", "["]
)
@pytest.mark.parametrize(
    "path", ["/", "/sites/nvh-dong", "/events", "/api/v1/agents", "/metrics", "/static/page.js"]
)
def test_a_foreign_name_is_refused(name: str, path: str, browse: Browse) -> None:
    """A name that was made to point here reads nothing (DNS rebinding); a sentence says why."""
    answer = browse(FixedSources()).get(path, headers={"Host": name})
    assert answer.status_code == 421
    assert "answers on 127.0.0.1 or localhost only" in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/page.css", "/absent"])
def test_every_answer_forbids_what_the_page_does_not_need(path: str, browse: Browse) -> None:
    """No script, style or frame from elsewhere, nor inline."""
    headers = browse(FixedSources()).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_needs_nothing_inline_and_nothing_from_elsewhere(browse: Browse) -> None:
    """Which the policy would forbid; every file it names is there."""
    client = browse(FixedSources())
    page = client.get("/").text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>|https?://", page)
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert client.get(address).status_code == 200


def test_without_javascript_the_page_reloads_itself(browse: Browse) -> None:
    """Only then."""
    page = browse(FixedSources()).get("/").text
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page


@pytest.mark.parametrize(
    ("query", "cookie", "accepted", "expected"),
    [
        ("", None, None, "vi"),
        ("?lang=en", "vi", "vi", "en"),
        ("?lang=fr", "en", "vi", "en"),
        ("", "en", "vi", "en"),
        ("", "tlh", "en-GB,vi;q=0.5", "en"),
        ("", None, "fr,vi;q=0.4,en;q=0.8", "en"),
        ("", None, "en;q=0.3, vi-VN;q=0.9", "vi"),
        ("", None, "en;q=0", "vi"),
        ("", None, "en;q=x, ,;;", "vi"),
    ],
)
def test_the_language_is_the_one_asked_for(
    query: str, cookie: str | None, accepted: str | None, expected: str, browse: Browse
) -> None:
    """By the address, else the cookie, else the browser's preference, else Vietnamese."""
    client = browse(FixedSources())
    if cookie:
        client.cookies.set("lang", cookie)
    answer = client.get(f"/{query}", headers={"Accept-Language": accepted} if accepted else {})
    assert f'<html lang="{expected}">' in answer.text
    assert f'data-events="/events?lang={expected}"' in answer.text


def test_a_chosen_language_is_remembered(browse: Browse) -> None:
    """In a cookie that no script reads; not choosing sets none."""
    client = browse(FixedSources())
    assert "set-cookie" not in client.get("/").headers
    assert "HttpOnly" in client.get("/?lang=en").headers["set-cookie"]
    assert '<html lang="en">' in client.get("/").text


@pytest.mark.parametrize("path", ["/absent", "/sites/nvh-tay", "/events?site=nvh-tay"])
def test_a_page_that_is_not_there_says_so_and_where_to_look(path: str, browse: Browse) -> None:
    """In the language of the reader, in words and not in JSON."""
    answer = browse(FixedSources()).get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert '<a href="/">look for it among all sites</a>' in answer.text


def test_a_hostile_address_is_text_on_the_page_that_is_not_there(browse: Browse) -> None:
    """It stands there as it was asked for, and does nothing."""
    answer = browse(FixedSources()).get("/sites/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
